//! What the server does by itself: keep room on PostgreSQL's disk, every five seconds; compare the folder of evidence with its records once a day; sweep what time has ended and delete what is past its retention and organizations that were marked, at the start and every hour; review the groups and forget
//! quiet visitors and bring the figures of drift up to date, and tell of sources that fell silent, every minute; go on with splits that have older events to move every ten seconds; link what a query finds to its case, look into the causes of drifts, train models, and tell webhooks what changed, every second.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::state::AppState;
use crate::telemetry;

const SWEEP: Duration = Duration::from_hours(1);
const EVIDENCE: Duration = Duration::from_hours(24);
const UPKEEP: Duration = Duration::from_mins(1);
const REVIEW: Duration = Duration::from_mins(1);
const DELETIONS: Duration = Duration::from_hours(1);
const MOVES: Duration = Duration::from_secs(10);
const TELL: Duration = Duration::from_secs(1);
/// Somebody waits for these.
const LINKS: Duration = Duration::from_secs(1);
const CAUSES: Duration = Duration::from_secs(1);

/// Starts the tasks; they end with the handle's abort. A clock that jumps makes one run, not a storm.
pub fn start(state: &AppState) -> [JoinHandle<()>; 14] {
    [
        tokio::spawn(room(state.clone())),
        tokio::spawn(sweep(state.clone())),
        tokio::spawn(evidence(state.clone())),
        tokio::spawn(retire(state.clone())),
        tokio::spawn(delete(state.clone())),
        tokio::spawn(upkeep(state.clone())),
        tokio::spawn(review(state.clone())),
        tokio::spawn(watch(state.clone())),
        tokio::spawn(drift_metrics(state.clone())),
        tokio::spawn(moves(state.clone())),
        tokio::spawn(links(state.clone())),
        tokio::spawn(tell(state.clone())),
        tokio::spawn(causes(state.clone())),
        tokio::spawn(trainings(state.clone())),
    ]
}

async fn room(state: AppState) {
    service::housekeeping::keep_room(&state.services).await;
}

async fn sweep(state: AppState) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::housekeeping::run(&state.services).await {
            Ok(swept) => tracing::debug!(?swept, "swept"),
            Err(error) => tracing::warn!(%error, "housekeeping failed; it runs again in an hour"),
        }
    }
}

/// The folder of evidence beside its records.
async fn evidence(state: AppState) {
    let mut ticks = interval(EVIDENCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::evidence::sweep(&state.services).await {
            Ok(found) => {
                metrics::gauge!("evidence_missing").set(found.missing as f64);
                if found.missing > 0 {
                    tracing::error!(?found, "bytes of evidence are missing; the audit log says whose");
                } else {
                    tracing::debug!(?found, "looked after the evidence");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the evidence could not be looked after; it is tried again in a day");
            }
        }
    }
}

/// A task of its own: the first run after a policy was shortened can take long.
async fn retire(state: AppState) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::retention::retire_all(&state.services).await {
            Ok(events) => tracing::debug!(events, "deleted what was past its retention"),
            Err(error) => tracing::warn!(%error, "retention failed; it goes on in an hour"),
        }
    }
}

/// Organizations whose grace is over.
async fn delete(state: AppState) {
    let mut ticks = interval(DELETIONS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::oversight::delete_due(&state.services).await {
            Ok(0) => {}
            Ok(organizations) => tracing::info!(organizations, "deleted organizations that were marked"),
            Err(error) => tracing::warn!(%error, "deleting organizations failed; it goes on in an hour"),
        }
    }
}

async fn upkeep(state: AppState) {
    let mut ticks = interval(UPKEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        state.limits.forget_quiet();
        state.plans.forget_quiet();
        telemetry::metrics().run_upkeep();
        if let Err(error) = service::housekeeping::forget_arrivals(&state.services).await {
            tracing::warn!(%error, "old arrivals could not be forgotten; it is tried again in a minute");
        }
    }
}

async fn review(state: AppState) {
    let mut ticks = interval(REVIEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::groups::review_all(&state.services).await {
            Ok(moved) => tracing::debug!(moved, "reviewed the groups"),
            Err(error) => tracing::warn!(%error, "the review of groups failed; it runs again in a minute"),
        }
    }
}

async fn watch(state: AppState) {
    let mut ticks = interval(REVIEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::sources::watch_all(&state.services).await {
            Ok(told) => tracing::debug!(told, "looked for silent sources"),
            Err(error) => {
                tracing::warn!(%error, "silent sources could not be looked for; it is tried again in a minute");
            }
        }
    }
}

async fn drift_metrics(state: AppState) {
    let mut ticks = interval(REVIEW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::drifts::metrics::refresh_all(&state.services).await {
            Ok(0) => {}
            Ok(days) => tracing::debug!(days, "computed the figures of drift"),
            Err(error) => {
                tracing::warn!(%error, "the figures of drift could not be computed; it is tried again in a minute");
            }
        }
    }
}

async fn moves(state: AppState) {
    let mut ticks = interval(MOVES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::groups::move_everywhere(&state.services).await {
            Ok(0) => {}
            Ok(events) => tracing::debug!(events, "moved events of splits"),
            Err(error) => tracing::warn!(%error, "a split could not go on; it is tried again in ten seconds"),
        }
    }
}

async fn links(state: AppState) {
    let mut ticks = interval(LINKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::cases::run_jobs(&state.services).await {
            Ok(0) => {}
            Ok(events) => tracing::debug!(events, "linked what queries found"),
            Err(error) => {
                tracing::warn!(%error, "linking to a case could not go on; it is tried again in a second");
            }
        }
    }
}

async fn causes(state: AppState) {
    let mut ticks = interval(CAUSES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::causes::run_due(&state.services).await {
            Ok(0) => {}
            Ok(drifts) => tracing::debug!(drifts, "looked into causes"),
            Err(error) => tracing::warn!(%error, "a cause could not be looked into; it is tried again"),
        }
    }
}

/// A task of its own: a training takes up to a minute.
async fn trainings(state: AppState) {
    let mut ticks = interval(CAUSES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service::models::run_trainings(&state.services).await {
            Ok(0) => {}
            Ok(trainings) => tracing::info!(trainings, "trained models of causes"),
            Err(error) => tracing::warn!(%error, "a training could not go on; it is tried again"),
        }
    }
}

/// Webhooks: each in a task of its own, so that one that does not answer holds up nobody else.
async fn tell(state: AppState) {
    let mut ticks = interval(TELL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match due(&state).await {
            Ok(due) => {
                for (organization, webhook) in due {
                    let services = state.services.clone();
                    tokio::spawn(async move {
                        if let Err(error) = service::webhooks::deliver(&services, organization, webhook).await
                        {
                            tracing::warn!(%error, %webhook, "a webhook could not be told; it is tried again");
                        }
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "webhooks could not be looked at; it is tried again in a second");
            }
        }
    }
}

async fn due(state: &AppState) -> service::Result<Vec<(domain::OrganizationId, domain::WebhookId)>> {
    service::webhooks::spread(&state.services).await?;
    service::webhooks::due(&state.services).await
}
