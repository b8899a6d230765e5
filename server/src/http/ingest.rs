//! `POST /api/v1/events`: a JSON object, a JSON array or NDJSON, plain or compressed; durable when it answers.
//!
//! Memory is bounded three times: by the bytes of all bodies being received, by the batches parsed at the same time (off the
//! threads that answer requests), and by what waits to be stored (the service's queue). What does not fit is told to come
//! back, before its body is read where its length is known.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use domain::event::{Mapping, NewEvent};
use domain::invalid::FieldError;
use domain::permission::EventWrite;
use domain::upload::{MAX_REJECTIONS, Receipt, Rejection};
use domain::{ApiKeyId, OrganizationId, Timestamp};
use http_body_util::BodyExt as _;
use service::events::{Bound, Idempotency, Origin, PreparedEvent, Preparer};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::Encoding;

use super::api::Caller;
use super::problem::{Problem, ProblemDocument};
use super::schema;
use crate::config::Config;
use crate::state::AppState;
use crate::web::body;
use crate::web::places::Places;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Rows of one request; more is refused before they are parsed.
const MAX_ROWS: usize = 100_000;
/// How long a request may wait for memory or for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memory is handed out in this unit.
const UNIT: usize = 1024;
/// A body of unknown length takes this many units at a time.
const STEP: usize = 64;

/// What is in flight.
#[derive(Clone)]
pub struct Gate {
    requests: Arc<Semaphore>,
    /// Three quarters of them each: one key whose bodies come slowly leaves room for the others.
    of_keys: Places<ApiKeyId>,
    memory: Arc<Semaphore>,
    parsing: Arc<Semaphore>,
    most: usize,
}

/// Places in the gate, given back when dropped.
pub(super) struct Place {
    _request: OwnedSemaphorePermit,
    _of_key: Option<OwnedSemaphorePermit>,
    memory: OwnedSemaphorePermit,
}

impl Gate {
    pub fn new(config: &Config) -> Self {
        let parsing = config.ingest_concurrency as usize;
        let requests = parsing + config.ingest_queue as usize;
        Self {
            requests: Arc::new(Semaphore::new(requests)),
            of_keys: Places::new(requests - requests / 4),
            // What is parsed takes several times what was sent: two bodies of the largest size at once, or many small ones.
            memory: Arc::new(Semaphore::new(config.max_ingest_body.0.div_ceil(UNIT) * 2)),
            parsing: Arc::new(Semaphore::new(parsing)),
            most: config.max_ingest_body.0,
        }
    }

