//! Entries of the audit log as a signed zip that a stranger checks offline.
//!
//! `entries.ndjson`: the entries that were asked for, oldest first, whole. `links.ndjson`: number, hash and hash before of every
//! entry from the first of them to the last of the log, so that each is seen to stand in one unbroken chain. `manifest.json`: what
//! was asked for, by whom, the end of the chain, the hashes of both files. `manifest.sig`: the Ed25519 signature (64 bytes) of
//! `manifest.json` as it stands. `public-key.pem` and `README.txt`: how to check it, also without Watchroom. The key follows
//! from the installation's secret key.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{AuditFilter, AuditRecord, GENESIS, Link, hex};
use domain::permission::AuditExport;
use domain::{OrganizationId, Timestamp};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{ReadTx, SystemTx};
use zip::ZipArchive;

use crate::bundle::{Bundle, Chunks};
use crate::{Cx, Error, Result, Services};

const FORMAT: u32 = 1;
/// Entries that are read at once.
const PAGE: u32 = 500;
/// A manifest is smaller.
const MAX_SMALL: u64 = 1024 * 1024;
/// The line of an entry is shorter.
const MAX_LINE: u64 = 16 * 1024 * 1024;
/// The start of an Ed25519 public key as SubjectPublicKeyInfo (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Problems that are told; one is enough not to hold.
const TOLD: usize = 20;

const README: &str = "Entries of a Watchroom audit log.

With Watchroom, offline and without a database:
    watchroom audit verify-bundle FILE.zip --key KEY.pem
KEY.pem is the public key that the installation shows under Audit, Export; get it from there, not from here.

Without Watchroom:
    sha256sum -c SHA256SUMS
    openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
manifest.json has the hashes of entries.ndjson and links.ndjson. The hash of an entry is SHA-256 over prev_hash and the other
fields (all but hash and prev_hash) as JSON with sorted keys and no blanks; prev_hash is the hash of the entry before, 64 zeros for the first.
";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: i64,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub watchroom: String,
    pub organization_id: OrganizationId,
    /// Its slug.
    pub organization: String,
    pub made_at: Timestamp,
    pub made_by: String,
    pub filter: AuditFilter,
    pub entries: u64,
    /// The last entry of the log when the bundle was made, or one shortly after: that of the export itself is before it.
    pub head: Head,
    /// SHA-256 of `entries.ndjson`.
    pub entries_sha256: String,
    /// SHA-256 of `links.ndjson`.
    pub links_sha256: String,
}

fn key_pair(services: &Services) -> Result<Ed25519KeyPair> {
    let seed = services.secrets.seed("audit bundle");
    Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Error::Internal("no signing key".to_owned()))
}

fn pem(public: &[u8]) -> String {
    let der = [&SPKI, public].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

/// The key in a PEM text.
fn unpem(text: &str) -> Option<Vec<u8>> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(body).ok()?;
    let key = der.strip_prefix(&SPKI)?;
    (key.len() == 32).then(|| key.to_vec())
}

/// What a person compares: `SHA256:` and the hash of the key.
fn fingerprint(public: &[u8]) -> String {
    format!("SHA256:{}", hex(&Sha256::digest(public)))
}

/// The public half, as PEM.
pub fn public_key(services: &Services) -> Result<String> {
    Ok(pem(key_pair(services)?.public_key().as_ref()))
}

/// The bytes of the bundle. That it was exported is on record before its first byte, and is a link in it.
pub async fn export(cx: &Cx<AuditExport>, filter: &AuditFilter) -> Result<Chunks> {
    super::begin_export(cx, filter, "bundle").await?;
    let (seq, hash) = store::audit::own_head(&mut cx.read().await?).await?;
    let mut system = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    let known = store::organization::all(&mut system).await?;
    drop(system);
    let organization = known.into_iter().find(|o| o.id == cx.actor.organization);
    let manifest = Manifest {
        format: FORMAT,
        watchroom: env!("CARGO_PKG_VERSION").to_owned(),
        organization_id: cx.actor.organization,
        organization: organization.map_or_else(|| "platform".to_owned(), |o| o.slug),
        made_at: cx.now(),
        made_by: cx.actor.audit().label,
        filter: filter.clone(),
        entries: 0,
        head: Head { seq, hash },
        entries_sha256: String::new(),
        links_sha256: String::new(),
    };
    let key = key_pair(&cx.services)?;
    let (bundle, chunks) = Bundle::begin(format!("audit-{}", manifest.organization));
    let services = cx.services.clone();
    tokio::spawn(async move {
        if let Err(error) = fill(&services, manifest, &key, bundle).await {
            tracing::warn!(%error, "the export of an audit log broke off");
        }
    });
    Ok(chunks)
}

