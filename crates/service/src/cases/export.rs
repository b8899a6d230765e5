//! A case as a bundle that can be read and checked without Watchroom: a page, the same as JSON, its events, its notes, its files,
//! and their hashes.

mod page;

use std::collections::HashMap;
use std::io;

use domain::audit::{Action, AuditEntry};
use domain::branding::Branding;
use domain::case::entry::CaseEntry;
use domain::case::evidence::{Custody, CustodyEntry, Evidence};
use domain::case::field::CaseField;
use domain::case::observable::Observable;
use domain::case::{Case, CaseLink, CaseNote, CaseTask, Change, LinkKind};
use domain::event::Event;
use domain::permission::CaseExport;
use domain::{CaseId, OrganizationId};
use serde_json::{Value, json};
use store::ReadTx;
use tokio::io::AsyncReadExt as _;
use uuid::Uuid;

use super::evidence::in_hand;
use super::locked_as_it_is;
use crate::bundle::{Bundle, Chunks};
use crate::{Cx, Result, Services, evidence as vault};

/// Lines of history and custody, the latest.
const LINES: u32 = 10_000;
/// Events that are read at once.
const PAGE: u32 = 500;
/// Events that stand in the page; the file of events has all.
const SHOWN: usize = 1_000;

/// What the bundle is made from, as it was in one transaction.
struct Whole {
    case: Case,
    /// Of the organization, as it shows itself.
    organization: String,
    branding: Branding,
    /// The organization's own fields with their values in words.
    fields: Vec<(CaseField, Option<String>)>,
    notes: Vec<CaseNote>,
    tasks: Vec<CaseTask>,
    observables: Vec<Observable>,
    entries: Vec<CaseEntry>,
    history: Vec<Change>,
    files: Vec<Evidence>,
    custody: Vec<CustodyEntry>,
}

/// The case and the bytes of its bundle. That it was exported is on record before its first byte, in the custody of each file
/// as well.
pub async fn export(cx: &Cx<CaseExport>, id: CaseId) -> Result<(Case, Chunks)> {
    let (mut tx, case) = locked_as_it_is(cx, id).await?;
    let files = store::case::evidence::list(&mut tx, id).await?;
    for file in files.iter().filter(|file| file.removed_at.is_none()) {
        in_hand(cx, &mut tx, file, Custody::Exported, None).await?;
    }
    let branding: Branding = crate::settings::of(&mut tx, Branding::KEY).await?;
    let organization = store::organization::get(&mut tx).await?.map(|found| found.name).unwrap_or_default();
    let whole = Whole {
        organization: branding.name(&organization).to_owned(),
        branding,
        fields: super::fields::lines(&mut tx, &case.fields).await?,
        notes: store::case::note::list(&mut tx, id).await?,
        tasks: store::case::task::list(&mut tx, id).await?,
        observables: store::case::observable::list(&mut tx, id).await?,
        entries: store::case::entry::list(&mut tx, id).await?,
        history: store::case::history::list(&mut tx, id, LINES).await?,
        custody: store::case::evidence::custody(&mut tx, id, LINES).await?,
        case: case.clone(),
        files,
    };
    let kept = whole.files.iter().filter(|file| file.removed_at.is_none()).count();
    let about = json!({ "number": case.number, "files": kept, "links": case.link_count });
    tx.commit(AuditEntry::new(Action::CASE_EXPORTED, "case", id).metadata(about)).await?;
    let (bundle, chunks) = Bundle::begin(case.key());
    let (services, organization, by) = (cx.services.clone(), cx.actor.organization, cx.actor.audit().label);
    tokio::spawn(async move {
        let number = whole.case.number;
        if let Err(error) = fill(&services, organization, &whole, &by, bundle).await {
            tracing::warn!(%error, number, "the export of a case broke off");
        }
    });
    Ok((case, chunks))
}

