//! Reading events: one, a page of a filtered list, counts.

mod asked;
mod beside;
mod columns;
mod counting;
mod facets;
mod plan;
mod sample;
mod walk;

use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::Order;
use domain::{EventId, GroupId, Severity, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, Result, Sql, from_row};
use crate::group;
use crate::query::words::Within;
use crate::query::{self, Compile};
use crate::rollup::{self, Clause, Span};
use crate::scope::Scoped;
use asked::{Asked, Few, asks_words, is_of_words};

pub use beside::{seen, surrounding};
pub use facets::{facets, paths, values};
pub(crate) use plan::fill_since;
pub use plan::{count, histogram};
pub use sample::{Sampled, own, sample};
pub use walk::{Found, Listed, PAGE_BYTES};

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

/// The key of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: EventId,
    pub occurred_at: Timestamp,
}

from_row!(Key { id, occurred_at });

impl Listed for Key {
    fn position(&self) -> Position {
        Position { at: self.occurred_at, id: self.id.0 }
    }
}

impl Listed for Event {
    fn position(&self) -> Position {
        Position { at: self.occurred_at, id: self.id.0 }
    }
    fn bytes(&self) -> usize {
        self.message.len() + self.severity_text.len() + self.raw_payload.text().len()
    }
}

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

/// Ids in one statement.
const IDS: usize = 256;

const COLUMNS: &str = "SELECT id, occurred_at, ingested_at, severity, severity_text, component, service, environment, system_id, event_type,
        source_id, (SELECT s.name FROM sources s WHERE s.organization_id = e.organization_id AND s.id = e.source_id) AS source,
        message, raw_payload, fingerprint,
        COALESCE((SELECT g.merged_into FROM groups g WHERE g.organization_id = e.organization_id AND g.id = e.group_id), e.group_id) AS group_id";

pub async fn get(tx: &mut impl Scoped, id: EventId) -> Result<Option<Event>> {
    let q = tx.sql(COLUMNS).push(" FROM events e WHERE organization_id = $1 AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// Events by id, in no order; one that is not there is left out.
pub async fn by_ids(tx: &mut impl Scoped, ids: &[Uuid]) -> Result<Vec<Event>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS) {
        // Few lengths, so that few statements are prepared; a repeated id changes nothing.
        let length = ids.len().next_power_of_two();
        let padded = (0..length).filter_map(|i| ids.get(i).or(ids.last()).copied());
        let q = tx
            .sql(COLUMNS)
            .push(" FROM events e WHERE organization_id = $1 AND id IN (")
            .list(padded)
            .push(")");
        found.extend(tx.conn().all::<Event>(q).await?);
    }
    Ok(found)
}

/// The ids of all that match, in no order, compared row by row: neither the roll-ups nor the index say where to look. What
/// the list and the counts must agree with.
pub async fn ids(tx: &mut impl Scoped, filter: &EventFilter) -> Result<Vec<EventId>> {
    let groups = groups_of(tx, filter).await?;
    let asked = Asked {
        filter: filter.clone(),
        groups,
        clauses: Vec::new(),
        covered: false,
        nothing: false,
        few: None,
    };
    let q = matching(tx, tx.sql("SELECT e.id "), &asked, Within::Everything);
    let q = keyed(q, span_of(filter), None, filter.order);
    tx.conn().scalars(q).await
}

/// Up to `limit` events after `after`, in the filter's order.
pub async fn page(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    after: Option<Position>,
    limit: usize,
) -> Result<Found<Event>> {
    let asked = Asked::of(tx, filter).await?;
    walk::list(tx, COLUMNS, asked, after, limit, walk::ROW_BUDGET).await
}

/// As [`page`], the keys alone.
pub async fn keys(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    after: Option<Position>,
    limit: usize,
) -> Result<Found<Key>> {
    let asked = Asked::of(tx, filter).await?;
    walk::list(tx, "SELECT id, occurred_at", asked, after, limit, walk::ROW_BUDGET).await
}

/// Reads one stretch of the list in order: the events of `span` after `after` that match the filter's other parts.
async fn stretch(
    tx: &mut impl Scoped,
    columns: &'static str,
    asked: &Asked,
    span: Span,
    after: Option<Position>,
    limit: usize,
) -> Result<Sql> {
    let within = within(tx, asked, span).await?;
    let q = matching(tx, tx.sql(columns), asked, within);
    let q = keyed(q, span, after, asked.filter.order);
    let q = q.push(match asked.filter.order {
        Order::Newest => " ORDER BY occurred_at DESC, id DESC LIMIT ",
        Order::Oldest => " ORDER BY occurred_at, id LIMIT ",
    });
    Ok(q.arg(limit as i64))
}

