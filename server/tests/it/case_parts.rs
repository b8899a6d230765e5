//! Parts of a case over the API: observables, links, history, one task, revisions of notes; and its pages for who only reads.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;
use crate::drifts::{PUSH, plan};

const EVENT: &str = "018bcfe5-6800-7000-8000-000000000001";

async fn sent(app: &TestApp, key: &str) {
    let new = json!({ "title": "Spraying" }).to_string();
    assert_eq!(app.post("/api/v1/cases").bearer(key).json(new).send().await.status, 201);
    let event = json!({
        "id": EVENT, "occurred_at": "2026-11-23T09:00:00Z", "severity": "high", "message": "failed password for root",
    });
    let sent = app.post("/api/v1/events").bearer(key).json(event.to_string()).send().await;
    assert_eq!(sent.status, 200, "{}", sent.text);
}

#[tokio::test]
async fn observables_links_and_history_of_a_case_are_read_and_changed_over_the_api() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write", "event.write", "group.read"]).await;
        sent(&app, &key).await;
        let get = async |path: &str| {
            let answer = app.get(path).bearer(&key).send().await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            answer.json()
        };
        let post = |path: &str, body: Value| app.post(path).bearer(&key).json(body.to_string()).send();
        let delete =
            async |path: &str| app.call(Method::DELETE, path).bearer(&key).send().await.status.as_u16();

        let observables = "/api/v1/cases/1/observables";
        let added =
            post(observables, json!({ "observables": ["10.0.0[.]9", "evil.test"], "ioc": true })).await;
        assert_eq!(added.json(), json!({ "added": 2, "known": 0 }), "{}", added.text);
        let again = post(observables, json!({ "observables": ["10.0.0.9"] })).await;
        assert_eq!(again.json(), json!({ "added": 0, "known": 1 }));
        for wrong in [json!({ "observables": [] }), json!({ "observables": "10.0.0.9" }), json!({})] {
            assert_eq!(post(observables, wrong).await.status, 400);
        }
        let listed = get(observables).await;
        let first =
            listed["items"].as_array().unwrap().iter().find(|one| one["value"] == "10.0.0.9").unwrap();
        assert_eq!((&first["kind"], &first["ioc"]), (&json!("ip"), &json!(true)));
        let one = format!("{observables}/{}", first["id"].as_str().unwrap());
        let seen = format!("{one}/sightings");
        assert_eq!(app.get(&seen).bearer(&key).send().await.status, 403, "events are another right");
        let both = app.key("acme", &["case.read", "event.read"]).await;
        let seen = app.get(&seen).bearer(&both).send().await;
        let told = json!({ "days": 30, "events": 0, "exact": true, "last_seen_at": null });
        assert_eq!((seen.status.as_u16(), seen.json()), (200, told));
        let nothing = format!("{observables}/{EVENT}/sightings");
        assert_eq!(app.get(&nothing).bearer(&both).send().await.status, 404);
        assert_eq!((delete(&one).await, delete(&one).await), (204, 404));
        assert_eq!(get(observables).await["items"].as_array().unwrap().len(), 1);

        let links = "/api/v1/cases/1/links";
        let group = get("/api/v1/groups").await["items"][0]["id"].clone();
        let linked = post(links, json!({ "kind": "group", "ids": [group] })).await;
        assert_eq!(linked.json(), json!({ "linked": 1 }), "{}", linked.text);
        assert_eq!(post(links, json!({ "kind": "event", "ids": [EVENT] })).await.json()["linked"], 1);
        assert_eq!(post(links, json!({ "kind": "event", "ids": [EVENT] })).await.json()["linked"], 0);
        assert_eq!(
            post(links, json!({ "kind": "group", "ids": [EVENT] })).await.status,
            400,
            "no such group"
        );
        assert_eq!(post(links, json!({ "kind": "moon", "ids": [EVENT] })).await.status, 400);
        let all = get(links).await;
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
        let page = get(&format!("{links}?limit=1")).await;
        let next = page["next_cursor"].as_str().unwrap();
        let rest = get(&format!("{links}?limit=1&cursor={next}")).await;
        assert_eq!(json!([page["items"][0], rest["items"][0]]), all["items"], "by pages it is the same");
        let events = get(&format!("{links}?kind=event")).await;
        assert_eq!(events["items"][0]["target_id"], EVENT);
        let one = format!("{links}/{}", events["items"][0]["id"].as_str().unwrap());
        assert_eq!((delete(&one).await, delete(&one).await), (204, 404));
        assert_eq!(app.get(&format!("{links}?kind=moon")).bearer(&key).send().await.status, 400);

        let pushes = app.key("acme", &["drift.write", "drift.read"]).await;
        assert_eq!(app.post(PUSH).bearer(&pushes).json(plan()).send().await.status, 200);
        let drift = async || app.get("/api/v1/drifts/1").bearer(&pushes).send().await.json();
        let id = drift().await["id"].clone();
        assert_eq!(post(links, json!({ "kind": "drift", "ids": [id, id] })).await.json()["linked"], 1);
        assert_eq!(drift().await["case_numbers"], json!([1]));
        let found = get(&format!("{links}?kind=drift")).await;
        assert_eq!((&found["items"][0]["kind"], &found["items"][0]["target_id"]), (&json!("drift"), &id));
        let one = format!("{links}/{}", found["items"][0]["id"].as_str().unwrap());
        assert_eq!((delete(&one).await, delete(&one).await), (204, 404));
        assert_eq!(drift().await["case_numbers"], json!([]));

        let told = get("/api/v1/cases/1/history").await;
        let told: Vec<_> =
            told["items"].as_array().unwrap().iter().map(|line| line["words"].as_str().unwrap()).collect();
        assert_eq!(
            told,
            [
                "unlinked a drift",
                "linked a drift",
                "unlinked an event",
                "linked an event",
                "linked a group",
                "removed 10.0.0.9",
                "added 10.0.0.9, evil.test",
                "opened the case",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_note_is_changed_from_the_revision_that_was_read_and_keeps_what_it_said() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write", "audit.read", "event.write"]).await;
        let other = app.key("acme", &["case.read", "case.write"]).await;
        sent(&app, &key).await;
        let made = app.post("/api/v1/cases/1/notes").bearer(&key).json(r#"{"content":"first"}"#).send().await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""), "{}", made.text);
        let note = format!("/api/v1/cases/1/notes/{}", made.json()["id"].as_str().unwrap());
        let put = |key: &str, tag: &'static str| {
            let call = app.call(Method::PUT, &note).bearer(key);
            let call = if tag.is_empty() { call } else { call.header("if-match", tag) };
            call.json(r#"{"content":"second"}"#).send()
        };
        assert_eq!(put(&key, "").await.status, 428);
        assert_eq!(put(&other, "\"1\"").await.status, 403, "only its author");
        let changed = put(&key, "\"1\"").await;
        assert_eq!(changed.status, 204, "{}", changed.text);
        assert_eq!(put(&key, "\"1\"").await.status, 412);
        let revisions = async |key: &str| app.get(&format!("{note}/revisions")).bearer(key).send().await;
        let said = |answer: crate::app::Answer| {
            let items = answer.json()["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(said(revisions(&other).await), ["first", "second"]);
        let delete =
            async |key: &str| app.call(Method::DELETE, &note).bearer(key).send().await.status.as_u16();
        assert_eq!((delete(&other).await, delete(&key).await), (403, 204));
        let listed = app.get("/api/v1/cases/1/notes").bearer(&other).send().await.json();
        assert_eq!(listed["items"][0]["content"], "");
        assert_eq!(revisions(&other).await.status, 403);
        assert_eq!(said(revisions(&key).await), ["first", "second"]);

        let task =
            app.post("/api/v1/cases/1/tasks").bearer(&key).json(r#"{"title":"ask"}"#).send().await.json();
        let task = format!("/api/v1/cases/1/tasks/{}", task["id"].as_str().unwrap());
        let read = app.get(&task).bearer(&key).send().await;
        assert_eq!((read.header("etag"), &read.json()["title"]), ("\"1\"", &json!("ask")), "{}", read.text);
        assert_eq!(app.get("/api/v1/cases/1/tasks/x").bearer(&key).send().await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_viewer_reads_every_page_that_leads_somewhere_without_a_refusal() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("vera@acme.test", "acme", "viewer").await;
        let key = app.key("acme", &["all"]).await;
        sent(&app, &key).await;
        let note =
            app.post("/api/v1/cases/1/notes").bearer(&key).json(r#"{"content":"first"}"#).send().await.json();
        let note = format!("/api/v1/cases/1/notes/{}", note["id"].as_str().unwrap());
        let put = app.call(Method::PUT, &note).bearer(&key).header("if-match", "\"1\"");
        assert_eq!(put.json(r#"{"content":"second"}"#).send().await.status, 204);
        let pushed = app.post(PUSH).bearer(&key).json(plan()).send().await;
        assert_eq!(pushed.status, 200, "{}", pushed.text);
        let cookie = app.sign_in("vera@acme.test").await;
        let overview = app.get("/o/acme/overview").cookie(&cookie).send().await;
        let mut pages: Vec<String> = overview
            .text
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|href| href.starts_with("/o/acme/"))
            .map(|href| href.replace("&amp;", "&"))
            .collect();
        assert!(
            pages.iter().any(|page| page.starts_with("/o/acme/cases")),
            "the rail is among them: {pages:?}"
        );
        for tab in [
            "",
            "?tab=events",
            "?tab=observables",
            "?tab=evidence",
            "?tab=tasks",
            "?tab=history",
            "?show=notes",
        ] {
            pages.push(format!("/o/acme/cases/1{tab}"));
        }
        pages.push("/o/acme/drift/1".to_owned());
        pages.sort();
        pages.dedup();
        for page in &pages {
            let answer = app.get(page).cookie(&cookie).send().await;
            assert_eq!(answer.status, 200, "{page}");
        }
        let page = app.get("/o/acme/cases/1").cookie(&cookie).send().await.text;
        for words in ["Edited, 2 revisions", "first", "second"] {
            assert!(page.contains(words), "{words}");
        }
        assert!(!page.contains("Change the note"), "a viewer changes nothing");
    })
    .await;
}

#[tokio::test]
async fn a_longer_text_is_told_line_by_line_in_the_history_the_audit_log_and_in_revisions() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        let lines: Vec<String> = (1..=20).map(|n| format!("step <{n}>")).collect();
        let (before, after) = (lines.join("\n"), lines.join("\n").replace("<10>", "ten\u{202e}"));
        let new = json!({ "title": "Spraying", "description": before });
        let made = app.post("/api/v1/cases").bearer(&key).json(new.to_string()).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let changed = json!({ "title": "Spraying", "description": after }).to_string();
        let put = app.call(Method::PUT, "/api/v1/cases/1").bearer(&key).header("if-match", "\"1\"");
        let answer = put.json(changed).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let content = json!({ "content": before }).to_string();
        let note = app.post("/api/v1/cases/1/notes").bearer(&key).json(content).send().await.json();
        let note = format!("/api/v1/cases/1/notes/{}", note["id"].as_str().unwrap());
        let put = app.call(Method::PUT, &note).bearer(&key).header("if-match", "\"1\"");
        assert_eq!(put.json(json!({ "content": after }).to_string()).send().await.status, 204);

        let cookie = app.sign_in("ada@acme.test").await;
        let page = async |path: &str| {
            let answer = app.get(path).cookie(&cookie).send().await;
            assert_eq!(answer.status, 200, "{path}");
            // Marks of the renderer.
            answer.text.replace("<!>", "")
        };
        let history = page("/o/acme/cases/1?tab=history").await;
        let log = page("/o/acme/audit?action=CASE_UPDATED").await;
        let open = log.split("data-href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let panel = page(&open.replace("&amp;", "&")).await;
        for (place, text) in
            [("history", history), ("audit log", panel), ("revisions", page("/o/acme/cases/1").await)]
        {
            for part in [
                "− step &lt;10&gt;</del>",
                "+ step ten‹U+202E›</ins>",
                "<summary>6 unchanged lines</summary>",
                "<summary>7 unchanged lines</summary>",
            ] {
                assert!(text.contains(part), "{place} has no {part}");
            }
        }
    })
    .await;
}
