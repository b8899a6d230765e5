//! The outermost layer: a request id in and out, one log line, the metrics, and a panic turned into an answer.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use tracing::Instrument as _;

use crate::http::problem::{Cause, Problem};

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The id of the request this task answers.
    static REQUEST_ID: String;
}

/// The correlation id of the request at hand, `-` outside of one.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_else(|_| "-".to_owned())
}

pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = incoming(request.headers()).unwrap_or_else(fresh);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    // The end of an invitation's address is a secret.
    let path = request.uri().path();
    let path = if path.starts_with("/invitation/") { "/invitation/…" } else { path }.to_owned();
    let span = tracing::info_span!("request", %id, %method, %path);
    let answer = REQUEST_ID.scope(id.clone(), async move {
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => Problem::internal(format!("panic: {}", said(panic.as_ref()))).into_response(),
        }
    });
    let mut response = answer.instrument(span.clone()).await;

    let status = response.status();
    let seconds = started.elapsed().as_secs_f64();
    span.in_scope(|| {
        let ms = (seconds * 1e5).round() / 100.0;
        let status = status.as_u16();
        match response.extensions().get::<Cause>() {
            Some(cause) => tracing::error!(status, ms, cause = %cause.0, "answered"),
            None if path.starts_with("/health/") || path == "/metrics" || path.starts_with("/pkg/") => {
                tracing::debug!(status, ms, "answered");
            }
            None => tracing::info!(status, ms, "answered"),
        }
    });
    let method = known(&method);
    metrics::counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status.as_u16().to_string()).increment(1);
    metrics::histogram!("http_request_duration_seconds", "method" => method, "route" => route)
        .record(seconds);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// A method of the standard, so that nobody fills the metrics with invented ones.
fn known(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The sender's id, when it is harmless: up to 64 letters, digits, `-`, `_`, `.`.
fn incoming(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let fine = (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    fine.then(|| id.to_owned())
}

fn fresh() -> String {
    let mut bytes = [0u8; 8];
    // Two requests with one id are harmless, so a missing random source is too.
    if getrandom::fill(&mut bytes).is_err() {
        return "unknown".to_owned();
    }
    domain::audit::hex(&bytes)
}

fn said(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| "without a message".to_owned())
}
