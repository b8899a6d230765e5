//! `/api/v1/organization` and, for keys of the platform role, `/api/v1/organizations`.

use axum::http::Method;
use domain::api_key::NewApiKey;
use serde_json::json;
use service::api_keys;
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn a_key_renames_its_organization_from_the_version_it_read() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        let key = app.key("acme", &["settings.read", "settings.write"]).await;
        let read = app.get("/api/v1/organization").bearer(&key).send().await;
        let tag = read.header("etag").to_owned();
        let put = async |tag: &str, body: serde_json::Value| {
            let call = app.call(Method::PUT, "/api/v1/organization").bearer(&key);
            let call = if tag.is_empty() { call } else { call.header("if-match", tag) };
            call.json(body.to_string()).send().await
        };
        let new = json!({ "name": "Acme works", "contact_email": "it@acme.test" });
        assert_eq!(put("", new.clone()).await.status, 428);
        app.services.clock.advance_seconds(1);
        let changed = put(&tag, new.clone()).await;
        assert_eq!(
            (changed.status.as_u16(), &changed.json()["name"]),
            (200, &"Acme works".into()),
            "{}",
            changed.text
        );
        assert_eq!(put(&tag, new).await.status, 412, "somebody was faster");
        let tag = changed.header("etag").to_owned();
        assert_eq!(put(&tag, json!({ "name": "GLOBEX" })).await.status, 409);
        assert_eq!(put(&tag, json!({ "name": " " })).await.status, 400);
        assert_eq!(put(&tag, json!({ "name": "a", "slug": "b" })).await.status, 400);
        let reader = app.key("acme", &["settings.read"]).await;
        let call = app.call(Method::PUT, "/api/v1/organization").bearer(&reader).header("if-match", &tag);
        assert_eq!(call.json(r#"{"name":"a"}"#).send().await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_the_platform_makes_suspends_and_deletes_organizations() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        let all = app.key("acme", &["all"]).await;
        let scopes = ["organization.read", "organization.write"].map(str::to_owned).to_vec();
        let new = NewApiKey { name: "platform".to_owned(), scopes, ..NewApiKey::default() };
        let (_, key) = api_keys::create_for_organization(&app.services, "acme", new.clone()).await.unwrap();
        assert_eq!(app.get("/api/v1/organizations").bearer(&all).send().await.status, 403);
        let list =
            async || app.get("/api/v1/organizations").bearer(&key).send().await.json()["items"].clone();
        assert_eq!(list().await.as_array().unwrap().len(), 2);
        let call = async |method: Method, path: &str, body: &str| {
            let call = app.call(method, &format!("/api/v1/organizations{path}")).bearer(&key);
            if body.is_empty() { call.send().await } else { call.json(body.to_owned()).send().await }
        };
        let body = r#"{"slug":"initech","name":"Initech","first_admin":"bill@initech.test"}"#;
        let made = call(Method::POST, "", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert!(made.json()["invitation"].as_str().unwrap().starts_with("/invitation/"));
        assert_eq!(call(Method::POST, "", body).await.status, 409);
        let renamed = call(Method::PUT, "/initech", r#"{"name":"Initrode"}"#).await;
        assert_eq!((renamed.status.as_u16(), &renamed.json()["name"]), (200, &"Initrode".into()));
        assert_eq!(call(Method::POST, "/globex/suspend", "").await.status, 200);
        let globex =
            async || list().await.as_array().unwrap().iter().find(|o| o["slug"] == "globex").unwrap().clone();
        assert_eq!(globex().await["is_active"], false);
        assert_eq!(call(Method::POST, "/globex/resume", "").await.status, 200);
        let marked = call(Method::DELETE, "/globex", "").await;
        assert_eq!(
            (marked.status.as_u16(), &marked.json()["delete_after"]),
            (200, &globex().await["delete_after"])
        );
        assert_eq!(call(Method::DELETE, "/globex", "").await.status, 409);
        assert_eq!(call(Method::POST, "/globex/resume", "").await.status, 409);
        assert_eq!(call(Method::POST, "/globex/keep", "").await.status, 204);
        assert_eq!(call(Method::POST, "/globex/resume", "").await.status, 200);
        for (method, path) in [
            (Method::DELETE, "/nobody"),
            (Method::POST, "/nobody/suspend"),
            (Method::POST, "/platform/suspend"),
        ] {
            assert_eq!(call(method, path, "").await.status, 404, "{path}");
        }
        // It does nothing else, and an admin gives nobody such a key.
        assert_eq!(app.get("/api/v1/cases").bearer(&key).send().await.status, 403);
        let cookie = app.sign_in("ada@acme.test").await;
        let form = [
            ("organization", "acme"),
            ("name", "mine"),
            ("scopes[0]", "organization.write"),
            ("expires_in_days", "30"),
        ];
        let refused = app.post("/fn/create_api_key").cookie(&cookie).form(&form).send().await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(refused.text.contains("only the platform role"), "{}", refused.text);
    })
    .await;
}
