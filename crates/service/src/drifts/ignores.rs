//! What is left out of drifts: one property from its line, or all of a drift that is accepted.
//!
//! A rule holds from now on. Open drifts lose what it covers at once, and have it again when somebody lifts the rule; what is resolved
//! comes back with the next push that still has it. How bad a drift is follows from what nobody ignores of it.

use std::collections::{BTreeSet, HashMap};

use domain::audit::{Action, AuditEntry};
use domain::drift::{
    Drift, DriftFilter, DriftStatus, DriftStep, HistoryStep, Ignore, IgnoreScope, Resolution, State,
    check_days, check_reason, fingerprint,
};
use domain::permission::{DriftRead, DriftWrite};
use domain::{DriftActionId, DriftId, DriftIgnoreId, IacResourceId, Invalid, Timestamp};
use serde_json::{Value, json};
use store::WriteTx;
use store::drift::{Kept, Left, Weight};

use super::push::rule_ids;
use super::{recommendations, user};
use crate::{Cx, Error, Result};

/// Rules that are listed.
const LISTED: u32 = 500;
/// Open drifts that a new rule is applied to at once; a push applies it to the rest.
const APPLIED: u32 = 2_000;

/// A handler's future moves between threads; said here, where a reason why it cannot is found soonest.
const _: fn(&Cx<DriftWrite>, DriftIgnoreId) = |cx, id| {
    fn moves<T: Send>(_: T) {}
    moves(lift(cx, id));
};

/// How far and how long something is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scoped {
    pub scope: IgnoreScope,
    pub reason: String,
    /// Until when; `None` is until it is lifted.
    pub days: Option<i64>,
}

impl Scoped {
    fn check(&self) -> Result<()> {
        check_reason(&self.reason, true)?;
        check_days(self.days)?;
        Ok(())
    }
}

/// What a rule would leave out of the drifts that are open now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// Drifts of which nothing would be left, the worst first; these are at most 20 of them.
    pub hidden: Vec<Drift>,
    pub hidden_count: usize,
    /// Drifts that would lose a part.
    pub smaller_count: usize,
}

/// The latest first, also those that have ended.
pub async fn ignores(cx: &Cx<DriftRead>) -> Result<Vec<Ignore>> {
    Ok(store::drift::ignore::list(&mut cx.read().await?, LISTED).await?)
}

/// What accepting a drift in a scope, or ignoring one property of it, would hide.
///
/// # Errors
/// `Conflict` where all of a drift that is resolved already is asked for, which cannot be accepted.
pub async fn preview(
    cx: &Cx<DriftRead>,
    id: DriftId,
    path: Option<&str>,
    scope: IgnoreScope,
) -> Result<Preview> {
    let mut tx = cx.read().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if path.is_none() {
        acceptable(&found)?;
    }
    let paths = paths_of(&mut tx, &found, path).await?;
    let like = Scoped { scope, reason: String::new(), days: None };
    let rules: Vec<Ignore> = paths
        .iter()
        .map(|path| rule(DriftIgnoreId(uuid::Uuid::nil()), &found, path, &like, Who::NOBODY))
        .collect();
    let mut preview = Preview::default();
    let candidates = candidates(&mut tx, &Reach::around(&found, scope)).await?;
    let known = known_paths(&mut tx, &candidates).await?;
    for drift in candidates {
        let all = all_of(&drift, &known);
        let covered = all.iter().filter(|path| covers(&rules, &drift, path)).count();
        if covered == all.len() && covered > 0 {
            preview.hidden_count += 1;
            if preview.hidden.len() < 20 {
                preview.hidden.push(drift);
            }
        } else if covered > 0 {
            preview.smaller_count += 1;
        }
    }
    Ok(preview)
}

/// What leaving something out did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Open drifts that are resolved by it.
    pub hidden: usize,
    /// To undo it by.
    pub action_id: DriftActionId,
}

/// Leaves one property out, and what is below it.
pub async fn ignore(cx: &Cx<DriftWrite>, id: DriftId, path: &str, how: &Scoped) -> Result<LeftOut> {
    how.check()?;
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let paths = paths_of(&mut tx, &found, Some(path)).await?;
    let (rules, done) = leave_out(cx, &mut tx, &found, &paths, how, DriftStep::Ignored).await?;
    let metadata = json!({ "drift": found.number, "hidden": done.hidden, "action_id": done.action_id });
    let told: Vec<Value> = rules.iter().map(told).collect();
    let target = rules.first().map(|rule| rule.id.to_string()).unwrap_or_default();
    let entry = AuditEntry::new(Action::DRIFT_IGNORED, "drift_ignore", target);
    tx.commit(entry.metadata(metadata).change(None, Some(json!(told)))).await?;
    Ok(done)
}

