//! Tags of the organization. What happens to one is a change of every case that has it: each has it in its history and is a version
//! newer, so that a form from before does not bring the old tag back.

use domain::audit::{Action, AuditEntry};
use domain::case::bulk::State;
use domain::case::{Change, Step, Tag, check_tag_name};
use domain::permission::{TagRead, TagWrite};
use domain::{CaseId, TagId};
use serde_json::json;
use store::WriteTx;
use store::case::bulk::{self, Kept};

use crate::error::CHANGED;
use crate::{Cx, Error, Result};

/// By name.
pub async fn tags(cx: &Cx<TagRead>) -> Result<Vec<Tag>> {
    Ok(store::tag::list(&mut cx.read().await?).await?)
}

/// A tag that no case has yet, so that everybody writes it the same way.
pub async fn create_tag(cx: &Cx<TagWrite>, name: &str) -> Result<Tag> {
    let name = check_tag_name(name)?;
    let id = cx.services.clock.id();
    let mut tx = cx.write().await?;
    store::tag::insert(&mut tx, id, &name).await.map_err(|error| match error {
        store::Error::Unique => Error::Conflict("there is a tag called that".to_owned()),
        other => other.into(),
    })?;
    let made = Tag { id, name, created_at: tx.now(), case_count: 0, version: 1 };
    let entry =
        AuditEntry::new(Action::TAG_CREATED, "tag", id).change(None, Some(json!({ "name": made.name })));
    tx.commit(entry).await?;
    Ok(made)
}

/// Another name, or another way of writing it. A name that another tag has is a conflict: merge them.
pub async fn rename_tag(cx: &Cx<TagWrite>, id: TagId, name: &str) -> Result<Tag> {
    rename_tag_with(cx, id, |_| Ok(name.to_owned())).await
}

/// As [`rename_tag`], unless it is another version than the one that was `seen`.
pub async fn rename_tag_seen(cx: &Cx<TagWrite>, id: TagId, seen: i64, name: &str) -> Result<Tag> {
    let unless_changed = |old: &Tag| {
        if old.version == seen { Ok(name.to_owned()) } else { Err(Error::Conflict(CHANGED.to_owned())) }
    };
    rename_tag_with(cx, id, unless_changed).await
}

/// As [`rename_tag`], to what `name` makes of the tag as it is: nobody renames it in between.
pub async fn rename_tag_with(
    cx: &Cx<TagWrite>,
    id: TagId,
    name: impl FnOnce(&Tag) -> Result<String>,
) -> Result<Tag> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::tag::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let name = check_tag_name(&name(&old)?)?;
    let before = having(&mut tx, id).await?;
    store::tag::rename(&mut tx, id, &name).await.map_err(|error| match error {
        store::Error::Unique => Error::Conflict("another tag is called that; merge them instead".to_owned()),
        other => other.into(),
    })?;
    changed(cx, &mut tx, before).await?;
    let entry = AuditEntry::new(Action::TAG_RENAMED, "tag", id)
        .change(Some(json!({ "name": old.name })), Some(json!({ "name": name })));
    tx.commit(entry).await?;
    Ok(Tag { name, version: old.version + 1, ..old })
}

/// What [`merge_tags`] would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMerge {
    /// The one that goes.
    pub from: Tag,
    /// The one that stays.
    pub into: Tag,
    /// Cases that have both already.
    pub in_common: i64,
}

pub async fn preview_merge(cx: &Cx<TagRead>, from: TagId, into: TagId) -> Result<TagMerge> {
    let mut tx = cx.read().await?;
    let gone = store::tag::get(&mut tx, from).await?.ok_or(Error::NotFound)?;
    let kept = store::tag::get(&mut tx, into).await?.ok_or(Error::NotFound)?;
    let in_common = store::tag::in_common(&mut tx, from, into).await?;
    Ok(TagMerge { from: gone, into: kept, in_common })
}

/// Every case that has `from` has `into` instead. Says how many it were.
pub async fn merge_tags(cx: &Cx<TagWrite>, from: TagId, into: TagId) -> Result<u64> {
    let mut tx = cx.write().await?;
    let old = store::tag::get(&mut tx, from).await?.ok_or(Error::NotFound)?;
    let kept = store::tag::get(&mut tx, into).await?.ok_or(Error::NotFound)?;
    if from == into {
        return Err(Error::Conflict("choose two tags".to_owned()));
    }
    let before = having(&mut tx, from).await?;
    let cases = store::tag::merge(&mut tx, from, into).await?;
    changed(cx, &mut tx, before).await?;
    let entry = AuditEntry::new(Action::TAGS_MERGED, "tag", into)
        .change(Some(json!({ "name": old.name })), Some(json!({ "name": kept.name })));
    tx.commit(entry.metadata(json!({ "from": from, "cases": cases }))).await?;
    Ok(cases)
}

/// No case has it any more. Says how many had.
pub async fn delete_tag(cx: &Cx<TagWrite>, id: TagId) -> Result<u64> {
    let mut tx = cx.write().await?;
    let old = store::tag::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let before = having(&mut tx, id).await?;
    let cases = store::tag::delete(&mut tx, id).await?;
    changed(cx, &mut tx, before).await?;
    let entry =
        AuditEntry::new(Action::TAG_DELETED, "tag", id).change(Some(json!({ "name": old.name })), None);
    tx.commit(entry.metadata(json!({ "cases": cases }))).await?;
    Ok(cases)
}

/// The cases that have it, as they are before it changes, locked.
async fn having(tx: &mut WriteTx, id: TagId) -> Result<Vec<Kept>> {
    let cases = store::tag::cases(tx, id).await?;
    Ok(bulk::lock(tx, &cases).await?)
}

/// Writes into the history of each case what became of its tags, and that it is newer.
async fn changed(cx: &Cx<TagWrite>, tx: &mut WriteTx, before: Vec<Kept>) -> Result<()> {
    let ids: Vec<CaseId> = before.iter().map(|kept| kept.id).collect();
    // Both in the order of their key.
    let after = bulk::lock(tx, &ids).await?;
    let differ = before.into_iter().zip(after).filter(|(old, new)| old.tags != new.tags);
    let actor = cx.actor.audit();
    let (mut states, mut changes): (Vec<(CaseId, State)>, Vec<Change>) = (Vec::new(), Vec::new());
    for (old, new) in differ {
        changes.push(Change {
            id: cx.services.clock.id(),
            case_id: old.id,
            at: tx.now(),
            actor_id: actor.user_id,
            actor: actor.label.clone(),
            step: Step::Tagged,
            old: json!({ "tags": old.tags }),
            new: json!({ "tags": new.tags }),
            reason: None,
            action_id: None,
            version: Some(old.version + 1),
        });
        states.push((old.id, new.state));
    }
    bulk::change(tx, &states).await?;
    Ok(store::case::history::add_many(tx, &changes).await?)
}
