//! Signing in by the provider, as plain GETs: a link leads there, and it leads back. Works with WebAssembly blocked. (A form would not
//! do: the policy of our pages lets forms lead nowhere else.)
//!
//! Who is refused comes back to the sign-in page with `error=<code>` of [`Refused::code`] and where they wanted to go.

use app::routes::SIGN_IN;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::Error;
use service::auth::oidc::{self, Ended, Refused, Returned};
use service::auth::{First, Viewer};
use tower_sessions::Session;

use super::auth::{back, code_page, enter, local, too_many};
use super::form::Address;
use super::problem::Problem;
use crate::sessions;
use crate::state::AppState;
use crate::web::client::Visitor;

#[derive(Deserialize)]
pub struct Begin {
    /// Where to go afterwards; a path of this site.
    #[serde(default)]
    next: String,
}

/// `GET /sign-in/oidc`: to the provider; 404 where none is set.
pub async fn begin(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    viewer: Option<Extension<Viewer>>,
    headers: HeaderMap,
    Address(asked): Address<Begin>,
) -> Response {
    if oidc::name(&state.services).is_none() {
        return Problem::not_found().into_response();
    }
    if !is_walked_to(&headers) {
        return Problem::from(Error::Forbidden).into_response();
    }
    if viewer.is_some() {
        return Redirect::to(local(&asked.next)).into_response();
    }
    let kept = [("next", asked.next.as_str())];
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many(SIGN_IN, problem, &headers, &kept);
    }
    let sent = match oidc::begin(&state.services, &asked.next, &sessions::client(&visitor)).await {
        Ok(Ok(sent)) => sent,
        Ok(Err(why)) => return back(SIGN_IN, why.code(), &kept),
        Err(error) => return Problem::from(error).into_response(),
    };
    match sessions::send_away(&state, &session, sent.attempt).await {
        Ok(()) => Redirect::to(&sent.url).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// `GET /sign-in/oidc/callback`: from the provider. Only the browser that was sent there, and once.
pub async fn finish(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Address(returned): Address<Returned>,
) -> Response {
    if oidc::name(&state.services).is_none() {
        return Problem::not_found().into_response();
    }
    let attempt = oidc::attempt_of(&state.services, &returned.state);
    match sessions::came_back(&state, &session, &attempt).await {
        Ok(true) => {}
        // Another browser's, or none of ours: it is not even looked at, so nobody's sign-in is used up by a stranger.
        Ok(false) => return back(SIGN_IN, Refused::Stale.code(), &[]),
        Err(problem) => return problem.into_response(),
    }
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many(SIGN_IN, problem, &headers, &[]);
    }
    match oidc::finish(&state.services, &returned, &sessions::client(&visitor)).await {
        Ok(Ended::First { first: First::In(signed_in), next, .. }) => {
            enter(&state, &session, &signed_in, &next).await
        }
        Ok(Ended::First { first: First::Code(user), next, unproved }) => {
            match sessions::wait_for_code(&state, &session, user, unproved).await {
                Ok(()) => Redirect::to(&code_page(&next)).into_response(),
                Err(problem) => problem.into_response(),
            }
        }
        Ok(Ended::Refused { why, next }) => back(SIGN_IN, why.code(), &[("next", &next)]),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// A person's browser goes there, rather than a picture of another site in their name: an attempt is counted and kept. Browsers that
/// do not say what for are let through.
fn is_walked_to(headers: &HeaderMap) -> bool {
    const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
    headers.get(MODE).is_none_or(|mode| mode == "navigate")
}
