//! Hourly roll-ups: events an hour per field and value, by severity. Written with the events, they answer histograms, facets
//! and counts, and tell a filtered list which hours can hold a match.

mod rebuild;

use std::collections::HashMap;
use std::sync::Arc;

use domain::page::Order;
use domain::{Severity, Timestamp};

use crate::db::{Arg, Insert, Result, Sql, ToArg as _};
use crate::scope::{Scoped, Writing};

pub use rebuild::{check, rebuild};

/// The field that counts every event, under the value `""`.
pub const TOTAL: &str = "";
pub const SOURCE: &str = "source_id";
pub const GROUP: &str = "group_id";
/// The fields whose value is text of the event, named as their columns.
pub const TEXT_FIELDS: [&str; 5] = ["component", "service", "environment", "system_id", "event_type"];

/// One row of `event_rollups`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub field: &'static str,
    pub value: Arc<str>,
    pub hour: Timestamp,
    /// In the order of [`Severity::ALL`].
    pub counts: [i64; 5],
}

/// A field with the values that match; events of several values of one field are disjoint, so their counts add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub field: &'static str,
    pub values: Vec<String>,
}

impl Clause {
    pub fn everything() -> Self {
        Self { field: TOTAL, values: vec![String::new()] }
    }
}

/// From inclusive, to exclusive; hours are taken when they overlap it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

static ADD: Insert = Insert {
    head: "INSERT INTO event_rollups (organization_id, field, value, hour, info, low, medium, high, critical) VALUES",
    columns: 9,
    tail: "ON CONFLICT (organization_id, field, value, hour) DO UPDATE
           SET info = event_rollups.info + excluded.info,
               low = event_rollups.low + excluded.low,
               medium = event_rollups.medium + excluded.medium,
               high = event_rollups.high + excluded.high,
               critical = event_rollups.critical + excluded.critical",
};

/// Adds to the stored counts. The rows are sorted by field, value and hour, each at most once.
pub(crate) async fn add(tx: &mut impl Writing, rows: &[Row]) -> Result<()> {
    let organization = tx.organization();
    let args = rows.iter().flat_map(|row| {
        let [info, low, medium, high, critical] = row.counts.map(Arg::Int);
        let value = Arg::Shared(Arc::clone(&row.value));
        [
            organization.to_arg(),
            row.field.to_arg(),
            value,
            row.hour.to_arg(),
            info,
            low,
            medium,
            high,
            critical,
        ]
    });
    tx.conn().insert_many(&ADD, rows.len(), args).await?;
    Ok(())
}

/// Events of each clause in the hours that overlap the span, in one statement.
pub async fn totals(
    tx: &mut impl Scoped,
    clauses: &[Clause],
    severity: &[Severity],
    span: Span,
) -> Result<Vec<i64>> {
    if clauses.is_empty() {
        return Ok(Vec::new());
    }
    let mut q = tx.sql("SELECT n FROM (SELECT $1 AS organization_id, 0 AS position, 0 AS n");
    for (position, clause) in clauses.iter().enumerate() {
        q = q.push(" UNION ALL SELECT NULL, ").arg(position as i64 + 1).push(", CAST(COALESCE(SUM(");
        q = sum(q, severity).push("), 0) AS BIGINT) FROM event_rollups WHERE organization_id = $1");
        q = within(narrow(q, clause), span);
    }
    let counts: Vec<i64> =
        tx.conn().scalars(q.push(") AS counted WHERE position > 0 ORDER BY position")).await?;
    Ok(counts)
}

/// The next `limit` hours in which a clause has events, in the list's order, with how many.
pub async fn hours(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    span: Span,
    order: Order,
    limit: u32,
) -> Result<Vec<(Timestamp, i64)>> {
    let q = tx.sql("SELECT hour, CAST(SUM(");
    let q = sum(q, severity).push(") AS BIGINT) AS n FROM event_rollups WHERE organization_id = $1");
    let q = within(narrow(q, clause), span).push(" GROUP BY hour HAVING SUM(");
    let q = sum(q, severity).push(match order {
        Order::Newest => ") > 0 ORDER BY hour DESC LIMIT ",
        Order::Oldest => ") > 0 ORDER BY hour LIMIT ",
    });
    pairs(tx, q.arg(limit)).await
}

/// Events of a clause in each of these hours, which lie between the first and the last (in either order).
pub async fn by_hour(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    hours: &[Timestamp],
) -> Result<HashMap<Timestamp, i64>> {
    let (Some(first), Some(last)) = (hours.first(), hours.last()) else { return Ok(HashMap::new()) };
    let q = tx.sql("SELECT hour, CAST(SUM(");
    let q = sum(q, severity).push(") AS BIGINT) AS n FROM event_rollups WHERE organization_id = $1");
    let q = narrow(q, clause);
    // A few hours of a long time are looked up, many are read in one go.
    let q = if hours.len() <= LOOKED_UP {
        q.push(" AND hour IN (").list(hours.iter().copied()).push(")")
    } else {
        within(q, Span { from: Some(*first.min(last)), to: Some(first.max(last).plus_seconds(1)) })
    };
    Ok(pairs(tx, q.push(" GROUP BY hour")).await?.into_iter().collect())
}

