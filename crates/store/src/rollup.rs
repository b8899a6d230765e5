//! Roll-ups: events an hour and a day per field and value, by severity, and of all events a minute too. Written with the
//! events, they answer histograms, facets and counts, and tell a filtered list which hours can hold a match.

pub mod rate;
mod rebuild;

use std::collections::HashMap;
use std::sync::Arc;

use domain::page::Order;
use domain::{Severity, Timestamp};

use crate::db::{Arg, Dialect, Insert, Kind, Result, Sql, ToArg};
use crate::group;
use crate::scope::{Scoped, Writing};

pub use rebuild::{check, rebuild};

/// The field that counts every event, under the value `""`.
pub const TOTAL: &str = "";
pub const SOURCE: &str = "source_id";
pub const GROUP: &str = "group_id";
/// The fields whose value is text of the event, named as their columns.
pub const TEXT_FIELDS: [&str; 5] = ["component", "service", "environment", "system_id", "event_type"];

/// The length of time that one row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Of all events alone.
    Minute,
    Hour,
    /// A day in UTC.
    Day,
}

impl Grain {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
    fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }
    /// The start of the minute, hour or day that holds the instant.
    pub(crate) fn start(self, at: Timestamp) -> Timestamp {
        let length = self.seconds() * 1_000_000;
        at.plus_micros(-at.micros().rem_euclid(length))
    }
    /// The first start at or after the instant.
    pub(crate) fn start_after(self, at: Timestamp) -> Timestamp {
        let start = self.start(at);
        if start == at { at } else { start.plus_seconds(self.seconds()) }
    }
}

impl ToArg for Grain {
    const KIND: Kind = Kind::Text;
    fn to_arg(self) -> Arg {
        self.as_str().to_arg()
    }
}

/// Counts of one field's value; under [`TOTAL`] those of all events, which lie in `event_totals`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub grain: Grain,
    pub start: Timestamp,
    pub field: &'static str,
    pub value: Arc<str>,
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

impl Span {
    /// The parts that the rows of each grain answer: whole days, and the hours at both ends.
    fn parts(self) -> Vec<(Grain, Self)> {
        let from = self.from.map(|from| Grain::Hour.start(from));
        let to = self.to.map(|to| Grain::Hour.start_after(to));
        let first = from.map(|from| Grain::Day.start_after(from));
        let last = to.map(|to| Grain::Day.start(to));
        if let (Some(first), Some(last)) = (first, last)
            && first >= last
        {
            return vec![(Grain::Hour, Self { from, to })];
        }
        let mut parts = vec![(Grain::Day, Self { from: first, to: last })];
        if from != first {
            parts.push((Grain::Hour, Self { from, to: first }));
        }
        if to != last {
            parts.push((Grain::Hour, Self { from: last, to }));
        }
        parts
    }
}

static ADD: Insert = Insert {
    head: "INSERT INTO event_rollups (organization_id, grain, start, field, value, info, low, medium, high, critical) VALUES",
    columns: 10,
    tail: "ON CONFLICT (organization_id, grain, start, field, value) DO UPDATE
           SET info = event_rollups.info + excluded.info,
               low = event_rollups.low + excluded.low,
               medium = event_rollups.medium + excluded.medium,
               high = event_rollups.high + excluded.high,
               critical = event_rollups.critical + excluded.critical",
};

static ADD_TOTALS: Insert = Insert {
    head: "INSERT INTO event_totals (organization_id, grain, start, info, low, medium, high, critical) VALUES",
    columns: 8,
    tail: "ON CONFLICT (organization_id, grain, start) DO UPDATE
           SET info = event_totals.info + excluded.info,
               low = event_totals.low + excluded.low,
               medium = event_totals.medium + excluded.medium,
               high = event_totals.high + excluded.high,
               critical = event_totals.critical + excluded.critical",
};

