//! What is left out of drifts: one property from its line, or all of a drift that is accepted.
//!
//! A rule holds from now on. Open drifts lose what it covers at once; when it ends, nothing old comes back by itself: the next push
//! that still has it says so.

use std::collections::HashMap;

use domain::audit::{Action, AuditEntry};
use domain::drift::{
    Drift, DriftFilter, DriftStatus, DriftStep, HistoryStep, Ignore, IgnoreScope, Resolution, State,
    check_days, check_reason, fingerprint,
};
use domain::permission::{DriftRead, DriftWrite};
use domain::{DriftId, DriftIgnoreId, Invalid, Timestamp};
use serde_json::{Value, json};
use store::WriteTx;
use store::drift::Kept;

use super::{recommendations, user};
use crate::{Cx, Error, Result};

/// Rules that are listed.
const LISTED: u32 = 500;
/// Open drifts that a new rule is applied to at once; a push applies it to the rest.
const APPLIED: u32 = 2_000;

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
pub async fn preview(
    cx: &Cx<DriftRead>,
    id: DriftId,
    path: Option<&str>,
    scope: IgnoreScope,
) -> Result<Preview> {
    let mut tx = cx.read().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let paths = paths_of(&mut tx, &found, path).await?;
    let like = Scoped { scope, reason: String::new(), days: None };
    let rules: Vec<Ignore> = paths
        .iter()
        .map(|path| rule(DriftIgnoreId(uuid::Uuid::nil()), &found, path, &like, Who::NOBODY))
        .collect();
    let mut preview = Preview::default();
    let candidates = candidates(&mut tx, &found, scope).await?;
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

/// Leaves one property out, and what is below it. Answers how many open drifts are resolved by that.
pub async fn ignore(cx: &Cx<DriftWrite>, id: DriftId, path: &str, how: &Scoped) -> Result<usize> {
    how.check()?;
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let paths = paths_of(&mut tx, &found, Some(path)).await?;
    let (rules, hidden) = leave_out(cx, &mut tx, &found, &paths, how, DriftStep::Ignored).await?;
    let metadata = json!({ "drift": found.number, "hidden": hidden });
    let told: Vec<Value> = rules.iter().map(told).collect();
    let target = rules.first().map(|rule| rule.id.to_string()).unwrap_or_default();
    let entry = AuditEntry::new(Action::DRIFT_IGNORED, "drift_ignore", target);
    tx.commit(entry.metadata(metadata).change(None, Some(json!(told)))).await?;
    Ok(hidden)
}

/// Accepts a drift as it is: all of its paths are left out. Answers how many open drifts are resolved by that.
pub async fn accept(cx: &Cx<DriftWrite>, id: DriftId, how: &Scoped) -> Result<usize> {
    how.check()?;
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !found.state.status.is_open() {
        return Err(Error::Conflict(format!("{} is resolved; reopen it first", found.key())));
    }
    let paths = paths_of(&mut tx, &found, None).await?;
    let (rules, hidden) = leave_out(cx, &mut tx, &found, &paths, how, DriftStep::Resolved).await?;
    let metadata = json!({ "drift": found.number, "resolution_type": "accepted", "hidden": hidden, "rules": rules.len() });
    let told: Vec<Value> = rules.iter().map(told).collect();
    let entry = AuditEntry::new(Action::DRIFT_IGNORED, "drift", id);
    tx.commit(entry.metadata(metadata).change(None, Some(json!(told)))).await?;
    Ok(hidden)
}

/// It holds no more. The next push that has what it left out says so.
pub async fn lift(cx: &Cx<DriftWrite>, id: DriftIgnoreId) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = store::drift::ignore::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !store::drift::ignore::lift(&mut tx, id, &cx.actor.audit().label).await? {
        return Err(Error::Conflict("it was lifted already".to_owned()));
    }
    tx.commit(
        AuditEntry::new(Action::DRIFT_IGNORE_LIFTED, "drift_ignore", id).change(Some(told(&old)), None),
    )
    .await?;
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
) -> Result<(Vec<Ignore>, usize)> {
    let now = tx.now();
    let label = cx.actor.audit().label;
    let rules: Vec<Ignore> = paths
        .iter()
        .map(|path| {
            let who = Who { id: user(cx), label: &label, now };
            rule(cx.services.clock.id(), found, path, how, who)
        })
        .collect();
    for rule in &rules {
        store::drift::ignore::insert(tx, rule).await?;
    }
    let candidates = candidates(tx, found, how.scope).await?;
    let ids: Vec<DriftId> = candidates.iter().map(|drift| drift.id).collect();
    let kept: HashMap<DriftId, Kept> =
        store::drift::lock(tx, &ids).await?.into_iter().map(|kept| (kept.id, kept)).collect();
    let known = known_paths(tx, &candidates).await?;
    let (mut states, mut steps) = (Vec::new(), Vec::new());
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
        if !left.is_empty() {
            // Else the next push would take it for another drift.
            store::drift::ignore::rename(tx, drift.id, &fingerprint(drift.drift_type, left.iter().copied()))
                .await?;
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
            action_id: None,
            version: kept.version + 1,
        });
        states.push((drift.id, state));
    }
    store::drift::change(tx, &states).await?;
    store::drift::add_history(tx, &steps).await?;
    let accepted: Vec<DriftId> =
        states.iter().filter(|(_, state)| !state.status.is_open()).map(|(id, _)| *id).collect();
    let why = (label.as_str(), how.reason.trim(), None);
    recommendations::settle(tx, &accepted, Resolution::Accepted, why).await?;
    let hidden = accepted.len();
    Ok((rules, hidden))
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
        hits: 0,
        last_hit_at: None,
    }
}

fn covers(rules: &[Ignore], drift: &Drift, path: &str) -> bool {
    rules
        .iter()
        .any(|rule| rule.covers(drift.iac_resource_id, &drift.resource_type, drift.environment_id, path))
}

/// The open drifts that a rule of this scope could cover.
async fn candidates(tx: &mut impl store::Scoped, found: &Drift, scope: IgnoreScope) -> Result<Vec<Drift>> {
    let base =
        DriftFilter { status: vec![DriftStatus::Open, DriftStatus::Acknowledged], ..DriftFilter::default() };
    let filter = match scope {
        IgnoreScope::Resource => DriftFilter { resource_id: Some(found.iac_resource_id), ..base },
        IgnoreScope::Type => DriftFilter { resource_type: Some(found.resource_type.clone()), ..base },
        IgnoreScope::Environment => DriftFilter { environment: Some(found.environment.clone()), ..base },
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
