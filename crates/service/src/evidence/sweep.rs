//! What does not belong among the files of evidence, in the data folder and in the bucket, or is not there and should be: looked for once a day.
//!
//! Uploads that broke off leave a file when the process ends with them, and a crash between the new name and the commit leaves bytes without a
//! record. Both go after a day. Bytes that are gone while their record stands are nobody's to mend by a program: they go on record,
//! in the custody of the evidence and in the audit log.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bucket::Bucket;
use domain::permission::CaseExport;
use domain::{OrganizationId, Timestamp};
use store::SystemTx;
use tokio::fs;

use super::{INCOMING, below, delete, disk, folder};
use crate::{Actor, Cx, Error, Result, Services, cases};

const DAY: i64 = 86_400;
/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Files of uploads that broke off, which are gone now.
    pub broken_off: u64,
    /// Bytes of no record, which are gone now.
    pub unknown: u64,
    /// Records without bytes, whether or not they were on record as such before.
    pub missing: u64,
}

pub async fn sweep(services: &Services) -> Result<Found> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut found, mut failed) = (Found::default(), None);
    for organization in organizations {
        if let Err(error) = one(services, organization.id, &mut found).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(found), Err)
}

async fn one(services: &Services, organization: OrganizationId, found: &mut Found) -> Result<()> {
    let before = services.clock.now().plus_seconds(-DAY);
    // The records first: bytes are there before their record is.
    let known = known(services, organization).await?;
    let (mut incoming, settled) = on_disk(services, organization).await?;
    let mut present = BTreeSet::new();
    if let Some(bucket) = &services.bucket {
        present = in_bucket(bucket, organization, &mut incoming).await?;
    }
    for (lies, at) in incoming {
        if at < before {
            match lies {
                Lies::OnDisk(path) => match fs::remove_file(path).await {
                    Ok(()) => {}
                    // Another server was faster.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(disk(&error)),
                },
                Lies::InBucket(bucket, name) => bucket.delete(&name).await?,
            }
            found.broken_off += 1;
        }
    }
    for (sha256, at) in settled {
        if !known.contains(&sha256) && at < before && forget(services, organization, &sha256).await? {
            found.unknown += 1;
        }
        present.insert(sha256);
    }
    for sha256 in known.difference(&present) {
        if report(services, organization, sha256).await? {
            found.missing += 1;
        }
    }
    Ok(())
}

/// Where a file that arrived lies.
enum Lies {
    OnDisk(PathBuf),
    InBucket(Bucket, String),
}

type Incoming = Vec<(Lies, Timestamp)>;
/// Hashes, with when their bytes were written.
type Settled = Vec<(String, Timestamp)>;

async fn on_disk(services: &Services, organization: OrganizationId) -> Result<(Incoming, Settled)> {
    let folder = folder(services, organization);
    let (mut incoming, mut settled) = (Vec::new(), Vec::new());
    for (name, at) in files(&folder.join(INCOMING)).await? {
        incoming.push((Lies::OnDisk(folder.join(INCOMING).join(name)), at));
    }
    for part in folders(&folder).await? {
        if part.len() == 2 {
            settled.extend(files(&folder.join(&part)).await?);
        }
    }
    Ok((incoming, settled))
}

/// The hashes that are there. What no record knows stays: the bucket may serve another installation too, a restored copy of this one say,
/// and this database knows nothing of its records.
async fn in_bucket(
    bucket: &Bucket,
    organization: OrganizationId,
    incoming: &mut Incoming,
) -> Result<BTreeSet<String>> {
    let below = below(organization);
    let mut present = BTreeSet::new();
    for stored in bucket.list(&below).await? {
        let Some(at) = Timestamp::from_micros(stored.written) else { continue };
        let name = stored.name.strip_prefix(&below).unwrap_or_default().to_owned();
        match name.split('/').collect::<Vec<_>>()[..] {
            ["", INCOMING, _] => incoming.push((Lies::InBucket(bucket.clone(), stored.name), at)),
            ["", part, sha256] if part.len() == 2 => {
                present.insert(sha256.to_owned());
            }
            _ => {}
        }
    }
    Ok(present)
}

/// Hashes of all records.
async fn known(services: &Services, organization: OrganizationId) -> Result<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    let mut after = String::new();
    loop {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        let page = store::case::evidence::files(&mut tx.within(organization), &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(known) };
        after.clone_from(last);
        known.extend(page);
    }
}

/// Takes bytes away that no record has, under the lock that an upload of the same bytes takes.
async fn forget(services: &Services, organization: OrganizationId, sha256: &str) -> Result<bool> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let now = services.clock.now();
    let free = store::case::evidence::claim_file(&mut tx.within(organization), sha256, now).await?
        && store::case::evidence::forget_file(&mut tx.within(organization), sha256).await?;
    if free {
        delete(services, organization, sha256).await?;
    }
    // In any case: what a transaction locks is free when it ends.
    tx.commit_unaudited_bookkeeping().await?;
    Ok(free)
}

/// Puts on record that bytes are gone, once for each evidence; whether they are.
async fn report(services: &Services, organization: OrganizationId, sha256: &str) -> Result<bool> {
    let (all, new) = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        let mut within = tx.within(organization);
        let all = store::case::evidence::count_of_file(&mut within, sha256).await?;
        (all, store::case::evidence::not_failed(&mut within, sha256).await?)
    };
    let cx: Cx<CaseExport> = services.admit(&Actor::system("evidence check", organization))?;
    for (case, id) in new {
        match cases::verify_evidence(&cx, case, id).await {
            // It was removed meanwhile.
            Ok(_) | Err(Error::Conflict(_) | Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all > 0)
}

/// Names of the files of a folder, with when each was written last; nothing where there is no folder.
async fn files(folder: &Path) -> Result<Vec<(String, Timestamp)>> {
    let mut found = Vec::new();
    let Some(mut entries) = listed(folder).await? else { return Ok(found) };
    while let Some(entry) = entries.next_entry().await.map_err(|e| disk(&e))? {
        // An upload may end while it is looked at.
        let Ok(about) = entry.metadata().await else { continue };
        let since = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let at = since.and_then(|since| Timestamp::from_micros(i64::try_from(since.as_micros()).ok()?));
        if let (true, Some(at), Ok(name)) = (about.is_file(), at, entry.file_name().into_string()) {
            found.push((name, at));
        }
    }
    Ok(found)
}

async fn folders(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let Some(mut entries) = listed(folder).await? else { return Ok(found) };
    while let Some(entry) = entries.next_entry().await.map_err(|e| disk(&e))? {
        if let (Ok(kind), Ok(name)) = (entry.file_type().await, entry.file_name().into_string())
            && kind.is_dir()
        {
            found.push(name);
        }
    }
    Ok(found)
}

async fn listed(folder: &Path) -> Result<Option<fs::ReadDir>> {
    match fs::read_dir(folder).await {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(&error)),
    }
}
