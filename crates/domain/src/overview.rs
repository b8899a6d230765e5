//! The Overview: key figures, events over time by severity, top recurring groups.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::filter::Count;
use crate::group::Group;

/// Events in one bucket by severity, in the order of [`crate::Severity::ALL`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub start: Timestamp,
    pub counts: [i64; 5],
}

/// Events over time, without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub buckets: Vec<Bucket>,
    /// False where a part is an estimate.
    pub exact: bool,
}

impl Series {
    /// How many events it shows.
    pub fn count(&self) -> Count {
        Count { n: self.buckets.iter().flat_map(|bucket| bucket.counts).sum(), exact: self.exact }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Seconds a bucket spans.
    pub step: i64,
    pub events: i64,
    /// Events in the period of the same length before.
    pub events_before: i64,
    /// High and critical events.
    pub severe: i64,
    pub severe_before: i64,
    pub groups_new: i64,
    pub groups_active: i64,
    pub sources_active: i64,
    pub sources_quiet: i64,
    pub buckets: Vec<Bucket>,
    pub top_groups: Vec<Group>,
}
