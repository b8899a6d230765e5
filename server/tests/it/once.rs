//! `Idempotency-Key` on everything that is made over the API.

use serde_json::json;
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn what_is_made_under_a_key_is_made_once_and_answered_as_the_first_time() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let post = async |path: &str, once: &str, body: serde_json::Value| {
            app.post(path).bearer(&key).header("idempotency-key", once).json(body.to_string()).send().await
        };
        let case = json!({ "title": "one" });
        let first = post("/api/v1/cases", "k1", case.clone()).await;
        assert_eq!(
            (first.status.as_u16(), first.header("idempotency-replayed")),
            (201, ""),
            "{}",
            first.text
        );
        let again = post("/api/v1/cases", "k1", case.clone()).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text), "byte for byte");
        assert_eq!(
            (again.header("idempotency-replayed"), again.header("etag"), again.header("content-type")),
            ("true", first.header("etag"), first.header("content-type"))
        );
        let cases = app.get("/api/v1/cases").bearer(&key).send().await.json();
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
        // Another body, another path, another API key: another request.
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let note = format!("/api/v1/cases/{id}/notes");
        assert_eq!(post("/api/v1/cases", "k1", json!({ "title": "two" })).await.status, 409);
        assert_eq!(post(&note, "k1", json!({ "content": "a" })).await.status, 409);
        let other = app.key("acme", &["case.write"]).await;
        let call = app.post("/api/v1/cases").bearer(&other).header("idempotency-key", "k1");
        let told = call.json(case.to_string()).send().await;
        assert_eq!(told.status, 409);
        assert!(!told.text.contains(&id));
        // Another organization has keys of its own.
        app.organization("globex").await;
        let foreign = app.key("globex", &["all"]).await;
        let call = app.post("/api/v1/cases").bearer(&foreign).header("idempotency-key", "k1");
        assert_eq!(call.json(case.to_string()).send().await.status, 201);

        for (path, body) in [
            (note.clone(), json!({ "content": "seen" })),
            (format!("/api/v1/cases/{id}/tasks"), json!({ "title": "ask" })),
            (
                "/api/v1/sources".to_owned(),
                json!({ "name": "edge", "source_type": "other", "status": "active" }),
            ),
            ("/api/v1/environments".to_owned(), json!({ "slug": "prod", "name": "Prod" })),
            (
                "/api/v1/invitations".to_owned(),
                json!({ "email": "new@acme.test", "role": "viewer", "approval_level": "none" }),
            ),
            (
                "/api/v1/webhooks".to_owned(),
                json!({ "name": "w", "url": "https://1.1.1.1/", "kinds": ["case"] }),
            ),
        ] {
            let once = format!("of {path}").replace(' ', "-");
            let first = post(&path, &once, body.clone()).await;
            assert!(first.status.is_success(), "{path}: {}", first.text);
            let again = post(&path, &once, body.clone()).await;
            assert_eq!((again.status, &again.text), (first.status, &first.text), "{path}");
            assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
        }
        let notes = app.get(&note).bearer(&key).send().await.json();
        assert_eq!(notes["items"].as_array().unwrap().len(), 1);
        let made = app.get("/api/v1/webhooks").bearer(&key).send().await.json();
        assert_eq!(made["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_under_the_same_key() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        let post = async |once: &str, body: &str| {
            app.post("/api/v1/cases")
                .bearer(&key)
                .header("idempotency-key", once)
                .json(body.to_owned())
                .send()
                .await
        };
        assert_eq!(post("k", r#"{"title":""}"#).await.status, 400);
        assert_eq!(post("k", r#"{"title":"one"}"#).await.status, 201);
        for wrong in ["", "a b", &"x".repeat(256)] {
            assert_eq!(post(wrong, r#"{"title":"two"}"#).await.status, 400, "{wrong:?}");
        }
        let nobody = app.post("/api/v1/cases").header("idempotency-key", "k").json(r#"{"title":"one"}"#);
        assert_eq!(nobody.send().await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn of_two_at_the_same_time_one_is_done() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        let post = || {
            app.post("/api/v1/cases")
                .bearer(&key)
                .header("idempotency-key", "k")
                .json(r#"{"title":"one"}"#)
                .send()
        };
        let (a, b, c) = tokio::join!(post(), post(), post());
        for answer in [&a, &b, &c] {
            // Either the answer, or that it is being done.
            assert!(matches!(answer.status.as_u16(), 201 | 409), "{}", answer.text);
        }
        let cases = app.get("/api/v1/cases").bearer(&key).send().await.json();
        assert_eq!(cases["items"].as_array().unwrap().len(), 1);
        let again = post().await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, "true"));
    })
    .await;
}
