//! Events an hour of each group, for what escalates.

use std::collections::{HashMap, HashSet};

use domain::id::Id as _;
use domain::{GroupId, Timestamp};
use uuid::Uuid;

use super::{Clause, GROUP, Grain, Span, rows, series};
use crate::db::Result;
use crate::group;
use crate::scope::Scoped;

/// Groups that have at least so many events in the hour or in the one after it, with the larger number.
pub async fn loud(tx: &mut impl Scoped, hour: Timestamp, least: i64) -> Result<HashMap<GroupId, i64>> {
    let q = tx
        .sql(
            "SELECT value, MAX(info + low + medium + high + critical) AS n
             FROM event_rollups
             WHERE organization_id = $1 AND grain = 'hour' AND start IN ($2, $3) AND field = $4
             GROUP BY value
             HAVING MAX(info + low + medium + high + critical) >= $5",
        )
        .bind(hour)
        .bind(hour.plus_seconds(3600))
        .bind(GROUP)
        .bind(least);
    let mut found = HashMap::new();
    for row in tx.conn().rows(q).await? {
        if let Ok(id) = Uuid::parse_str(&row.get::<String>("value")?) {
            found.insert(GroupId::from_uuid(id), row.get("n")?);
        }
    }
    together(tx, hour, least, &mut found).await?;
    Ok(found)
}

/// Groups that are read together are as loud as all of them.
async fn together(
    tx: &mut impl Scoped,
    hour: Timestamp,
    least: i64,
    found: &mut HashMap<GroupId, i64>,
) -> Result<()> {
    let merged = group::rules::merged(tx).await?;
    if merged.is_empty() {
        return Ok(());
    }
    let mut all: Vec<GroupId> = merged.iter().flat_map(|(id, head)| [*id, *head]).collect();
    all.sort_unstable();
    all.dedup();
    let mut hours: HashMap<(GroupId, Timestamp), i64> = HashMap::new();
    for ids in all.chunks(500) {
        let q = tx
            .sql(
                "SELECT value, start, info + low + medium + high + critical AS n
                 FROM event_rollups
                 WHERE organization_id = $1 AND grain = 'hour' AND start IN ($2, $3) AND field = $4 AND value IN (",
            )
            .bind(hour)
            .bind(hour.plus_seconds(3600))
            .bind(GROUP)
            .list(ids.iter().map(ToString::to_string))
            .push(")");
        for row in tx.conn().rows(q).await? {
            if let Ok(id) = Uuid::parse_str(&row.get::<String>("value")?) {
                let id = GroupId::from_uuid(id);
                let head = merged.get(&id).copied().unwrap_or(id);
                *hours.entry((head, row.get("start")?)).or_default() += row.get::<i64>("n")?;
            }
        }
    }
    for id in &all {
        found.remove(id);
    }
    for ((head, _), n) in hours.into_iter().filter(|(_, n)| *n >= least) {
        let most = found.entry(head).or_default();
        *most = n.max(*most);
    }
    Ok(())
}

/// The sum of the hourly counts of groups, and of their squares, in the hours of the span.
pub async fn spread(
    tx: &mut impl Scoped,
    groups: &[GroupId],
    span: Span,
) -> Result<HashMap<GroupId, (f64, f64)>> {
    let dialect = tx.conn().dialect();
    let mut found = HashMap::new();
    let heads: HashSet<GroupId> = group::rules::merged(tx).await?.into_values().collect();
    let (several, alone): (Vec<GroupId>, Vec<GroupId>) = groups.iter().partition(|id| heads.contains(id));
    for ids in group::rules::with_members(tx, &several).await? {
        let clause = Clause { field: GROUP, values: ids.iter().map(ToString::to_string).collect() };
        let counts = series(tx, &clause, &[], Grain::Hour, span).await?;
        let sums = counts.iter().map(|(_, counts)| counts.iter().sum::<i64>() as f64);
        let spread = sums.fold((0.0, 0.0), |(n, squares), hour| (n + hour, squares + hour * hour));
        if let (Some(head), false) = (ids.first(), counts.is_empty()) {
            found.insert(*head, spread);
        }
    }
    for groups in alone.chunks(200) {
        let clause = Clause { field: GROUP, values: groups.iter().map(ToString::to_string).collect() };
        // Grown below.
        let q = tx
            .sql("SELECT r.value, SUM(CAST(r.info + r.low + r.medium + r.high + r.critical AS DOUBLE PRECISION)) AS n, SUM(CAST(r.info + r.low + r.medium + r.high + r.critical AS DOUBLE PRECISION) * (r.info + r.low + r.medium + r.high + r.critical)) AS squares");
        let q = rows(q, dialect, &clause, Grain::Hour, span).push(" GROUP BY r.value");
        for row in tx.conn().rows(q).await? {
            if let Ok(id) = Uuid::parse_str(&row.get::<String>("value")?) {
                found.insert(GroupId::from_uuid(id), (row.get("n")?, row.get("squares")?));
            }
        }
    }
    Ok(found)
}
