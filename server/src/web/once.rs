//! `Idempotency-Key` of the API: a POST that carries one is done once. Events and drift keep theirs with what they store, and the stream of a
//! file is none of it: the same bytes are the same file.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::audit::hex;
use service::once::{self, Kept, Once};
use service::{Actor, Who};
use sha2::{Digest as _, Sha256};

use super::body;
use crate::http::api;
use crate::http::ingest::{self, REPLAYED};
use crate::http::problem::Problem;
use crate::state::AppState;

/// Headers of an answer that are kept with it.
const HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
/// Bytes of an answer.
const MAX_ANSWER: usize = 16 << 20;

/// Whether the answer to this path is kept here.
pub fn is_kept(path: &str) -> bool {
    path.starts_with("/api/v1/")
        && path != "/api/v1/events"
        && path != "/api/v1/drift"
        && !path.ends_with("/evidence")
}

pub async fn keep(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_kept(request.uri().path()) {
        return next.run(request).await;
    }
    match ingest::key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => {
            done_once(&state, key, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Err(problem) => problem.into_response(),
    }
}

async fn done_once(state: &AppState, key: String, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let actor = api::authenticate(&mut parts, state).await?;
    // Before the body is read, and of an answer that is given again too.
    api::count(&mut parts, state, &actor).await?;
    let bytes = body::read(&parts.headers, body, state.config.max_body.0).await?;
    let once = Once::new(key, hash(&actor, &parts.uri.to_string(), &bytes));
    if let Some(kept) = once::earlier(&state.services, &actor, &once).await? {
        return Ok(again(kept));
    }
    parts.extensions.insert(once.clone());
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if response.status() == StatusCode::CONFLICT {
        // Somebody sent the same at the same time, and was first; or it contradicts for another reason.
        return Ok(once::earlier(&state.services, &actor, &once).await?.map_or(response, again));
    }
    if !response.status().is_success() {
        // Where nothing was done the same key may be tried again; what failed after its first step has taken it.
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, MAX_ANSWER).await.map_err(|e| Problem::internal(e.to_string()))?;
    let text = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: HEADERS.iter().filter_map(text).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    // It was done, so it is answered whether or not the answer can be kept.
    if let Err(error) = once::keep(&state.services, &actor, &once, &kept).await {
        tracing::error!(%error, "an answer could not be kept under its Idempotency-Key");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Of all that the request says, and of who says it: another key of the API is told nothing of the answer.
fn hash(actor: &Actor, address: &str, body: &[u8]) -> String {
    let mut h = Sha256::new();
    let who = match &actor.who {
        Who::ApiKey { id, .. } => id.to_string(),
        Who::User(_) | Who::System(_) => actor.audit().label,
    };
    for part in [who.as_bytes(), address.as_bytes(), body] {
        h.update((part.len() as u64).to_be_bytes());
        h.update(part);
    }
    format!("rest:{}", hex(&h.finalize()))
}

fn again(kept: Kept) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
