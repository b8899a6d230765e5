//! Reading events: one, a page of a filtered list, counts.

mod plan;
mod walk;

use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::Order;
use domain::{EventId, GroupId, Severity, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, Result, Sql, from_row};
use crate::rollup::{self, Clause, Span};
use crate::scope::Scoped;

pub(crate) use plan::fill;
pub use plan::{count, histogram};
pub use walk::{Found, page};

from_row!(Event {
    id,
    occurred_at,
    ingested_at,
    severity,
    severity_text,
    component,
    service,
    environment,
    system_id,
    event_type,
    source_id,
    source,
    message,
    raw_payload,
    fingerprint,
    group_id,
});

/// A place in the list: the key of a row, or a place between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub at: Timestamp,
    pub id: Uuid,
}

impl Position {
    /// After this, newest first, come the events before `at`.
    pub(crate) fn before(at: Timestamp) -> Self {
        Self { at, id: Uuid::nil() }
    }
    /// After this, oldest first, come the events from `at` on.
    pub(crate) fn from(at: Timestamp) -> Self {
        Self { at: at.plus_micros(-1), id: Uuid::max() }
    }
}

const COLUMNS: &str = "SELECT id, occurred_at, ingested_at, severity, severity_text, component, service, environment, system_id, event_type,
        source_id, (SELECT s.name FROM sources s WHERE s.organization_id = e.organization_id AND s.id = e.source_id) AS source,
        message, raw_payload, fingerprint, group_id
     FROM events e
     WHERE organization_id = $1";

