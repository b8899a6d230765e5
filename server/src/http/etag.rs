//! ETag and If-Match of what is changed through the API: a change names what it was made from.

use axum::Json;
use axum::http::header::{ETAG, HeaderValue, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use serde::Serialize;

use super::problem::Problem;

/// The item with its tag; `tag` holds neither quotes nor blanks.
pub fn tagged<T: Serialize>(status: StatusCode, item: T, tag: &str) -> Response {
    let mut response = (status, Json(item)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// What If-Match says: without it 428.
pub fn seen(headers: &HeaderMap) -> Result<&str, Problem> {
    let header = headers.get(IF_MATCH).ok_or_else(Problem::precondition_required)?;
    let text = header.to_str().map_err(|_| Problem::bad_request("If-Match is not an ETag of this"))?;
    Ok(text.trim().trim_start_matches("W/").trim_matches('"'))
}

/// The tag of what knows when it was changed last.
pub fn of_time(at: Timestamp) -> String {
    at.micros().to_string()
}

/// As [`seen`], of what has a tag by [`of_time`].
pub fn seen_time(headers: &HeaderMap) -> Result<Timestamp, Problem> {
    let micros = seen(headers)?.parse().ok().and_then(Timestamp::from_micros);
    micros.ok_or_else(|| Problem::bad_request("If-Match is not an ETag of this"))
}

/// A change that came too late is 412; what else contradicts stays 409.
pub fn too_late(error: service::Error) -> Problem {
    match error {
        service::Error::Conflict(text) if text == service::error::CHANGED => {
            Problem::precondition_failed(text)
        }
        other => other.into(),
    }
}
