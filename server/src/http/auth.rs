//! Signing in and out and the first set-up as plain HTML forms, so that they work with WebAssembly blocked.
//!
//! On failure the browser is sent back to the page with `error=<code>` and what was typed, never a password. Codes:
//! `credentials`, `code`, `locked` (with `retry_after`), `invalid` (with `field` and `reason`), `conflict`, `unavailable`.

use app::routes::SIGN_IN_CODE;
use axum::extract::{Extension, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, HeaderValue, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::account::NewUser;
use domain::organization::NewOrganization;
use serde::Deserialize;
use service::Error;
use service::auth::{First, SignedIn, Viewer, oidc};
use tower_sessions::Session;

use super::form::Form;
use super::problem::Problem;
use crate::sessions;
use crate::state::AppState;
use crate::web::client::Visitor;

#[derive(Deserialize)]
pub struct SignIn {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    /// Where to go afterwards; a path of this site.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub struct Setup {
    #[serde(default)]
    email: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    slug: String,
}

/// `POST /sign-in`
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    let client = sessions::client(&visitor);
    let kept = [("email", form.email.as_str()), ("next", form.next.as_str())];
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many("/sign-in", problem, &headers, &kept);
    }
    match service::auth::begin(&state.services, &form.email, &form.password, &client).await {
        Ok(First::Code(user)) => match sessions::wait_for_code(&state, &session, user, None).await {
            Ok(()) => Redirect::to(&code_page(&form.next)).into_response(),
            Err(problem) => problem.into_response(),
        },
        Ok(First::In(signed_in)) => enter(&state, &session, &signed_in, &form.next).await,
        Err(Error::Unauthenticated) => back("/sign-in", "credentials", &kept),
        Err(error @ Error::TooMany { .. }) => too_many("/sign-in", error.into(), &headers, &kept),
        Err(error) => refused("/sign-in", error, &kept),
    }
}

