//! Walking a filtered list: the roll-ups say which hours can hold a match, in blocks, until the page is full.

use std::collections::HashMap;

use domain::Timestamp;
use domain::filter::EventFilter;
use domain::page::Order;

use super::asked::{Asked, asks_words};
use super::{Position, span_of, stretch};
use crate::db::{Dialect, FromDb, Result};
use crate::rollup::{self, Clause, Span};
use crate::scope::Scoped;

/// A page of events.
#[derive(Debug)]
pub struct Found<R> {
    pub events: Vec<R>,
    /// Where to go on; `None` at the end of the list. It can be set though the page is not full: after so many rows were
    /// read in vain the answer does not wait for the rest, and a page holds [`PAGE_BYTES`] of long events.
    pub next: Option<Position>,
}

/// A row of the list.
pub trait Listed: FromDb {
    fn position(&self) -> Position;
    /// Bytes of its long texts; nothing where only short ones are read.
    fn bytes(&self) -> usize {
        0
    }
}

/// Bytes of messages and payloads in one page: an event can have a megabyte of each, and many read lists at once.
pub const PAGE_BYTES: usize = 8 << 20;

/// Events of a page and the bytes it has left.
struct Filling<R> {
    events: Vec<R>,
    limit: usize,
    bytes: usize,
}

impl<R: Listed> Filling<R> {
    fn new(limit: usize) -> Self {
        Self { events: Vec::new(), limit, bytes: PAGE_BYTES }
    }
    /// One event more than the page holds says that there is a next one.
    fn wanted(&self) -> usize {
        self.limit + 1 - self.events.len()
    }
    /// Whether the page is full, by number or by bytes.
    fn is_full(&self) -> bool {
        self.events.len() > self.limit || self.bytes == 0
    }
    /// The next stretch of the list, until the page is full.
    async fn read(
        &mut self,
        tx: &mut impl Scoped,
        columns: &'static str,
        asked: &Asked,
        span: Span,
        after: Option<Position>,
    ) -> Result<()> {
        let q = stretch(tx, columns, asked, span, after, self.wanted()).await?;
        let bytes = &mut self.bytes;
        let read = tx.conn().all_until(q, |event: &R| {
            *bytes = bytes.saturating_sub(event.bytes());
            *bytes == 0
        });
        self.events.extend(read.await?);
        Ok(())
    }
    fn page(mut self) -> Found<R> {
        let more = self.is_full();
        self.events.truncate(self.limit);
        let next = if more { self.events.last().map(Listed::position) } else { None };
        Found { events: self.events, next }
    }
}

/// Rows one page reads before it answers with what it has.
pub(super) const ROW_BUDGET: i64 = 300_000;
/// Statements likewise.
pub(super) const STATEMENT_BUDGET: u32 = 250;
/// Rows one statement may read.
pub(super) const BLOCK: i64 = 50_000;
/// Rows that the first statement may read, twice as many the next, where the first rows cost as much as all.
pub(super) const SMALL_BLOCK: i64 = 2000;

/// Up to `limit` events after `after`, in the filter's order, made of `columns`; about `budget` rows are read for them.
pub(super) async fn list<R: Listed>(
    tx: &mut impl Scoped,
    columns: &'static str,
    mut asked: Asked,
    after: Option<Position>,
    limit: usize,
    budget: i64,
) -> Result<Found<R>> {
    if asked.nothing {
        return Ok(Found { events: Vec::new(), next: None });
    }
    let everything = asked.clauses.is_empty() && asked.filter.severity.is_empty() && asked.covered;
    if everything || asked.few.is_some() {
        // The key serves the list of everything, an index a few events.
        let mut filling = Filling::new(limit);
        filling.read(tx, columns, &asked, span_of(&asked.filter), after).await?;
        return Ok(filling.page());
    }
    let all = std::mem::take(&mut asked.clauses);
    let Some((lead, others)) = choose_lead(tx, all, &asked.filter).await? else {
        return Ok(Found { events: Vec::new(), next: None });
    };
    // SQLite asks the index for a whole block before it gives the first row: the first blocks are small.
    let words = asked.filter.query.as_ref().is_some_and(|q| asks_words(&q.expr));
    let block =
        if words && tx.conn().dialect() == Dialect::Sqlite { SMALL_BLOCK } else { BLOCK.min(budget / 3) };
    let walk = Walk {
        columns,
        asked: &asked,
        after,
        block,
        filling: Filling::new(limit),
        rows: 0,
        budget,
        statements: 0,
    };
    walk.run(tx, &lead, &others).await
}

/// The clause with the fewest events leads; `None` when one of them has none at all.
pub(super) async fn choose_lead(
    tx: &mut impl Scoped,
    mut all: Vec<Clause>,
    filter: &EventFilter,
) -> Result<Option<(Clause, Vec<Clause>)>> {
    if all.is_empty() {
        return Ok(Some((Clause::everything(), Vec::new())));
    }
    let totals = rollup::totals(tx, &all, &filter.severity, span_of(filter)).await?;
    let Some((lead, fewest)) = totals.iter().enumerate().min_by_key(|(_, n)| **n) else { return Ok(None) };
    Ok((*fewest > 0).then(|| (all.swap_remove(lead), all)))
}

/// An hour that can hold matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hour {
    pub start: Timestamp,
    /// All events of the hour: what reading it costs.
    pub rows: i64,
    /// At most so many of them match.
    pub most: i64,
}

