//! Counts and histograms of a filtered list, from the roll-ups where they suffice.

use std::collections::BTreeMap;

use domain::filter::{Count, EventFilter};
use domain::overview::{Bucket, Series};
use domain::{EventId, Severity, Timestamp};

use super::asked::Asked;
use super::walk::{self, BLOCK, Found, Hour, Listed, choose_lead, next_hours, ranges};
use super::{Grain, Position, by_time, span_of, tally};
use crate::db::{Result, from_row};
use crate::rollup::{self, Clause, Span};
use crate::scope::Scoped;

/// Rows a count or a histogram reads before it estimates the rest.
const BUDGET: i64 = 50_000;
/// So many at most a page of the list shows. An estimate that may be of so few is not left at that: the list says all of them.
const PAGE: i64 = 200;
const HOUR: i64 = 3600;
/// Lengths of a bucket, in seconds.
const STEPS: [i64; 22] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    300,
    900,
    1800,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    24 * HOUR,
    48 * HOUR,
    168 * HOUR,
    720 * HOUR,
    2184 * HOUR,
    8760 * HOUR,
    87_600 * HOUR,
];

/// How many events match: exact with at most one field, with rare words, or where few hours can hold a match; else estimated
/// from the newest (or oldest) part.
pub async fn count(tx: &mut impl Scoped, filter: &EventFilter) -> Result<Count> {
    let asked = Asked::of(tx, filter).await?;
    let (filter, span) = (&asked.filter, span_of(&asked.filter));
    if asked.nothing {
        return Ok(Count { n: 0, exact: true });
    }
    if asked.few.is_some() {
        return Ok(Count { n: tally(tx, &asked, span).await?, exact: true });
    }
    if let Some(clause) = only(&asked) {
        let (whole, edges) = split(span, rollup::Grain::Hour);
        let mut n = 0;
        if let Some(whole) = whole {
            n += rollup::totals(tx, &[clause], &filter.severity, whole).await?.first().copied().unwrap_or(0);
        }
        for edge in edges {
            n += tally(tx, &asked, edge).await?;
        }
        return Ok(Count { n, exact: true });
    }
    let Some((lead, others)) = choose_lead(tx, asked.clauses.clone(), filter).await? else {
        return Ok(Count { n: 0, exact: true });
    };
    let (near, far) = affordable(all_hours(tx, &lead, &others, filter).await?);
    let mut n = 0;
    for range in ranges(&near, filter.order, BLOCK) {
        if let Some(cut) = range.within(span) {
            n += tally(tx, &asked, cut).await?;
        }
    }
    let rest = far.iter().map(|h| h.most).sum::<i64>();
    let n = n + (rest as f64 * share(n, &near)).round() as i64;
    if rest > 0
        && let Some(all) = page(tx, filter, n).await?
    {
        return Ok(Count { n: all.len() as i64, exact: true });
    }
    Ok(Count { n, exact: rest == 0 })
}

/// When a match happened, and how severe it is.
struct Moment {
    id: EventId,
    occurred_at: Timestamp,
    severity: Severity,
}

from_row!(Moment { id, occurred_at, severity });

impl Listed for Moment {
    fn position(&self) -> Position {
        Position { at: self.occurred_at, id: self.id.0 }
    }
    fn bytes(&self) -> usize {
        0
    }
}

/// All matches, where about `estimate` may be so few that one page of the list holds them, and it finds its end as the list does.
async fn page(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    estimate: i64,
) -> Result<Option<Vec<(Timestamp, [i64; 5])>>> {
    if estimate > 2 * PAGE {
        return Ok(None);
    }
    let asked = Asked::of(tx, filter).await?;
    let columns = "SELECT id, occurred_at, severity";
    let found: Found<Moment> = walk::list(tx, columns, asked, None, PAGE as usize, walk::ROW_BUDGET).await?;
    let one = |moment: &Moment| {
        let mut counts = [0; 5];
        counts[moment.severity.rank()] = 1;
        (moment.occurred_at, counts)
    };
    Ok(found.next.is_none().then(|| found.events.iter().map(one).collect()))
}

