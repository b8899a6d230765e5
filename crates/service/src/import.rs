//! Reading a file of events: parsed on one thread while the batch before is stored. Rows get ids that follow from their
//! content, so the same file read twice (or again after it was broken off) does not double.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::event::Mapping;
use domain::permission::EventWrite;
use domain::upload::{Format, Imported, Misfits, Rejection, UnknownSeverities};
use domain::{Invalid, OrganizationId, Timestamp};
use tokio::sync::mpsc;
use wire::Identities;

use crate::events::{Origin, PreparedEvent, Preparer, ingest_prepared};
use crate::{Cx, Error, Result};

/// How a file is to be read.
pub struct Plan {
    pub format: Format,
    pub mapping: Mapping,
    /// What the ids of the rows follow from besides their content: the source, else the file's name.
    pub identity: String,
    /// Rows at the start of the file that are done already.
    pub skip: u64,
    /// Most bytes a compressed file may grow to.
    pub limit: u64,
    pub origin: Origin,
}

impl Plan {
    /// Columns as common tools name them; every row of `source` unless it names its own. `file` is told in the audit log.
    pub fn of_source(source: &str, file: &str, format: Format) -> Self {
        Self {
            format,
            mapping: Mapping::import().with_source(source),
            identity: source.to_owned(),
            skip: 0,
            limit: u64::MAX,
            origin: Origin::File(file.into()),
        }
    }
}

/// How far a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file as it is (compressed, if it is).
    pub bytes: u64,
    /// Rows, with the skipped ones.
    pub rows: u64,
    /// Rows stored now or before.
    pub accepted: u64,
    /// Of these, stored before.
    pub duplicates: u64,
    pub rejected: u64,
    /// Of the accepted ones, those whose severity was not understood.
    pub unknown_severities: UnknownSeverities,
    /// Where the accepted ones are found.
    pub imported: Imported,
}

/// Rows a transaction.
const BATCH: usize = 5000;
/// Bytes a transaction, for rows that are very long.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Start of a refused row that a dry run shows, in bytes.
const SHOWN: usize = 500;

