//! The OpenAPI document says what the router does, and the shapes what is really sent.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use server::http::openapi::specification;
use server::router::ROUTES;
use testkit::for_each_backend;

use crate::app::TestApp;

#[test]
fn the_document_lists_exactly_the_routes_of_the_api() {
    let documented: BTreeSet<(String, String)> = specification()["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |m| (m.to_uppercase(), path.clone()))
        })
        .collect();
    let routed: BTreeSet<(String, String)> = ROUTES
        .iter()
        .filter(|(_, path)| path.starts_with("/api/v1/") && *path != "/api/v1/openapi.json")
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(documented, routed);
    assert_eq!(specification()["openapi"], "3.1.0");
}

#[test]
fn the_table_of_routes_is_what_the_router_is_made_of() {
    let source = include_str!("../../src/router.rs");
    let mut made = BTreeSet::new();
    for part in source.split(".route(\"").skip(1) {
        let (path, rest) = part.split_once('"').unwrap();
        let call = rest.split('\n').next().unwrap();
        for (word, method) in [
            ("get(", "GET"),
            (".post(", "POST"),
            (" post(", "POST"),
            ("delete(", "DELETE"),
            ("put(", "PUT"),
            ("patch(", "PATCH"),
        ] {
            if call.contains(word) {
                made.insert((method, path));
            }
        }
    }
    assert_eq!(made, ROUTES.iter().copied().collect());
}

#[test]
fn every_operation_names_its_scope_and_every_reference_leads_somewhere() {
    let document = specification();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["api_key"][0].as_str().unwrap_or_default();
            let known = scope == "all"
                || domain::api_key::SCOPES.contains(&scope)
                || domain::api_key::PLATFORM_SCOPES.contains(&scope);
            assert!(known, "{method} {path}: {scope}");
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
    let mut names = Vec::new();
    references(document, &mut names);
    for name in names {
        assert!(document.pointer(name.trim_start_matches('#')).is_some(), "{name}");
    }
}

fn references<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| match value.as_str().filter(|_| key == "$ref") {
                Some(name) => into.push(name),
                None => references(value, into),
            });
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, into)),
        _ => {}
    }
}

/// The fields a shape says must be there.
fn fields(name: &str) -> BTreeSet<String> {
    let schema = &specification()["components"]["schemas"][name];
    let required: BTreeSet<String> =
        schema["required"].as_array().unwrap().iter().map(|f| f.as_str().unwrap().to_owned()).collect();
    let all: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(required, all, "{name}: what is always sent is required");
    all
}

fn sent(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("not an object: {value}")).keys().cloned().collect()
}

#[tokio::test]
async fn what_is_sent_has_the_documented_fields() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        let event = json!([{ "occurred_at": 1, "severity": "info", "message": "a", "source": "edge" }, {}]);
        let receipt = app.post("/api/v1/events").bearer(&key).json(event.to_string()).send().await.json();
        // `duplicates` is told only where there are some: the contract's answer is the other three.
        let shape = &specification()["components"]["schemas"]["ReceiptItem"];
        assert_eq!(shape["required"], json!(["accepted", "rejected", "rejections"]));
        assert!(shape["properties"]["duplicates"].is_object());
        assert_eq!(sent(&receipt), ["accepted", "rejected", "rejections"].map(str::to_owned).into());
        assert_eq!(sent(&receipt["rejections"][0]), fields("RejectionItem"));
        for (path, page, item) in [
            ("events", "EventPage", "EventItem"),
            ("groups", "GroupPage", "GroupItem"),
            ("sources", "SourcePage", "SourceItem"),
            ("audit", "AuditPage", "AuditItem"),
        ] {
            let list = app.get(&format!("/api/v1/{path}")).bearer(&key).send().await.json();
            assert_eq!(sent(&list), fields(page));
            assert_eq!(sent(&list["items"][0]), fields(item), "{item}");
        }
        let groups = app.get("/api/v1/groups").bearer(&key).send().await.json();
        let id = groups["items"][0]["id"].as_str().unwrap();
        let body = json!({ "action": "resolve", "ids": [id] }).to_string();
        let report = app.post("/api/v1/groups/actions").bearer(&key).json(body).send().await.json();
        assert_eq!(sent(&report), fields("GroupActionReport"));
        assert_eq!(sent(&report["results"][0]), fields("GroupActionResult"));
        let history = app.get(&format!("/api/v1/groups/{id}/history")).bearer(&key).send().await.json();
        assert_eq!(sent(&history), fields("GroupHistoryPage"));
        assert_eq!(sent(&history["items"][0]), fields("GroupChangeItem"));
        let more = ["north door opened", "south door opened"].map(
            |message| json!({ "occurred_at": 1, "severity": "info", "message": message, "component": "c" }),
        );
        app.post("/api/v1/events").bearer(&key).json(json!(more).to_string()).send().await;
        let all = app.get("/api/v1/groups?component=c").bearer(&key).send().await.json();
        let [left, right] = [0, 1].map(|i| all["items"][i]["id"].as_str().unwrap().to_owned());
        let before = app.get(&format!("/api/v1/groups/{left}/grouping")).bearer(&key).send().await.json();
        assert_eq!(sent(&before), fields("GroupingItem"));
        assert_eq!(sent(&before["parts"][0]), fields("TemplatePart"));
        assert_eq!(sent(&before["similar"][0]), fields("SimilarGroup"));
        let body = json!({ "action": "merge", "ids": [right], "into": left }).to_string();
        app.post("/api/v1/groups/actions").bearer(&key).json(body).send().await;
        let after = app.get(&format!("/api/v1/groups/{left}/grouping")).bearer(&key).send().await.json();
        assert_eq!(sent(&after["rules"][0]), fields("GroupingRule"));
        assert_eq!(sent(&after["members"][0]), fields("GroupItem"));
    })
    .await;
}

#[tokio::test]
async fn the_docs_page_is_whole_without_its_script_and_needs_no_other_site() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        let page = app.get("/api/docs").send().await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("POST /api/v1/events") && page.text.contains("id=\"too-large\""));
        for foreign in ["http://", "https://", "style=\""] {
            assert!(!page.text.contains(foreign), "{foreign}");
        }
        // One script of this site, under the nonce of this answer; what only it can do is hidden until it runs.
        let scripts: Vec<&str> = page.text.split("<script ").skip(1).collect();
        assert_eq!(scripts.len(), 1);
        let nonce = scripts[0].split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(!nonce.is_empty() && page.header("content-security-policy").contains(nonce));
        assert!(scripts[0].starts_with("src=\"/"), "{}", scripts[0]);
        assert!(page.text.matches("class=\"tryout fold\"").count() > 100);
        assert_eq!(
            page.text.matches("hidden><summary>Try it").count(),
            page.text.matches("<summary>").count()
        );
        let document = app.get("/api/v1/openapi.json").send().await;
        assert_eq!(document.json(), *specification());
    })
    .await;
}
