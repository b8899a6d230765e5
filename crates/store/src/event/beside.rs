//! What is told of one event: how common it is, and what happened around it.

use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::Order;

use super::walk::Listed as _;
use super::{page, span_of};
use crate::db::Result;
use crate::group;
use crate::rollup::{self, Clause};
use crate::scope::Scoped;

/// How many events have each value that this one has, in the hours of the filter's time range: its fields, and `group`.
pub async fn seen(
    tx: &mut impl Scoped,
    event: &Event,
    filter: &EventFilter,
) -> Result<Vec<(&'static str, i64)>> {
    let one = |field: &'static str, value: String| (field, Clause { field, values: vec![value] });
    let together = group::rules::with_members(tx, &[event.group_id]).await?.concat();
    let together =
        Clause { field: rollup::GROUP, values: together.iter().map(ToString::to_string).collect() };
    let mut asked = vec![(rollup::GROUP, together)];
    for field in rollup::TEXT_FIELDS {
        let value = match field {
            "component" => &event.component,
            "service" => &event.service,
            "environment" => &event.environment,
            "system_id" => &event.system_id,
            _ => &event.event_type,
        };
        asked.extend(value.clone().map(|value| one(field, value)));
    }
    asked.extend(event.source_id.map(|id| one(rollup::SOURCE, id.to_string())));
    let (fields, clauses): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    let counts = rollup::totals(tx, &clauses, &[], span_of(filter)).await?;
    Ok(fields.into_iter().zip(counts).collect())
}

/// Up to `n` events before and `n` after this one, and itself, oldest first: those of its system, or of its source where it
/// names no system.
pub async fn surrounding(tx: &mut impl Scoped, event: &Event, n: usize) -> Result<Vec<Event>> {
    let source_id = if event.system_id.is_none() { event.source_id } else { None };
    let alike = |order| EventFilter {
        system_id: event.system_id.iter().cloned().collect(),
        source_id: source_id.into_iter().collect(),
        order,
        ..EventFilter::default()
    };
    let here = Some(event.position());
    let mut found = page(tx, &alike(Order::Newest), here, n).await?.events;
    found.reverse();
    found.push(event.clone());
    found.extend(page(tx, &alike(Order::Oldest), here, n).await?.events);
    Ok(found)
}
