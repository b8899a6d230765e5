//! Group commit: requests that wait while a transaction runs are stored together in the next one, so that a small request
//! does not pay for a whole write to the disk. One lane an organization; what waits is bounded in bytes. Two tasks work on a
//! full lane, each with its half: while one transaction runs, the next is made ready, and who waits for neither sends more. On
//! PostgreSQL the next also writes its rows while the one before adds to the counts that all share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::OrganizationId;
use domain::audit::{Action, AuditActor, AuditEntry};
use domain::upload::Receipt;
use serde_json::json;
use store::WriteTx;
use store::ingest::{self, Answer, Batch, Outcome};
use tokio::sync::oneshot;

use super::{Bound, Ingested, Origin, PreparedEvent, same_request};
use crate::{Error, Result, Services};

/// Rows one transaction takes from waiting requests (a larger single request is stored alone).
const MAX_ROWS: usize = 10_000;
/// Tasks of one lane.
const HANDS: usize = 2;
/// Rows that must wait for a second task to take them: small requests are stored together instead.
const SHARED_FROM: usize = 1_000;
/// Bytes of all waiting requests of this process; more is refused.
const MAX_WAITING: usize = 32 * 1024 * 1024;
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
    /// Of what waits.
    rows: usize,
    /// Of what is being stored.
    storing: usize,
    /// Tasks that work on it.
    hands: usize,
    /// Idempotency-Keys that are being stored.
    keys: HashSet<String>,
}

impl Lane {
    /// Whether one more task would have enough to do.
    fn wants(&self) -> bool {
        self.hands == 0 || (self.hands < HANDS && self.rows >= SHARED_FROM)
    }

    /// The next requests to store together; none when the others do.
    fn take(&mut self) -> Vec<Request> {
        let (mut taken, mut rows) = (Vec::new(), 0);
        if self.hands > 1 && self.rows < SHARED_FROM {
            return taken;
        }
        // All at once would leave everybody waiting for one transaction, and nothing to do for the next.
        let share = ((self.rows + self.storing) / HANDS).clamp(SHARED_FROM, MAX_ROWS);
        while let Some(request) = self.waiting.front() {
            let key = request.once.as_ref().map(|once| &once.key);
            // The second request with one key waits until the first is stored.
            let again = key.is_some_and(|key| self.keys.contains(key));
            if again || (!taken.is_empty() && rows + request.rows.len() > share) {
                break;
            }
            self.keys.extend(key.cloned());
            rows += request.rows.len();
            taken.extend(self.waiting.pop_front());
        }
        self.rows -= rows;
        self.storing += rows;
        taken
    }
}

/// Who sends, how, and as which source alone.
pub(super) struct Sender {
    pub actor: AuditActor,
    pub origin: Origin,
    pub bound: Option<Bound>,
}

struct Request {
    rows: Vec<PreparedEvent>,
    bytes: usize,
    sender: Sender,
    once: Option<Once>,
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
    sender: Sender,
    rows: Vec<PreparedEvent>,
    once: Option<Once>,
) -> Result<Ingested> {
    let bytes = rows.iter().map(|r| r.event.message.len() + r.event.raw_payload.len() + ROW_OVERHEAD).sum();
    if !services.db.has_room() {
        return Err(Error::Unavailable { full: true });
    }
    let queue = &services.memory.ingest;
    let before = queue.waiting.fetch_add(bytes, Ordering::Relaxed);
    if before > 0 && before + bytes > MAX_WAITING {
        queue.waiting.fetch_sub(bytes, Ordering::Relaxed);
        return Err(Error::TooMany { retry_after: 1 });
    }
    let (reply, answer) = oneshot::channel();
    let request = Request { rows, bytes, sender, once, reply };
    let wanted = {
        let mut lanes = queue.lanes();
        let lane = lanes.entry(organization).or_default();
        lane.rows += request.rows.len();
        lane.waiting.push_back(request);
        let wanted = lane.wants();
        lane.hands += usize::from(wanted);
        wanted
    };
    if wanted {
        tokio::spawn(work(services.clone(), organization));
    }
    answer.await.unwrap_or_else(|_| {
        Err(Error::Internal("the ingest stopped; nothing of this request was stored".to_owned()))
    })
}

