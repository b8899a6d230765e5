//! What people do to many cases at once, and its undoing. At most [`MAX_CASES`] a transaction, each with its audit entry; what was
//! done to each case is answered, and kept in its history.

use std::collections::{HashMap, HashSet};

use domain::audit::{Action, AuditEntry};
use domain::case::bulk::{Bulk, Item, MAX_MATCHING, Outcome, Report, State, Why};
use domain::case::{CaseFilter, Change, MAX_CASES, Resolution, Status, Step, fold};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseActionId, CaseId, Invalid, UserId};
use serde_json::{Value, json};
use store::WriteTx;
use store::case::bulk::{self, Kept};

use super::{differing, is_member, user};
use crate::{Cx, Error, Result};

/// Does it to each of the cases, in the order of `ids`, all or none where the server fails, and says what became of each.
///
/// # Errors
/// `Invalid` where nothing could be done to any: no ids or more than 500, no reason where one is wanted, an assignee who is no member.
pub async fn change_many(cx: &Cx<CaseWrite>, what: &Bulk, ids: &[CaseId], reason: &str) -> Result<Report> {
    if ids.is_empty() {
        return Err(Invalid::field("ids", "choose at least one case").into());
    }
    if ids.len() > MAX_CASES {
        return Err(Invalid::field("ids", "choose at most 500 cases at a time").into());
    }
    what.check(reason)?;
    perform(cx, what, ids, reason).await
}

/// As [`change_many`], for every case that the filter leaves, 500 a transaction: what others read and write meanwhile does not wait
/// for all of them.
///
/// # Errors
/// `Invalid` besides where no case matches, or more than 10,000.
pub async fn change_matching(
    cx: &Cx<CaseWrite>,
    what: &Bulk,
    filter: &CaseFilter,
    reason: &str,
) -> Result<Report> {
    what.check(reason)?;
    let ids = store::case::ids(&mut cx.read().await?, filter, MAX_MATCHING as u32 + 1).await?;
    if ids.is_empty() {
        return Err(Invalid::field("filter", "no case matches").into());
    }
    if ids.len() > MAX_MATCHING {
        return Err(Invalid::field("filter", "more than 10,000 cases match; narrow the filter").into());
    }
    perform(cx, what, &ids, reason).await
}

/// The ids of `CASE-7`, `CASE-9`; numbers of no case have no part in it.
pub async fn ids_of(cx: &Cx<CaseRead>, numbers: &[i64]) -> Result<Vec<CaseId>> {
    Ok(bulk::by_numbers(&mut cx.read().await?, numbers).await?)
}

/// The step that an action was, and how many cases it changed.
pub async fn action(cx: &Cx<CaseRead>, action: CaseActionId) -> Result<Option<(Step, i64)>> {
    Ok(store::case::history::count_of_action(&mut cx.read().await?, action).await?)
}

/// Gives the cases of an action the state they had before it, except those that somebody changed since.
///
/// # Errors
/// `NotFound` when there is no such action here.
pub async fn undo(cx: &Cx<CaseWrite>, action: CaseActionId) -> Result<Report> {
    let done = store::case::history::of_action(&mut cx.read().await?, action).await?;
    if done.is_empty() {
        return Err(Error::NotFound);
    }
    let ids: Vec<CaseId> = done.iter().map(|change| change.case_id).collect();
    if done.iter().all(|change| change.step == Step::Merged) {
        return super::merges::undo(cx, action, &ids).await;
    }
    if done.iter().all(|change| change.step == Step::Unmerged) {
        return super::merges::redo(cx, &done).await;
    }
    let done: HashMap<CaseId, Change> = done.into_iter().map(|change| (change.case_id, change)).collect();
    let mut left: HashMap<Option<UserId>, bool> = HashMap::from([(None, false)]);
    let mut run = Run::new(cx, Action::CASES_UNDONE, json!({ "undoes": action }));
    for ids in ids.chunks(MAX_CASES) {
        let step = async {
            let mut tx = cx.write().await?;
            let kept = lock(&mut tx, ids).await?;
            let four_eyes = super::reviews::wanted(&mut tx).await?;
            let asked = store::case::review::waiting_of(&mut tx, action).await?;
            let me = super::reviews::asker(cx, &mut tx).await?;
            for change in ids.iter().filter_map(|id| done.get(id)) {
                let of =
                    change.old.get("assigned_to_id").and_then(|id| serde_json::from_value(id.clone()).ok());
                if let Some(of) = of
                    && !left.contains_key(&of)
                {
                    left.insert(of, is_member(&mut tx, of).await.is_err());
                }
            }
            let decide = |kept: &Kept| {
                let change = done.get(&kept.id).filter(|change| change.version == Some(kept.version));
                let change = change.ok_or(Why::ChangedSince)?;
                if kept.merged_into.is_some() {
                    return Err(Why::Merged);
                }
                // A request is taken back by who made it, as long as it waits.
                if change.step == Step::ReviewRequested {
                    let by = asked.get(&kept.id).ok_or(Why::ChangedSince)?;
                    if by.is_none() || *by != me {
                        return Err(Why::InReview);
                    }
                }
                let (state, tags) = kept.state.with(&change.old, &kept.tags).ok_or(Why::ChangedSince)?;
                // What a second person has to close is not closed by undoing.
                if four_eyes && state.status == Status::Resolved && kept.state.status != Status::Resolved {
                    return Err(Why::ReviewFirst);
                }
                if state.assigned_to_id != kept.state.assigned_to_id
                    && left.get(&state.assigned_to_id) == Some(&true)
                {
                    return Err(Why::AssigneeLeft);
                }
                Ok((state, tags, Step::Undone))
            };
            run.apply(tx, ids, kept, decide, (None, Reviews::Withdraw(action))).await
        };
        let step = step.await;
        if !run.went_on(step, ids)? {
            break;
        }
    }
    Ok(run.report(&ids))
}

