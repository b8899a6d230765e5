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
