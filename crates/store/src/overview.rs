//! Key figures of a period, from roll-ups, groups and sources only.

use std::collections::HashMap;

use domain::group::Group;
use domain::id::Id as _;
use domain::overview::{Bucket, Overview};
use domain::{GroupId, Severity, Timestamp};

use crate::db::Result;
use crate::event::fill_since;
use crate::group;
use crate::rollup::{self, Clause, Grain, Span};
use crate::scope::Scoped;

/// Groups shown at the top.
const TOP: u32 = 10;

/// The period in whole hours: `from` is rounded down, `to` up. `step` is the seconds a bucket spans; the first begins at `from`.
pub async fn get(tx: &mut impl Scoped, from: Timestamp, to: Timestamp, step: i64) -> Result<Overview> {
    let from = from.hour();
    let to = if to == to.hour() { to } else { to.hour().plus_seconds(3600) };
    let before = from.plus_micros(from.micros() - to.micros());
    let span = Span { from: Some(from), to: Some(to) };
    let series = rollup::series(tx, &Clause::everything(), &[], Grain::Hour, span).await?;
    let earlier = rollup::by_severity(tx, Span { from: Some(before), to: Some(from) }).await?;
    let (events_before, severe_before) = sums(&[earlier]);
    let (events, severe) = sums(&series.iter().map(|(_, counts)| *counts).collect::<Vec<_>>());
    let groups_new = group::count_seen(tx, group::Seen::First, from, to).await?;
    let groups_active = group::count_seen(tx, group::Seen::Last, from, to).await?;
    let q = tx.sql("SELECT count(*) FROM sources WHERE organization_id = $1");
    let sources: i64 = tx.conn().scalar(q).await?.unwrap_or(0);
    let sources_active =
        (rollup::top(tx, rollup::SOURCE, "", &[], span, 100_000).await?.len() as i64).min(sources);
    let buckets: Vec<Bucket> = fill_since(from, (from, to), step, series);
    let top_groups = top_groups(tx, span).await?;
    Ok(Overview {
        from,
        to,
        step,
        events,
        events_before,
        severe,
        severe_before,
        groups_new,
        groups_active,
        sources_active,
        sources_quiet: sources - sources_active,
        buckets,
        top_groups,
    })
}

/// All events, and the high and critical ones.
fn sums(series: &[[i64; 5]]) -> (i64, i64) {
    let severe = [Severity::High.rank(), Severity::Critical.rank()];
    series.iter().fold((0, 0), |(all, bad), counts| {
        (all + counts.iter().sum::<i64>(), bad + severe.iter().map(|s| counts[*s]).sum::<i64>())
    })
}

/// The groups that others are merged into, each with these after it.
async fn together(tx: &mut impl Scoped) -> Result<Vec<Vec<GroupId>>> {
    let mut heads: Vec<GroupId> = group::rules::merged(tx).await?.into_values().collect();
    heads.sort_unstable();
    heads.dedup();
    if heads.is_empty() { Ok(Vec::new()) } else { group::rules::with_members(tx, &heads).await }
}

/// The groups with most events in the period. `event_count` is the period's.
async fn top_groups(tx: &mut impl Scoped, span: Span) -> Result<Vec<Group>> {
    // The roll-ups count each group for itself: those that are read together are left out of the ranking and added up.
    let together = together(tx).await?;
    let several: usize = together.iter().map(Vec::len).sum();
    let limit = TOP + u32::try_from(several).unwrap_or(u32::MAX - TOP);
    let top = rollup::top(tx, rollup::GROUP, "", &[], span, limit).await?;
    let mut counts: HashMap<GroupId, i64> = top
        .into_iter()
        .filter_map(|(id, n)| Some((GroupId::from_uuid(uuid::Uuid::parse_str(&id).ok()?), n)))
        .collect();
    let clause = |ids: &Vec<GroupId>| Clause {
        field: rollup::GROUP,
        values: ids.iter().map(ToString::to_string).collect(),
    };
    for together in together.chunks(100) {
        let clauses: Vec<Clause> = together.iter().map(clause).collect();
        for (ids, n) in together.iter().zip(rollup::totals(tx, &clauses, &[], span).await?) {
            counts.retain(|id, _| !ids.contains(id));
            if let (Some(head), true) = (ids.first(), n > 0) {
                counts.insert(*head, n);
            }
        }
    }
    let mut ranked: Vec<(GroupId, i64)> = counts.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.truncate(TOP as usize);
    let counts: HashMap<GroupId, i64> = ranked.into_iter().collect();
    let ids: Vec<GroupId> = counts.keys().copied().collect();
    let mut groups = group::get_many(tx, &ids).await?;
    for group in &mut groups {
        group.event_count = counts.get(&group.id).copied().unwrap_or(0);
    }
    groups.sort_unstable_by(|a, b| b.event_count.cmp(&a.event_count).then_with(|| a.id.cmp(&b.id)));
    Ok(groups)
}
