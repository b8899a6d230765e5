//! What time does to groups: the server asks every minute. It reads first, and writes in a short transaction only where
//! something moves on; a second look at the same instant finds nothing.

use std::collections::HashMap;

use domain::audit::{Action, AuditEntry};
use domain::group::life::{BASELINE_HOURS, Baseline, Change, DAYS_NEW, Hour, LEAST, Moved};
use domain::permission::GroupWrite;
use domain::{GroupId, PLATFORM, Timestamp};
use serde_json::json;
use store::group::life::{self, Kept};
use store::rollup::{Span, rate};
use store::{Scoped, SystemTx};

use crate::{Actor, Cx, Result, Services};

const HOUR: i64 = 3600;

/// Reviews every organization; says how many groups moved on. One that fails does not keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn review_all(services: &Services) -> Result<usize> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut moved, mut failed) = (0, None);
    for organization in organizations.into_iter().filter(|o| o.is_active && o.id != PLATFORM) {
        let cx = services.admit::<GroupWrite>(&Actor::system("review", organization.id))?;
        match review(&cx).await {
            Ok(n) => moved += n,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(moved), Err)
}

/// Moves the organization's groups on: new and regressed ones that are no news any more, escalating on and off, mutes that end
/// or begin again. Says how many.
pub async fn review(cx: &Cx<GroupWrite>) -> Result<usize> {
    let now = cx.now();
    let (kept, hours) = figures(&mut cx.read().await?, now).await?;
    let look = |kept: &Kept| kept.life.review(kept.first_seen, hours.get(&kept.id).copied(), now);
    let (mut steps, mut figures) = (Vec::new(), Vec::new());
    for kept in &kept {
        match look(kept).map(|moved| moved.step) {
            None => {}
            Some(None) => figures.push(kept.id),
            Some(Some(_)) => steps.push(kept.id),
        }
    }
    keep_figures(cx, &figures, look).await?;
    if steps.is_empty() {
        return Ok(0);
    }
    let mut tx = cx.write().await?;
    let mut changes = Vec::with_capacity(steps.len());
    for kept in life::lock(&mut tx, &steps).await? {
        // Somebody may have changed it in the meantime.
        let Some((new, step)) = look(&kept).and_then(|moved| Some((moved.life, moved.step?))) else {
            continue;
        };
        changes.push(Change {
            id: cx.services.clock.id(),
            group_id: kept.id,
            at: now,
            actor_id: None,
            actor: None,
            step,
            old: kept.life,
            new,
            note: None,
            action_id: None,
            undoes: None,
            other: None,
        });
    }
    if changes.is_empty() {
        return Ok(0);
    }
    life::change(&mut tx, &changes).await?;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for change in &changes {
        *counts.entry(change.step.as_str()).or_default() += 1;
    }
    let entry = AuditEntry::new(Action::GROUPS_REVIEWED, "group", "");
    tx.commit(entry.metadata(json!({ "changed": changes.len(), "steps": counts }))).await?;
    Ok(changes.len())
}

/// The numbers beside "escalating", which grow by the minute: no step in a group's life, so neither history nor audit.
async fn keep_figures(
    cx: &Cx<GroupWrite>,
    ids: &[GroupId],
    look: impl Fn(&Kept) -> Option<Moved>,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let mut within = tx.within(cx.actor.organization);
    for kept in life::lock(&mut within, ids).await? {
        if let Some(Moved { life, step: None }) = look(&kept) {
            life::set(&mut within, kept.id, &life).await?;
        }
    }
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

/// The groups that may move on, and the last hour of those that have enough events in it.
async fn figures(tx: &mut impl Scoped, now: Timestamp) -> Result<(Vec<Kept>, HashMap<GroupId, Hour>)> {
    // The clock hour before the one that is running.
    let hour = now.hour().plus_seconds(-HOUR);
    let loud = rate::loud(tx, hour, LEAST).await?;
    let mut kept = life::due(tx, now.plus_seconds(-DAYS_NEW * 24 * HOUR), now).await?;
    let known: Vec<GroupId> = kept.iter().map(|kept| kept.id).collect();
    let others: Vec<GroupId> = loud.keys().copied().filter(|id| !known.contains(id)).collect();
    kept.extend(life::quiet(tx, &others).await?);
    let from = hour.plus_seconds(-BASELINE_HOURS * HOUR);
    let asked: Vec<GroupId> = kept.iter().map(|kept| kept.id).filter(|id| loud.contains_key(id)).collect();
    let spread = rate::spread(tx, &asked, Span { from: Some(from), to: Some(hour) }).await?;
    let members = store::group::rules::first_seen(tx, &asked).await?;
    let hours = kept.iter().filter_map(|kept| {
        let events = *loud.get(&kept.id)?;
        let first = members.get(&kept.id).map_or(kept.first_seen, |first| kept.first_seen.min(*first));
        let hours = (hour.seconds() - first.hour().max(from).seconds()) / HOUR;
        let (sum, squares) = spread.get(&kept.id).copied().unwrap_or_default();
        Some((kept.id, Hour { events, baseline: Baseline { hours: hours.max(0), sum, squares } }))
    });
    let hours = hours.collect();
    Ok((kept, hours))
}