pub async fn get(tx: &mut impl Scoped, id: EventId) -> Result<Option<Event>> {
    let q = tx.sql(COLUMNS).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// One stretch of the list in order: the events of `span` after `after` that match the filter's other parts.
async fn stretch(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    span: Span,
    after: Option<Position>,
    limit: usize,
) -> Result<Vec<Event>> {
    let q = narrow(tx.sql(COLUMNS), filter, tx_dialect(tx), tx.organization());
    let q = keyed(q, span, after, filter.order);
    let q = q.push(match filter.order {
        Order::Newest => " ORDER BY occurred_at DESC, id DESC LIMIT ",
        Order::Oldest => " ORDER BY occurred_at, id LIMIT ",
    });
    tx.conn().all(q.arg(limit as i64)).await
}

/// How many events of the span match, counted one by one.
async fn tally(tx: &mut impl Scoped, filter: &EventFilter, span: Span) -> Result<i64> {
    let q = tx.sql("SELECT count(*) FROM events e WHERE organization_id = $1");
    let q = keyed(narrow(q, filter, tx_dialect(tx), tx.organization()), span, None, filter.order);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Matching events of the span by minute or hour and severity, counted one by one.
async fn by_time(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    span: Span,
    grain: Grain,
) -> Result<Vec<(Timestamp, [i64; 5])>> {
    let dialect = tx_dialect(tx);
    let q = tx.sql("SELECT ").push(match (dialect, grain) {
        (Dialect::Sqlite, Grain::Minute) => "substr(occurred_at, 1, 16) || ':00.000000Z'",
        (Dialect::Sqlite, Grain::Hour) => "substr(occurred_at, 1, 13) || ':00:00.000000Z'",
        (Dialect::Postgres, Grain::Minute) => "date_trunc('minute', occurred_at)",
        (Dialect::Postgres, Grain::Hour) => "date_trunc('hour', occurred_at)",
    });
    let q = q.push(" AS start, severity, count(*) AS n FROM events e WHERE organization_id = $1");
    let q =
        keyed(narrow(q, filter, dialect, tx.organization()), span, None, filter.order).push(" GROUP BY 1, 2");
    let mut found = Vec::new();
    for row in tx.conn().rows(q).await? {
        let mut counts = [0; 5];
        counts[row.get::<Severity>("severity")?.rank()] = row.get("n")?;
        found.push((row.get("start")?, counts));
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug)]
enum Grain {
    Minute,
    Hour,
}

fn tx_dialect(tx: &mut impl Scoped) -> Dialect {
    tx.conn().dialect()
}

/// The time range. A cursor replaces the bound on its side, because the database would use only one of the two.
fn keyed(mut q: Sql, span: Span, after: Option<Position>, order: Order) -> Sql {
    let (from, to) = match (after, order) {
        (Some(after), Order::Newest) => {
            q = q.push(" AND (occurred_at, id) < (").arg(after.at).push(", ").arg(after.id).push(")");
            (span.from, None)
        }
        (Some(after), Order::Oldest) => {
            q = q.push(" AND (occurred_at, id) > (").arg(after.at).push(", ").arg(after.id).push(")");
            (None, span.to)
        }
        (None, _) => (span.from, span.to),
    };
    if let Some(from) = from {
        q = q.push(" AND occurred_at >= ").arg(from);
    }
    if let Some(to) = to {
        q = q.push(" AND occurred_at < ").arg(to);
    }
    q
}

/// Everything of the filter but its time range.
fn narrow(mut q: Sql, filter: &EventFilter, dialect: Dialect, organization: domain::OrganizationId) -> Sql {
    if !filter.severity.is_empty() {
        q = q.push(" AND severity IN (").list(filter.severity.iter().copied()).push(")");
    }
    for (column, values) in [
        (" AND component IN (", &filter.component),
        (" AND service IN (", &filter.service),
        (" AND environment IN (", &filter.environment),
        (" AND system_id IN (", &filter.system_id),
        (" AND event_type IN (", &filter.event_type),
    ] {
        if !values.is_empty() {
            q = q.push(column).list(values.iter()).push(")");
        }
    }
    if !filter.source_id.is_empty() {
        q = q.push(" AND source_id IN (").list(filter.source_id.iter().copied()).push(")");
    }
    for group in groups_of(filter, organization) {
        q = q.push(" AND group_id = ").arg(group);
    }
    if let Some(text) = &filter.text {
        q = contains(q, dialect, " AND message", text);
    }
    q
}

/// The groups an event must be of; a fingerprint names one too.
fn groups_of(filter: &EventFilter, organization: domain::OrganizationId) -> Vec<GroupId> {
    let derived = filter.fingerprint.as_deref().map(|f| GroupId::derive(organization, f));
    filter.group_id.into_iter().chain(derived).collect()
}

/// Case-insensitive part of a text. `column` is ` AND <column>`; SQLite's LIKE ignores the case of ASCII letters.
pub(crate) fn contains(q: Sql, dialect: Dialect, column: &'static str, text: &str) -> Sql {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let like = match dialect {
        Dialect::Sqlite => " LIKE ",
        Dialect::Postgres => " ILIKE ",
    };
    q.push(column).push(like).arg(pattern).push(" ESCAPE '\\'")
}

/// What the roll-ups know of the filter.
fn clauses(filter: &EventFilter, organization: domain::OrganizationId) -> Vec<Clause> {
    let texts =
        [&filter.component, &filter.service, &filter.environment, &filter.system_id, &filter.event_type];
    let mut clauses: Vec<Clause> = rollup::TEXT_FIELDS
        .into_iter()
        .zip(texts)
        .filter(|(_, values)| !values.is_empty())
        .map(|(field, values)| {
            let mut values = values.clone();
            values.sort_unstable();
            values.dedup();
            Clause { field, values }
        })
        .collect();
    if !filter.source_id.is_empty() {
        let mut values: Vec<String> = filter.source_id.iter().map(ToString::to_string).collect();
        values.sort_unstable();
        values.dedup();
        clauses.push(Clause { field: rollup::SOURCE, values });
    }
    clauses.extend(
        groups_of(filter, organization)
            .iter()
            .map(|id| Clause { field: rollup::GROUP, values: vec![id.to_string()] }),
    );
    clauses
}

/// The filter's time range.
fn span_of(filter: &EventFilter) -> Span {
    Span { from: filter.from, to: filter.to }
}
