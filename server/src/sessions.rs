//! The session cookie: tower-sessions over the service's encrypted table, and the viewer behind it.
//!
//! The cookie is `__Host-watchroom` where cookies are secure, else `watchroom`; HttpOnly, SameSite=Lax, path `/`. A session
//! exists only after a sign-in and holds nothing but the device it belongs to (or, for five minutes after the right password
//! of an account with a second factor, who still owes the code, or for ten minutes the sign-ins that are at the provider: that is
//! nobody's sign-in); its id changes at every sign-in, at a
//! change of password and with the first document after the person got another role anywhere. It ends when idle, at its absolute end, or when the device is signed out elsewhere.

use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, SET_COOKIE};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Timestamp, UserId, UserSessionId};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use service::auth::oidc::{self, Unproved};
use service::auth::{SignedIn, Viewer};
use service::{Client, Services};
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Expiry, Id, Record};
use tower_sessions::session_store::{Error, Result as Kept};
use tower_sessions::{Session, SessionManagerLayer, SessionStore};

use crate::config::Config;
use crate::http::problem::Problem;
use crate::state::AppState;
use crate::web::client::Visitor;

/// Server functions after which the session gets another id (paths carry a hash behind the name).
const ROTATING: &str = "/fn/change_password";
/// Keys inside a session.
const DEVICE: &str = "device";
const ENDS: &str = "ends";
const SEEN: &str = "seen";
/// The roles that the person had with the last page, as [`service::auth::roles`] names them.
const ROLES: &str = "roles";
/// The account whose password was right, while its code is waited for, and since when (microseconds since 1970).
const WAITING: &str = "waiting";
const UNPROVED: &str = "unproved";
const SINCE: &str = "since";
/// Sign-ins of this browser that are at the provider: each attempt and when it began (seconds since 1970).
const AWAY: &str = "away";
/// So many at a time: tabs of one browser.
const MOST_AWAY: usize = 5;
/// What a page sends with a request that nobody made: it reads itself again because of what others did.
const BY_ITSELF: &str = "x-watchroom-by-itself";
/// Seconds for typing the code.
const CODE_WAIT: i64 = 300;
/// The idle time is pushed forward at most this often (seconds), so that reading pages does not write each time.
const SLIDE: i64 = 300;

/// The store behind tower-sessions.
#[derive(Clone)]
pub struct Keeper(Services);

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}

pub fn cookie_name(config: &Config) -> &'static str {
    if config.cookies_are_secure() { "__Host-watchroom" } else { "watchroom" }
}

