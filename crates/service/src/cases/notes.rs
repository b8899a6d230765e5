//! Notes of a case: written, edited by their author, deleted with a place left.

use domain::audit::{Action, AuditEntry};
use domain::case::{CaseNote, Step, check_note};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId};
use serde_json::json;

use super::{locked, mentions, record, user};
use crate::{Cx, Error, Result, drafts};

/// The oldest first.
pub async fn notes(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CaseNote>> {
    Ok(store::case::note::list(&mut cx.read().await?, case).await?)
}

pub async fn add_note(cx: &Cx<CaseWrite>, case: CaseId, content: &str) -> Result<CaseNote> {
    check_note(content)?;
    let (mut tx, found) = locked(cx, case).await?;
    let note = CaseNote {
        id: cx.services.clock.id(),
        author_id: user(cx),
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
    tx.commit(AuditEntry::new(Action::CASE_NOTE_ADDED, "case", case).metadata(metadata)).await?;
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
    if note.author_id != user(cx) || note.author_id.is_none() {
        return Err(Error::Forbidden);
    }
    let (by, label) = (user(cx), cx.actor.audit().label);
    let next = revision.saturating_add(1);
    if !store::case::note::edit(&mut tx, id, next, content, by, &label).await? {
        return Err(Error::Conflict(
            "the note changed meanwhile; look at it again before you save".to_owned(),
        ));
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
    tx.commit(AuditEntry::new(Action::CASE_NOTE_EDITED, "case", case).metadata(metadata)).await?;
    Ok(())
}

/// Only its author. What was written is gone; that something was stays.
pub async fn delete_note(cx: &Cx<CaseWrite>, case: CaseId, id: CaseNoteId) -> Result<()> {
    let (mut tx, found) = locked(cx, case).await?;
    let note = store::case::note::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if note.author_id != user(cx) || note.author_id.is_none() {
        return Err(Error::Forbidden);
    }
    if note.deleted_at.is_some() {
        return Ok(());
    }
    store::case::note::delete(&mut tx, id).await?;
    store::case::mention::delete(&mut tx, id).await?;
    record(cx, &mut tx, case, Step::NoteDeleted, (json!({ "note_id": id }), json!({})), None).await?;
    let metadata = json!({ "number": found.number, "note_id": id });
    tx.commit(AuditEntry::new(Action::CASE_NOTE_DELETED, "case", case).metadata(metadata)).await?;
    Ok(())
}
