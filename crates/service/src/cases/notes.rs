//! Notes of a case: written, edited by their author, deleted with a place left. What they said before stays in their revisions, and
//! the audit log has the hash of each text, so that nobody changes one unseen.

use std::collections::HashMap;

use domain::audit::{Action, AuditEntry, hex};
use domain::case::{CaseNote, NoteRevision, Step, check_note};
use domain::permission::{CaseRead, CaseWrite, Key, Permission};
use domain::{CaseId, CaseNoteId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{locked, mentions, record, stale, user};
use crate::{Cx, Error, Result, Who, drafts};

/// The oldest first.
pub async fn notes(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CaseNote>> {
    Ok(store::case::note::list(&mut cx.read().await?, case).await?)
}

/// All that a note ever said, the oldest first; of a deleted one for its author and who reads the audit log.
pub async fn note_revisions(cx: &Cx<CaseRead>, case: CaseId, id: CaseNoteId) -> Result<Vec<NoteRevision>> {
    let mut tx = cx.read().await?;
    let note = store::case::note::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if !may_read_earlier(cx, &note) {
        return Err(Error::Forbidden);
    }
    Ok(store::case::note::revisions_of(&mut tx, case, id).await?)
}

/// What the notes of a case that were edited or deleted ever said, the oldest first; of those whose earlier texts may be read.
pub async fn earlier_notes(
    cx: &Cx<CaseRead>,
    case: CaseId,
    notes: &[CaseNote],
) -> Result<HashMap<CaseNoteId, Vec<NoteRevision>>> {
    let changed = |note: &&CaseNote| note.revision > 1 || note.deleted_at.is_some();
    let mut all: HashMap<CaseNoteId, Vec<NoteRevision>> = notes
        .iter()
        .filter(changed)
        .filter(|note| may_read_earlier(cx, note))
        .map(|note| (note.id, Vec::new()))
        .collect();
    if !all.is_empty() {
        for revision in store::case::note::changed_revisions(&mut cx.read().await?, case).await? {
            if let Some(of) = all.get_mut(&revision.note_id) {
                of.push(revision);
            }
        }
        // What was deleted by an older build of ours took its texts along.
        all.retain(|_, revisions| !revisions.is_empty());
    }
    Ok(all)
}

/// Whether who acts is its author. What an API key wrote is that key's.
fn wrote<P: Permission>(cx: &Cx<P>, note: &CaseNote) -> bool {
    match &cx.actor.who {
        Who::User(user) => note.author_id == Some(user.id),
        Who::ApiKey { id, .. } => note.author_key_id == Some(*id),
        Who::System(_) => false,
    }
}

/// What somebody took back is for them and who answers for the record.
pub(super) fn may_read_earlier<P: Permission>(cx: &Cx<P>, note: &CaseNote) -> bool {
    note.deleted_at.is_none() || cx.actor.permissions.has(Key::AuditRead) || wrote(cx, note)
}

/// The hash of what a revision says, as the audit log has it.
pub fn note_hash(content: &str) -> String {
    hex(&Sha256::digest(content))
}

pub async fn add_note(cx: &Cx<CaseWrite>, case: CaseId, content: &str) -> Result<CaseNote> {
    check_note(content)?;
    let (mut tx, found) = locked(cx, case).await?;
    let note = CaseNote {
        id: cx.services.clock.id(),
        author_id: user(cx),
        author_key_id: match &cx.actor.who {
            Who::ApiKey { id, .. } => Some(*id),
            Who::User(_) | Who::System(_) => None,
        },
        author: cx.actor.audit().label,
        content: content.to_owned(),
        created_at: tx.now(),
        edited_at: None,
        deleted_at: None,
        revision: 1,
    };
    store::case::note::insert(&mut tx, case, &note).await?;
    let mentioned = mentions::put(cx, &mut tx, note.id, content).await?;
    record(cx, &mut tx, case, Step::Noted, (json!({}), json!({ "note_id": note.id })), None).await?;
    let metadata = json!({ "number": found.number, "note_id": note.id, "mentioned": mentioned });
    let entry = AuditEntry::new(Action::CASE_NOTE_ADDED, "case", case).change(None, Some(told(1, content)));
    tx.commit(entry.metadata(metadata)).await?;
    Ok(note)
}

/// Only its author. `revision` is the one that the change was made from.
pub async fn edit_note(
    cx: &Cx<CaseWrite>,
    case: CaseId,
    id: CaseNoteId,
    revision: i64,
    content: &str,
) -> Result<()> {
    check_note(content)?;
    let (mut tx, found) = locked(cx, case).await?;
    let note = store::case::note::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if !wrote(cx, &note) {
        return Err(Error::Forbidden);
    }
    let (by, label) = (user(cx), cx.actor.audit().label);
    let next = revision.saturating_add(1);
    if !store::case::note::edit(&mut tx, id, next, content, by, &label).await? {
        return Err(stale());
    }
    let mentioned = mentions::put(cx, &mut tx, id, content).await?;
    if let Some(place) = drafts::place(cx, "case_note", id.0) {
        store::draft::delete(&mut tx, place).await?;
    }
    record(
        cx,
        &mut tx,
        case,
        Step::NoteEdited,
        (json!({}), json!({ "note_id": id, "revision": next })),
        None,
    )
    .await?;
    let metadata = json!({ "number": found.number, "note_id": id, "revision": next, "mentioned": mentioned });
    let entry = AuditEntry::new(Action::CASE_NOTE_EDITED, "case", case)
        .change(Some(told(revision, &note.content)), Some(told(next, content)));
    tx.commit(entry.metadata(metadata)).await?;
    Ok(())
}

/// Only its author. Its place stays, and what it said stays in its revisions.
pub async fn delete_note(cx: &Cx<CaseWrite>, case: CaseId, id: CaseNoteId) -> Result<()> {
    let (mut tx, found) = locked(cx, case).await?;
    let note = store::case::note::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if !wrote(cx, &note) {
        return Err(Error::Forbidden);
    }
    if note.deleted_at.is_some() {
        return Ok(());
    }
    store::case::note::delete(&mut tx, id).await?;
    store::case::mention::delete(&mut tx, id).await?;
    record(cx, &mut tx, case, Step::NoteDeleted, (json!({ "note_id": id }), json!({})), None).await?;
    let metadata = json!({ "number": found.number, "note_id": id });
    let entry = AuditEntry::new(Action::CASE_NOTE_DELETED, "case", case)
        .change(Some(told(note.revision, &note.content)), None);
    tx.commit(entry.metadata(metadata)).await?;
    Ok(())
}

/// What the audit log keeps of a text. Not the text: webhooks and the feed of changes tell the log to other systems.
fn told(revision: i64, content: &str) -> Value {
    json!({ "revision": revision, "sha256": note_hash(content) })
}
