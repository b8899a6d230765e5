//! Giving events of one group a group of their own.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use domain::event::Event;
use domain::filter::EventFilter;
use domain::group::Life;
use domain::page::Order;
use domain::{EventId, GroupId, Severity, Timestamp};

use crate::db::{Dialect, Result};
use crate::rollup::{self, Grain};
use crate::scope::Writing;

/// A group that is to take events of another.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitOff<'a> {
    pub id: GroupId,
    pub fingerprint: &'a str,
    pub template: &'a str,
    pub component: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub from: GroupId,
    /// What its events carry.
    pub events_fingerprint: &'a str,
}

/// Makes the group, without events yet. `first`: one of the events it will have.
pub async fn create(
    tx: &mut impl Writing,
    group: &SplitOff<'_>,
    first: &Event,
    now: Timestamp,
) -> Result<()> {
    let life = Life::born(first.occurred_at, now);
    let q = tx
        .sql(
            "INSERT INTO groups (organization_id, id, fingerprint, template, component, event_type, example, severity, event_count,
                                 first_seen, last_seen, status, status_since, split_from, events_fingerprint)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, $10, $11, $12, $13)",
        )
        .bind(group.id)
        .bind(group.fingerprint)
        .bind(group.template)
        .bind(group.component)
        .bind(group.event_type)
        .bind(&first.message[..first.message.floor_char_boundary(2000)])
        .bind(first.severity)
        .bind(first.occurred_at)
        .bind(life.status.as_str())
        .bind(life.since)
        .bind(group.from)
        .bind(group.events_fingerprint);
    tx.conn().exec_one(q).await
}

/// Locks events, and leaves those out that are gone by now. Before their groups are locked: in that order retention deletes,
/// and neither waits for the other in a circle.
pub async fn hold(tx: &mut impl Writing, events: Vec<Event>) -> Result<Vec<Event>> {
    if tx.conn().dialect() == Dialect::Sqlite {
        return Ok(events);
    }
    let mut ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    ids.sort_unstable();
    let mut there = HashSet::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        // PostgreSQL only.
        let q = tx
            .sql("SELECT id FROM events WHERE organization_id = $1 AND id IN (")
            .list(ids.iter().copied())
            .push(") ORDER BY occurred_at, id FOR UPDATE");
        there.extend(tx.conn().scalars::<EventId>(q).await?);
    }
    Ok(events.into_iter().filter(|event| there.contains(&event.id)).collect())
}

/// Moves events from one group to another, with their counts. The events are held, and both groups are locked after them.
pub async fn take(tx: &mut impl Writing, from: GroupId, to: GroupId, events: &[Event]) -> Result<()> {
    for events in events.chunks(500) {
        let q = tx
            .sql("UPDATE events SET group_id = $2 WHERE organization_id = $1 AND id IN (")
            .bind(to)
            .list(events.iter().map(|event| event.id))
            .push(")");
        tx.conn().exec(q).await?;
    }
    let mut cells: BTreeMap<(Grain, Timestamp), [i64; 5]> = BTreeMap::new();
    for event in events {
        for grain in [Grain::Hour, Grain::Day] {
            cells.entry((grain, grain.start(event.occurred_at))).or_default()[event.severity.rank()] += 1;
        }
    }
    let row =
        |group: GroupId, sign: i64, ((grain, start), counts): (&(Grain, Timestamp), &[i64; 5])| rollup::Row {
            grain: *grain,
            start: *start,
            field: rollup::GROUP,
            value: Arc::from(group.to_string()),
            counts: counts.map(|n| n * sign),
        };
    let mut rows: Vec<rollup::Row> =
        cells.iter().flat_map(|cell| [row(from, -1, cell), row(to, 1, cell)]).collect();
    rows.sort_unstable_by(|a, b| {
        (a.grain, a.start, a.field, &a.value).cmp(&(b.grain, b.start, b.field, &b.value))
    });
    rollup::add(tx, &rows).await?;
    // Nothing is left of an hour that counts nothing.
    for (grain, start) in cells.keys() {
        let q = tx
            .sql(
                "DELETE FROM event_rollups
                 WHERE organization_id = $1 AND grain = $2 AND start = $3 AND field = 'group_id' AND value = $4
                   AND info = 0 AND low = 0 AND medium = 0 AND high = 0 AND critical = 0",
            )
            .bind(*grain)
            .bind(*start)
            .bind(from.to_string());
        tx.conn().exec(q).await?;
    }
    let n = i64::try_from(events.len()).unwrap_or(i64::MAX);
    count(tx, from, -n, None).await?;
    count(tx, to, n, events.iter().map(|event| event.severity).max()).await
}

/// A group's figures after so many events came or went.
async fn count(tx: &mut impl Writing, group: GroupId, by: i64, severity: Option<Severity>) -> Result<()> {
    let newest = EventFilter::default();
    let oldest = EventFilter { order: Order::Oldest, ..EventFilter::default() };
    let (last, _) = crate::event::own(tx, group, &newest, None, 1).await?;
    let (first, _) = crate::event::own(tx, group, &oldest, None, 1).await?;
    // What retention deleted was the group's: what it was then is not known any more, and stays.
    let q = tx
        .sql(
            "UPDATE groups
             SET event_count = event_count + $3,
                 first_seen = CASE WHEN retired_count > 0 AND first_seen < $4 THEN first_seen ELSE COALESCE($4, first_seen) END,
                 last_seen = CASE WHEN retired_count > 0 AND last_seen > $5 THEN last_seen ELSE COALESCE($5, last_seen) END,
                 severity = COALESCE($6, severity)
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(group)
        .bind(by)
        .bind(first.first().map(|event| event.occurred_at))
        .bind(last.first().map(|event| event.occurred_at))
        .bind(severity);
    tx.conn().exec_one(q).await
}
