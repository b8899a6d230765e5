//! Files from the browser: staged in the data folder, looked at, tried out, then read by a background task that survives a
//! restart.

mod preview;

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::audit::{Action, AuditEntry};
use domain::permission::EventWrite;
use domain::upload::{
    Choice, Format, Imported, Misfits, Preview, Receipt, Rejection, UnknownSeverities, Upload, UploadState,
};
use domain::visible::turns;
use domain::{Invalid, OrganizationId, Timestamp, UploadId};
use serde_json::json;
use store::SystemTx;
use tokio::io::AsyncWriteExt as _;

use crate::events::Origin;
use crate::import::{Plan, Progress, Trial, Watch, import, rehearse};
use crate::{Actor, Cx, Error, Result, Services, Who};

/// Largest file that a server may be set to take, in bytes.
pub const MAX_FILE: u64 = 200 * 1024 * 1024;
/// What a compressed file may grow to.
const MAX_GROWN: u64 = 4 * 1024 * 1024 * 1024;
/// Rows a dry run reads.
const TRIAL_ROWS: u64 = 100_000;
/// Rows by which most files are known to hold something.
const FIRST_ROWS: u64 = 100;
/// Refusals a dry run shows.
const TRIAL_REFUSALS: usize = 50;
/// Refusals that are kept of one upload; all are counted.
const MAX_KEPT: u64 = 100_000;
/// Bytes of refused rows that are kept whole of one upload; of the rest only the start, of [`KEPT_START`] bytes.
const MAX_KEPT_BYTES: u64 = 64 * 1024 * 1024;
const KEPT_START: usize = 500;

/// A file on its way in. Dropped before [`Staging::finish`], it leaves nothing behind.
pub struct Staging {
    file: tokio::fs::File,
    path: PathBuf,
    id: UploadId,
    name: String,
    bytes: u64,
    most: u64,
    kept: bool,
}

/// Begins to stage a file. Then [`Staging::write`] its bytes and [`Staging::finish`].
pub async fn begin(cx: &Cx<EventWrite>, file_name: &str) -> Result<Staging> {
    let id: UploadId = cx.services.clock.id();
    let path = path_of(&cx.services, cx.actor.organization, id);
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(|e| disk(&e))?;
    }
    let file = tokio::fs::File::create_new(&path).await.map_err(|e| disk(&e))?;
    Ok(Staging {
        file,
        path,
        id,
        name: clean_name(file_name),
        bytes: 0,
        most: cx.services.max_upload(),
        kept: false,
    })
}

/// Stages a file that is in memory.
pub async fn stage(cx: &Cx<EventWrite>, file_name: &str, bytes: &[u8]) -> Result<Upload> {
    let mut staging = begin(cx, file_name).await?;
    staging.write(bytes).await?;
    staging.finish(cx).await
}

