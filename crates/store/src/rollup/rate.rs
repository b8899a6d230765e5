//! Events an hour of each group, for what escalates.

use std::collections::HashMap;

use domain::id::Id as _;
use domain::{GroupId, Timestamp};
use uuid::Uuid;

use super::{Clause, GROUP, Grain, Span, rows};
use crate::db::Result;
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
    Ok(found)
}

/// The sum of the hourly counts of groups, and of their squares, in the hours of the span.
pub async fn spread(
    tx: &mut impl Scoped,
    groups: &[GroupId],
    span: Span,
) -> Result<HashMap<GroupId, (f64, f64)>> {
    let dialect = tx.conn().dialect();
    let mut found = HashMap::new();
    for groups in groups.chunks(200) {
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
