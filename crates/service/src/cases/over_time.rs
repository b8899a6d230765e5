//! The cases of a list over the time in which they were opened.

use domain::case::CaseFilter;
use domain::overview::{Bucket, Calendar};
use domain::permission::CaseRead;
use domain::{Severity, Timestamp};

use crate::{Cx, Result};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Monday, 5 January 1970: weeks begin on Mondays (ISO 8601).
const MONDAY: i64 = 4 * DAY;
/// About how many bars there are at most.
const BARS: i64 = 60;

/// What a bar spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    Hour,
    Day,
    Week,
    Part(Calendar),
}

impl Span {
    /// The finest with which all cases between the two fit into [`BARS`] bars.
    fn between(first: Timestamp, last: Timestamp) -> Self {
        let seconds = last.seconds() - first.seconds();
        let parts = [Calendar::Month, Calendar::Quarter, Calendar::Year, Calendar::Decade];
        let fits = |part: &Calendar| {
            (0..=BARS).try_fold(first, |at, _| (at <= last).then(|| part.next(at))).is_none()
        };
        match seconds {
            _ if seconds < BARS * HOUR => Self::Hour,
            _ if seconds < BARS * DAY => Self::Day,
            _ if seconds < BARS * 7 * DAY => Self::Week,
            _ => Self::Part(parts.into_iter().find(fits).unwrap_or(Calendar::Decade)),
        }
    }

    /// The start of the bar that `at`, a whole hour, is in.
    fn start(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Hour => at,
            Self::Day => at.plus_seconds(-at.seconds().rem_euclid(DAY)),
            Self::Week => at.plus_seconds(-(at.seconds() - MONDAY).rem_euclid(7 * DAY)),
            Self::Part(part) => part.start(at),
        }
    }

    /// The start of the bar after the one that starts at `start`.
    #[must_use]
    pub fn next(self, start: Timestamp) -> Timestamp {
        match self {
            Self::Hour => start.plus_seconds(HOUR),
            Self::Day => start.plus_seconds(DAY),
            Self::Week => start.plus_seconds(7 * DAY),
            Self::Part(part) => part.next(start),
        }
    }

    /// `hour`, `day`, `week`, `month`, …
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Part(part) => part.word(),
        }
    }
}

/// Bars without gaps, from the first case's to the last one's, in UTC; empty where there is no case.
pub async fn opened(cx: &Cx<CaseRead>, filter: &CaseFilter) -> Result<(Span, Vec<Bucket>)> {
    Ok(bars(&store::case::over_time::opened(&mut cx.read().await?, filter).await?))
}

/// `hours`: in their order.
fn bars(hours: &[(Timestamp, Severity, i64)]) -> (Span, Vec<Bucket>) {
    let (Some((first, ..)), Some((last, ..))) = (hours.first(), hours.last()) else {
        return (Span::Hour, Vec::new());
    };
    let span = Span::between(*first, *last);
    let mut bars = Vec::new();
    let mut rest = hours;
    let mut start = span.start(*first);
    while !rest.is_empty() {
        let end = span.next(start);
        // The end of all times.
        if end <= start {
            break;
        }
        let (within, after) = rest.split_at(rest.partition_point(|(at, ..)| *at < end));
        let mut counts = [0; 5];
        for (_, severity, n) in within {
            counts[severity.rank()] += n;
        }
        bars.push(Bucket { start, counts });
        (rest, start) = (after, end);
    }
    (span, bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[&str]) -> (Span, Vec<(String, i64)>) {
        let hours: Vec<_> = times.iter().map(|at| (at.parse().unwrap(), Severity::High, 2)).collect();
        let (step, bars) = bars(&hours);
        let told = |bar: &Bucket| (bar.start.iso()[..13].to_owned(), bar.counts[Severity::High.rank()]);
        (step, bars.iter().map(told).collect())
    }

    #[test]
    fn bars_have_no_gaps_and_every_case() {
        assert_eq!(of(&[]), (Span::Hour, Vec::new()));
        let (step, bars) = of(&["2026-11-23T09:00:00Z", "2026-11-23T11:00:00Z"]);
        let bar = |at: &str, n| (at.to_owned(), n);
        assert_eq!(
            (step, bars),
            (Span::Hour, vec![bar("2026-11-23T09", 2), bar("2026-11-23T10", 0), bar("2026-11-23T11", 2)])
        );
        let (step, bars) = of(&["2026-11-01T23:00:00Z", "2026-11-09T01:00:00Z", "2026-11-09T02:00:00Z"]);
        assert_eq!((step, bars.len(), bars[8].1), (Span::Day, 9, 4));
        // A Wednesday: the week began on Monday.
        let (step, bars) = of(&["2026-01-07T05:00:00Z", "2026-11-09T01:00:00Z"]);
        assert_eq!((step, bars[0].0.as_str()), (Span::Week, "2026-01-05T00"));
    }

    #[test]
    fn however_long_it_takes_the_bars_can_be_counted() {
        for (last, step) in [
            ("2024-12-31T00:00:00Z", Span::Part(Calendar::Month)),
            ("2029-12-31T00:00:00Z", Span::Part(Calendar::Quarter)),
            ("2070-01-01T00:00:00Z", Span::Part(Calendar::Year)),
            ("2600-01-01T00:00:00Z", Span::Part(Calendar::Decade)),
        ] {
            let (found, bars) = of(&["2020-01-01T00:00:00Z", last]);
            assert_eq!(found, step, "{last}");
            assert!(bars.len() <= BARS as usize, "{}", bars.len());
            assert_eq!(bars.iter().map(|(_, n)| n).sum::<i64>(), 4);
        }
    }
}
