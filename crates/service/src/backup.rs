//! Backups: one zip with the database, the files beside it and a manifest, made while the server runs; and restoring from it.
//!
//! `database.sqlite` (`VACUUM INTO`) or `database.dump` (`pg_dump`), `evidence/…` the files of cases that this database knows,
//! (those in a bucket stay there; the manifest names them), `uploads/…` files that are still being read, `secret.key` only when asked for, `SHA256SUMS` for `sha256sum -c`, and
//! `manifest.json`: version, schema, rows of each table, the ends of the audit logs, bytes and hash of each file.
//!
//! A restore reads every byte and compares every hash before it touches anything, and then changes the database in one step:
//! SQLite's file by one rename, PostgreSQL's tables in one transaction. Files of evidence only come to those that are there.

mod pack;
mod postgres;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bucket::Bucket;
use domain::audit::{Action, AuditEntry, Verdict};
use domain::{OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::whole::{self, Contents};
use store::{Db, Options, Stamp, SystemTx};

use crate::secrets::{Secrets, key_id};
use crate::{Actor, Clock, Error, Result, Services};

/// The layout of the zip; a build reads those up to its own.
const FORMAT: u32 = 1;

/// The installation that is backed up or restored into.
#[derive(Clone)]
pub struct Place {
    pub url: String,
    pub data_dir: PathBuf,
    /// The secret key that it runs with; `None` when there is none yet.
    pub key: Option<[u8; 32]>,
    /// Where evidence is kept instead of in the data folder.
    pub bucket: Option<Bucket>,
    /// Where `pg_dump`, `pg_restore` and `psql` are; `None`: looked for.
    pub programs: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn of(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Sqlite } else { Self::Postgres }
    }
    fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "database.sqlite",
            Self::Postgres => "database.dump",
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: i64,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    pub bytes: u64,
    /// Hex.
    pub sha256: String,
}

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version that made it.
    pub watchroom: String,
    pub database: Kind,
    /// The highest migration that was applied.
    pub schema: i64,
    pub made_at: Timestamp,
    /// Names the secret key without telling it.
    pub key_id: Option<String>,
    /// Whether the key itself is in it.
    pub has_key: bool,
    pub rows: BTreeMap<String, i64>,
    pub audit_heads: BTreeMap<OrganizationId, Head>,
    pub files: BTreeMap<String, Packed>,
    /// Evidence that the database names and whose bytes were not there, or were others.
    pub missing: Vec<String>,
    /// Evidence that lies in a bucket, whole in size, and stays there: its bytes are not in the backup.
    #[serde(default)]
    pub in_bucket: Vec<String>,
}

impl Manifest {
    fn agrees(&self, contents: &Contents) -> bool {
        self.schema == contents.schema
            && self.rows == contents.rows
            && self.audit_heads.len() == contents.heads.len()
            && contents.heads.iter().all(|(id, (seq, hash))| {
                self.audit_heads.get(id).is_some_and(|head| head.seq == *seq && head.hash == *hash)
            })
    }
}

/// A sentence for whoever runs the command.
pub(crate) fn no(text: impl Into<String>) -> Error {
    Error::Conflict(text.into())
}

pub(crate) fn on_disk(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| no(format!("{path}: {error}"))
}

/// One connection is enough, and tells our session from others'.
pub(crate) fn one_connection() -> Options {
    Options { connections: 1, ..Options::default() }
}

/// The command's own doing, told to the platform's audit log.
pub(crate) async fn tell(tx: SystemTx, clock: &Clock, entry: AuditEntry) -> Result<()> {
    let actor = Actor::platform("command line").audit();
    let stamp = Stamp { now: clock.now(), audit_id: clock.id() };
    Ok(tx.commit(&actor, stamp, entry).await?)
}

/// Makes a backup while others read and write. `file` must not be there; it appears when it is whole.
pub async fn make(place: &Place, clock: &Clock, file: &Path, with_key: bool) -> Result<Manifest> {
    if file.exists() {
        return Err(no(format!("{} is there already; a backup never replaces a file", file.display())));
    }
    let kind = Kind::of(&place.url);
    if let Some(database) = store::sqlite_file(&place.url)
        && !database.is_file()
    {
        return Err(no(format!("there is no database at {}", database.display())));
    }
    let db = Db::connect(&place.url, &Options { connections: 2, ..Options::default() }).await?;
    let done = make_of(&db, place, clock, file, with_key, kind).await;
    db.close().await;
    done
}

