//! Where the bytes of evidence lie: under their hash, beside the database.
//!
//! `<data folder>/evidence/<organization>/<aa>/<sha256>`, `aa` being the first two digits. A file arrives under
//! `incoming/` and is renamed when it is whole and on the disk, so a hash never names half a file. No part of a path comes from
//! whoever sent it.

mod sweep;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use domain::OrganizationId;
use domain::audit::hex;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

pub use sweep::{Found, sweep};

use crate::{Error, Result, Services};

/// The largest file unless the settings say otherwise, in bytes.
pub const MAX_FILE: u64 = 100 * 1024 * 1024;
/// First bytes that are kept to tell the type by.
const HEAD: usize = 8 * 1024;
/// Bytes that are read at once.
const STEP: usize = 64 * 1024;

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
    file: File,
    path: PathBuf,
    hash: Sha256,
    head: Vec<u8>,
    pub bytes: u64,
}

/// Begins to take a file; `name` must be new and a plain word of ours.
pub(crate) async fn arrive(
    services: &Services,
    organization: OrganizationId,
    name: &str,
) -> Result<Arriving> {
    let folder = folder(services, organization).join("incoming");
    fs::create_dir_all(&folder).await.map_err(|e| disk(&e))?;
    let path = folder.join(name);
    let file = File::create_new(&path).await.map_err(|e| disk(&e))?;
    Ok(Arriving { file, path, hash: Sha256::new(), head: Vec::new(), bytes: 0 })
}

impl Arriving {
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        self.bytes += chunk.len() as u64;
        self.hash.update(chunk);
        let room = HEAD.saturating_sub(self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..room]);
        self.file.write_all(chunk).await.map_err(|e| disk(&e))
    }

    /// All bytes are on the disk. The hash of them, and their type where the first of them tell.
    pub async fn end(&mut self) -> Result<(String, Option<&'static str>)> {
        self.file.flush().await.map_err(|e| disk(&e))?;
        self.file.sync_all().await.map_err(|e| disk(&e))?;
        Ok((hex(&self.hash.finalize_reset()), sniff(&self.head)))
    }

    /// Puts it in its place, over the same bytes if they are there.
    pub async fn settle(self, services: &Services, organization: OrganizationId, sha256: &str) -> Result<()> {
        let place = place(services, organization, sha256)?;
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).await.map_err(|e| disk(&e))?;
            fs::rename(&self.path, &place).await.map_err(|e| disk(&e))?;
            // The new name is on the disk too.
            if cfg!(unix) {
                let folder = File::open(folder).await.map_err(|e| disk(&e))?;
                folder.sync_all().await.map_err(|e| disk(&e))?;
            }
        }
        Ok(())
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // After it is settled there is nothing under this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The bytes of a hash, or `None` when they are not there.
pub(crate) async fn open(
    services: &Services,
    organization: OrganizationId,
    sha256: &str,
) -> Result<Option<Bytes>> {
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
    match fs::remove_file(place(services, organization, sha256)?).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(&error)),
        _ => Ok(()),
    }
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

fn place(services: &Services, organization: OrganizationId, sha256: &str) -> Result<PathBuf> {
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hash {
        return Err(Error::Internal("evidence without a hash".to_owned()));
    }
    Ok(folder(services, organization).join(Path::new(&sha256[..2])).join(sha256))
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
