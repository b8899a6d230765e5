//! What to do about drifts: made by pushes, ticked, done and dismissed by people, judged by the next push.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::audit::{Action, AuditEntry};
use domain::drift::{Act, Resolution, Tool, check_reason};
use domain::permission::{DriftRead, DriftWrite};
use domain::recommendation::{
    Recommendation, RecommendationStatus, RecommendationType, RecommendedBy, Track,
};
use domain::{DriftActionId, DriftId, IacResourceId, RecommendationId, Timestamp};
use drift::recommend::{Facts, Property, RULES};
use serde_json::json;
use store::WriteTx;
use store::drift::push::{PushedDrift, PushedResource};
use store::recommendation::Decision;

use super::act::{Report, Run};
use crate::{Cx, Error, Result};

const DAY: i64 = 86_400;
/// The record of a rule is that of its last half year.
const RECORD_DAYS: i64 = 180;

/// Of one drift: open ones first, the most urgent and surest first.
pub async fn recommendations(cx: &Cx<DriftRead>, drift: DriftId) -> Result<Vec<Recommendation>> {
    let mut found = store::recommendation::of_drift(&mut cx.read().await?, drift).await?;
    found.sort_by(|a, b| {
        (b.is_open(), b.priority)
            .cmp(&(a.is_open(), a.priority))
            .then(b.confidence_score.total_cmp(&a.confidence_score))
            .then(b.id.cmp(&a.id))
    });
    Ok(found)
}

/// A rule that recommends, and what became of its advice in the last half year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub rule: &'static str,
    pub what: &'static str,
    pub track: Track,
}

/// Every rule, in the order of the table.
pub async fn records(cx: &Cx<DriftRead>) -> Result<Vec<Record>> {
    let since = cx.now().plus_seconds(-RECORD_DAYS * DAY);
    let tracks = store::recommendation::tracks(&mut cx.read().await?, since).await?;
    let one = |rule: &drift::recommend::RuleInfo| Record {
        rule: rule.id,
        what: rule.what,
        track: tracks.get(rule.id).copied().unwrap_or_default(),
    };
    Ok(RULES.iter().map(one).collect())
}

/// Ticks these steps (from 0) and no others. Who ticked one stays with it.
pub async fn tick(cx: &Cx<DriftWrite>, id: RecommendationId, done: &[usize]) -> Result<Recommendation> {
    let mut tx = cx.write().await?;
    let mut found = store::recommendation::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let (now, label) = (tx.now(), cx.actor.audit().label);
    let before = ticked(&found);
    for (at, step) in found.steps.iter_mut().enumerate() {
        match (done.contains(&at), step.done_at) {
            (true, None) => (step.done_at, step.done_by) = (Some(now), Some(label.clone())),
            (false, Some(_)) => (step.done_at, step.done_by) = (None, None),
            _ => {}
        }
    }
    let after = ticked(&found);
    if before == after {
        return Ok(found);
    }
    store::recommendation::set_steps(&mut tx, id, &json!(found.steps)).await?;
    let entry = entry(Action::RECOMMENDATION_STEPS_CHANGED, &found);
    tx.commit(entry.change(Some(json!({ "done": before })), Some(json!({ "done": after })))).await?;
    Ok(found)
}

fn ticked(of: &Recommendation) -> Vec<usize> {
    of.steps.iter().enumerate().filter(|(_, step)| step.done_at.is_some()).map(|(at, _)| at).collect()
}

