//! Tags of the organization.

use domain::TagId;
use domain::audit::{Action, AuditEntry};
use domain::case::{Tag, check_tags};
use domain::invalid::Problems;
use domain::permission::{TagRead, TagWrite};
use serde_json::json;

use crate::{Cx, Error, Result};

/// By name.
pub async fn tags(cx: &Cx<TagRead>) -> Result<Vec<Tag>> {
    Ok(store::tag::list(&mut cx.read().await?).await?)
}

/// Another name, or another way of writing it. A name that another tag has is a conflict: merge them.
pub async fn rename_tag(cx: &Cx<TagWrite>, id: TagId, name: &str) -> Result<()> {
    let name = name.trim().to_owned();
    let mut problems = Problems::default();
    problems.require(!name.is_empty(), "name", "give it a name");
    check_tags(&mut problems, std::slice::from_ref(&name));
    problems.done()?;
    let mut tx = cx.write().await?;
    let old = store::tag::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    store::tag::rename(&mut tx, id, &name).await.map_err(|error| match error {
        store::Error::Unique => Error::Conflict("another tag is called that; merge them instead".to_owned()),
        other => other.into(),
    })?;
    let entry = AuditEntry::new(Action::TAG_RENAMED, "tag", id)
        .change(Some(json!({ "name": old.name })), Some(json!({ "name": name })));
    Ok(tx.commit(entry).await?)
}

/// Every case that has `from` has `into` instead. Says how many it were.
pub async fn merge_tags(cx: &Cx<TagWrite>, from: TagId, into: TagId) -> Result<u64> {
    let mut tx = cx.write().await?;
    let old = store::tag::get(&mut tx, from).await?.ok_or(Error::NotFound)?;
    let kept = store::tag::get(&mut tx, into).await?.ok_or(Error::NotFound)?;
    if from == into {
        return Err(Error::Conflict("choose two tags".to_owned()));
    }
    let cases = store::tag::merge(&mut tx, from, into).await?;
    let entry = AuditEntry::new(Action::TAGS_MERGED, "tag", into)
        .change(Some(json!({ "name": old.name })), Some(json!({ "name": kept.name })));
    tx.commit(entry.metadata(json!({ "from": from, "cases": cases }))).await?;
    Ok(cases)
}

/// No case has it any more. Says how many had.
pub async fn delete_tag(cx: &Cx<TagWrite>, id: TagId) -> Result<u64> {
    let mut tx = cx.write().await?;
    let old = store::tag::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let cases = store::tag::delete(&mut tx, id).await?;
    let entry =
        AuditEntry::new(Action::TAG_DELETED, "tag", id).change(Some(json!({ "name": old.name })), None);
    tx.commit(entry.metadata(json!({ "cases": cases }))).await?;
    Ok(cases)
}