/// Without [`Bundle::end`], which comes last, the receiver sees that it broke off.
async fn fill(
    services: &Services,
    mut manifest: Manifest,
    key: &Ed25519KeyPair,
    bundle: Bundle,
) -> io::Result<()> {
    let (organization, last) = (manifest.organization_id, manifest.head.seq);
    let broken = |error: store::Error| io::Error::other(error.to_string());
    bundle.file("README.txt", README).await?;
    bundle.file("public-key.pem", pem(key.public_key().as_ref())).await?;
    bundle.name("entries.ndjson").await?;
    let (mut hash, mut after, mut first) = (Sha256::new(), 0, None);
    loop {
        let mut tx = ReadTx::begin(&services.db, organization).await.map_err(broken)?;
        let page = store::audit::ascending(&mut tx, &manifest.filter, after, last, PAGE).await;
        let page = page.map_err(broken)?;
        let Some(end) = page.last() else { break };
        after = end.seq;
        first = first.or(page.first().map(|record| record.seq));
        manifest.entries += page.len() as u64;
        let lines = lines(&page)?;
        hash.update(&lines);
        bundle.bytes(lines).await?;
    }
    manifest.entries_sha256 = hex(&hash.finalize());
    bundle.name("links.ndjson").await?;
    // Of no entry at all, the last link is still shown.
    let (mut hash, mut after) = (Sha256::new(), first.unwrap_or(last) - 1);
    loop {
        let mut tx = ReadTx::begin(&services.db, organization).await.map_err(broken)?;
        let page = store::audit::links(&mut tx, after, last, PAGE * 10).await.map_err(broken)?;
        let Some(end) = page.last() else { break };
        after = end.seq;
        let lines = lines(&page)?;
        hash.update(&lines);
        bundle.bytes(lines).await?;
    }
    manifest.links_sha256 = hex(&hash.finalize());
    let text = serde_json::to_vec_pretty(&manifest)?;
    let signature = key.sign(&text);
    bundle.file("manifest.json", text).await?;
    bundle.file("manifest.sig", signature.as_ref()).await?;
    bundle.end().await
}

fn lines<T: Serialize>(rows: &[T]) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(rows.len() * 256);
    for row in rows {
        serde_json::to_writer(&mut out, row)?;
        out.push(b'\n');
    }
    Ok(out)
}

/// What was found in a bundle.
#[derive(Debug)]
pub struct Found {
    pub manifest: Manifest,
    /// Of the key that it was checked with.
    pub fingerprint: String,
    /// Nothing: it holds.
    pub problems: Vec<String>,
}

type Told = std::result::Result<(), String>;

/// Checks a bundle: signature, hashes, each entry, the chain. `key`: the installation's public key as PEM; without it the bundle's own.
pub fn verify(file: &Path, key: Option<&str>) -> Result<Found> {
    let no = |what: &str| Error::Conflict(format!("{}: {what}", file.display()));
    let opened = File::open(file).map_err(|error| no(&error.to_string()))?;
    let mut zip = ZipArchive::new(BufReader::new(opened)).map_err(|_| no("not a zip"))?;
    // One folder holds all; its name is of no weight.
    let folder =
        zip.file_names().next().and_then(|name| name.split_once('/')).map(|(folder, _)| folder.to_owned());
    let folder = folder.ok_or_else(|| no("not a bundle of an audit log"))?;
    let mut small = |name: &str| -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let part = zip.by_name(&format!("{folder}/{name}")).map_err(|_| no(&format!("{name} is missing")))?;
        part.take(MAX_SMALL).read_to_end(&mut bytes).map_err(|error| no(&format!("{name}: {error}")))?;
        Ok(bytes)
    };
    let (text, signature, own) = (small("manifest.json")?, small("manifest.sig")?, small("public-key.pem")?);
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| no("its manifest.json cannot be read by this version"))?;
    let public = match key {
        Some(pem) => {
            unpem(pem).ok_or_else(|| no("the key that was given is no Ed25519 public key as PEM"))?
        }
        None => unpem(&String::from_utf8_lossy(&own)).ok_or_else(|| no("public-key.pem cannot be read"))?,
    };
    let mut problems = Vec::new();
    if manifest.format > FORMAT {
        problems.push("made by a newer Watchroom in another layout".to_owned());
    }
    if UnparsedPublicKey::new(&ED25519, &public).verify(&text, &signature).is_err() {
        problems.push("the signature of manifest.json is not that of the key".to_owned());
        // Nobody vouches for the rest: it is not read.
        return Ok(Found { manifest, fingerprint: fingerprint(&public), problems });
    }
    let mut chain = Chain::default();
    let mut part = |name: &str, expected: &str, line: &mut dyn FnMut(&str) -> Told| -> Result<Vec<String>> {
        let part = zip.by_name(&format!("{folder}/{name}")).map_err(|_| no(&format!("{name} is missing")))?;
        Ok(read(part, name, expected, line))
    };
    problems.extend(part("links.ndjson", &manifest.links_sha256, &mut |text| chain.link(text))?);
    let (mut entries, mut before) = (0, 0);
    problems.extend(part("entries.ndjson", &manifest.entries_sha256, &mut |text| {
        entries += 1;
        chain.entry(text, manifest.organization_id, &mut before)
    })?);
    if entries != manifest.entries {
        problems.push(format!("{entries} entries, the manifest says {}", manifest.entries));
    }
    if chain.last != Some((manifest.head.seq, manifest.head.hash.clone())) {
        problems.push("the links do not end where the manifest says".to_owned());
    }
    problems.truncate(TOLD);
    Ok(Found { manifest, fingerprint: fingerprint(&public), problems })
}

