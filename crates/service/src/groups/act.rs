//! What people do to groups, one or many, and its undoing. Each action is one transaction with one audit entry; what it did
//! to each group is answered and kept in the group's history.

use std::collections::HashMap;

use domain::audit::{Action, AuditEntry};
use domain::group::GroupFilter;
use domain::group::life::{Act, Change, MAX_GROUPS, MAX_MATCHING, MAX_NOTE, Mute, Outcome, Report, Step};
use domain::permission::{GroupWrite, Mutating};
use domain::{GroupActionId, GroupId, Invalid, UserId};
use serde_json::{Value, json};
use store::WriteTx;
use store::group::life::{self, Kept};

use crate::{Cx, Error, Result};

/// Does it to each of the groups, in the order of `ids`, and says what became of each.
///
/// # Errors
/// `Invalid` where nothing could be done to any: no ids or too many, a note that is too long, a mute that cannot end, an
/// assignee who is no member.
pub async fn act(cx: &Cx<GroupWrite>, act: &Act, ids: &[GroupId], note: Option<&str>) -> Result<Report> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    check(ids, note)?;
    perform(cx, cx.write().await?, act, ids, note).await
}

/// As [`act`], for every group that the filter leaves: those that match in the transaction itself.
///
/// # Errors
/// `Invalid` besides where no group matches, or more than 5,000.
pub async fn act_on_matching(
    cx: &Cx<GroupWrite>,
    act: &Act,
    filter: &GroupFilter,
    note: Option<&str>,
) -> Result<Report> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    check_note(note)?;
    let mut tx = cx.write().await?;
    let ids = store::group::ids(&mut tx, filter, MAX_MATCHING as u32 + 1).await?;
    if ids.is_empty() {
        return Err(Invalid::field("filter", "no group matches").into());
    }
    if ids.len() > MAX_MATCHING {
        return Err(Invalid::field("filter", "more than 5,000 groups match; narrow the filter").into());
    }
    perform(cx, tx, act, &ids, note).await
}

async fn perform(
    cx: &Cx<GroupWrite>,
    mut tx: WriteTx,
    act: &Act,
    ids: &[GroupId],
    note: Option<&str>,
) -> Result<Report> {
    let now = tx.now();
    act.check(now)?;
    if let Act::Assign(Some(user)) = act
        && store::member::role(&mut tx, *user).await?.is_none()
    {
        return Err(Invalid::field("assigned_to", "not a member of this organization").into());
    }
    let action_id: GroupActionId = cx.services.clock.id();
    let mut kept = lock(&mut tx, ids).await?;
    let mut changes = Vec::with_capacity(kept.len());
    let mut outcome = |id: GroupId| match kept.remove(&id).map(|kept| (kept.life.act(act, now), kept)) {
        None => Outcome::Absent,
        Some((_, kept)) if kept.merged_into.is_some() => {
            Outcome::Unchanged("it is merged into another group")
        }
        Some((Err(why), _)) => Outcome::Unchanged(why),
        Some((Ok(moved), kept)) => {
            let step = moved.step.unwrap_or(Step::Assigned);
            changes.push(Change {
                note: note.map(str::to_owned),
                ..made(cx, &kept, action_id, step, moved.life)
            });
            Outcome::Done
        }
    };
    let results: Vec<(GroupId, Outcome)> = unique(ids).into_iter().map(|id| (id, outcome(id))).collect();
    let action = match act {
        Act::Resolve => Action::GROUPS_RESOLVED,
        Act::Reopen => Action::GROUPS_REOPENED,
        Act::Mute(_) => Action::GROUPS_MUTED,
        Act::Unmute => Action::GROUPS_UNMUTED,
        Act::Assign(_) => Action::GROUPS_ASSIGNED,
    };
    let mut metadata = told(action_id, &results, note);
    match act {
        Act::Mute(Mute::Until { at }) => metadata["mute"] = json!({ "until": at }),
        Act::Mute(Mute::Count { events, seconds }) => {
            metadata["mute"] = json!({ "count": events, "window_seconds": seconds });
        }
        Act::Mute(Mute::Query { query }) => metadata["mute"] = json!({ "query": query }),
        Act::Assign(to) => metadata["assigned_to"] = json!(to),
        Act::Resolve | Act::Reopen | Act::Unmute => {}
    }
    finish(tx, action, action_id, metadata, changes, results).await
}