async fn make_of(
    db: &Db,
    place: &Place,
    clock: &Clock,
    file: &Path,
    with_key: bool,
    kind: Kind,
) -> Result<Manifest> {
    let mut tx = SystemTx::read_across_all_organizations(db).await?;
    let schema = whole::schema(&mut tx).await?;
    drop(tx);
    if schema == 0 {
        return Err(no("the database holds no tables of Watchroom; there is nothing to back up"));
    }
    // Before an upgrade the new build backs up what the old one made, and leaves its tables alone.
    if schema == store::schema_version() {
        db.prepare_audit_months(clock.now()).await?;
        let tx = SystemTx::across_all_organizations(db).await?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let entry = AuditEntry::new(Action::BACKUP_STARTED, "platform", "backup")
            .metadata(json!({ "file": name, "with_secret_key": with_key }));
        tell(tx, clock, entry).await?;
    }
    let draft = pack::Draft::begin(file)?;
    let copy = draft.beside("database");
    // Held until the dump is there: its snapshot is what `pg_dump` reads.
    let (contents, source, held) = match kind {
        Kind::Sqlite => {
            let _ = fs::remove_file(&copy);
            db.copy_into(&copy.to_string_lossy()).await?;
            let copied = Db::connect(&format!("sqlite://{}", copy.display()), &one_connection()).await?;
            let mut tx = SystemTx::read_across_all_organizations(&copied).await?;
            let contents = whole::contents(&mut tx).await?;
            drop(tx);
            copied.settle_file().await?;
            copied.close().await;
            (contents, pack::Source::File(copy.clone()), None)
        }
        Kind::Postgres => {
            let mut tx = SystemTx::read_across_all_organizations(db).await?;
            let version = whole::server_version(&mut tx).await?;
            let tools = postgres::Tools::find(place.programs.as_deref(), version)?;
            let snapshot = whole::export_snapshot(&mut tx).await?;
            let contents = whole::contents(&mut tx).await?;
            (contents, pack::Source::Dump(tools.dump(&place.url, &snapshot)), Some(tx))
        }
    };
    let mut manifest = Manifest {
        format: FORMAT,
        watchroom: env!("CARGO_PKG_VERSION").to_owned(),
        database: kind,
        schema: contents.schema,
        made_at: clock.now(),
        key_id: place.key.as_ref().map(key_id),
        has_key: false,
        rows: contents.rows,
        audit_heads: contents.heads.into_iter().map(|(id, (seq, hash))| (id, Head { seq, hash })).collect(),
        files: BTreeMap::new(),
        missing: Vec::new(),
        in_bucket: Vec::new(),
    };
    let bucket = match &place.bucket {
        // The sizes: reading everything would be a copy of the bucket.
        Some(bucket) => {
            let stored = bucket.list("evidence").await?;
            stored.into_iter().map(|stored| (stored.name, stored.bytes)).collect()
        }
        None => BTreeMap::new(),
    };
    let key = place.key.filter(|_| with_key);
    let data_dir = place.data_dir.clone();
    let packed = tokio::task::spawn_blocking(move || {
        pack::write(draft, source, (&data_dir, &bucket), &contents.files, key, &mut manifest)?;
        Ok(manifest)
    })
    .await
    .map_err(|e| Error::Internal(e.to_string()))?;
    drop(held);
    let _ = fs::remove_file(copy);
    packed
}

/// Reads the whole file and compares every hash; nothing is written.
pub async fn check(file: &Path) -> Result<Manifest> {
    let file = file.to_owned();
    blocking(move || {
        let mut backup = pack::Backup::open(&file)?;
        backup.verify()?;
        Ok(backup.manifest)
    })
    .await
}

/// What came of a restore.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// One for each audit log, compared with its end in the backup.
    pub logs: Vec<Verdict>,
    /// What whoever restored has to know.
    pub notes: Vec<String>,
}

