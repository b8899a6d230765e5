//! Security headers. The Content-Security-Policy carries a nonce a response; the page gets the same one through
//! [`Nonce`] in the request's extensions (see `http::pages`).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::client::Visitor;
use crate::state::AppState;

/// The nonce of this response.
#[derive(Clone, Debug)]
pub struct Nonce(pub Arc<str>);

const FIXED: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()"),
    ),
];

pub async fn secure(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let nonce = nonce();
    let https = request.extensions().get::<Visitor>().is_some_and(|v| v.https);
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.run(request).await;
    let unavailable = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    // A file that is handed out has a stricter one of its own.
    if !headers.contains_key(CONTENT_SECURITY_POLICY)
        && let Ok(value) = HeaderValue::from_str(&policy(&nonce, state.assets.is_watched()))
    {
        headers.insert(CONTENT_SECURITY_POLICY, value);
    }
    if https {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if unavailable {
        headers.entry(RETRY_AFTER).or_insert(HeaderValue::from_static("5"));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Scripts only with the nonce (and what they load); no inline styles without it; nothing from elsewhere. WebAssembly
/// needs `wasm-unsafe-eval`, which allows no `eval`. While `cargo leptos watch` runs, its reload socket is let through.
fn policy(nonce: &str, watched: bool) -> String {
    let reload = if watched { " ws://127.0.0.1:* ws://localhost:*" } else { "" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
}

/// 16 random bytes. Without a random source the nonce is empty: scripts are then refused, which is the safe side.
fn nonce() -> Arc<str> {
    let mut bytes = [0u8; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => URL_SAFE_NO_PAD.encode(bytes).into(),
        Err(error) => {
            tracing::error!(%error, "no random source");
            "".into()
        }
    }
}
