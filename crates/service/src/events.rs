//! Events: taking them in, listing, counting.

mod bound;
mod by_severity;
mod prepare;
pub(crate) mod queue;
pub mod tail;

use std::sync::Arc;

use domain::audit::{Action, AuditEntry};
use domain::event::{Event, NewEvent};
use domain::filter::{EventFilter, FacetRequest};
use domain::overview::{Calendar, Series};
use domain::page::Page;
use domain::permission::{EventExport, EventRead, EventWrite};
use domain::query::Target;
use domain::upload::Receipt;
use domain::{EventId, Invalid, Timestamp};
use serde_json::{Value, json};
use store::ReadTx;
use store::event::Position;
use store::ingest::Answer;
use uuid::Uuid;

pub use bound::{Bound, bound};
pub use by_severity::{BySeverity, list_by_severity};
pub use domain::filter::{Count, Facet};
pub use prepare::{PreparedEvent, Preparer, prepare};

use crate::{Cx, Error, Result};

/// How events came in; decides the audit action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// `POST /api/v1/events`.
    Api,
    /// A file, by its name, from the command line or the browser.
    File(Arc<str>),
}

/// What became of the rows that were handed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Stored now, or stored before under the same id.
    pub accepted: u64,
    /// Of these the ones whose id was stored before.
    pub duplicates: u64,
    /// Positions of the rows that were not accepted because another event has the id that they bring.
    pub conflicts: Vec<usize>,
    /// Set when a request with this `Idempotency-Key` was answered before: nothing was stored, this is the answer to give.
    pub replayed: Option<(u16, String)>,
}

/// The `Idempotency-Key` of a request with the answer to keep under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Idempotency {
    pub key: String,
    /// Hash of the request's body and parameters; the same key with another one is a conflict.
    pub request_hash: String,
    pub status: u16,
    /// The answer's body, JSON. A [`domain::upload::Receipt`] is settled by what storing shows.
    pub response: String,
    /// Where each row stood in the request, for the receipt.
    pub indexes: Vec<u64>,
}

/// Longest `Idempotency-Key`.
pub const MAX_KEY: usize = 255;
/// Most events a page holds.
const MAX_PAGE: u32 = 1000;
/// Values of a field shown in its facet, and in one that was asked for more.
const FACET_VALUES: usize = 12;
const MORE_VALUES: usize = 100;
/// Values offered while a query is typed.
const OFFERED: usize = 10;
/// Most facets of the payload in one request.
pub const MAX_FACETS: usize = 5;
/// Events shown right before and right after one.
const SURROUNDING: usize = 5;
/// Most values of one field in a filter.
const MAX_VALUES: usize = 100;

/// Stores events, durably when it returns. Ids that are stored already are passed over and counted.
///
/// # Errors
/// `TooMany` when too much is waiting to be stored; `Unavailable` when the database is away or full. Nothing was stored then.
pub async fn ingest(cx: &Cx<EventWrite>, rows: Vec<NewEvent>, origin: Origin) -> Result<Ingested> {
    let rows = prepare_all(cx, rows).await?;
    ingest_prepared(cx, rows, origin).await
}

/// As [`ingest`], keeping the answer under the request's key in the same transaction.
pub async fn ingest_once(
    cx: &Cx<EventWrite>,
    rows: Vec<NewEvent>,
    origin: Origin,
    once: Idempotency,
) -> Result<Ingested> {
    let rows = prepare_all(cx, rows).await?;
    ingest_prepared_once(cx, rows, origin, once).await
}

/// As [`ingest`], for rows that went through [`prepare`] where they were parsed.
pub async fn ingest_prepared(
    cx: &Cx<EventWrite>,
    rows: Vec<PreparedEvent>,
    origin: Origin,
) -> Result<Ingested> {
    if rows.is_empty() {
        return Ok(Ingested::default());
    }
    let bound = bound::bound_rows(cx, &rows)?;
    let sender = queue::Sender { actor: cx.actor.audit(), origin, bound };
    queue::submit(&cx.services, cx.actor.organization, sender, rows, None).await
}

/// As [`ingest_once`], for rows that went through [`prepare`].
pub async fn ingest_prepared_once(
    cx: &Cx<EventWrite>,
    rows: Vec<PreparedEvent>,
    origin: Origin,
    once: Idempotency,
) -> Result<Ingested> {
    let key = kept_under(cx, &once.key)?;
    let response: Value = serde_json::from_str(&once.response)
        .map_err(|e| Error::Internal(format!("the answer is not JSON: {e}")))?;
    let answer = Answer { request_hash: once.request_hash, status: i64::from(once.status), response };
    let bound = bound::bound_rows(cx, &rows)?;
    let sender = queue::Sender { actor: cx.actor.audit(), origin, bound };
    let once = queue::Once { key, answer, indexes: once.indexes };
    queue::submit(&cx.services, cx.actor.organization, sender, rows, Some(once)).await
}