/// The next hours in which every clause has events. The second value is the last hour looked at; `None` when there are
/// no more.
pub(super) async fn next_hours(
    tx: &mut impl Scoped,
    lead: &Clause,
    others: &[Clause],
    filter: &EventFilter,
    span: Span,
    limit: u32,
) -> Result<(Vec<Hour>, Option<Timestamp>)> {
    let (found, more) = rollup::hours(tx, lead, &filter.severity, span, filter.order, limit).await?;
    let Some((last, _)) = found.last() else { return Ok((Vec::new(), None)) };
    let starts: Vec<Timestamp> = found.iter().map(|(start, _)| *start).collect();
    let totals = rollup::by_hour(tx, &Clause::everything(), &[], &starts).await?;
    let mut bounds: Vec<HashMap<Timestamp, i64>> = Vec::with_capacity(others.len());
    for other in others {
        bounds.push(rollup::by_hour(tx, other, &filter.severity, &starts).await?);
    }
    let hours = found
        .iter()
        .map(|(start, n)| {
            let most = bounds.iter().map(|b| b.get(start).copied().unwrap_or(0)).fold(*n, i64::min);
            Hour { start: *start, rows: totals.get(start).copied().unwrap_or(0), most }
        })
        .filter(|hour| hour.most > 0)
        .collect();
    Ok((hours, more.then_some(*last)))
}

/// Neighbouring hours as one time range, in parts of about `block` rows, then twice as many up to [`BLOCK`], in the order of the hours.
pub(super) fn ranges(hours: &[Hour], order: Order, block: i64) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::new();
    let size = |n: usize| block.saturating_mul(1 << n.min(20)).min(BLOCK);
    for hour in hours {
        let joined = size(out.len().saturating_sub(1));
        let end = hour.start.plus_seconds(3600);
        if let Some(last) = out.last_mut()
            && last.rows + hour.rows <= joined
            && (last.from == end || last.to == hour.start)
        {
            last.from = last.from.min(hour.start);
            last.to = last.to.max(end);
            last.rows += hour.rows;
            last.most += hour.most;
            continue;
        }
        // A very full hour is cut into equal times.
        let parts = (hour.rows / size(out.len()) + 1).min(60);
        let step = 3_600_000_000 / parts;
        let part = |i: i64| Range {
            from: hour.start.plus_micros(i * step),
            to: if i + 1 == parts { end } else { hour.start.plus_micros((i + 1) * step) },
            rows: hour.rows / parts,
            most: hour.most / parts + 1,
        };
        match order {
            Order::Newest => out.extend((0..parts).rev().map(part)),
            Order::Oldest => out.extend((0..parts).map(part)),
        }
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub from: Timestamp,
    pub to: Timestamp,
    pub rows: i64,
    pub most: i64,
}

impl Range {
    /// Cut to another time range; `None` when nothing is left.
    pub(super) fn within(self, span: Span) -> Option<Span> {
        let from = span.from.map_or(self.from, |from| from.max(self.from));
        let to = span.to.map_or(self.to, |to| to.min(self.to));
        (from < to).then_some(Span { from: Some(from), to: Some(to) })
    }
}

struct Walk<'a, R> {
    columns: &'static str,
    asked: &'a Asked,
    after: Option<Position>,
    block: i64,
    filling: Filling<R>,
    rows: i64,
    budget: i64,
    statements: u32,
}

impl<R: Listed> Walk<'_, R> {
    async fn run(mut self, tx: &mut impl Scoped, lead: &Clause, others: &[Clause]) -> Result<Found<R>> {
        let filter = &self.asked.filter;
        let whole = self.remaining();
        let mut span = whole;
        // A few hours first, then more: a common value fills the page from the newest ones.
        let mut limit = 24;
        loop {
            let (hours, last) = next_hours(tx, lead, others, filter, span, limit).await?;
            for range in ranges(&hours, filter.order, self.block) {
                let Some(cut) = range.within(whole) else { continue };
                // Asked only where something is left to read, so that a list that was read to its end says so.
                if self.rows > self.budget || self.statements > STATEMENT_BUDGET {
                    let next = match filter.order {
                        Order::Newest => Position::before(cut.to.unwrap_or(range.to)),
                        Order::Oldest => Position::from(cut.from.unwrap_or(range.from)),
                    };
                    return Ok(Found { events: self.filling.events, next: Some(next) });
                }
                let after = self.after.filter(|a| {
                    cut.from.is_some_and(|from| a.at >= from) && cut.to.is_some_and(|to| a.at < to)
                });
                self.filling.read(tx, self.columns, self.asked, cut, after).await?;
                if self.filling.is_full() {
                    return Ok(self.filling.page());
                }
                self.rows += range.rows;
                self.statements += 1;
            }
            let Some(last) = last else { return Ok(Found { events: self.filling.events, next: None }) };
            match filter.order {
                Order::Newest => span.to = Some(last),
                Order::Oldest => span.from = Some(last.plus_seconds(3600)),
            }
            limit = (limit * 4).min(2000);
            self.block = BLOCK.min(self.budget / 3);
        }
    }

    /// The filter's time range from the cursor on.
    fn remaining(&self) -> Span {
        let mut span = span_of(&self.asked.filter);
        if let Some(after) = self.after {
            match self.asked.filter.order {
                // The cursor's own instant can hold more rows.
                Order::Newest => {
                    span.to =
                        Some(span.to.map_or(after.at.plus_micros(1), |to| to.min(after.at.plus_micros(1))));
                }
                Order::Oldest => span.from = Some(span.from.map_or(after.at, |from| from.max(after.at))),
            }
        }
        span
    }
}
