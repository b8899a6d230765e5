//! Retention: how long events are kept, legal holds, what would go, and the deleting itself.
//!
//! Deleting goes hour by hour, oldest first, a small transaction at a time with a rest between; an ingest waits for no more than
//! one of them. Each step counts in the run's row, so a run that was stopped goes on, and its one audit entry at the end
//! (`EVENTS_RETIRED`) has the numbers of all of it.

use std::time::Duration;

use domain::audit::{Action, AuditActor, AuditEntry};
use domain::filter::EventFilter;
use domain::permission::{GroupRead, SettingsRead, SettingsWrite};
use domain::query::{EVENTS, Query, parse};
use domain::retention::{NewHold, Policy};
use domain::{GroupId, OrganizationId, PLATFORM, Severity, Timestamp};
use serde_json::{Value, json};
use store::retention::{self as kept, Cutoffs, Hold, Run};
use store::{ReadTx, Scoped, SystemTx, WriteTx};
use uuid::Uuid;

use crate::{Actor, Cx, Error, Result, Services};

/// Events that one transaction deletes.
const STEP: i64 = 1_000;
/// Rest after each, in which others write.
const REST: Duration = Duration::from_millis(50);
/// Runs that are shown.
const RUNS: i64 = 10;

/// What is chosen, and what came of it.
#[derive(Clone, Debug)]
pub struct Retention {
    /// `None`: nothing was chosen; everything is kept.
    pub policy: Option<Policy>,
    /// All there ever were, the latest first.
    pub holds: Vec<Hold>,
    /// The latest, newest first.
    pub runs: Vec<Run>,
}

/// What a policy would delete now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What would go, in the order of [`Severity::ALL`]: without what a hold or a case keeps.
    pub counts: [i64; 5],
    /// What is past its time and kept all the same.
    pub held: [i64; 5],
    /// `held` was counted; else it is an estimate, and `counts` is one too.
    pub exact: bool,
    /// Before when.
    pub before: Cutoffs,
    /// A hold keeps everything, so none of it would go now.
    pub all_held: bool,
}

pub async fn get(cx: &Cx<SettingsRead>) -> Result<Retention> {
    let mut tx = cx.read().await?;
    Ok(Retention {
        policy: kept::policy(&mut tx).await?,
        holds: kept::holds(&mut tx).await?,
        runs: kept::runs(&mut tx, RUNS).await?,
    })
}

/// What would go if this were saved, and what holds would keep of it. Exact, from the roll-ups, but for what the queries of
/// holds find among very many events.
pub async fn preview(cx: &Cx<SettingsRead>, policy: &Policy) -> Result<Preview> {
    let (now, mut tx) = (cx.now(), cx.read().await?);
    let before = policy.cutoffs(now);
    let counts = kept::overdue(&mut tx, &before).await?;
    let mut preview = Preview { counts, held: [0; 5], exact: true, before, all_held: false };
    let Some(holds) = keeping(&mut tx, now).await? else {
        (preview.held, preview.counts, preview.all_held) = (counts, [0; 5], true);
        return Ok(preview);
    };
    let found_by_holds = Query::any_of(&holds);
    for severity in Severity::ALL {
        let (due, Some(before)) = (counts[severity.rank()], before[severity.rank()]) else { continue };
        if due == 0 {
            continue;
        }
        let mut held = kept::linked(&mut tx, severity, before, &holds).await?;
        if let Some(query) = &found_by_holds {
            let filter = EventFilter {
                to: Some(before),
                severity: vec![severity],
                query: Some(query.clone()),
                ..EventFilter::default()
            };
            let found = store::event::count(&mut tx, &filter).await?;
            held += found.n;
            preview.exact &= found.exact;
        }
        preview.held[severity.rank()] = held.min(due);
        preview.counts[severity.rank()] = (due - held).max(0);
    }
    Ok(preview)
}

/// Events of a group that are gone; the group goes on counting them.
pub async fn retired(cx: &Cx<GroupRead>, group: GroupId) -> Result<i64> {
    Ok(kept::retired(&mut cx.read().await?, group).await?)
}

pub async fn set(cx: &Cx<SettingsWrite>, policy: &Policy) -> Result<()> {
    set_with(cx, |_| Ok(*policy)).await
}

/// [`set`], to what `policy` makes of the one that holds: nobody changes it in between.
pub async fn set_with(cx: &Cx<SettingsWrite>, policy: impl FnOnce(Policy) -> Result<Policy>) -> Result<()> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let (now, old) = (tx.now(), kept::policy(&mut tx).await?);
    let policy = &policy(old.unwrap_or_default())?;
    kept::set_policy(&mut tx, policy, now).await?;
    let entry = AuditEntry::new(Action::RETENTION_CHANGED, "retention", "policy");
    tx.commit(entry.change(old.as_ref().map(told), Some(told(policy)))).await?;
    Ok(())
}

