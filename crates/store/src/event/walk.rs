//! Walking a filtered list: the roll-ups say which hours can hold a match, in blocks, until the page is full.

use std::collections::HashMap;

use domain::Timestamp;
use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::Order;

use super::{Position, clauses, span_of, stretch};
use crate::db::Result;
use crate::rollup::{self, Clause, Span};
use crate::scope::Scoped;

/// A page of events.
#[derive(Debug, Default)]
pub struct Found {
    pub events: Vec<Event>,
    /// Where to go on; `None` at the end of the list. It can be set though the page is not full: after so many rows were
    /// read in vain the answer does not wait for the rest.
    pub next: Option<Position>,
}

/// Rows one call reads before it answers with what it has.
const ROW_BUDGET: i64 = 300_000;
/// Statements likewise.
const STATEMENT_BUDGET: u32 = 250;
/// Rows one statement may read.
pub(super) const BLOCK: i64 = 50_000;

/// Up to `limit` events after `after`, in the filter's order.
pub async fn page(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    after: Option<Position>,
    limit: usize,
) -> Result<Found> {
    let all = clauses(filter, tx.organization());
    if all.is_empty() && filter.severity.is_empty() && filter.text.is_none() {
        // The key serves the list of everything.
        let events = stretch(tx, filter, span_of(filter), after, limit + 1).await?;
        return Ok(full(events, limit));
    }
    let Some((lead, others)) = choose_lead(tx, all, filter).await? else { return Ok(Found::default()) };
    let walk = Walk { filter, after, limit, events: Vec::new(), rows: 0, statements: 0 };
    walk.run(tx, &lead, &others).await
}

/// The page and its cursor, from one event more than the page holds.
fn full(mut events: Vec<Event>, limit: usize) -> Found {
    let more = events.len() > limit;
    events.truncate(limit);
    let next = if more { events.last().map(|e| Position { at: e.occurred_at, id: e.id.0 }) } else { None };
    Found { events, next }
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

/// Neighbouring hours as one time range, in parts of about [`BLOCK`] rows, in the order of the hours.
pub(super) fn ranges(hours: &[Hour], order: Order) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::new();
    for hour in hours {
        let end = hour.start.plus_seconds(3600);
        if let Some(last) = out.last_mut()
            && last.rows + hour.rows <= BLOCK
            && (last.from == end || last.to == hour.start)
        {
            last.from = last.from.min(hour.start);
            last.to = last.to.max(end);
            last.rows += hour.rows;
            last.most += hour.most;
            continue;
        }
        // A very full hour is cut into equal times.
        let parts = (hour.rows / BLOCK + 1).min(60);
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

struct Walk<'a> {
    filter: &'a EventFilter,
    after: Option<Position>,
    limit: usize,
    events: Vec<Event>,
    rows: i64,
    statements: u32,
}

impl Walk<'_> {
    async fn run(mut self, tx: &mut impl Scoped, lead: &Clause, others: &[Clause]) -> Result<Found> {
        let whole = self.remaining();
        let mut span = whole;
        // A few hours first, then more: a common value fills the page from the newest ones.
        let mut limit = 24;
        loop {
            let (hours, last) = next_hours(tx, lead, others, self.filter, span, limit).await?;
            for range in ranges(&hours, self.filter.order) {
                let Some(cut) = range.within(whole) else { continue };
                let after = self.after.filter(|a| {
                    cut.from.is_some_and(|from| a.at >= from) && cut.to.is_some_and(|to| a.at < to)
                });
                let wanted = self.limit + 1 - self.events.len();
                self.events.extend(stretch(tx, self.filter, cut, after, wanted).await?);
                if self.events.len() > self.limit {
                    return Ok(full(self.events, self.limit));
                }
                self.rows += range.rows;
                self.statements += 1;
                if self.rows > ROW_BUDGET || self.statements > STATEMENT_BUDGET {
                    let next = match self.filter.order {
                        Order::Newest => Position::before(range.from),
                        Order::Oldest => Position::from(range.to),
                    };
                    return Ok(Found { events: self.events, next: Some(next) });
                }
            }
            let Some(last) = last else { return Ok(Found { events: self.events, next: None }) };
            match self.filter.order {
                Order::Newest => span.to = Some(last),
                Order::Oldest => span.from = Some(last.plus_seconds(3600)),
            }
            limit = (limit * 4).min(2000);
        }
    }

    /// The filter's time range from the cursor on.
    fn remaining(&self) -> Span {
        let mut span = span_of(self.filter);
        if let Some(after) = self.after {
            match self.filter.order {
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