impl Staging {
    /// # Errors
    /// `Invalid` when the file becomes larger than [`Services::max_upload`]; `Unavailable` when the disk is full.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.most {
            return Err(Error::Invalid(Invalid::field(
                "file",
                format!(
                    "larger than {} bytes; compress it, split it, or use the command line's import",
                    self.most
                ),
            )));
        }
        self.file.write_all(chunk).await.map_err(|e| disk(&e))
    }

    pub async fn finish(mut self, cx: &Cx<EventWrite>) -> Result<Upload> {
        if self.bytes == 0 {
            return Err(Error::Invalid(Invalid::field("file", "the file is empty; choose another")));
        }
        self.file.sync_all().await.map_err(|e| disk(&e))?;
        let now = cx.now();
        let upload = Upload {
            id: self.id,
            file_name: self.name.clone(),
            format: Format::of_name(&self.name),
            mapping: Choice::default(),
            state: UploadState::Mapped,
            bytes_total: self.bytes as i64,
            bytes_done: 0,
            accepted: 0,
            rejected: 0,
            unknown_severities: UnknownSeverities::default(),
            imported: Imported::default(),
            error_message: None,
            created_by: if let Who::User(user) = &cx.actor.who { Some(user.id) } else { None },
            created_at: now,
            updated_at: now,
        };
        let mut tx = cx.write().await?;
        store::upload::insert(&mut tx, &upload).await?;
        let about = json!({ "file_name": upload.file_name, "bytes": upload.bytes_total });
        tx.commit(AuditEntry::new(Action::UPLOAD_CREATED, "upload", upload.id).metadata(about)).await?;
        self.kept = true;
        Ok(upload)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The newest uploads.
pub async fn list(cx: &Cx<EventWrite>, limit: u32) -> Result<Vec<Upload>> {
    Ok(store::upload::list(&mut cx.read().await?, limit.clamp(1, 200)).await?)
}

/// How far an upload is.
pub async fn progress(cx: &Cx<EventWrite>, id: UploadId) -> Result<Upload> {
    store::upload::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// The columns, the first rows, and which column seems to feed which field.
pub async fn preview(cx: &Cx<EventWrite>, id: UploadId) -> Result<Preview> {
    let (upload, file) = staged(cx, id).await?;
    let now = cx.now();
    let work = move || preview::of(file, upload.format, now);
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Error::Internal(format!("reading a file: {e}")))?;
    done.map_err(|e| Error::Invalid(Invalid::field("file", format!("cannot be read: {e}"))))
}

/// What a dry run says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DryRun {
    /// Counts of the rows read; the first refusals.
    pub receipt: Receipt,
    /// The start of the refused rows' text, beside `receipt.rejections`.
    pub texts: Vec<String>,
    /// Of the accepted rows, those whose severity was not understood.
    pub unknown_severities: UnknownSeverities,
    /// Of the accepted rows, those that may not have been read as they were meant.
    pub misfits: Misfits,
    /// False when the file is so long that only its start was tried.
    pub whole: bool,
}

/// Reads the file with a mapping and stores nothing.
pub async fn dry_run(cx: &Cx<EventWrite>, id: UploadId, choice: &Choice) -> Result<DryRun> {
    let (upload, file) = staged(cx, id).await?;
    let plan = plan(&upload, choice, 0);
    let Trial { accepted, rejected, unknown_severities, misfits, refused, whole } =
        rehearse(file, plan, cx.now(), TRIAL_ROWS, TRIAL_REFUSALS).await?;
    let (rejections, texts) = refused.into_iter().unzip();
    Ok(DryRun {
        receipt: Receipt { accepted, rejected, rejections, duplicates: 0 },
        texts,
        unknown_severities,
        misfits,
        whole,
    })
}

/// Starts the background task that reads the file.
///
/// # Errors
/// `Conflict` when it was started before; `Invalid` when not one row would be stored, of files of up to [`TRIAL_ROWS`]: the file waits on
/// for other columns.
pub async fn start(cx: &Cx<EventWrite>, id: UploadId, choice: Choice) -> Result<Upload> {
    let (upload, _) = staged(cx, id).await?;
    if upload.state == UploadState::Mapped {
        check_any(cx, id, &choice).await?;
    }
    let mut tx = cx.write().await?;
    if !store::upload::claim(&mut tx, id).await? {
        return Err(Error::Conflict("this upload was started already".to_owned()));
    }
    let upload = Upload { mapping: choice, state: UploadState::Running, updated_at: tx.now(), ..upload };
    store::upload::update(&mut tx, &upload).await?;
    let about = json!({ "file_name": upload.file_name, "mapping": upload.mapping });
    tx.commit(AuditEntry::new(Action::UPLOAD_STARTED, "upload", id).metadata(about)).await?;
    tokio::spawn(run(cx.services.clone(), cx.actor.clone(), upload.clone()));
    Ok(upload)
}

