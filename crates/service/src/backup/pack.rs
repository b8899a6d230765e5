//! The zip of a backup: written file by file, read with every hash compared, unpacked beside what it will replace.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use domain::OrganizationId;
use domain::audit::hex;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{FORMAT, Manifest, Packed, Place, no, on_disk};
use crate::Result;
use crate::secrets::key_id;

const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
const KEY: &str = "secret.key";
/// In a folder of a restore, locked while that goes on.
const MARK: &str = "lock";
/// A manifest with a million files is smaller.
const MAX_MANIFEST: u64 = 256 * 1024 * 1024;
/// Bytes that are read at once.
const STEP: usize = 256 * 1024;

/// Where the database comes from.
pub enum Source {
    File(PathBuf),
    /// Its standard output.
    Dump(Command),
}

/// A file that is being written under another name. Dropped before it is finished, it is removed.
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
    /// Locked, so that nobody takes it for a leftover.
    file: File,
}

impl Draft {
    pub fn begin(target: &Path) -> Result<Self> {
        sweep_drafts(target);
        let path = with_ending(target, &format!(".part-{}", std::process::id()));
        let file = create(&path).map_err(on_disk(&path))?;
        lock(&file, &path)?;
        file.set_len(0).map_err(on_disk(&path))?;
        Ok(Self { path, target: target.to_owned(), file })
    }
    /// A name in the same folder.
    pub fn beside(&self, ending: &str) -> PathBuf {
        with_ending(&self.path, &format!(".{ending}"))
    }
    fn finish(self) -> Result<()> {
        fs::rename(&self.path, &self.target).map_err(on_disk(&self.target))?;
        sync_folder(&self.target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Finished, there is nothing under these names any more.
        remove_draft(&self.path);
    }
}

fn remove_draft(path: &Path) {
    for ending in ["", ".database", ".database-wal", ".database-shm", ".database-journal"] {
        let _ = fs::remove_file(with_ending(path, ending));
    }
}

/// A mark that goes with its process, however that ends. Where there are no locks, there is none.
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(no(format!("{} is in use", path.display()))),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Whether the process that made it is gone. Where that cannot be told, it is not.
fn is_left(marked: &Path) -> bool {
    File::open(marked).is_ok_and(|file| file.try_lock().is_ok())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Removes what broken-off backups left: of this target, and such that have a database beside them.
fn sweep_drafts(target: &Path) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    for path in entries(folder.unwrap_or(Path::new("."))) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some((whole, number)) = name.rsplit_once(".part-") else { continue };
        let ours = target.file_name().is_some_and(|target| target == whole)
            || with_ending(&path, ".database").is_file();
        if is_number(number) && ours && path.is_file() && is_left(&path) {
            remove_draft(&path);
        }
    }
}

/// A zip file that only its owner reads: it holds everything.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Not cut off: it may be another's that is at work.
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

struct Packing<'a> {
    zip: ZipWriter<BufWriter<File>>,
    manifest: &'a mut Manifest,
}

impl Packing<'_> {
    /// Adds a file; `false` (and its name left out of the manifest) when its hash is not `expected`.
    fn add(
        &mut self,
        name: &str,
        bytes: &mut dyn Read,
        method: CompressionMethod,
        expected: Option<&str>,
    ) -> io::Result<bool> {
        let options =
            SimpleFileOptions::default().compression_method(method).large_file(true).unix_permissions(0o600);
        self.zip.start_file(name, options)?;
        let (packed, _) = copy(bytes, &mut self.zip)?;
        if expected.is_some_and(|expected| expected != packed.sha256) {
            self.zip.abort_file()?;
            return Ok(false);
        }
        self.manifest.files.insert(name.to_owned(), packed);
        Ok(true)
    }
}