/// It was done. What puts the drift back or writes it into the code resolves the drift; the next push says whether it held.
///
/// # Errors
/// `Conflict` where it is not open any more, or where it is done by escalating or accepting the drift.
pub async fn implement(
    cx: &Cx<DriftWrite>,
    id: RecommendationId,
    note: &str,
) -> Result<Option<DriftActionId>> {
    check_reason(note, false)?;
    let mut tx = cx.write().await?;
    // The drift first, as whoever acts on it and every push does.
    let found = store::recommendation::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    store::drift::lock(&mut tx, &[found.drift_id]).await?;
    let found = open(&mut tx, id).await?;
    let note = note.trim();
    match found.recommendation_type {
        RecommendationType::EscalateReview => {
            Err(Error::Conflict("escalate the drift to a case; that is what it recommends".to_owned()))
        }
        RecommendationType::AcceptException => Err(Error::Conflict(
            "accept the drift with a reason and an end; that is what it recommends".to_owned(),
        )),
        RecommendationType::ManualReview => {
            let how = decision(cx, &tx, note);
            let result = json!({ "success": true, "words": "Somebody had a look.", "at": tx.now() });
            store::recommendation::implement(&mut tx, id, how.of(), &result).await?;
            let metadata = json!({ "recommendation": id, "rule": found.rule, "note": note });
            tx.commit(entry(Action::RECOMMENDATION_IMPLEMENTED, &found).metadata(metadata)).await?;
            Ok(None)
        }
        RecommendationType::AutoRevert | RecommendationType::CodifyIac => {
            let act = Act::Resolve(found.recommendation_type.resolution().unwrap_or(Resolution::AutoRevert));
            let now = tx.now();
            let metadata = json!({ "recommendation": id, "rule": found.rule, "resolution_type": found.recommendation_type });
            let run = Run { cx, action: Action::RECOMMENDATION_IMPLEMENTED, metadata, note, undoes: None };
            let report: Report = run.apply(tx, &[found.drift_id], |kept| kept.state.act(act, now)).await?;
            if report.changed() == 0 {
                return Err(Error::Conflict("the drift is resolved already".to_owned()));
            }
            Ok(report.action_id)
        }
    }
}

/// It is not what should be done, and why not.
pub async fn dismiss(cx: &Cx<DriftWrite>, id: RecommendationId, reason: &str) -> Result<()> {
    check_reason(reason, true)?;
    let mut tx = cx.write().await?;
    let found = open(&mut tx, id).await?;
    let how = decision(cx, &tx, reason.trim());
    store::recommendation::dismiss(&mut tx, id, how.of()).await?;
    let metadata = json!({ "recommendation": id, "rule": found.rule, "reason": reason.trim() });
    tx.commit(entry(Action::RECOMMENDATION_DISMISSED, &found).metadata(metadata)).await?;
    Ok(())
}

async fn open(tx: &mut WriteTx, id: RecommendationId) -> Result<Recommendation> {
    let found = store::recommendation::lock(tx, id).await?.ok_or(Error::NotFound)?;
    if found.is_open() {
        return Ok(found);
    }
    let words = match found.status {
        RecommendationStatus::Implemented => "it was done already",
        RecommendationStatus::Dismissed => "it was dismissed already",
        RecommendationStatus::Expired => "its time is over; the next push makes new ones",
        _ => "the drift ended in another way",
    };
    Err(Error::Conflict(words.to_owned()))
}

/// The drift is the target, so that its page hears of it.
fn entry(action: Action, of: &Recommendation) -> AuditEntry {
    AuditEntry::new(action, "drift", of.drift_id)
        .metadata(json!({ "recommendation": of.id, "rule": of.rule }))
}

struct Decided {
    at: Timestamp,
    by: String,
    note: Option<String>,
}

impl Decided {
    fn of(&self) -> Decision<'_> {
        Decision { at: self.at, by: &self.by, note: self.note.as_deref(), action_id: None }
    }
}

fn decision(cx: &Cx<DriftWrite>, tx: &WriteTx, note: &str) -> Decided {
    let note = Some(note.to_owned()).filter(|note| !note.is_empty());
    Decided { at: tx.now(), by: cx.actor.audit().label, note }
}

/// Drifts ended in this way: what recommended it is done, the rest is overtaken.
pub(super) async fn settle(
    tx: &mut WriteTx,
    drifts: &[DriftId],
    how: Resolution,
    (by, note, action_id): (&str, &str, Option<DriftActionId>),
) -> Result<()> {
    if drifts.is_empty() {
        return Ok(());
    }
    let now = tx.now();
    let decision = Decision { at: now, by, note: Some(note).filter(|note| !note.is_empty()), action_id };
    let words = if how == Resolution::Escalated { "A case is open about it." } else { "It is left out." };
    let result = json!({ "success": true, "words": words, "at": now });
    Ok(store::recommendation::settle(tx, drifts, how, decision, &result).await?)
}

/// What a push means for recommendations: what of those done held, what did not, which are overtaken, and new ones for drifts that came or
/// have none.
pub(super) struct Advising<'a> {
    pub tool: Tool,
    pub environment: &'a str,
    pub repository: domain::IacRepositoryId,
    pub by: &'a str,
}

