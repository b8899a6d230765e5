//! `/api/v1/cases/{id}/tasks`, `/api/v1/tasks`, similar cases and the draft of a handover.

use axum::http::Method;
use serde_json::json;
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn tasks_are_added_changed_ordered_done_and_deleted_over_the_api() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        for title in ["Payroll phishing wave", "Another phishing wave"] {
            let new = json!({ "title": title }).to_string();
            assert_eq!(app.post("/api/v1/cases").bearer(&key).json(new).send().await.status, 201);
        }
        let post = async |path: &str, body: serde_json::Value| {
            app.post(&format!("/api/v1/cases/1/tasks{path}")).bearer(&key).json(body.to_string()).send().await
        };
        let made = post("", json!({ "title": "ask" })).await;
        assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""), "{}", made.text);
        assert_eq!(post("", json!({ "title": "block" })).await.status, 201);
        assert_eq!(post("", json!({ "title": " " })).await.status, 400);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let put = async |tag: &str, title: &str| {
            let call = app.call(Method::PUT, &format!("/api/v1/cases/1/tasks/{id}")).bearer(&key);
            let call = if tag.is_empty() { call } else { call.header("if-match", tag) };
            call.json(json!({ "title": title }).to_string()).send().await.status.as_u16()
        };
        assert_eq!(
            (put("", "x").await, put("\"1\"", "ask again").await, put("\"1\"", "late").await),
            (428, 204, 412)
        );
        assert_eq!(post(&format!("/{id}/move"), json!({ "up": false })).await.status, 204);
        let get = async |path: &str| app.get(path).bearer(&key).send().await.json();
        let tasks = get("/api/v1/cases/1/tasks").await;
        assert_eq!(
            (&tasks["items"][0]["title"], &tasks["items"][1]["title"]),
            (&json!("block"), &json!("ask again"))
        );
        let open = get("/api/v1/tasks?assigned_to=nobody").await;
        assert_eq!((open["items"].as_array().unwrap().len(), &open["items"][0]["number"]), (2, &json!(1)));
        let first = get("/api/v1/tasks?assigned_to=nobody&limit=1").await;
        let next = first["next_cursor"].as_str().unwrap();
        let second = get(&format!("/api/v1/tasks?assigned_to=nobody&limit=1&cursor={next}")).await;
        assert_eq!((&first["items"][0], &second["items"][0]), (&open["items"][0], &open["items"][1]));
        assert_eq!(second["next_cursor"], json!(null));
        assert_eq!(app.get("/api/v1/tasks?assigned_to=me").bearer(&key).send().await.status, 400);
        assert_eq!(post(&format!("/{id}/complete"), json!({ "done": true })).await.status, 204);
        assert_eq!(get("/api/v1/tasks").await["items"].as_array().unwrap().len(), 1);

        let similar = get("/api/v1/cases/1/similar").await;
        assert_eq!(similar["items"][0]["shared_words"], json!(["phishing", "wave"]), "{similar}");
        let draft = get("/api/v1/cases/1/handover").await;
        assert!(draft["content"].as_str().unwrap().contains("finished the task “ask again”"), "{draft}");
        let page = app.get("/o/acme/cases/1?draft=last").cookie(&cookie).send().await.text;
        assert!(page.contains("## Handover of CASE-1"), "the box of the note holds the draft");
        let page = app.get("/o/acme/cases/tasks?show=all").cookie(&cookie).send().await.text;
        assert!(page.contains("block") && !page.contains("ask again"));

        let delete = async || {
            let call = app.call(Method::DELETE, &format!("/api/v1/cases/1/tasks/{id}")).bearer(&key);
            call.send().await.status.as_u16()
        };
        assert_eq!((delete().await, delete().await), (204, 404));
    })
    .await;
}
