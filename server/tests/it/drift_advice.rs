//! Recommendations and figures of drift, over the API and in the pages.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::http::openapi::specification;
use testkit::for_each_backend;

use crate::app::TestApp;
use crate::drifts::{PUSH, plan, sent};

fn shape(name: &str) -> Vec<String> {
    let schema = &specification()["components"]["schemas"][name]["properties"];
    let mut names: Vec<String> = schema.as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}

async fn refreshed(app: &TestApp) {
    service::drifts::metrics::refresh_all(&app.services).await.unwrap();
}

#[tokio::test]
async fn what_is_recommended_is_told_ticked_done_and_dismissed() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        app.post(PUSH).bearer(&key).json(plan()).send().await;
        let advice = async |number: u32| {
            let one = app.get(&format!("/api/v1/drifts/{number}")).bearer(&key).send().await.json();
            one["recommendations"].as_array().unwrap().clone()
        };
        let first = advice(1).await[0].clone();
        assert_eq!(sent(&first), shape("RecommendationItem"));
        assert_eq!(
            (&first["recommendation_type"], &first["priority"]),
            (&json!("auto_revert"), &json!("critical"))
        );
        assert_eq!(sent(&first["implementation_steps"][0]), shape("RecommendationStep"));
        let post = async |id: &Value, verb: &str, body: Value| {
            let path = format!("/api/v1/recommendations/{}/{verb}", id.as_str().unwrap());
            app.post(&path).bearer(&key).json(body.to_string()).send().await
        };
        let ticked = post(&first["id"], "steps", json!({ "done": [1] })).await.json();
        assert_eq!(ticked["implementation_steps"][0]["done_at"], Value::Null);
        assert!(ticked["implementation_steps"][1]["done_by"].as_str().unwrap().starts_with("api key"));
        let done = post(&first["id"], "implement", json!({ "note": "closed" })).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        assert!(done.json()["action_id"].is_string());
        assert_eq!(post(&first["id"], "implement", json!({})).await.status, StatusCode::CONFLICT);
        let other = advice(2).await[0].clone();
        assert_eq!(
            post(&other["id"], "dismiss", json!({ "reason": "" })).await.status,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            post(&other["id"], "dismiss", json!({ "reason": "no" })).await.status,
            StatusCode::NO_CONTENT
        );
        let rules = app.get("/api/v1/recommendation-rules").bearer(&key).send().await.json();
        assert_eq!(sent(&rules["items"][0]), shape("RecommendationRuleItem"));
        let rule = rules["items"].as_array().unwrap().iter().find(|r| r["rule"] == other["rule"]).unwrap();
        assert_eq!((&rule["dismissed"], &rule["adoption_rate"]), (&json!(1), &json!(0.0)));

        refreshed(&app).await;
        let told = app.get("/api/v1/drift-metrics?days=7").bearer(&key).send().await.json();
        assert_eq!(sent(&told), shape("DriftMetrics"));
        assert_eq!((&told["now"]["total_drifts"], &told["now"]["resolved_drifts"]), (&json!(2), &json!(1)));
        assert_eq!(told["now"]["recommendation_adoption_rate"], json!(0.5));
        assert_eq!(told["items"][0]["repository"], "infra");
        for wrong in ["days=0", "days=soon", "weeks=1"] {
            let refused = app.get(&format!("/api/v1/drift-metrics?{wrong}")).bearer(&key).send().await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_manager_reads_figures_and_an_analyst_ticks_without_scripts() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let page = async |path: &str| {
            let answer = app.get(path).cookie(&cookie).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            answer.text
        };
        assert!(page("/o/acme/drift/analytics").await.contains("Nothing came in this period"));
        let key = app.key("acme", &["all"]).await;
        app.post(PUSH).bearer(&key).json(plan()).send().await;
        let one = page("/o/acme/drift/1").await;
        assert!(one.contains("Put it back to the code") && one.contains("terraform apply -target"), "{one}");
        let drift = app.get("/api/v1/drifts/1").bearer(&key).send().await.json();
        let id = drift["recommendations"][0]["id"].as_str().unwrap().to_owned();
        let form = async |path: &str, fields: &[(&str, &str)]| {
            let fields: Vec<_> =
                [("organization", "acme"), ("id", &*id)].iter().chain(fields).copied().collect();
            let answer = app.call(Method::POST, path).cookie(&cookie).form(&fields).send().await;
            assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.text);
        };
        form("/fn/tick_recommendation", &[("steps[]", "0"), ("steps[]", "1")]).await;
        assert!(page("/o/acme/drift/1").await.contains("done by ada@acme.test"));
        form("/fn/implement_recommendation", &[("reason", "quagga")]).await;
        let one = page("/o/acme/drift/1").await;
        assert!(one.contains("Reverted") && one.contains("quagga"), "{one}");
        refreshed(&app).await;
        let analytics = page("/o/acme/drift/analytics?days=7").await;
        for part in [
            "Drifts and resolutions",
            "Time to resolve",
            "Severity of what came",
            "Causes",
            "prod / infra",
            "detected_at",
        ] {
            assert!(analytics.contains(part), "{part}: {analytics}");
        }
        assert!(page("/o/acme/drift/rules").await.contains("Rules that recommend"));
        let csv = page("/o/acme/drift/metrics.csv?days=7").await;
        let lines: Vec<&str> = csv.lines().collect();
        assert!(
            lines[0].starts_with("date,environment,repository,total_drifts") && lines.len() == 2,
            "{csv}"
        );
        assert!(lines[1].contains(",prod,infra,2,1,"), "{csv}");
        let log = app.get("/o/acme/audit/export.json?target_type=drift_metrics").cookie(&cookie).send().await;
        let (log, action) = (log.json(), json!("EXPORT_REQUESTED"));
        assert_eq!((log.as_array().unwrap().len(), &log[0]["action"]), (1, &action), "{log}");
    })
    .await;
}
