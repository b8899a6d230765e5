//! Groups that belong together: merge, unmerge, and the undoing of both. A merge is a rule, so events that come later follow
//! it; it changes no event and no life, so it is taken back exactly, whatever came in between.

use std::collections::HashMap;

use domain::audit::Action;
use domain::group::life::{Change, Outcome, Report, Step};
use domain::group::rule::{MAX_MERGE, Rule};
use domain::permission::GroupWrite;
use domain::{GroupActionId, GroupId, Invalid};
use serde_json::json;
use store::WriteTx;
use store::group::life::Kept;
use store::group::rules;

use super::act::{check, finish, lock, made, told, unique};
use crate::{Cx, Error, Result};

const SINCE: &str = "it was changed since; that stays";

/// Merges groups into one of them: into `into`, or the one that was seen first. Says what became of each, in the order of
/// `ids`; the one that takes the others comes last where the request did not name it among them.
///
/// # Errors
/// `Invalid` where nothing could be merged at all: fewer than two groups or more than 50, or into a group that is merged
/// itself. `NotFound` when there is no such group to merge into.
pub async fn merge(
    cx: &Cx<GroupWrite>,
    ids: &[GroupId],
    into: Option<GroupId>,
    note: Option<&str>,
) -> Result<Report> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    let all = unique(&ids.iter().copied().chain(into).collect::<Vec<_>>());
    check(&all, note)?;
    if !(2..=MAX_MERGE).contains(&all.len()) {
        return Err(Invalid::field("ids", "choose 2 to 50 groups to merge").into());
    }
    let mut tx = cx.write().await?;
    rules::lock(&mut tx).await?;
    let kept = lock(&mut tx, &all).await?;
    let target = match into {
        Some(into) => into,
        None => oldest(&mut tx, &kept).await?.ok_or(Error::NotFound)?,
    };
    let head = kept.get(&target).ok_or(Error::NotFound)?;
    if head.merged_into.is_some() {
        return Err(Invalid::field("into", "it is merged into another group; choose that one").into());
    }
    let action_id: GroupActionId = cx.services.clock.id();
    let (mut made_rules, mut changes) = (Vec::new(), Vec::new());
    let mut results: Vec<(GroupId, Outcome)> = Vec::with_capacity(all.len());
    for id in &all {
        let outcome = match kept.get(id) {
            _ if *id == target => Outcome::Done,
            None => Outcome::Absent,
            Some(kept) if kept.merged_into.is_some() => {
                Outcome::Unchanged("it is merged into another group already")
            }
            Some(kept) => {
                made_rules.push(rule(cx, action_id, *id, target, note));
                changes.push(line(cx, kept, action_id, Step::Merged, Some(target), note));
                Outcome::Done
            }
        };
        results.push((*id, outcome));
    }
    let members: Vec<GroupId> = made_rules.iter().map(|rule| rule.group_id).collect();
    if members.is_empty() {
        for (_, outcome) in results.iter_mut().filter(|(id, _)| *id == target) {
            *outcome = Outcome::Unchanged("there is nothing to merge it with");
        }
    } else {
        changes.push(line(cx, head, action_id, Step::TookIn, one(&members), note));
    }
    rules::insert(&mut tx, &made_rules).await?;
    rules::follow(&mut tx).await?;
    let mut metadata = told(action_id, &results, note);
    metadata["into"] = json!(target);
    finish(tx, Action::GROUPS_MERGED, action_id, metadata, changes, results).await
}

/// Gives merged groups back to themselves, each with all of its own events, those that came since included.
///
/// # Errors
/// As for an action: no ids or too many, or a note that is too long.
pub async fn unmerge(cx: &Cx<GroupWrite>, ids: &[GroupId], note: Option<&str>) -> Result<Report> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    let ids = unique(ids);
    check(&ids, note)?;
    let mut tx = cx.write().await?;
    rules::lock(&mut tx).await?;
    let in_force = rules::merges_of(&mut tx, &ids).await?;
    let targets: Vec<GroupId> = in_force.iter().map(|rule| rule.target_id).collect();
    let kept = lock(&mut tx, &[ids.as_slice(), &targets].concat()).await?;
    let action_id: GroupActionId = cx.services.clock.id();
    let mut ended = Vec::new();
    let results: Vec<(GroupId, Outcome)> = ids
        .iter()
        .map(|id| {
            let outcome = match (kept.contains_key(id), in_force.iter().find(|rule| rule.group_id == *id)) {
                (false, _) => Outcome::Absent,
                (true, None) => Outcome::Unchanged("it is not merged into another group"),
                (true, Some(rule)) => {
                    ended.push(rule.clone());
                    Outcome::Done
                }
            };
            (*id, outcome)
        })
        .collect();
    let changes = end(cx, &mut tx, &kept, &ended, action_id, note).await?;
    let metadata = told(action_id, &results, note);
    finish(tx, Action::GROUPS_UNMERGED, action_id, metadata, changes, results).await
}