/// How many events of the span match, counted one by one.
async fn tally(tx: &mut impl Scoped, asked: &Asked, span: Span) -> Result<i64> {
    let within = within(tx, asked, span).await?;
    let q = matching(tx, tx.sql("SELECT count(*) "), asked, within);
    let q = keyed(q, span, None, asked.filter.order);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Matching events of the span by second, minute or hour and severity, counted one by one.
async fn by_time(
    tx: &mut impl Scoped,
    asked: &Asked,
    span: Span,
    grain: Grain,
) -> Result<Vec<(Timestamp, [i64; 5])>> {
    let within = within(tx, asked, span).await?;
    let q = tx.sql("SELECT ").push(match (tx_dialect(tx), grain) {
        (Dialect::Sqlite, Grain::Second) => "substr(occurred_at, 1, 19) || '.000000Z'",
        (Dialect::Sqlite, Grain::Minute) => "substr(occurred_at, 1, 16) || ':00.000000Z'",
        (Dialect::Sqlite, Grain::Hour) => "substr(occurred_at, 1, 13) || ':00:00.000000Z'",
        (Dialect::Postgres, Grain::Second) => "date_trunc('second', occurred_at)",
        (Dialect::Postgres, Grain::Minute) => "date_trunc('minute', occurred_at)",
        (Dialect::Postgres, Grain::Hour) => "date_trunc('hour', occurred_at)",
    });
    let q = matching(tx, q.push(" AS start, severity, count(*) AS n "), asked, within);
    let q = keyed(q, span, None, asked.filter.order).push(" GROUP BY 1, 2");
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
    Second,
    Minute,
    Hour,
}

impl Grain {
    /// The coarsest that fills buckets of so many seconds.
    fn of(step: i64) -> Self {
        match step {
            ..60 => Self::Second,
            60..3_600 => Self::Minute,
            _ => Self::Hour,
        }
    }
}

fn tx_dialect(tx: &mut impl Scoped) -> Dialect {
    tx.conn().dialect()
}

/// The time range. A cursor replaces the bound on its side, because the database would use only one of the two.
pub(crate) fn keyed(mut q: Sql, span: Span, after: Option<Position>, order: Order) -> Sql {
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

/// The rows a statement looks at, as SQLite's index of words must be told.
async fn within(tx: &mut impl Scoped, asked: &Asked, span: Span) -> Result<Within> {
    let words = asked.filter.query.as_ref().is_some_and(|q| asks_words(&q.expr));
    if !words || tx_dialect(tx) == Dialect::Postgres {
        return Ok(Within::Everything);
    }
    if asked.few.is_some() {
        return Ok(Within::Each);
    }
    // Rows come about in the order of time. Read from the key alone.
    // SQLite only.
    let q = tx.sql("SELECT min(seq) AS first, max(seq) AS last FROM events WHERE organization_id = $1");
    let rows = tx.conn().rows(keyed(q, span, None, asked.filter.order)).await?;
    let Some(row) = rows.first() else { return Ok(Within::Everything) };
    let (first, last): (Option<i64>, Option<i64>) = (row.get("first")?, row.get("last")?);
    Ok(Within::Numbers(first.unwrap_or(1), last.unwrap_or(0)))
}

/// ` FROM … WHERE …`: everything of the filter but its time range.
fn matching(tx: &mut impl Scoped, q: Sql, asked: &Asked, within: Within) -> Sql {
    let (dialect, filter) = (tx_dialect(tx), &asked.filter);
    // Key and columns of the index have other names than those of events.
    let mut q = match (&asked.few, dialect) {
        // CROSS JOIN keeps SQLite to this order.
        (Some(Few::Words(wanted)), Dialect::Sqlite) => q
            .push(" FROM (SELECT rowid AS hit FROM event_words WHERE event_words MATCH ")
            .arg(wanted)
            .push(") w CROSS JOIN events e ON e.seq = w.hit WHERE e.organization_id = $1"),
        (Some(Few::Words(wanted)), Dialect::Postgres) => q
            .push(" FROM events_with(")
            .arg(wanted)
            .push("::text::tsquery, NULL) w JOIN events e ON e.occurred_at = w.hit_at AND e.id = w.hit WHERE e.organization_id = $1"),
        (Some(Few::Ids) | None, _) => q.push(" FROM events e WHERE organization_id = $1"),
    };
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
    for groups in &asked.groups {
        q = q.push(" AND e.group_id IN (").list(groups.iter().copied()).push(")");
    }
    let Some(wanted) = &filter.query else { return q };
    let compile = Compile { dialect, table: columns::table(dialect), within };
    for conjunct in wanted.expr.conjuncts() {
        // The index has answered these.
        if matches!(asked.few, Some(Few::Words(_))) && is_of_words(conjunct) {
            continue;
        }
        q = query::push(q.push(" AND "), conjunct, compile);
    }
    q
}

/// The condition that an event `e` matches a query, whichever rows are looked at.
pub(crate) fn matches(q: Sql, wanted: &domain::query::Query, dialect: Dialect) -> Sql {
    let compile = Compile { dialect, table: columns::table(dialect), within: Within::Each };
    query::push(q, &wanted.expr, compile)
}

/// The groups an event must be of, one of each list: a group and those that are merged into it, and those of a fingerprint.
async fn groups_of(tx: &mut impl Scoped, filter: &EventFilter) -> Result<Vec<Vec<GroupId>>> {
    let mut groups = Vec::new();
    if let Some(id) = filter.group_id {
        groups = group::rules::with_members(tx, &[id]).await?;
    }
    if let Some(fingerprint) = &filter.fingerprint {
        groups.push(group::rules::of_fingerprints(tx, std::slice::from_ref(fingerprint)).await?);
    }
    Ok(groups)
}

/// What the roll-ups know of the filter's lists.
fn clauses(filter: &EventFilter, groups: &[Vec<GroupId>]) -> Vec<Clause> {
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
        groups.iter().map(|ids| Clause {
            field: rollup::GROUP,
            values: ids.iter().map(ToString::to_string).collect(),
        }),
    );
    clauses
}

/// The filter's time range.
fn span_of(filter: &EventFilter) -> Span {
    Span { from: filter.from, to: filter.to }
}
