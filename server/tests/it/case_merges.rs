//! `/api/v1/cases/{id}/merges`, and the same by forms.

use serde_json::json;
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn cases_are_merged_and_taken_apart_over_the_api_and_by_forms() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let key = app.key("acme", &["case.read", "case.write"]).await;
        let mut ids = Vec::new();
        for title in ["First", "Second", "Third"] {
            let new = json!({ "title": title, "tags": [title] }).to_string();
            let made = app.post("/api/v1/cases").bearer(&key).json(new).send().await.json();
            ids.push(made["id"].as_str().unwrap().to_owned());
        }
        let get = async |path: &str| app.get(path).bearer(&key).send().await.json();
        let merge = async |into: u32, tag: &str, ids: &[&str]| {
            let call = app.post(&format!("/api/v1/cases/{into}/merges")).bearer(&key);
            let call = if tag.is_empty() { call } else { call.header("if-match", tag) };
            call.json(json!({ "ids": ids, "note": "the same" }).to_string()).send().await
        };
        assert_eq!(merge(1, "\"7\"", &[&ids[1]]).await.status, 412);
        assert_eq!(merge(1, "", &[]).await.status, 400);
        assert_eq!(merge(9, "", &[&ids[1]]).await.status, 404);
        let done = merge(1, "\"1\"", &[&ids[1], &ids[2]]).await;
        assert_eq!((done.status.as_u16(), &done.json()["changed"]), (200, &json!(2)), "{}", done.text);
        let (one, two) = (get("/api/v1/cases/1").await, get("/api/v1/cases/2").await);
        assert_eq!((&one["merged_count"], &one["merged_tags"]), (&json!(2), &json!(["Second", "Third"])));
        assert_eq!((&two["merged_into"], &two["merged_number"]), (&json!(ids[0]), &json!(1)));
        for (query, numbers) in
            [("", json!([1])), ("?merged=only&sort=number", json!([3, 2])), ("?q=tag%3Athird", json!([1]))]
        {
            let found = get(&format!("/api/v1/cases{query}")).await;
            let found: Vec<_> =
                found["items"].as_array().unwrap().iter().map(|case| case["number"].clone()).collect();
            assert_eq!(json!(found), numbers, "{query}");
        }
        assert_eq!(app.get("/api/v1/cases?merged=odd").bearer(&key).send().await.status, 400);
        let listed = get("/api/v1/cases/1/merges").await;
        assert_eq!(
            (listed["items"].as_array().unwrap().len(), &listed["items"][0]["note"]),
            (2, &json!("the same"))
        );
        let put =
            app.call(axum::http::Method::PUT, "/api/v1/cases/2").bearer(&key).header("if-match", "\"2\"");
        assert_eq!(put.json(r#"{"title":"x"}"#).send().await.status, 409);
        assert_eq!(merge(2, "", &[&ids[2]]).await.status, 409);

        let page = app.get("/o/acme/cases/2").cookie(&cookie).send().await.text;
        assert!(page.contains("Merged into CASE-1") && page.contains("/o/acme/cases/1"), "{page}");
        assert!(!page.contains("id=\"edit-case\""), "it is not edited");
        let page = app.get("/o/acme/cases/1").cookie(&cookie).send().await.text;
        assert!(page.contains("Merged into this") && page.contains("Take CASE-2 out again"));

        let out = app.post("/api/v1/cases/3/unmerge").bearer(&key).send().await;
        assert_eq!((out.status.as_u16(), &out.json()["merged_into"]), (200, &json!(null)), "{}", out.text);
        assert_eq!(app.post("/api/v1/cases/3/unmerge").bearer(&key).send().await.status, 409);
        let undo = json!({ "act": "undo", "action_id": done.json()["action_id"] }).to_string();
        let undone = app.post("/api/v1/cases/bulk").bearer(&key).json(undo).send().await.json();
        assert_eq!(undone["changed"], 1, "{undone}");

        // From the page, with the version that was looked at.
        let version = get("/api/v1/cases/2").await["version"].to_string();
        let form = async |version: &str, into: &str| {
            let form = [
                ("organization", "acme"),
                ("id", &*ids[1]),
                ("version", version),
                ("into", into),
                ("note", ""),
            ];
            app.post("/fn/merge_case").cookie(&cookie).form(&form).send().await
        };
        assert_ne!(form(&version, "CASE-99").await.status, 200);
        assert_ne!(form(&version, "CASE-2").await.status, 200);
        assert_ne!(form("1", "CASE-1").await.status, 200, "somebody changed it since");
        let merged = form(&version, "CASE-1").await;
        assert_eq!(get("/api/v1/cases/2").await["merged_number"], 1, "{}", merged.text);
        let out =
            app.post("/fn/unmerge_case").cookie(&cookie).form(&[("organization", "acme"), ("id", &ids[1])]);
        assert_eq!(out.send().await.status, 200);
        // From the list.
        let many = [
            ("organization", "acme"),
            ("asked[act]", "merge"),
            ("asked[into]", "CASE-3"),
            ("asked[numbers][0]", "1"),
            ("asked[numbers][1]", "2"),
            ("asked[numbers][2]", "3"),
            ("asked[reason]", "all one"),
        ];
        let many = app.post("/fn/change_cases").cookie(&cookie).form(&many).send().await;
        assert!(many.text.contains("2 cases merged"), "{}", many.text);
        assert_eq!(get("/api/v1/cases/3").await["merged_count"], 2);
    })
    .await;
}
