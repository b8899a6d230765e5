//! Who may do what: every route and every server function, by everybody, compared with the checked-in table
//! `permissions.snap`. A route without a row changes the table and fails here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::http::Method;
use server::http::pages;
use server::router::ROUTES;
use testkit::for_each_backend;

use crate::app::{Answer, Call, PASSWORD, TestApp};

/// An id of nothing.
pub const NOBODY: &str = "018bcfe5-6800-7000-8000-00000000ffff";

/// What a server function may want; each takes what it knows.
pub const ARGUMENTS: &[(&str, &str)] = &[
    ("address", "/o/acme/settings/members"),
    ("organization", "acme"),
    ("id", NOBODY),
    ("person", NOBODY),
    ("code", "no code"),
    ("required", "false"),
    ("seq", "1"),
    ("name", "Name"),
    ("slug", "nowhere"),
    ("first_admin", "no address"),
    ("start", "acme/cases"),
    ("again", "not the slug"),
    ("description", ""),
    ("contact_email", ""),
    ("info", "30"),
    ("reason", "litigation"),
    ("time_zone", "UTC"),
    ("requests_per_minute", "600"),
    ("events_per_second", "20000"),
    ("display_name", "Name"),
    ("email", "new@acme.test"),
    ("password", PASSWORD),
    ("old_password", "not my password"),
    ("new_password", "another horse battery"),
    ("repeated", "another horse battery"),
    ("role", "viewer"),
    ("approval_level", "none"),
    ("enabled", "true"),
    ("group", "soc"),
    ("refused", ""),
    ("url", "https://198.51.100.1/"),
    ("delivery", NOBODY),
    ("active", "true"),
    ("scopes[0]", "event.read"),
    ("expires_in_days", ""),
    ("environment[slug]", "prod"),
    ("environment[name]", "Production"),
    ("environment[cloud_provider]", ""),
    ("environment[region]", ""),
    ("environment[account_id]", ""),
    ("environment[tags]", ""),
    ("source[name]", "edge"),
    ("source[source_type]", "other"),
    ("source[status]", "active"),
    ("asked[act]", "resolve"),
    ("asked[numbers][0]", "1"),
    ("asked[reason]", "a drill"),
    ("asked[ids][0]", NOBODY),
    ("action_id", NOBODY),
    ("range", "24h"),
    ("theme", "dark"),
    ("area", "events"),
    ("view[name]", "Mine"),
    ("view[query]", "q=a"),
    ("case[title]", "Title"),
    ("case[priority]", "normal"),
    ("case[severity]", "high"),
    ("case[tlp]", "amber"),
    ("case[pap]", "amber"),
    ("version", "1"),
    ("length", "1"),
    ("resolution", "benign"),
    ("title", "Title"),
    ("content", "Text"),
    ("task", NOBODY),
    ("done", "true"),
    ("note", NOBODY),
    ("revision", "1"),
    ("evidence", NOBODY),
    ("entry", NOBODY),
    ("job", NOBODY),
    ("review", NOBODY),
    ("matching", ""),
    ("into", NOBODY),
    ("kind", "text"),
    ("choices", ""),
    ("up", "true"),
    ("archived", "true"),
    ("four_eyes", ""),
    ("tasks", ""),
    ("template", ""),
    ("happened_at", "2026-11-23T09:30"),
    ("observables", "203.0.113.9"),
    ("observable", NOBODY),
    ("number", "1"),
    ("about", ""),
    ("q", "severity:hi"),
    ("scope", "resource"),
    ("path", ""),
    ("for_days", "30"),
    ("branch", "main"),
    ("repository_url", ""),
    ("credentials", ""),
    ("at", "11"),
    ("cause", "unknown"),
];

enum Who {
    Nobody,
    /// Holds the cookie, which can change on the way.
    Browser(RefCell<String>),
    Key(String),
}

/// Everybody, in the order of the table's columns.
async fn everybody(app: &TestApp) -> Vec<(&'static str, Who)> {
    app.organization("acme").await;
    app.organization("globex").await;
    for (email, slug, role) in [
        ("viewer@acme.test", "acme", "viewer"),
        ("analyst@acme.test", "acme", "analyst"),
        ("admin@acme.test", "acme", "admin"),
        ("admin@globex.test", "globex", "admin"),
        ("sre@platform.test", "acme", "sre"),
    ] {
        app.person(email, slug, role).await;
    }
    let browser = async |email| Who::Browser(RefCell::new(app.sign_in(email).await));
    let key = async |slug, scope| Who::Key(app.key(slug, &[scope]).await);
    vec![
        ("nobody", Who::Nobody),
        ("viewer", browser("viewer@acme.test").await),
        ("analyst", browser("analyst@acme.test").await),
        ("admin", browser("admin@acme.test").await),
        ("stranger", browser("admin@globex.test").await),
        ("sre", browser("sre@platform.test").await),
        ("key:event.read", key("acme", "event.read").await),
        ("key:event.write", key("acme", "event.write").await),
        ("key:tag.read", key("acme", "tag.read").await),
        ("key:all", key("acme", "all").await),
    ]
}

fn as_who<'a>(call: Call<'a>, who: &Who) -> Call<'a> {
    match who {
        Who::Nobody => call,
        Who::Browser(cookie) => call.cookie(&cookie.borrow()),
        Who::Key(secret) => call.bearer(secret).header("sec-fetch-site", "none"),
    }
}

/// The status, with the kind of error a server function tells and the place a redirect leads to.
pub fn outcome(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    let told = serde_json::from_str::<serde_json::Value>(&answer.text).ok();
    let kind = told.as_ref().and_then(|v| v["kind"].as_str());
    let place =
        [answer.header("location"), answer.header("serverfnredirect")].into_iter().find(|p| !p.is_empty());
    match (kind, place) {
        (_, Some(place)) if !answer.status.is_success() || kind.is_some() => {
            format!(
                "{}>{}",
                if kind.is_some() { "fn".to_owned() } else { status.to_string() },
                place.split('?').next().unwrap()
            )
        }
        (Some(kind), _) => kind.to_owned(),
        _ => status.to_string(),
    }
}