#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `GET /sign-in/code`: for a browser that gave the right password a moment ago.
pub async fn code(State(state): State<AppState>, session: Session, RawQuery(query): RawQuery) -> Response {
    match sessions::waiting_for_code(&state, &session).await {
        Ok(Some(_)) => {
            let head = super::head(app::entry::code::TITLE, &state.assets.names.css);
            let body = app::entry::code::print(&query.unwrap_or_default());
            Html(format!("{head}<body>{body}</body></html>")).into_response()
        }
        Ok(None) => Redirect::to("/sign-in").into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// `POST /sign-in/code`
pub async fn second(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<Code>,
) -> Response {
    let kept = [("next", form.next.as_str())];
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many(SIGN_IN_CODE, problem, &headers, &kept);
    }
    let (user, since) = match sessions::waiting_for_code(&state, &session).await {
        Ok(Some(waiting)) => waiting,
        Ok(None) => return Redirect::to("/sign-in").into_response(),
        Err(problem) => return problem.into_response(),
    };
    let client = sessions::client(&visitor);
    match service::auth::factor::second(&state.services, user, since, &form.code, &client).await {
        Ok(signed_in) => {
            let proved = match sessions::unproved(&session).await {
                Ok(unproved) => unproved,
                Err(problem) => return problem.into_response(),
            };
            // Who gave password or provider, and code, is in; a link that fails is made the next time.
            if let Some(proved) = proved
                && let Err(error) = oidc::complete(&state.services, &signed_in.user, &proved, &client).await
            {
                tracing::error!(%error, "an account could not be linked to its provider");
            }
            enter(&state, &session, &signed_in, &form.next).await
        }
        Err(Error::Unauthenticated) => back(SIGN_IN_CODE, "code", &kept),
        // Nothing waits for a code any more.
        Err(Error::Conflict(_)) => match sessions::end(&session).await {
            Ok(()) => back("/sign-in", "changed", &kept),
            Err(problem) => problem.into_response(),
        },
        Err(error @ Error::TooMany { .. }) => too_many(SIGN_IN_CODE, error.into(), &headers, &kept),
        Err(error) => refused(SIGN_IN_CODE, error, &kept),
    }
}

pub(super) fn code_page(next: &str) -> String {
    format!("{SIGN_IN_CODE}?{}", super::query::encode([("next", next.to_owned())].into_iter()))
}

/// `POST /sign-out`
pub async fn sign_out(
    State(state): State<AppState>,
    session: Session,
    viewer: Option<Extension<Viewer>>,
) -> Response {
    if let Some(Extension(viewer)) = viewer
        && let Err(error) = service::auth::sign_out(&state.services, &viewer).await
    {
        return Problem::from(error).into_response();
    }
    match sessions::end(&session).await {
        Ok(()) => Redirect::to("/sign-in").into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// `POST /setup`: the first account and its organization.
pub async fn setup(
    State(state): State<AppState>,
    Extension(visitor): Extension<Visitor>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<Setup>,
) -> Response {
    if let Err(problem) = state.limits.sign_in(visitor.ip) {
        return too_many("/setup", problem, &headers, &[]);
    }
    let slug =
        if form.slug.trim().is_empty() { slug_of(&form.organization) } else { form.slug.trim().to_owned() };
    let username = if form.username.trim().is_empty() {
        form.email.split('@').next().unwrap_or_default()
    } else {
        form.username.trim()
    };
    let user = NewUser {
        email: form.email.trim().to_owned(),
        username: username.to_owned(),
        display_name: Some(form.display_name.trim().to_owned()).filter(|n| !n.is_empty()),
        password: form.password,
        is_sre: true,
    };
    let organization = NewOrganization {
        slug: slug.clone(),
        name: form.organization.trim().to_owned(),
        ..NewOrganization::default()
    };
    let kept = [
        ("email", form.email.as_str()),
        ("username", form.username.as_str()),
        ("display_name", form.display_name.as_str()),
        ("organization", form.organization.as_str()),
        ("slug", form.slug.as_str()),
    ];
    match service::auth::create_first_admin(&state.services, user, organization, &sessions::client(&visitor))
        .await
    {
        Ok(signed_in) => enter(&state, &session, &signed_in, &format!("/o/{slug}/overview")).await,
        Err(error) => refused("/setup", error, &kept),
    }
}

pub(super) async fn enter(state: &AppState, session: &Session, signed_in: &SignedIn, next: &str) -> Response {
    match sessions::start(state, session, signed_in).await {
        Ok(()) => Redirect::to(local(next)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

pub(super) fn refused(page: &str, error: Error, kept: &[(&'static str, &str)]) -> Response {
    match error {
        Error::Invalid(invalid) => {
            let mut pairs = kept.to_vec();
            for wrong in &invalid.0 {
                pairs.push(("field", &wrong.field));
                pairs.push(("reason", &wrong.reason));
            }
            back(page, "invalid", &pairs)
        }
        Error::Conflict(_) => back(page, "conflict", kept),
        Error::Unavailable { .. } => back(page, "unavailable", kept),
        other => Problem::from(other).into_response(),
    }
}

pub(super) fn back(page: &str, code: &str, kept: &[(&'static str, &str)]) -> Response {
    let pairs = [("error", code)].into_iter().chain(kept.iter().copied().filter(|(_, v)| !v.is_empty()));
    let query = super::query::encode(pairs.map(|(k, v)| (k, v.chars().take(400).collect::<String>())));
    Redirect::to(&format!("{page}?{query}")).into_response()
}

/// A person is sent back to the page with the seconds to wait; a program gets the problem, 429.
pub(super) fn too_many(
    page: &str,
    problem: Problem,
    headers: &HeaderMap,
    kept: &[(&'static str, &str)],
) -> Response {
    let person = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let Some(seconds) = problem.retry_after().filter(|_| person) else { return problem.into_response() };
    let seconds = seconds.to_string();
    let mut pairs = kept.to_vec();
    pairs.push(("retry_after", &seconds));
    let mut response = back(page, "locked", &pairs);
    if let Ok(value) = HeaderValue::from_str(&seconds) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

/// A path of this site, else the start page: never another site.
pub(super) fn local(next: &str) -> &str {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !path.contains("//");
    if plain { next } else { "/" }
}

/// `Bär & Söhne` becomes `bar-sohne`.
fn slug_of(name: &str) -> String {
    let slug = slug::slugify(name);
    let slug = slug.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    slug[..slug.len().min(63)].trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_on_this_site() {
        assert_eq!(local("/o/acme/events?severity=high"), "/o/acme/events?severity=high");
        for elsewhere in [
            "",
            "//evil.test",
            "https://evil.test",
            "/\\evil.test",
            "/x//evil",
            "javascript:alert(1)",
            "/a\r\nset-cookie: x",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn a_name_suggests_its_slug() {
        assert_eq!(slug_of("Acme Corp."), "acme-corp");
        assert_eq!(slug_of("42 Things"), "things");
        assert_eq!(slug_of("Bär & Söhne"), "bar-sohne");
        assert_eq!(slug_of("Ελλάς"), "ellas");
    }
}
