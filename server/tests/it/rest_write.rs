//! Changing through the API what else is only changed on pages: environments, sources, tags, members, who gets in.

use domain::api_key::NewApiKey;
use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

async fn acme(db: testkit::TestDb) -> (TestApp, String) {
    let app = TestApp::acme(db).await;
    app.person("vera@acme.test", "acme", "viewer").await;
    let key = app.key("acme", &["all"]).await;
    (app, key)
}

#[tokio::test]
async fn an_environment_lives_through_the_api_and_nobody_overwrites_another() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let path = "/api/v1/environments";
        let body = json!({ "slug": "prod", "name": "Production", "cloud_provider": "aws", "tags": { "team": "ops" } });
        let made = app.post(path).bearer(&key).json(body.to_string()).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let first = made.header("etag").to_owned();
        let one = format!("{path}/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(app.post(path).bearer(&key).json(body.to_string()).send().await.status, 409);
        assert_eq!(app.get(&one).bearer(&key).send().await.header("etag"), first);
        let put = |tag: Option<&str>, name: &str| {
            let call = app.call("PUT".parse().unwrap(), &one).bearer(&key);
            let call = match tag {
                Some(tag) => call.header("if-match", tag),
                None => call,
            };
            call.json(json!({ "slug": "prod", "name": name }).to_string()).send()
        };
        assert_eq!(put(None, "x").await.status, 428);
        let changed = put(Some(&first), "Prod").await;
        assert_eq!((changed.status.as_u16(), changed.json()["name"].as_str()), (200, Some("Prod")));
        assert_eq!(put(Some(&first), "Late").await.status, 412);
        assert_eq!(put(Some("\"soon\""), "x").await.status, 400);
        assert_eq!(put(Some(changed.header("etag")), "").await.status, 400, "a name is wanted");
        let off = app.post(&format!("{one}/active")).bearer(&key).json(r#"{"active":false}"#.to_owned()).send();
        assert_eq!(off.await.json()["is_active"], false);
        let list = app.get(path).bearer(&key).send().await.json();
        assert_eq!((list["items"].as_array().unwrap().len(), &list["next_cursor"]), (1, &Value::Null));
        assert_eq!(app.get(&format!("{path}?x=1")).bearer(&key).send().await.status, 400);
        assert_eq!(app.call("DELETE".parse().unwrap(), &one).bearer(&key).send().await.status, 204);
        assert_eq!(app.get(&one).bearer(&key).send().await.status, 404);
        let reader = app.key("acme", &["environment.read"]).await;
        assert_eq!(app.post(path).bearer(&reader).json(body.to_string()).send().await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_source_is_added_changed_and_deleted_through_the_api() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let body = |name: &str| {
            json!({ "name": name, "source_type": "firewall", "status": "active", "port": 514 }).to_string()
        };
        let made = app.post("/api/v1/sources").bearer(&key).json(body("edge")).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let one = format!("/api/v1/sources/{}", made.json()["id"].as_str().unwrap());
        let put = |tag: &str| {
            app.call("PUT".parse().unwrap(), &one)
                .bearer(&key)
                .header("if-match", tag)
                .json(body("rim"))
                .send()
        };
        assert_eq!(put(made.header("etag")).await.json()["name"], "rim");
        assert_eq!(put(made.header("etag")).await.status, 412);
        assert_eq!(app.call("DELETE".parse().unwrap(), &one).bearer(&key).send().await.status, 204);
        assert_eq!(app.get(&one).bearer(&key).send().await.status, 404);
        let wrong = json!({ "name": "x", "source_type": "toaster", "status": "active" }).to_string();
        let wrong = app.post("/api/v1/sources").bearer(&key).json(wrong).send().await;
        assert!(wrong.status == 400 && wrong.text.contains("source_type"), "{}", wrong.text);
    })
    .await;
}