/// At most about `buckets` buckets over the filter's time range (or all of time), without gaps.
pub async fn histogram(tx: &mut impl Scoped, filter: &EventFilter, buckets: u32) -> Result<Series> {
    let mut asked = Asked::of(tx, filter).await?;
    let Some((from, to)) = extent(tx, &asked.filter).await? else {
        return Ok(counted(Vec::new()));
    };
    (asked.filter.from, asked.filter.to) = (Some(from), Some(to));
    let (bounded, span) = (&asked.filter, span_of(&asked.filter));
    let length = (to.micros() - from.micros()).div_euclid(1_000_000).max(1);
    let mut step = STEPS.into_iter().find(|s| length <= s * i64::from(buckets.max(1))).unwrap_or(STEPS[21]);
    if asked.nothing {
        return Ok(counted(fill(from, to, step, Vec::new())));
    }
    if asked.few.is_some() {
        return Ok(counted(fill(from, to, step, by_time(tx, &asked, span, Grain::of(step)).await?)));
    }
    if let (60..HOUR, [], true) = (step, asked.clauses.as_slice(), asked.covered) {
        // What is not a whole minute is counted from the rows.
        let (whole, edges) = split(span, rollup::Grain::Minute);
        let mut counts = match whole {
            Some(whole) => {
                let everything = Clause::everything();
                rollup::series(tx, &everything, &bounded.severity, rollup::Grain::Minute, whole).await?
            }
            None => Vec::new(),
        };
        for edge in edges {
            counts.extend(by_time(tx, &asked, edge, Grain::Minute).await?);
        }
        return Ok(counted(fill(from, to, step, counts)));
    }
    if step < HOUR {
        let rows =
            rollup::totals(tx, &[Clause::everything()], &[], span).await?.first().copied().unwrap_or(0);
        // The totals are those of whole hours. A part of one is counted however full it is: a bar as long as an hour would
        // lead nowhere further.
        if rows <= BUDGET || length <= HOUR {
            return Ok(counted(fill(from, to, step, by_time(tx, &asked, span, Grain::of(step)).await?)));
        }
        step = HOUR;
    }
    if let Some(clause) = only(&asked) {
        let grain = if step % (24 * HOUR) == 0 { rollup::Grain::Day } else { rollup::Grain::Hour };
        let (whole, edges) = split(span, rollup::Grain::Hour);
        let mut counts = match whole {
            Some(whole) => rollup::series(tx, &clause, &bounded.severity, grain, whole).await?,
            None => Vec::new(),
        };
        for edge in edges {
            counts.extend(by_time(tx, &asked, edge, Grain::Hour).await?);
        }
        return Ok(counted(fill(from, to, step, counts)));
    }
    let Some((lead, others)) = choose_lead(tx, asked.clauses.clone(), bounded).await? else {
        return Ok(counted(fill(from, to, step, Vec::new())));
    };
    let (near, far) = affordable(all_hours(tx, &lead, &others, bounded).await?);
    let mut counts = Vec::new();
    for range in ranges(&near, bounded.order, BLOCK) {
        if let Some(cut) = range.within(span) {
            counts.extend(by_time(tx, &asked, cut, Grain::Hour).await?);
        }
    }
    let exact = far.is_empty();
    if !exact {
        let found = counts.iter().map(|(_, c)| c.iter().sum::<i64>()).sum::<i64>();
        let share = share(found, &near);
        let rest = far.iter().map(|h| h.most).sum::<i64>();
        if let Some(all) = page(tx, bounded, found + (rest as f64 * share).round() as i64).await? {
            return Ok(counted(fill(from, to, step, all)));
        }
        let lead: BTreeMap<Timestamp, [i64; 5]> =
            rollup::series(tx, &lead, &bounded.severity, rollup::Grain::Hour, span)
                .await?
                .into_iter()
                .collect();
        let mut carried = [0.0; 5];
        for hour in far {
            let Some(of_lead) = lead.get(&hour.start) else { continue };
            let part = share * hour.most as f64 / of_lead.iter().sum::<i64>().max(1) as f64;
            counts.push((hour.start, parts_of(*of_lead, part, &mut carried)));
        }
    }
    Ok(Series { buckets: fill(from, to, step, counts), exact })
}

/// A part of each count in whole numbers. What rounding leaves is carried on, so that the sum of many small ones is right.
fn parts_of(counts: [i64; 5], part: f64, carried: &mut [f64; 5]) -> [i64; 5] {
    std::array::from_fn(|i| {
        carried[i] += counts[i] as f64 * part;
        let whole = (carried[i] + 0.5).floor();
        carried[i] -= whole;
        whole as i64
    })
}

/// Nothing of it is an estimate.
fn counted(buckets: Vec<Bucket>) -> Series {
    Series { buckets, exact: true }
}