/// Gives the groups of an action the state they had before it, except those that somebody or something changed since.
///
/// # Errors
/// `NotFound` when there is no such action here.
pub async fn undo(cx: &Cx<GroupWrite>, action: GroupActionId) -> Result<Report> {
    let mut tx = cx.write().await?;
    let done = life::of_action(&mut tx, action).await?;
    if done.is_empty() {
        return Err(Error::NotFound);
    }
    if done.iter().any(|change| matches!(change.step, Step::Merged | Step::Unmerged)) {
        return super::merge::undo(cx, tx, action, &done).await;
    }
    if done.iter().any(|change| change.step == Step::SplitOff) {
        return super::split::undo(cx, tx, action, &done).await;
    }
    if let Some(change) = done.iter().find(|change| change.step == Step::SplitUndone) {
        let results = vec![(change.group_id, Outcome::Unchanged("split it again instead"))];
        return Ok(Report { action_id: None, results });
    }
    let ids: Vec<GroupId> = done.iter().map(|change| change.group_id).collect();
    let action_id: GroupActionId = cx.services.clock.id();
    let mut kept = lock(&mut tx, &ids).await?;
    let (mut changes, mut results) = (Vec::with_capacity(done.len()), Vec::with_capacity(done.len()));
    for change in done {
        let outcome = match kept.remove(&change.group_id) {
            None => Outcome::Absent,
            Some(kept) if kept.last_change != Some(change.id) => {
                Outcome::Unchanged("it was changed since; that stays")
            }
            Some(kept) => {
                let undone = made(cx, &kept, action_id, Step::Undone, change.old);
                changes.push(Change { undoes: Some(action), ..undone });
                Outcome::Done
            }
        };
        results.push((change.group_id, outcome));
    }
    let mut metadata = told(action_id, &results, None);
    metadata["undoes"] = json!(action);
    finish(tx, Action::GROUPS_UNDONE, action_id, metadata, changes, results).await
}

/// Takes their groups from somebody who leaves, in the transaction that ends the membership. Says how many.
pub(crate) async fn unassign<P: Mutating>(cx: &Cx<P>, tx: &mut WriteTx, user: UserId) -> Result<usize> {
    let ids = life::of_member(tx, user).await?;
    let now = tx.now();
    let action_id: GroupActionId = cx.services.clock.id();
    let mut changes = Vec::with_capacity(ids.len());
    for kept in life::lock(tx, &ids).await? {
        if let Ok(moved) = kept.life.act(&Act::Assign(None), now) {
            changes.push(made(cx, &kept, action_id, Step::Assigned, moved.life));
        }
    }
    life::change(tx, &changes).await?;
    Ok(changes.len())
}

pub(super) fn check(ids: &[GroupId], note: Option<&str>) -> Result<()> {
    if ids.is_empty() {
        return Err(Invalid::field("ids", "choose at least one group").into());
    }
    if ids.len() > MAX_GROUPS {
        return Err(Invalid::field("ids", "choose at most 500 groups at a time").into());
    }
    check_note(note)
}

fn check_note(note: Option<&str>) -> Result<()> {
    if note.is_some_and(|note| note.chars().count() > MAX_NOTE) {
        return Err(Invalid::field("note", "use at most 2,000 characters").into());
    }
    Ok(())
}

pub(super) fn unique(ids: &[GroupId]) -> Vec<GroupId> {
    let mut seen = std::collections::HashSet::new();
    ids.iter().copied().filter(|id| seen.insert(*id)).collect()
}

pub(super) async fn lock(tx: &mut WriteTx, ids: &[GroupId]) -> Result<HashMap<GroupId, Kept>> {
    Ok(life::lock(tx, ids).await?.into_iter().map(|kept| (kept.id, kept)).collect())
}

pub(super) fn made<P: Mutating>(
    cx: &Cx<P>,
    kept: &Kept,
    action_id: GroupActionId,
    step: Step,
    new: domain::group::Life,
) -> Change {
    let actor = cx.actor.audit();
    Change {
        id: cx.services.clock.id(),
        group_id: kept.id,
        at: cx.now(),
        actor_id: actor.user_id,
        actor: Some(actor.label),
        step,
        old: kept.life.clone(),
        new,
        note: None,
        action_id: Some(action_id),
        undoes: None,
        other: None,
    }
}

/// What the audit log keeps.
pub(super) fn told(action_id: GroupActionId, results: &[(GroupId, Outcome)], note: Option<&str>) -> Value {
    let of = |wanted: fn(&Outcome) -> bool| results.iter().filter(|(_, o)| wanted(o)).count();
    let changed: Vec<GroupId> =
        results.iter().filter(|(_, o)| *o == Outcome::Done).map(|(id, _)| *id).collect();
    json!({
        "action_id": action_id,
        "changed": changed.len(),
        "unchanged": of(|o| matches!(o, Outcome::Unchanged(_))),
        "absent": of(|o| *o == Outcome::Absent),
        "ids": changed,
        "note": note,
    })
}

/// Writes changes and audit entry; nothing at all when no group changes.
pub(super) async fn finish(
    mut tx: WriteTx,
    action: Action,
    action_id: GroupActionId,
    metadata: Value,
    changes: Vec<Change>,
    results: Vec<(GroupId, Outcome)>,
) -> Result<Report> {
    if changes.is_empty() {
        return Ok(Report { action_id: None, results });
    }
    life::change(&mut tx, &changes).await?;
    let target = if let [change] = changes.as_slice() { change.group_id.to_string() } else { String::new() };
    tx.commit(AuditEntry::new(action, "group", target).metadata(metadata)).await?;
    Ok(Report { action_id: Some(action_id), results })
}
