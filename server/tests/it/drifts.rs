//! Drift over the API and in the pages: a pipeline pushes, people work on it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::http::openapi::specification;
use testkit::for_each_backend;

use crate::app::TestApp;
use crate::ingest::gzip;

pub const PUSH: &str = "/api/v1/drift?environment=prod&repository=infra&format=terraform-plan";

pub fn plan() -> String {
    let change =
        |before: Value, after: Value| json!({"actions": ["update"], "before": before, "after": after});
    json!({
        "format_version": "1.2", "planned_values": {}, "resource_changes": [],
        "resource_drift": [
            {"address": "aws_security_group.web", "type": "aws_security_group", "change": change(
                json!({"id": "sg-1", "ingress": [{"port": 22, "cidr_blocks": ["10.0.0.0/8"]}], "password": "hunter2", "tags": {"team": "web"}}),
                json!({"id": "sg-1", "ingress": [{"port": 22, "cidr_blocks": ["0.0.0.0/0"]}], "password": "hunter3", "tags": {"team": "web"}}))},
            {"address": "module.batch.aws_instance.job", "type": "aws_instance", "change": change(
                json!({"instance_type": "t3.small", "b": "80"}), json!({"instance_type": "t3.large", "b": 80}))},
            {"type": "aws_instance"},
        ],
    })
    .to_string()
}

#[tokio::test]
async fn a_pipeline_pushes_with_a_key_that_may_only_push() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let (writer, reader) =
            (app.key("acme", &["drift.write"]).await, app.key("acme", &["drift.read"]).await);
        assert_eq!(app.post(PUSH).bearer(&reader).json(plan()).send().await.status, StatusCode::FORBIDDEN);
        let first = app.post(PUSH).bearer(&writer).header("idempotency-key", "k").json(plan()).send().await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let report = first.json();
        let counts =
            ["resources", "drifted", "new", "resolved", "ignored"].map(|name| report[name].as_i64().unwrap());
        assert_eq!(counts, [2, 2, 2, 0, 0]);
        assert_eq!(report["problems"][0]["path"], "resource_drift[2]");
        assert!(report["problems"][0]["line"].is_i64());
        let again = app.post(PUSH).bearer(&writer).header("idempotency-key", "k");
        let again = again.header("content-encoding", "gzip").json(gzip(plan().as_bytes())).send().await;
        assert_eq!(
            (again.text.as_str(), again.header("idempotency-replayed")),
            (first.text.as_str(), "true")
        );
        let other = app.post(PUSH).bearer(&writer).header("idempotency-key", "k").json("{}").send().await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        assert_eq!(app.get("/api/v1/drifts").bearer(&writer).send().await.status, StatusCode::FORBIDDEN);
        for (query, body, field) in [
            ("environment=prod&repository=infra&format=nonsense", plan(), "format"),
            ("environment=prod&repository=infra", plan(), "format"),
            ("repository=infra&format=kubernetes", plan(), "environment"),
            ("environment=prod&repository=infra&format=terraform-plan&x=1", plan(), "x"),
            ("environment=prod&repository=infra&format=terraform-plan", "{\"a\":".to_owned(), "the body"),
        ] {
            let refused = app.post(&format!("/api/v1/drift?{query}")).bearer(&writer).json(body).send().await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
            assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.text);
        }
        let empty = app.post(PUSH).bearer(&writer).json(" ").send().await;
        assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    })
    .await;
}

