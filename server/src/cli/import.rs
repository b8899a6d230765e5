//! `watchroom import`: a file becomes events, in batches, with a progress bar.
//!
//! Rows get ids from their content, so a file imported twice counts once. How far it came is kept in
//! `DATA_DIR/imports/`; the next start reads past that without storing again. Refused rows go to `FILE.rejected.ndjson`.

mod reader;
mod state;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use domain::permission::EventWrite;
use domain::upload::Format;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use service::events::{Ingested, Origin, PreparedEvent};
use service::{Actor, Cx, Error, Services, organizations};
use tokio::sync::mpsc;

use super::{Done, Stop};
use crate::config::Config;
use reader::{Part, Reader};
use state::{Place, Rejects, State};

pub struct Job {
    pub org: String,
    pub source: Option<String>,
    pub format: Format,
    pub file: PathBuf,
}

/// Tries while the database is away; with the waits below about a minute.
const TRIES: u32 = 12;

#[derive(Default)]
struct Sum {
    accepted: u64,
    known: u64,
    rejected: u64,
}

pub async fn run(services: &Services, config: &Config, job: Job) -> Done {
    let organization = super::usage(organizations::by_slug(services, &job.org).await)?;
    let cx = services.admit::<EventWrite>(&Actor::system("import", organization.id))?;
    let stdin = job.file.as_os_str() == "-";
    if !stdin && !job.file.is_file() {
        return Err(Stop::Usage(format!("{}: there is no such file", job.file.display())));
    }
    let source = job.source.clone().unwrap_or_else(|| if stdin { "stdin".to_owned() } else { file_name(&job) });
    let place = (!stdin).then(|| Place::of(config, &job, &source)).transpose()?;
    let before = place.as_ref().and_then(Place::load);
    if let Some(state) = &before {
        eprintln!("going on after row {}", state.rows);
    }
    match copy(&cx, &job, &source, place.as_ref(), before).await? {
        Some(sum) => finish(&sum, &job),
        None => {
            eprintln!("the file has changed since; it is read from its start (what is stored already does not count twice)");
            let sum = copy(&cx, &job, &source, place.as_ref(), None).await?.unwrap_or_default();
            finish(&sum, &job)
        }
    }
}

/// `None`: the file does not begin with what the state saw.
async fn copy(cx: &Cx<EventWrite>, job: &Job, source: &str, place: Option<&Place>, before: Option<State>) -> Result<Option<Sum>, Stop> {
    let reader = Reader::open(job, source, cx.actor.organization, cx.now(), before.as_ref())?;
    let bar = bar(reader.length());
    let position = reader.position();
    let (parts, mut incoming) = mpsc::channel(2);
    let reading = tokio::task::spawn_blocking(move || reader.read(&parts));
    let mut rejects = Rejects::open(job, before.as_ref())?;
    let mut sum = before.map(|s| Sum { accepted: s.accepted, known: s.known, rejected: s.rejected }).unwrap_or_default();
    while let Some(part) = incoming.recv().await {
        let Part { rows, refused, done, digest } = match part {
            reader::Message::Part(part) => part,
            reader::Message::Changed => return Ok(None),
        };
        rejects.write(&refused)?;
        let stored = store(cx, rows).await?;
        sum.accepted += stored.accepted;
        sum.known += stored.duplicates;
        sum.rejected += refused.len() as u64;
        if let Some(place) = place {
            let state =
                State { rows: done, digest, accepted: sum.accepted, known: sum.known, rejected: sum.rejected, rejected_bytes: rejects.length() };
            place.save(&state)?;
        }
        bar.set_position(position.load(std::sync::atomic::Ordering::Relaxed));
        bar.set_message(format!("{} rows, {} refused", sum.accepted + sum.rejected, sum.rejected));
    }
    reading.await?.map_err(|e| anyhow::anyhow!("{}: {e}", job.file.display()))?;
    bar.finish_and_clear();
    if let Some(place) = place {
        place.clear();
    }
    Ok(Some(sum))
}

/// Stores a batch, waiting while the database is busy or away.
async fn store(cx: &Cx<EventWrite>, rows: Vec<PreparedEvent>) -> Result<Ingested, Stop> {
    for attempt in 1.. {
        let error = match service::events::ingest_prepared(cx, rows.clone(), Origin::Import).await {
            Ok(stored) => return Ok(stored),
            Err(error) => error,
        };
        match error {
            Error::Unavailable { full: true } => return Err(anyhow::anyhow!("the disk is full; make room and start the import again, it goes on").into()),
            Error::TooMany { .. } | Error::Unavailable { full: false } if attempt < TRIES => {
                tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt * attempt)).min(Duration::from_secs(10))).await;
            }
            other => return Err(other.into()),
        }
    }
    Ok(Ingested::default())
}

fn finish(sum: &Sum, job: &Job) -> Done {
    let known = if sum.known > 0 { format!(" ({} of them known already)", sum.known) } else { String::new() };
    eprintln!("{} rows accepted{known}, {} refused", sum.accepted, sum.rejected);
    if sum.rejected > 0 {
        eprintln!("the refused rows and why: {}", state::rejects_of(job).display());
    }
    if sum.accepted == 0 && sum.rejected > 0 {
        return Err(anyhow::anyhow!("not one row was understood; is the format right?").into());
    }
    Ok(())
}

fn file_name(job: &Job) -> String {
    job.file.file_name().map_or_else(|| "import".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn bar(length: Option<u64>) -> ProgressBar {
    let bar = match length {
        Some(length) => ProgressBar::new(length).with_style(
            ProgressStyle::with_template("{bar:30} {percent:>3} % {bytes_per_sec} {eta} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
        ),
        None => ProgressBar::new_spinner(),
    };
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}
