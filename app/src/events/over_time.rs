//! Events over time as the page shows them: bars with labels and links. Server only.

use domain::Timestamp;
use domain::filter::EventFilter;
use domain::overview::{Bucket, Calendar};

use super::chart::{Size, severity_bars};
use super::shown::{Histogram, Slice};
use crate::when::Zone;

/// The buckets in the reader's zone, with the groups that were first seen then.
pub fn histogram(
    buckets: &[Bucket],
    groups: &[Timestamp],
    filter: &EventFilter,
    now: Timestamp,
    zone: Zone,
    size: Size,
) -> Histogram {
    let end = filter.to.unwrap_or(now);
    let seconds = match buckets {
        [first, second, ..] => second.start.seconds() - first.start.seconds(),
        [only] => (end.seconds() - only.start.seconds()).max(1),
        [] => 3_600,
    };
    let part = Calendar::of_length(seconds).filter(|_| buckets.len() > 1);
    let end_of = |at: usize| match (buckets.get(at + 1), part) {
        (Some(next), _) => next.start,
        (None, Some(part)) => part.next(buckets[at].start),
        (None, None) => buckets[at].start.plus_seconds(seconds),
    };
    let slices = buckets
        .iter()
        .enumerate()
        .map(|(at, bucket)| Slice {
            label: part
                .map_or_else(|| axis_label(zone, bucket.start, seconds), |part| part.label(bucket.start)),
            // Those at the ends count what the range has of them, and lead to that.
            from: filter.from.map_or(bucket.start, |from| from.max(bucket.start)).iso(),
            to: {
                let to = end_of(at);
                filter.to.map_or(to, |end| end.min(to)).iso()
            },
            counts: bucket.counts,
            groups: {
                let end = end_of(at);
                groups.partition_point(|at| *at < end) - groups.partition_point(|at| *at < bucket.start)
            } as i64,
        })
        .collect::<Vec<_>>();
    let from = filter.from.or_else(|| buckets.first().map(|bucket| bucket.start)).unwrap_or(now);
    let iso = |at: Option<Timestamp>| at.map(Timestamp::iso).unwrap_or_default();
    Histogram {
        chart: severity_bars(&slices, size),
        slices,
        step: part.map_or_else(|| span(seconds), |part| part.word().to_owned()),
        from_input: zone.input(from),
        to_input: zone.input(end),
        from: iso(filter.from),
        to: iso(filter.to),
        asked: (String::new(), String::new()),
    }
}

/// "14:05:30" within minutes, "14:05" within a day or two, "23 Nov 14:00" for hours of longer ranges, "23 Nov" for days.
fn axis_label(zone: Zone, at: Timestamp, step: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = zone.input(at);
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    if step < 60 {
        return format!("{time}:{:02}", at.seconds().rem_euclid(60));
    }
    let mut parts = date.split('-').skip(1);
    let month = parts
        .next()
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month - 1))
        .copied()
        .unwrap_or("");
    let day = parts.next().unwrap_or("").trim_start_matches('0');
    match step {
        ..3_600 => time.to_owned(),
        3_600..86_400 => format!("{day} {month} {time}"),
        _ => format!("{day} {month}"),
    }
}

/// Seconds as "minute", "5 minutes", "hour", "6 hours", "day".
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        ..60 => (seconds.max(1), "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if n == 1 { unit.to_owned() } else { format!("{n} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_told_in_the_readers_zone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let zone = Zone::named("Europe/Berlin");
        let bucket = |text| Bucket { start: at(text), counts: [1, 0, 0, 0, 0] };
        let shown = histogram(
            &[bucket("2026-11-23T14:00:00Z"), bucket("2026-11-23T15:00:00Z")],
            &["2026-11-23T13:59:59Z", "2026-11-23T15:00:00Z", "2026-11-23T15:59:59Z"].map(at),
            &EventFilter::default(),
            at("2026-11-23T16:00:00Z"),
            zone,
            Size::Small,
        );
        assert_eq!((shown.slices[0].label.as_str(), shown.step.as_str()), ("23 Nov 15:00", "hour"));
        assert_eq!(shown.slices[1].to, "2026-11-23T16:00:00.000000Z");
        assert_eq!((shown.slices[0].groups, shown.slices[1].groups), (0, 2));
        assert_eq!(shown.from_input, "2026-11-23T15:00");
    }

    #[test]
    fn long_bars_are_the_years_and_months_of_the_calendar_wherever_the_reader_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let shown = |first: &str, second: &str| {
            let bucket = |text| Bucket { start: at(text), counts: [1, 0, 0, 0, 0] };
            let (zone, now) = (Zone::named("America/New_York"), at("2026-11-23T16:00:00Z"));
            histogram(&[bucket(first), bucket(second)], &[], &EventFilter::default(), now, zone, Size::Small)
        };
        let years = shown("1970-01-01T00:00:00Z", "1971-01-01T00:00:00Z");
        assert_eq!([years.slices[0].label.as_str(), years.slices[1].label.as_str()], ["1970", "1971"]);
        assert_eq!(
            (years.slices[1].to.as_str(), years.step.as_str()),
            ("1972-01-01T00:00:00.000000Z", "year")
        );
        let months = shown("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        assert_eq!((months.slices[0].label.as_str(), months.step.as_str()), ("Jan 2026", "month"));
        assert_eq!(months.slices[1].to, "2026-03-01T00:00:00.000000Z");
    }
}
