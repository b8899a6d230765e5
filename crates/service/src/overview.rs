//! The Overview's figures of a period, against the period of the same length before.

use domain::overview::Overview;
use domain::permission::EventRead;
use domain::{Invalid, Timestamp};

use crate::{Cx, Error, Result};

/// Buckets of the chart: not many more than this.
const BUCKETS: i64 = 72;
const HOUR: i64 = 3600;

/// `from` is rounded down to the hour, `to` up. Reads roll-ups, groups and sources, never events.
pub async fn get(cx: &Cx<EventRead>, from: Timestamp, to: Timestamp) -> Result<Overview> {
    if from >= to {
        return Err(Error::Invalid(Invalid::field("to", "must be after from")));
    }
    let hours = (to.seconds() - from.seconds()) / HOUR + 1;
    let step = [1, 2, 3, 6, 12, 24, 48, 168, 720, 2184, 8760]
        .into_iter()
        .find(|s| hours <= s * BUCKETS)
        .unwrap_or(87_600)
        * HOUR;
    Ok(store::overview::get(&mut cx.read().await?, from, to, step).await?)
}