/// Packs everything; the manifest learns what is in it.
pub fn write(
    draft: Draft,
    source: Source,
    (data_dir, bucket): (&Path, &BTreeMap<String, u64>),
    files: &[(OrganizationId, String, i64)],
    key: Option<[u8; 32]>,
    manifest: &mut Manifest,
) -> Result<()> {
    let file = draft.file.try_clone().map_err(on_disk(&draft.path))?;
    let disk = || on_disk(&draft.path);
    let mut packing = Packing { zip: ZipWriter::new(BufWriter::with_capacity(STEP, file)), manifest };
    let name = packing.manifest.database.file();
    match source {
        Source::File(path) => {
            let mut database = File::open(&path).map_err(on_disk(&path))?;
            packing.add(name, &mut database, CompressionMethod::Deflated, None).map_err(disk())?;
        }
        Source::Dump(command) => dump(&mut packing, name, command, &draft.path)?,
    }
    for (organization, sha256, size) in files {
        let name = format!("evidence/{organization}/{}/{sha256}", sha256.get(..2).unwrap_or_default());
        let added = match File::open(data_dir.join(&name)) {
            Ok(mut file) => {
                packing.add(&name, &mut file, CompressionMethod::Deflated, Some(sha256)).map_err(disk())?
            }
            Err(_) => false,
        };
        if added {
            continue;
        }
        if bucket.get(&name).is_some_and(|bytes| i64::try_from(*bytes) == Ok(*size)) {
            packing.manifest.in_bucket.push(name);
        } else {
            packing.manifest.missing.push(name);
        }
    }
    for (name, path) in uploads(data_dir) {
        // It may have been read to its end, and so be gone.
        if let Ok(mut file) = File::open(&path) {
            packing.add(&name, &mut file, CompressionMethod::Deflated, None).map_err(disk())?;
        }
    }
    if let Some(key) = key {
        let text = hex(&key) + "\n";
        packing.add(KEY, &mut text.as_bytes(), CompressionMethod::Stored, None).map_err(disk())?;
        packing.manifest.has_key = true;
    }
    let Packing { mut zip, manifest } = packing;
    let text = serde_json::to_string_pretty(manifest).map_err(|e| no(e.to_string()))?;
    let mut sums = String::new();
    for (name, packed) in &manifest.files {
        let _ = writeln!(sums, "{}  {name}", packed.sha256);
    }
    let _ = writeln!(sums, "{}  {MANIFEST}", hex(&Sha256::digest(text.as_bytes())));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let write = |zip: &mut ZipWriter<_>, name: &str, text: &str| -> io::Result<()> {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())
    };
    write(&mut zip, MANIFEST, &text).map_err(disk())?;
    write(&mut zip, SUMS, &sums).map_err(disk())?;
    let file = zip.finish().map_err(io::Error::from).map_err(disk())?;
    let file = file.into_inner().map_err(|e| on_disk(&draft.path)(e.into_error()))?;
    file.sync_all().map_err(disk())?;
    draft.finish()
}

fn dump(packing: &mut Packing<'_>, name: &str, mut command: Command, zip: &Path) -> Result<()> {
    let program = Path::new(command.get_program()).to_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(on_disk(&program))?;
    let complaints = super::postgres::collect(child.stderr.take());
    let copied = match child.stdout.take() {
        // Compressed already.
        Some(mut bytes) => packing.add(name, &mut bytes, CompressionMethod::Stored, None),
        None => Ok(true),
    };
    if copied.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(on_disk(&program))?;
    copied.map_err(on_disk(zip))?;
    if status.success() {
        return Ok(());
    }
    Err(no(format!("pg_dump failed: {}", super::postgres::said(complaints))))
}

/// Files of the browser's uploads that are still to be read.
fn uploads(data_dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for organization in entries(&data_dir.join("uploads")) {
        for file in entries(&organization) {
            let (Some(owner), Some(id)) = (organization.file_name(), file.file_name()) else { continue };
            let name = format!("uploads/{}/{}", owner.to_string_lossy(), id.to_string_lossy());
            if file.is_file() && is_known(&name) {
                found.push((name, file));
            }
        }
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|e| e.ok().map(|e| e.path())).collect()
}

/// Bytes from one to the other, and their hash.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(Packed, u64)> {
    let (mut buffer, mut hash, mut bytes) = (vec![0; STEP], Sha256::new(), 0);
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok((Packed { bytes, sha256: hex(&hash.finalize()) }, bytes)),
            n => {
                hash.update(&buffer[..n]);
                to.write_all(&buffer[..n])?;
                bytes += n as u64;
            }
        }
    }
}

/// A backup that is being read.
pub struct Backup {
    zip: ZipArchive<BufReader<File>>,
    pub manifest: Manifest,
}