impl Advising<'_> {
    /// `back`: resolved drifts that this push has.
    pub(super) async fn judge(&self, tx: &mut WriteTx, back: &[DriftId], gone: &[DriftId]) -> Result<()> {
        let now = tx.now();
        let failed = json!({ "success": false, "words": "A later push found the drift again.", "at": now });
        store::recommendation::fail(tx, back, &failed).await?;
        let held = json!({ "success": true, "words": "A later push looked and did not find it any more.", "at": now });
        store::recommendation::confirm(tx, self.repository, now, &held).await?;
        let how = Decision { at: now, by: self.by, note: None, action_id: None };
        Ok(store::recommendation::supersede(tx, gone, how).await?)
    }

    /// `shut`: known drifts that are not open, which need no advice.
    pub(super) async fn advise(
        &self,
        cx: &Cx<DriftWrite>,
        tx: &mut WriteTx,
        (drifts, resources): (&[PushedDrift], &[PushedResource]),
        (back, shut): (&[DriftId], &HashSet<DriftId>),
    ) -> Result<()> {
        let ids: Vec<DriftId> = drifts.iter().map(|drift| drift.id).collect();
        let mut advised = store::recommendation::advised(tx, &ids).await?;
        let back: HashSet<DriftId> = back.iter().copied().collect();
        advised.retain(|(drift, _)| !back.contains(drift));
        let wanted: Vec<&PushedDrift> = drifts.iter().filter(|drift| !shut.contains(&drift.id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let now = tx.now();
        let tracks = store::recommendation::tracks(tx, now.plus_seconds(-RECORD_DAYS * DAY)).await?;
        let ids: Vec<DriftId> = wanted.iter().map(|drift| drift.id).collect();
        let came_back = store::recommendation::returns(tx, &ids).await?;
        let by_id: HashMap<IacResourceId, &PushedResource> = resources.iter().map(|r| (r.id, r)).collect();
        let mut rows = Vec::new();
        for drift in wanted {
            let Some(resource) = by_id.get(&drift.iac_resource_id) else { continue };
            let facts = self.facts(drift, resource, came_back.get(&drift.id).copied().unwrap_or(0));
            let made = made(cx, drift.id, &facts, &tracks, now);
            rows.extend(made.into_iter().filter(|one| !advised.contains(&(drift.id, one.rule.clone()))));
        }
        Ok(store::recommendation::insert(tx, &rows).await?)
    }

    fn facts<'a>(&'a self, drift: &'a PushedDrift, resource: &'a PushedResource, returned: i64) -> Facts<'a> {
        let properties = drift.changes.iter().filter(|change| change.ignored_by.is_none());
        let property = |change: &'a store::drift::push::PushedChange| Property {
            path: &change.property_path,
            is_security_critical: change.is_security_critical,
            rules: change.rules.as_array().into_iter().flatten().filter_map(|rule| rule.as_str()).collect(),
            owner: change.owner.as_deref(),
        };
        Facts {
            tool: self.tool,
            drift_type: drift.drift_type,
            environment: self.environment,
            resource_type: &resource.resource_type,
            address: &resource.resource_id,
            physical_id: resource.physical_id.as_deref(),
            severity_score: drift.severity_score,
            confidence_score: drift.confidence_score,
            properties: properties.map(property).collect(),
            planned: drift.metadata["planned"].as_str(),
            moved_from: drift.metadata["moved_from"].as_str(),
            returned,
        }
    }
}

fn made(
    cx: &Cx<DriftWrite>,
    drift_id: DriftId,
    facts: &Facts<'_>,
    tracks: &BTreeMap<String, Track>,
    now: Timestamp,
) -> Vec<Recommendation> {
    let advice = drift::recommend::recommend(facts, tracks);
    let one = |advice: drift::recommend::Advice| Recommendation {
        id: cx.services.clock.id(),
        drift_id,
        rule: advice.rule.to_owned(),
        recommendation_type: advice.kind,
        priority: advice.priority,
        confidence_score: advice.confidence_score,
        rationale: advice.rationale,
        steps: advice.steps,
        risk_assessment: advice.risk_assessment,
        estimated_effort: advice.effort,
        recommended_by: RecommendedBy::Rule,
        created_at: now,
        expires_at: Some(now.plus_seconds(advice.valid_days * DAY)),
        status: RecommendationStatus::Open,
        decided_at: None,
        decided_by: None,
        note: None,
        action_id: None,
        implemented_at: None,
        succeeded: None,
        implementation_result: None,
    };
    advice.into_iter().map(one).collect()
}