/// Adds to the stored counts. The rows are sorted by grain, start, field and value, each at most once.
pub(crate) async fn add(tx: &mut impl Writing, rows: &[Row]) -> Result<()> {
    let organization = tx.organization();
    let (totals, values): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.field == TOTAL);
    let args = totals.iter().flat_map(|row| {
        let [info, low, medium, high, critical] = row.counts.map(Arg::Int);
        [organization.to_arg(), row.grain.to_arg(), row.start.to_arg(), info, low, medium, high, critical]
    });
    tx.conn().insert_many(&ADD_TOTALS, totals.len(), args).await?;
    let args = values.iter().flat_map(|row| {
        let [info, low, medium, high, critical] = row.counts.map(Arg::Int);
        let value = Arg::Shared(Arc::clone(&row.value));
        let [organization, grain, start] = [organization.to_arg(), row.grain.to_arg(), row.start.to_arg()];
        [organization, grain, start, row.field.to_arg(), value, info, low, medium, high, critical]
    });
    tx.conn().insert_many(&ADD, values.len(), args).await?;
    Ok(())
}

/// Events of each clause in the hours that overlap the span, in one statement.
pub async fn totals(
    tx: &mut impl Scoped,
    clauses: &[Clause],
    severity: &[Severity],
    span: Span,
) -> Result<Vec<i64>> {
    let dialect = tx.conn().dialect();
    if clauses.is_empty() {
        return Ok(Vec::new());
    }
    let mut q =
        tx.sql("SELECT CAST(SUM(n) AS BIGINT) FROM (SELECT $1 AS organization_id, 0 AS position, 0 AS n");
    for (position, clause) in clauses.iter().enumerate() {
        for (grain, part) in span.parts() {
            q = q.push(" UNION ALL SELECT NULL, ").arg(position as i64 + 1).push(", COALESCE(SUM(");
            q = rows(sum(q, clause, severity).push("), 0)"), dialect, clause, grain, part);
        }
    }
    q = q.push(") AS counted WHERE position > 0 GROUP BY position ORDER BY position");
    tx.conn().scalars(q).await
}

/// Days in a span from which on the days with events are found before their hours.
const LONG: i64 = 3;
/// Days whose hours are looked at in one go.
const DAYS: u32 = 31;

/// The next hours in which a clause has events, in the list's order, with how many, and whether there can be more: at most
/// `limit` of them, and none only when there are no more.
pub async fn hours(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    span: Span,
    order: Order,
    limit: u32,
) -> Result<(Vec<(Timestamp, i64)>, bool)> {
    let short = matches!((span.from, span.to), (Some(from), Some(to)) if to.seconds() - from.seconds() < LONG * 86_400);
    if short || clause.field == TOTAL {
        let found = starts(tx, clause, severity, Grain::Hour, span, order, limit).await?;
        let more = found.len() == limit as usize;
        return Ok((found, more));
    }
    let mut outer = span;
    loop {
        let days = starts(tx, clause, severity, Grain::Day, outer, order, DAYS).await?;
        let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else {
            return Ok((Vec::new(), false));
        };
        let (first, last) = (*first.min(last), *first.max(last));
        let inner = Span {
            from: Some(span.from.map_or(first, |from| from.max(first))),
            to: Some(span.to.map_or(last.plus_seconds(86_400), |to| to.min(last.plus_seconds(86_400)))),
        };
        let found = starts(tx, clause, severity, Grain::Hour, inner, order, limit).await?;
        let more = days.len() == DAYS as usize;
        // The events of the days at the span's ends can lie outside of it.
        if !found.is_empty() || !more {
            let more = more || found.len() == limit as usize;
            return Ok((found, more));
        }
        match order {
            Order::Newest => outer.to = Some(first),
            Order::Oldest => outer.from = Some(last.plus_seconds(86_400)),
        }
    }
}

/// The next `limit` hours or days in which a clause has events.
async fn starts(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    grain: Grain,
    span: Span,
    order: Order,
    limit: u32,
) -> Result<Vec<(Timestamp, i64)>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql("SELECT t.start, CAST(SUM(");
    let q = rows(sum(q, clause, severity).push(") AS BIGINT) AS n"), dialect, clause, grain, span);
    let q = sum(q.push(" GROUP BY t.start HAVING SUM("), clause, severity).push(match order {
        Order::Newest => ") > 0 ORDER BY t.start DESC LIMIT ",
        Order::Oldest => ") > 0 ORDER BY t.start LIMIT ",
    });
    pairs(tx, q.arg(limit)).await
}