#[tokio::test]
async fn members_are_invited_changed_and_removed_and_the_last_admin_stays() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let members = app.get("/api/v1/members").bearer(&key).send().await.json();
        let of = |email: &str| {
            let found = members["items"].as_array().unwrap().iter().find(|m| m["email"] == email);
            format!("/api/v1/members/{}", found.unwrap()["id"].as_str().unwrap())
        };
        let (ada, vera) = (of("ada@acme.test"), of("vera@acme.test"));
        let tag = app.get(&vera).bearer(&key).send().await.header("etag").to_owned();
        let put = |path: &str, tag: &str, role: &str| {
            let body = json!({ "role": role, "approval_level": "senior" }).to_string();
            app.call("PUT".parse().unwrap(), path).bearer(&key).header("if-match", tag).json(body)
        };
        let changed = put(&vera, &tag, "analyst").send().await;
        assert_eq!((changed.status.as_u16(), changed.json()["role"].as_str()), (200, Some("analyst")));
        assert_eq!(put(&vera, &tag, "admin").send().await.status, 412);
        let of_ada = app.get(&ada).bearer(&key).send().await.header("etag").to_owned();
        assert_eq!(put(&ada, &of_ada, "viewer").send().await.status, 409, "the last admin");
        assert_eq!(app.call("DELETE".parse().unwrap(), &vera).bearer(&key).send().await.status, 204);
        let body =
            json!({ "email": "new@acme.test", "role": "viewer", "approval_level": "none" }).to_string();
        let made = app.post("/api/v1/invitations").bearer(&key).json(body).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = made.json()["path"].as_str().unwrap().to_owned();
        assert_eq!(app.get(&path).send().await.status, 200, "the link is open");
        let one = format!("/api/v1/invitations/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(app.call("DELETE".parse().unwrap(), &one).bearer(&key).send().await.status, 204);
        let waiting = app.get("/api/v1/invitations").bearer(&key).send().await.json();
        assert_eq!(waiting["items"], json!([]));
        let roles = app.get("/api/v1/roles").bearer(&key).send().await.json();
        assert_eq!(roles["items"].as_array().unwrap().len(), 3);
        assert!(roles["items"][2]["permissions"].as_array().unwrap().contains(&json!("member.write")));
    })
    .await;
}

#[tokio::test]
async fn tags_are_renamed_merged_and_deleted_through_the_api() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        for tag in ["Phishing", "phish", "noise"] {
            let body = json!({ "title": "a case", "tags": [tag] }).to_string();
            assert_eq!(app.post("/api/v1/cases").bearer(&key).json(body).send().await.status, 201);
        }
        let tags = app.get("/api/v1/tags").bearer(&key).send().await.json();
        let id = |name: &str| {
            let found = tags["items"].as_array().unwrap().iter().find(|tag| tag["name"] == name);
            found.unwrap()["id"].as_str().unwrap().to_owned()
        };
        let add = async |name: &str| {
            let body = json!({ "name": name }).to_string();
            app.post("/api/v1/tags").bearer(&key).json(body).send().await
        };
        let made = add(" Ransom ").await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!((&made.json()["name"], made.header("etag")), (&json!("Ransom"), "\"1\""));
        assert_eq!(add("ransom").await.status, 409);
        let refused = add("a,b").await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("no comma"), "{}", refused.text);
        let one = format!("/api/v1/tags/{}", made.json()["id"].as_str().unwrap());
        let gone = app.call("DELETE".parse().unwrap(), &one).bearer(&key).send().await;
        assert_eq!(gone.json(), json!({ "cases": 0 }));
        let put = async |tag: &str, name: &str| {
            let body = json!({ "name": name }).to_string();
            let path = format!("/api/v1/tags/{}", id("noise"));
            let call = app.call("PUT".parse().unwrap(), &path).bearer(&key).json(body);
            let call = if tag.is_empty() { call } else { call.header("if-match", tag) };
            call.send().await
        };
        put("", "Harmless").await.assert_problem(428, "precondition-required");
        put("\"x\"", "Harmless").await.assert_problem(400, "invalid");
        let renamed = put("\"1\"", "Harmless").await;
        assert_eq!((renamed.status.as_u16(), renamed.header("etag")), (200, "\"2\""), "{}", renamed.text);
        let told = renamed.json();
        assert_eq!(
            (&told["name"], &told["version"], &told["case_count"]),
            (&json!("Harmless"), &json!(2), &json!(1))
        );
        put("\"1\"", "Mine").await.assert_problem(412, "precondition-failed");
        assert_eq!(put("\"2\"", "PHISH").await.status, 409);
        let merge = format!("/api/v1/tags/{}/merge", id("phish"));
        let into = json!({ "into": id("Phishing") }).to_string();
        assert_eq!(app.post(&merge).bearer(&key).json(into).send().await.json(), json!({ "cases": 1 }));
        let delete = format!("/api/v1/tags/{}", id("noise"));
        let gone = app.call("DELETE".parse().unwrap(), &delete).bearer(&key).send().await;
        assert_eq!(gone.json(), json!({ "cases": 1 }));
        let left = app.get("/api/v1/tags").bearer(&key).send().await.json();
        assert_eq!(left["items"].as_array().unwrap().len(), 1);
        assert_eq!(left["items"][0]["case_count"], 2);
    })
    .await;
}