impl Backup {
    /// Opens it, and refuses what this build cannot restore.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(on_disk(path))?;
        let damaged = |what: &str| no(format!("{} is no whole backup of Watchroom: {what}", path.display()));
        let mut zip = ZipArchive::new(BufReader::with_capacity(STEP, file))
            .map_err(|error| damaged(&error.to_string()))?;
        let mut text = String::new();
        zip.by_name(MANIFEST)
            .map_err(|_| damaged("it has no manifest.json"))?
            .take(MAX_MANIFEST)
            .read_to_string(&mut text)
            .map_err(|error| damaged(&error.to_string()))?;
        #[derive(serde::Deserialize)]
        struct Format {
            format: u32,
            watchroom: String,
        }
        let Format { format, watchroom } =
            serde_json::from_str(&text).map_err(|_| damaged("its manifest.json cannot be read"))?;
        if format > FORMAT {
            return Err(no(format!(
                "the backup was made by Watchroom {watchroom} in a newer layout; restore it with that version"
            )));
        }
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|_| damaged("its manifest.json cannot be read"))?;
        let ours = store::schema_version();
        if manifest.schema > ours {
            return Err(no(format!(
                "the backup was made by a newer Watchroom ({watchroom}, schema {}); this one knows schema {ours}: restore it with \
                 that version or a later one",
                manifest.schema
            )));
        }
        if let Some(name) = manifest.files.keys().find(|name| !is_known(name)) {
            return Err(damaged(&format!("it names a file that does not belong there: {name:?}")));
        }
        let stray = zip
            .file_names()
            .find(|name| ![MANIFEST, SUMS].contains(name) && !manifest.files.contains_key(*name))
            .map(str::to_owned);
        if let Some(name) = stray {
            return Err(damaged(&format!("its manifest does not name {name:?}")));
        }
        if !manifest.files.contains_key(manifest.database.file()) {
            return Err(damaged("it holds no database"));
        }
        Ok(Self { zip, manifest })
    }

    /// Reads everything and compares every hash.
    pub fn verify(&mut self) -> Result<()> {
        for (name, packed) in self.manifest.files.clone() {
            self.read(&name, &packed, &mut io::sink())?;
        }
        Ok(())
    }

    /// Unpacks the files under `folder` and the database as `database`, each compared with its hash.
    pub fn unpack(&mut self, folder: &Path, database: &Path) -> Result<()> {
        for (name, packed) in self.manifest.files.clone() {
            let path =
                if name == self.manifest.database.file() { database.to_owned() } else { folder.join(&name) };
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(on_disk(parent))?;
            }
            let mut file = create(&path).map_err(on_disk(&path))?;
            self.read(&name, &packed, &mut file)?;
            file.sync_all().map_err(on_disk(&path))?;
        }
        Ok(())
    }

    fn read(&mut self, name: &str, packed: &Packed, to: &mut dyn Write) -> Result<()> {
        let damaged = |what: &str| no(format!("the backup is damaged, nothing was changed: {name}: {what}"));
        let file = self.zip.by_name(name).map_err(|_| damaged("it is missing"))?;
        // A byte more than the manifest says is enough to see that it is another file.
        let (read, _) =
            copy(&mut file.take(packed.bytes + 1), to).map_err(|error| damaged(&error.to_string()))?;
        if read == *packed { Ok(()) } else { Err(damaged("it is not the file of its hash")) }
    }
}

/// The names that there are; nothing else is written anywhere.
fn is_known(name: &str) -> bool {
    let is_id = |text: &str| text.parse::<uuid::Uuid>().is_ok_and(|id| id.to_string() == text);
    let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match name.split('/').collect::<Vec<_>>()[..] {
        [one] => ["database.sqlite", "database.dump", KEY].contains(&one),
        ["evidence", owner, two, hash] => {
            is_id(owner) && hash.len() == 64 && is_hex(hash) && hash.get(..2) == Some(two)
        }
        ["uploads", owner, id] => is_id(owner) && is_id(id),
        _ => false,
    }
}

/// A folder of ours beside what will be replaced; gone with this.
pub struct Staging {
    path: PathBuf,
    /// Locked, so that nobody takes the folder for a leftover.
    _mark: File,
}

