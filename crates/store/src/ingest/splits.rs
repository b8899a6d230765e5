//! Which events of a batch go to a group that was split off. The rules are read in the ingest's own transaction: one look at an
//! index that is mostly empty, so that no server keeps rules that another one has changed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::group::rule::{Condition, home};
use domain::query::Query;
use domain::{GroupId, GroupRuleId, Timestamp, query};

use super::batch::{Batch, GroupSeed};
use super::lives::event;
use crate::db::Result;
use crate::group::{self, rules};
use crate::scope::Writing;

/// The batch with the events where the splits in force leave them.
pub(super) async fn apply<'a>(
    tx: &mut impl Writing,
    batch: &'a Batch,
    now: Timestamp,
) -> Result<Cow<'a, Batch>> {
    let splits = rules::splits(tx).await?;
    let from: HashSet<GroupId> = splits.iter().map(|rule| rule.group_id).collect();
    if splits.is_empty() || !batch.groups.iter().any(|seed| from.contains(&seed.id)) {
        return Ok(Cow::Borrowed(batch));
    }
    let queries: HashMap<GroupRuleId, Query> = splits
        .iter()
        .filter_map(|rule| match &rule.split {
            Some(Condition::Query { query }) => {
                Some((rule.id, query::parse(query, &query::EVENTS, now).ok()?))
            }
            _ => None,
        })
        .collect();
    let moved: Vec<(usize, GroupId)> = batch
        .rows
        .iter()
        .enumerate()
        .filter_map(|(i, row)| {
            let seed = &batch.groups[row.group as usize];
            if !from.contains(&seed.id) {
                return None;
            }
            let to = home(&splits, seed.id, |rule| match (&rule.split, queries.get(&rule.id)) {
                (Some(Condition::Query { .. }), Some(query)) => {
                    query.matches(&event(batch, row, seed.id, now))
                }
                (Some(condition), _) => condition.holds_in(&seed.template, &row.message),
                (None, _) => false,
            });
            (to != seed.id).then_some((i, to))
        })
        .collect();
    if moved.is_empty() {
        return Ok(Cow::Borrowed(batch));
    }
    let mut targets: Vec<GroupId> = moved.iter().map(|(_, to)| *to).collect();
    targets.sort_unstable();
    targets.dedup();
    let groups = group::get_many(tx, &targets).await?;
    let mut batch = batch.clone();
    let mut seeds: HashMap<GroupId, u32> = HashMap::new();
    for (i, to) in moved {
        let Some(group) = groups.iter().find(|group| group.id == to) else { continue };
        let row = &mut batch.rows[i];
        let own = batch.groups[row.group as usize].fingerprint.clone();
        row.group = *seeds.entry(to).or_insert_with(|| {
            batch.groups.push(Arc::new(GroupSeed {
                id: group.id,
                fingerprint: group.fingerprint.clone(),
                template: group.template.clone(),
                component: group.component.clone(),
                event_type: group.event_type.clone(),
                events_fingerprint: Some(own),
            }));
            batch.groups.len() as u32 - 1
        });
    }
    Ok(Cow::Owned(batch))
}