/// Line by line, so that a log of any length needs little room. What is wrong, and that its hash is another; after [`TOLD`]
/// problems nothing more is read.
fn read(part: impl io::Read, name: &str, expected: &str, line: &mut dyn FnMut(&str) -> Told) -> Vec<String> {
    let mut reader = BufReader::new(part);
    let (mut hash, mut found, mut bytes) = (Sha256::new(), Vec::new(), Vec::new());
    loop {
        bytes.clear();
        match reader.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(n) if n as u64 > MAX_LINE => {
                found.push(format!("{name}: a line is longer than {MAX_LINE} bytes"));
                return found;
            }
            Ok(_) => hash.update(&bytes),
            Err(error) => {
                found.push(format!("{name}: {error}"));
                return found;
            }
        }
        if let Err(reason) = line(String::from_utf8_lossy(&bytes).trim_end()) {
            found.push(reason);
            if found.len() == TOLD {
                return found;
            }
        }
    }
    if hex(&hash.finalize()) != expected {
        found.push(format!("{name} is not the file that was signed"));
    }
    found
}

/// The links as they are read. They have no gaps, so the hash of an entry is found by its number.
#[derive(Default)]
struct Chain {
    first: i64,
    hashes: Vec<[u8; 32]>,
    last: Option<(i64, String)>,
}

impl Chain {
    fn link(&mut self, text: &str) -> Told {
        let link: Link = serde_json::from_str(text).map_err(|_| "a link cannot be read".to_owned())?;
        match &self.last {
            Some((seq, hash)) if link.seq != seq + 1 || link.prev_hash != *hash => {
                return Err(format!("link {} does not follow link {seq}", link.seq));
            }
            None if link.seq == 1 && link.prev_hash != GENESIS => {
                return Err("the first link does not begin the log".to_owned());
            }
            None => self.first = link.seq,
            Some(_) => {}
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(link.hash.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            *byte = pair.ok_or_else(|| format!("link {} has no hash", link.seq))?;
        }
        self.hashes.push(hash);
        self.last = Some((link.seq, link.hash));
        Ok(())
    }

    fn entry(&self, text: &str, organization: OrganizationId, before: &mut i64) -> Told {
        let record: AuditRecord =
            serde_json::from_str(text).map_err(|_| "an entry cannot be read".to_owned())?;
        let seq = record.seq;
        if record.organization_id != organization {
            return Err(format!("entry {seq} is of another organization"));
        }
        if seq <= *before {
            return Err(format!("entry {seq} does not come after entry {before}"));
        }
        *before = seq;
        if !record.is_as_hashed() {
            return Err(format!("entry {seq} was changed"));
        }
        let place = usize::try_from(seq - self.first).ok();
        match place.and_then(|place| self.hashes.get(place)) {
            Some(hash) if hex(hash) == record.hash => Ok(()),
            _ => Err(format!("entry {seq} does not stand in the chain")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_not_read_to_its_end() {
        let mut lines = 0;
        let found = read(io::repeat(b'x'), "entries.ndjson", "", &mut |_| Ok(()));
        assert!(found.len() == 1 && found[0].contains("longer than"), "{found:?}");
        let found = read(io::repeat(b'\n'), "entries.ndjson", "", &mut |_| {
            lines += 1;
            Err("no".to_owned())
        });
        assert_eq!((found.len(), lines), (TOLD, TOLD));
    }
}