async fn perform(cx: &Cx<CaseWrite>, what: &Bulk, ids: &[CaseId], reason: &str) -> Result<Report> {
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
    let mut seen = HashSet::new();
    let ids: Vec<CaseId> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
    let mut run = Run::new(cx, Action::CASES_CHANGED, json!({ "change": told(what), "reason": reason }));
    for ids in ids.chunks(MAX_CASES) {
        let step = async {
            let mut tx = cx.write().await?;
            if let Bulk::Assign(to) = what {
                is_member(&mut tx, *to).await?;
            }
            let (now, me) = (tx.now(), user(cx));
            let kept = lock(&mut tx, ids).await?;
            let lacking = match what {
                Bulk::Resolve(_) => store::case::field::incomplete(&mut tx, ids).await?,
                _ => HashSet::new(),
            };
            let (waiting, asks) = match what {
                Bulk::Resolve(resolution) => {
                    let waiting = store::case::review::in_review(&mut tx, ids).await?;
                    let asks = super::reviews::wanted(&mut tx).await?.then_some(*resolution);
                    (waiting, asks)
                }
                _ => (HashSet::new(), None),
            };
            let reviews = match asks {
                Some(resolution) => Reviews::Ask(resolution, super::reviews::known_asker(cx, &mut tx).await?),
                None => Reviews::Leave,
            };
            let decide = |kept: &Kept| {
                if kept.merged_into.is_some() {
                    return Err(Why::Merged);
                }
                let becomes = what.on(&kept.state, &kept.tags, now, me)?;
                if lacking.contains(&kept.id) {
                    return Err(Why::FieldsMissing);
                }
                if waiting.contains(&kept.id) {
                    return Err(Why::InReview);
                }
                // The case is as it was until somebody else answers.
                let asked = || (kept.state.clone(), kept.tags.clone(), Step::ReviewRequested);
                Ok(if asks.is_some() { asked() } else { becomes })
            };
            run.apply(tx, ids, kept, decide, (reason, reviews)).await
        };
        let step = step.await;
        if !run.went_on(step, ids)? {
            break;
        }
    }
    Ok(run.report(&ids))
}

async fn lock(tx: &mut WriteTx, ids: &[CaseId]) -> Result<HashMap<CaseId, Kept>> {
    Ok(bulk::lock(tx, ids).await?.into_iter().map(|kept| (kept.id, kept)).collect())
}

/// What becomes of reviews with an action.
#[derive(Clone, Copy)]
enum Reviews {
    Leave,
    /// Instead of resolving: who asks.
    Ask(Resolution, Option<UserId>),
    /// Those that the undone action asked for.
    Withdraw(CaseActionId),
}

/// An action on its way through its cases.
struct Run<'a> {
    cx: &'a Cx<CaseWrite>,
    id: CaseActionId,
    action: Action,
    metadata: Value,
    results: Vec<Item>,
}

impl<'a> Run<'a> {
    fn new(cx: &'a Cx<CaseWrite>, action: Action, metadata: Value) -> Self {
        Self { cx, id: cx.services.clock.id(), action, metadata, results: Vec::new() }
    }