impl Staging {
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(on_disk(folder))?;
        sweep_stagings(folder);
        for n in 1..1000 {
            let path = folder.join(format!("restoring-{}-{n}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => {
                    let mark = path.join(MARK);
                    let file = create(&mark).map_err(on_disk(&mark))?;
                    lock(&file, &mark)?;
                    return Ok(Self { path, _mark: file });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(on_disk(&path)(error)),
            }
        }
        Err(no(format!("{}: no free name", folder.display())))
    }
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes what broken-off restores left.
fn sweep_stagings(folder: &Path) {
    for path in entries(folder) {
        let numbers = path.file_name().and_then(|name| name.to_str()?.strip_prefix("restoring-"));
        let ours = numbers.is_some_and(|numbers| numbers.split('-').all(is_number));
        if ours && !path.is_symlink() && is_left(&path.join(MARK)) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Moves what was unpacked to its place, over the same bytes if they are there: a name of evidence is its hash.
pub fn put_files(from: &Path, data_dir: &Path) -> Result<()> {
    for kind in ["evidence", "uploads"] {
        put_tree(&from.join(kind), &data_dir.join(kind))?;
    }
    Ok(())
}

fn put_tree(from: &Path, to: &Path) -> Result<()> {
    for path in entries(from) {
        let Some(name) = path.file_name() else { continue };
        let place = to.join(name);
        if path.is_dir() {
            put_tree(&path, &place)?;
        } else {
            fs::create_dir_all(to).map_err(on_disk(to))?;
            fs::rename(&path, &place).map_err(on_disk(&place))?;
        }
    }
    if from.is_dir() { sync_folder(&to.join("x")) } else { Ok(()) }
}

/// Puts the backup's key in its place, or says what its absence means.
pub fn put_key(from: &Path, place: &Place, manifest: &Manifest, replace: bool) -> Result<Option<String>> {
    let same = place.key.as_ref().map(key_id) == manifest.key_id;
    let file = place.data_dir.join(KEY);
    let unpacked = from.join(KEY);
    if !unpacked.is_file() {
        return Ok((!same && manifest.key_id.is_some()).then(|| {
            format!(
                "the backup holds no secret key, and the one here is not the one it was made with ({}): put that one into {} or \
                 secret_key; without it people sign in again and what was encrypted with it cannot be read",
                manifest.key_id.as_deref().unwrap_or_default(),
                file.display()
            )
        }));
    }
    if same {
        return Ok(None);
    }
    let mut notes = Vec::new();
    if file.exists() {
        if !replace {
            return Ok(Some(format!(
                "{} is another key than the backup's and was left as it is; with --replace the backup's takes its place",
                file.display()
            )));
        }
        let kept = kept_name(&file)?;
        // There is a key at every moment: the old one under both names, then the new one over it.
        fs::hard_link(&file, &kept).or_else(|_| fs::copy(&file, &kept).map(drop)).map_err(on_disk(&kept))?;
        notes.push(format!("the secret key that was there is kept as {}", kept.display()));
    }
    fs::rename(&unpacked, &file).map_err(on_disk(&file))?;
    sync_folder(&file)?;
    if place.key.is_some() {
        notes.push(
            "the secret key of the backup is in place; a secret_key in the settings goes before it"
                .to_owned(),
        );
    }
    Ok((!notes.is_empty()).then(|| notes.join("; ")))
}

/// A free name for what a restore takes the place of.
pub fn kept_name(path: &Path) -> Result<PathBuf> {
    (1..10_000)
        .map(|n| with_ending(path, &format!(".before-restore-{n}")))
        .find(|name| !name.exists())
        .ok_or_else(|| no(format!("{}: there is no free name to keep it under", path.display())))
}

pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// A new name in the file's folder is on the disk, too.
pub fn sync_folder(file: &Path) -> Result<()> {
    if cfg!(unix)
        && let Some(folder) = file.parent()
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(on_disk(folder))?;
    }
    Ok(())
}

/// For the checks within a restore: names of tables and hashes as they may stand in a statement.
pub fn is_plain(manifest: &Manifest) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    manifest.rows.keys().all(|name| is_name(name))
        && manifest.audit_heads.values().all(|head| head.hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn only_names_of_a_backup_are_unpacked() {
        let id = "019ac7b6-7d4e-7000-8000-000000000001";
        let hash = "ab".repeat(32);
        assert!(is_known("database.sqlite") && is_known(&format!("evidence/{id}/ab/{hash}")));
        assert!(is_known(&format!("uploads/{id}/{id}")));
        for name in [
            "../x",
            "/etc/passwd",
            "evidence/../../x",
            &format!("evidence/{id}/cd/{hash}"),
            &format!("uploads/{id}/.."),
            &format!("evidence/{id}/ab/{hash}/x"),
            "manifest.json",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
