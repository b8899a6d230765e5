//! Cross-site requests are refused before anything reads a cookie.
//!
//! The browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`); a script on another site cannot forge
//! either. What says nothing is refused as well: only browsers hold our cookie. `/api/v1` takes API keys and never a
//! cookie, so it is exempt. Together with `SameSite=Lax` and server functions that write by POST only.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;
use crate::state::AppState;

pub async fn refuse_cross_site(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Reads that are put down in a log are not another site's to make.
    let told = path.contains("/export.") || path.ends_with("/export") || path.contains("/evidence/");
    let program = path == "/api/v1" || path.starts_with("/api/v1/");
    if program || (reads && !path.starts_with("/fn/") && !told) {
        return next.run(request).await;
    }
    let headers = request.headers();
    if !is_same_site(headers, request.uri(), &state.config.public_url, reads) {
        return Problem::forbidden("The request comes from another site.").into_response();
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !reads && kind.trim_start().to_ascii_lowercase().starts_with("text/plain") {
        return Problem::unsupported_media("Send a form or JSON, not text/plain.").into_response();
    }
    next.run(request).await
}

/// `reads`: a read that says nothing about its origin is let through (a person typed it; it changes nothing).
fn is_same_site(headers: &HeaderMap, uri: &Uri, public_url: &str, reads: bool) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return reads };
    let Some(origin) = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, host)| host) else {
        return false;
    };
    let host = headers
        .get(HOST)
        .and_then(|h| h.to_str().ok())
        .or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let public = public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    host.is_some_and(|h| h.eq_ignore_ascii_case(origin))
        || public.is_some_and(|p| p.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &str)], reads: bool) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", "watchroom.example".parse().unwrap());
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        is_same_site(&headers, &Uri::from_static("/sign-in"), "https://public.example/", reads)
    }

    #[test]
    fn only_our_own_pages_write() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")], false));
        assert!(allowed(&[("origin", "https://watchroom.example")], false));
        assert!(allowed(&[("origin", "https://public.example")], false), "behind a proxy that rewrites Host");
        assert!(!allowed(&[("sec-fetch-site", "cross-site")], false));
        assert!(
            !allowed(&[("sec-fetch-site", "same-site")], false),
            "a neighbouring subdomain is another site"
        );
        assert!(!allowed(
            &[("sec-fetch-site", "cross-site"), ("origin", "https://watchroom.example")],
            false
        ));
        assert!(!allowed(&[("origin", "http://evil.test")], false));
        assert!(!allowed(&[("origin", "null")], false));
        assert!(!allowed(&[], false), "what says nothing is refused");
        assert!(allowed(&[], true) && !allowed(&[("sec-fetch-site", "cross-site")], true));
    }
}
