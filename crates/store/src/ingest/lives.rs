//! What arriving events do to groups that were resolved or muted, in the ingest's own transaction. The upsert has locked the
//! groups, and a look after it says which of them are watched: a batch without such a group pays nothing here.

use std::collections::{HashMap, HashSet};

use domain::event::{Event, Payload};
use domain::group::life::{Arrival, Change, Mute};
use domain::id::Id as _;
use domain::{EventId, GroupChangeId, GroupId, Timestamp, query};
use uuid::Uuid;

use super::Batch;
use super::batch::Row;
use crate::db::Result;
use crate::group::life::{self, Kept};
use crate::scope::Writing;

/// `skipped`: rows that were not inserted.
pub(super) async fn arrive(
    tx: &mut impl Writing,
    batch: &Batch,
    skipped: &HashSet<u32>,
    watched: &[(GroupId, GroupId)],
    now: Timestamp,
    new_id: &(dyn Fn() -> Uuid + Sync),
) -> Result<()> {
    if watched.is_empty() {
        return Ok(());
    }
    // What becomes of a merged group becomes of the one that it is read with. Most of these are open, and are not locked.
    let mut heads: Vec<GroupId> = watched.iter().map(|(_, head)| *head).collect();
    heads.sort_unstable();
    heads.dedup();
    let heads = life::watched(tx, &heads).await?;
    if heads.is_empty() {
        return Ok(());
    }
    let kept = life::lock(tx, &heads).await?;
    let changes = {
        let mut rows = rows(batch, skipped, watched);
        let mut moved = Vec::with_capacity(kept.len());
        for kept in kept {
            let mut rows = rows.remove(&kept.id).unwrap_or_default();
            rows.sort_unstable_by_key(|row| row.at);
            let times: Vec<Timestamp> = rows.iter().map(|row| row.at).collect();
            let arrival = Arrival { times: &times, matches: matches(batch, &kept, &rows, now) };
            moved.extend(kept.life.arrive(arrival, now).map(|to| (kept, to)));
        }
        moved
    };
    let mut told = Vec::with_capacity(changes.len());
    for (kept, to) in changes {
        match to.step {
            None => life::set(tx, kept.id, &to.life).await?,
            Some(step) => told.push(Change {
                id: GroupChangeId::from_uuid(new_id()),
                group_id: kept.id,
                at: now,
                actor_id: None,
                actor: None,
                step,
                old: kept.life,
                new: to.life,
                note: None,
                action_id: None,
                undoes: None,
                other: None,
            }),
        }
    }
    life::change(tx, &told).await
}

/// By the group that they are read with.
fn rows<'a>(
    batch: &'a Batch,
    skipped: &HashSet<u32>,
    watched: &[(GroupId, GroupId)],
) -> HashMap<GroupId, Vec<&'a Row>> {
    let heads: HashMap<GroupId, GroupId> = watched.iter().copied().collect();
    let ids: Vec<Option<GroupId>> = batch.groups.iter().map(|g| heads.get(&g.id).copied()).collect();
    let mut rows: HashMap<GroupId, Vec<&Row>> = HashMap::new();
    for i in batch.order.iter().filter(|i| !skipped.contains(i)) {
        let row = &batch.rows[*i as usize];
        if let Some(id) = ids[row.group as usize] {
            rows.entry(id).or_default().push(row);
        }
    }
    rows
}

/// Whether one of the rows that occurred since the mute matches its query.
fn matches(batch: &Batch, kept: &Kept, rows: &[&Row], now: Timestamp) -> bool {
    let Some(Mute::Query { query }) = &kept.life.mute else { return false };
    let Ok(query) = query::parse(query, &query::EVENTS, now) else { return false };
    rows.iter().any(|row| row.at > kept.life.since && query.matches(&event(batch, row, kept.id, now)))
}

pub(super) fn event(batch: &Batch, row: &Row, group_id: GroupId, now: Timestamp) -> Event {
    let word = |i: u32| batch.words[i as usize].to_string();
    let [component, service, environment, system_id, event_type] = row.fields.map(|i| i.map(word));
    let group = &batch.groups[row.group as usize];
    Event {
        id: EventId(row.id),
        occurred_at: row.at,
        ingested_at: now,
        severity: row.severity,
        severity_text: word(row.severity_text),
        component,
        service,
        environment,
        system_id,
        event_type,
        source: row.source.map(word),
        source_id: None,
        message: row.message.to_string(),
        raw_payload: Payload::new(&row.raw_payload).unwrap_or_default(),
        fingerprint: group.of_events().to_owned(),
        group_id,
    }
}
