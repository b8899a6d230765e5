//! What the framework refuses by itself (a path or a body that it cannot read) is a line of plain text. It becomes a problem as all others
//! are: a document for programs, a page for people.

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// Bytes of what it says.
const MOST: usize = 4096;

pub async fn tell(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    if !(status.is_client_error() || status.is_server_error()) || !kind.starts_with(b"text/plain") {
        return response;
    }
    let said = axum::body::to_bytes(response.into_body(), MOST).await.unwrap_or_default();
    Problem::of_framework(status, String::from_utf8_lossy(&said)).into_response()
}
