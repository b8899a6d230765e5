//! What people put into a case's timeline themselves; only its author takes an entry back, and its place stays.

use domain::audit::{Action, AuditEntry};
use domain::case::Step;
use domain::case::entry::{CaseEntry, MAX_ENTRIES, NewEntry};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseEntryId, CaseId};
use serde_json::json;

use super::{locked, record, user};
use crate::{Cx, Error, Result};

/// By the time they tell of.
pub async fn entries(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CaseEntry>> {
    Ok(store::case::entry::list(&mut cx.read().await?, case).await?)
}

pub async fn add_entry(cx: &Cx<CaseWrite>, case: CaseId, new: NewEntry) -> Result<CaseEntry> {
    let new = new.tidy();
    new.check()?;
    let (mut tx, found) = locked(cx, case).await?;
    if store::case::entry::count(&mut tx, case).await? >= MAX_ENTRIES as i64 {
        return Err(Error::Conflict("there are 2,000 entries already".to_owned()));
    }
    let entry = CaseEntry {
        id: cx.services.clock.id(),
        at: new.at,
        content: new.content,
        system: new.system,
        author_id: user(cx),
        author: cx.actor.audit().label,
        created_at: tx.now(),
        deleted_at: None,
    };
    store::case::entry::insert(&mut tx, case, &entry).await?;
    let told = json!({ "entry_id": entry.id, "at": entry.at, "system": entry.system });
    record(cx, &mut tx, case, Step::EntryAdded, (json!({}), told.clone()), None).await?;
    let audit = AuditEntry::new(Action::CASE_ENTRY_ADDED, "case", case).change(None, Some(told));
    tx.commit(audit.metadata(json!({ "number": found.number }))).await?;
    Ok(entry)
}

/// Only its author.
pub async fn delete_entry(cx: &Cx<CaseWrite>, case: CaseId, id: CaseEntryId) -> Result<()> {
    let (mut tx, found) = locked(cx, case).await?;
    let entry = store::case::entry::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if entry.author_id != user(cx) || entry.author_id.is_none() {
        return Err(Error::Forbidden);
    }
    if entry.deleted_at.is_some() {
        return Ok(());
    }
    store::case::entry::delete(&mut tx, id).await?;
    let told = json!({ "entry_id": id, "at": entry.at, "system": entry.system });
    record(cx, &mut tx, case, Step::EntryDeleted, (told.clone(), json!({})), None).await?;
    let audit = AuditEntry::new(Action::CASE_ENTRY_DELETED, "case", case).change(Some(told), None);
    tx.commit(audit.metadata(json!({ "number": found.number }))).await?;
    Ok(())
}
