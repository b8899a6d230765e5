//! Causes and models over the API and in the pages.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

const PUSH: &str = "/api/v1/drift?environment=prod&repository=infra&format=terraform-plan";

/// Thirty-two drifts of two kinds.
fn plan() -> String {
    let drifted = (0..32).map(|n| {
        let (key, old, new) =
            if n % 2 == 0 { ("desired_capacity", json!(2), json!(9)) } else { ("tags", json!({"o": "a"}), json!({"o": "b"})) };
        json!({"address": format!("aws_thing.x{n}"), "type": "aws_thing", "change": {
            "actions": ["update"], "before": {"id": format!("thing-{n}"), key: old}, "after": {"id": format!("thing-{n}"), key: new}}})
    });
    json!({
        "format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": drifted.collect::<Vec<_>>(),
    })
    .to_string()
}

/// Pushes, looks, and says of each drift what its cause is.
async fn labelled(app: &TestApp, slug: &str) -> Vec<Value> {
    let key = app.key(slug, &["all"]).await;
    let pushed = app.post(PUSH).bearer(&key).json(plan()).send().await;
    assert_eq!(pushed.status, StatusCode::OK, "{}", pushed.text);
    service::causes::run_due(&app.services).await.unwrap();
    let drifts = app.get("/api/v1/drifts?limit=200&q=type:aws_thing").bearer(&key).send().await.json();
    let drifts: Vec<Value> = drifts["items"].as_array().unwrap().clone();
    for drift in &drifts {
        let odd = drift["resource"]["resource_id"].as_str().unwrap().ends_with(['1', '3', '5', '7', '9']);
        let cause = if odd { "configuration_error" } else { "automated_response" };
        let path = format!("/api/v1/drifts/{}/cause", drift["id"].as_str().unwrap());
        let said = app
            .call(Method::PUT, &path)
            .bearer(&key)
            .json(json!({ "cause": cause }).to_string())
            .send()
            .await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    }
    drifts
}

/// A version that judges, made as people make one.
pub async fn a_version(app: &TestApp, slug: &str) {
    labelled(app, slug).await;
    let key = app.key(slug, &["all"]).await;
    let training = app.post("/api/v1/ml-trainings").bearer(&key).json("").send().await;
    assert_eq!(training.status, StatusCode::ACCEPTED, "{}", training.text);
    assert_eq!(service::models::run_trainings(&app.services).await.unwrap(), 1);
    service::causes::run_due(&app.services).await.unwrap();
}

