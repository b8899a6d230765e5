//! What people do to drifts: the same rules for one and for many, a result for each, and taking it back.

use std::collections::{HashMap, HashSet};

use domain::audit::{Action, AuditEntry};
use domain::case::{LinkKind, NewCase};
use domain::drift::{
    Act, Drift, DriftFilter, DriftStep, HistoryStep, MAX_DRIFTS, Resolution, State, Unchanged, check_reason,
};
use domain::permission::{CaseWrite, DriftRead, DriftWrite};
use domain::{DriftActionId, DriftId, Invalid};
use serde_json::{Value, json};
use store::WriteTx;
use store::drift::Kept;

use super::{recommendations, user};
use crate::{Cx, Error, Result, cases};

/// What became of one drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Unchanged(Unchanged),
    /// There is none, or it is out of reach.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: DriftId,
    /// Nothing of one that is absent.
    pub number: Option<i64>,
    pub outcome: Outcome,
}

/// What became of each drift of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// To undo it by; nothing where no drift changed.
    pub action_id: Option<DriftActionId>,
    pub results: Vec<Item>,
}

impl Report {
    pub fn changed(&self) -> usize {
        self.results.iter().filter(|item| item.outcome == Outcome::Done).count()
    }
}

/// Acknowledge, assign, resolve as reverted or codified, reopen. `note` is kept in the history of each.
pub async fn act(cx: &Cx<DriftWrite>, ids: &[DriftId], what: Act, note: &str) -> Result<Report> {
    check_reason(note, false)?;
    if let Act::Resolve(Resolution::Accepted | Resolution::Escalated) = what {
        let reason = "accepting and escalating are actions of their own";
        return Err(Invalid::field("resolution_type", reason).into());
    }
    check(ids)?;
    let mut tx = cx.write().await?;
    if let Act::Assign(Some(to)) = what
        && store::member::role(&mut tx, to).await?.is_none()
    {
        return Err(Invalid::field("assigned_to_id", "not a member of this organization").into());
    }
    let now = tx.now();
    let run =
        Run { cx, action: Action::DRIFTS_CHANGED, metadata: told(what), note: note.trim(), undoes: None };
    run.apply(tx, ids, |kept| kept.state.act(what, now)).await
}

/// As [`act`], on all that a filter leaves.
///
/// # Errors
/// `Invalid` where there are none, or more than 500.
pub async fn act_matching(
    cx: &Cx<DriftWrite>,
    seen: &Cx<DriftRead>,
    filter: &DriftFilter,
    what: Act,
    note: &str,
) -> Result<Report> {
    let ids = store::drift::ids(&mut seen.read().await?, filter, MAX_DRIFTS as u32 + 1).await?;
    act(cx, &ids, what, note).await
}

/// Takes an action back, of each drift that nobody changed since.
pub async fn undo(cx: &Cx<DriftWrite>, action: DriftActionId) -> Result<Report> {
    let mut tx = cx.write().await?;
    let steps = store::drift::of_action(&mut tx, action).await?;
    if steps.is_empty() && store::drift::ignore::of_action(&mut tx, action).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let before: HashMap<DriftId, (i64, State)> = steps
        .iter()
        .filter_map(|step| {
            Some((step.drift_id, (step.version, serde_json::from_value(step.old.clone()).ok()?)))
        })
        .collect();
    let ids: Vec<DriftId> = steps.iter().map(|step| step.drift_id).collect();
    let metadata = json!({ "undone": action });
    let run = Run { cx, action: Action::DRIFTS_UNDONE, metadata, note: "", undoes: Some(action) };
    run.apply(tx, &ids, |kept| match before.get(&kept.id) {
        Some((version, state)) if *version == kept.version => Ok((*state, DriftStep::Undone)),
        _ => Err(Unchanged::ChangedSince),
    })
    .await
}