/// Events of a clause in each of these hours.
pub async fn by_hour(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    hours: &[Timestamp],
) -> Result<HashMap<Timestamp, i64>> {
    let dialect = tx.conn().dialect();
    let (Some(first), Some(last)) = (hours.iter().min(), hours.iter().max()) else {
        return Ok(HashMap::new());
    };
    // A few hours of a long time are looked up, many are read in one go.
    let few = hours.len() <= LOOKED_UP;
    let span = Span { from: Some(*first), to: Some(last.plus_seconds(3600)) };
    let q = tx.sql("SELECT t.start, CAST(SUM(");
    let mut q = rows(sum(q, clause, severity).push(") AS BIGINT) AS n"), dialect, clause, Grain::Hour, span);
    if few {
        q = q.push(" AND t.start IN (").list(hours.iter().copied()).push(")");
    }
    Ok(pairs(tx, q.push(" GROUP BY t.start")).await?.into_iter().collect())
}

/// Hours that are looked up one by one.
const LOOKED_UP: usize = 100;

async fn pairs(tx: &mut impl Scoped, q: Sql) -> Result<Vec<(Timestamp, i64)>> {
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("start")?, row.get("n")?))).collect()
}

/// Events of a clause by severity, in time order: by the minute (all events only), by the hour, or by the day with the hours
/// at the span's ends. Severities that are not asked for are 0.
pub async fn series(
    tx: &mut impl Scoped,
    clause: &Clause,
    severity: &[Severity],
    grain: Grain,
    span: Span,
) -> Result<Vec<(Timestamp, [i64; 5])>> {
    let dialect = tx.conn().dialect();
    let parts = match grain {
        Grain::Minute | Grain::Hour => vec![(grain, span)],
        Grain::Day => span.parts(),
    };
    let mut found = Vec::new();
    for (grain, part) in parts {
        let q = rows(
            tx.sql("SELECT t.start ").push(SUMS[usize::from(clause.field == TOTAL)]),
            dialect,
            clause,
            grain,
            part,
        );
        for row in tx.conn().rows(q.push(" GROUP BY t.start")).await? {
            found.push((row.get("start")?, counts(&row, severity)?));
        }
    }
    found.sort_unstable_by_key(|(start, _)| *start);
    Ok(found)
}

/// All events of the hours that overlap the span, by severity.
pub async fn by_severity(tx: &mut impl Scoped, span: Span) -> Result<[i64; 5]> {
    let dialect = tx.conn().dialect();
    let mut sums = [0; 5];
    for (grain, part) in span.parts() {
        let q = rows(tx.sql("SELECT 0 ").push(SUMS[1]), dialect, &Clause::everything(), grain, part);
        for row in tx.conn().rows(q).await? {
            for (sum, n) in sums.iter_mut().zip(counts(&row, &[])?) {
                *sum += n;
            }
        }
    }
    Ok(sums)
}

/// A sum for each severity, of values and of all events.
const SUMS: [&str; 2] = [
    ", CAST(COALESCE(SUM(r.info), 0) AS BIGINT) AS info, CAST(COALESCE(SUM(r.low), 0) AS BIGINT) AS low,
      CAST(COALESCE(SUM(r.medium), 0) AS BIGINT) AS medium, CAST(COALESCE(SUM(r.high), 0) AS BIGINT) AS high,
      CAST(COALESCE(SUM(r.critical), 0) AS BIGINT) AS critical",
    ", CAST(COALESCE(SUM(t.info), 0) AS BIGINT) AS info, CAST(COALESCE(SUM(t.low), 0) AS BIGINT) AS low,
      CAST(COALESCE(SUM(t.medium), 0) AS BIGINT) AS medium, CAST(COALESCE(SUM(t.high), 0) AS BIGINT) AS high,
      CAST(COALESCE(SUM(t.critical), 0) AS BIGINT) AS critical",
];

fn counts(row: &crate::db::Row, severity: &[Severity]) -> Result<[i64; 5]> {
    let mut counts = [0; 5];
    for s in Severity::ALL {
        if severity.is_empty() || severity.contains(&s) {
            counts[s.rank()] = row.get(s.as_str())?;
        }
    }
    Ok(counts)
}