pub fn sent(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn what_is_told_of_drift_is_documented_and_has_no_secret_in_it() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        let report = app.post(PUSH).bearer(&key).json(plan()).send().await.json();
        let get = async |path: &str| {
            let answer = app.get(path).bearer(&key).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            assert!(!answer.text.contains("hunter"), "{path}");
            answer.json()
        };
        let shape = |name: &str| {
            let schema = &specification()["components"]["schemas"][name]["properties"];
            let mut names: Vec<String> = schema.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(sent(&report), shape("PushReportItem"));
        let list = get("/api/v1/drifts").await;
        assert_eq!(sent(&list["items"][0]), shape("DriftItem"));
        assert_eq!(list["items"][0]["resource"]["resource_id"], "aws_security_group.web", "the worst first");
        let one = get("/api/v1/drifts/1").await;
        assert_eq!(one["drift_type"], "modified");
        assert_eq!(one["cause"], json!(null));
        let change = |path: &str| {
            one["changes"].as_array().unwrap().iter().find(|c| c["property_path"] == path).cloned()
        };
        let found = change("ingress[0].cidr_blocks[0]").unwrap_or_else(|| panic!("{one}"));
        assert_eq!(
            (&found["change_type"], &found["is_security_critical"]),
            (&json!("modified"), &json!(true))
        );
        assert_eq!(sent(&found), shape("DriftChangeItem"));
        assert_eq!(change("password").unwrap()["actual_value"], "(sensitive)");
        let noise = &get("/api/v1/drifts/2").await["metadata"]["noise"][0];
        assert_eq!(noise["reason"], "the same number, written in another way");
        for (path, page, item) in [
            ("iac-repositories", "IacRepositoryPage", "IacRepositoryItem"),
            ("iac-resources?coverage=drifted", "IacResourcePage", "IacResourceItem"),
        ] {
            let list = get(&format!("/api/v1/{path}")).await;
            assert_eq!(sent(&list), shape(page));
            assert_eq!(sent(&list["items"][0]), shape(item));
        }
        let id = one["resource"]["id"].as_str().unwrap();
        let resource = get(&format!("/api/v1/iac-resources/{id}")).await;
        let mut shown = shape("IacResourceItem");
        shown.extend(["declared_state", "actual_state", "in_sync_at", "noise", "drifts"].map(str::to_owned));
        shown.sort();
        assert_eq!(sent(&resource), shown);
        assert_eq!(resource["declared_state"]["password"], "(sensitive)");
        assert_eq!((&resource["drifts"][0]["number"], &resource["in_sync_at"]), (&json!(1), &json!(null)));
        let asked = get("/api/v1/drifts?q=score%3E%3D0.6%20type:aws_security*&sort=onset").await;
        assert_eq!(asked["items"].as_array().unwrap().len(), 1);
        let page = get("/api/v1/drifts?limit=1").await;
        let next = format!("/api/v1/drifts?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        let last = get(&next).await;
        assert_eq!(
            (&last["items"][0]["number"], &last["next_cursor"]),
            (&list["items"][1]["number"], &json!(null))
        );
    })
    .await;
}

