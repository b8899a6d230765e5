//! `watchroom import`: a file becomes events, with a progress bar and a file of the refused rows.
//!
//! Rows get ids from their content, so a file imported twice counts once. How far an import came is kept in
//! `DATA_DIR/imports/` under a name made of the file's beginning, size and time; the next start goes on after that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use domain::permission::EventWrite;
use domain::upload::{Format, Misfits, Rejection, UnknownSeverities};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::import::{Plan, Progress, Watch};
use service::{Actor, Error, Services, organizations};
use sha2::{Digest as _, Sha256};

use super::{Done, Stop};
use crate::config::Config;

pub struct Job {
    pub org: String,
    pub source: Option<String>,
    pub format: Format,
    pub file: PathBuf,
    /// One refused row is a failure.
    pub strict: bool,
}

pub async fn run(services: &Services, config: &Config, job: Job) -> Done {
    let organization = super::usage(organizations::by_slug(services, &job.org).await)?;
    let cx = services.admit::<EventWrite>(&Actor::system("import", organization.id))?;
    let from_stdin = job.file.as_os_str() == "-";
    if !from_stdin && job.file.is_dir() {
        return Err(Stop::Usage(format!("{}: is a folder; name a file in it", job.file.display())));
    }
    if !from_stdin && !job.file.exists() {
        return Err(Stop::Usage(format!("{}: there is no such file", job.file.display())));
    }
    // A pipe (`<(zcat …)`) is read once, from its beginning: nothing to go on from.
    let whole = !from_stdin && job.file.is_file();
    let file = if from_stdin { "stdin".to_owned() } else { file_name(&job) };
    let source = job.source.clone().unwrap_or_else(|| file.clone());
    let format = if job.format == Format::Auto { Format::of_name(&file) } else { job.format };
    let mut plan = Plan::of_source(&source, &file, format);
    let mut log = if whole { Log::of_file(config, &job, &source)? } else { Log::of_stream(config, &source) };
    log.settle_rejects()?;
    if log.state.rows > 0 {
        eprintln!("going on after row {}", log.state.rows);
        plan.skip = log.state.rows;
    }
    let input: Box<dyn Read + Send> =
        if from_stdin { Box::new(io::stdin()) } else { Box::new(File::open(&job.file)?) };
    service::import::import(&cx, input, plan, &mut log).await.map_err(|error| explain(error, whole))?;
    log.finish(job.strict)
}

fn explain(error: Error, resumable: bool) -> Stop {
    match error {
        Error::Unavailable { full: true } if resumable => {
            anyhow::anyhow!("the disk is full; make room and start the import again, it goes on").into()
        }
        other => other.into(),
    }
}

/// How far an import came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    rows: u64,
    accepted: u64,
    duplicates: u64,
    rejected: u64,
    #[serde(default)]
    unknown_severities: UnknownSeverities,
    #[serde(default)]
    misfits: Misfits,
    /// Length of the file of refused rows.
    rejected_bytes: u64,
}

/// Writes down what became of each batch: refused rows, then the state, so that the two never disagree.
struct Log {
    /// As it was at the start; what this run does comes on top.
    before: State,
    state: State,
    place: Option<PathBuf>,
    rejects: PathBuf,
    /// Where the refused rows go when their place beside the file cannot be written.
    spare: PathBuf,
    /// What another stream had refused is in the file already.
    added: bool,
    file: Option<File>,
    bar: ProgressBar,
}

impl Log {
    /// Refused rows go into the working folder.
    fn of_stream(config: &Config, source: &str) -> Self {
        let name: String =
            source.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let rejects = PathBuf::from(format!("{name}.rejected.ndjson"));
        Self::new(config, State::default(), None, rejects, ProgressBar::new_spinner())
    }

    fn of_file(config: &Config, job: &Job, source: &str) -> Result<Self, Stop> {
        let folder = config.data_dir.join("imports");
        fs::create_dir_all(&folder)?;
        let place = folder.join(format!("{}.json", mark(config, job, source)?));
        let state: State =
            fs::read(&place).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let mut rejects = job.file.clone().into_os_string();
        rejects.push(".rejected.ndjson");
        let bar = ProgressBar::new(fs::metadata(&job.file)?.len());
        let mut log = Self::new(config, state, Some(place), PathBuf::from(rejects), bar);
        if log.state.rejected_bytes > 0 {
            let open =
                |path: &PathBuf| OpenOptions::new().write(true).create(true).truncate(false).open(path);
            let mut file = if let Ok(file) = open(&log.rejects) {
                file
            } else {
                log.rejects.clone_from(&log.spare);
                open(&log.rejects)?
            };
            // One that is shorter was another's doing; what is gone comes back as nothing, not as zeros.
            let length = file.metadata()?.len().min(log.state.rejected_bytes);
            file.set_len(length)?;
            log.state.rejected_bytes = length;
            file.seek(SeekFrom::End(0))?;
            log.file = Some(file);
        } else {
            log.forget_refused();
        }
        Ok(log)
    }

    fn new(
        config: &Config,
        state: State,
        place: Option<PathBuf>,
        rejects: PathBuf,
        bar: ProgressBar,
    ) -> Self {
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {bytes_per_sec} {eta} {msg}")
        {
            bar.set_style(style);
        }
        if !io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        // Files of one name in different folders have a spare each, which a mended file keeps.
        let usual = rejects.file_name().unwrap_or(rejects.as_os_str()).to_string_lossy();
        let name = match std::path::absolute(&rejects) {
            Ok(path) if place.is_some() => {
                let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
                format!("{}-{usual}", &domain::audit::hex(&hash)[..8])
            }
            _ => usual.into_owned(),
        };
        let spare = config.data_dir.join("imports").join(name);
        Self { before: state.clone(), state, place, rejects, spare, added: false, file: None, bar }
    }