pub fn layer(services: &Services, config: &Config) -> SessionManagerLayer<Keeper> {
    SessionManagerLayer::new(Keeper(services.clone()))
        .with_name(cookie_name(config))
        .with_secure(config.cookies_are_secure())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// Finds out who is looking, once a request, and puts [`Viewer`] into its extensions.
pub async fn find_viewer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return Problem::internal("the session layer is missing").into_response();
    };
    let client = client_of(&request);
    let by = if is_by_itself(&request) { By::ThePage } else { By::APerson };
    let brought = session.id().is_some();
    // Reading it forgets an id that is not in the store. What cannot be read is told below.
    let _ = session.get_value(DEVICE).await;
    let is_unknown = brought && session.id().is_none();
    match viewer(&state, &session, &client, by).await {
        Ok(Some(viewer)) => {
            if by == By::APerson
                && is_page(&request)
                && let Err(problem) = follow_roles(&state, &session, &viewer).await
            {
                return problem.into_response();
            }
            request.extensions_mut().insert(viewer);
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    let rotates = request.uri().path().starts_with(ROTATING);
    let mut response = next.run(request).await;
    if is_unknown {
        response.extensions_mut().insert(Unknown);
    }
    // A wrong old password changes nothing: a request in flight would take the new id from the browser.
    if rotates
        && was_done(&response)
        && session.id().is_some()
        && let Err(error) = rotate(&state, &session).await
    {
        return Problem::internal(format!("the session id could not be changed: {error}")).into_response();
    }
    response
}

/// Whether a server function did what was asked. A plain form is led back to its page either way.
fn was_done(response: &Response) -> bool {
    let refused = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    !refused && (response.status().is_success() || response.status().is_redirection())
}

/// Who made a request.
#[derive(Clone, Copy, PartialEq)]
enum By {
    APerson,
    /// An open one: it keeps nobody signed in.
    ThePage,
}

/// A stream says nothing of itself (`EventSource` sends no headers), and comes back by itself. What a live list asks anew has it behind its
/// arguments (`app::fetch`).
fn is_by_itself(request: &Request) -> bool {
    let path = request.uri().path();
    let is_stream = path.starts_with("/o/") && (path.ends_with("/live") || path.ends_with("/events/tail"));
    let query = request.uri().query().unwrap_or_default();
    let said = path.starts_with("/fn/") && query.ends_with("&by-itself=1");
    is_stream || said || request.headers().contains_key(BY_ITSELF)
}

/// The request came with a session id that is not known.
#[derive(Clone, Copy)]
struct Unknown;

/// Outside of the session layer, which takes the cookie of an unknown session from the browser: a request that was under way when the
/// id changed would take the new one.
pub async fn leave_cookie(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.extensions().get::<Unknown>().is_some() {
        let name = cookie_name(&state.config);
        let removes = |cookie: &HeaderValue| {
            let value = cookie.to_str().ok().and_then(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
            value.is_some_and(|value| value.starts_with(';'))
        };
        let cookies: Vec<HeaderValue> = response.headers().get_all(SET_COOKIE).iter().cloned().collect();
        response.headers_mut().remove(SET_COOKIE);
        for cookie in cookies.into_iter().filter(|cookie| !removes(cookie)) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// Whether a browser asks for a document: least of all is under way with the old id then.
fn is_page(request: &Request) -> bool {
    let path = request.uri().path();
    let is_wanted = if let Some(wanted) = request.headers().get("sec-fetch-dest") {
        wanted.as_bytes() == b"document"
    } else {
        // Over plain http browsers do not say it.
        let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    };
    request.method() == Method::GET
        && is_wanted
        && !["/fn/", "/api/"].iter().any(|part| path.starts_with(part))
}

/// Another role is another session id: who learned the old one does not have what the person may do from now on.
async fn follow_roles(state: &AppState, session: &Session, viewer: &Viewer) -> Result<(), Problem> {
    let roles = service::auth::roles(&state.services, &viewer.user).await?;
    let follow = async {
        let before = session.get::<String>(ROLES).await?;
        if before.as_ref() == Some(&roles) {
            return Ok(());
        }
        session.insert(ROLES, roles).await?;
        // One of before that was kept has no roles: who knows what they were.
        rotate(state, session).await
    };
    follow.await.map_err(|e: tower_sessions::session::Error| failed(&e))
}

/// Another id for the same session. The expiry is said again: it is the cookie's Max-Age, and it is not read from the store.
async fn rotate(state: &AppState, session: &Session) -> Result<(), tower_sessions::session::Error> {
    session.cycle_id().await?;
    let ends = session.get::<i64>(ENDS).await?.unwrap_or(0);
    slide(state, session, state.services.clock.now().seconds(), ends).await
}

/// Starts a session for a device, under a fresh id whatever the browser sent.
pub async fn start(state: &AppState, session: &Session, signed_in: &SignedIn) -> Result<(), Problem> {
    let now = state.services.clock.now().seconds();
    let ends = now + seconds(state.config.session_absolute);
    let roles = service::auth::roles(&state.services, &signed_in.user).await?;
    let begin = async {
        // Not `flush`: what is saved after it keeps the id that the browser brought.
        session.clear().await;
        session.cycle_id().await?;
        session.insert(DEVICE, signed_in.session).await?;
        session.insert(ENDS, ends).await?;
        session.insert(ROLES, roles).await?;
        slide(state, session, now, ends).await
    };
    begin.await.map_err(|e| failed(&e))
}

/// The password was right; the code of the second factor is waited for, in a session that signs nobody in.
/// `unproved`: what the provider told, which counts after the code.
pub async fn wait_for_code(
    state: &AppState,
    session: &Session,
    user: UserId,
    unproved: Option<Unproved>,
) -> Result<(), Problem> {
    let now = state.services.clock.now();
    let until = now.plus_seconds(CODE_WAIT).seconds();
    let begin = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(WAITING, user).await?;
        session.insert(SINCE, now.micros()).await?;
        if let Some(unproved) = unproved {
            session.insert(UNPROVED, unproved).await?;
        }
        session.set_expiry(OffsetDateTime::from_unix_timestamp(until).ok().map(Expiry::AtDateTime));
        Ok(())
    };
    begin.await.map_err(|e: tower_sessions::session::Error| failed(&e))
}

/// Whose code is waited for, and since when.
pub async fn waiting_for_code(
    state: &AppState,
    session: &Session,
) -> Result<Option<(UserId, Timestamp)>, Problem> {
    if session.id().is_none() {
        return Ok(None);
    }
    let user = session.get::<UserId>(WAITING).await.map_err(|e| failed(&e))?;
    let since = session.get::<i64>(SINCE).await.map_err(|e| failed(&e))?;
    let since = since.and_then(Timestamp::from_micros);
    Ok(user.zip(since).filter(|(_, since)| state.services.clock.now() < since.plus_seconds(CODE_WAIT)))
}

/// What the provider told of who waits.
pub async fn unproved(session: &Session) -> Result<Option<Unproved>, Problem> {
    session.get(UNPROVED).await.map_err(|e| failed(&e))
}

/// Remembers that this browser was sent to the provider, in a session that signs nobody in.
pub async fn send_away(state: &AppState, session: &Session, attempt: String) -> Result<(), Problem> {
    let now = state.services.clock.now().seconds();
    let begin = async {
        let mut away = away(session, now).await?;
        away.push((attempt, now));
        let older = away.len().saturating_sub(MOST_AWAY);
        away.drain(..older);
        session.insert(AWAY, away).await?;
        let until = OffsetDateTime::from_unix_timestamp(now + oidc::WAIT);
        session.set_expiry(until.ok().map(Expiry::AtDateTime));
        Ok(())
    };
    begin.await.map_err(|e: tower_sessions::session::Error| failed(&e))
}

/// Whether this browser was sent there; it is forgotten by being asked.
pub async fn came_back(state: &AppState, session: &Session, attempt: &str) -> Result<bool, Problem> {
    if session.id().is_none() {
        return Ok(false);
    }
    let asked = async {
        let mut away = away(session, state.services.clock.now().seconds()).await?;
        let before = away.len();
        away.retain(|(other, _)| other != attempt);
        if away.len() < before {
            session.insert(AWAY, &away).await?;
        }
        Ok(away.len() < before)
    };
    asked.await.map_err(|e: tower_sessions::session::Error| failed(&e))
}

async fn away(session: &Session, now: i64) -> Result<Vec<(String, i64)>, tower_sessions::session::Error> {
    let mut away = session.get::<Vec<(String, i64)>>(AWAY).await?.unwrap_or_default();
    away.retain(|(_, since)| now < since + oidc::WAIT);
    Ok(away)
}

/// Forgets the session here and in the browser.
pub async fn end(session: &Session) -> Result<(), Problem> {
    session.flush().await.map_err(|e| failed(&e))
}

/// What the audit log keeps of where a request came from.
pub fn client_of(request: &Request) -> Client {
    match request.extensions().get::<Visitor>() {
        Some(visitor) => client(visitor),
        None => Client::default(),
    }
}

pub fn client(visitor: &Visitor) -> Client {
    Client { ip_address: Some(visitor.ip.to_string()), user_agent: visitor.user_agent.clone() }
}

async fn viewer(
    state: &AppState,
    session: &Session,
    client: &Client,
    by: By,
) -> Result<Option<Viewer>, Problem> {
    if session.id().is_none() {
        return Ok(None);
    }
    let device = session.get::<UserSessionId>(DEVICE).await.map_err(|e| failed(&e))?;
    let ends = session.get::<i64>(ENDS).await.map_err(|e| failed(&e))?.unwrap_or(0);
    let now = state.services.clock.now().seconds();
    let viewer = match device {
        Some(device) if now < ends => match by {
            By::APerson => service::auth::viewer(&state.services, device, client).await?,
            By::ThePage => service::auth::onlooker(&state.services, device, client).await?,
        },
        _ => None,
    };
    if viewer.is_none()
        && (waiting_for_code(state, session).await?.is_some()
            || !away(session, now).await.map_err(|e| failed(&e))?.is_empty())
    {
        return Ok(None);
    }
    if viewer.is_none() {
        end(session).await?;
        return Ok(None);
    }
    let seen = session.get::<i64>(SEEN).await.map_err(|e| failed(&e))?.unwrap_or(0);
    if by == By::APerson && now - seen >= SLIDE {
        slide(state, session, now, ends).await.map_err(|e| failed(&e))?;
    }
    Ok(viewer)
}

async fn slide(
    state: &AppState,
    session: &Session,
    now: i64,
    ends: i64,
) -> Result<(), tower_sessions::session::Error> {
    let expiry = ends.min(now + seconds(state.config.session_idle));
    session.insert(SEEN, now).await?;
    session.set_expiry(OffsetDateTime::from_unix_timestamp(expiry).ok().map(Expiry::AtDateTime));
    Ok(())
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 4)
}

fn failed(error: &tower_sessions::session::Error) -> Problem {
    Problem::unavailable("The session cannot be read at the moment.", 5).because(error.to_string())
}

fn backend(error: service::Error) -> Error {
    Error::Backend(error.to_string())
}

fn encode(record: &Record) -> Kept<Vec<u8>> {
    serde_json::to_vec(&(&record.data, record.expiry_date.unix_timestamp()))
        .map_err(|e| Error::Encode(e.to_string()))
}

#[async_trait]
impl SessionStore for Keeper {
    async fn create(&self, record: &mut Record) -> Kept<()> {
        let expiry = record.expiry_date.unix_timestamp();
        while !service::sessions::create(&self.0, &record.id.to_string(), &encode(record)?, expiry)
            .await
            .map_err(backend)?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Kept<()> {
        let expiry = record.expiry_date.unix_timestamp();
        service::sessions::save(&self.0, &record.id.to_string(), &encode(record)?, expiry)
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Kept<Option<Record>> {
        let Some(bytes) = service::sessions::load(&self.0, &id.to_string()).await.map_err(backend)? else {
            return Ok(None);
        };
        let (data, expiry): (HashMap<String, serde_json::Value>, i64) =
            serde_json::from_slice(&bytes).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(expiry).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Kept<()> {
        service::sessions::delete(&self.0, &id.to_string()).await.map_err(backend)
    }
}
