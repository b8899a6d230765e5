//! Why drifts happened. The server looks at each drift by itself ([`run_due`]): what was near it (`gather`), and what the active model,
//! or the rules while there is none, make of that. Analysts confirm or correct; the next training learns from them ([`crate::models`]).

mod deed;
mod gather;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use causes::near::{AFTER, MOST_BEFORE};
use causes::{Artifact, CAUSES, Judgement, Probabilities, features, rules};
use domain::audit::{Action, AuditEntry};
use domain::cause::{
    Cause, CauseAnalysis, Correlation, External, Label, MAX_SPAN_DAYS, MODEL, MlModel, NewExternal,
    OperationalContext,
};
use domain::drift::check_reason;
use domain::page::Page;
use domain::permission::{DriftRead, DriftWrite, Key};
use domain::{DriftId, ExternalEventId, Invalid, OrganizationId, Timestamp};
use serde_json::{Value, json};
use store::cause::Due;
use store::{ReadTx, SystemTx};

pub use store::model::Prediction;

use crate::{Cx, Error, Result, Services, Who};

/// Drifts that one run takes at a time.
const AT_ONCE: u32 = 200;
/// Most drifts that something told later asks about again.
const AGAIN: u32 = 2_000;
/// Most that one request tells.
pub const MOST_TOLD: usize = 500;
const MAX_PAGE: u32 = 200;

/// All that is known of a drift's cause, as far as who asks may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub analysis: CauseAnalysis,
    /// By time.
    pub correlations: Vec<Correlation>,
    pub contexts: Vec<OperationalContext>,
    /// Of the versions that are kept, the latest first.
    pub predictions: Vec<Prediction>,
}

/// The cause of a drift; nothing while nobody looked at it yet, which takes seconds. What comes from events and cases is left out for who
/// may not see those.
pub async fn of(cx: &Cx<DriftRead>, drift: DriftId) -> Result<Option<Told>> {
    let mut tx = cx.read().await?;
    let Some(mut analysis) = store::cause::get(&mut tx, drift).await? else { return Ok(None) };
    let mut correlations = store::cause::correlations(&mut tx, drift).await?;
    let mut contexts = store::cause::contexts(&mut tx, drift).await?;
    let predictions = store::model::predictions(&mut tx, drift).await?;
    let permissions = cx.actor().permissions;
    let hidden = |kind: &str| match kind {
        "audit_event" | "event" => !permissions.has(Key::EventRead),
        "case" => !permissions.has(Key::CaseRead),
        _ => false,
    };
    correlations.retain(|one| !hidden(&one.correlation_type));
    contexts.retain(|one| !hidden(one.context_data["correlation_type"].as_str().unwrap_or_default()));
    if let Some(people) = analysis.user_attribution["people"].as_array_mut() {
        people.retain(|one| !hidden(one["correlation_type"].as_str().unwrap_or_default()));
    }
    Ok(Some(Told { analysis, correlations, contexts, predictions }))
}

/// Says what the cause is: a confirmation where it was judged so, else a correction.
///
/// # Errors
/// `Conflict` before the drift was looked at.
pub async fn label(
    cx: &Cx<DriftWrite>,
    drift: DriftId,
    category: Cause,
    note: &str,
) -> Result<CauseAnalysis> {
    check_reason(note, false).map_err(|_| Invalid::field("note", "at most 2,000 characters"))?;
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, drift).await?.ok_or(Error::NotFound)?;
    let judged = store::cause::get(&mut tx, drift).await?.ok_or_else(not_judged)?;
    let label = Label {
        category,
        note: Some(note.trim().to_owned()).filter(|note| !note.is_empty()),
        by_id: by(cx),
        by: cx.actor.audit().label,
        at: tx.now(),
    };
    store::cause::set_label(&mut tx, drift, Some(&label)).await?;
    let confirmed = category == judged.cause_category;
    let action = if confirmed { Action::CAUSE_CONFIRMED } else { Action::CAUSE_CORRECTED };
    let before = json!({ "cause": judged.cause(), "judged_by": judged.judged_by });
    let entry = AuditEntry::new(action, "drift", drift)
        .metadata(json!({ "number": found.number, "judged": judged.cause_category, "note": label.note }))
        .change(Some(before), Some(json!({ "cause": category })));
    tx.commit(entry).await?;
    Ok(CauseAnalysis { label: Some(label), ..judged })
}

/// Takes back what was said of the cause.
pub async fn unlabel(cx: &Cx<DriftWrite>, drift: DriftId) -> Result<CauseAnalysis> {
    let mut tx = cx.write().await?;
    let found = store::drift::get(&mut tx, drift).await?.ok_or(Error::NotFound)?;
    let judged = store::cause::get(&mut tx, drift).await?.ok_or_else(not_judged)?;
    let Some(label) = &judged.label else {
        return Err(Error::Conflict("nobody said what the cause is".to_owned()));
    };
    store::cause::set_label(&mut tx, drift, None).await?;
    let entry = AuditEntry::new(Action::CAUSE_LABEL_REMOVED, "drift", drift)
        .metadata(json!({ "number": found.number }))
        .change(Some(json!({ "cause": label.category, "by": label.by, "note": label.note })), None);
    tx.commit(entry).await?;
    Ok(CauseAnalysis { label: None, ..judged })
}

