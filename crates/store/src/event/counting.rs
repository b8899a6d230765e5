//! Events counted by the values they have, in the database: all that match where so many rows may be read, else the first
//! of the list.

use domain::filter::EventFilter;
use domain::page::Order;
use domain::{Severity, SourceId};
use serde_json::Value;

use super::asked::{Asked, asks_words};
use super::walk::{BLOCK, Hour, Range, SMALL_BLOCK, STATEMENT_BUDGET, choose_lead, next_hours, ranges};
use super::{keyed, matching, span_of, within};
use crate::db::{Dialect, FromDb, Result, Sql, from_row};
use crate::query::payload;
use crate::rollup::Span;
use crate::scope::Scoped;

/// Matches that are counted where not all can be.
const SAMPLE: i64 = 2000;

pub(super) const SEVERITY: &str = "severity";

/// What events are counted by.
#[derive(Clone, Copy)]
pub(super) enum Select<'a> {
    /// Rows are [`Alike`].
    Fields,
    /// What stands at a path of the payload. Rows are [`Shared`].
    Part(&'a [String]),
}

/// Events with the same value in every field.
pub(super) struct Alike {
    pub severity: Severity,
    pub component: Option<String>,
    pub service: Option<String>,
    pub environment: Option<String>,
    pub system_id: Option<String>,
    pub event_type: Option<String>,
    pub source_id: Option<SourceId>,
    pub n: i64,
}

from_row!(Alike { severity, component, service, environment, system_id, event_type, source_id, n });

impl Alike {
    pub(super) fn value(&self, field: &str) -> Option<String> {
        match field {
            SEVERITY => Some(self.severity.to_string()),
            "component" => self.component.clone(),
            "service" => self.service.clone(),
            "environment" => self.environment.clone(),
            "system_id" => self.system_id.clone(),
            "event_type" => self.event_type.clone(),
            _ => self.source_id.map(|id| id.to_string()),
        }
    }
}

/// Events with the same part of the payload.
pub(super) struct Shared {
    pub part: Value,
    pub n: i64,
}

from_row!(Shared { part, n });

/// A row that stands for several events.
pub(super) trait Several: FromDb {
    fn n(&self) -> i64;
}

impl Several for Alike {
    fn n(&self) -> i64 {
        self.n
    }
}

impl Several for Shared {
    fn n(&self) -> i64 {
        self.n
    }
}

pub(super) struct Counted<R> {
    /// The same values can come twice.
    pub rows: Vec<R>,
    /// Events that were counted.
    pub n: i64,
    /// These are all that match.
    pub all: bool,
}

/// Where matches are looked for.
pub(super) struct Counting<'a> {
    asked: &'a Asked,
    /// In the order of the list, with the rows that reading costs.
    parts: Vec<(Span, i64)>,
    /// Rows that may be read; nothing where all parts may be.
    budget: Option<i64>,
    /// The parts have all that match.
    complete: bool,
}

impl<'a> Counting<'a> {
    /// Reads all that can match where that is about `rows` rows at most, else part of so many.
    pub(super) async fn of(tx: &mut impl Scoped, asked: &'a Asked, rows: i64) -> Result<Self> {
        let span = span_of(&asked.filter);
        let all = |parts| Ok(Self { asked, parts, budget: None, complete: true });
        if asked.nothing {
            return all(Vec::new());
        }
        if asked.few.is_some() {
            return all(vec![(span, 0)]);
        }
        let Some((hours, complete)) = hours(tx, asked, rows).await? else { return all(Vec::new()) };
        let budget = (!complete).then_some(rows * 3 / 5);
        // SQLite asks the index for a whole block before it gives the first row.
        let words = asked.filter.query.as_ref().is_some_and(|q| asks_words(&q.expr));
        let block = match budget {
            None => BLOCK,
            Some(_) if words && tx.conn().dialect() == Dialect::Sqlite => SMALL_BLOCK,
            Some(rows) => BLOCK.min(rows / 3).max(1),
        };
        let mut parts = ranges(&hours, asked.filter.order, block);
        if budget.is_none() && asked.clauses.is_empty() && asked.filter.severity.is_empty() {
            parts = joined(parts);
        }
        // Many short stretches cost more than their rows.
        let many = parts.len() > STATEMENT_BUDGET as usize;
        let parts = parts.into_iter().filter_map(|range| Some((range.within(span)?, range.rows)));
        Ok(Self { asked, parts: parts.collect(), budget: budget.or(many.then_some(rows)), complete })
    }