    /// Where refused rows go is known, and said if it is not the usual place, before the first row is read.
    fn settle_rejects(&mut self) -> Result<(), Stop> {
        if self.file.is_none()
            && let Err(why) = writable(&self.rejects)
        {
            let usual = self.rejects.display();
            fs::create_dir_all(self.spare.parent().unwrap_or(&self.spare))?;
            if let Err(worse) = writable(&self.spare) {
                let spare = self.spare.display();
                return Err(anyhow::anyhow!(
                    "refused rows can be written neither to {usual} ({why}) nor to {spare} ({worse}); nothing was imported"
                )
                .into());
            }
            eprintln!("{usual} cannot be written ({why}); refused rows go to {}", self.spare.display());
            self.rejects.clone_from(&self.spare);
        }
        self.added = self.place.is_none() && fs::metadata(&self.rejects).is_ok_and(|file| file.len() > 0);
        Ok(())
    }

    /// What an earlier import of the file refused would pass for what this one does.
    fn forget_refused(&self) {
        for file in [&self.rejects, &self.spare] {
            let _ = fs::remove_file(file);
        }
    }

    fn write(&mut self, refused: &[(Rejection, String)]) -> io::Result<()> {
        if refused.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for (rejection, row) in refused {
            text.push_str(&json!({ "index": rejection.index, "field": rejection.field, "reason": rejection.reason, "row": row }).to_string());
            text.push('\n');
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                // What a stream refused is nowhere else: it is added to.
                let mut how = OpenOptions::new();
                how.create(true).write(true).append(self.place.is_none()).truncate(self.place.is_some());
                none.insert(how.open(&self.rejects)?)
            }
        };
        file.write_all(text.as_bytes())?;
        self.state.rejected_bytes += text.len() as u64;
        Ok(())
    }

    /// Whole or not at all.
    fn save(&self) -> io::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let draft = place.with_extension("new");
        fs::write(&draft, serde_json::to_vec(&self.state)?)?;
        fs::rename(draft, place)
    }

    fn finish(self, strict: bool) -> Done {
        self.bar.finish_and_clear();
        if let Some(place) = &self.place {
            // A leftover costs one reading of the file.
            let _ = fs::remove_file(place);
        }
        let State { accepted, duplicates, rejected, unknown_severities, misfits, .. } = self.state;
        let known =
            if duplicates > 0 { format!(" ({duplicates} of them known already)") } else { String::new() };
        let row = |n: u64| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        let why = match (rejected, self.added) {
            (0, _) => String::new(),
            (_, true) => format!("; added, with why, to {}", self.rejects.display()),
            (_, false) => format!("; they are, with why, in {}", self.rejects.display()),
        };
        eprintln!("{} accepted{known}, {rejected} refused{why}", row(accepted));
        if let Some(sentence) = unknown_severities.sentence() {
            eprintln!("{sentence}; the words are kept in severity_text");
        }
        if let Some(sentence) = misfits.sentence() {
            eprintln!("{sentence}");
        }
        if accepted == 0 && rejected > 0 {
            return Err(anyhow::anyhow!("not one row was understood; is the format right?").into());
        }
        if strict && rejected > 0 {
            return Err(anyhow::anyhow!("{} refused, and --strict asks for none", row(rejected)).into());
        }
        Ok(())
    }
}

impl Watch for Log {
    async fn stored(&mut self, progress: Progress, refused: Vec<(Rejection, String)>) -> service::Result<()> {
        self.state.rows = progress.rows.max(self.before.rows);
        self.state.accepted = self.before.accepted + progress.accepted;
        self.state.duplicates = self.before.duplicates + progress.duplicates;
        self.state.rejected = self.before.rejected + progress.rejected;
        self.state.unknown_severities.clone_from(&self.before.unknown_severities);
        self.state.unknown_severities.add(&progress.unknown_severities);
        self.state.misfits.clone_from(&self.before.misfits);
        self.state.misfits.add(&progress.imported.misfits);
        self.write(&refused).map_err(|e| Error::Internal(format!("{}: {e}", self.rejects.display())))?;
        self.save().map_err(|e| Error::Internal(format!("the state of the import: {e}")))?;
        self.bar.set_position(progress.bytes);
        self.bar.set_message(format!("{} rows, {} refused", self.state.rows, self.state.rejected));
        Ok(())
    }
}

/// Whether a file can be added to. Leaves none where there was none.
fn writable(path: &Path) -> io::Result<()> {
    let was_there = path.symlink_metadata().is_ok();
    OpenOptions::new().create(true).append(true).open(path)?;
    if was_there { Ok(()) } else { fs::remove_file(path) }
}

/// The same file for the same organization, source and format.
fn mark(config: &Config, job: &Job, source: &str) -> io::Result<String> {
    let file = File::open(&job.file)?;
    let about = file.metadata()?;
    let mut beginning = Vec::new();
    file.take(1 << 20).read_to_end(&mut beginning)?;
    let mut hash = Sha256::new();
    for part in [config.database_url.as_str(), &job.org, source, job.format.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(about.len().to_be_bytes());
    if let Some(age) = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()) {
        hash.update(age.as_nanos().to_be_bytes());
    }
    hash.update(beginning);
    Ok(domain::audit::hex(&hash.finalize())[..32].to_owned())
}

fn file_name(job: &Job) -> String {
    job.file.file_name().map_or_else(|| "import".to_owned(), |name| name.to_string_lossy().into_owned())
}
