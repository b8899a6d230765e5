//! Instants of a query: absolute, whole days and minutes, and relative ones, which are resolved here.

use crate::{Timestamp, instant};

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;

/// What a written time covers: `first == last` for an instant. Both included.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub first: Timestamp,
    pub last: Timestamp,
    /// `now` and `-15m`: equal to it is no event.
    pub relative: bool,
}

pub(super) fn read(text: &str, now: Timestamp) -> Result<When, instant::Problem> {
    let day = now.plus_micros(-now.micros().rem_euclid(DAY));
    match text {
        "now" => return Ok(When { first: now, last: now, relative: true }),
        "today" => return Ok(span(day, DAY)),
        // 1970-01-01 has no yesterday.
        "yesterday" => return Ok(span(day.plus_micros(-DAY), DAY)),
        _ => {}
    }
    if let Some(seconds) = ago(text) {
        let at = now.plus_seconds(-seconds);
        return Ok(When { first: at, last: at, relative: true });
    }
    let at = instant::parse(text, now)?;
    Ok(span(at, unit(text.trim())))
}

fn span(first: Timestamp, length: i64) -> When {
    When { first, last: first.plus_micros((length - 1).max(0)), relative: false }
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