/// The one clause that answers the filter by itself.
fn only(asked: &Asked) -> Option<Clause> {
    match asked.clauses.as_slice() {
        _ if !asked.covered => None,
        [] => Some(Clause::everything()),
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whole hours (or minutes), and what is left over at both ends.
fn split(span: Span, grain: rollup::Grain) -> (Option<Span>, Vec<Span>) {
    let up = span.from.map(|from| grain.start_after(from));
    let down = span.to.map(|to| grain.start(to));
    if let (Some(up), Some(down)) = (up, down)
        && up >= down
    {
        return (None, vec![span]);
    }
    let mut edges = Vec::new();
    if span.from != up {
        edges.push(Span { from: span.from, to: up });
    }
    if span.to != down {
        edges.push(Span { from: down, to: span.to });
    }
    (Some(Span { from: up, to: down }), edges)
}

async fn all_hours(
    tx: &mut impl Scoped,
    lead: &Clause,
    others: &[Clause],
    filter: &EventFilter,
) -> Result<Vec<Hour>> {
    let mut span = span_of(filter);
    let mut out = Vec::new();
    loop {
        let (hours, last) = next_hours(tx, lead, others, filter, span, 5000).await?;
        out.extend(hours);
        let Some(last) = last else { return Ok(out) };
        match filter.order {
            domain::page::Order::Newest => span.to = Some(last),
            domain::page::Order::Oldest => span.from = Some(last.plus_seconds(HOUR)),
        }
    }
}

/// The hours that can be read within the budget, and the others.
fn affordable(mut hours: Vec<Hour>) -> (Vec<Hour>, Vec<Hour>) {
    let mut rows = 0;
    let n = hours.iter().take_while(|h| {
        rows += h.rows;
        rows <= BUDGET
    });
    let n = n.count();
    let far = hours.split_off(n);
    (hours, far)
}

/// Which part of the possible matches of the hours read did match.
fn share(found: i64, read: &[Hour]) -> f64 {
    let most = read.iter().map(|h| h.most).sum::<i64>();
    if most == 0 { 1.0 } else { found as f64 / most as f64 }
}

/// The filter's time range; where it is open, up to the first and the last hour with events.
async fn extent(tx: &mut impl Scoped, filter: &EventFilter) -> Result<Option<(Timestamp, Timestamp)>> {
    let range = match (filter.from, filter.to) {
        (Some(from), Some(to)) => Some((from, to)),
        (from, to) => rollup::extent(tx)
            .await?
            .map(|(first, last)| (from.unwrap_or(first), to.unwrap_or(last.plus_seconds(HOUR)))),
    };
    Ok(range.filter(|(from, to)| from < to))
}

/// Buckets of one length, aligned to it, with the counts added up.
pub(crate) fn fill(
    from: Timestamp,
    to: Timestamp,
    step: i64,
    counts: Vec<(Timestamp, [i64; 5])>,
) -> Vec<Bucket> {
    fill_since(Timestamp::EPOCH, (from, to), step, counts)
}

/// As [`fill`], aligned so that one bucket begins at `origin`.
pub(crate) fn fill_since(
    origin: Timestamp,
    (from, to): (Timestamp, Timestamp),
    step: i64,
    counts: Vec<(Timestamp, [i64; 5])>,
) -> Vec<Bucket> {
    let length = step * 1_000_000;
    let shift = origin.micros().rem_euclid(length);
    let bucket_of = |micros: i64| (micros - shift).div_euclid(length);
    let first = bucket_of(from.micros());
    let last = bucket_of(to.micros() - 1);
    let mut buckets: Vec<Bucket> = (first..=last)
        .map(|i| Bucket {
            start: Timestamp::from_micros(i * length + shift).unwrap_or(Timestamp::EPOCH),
            counts: [0; 5],
        })
        .collect();
    for (at, counts) in counts {
        let index = usize::try_from(bucket_of(at.micros()) - first);
        if let Some(bucket) = index.ok().and_then(|i| buckets.get_mut(i)) {
            for (sum, n) in bucket.counts.iter_mut().zip(counts) {
                *sum += n;
            }
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::parts_of;

    #[test]
    fn small_parts_of_many_hours_add_up() {
        let mut carried = [0.0; 5];
        let (mut sum, mut most) = ([0; 5], 0);
        for _ in 0..720 {
            let parts = parts_of([150, 30, 20, 0, 1], 0.003, &mut carried);
            assert!(parts.iter().all(|n| *n >= 0));
            most = most.max(parts[0]);
            (0..5).for_each(|i| sum[i] += parts[i]);
        }
        assert_eq!((sum, most), ([324, 65, 43, 0, 2], 1));
    }
}
