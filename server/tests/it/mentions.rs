//! People named in notes, over the API and on their page.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn who_is_named_in_a_note_is_told_over_the_api_and_finds_it_on_a_page() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("ben@acme.test", "acme", "viewer").await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        let made = app.post("/api/v1/cases").bearer(&key).json(r#"{"title":"Odd"}"#).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let body = r#"{"content":"see **this**, @Ben."}"#;
        let note = app.post("/api/v1/cases/1/notes").bearer(&key).json(body).send().await.json();
        assert_eq!((&note["mentions"][0]["written"], &note["mentions"][1]), (&"ben".into(), &().into()));
        let notes = app.get("/api/v1/cases/1/notes").bearer(&key).send().await.json();
        assert_eq!(notes["items"][0]["mentions"], note["mentions"]);
        let ben = note["mentions"][0]["user_id"].as_str().unwrap();
        let path = format!("/api/v1/mentions?unread=true&user_id={ben}");
        let found = app.get(&path).bearer(&key).send().await.json();
        assert_eq!((&found["items"][0]["note_id"], &found["items"][0]["number"]), (&note["id"], &1.into()));

        let cookie = app.sign_in("ben@acme.test").await;
        let case = app.get("/o/acme/cases/1").cookie(&cookie).send().await.text;
        assert!(case.contains("class=\"mention\"") && case.contains(">@Ben</span>."), "it is marked");
        let tasks = || app.get("/o/acme/cases/tasks?show=mentions").cookie(&cookie).send();
        let page = tasks().await.text;
        assert!(page.contains("see **this**, @Ben.") && page.contains(">new<"), "{page}");
        let anchor = format!("/o/acme/cases/1#said-{}", note["id"].as_str().unwrap());
        assert!(page.contains(&anchor), "it leads to the note");
        assert!(case.contains(&anchor[anchor.find("said").unwrap()..]), "which has that place");
        let form = [("organization", "acme"), ("note", note["id"].as_str().unwrap())];
        let read = app.post("/fn/read_mention").cookie(&cookie).form(&form).send().await;
        assert_eq!(read.status, 200, "{}", read.text);
        assert!(!tasks().await.text.contains(">new<"));
        assert_eq!(app.get(&path).bearer(&key).send().await.json()["items"], serde_json::json!([]));
    })
    .await;
}
