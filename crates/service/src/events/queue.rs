//! Group commit: requests that wait while a transaction runs are stored together in the next one, so that a small request
//! does not pay for a whole write to the disk. One lane an organization; what waits is bounded in bytes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::OrganizationId;
use domain::audit::{Action, AuditActor, AuditEntry};
use serde_json::json;
use store::WriteTx;
use store::ingest::{self, Answer, Batch, Outcome};
use tokio::sync::oneshot;

use super::{Ingested, Origin, PreparedEvent, same_request};
use crate::{Error, Result, Services};

/// Rows one transaction takes from waiting requests (a larger single request is stored alone).
const MAX_ROWS: usize = 10_000;
/// Bytes of all waiting requests of this process; more is refused.
const MAX_WAITING: usize = 64 * 1024 * 1024;
/// Bytes a row takes besides its texts.
const ROW_OVERHEAD: usize = 400;
/// Times a transaction is tried that collides with another server's.
const ATTEMPTS: u32 = 5;

#[derive(Default)]
pub(crate) struct Queue {
    lanes: Mutex<HashMap<OrganizationId, Lane>>,
    waiting: AtomicUsize,
}

/// Exists while a task works on it.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Request>,
}

struct Request {
    rows: Vec<PreparedEvent>,
    bytes: usize,
    actor: AuditActor,
    origin: Origin,
    once: Option<(String, Answer)>,
    reply: oneshot::Sender<Result<Ingested>>,
}