/// Keeps everything, or what a query finds, until an instant or until somebody lifts the hold.
pub async fn hold(cx: &Cx<SettingsWrite>, new: &NewHold) -> Result<Hold> {
    let now = cx.now();
    new.check(now)?;
    let hold = Hold {
        id: cx.services.clock.id::<domain::AuditId>().0,
        reason: new.reason.trim().to_owned(),
        query: Some(new.query.trim().to_owned()).filter(|q| !q.is_empty()),
        placed_by: cx.actor.audit().label,
        placed_at: now,
        until: new.until,
        lifted_by: None,
        lifted_at: None,
    };
    let mut tx = cx.write().await?;
    kept::place_hold(&mut tx, &hold).await?;
    let new = json!({ "reason": hold.reason, "query": hold.query, "until": hold.until });
    tx.commit(AuditEntry::new(Action::LEGAL_HOLD_PLACED, "legal_hold", hold.id).change(None, Some(new)))
        .await?;
    Ok(hold)
}

/// Ends a hold; its record stays.
pub async fn lift(cx: &Cx<SettingsWrite>, id: &str) -> Result<()> {
    let id = Uuid::parse_str(id).map_err(|_| Error::NotFound)?;
    let mut tx = cx.write().await?;
    let now = tx.now();
    if !kept::lift_hold(&mut tx, id, &cx.actor.audit().label, now).await? {
        return Err(Error::NotFound);
    }
    tx.commit(AuditEntry::new(Action::LEGAL_HOLD_LIFTED, "legal_hold", id)).await?;
    Ok(())
}

/// Deletes in every organization what is past its time; how many events. One that fails does not keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn retire_all(services: &Services) -> Result<i64> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut gone, mut failed) = (0, None);
    // In a suspended one nobody could place a hold.
    for organization in organizations.into_iter().filter(|o| o.id != PLATFORM && o.is_active) {
        match retire(services, organization.id).await {
            Ok(n) => gone += n,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(gone), Err)
}

/// Deletes what is past its time in one organization; how many events.
pub async fn retire(services: &Services, organization: OrganizationId) -> Result<i64> {
    let now = services.clock.now();
    let open = kept::open_runs(&mut ReadTx::begin(&services.db, organization).await?).await?;
    // One that was stopped is gone on with, and ended even where the policy has changed since.
    let fresh = || services.clock.id::<domain::AuditId>().0;
    let mut run = open.first().map_or_else(fresh, |run| run.id);
    let mut started = open.first().map_or(now, |run| run.started_at);
    let (mut gone, mut after) = (0, None);
    let cutoffs = loop {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        let mut within = tx.within(organization);
        // Asked each time: days that are taken back, and a hold, count from that moment.
        let cutoffs = kept::policy(&mut within).await?.unwrap_or_default().cutoffs(now);
        let Some(holds) = keeping(&mut within, services.clock.now()).await? else { break cutoffs };
        let Some((hour, severities)) = kept::next_hour(&mut within, &cutoffs, after).await? else {
            break cutoffs;
        };
        let counts = kept::step(&mut within, hour, &severities, &holds, STEP).await?;
        let n: i64 = counts.iter().sum();
        if n == 0 {
            // What is left of it is held.
            after = Some(hour);
            continue;
        }
        if !kept::count_in_run(&mut within, run, started, counts).await? {
            // Another server was at it too, and ended what both had counted in.
            (run, started) = (fresh(), now);
            kept::count_in_run(&mut within, run, started, counts).await?;
        }
        tx.commit_unaudited_bookkeeping().await?;
        gone += n;
        tokio::time::sleep(REST).await;
    };
    // Asked again: a step whose commit was on its way when it was cut off stands by now, in a run that nobody had seen.
    for run in kept::open_runs(&mut ReadTx::begin(&services.db, organization).await?).await? {
        end(services, organization, run.id, &cutoffs).await?;
    }
    Ok(gone)
}

/// Ends the run, with its audit entry.
async fn end(services: &Services, organization: OrganizationId, run: Uuid, cutoffs: &Cutoffs) -> Result<()> {
    let actor: AuditActor = Actor::system("retention", organization).audit();
    let mut tx = WriteTx::begin(&services.db, organization, actor, services.stamp()).await?;
    let (now, held) = (tx.now(), kept::overdue(&mut tx, cutoffs).await?.iter().sum());
    let Some(run) = kept::end_run(&mut tx, run, held, now).await? else { return Ok(()) };
    let metadata = json!({
        "started_at": run.started_at, "deleted": by_severity(run.counts), "held": run.held, "before": by_severity(*cutoffs),
    });
    tx.commit(AuditEntry::new(Action::EVENTS_RETIRED, "retention_run", run.id).metadata(metadata)).await?;
    Ok(())
}

async fn standing(tx: &mut impl Scoped, now: Timestamp) -> Result<Vec<Hold>> {
    Ok(kept::holds(tx).await?.into_iter().filter(|hold| hold.stands(now)).collect())
}

/// The queries of the holds that stand; `None` when one keeps everything. A query that cannot be read any more keeps everything too.
async fn keeping(tx: &mut impl Scoped, now: Timestamp) -> Result<Option<Vec<Query>>> {
    let holds = standing(tx, now).await?;
    let read = |hold: Hold| parse(&hold.query?, &EVENTS, now).ok();
    Ok(holds.into_iter().map(read).collect())
}

fn told(policy: &Policy) -> Value {
    by_severity(policy.days)
}

fn by_severity<T: serde::Serialize>(values: [T; 5]) -> Value {
    Severity::ALL
        .into_iter()
        .zip(values)
        .map(|(severity, value)| (severity.to_string(), json!(value)))
        .collect()
}
