//! The newest events of a group, to say what their slots hold.

use domain::event::Event;
use domain::filter::EventFilter;
use domain::{EventId, GroupId, Timestamp};

use super::Position;
use super::asked::{Asked, of_groups};
use super::walk::{self, Found, Listed, ROW_BUDGET};
use crate::db::{Result, from_row};
use crate::scope::Scoped;

/// As much of an event as a distribution needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    pub id: EventId,
    pub occurred_at: Timestamp,
    pub message: String,
    /// The group it is in itself, which can be merged into another.
    pub own_group: GroupId,
}

from_row!(Sampled { id, occurred_at, message, own_group });

impl Listed for Sampled {
    fn position(&self) -> Position {
        Position { at: self.occurred_at, id: self.id.0 }
    }
    fn bytes(&self) -> usize {
        self.message.len()
    }
}

/// Rows that are read for a sample.
const SAMPLE_BUDGET: i64 = 50_000;

const SAMPLED: &str = "SELECT id, occurred_at, message, e.group_id AS own_group";

const OWN: &str = "SELECT id, occurred_at, ingested_at, severity, severity_text, component, service, environment, system_id, event_type,
        source_id, (SELECT s.name FROM sources s WHERE s.organization_id = e.organization_id AND s.id = e.source_id) AS source,
        message, raw_payload, fingerprint, e.group_id AS group_id";

/// The newest events that the filter leaves, and whether there are more.
pub async fn sample(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    limit: usize,
) -> Result<(Vec<Sampled>, bool)> {
    let asked = Asked::of(tx, filter).await?;
    let found: Found<Sampled> = walk::list(tx, SAMPLED, asked, None, limit, SAMPLE_BUDGET).await?;
    Ok((found.events, found.next.is_some()))
}

/// A group's own events in the filter's order after `after`, without those of groups that are merged into it, and where to go on.
pub async fn own(
    tx: &mut impl Scoped,
    group: GroupId,
    filter: &EventFilter,
    after: Option<Position>,
    limit: usize,
) -> Result<(Vec<Event>, Option<Position>)> {
    let mut asked = Asked::of(tx, filter).await?;
    asked.groups.push(vec![group]);
    asked.clauses.push(of_groups(&[group]));
    let found: Found<Event> = walk::list(tx, OWN, asked, after, limit, ROW_BUDGET).await?;
    Ok((found.events, found.next))
}