async fn check_any(cx: &Cx<EventWrite>, id: UploadId, choice: &Choice) -> Result<()> {
    for rows in [FIRST_ROWS, TRIAL_ROWS] {
        let (upload, file) = staged(cx, id).await?;
        // What cannot be read at all is told by the import itself.
        let Ok(trial) = rehearse(file, plan(&upload, choice, 0), cx.now(), rows, 1).await else { break };
        if trial.accepted > 0 || trial.rejected == 0 {
            break;
        }
        if trial.whole {
            let first = trial.refused.first().map_or_else(String::new, |(first, _)| {
                format!(" (row {}, {}: {})", first.index + 1, first.field, first.reason)
            });
            let words = format!("not one row would be stored{first}; choose other columns");
            return Err(Invalid::field("columns", words).into());
        }
    }
    Ok(())
}

/// Takes a file back that was not imported: nothing of it stays but the audit entries.
///
/// # Errors
/// `Conflict` when it does not wait any more.
pub async fn discard(cx: &Cx<EventWrite>, id: UploadId) -> Result<()> {
    let upload = progress(cx, id).await?;
    let mut tx = cx.write().await?;
    if !store::upload::delete_waiting(&mut tx, id).await? {
        return Err(Error::Conflict("only a file that waits to be imported can be discarded".to_owned()));
    }
    let about = json!({ "file_name": upload.file_name, "bytes": upload.bytes_total });
    tx.commit(AuditEntry::new(Action::UPLOAD_DISCARDED, "upload", id).metadata(about)).await?;
    // What cannot be deleted now is swept later.
    let _ = tokio::fs::remove_file(path_of(&cx.services, cx.actor.organization, id)).await;
    Ok(())
}

/// Refusals in the order of their rows and fields, those behind a row and field where `after` names one; each with the row as it stood in the
/// file (what is beyond [`MAX_KEPT_BYTES`]: its start).
pub async fn rejections(
    cx: &Cx<EventWrite>,
    id: UploadId,
    after: Option<(u64, &str)>,
    limit: u32,
) -> Result<Vec<(Rejection, String)>> {
    let mut tx = cx.read().await?;
    store::upload::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    Ok(store::upload::rejections(&mut tx, id, after, limit.clamp(1, 10_000)).await?)
}

/// How long a file waits to be imported, and what is left of others is kept (seconds).
const WAITS: i64 = 7 * 86_400;

/// Deletes files that nobody will read: of uploads that were not imported within a week, which fail, of those that failed, and of
/// transfers that a server did not live to end. Says how many.
pub async fn sweep(services: &Services) -> Result<u64> {
    let before = services.clock.now().plus_seconds(-WAITS);
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let mut swept = 0;
    for organization in organizations {
        let folder = services.data_dir.join("uploads").join(organization.id.to_string());
        let Ok(mut files) = tokio::fs::read_dir(folder).await else { continue };
        while let Ok(Some(file)) = files.next_entry().await {
            // The name is a UUIDv7: when it was begun.
            let Some(id) = file.file_name().to_str().and_then(|name| name.parse::<UploadId>().ok()) else {
                continue;
            };
            if !begun_before(id, before) {
                continue;
            }
            let mut tx = SystemTx::across_all_organizations(&services.db).await?;
            let found = store::upload::get(&mut tx.within(organization.id), id).await?;
            match found {
                Some(upload) if upload.state == UploadState::Running => continue,
                Some(upload) if upload.state == UploadState::Mapped => {
                    let said = Some("it was not imported within 7 days; upload it again".to_owned());
                    let updated_at = services.clock.now();
                    let given_up =
                        Upload { state: UploadState::Failed, error_message: said, updated_at, ..upload };
                    // Somebody may begin it at this moment: then it is theirs.
                    if store::upload::claim(&mut tx.within(organization.id), id).await? {
                        store::upload::update(&mut tx.within(organization.id), &given_up).await?;
                        tx.commit_unaudited_bookkeeping().await?;
                    } else {
                        continue;
                    }
                }
                _ => drop(tx),
            }
            swept += u64::from(tokio::fs::remove_file(file.path()).await.is_ok());
        }
    }
    Ok(swept)
}