    /// One transaction: what `decide` says of each case, with history and audit entry. Nothing is written where no case changes.
    async fn apply(
        &mut self,
        mut tx: WriteTx,
        ids: &[CaseId],
        mut kept: HashMap<CaseId, Kept>,
        decide: impl Fn(&Kept) -> std::result::Result<(State, Vec<String>, Step), Why>,
        (reason, reviews): (Option<&str>, Reviews),
    ) -> Result<()> {
        let actor = self.cx.actor.audit();
        let (mut results, mut states, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut gained, mut lost): (HashMap<String, Vec<CaseId>>, HashMap<String, Vec<CaseId>>) =
            Default::default();
        for id in ids {
            let Some(kept) = kept.remove(id) else {
                results.push(Item { id: *id, number: None, outcome: Outcome::Absent });
                continue;
            };
            let outcome = match decide(&kept) {
                Err(why) => Outcome::Unchanged(why),
                Ok((state, tags, step)) => {
                    let (old, new) = differing(&kept.state.told(&kept.tags), &state.told(&tags));
                    for tag in without(&tags, &kept.tags) {
                        gained.entry(tag).or_default().push(*id);
                    }
                    for tag in without(&kept.tags, &tags) {
                        lost.entry(tag).or_default().push(*id);
                    }
                    changes.push(Change {
                        id: self.cx.services.clock.id(),
                        case_id: *id,
                        at: tx.now(),
                        actor_id: actor.user_id,
                        actor: actor.label.clone(),
                        step,
                        old,
                        new,
                        reason: reason.map(str::to_owned),
                        action_id: Some(self.id),
                        version: Some(kept.version + 1),
                    });
                    states.push((*id, state));
                    Outcome::Done
                }
            };
            results.push(Item { id: *id, number: Some(kept.number), outcome });
        }
        if !changes.is_empty() {
            bulk::change(&mut tx, &states).await?;
            for (tag, cases) in &lost {
                bulk::untag(&mut tx, tag, cases).await?;
            }
            for (tag, cases) in &gained {
                bulk::tag(&mut tx, tag, cases, || self.cx.services.clock.id()).await?;
            }
            let changed: Vec<CaseId> = changes.iter().map(|change| change.case_id).collect();
            match reviews {
                Reviews::Leave => {}
                Reviews::Ask(resolution, by) => {
                    let said = (resolution, reason.unwrap_or_default());
                    let asked: Vec<_> = changed
                        .iter()
                        .map(|case| super::reviews::new(self.cx, &tx, *case, said, by, Some(self.id)))
                        .collect();
                    store::case::review::insert(&mut tx, &asked).await?;
                }
                Reviews::Withdraw(action) => {
                    store::case::review::withdraw(&mut tx, action, &changed, &actor.label).await?;
                }
            }
            store::case::history::add_many(&mut tx, &changes).await?;
            let target =
                if let [change] = changes.as_slice() { change.case_id.to_string() } else { String::new() };
            let mut metadata = self.metadata.clone();
            metadata["action_id"] = json!(self.id);
            metadata["changed"] = json!(changes.len());
            metadata["unchanged"] = json!(results.len() - changes.len());
            metadata["ids"] = json!(states.iter().map(|(id, _)| id).collect::<Vec<_>>());
            tx.commit(AuditEntry::new(self.action, "case", target).metadata(metadata)).await?;
        }
        self.results.extend(results);
        Ok(())
    }

    /// Whether to go on. A failure after something was done is told of the cases that it kept from being done.
    fn went_on(&mut self, step: Result<()>, ids: &[CaseId]) -> Result<bool> {
        match step {
            Ok(()) => Ok(true),
            Err(error) if self.results.iter().all(|item| item.outcome != Outcome::Done) => Err(error),
            Err(error) => {
                tracing::error!(%error, cases = ids.len(), "an action on cases ended early");
                Ok(false)
            }
        }
    }

    fn report(mut self, ids: &[CaseId]) -> Report {
        let outcome = Outcome::Unchanged(Why::NotReached);
        let missing = ids[self.results.len()..].iter().map(|id| Item { id: *id, number: None, outcome });
        self.results.extend(missing.collect::<Vec<_>>());
        let changed = self.results.iter().any(|item| item.outcome == Outcome::Done);
        Report { action_id: changed.then_some(self.id), results: self.results }
    }
}

/// Those of `names` that are not in `others`, however they are written.
fn without(names: &[String], others: &[String]) -> Vec<String> {
    let others: HashSet<String> = others.iter().map(|name| fold(name)).collect();
    names.iter().filter(|name| !others.contains(&fold(name))).cloned().collect()
}

fn told(what: &Bulk) -> Value {
    match what {
        Bulk::Investigate => json!({ "status": "investigating" }),
        Bulk::Resolve(resolution) => json!({ "status": "resolved", "resolution": resolution }),
        Bulk::Reopen => json!({ "status": "investigating", "reopened": true }),
        Bulk::Assign(to) => json!({ "assigned_to_id": to }),
        Bulk::Priority(to) => json!({ "priority": to }),
        Bulk::Severity(to) => json!({ "severity": to }),
        Bulk::AddTag(tag) => json!({ "add_tag": tag }),
        Bulk::RemoveTag(tag) => json!({ "remove_tag": tag }),
    }
}
