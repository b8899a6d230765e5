//! The OpenAPI 3.1 document, from the code, and a page that shows it without scripts or other sites.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::KINDS;
use super::{
    access, api, case_aids, case_jobs, case_merges, case_notes, case_reviews, case_tasks, case_templates,
    cases, cases_bulk, causes, changes, drift_metrics, drift_push, drift_rules, drifts, entries,
    environments, escape, evidence, export, grouping, groups, head, iac, ingest, members, models,
    organizations, provider_roles, recommendations, sources, tags, tail, views, webhooks,
};
use crate::state::AppState;
use crate::web::once;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchroom",
        description = "Send events, read what became of them, and act on groups of them. Every call carries an API key: `Authorization: Bearer <key>`. \
                       Lists answer `{\"items\": […], \"next_cursor\": …}`; an unknown query parameter is 400; what is out of the key's \
                       reach is 404. Errors are problem documents (RFC 9457)."
    ),
    paths(
        ingest::events, api::events, api::event, tail::events, groups::list, groups::one, groups::history, grouping::grouping, groups::act,
        views::list, views::create, views::one, views::change, views::delete,
        cases::list, cases::create, cases::one, cases::change, cases::act, cases::events, cases::link, case_aids::similar, case_aids::handover, case_notes::list, case_notes::add, case_notes::mentions, cases_bulk::change,
        case_tasks::open, case_tasks::list, case_tasks::add, case_tasks::change, case_tasks::complete, case_tasks::place, case_tasks::delete,
        case_merges::list, case_merges::merge, case_merges::unmerge, case_reviews::list, cases::fields, case_templates::list, case_jobs::list, case_jobs::start, case_jobs::cancel, case_jobs::take_back,
        evidence::list, evidence::add, evidence::fetch, evidence::verify, evidence::remove, evidence::custody,
        entries::list, entries::add, entries::delete, export::case::api,
        api::sources, sources::create, sources::one, sources::change, sources::delete,
        drift_push::push, drifts::list, drifts::one, drifts::act, drifts::accept, drifts::escalate, drift_metrics::list, drift_rules::list, drift_rules::change, drift_rules::reset, recommendations::rules, recommendations::steps, recommendations::implement, recommendations::dismiss, iac::ignores, iac::lift,
        iac::repositories, iac::one_repository, iac::change_repository, iac::resources,
        causes::label, causes::unlabel, causes::tell, causes::told, models::list, models::trainings, models::train, models::training, models::activate, models::shadow,
        models::roll_back,
        environments::list, environments::create, environments::one, environments::change, environments::activate, environments::delete,
        tags::list, tags::rename, tags::merge, tags::delete,
        members::list, members::one, members::change, members::remove, members::roles, provider_roles::list, provider_roles::replace, members::invited, members::invite, members::withdraw,
        webhooks::list, webhooks::create, webhooks::one, webhooks::change, webhooks::delete, webhooks::rotate, webhooks::test, webhooks::deliveries, webhooks::again,
        access::keys, access::revoke, access::active, access::sign_out,
        organizations::own, organizations::change, organizations::list, organizations::create, organizations::rename, organizations::mark,
        organizations::suspend, organizations::resume, organizations::keep,
        api::audit, changes::list, export::audit::bundle, export::audit::api_key
    ),
    modifiers(&Key)
)]
struct Api;

struct Key;

impl Modify for Key {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, made under Settings, API keys."))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The document, made once.
pub fn specification() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
        once_everywhere(&mut document);
        document
    })
}

/// What `web::once` does for every POST whose answer it keeps.
fn once_everywhere(document: &mut Value) {
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        let Some(operation) = methods.get_mut("post").filter(|_| once::is_kept(path)) else { continue };
        let parameter = json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "1 to 255 visible ASCII characters, such as a UUID: sent again within 24 hours, the request is answered as the first time and not done again",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        });
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
}

/// `GET /api/v1/openapi.json`
pub async fn document() -> Response {
    Json(specification()).into_response()
}