/// Puts a backup in the place of what is there: nothing, or with `replace` anything. The server must be stopped.
pub async fn restore(place: &Place, clock: &Clock, file: &Path, replace: bool) -> Result<Restored> {
    let kind = Kind::of(&place.url);
    let mut backup = {
        let file = file.to_owned();
        blocking(move || pack::Backup::open(&file)).await?
    };
    let manifest = backup.manifest.clone();
    if manifest.database != kind {
        return Err(no(format!(
            "this is a backup of {}, and the settings name a database of {}: restore it there, then `watchroom migrate-data`",
            manifest.database.name(),
            kind.name()
        )));
    }
    let mut notes = Vec::new();
    target(place, kind, replace).await?;
    let staging = pack::Staging::begin(&place.data_dir)?;
    // SQLite's file becomes the database by a rename, which stays within one file system.
    let folder = store::sqlite_file(&place.url).and_then(Path::parent).map(Path::to_owned);
    let beside = match folder.filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => pack::Staging::begin(&folder)?,
        None => pack::Staging::begin(&place.data_dir)?,
    };
    let database = beside.path().join(kind.file());
    let staged = staging.path().to_owned();
    let unpacked = database.clone();
    blocking(move || backup.unpack(&staged, &unpacked)).await?;
    let logs = match kind {
        Kind::Sqlite => {
            let logs = settle_sqlite(&database, place, clock, &manifest).await?;
            pack::put_files(staging.path(), &place.data_dir)?;
            if let Some(kept) = switch(&place.url, &database).await? {
                notes.push(format!("the database that was there is kept as {}", kept.display()));
            }
            logs
        }
        Kind::Postgres => {
            pack::put_files(staging.path(), &place.data_dir)?;
            let mut tx_db = Db::connect(&place.url, &one_connection()).await?;
            let mut tx = SystemTx::read_across_all_organizations(&tx_db).await?;
            let version = whole::server_version(&mut tx).await?;
            drop(tx);
            tx_db.close().await;
            let tools = postgres::Tools::find(place.programs.as_deref(), version)?;
            let (url, proof) = (place.url.clone(), manifest.clone());
            blocking(move || tools.restore(&url, &database, &proof)).await?;
            tx_db = Db::connect(&place.url, &one_connection()).await?;
            let logs = bring_forward(&tx_db, place, clock, &manifest).await;
            tx_db.close().await;
            logs.map_err(|error| {
                no(format!(
                    "the backup is in the database, and what comes after it (today's schema, reading the audit logs, the secret key) \
                     was broken off: {error}; restore again with --replace"
                ))
            })?
        }
    };
    notes.extend(pack::put_key(staging.path(), place, &manifest, replace)?);
    if !manifest.in_bucket.is_empty() {
        notes.push(in_the_bucket(place, &manifest).await);
    }
    if !manifest.missing.is_empty() {
        notes.push(format!(
            "{} files of evidence were not there when the backup was made; it names them in manifest.json",
            manifest.missing.len()
        ));
    }
    Ok(Restored { manifest, logs, notes })
}

/// Whether the files that the backup leaves to a bucket are in the one of these settings.
async fn in_the_bucket(place: &Place, manifest: &Manifest) -> String {
    let wanted = manifest.in_bucket.len();
    let Some(bucket) = &place.bucket else {
        return format!(
            "{wanted} files of evidence are in a bucket, and the settings name none: set evidence_bucket before you start the server"
        );
    };
    match bucket.list("evidence").await {
        Ok(stored) => {
            let there: std::collections::BTreeSet<_> = stored.into_iter().map(|stored| stored.name).collect();
            let found = manifest.in_bucket.iter().filter(|name| there.contains(*name)).count();
            format!("{found} of {wanted} files of evidence that the backup leaves to the bucket are there")
        }
        Err(error) => {
            format!("whether {wanted} files of evidence are still in the bucket could not be told: {error}")
        }
    }
}

/// Whether a backup may go there.
async fn target(place: &Place, kind: Kind, replace: bool) -> Result<()> {
    let used = "there is data in it already; with --replace the backup takes its place";
    let file = store::sqlite_file(&place.url);
    if let Some(file) = file.filter(|file| !file.exists()) {
        let log = pack::with_ending(file, "-wal");
        if log.exists() && !replace {
            return Err(no(format!(
                "{}: a log of a database that is gone; with --replace it goes",
                log.display()
            )));
        }
        return Ok(());
    }
    match held(place, kind).await {
        Ok(contents) if contents.schema == 0 && !contents.rows.is_empty() => {
            return Err(no("the database holds tables that are not Watchroom's; give it one of its own"));
        }
        Ok(contents) if !contents.is_unused() && !replace => return Err(no(used)),
        Err(error) if kind == Kind::Postgres || matches!(error, Error::Unavailable { .. }) => {
            return Err(error);
        }
        Err(error) if !replace => {
            return Err(no(format!(
                "the database that is there cannot be read ({error}); with --replace the backup takes its place"
            )));
        }
        // A damaged database is what backups are for; it is kept like any other.
        Ok(_) | Err(_) => {}
    }
    match file {
        Some(file) => stopped(file).await,
        None => Ok(()),
    }
}