/// The most frequent values of a field that contain a text in any case, the largest first.
pub async fn top(
    tx: &mut impl Scoped,
    field: &'static str,
    within: &str,
    severity: &[Severity],
    span: Span,
    limit: u32,
) -> Result<Vec<(String, i64)>> {
    let q = by_value(tx, &Clause { field, values: Vec::new() }, within, severity, span)
        .push(" HAVING SUM(n) > 0 ORDER BY n DESC, value LIMIT ")
        .arg(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("value")?, row.get("n")?))).collect()
}

/// `SELECT value, n … GROUP BY value` over the parts of the span.
fn by_value(tx: &mut impl Scoped, clause: &Clause, within: &str, severity: &[Severity], span: Span) -> Sql {
    let dialect = tx.conn().dialect();
    let mut q = tx.sql("SELECT value, CAST(SUM(n) AS BIGINT) AS n FROM (");
    for (i, (grain, part)) in span.parts().into_iter().enumerate() {
        q = q.push(if i == 0 { "SELECT r.value, SUM(" } else { " UNION ALL SELECT r.value, SUM(" });
        q = rows(sum(q, clause, severity).push(") AS n"), dialect, clause, grain, part);
        if !within.is_empty() {
            q = group::contains(q, dialect, " AND r.value", within);
        }
        q = q.push(" GROUP BY r.value");
    }
    q.push(") AS counted GROUP BY value")
}

/// The first and the last hour with events.
pub async fn extent(tx: &mut impl Scoped) -> Result<Option<(Timestamp, Timestamp)>> {
    let q = tx.sql(
        "SELECT min(start) AS first, max(start) AS last
         FROM event_totals
         WHERE organization_id = $1 AND grain = 'hour'",
    );
    let rows = tx.conn().rows(q).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.get::<Option<Timestamp>>("first")?.zip(row.get("last")?))
}

/// ` FROM … WHERE …`: the rows of a clause; no values are all of the field. The totals `t` say which hours or days there
/// are, and each leads to its values `r` by the key. Both databases are kept to that order: PostgreSQL would read all
/// roll-ups and join them by a hash.
fn rows(q: Sql, dialect: Dialect, clause: &Clause, grain: Grain, span: Span) -> Sql {
    let mut q = if clause.field == TOTAL {
        q.push(" FROM event_totals t WHERE t.organization_id = $1 AND t.grain = ").arg(grain)
    } else {
        let q = match dialect {
            Dialect::Sqlite => q.push(" FROM event_totals t CROSS JOIN event_rollups r WHERE r.organization_id = $1"),
            Dialect::Postgres => q.push(
                " FROM event_totals t CROSS JOIN LATERAL (SELECT r.* FROM event_rollups r WHERE r.organization_id = $1",
            ),
        };
        let q = q.push(" AND r.grain = t.grain AND r.start = t.start AND r.field = ").arg(clause.field);
        let q = match clause.values.as_slice() {
            [] => q,
            [value] => q.push(" AND r.value = ").arg(value),
            values => q.push(" AND r.value IN (").list(values.iter()).push(")"),
        };
        let q = match dialect {
            Dialect::Sqlite => q.push(" AND t.organization_id = $1 AND t.grain = "),
            // OFFSET 0 keeps the planner from joining in another order.
            Dialect::Postgres => q.push(" OFFSET 0) r WHERE t.organization_id = $1 AND t.grain = "),
        };
        q.arg(grain)
    };
    if let Some(from) = span.from {
        q = q.push(" AND t.start >= ").arg(grain.start(from));
    }
    if let Some(to) = span.to {
        q = q.push(" AND t.start < ").arg(to);
    }
    q
}

/// The sum of the chosen severities' columns; none chosen is all of them.
fn sum(mut q: Sql, clause: &Clause, severity: &[Severity]) -> Sql {
    let mut between = "";
    for s in Severity::ALL.into_iter().filter(|s| severity.is_empty() || severity.contains(s)) {
        q = q.push(between).push(counts_of(clause)).push(s.as_str());
        between = " + ";
    }
    q
}

/// Where the counts of a clause stand in [`rows`].
fn counts_of(clause: &Clause) -> &'static str {
    if clause.field == TOTAL { "t." } else { "r." }
}
