//! The head of a request is read in one way only: one Host (RFC 9112, 3.2), and text in UTF-8.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mime::Mime;

use crate::http::problem::Problem;

pub async fn check(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.get_all(HOST).iter().count() > 1 {
        return Problem::bad_request("The request names more than one Host; send one.").into_response();
    }
    if let Some(charset) = other_charset(headers) {
        let detail = format!("The body is said to be {charset}; send it in UTF-8.");
        return Problem::unsupported_media(detail).into_response();
    }
    next.run(request).await
}

/// The charset of a body that is read as text, where it is declared and not UTF-8 or a part of it. Files keep their own.
fn other_charset(headers: &HeaderMap) -> Option<String> {
    let kind: Mime = headers.get(CONTENT_TYPE)?.to_str().ok()?.parse().ok()?;
    let charset = kind.get_param(mime::CHARSET)?;
    let is_ours = ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|ours| charset == *ours);
    (kind.type_() == mime::APPLICATION && !is_ours).then(|| charset.to_string())
}
