//! Saved views through the API and the pages' forms.

use axum::http::{Method, StatusCode};
use serde_json::json;
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn a_key_saves_changes_and_deletes_shared_views() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        app.organization("globex").await;
        let key = app.key("acme", &["view.read", "view.write"]).await;
        let stranger = app.key("globex", &["all"]).await;
        let new = json!({ "area": "events", "name": "Logins", "query": "from=7d&q=login" }).to_string();
        let made = app.post("/api/v1/views").bearer(&key).json(new.clone()).send().await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let view = made.json();
        assert_eq!(
            (&view["shared"], &view["owner_id"], &view["version"]),
            (&json!(true), &json!(null), &json!(1))
        );
        let path = format!("/api/v1/views/{}", view["id"].as_str().unwrap());
        assert_eq!(
            app.post("/api/v1/views").bearer(&key).json(new.clone()).send().await.status,
            StatusCode::CONFLICT
        );
        for (body, field) in [
            (json!({ "area": "events", "name": "", "query": "" }), "name"),
            (json!({ "area": "events", "name": "x", "query": "q=severity%3E" }), "query"),
            (json!({ "area": "events", "name": "x", "query": "cursor=abc" }), "query"),
        ] {
            let refused = app.post("/api/v1/views").bearer(&key).json(body.to_string()).send().await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
            assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.text);
        }

        let change =
            |version: i64| json!({ "name": "Sign-ins", "query": "q=login", "version": version }).to_string();
        let put = |key: &str, body: String| app.call(Method::PUT, &path).bearer(key).json(body).send();
        let changed = put(&key, change(1)).await.json();
        assert_eq!((&changed["name"], &changed["version"]), (&json!("Sign-ins"), &json!(2)));
        assert_eq!(put(&key, change(1)).await.status, StatusCode::CONFLICT);
        assert_eq!(put(&stranger, change(2)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.get(&path).bearer(&stranger).send().await.status, StatusCode::NOT_FOUND);
        let listed = app.get("/api/v1/views?area=events").bearer(&key).send().await.json();
        assert_eq!(listed["items"], json!([changed]));
        assert_eq!(app.get("/api/v1/views?area=groups").bearer(&key).send().await.json()["items"], json!([]));
        assert_eq!(app.get("/api/v1/views?area=x").bearer(&key).send().await.status, StatusCode::BAD_REQUEST);

        let delete = |key: &str| app.call(Method::DELETE, &path).bearer(key).send();
        assert_eq!(delete(&stranger).await.status, StatusCode::NOT_FOUND);
        assert_eq!(delete(&key).await.status, StatusCode::NO_CONTENT);
        assert_eq!(delete(&key).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_plain_form_saves_a_view_and_the_list_then_opens_with_it() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        app.person("vic@acme.test", "acme", "viewer").await;
        let cookie = app.sign_in("vic@acme.test").await;
        let form = [
            ("organization", "acme"),
            ("area", "events"),
            ("view[name]", "Logins"),
            ("view[query]", "from=7d&q=login"),
            ("view[default]", "true"),
        ];
        let page = "http://watchroom.test/o/acme/events?from=7d&q=login";
        let saved = app
            .post("/fn/views/save")
            .cookie(&cookie)
            .header("accept", "text/html")
            .header("referer", page)
            .form(&form)
            .send()
            .await;
        assert_eq!(saved.status, StatusCode::FOUND, "{}", saved.text);
        let there = saved.header("location").to_owned();
        assert!(there.starts_with("/o/acme/events?from=7d&q=login&view="), "{there}");

        let bare = app.get("/o/acme/events").cookie(&cookie).send().await;
        assert_eq!((bare.status, bare.header("location")), (StatusCode::FOUND, there.as_str()));
        let all = app.get("/o/acme/events?view=all").cookie(&cookie).send().await;
        assert_eq!(all.status, StatusCode::OK);
        let shown = app.get(&there).cookie(&cookie).send().await;
        assert!(shown.text.contains(">Logins<"), "the tab is there");
    })
    .await;
}