/// Without [`Bundle::end`], which comes last, the receiver sees that it broke off.
async fn fill(
    services: &Services,
    organization: OrganizationId,
    whole: &Whole,
    by: &str,
    bundle: Bundle,
) -> io::Result<()> {
    let exported_at = services.clock.now();
    bundle.name("events.ndjson").await?;
    let (mut shown, mut count, mut after) = (Vec::new(), 0_usize, None);
    loop {
        let page = events(services, organization, whole.case.id, after).await.map_err(io::Error::other)?;
        let Some((last, _)) = page.last() else { break };
        after = Some((last.linked_at, last.id.0));
        let mut lines = Vec::new();
        for (_, event) in page {
            let Some(event) = event else { continue };
            serde_json::to_writer(&mut lines, &event)?;
            lines.push(b'\n');
            count += 1;
            if shown.len() < SHOWN {
                shown.push(event);
            }
        }
        bundle.bytes(lines).await?;
    }
    let mut absent = Vec::new();
    for file in whole.files.iter().filter(|file| file.removed_at.is_none()) {
        let bytes = vault::open(services, organization, &file.sha256).await.map_err(io::Error::other)?;
        let Some(mut bytes) = bytes else {
            absent.push(file.id);
            continue;
        };
        bundle.name(place(whole, file)).await?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match bytes.read(&mut buffer).await? {
                0 => break,
                n => bundle.bytes(&buffer[..n]).await?,
            }
        }
    }
    bundle.file("notes.md", page::notes(whole)).await?;
    let told = json!({
        "organization": whole.organization, "exported_at": exported_at, "exported_by": by, "events": count, "missing_files": absent, "case": told(whole),
    });
    bundle.file("case.json", serde_json::to_vec_pretty(&told)?).await?;
    let head = format!("Exported from {} {} by {by}", whole.organization, exported_at.iso());
    bundle.file("index.html", page::page(whole, &shown, count, &head)).await?;
    bundle.end().await
}

/// A page of linked events, the latest linked first; one that is gone is `None`.
async fn events(
    services: &Services,
    organization: OrganizationId,
    case: CaseId,
    after: Option<(domain::Timestamp, Uuid)>,
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

fn told(whole: &Whole) -> Value {
    let case = &whole.case;
    let note = |n: &CaseNote| {
        json!({
            "id": n.id, "author": n.author, "content": n.content, "created_at": n.created_at, "edited_at": n.edited_at,
            "deleted_at": n.deleted_at, "revision": n.revision,
        })
    };
    let task = |t: &CaseTask| {
        json!({
            "id": t.id, "title": t.title, "assignee": t.assignee, "due_at": t.due_at, "created_at": t.created_at,
            "completed_at": t.completed_at,
        })
    };
    let observable = |o: &Observable| json!({ "id": o.id, "kind": o.kind, "value": o.value, "ioc": o.ioc, "added_by": o.added_by, "added_at": o.added_at });
    let entry = |e: &CaseEntry| {
        json!({
            "id": e.id, "at": e.at, "system": e.system, "content": e.content, "author": e.author,
            "created_at": e.created_at, "deleted_at": e.deleted_at,
        })
    };
    let change = |c: &Change| {
        json!({
            "id": c.id, "at": c.at, "actor": c.actor, "step": c.step, "old": c.old, "new": c.new, "reason": c.reason,
        })
    };
    let file = |f: &Evidence| {
        json!({
            "id": f.id, "filename": f.filename, "path": f.removed_at.is_none().then(|| place(whole, f)), "size": f.size,
            "sha256": f.sha256, "content_type": f.content_type, "declared_type": f.declared_type,
            "description": f.description, "uploaded_by": f.uploaded_by, "uploaded_at": f.uploaded_at,
            "removed_by": f.removed_by, "removed_at": f.removed_at, "removed_reason": f.removed_reason,
        })
    };
    let line = |c: &CustodyEntry| {
        json!({
            "evidence_id": c.evidence_id, "seq": c.seq, "at": c.at, "actor": c.actor, "address": c.address,
            "step": c.step, "detail": c.detail,
        })
    };
    let field = |(field, value): &(CaseField, Option<String>)| {
        let value = value.as_ref()?;
        Some(json!({ "key": field.key, "name": field.name, "kind": field.kind, "value": value }))
    };
    json!({
        "id": case.id, "number": case.number, "title": case.title, "description": case.description, "status": case.status,
        "resolution": case.resolution, "priority": case.priority, "severity": case.severity, "tlp": case.tlp,
        "pap": case.pap, "assignee": case.assignee, "due_at": case.due_at, "created_at": case.created_at,
        "updated_at": case.updated_at, "resolved_at": case.resolved_at, "version": case.version, "tags": case.tags,
        "fields": whole.fields.iter().filter_map(field).collect::<Vec<_>>(),
        "notes": whole.notes.iter().map(note).collect::<Vec<_>>(),
        "tasks": whole.tasks.iter().map(task).collect::<Vec<_>>(),
        "observables": whole.observables.iter().map(observable).collect::<Vec<_>>(),
        "entries": whole.entries.iter().map(entry).collect::<Vec<_>>(),
        "history": whole.history.iter().map(change).collect::<Vec<_>>(),
        "evidence": whole.files.iter().map(file).collect::<Vec<_>>(),
        "custody": whole.custody.iter().map(line).collect::<Vec<_>>(),
    })
}
