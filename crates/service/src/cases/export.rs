//! A case as a bundle that can be read and checked without Watchroom: a page, the same as JSON, its events, its notes, its files,
//! and their hashes.
//!
//! Among the hashes of a file of evidence stands the one that it arrived with, so that `sha256sum -c` finds what somebody changed
//! below us; what is not whole is said on the page, in the JSON and in the custody of the file.

mod page;
mod told;

use std::collections::HashMap;
use std::io;

use domain::audit::{Action, AuditEntry, hex};
use domain::branding::Branding;
use domain::case::entry::CaseEntry;
use domain::case::evidence::{Custody, CustodyEntry, Evidence};
use domain::case::field::CaseField;
use domain::case::merge::Merge;
use domain::case::observable::Observable;
use domain::case::review::Review;
use domain::case::{Case, CaseLink, CaseNote, CaseTask, Change, LinkKind, NoteRevision};
use domain::drift::Drift;
use domain::event::Event;
use domain::group::Group;
use domain::permission::{CaseExport, Key};
use domain::{CaseId, CaseNoteId, EvidenceId, GroupId, OrganizationId, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{ReadTx, WriteTx};
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::evidence::{entry as evidence_entry, in_hand, piece};
use super::links::with_drifts;
use super::locked_as_it_is;
use super::notes::may_read_earlier;
use crate::bundle::{Bundle, Chunks};
use crate::{Cx, Error, Result, Services, evidence as vault};

/// Lines of history and custody, the latest.
const LINES: u32 = 10_000;
/// Events that are read at once.
const PAGE: u32 = 500;
/// Events that stand in the page; the file of events has all.
const SHOWN: usize = 1_000;
/// Groups and drifts that are read.
const LINKED: u32 = 5_000;

/// What the bundle is made from, as it was in one transaction.
struct Whole {
    case: Case,
    /// Of the organization, as it shows itself.
    organization: String,
    branding: Branding,
    /// The organization's own fields with their values in words.
    fields: Vec<(CaseField, Option<String>)>,
    notes: Vec<CaseNote>,
    /// All that each note ever said, as far as who exports may read it.
    revisions: HashMap<CaseNoteId, Vec<NoteRevision>>,
    tasks: Vec<CaseTask>,
    observables: Vec<Observable>,
    entries: Vec<CaseEntry>,
    history: Vec<Change>,
    reviews: Vec<Review>,
    /// The cases that are in it.
    merged: Vec<(Merge, Case)>,
    groups: Vec<(CaseLink, Option<Group>)>,
    /// Nothing of them for who may not see drift.
    drifts: Vec<(CaseLink, Option<Drift>)>,
    files: Vec<Evidence>,
    custody: Vec<CustodyEntry>,
    /// Files whose bytes have not the hash they arrived with, and the one they have.
    altered: Vec<(EvidenceId, String)>,
    /// Files whose bytes are not there.
    missing: Vec<EvidenceId>,
}

/// The case and the bytes of its bundle. That it was exported is on record before its first byte, in the custody of each file
/// as well.
pub async fn export(cx: &Cx<CaseExport>, id: CaseId) -> Result<(Case, Chunks)> {
    let (mut tx, case) = locked_as_it_is(cx, id).await?;
    let files = store::case::evidence::list(&mut tx, id).await?;
    for file in files.iter().filter(|file| file.removed_at.is_none()) {
        in_hand(cx, &mut tx, file, Custody::Exported, None).await?;
    }
    let whole = whole(cx, &mut tx, case.clone(), files).await?;
    let kept = whole.files.iter().filter(|file| file.removed_at.is_none()).count();
    let about = json!({ "number": case.number, "files": kept, "links": case.link_count });
    tx.commit(AuditEntry::new(Action::CASE_EXPORTED, "case", id).metadata(about)).await?;
    let (bundle, chunks) = Bundle::begin(case.key());
    let cx = cx.services.admit::<CaseExport>(&cx.actor)?;
    tokio::spawn(async move {
        let number = whole.case.number;
        if let Err(error) = fill(&cx, whole, bundle).await {
            tracing::warn!(%error, number, "the export of a case broke off");
        }
    });
    Ok((case, chunks))
}

async fn whole(cx: &Cx<CaseExport>, tx: &mut WriteTx, case: Case, files: Vec<Evidence>) -> Result<Whole> {
    let id = case.id;
    let branding: Branding = crate::settings::of(tx, Branding::KEY).await?;
    let organization = store::organization::get(tx).await?.map(|found| found.name).unwrap_or_default();
    let notes = store::case::note::list(tx, id).await?;
    let mut revisions: HashMap<CaseNoteId, Vec<NoteRevision>> =
        notes.iter().filter(|note| may_read_earlier(cx, note)).map(|note| (note.id, Vec::new())).collect();
    for revision in store::case::note::revisions(tx, id).await? {
        if let Some(of) = revisions.get_mut(&revision.note_id) {
            of.push(revision);
        }
    }
    let merges = store::case::merge::of_family(tx, id).await?;
    let ids: Vec<CaseId> = merges.iter().map(|merge| merge.case_id).collect();
    let mut inside: HashMap<CaseId, Case> =
        store::case::by_ids(tx, &ids).await?.into_iter().map(|case| (case.id, case)).collect();
    let merged: Vec<(Merge, Case)> = merges
        .into_iter()
        .filter_map(|merge| inside.remove(&merge.case_id).map(|case| (merge, case)))
        .collect();
    let links = store::case::link::list(tx, id, LinkKind::Group, None, LINKED).await?;
    let ids: Vec<GroupId> = links.iter().map(|link| GroupId(link.target_id)).collect();
    let groups = if ids.is_empty() { Vec::new() } else { store::group::get_many(tx, &ids).await? };
    let mut groups: HashMap<Uuid, Group> = groups.into_iter().map(|group| (group.id.0, group)).collect();
    let groups = links.into_iter().map(|link| {
        let group = groups.remove(&link.target_id);
        (link, group)
    });
    Ok(Whole {
        organization: branding.name(&organization).to_owned(),
        branding,
        fields: super::fields::lines(tx, &case.fields).await?,
        tasks: store::case::task::list(tx, id).await?,
        observables: store::case::observable::list(tx, id).await?,
        entries: store::case::entry::list(tx, id).await?,
        history: store::case::history::list(tx, id, LINES).await?,
        reviews: store::case::review::list(tx, id).await?,
        custody: store::case::evidence::custody(tx, id, LINES).await?,
        groups: groups.collect(),
        drifts: drifts(cx, tx, id).await?,
        notes,
        revisions,
        merged,
        case,
        files,
        altered: Vec::new(),
        missing: Vec::new(),
    })
}

/// The drifts of the case and of those in it, for who may see drift.
async fn drifts(cx: &Cx<CaseExport>, tx: &mut WriteTx, id: CaseId) -> Result<Vec<(CaseLink, Option<Drift>)>> {
    if !cx.actor.permissions.has(Key::DriftRead) {
        return Ok(Vec::new());
    }
    let links = store::case::link::list(tx, id, LinkKind::Drift, None, LINKED).await?;
    with_drifts(tx, links).await
}

/// Without [`Bundle::end`], which comes last, the receiver sees that it broke off.
async fn fill(cx: &Cx<CaseExport>, mut whole: Whole, bundle: Bundle) -> io::Result<()> {
    let (services, organization, by) = (&cx.services, cx.actor.organization, cx.actor.audit().label);
    let exported_at = services.clock.now();
    bundle.name("events.ndjson").await?;
    let (mut shown, mut count, mut after) = (Vec::new(), 0_usize, None);
    loop {
        let page = events(services, organization, whole.case.id, after).await.map_err(io::Error::other)?;
        let Some((last, _)) = page.last() else { break };
        after = Some((last.linked_at, last.id.0));
        let mut lines = Vec::new();
        for (link, event) in page {
            let Some(event) = event else { continue };
            serde_json::to_writer(&mut lines, &event)?;
            lines.push(b'\n');
            count += 1;
            if shown.len() < SHOWN {
                shown.push((link, event));
            }
        }
        bundle.bytes(lines).await?;
    }
    links(services, organization, &whole, &bundle).await?;
    for file in whole.files.clone().iter().filter(|file| file.removed_at.is_none()) {
        evidence(cx, &mut whole, file, &bundle).await?;
    }
    bundle.file("notes.md", page::notes(&whole)).await?;
    let told = json!({
        "organization": whole.organization, "exported_at": exported_at, "exported_by": by, "events": count,
        "missing_files": whole.missing, "altered_files": told::altered(&whole), "case": told::case(&whole),
    });
    bundle.file("case.json", serde_json::to_vec_pretty(&told)?).await?;
    let head = format!("Exported from {} {} by {by}", whole.organization, exported_at.iso());
    bundle.file("index.html", page::page(&whole, &shown, count, &head)).await?;
    bundle.end().await
}

/// What the case is linked to, who linked it and when, a line each.
async fn links(
    services: &Services,
    organization: OrganizationId,
    whole: &Whole,
    bundle: &Bundle,
) -> io::Result<()> {
    bundle.name("links.ndjson").await?;
    let mut after = None;
    loop {
        let links = async {
            let mut tx = ReadTx::begin(&services.db, organization).await?;
            store::case::link::list(&mut tx, whole.case.id, LinkKind::Event, after, PAGE).await
        };
        let links = links.await.map_err(io::Error::other)?;
        let Some(last) = links.last() else { break };
        after = Some((last.linked_at, last.id.0));
        bundle.bytes(told::lines(links.iter().map(told::link))?).await?;
    }
    bundle.bytes(told::lines(told::groups(whole).chain(told::drifts(whole)))?).await
}

/// Puts the bytes of a file into the bundle and compares them with the hash they arrived with.
async fn evidence(
    cx: &Cx<CaseExport>,
    whole: &mut Whole,
    file: &Evidence,
    bundle: &Bundle,
) -> io::Result<()> {
    let name = place(whole, file);
    let bytes = vault::open(&cx.services, cx.actor.organization, &file.sha256).await;
    let Some(mut bytes) = bytes.map_err(io::Error::other)? else {
        whole.missing.push(file.id);
        bundle.absent(name, &file.sha256).await?;
        return failed(cx, whole, file, "in an export its bytes were missing").await;
    };
    bundle.recorded(name, &file.sha256).await?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match bytes.read(&mut buffer).await? {
            0 => break,
            n => {
                hash.update(&buffer[..n]);
                bundle.bytes(&buffer[..n]).await?;
            }
        }
    }
    let hash = hex(&hash.finalize());
    if hash == file.sha256 {
        return Ok(());
    }
    let detail = format!("in an export its bytes had the hash {hash}");
    whole.altered.push((file.id, hash));
    failed(cx, whole, file, &detail).await
}

