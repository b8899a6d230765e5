//! Live tails as server-sent events: what arrives, for programs and for the page. A stream ends with the sign-in or the key
//! that opened it, and with the server; a browser then comes back by itself, with the place it had.

use std::fmt::Write as _;
use std::time::Duration;

use app::events::EventQuery;
use app::events::live;
use app::events::read::{Column, columns};
use app::when::Zone;
use axum::body::Body;
use axum::extract::{Extension, FromRequestParts, Path, RawQuery, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, request::Parts};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::permission::EventRead;
use domain::query::Query as Asked;
use futures::stream;
use service::auth::Viewer;
use service::events::tail::{self, Heard, Tail};
use service::{Client, Cx};
use tokio::time::Instant;

use super::api::{self, Caller};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use crate::sessions;
use crate::state::AppState;
use crate::web::client::Visitor;

pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// nginx would hold the answer back.
pub(super) const ACCEL: HeaderName = HeaderName::from_static("x-accel-buffering");
/// A reader comes back after so many milliseconds.
const RETRY: &str = "retry: 2000\n";
/// Whoever watches is asked for again this often, at the next thing to say.
const CHECK: Duration = Duration::from_secs(10);

/// What a live tail says of what it left out.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct SkippedItem {
    /// Matching events that were told.
    pub shown: u64,
    /// Matching events in all.
    pub matched: u64,
    /// Events that arrived too fast to look at.
    pub unread: u64,
    /// The time these numbers span.
    pub milliseconds: u64,
}