/// What is called after each stored batch, with the rows refused in it as they stood in the file. An error ends the import.
pub trait Watch: Send {
    fn stored(
        &mut self,
        progress: Progress,
        refused: Vec<(Rejection, String)>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// A plain function is a watch too.
impl<F: FnMut(Progress, Vec<(Rejection, String)>) + Send> Watch for F {
    async fn stored(&mut self, progress: Progress, refused: Vec<(Rejection, String)>) -> Result<()> {
        self(progress, refused);
        Ok(())
    }
}

/// Stores a whole file (or pipe). Each batch is durable before `watch` hears of it.
///
/// # Errors
/// The input cannot be read, or the database gave up; what was stored before stays, and the same call again completes it.
pub async fn import(
    cx: &Cx<EventWrite>,
    input: impl Read + Send + 'static,
    plan: Plan,
    watch: &mut impl Watch,
) -> Result<Progress> {
    let (sender, mut batches) = mpsc::channel(2);
    let organization = cx.actor.organization;
    let now = cx.now();
    let stop = Arc::new(AtomicBool::new(false));
    let origin = plan.origin.clone();
    let reader = {
        let stop = Arc::clone(&stop);
        tokio::task::spawn_blocking(move || read(input, &plan, organization, now, &stop, &sender))
    };
    let mut progress = Progress::default();
    let mut failed = None;
    while let Some(batch) = batches.recv().await {
        if let Err(e) = step(cx, batch, &origin, &mut progress, watch).await {
            failed = Some(e);
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    batches.close();
    // A reader that waits for its input (a pipe) is not waited for once the import failed.
    if let Some(error) = failed {
        return Err(error);
    }
    match reader.await {
        Ok(Ok(())) => Ok(progress),
        Ok(Err(e)) if progress.rows > 0 && wire::limit_of(&e).is_none() => {
            let rows = progress.rows;
            let reason = format!(
                "cannot be read after row {rows}: {e}. What stands before is stored; import the whole file again, none of it doubles"
            );
            Err(Error::Invalid(Invalid::field("file", reason)))
        }
        Ok(Err(e)) => Err(unreadable(&e)),
        Err(e) => Err(Error::Internal(format!("reading a file: {e}"))),
    }
}

async fn step(
    cx: &Cx<EventWrite>,
    batch: Parsed,
    origin: &Origin,
    progress: &mut Progress,
    watch: &mut impl Watch,
) -> Result<()> {
    let mut tries = 0;
    let stored = loop {
        // The queue is full of other requests, or the database is away for a moment: an import waits.
        match ingest_prepared(cx, batch.rows.clone(), origin.clone()).await {
            Err(Error::TooMany { .. } | Error::Unavailable { full: false }) if tries < 30 => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            done => break done?,
        }
    };
    let mut refused = batch.refused;
    for at in &stored.conflicts {
        if let Some((index, row)) = batch.named.get(at) {
            refused.push((Rejection::of_used_id(*index), row.clone()));
        }
    }
    refused.sort_by_key(|(rejection, _)| rejection.index);
    progress.accepted += stored.accepted;
    progress.duplicates += stored.duplicates;
    progress.rejected += batch.refused_rows + stored.conflicts.len() as u64;
    progress.unknown_severities.add(&batch.unknown_severities);
    progress.imported.add(&batch.imported);
    progress.bytes = batch.bytes;
    progress.rows = batch.end;
    watch.stored(progress.clone(), refused).await
}

/// What became of the first rows without storing any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    pub accepted: u64,
    pub rejected: u64,
    /// Of the accepted ones, those whose severity was not understood, and those that may not have been read as they were meant.
    pub unknown_severities: UnknownSeverities,
    pub misfits: Misfits,
    /// The first refused rows with the start of their text.
    pub refused: Vec<(Rejection, String)>,
    /// Whether the whole file was read.
    pub whole: bool,
}

/// Reads up to `rows` rows and keeps the first `refusals` refusals; stores nothing.
pub async fn rehearse(
    input: impl Read + Send + 'static,
    plan: Plan,
    now: Timestamp,
    rows: u64,
    refusals: usize,
) -> Result<Trial> {
    let work = move || -> io::Result<Trial> {
        let (input, _) = opened(input, &plan)?;
        let mut trial = Trial { whole: true, ..Trial::default() };
        for row in wire::read(plan.format, input, &plan.mapping, now)? {
            let row = match row {
                Ok(row) => row,
                Err(error) if trial.accepted + trial.rejected > 0 => {
                    trial.rejected += 1;
                    let index = trial.accepted + trial.rejected - 1;
                    let reason = format!("cannot be read from here on: {error}");
                    trial
                        .refused
                        .push((Rejection { index, field: "file".to_owned(), reason }, String::new()));
                    break;
                }
                Err(error) => return Err(error),
            };
            if row.index >= rows {
                trial.whole = false;
                break;
            }
            match &row.event {
                Ok(event) => {
                    trial.accepted += 1;
                    trial.unknown_severities.count(event);
                    if row.misfit {
                        trial.misfits.count(row.index);
                    }
                }
                Err(_) => trial.rejected += 1,
            }
            if row.event.is_err() && trial.refused.len() < refusals {
                refuse(&row, SHOWN, &mut trial.refused);
            }
        }
        Ok(trial)
    };
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Error::Internal(format!("reading a file: {e}")))?;
    done.map_err(|e| unreadable(&e))
}

/// Parsed rows on their way to the database.
#[derive(Default)]
struct Parsed {
    rows: Vec<PreparedEvent>,
    /// Of the rows that bring an id of their own, which another event may have: where they stood in the file, and as what.
    named: BTreeMap<usize, (u64, String)>,
    refused: Vec<(Rejection, String)>,
    refused_rows: u64,
    unknown_severities: UnknownSeverities,
    imported: Imported,
    /// Bytes read and rows read when it was complete.
    bytes: u64,
    end: u64,
}

type Opened = BufReader<Box<dyn Read>>;

/// The input as text, and how many bytes of the file were read.
fn opened(input: impl Read + 'static, plan: &Plan) -> io::Result<(Opened, Arc<AtomicU64>)> {
    let bytes = Arc::new(AtomicU64::new(0));
    let text: Box<dyn Read> = Box::new(wire::file(Counted { input, bytes: Arc::clone(&bytes) }, plan.limit)?);
    Ok((BufReader::with_capacity(128 * 1024, text), bytes))
}

fn read(
    input: impl Read + 'static,
    plan: &Plan,
    organization: OrganizationId,
    now: Timestamp,
    stop: &AtomicBool,
    sender: &mpsc::Sender<Parsed>,
) -> io::Result<()> {
    let (input, bytes) = opened(input, plan)?;
    let mut identities = Identities::new(plan.identity.as_str());
    let mut preparer = Preparer::new(organization);
    let mut batch = Parsed { rows: Vec::with_capacity(BATCH), ..Parsed::default() };
    let mut size = 0;
    let mut broken = None;
    for row in wire::read(plan.format, input, &plan.mapping, now)? {
        let row = match row {
            Ok(row) => row,
            // What was read before it is stored all the same.
            Err(error) => {
                broken = Some(error);
                break;
            }
        };
        batch.end = row.index + 1;
        if let Ok(event) = &row.event {
            // Skipped rows are counted too: equal rows further down get the same ids as the first time.
            // A row without a time is received at another time each time, and is the same row all the same.
            let id = identities.next_id(event.dated.then_some(event.occurred_at), &row.bytes);
            if row.index < plan.skip {
                continue;
            }
            batch.unknown_severities.count(event);
            batch.imported.count(event);
            if row.misfit {
                batch.imported.misfits.count(row.index);
            }
            let mut event = event.clone();
            if !event.dated {
                // They are received one after the other.
                event.occurred_at = event.occurred_at.plus_micros((row.index - plan.skip) as i64);
            }
            size += event.message.len() + event.raw_payload.len();
            let named = event.id.is_some();
            if named {
                let row = text_of(&row);
                size += row.len();
                batch.named.insert(batch.rows.len(), (batch.end - 1, row));
            }
            event.id.get_or_insert(id);
            batch.rows.push(PreparedEvent { named, ..preparer.prepare(event) });
        } else {
            identities.refused();
            if row.index >= plan.skip {
                batch.refused_rows += 1;
                size += refuse(&row, usize::MAX, &mut batch.refused);
            }
        }
        if batch.rows.len() >= BATCH || size >= BATCH_BYTES || batch.refused.len() >= BATCH {
            batch.bytes = bytes.load(Ordering::Relaxed);
            let next = Parsed { rows: Vec::with_capacity(BATCH), end: batch.end, ..Parsed::default() };
            if stop.load(Ordering::Relaxed)
                || sender.blocking_send(std::mem::replace(&mut batch, next)).is_err()
            {
                return Ok(());
            }
            size = 0;
        }
    }
    batch.bytes = bytes.load(Ordering::Relaxed);
    // Nobody listening any more has its reason already.
    if broken.is_none() || batch.end > 0 {
        let _ = sender.blocking_send(batch);
    }
    broken.map_or(Ok(()), Err)
}

/// One refusal a field, each with the row as it stood in the file; what is no text in it becomes U+FFFD. Answers how many
/// bytes were added.
fn refuse(row: &wire::Row, most: usize, into: &mut Vec<(Rejection, String)>) -> usize {
    let Err(problems) = &row.event else { return 0 };
    let text = text_of(row);
    let shown = text[..text.floor_char_boundary(most)].to_owned();
    // Two problems of one field are one line.
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for problem in problems {
        let reason = fields.entry(problem.field.as_str()).or_default();
        if !reason.is_empty() {
            reason.push_str("; ");
        }
        reason.push_str(&problem.reason);
    }
    let bytes = fields.len() * shown.len();
    for (field, reason) in fields {
        into.push((Rejection { index: row.index, field: field.to_owned(), reason }, shown.clone()));
    }
    bytes
}

fn text_of(row: &wire::Row) -> String {
    String::from_utf8_lossy(row.as_sent()).replace('\0', "\u{fffd}")
}

fn unreadable(error: &io::Error) -> Error {
    let reason = match wire::limit_of(error) {
        Some(limit) => format!("larger than {limit} bytes when decompressed"),
        None => format!("cannot be read: {error}"),
    };
    Error::Invalid(Invalid::field("file", reason))
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
