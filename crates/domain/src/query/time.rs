//! Instants of a query: absolute, whole days and minutes, and relative ones, which are resolved here.

use crate::{Timestamp, instant};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;

/// What a written time covers: `first == last` for an instant. Both included.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub first: Timestamp,
    pub last: Timestamp,
    pub written: Written,
}

/// How a time was written. Of two that were written alike the order is the same whenever, and in whichever zone, they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `now` and `-15m`: equal to it is no event.
    Ago,
    /// `today` and `yesterday`.
    Day,
    /// With its year and its offset.
    Zoned,
    /// With its year, by the clock on the wall.
    Local,
    /// Its day or its year follows from when it is read.
    Short,
}

impl When {
    pub fn relative(self) -> bool {
        self.written == Written::Ago
    }
    /// A range from here to there is empty, and always will be.
    pub fn is_after(self, to: Self) -> bool {
        self.written == to.written && self.written != Written::Short && self.first > to.last
    }
}

/// Where a query is asked: what relative times are relative to, and what a clock on the wall shows. A [`Timestamp`] is that
/// instant in UTC.
pub trait Clock: Copy {
    fn now(self) -> Timestamp;
    /// What the clock shows at an instant, as if it were the time of UTC.
    fn wall(self, at: Timestamp) -> Timestamp;
    /// When the clock shows this: the first time where it does so twice.
    fn instant(self, wall: Timestamp) -> Timestamp;
}

impl Clock for Timestamp {
    fn now(self) -> Timestamp {
        self
    }
    fn wall(self, at: Timestamp) -> Timestamp {
        at
    }
    fn instant(self, wall: Timestamp) -> Timestamp {
        wall
    }
}

pub(super) fn read(text: &str, clock: impl Clock) -> Result<When, instant::Problem> {
    let now = clock.now();
    let wall = clock.wall(now);
    let day = wall.plus_micros(-wall.micros().rem_euclid(DAY));
    match text {
        "now" => return Ok(When { first: now, last: now, written: Written::Ago }),
        "today" => return Ok(whole_day(day, clock, Written::Day)),
        // 1970-01-01 has no yesterday.
        "yesterday" => return Ok(whole_day(day.plus_micros(-DAY), clock, Written::Day)),
        _ => {}
    }
    if let Some(seconds) = ago(text) {
        let at = now.plus_seconds(-seconds);
        return Ok(When { first: at, last: at, written: Written::Ago });
    }
    let (at, zoned) = instant::parse_zoned(text, wall)?;
    let unit = unit(text.trim());
    let year = text.trim().bytes().take_while(u8::is_ascii_digit).count() >= 4;
    let written = match (year, zoned) {
        (false, _) => Written::Short,
        (true, true) => Written::Zoned,
        (true, false) => Written::Local,
    };
    Ok(match (zoned, unit) {
        (true, _) => span(at, unit, written),
        (false, DAY) => whole_day(at, clock, written),
        (false, _) => span(clock.instant(at), unit, written),
    })
}

/// A day of the clock, which has 23 or 25 hours where it is put forward or back.
fn whole_day(day: Timestamp, clock: impl Clock, written: Written) -> When {
    let first = clock.instant(day);
    let next = clock.instant(day.plus_micros(DAY));
    span(first, next.micros() - first.micros(), written)
}

fn span(first: Timestamp, length: i64, written: Written) -> When {
    When { first, last: first.plus_micros((length - 1).max(0)), written }
}

/// `-15m` in seconds.
fn ago(text: &str) -> Option<i64> {
    let text = text.strip_prefix('-')?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    // More than the age of the calendar is its beginning.
    if number.is_empty() {
        None
    } else {
        Some(number.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(seconds).min(1 << 40))
    }
}

/// What `2026-11-23` (a day), `2026-11-23T09:30` and `2026-11-23T09:30Z` (a minute) cover; 0 for all other forms.
fn unit(text: &str) -> i64 {
    let b = text.as_bytes();
    if b.len() < 8 || !b.iter().take(4).all(u8::is_ascii_digit) || !matches!(b.get(4), Some(b'-' | b'/')) {
        return 0;
    }
    let Some(clock) = b.iter().position(|c| matches!(c, b'T' | b't' | b' ' | b'_')) else { return DAY };
    let colons = b.iter().skip(clock + 1).take_while(|c| c.is_ascii_digit() || **c == b':');
    if colons.filter(|c| **c == b':').count() == 1 { MINUTE } else { 0 }
}
