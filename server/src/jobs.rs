//! What the server does by itself: sweep what time has ended, at the start and every hour; forget quiet visitors.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::state::AppState;
use crate::telemetry;

const SWEEP: Duration = Duration::from_hours(1);
const UPKEEP: Duration = Duration::from_mins(1);

/// Starts the tasks; they end with the handle's abort. A clock that jumps makes one run, not a storm.
pub fn start(state: &AppState) -> [JoinHandle<()>; 2] {
    [tokio::spawn(sweep(state.clone())), tokio::spawn(upkeep(state.clone()))]
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

async fn upkeep(state: AppState) {
    let mut ticks = interval(UPKEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        state.limits.forget_quiet();
        state.plans.forget_quiet();
        telemetry::metrics().run_upkeep();
    }
}
