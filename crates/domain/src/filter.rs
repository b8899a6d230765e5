//! The event filter: what the URL of a list says, and nothing else holds filter state.

use serde::{Deserialize, Serialize};

use crate::page::Order;
use crate::{GroupId, Severity, SourceId, Timestamp};

/// Empty lists and `None` mean "any". Values of one field are alternatives; fields are all required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventFilter {
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    pub severity: Vec<Severity>,
    pub component: Vec<String>,
    pub service: Vec<String>,
    pub environment: Vec<String>,
    pub system_id: Vec<String>,
    pub event_type: Vec<String>,
    pub source_id: Vec<SourceId>,
    pub fingerprint: Option<String>,
    pub group_id: Option<GroupId>,
    /// Case-insensitive part of the message.
    pub text: Option<String>,
    pub order: Order,
}

/// How many events match. `exact` is false where it is an estimate (several fields, or a text, over many events).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub n: i64,
    pub exact: bool,
}

/// The most frequent values of one field over a time range, with their numbers of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// `severity`, `component`, `service`, `environment`, `system_id`, `event_type` or `source_id`.
    pub field: String,
    pub values: Vec<(String, i64)>,
}
