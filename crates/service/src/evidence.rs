//! Where the bytes of evidence lie: under their hash, beside the database or in a bucket.
//!
//! `evidence/<organization>/<aa>/<sha256>` in the data folder or the bucket, `aa` being the first two digits. A file arrives under
//! `evidence/<organization>/incoming/` and gets its name when it is whole and safe there, so a hash never names half a file: by a rename on the disk, by a
//! copy that the bucket makes of its own. No part of a name comes from whoever sent it.
//!
//! With a bucket, what lies in the data folder (from before there was one, or from a backup) is still found, handed out and swept.

mod sweep;

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bucket::Writer;
use domain::OrganizationId;
use domain::audit::hex;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

pub use bucket::{Bucket, Settings as BucketSettings};
pub use sweep::{Found, sweep};

use crate::outgoing::{Outgoing, Trust};
use crate::{Error, Result, Services};

/// The largest file unless the settings say otherwise, in bytes.
pub const MAX_FILE: u64 = 100 * 1024 * 1024;
/// First bytes that are kept to tell the type by.
const HEAD: usize = 8 * 1024;
/// Bytes that are read at once.
const STEP: usize = 64 * 1024;
/// Where files arrive.
const INCOMING: &str = "incoming";

/// What is taken as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Media types that are refused, `text/html` or `image/*`.
    pub blocked: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { max_bytes: MAX_FILE, blocked: Vec::new() }
    }
}

/// The bytes of a file, read as they are asked for.
pub type Bytes = Pin<Box<dyn AsyncRead + Send>>;

/// A file on its way in. Dropped before it is [`Arriving::settle`]d, it leaves nothing behind.
pub(crate) struct Arriving {
    way: Way,
    hash: Sha256,
    head: Vec<u8>,
    pub bytes: u64,
}

enum Way {
    Disk { file: File, path: PathBuf },
    Bucket { bucket: Bucket, writer: Writer, name: String, is_there: bool },
}

/// Begins to take a file; `name` must be new and a plain word of ours.
pub(crate) async fn arrive(
    services: &Services,
    organization: OrganizationId,
    name: &str,
) -> Result<Arriving> {
    let way = if let Some(bucket) = &services.bucket {
        let name = format!("{}/{INCOMING}/{name}", below(organization));
        Way::Bucket { bucket: bucket.clone(), writer: bucket.write(&name), name, is_there: false }
    } else {
        let folder = folder(services, organization).join(INCOMING);
        fs::create_dir_all(&folder).await.map_err(|e| disk(&e))?;
        let path = folder.join(name);
        let file = File::create_new(&path).await.map_err(|e| disk(&e))?;
        Way::Disk { file, path }
    };
    Ok(Arriving { way, hash: Sha256::new(), head: Vec::new(), bytes: 0 })
}

impl Arriving {
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes += chunk.len() as u64;
        self.hash.update(chunk);
        let room = HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..room]);
        match &mut self.way {
            Way::Disk { file, .. } => file.write_all(chunk).await.map_err(|e| disk(&e)),
            Way::Bucket { writer, .. } => Ok(writer.write(chunk).await?),
        }
    }

    /// All bytes are on the disk or in the bucket. The hash of them, and their type where the first of them tell.
    pub async fn end(&mut self) -> Result<(String, Option<&'static str>)> {
        match &mut self.way {
            Way::Disk { file, .. } => {
                file.flush().await.map_err(|e| disk(&e))?;
                file.sync_all().await.map_err(|e| disk(&e))?;
            }
            Way::Bucket { writer, is_there, .. } => {
                // Whatever comes of it: it may be there although nobody was told.
                *is_there = true;
                writer.end().await?;
            }
        }
        Ok((hex(&self.hash.finalize_reset()), sniff(&self.head)))
    }

    /// Puts it in its place, over the same bytes if they are there.
    pub async fn settle(
        &mut self,
        services: &Services,
        organization: OrganizationId,
        sha256: &str,
    ) -> Result<()> {
        match &self.way {
            Way::Disk { path, .. } => {
                let place = place(services, organization, sha256)?;
                if let Some(folder) = place.parent() {
                    fs::create_dir_all(folder).await.map_err(|e| disk(&e))?;
                    fs::rename(path, &place).await.map_err(|e| disk(&e))?;
                    // The new name is on the disk too.
                    if cfg!(unix) {
                        let folder = File::open(folder).await.map_err(|e| disk(&e))?;
                        folder.sync_all().await.map_err(|e| disk(&e))?;
                    }
                }
                Ok(())
            }
            Way::Bucket { bucket, name, .. } => Ok(bucket.copy(name, &key(organization, sha256)?).await?),
        }
    }

    /// Clears up what only the way in needed, once it is settled.
    pub async fn leave(mut self) {
        if let Way::Bucket { bucket, name, is_there, .. } = &mut self.way {
            match bucket.delete(name).await {
                Ok(()) => *is_there = false,
                // The daily sweep finds it.
                Err(error) => tracing::warn!(%error, "what an upload left in the bucket is still there"),
            }
        }
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        match &self.way {
            // After it is settled there is nothing under this name.
            Way::Disk { path, .. } => {
                let _ = std::fs::remove_file(path);
            }
            Way::Bucket { bucket, name, is_there: true, .. } => {
                let (bucket, name) = (bucket.clone(), name.clone());
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(async move { bucket.delete(&name).await });
                }
            }
            // The writer takes its parts back.
            Way::Bucket { .. } => {}
        }
    }
}

