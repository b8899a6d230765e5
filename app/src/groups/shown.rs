//! What the server tells the pages about groups.

use domain::Severity;
use serde::{Deserialize, Serialize};

use crate::events::shown::{EventRow, Histogram, Marked, Nothing};
use crate::shown::shown;
use crate::when::When;

/// One row of a list of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    pub id: String,
    pub severity: Severity,
    /// The template, its slots marked.
    pub template: Marked,
    pub component: Option<String>,
    pub event_count: i64,
    pub first_seen: When,
    pub last_seen: When,
}
shown!(GroupRow: id, severity, template, component, event_count, first_seen, last_seen);

/// One page of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupList {
    pub rows: Vec<GroupRow>,
    pub next_cursor: Option<String>,
    pub nothing: Option<Nothing>,
}
shown!(GroupList: rows, next_cursor, nothing);

/// Everything about one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupShown {
    pub group: GroupRow,
    pub event_type: Option<String>,
    pub fingerprint: String,
    /// The first message, its variable parts marked.
    pub example: Marked,
    pub histogram: Histogram,
    /// The latest events.
    pub recent: Vec<EventRow>,
}
shown!(GroupShown: group, event_type, fingerprint, example, histogram, recent);