/// `GET /api/docs`
pub async fn page(State(state): State<AppState>) -> Html<&'static str> {
    static PAGE: OnceLock<String> = OnceLock::new();
    Html(PAGE.get_or_init(|| render(specification(), &state.assets.names.css)))
}

/// `styles`: the address of the site's style sheet.
fn render(document: &Value, styles: &str) -> String {
    let mut html = head("API", styles);
    html.push_str("<body><main class=\"api-docs\">");
    let info = &document["info"];
    let _ = write!(html, "<h1>{} API</h1><p>{}</p>", text(&info["title"]), text(&info["description"]));
    html.push_str("<p>Machine-readable: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a> (OpenAPI 3.1)</p><h2>Operations</h2>");
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            operation_section(&mut html, method, path, operation);
        }
    }
    html.push_str(
        "<h2>Problems</h2><table><thead><tr><th>Kind</th><th>Status</th><th>Meaning</th></tr></thead><tbody>",
    );
    for (kind, status, meaning) in KINDS {
        let _ = write!(
            html,
            "<tr id=\"{kind}\"><td><code>{kind}</code></td><td>{status}</td><td>{}</td></tr>",
            escape(meaning)
        );
    }
    html.push_str("</tbody></table><h2>Shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        schema_section(&mut html, name, schema);
    }
    html.push_str("</main></body></html>");
    html
}

fn operation_section(html: &mut String, method: &str, path: &str, operation: &Value) {
    let _ = write!(html, "<section><h3><code>{} {}</code></h3>", method.to_uppercase(), escape(path));
    let _ = write!(html, "<p>{}</p>", text(&operation["summary"]));
    if operation["description"].is_string() {
        let _ = write!(html, "<p>{}</p>", text(&operation["description"]));
    }
    let scopes =
        operation["security"][0]["api_key"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let _ = write!(html, "<p>Scope: <code>{}</code></p>", escape(&scopes.collect::<Vec<_>>().join(", ")));
    if let Some(parameters) = operation["parameters"].as_array().filter(|p| !p.is_empty()) {
        html.push_str("<table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>");
        for p in parameters {
            let kind = type_of(&p["schema"]);
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{kind}</td><td>{}</td></tr>",
                text(&p["name"]),
                text(&p["in"]),
                text(&p["description"])
            );
        }
        html.push_str("</tbody></table>");
    }
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(html, "<p>Body <code>{}</code>: {}</p>", escape(kind), type_of(&content["schema"]));
    }
    html.push_str("<table><thead><tr><th>Status</th><th>Meaning</th><th>Body</th></tr></thead><tbody>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let body = response["content"]
            .as_object()
            .and_then(|c| c.values().next())
            .map(|c| type_of(&c["schema"]))
            .unwrap_or_default();
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{body}</td></tr>",
            escape(status),
            text(&response["description"])
        );
    }
    html.push_str("</tbody></table></section>");
}

fn schema_section(html: &mut String, name: &str, schema: &Value) {
    let _ = write!(
        html,
        "<section id=\"{0}\"><h3>{0}</h3><p>{1}</p>",
        escape(name),
        text(&schema["description"])
    );
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        let _ = write!(html, "<p><code>{}</code></p>", escape(&words.join(" | ")));
    }
    if let Some(properties) = schema["properties"].as_object() {
        html.push_str("<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>");
        for (field, property) in properties {
            let _ = write!(
                html,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escape(field),
                type_of(property),
                text(&property["description"])
            );
        }
        html.push_str("</tbody></table>");
    }
    html.push_str("</section>");
}

/// `array of Event`, `string (date-time) or null`, with a link where it is a shape of ours.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            return choices.iter().map(type_of).collect::<Vec<_>>().join(" or ");
        }
    }
    let word = |w: &str| match (w, schema["format"].as_str()) {
        ("array", _) => format!("array of {}", type_of(&schema["items"])),
        ("string", Some(format)) => format!("string ({})", escape(format)),
        (w, _) => escape(w),
    };
    match &schema["type"] {
        Value::String(one) => word(one),
        Value::Array(several) => {
            several.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => "any JSON".to_owned(),
    }
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}