/// The answer kept under a key, if there is one.
///
/// # Errors
/// `Conflict` when the key was used for another request.
pub async fn replay(cx: &Cx<EventWrite>, key: &str, request_hash: &str) -> Result<Option<(u16, String)>> {
    let key = kept_under(cx, key)?;
    match store::ingest::answer(&mut cx.read().await?, &key).await? {
        None => Ok(None),
        Some(answer) => same_request(answer, request_hash).map(Some),
    }
}

/// The name that an answer is kept under. That of a key of one source begins with the source and a blank, which no sender can write: it takes
/// nobody else's.
fn kept_under(cx: &Cx<EventWrite>, key: &str) -> Result<String> {
    check_key(key)?;
    Ok(match cx.actor.who {
        crate::Who::ApiKey { source: Some(source), .. } => format!("{source} {key}"),
        _ => key.to_owned(),
    })
}

pub(crate) fn check_key(key: &str) -> Result<()> {
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Error::Invalid(Invalid::field(
            "Idempotency-Key",
            "use 1 to 255 visible ASCII characters, for example a UUID",
        )));
    }
    Ok(())
}

fn same_request(answer: Answer, request_hash: &str) -> Result<(u16, String)> {
    if answer.request_hash == request_hash {
        // PostgreSQL keeps no order of keys; the answer has the one of the type, as the first time.
        let body = match serde_json::from_value::<Receipt>(answer.response.clone()) {
            Ok(receipt) => serde_json::to_string(&receipt).unwrap_or_default(),
            Err(_) => answer.response.to_string(),
        };
        Ok((u16::try_from(answer.status).unwrap_or(200), body))
    } else {
        Err(Error::Conflict(
            "this Idempotency-Key was used with another body; use a new key for a new request".to_owned(),
        ))
    }
}

/// Templates and fingerprints are computed off the threads that answer requests.
async fn prepare_all(cx: &Cx<EventWrite>, rows: Vec<NewEvent>) -> Result<Vec<PreparedEvent>> {
    let organization = cx.actor.organization;
    let work = move || {
        let mut preparer = Preparer::new(organization);
        rows.into_iter().map(|row| preparer.prepare(row)).collect()
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(format!("preparing events: {e}")))
}