/// Opens a case about a drift, and leaves the drift to it. Answers the number of the case.
///
/// # Errors
/// `Conflict` where the drift is resolved already.
pub async fn escalate(cx: &Cx<DriftWrite>, open: &Cx<CaseWrite>, id: DriftId, note: &str) -> Result<i64> {
    check_reason(note, false)?;
    let (found, changes) = {
        let mut tx = cx.read().await?;
        let found = store::drift::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let changes = store::drift::changes(&mut tx, id).await?;
        (found, changes)
    };
    let how = Act::Resolve(Resolution::Escalated);
    if let Err(why) = found.state.act(how, cx.now()) {
        return Err(Error::Conflict(format!("{} {}", found.key(), why.words())));
    }
    let case = cases::open(open, about(&found, &changes, note), &[(LinkKind::Drift, id.0)]).await?;
    let mut tx = cx.write().await?;
    let now = tx.now();
    // Whoever was faster: the case is there, and the drift leads to it all the same.
    store::drift::lock(&mut tx, &[id]).await?;
    store::drift::escalated_to(&mut tx, id, case.id).await?;
    let metadata = json!({ "resolution_type": "escalated", "case": case.number });
    let run = Run { cx, action: Action::DRIFT_ESCALATED, metadata, note: note.trim(), undoes: None };
    run.apply(tx, &[id], |kept| match kept.state.act(how, now) {
        Ok(done) => Ok(done),
        Err(_) => Ok((kept.state, DriftStep::Escalated)),
    })
    .await?;
    Ok(case.number)
}

/// The case that a drift is escalated to: what is known of it in Markdown.
fn about(found: &Drift, changes: &[domain::drift::DriftChange], note: &str) -> NewCase {
    use std::fmt::Write as _;
    let mut text = String::new();
    if !note.trim().is_empty() {
        let _ = writeln!(text, "{}\n", note.trim());
    }
    let _ = writeln!(
        text,
        "**{}**: `{}` in {} / {} is {}.\n",
        found.key(),
        found.resource_id.replace('`', "'"),
        found.environment,
        found.repository,
        found.drift_type
    );
    for change in changes.iter().filter(|change| change.ignored_by.is_none()).take(50) {
        let side = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or_else(|| "nothing".to_owned(), |v| cut(&v.to_string(), 200).replace('`', "'"))
        };
        let critical = if change.is_security_critical { " (security-critical)" } else { "" };
        let _ = writeln!(
            text,
            "- `{}`: `{}` → `{}`{critical}",
            change.property_path.replace('`', "'"),
            side(&change.declared_value),
            side(&change.actual_value)
        );
    }
    let severity = found.severity();
    let title = format!("{}: {} {}", found.key(), found.resource_id, found.drift_type);
    let new = json!({ "title": cut(&title, domain::case::MAX_TITLE), "description": text, "severity": severity, "tags": ["drift"] });
    serde_json::from_value(new).unwrap_or_else(|_| NewCase {
        title: found.key(),
        description: String::new(),
        priority: domain::case::Priority::Normal,
        severity,
        tlp: domain::case::Tlp::Amber,
        pap: domain::case::Pap::Amber,
        assigned_to_id: None,
        due_at: None,
        tags: Vec::new(),
        fields: None,
        template_id: None,
    })
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most - 1).chain(['…']).collect()
    }
}

pub(super) fn check(ids: &[DriftId]) -> Result<()> {
    if ids.is_empty() {
        return Err(Invalid::field("ids", "choose at least one").into());
    }
    if ids.len() > MAX_DRIFTS {
        return Err(Invalid::field("ids", "choose at most 500 at a time; narrow the filter").into());
    }
    Ok(())
}

/// An action on its way through its drifts.
pub(super) struct Run<'a> {
    pub cx: &'a Cx<DriftWrite>,
    pub action: Action,
    pub metadata: Value,
    pub note: &'a str,
    /// The action that is taken back by it.
    pub undoes: Option<DriftActionId>,
}