fn begun_before(id: UploadId, before: Timestamp) -> bool {
    let made = id.0.get_timestamp().map(|at| at.to_unix());
    made.is_some_and(|(seconds, _)| i64::try_from(seconds).is_ok_and(|seconds| seconds < before.seconds()))
}

/// Goes on with the uploads that were being read when the server stopped; says how many. Called once at start.
pub async fn recover(services: &Services) -> Result<usize> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let unfinished = store::upload::unfinished(&mut tx).await?;
    let mut uploads = Vec::with_capacity(unfinished.len());
    for (organization, id) in unfinished {
        let upload = store::upload::get(&mut tx.within(organization), id).await?;
        uploads.extend(upload.map(|upload| (organization, upload)));
    }
    drop(tx);
    let n = uploads.len();
    for (organization, upload) in uploads {
        tokio::spawn(run(services.clone(), Actor::system("upload", organization), upload));
    }
    Ok(n)
}

/// Reads the file and records how it went.
async fn run(services: Services, actor: Actor, upload: Upload) {
    let organization = actor.organization;
    let mut watch =
        Recorder { services: services.clone(), organization, upload, kept: AtomicU64::new(0), kept_bytes: 0 };
    let result = read_file(&services, &actor, &mut watch).await;
    let mut upload = watch.upload;
    upload.state = if result.is_ok() { UploadState::Done } else { UploadState::Failed };
    upload.error_message = result.as_ref().err().map(ToString::to_string);
    if result.is_ok() {
        upload.bytes_done = upload.bytes_total;
    }
    if let Err(error) = finish(&services, &actor, &mut upload).await {
        // It stays `running` and the next start goes on with it.
        tracing::error!(%error, upload = %upload.id, "the end of an upload could not be recorded");
        return;
    }
    if result.is_ok() {
        let _ = tokio::fs::remove_file(path_of(&services, organization, upload.id)).await;
    }
}

async fn read_file(services: &Services, actor: &Actor, watch: &mut Recorder) -> Result<()> {
    let cx = services.admit::<EventWrite>(actor)?;
    let path = path_of(services, actor.organization, watch.upload.id);
    let file = File::open(path).map_err(|_| {
        Error::Invalid(Invalid::field("file", "is not in the data folder any more; upload it again"))
    })?;
    let skip = (watch.upload.accepted + watch.upload.rejected).max(0) as u64;
    let plan = plan(&watch.upload, &watch.upload.mapping, skip);
    watch.kept.store(watch.upload.rejected.max(0) as u64, Ordering::Relaxed);
    let mut counted = Since {
        accepted: watch.upload.accepted,
        rejected: watch.upload.rejected,
        unknown_severities: watch.upload.unknown_severities.clone(),
        imported: watch.upload.imported.clone(),
        recorder: watch,
    };
    import(&cx, file, plan, &mut counted).await?;
    Ok(())
}

async fn finish(services: &Services, actor: &Actor, upload: &mut Upload) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    upload.updated_at = services.clock.now();
    store::upload::update(&mut tx.within(actor.organization), upload).await?;
    let mut about =
        json!({ "file_name": upload.file_name, "accepted": upload.accepted, "rejected": upload.rejected });
    if upload.unknown_severities.rows > 0 {
        about["unknown_severities"] = json!(upload.unknown_severities);
    }
    let mut entry = AuditEntry::new(Action::UPLOAD_FINISHED, "upload", upload.id).metadata(about);
    if let Some(message) = &upload.error_message {
        entry = entry.failed(message.clone());
    }
    tx.commit_in(actor.organization, &actor.audit(), services.stamp(), entry).await?;
    Ok(())
}

