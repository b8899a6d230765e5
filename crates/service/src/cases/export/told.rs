//! A case as the JSON of its bundle.

use domain::case::entry::CaseEntry;
use domain::case::evidence::{CustodyEntry, Evidence};
use domain::case::field::CaseField;
use domain::case::merge::Merge;
use domain::case::observable::Observable;
use domain::case::review::Review;
use domain::case::story::words;
use domain::case::{Case, CaseLink, CaseNote, CaseTask, Change, NoteRevision};
use serde_json::{Value, json};

use super::{Whole, place};
use crate::cases::note_hash;

/// A line each.
pub(super) fn lines(values: impl Iterator<Item = Value>) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for value in values {
        serde_json::to_writer(&mut lines, &value)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

pub(super) fn link(link: &CaseLink) -> Value {
    json!({
        "kind": link.kind, "target_id": link.target_id, "linked_by": link.linked_by, "linked_at": link.linked_at,
    })
}

/// A group that is gone is its link alone.
pub(super) fn groups(whole: &Whole) -> impl Iterator<Item = Value> {
    whole.groups.iter().map(|(of, group)| {
        let mut told = link(of);
        if let Some(group) = group {
            told["group"] = json!({
                "template": group.template, "fingerprint": group.fingerprint, "severity": group.severity,
                "component": group.component, "event_type": group.event_type, "events": group.event_count,
                "first_seen": group.first_seen, "last_seen": group.last_seen,
            });
        }
        told
    })
}

pub(super) fn drifts(whole: &Whole) -> impl Iterator<Item = Value> {
    whole.drifts.iter().map(|(of, drift)| {
        let mut told = link(of);
        if let Some(drift) = drift {
            told["drift"] = json!({
                "number": drift.number, "resource_type": drift.resource_type, "resource_id": drift.resource_id,
                "environment": drift.environment, "repository": drift.repository, "drift_type": drift.drift_type,
                "status": drift.state.status, "severity_score": drift.severity_score, "detected_at": drift.detected_at,
                "last_seen_at": drift.last_seen_at,
            });
        }
        told
    })
}

/// Files whose bytes are not what arrived.
pub(super) fn altered(whole: &Whole) -> Value {
    let one = |(id, found): &(domain::EvidenceId, String)| {
        let file = whole.files.iter().find(|file| file.id == *id);
        json!({
            "id": id, "path": file.map(|file| place(whole, file)), "sha256": file.map(|file| &file.sha256),
            "found_sha256": found,
        })
    };
    whole.altered.iter().map(one).collect()
}

pub(super) fn case(whole: &Whole) -> Value {
    let case = &whole.case;
    json!({
        "id": case.id, "number": case.number, "title": case.title, "description": case.description, "status": case.status,
        "resolution": case.resolution, "priority": case.priority, "severity": case.severity, "tlp": case.tlp,
        "pap": case.pap, "assignee": case.assignee, "due_at": case.due_at, "created_at": case.created_at,
        "updated_at": case.updated_at, "resolved_at": case.resolved_at, "version": case.version, "tags": case.tags,
        "merged_tags": case.merged_tags,
        "fields": whole.fields.iter().filter_map(field).collect::<Vec<_>>(),
        "links": groups(whole).chain(drifts(whole)).collect::<Vec<_>>(),
        "notes": whole.notes.iter().map(|one| note(whole, one)).collect::<Vec<_>>(),
        "tasks": whole.tasks.iter().map(task).collect::<Vec<_>>(),
        "observables": whole.observables.iter().map(observable).collect::<Vec<_>>(),
        "entries": whole.entries.iter().map(entry).collect::<Vec<_>>(),
        "reviews": whole.reviews.iter().map(review).collect::<Vec<_>>(),
        "merged_cases": whole.merged.iter().map(merged).collect::<Vec<_>>(),
        "history": whole.history.iter().map(change).collect::<Vec<_>>(),
        "evidence": whole.files.iter().map(|one| file(whole, one)).collect::<Vec<_>>(),
        "custody": whole.custody.iter().map(line).collect::<Vec<_>>(),
    })
}

fn note(whole: &Whole, note: &CaseNote) -> Value {
    let revision = |r: &NoteRevision| {
        json!({
            "revision": r.revision, "author": r.author, "created_at": r.created_at, "content": r.content,
            "sha256": note_hash(&r.content),
        })
    };
    let revisions = whole.revisions.get(&note.id).map(|all| all.iter().map(revision).collect::<Vec<_>>());
    json!({
        "id": note.id, "author": note.author, "content": note.content, "created_at": note.created_at,
        "edited_at": note.edited_at, "deleted_at": note.deleted_at, "revision": note.revision, "revisions": revisions,
    })
}

fn task(task: &CaseTask) -> Value {
    json!({
        "id": task.id, "title": task.title, "assignee": task.assignee, "due_at": task.due_at,
        "created_at": task.created_at, "completed_at": task.completed_at,
    })
}

fn observable(one: &Observable) -> Value {
    json!({
        "id": one.id, "kind": one.kind, "value": one.value, "ioc": one.ioc, "added_by": one.added_by,
        "added_at": one.added_at,
    })
}

fn entry(entry: &CaseEntry) -> Value {
    json!({
        "id": entry.id, "at": entry.at, "system": entry.system, "content": entry.content, "author": entry.author,
        "created_at": entry.created_at, "deleted_at": entry.deleted_at,
    })
}

fn review(review: &Review) -> Value {
    json!({
        "id": review.id, "state": review.state, "resolution": review.resolution, "reason": review.reason,
        "requested_by": review.requested_by, "requested_at": review.requested_at, "decided_by": review.decided_by,
        "decided_at": review.decided_at, "decision": review.decision,
    })
}

fn merged((merge, case): &(Merge, Case)) -> Value {
    json!({
        "id": case.id, "number": case.number, "title": case.title, "description": case.description, "status": case.status,
        "severity": case.severity, "tags": case.tags, "into_id": merge.into_id, "merged_by": merge.merged_by,
        "merged_at": merge.merged_at, "note": merge.note,
    })
}

fn change(change: &Change) -> Value {
    json!({
        "id": change.id, "case_id": change.case_id, "at": change.at, "actor": change.actor, "step": change.step,
        "words": words(change), "old": change.old, "new": change.new, "reason": change.reason,
    })
}

fn file(whole: &Whole, file: &Evidence) -> Value {
    json!({
        "id": file.id, "filename": file.filename, "path": file.removed_at.is_none().then(|| place(whole, file)),
        "size": file.size, "sha256": file.sha256, "content_type": file.content_type, "declared_type": file.declared_type,
        "description": file.description, "uploaded_by": file.uploaded_by, "uploaded_at": file.uploaded_at,
        "removed_by": file.removed_by, "removed_at": file.removed_at, "removed_reason": file.removed_reason,
    })
}

fn line(line: &CustodyEntry) -> Value {
    json!({
        "evidence_id": line.evidence_id, "seq": line.seq, "at": line.at, "actor": line.actor, "address": line.address,
        "step": line.step, "detail": line.detail,
    })
}

fn field((field, value): &(CaseField, Option<String>)) -> Option<Value> {
    let value = value.as_ref()?;
    Some(json!({ "key": field.key, "name": field.name, "kind": field.kind, "value": value }))
}