#[tokio::test]
async fn a_cause_is_told_with_the_drift_confirmed_and_taken_back() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let (writer, reader) = (app.key("acme", &["drift.write"]).await, app.key("acme", &["drift.read"]).await);
        app.post(PUSH).bearer(&writer).json(plan()).send().await;
        let before = app.get("/api/v1/drifts/1").bearer(&reader).send().await.json();
        assert_eq!(before["cause"], Value::Null);
        let id = before["id"].as_str().unwrap();
        let at = app.services.clock.now().plus_seconds(-600);
        let told = json!({ "events": [{
            "correlation_type": "deployment", "external_system": "argocd", "external_id": "d-7", "title": "Deploy thing-0",
            "resource": before["resource"]["resource_id"], "environment": "prod", "starts_at": at, "event_data": { "build": 7 },
        }] });
        let refused = app.post("/api/v1/external-events").bearer(&reader).json(told.to_string()).send().await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let kept = app.post("/api/v1/external-events").bearer(&writer).json(told.to_string()).send().await;
        assert_eq!(kept.json()["ids"].as_array().unwrap().len(), 1, "{}", kept.text);
        let broken = app
            .post("/api/v1/external-events")
            .bearer(&writer)
            .json(json!({ "events": [{ "correlation_type": "rain" }] }).to_string())
            .send()
            .await;
        assert_eq!(broken.status, StatusCode::BAD_REQUEST);
        service::causes::run_due(&app.services).await.unwrap();
        let cause = app.get("/api/v1/drifts/1").bearer(&reader).send().await.json()["cause"].clone();
        assert_eq!((&cause["cause"], &cause["judged_by"]), (&json!("configuration_error"), &json!("rules")), "{cause}");
        assert_eq!(cause["correlation_events"][0]["external_id"], "d-7");
        assert_eq!(cause["operational_context"][0]["context_type"], "deployment");
        let sum: f64 = cause["probabilities"].as_object().unwrap().values().filter_map(Value::as_f64).sum();
        assert!((sum - 1.0).abs() < 0.001);
        let path = format!("/api/v1/drifts/{id}/cause");
        let said = app
            .call(Method::PUT, &path)
            .bearer(&writer)
            .json(r#"{"cause":"emergency_fix","note":"quagga"}"#)
            .send()
            .await;
        assert_eq!(said.json(), json!({ "cause": "emergency_fix", "cause_category": "configuration_error" }));
        let cause = app.get("/api/v1/drifts/1").bearer(&reader).send().await.json()["cause"].clone();
        assert_eq!((&cause["cause"], &cause["label_note"]), (&json!("emergency_fix"), &json!("quagga")));
        let back = app.call(Method::DELETE, &path).bearer(&writer).send().await;
        assert_eq!(back.json()["cause"], "configuration_error", "{}", back.text);
        let events = app.get("/api/v1/external-events").bearer(&reader).send().await.json();
        assert_eq!((&events["items"][0]["title"], &events["next_cursor"]), (&json!("Deploy thing-0"), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn the_pages_say_why_and_how_good_the_models_are() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        app.person("vera@acme.test", "acme", "viewer").await;
        let cookie = app.sign_in("ada@acme.test").await;
        let viewer = app.sign_in("vera@acme.test").await;
        let page = async |path: &str, cookie: &str| {
            let page = app.get(path).cookie(cookie).send().await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
            page.text
        };
        assert!(page("/o/acme/drift/models", &cookie).await.contains("No model yet"));
        let early =
            app.post("/fn/train_models").cookie(&cookie).form(&[("organization", "acme")]).send().await;
        assert!(early.text.contains("0 labels"), "{}", early.text);
        a_version(&app, "acme").await;
        let models = page("/o/acme/drift/models", &cookie).await;
        for words in [
            "Confusion",
            "What matters",
            "Calibration",
            "Version 1",
            "Roll back",
            "Train a version",
            "Macro-F1",
        ] {
            assert!(models.contains(words), "{words}");
        }
        let seen = page("/o/acme/drift/models", &viewer).await;
        assert!(
            seen.contains("Confusion") && !seen.contains("Roll back") && !seen.contains("Train a version")
        );
        let drift = page("/o/acme/drift/1", &cookie).await;
        for words in [
            "Cause",
            "drift-causes 1",
            "What spoke for it",
            "Correct the cause",
            "Around the onset",
            "Take back",
        ] {
            assert!(drift.contains(words), "{words}");
        }
        assert!(!page("/o/acme/drift/1", &viewer).await.contains("Correct the cause"));
        // Without WASM too: a form, and what was refused is told at its field.
        let key = app.key("acme", &["all"]).await;
        let id =
            app.get("/api/v1/drifts/1").bearer(&key).send().await.json()["id"].as_str().unwrap().to_owned();
        let fields = [("organization", "acme"), ("id", &id), ("cause", "no cause"), ("reason", "kept words")];
        let refused = app.post("/fn/label_cause").cookie(&cookie).form(&fields).send().await;
        assert!(
            refused.text.contains("choose one") && refused.text.contains("kept words"),
            "{}",
            refused.text
        );
        let back =
            app.post("/fn/roll_back_model").cookie(&cookie).form(&[("organization", "acme")]).send().await;
        assert!(back.text.contains("rules judge again"), "{}", back.text);
        let listed = app.get("/api/v1/ml-models").bearer(&key).send().await.json();
        let version = &listed["items"][0];
        assert_eq!((&version["version"], &version["is_active"]), (&json!(1), &json!(false)));
        assert_eq!(version["performance"]["confusion_matrix"].as_array().unwrap().len(), 7);
        let activate = format!("/api/v1/ml-models/{}/activate", version["id"].as_str().unwrap());
        let narrow = app.key("acme", &["drift.write"]).await;
        assert_eq!(app.post(&activate).bearer(&narrow).json("").send().await.status, StatusCode::FORBIDDEN);
        assert_eq!(
            app.post(&activate).bearer(&key).json("").send().await.json(),
            json!({ "active_version": 1 })
        );
        let trainings = app.get("/api/v1/ml-trainings").bearer(&key).send().await.json();
        assert_eq!(trainings["items"][0]["state"], "done");
    })
    .await;
}
