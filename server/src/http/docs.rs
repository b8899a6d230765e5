//! The page of the API's documents: printed once from the OpenAPI document, complete without scripts and without other sites.
//! `scripts/tryout.mjs` gives each operation a form that sends what was filled in.

use std::fmt::Write as _;
use std::sync::OnceLock;

use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use serde_json::Value;

use super::problem::KINDS;
use super::{escape, head, openapi};
use crate::state::AppState;
use crate::web::headers::Nonce;

/// `GET /api/docs`
pub async fn page(State(state): State<AppState>, Extension(nonce): Extension<Nonce>) -> Html<String> {
    static PAGE: OnceLock<String> = OnceLock::new();
    let names = &state.assets.names;
    let page = PAGE.get_or_init(|| render(openapi::specification(), &names.css));
    let script = format!("<script src=\"{}\" nonce=\"{}\" defer></script>", escape(&names.tryout), nonce.0);
    Html([page, script.as_str(), "</body></html>"].concat())
}

/// Where the key for trying is typed.
const KEY: &str = "<div class=\"field tryout-key\" hidden><label for=\"tryout-key\">API key to try operations with</label>\
    <input class=\"text-input mono\" id=\"tryout-key\" type=\"password\" autocomplete=\"off\" spellcheck=\"false\" aria-describedby=\"tryout-key-hint tryout-key-error\">\
    <p class=\"error\" id=\"tryout-key-error\"></p>\
    <p class=\"hint\" id=\"tryout-key-hint\">It stays in this tab until the page is left and is sent to this server only. Operations are done for real, with the rights of \
    the key; your own session is not used.</p></div>";

/// All but the end of the body. `styles`: the address of the site's style sheet.
fn render(document: &Value, styles: &str) -> String {
    let mut html = head("API", styles);
    html.push_str("<body><main class=\"api-docs\">");
    let info = &document["info"];
    let _ = write!(html, "<h1>{} API</h1><p>{}</p>", text(&info["title"]), text(&info["description"]));
    html.push_str(
        "<p>Machine-readable: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a> (OpenAPI 3.1)</p>",
    );
    html.push_str(KEY);
    html.push_str("<h2>Operations</h2>");
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
    html.push_str("</main>");
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
    html.push_str("</tbody></table>");
    // Hidden until there is a script that fills it.
    let _ = write!(
        html,
        "<details class=\"tryout fold\" data-method=\"{method}\" data-path=\"{0}\" hidden><summary>Try it<span class=\"visually-hidden\">: {1} {0}</span></summary></details></section>",
        escape(path),
        method.to_uppercase(),
    );
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
