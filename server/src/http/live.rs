//! Pages that are followed, as server-sent events: what changed, and who else is there. A stream ends with the sign-in, the
//! membership or the organization that it stands on, and with the server; a browser then comes back by itself, with the number it had.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::live::{Doing, Topic};
use domain::permission::OrganizationEnter;
use futures::stream;
use service::auth::Viewer;
use service::live::{self, Asked, Heard, Stream};
use tokio::time::Instant;

use super::problem::Problem;
use super::query::Query;
use super::tail::{ACCEL, LAST_EVENT_ID};
use crate::state::AppState;

/// A reader comes back after so many milliseconds.
const RETRY: &str = "retry: 3000\n";
/// Whether the reader still may is asked for again this often, at the next thing to say. With the beat of a stream, 10 seconds,
/// nobody hears anything half a minute after they lost the right to.
const CHECK: Duration = Duration::from_secs(15);

/// `GET /o/{organization}/live?about={topic}…&after={number}&tab={id}&doing={form}:{field}`
pub async fn page(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let Some(Extension(mut viewer)) = viewer else { return Err(Problem::unauthenticated()) };
    let (_, actor) = service::organizations::enter(&state.services, &viewer, &slug).await?;
    let mut query = Query::new(query.as_deref());
    let about = query.texts("about");
    let (after, tab) = (query.one::<i64>("after"), query.one::<uuid::Uuid>("tab"));
    let doing = query.one::<String>("doing").and_then(|text| Doing::parse(&text));
    query.done()?;
    let topics: Option<Vec<Topic>> = about.iter().map(|text| Topic::parse(text)).collect();
    let topics =
        topics.ok_or_else(|| Problem::bad_request("about: not something that can be followed".to_owned()))?;
    // A browser that comes back by itself sends both; the header is the newer one.
    let last = headers.get(LAST_EVENT_ID).and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
    let asked = Asked { topics, after: last.or(after), tab, doing };
    let cx = state.services.admit::<OrganizationEnter>(&actor)?;
    let stream = live::open(&cx, asked).await.map_err(|error| match error {
        service::Error::TooMany { retry_after } => Problem::too_many(retry_after)
            .saying("Too many pages are open here; close some of them, in other tabs perhaps."),
        other => other.into(),
    })?;
    let hello = Bytes::from(format!("{RETRY}id: {}\n\n", stream.place()));
    // That is noted by now, and need not be with each look whether they still may.
    viewer.organization = Some(actor.organization);
    let is_member = actor.role.is_some();
    let watch = Watch { state, stream, viewer, slug, is_member, checked: Instant::now() };
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

struct Watch {
    state: AppState,
    stream: Stream,
    viewer: Viewer,
    slug: String,
    /// It began as one of the organization: it does not go on by the platform role alone, which meets nobody.
    is_member: bool,
    checked: Instant,
}

impl Watch {
    /// The next block of the stream; `None` ends it.
    async fn next(&mut self) -> Option<String> {
        let heard = match self.stream.next().await {
            Ok(heard) => heard,
            Err(error) => {
                tracing::warn!(%error, "the stream of a page broke off");
                return None;
            }
        };
        // After the wait: what is told next is told to who may hear it now.
        if self.checked.elapsed() >= CHECK {
            if !self.may_still().await {
                return None;
            }
            self.checked = Instant::now();
        }
        let place = self.stream.place();
        Some(match heard {
            Heard::Closed => return None,
            Heard::Quiet => format!("id: {place}\n\n"),
            Heard::Lost => block(place, "lost", "{}"),
            Heard::Changes(notes) => block(place, "changes", &app::live::changes(&notes, self.stream.me())),
            Heard::People(people) => block(place, "people", &app::live::people(&people)),
        })
    }

    async fn may_still(&self) -> bool {
        let services = &self.state.services;
        let entered = match service::auth::is_signed_in(services, self.viewer.session).await {
            Ok(true) => service::organizations::enter(services, &self.viewer, &self.slug).await,
            Ok(false) => return false,
            Err(error) => Err(error),
        };
        match entered {
            Ok((_, actor)) if self.is_member && actor.role.is_none() => false,
            Ok((_, actor)) => live::may_follow(&actor, self.stream.topics()),
            // A database that is away for a moment is not a reason to send everybody off.
            Err(service::Error::Unavailable { .. }) => true,
            Err(_) => false,
        }
    }
}

/// `data` is one line.
fn block(place: i64, event: &str, data: &str) -> String {
    let mut text = String::with_capacity(data.len() + 48);
    let _ = write!(text, "id: {place}\nevent: {event}\ndata: {data}\n\n");
    text
}
