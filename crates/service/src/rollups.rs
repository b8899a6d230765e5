//! Roll-ups, counts and the index of words, and the figures of drift by the day: computed again from what they count, or compared with it.

use domain::audit::{Action, AuditEntry};
use domain::permission::{EventRead, EventWrite};
use serde_json::json;
use store::rollup;

use crate::{Cx, Result};

/// Computes all of them again, in one transaction. Returns the number of roll-up rows.
pub async fn rebuild(cx: &Cx<EventWrite>) -> Result<i64> {
    let mut tx = cx.write().await?;
    let rows = rollup::rebuild(&mut tx).await? + crate::drifts::metrics::rebuild(&mut tx).await?;
    tx.commit(AuditEntry::new(Action::ROLLUPS_REBUILT, "event", "").metadata(json!({ "rows": rows })))
        .await?;
    Ok(rows)
}

/// One sentence for each thing that differs from the events.
pub async fn check(cx: &Cx<EventRead>) -> Result<Vec<String>> {
    let mut tx = cx.read().await?;
    let mut problems = rollup::check(&mut tx).await?;
    problems.extend(crate::drifts::metrics::check(&mut tx).await?);
    Ok(problems)
}
