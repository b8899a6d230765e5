//! `/api/v1/cases`, and the form of a case.

use serde_json::json;
use testkit::for_each_backend;

use crate::app::{Answer, TestApp};

async fn opened(app: &TestApp, key: &str, case: serde_json::Value) -> Answer {
    let answer = app.post("/api/v1/cases").bearer(key).json(case.to_string()).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer
}

#[tokio::test]
async fn a_case_is_opened_read_changed_and_resolved_over_the_api() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["case.read", "case.write", "event.write"]).await;
        let new = json!({ "title": "Spraying", "description": "*look*", "priority": "high", "tags": ["ssh", "SSH", "brute"], "tlp": "amber+strict" });
        let made = opened(&app, &key, new).await;
        assert_eq!(made.header("etag"), "\"1\"");
        let case = made.json();
        assert_eq!((case["number"].as_i64(), case["status"].as_str()), (Some(1), Some("open")));
        assert_eq!((&case["tags"], &case["tlp"]), (&json!(["brute", "ssh"]), &json!("amber+strict")));

        let put = |etag: &'static str, title: &str| {
            let call = app.call(axum::http::Method::PUT, "/api/v1/cases/CASE-1").bearer(&key);
            let call = if etag.is_empty() { call } else { call.header("if-match", etag) };
            call.json(json!({ "title": title }).to_string()).send()
        };
        assert_eq!(put("", "No version").await.status, 428);
        assert_eq!(put("\"x\"", "Odd version").await.status, 400);
        let changed = put("\"1\"", "Renamed").await;
        assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, "\"2\""));
        assert_eq!(put("\"1\"", "Late").await.status, 412);
        let read = app.get("/api/v1/cases/1").bearer(&key).send().await;
        assert_eq!(read.json()["title"], "Renamed");

        let act = |body: serde_json::Value| app.post("/api/v1/cases/1/actions").bearer(&key).json(body.to_string()).send();
        assert_eq!(act(json!({ "act": "reopen", "reason": "why" })).await.status, 409);
        assert_eq!(act(json!({ "act": "resolve", "resolution": "benign", "reason": " " })).await.status, 400);
        assert_eq!(act(json!({ "act": "shrug" })).await.status, 400);
        let done = act(json!({ "act": "resolve", "resolution": "benign", "reason": "a drill" })).await;
        assert_eq!(done.json()["status"], "resolved");

        let note = app.post("/api/v1/cases/1/notes").bearer(&key).json(r#"{"content":"seen"}"#).send().await;
        assert_eq!(note.status, 201, "{}", note.text);
        let notes = app.get("/api/v1/cases/1/notes").bearer(&key).send().await.json();
        assert_eq!(notes["items"][0]["content"], "seen");

        let id = "018bcfe5-6800-7000-8000-000000000001";
        let event = json!({ "id": id, "occurred_at": "2026-11-23T09:00:00Z", "severity": "high", "message": "x" });
        app.post("/api/v1/events").bearer(&key).json(event.to_string()).send().await;
        let link = |ids: serde_json::Value| {
            app.post("/api/v1/cases/1/events").bearer(&key).json(json!({ "event_ids": ids }).to_string()).send()
        };
        assert_eq!(link(json!([id])).await.json()["linked"], 1);
        assert_eq!(link(json!([id])).await.json()["linked"], 0);
        assert_eq!(link(json!([])).await.status, 400);
        let linked = app.get("/api/v1/cases/1/events?limit=10").bearer(&key).send().await.json();
        assert_eq!(linked["items"][0]["event"]["message"], "x");

        let found = app.get("/api/v1/cases?q=tag%3Abrute&status=resolved&sort=number").bearer(&key).send().await;
        assert_eq!(found.json()["items"].as_array().unwrap().len(), 0, "the change took the tags away");
        let found = app.get("/api/v1/cases?q=renamed&assigned_to=nobody").bearer(&key).send().await.json();
        assert_eq!(found["items"][0]["number"], 1);
        for wrong in ["q=severity%3A", "sort=color", "assigned_to=me", "colour=red"] {
            let answer = app.get(&format!("/api/v1/cases?{wrong}")).bearer(&key).send().await;
            assert_eq!(answer.status, 400, "{wrong}");
        }
        app.organization("globex").await;
        let other = app.key("globex", &["case.read", "case.write"]).await;
        for path in ["/api/v1/cases/1", "/api/v1/cases/1/notes", "/api/v1/cases/1/events"] {
            assert_eq!(app.get(path).bearer(&other).send().await.status, 404, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_description_is_not_cut_by_a_form_that_comes_back() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let key = app.key("acme", &["case.write"]).await;
        let description = format!("{} the end", "word ".repeat(4_000));
        let made = opened(&app, &key, json!({ "title": "Long", "description": description })).await.json();
        let form = [
            ("organization", "acme"),
            ("id", made["id"].as_str().unwrap()),
            ("version", "0"),
            ("case[title]", "Mine"),
            ("case[description]", &description),
            ("case[priority]", "normal"),
            ("case[severity]", "medium"),
            ("case[tlp]", "amber"),
            ("case[pap]", "amber"),
        ];
        let call = app.post("/fn/edit_case").cookie(&cookie).header("accept", "text/html");
        let back = call.header("referer", "http://watchroom.test/o/acme/cases/1").form(&form).send().await;
        let address = back.header("location");
        let page = app
            .get(address.strip_prefix("http://watchroom.test").unwrap_or(address))
            .cookie(&cookie)
            .send()
            .await;
        assert!(
            page.text.contains("somebody changed it meanwhile")
                || page.text.contains("Somebody changed it meanwhile"),
            "{address}"
        );
        assert!(page.text.contains("value=\"Mine\""), "what was typed is kept");
        let area = page.text.split("name=\"case[description]\"").nth(1).unwrap();
        assert!(area.split("</textarea>").next().unwrap().ends_with("the end"), "all of the description");
    })
    .await;
}

/// On several threads, as the server runs.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_text_in_titles_and_text_areas_as_well() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let key = app.key("acme", &["case.write"]).await;
        let title = "a </title><b id=evil>b</b> &lt;";
        let text = "\n a </textarea><b id=evil>b</b> &amp;";
        opened(&app, &key, json!({ "title": title, "description": text })).await;
        let page = app.get("/o/acme/cases/1").cookie(&cookie).send().await.text;
        assert!(!page.contains("<b id=evil>"), "nothing that was written is an element");
        assert!(
            page.contains("<title>CASE-1 a &lt;/title>&lt;b id=evil>b&lt;/b> &amp;lt; · Watchroom</title>")
        );
        // The first line break is the one that a reader of HTML swallows.
        assert!(page.contains(">\n\n a &lt;/textarea>&lt;b id=evil>b&lt;/b> &amp;amp;</textarea>"));
    })
    .await;
}