fn not_judged() -> Error {
    Error::Conflict("nobody looked at the cause yet; it takes some seconds after the push".to_owned())
}

/// Takes in what happened elsewhere: commits, tickets, deployments, maintenance windows. Drifts around them are looked at again.
pub async fn tell(cx: &Cx<DriftWrite>, told: Vec<NewExternal>) -> Result<Vec<ExternalEventId>> {
    if told.is_empty() || told.len() > MOST_TOLD {
        return Err(Invalid::field("events", "between 1 and 500 of them").into());
    }
    for (at, one) in told.iter().enumerate() {
        one.check().map_err(|Invalid(problems)| {
            let placed = problems.into_iter().map(|problem| domain::invalid::FieldError {
                field: format!("events[{at}].{}", problem.field),
                ..problem
            });
            Invalid(placed.collect())
        })?;
    }
    let mut tx = cx.write().await?;
    let (now, by) = (tx.now(), cx.actor.audit().label);
    let (mut ids, mut again) = (Vec::with_capacity(told.len()), Vec::new());
    let names: Vec<String> =
        told.iter().take(20).map(|one| format!("{} {}", one.external_system, one.external_id)).collect();
    // In the order of their key, so that two who tell the same do not wait for each other in a circle.
    let mut order: Vec<usize> = (0..told.len()).collect();
    let key =
        |one: &NewExternal| (one.external_system.clone(), one.correlation_type, one.external_id.clone());
    order.sort_by_key(|at| key(&told[*at]));
    ids.resize(told.len(), ExternalEventId(uuid::Uuid::nil()));
    for at in order {
        let one = &told[at];
        let ends_at = one.ends_at.unwrap_or(one.starts_at);
        let kept = External {
            id: cx.services.clock.id(),
            correlation_type: one.correlation_type,
            external_system: one.external_system.trim().to_owned(),
            external_id: one.external_id.trim().to_owned(),
            title: one.title.trim().to_owned(),
            actor: one.actor.clone(),
            environment: one.environment.clone(),
            resource: one.resource.clone(),
            impact: one.impact,
            url: one.url.clone(),
            starts_at: one.starts_at,
            ends_at,
            event_data: one.event_data.clone(),
            created_by: by.clone(),
            created_at: now,
            updated_at: now,
        };
        ids[at] = store::cause::put_external(&mut tx, &kept).await?;
        let (from, until) = (one.starts_at.plus_seconds(-AFTER), ends_at.plus_seconds(MOST_BEFORE));
        again.extend(store::cause::began_between(&mut tx, from, until, AGAIN).await?);
        // Ids grow: the latest drifts come first and are kept.
        again.sort_unstable_by(|a, b| b.cmp(a));
        again.dedup();
    }
    again.truncate(AGAIN as usize);
    store::cause::ask(&mut tx, &again, now).await?;
    let metadata = json!({ "count": ids.len(), "names": names, "drifts_asked_again": again.len() });
    let first = ids.first().map(ToString::to_string).unwrap_or_default();
    tx.commit(AuditEntry::new(Action::EXTERNAL_EVENTS_TOLD, "external_event", first).metadata(metadata))
        .await?;
    Ok(ids)
}

/// What was told, the latest first.
pub async fn told(cx: &Cx<DriftRead>, limit: u32, cursor: Option<&str>) -> Result<Page<External>> {
    let wrong = || Error::Invalid(Invalid::field("cursor", "take it from the page before, unchanged"));
    let after = match cursor {
        None => None,
        Some(text) => {
            let (at, id) = text.split_once('.').ok_or_else(wrong)?;
            let at = at.parse().ok().and_then(Timestamp::from_micros).ok_or_else(wrong)?;
            Some((at, id.parse().map_err(|_| wrong())?))
        }
    };
    let limit = limit.clamp(1, MAX_PAGE);
    let mut items = store::cause::externals(&mut cx.read().await?, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor =
        items.last().filter(|_| more).map(|last| format!("{}.{}", last.starts_at.micros(), last.id));
    Ok(Page { items, next_cursor })
}

/// The models that judge the drifts of an organization.
struct Judges {
    active: Option<(MlModel, Artifact)>,
    shadow: Option<(MlModel, Artifact)>,
}

/// Looks at the causes that are due, in all organizations, until none is; how many. One that fails does not keep the others
/// waiting: it is tried again in a minute.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn run_due(services: &Services) -> Result<usize> {
    let (mut looked_at, mut failed) = (0, None);
    loop {
        let now = services.clock.now();
        let due = {
            let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
            store::cause::due(&mut tx, now, AT_ONCE).await?
        };
        if due.is_empty() {
            return failed.map_or(Ok(looked_at), Err);
        }
        let mut judges: HashMap<OrganizationId, Judges> = HashMap::new();
        for one in due {
            let judges = match judges.entry(one.organization) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(load(services, one.organization).await?),
            };
            match look_at(services, one, judges).await {
                Ok(()) => looked_at += 1,
                Err(error) => {
                    tracing::warn!(%error, drift = %one.drift, "a cause could not be looked at");
                    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
                    let again = Some(now.plus_seconds(60));
                    store::cause::done(&mut tx.within(one.organization), one.drift, one.due_at, again)
                        .await?;
                    tx.commit_unaudited_bookkeeping().await?;
                    failed = Some(error);
                }
            }
        }
    }
}