/// Keeps the upload's row up to date.
struct Recorder {
    services: Services,
    organization: OrganizationId,
    upload: Upload,
    kept: AtomicU64,
    kept_bytes: u64,
}

/// A recorder with the counts that an earlier run left.
struct Since<'a> {
    accepted: i64,
    rejected: i64,
    unknown_severities: UnknownSeverities,
    imported: Imported,
    recorder: &'a mut Recorder,
}

impl Watch for Since<'_> {
    async fn stored(&mut self, progress: Progress, mut refused: Vec<(Rejection, String)>) -> Result<()> {
        let recorder = &mut *self.recorder;
        let upload = &mut recorder.upload;
        upload.accepted = self.accepted + progress.accepted as i64;
        upload.rejected = self.rejected + progress.rejected as i64;
        upload.unknown_severities.clone_from(&self.unknown_severities);
        upload.unknown_severities.add(&progress.unknown_severities);
        upload.imported.clone_from(&self.imported);
        upload.imported.add(&progress.imported);
        upload.imported.known += progress.duplicates;
        upload.bytes_done = (progress.bytes as i64).min(upload.bytes_total);
        upload.updated_at = recorder.services.clock.now();
        let room = MAX_KEPT.saturating_sub(recorder.kept.fetch_add(refused.len() as u64, Ordering::Relaxed));
        refused.truncate(room as usize);
        for (_, text) in &mut refused {
            if recorder.kept_bytes + text.len() as u64 > MAX_KEPT_BYTES {
                text.truncate(text.floor_char_boundary(KEPT_START));
            }
            recorder.kept_bytes += text.len() as u64;
        }
        let mut tx = SystemTx::across_all_organizations(&recorder.services.db).await?;
        let mut within = tx.within(recorder.organization);
        store::upload::update(&mut within, upload).await?;
        store::upload::add_rejections(&mut within, upload.id, &refused).await?;
        tx.commit_unaudited_bookkeeping().await?;
        Ok(())
    }
}

fn plan(upload: &Upload, choice: &Choice, skip: u64) -> Plan {
    let mut mapping = choice.mapping();
    let source = mapping.source.get_or_insert_with(|| upload.file_name.clone());
    let identity = source.clone();
    let origin = Origin::File(upload.file_name.as_str().into());
    Plan { format: upload.format, mapping, identity, skip, limit: MAX_GROWN, origin }
}

/// An upload whose file waits to be read, and what that is read as.
async fn staged(cx: &Cx<EventWrite>, id: UploadId) -> Result<(Upload, File)> {
    let mut upload = progress(cx, id).await?;
    let path = path_of(&cx.services, cx.actor.organization, id);
    match File::open(&path) {
        Ok(file) => {
            if upload.format == Format::Auto {
                upload.format =
                    tokio::task::spawn_blocking(move || File::open(path).and_then(preview::format_of))
                        .await
                        .map_err(|e| Error::Internal(format!("reading a file: {e}")))?
                        .map_err(|e| {
                            Error::Invalid(Invalid::field("file", format!("cannot be read: {e}")))
                        })?;
            }
            Ok((upload, file))
        }
        Err(_) if upload.state == UploadState::Done => {
            Err(Error::Conflict("this upload was read already".to_owned()))
        }
        Err(_) => {
            Err(Error::Invalid(Invalid::field("file", "is not in the data folder any more; upload it again")))
        }
    }
}

fn path_of(services: &Services, organization: OrganizationId, id: UploadId) -> PathBuf {
    services.data_dir.join("uploads").join(organization.to_string()).join(id.to_string())
}

/// The last part of a path, without control characters, at most 255 characters.
fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = name.chars().filter(|c| !c.is_control() && !turns(*c)).take(255).collect();
    if clean.trim().is_empty() { "upload".to_owned() } else { clean }
}

fn disk(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Error::Unavailable { full: true }
        }
        _ => Error::Internal(format!("the data folder: {error}")),
    }
}
