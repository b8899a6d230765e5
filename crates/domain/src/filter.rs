//! The event filter: what the URL of a list says, and nothing else holds filter state.

use serde::{Deserialize, Serialize};

use crate::page::Order;
use crate::query::{Expr, Query, Target};
use crate::{GroupId, Severity, SourceId, Timestamp};

/// Queries are equal when they ask the same, however they are written. Empty lists and `None` mean "any". Values of one field are alternatives; fields are all required.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
    /// Over [`EVENTS`](crate::query::EVENTS); required as the other fields are. Not serialised: the URL holds its text.
    #[serde(skip)]
    pub query: Option<Query>,
    pub order: Order,
}

impl PartialEq for EventFilter {
    fn eq(&self, other: &Self) -> bool {
        fn asks(filter: &EventFilter) -> Option<&Expr> {
            filter.query.as_ref().map(|query| &query.expr)
        }
        // Each field once, so that a new one is not forgotten.
        let Self {
            from,
            to,
            severity,
            component,
            service,
            environment,
            system_id,
            event_type,
            source_id,
            fingerprint,
            group_id,
            query: _,
            order,
        } = self;
        (*from, *to, *group_id, *order) == (other.from, other.to, other.group_id, other.order)
            && (severity, component, service) == (&other.severity, &other.component, &other.service)
            && (environment, system_id) == (&other.environment, &other.system_id)
            && (event_type, source_id) == (&other.event_type, &other.source_id)
            && *fingerprint == other.fingerprint
            && asks(self) == asks(other)
    }
}

/// How many events match. `exact` is false where it is an estimate (several fields, or other conditions, over many events).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub n: i64,
    pub exact: bool,
}

/// Which facets are counted.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetRequest {
    /// Most values of a field.
    pub limit: usize,
    /// A field of which more values are asked: how many, and what they contain in any case.
    pub more: Option<(String, usize, String)>,
    /// Parts of the original event, beside the fields that every event has.
    pub payload: Vec<Target>,
    /// About as many rows are read to count all matches. Where they cannot be found in these, the first of the list are counted.
    pub rows: i64,
}

impl Default for FacetRequest {
    fn default() -> Self {
        Self { limit: 0, more: None, payload: Vec::new(), rows: 50_000 }
    }
}

/// The most frequent values of one field among the events that match without what the query chooses of this field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// `severity`, `component`, `service`, `environment`, `system_id`, `event_type`, `source_id`, or a path in the payload
    /// as a query writes it.
    pub field: String,
    pub values: Vec<(String, i64)>,
    /// There are more values than asked for.
    pub longer: bool,
    /// How many events were counted, where there may be more: the first of the list.
    pub sampled: Option<i64>,
    /// Counted in whole hours, though the range begins or ends within one: somewhat more than the range has. Neither this nor
    /// `sampled`: exact.
    pub hours: bool,
    /// Of a part of the payload: how many events that have it were counted. `sampled` is the same number where there may be
    /// more.
    pub have: Option<i64>,
}