async fn load(services: &Services, organization: OrganizationId) -> Result<Judges> {
    let mut tx = ReadTx::begin(&services.db, organization).await?;
    let mut judges = Judges { active: None, shadow: None };
    for model in store::model::judging(&mut tx, MODEL).await? {
        let bytes = store::model::artifact(&mut tx, model.id).await?.unwrap_or_default();
        let Some(artifact) = Artifact::from_bytes(&bytes) else {
            tracing::warn!(version = model.version, "a model of causes cannot be read; the rules judge");
            continue;
        };
        let (active, loaded) = (model.is_active, Some((model, artifact)));
        if active {
            judges.active = loaded;
        } else {
            judges.shadow = loaded;
        }
    }
    Ok(judges)
}

async fn look_at(services: &Services, due: Due, judges: &Judges) -> Result<()> {
    let mut tx = ReadTx::begin(&services.db, due.organization).await?;
    let Some(drift) = store::drift::get(&mut tx, due.drift).await? else {
        drop(tx);
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::cause::done(&mut tx.within(due.organization), due.drift, due.due_at, None).await?;
        tx.commit_unaudited_bookkeeping().await?;
        return Ok(());
    };
    let gathered = gather::gather(&mut tx, services, &drift).await?;
    drop(tx);
    let row = gathered.facts.features();
    let judged: Vec<(&MlModel, Judgement)> = [&judges.active, &judges.shadow]
        .into_iter()
        .flatten()
        .map(|(model, artifact)| (model, artifact.judge(&row)))
        .collect();
    let by_model = judged.iter().find(|(model, _)| model.is_active);
    let (judgement, judged_by, model) = match by_model {
        Some((model, judgement)) => {
            (judgement.clone(), format!("{} {}", model.name, model.version), Some(model.id))
        }
        None => (rules::judge(&gathered.facts), rules::NAME.to_owned(), None),
    };
    let now = services.clock.now();
    let analysis = CauseAnalysis {
        id: services.clock.id(),
        drift_event_id: drift.id,
        cause_category: judgement.cause,
        confidence_score: judgement.confidence,
        probabilities: by_cause(&judgement.probabilities),
        contributing_factors: json!(judgement.factors),
        temporal_context: gathered.temporal_context,
        user_attribution: gathered.user_attribution,
        features: json!(features::by_name(&row)),
        judged_by,
        ml_model_id: model,
        onset: drift.detected_at,
        analyzed_at: now,
        label: None,
    };
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let mut within = tx.within(due.organization);
    store::cause::put(&mut within, &analysis).await?;
    store::cause::replace_near(&mut within, drift.id, &gathered.correlations, &gathered.contexts, now)
        .await?;
    for (model, judgement) in &judged {
        let result = json!({
            "cause": judgement.cause, "confidence": judgement.confidence, "probabilities": by_cause(&judgement.probabilities),
        });
        let metadata = json!({
            "version": model.version, "factors": judgement.factors, "role": if model.is_active { "active" } else { "shadow" },
        });
        let (id, of) = (services.clock.id(), (drift.id, model.id));
        store::model::put_prediction(&mut within, id, of, (&result, &metadata), now).await?;
    }
    // What is written down after the onset is taken in once more.
    let later = drift.detected_at.plus_seconds(AFTER);
    store::cause::done(&mut within, drift.id, due.due_at, Some(later).filter(|later| *later > now)).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(())
}

fn by_cause(probabilities: &Probabilities) -> Value {
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    let all = (0..CAUSES).map(|at| (Cause::ALL[at].as_str().to_owned(), json!(rounded(probabilities[at]))));
    Value::Object(all.collect())
}

fn by(cx: &Cx<DriftWrite>) -> Option<domain::UserId> {
    match &cx.actor.who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}

/// How far back what goes on may have begun, in seconds.
pub(crate) const LONGEST: i64 = MAX_SPAN_DAYS * 86_400;
