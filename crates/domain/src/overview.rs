//! The Overview: key figures, events over time by severity, top recurring groups.

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::filter::Count;
use crate::group::Group;

/// Events in one bucket by severity, in the order of [`crate::Severity::ALL`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub start: Timestamp,
    pub counts: [i64; 5],
}

/// Events over time, without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub buckets: Vec<Bucket>,
    /// False where a part is an estimate.
    pub exact: bool,
}

impl Series {
    /// How many events it shows.
    pub fn count(&self) -> Count {
        Count { n: self.buckets.iter().flat_map(|bucket| bucket.counts).sum(), exact: self.exact }
    }
}

/// What a bar spans where weeks are too short: parts of the calendar, in UTC as the days of the roll-ups are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    Month,
    Quarter,
    Year,
    Decade,
}

impl Calendar {
    /// The part that is about as long; `None` for less than a month.
    pub fn of_length(seconds: i64) -> Option<Self> {
        match seconds / 86_400 {
            ..28 => None,
            28..90 => Some(Self::Month),
            90..365 => Some(Self::Quarter),
            365..3650 => Some(Self::Year),
            _ => Some(Self::Decade),
        }
    }

    /// The start of the part that `at` is in.
    #[must_use]
    pub fn start(self, at: Timestamp) -> Timestamp {
        let (year, month) = (at.utc().year(), at.utc().month());
        match self {
            Self::Month => first_of(year, month),
            Self::Quarter => first_of(year, (month - 1) / 3 * 3 + 1),
            Self::Year => first_of(year, 1),
            Self::Decade => first_of(year - year.rem_euclid(10), 1),
        }
    }

    /// The start of the part after that of `at`.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Timestamp {
        let start = self.start(at).utc();
        let (year, month) = (start.year(), start.month());
        match self {
            Self::Month if month == 12 => first_of(year + 1, 1),
            Self::Month => first_of(year, month + 1),
            Self::Quarter if month == 10 => first_of(year + 1, 1),
            Self::Quarter => first_of(year, month + 3),
            Self::Year => first_of(year + 1, 1),
            Self::Decade => first_of(year + 10, 1),
        }
    }

    /// Days added up; without gaps where the days have none.
    pub fn fold(self, days: &[Bucket]) -> Vec<Bucket> {
        let mut parts: Vec<Bucket> = Vec::new();
        for day in days {
            let start = self.start(day.start);
            match parts.last_mut() {
                Some(part) if part.start == start => {
                    part.counts.iter_mut().zip(day.counts).for_each(|(sum, n)| *sum += n);
                }
                _ => parts.push(Bucket { start, counts: day.counts }),
            }
        }
        parts
    }

    /// `Jan 2026`, `Q1 2026`, `2026`, `2020s`.
    pub fn label(self, start: Timestamp) -> String {
        let at = start.utc();
        match self {
            Self::Month => at.format("%b %Y").to_string(),
            Self::Quarter => format!("Q{} {}", at.month0() / 3 + 1, at.year()),
            Self::Year => at.year().to_string(),
            Self::Decade => format!("{}s", at.year()),
        }
    }

    /// `month`, `quarter`, `year`, `10 years`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "10 years",
        }
    }
}

/// The first instant of a month; the last of all when that is beyond the calendar.
fn first_of(year: i32, month: u32) -> Timestamp {
    NaiveDate::from_ymd_opt(year, month, 1)
        .and_then(|day| Timestamp::new(day.and_time(NaiveTime::MIN).and_utc()))
        .unwrap_or_else(Timestamp::far_future)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Seconds a bucket spans.
    pub step: i64,
    pub events: i64,
    /// Events in the period of the same length before.
    pub events_before: i64,
    /// High and critical events.
    pub severe: i64,
    pub severe_before: i64,
    pub groups_new: i64,
    pub groups_active: i64,
    pub sources_active: i64,
    pub sources_quiet: i64,
    pub buckets: Vec<Bucket>,
    pub top_groups: Vec<Group>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_bar_is_a_month_a_quarter_a_year_or_a_decade_of_the_calendar() {
        for (unit, start, next, label) in [
            (Calendar::Month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", "Feb 2024"),
            (Calendar::Quarter, "2024-01-01T00:00:00Z", "2024-04-01T00:00:00Z", "Q1 2024"),
            (Calendar::Year, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2024"),
            (Calendar::Decade, "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "2020s"),
        ] {
            let within = at("2024-02-29T23:59:59.999999Z");
            assert_eq!((unit.start(within), unit.next(within)), (at(start), at(next)), "{unit:?}");
            assert_eq!(unit.label(at(start)), label);
            let seconds = at(next).seconds() - at(start).seconds();
            assert_eq!(Calendar::of_length(seconds), Some(unit), "{unit:?}");
        }
        assert_eq!(Calendar::Month.next(at("2024-12-31T00:00:00Z")), at("2025-01-01T00:00:00Z"));
        assert_eq!(Calendar::Quarter.next(at("2024-12-31T00:00:00Z")), at("2025-01-01T00:00:00Z"));
        assert_eq!(Calendar::of_length(7 * 86_400), None);
        assert_eq!(Calendar::Year.next(at("9999-06-01T00:00:00Z")), Timestamp::far_future());
    }

    #[test]
    fn days_add_up_to_the_parts_of_the_calendar() {
        let days: Vec<Bucket> = (0..366 + 31)
            .map(|n| Bucket {
                start: at("2024-01-01T00:00:00Z").plus_seconds(n * 86_400),
                counts: [1, 0, 0, 0, 2],
            })
            .collect();
        let months = Calendar::Month.fold(&days);
        assert_eq!(months.len(), 13);
        assert_eq!((months[1].start, months[1].counts), (at("2024-02-01T00:00:00Z"), [29, 0, 0, 0, 58]));
        let years = Calendar::Year.fold(&days);
        assert_eq!(years.iter().map(|y| y.counts[0]).collect::<Vec<_>>(), [366, 31]);
    }
}
