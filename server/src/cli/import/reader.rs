//! The thread that reads and parses while the batch before is stored.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::event::Mapping;
use domain::invalid::FieldError;
use domain::upload::Format;
use domain::{OrganizationId, Timestamp};
use service::events::{PreparedEvent, Preparer};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Sender;
use wire::{Encoding, Identities};

use super::Job;
use super::state::State;

const BATCH_ROWS: usize = 10_000;
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A batch and how far the file is read with it.
pub struct Part {
    pub rows: Vec<PreparedEvent>,
    pub refused: Vec<Refused>,
    /// Rows read since the start of the file, refused ones included.
    pub done: u64,
    /// Hex SHA-256 over these rows' bytes.
    pub digest: String,
}

pub struct Refused {
    pub index: u64,
    pub row: String,
    pub reasons: Vec<FieldError>,
}

pub enum Message {
    Part(Part),
    /// The rows before the resumption are not what they were.
    Changed,
}

pub struct Reader {
    input: Box<dyn Read + Send>,
    length: Option<u64>,
    position: Arc<AtomicU64>,
    format: Format,
    mapping: Mapping,
    source: String,
    organization: OrganizationId,
    now: Timestamp,
    skip: u64,
    expected: Option<String>,
}

impl Reader {
    pub fn open(job: &Job, source: &str, organization: OrganizationId, now: Timestamp, before: Option<&State>) -> io::Result<Self> {
        let (input, length): (Box<dyn Read + Send>, _) = if job.file.as_os_str() == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(&job.file)?;
            let length = file.metadata()?.len();
            (Box::new(file), Some(length))
        };
        let position = Arc::new(AtomicU64::new(0));
        Ok(Self {
            input: Box::new(Counted { input, position: position.clone() }),
            length,
            position,
            format: job.format,
            mapping: Mapping::import().with_source(source),
            source: source.to_owned(),
            organization,
            now,
            skip: before.map_or(0, |s| s.rows),
            expected: before.map(|s| s.digest.clone()),
        })
    }

    /// Bytes of the file; unknown for standard input.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Bytes read so far.
    pub fn position(&self) -> Arc<AtomicU64> {
        self.position.clone()
    }

    /// Reads to the end, or until nobody takes the parts.
    pub fn read(self, parts: &Sender<Message>) -> io::Result<()> {
        let mut input = BufReader::with_capacity(1 << 18, self.input);
        let encoding = Encoding::of_bytes(input.fill_buf()?);
        let decoded = wire::decoder(encoding, input, u64::MAX).map_err(io::Error::other)?;
        let rows = wire::read(self.format, BufReader::with_capacity(1 << 18, decoded), &self.mapping, self.now)?;
        let mut identities = Identities::new(self.source);
        let mut preparer = Preparer::new(self.organization);
        let mut digest = Sha256::new();
        let (mut part, mut bytes, mut done) = (Vec::with_capacity(BATCH_ROWS), 0, 0);
        let mut refused = Vec::new();
        for row in rows {
            let row = row?;
            digest.update((row.bytes.len() as u64).to_be_bytes());
            digest.update(&row.bytes);
            done += 1;
            let identity = row.event.as_ref().ok().map(|event| identities.next_id(event.occurred_at, &row.bytes));
            if done <= self.skip {
                if done == self.skip && self.expected.as_ref() != Some(&hex(&digest)) {
                    let _ = parts.blocking_send(Message::Changed);
                    return Ok(());
                }
                continue;
            }
            bytes += row.bytes.len();
            match row.event {
                Ok(mut event) => {
                    event.id = event.id.or(identity);
                    part.push(preparer.prepare(event));
                }
                Err(reasons) => refused.push(Refused { index: row.index, row: String::from_utf8_lossy(&row.bytes).into_owned(), reasons }),
            }
            if part.len() + refused.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                let rows = std::mem::replace(&mut part, Vec::with_capacity(BATCH_ROWS));
                let message = Message::Part(Part { rows, refused: std::mem::take(&mut refused), done, digest: hex(&digest) });
                bytes = 0;
                if parts.blocking_send(message).is_err() {
                    return Ok(());
                }
            }
        }
        if done < self.skip {
            let _ = parts.blocking_send(Message::Changed);
        } else if !(part.is_empty() && refused.is_empty()) {
            let _ = parts.blocking_send(Message::Part(Part { rows: part, refused, done, digest: hex(&digest) }));
        }
        Ok(())
    }
}

fn hex(digest: &Sha256) -> String {
    domain::audit::hex(&digest.clone().finalize())
}

struct Counted {
    input: Box<dyn Read + Send>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.position.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