/// Hours that are looked up one by one.
const LOOKED_UP: usize = 100;

async fn pairs(tx: &mut impl Scoped, q: Sql) -> Result<Vec<(Timestamp, i64)>> {
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("hour")?, row.get("n")?))).collect()
}

/// Events of a clause by hour and severity, in time order. Severities that are not asked for are 0.
pub async fn series(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    span: Span,
) -> Result<Vec<(Timestamp, [i64; 5])>> {
    // Grown below.
    // Grown below.
    let q = tx.sql(
        "SELECT hour, CAST(SUM(info) AS BIGINT) AS info, CAST(SUM(low) AS BIGINT) AS low, CAST(SUM(medium) AS BIGINT) AS medium,
                CAST(SUM(high) AS BIGINT) AS high, CAST(SUM(critical) AS BIGINT) AS critical
         FROM event_rollups
         WHERE organization_id = $1",
    );
    let q = within(narrow(q, clause), span).push(" GROUP BY hour ORDER BY hour");
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            let mut counts = [0; 5];
            for s in Severity::ALL {
                if severity.is_empty() || severity.contains(&s) {
                    counts[s.rank()] = row.get(s.as_str())?;
                }
            }
            Ok((row.get("hour")?, counts))
        })
        .collect()
}

/// The most frequent values of a field, the largest first.
pub async fn top(
    tx: &mut impl Scoped,
    field: &'static str,
    severity: &[Severity],
    span: Span,
    limit: u32,
) -> Result<Vec<(String, i64)>> {
    let q = tx.sql("SELECT value, CAST(SUM(");
    let q = sum(q, severity)
        .push(") AS BIGINT) AS n FROM event_rollups WHERE organization_id = $1 AND field = ")
        .arg(field);
    let q = within(q, span).push(" GROUP BY value HAVING SUM(");
    let q = sum(q, severity).push(") > 0 ORDER BY n DESC, value LIMIT ").arg(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("value")?, row.get("n")?))).collect()
}

/// Events of each of these values of a field.
pub async fn of_values(
    tx: &mut impl Scoped,
    field: &'static str,
    values: &[String],
    span: Span,
) -> Result<HashMap<String, i64>> {
    let mut found = HashMap::new();
    for values in values.chunks(500) {
        // Grown below.
        // Grown below.
        let q = tx.sql(
            "SELECT value, CAST(SUM(info + low + medium + high + critical) AS BIGINT) AS n FROM event_rollups WHERE organization_id = $1",
        );
        let q = within(narrow(q, &Clause { field, values: values.to_vec() }), span).push(" GROUP BY value");
        for row in tx.conn().rows(q).await? {
            found.insert(row.get("value")?, row.get("n")?);
        }
    }
    Ok(found)
}

/// The first and the last hour with events.
pub async fn extent(tx: &mut impl Scoped) -> Result<Option<(Timestamp, Timestamp)>> {
    let q = tx.sql(
        "SELECT min(hour) AS first, max(hour) AS last
         FROM event_rollups
         WHERE organization_id = $1 AND field = '' AND value = ''",
    );
    let rows = tx.conn().rows(q).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.get::<Option<Timestamp>>("first")?.zip(row.get("last")?))
}

/// The sum of the chosen severities' columns; none chosen is all of them.
fn sum(mut q: Sql, severity: &[Severity]) -> Sql {
    if severity.is_empty() {
        return q.push("info + low + medium + high + critical");
    }
    q = q.push("0");
    for s in Severity::ALL.iter().filter(|s| severity.contains(s)) {
        q = q.push(match s {
            Severity::Info => " + info",
            Severity::Low => " + low",
            Severity::Medium => " + medium",
            Severity::High => " + high",
            Severity::Critical => " + critical",
        });
    }
    q
}

fn narrow(q: Sql, clause: &Clause) -> Sql {
    let q = q.push(" AND field = ").arg(clause.field);
    match clause.values.as_slice() {
        [value] => q.push(" AND value = ").arg(value),
        values => q.push(" AND value IN (").list(values.iter()).push(")"),
    }
}

fn within(mut q: Sql, span: Span) -> Sql {
    if let Some(from) = span.from {
        q = q.push(" AND hour >= ").arg(from.hour());
    }
    if let Some(to) = span.to {
        q = q.push(" AND hour < ").arg(to);
    }
    q
}
