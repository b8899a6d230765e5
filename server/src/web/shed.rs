//! Overload: more requests at once than we can work on are answered 503 at once, and no request works for ever.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;
use crate::state::AppState;

pub async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/health/") || path == "/metrics" {
        return next.run(request).await;
    }
    let Ok(_working) = state.requests.clone().try_acquire_owned() else {
        return Problem::unavailable("The server is busy.", 1).into_response();
    };
    let limit = if super::is_upload(&request) {
        state.config.request_timeout * 20
    } else {
        state.config.request_timeout
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long.", 5).into_response(),
    }
}