impl Queue {
    fn lanes(&self) -> MutexGuard<'_, HashMap<OrganizationId, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Bytes that wait or are being stored, for the metrics.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Waits until the rows are stored. The work goes on when the caller goes away.
pub(super) async fn submit(
    services: &Services,
    organization: OrganizationId,
    actor: AuditActor,
    rows: Vec<PreparedEvent>,
    origin: Origin,
    once: Option<(String, Answer)>,
) -> Result<Ingested> {
    let bytes = rows.iter().map(|r| r.event.message.len() + r.event.raw_payload.len() + ROW_OVERHEAD).sum();
    let queue = &services.memory.ingest;
    let before = queue.waiting.fetch_add(bytes, Ordering::Relaxed);
    if before > 0 && before + bytes > MAX_WAITING {
        queue.waiting.fetch_sub(bytes, Ordering::Relaxed);
        return Err(Error::TooMany { retry_after: 1 });
    }
    let (reply, answer) = oneshot::channel();
    let request = Request { rows, bytes, actor, origin, once, reply };
    let idle = {
        let mut lanes = queue.lanes();
        let idle = !lanes.contains_key(&organization);
        lanes.entry(organization).or_default().waiting.push_back(request);
        idle
    };
    if idle {
        tokio::spawn(work(services.clone(), organization));
    }
    answer.await.unwrap_or_else(|_| {
        Err(Error::Internal("the ingest stopped; nothing of this request was stored".to_owned()))
    })
}

/// Stores what waits in one lane until nothing does.
async fn work(services: Services, organization: OrganizationId) {
    let mut lane = Working { services: &services, organization, open: true };
    while let Some(requests) = lane.next() {
        let bytes = requests.iter().map(|r| r.bytes).sum();
        store_together(&services, organization, requests).await;
        services.memory.ingest.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Closes the lane even when the task panics; whoever waits in it then gets an error instead of silence.
struct Working<'a> {
    services: &'a Services,
    organization: OrganizationId,
    open: bool,
}

impl Working<'_> {
    /// The next requests to store together; `None` closes the lane.
    fn next(&mut self) -> Option<Vec<Request>> {
        let mut lanes = self.services.memory.ingest.lanes();
        let waiting = &mut lanes.get_mut(&self.organization)?.waiting;
        let (mut taken, mut rows, mut keys) = (Vec::new(), 0, HashSet::new());
        while let Some(request) = waiting.front() {
            let key = request.once.as_ref().map(|(key, _)| key.clone());
            // The second request with one key waits until the first is stored.
            let again = key.is_some_and(|key| !keys.insert(key));
            if !taken.is_empty() && (again || rows + request.rows.len() > MAX_ROWS) {
                break;
            }
            rows += request.rows.len();
            taken.extend(waiting.pop_front());
        }
        if taken.is_empty() {
            lanes.remove(&self.organization);
            self.open = false;
            return None;
        }
        Some(taken)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        // A closed lane may have been opened again, by another task.
        if self.open
            && let Some(lane) = self.services.memory.ingest.lanes().remove(&self.organization)
        {
            let bytes = lane.waiting.iter().map(|r| r.bytes).sum();
            self.services.memory.ingest.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// What remains of a request once its rows are in the batch.
struct Part {
    rows: usize,
    actor: AuditActor,
    origin: Origin,
    once: Option<(String, Answer)>,
    reply: oneshot::Sender<Result<Ingested>>,
}

async fn store_together(services: &Services, organization: OrganizationId, requests: Vec<Request>) {
    let requests = match answer_known(services, organization, requests).await {
        Ok(requests) if requests.is_empty() => return,
        Ok(requests) => requests,
        // The senders of the replies are gone, so every caller was told already.
        Err(()) => return,
    };
    let mut rows = Vec::with_capacity(requests.iter().map(|r| r.rows.len()).sum());
    let mut parts = Vec::with_capacity(requests.len());
    for request in requests {
        parts.push(Part {
            rows: request.rows.len(),
            actor: request.actor,
            origin: request.origin,
            once: request.once,
            reply: request.reply,
        });
        rows.extend(request.rows);
    }
    let batch = match tokio::task::spawn_blocking(move || Batch::new(rows)).await {
        Ok(batch) => batch,
        Err(e) => return refuse(parts, &Error::Internal(format!("preparing a batch: {e}"))),
    };
    let mut attempt = 1;
    let result = loop {
        match transact(services, organization, &batch, &parts).await {
            Err(store::Error::Collision(_)) if attempt < ATTEMPTS => attempt += 1,
            done => break done,
        }
    };
    match result {
        Ok(outcome) => reply(parts, &outcome),
        Err(e) => refuse(parts, &e.into()),
    }
}

/// Answers requests whose key has an answer already, and hands back the others. Between this look and the transaction
/// another server can take the key; then the transaction fails and the client's next try gets the answer.
async fn answer_known(
    services: &Services,
    organization: OrganizationId,
    requests: Vec<Request>,
) -> Result<Vec<Request>, ()> {
    if requests.iter().all(|r| r.once.is_none()) {
        return Ok(requests);
    }
    let mut known = HashMap::new();
    let look = async {
        let mut tx = store::ReadTx::begin(&services.db, organization).await?;
        for (key, _) in requests.iter().filter_map(|r| r.once.as_ref()) {
            if let Some(answer) = ingest::answer(&mut tx, key).await? {
                known.insert(key.clone(), answer);
            }
        }
        Ok::<(), store::Error>(())
    };
    if let Err(e) = look.await {
        let error = e.into();
        for request in requests {
            let _ = request.reply.send(Err(copy(&error)));
        }
        return Err(());
    }
    let mut fresh = Vec::with_capacity(requests.len());
    for request in requests {
        let answer = request
            .once
            .as_ref()
            .and_then(|(key, asked)| Some((known.get(key)?.clone(), asked.request_hash.clone())));
        match answer {
            None => fresh.push(request),
            Some((answer, hash)) => {
                let accepted = request.rows.len() as u64;
                let result = same_request(answer, &hash).map(|answer| Ingested {
                    accepted,
                    duplicates: accepted,
                    replayed: Some(answer),
                });
                let _ = request.reply.send(result);
            }
        }
    }
    Ok(fresh)
}

async fn transact(
    services: &Services,
    organization: OrganizationId,
    batch: &Batch,
    parts: &[Part],
) -> store::Result<Outcome> {
    let Some(first) = parts.first() else { return Ok(Outcome::default()) };
    let mut tx = WriteTx::begin(&services.db, organization, first.actor.clone(), services.stamp()).await?;
    for (key, answer) in parts.iter().filter_map(|p| p.once.as_ref()) {
        if !ingest::keep_answer(&mut tx, key, answer).await? {
            return Err(store::Error::Unavailable("another server is answering the same request".to_owned()));
        }
    }
    let clock = services.clock.clone();
    let now = tx.now();
    let outcome = ingest::insert(&mut tx, batch, now, &move || clock.id()).await?;
    let entries =
        entries(parts, &outcome).into_iter().map(|(actor, entry)| (actor, services.clock.id(), entry));
    tx.commit_arrival(entries.collect(), &outcome.arrived).await?;
    if outcome.arrived.count > 0 {
        services.memory.tails.knock(organization);
    }
    Ok(outcome)
}

/// One audit entry for each actor and origin.
fn entries(parts: &[Part], outcome: &Outcome) -> Vec<(AuditActor, AuditEntry)> {
    let mut sums: Vec<(&AuditActor, Origin, u64, u64, u64)> = Vec::new();
    for (part, duplicates) in parts.iter().zip(duplicates_of(parts, outcome)) {
        let rows = part.rows as u64;
        match sums.iter_mut().find(|(actor, origin, ..)| *actor == &part.actor && *origin == part.origin) {
            Some((_, _, requests, accepted, known)) => {
                *requests += 1;
                *accepted += rows;
                *known += duplicates;
            }
            None => sums.push((&part.actor, part.origin, 1, rows, duplicates)),
        }
    }
    let entry = |(i, (actor, origin, requests, accepted, duplicates)): (
        usize,
        (&AuditActor, Origin, u64, u64, u64),
    )| {
        let action = match origin {
            Origin::Api => Action::EVENTS_INGESTED,
            Origin::Import | Origin::Upload => Action::EVENTS_IMPORTED,
        };
        let mut metadata = json!({ "requests": requests, "accepted": accepted, "duplicates": duplicates });
        if i == 0 && !outcome.new_sources.is_empty() {
            metadata["new_sources"] = json!(outcome.new_sources);
        }
        (actor.clone(), AuditEntry::new(action, "event", "").metadata(metadata))
    };
    sums.into_iter().enumerate().map(entry).collect()
}

/// How many of each request's rows were duplicates.
fn duplicates_of(parts: &[Part], outcome: &Outcome) -> Vec<u64> {
    let mut positions = outcome.duplicates.iter().copied().peekable();
    let mut end = 0;
    parts
        .iter()
        .map(|part| {
            end += part.rows;
            let mut n = 0;
            while positions.next_if(|p| *p < end).is_some() {
                n += 1;
            }
            n
        })
        .collect()
}

fn reply(parts: Vec<Part>, outcome: &Outcome) {
    let duplicates = duplicates_of(&parts, outcome);
    for (part, duplicates) in parts.into_iter().zip(duplicates) {
        let _ = part.reply.send(Ok(Ingested { accepted: part.rows as u64, duplicates, replayed: None }));
    }
}

fn refuse(parts: Vec<Part>, error: &Error) {
    for part in parts {
        let _ = part.reply.send(Err(copy(error)));
    }
}

/// The same error for each of the joined requests.
fn copy(error: &Error) -> Error {
    match error {
        Error::Unavailable { full } => Error::Unavailable { full: *full },
        other => Error::Internal(other.to_string()),
    }
}
