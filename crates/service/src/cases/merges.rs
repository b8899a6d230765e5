//! Merging cases, and taking them apart again. Nothing moves: a case that is in another keeps what it has, is read there, and is not
//! changed until it is taken out.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::audit::{Action, AuditEntry};
use domain::case::bulk::{Item, Outcome, Report, Why};
use domain::case::merge::{MAX_MERGED, Merge, Merging, check_note};
use domain::case::{Case, Change, Status, Step, key};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseActionId, CaseId, Invalid};
use serde_json::{Value, json};
use store::WriteTx;
use store::case::{bulk, merge};

use super::user;
use crate::{Cx, Error, Result};

/// The cases that are in a case, each with its merge, the latest first.
pub async fn merged(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<(Merge, Case)>> {
    let mut tx = cx.read().await?;
    let merges = merge::of_family(&mut tx, case).await?;
    let ids: Vec<CaseId> = merges.iter().map(|merge| merge.case_id).collect();
    let mut cases: HashMap<CaseId, Case> =
        store::case::by_ids(&mut tx, &ids).await?.into_iter().map(|case| (case.id, case)).collect();
    Ok(merges
        .into_iter()
        .filter_map(|merge| cases.remove(&merge.case_id).map(|case| (merge, case)))
        .collect())
}

/// How a case came into another; nothing of one that is in none.
pub async fn merge_of(cx: &Cx<CaseRead>, case: CaseId) -> Result<Option<Merge>> {
    Ok(merge::of_case(&mut cx.read().await?, case).await?)
}

/// Merges cases into one that goes on, and says what became of each: what is resolved, waits for a review or is being linked to
/// events is not taken in by the way. `into` among them has no part in it.
///
/// # Errors
/// `NotFound` where there is no `into`; `Conflict` where that is in another itself, is resolved, or is not of the version that was
/// looked at; `Invalid` where no case is left.
pub async fn merge_cases(cx: &Cx<CaseWrite>, into: Merging, cases: &[Merging], note: &str) -> Result<Report> {
    check_note(note)?;
    let mut seen = HashSet::from([into.id]);
    let cases: Vec<Merging> = cases.iter().copied().filter(|case| seen.insert(case.id)).collect();
    if cases.is_empty() {
        return Err(
            Invalid::field("ids", "choose at least one case besides the one that they go into").into()
        );
    }
    if cases.len() > MAX_MERGED {
        return Err(Invalid::field("ids", "merge at most 100 cases at a time").into());
    }
    let note = Some(note.trim()).filter(|note| !note.is_empty());
    let mut tx = cx.write().await?;
    let all: Vec<CaseId> = cases.iter().map(|case| case.id).chain([into.id]).collect();
    let kept: HashMap<CaseId, bulk::Kept> =
        bulk::lock(&mut tx, &all).await?.into_iter().map(|kept| (kept.id, kept)).collect();
    let target = kept.get(&into.id).ok_or(Error::NotFound)?;
    super::unmerged(&mut tx, target.merged_into).await?;
    if into.version.is_some_and(|version| version != target.version) {
        return Err(super::stale());
    }
    if target.state.status == Status::Resolved {
        return Err(Error::Conflict(format!("{} is resolved; reopen it first", key(target.number))));
    }
    let waiting = store::case::review::in_review(&mut tx, &all).await?;
    let linking: HashSet<CaseId> = merge::with_jobs(&mut tx, &all).await?.into_iter().collect();
    let mut room = MAX_MERGED.saturating_sub(merge::family(&mut tx, into.id).await?.len() - 1);
    let (action, actor, now) = (cx.services.clock.id::<CaseActionId>(), cx.actor.audit(), tx.now());
    let (mut merges, mut changes, mut results) = (Vec::new(), Vec::new(), Vec::new());
    let told = |kept: &bulk::Kept| json!({ "case_id": kept.id, "number": kept.number });
    for case in &cases {
        let Some(source) = kept.get(&case.id) else {
            results.push(Item { id: case.id, number: None, outcome: Outcome::Absent });
            continue;
        };
        let size = merge::family(&mut tx, source.id).await?.len();
        let why = if source.merged_into.is_some() {
            Some(Why::Merged)
        } else if case.version.is_some_and(|version| version != source.version) {
            Some(Why::ChangedSince)
        } else if waiting.contains(&source.id) {
            Some(Why::InReview)
        } else if linking.contains(&source.id) {
            Some(Why::JobRuns)
        } else if size > room {
            Some(Why::TooManyMerged)
        } else {
            None
        };
        results.push(Item {
            id: source.id,
            number: Some(source.number),
            outcome: why.map_or(Outcome::Done, Outcome::Unchanged),
        });
        if why.is_some() {
            continue;
        }
        room -= size;
        merges.push(Merge {
            case_id: source.id,
            action_id: action,
            into_id: into.id,
            note: note.map(str::to_owned),
            merged_by_id: user(cx),
            merged_by: actor.label.clone(),
            merged_at: now,
        });
        changes.push(Change {
            action_id: Some(action),
            version: Some(source.version + 1),
            ..change(cx, &tx, source.id, Step::Merged, (json!({}), told(target)), note)
        });
        changes.push(change(cx, &tx, into.id, Step::TookIn, (json!({}), told(source)), note));
    }
    if merges.is_empty() {
        return Ok(Report { action_id: None, results });
    }
    merge::merge(&mut tx, &merges).await?;
    merge::renew(&mut tx, into.id).await?;
    store::case::history::add_many(&mut tx, &changes).await?;
    let ids: Vec<CaseId> = merges.iter().map(|merge| merge.case_id).collect();
    let metadata = json!({
        "number": target.number, "action_id": action, "note": note, "unchanged": results.len() - merges.len(), "ids": ids,
        "numbers": ids.iter().filter_map(|id| kept.get(id)).map(|kept| kept.number).collect::<Vec<_>>(),
    });
    tx.commit(AuditEntry::new(Action::CASES_MERGED, "case", into.id).metadata(metadata)).await?;
    Ok(Report { action_id: Some(action), results })
}

/// Takes a case out of the one it is in.
///
/// # Errors
/// `Conflict` where it is in none.
pub async fn unmerge(cx: &Cx<CaseWrite>, id: CaseId) -> Result<Case> {
    store::case::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)?;
    let merge = merge::of_case(&mut cx.read().await?, id).await?;
    let merge = merge.ok_or_else(|| Error::Conflict("it is in no other case".to_owned()))?;
    let report = take_out(cx, &[merge]).await?;
    if report.done() == 0 {
        return Err(super::stale());
    }
    store::case::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Takes out what an action merged; what somebody took out or merged elsewhere since stays as it is, and that is said.
pub(super) async fn undo(cx: &Cx<CaseWrite>, action: CaseActionId, done: &[CaseId]) -> Result<Report> {
    let merges = merge::of_action(&mut cx.read().await?, action).await?;
    let mut report = if merges.is_empty() { Report::default() } else { take_out(cx, &merges).await? };
    for id in done.iter().filter(|id| !merges.iter().any(|merge| merge.case_id == **id)) {
        let number = store::case::get(&mut cx.read().await?, *id).await?.map(|case| case.number);
        report.results.push(Item { id: *id, number, outcome: Outcome::Unchanged(Why::ChangedSince) });
    }
    Ok(report)
}

/// Merges again what an action took out, except what somebody changed since.
pub(super) async fn redo(cx: &Cx<CaseWrite>, done: &[Change]) -> Result<Report> {
    let mut targets: BTreeMap<CaseId, Vec<Merging>> = BTreeMap::new();
    for change in done {
        let into = change.old.get("into_id").and_then(|id| serde_json::from_value(id.clone()).ok());
        let again = Merging { id: change.case_id, version: change.version };
        targets.entry(into.ok_or(Error::NotFound)?).or_default().push(again);
    }
    let mut all = Report::default();
    for (id, cases) in targets {
        let report = merge_cases(cx, Merging { id, version: None }, &cases, "").await?;
        all.action_id = report.action_id.or(all.action_id);
        all.results.extend(report.results);
    }
    Ok(all)
}

async fn take_out(cx: &Cx<CaseWrite>, merges: &[Merge]) -> Result<Report> {
    let mut tx = cx.write().await?;
    // All that is read or changed is locked in one go, in one order: the cases, what is in them, and what they are in.
    let mut all: HashSet<CaseId> = merges.iter().flat_map(|merge| [merge.case_id, merge.into_id]).collect();
    for merge in merges {
        all.extend(merge::family(&mut tx, merge.case_id).await?);
        all.extend(store::case::get(&mut tx, merge.case_id).await?.and_then(|case| case.merged_into));
    }
    merge::lock(&mut tx, &all.iter().copied().collect::<Vec<_>>()).await?;
    let (actor, mut changes, mut results, mut heads) =
        (cx.actor.audit(), Vec::new(), Vec::new(), HashMap::<CaseId, Case>::new());
    let (mut out, action) = (Vec::new(), cx.services.clock.id::<CaseActionId>());
    for merge in merges {
        let Some(case) = store::case::get(&mut tx, merge.case_id).await? else { continue };
        // Somebody may have been faster, or merged further what it is in.
        let same = merge::of_case(&mut tx, merge.case_id).await?.is_some_and(|now| now == *merge);
        let head = match case.merged_into.filter(|head| same && all.contains(head)) {
            Some(head) => store::case::get(&mut tx, head).await?,
            None => None,
        };
        let Some(head) = head else {
            let outcome = Outcome::Unchanged(Why::ChangedSince);
            results.push(Item { id: case.id, number: Some(case.number), outcome });
            continue;
        };
        merge::unmerge(&mut tx, merge, &actor.label).await?;
        let told = |case: &Case| json!({ "case_id": case.id, "number": case.number });
        let mut was_in = told(&head);
        was_in["into_id"] = json!(merge.into_id);
        changes.push(Change {
            action_id: Some(action),
            version: Some(case.version + 1),
            ..change(cx, &tx, case.id, Step::Unmerged, (was_in, json!({})), None)
        });
        changes.push(change(cx, &tx, head.id, Step::GaveBack, (told(&case), json!({})), None));
        results.push(Item { id: case.id, number: Some(case.number), outcome: Outcome::Done });
        heads.insert(head.id, head);
        out.push(case);
    }
    if out.is_empty() {
        return Ok(Report { action_id: None, results });
    }
    for head in heads.keys() {
        merge::renew(&mut tx, *head).await?;
    }
    store::case::history::add_many(&mut tx, &changes).await?;
    let target = match heads.keys().next() {
        Some(head) if heads.len() == 1 => head.to_string(),
        _ => String::new(),
    };
    let metadata = json!({
        "number": heads.values().next().filter(|_| heads.len() == 1).map(|head| head.number),
        "ids": out.iter().map(|case| case.id).collect::<Vec<_>>(),
        "action_id": action,
        "numbers": out.iter().map(|case| case.number).collect::<Vec<_>>(),
    });
    tx.commit(AuditEntry::new(Action::CASES_UNMERGED, "case", target).metadata(metadata)).await?;
    Ok(Report { action_id: Some(action), results })
}

fn change(
    cx: &Cx<CaseWrite>,
    tx: &WriteTx,
    case_id: CaseId,
    step: Step,
    (old, new): (Value, Value),
    reason: Option<&str>,
) -> Change {
    let actor = cx.actor.audit();
    Change {
        id: cx.services.clock.id(),
        case_id,
        at: tx.now(),
        actor_id: actor.user_id,
        actor: actor.label,
        step,
        old,
        new,
        reason: reason.map(str::to_owned),
        action_id: None,
        version: None,
    }
}
