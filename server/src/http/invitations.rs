//! The page of an invitation's link and its form: plain HTML, since whoever opens it may have no account and no session yet.

use app::routes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::Error;
use service::auth::Viewer;
use service::invitations::{self, Opened};
use tower_sessions::Session;

use super::auth::{enter, refused, too_many};
use super::form::Form;
use super::head;
use super::problem::Problem;
use crate::sessions;
use crate::state::AppState;
use crate::web::client::Visitor;

#[derive(Deserialize)]
pub struct Join {
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
}

/// `GET /invitation/{token}`: 410 when it was used or is over, 404 when it is none.
pub async fn page(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let opened = invitations::open(&state.services, &token).await?;
    let status = match opened {
        Opened::Waits(_) => StatusCode::OK,
        Opened::Used(_) | Opened::Over(_) => StatusCode::GONE,
        Opened::Unknown => StatusCode::NOT_FOUND,
    };
    let viewer = viewer.as_ref().map(|Extension(viewer)| &viewer.user);
    let query = query.unwrap_or_default();
    let (title, body) = app::entry::invitation::print(&token, opened, viewer, &query);
    let head = head(&title, &state.assets.names.css);
    Ok((status, Html(format!("{head}<body>{body}</body></html>"))).into_response())
}

/// `POST /invitation/{token}`: who is signed in accepts; everybody else makes an account.
pub async fn accept(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    viewer: Option<Extension<Viewer>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Join>,
) -> Response {
    // It goes into the address that leads back.
    if !token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        return Problem::not_found().into_response();
    }
    let here = routes::invitation(&token);
    let kept = [("display_name", form.display_name.as_str())];
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many(&here, problem, &headers, &kept);
    }
    if let Some(Extension(viewer)) = viewer {
        return match invitations::accept_link(&state.services, &viewer, &token).await {
            Ok(slug) => Redirect::to(&routes::overview(&slug)).into_response(),
            Err(Error::NotFound) => Redirect::to(&here).into_response(),
            Err(error) => refused(&here, error, &[]),
        };
    }
    let client = sessions::client(&visitor);
    match invitations::join(&state.services, &token, &form.display_name, &form.password, &client).await {
        Ok((signed_in, slug)) => enter(&state, &session, &signed_in, &routes::overview(&slug)).await,
        // The page says what became of it.
        Err(Error::NotFound) => Redirect::to(&here).into_response(),
        Err(error @ Error::TooMany { .. }) => too_many(&here, error.into(), &headers, &kept),
        Err(error) => refused(&here, error, &kept),
    }
}
