//! What the server tells the Overview.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::events::shown::Slice;
use crate::groups::shown::GroupRow;
use crate::printed::Printed;
use crate::shown::shown;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewShown {
    /// The period, RFC 3339; `to` is exclusive.
    pub from: String,
    pub to: String,
    /// "hour", "6 hours", "day": what a slice spans.
    pub step: String,
    /// The key figures.
    pub figures: Printed,
    pub slices: Vec<Slice>,
    /// Options of the chart of `slices`.
    pub over_time: Value,
    pub top_groups: Vec<GroupRow>,
    /// The table of `top_groups`.
    pub top: Printed,
    /// Options of the chart of `top_groups`.
    pub recurring: Value,
    /// What to do, where the organization has no events at all.
    pub nothing: Option<Printed>,
}
shown!(OverviewShown: from, to, step, figures, slices, over_time, top_groups, top, recurring, nothing);