impl Run<'_> {
    /// One transaction: what `decide` says of each drift, with history and audit entry. Nothing is written where no drift changes.
    pub(super) async fn apply(
        self,
        mut tx: WriteTx,
        ids: &[DriftId],
        decide: impl Fn(&Kept) -> std::result::Result<(State, DriftStep), Unchanged>,
    ) -> Result<Report> {
        let mut kept: HashMap<DriftId, Kept> =
            store::drift::lock(&mut tx, ids).await?.into_iter().map(|kept| (kept.id, kept)).collect();
        // One that is named twice is changed once, and told once.
        let mut named = HashSet::new();
        let action_id: DriftActionId = self.cx.services.clock.id();
        let label = self.cx.actor.audit().label;
        let (mut results, mut states, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids.iter().filter(|id| named.insert(**id)) {
            let Some(kept) = kept.remove(id) else {
                results.push(Item { id: *id, number: None, outcome: Outcome::Absent });
                continue;
            };
            let outcome = match decide(&kept) {
                Err(why) => Outcome::Unchanged(why),
                Ok((state, step)) => {
                    steps.push(HistoryStep {
                        id: self.cx.services.clock.id(),
                        drift_id: *id,
                        at: tx.now(),
                        actor_id: user(self.cx),
                        actor: label.clone(),
                        step,
                        old: kept.state.told(),
                        new: state.told(),
                        note: Some(self.note.to_owned()).filter(|note| !note.is_empty()),
                        action_id: Some(action_id),
                        version: kept.version + 1,
                    });
                    states.push((*id, state));
                    Outcome::Done
                }
            };
            results.push(Item { id: *id, number: Some(kept.number), outcome });
        }
        // An action that found no open drift made rules alone, which are taken back all the same.
        let rules_alone = self.undoes.is_some() && ids.is_empty();
        if states.is_empty() && !rules_alone {
            return Ok(Report { action_id: None, results });
        }
        store::drift::change(&mut tx, &states).await?;
        store::drift::add_history(&mut tx, &steps).await?;
        // Accepted before and open now: what the acceptance left out is told again.
        let reopened: Vec<DriftId> = steps
            .iter()
            .zip(&states)
            .filter(|(step, (_, state))| step.old["resolution_type"] == "accepted" && state.status.is_open())
            .map(|(_, (id, _))| *id)
            .collect();
        let lifted = super::ignores::take_back(self.cx, &mut tx, &reopened, self.undoes).await?;
        if let Some(undone) = self.undoes {
            let open: Vec<DriftId> =
                states.iter().filter(|(_, state)| state.status.is_open()).map(|(id, _)| *id).collect();
            store::recommendation::reopen(&mut tx, undone, &open).await?;
        }
        for how in Resolution::ALL {
            let ended: Vec<DriftId> = steps
                .iter()
                .zip(&states)
                .filter(|(step, (_, state))| {
                    state.resolution_type == Some(*how) && step.old["status"] != "resolved"
                })
                .map(|(_, (id, _))| *id)
                .collect();
            recommendations::settle(&mut tx, &ended, *how, (label.as_str(), self.note, Some(action_id)))
                .await?;
        }
        let target = if let [(id, _)] = states.as_slice() { id.to_string() } else { String::new() };
        let mut metadata = self.metadata;
        metadata["action_id"] = json!(action_id);
        metadata["changed"] = json!(states.len());
        if lifted > 0 {
            metadata["rules_lifted"] = json!(lifted);
        }
        metadata["ids"] = json!(states.iter().map(|(id, _)| id).collect::<Vec<_>>());
        if !self.note.is_empty() {
            metadata["note"] = json!(self.note);
        }
        tx.commit(AuditEntry::new(self.action, "drift", target).metadata(metadata)).await?;
        Ok(Report { action_id: Some(action_id), results })
    }
}

fn told(what: Act) -> Value {
    match what {
        Act::Acknowledge => json!({ "status": "acknowledged" }),
        Act::Assign(to) => json!({ "assigned_to_id": to }),
        Act::Resolve(how) => json!({ "status": "resolved", "resolution_type": how }),
        Act::Reopen => json!({ "status": "open" }),
    }
}
