//! The Overview's figures of a period, against the period of the same length before.

use domain::overview::Overview;
use domain::permission::EventRead;
use domain::{Invalid, Timestamp};

use crate::{Cx, Error, Result};

/// Buckets of the chart: not many more than this.
const BUCKETS: i64 = 72;
const HOUR: i64 = 3600;

/// The period is as long as from `from` to `to`, in whole hours, and ends with the hour in which `to` is: of 24 hours asked at
/// 09:30, those from 10:00 yesterday. It is cut into buckets that begin with it, so that a bucket counts what its link finds.
/// Reads roll-ups, groups and sources, never events.
pub async fn get(cx: &Cx<EventRead>, from: Timestamp, to: Timestamp) -> Result<Overview> {
    if from >= to {
        return Err(Error::Invalid(Invalid::field("to", "must be after from")));
    }
    let hours = (to.seconds() - from.seconds() + HOUR - 1) / HOUR;
    let step = [1, 2, 3, 6, 12, 24, 48, 168, 720, 2184, 8760]
        .into_iter()
        .find(|s| hours <= s * BUCKETS)
        .unwrap_or(87_600);
    // Whole buckets.
    let hours = (hours + step - 1) / step * step;
    let to = if to == to.hour() { to } else { to.hour().plus_seconds(HOUR) };
    let from = to.plus_seconds(-hours * HOUR);
    Ok(store::overview::get(&mut cx.read().await?, from, to, step * HOUR).await?)
}