/// A page of the filtered list, in the filter's order. The page can be short, even empty, though there is a next one: after
/// a certain amount of reading without a match the answer does not wait for the rest.
pub async fn list(
    cx: &Cx<EventRead>,
    filter: &EventFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Event>> {
    page(&mut cx.read().await?, filter, limit, cursor).await
}

async fn page(
    tx: &mut ReadTx,
    filter: &EventFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Event>> {
    check_filter(filter)?;
    let after = cursor.map(parse_cursor).transpose()?;
    let found = store::event::page(tx, filter, after, limit.clamp(1, MAX_PAGE) as usize).await?;
    Ok(Page { items: found.events, next_cursor: found.next.map(write_cursor) })
}

/// Records that an export begins. Then page with [`export_page`].
pub async fn begin_export(cx: &Cx<EventExport>, filter: &EventFilter, format: &'static str) -> Result<()> {
    check_filter(filter)?;
    let tx = cx.write().await?;
    let query = filter.query.as_ref().map(ToString::to_string);
    let asked = EventFilter { query: None, ..filter.clone() };
    tx.commit(
        AuditEntry::new(Action::EXPORT_REQUESTED, "events", "events")
            .metadata(json!({ "format": format, "filter": asked, "query": query })),
    )
    .await?;
    Ok(())
}

/// As [`list`]; a page can be short, even empty, though there is a next one.
pub async fn export_page(
    cx: &Cx<EventExport>,
    filter: &EventFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Event>> {
    page(&mut cx.read().await?, filter, limit, cursor).await
}

pub async fn get(cx: &Cx<EventRead>, id: EventId) -> Result<Event> {
    store::event::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// How many events match: exact for one field and a time range or for rare words, estimated where other conditions meet many events.
pub async fn count(cx: &Cx<EventRead>, filter: &EventFilter) -> Result<Count> {
    check_filter(filter)?;
    Ok(store::event::count(&mut cx.read().await?, filter).await?)
}

/// The most frequent values of each field among the events that match without what the filter chooses of this field. Exact,
/// in whole hours, where only a longer time range and severities are asked; else of all matches, or of the first of the list
/// where there are too many to read. A part of the payload is counted over the matches that have it.
///
/// `more` is a field of which more values are told, those that contain a text; `payload` are parts of the original event
/// that are counted too.
pub async fn facets(
    cx: &Cx<EventRead>,
    filter: &EventFilter,
    more: Option<(String, String)>,
    payload: Vec<Target>,
) -> Result<Vec<Facet>> {
    check_filter(filter)?;
    if payload.len() > MAX_FACETS {
        return Err(Error::Invalid(Invalid::field("facet", "at most 5 parts of the payload at once")));
    }
    let more = more.map(|(field, within)| (field, MORE_VALUES, within));
    let asked = FacetRequest { limit: FACET_VALUES, more, payload, ..FacetRequest::default() };
    Ok(store::event::facets(&mut cx.read().await?, filter, &asked).await?)
}

/// The most frequent values of a field or of a part of the payload that contain a text in any case, with their numbers of
/// events, and whether these are all: what is offered while a query is typed. Of a filter only the time range counts for fields.
pub async fn values(
    cx: &Cx<EventRead>,
    filter: &EventFilter,
    target: &Target,
    within: &str,
) -> Result<(Vec<(String, i64)>, bool)> {
    Ok(store::event::values(&mut cx.read().await?, filter, target, within, OFFERED).await?)
}

/// The most frequent paths in payloads that contain a text in any case, as a query writes them, and whether their numbers
/// are those of all events.
pub async fn paths(
    cx: &Cx<EventRead>,
    filter: &EventFilter,
    within: &str,
) -> Result<(Vec<(String, i64)>, bool)> {
    Ok(store::event::paths(&mut cx.read().await?, filter, within, OFFERED).await?)
}

/// What is told of an event beside a list.
#[derive(Debug)]
pub struct Beside {
    pub event: Event,
    /// How often each value it has was seen in the hours of the list's range, `group` among them.
    pub seen: Vec<(&'static str, i64)>,
    /// Right before and after it on its system (or from its source where it names none), itself included, oldest first.
    pub surrounding: Vec<Event>,
}

/// An event with what is told beside it; `filter` is the list's, of which the time range counts.
pub async fn beside(cx: &Cx<EventRead>, id: EventId, filter: &EventFilter) -> Result<Beside> {
    let mut tx = cx.read().await?;
    let event = store::event::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let seen = store::event::seen(&mut tx, &event, filter).await?;
    let surrounding = store::event::surrounding(&mut tx, &event, SURROUNDING).await?;
    Ok(Beside { event, seen, surrounding })
}

/// At most about `buckets` buckets over the filter's time range (or all of time), without gaps.
pub async fn histogram(cx: &Cx<EventRead>, filter: &EventFilter, buckets: u32) -> Result<Series> {
    check_filter(filter)?;
    over_time(&mut cx.read().await?, filter, buckets).await
}

/// As [`histogram`]. Buckets of a month and more are those of the calendar, added up from its days.
pub(crate) async fn over_time(tx: &mut ReadTx, filter: &EventFilter, buckets: u32) -> Result<Series> {
    let series = store::event::histogram(tx, filter, buckets.clamp(1, 1000)).await?;
    let [first, second, ..] = series.buckets.as_slice() else { return Ok(series) };
    let step = second.start.seconds() - first.start.seconds();
    let Some(part) = Calendar::of_length(step) else { return Ok(series) };
    // One more at each end, where the buckets of the first answer may begin earlier and end later.
    let days = (step / 86_400 + 1).saturating_mul(series.buckets.len() as i64 + 2);
    let days = store::event::histogram(tx, filter, u32::try_from(days).unwrap_or(u32::MAX)).await?;
    Ok(Series { buckets: part.fold(&days.buckets), exact: days.exact })
}

fn check_filter(filter: &EventFilter) -> Result<()> {
    let lists = [
        ("component", filter.component.len()),
        ("service", filter.service.len()),
        ("environment", filter.environment.len()),
        ("system_id", filter.system_id.len()),
        ("event_type", filter.event_type.len()),
        ("source_id", filter.source_id.len()),
    ];
    match lists.into_iter().find(|(_, n)| *n > MAX_VALUES) {
        Some((field, _)) => Err(Error::Invalid(Invalid::field(field, "choose at most 100 values"))),
        None => Ok(()),
    }
}

/// 16 hex digits of microseconds, 32 of the id.
fn write_cursor(at: Position) -> String {
    format!("{:016x}{}", at.at.micros().max(0), at.id.simple())
}

fn parse_cursor(text: &str) -> Result<Position> {
    let parse = || {
        let (micros, id) = text.split_at_checked(16)?;
        let at = Timestamp::from_micros(i64::from_str_radix(micros, 16).ok()?)?;
        let id = Uuid::parse_str(id).ok().filter(|_| id.len() == 32)?;
        Some(Position { at, id })
    };
    parse().ok_or_else(|| {
        Error::Invalid(Invalid::field("cursor", "not a cursor of this list; start again without it"))
    })
}