/// Accepts a drift as it is: all of its paths are left out.
pub async fn accept(cx: &Cx<DriftWrite>, id: DriftId, how: &Scoped) -> Result<LeftOut> {
    how.check()?;
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    acceptable(&found)?;
    let paths = paths_of(&mut tx, &found, None).await?;
    let (rules, done) = leave_out(cx, &mut tx, &found, &paths, how, DriftStep::Resolved).await?;
    let metadata = json!({
        "drift": found.number, "resolution_type": "accepted", "hidden": done.hidden, "rules": rules.len(), "action_id": done.action_id,
    });
    let told: Vec<Value> = rules.iter().map(told).collect();
    let entry = AuditEntry::new(Action::DRIFT_IGNORED, "drift", id);
    tx.commit(entry.metadata(metadata).change(None, Some(json!(told)))).await?;
    Ok(done)
}

fn acceptable(found: &Drift) -> Result<()> {
    if found.state.status.is_open() {
        return Ok(());
    }
    Err(Error::Conflict(format!("{} is resolved; reopen it first", found.key())))
}

/// It holds no more. Open drifts have what it left out again at once; what is resolved, the next push that has it opens.
pub async fn lift(cx: &Cx<DriftWrite>, id: DriftIgnoreId) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = store::drift::ignore::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if end(cx, &mut tx, std::slice::from_ref(&old)).await? == 0 {
        return Err(Error::Conflict("it was lifted already".to_owned()));
    }
    tx.commit(
        AuditEntry::new(Action::DRIFT_IGNORE_LIFTED, "drift_ignore", id).change(Some(told(&old)), None),
    )
    .await?;
    Ok(())
}

/// Lifts rules, and tells in open drifts again what no other rule leaves out. Answers how many were in force.
async fn end(cx: &Cx<DriftWrite>, tx: &mut WriteTx, rules: &[Ignore]) -> Result<usize> {
    let label = cx.actor.audit().label;
    let mut ended = Vec::new();
    for rule in rules {
        if store::drift::ignore::lift(tx, rule.id, &label).await? {
            ended.push(rule);
        }
    }
    let now = tx.now();
    let others = store::drift::ignore::in_force(tx, now).await?;
    for rule in &ended {
        let found = candidates(tx, &Reach::of(rule)).await?;
        let ids: Vec<DriftId> = found.iter().map(|drift| drift.id).collect();
        store::drift::lock(tx, &ids).await?;
        let marked = store::drift::ignore::marked(tx, &ids, rule.id).await?;
        let mut shown = Vec::new();
        for drift in found {
            let Some(paths) = marked.get(&drift.id) else { continue };
            let mut open = Vec::new();
            for path in paths {
                let other = others.iter().find(|other| covers(std::slice::from_ref(*other), &drift, path));
                match other.map(|other| other.id) {
                    Some(other) => {
                        store::drift::ignore::mark(tx, drift.id, other, std::slice::from_ref(path)).await?;
                    }
                    None => open.push(path.clone()),
                }
            }
            store::drift::ignore::unmark(tx, drift.id, &open).await?;
            shown.push(drift);
        }
        weigh(tx, &shown).await?;
    }
    Ok(ended.len())
}

/// Takes back the rules that drifts were accepted by, and those of an action. Answers how many.
pub(super) async fn take_back(
    cx: &Cx<DriftWrite>,
    tx: &mut WriteTx,
    reopened: &[DriftId],
    undone: Option<DriftActionId>,
) -> Result<usize> {
    let mut actions = store::drift::accepted_with(tx, reopened).await?;
    actions.extend(undone);
    actions.sort_unstable();
    actions.dedup();
    let mut rules = Vec::new();
    for action in actions {
        rules.extend(store::drift::ignore::of_action(tx, action).await?);
    }
    end(cx, tx, &rules).await
}

fn score_of(rules: &drift::rules::Rules, found: &Drift, left: &[Left]) -> drift::score::Score {
    let met: BTreeSet<&str> = left.iter().flat_map(|left| rule_ids(&left.rules)).collect();
    let unsure_because = serde_json::from_value(found.metadata["unsure_because"].clone()).unwrap_or_default();
    let whole = drift::score::Score { unsure_because, ..Default::default() };
    let omitted = found.metadata["omitted"].as_u64().unwrap_or_default();
    rules.weigh(found.drift_type, &met, &whole, usize::try_from(omitted).unwrap_or(usize::MAX))
}