#[tokio::test]
async fn what_a_key_of_a_source_sends_is_filed_under_that_source() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let source = json!({ "name": "edge", "source_type": "firewall", "status": "active" }).to_string();
        let edge = app.post("/api/v1/sources").bearer(&key).json(source).send().await.json();
        let new = NewApiKey {
            name: "edge".to_owned(),
            scopes: vec!["event.write".to_owned()],
            source: Some("edge".to_owned()),
            expires_at: None,
        };
        let made = service::api_keys::create_for_organization(&app.services, "acme", new).await.unwrap();
        let bound = made.1;
        let row = |n: u32, source: serde_json::Value| {
            let mut row = json!({ "occurred_at": "2026-11-23T09:30:00Z", "severity": "high", "message": format!("denied {n}") });
            if !source.is_null() || n == 5 {
                row["source"] = source;
            }
            row
        };
        let rows = json!([
            row(0, json!(null)),
            row(1, json!("edge")),
            row(2, json!("web")),
            row(3, json!("Edge")),
            row(4, json!("")),
            row(5, json!(null)),
        ]);
        let sent = async |key: &str, rows: &serde_json::Value, once: &str| {
            let call = app.post("/api/v1/events").bearer(key).json(rows.to_string());
            let call = if once.is_empty() { call } else { call.header("idempotency-key", once) };
            call.send().await
        };
        let receipt = sent(&bound, &rows, "").await.json();
        assert_eq!((&receipt["accepted"], &receipt["rejected"]), (&json!(4), &json!(2)), "{receipt}");
        let refused: Vec<_> =
            receipt["rejections"].as_array().unwrap().iter().map(|r| (&r["index"], &r["field"])).collect();
        assert_eq!(refused, [(&json!(2), &json!("source")), (&json!(3), &json!("source"))]);
        let reason = receipt["rejections"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("the source 'edge' alone"), "{reason}");
        let stored = app.get("/api/v1/events").bearer(&key).send().await.json();
        let stored = stored["items"].as_array().unwrap();
        assert_eq!(stored.len(), 4);
        assert!(stored.iter().all(|e| e["source"] == "edge" && e["source_id"] == edge["id"]));
        assert!(stored.iter().any(|e| e["raw_payload"].get("source").is_none()), "as it was sent");
        let path = format!("/api/v1/sources/{}", edge["id"].as_str().unwrap());
        assert_eq!(app.get(&path).bearer(&key).send().await.json()["event_count"], 4);
        assert_eq!(app.get("/api/v1/events").bearer(&bound).send().await.status, 403);

        // The key of a source takes no name of a request that another sender may come with.
        let one = json!([row(9, json!(null))]);
        assert_eq!(sent(&bound, &one, "k").await.status, 200);
        let others = json!([row(10, json!("door"))]);
        let answer = sent(&key, &others, "k").await;
        assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (200, ""));
        let first = sent(&bound, &one, "l").await;
        let again = sent(&bound, &one, "l").await;
        assert_eq!((first.text.clone(), again.header("idempotency-replayed")), (again.text.clone(), "true"));

        let path = format!("/api/v1/api-keys?source_id={}", edge["id"].as_str().unwrap());
        let keys = app.get(&path).bearer(&key).send().await.json();
        assert_eq!(keys["items"].as_array().unwrap().len(), 1);
        assert_eq!(keys["items"][0]["source"], "edge");
        assert!(keys["items"][0]["last_used_at"].is_string(), "{keys}");
        assert_eq!(app.get("/api/v1/api-keys?source_id=x").bearer(&key).send().await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn keys_and_sessions_are_listed_and_ended_through_the_api() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let other = app.key("acme", &["event.read"]).await;
        let cookie = app.sign_in("vera@acme.test").await;
        let keys = app.get("/api/v1/api-keys").bearer(&key).send().await;
        assert!(!keys.text.contains(&other), "never a secret");
        let keys = keys.json();
        let id = keys["items"].as_array().unwrap().iter().find(|k| k["scopes"] == json!(["event.read"]));
        let path = format!("/api/v1/api-keys/{}", id.unwrap()["id"].as_str().unwrap());
        assert_eq!(app.call("DELETE".parse().unwrap(), &path).bearer(&key).send().await.status, 204);
        assert_eq!(app.get("/api/v1/events").bearer(&other).send().await.status, 401);
        let open = app.get("/api/v1/sessions").bearer(&key).send().await.json();
        let session = open["items"].as_array().unwrap().iter().find(|s| s["email"] == "vera@acme.test");
        let path = format!("/api/v1/sessions/{}", session.unwrap()["id"].as_str().unwrap());
        assert_eq!(app.call("DELETE".parse().unwrap(), &path).bearer(&key).send().await.status, 204);
        let out = app.get("/o/acme/events").cookie(&cookie).send().await;
        assert!(out.header("location").starts_with("/sign-in"), "{}", out.status);
        let here = app.get("/api/v1/organization").bearer(&key).send().await.json();
        assert_eq!(here["slug"], "acme");
        let narrow = app.key("acme", &["member.write"]).await;
        assert_eq!(app.get("/api/v1/api-keys").bearer(&narrow).send().await.status, 403);
        // A key gives nobody more than it has: an admin would outlive it.
        for (role, level) in [("admin", "executive"), ("admin", "none"), ("viewer", "executive")] {
            let body =
                json!({ "email": "thief@acme.test", "role": role, "approval_level": level }).to_string();
            let asked = app.post("/api/v1/invitations").bearer(&narrow).json(body).send().await;
            assert_eq!(asked.status, 403, "{role} {level}");
        }
    })
    .await;
}