/// The bytes of a hash, or `None` when they are not there.
pub(crate) async fn open(
    services: &Services,
    organization: OrganizationId,
    sha256: &str,
) -> Result<Option<Bytes>> {
    if let Some(bucket) = &services.bucket
        && let Some(bytes) = bucket.read(&key(organization, sha256)?).await?
    {
        return Ok(Some(bytes));
    }
    match File::open(place(services, organization, sha256)?).await {
        Ok(file) => Ok(Some(Box::pin(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(&error)),
    }
}

/// The hash of what lies there now, read to its end.
pub(crate) async fn hash_of(mut bytes: Bytes) -> Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; STEP];
    loop {
        match bytes.read(&mut buffer).await.map_err(|e| disk(&e))? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// Takes the bytes of a hash away; that they are gone already is fine.
pub(crate) async fn delete(services: &Services, organization: OrganizationId, sha256: &str) -> Result<()> {
    if let Some(bucket) = &services.bucket {
        bucket.delete(&key(organization, sha256)?).await?;
    }
    match fs::remove_file(place(services, organization, sha256)?).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&error)),
        _ => Ok(()),
    }
}

/// Takes away everything of an organization that is deleted.
pub(crate) async fn delete_all(services: &Services, organization: OrganizationId) -> Result<()> {
    if let Some(bucket) = &services.bucket {
        for stored in bucket.list(&below(organization)).await? {
            bucket.delete(&stored.name).await?;
        }
    }
    match fs::remove_dir_all(folder(services, organization)).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&error)),
        _ => Ok(()),
    }
}

/// The bucket of these settings. Nothing is asked of it yet.
///
/// # Errors
/// What is wrong with the settings.
pub fn bucket(settings: &BucketSettings, trust: &Trust) -> std::result::Result<Bucket, String> {
    let outgoing = Outgoing::to_bucket(trust);
    let ask: bucket::Ask = Arc::new(move |request| {
        let outgoing = outgoing.clone();
        Box::pin(async move { outgoing.send(request).await.map_err(|error| error.to_string()) })
    });
    Bucket::open(settings, ask).map_err(|error| error.to_string())
}

/// Whether evidence can be kept, before somebody brings some: the bucket takes a file, gives it back and lets it go.
///
/// # Errors
/// What the bucket said.
pub async fn probe(bucket: &Bucket) -> std::result::Result<(), String> {
    bucket.probe("evidence/probe").await.map_err(|error| error.to_string())
}

/// What the first bytes say. Text has no signature: only what a browser would run is looked for in it.
pub fn sniff(head: &[u8]) -> Option<&'static str> {
    if let Some(known) = infer::get(head) {
        return Some(known.mime_type());
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(1024)]).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains("<svg") {
        return Some("image/svg+xml");
    }
    (text.contains("<html") || text.contains("<script") || text.starts_with("<!doctype html"))
        .then_some("text/html")
}

fn folder(services: &Services, organization: OrganizationId) -> PathBuf {
    services.data_dir.join("evidence").join(organization.to_string())
}

/// The same in the bucket.
fn below(organization: OrganizationId) -> String {
    format!("evidence/{organization}")
}

/// The name of a hash in the bucket, and below the data folder.
pub(crate) fn key(organization: OrganizationId, sha256: &str) -> Result<String> {
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        return Err(Error::Internal("evidence without a hash".to_owned()));
    }
    Ok(format!("{}/{}/{sha256}", below(organization), &sha256[..2]))
}

fn place(services: &Services, organization: OrganizationId, sha256: &str) -> Result<PathBuf> {
    Ok(services.data_dir.join(key(organization, sha256)?))
}

fn disk(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Unavailable { full: true },
        _ => Error::Internal(format!("the folder of evidence: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::sniff;

    #[test]
    fn a_type_is_told_by_the_first_bytes() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(sniff(b"%PDF-1.7 "), Some("application/pdf"));
        assert_eq!(sniff(b"MZ\x90\0"), Some("application/vnd.microsoft.portable-executable"));
        assert_eq!(sniff(b"\n <svg onload=alert(1)>"), Some("image/svg+xml"));
        assert_eq!(sniff(b"hello <script>alert(1)</script>"), Some("text/html"));
        assert_eq!(sniff(b"just a note"), None);
    }
}