/// Puts on record that a file is not what it was, and tells the bundle.
async fn failed(cx: &Cx<CaseExport>, whole: &mut Whole, file: &Evidence, detail: &str) -> io::Result<()> {
    let id = whole.case.id;
    let record = async {
        let (mut tx, found, evidence) = piece(cx, id, file.id).await?;
        in_hand(cx, &mut tx, &evidence, Custody::Failed, Some(detail)).await?;
        let custody = store::case::evidence::custody(&mut tx, id, LINES).await?;
        let entry = evidence_entry(Action::EVIDENCE_VERIFIED, &found, &evidence).failed(detail);
        tx.commit(entry).await?;
        Ok(custody)
    };
    match record.await {
        Ok(custody) => whole.custody = custody,
        // Somebody removed it meanwhile: that is why its bytes are gone, and is on record.
        Err(Error::Conflict(_)) => {}
        Err(error) => return Err(io::Error::other(error)),
    }
    Ok(())
}

/// A page of linked events, the latest linked first; one that is gone is `None`.
async fn events(
    services: &Services,
    organization: OrganizationId,
    case: CaseId,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<(CaseLink, Option<Event>)>> {
    let mut tx = ReadTx::begin(&services.db, organization).await?;
    let links = store::case::link::list(&mut tx, case, LinkKind::Event, after, PAGE).await?;
    let ids: Vec<Uuid> = links.iter().map(|link| link.target_id).collect();
    let found = if ids.is_empty() { Vec::new() } else { store::event::by_ids(&mut tx, &ids).await? };
    let mut found: HashMap<Uuid, Event> = found.into_iter().map(|event| (event.id.0, event)).collect();
    Ok(links
        .into_iter()
        .map(|link| {
            let event = found.remove(&link.target_id);
            (link, event)
        })
        .collect())
}

/// Where a file lies in the bundle: numbered, so that equal names do not meet, and with a name that any system takes.
fn place(whole: &Whole, file: &Evidence) -> String {
    let at = whole.files.iter().position(|other| other.id == file.id).unwrap_or_default() + 1;
    let odd = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let mut name: String = file.filename.chars().map(|c| if odd(c) { '_' } else { c }).collect();
    // File systems count bytes.
    name.truncate(name.floor_char_boundary(200));
    format!("evidence/{at:03}-{}", name.trim_end_matches(['.', ' ']))
}
