//! What another organization owns does not exist: every route and server function is asked by the admin of one organization
//! with each id of another's. It tells nothing and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use domain::OrganizationId;
use serde_json::json;
use store::SystemTx;
use store::db::{Dialect, sql};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::app::{Call, TestApp};
use crate::permissions::{ARGUMENTS, NOBODY, Row, outcome, rows};

/// Stands in every text of acme's.
const SECRET: &str = "quagga";

/// The tables that hold nothing of acme.
const EMPTY: &[&str] = &[
    "drafts",
    "drift_metrics_daily",
    "drift_metrics_runs",
    "drift_rules",
    "grouping_rules",
    "idempotency_keys",
    "presences",
    "retention_policies",
    "retention_runs",
    "starts",
    "upload_rejections",
    "view_defaults",
];

/// Something of every kind in acme, made as its admin makes it.
async fn fill(app: &TestApp) {
    let cookie = app.sign_in("ada@acme.test").await;
    let key = app.key("acme", &["all"]).await;
    let event = json!({
        "id": "018bcfe5-6800-7000-8000-000000000001", "occurred_at": "2026-11-23T09:00:00Z", "severity": "high",
        "message": "quagga", "source": "quagga", "system_id": "quagga",
    });
    let sent = app.post("/api/v1/events").bearer(&key).json(event.to_string()).send().await;
    assert!(sent.status.is_success(), "{}", sent.text);
    let call = async |path: &str, mut form: Vec<(&str, &str)>| {
        form.insert(0, ("organization", "acme"));
        let answer = app.post(path).cookie(&cookie).form(&form).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    };
    let case = [("priority", "normal"), ("severity", "high"), ("tlp", "red"), ("pap", "red")]
        .map(|(field, value)| (format!("case[{field}]"), value));
    let mut fields: Vec<(&str, &str)> = case.iter().map(|(field, value)| (field.as_str(), *value)).collect();
    fields.extend([
        ("case[title]", SECRET),
        ("case[description]", SECRET),
        ("case[tags]", SECRET),
        ("about", "event:018bcfe5-6800-7000-8000-000000000001"),
    ]);
    call("/fn/define_case_field", vec![("name", "Unit"), ("kind", "text")]).await;
    let mut template = fields.clone();
    template.retain(|(name, _)| name.starts_with("case[") && *name != "case[title]");
    template.extend([("name", SECRET), ("about", SECRET), ("tasks", SECRET)]);
    call("/fn/define_case_template", template).await;
    fields.push(("case[fields][unit]", SECRET));
    call("/fn/open_case", fields).await;
    let id = app.get("/api/v1/cases/1").bearer(&key).send().await.json()["id"].as_str().unwrap().to_owned();
    call("/fn/add_case_note", vec![("id", &id), ("content", SECRET)]).await;
    call("/fn/add_case_task", vec![("id", &id), ("title", SECRET)]).await;
    call("/fn/add_observables", vec![("id", &id), ("observables", "quagga.example")]).await;
    let twin = app.post("/api/v1/cases").bearer(&key).json(r#"{"title":"quagga"}"#).send().await.json();
    let ids = json!({ "ids": [twin["id"]], "note": SECRET });
    let merged = app.post("/api/v1/cases/1/merges").bearer(&key).json(ids.to_string()).send().await;
    assert_eq!(merged.json()["changed"], 1, "{}", merged.text);
    let job = app.post("/api/v1/cases/1/jobs").bearer(&key).json(r#"{"q":"message:quagga"}"#).send().await;
    assert_eq!(job.status, 202, "{}", job.text);
    let groups = app.get("/api/v1/groups").bearer(&key).send().await.json();
    let act = json!({ "action": "resolve", "ids": [groups["items"][0]["id"]], "note": SECRET }).to_string();
    let done = app.post("/api/v1/groups/actions").bearer(&key).json(act).send().await;
    assert_eq!(done.json()["changed"], 1, "{}", done.text);
    let entry = json!({ "at": "2026-11-20T08:00:00Z", "content": SECRET, "system": SECRET }).to_string();
    let made = app.post("/api/v1/cases/1/entries").bearer(&key).json(entry).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let file = "/api/v1/cases/1/evidence?filename=quagga.txt&description=quagga";
    let made = app.post(file).bearer(&key).body("text/plain", SECRET.to_owned()).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    call("/fn/set_case_rules", vec![("seen", r#"{"four_eyes":""}"#), ("four_eyes", "true")]).await;
    let third = app.post("/api/v1/cases").bearer(&key).json(r#"{"title":"quagga too"}"#).send().await.json();
    let third = third["id"].as_str().unwrap().to_owned();
    call("/fn/resolve_case", vec![("id", &third), ("resolution", "benign"), ("reason", SECRET)]).await;
    let boundary = "multipart/form-data; boundary=x";
    let part = "Content-Disposition: form-data; name=\"file\"; filename=\"quagga.csv\"";
    let body = format!(
        "--x\r\n{part}\r\n\r\ntime,severity,message\n2026-11-23T09:30:00Z,high,quagga\n\r\n--x--\r\n"
    );
    let taken = app.post("/o/acme/uploads").cookie(&cookie).body(boundary, body).send().await;
    assert!(taken.header("location").starts_with("/o/acme/uploads/0"), "{}", taken.header("location"));
    let place = [
        ("slug", SECRET),
        ("name", SECRET),
        ("cloud_provider", ""),
        ("region", ""),
        ("account_id", ""),
        ("tags", ""),
    ]
    .map(|(field, value)| (format!("environment[{field}]"), value));
    call("/fn/add_environment", place.iter().map(|(field, value)| (field.as_str(), *value)).collect()).await;
    let plan = json!({
        "format_version": "1.2", "planned_values": {}, "resource_changes": [],
        "resource_drift": [{"address": "quagga.a", "type": "quagga", "change": {"before": {"quagga": 1, "b": 1}, "after": {"quagga": 2, "b": 2}}}],
    });
    let push = "/api/v1/drift?environment=quagga&repository=quagga&format=terraform-plan";
    let pushed = app.post(push).bearer(&key).json(plan.to_string()).send().await;
    assert_eq!(pushed.status, 200, "{}", pushed.text);
    let drift =
        app.get("/api/v1/drifts/1").bearer(&key).send().await.json()["id"].as_str().unwrap().to_owned();
    let ignore =
        [("id", drift.as_str()), ("path", "b"), ("scope", "resource"), ("reason", SECRET), ("for_days", "")];
    call("/fn/accept_drift", ignore.to_vec()).await;
    let window = json!({ "events": [{
        "correlation_type": "maintenance", "external_system": SECRET, "external_id": SECRET, "title": SECRET, "resource": "quagga.a",
        "starts_at": app.services.clock.now().plus_seconds(-3600), "ends_at": app.services.clock.now().plus_seconds(3600),
    }] });
    let told = app.post("/api/v1/external-events").bearer(&key).json(window.to_string()).send().await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert!(service::causes::run_due(&app.services).await.unwrap() > 0);
    call("/fn/label_cause", vec![("id", &drift), ("cause", "unknown"), ("reason", SECRET)]).await;
    crate::causes::a_version(app, "acme").await;
    call("/fn/place_hold", vec![("reason", SECRET), ("query", SECRET)]).await;
    call(
        "/fn/add_member",
        vec![("email", "quagga@acme.test"), ("role", "viewer"), ("approval_level", "none")],
    )
    .await;
    call(
        "/fn/views/save",
        vec![
            ("view[area]", "events"),
            ("view[name]", SECRET),
            ("view[query]", "q=quagga"),
            ("area", "events"),
        ],
    )
    .await;
    let hook = json!({ "name": SECRET, "url": "https://1.1.1.1/quagga", "kinds": ["case"] });
    let made = app.post("/api/v1/webhooks").bearer(&key).json(hook.to_string()).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let hook = made.json()["id"].as_str().unwrap().to_owned();
    call("/fn/test_webhook", vec![("id", &hook)]).await;
    call("/fn/give_provider_role", vec![("group", SECRET), ("role", "viewer")]).await;
    app.person("vera@acme.test", "acme", "viewer").await;
    call("/fn/add_case_note", vec![("id", &id), ("content", "quagga @vera")]).await;
}

/// Every row of an organization in every table it owns: as many lines as rows, in no order that means anything.
async fn everything(app: &TestApp, organization: OrganizationId) -> BTreeMap<String, BTreeSet<String>> {
    let dialect = app.db.db.dialect();
    let mut tx = SystemTx::read_across_all_organizations(&app.db.db).await.unwrap();
    let columns = match dialect {
        Dialect::Sqlite => sql("SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c
                                WHERE m.type = 'table' AND m.name NOT LIKE 'event_words%'"),
        Dialect::Postgres => sql("SELECT CAST(c.table_name AS TEXT) AS t, CAST(c.column_name AS TEXT) AS c
                                  FROM information_schema.columns c
                                  JOIN pg_class r ON r.relname = c.table_name AND r.relnamespace = 'public'::regnamespace
                                  WHERE c.table_schema = 'public' AND NOT r.relispartition AND r.relkind IN ('r', 'p')"),
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in tx.conn().rows(columns).await.unwrap() {
        tables.entry(row.get("t").unwrap()).or_default().push(row.get("c").unwrap());
    }
    tables.retain(|_, columns| columns.iter().any(|column| column == "organization_id"));
    assert!(tables.len() > 20, "{tables:?}");
    let mut all = BTreeMap::new();
    for (table, columns) in tables {
        let quoted: Vec<String> = columns
            .iter()
            .map(|column| match dialect {
                Dialect::Sqlite => format!("quote({column})"),
                Dialect::Postgres => format!("coalesce(CAST({column} AS TEXT), 'NULL')"),
            })
            .collect();
        let text =
            format!("SELECT {} AS line FROM {table} WHERE organization_id = ", quoted.join(" || '\t' || "));
        // Statements are literals everywhere; a test that looks at all tables makes its own.
        let q = sql(Box::leak(text.into_boxed_str())).arg(organization);
        let lines = tx.conn().rows(q).await.unwrap().iter().map(|row| row.get("line").unwrap()).collect();
        all.insert(table, lines);
    }
    all
}

/// An id of each column that holds one, but for the organization's own.
fn ids(rows: &BTreeMap<String, BTreeSet<String>>, organization: OrganizationId) -> BTreeSet<Uuid> {
    let mut found = BTreeMap::new();
    for (table, lines) in rows {
        for (column, cell) in lines.iter().flat_map(|line| line.split('\t').enumerate()) {
            if let Ok(id) = Uuid::parse_str(cell.trim_matches('\''))
                && id != organization.0
            {
                found.entry((table, column)).or_insert(id);
            }
        }
    }
    found.into_values().collect()
}

async fn id_of(app: &TestApp, slug: &str) -> OrganizationId {
    let mut tx = SystemTx::read_across_all_organizations(&app.db.db).await.unwrap();
    store::organization::all(&mut tx).await.unwrap().into_iter().find(|o| o.slug == slug).unwrap().id
}

/// The row asked with this id wherever it wants one; `own` stands for the case, where that is to be one's own.
fn call<'a>(app: &'a TestApp, row: &Row, id: &str, own: Option<&str>) -> Call<'a> {
    let path = row.path.replace("/o/acme", "/o/globex").replace(NOBODY, id);
    let about = format!("event:{id}");
    let form: Vec<(&str, &str)> = ARGUMENTS
        .iter()
        .map(|(name, value)| match *name {
            "organization" => (*name, "globex"),
            "about" => (*name, about.as_str()),
            "id" => (*name, own.unwrap_or(id)),
            _ if *value == NOBODY => (*name, id),
            _ => (*name, *value),
        })
        .collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    match (row.arguments, &row.method) {
        (true, &Method::GET) => app.get(&format!("{path}?{query}")),
        (true, _) => app.call(row.method.clone(), &path).form(&form),
        (false, &Method::GET | &Method::DELETE) => app.call(row.method.clone(), &path),
        (false, _) => {
            let body = match row.name.as_str() {
                "api POST /api/v1/groups/actions" => json!({ "action": "resolve", "ids": [id] }),
                "api POST /api/v1/cases/{id}/actions" => json!({ "act": "begin" }),
                "api POST /api/v1/cases/{id}/events" => json!({ "event_ids": [id] }),
                "api POST /api/v1/cases/{id}/merges" => json!({ "ids": [id] }),
                "api POST /api/v1/cases/{id}/tasks" | "api PUT /api/v1/cases/{id}/tasks/{task}" => {
                    json!({ "title": "mine" })
                }
                "api POST /api/v1/cases/{id}/tasks/{task}/complete" => json!({ "done": true }),
                "api POST /api/v1/cases/{id}/tasks/{task}/move" => json!({ "up": true }),
                "api POST /api/v1/cases/{id}/jobs" => json!({ "q": "message:quagga" }),
                "api POST /api/v1/cases/{id}/notes" | "api PUT /api/v1/cases/{id}/notes/{note}" => {
                    json!({ "content": "mine" })
                }
                "api POST /api/v1/cases/{id}/observables" => json!({ "observables": ["10.0.0.9"] }),
                "api POST /api/v1/cases/{id}/links" => json!({ "kind": "group", "ids": [id] }),
                "api PUT /api/v1/environments/{id}" => json!({ "slug": "mine", "name": "mine" }),
                "api POST /api/v1/environments/{id}/active" => json!({ "active": false }),
                "api PUT /api/v1/sources/{id}" => {
                    json!({ "name": "mine", "source_type": "other", "status": "active" })
                }
                "api POST /api/v1/drifts/actions" => json!({ "act": "acknowledge", "ids": [id] }),
                "api POST /api/v1/drifts/{id}/accept" => json!({ "scope": "type", "reason": "mine" }),
                "api POST /api/v1/drifts/{id}/escalate"
                | "api POST /api/v1/recommendations/{id}/implement" => json!({ "note": "mine" }),
                "api PUT /api/v1/drift-rules/{id}" => {
                    json!({ "what": "mine", "types": ["*"], "paths": ["**"], "when": "any" })
                }
                "api POST /api/v1/recommendations/{id}/steps" => json!({ "done": [0] }),
                "api POST /api/v1/recommendations/{id}/dismiss" => json!({ "reason": "mine" }),
                "api PUT /api/v1/iac-repositories/{id}" => json!({ "name": "mine", "branch": "main" }),
                "api PUT /api/v1/tags/{id}" => json!({ "name": "mine" }),
                "api POST /api/v1/tags/{id}/merge" => json!({ "into": id }),
                "api PUT /api/v1/members/{id}" => json!({ "role": "viewer", "approval_level": "none" }),
                "api PUT /api/v1/webhooks/{id}" => {
                    json!({ "name": "mine", "url": "https://1.1.1.1/", "kinds": ["case"] })
                }
                "api PUT /api/v1/cases/{id}" => json!({ "title": "mine" }),
                _ => json!({ "name": "mine", "query": "q=a", "area": "events" }),
            };
            let tag = if row.path.contains("/members/") { "\"viewer.none\"" } else { "\"1\"" };
            app.call(row.method.clone(), &path).header("if-match", tag).json(body.to_string())
        }
    }
}

#[tokio::test]
async fn what_another_organization_owns_is_not_told_and_not_touched() {
    for_each_backend(|db| async move {
        // It asks more in a row than one key or address may.
        let app = TestApp::with(db, |c| {
            (c.rate_address, c.rate_address_burst) = (100_000, 100_000);
            (c.rate_key, c.rate_key_burst) = (100_000, 100_000);
        });
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        fill(&app).await;
        app.organization("globex").await;
        app.person("gil@globex.test", "globex", "admin").await;
        let cookie = app.sign_in("gil@globex.test").await;
        let key = app.key("globex", &["all"]).await;
        let made = app.post("/api/v1/cases").bearer(&key).json(r#"{"title":"mine"}"#).send().await.json();
        let own = made["id"].as_str().unwrap();
        let acme = id_of(&app, "acme").await;
        let before = everything(&app, acme).await;
        let empty: Vec<&str> =
            before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table.as_str()).collect();
        assert_eq!(empty, EMPTY, "what is in no table of acme is not asked for");
        let ids: Vec<String> = ids(&before, acme).iter().map(Uuid::to_string).collect();

        // What does not say "not found" for an id of nothing asks for none.
        let mut asked = 0;
        for row in rows() {
            let browser = !row.path.starts_with("/api/");
            let send = async |id: &str, own: Option<&str>| {
                let call = call(&app, &row, id, own);
                if browser { call.cookie(&cookie).send().await } else { call.bearer(&key).send().await }
            };
            let wants = |text: &str| text == "not_found" || text == "404";
            // These begin and end sessions; the last names a group of one's own, which is gone at the second time.
            if [
                "/sign-in",
                "/sign-in/code",
                "/sign-out",
                "/setup",
                "/fn/change_password",
                "/fn/take_provider_role",
            ]
            .contains(&row.path.as_str())
            {
                continue;
            }
            let alone = outcome(&send(NOBODY, None).await);
            assert!(!alone.ends_with("/sign-in"), "{}: still signed in", row.name);
            let within = if row.arguments { outcome(&send(NOBODY, Some(own)).await) } else { String::new() };
            let named = row.path.contains(NOBODY) || row.name.ends_with("/groups/actions");
            if !named && !wants(&alone) && !wants(&within) && !row.path.ends_with("case") {
                continue;
            }
            for id in &ids {
                for case in [None, Some(own)].into_iter().take(if wants(&within) { 2 } else { 1 }) {
                    let answer = send(id, case).await;
                    asked += 1;
                    assert!(!answer.text.contains(SECRET), "{} with {id}: {}", row.name, answer.text);
                    let got = outcome(&answer);
                    let expected = if case.is_some() { &within } else { &alone };
                    assert!(
                        got == *expected,
                        "{} with {id}: {got}, and {expected} for what is not there",
                        row.name
                    );
                }
            }
        }
        assert!(asked > 500, "{asked}");
        let after = everything(&app, acme).await;
        for (table, rows) in &before {
            assert_eq!(rows, &after[table], "{table}");
        }
    })
    .await;
}