    pub(super) async fn run<R: Several>(
        self,
        tx: &mut impl Scoped,
        select: Select<'_>,
    ) -> Result<Counted<R>> {
        let mut counted = Counted { rows: Vec::new(), n: 0, all: self.complete };
        let mut read = 0;
        for (at, (span, rows)) in self.parts.into_iter().enumerate() {
            let limit = self.budget.map(|_| SAMPLE - counted.n);
            let spent = self.budget.is_some_and(|most| read > most || at > STATEMENT_BUDGET as usize);
            if spent || limit == Some(0) {
                counted.all = false;
                break;
            }
            let found: Vec<R> = rows_of(tx, self.asked, span, select, limit).await?;
            counted.n += found.iter().map(Several::n).sum::<i64>();
            counted.rows.extend(found);
            read += rows;
        }
        counted.all &= self.budget.is_none() || counted.n < SAMPLE;
        Ok(counted)
    }
}

/// Fewer stretches, where all hours with events are asked: between those there is nothing to read.
fn joined(parts: Vec<Range>) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if last.rows + part.rows <= BLOCK => {
                last.from = last.from.min(part.from);
                last.to = last.to.max(part.to);
                last.rows += part.rows;
                last.most += part.most;
            }
            _ => out.push(part),
        }
    }
    out
}

/// The hours that can hold a match, in the order of the list, until they have more than `rows` rows; whether these are all.
/// `None` when there is no such hour.
async fn hours(tx: &mut impl Scoped, asked: &Asked, rows: i64) -> Result<Option<(Vec<Hour>, bool)>> {
    let filter: &EventFilter = &asked.filter;
    let Some((lead, others)) = choose_lead(tx, asked.clauses.clone(), filter).await? else { return Ok(None) };
    let (mut span, mut limit) = (span_of(filter), 24);
    let (mut found, mut read) = (Vec::new(), 0);
    loop {
        let (hours, last) = next_hours(tx, &lead, &others, filter, span, limit).await?;
        read += hours.iter().map(|hour| hour.rows).sum::<i64>();
        found.extend(hours);
        if read > rows {
            return Ok(Some((found, false)));
        }
        let Some(last) = last else { return Ok(Some((found, true))) };
        match filter.order {
            Order::Newest => span.to = Some(last),
            Order::Oldest => span.from = Some(last.plus_seconds(3600)),
        }
        limit = (limit * 4).min(2000);
    }
}

/// The matches of the span by their values: all, or the first so many.
async fn rows_of<R: FromDb>(
    tx: &mut impl Scoped,
    asked: &Asked,
    span: Span,
    select: Select<'_>,
    limit: Option<i64>,
) -> Result<Vec<R>> {
    let within = within(tx, asked, span).await?;
    let q = begun(tx, select);
    let mut q = keyed(matching(tx, q, asked, within), span, None, asked.filter.order);
    if let Some(limit) = limit {
        q = q.push(match asked.filter.order {
            Order::Newest => " ORDER BY occurred_at DESC, id DESC LIMIT ",
            Order::Oldest => " ORDER BY occurred_at, id LIMIT ",
        });
        q = q.arg(limit);
    }
    let q = q.push(match select {
        Select::Fields => {
            ") AS found GROUP BY severity, component, service, environment, system_id, event_type, source_id"
        }
        Select::Part(_) => ") AS found GROUP BY part",
    });
    tx.conn().all(q).await
}

/// `SELECT … FROM (SELECT …`
fn begun(tx: &mut impl Scoped, select: Select<'_>) -> Sql {
    let dialect = tx.conn().dialect();
    match select {
        Select::Fields => tx.sql(
            "SELECT severity, component, service, environment, system_id, event_type, source_id, count(*) AS n
             FROM (SELECT severity, component, service, environment, system_id, event_type, source_id",
        ),
        Select::Part(path) => {
            let q = tx.sql("SELECT part, count(*) AS n FROM (SELECT ");
            payload::value(q, "e.raw_payload", path, dialect).push(" AS part")
        }
    }
}