/// Events as they arrive.
///
/// A stream of server-sent events that stays open: `event: event` with an event as JSON, each with an `id`. Send the last `id` as
/// `Last-Event-ID` to go on after it, without gaps and repeats, within 14 minutes; later `event: lost` says that something is
/// missing. At most 200 events a second are told; of more a part, and `event: skipped` with the numbers. Lines that begin with
/// a colon, or blocks with only an `id`, say that the connection is alive. At most 24 streams a key.
#[utoipa::path(get, path = "/api/v1/events/tail", tag = "events", security(("api_key" = ["event.read"])), params(
    ("q" = Option<String>, Query, description = "In the query language; without it every event is told"),
    ("after" = Option<String>, Query, description = "As Last-Event-ID, for readers that cannot send it"),
    ("Last-Event-ID" = Option<String>, Header, description = "`id` of the last event that was read"),
), responses(
    (status = 200, description = "The stream; `skipped` carries this", body = SkippedItem, content_type = "text/event-stream"),
    (status = 429, description = "Too many streams are open", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn events(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &state).await?;
    let cx = caller.admit::<EventRead>()?;
    let mut query = Query::new(parts.uri.query());
    let asked = api::asked(&mut query, state.services.clock.now());
    let after = query.one::<String>("after");
    query.done()?;
    let who = Who::Key { parts: Box::new(parts.clone()) };
    let words = Words::Api;
    open(state, &cx, &parts.headers, after, tail::Wanted { query: asked, from: None }, who, words).await
}

/// `GET /o/{organization}/events/tail`: rows as the page prints them. The query is what the address of the list says.
pub async fn page(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Some(Extension(mut viewer)) = viewer else { return Err(Problem::unauthenticated()) };
    let (_, actor) = service::organizations::enter(&state.services, &viewer, &slug).await?;
    let cx = state.services.admit::<EventRead>(&actor)?;
    let mut query = Query::new(query.as_deref());
    let after = query.one::<String>("after");
    let mut one = |key| query.one::<String>(key).unwrap_or_default();
    let list = EventQuery { from: one("from"), q: one("q"), ..EventQuery::default() };
    let list = EventQuery { column: query.texts("column"), ..list };
    query.done()?;
    let columns = columns(&list.columns()).map_err(|e| Problem::bad_request(e.to_string()))?;
    let zone = Zone::named(&viewer.user.time_zone);
    let filter = list.filter_of(zone, state.services.clock.now());
    let filter = filter.map_err(Problem::invalid)?;
    let words = Words::Page { zone, query: filter.query.clone(), columns };
    let wanted = tail::Wanted { query: filter.query, from: filter.from };
    // That is noted by now, and need not be with each look whether they still may.
    viewer.organization = Some(actor.organization);
    let who = Who::Person { viewer: Box::new(viewer), slug };
    open(state, &cx, &headers, after, wanted, who, words).await
}

/// Who watches, to be asked for again.
enum Who {
    Person {
        viewer: Box<Viewer>,
        slug: String,
    },
    /// The request as it came, with its key.
    Key {
        parts: Box<Parts>,
    },
}

impl Who {
    async fn may_still(&self, state: &AppState) -> bool {
        let services = &state.services;
        let admitted = match self {
            Self::Person { viewer, slug } => {
                match service::auth::is_signed_in(services, viewer.session).await {
                    Ok(true) => {
                        service::organizations::enter(services, viewer, slug).await.map(|(_, actor)| actor)
                    }
                    Ok(false) => return false,
                    Err(error) => Err(error),
                }
            }
            Self::Key { parts } => {
                let secret = bearer(&parts.headers);
                let client = parts.extensions.get::<Visitor>().map_or_else(Client::default, sessions::client);
                service::api_keys::authenticate(services, secret, &client).await
            }
        };
        match admitted.and_then(|actor| services.admit::<EventRead>(&actor)) {
            // A database that is away for a moment is not a reason to send everybody off.
            Ok(_) | Err(service::Error::Unavailable { .. }) => true,
            Err(_) => false,
        }
    }
}

fn bearer(headers: &HeaderMap) -> &str {
    let text = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    text.and_then(|text| text.split_once(' ')).map_or("", |(_, secret)| secret.trim())
}

/// In which words it is told.
enum Words {
    Api,
    Page { zone: Zone, query: Option<Asked>, columns: Vec<Column> },
}

struct Watch {
    state: AppState,
    tail: Tail,
    who: Who,
    words: Words,
    checked: Instant,
}

async fn open(
    state: AppState,
    cx: &Cx<EventRead>,
    headers: &HeaderMap,
    after: Option<String>,
    wanted: tail::Wanted,
    who: Who,
    words: Words,
) -> Result<Response, Problem> {
    // A browser that comes back by itself sends both; the header is the newer one.
    let header = headers.get(LAST_EVENT_ID).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let last = header.filter(|text| !text.is_empty()).or(after);
    let tail = tail::open(cx, wanted, last.as_deref()).await.map_err(|error| match error {
        service::Error::TooMany { retry_after } => Problem::too_many(retry_after)
            .saying("Too many live tails are open here; close one of them, in another tab perhaps."),
        other => other.into(),
    })?;
    // With this a connection that breaks before anything was told is gone on from all the same.
    let hello = Bytes::from(format!("{RETRY}id: {}\n\n", tail.place()));
    let watch = Watch { state, tail, who, words, checked: Instant::now() };
    let told = stream::unfold(watch, |mut watch| async move {
        let block = watch.next().await?;
        Some((Ok::<_, std::io::Error>(Bytes::from(block)), watch))
    });
    let hello = stream::once(async { Ok::<_, std::io::Error>(hello) });
    let mut response = Body::from_stream(stream::StreamExt::chain(hello, told)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL, HeaderValue::from_static("no"));
    Ok(response)
}

impl Watch {
    /// The next blocks of the stream; `None` ends it.
    async fn next(&mut self) -> Option<String> {
        if self.checked.elapsed() >= CHECK {
            if !self.who.may_still(&self.state).await {
                return None;
            }
            self.checked = Instant::now();
        }
        match self.tail.next().await {
            Ok(heard) => self.words.of(heard),
            Err(error) => {
                tracing::warn!(%error, "a live tail broke off");
                None
            }
        }
    }
}

impl Words {
    fn of(&self, heard: Heard) -> Option<String> {
        let mut blocks = String::new();
        match (heard, self) {
            (Heard::Closed, _) => return None,
            (Heard::Quiet(place), _) => block(&mut blocks, Some(&place), None, ""),
            (Heard::Lost(place), _) => block(&mut blocks, Some(&place), Some("lost"), "{}"),
            (Heard::Events(told), Self::Api) => {
                for (place, event) in told {
                    let event = serde_json::to_string(&*event).unwrap_or_default();
                    block(&mut blocks, Some(&place), Some("event"), &event);
                }
            }
            (Heard::Events(told), Self::Page { zone, query, columns }) => {
                let last = told.last().map(|(place, _)| *place);
                let rows =
                    live::rows(told.iter().rev().map(|(_, event)| &**event), *zone, query.as_ref(), columns);
                block(&mut blocks, last.as_ref(), Some("rows"), &rows);
            }
            (Heard::Skipped(s), Self::Api) => {
                let tail::Skipped { shown, matched, unread, milliseconds } = s;
                let item = SkippedItem { shown, matched, unread, milliseconds };
                block(&mut blocks, None, Some("skipped"), &serde_json::to_string(&item).unwrap_or_default());
            }
            (Heard::Skipped(skipped), Self::Page { .. }) => {
                block(&mut blocks, None, Some("skipped"), &live::skipped(&skipped));
            }
        }
        Some(blocks)
    }
}

/// `data` is one line.
fn block(into: &mut String, place: Option<&tail::Place>, event: Option<&str>, data: &str) {
    if let Some(place) = place {
        let _ = writeln!(into, "id: {place}");
    }
    if let Some(event) = event {
        let _ = writeln!(into, "event: {event}\ndata: {data}");
    }
    into.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_with_an_empty_line() {
        let mut text = String::new();
        block(&mut text, None, Some("skipped"), "{}");
        block(&mut text, None, None, "");
        assert_eq!(text, "event: skipped\ndata: {}\n\n\n");
    }
}
