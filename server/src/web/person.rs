//! A refusal as a page, for a person whose browser asked for one; programs keep the problem document.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::observe::request_id;
use crate::http::problem::Words;
use crate::http::{escape, head};
use crate::state::AppState;

pub async fn tell(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asked = wants_page(&request);
    let mut response = next.run(request).await;
    let Some(words) = response.extensions_mut().remove::<Words>().filter(|_| asked) else { return response };
    let page = Html(page(&words, &state.assets.names.css)).into_response();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(parts, page.into_body())
}

fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    // A form without scripts goes to a server function too; the browser's half does not ask for a page.
    let program = path == "/api/v1"
        || ["/api/v1/", "/pkg/", "/health/", "/metrics"].iter().any(|p| path.starts_with(p));
    let accept = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    !program && accept.contains("text/html")
}

fn page(words: &Words, styles: &str) -> String {
    let (head, title, detail) = (head(words.title, styles), escape(words.title), escape(&words.detail));
    let id = escape(&request_id());
    format!(
        "{head}<body><main class=\"api-docs\"><div class=\"failure\" role=\"alert\"><div>\
         <h1 class=\"title\">{title}</h1><p class=\"text\">{detail}</p>\
         <p class=\"text small\">Correlation id <code class=\"mono\">{id}</code></p>\
         <a href=\"\">Try again</a> · <a href=\"/\">Watchroom</a></div></div></main></body></html>"
    )
}