pub struct Row {
    pub name: String,
    pub method: Method,
    pub path: String,
    /// A server function.
    pub arguments: bool,
}

pub fn rows() -> Vec<Row> {
    let place = |path: &str| {
        path.replace("{organization}", "acme")
            .replace("{*name}", "nothing.js")
            .replace("{token}", "nothing")
            .replace("{id}", NOBODY)
            .replace("{evidence}", NOBODY)
            .replace("{entry}", NOBODY)
            .replace("{job}", NOBODY)
            .replace("{link}", NOBODY)
            .replace("{note}", NOBODY)
            .replace("{observable}", NOBODY)
            .replace("{delivery}", NOBODY)
            .replace("{task}", NOBODY)
            .replace("{any}", "x")
            .replace("{*any}", "x")
    };
    let mut rows = Vec::new();
    for (method, path) in ROUTES {
        let kind = if path.starts_with("/api/v1/") { "api" } else { "http" };
        rows.push(Row {
            name: format!("{kind} {method} {path}"),
            method: method.parse().unwrap(),
            path: place(path),
            arguments: false,
        });
    }
    let listed: BTreeSet<String> = pages::listing().iter().map(|l| l.path().to_owned()).collect();
    for path in listed {
        rows.push(Row {
            name: format!("page GET {path}"),
            method: Method::GET,
            path: place(&path),
            arguments: false,
        });
    }
    let functions: BTreeSet<(String, String)> = server_fn::axum::server_fn_paths()
        .map(|(path, method)| (path.to_owned(), method.to_string()))
        .collect();
    assert!(functions.len() > 20, "the server functions are registered");
    for (path, method) in functions {
        rows.push(Row {
            name: format!("fn {method} {path}"),
            method: method.parse().unwrap(),
            path,
            arguments: true,
        });
    }
    rows
}

/// What one row answers to a browser with this cookie; empty for none. `column` makes the address.
pub async fn asked_with(app: &TestApp, row: &Row, column: usize, cookie: &str) -> String {
    let who = if cookie.is_empty() { Who::Nobody } else { Who::Browser(RefCell::new(cookie.to_owned())) };
    outcome(&ask(app, row, column, &who).await)
}

async fn ask(app: &TestApp, row: &Row, column: usize, who: &Who) -> Answer {
    // The flat form of the mapping page has a plain `environment` and `source`.
    let flat = row.path.contains("/uploads/");
    let mut arguments: Vec<(&str, &str)> =
        ARGUMENTS.iter().copied().filter(|(name, _)| !(flat && name.contains('['))).collect();
    // What forms of settings were made from: the same.
    let seen = serde_json::to_string(&arguments.iter().copied().collect::<BTreeMap<_, _>>()).unwrap();
    if row.method == Method::POST {
        arguments.push(("seen", &seen));
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&arguments).finish();
    // An account of their own, so that nobody is locked for what another did.
    let account = format!("nobody-{column}@acme.test");
    let call = match (row.arguments, &row.method) {
        (true, &Method::GET) => app.get(&format!("{}?{query}", row.path)),
        (true, _) => app.call(row.method.clone(), &row.path).form(&arguments),
        (false, &Method::POST) if row.path.starts_with("/api/") => app.post(&row.path).json("{}"),
        (false, &Method::POST) => app.post(&row.path).form(&[("email", &account)]),
        (false, _) => app.call(row.method.clone(), &row.path),
    };
    let answer = as_who(call, who).from(&format!("198.51.100.{column}")).send().await;
    if let (Who::Browser(cookie), Some(fresh)) = (who, answer.cookie()) {
        cookie.replace(fresh);
    }
    answer
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    for_each_backend(|db| async move {
        let names: std::collections::HashSet<&str> = ARGUMENTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), ARGUMENTS.len(), "a form with a field twice is refused by all");
        let app = TestApp::new(db);
        let everybody = everybody(&app).await;
        let mut rows = rows();
        rows.sort_by_key(|row| row.path == "/sign-out");
        let width = rows.iter().map(|r| r.name.len()).max().unwrap();
        let mut table = format!("{:width$}", "");
        for (name, _) in &everybody {
            let _ = write!(table, " | {name:16}");
        }
        table.push('\n');
        for row in &rows {
            let _ = write!(table, "{:width$}", row.name);
            for (column, (name, who)) in everybody.iter().enumerate() {
                let answer = ask(&app, row, column, who).await;
                let outcome = outcome(&answer);
                let ours = matches!(outcome.as_str(), "500" | "internal" | "503" | "unavailable");
                assert!(!ours, "{} by {name}: {outcome}: {}", row.name, answer.text);
                let _ = write!(table, " | {outcome:16}");
            }
            table.push('\n');
        }
        let table: Vec<&str> = table.lines().map(str::trim_end).collect();
        insta::with_settings!({ snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("permissions", table.join("\n"));
        });
    })
    .await;
}

#[test]
fn what_writes_is_never_a_get() {
    const WRITING: [&str; 16] = [
        "add", "create", "update", "delete", "remove", "revoke", "save", "set", "switch", "start", "change",
        "rotate", "assign", "close", "act", "undo",
    ];
    for (path, method) in server_fn::axum::server_fn_paths() {
        let verb = path.rsplit('/').next().unwrap().split('_').next().unwrap();
        assert!(
            method != Method::GET || !WRITING.contains(&verb),
            "{path}: a link on another site could call it"
        );
    }
}
