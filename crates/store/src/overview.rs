//! Key figures of a period, from roll-ups, groups and sources only.

use std::collections::HashMap;

use domain::group::Group;
use domain::id::Id as _;
use domain::overview::{Bucket, Overview};
use domain::{GroupId, Severity, Timestamp};

use crate::db::Result;
use crate::event::fill;
use crate::group;
use crate::rollup::{self, Clause, Grain, Span};
use crate::scope::Scoped;

/// Groups shown at the top.
const TOP: u32 = 10;

/// The period in whole hours: `from` is rounded down, `to` up. `step` is the seconds a bucket spans.
pub async fn get(tx: &mut impl Scoped, from: Timestamp, to: Timestamp, step: i64) -> Result<Overview> {
    let from = from.hour();
    let to = if to == to.hour() { to } else { to.hour().plus_seconds(3600) };
    let before = from.plus_micros(from.micros() - to.micros());
    let grain = if step % 86_400 == 0 { Grain::Day } else { Grain::Hour };
    let span = Span { from: Some(from), to: Some(to) };
    let series = rollup::series(tx, &Clause::everything(), &[], grain, span).await?;
    let earlier = rollup::by_severity(tx, Span { from: Some(before), to: Some(from) }).await?;
    let (events_before, severe_before) = sums(&[earlier]);
    let (events, severe) = sums(&series.iter().map(|(_, counts)| *counts).collect::<Vec<_>>());
    let q = tx
        .sql(
            "SELECT count(*) FROM groups WHERE organization_id = $1 AND first_seen >= $2 AND first_seen < $3",
        )
        .bind(from)
        .bind(to);
    let groups_new = tx.conn().scalar(q).await?.unwrap_or(0);
    let q = tx
        .sql("SELECT count(*) FROM groups WHERE organization_id = $1 AND last_seen >= $2 AND first_seen < $3")
        .bind(from)
        .bind(to);
    let groups_active = tx.conn().scalar(q).await?.unwrap_or(0);
    let q = tx.sql("SELECT count(*) FROM sources WHERE organization_id = $1");
    let sources: i64 = tx.conn().scalar(q).await?.unwrap_or(0);
    let sources_active =
        (rollup::top(tx, rollup::SOURCE, "", &[], span, 100_000).await?.len() as i64).min(sources);
    let buckets: Vec<Bucket> = fill(from, to, step, series);
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

/// The groups with most events in the period. `event_count` is the period's.
async fn top_groups(tx: &mut impl Scoped, span: Span) -> Result<Vec<Group>> {
    let top = rollup::top(tx, rollup::GROUP, "", &[], span, TOP).await?;
    let counts: HashMap<GroupId, i64> = top
        .into_iter()
        .filter_map(|(id, n)| Some((GroupId::from_uuid(uuid::Uuid::parse_str(&id).ok()?), n)))
        .collect();
    let ids: Vec<GroupId> = counts.keys().copied().collect();
    let mut groups = group::get_many(tx, &ids).await?;
    for group in &mut groups {
        group.event_count = counts.get(&group.id).copied().unwrap_or(0);
    }
    groups.sort_unstable_by(|a, b| b.event_count.cmp(&a.event_count).then_with(|| a.id.cmp(&b.id)));
    Ok(groups)
}