/// Undoes a merge or an unmerge; `done` is what the action wrote. Others' later changes of the same groups stay.
pub(super) async fn undo(
    cx: &Cx<GroupWrite>,
    mut tx: WriteTx,
    action: GroupActionId,
    done: &[Change],
) -> Result<Report> {
    rules::lock(&mut tx).await?;
    let of_action = rules::of_action(&mut tx, action).await?;
    let touched: Vec<GroupId> =
        done.iter().flat_map(|c| std::iter::once(c.group_id).chain(c.other)).collect();
    let targets: Vec<GroupId> = of_action.iter().map(|rule| rule.target_id).collect();
    let kept = lock(&mut tx, &[touched, targets].concat()).await?;
    let action_id: GroupActionId = cx.services.clock.id();
    let (mut ended, mut again, mut results) = (Vec::new(), Vec::new(), Vec::new());
    for change in done {
        let id = change.group_id;
        let outcome = match (change.step, kept.get(&id), change.other) {
            (Step::Merged, Some(_), _) => {
                let rule = of_action.iter().find(|rule| rule.group_id == id && rule.undone_at.is_none());
                ended.extend(rule.cloned());
                if rule.is_some() { Outcome::Done } else { Outcome::Unchanged(SINCE) }
            }
            (Step::Unmerged, Some(group), Some(target)) => {
                let stays = group.last_change == Some(change.id) && group.merged_into.is_none();
                // Into a group that is read with this one by now it would be a circle.
                let free = kept.get(&target).is_some_and(|target| target.merged_into != Some(id));
                if stays && free {
                    again.push((id, target));
                    Outcome::Done
                } else {
                    Outcome::Unchanged(SINCE)
                }
            }
            (Step::Merged | Step::Unmerged, None, _) => Outcome::Absent,
            _ => continue,
        };
        results.push((id, outcome));
    }
    let mut changes = end(cx, &mut tx, &kept, &ended, action_id, None).await?;
    if !again.is_empty() {
        let new: Vec<Rule> =
            again.iter().map(|(id, target)| rule(cx, action_id, *id, *target, None)).collect();
        rules::insert(&mut tx, &new).await?;
        rules::follow(&mut tx).await?;
        for (id, target) in &again {
            changes.extend(
                kept.get(id).map(|kept| line(cx, kept, action_id, Step::Merged, Some(*target), None)),
            );
        }
        changes.extend(takers(cx, &kept, &again, action_id, Step::TookIn, None));
    }
    for change in &mut changes {
        change.undoes = Some(action);
    }
    let mut metadata = told(action_id, &results, None);
    metadata["undoes"] = json!(action);
    finish(tx, Action::GROUPS_UNDONE, action_id, metadata, changes, results).await
}

/// Takes merges out of force and says what that is in the history of both sides.
async fn end(
    cx: &Cx<GroupWrite>,
    tx: &mut WriteTx,
    kept: &HashMap<GroupId, Kept>,
    ended: &[Rule],
    action_id: GroupActionId,
    note: Option<&str>,
) -> Result<Vec<Change>> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = ended.iter().map(|rule| rule.id).collect();
    let now = tx.now();
    rules::undo(tx, &ids, &cx.actor.audit().label, now).await?;
    rules::follow(tx).await?;
    let mut changes = Vec::new();
    for rule in ended {
        let kept = kept.get(&rule.group_id);
        changes
            .extend(kept.map(|kept| line(cx, kept, action_id, Step::Unmerged, Some(rule.target_id), note)));
    }
    let pairs: Vec<(GroupId, GroupId)> = ended.iter().map(|rule| (rule.group_id, rule.target_id)).collect();
    changes.extend(takers(cx, kept, &pairs, action_id, Step::LetGo, note));
    Ok(changes)
}

/// One line for each group that took or lost others.
fn takers(
    cx: &Cx<GroupWrite>,
    kept: &HashMap<GroupId, Kept>,
    pairs: &[(GroupId, GroupId)],
    action_id: GroupActionId,
    step: Step,
    note: Option<&str>,
) -> Vec<Change> {
    let targets = unique(&pairs.iter().map(|(_, target)| *target).collect::<Vec<_>>());
    let of = |target: GroupId| {
        let members: Vec<GroupId> = pairs.iter().filter(|(_, to)| *to == target).map(|(id, _)| *id).collect();
        kept.get(&target).map(|kept| line(cx, kept, action_id, step, one(&members), note))
    };
    targets.into_iter().filter_map(of).collect()
}

fn one(ids: &[GroupId]) -> Option<GroupId> {
    if let [id] = ids { Some(*id) } else { None }
}

pub(super) fn line(
    cx: &Cx<GroupWrite>,
    kept: &Kept,
    action_id: GroupActionId,
    step: Step,
    other: Option<GroupId>,
    note: Option<&str>,
) -> Change {
    Change { note: note.map(str::to_owned), other, ..made(cx, kept, action_id, step, kept.life.clone()) }
}

/// A merge of one group into another.
pub(super) fn rule(
    cx: &Cx<GroupWrite>,
    action_id: GroupActionId,
    group_id: GroupId,
    target_id: GroupId,
    note: Option<&str>,
) -> Rule {
    let actor = cx.actor.audit();
    Rule {
        id: cx.services.clock.id(),
        group_id,
        target_id,
        split: None,
        note: note.map(str::to_owned),
        action_id,
        created_by: actor.user_id,
        created_by_label: actor.label,
        created_at: cx.now(),
        undone_by_label: None,
        undone_at: None,
        moved: 0,
        looked: None,
    }
}

/// Of the groups that stand for themselves the one that was seen first, with what is merged into it.
async fn oldest(tx: &mut WriteTx, kept: &HashMap<GroupId, Kept>) -> Result<Option<GroupId>> {
    let ids: Vec<GroupId> =
        kept.values().filter(|kept| kept.merged_into.is_none()).map(|kept| kept.id).collect();
    let groups = store::group::get_many(tx, &ids).await?;
    Ok(groups.into_iter().min_by_key(|group| (group.first_seen, group.id)).map(|group| group.id))
}