/// What is in the database that is there.
async fn held(place: &Place, kind: Kind) -> Result<Contents> {
    let db = Db::connect(&place.url, &one_connection()).await?;
    let done = async {
        let mut tx = SystemTx::read_across_all_organizations(&db).await?;
        if kind == Kind::Postgres && whole::other_sessions(&mut tx, 1).await? > 0 {
            return Err(no("a Watchroom server is connected to the database; stop it first"));
        }
        Ok(whole::contents(&mut tx).await?)
    }
    .await;
    db.close().await;
    done
}

/// A server that has the file open would go on writing into what is replaced.
async fn stopped(file: &Path) -> Result<()> {
    if Db::is_open_elsewhere(file).await? {
        return Err(no("a Watchroom server has the database open; stop it first"));
    }
    Ok(())
}

/// Compares the unpacked database with the manifest and brings it to today's schema, all before it takes its place.
async fn settle_sqlite(
    file: &Path,
    place: &Place,
    clock: &Clock,
    manifest: &Manifest,
) -> Result<Vec<Verdict>> {
    let db = Db::connect(&format!("sqlite://{}", file.display()), &one_connection()).await?;
    let done = async {
        let mut tx = SystemTx::read_across_all_organizations(&db).await?;
        let contents = whole::contents(&mut tx).await?;
        drop(tx);
        if !manifest.agrees(&contents) {
            return Err(no(
                "the database in the backup does not hold what its manifest says; nothing was changed",
            ));
        }
        let logs = bring_forward(&db, place, clock, manifest).await?;
        db.settle_file().await?;
        Ok(logs)
    }
    .await;
    db.close().await;
    done
}

/// Today's schema; each audit log read to its end; and an entry that says where it all came from.
async fn bring_forward(db: &Db, place: &Place, clock: &Clock, manifest: &Manifest) -> Result<Vec<Verdict>> {
    db.migrate().await?;
    let services =
        Services::new(db.clone(), clock.clone(), Secrets::new(place.key.unwrap_or_default()), false);
    let names: BTreeMap<OrganizationId, String> =
        crate::organizations::all(&services).await?.into_iter().map(|o| (o.id, o.slug)).collect();
    let mut logs = Vec::with_capacity(manifest.audit_heads.len());
    for (id, head) in &manifest.audit_heads {
        let label = match names.get(id) {
            Some(slug) => slug.clone(),
            None if *id == domain::PLATFORM => "platform".to_owned(),
            None => id.to_string(),
        };
        let expected = Some((head.seq, head.hash.as_str()));
        logs.push(crate::audit::verify(&services, *id, &label, expected).await?);
    }
    db.prepare_audit_months(clock.now()).await?;
    let entry = AuditEntry::new(Action::BACKUP_RESTORED, "platform", "backup").metadata(json!({
        "made_at": manifest.made_at, "watchroom": manifest.watchroom, "schema": manifest.schema,
    }));
    tell(SystemTx::across_all_organizations(db).await?, clock, entry).await?;
    Ok(logs)
}

/// The one step: the new file under the name of the database. What was there is kept under another name, whole or damaged.
async fn switch(url: &str, database: &Path) -> Result<Option<PathBuf>> {
    let Some(target) = store::sqlite_file(url) else { return Ok(None) };
    let mut kept = None;
    if target.exists() {
        // Again, for a server that was started since.
        stopped(target).await?;
        let name = pack::kept_name(target)?;
        fs::hard_link(target, &name).or_else(|_| fs::rename(target, &name)).map_err(on_disk(&name))?;
        kept = Some(name);
    }
    // None of the old log may stay beside the new file: it would be read into it.
    for ending in ["-wal", "-shm"] {
        let log = pack::with_ending(target, ending);
        if !log.exists() {
            continue;
        }
        let moved = match &kept {
            Some(name) => fs::rename(&log, pack::with_ending(name, ending)),
            None => fs::remove_file(&log),
        };
        moved.map_err(on_disk(&log))?;
    }
    fs::rename(database, target).map_err(on_disk(target))?;
    pack::sync_folder(target)?;
    Ok(kept)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Internal(e.to_string()))?
}