/// Stores what waits in one lane until nothing does, or the rest is too little for two.
async fn work(services: Services, organization: OrganizationId) {
    let (keys, rows, bytes) = (Vec::new(), 0, 0);
    let mut working = Working { services: &services, organization, open: true, keys, rows, bytes };
    while let Some(requests) = working.next() {
        store_together(&services, organization, requests).await;
    }
}

/// Leaves the lane even when the task panics; who waits in one that nobody works on then gets an error instead of silence.
struct Working<'a> {
    services: &'a Services,
    organization: OrganizationId,
    open: bool,
    /// Idempotency-Keys, rows and bytes of what it stores.
    keys: Vec<String>,
    rows: usize,
    bytes: usize,
}

impl Working<'_> {
    /// The next requests to store together; `None` leaves the lane, with the same look that found nothing to do: what comes a
    /// moment later finds one hand less.
    fn next(&mut self) -> Option<Vec<Request>> {
        let queue = &self.services.memory.ingest;
        let mut lanes = queue.lanes();
        let lane = lanes.get_mut(&self.organization)?;
        queue.waiting.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
        self.leave(lane);
        let taken = lane.take();
        if taken.is_empty() {
            self.open = false;
            lane.hands -= 1;
            if lane.hands == 0 {
                lanes.remove(&self.organization);
            }
            return None;
        }
        self.keys.extend(taken.iter().filter_map(|r| Some(r.once.as_ref()?.key.clone())));
        self.rows = taken.iter().map(|r| r.rows.len()).sum();
        self.bytes = taken.iter().map(|r| r.bytes).sum();
        Some(taken)
    }

    /// What it stored is not on its way any more.
    fn leave(&mut self, lane: &mut Lane) {
        for key in self.keys.drain(..) {
            lane.keys.remove(&key);
        }
        lane.storing -= std::mem::take(&mut self.rows);
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        // A closed lane may have been opened again, by another task.
        if !self.open {
            return;
        }
        let queue = &self.services.memory.ingest;
        queue.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
        let mut lanes = queue.lanes();
        let Some(lane) = lanes.get_mut(&self.organization) else { return };
        self.leave(lane);
        lane.hands -= 1;
        if lane.hands == 0
            && let Some(lane) = lanes.remove(&self.organization)
        {
            let bytes = lane.waiting.iter().map(|r| r.bytes).sum();
            queue.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// The key of a request, the answer to keep, and where its rows stood in it.
pub(super) struct Once {
    pub key: String,
    pub answer: Answer,
    pub indexes: Vec<u64>,
}

/// What remains of a request once its rows are in the batch.
struct Part {
    rows: usize,
    sender: Sender,
    once: Option<Once>,
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
            sender: request.sender,
            once: request.once,
            reply: request.reply,
        });
        rows.extend(request.rows);
    }
    // What has waited since the disk became full would take what is kept for everything else.
    if !services.db.has_room() {
        return refuse(parts, &Error::Unavailable { full: true });
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
        Ok(told) => reply(parts, told),
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
        for Once { key, .. } in requests.iter().filter_map(|r| r.once.as_ref()) {
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
            .and_then(|once| Some((known.get(&once.key)?.clone(), once.answer.request_hash.clone())));
        match answer {
            None => fresh.push(request),
            Some((answer, hash)) => {
                let accepted = request.rows.len() as u64;
                let result = same_request(answer, &hash).map(|answer| Ingested {
                    accepted,
                    duplicates: accepted,
                    conflicts: Vec::new(),
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
) -> store::Result<Vec<Told>> {
    let Some(first) = parts.first() else { return Ok(Vec::new()) };
    let mut tx =
        WriteTx::begin(&services.db, organization, first.sender.actor.clone(), services.stamp()).await?;
    for Once { key, answer, .. } in parts.iter().filter_map(|p| p.once.as_ref()) {
        if !ingest::keep_answer(&mut tx, key, answer).await? {
            return Err(store::Error::Unavailable("another server is answering the same request".to_owned()));
        }
    }
    let clock = services.clock.clone();
    let now = tx.now();
    let outcome = ingest::insert(&mut tx, batch, now, &move || clock.id()).await?;
    check_bound(&mut tx, parts).await?;
    let mut told = told(parts, &outcome);
    settle(&mut tx, batch, parts, &mut told).await?;
    let made = outcome.new_sources.iter().map(|(id, name)| {
        let told = json!({ "name": name, "source_type": "other", "status": "active" });
        let entry = AuditEntry::new(Action::SOURCE_CREATED, "source", id).change(None, Some(told));
        (first.sender.actor.clone(), entry.metadata(json!({ "by": "its first event" })))
    });
    let entries = made.chain(entries(parts, &told));
    let entries = entries.map(|(actor, entry)| (actor, services.clock.id(), entry));
    tx.commit_arrival(entries.collect(), &outcome.arrived).await?;
    if outcome.arrived.count > 0 {
        services.memory.tails.knock(organization);
    }
    Ok(told)
}

/// Rows are filed by the name of their source. A bound key's must still be that source's now that they are: whoever renamed or deleted it
/// meanwhile was faster, nothing is stored, and the sender's next try has the new name.
async fn check_bound(tx: &mut WriteTx, parts: &[Part]) -> store::Result<()> {
    let bound: HashSet<&Bound> = parts.iter().filter_map(|p| p.sender.bound.as_ref()).collect();
    for Bound { id, name } in bound {
        if !store::source::is_called(tx, *id, name).await? {
            return Err(store::Error::Unavailable(
                "the source of an API key was renamed while its events came in".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Finds the rows that claim another event's id, and corrects the answers that are kept.
async fn settle(tx: &mut WriteTx, batch: &Batch, parts: &[Part], told: &mut [Told]) -> store::Result<()> {
    for (part, told) in parts.iter().zip(told) {
        if !told.duplicates.is_empty() {
            let conflicts = ingest::conflicts(tx, batch, &told.duplicates).await?;
            told.duplicates.retain(|at| conflicts.binary_search(at).is_err());
            told.conflicts = conflicts.into_iter().map(|at| at - told.start).collect();
        }
        let Some(Once { key, answer, indexes }) = &part.once else { continue };
        if told.duplicates.is_empty() && told.conflicts.is_empty() {
            continue;
        }
        if let Ok(mut receipt) = serde_json::from_value::<Receipt>(answer.response.clone()) {
            receipt.settle(indexes, told.duplicates.len() as u64, &told.conflicts);
            ingest::amend_answer(tx, key, &json!(receipt)).await?;
        }
    }
    Ok(())
}

/// One audit entry for each actor and origin.
fn entries(parts: &[Part], told: &[Told]) -> Vec<(AuditActor, AuditEntry)> {
    let mut sums: Vec<Sum<'_>> = Vec::new();
    for (part, told) in parts.iter().zip(told) {
        let at = sums.iter().position(|s| s.actor == &part.sender.actor && s.origin == &part.sender.origin);
        let at = at.unwrap_or_else(|| {
            sums.push(Sum {
                actor: &part.sender.actor,
                origin: &part.sender.origin,
                requests: 0,
                rows: 0,
                known: 0,
                refused: 0,
            });
            sums.len() - 1
        });
        if let Some(sum) = sums.get_mut(at) {
            sum.requests += 1;
            sum.rows += part.rows;
            sum.known += told.duplicates.len();
            sum.refused += told.conflicts.len();
        }
    }
    let entry = |sum: Sum<'_>| {
        let mut metadata =
            json!({ "requests": sum.requests, "accepted": sum.rows - sum.refused, "duplicates": sum.known });
        let action = match sum.origin {
            Origin::Api => Action::EVENTS_INGESTED,
            Origin::File(name) => {
                metadata["file"] = json!(name);
                Action::EVENTS_IMPORTED
            }
        };
        if sum.refused > 0 {
            metadata["rejected"] = json!(sum.refused);
        }
        (sum.actor.clone(), AuditEntry::new(action, "event", "").metadata(metadata))
    };
    sums.into_iter().map(entry).collect()
}

/// What one actor handed in one way.
struct Sum<'a> {
    actor: &'a AuditActor,
    origin: &'a Origin,
    requests: u64,
    rows: usize,
    known: usize,
    refused: usize,
}

/// What became of one request's rows.
struct Told {
    /// Position of its first row in the batch.
    start: usize,
    /// Positions in the batch of the rows that were stored before.
    duplicates: Vec<usize>,
    /// Positions in the request of the rows whose id another event has.
    conflicts: Vec<usize>,
}

fn told(parts: &[Part], outcome: &Outcome) -> Vec<Told> {
    let mut positions = outcome.duplicates.iter().copied().peekable();
    let mut end = 0;
    parts
        .iter()
        .map(|part| {
            let start = end;
            end += part.rows;
            let duplicates = std::iter::from_fn(|| positions.next_if(|p| *p < end)).collect();
            Told { start, duplicates, conflicts: Vec::new() }
        })
        .collect()
}

fn reply(parts: Vec<Part>, told: Vec<Told>) {
    for (part, told) in parts.into_iter().zip(told) {
        let ingested = Ingested {
            accepted: (part.rows - told.conflicts.len()) as u64,
            duplicates: told.duplicates.len() as u64,
            conflicts: told.conflicts,
            replayed: None,
        };
        let _ = part.reply.send(Ok(ingested));
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

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::event::{Mapping, normalise};

    use super::*;
    use crate::Actor;
    use crate::events::prepare;

    fn request(rows: usize, key: Option<&str>) -> Request {
        let organization = OrganizationId(uuid::Uuid::nil());
        let event = json!({ "occurred_at": "2026-11-23T09:30:00Z", "severity": "info", "message": "x" });
        let now = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
        let event = normalise(event.as_object().unwrap(), &Mapping::contract(), now).unwrap();
        let row = prepare(event, organization);
        let answer = Answer { request_hash: String::new(), status: 200, response: json!({}) };
        Request {
            rows: vec![row; rows],
            bytes: 1,
            sender: Sender {
                actor: Actor::system("test", organization).audit(),
                origin: Origin::Api,
                bound: None,
            },
            once: key.map(|key| Once { key: key.to_owned(), answer, indexes: Vec::new() }),
            reply: oneshot::channel().0,
        }
    }

    fn lane(requests: impl IntoIterator<Item = Request>) -> Lane {
        let waiting: VecDeque<Request> = requests.into_iter().collect();
        Lane { rows: waiting.iter().map(|r| r.rows.len()).sum(), waiting, ..Lane::default() }
    }

    #[test]
    fn one_more_task_comes_where_much_waits_and_leaves_where_little_does() {
        let mut full = lane([request(600, None), request(600, None)]);
        assert!(full.wants());
        full.hands = 1;
        assert!(full.wants());
        full.hands = 2;
        assert!(!full.wants());

        let mut little = lane([request(999, None)]);
        little.hands = 1;
        assert!(!little.wants());
        little.hands = 2;
        assert!(little.take().is_empty() && little.rows == 999);
        little.hands = 1;
        assert_eq!((little.take().len(), little.rows), (1, 0));
    }

    #[test]
    fn a_transaction_has_so_many_rows_or_one_request() {
        let mut lane = lane([request(MAX_ROWS + 1, None), request(MAX_ROWS, None), request(1, None)]);
        lane.hands = 1;
        assert_eq!([lane.take().len(), lane.take().len(), lane.take().len()], [1, 1, 1]);
    }

    #[test]
    fn each_task_takes_half_of_what_is_on_its_way() {
        let mut lane = lane((0..8).map(|_| request(1000, None)));
        lane.hands = 1;
        assert_eq!((lane.take().len(), lane.rows, lane.storing), (4, 4000, 4000));
        lane.hands = 2;
        assert_eq!((lane.take().len(), lane.rows, lane.storing), (4, 0, 8000));
        // Small requests are not worth two transactions.
        let mut small = self::lane((0..9).map(|_| request(100, None)));
        small.hands = 1;
        assert_eq!((small.take().len(), small.rows), (9, 0));
    }

    #[test]
    fn two_requests_with_one_key_are_never_stored_at_the_same_time() {
        let mut lane = lane([request(500, Some("k")), request(500, Some("k")), request(500, None)]);
        lane.hands = 2;
        assert_eq!(lane.take().len(), 1);
        assert!(lane.take().is_empty(), "the first with that key is on its way");
        lane.keys.clear();
        assert_eq!(lane.take().len(), 2);
    }
}