#[tokio::test]
async fn drifts_are_worked_on_over_the_api() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        app.post(PUSH).bearer(&key).json(plan()).send().await;
        let id = async |number: &str| {
            let one = app.get(&format!("/api/v1/drifts/{number}")).bearer(&key).send().await.json();
            one["id"].as_str().unwrap().to_owned()
        };
        let (one, two) = (id("1").await, id("2").await);
        let post =
            async |path: &str, body: Value| app.post(path).bearer(&key).json(body.to_string()).send().await;
        let done = post("/api/v1/drifts/actions", json!({"act": "codify", "ids": [two], "note": "merged"}))
            .await
            .json();
        assert_eq!((&done["changed"], &done["results"][0]["result"]), (&json!(1), &json!("done")));
        let undone = post("/api/v1/drifts/actions", json!({"act": "undo", "action_id": done["action_id"]}))
            .await
            .json();
        assert_eq!(undone["changed"], 1);
        let ignored =
            json!({"property_path": "instance_type", "scope": "type", "reason": "autoscaled", "days": 30});
        let preview = async |asked: &str| {
            app.get(&format!("/api/v1/drifts/{two}/accept/preview{asked}")).bearer(&key).send().await
        };
        let shown = preview("?scope=type&property_path=instance_type").await.json();
        assert_eq!((&shown["hidden"], &shown["smaller"]), (&json!(1), &json!(0)));
        assert_eq!(shown["drifts"][0]["id"], two);
        for bad in ["?scope=all", "?scope=type&property_path=none", "?scope=type&days=3"] {
            assert_eq!(preview(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
        }
        let accepted = post(&format!("/api/v1/drifts/{two}/accept"), ignored).await.json();
        assert_eq!(accepted["hidden"], shown["hidden"]);
        assert_eq!(preview("?scope=type").await.status, StatusCode::CONFLICT, "it is resolved now");
        assert!(accepted["action_id"].as_str().is_some_and(|id| id.len() == 36), "by which it is undone");
        let bad = json!({"scope": "type", "reason": "", "days": 0});
        assert_eq!(post(&format!("/api/v1/drifts/{one}/accept"), bad).await.status, StatusCode::BAD_REQUEST);
        let case = post(&format!("/api/v1/drifts/{one}/escalate"), json!({"note": "who?"})).await.json();
        let drift = app.get("/api/v1/drifts/1").bearer(&key).send().await.json();
        assert_eq!(
            (&drift["resolution_type"], &drift["case_number"]),
            (&json!("escalated"), &case["case_number"])
        );
        let again = app.post(PUSH).bearer(&key).json(plan()).send().await.json();
        assert_eq!((&again["drifted"], &again["ignored"]), (&json!(1), &json!(1)));
        let rules = app.get("/api/v1/drift-ignores").bearer(&key).send().await.json();
        let rule = &rules["items"][0];
        assert_eq!((&rule["hits"], &rule["is_in_force"]), (&json!(1), &json!(true)));
        let path = format!("/api/v1/drift-ignores/{}", rule["id"].as_str().unwrap());
        let lift = || app.call(Method::DELETE, &path).bearer(&key).send();
        assert_eq!(lift().await.status, StatusCode::NO_CONTENT);
        assert_eq!(lift().await.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn the_pages_show_drift_and_their_forms_work_without_scripts() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let page = async |path: &str| {
            let answer = app.get(path).cookie(&cookie).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            answer.text
        };
        assert!(
            page("/o/acme/drift").await.contains("watchroom drift push --org acme"),
            "the empty list teaches"
        );
        let key = app.key("acme", &["drift.write"]).await;
        app.post(PUSH).bearer(&key).json(plan()).send().await;
        let list = page("/o/acme/drift").await;
        assert!(list.contains("aws_security_group.web") && list.contains("DRIFT-2"));
        let one = page("/o/acme/drift/1").await;
        assert!(one.contains("0.0.0.0/0") && one.contains("(sensitive)") && !one.contains("hunter"));
        assert!(one.contains("Open to the whole internet"));
        assert!(page("/o/acme/drift/2?noise=shown&diff=beside").await.contains("written in another way"));
        assert!(page("/o/acme/drift/1?ignore=password").await.contains("Ignore a property"));
        assert!(page("/o/acme/drift/resources?coverage=drifted").await.contains("aws_instance.job"));
        let form = async |path: &str, fields: &[(&str, &str)]| {
            let fields: Vec<_> = [("organization", "acme")].iter().chain(fields).copied().collect();
            let answer = app.post(path).cookie(&cookie).form(&fields).send().await;
            assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.text);
        };
        form("/fn/change_drifts", &[("asked[act]", "acknowledge"), ("asked[numbers][]", "1")]).await;
        assert!(page("/o/acme/drift?show=acknowledged").await.contains("DRIFT-1"));
        let key = app.key("acme", &["all"]).await;
        let id =
            app.get("/api/v1/drifts/2").bearer(&key).send().await.json()["id"].as_str().unwrap().to_owned();
        form(
            "/fn/accept_drift",
            &[("id", &id), ("path", ""), ("scope", "resource"), ("reason", "quagga"), ("for_days", "7")],
        )
        .await;
        assert!(page("/o/acme/drift/ignores").await.contains("quagga"));
        // Chosen drifts go into a case, and stand on its page and on their own.
        let chosen = [("organization", "acme"), ("asked[act]", "case"), ("asked[numbers][]", "1")];
        let led = app.post("/fn/change_drifts").cookie(&cookie).form(&chosen).send().await;
        let to = led.header("location").to_owned();
        assert!(to.contains("/o/acme/cases/add?about=drift"), "{to}");
        let at = page(to.trim_start_matches("http://localhost")).await;
        assert!(at.contains("1 drift.") && at.contains("aws_security_group.web"), "{at}");
        let made = app.post("/api/v1/cases").bearer(&key).json(r#"{"title":"Doors"}"#).send().await;
        assert_eq!(made.status, StatusCode::CREATED);
        form("/fn/link_to_case", &[("number", "1"), ("matching", "drift?show=acknowledged")]).await;
        let tab = page("/o/acme/cases/1?tab=events").await;
        assert!(tab.contains("Drifts of the case") && tab.contains("Take out of the case: DRIFT-1"));
        assert!(page("/o/acme/cases/1").await.contains("aws_security_group.web"));
        assert!(page("/o/acme/drift/1").await.contains("CASE-1"));
        let all = [
            ("organization", "acme"),
            ("asked[act]", "case"),
            ("asked[all]", "true"),
            ("asked[show]", "all"),
        ];
        let led = app.post("/fn/change_drifts").cookie(&cookie).form(&all).send().await;
        assert!(
            led.header("location").contains("list=drift&all=true&show=all"),
            "{}",
            led.header("location")
        );
        let repositories = page("/o/acme/drift/repositories").await;
        assert!(repositories.contains("infra") && repositories.contains("prod"));
    })
    .await;
}
