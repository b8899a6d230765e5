//! People named in notes: found when a note is written, and by them.

use std::collections::BTreeMap;

use domain::audit::{Action, AuditEntry};
use domain::case::mention::{self, MAX_MENTIONS, Mention, MentionFilter, Named};
use domain::page::Page;
use domain::permission::{AccountWrite, CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId, Invalid, Timestamp, UserId};
use serde_json::json;
use store::WriteTx;

use crate::{Cx, Error, Result, Who};

/// Who is named in the notes of a case.
pub async fn named(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<Named>> {
    Ok(store::case::mention::of_case(&mut cx.read().await?, case).await?)
}

/// Who is named in a note, for whoever has just written it.
pub async fn named_in(cx: &Cx<CaseWrite>, case: CaseId, note: CaseNoteId) -> Result<Vec<Named>> {
    let mut named = store::case::mention::of_case(&mut cx.read().await?, case).await?;
    named.retain(|named| named.note_id == note);
    Ok(named)
}

/// A page of mentions, the latest first.
pub async fn mentions(
    cx: &Cx<CaseRead>,
    filter: &MentionFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Mention>> {
    let after = cursor.map(parse_cursor).transpose()?;
    let mut items = store::case::mention::list(&mut cx.read().await?, filter, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next_cursor =
        last.map(|last| format!("{}.{}.{}", last.mentioned_at.micros(), last.note_id, last.user_id));
    Ok(Page { items, next_cursor })
}

/// How many there are.
pub async fn count_mentions(cx: &Cx<CaseRead>, filter: &MentionFilter) -> Result<i64> {
    Ok(store::case::mention::count(&mut cx.read().await?, filter).await?)
}

/// Whoever asks has read what a note says of them.
pub async fn read_mention(cx: &Cx<AccountWrite>, note: CaseNoteId) -> Result<()> {
    let user = person(cx)?;
    let mut tx = cx.write().await?;
    if store::case::mention::read_at(&mut tx, user, note).await?.ok_or(Error::NotFound)?.is_some() {
        return Ok(());
    }
    store::case::mention::mark_read(&mut tx, user, note).await?;
    tx.commit(AuditEntry::new(Action::MENTIONS_READ, "mention", note).metadata(json!({ "count": 1 })))
        .await?;
    Ok(())
}

/// Whoever asks has read all of theirs. Says how many were new.
pub async fn read_all_mentions(cx: &Cx<AccountWrite>) -> Result<u64> {
    let user = person(cx)?;
    let mut tx = cx.write().await?;
    let count = store::case::mention::mark_all_read(&mut tx, user).await?;
    if count > 0 {
        let metadata = json!({ "count": count });
        tx.commit(AuditEntry::new(Action::MENTIONS_READ, "mention", user).metadata(metadata)).await?;
    }
    Ok(count)
}

/// Keeps whom a note names. Answers who is named for the first time, for the audit entry.
pub(super) async fn put(
    cx: &Cx<CaseWrite>,
    tx: &mut WriteTx,
    note: CaseNoteId,
    content: &str,
) -> Result<Vec<UserId>> {
    let names = mention::names(content);
    let members = if names.is_empty() { Vec::new() } else { store::member::list(tx).await? };
    // Nobody is told what they wrote themselves.
    let writer = super::user(cx);
    let by_name = mention::by_name(&members);
    let mut found: BTreeMap<UserId, String> = BTreeMap::new();
    for name in names {
        if let Some(member) = by_name.get(&name).filter(|member| Some(member.user_id) != writer) {
            found.entry(member.user_id).or_insert(name);
        }
    }
    if found.len() > MAX_MENTIONS {
        return Err(Invalid::field("content", "name at most 50 people in a note").into());
    }
    let found: Vec<_> = found.into_iter().collect();
    Ok(store::case::mention::put(tx, note, &found).await?)
}

fn person(cx: &Cx<AccountWrite>) -> Result<UserId> {
    match &cx.actor.who {
        Who::User(user) => Ok(user.id),
        Who::ApiKey { .. } | Who::System(_) => Err(Error::NotFound),
    }
}

fn parse_cursor(text: &str) -> Result<(Timestamp, CaseNoteId, UserId)> {
    let mut parts = text.split('.');
    let mut place = || {
        let at = Timestamp::from_micros(parts.next()?.parse().ok()?)?;
        Some((at, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    place()
        .filter(|_| parts.next().is_none())
        .ok_or_else(|| Invalid::field("cursor", "not a cursor of this list; start again without it").into())
}
