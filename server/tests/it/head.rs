//! Heads that could be read in two ways are refused.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn a_second_host_is_refused() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.get("/sign-in").also("host", "evil.test").send().await.assert_problem(400, "invalid");
    })
    .await;
}

#[tokio::test]
async fn a_body_in_another_charset_is_refused_and_not_stored_as_garbage() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["event.write"]).await;
        let event = r#"{"occurred_at":"2026-11-23T09:30:00Z","severity":"low","message":"a"}"#;
        for kind in ["application/json; charset=iso-8859-1", "application/x-ndjson;charset=\"utf-16\""] {
            let answer = app.post("/api/v1/events").bearer(&key).body(kind, event).send().await;
            answer.assert_problem(415, "unsupported-media");
            assert!(answer.text.contains("UTF-8"), "{}", answer.text);
        }
        for kind in ["application/json; charset=UTF-8", "application/json; charset=\"us-ascii\""] {
            let answer = app.post("/api/v1/events").bearer(&key).body(kind, event).send().await;
            assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
        }
    })
    .await;
}
