//! The page of events as it is printed.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

/// Twenty events a minute apart from 09:00 UTC on; the three oldest have a user.
async fn filled(db: testkit::TestDb) -> (TestApp, String, String) {
    let app = TestApp::acme(db).await;
    let key = app.key("acme", &["all"]).await;
    let events: Vec<Value> = (0..20)
        .map(|n| {
            let mut event = json!({
                "occurred_at": format!("2026-01-23T09:{n:02}:00Z"), "severity": "low", "message": "knock at the door",
            });
            if n < 3 {
                event["user"] = json!("mallory");
            }
            event
        })
        .collect();
    app.post("/api/v1/events").bearer(&key).json(Value::from(events).to_string()).send().await;
    let cookie = app.sign_in("ada@acme.test").await;
    (app, key, cookie)
}

#[tokio::test]
async fn a_facet_of_the_payload_says_what_it_was_counted_over() {
    for_each_backend(|db| async move {
        let (app, _, cookie) = filled(db).await;
        let asked = "/o/acme/events?from=all&q=knock&facet=payload.user&facet=payload.nobody";
        let page = app.get(asked).cookie(&cookie).header("accept", "text/html").send().await.text;
        for text in ["3 matches have it", "mallory", "Nothing has it", "20 events · UTC"] {
            assert!(page.contains(text), "{text}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_time_that_is_typed_is_the_readers_and_that_of_the_api_is_utc() {
    for_each_backend(|db| async move {
        let (app, key, cookie) = filled(db).await;
        let profile = [("display_name", "Ada"), ("time_zone", "Europe/Berlin")];
        app.post("/fn/save_profile").cookie(&cookie).form(&profile).send().await;
        // 10:15 in Berlin is 09:15 in UTC.
        let q = "q=time%3E%3D%222026-01-23%2010:15%22";
        let page =
            app.get(&format!("/o/acme/events?from=all&{q}")).cookie(&cookie).header("accept", "text/html");
        let page = page.send().await.text;
        assert!(page.contains("5 events · Europe/Berlin"), "{page}");
        let file =
            app.get(&format!("/o/acme/events/export.ndjson?from=all&{q}")).cookie(&cookie).send().await;
        assert_eq!(file.text.lines().count(), 5, "{}", file.text);
        let list = app.get(&format!("/api/v1/events?{q}")).bearer(&key).send().await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 0);
        // Whoever names a zone means it.
        let q = "q=time%3E%3D%222026-01-23T09:15Z%22";
        let file =
            app.get(&format!("/o/acme/events/export.ndjson?from=all&{q}")).cookie(&cookie).send().await;
        assert_eq!(file.text.lines().count(), 5, "{}", file.text);
    })
    .await;
}

#[tokio::test]
async fn a_small_or_is_told_where_nothing_matches() {
    for_each_backend(|db| async move {
        let (app, _, cookie) = filled(db).await;
        let page = app.get("/o/acme/events?from=all&q=knock%20or%20bell").cookie(&cookie);
        let page = page.header("accept", "text/html").send().await.text;
        assert!(
            page.contains("Did you mean “knock OR bell”?") && page.contains("q=knock%20OR%20bell"),
            "{page}"
        );
        // More than a number and a letter is asked as any other range, of any length.
        let page =
            app.get("/o/acme/events?from=3d").cookie(&cookie).header("accept", "text/html").send().await;
        assert!(page.text.contains("No event matches"), "{}", page.text);
    })
    .await;
}