    /// A place for a body of who sends it.
    pub(super) async fn enter(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(Place, Body), Problem> {
        let length = body::content_length(headers).unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.most {
            body::discard(headers, body).await;
            return Err(Problem::too_large(self.most));
        }
        let of_key = match caller.key() {
            Some(key) => Some(self.of_keys.enter(key).ok_or_else(busy)?),
            None => None,
        };
        let request = self.requests.clone().try_acquire_owned().map_err(|_| busy())?;
        let units = u32::try_from(length.div_ceil(UNIT)).map_err(|_| Problem::too_large(self.most))?;
        let memory = self.memory.clone().acquire_many_owned(units);
        match tokio::time::timeout(PATIENCE, memory).await {
            Ok(Ok(memory)) => Ok((Place { _request: request, _of_key: of_key, memory }, body)),
            _ => Err(busy()),
        }
    }

    /// Reads a body. One of unknown length takes memory as it grows, and never waits for it: two that wait for each other
    /// would wait for ever.
    pub(super) async fn read(&self, place: &mut Place, mut body: Body) -> Result<Bytes, Problem> {
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| body::broken(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            let length = whole.len() + data.len();
            if length > self.most {
                // Others have the memory meanwhile.
                drop(whole);
                drop(place.memory.split(place.memory.num_permits()));
                body::discard(&HeaderMap::new(), body).await;
                return Err(Problem::too_large(self.most));
            }
            let missing = length.div_ceil(UNIT).saturating_sub(place.memory.num_permits());
            if missing > 0 {
                let more = u32::try_from(missing.max(STEP.min(self.most / UNIT))).map_err(|_| busy())?;
                place.memory.merge(self.memory.clone().try_acquire_many_owned(more).map_err(|_| busy())?);
            }
            whole.extend_from_slice(data);
        }
        Ok(whole.freeze())
    }
}

/// Takes in one event or many.
///
/// The good rows are stored and the bad ones told, row by row. What a key of one source sends is filed under that source: a row that names
/// none gets it, one that names another is refused in the field `source`. With an `Idempotency-Key` the first answer is kept for 24
/// hours and given again to the same request.
#[utoipa::path(post, path = "/api/v1/events", tag = "events", security(("api_key" = ["event.write"])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, such as a UUID"),
        ("Content-Encoding" = Option<String>, Header, description = "gzip or zstd"),
    ),
    request_body(content((schema::EventsIn = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What became of the rows", body = schema::ReceiptItem),
        (status = 400, description = "The body is not what it says it is", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 401, description = "No valid key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks event.write", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another body", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too large, before or after decompression", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "Another content type or encoding", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Over the rate; see Retry-After", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "Busy; nothing was stored; see Retry-After", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was stored", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub async fn events(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let cx = caller.admit::<EventWrite>()?;
    let bound = service::events::bound(&cx).await?;
    let headers = request.headers().clone();
    let (form, encoding) = kind(&headers)?;
    let key = key(&headers)?;
    let (mut place, body) = state.ingest.enter(&caller, &headers, request.into_body()).await?;
    let gauge = Waiting::one();
    let body = state.ingest.read(&mut place, body).await?;
    let Ok(Ok(turn)) = tokio::time::timeout(PATIENCE, state.ingest.parsing.clone().acquire_owned()).await
    else {
        return Err(busy());
    };
    let work = Work {
        form,
        encoding,
        limit: state.config.max_ingest_decoded.0,
        organization: cx.actor().organization,
        now: cx.now(),
        hashed: key.is_some(),
        bound,
    };
    let parsed = tokio::task::spawn_blocking(move || {
        let parsed = work.parse(&body);
        drop(turn);
        parsed
    });
    let Parsed { hash, rows, indexes, mut receipt } =
        parsed.await.map_err(|e| Problem::internal(format!("parsing a batch: {e}")))??;
    if let (Some(key), Some(hash)) = (&key, &hash)
        && let Some((status, answer)) = service::events::replay(&cx, key, hash).await?
    {
        return Ok(replayed(status, answer));
    }
    state.plans.events(cx.actor().organization, rows.len())?;
    let ingested = match (key, hash) {
        (Some(key), Some(request_hash)) => {
            let response = body_of(&receipt)?;
            let once = Idempotency { key, request_hash, status: 200, response, indexes: indexes.clone() };
            service::events::ingest_prepared_once(&cx, rows, Origin::Api, once).await?
        }
        _ => service::events::ingest_prepared(&cx, rows, Origin::Api).await?,
    };
    drop((place, gauge));
    if let Some((status, answer)) = ingested.replayed {
        return Ok(replayed(status, answer));
    }
    receipt.settle(&indexes, ingested.duplicates, &ingested.conflicts);
    metrics::counter!("ingest_rows_total", "outcome" => "accepted")
        .increment(receipt.accepted - ingested.duplicates.min(receipt.accepted));
    metrics::counter!("ingest_rows_total", "outcome" => "duplicate").increment(ingested.duplicates);
    metrics::counter!("ingest_rows_total", "outcome" => "rejected").increment(receipt.rejected);
    Ok(json(StatusCode::OK, body_of(&receipt)?))
}

fn body_of(receipt: &Receipt) -> Result<String, Problem> {
    serde_json::to_string(receipt).map_err(|e| Problem::internal(e.to_string()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Lines,
}

struct Work {
    form: Form,
    encoding: Encoding,
    limit: usize,
    organization: OrganizationId,
    now: Timestamp,
    hashed: bool,
    bound: Option<Bound>,
}

/// What the body holds.
struct Parsed {
    /// Of the decoded body, in hex, where it was asked for: a sender that tries again may compress anew, and gzip writes the time.
    hash: Option<String>,
    rows: Vec<PreparedEvent>,
    /// Where each of them stood.
    indexes: Vec<u64>,
    receipt: Receipt,
}

impl Work {
    fn parse(&self, body: &[u8]) -> Result<Parsed, Problem> {
        let inflated;
        let body = if self.encoding == Encoding::Identity {
            body
        } else {
            inflated = wire::decompress(self.encoding, body, self.limit as u64).map_err(unreadable)?;
            &inflated
        };
        let hash = self.hashed.then(|| domain::audit::hex(&Sha256::digest(body)));
        let mut mapping = Mapping::contract();
        mapping.source = self.bound.as_ref().map(|bound| bound.name.clone());
        let (mut rows, mut indexes) = (Vec::new(), Vec::new());
        let mut receipt = Receipt::default();
        let mut preparer = Preparer::new(self.organization);
        let mut take = |index: u64, line: &[u8]| {
            if index as usize >= MAX_ROWS {
                return Err(Problem::bad_request(format!(
                    "At most {MAX_ROWS} events are taken at once; send smaller batches."
                )));
            }
            match self.row(line, &mapping) {
                Ok(event) => {
                    receipt.accepted += 1;
                    rows.push(preparer.prepare(event));
                    indexes.push(index);
                }
                Err(problems) => {
                    receipt.rejected += 1;
                    let room = MAX_REJECTIONS.saturating_sub(receipt.rejections.len());
                    let told = problems.into_iter().take(room).map(|p| Rejection {
                        index,
                        field: p.field,
                        reason: p.reason,
                    });
                    receipt.rejections.extend(told);
                }
            }
            Ok(())
        };
        let first =
            body.trim_ascii_start().strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().first();
        match (self.form, first) {
            (_, None) => {
                return Err(Problem::bad_request(
                    "The body is empty; send a JSON object, a JSON array or NDJSON.",
                ));
            }
            (Form::Json, Some(b'{' | b'[')) => {
                wire::elements(body).try_for_each(|(index, element)| take(index, element))?;
            }
            (Form::Json, Some(_)) => {
                return Err(Problem::bad_request("The body is not a JSON object or array."));
            }
            (Form::Lines, Some(_)) => wire::rows(body).try_for_each(|(index, line)| take(index, line))?,
        }
        Ok(Parsed { hash, rows, indexes, receipt })
    }

    fn row(&self, line: &[u8], mapping: &Mapping) -> Result<NewEvent, Vec<FieldError>> {
        if line.len() > wire::MAX_LINE {
            let reason = "longer than 1.5 MiB; shorten the event".to_owned();
            return Err(vec![FieldError { field: String::new(), reason }]);
        }
        let event = wire::parse(line, mapping, self.now)?;
        if let Some(bound) = &self.bound {
            bound.check(&event).map_err(|error| vec![error])?;
        }
        Ok(event)
    }
}

fn kind(headers: &HeaderMap) -> Result<(Form, Encoding), Problem> {
    let text = |name| headers.get(name).map(|v: &HeaderValue| v.to_str().unwrap_or("?")).unwrap_or_default();
    let kind = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let form = match kind.as_str() {
        "application/json" => Form::Json,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            Form::Lines
        }
        "" => {
            return Err(Problem::unsupported_media(
                "Say what the body is: Content-Type: application/json or application/x-ndjson.",
            ));
        }
        _ => return Err(Problem::unsupported_media("Send application/json or application/x-ndjson.")),
    };
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let encoding = Encoding::of_header(text(CONTENT_ENCODING)).map_err(unreadable);
    if encodings.next().is_some() && encodings.next().is_some() {
        return Err(Problem::unsupported_media("Compress once: one Content-Encoding."));
    }
    Ok((form, encoding?))
}

pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    match (key.to_str(), keys.next()) {
        (Ok(key), None) => Ok(Some(key.to_owned())),
        _ => Err(Problem::bad_request("Idempotency-Key: give one, of 1 to 255 visible ASCII characters.")),
    }
}

pub(super) fn unreadable(error: wire::Error) -> Problem {
    match error {
        wire::Error::TooLarge(limit) => Problem::too_large(usize::try_from(limit).unwrap_or(usize::MAX)),
        wire::Error::Nested => Problem::unsupported_media(format!("The body is {error}.")),
        wire::Error::Encoding(_) => Problem::unsupported_media(format!("{error}.")),
        wire::Error::Damaged(_) | wire::Error::Io(_) => {
            Problem::bad_request(format!("The body cannot be read: {error}."))
        }
    }
}

pub(super) fn busy() -> Problem {
    Problem::unavailable("Too much is being taken in at the moment; nothing of this request was stored.", 2)
}

pub(super) fn json(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

pub(super) fn replayed(status: u16, body: String) -> Response {
    let mut response = json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// A turn to parse something large, off the threads that answer requests.
pub(super) async fn turn(gate: &Gate) -> Result<OwnedSemaphorePermit, Problem> {
    match tokio::time::timeout(PATIENCE, gate.parsing.clone().acquire_owned()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(busy()),
    }
}

/// Counts requests between the gate and their answer.
struct Waiting;

impl Waiting {
    fn one() -> Self {
        metrics::gauge!("ingest_queue").increment(1.0);
        Self
    }
}
impl Drop for Waiting {
    fn drop(&mut self) {
        metrics::gauge!("ingest_queue").decrement(1.0);
    }
}
