//! Lists as files.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn an_exported_audit_log_is_whole_and_audited() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let ada = app.sign_in("ada@acme.test").await;
        let json = app.get("/o/acme/audit/export.json").cookie(&ada).send().await;
        assert_eq!(json.header("content-disposition"), "attachment; filename=\"audit-acme.json\"");
        let entries = json.json();
        let entries = entries.as_array().unwrap();
        assert_eq!(entries[0]["action"], "EXPORT_REQUESTED", "the export is in the log it exports");
        assert!(entries.windows(2).all(|w| w[0]["prev_hash"] == w[1]["hash"]));
        let csv = app.get("/o/acme/audit/export.csv?action=EXPORT_REQUESTED").cookie(&ada).send().await;
        let mut reader = csv::Reader::from_reader(csv.text.as_bytes());
        assert_eq!(reader.headers().unwrap().get(0), Some("seq"));
        assert_eq!(reader.records().map(Result::unwrap).count(), 2);
        let wrong = app.get("/o/acme/audit/export.csv?acton=X").cookie(&ada).send().await;
        wrong.assert_problem(400, "invalid");
        app.get("/o/acme/audit/export.csv").send().await.assert_problem(401, "unauthenticated");
    })
    .await;
}

#[tokio::test]
async fn exported_events_are_those_of_the_list_and_no_formula_and_audited() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("vic@acme.test", "acme", "viewer").await;
        app.organization("beta").await;
        app.person("bob@beta.test", "beta", "admin").await;
        let (vic, bob) = (app.sign_in("vic@acme.test").await, app.sign_in("bob@beta.test").await);
        let key = app.key("acme", &["all"]).await;
        let edge = json!({ "name": "edge", "source_type": "other", "status": "active" });
        let edge = app.post("/api/v1/sources").bearer(&key).json(edge.to_string()).send().await.json();
        // More than one page.
        let events: Vec<Value> = (0..2500)
            .map(|n| {
                json!({
                    "occurred_at": format!("2026-11-{:02}T09:{:02}:{:02}Z", 20 + n / 3600, n / 60, n % 60),
                    "severity": if n % 2 == 0 { "high" } else { "info" },
                    "message": format!("=cmd() line {n}\nwith \"quotes\", commas"), "component": "disk", "user": { "n": n }, "source": "edge",
                })
            })
            .collect();
        app.post("/api/v1/events").bearer(&key).json(Value::from(events).to_string()).send().await;

        let asked = "from=all&q=severity:high%20payload.user.n%3E%3D4&order=oldest";
        let file = app.get(&format!("/o/acme/events/export.ndjson?{asked}")).cookie(&vic).send().await;
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"events-acme.ndjson\"");
        let lines: Vec<Value> = file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let numbers: Vec<i64> = lines.iter().map(|e| e["raw_payload"]["user"]["n"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (4..2500).step_by(2).collect::<Vec<i64>>(), "in the order of the list");

        // The whole address of the list is understood, and any time ago.
        let whole = format!("{asked}&view=all&facet=payload.user&column=source&limit=25&density=compact");
        let same = app.get(&format!("/o/acme/events/export.ndjson?{whole}")).cookie(&vic).send().await;
        assert_eq!(same.text, file.text);
        let recent = app.get("/o/acme/events/export.ndjson?from=3d").cookie(&vic).send().await;
        assert_eq!(recent.status, 200, "{}", recent.text);

        let file = app.get(&format!("/o/acme/events/export.csv?{asked}")).cookie(&vic).send().await;
        let mut reader = csv::Reader::from_reader(file.text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (message, source) = (column("message"), column("source_id"));
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), numbers.len());
        assert_eq!(&rows[0][message], "'=cmd() line 4\nwith \"quotes\", commas");
        assert_eq!(Some(&rows[0][source]), edge["id"].as_str());
        assert_eq!(lines[0]["source_id"], edge["id"]);

        // What a Parquet file holds is tested where it is written (`wire`).
        let file = app.get(&format!("/o/acme/events/export.parquet?{asked}")).cookie(&vic).send().await;
        assert_eq!(file.header("content-type"), "application/vnd.apache.parquet");
        assert!(file.text.starts_with("PAR1") && file.text.ends_with("PAR1"), "with its footer");

        let log = app.get("/o/acme/audit/export.json?action=EXPORT_REQUESTED").cookie(&vic).send().await.json();
        let of_events: Vec<&Value> =
            log.as_array().unwrap().iter().filter(|entry| entry["target_type"] == "events").collect();
        assert_eq!(of_events.len(), 5);
        assert_eq!(of_events[0]["metadata"]["format"], "parquet");
        assert_eq!(of_events[0]["metadata"]["query"], "severity:high payload.user.n>=4");

        app.get("/o/acme/events/export.csv?colour=red").cookie(&vic).send().await.assert_problem(400, "invalid");
        app.get("/o/acme/events/export.csv?q=no:field").cookie(&vic).send().await.assert_problem(400, "invalid");
        app.get("/o/acme/events/export.csv").send().await.assert_problem(401, "unauthenticated");
        app.get("/o/acme/events/export.csv").cookie(&bob).send().await.assert_problem(404, "not-found");
    })
    .await;
}