/// What is left of open drifts decides what they are known by, how bad they are, and why they happened.
async fn weigh(tx: &mut WriteTx, drifts: &[Drift]) -> Result<()> {
    if drifts.is_empty() {
        return Ok(());
    }
    let ids: Vec<DriftId> = drifts.iter().map(|drift| drift.id).collect();
    let mut left = store::drift::left(tx, &ids).await?;
    let rules = super::rules::in_force(tx).await?;
    for drift in drifts {
        let left = left.remove(&drift.id).unwrap_or_default();
        if drift.drift_type.whole().is_some() && left.is_empty() {
            continue;
        }
        // Else the next push would take it for another drift.
        let paths = left.iter().map(|left| left.property_path.as_str());
        store::drift::ignore::rename(tx, drift.id, &fingerprint(drift.drift_type, paths)).await?;
        let score = score_of(&rules, drift, &left);
        let mut metadata = drift.metadata.clone();
        metadata["because"] = json!(score.because);
        metadata["unsure_because"] = json!(score.unsure_because);
        let weight = Weight {
            severity_score: score.severity_score,
            confidence_score: score.confidence_score,
            risk_assessment: json!(score.risk),
            metadata,
        };
        store::drift::weigh(tx, drift.id, &weight).await?;
    }
    let now = tx.now();
    store::cause::ask(tx, &ids, now).await?;
    Ok(())
}

/// Makes the rules and applies them to what is open.
async fn leave_out(
    cx: &Cx<DriftWrite>,
    tx: &mut WriteTx,
    found: &Drift,
    paths: &[String],
    how: &Scoped,
    step: DriftStep,
) -> Result<(Vec<Ignore>, LeftOut)> {
    let now = tx.now();
    let label = cx.actor.audit().label;
    let action_id: DriftActionId = cx.services.clock.id();
    let rules: Vec<Ignore> = paths
        .iter()
        .map(|path| {
            let who = Who { id: user(cx), label: &label, now };
            Ignore { action_id: Some(action_id), ..rule(cx.services.clock.id(), found, path, how, who) }
        })
        .collect();
    for rule in &rules {
        store::drift::ignore::insert(tx, rule).await?;
    }
    let candidates = candidates(tx, &Reach::around(found, how.scope)).await?;
    let ids: Vec<DriftId> = candidates.iter().map(|drift| drift.id).collect();
    let kept: HashMap<DriftId, Kept> =
        store::drift::lock(tx, &ids).await?.into_iter().map(|kept| (kept.id, kept)).collect();
    let known = known_paths(tx, &candidates).await?;
    let (mut states, mut steps, mut smaller) = (Vec::new(), Vec::new(), Vec::new());
    for drift in candidates {
        let Some(kept) = kept.get(&drift.id).filter(|kept| kept.state.status.is_open()) else { continue };
        let all = all_of(&drift, &known);
        let mut left = Vec::new();
        let mut taken = false;
        for path in &all {
            match rules.iter().find(|rule| covers(std::slice::from_ref(*rule), &drift, path)) {
                Some(rule) => {
                    taken = true;
                    store::drift::ignore::mark(tx, drift.id, rule.id, std::slice::from_ref(path)).await?;
                }
                None => left.push(path.as_str()),
            }
        }
        if !taken {
            continue;
        }
        let state = if left.is_empty() {
            State {
                status: DriftStatus::Resolved,
                resolution_type: Some(Resolution::Accepted),
                resolved_at: Some(now),
                ..kept.state
            }
        } else {
            kept.state
        };
        steps.push(HistoryStep {
            id: cx.services.clock.id(),
            drift_id: drift.id,
            at: now,
            actor_id: user(cx),
            actor: label.clone(),
            step: if left.is_empty() { step } else { DriftStep::Ignored },
            old: kept.state.told(),
            new: state.told(),
            note: Some(how.reason.trim().to_owned()),
            action_id: Some(action_id),
            version: kept.version + 1,
        });
        states.push((drift.id, state));
        if !left.is_empty() {
            smaller.push(drift);
        }
    }
    weigh(tx, &smaller).await?;
    store::drift::change(tx, &states).await?;
    store::drift::add_history(tx, &steps).await?;
    let accepted: Vec<DriftId> =
        states.iter().filter(|(_, state)| !state.status.is_open()).map(|(id, _)| *id).collect();
    let why = (label.as_str(), how.reason.trim(), Some(action_id));
    recommendations::settle(tx, &accepted, Resolution::Accepted, why).await?;
    Ok((rules, LeftOut { hidden: accepted.len(), action_id }))
}

/// Who makes a rule, and when.
struct Who<'a> {
    id: Option<domain::UserId>,
    label: &'a str,
    now: Timestamp,
}

impl Who<'_> {
    const NOBODY: Who<'static> = Who { id: None, label: "", now: Timestamp::EPOCH };
}

fn rule(id: DriftIgnoreId, found: &Drift, path: &str, how: &Scoped, who: Who<'_>) -> Ignore {
    let scope = how.scope;
    Ignore {
        id,
        scope,
        iac_resource_id: (scope == IgnoreScope::Resource).then_some(found.iac_resource_id),
        resource_id: None,
        resource_type: (scope == IgnoreScope::Type).then(|| found.resource_type.clone()),
        environment_id: (scope == IgnoreScope::Environment).then_some(found.environment_id),
        environment: None,
        property_path: path.to_owned(),
        reason: how.reason.trim().to_owned(),
        created_by_id: who.id,
        created_by: who.label.to_owned(),
        created_at: who.now,
        expires_at: how
            .days
            .and_then(|days| Timestamp::from_micros(who.now.micros() + days * 86_400_000_000)),
        lifted_at: None,
        lifted_by: None,
        action_id: None,
        hits: 0,
        last_hit_at: None,
    }
}

fn covers(rules: &[Ignore], drift: &Drift, path: &str) -> bool {
    rules
        .iter()
        .any(|rule| rule.covers(drift.iac_resource_id, &drift.resource_type, drift.environment_id, path))
}

/// Where the drifts are that a rule could cover.
struct Reach {
    resource_id: Option<IacResourceId>,
    resource_type: Option<String>,
    environment: Option<String>,
}

impl Reach {
    fn around(found: &Drift, scope: IgnoreScope) -> Self {
        let only = |of: IgnoreScope| scope == of;
        Self {
            resource_id: only(IgnoreScope::Resource).then_some(found.iac_resource_id),
            resource_type: only(IgnoreScope::Type).then(|| found.resource_type.clone()),
            environment: only(IgnoreScope::Environment).then(|| found.environment.clone()),
        }
    }
    fn of(rule: &Ignore) -> Self {
        Self {
            resource_id: rule.iac_resource_id,
            resource_type: rule.resource_type.clone(),
            environment: rule.environment.clone(),
        }
    }
}

/// The open drifts that a rule could cover.
async fn candidates(tx: &mut impl store::Scoped, reach: &Reach) -> Result<Vec<Drift>> {
    let filter = DriftFilter {
        status: vec![DriftStatus::Open, DriftStatus::Acknowledged],
        resource_id: reach.resource_id,
        resource_type: reach.resource_type.clone(),
        environment: reach.environment.clone(),
        ..DriftFilter::default()
    };
    Ok(store::drift::list(tx, &filter, domain::drift::DriftSort::Severity, None, APPLIED).await?)
}

/// The property asked for, which the drift must have; or all that nobody ignores.
async fn paths_of(tx: &mut impl store::Scoped, found: &Drift, path: Option<&str>) -> Result<Vec<String>> {
    let known = known_paths(tx, std::slice::from_ref(found)).await?;
    let all = all_of(found, &known);
    let Some(path) = path else { return Ok(all) };
    let known = all.iter().any(|known| {
        known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    if known && !path.is_empty() {
        Ok(vec![path.to_owned()])
    } else {
        Err(Invalid::field("property_path", "the drift has no such property, or it is ignored already")
            .into())
    }
}

async fn known_paths(tx: &mut impl store::Scoped, drifts: &[Drift]) -> Result<HashMap<DriftId, Vec<String>>> {
    let ids: Vec<DriftId> = drifts.iter().map(|drift| drift.id).collect();
    Ok(store::drift::paths(tx, &ids).await?)
}

/// Paths of a drift that nobody ignores; what happened to the whole is one.
fn all_of(drift: &Drift, known: &HashMap<DriftId, Vec<String>>) -> Vec<String> {
    match drift.drift_type.whole() {
        Some(whole) => vec![whole.to_owned()],
        None => known.get(&drift.id).cloned().unwrap_or_default(),
    }
}

fn told(rule: &Ignore) -> Value {
    json!({
        "scope": rule.scope, "iac_resource_id": rule.iac_resource_id, "resource_type": rule.resource_type,
        "environment_id": rule.environment_id, "property_path": rule.property_path, "reason": rule.reason,
        "expires_at": rule.expires_at,
    })
}
