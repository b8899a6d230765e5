//! Parsing instants: RFC 3339, common log forms and epoch numbers.
//!
//! Forms (a time without an offset is UTC; digits after the microsecond are cut off):
//!
//! | form | example |
//! |---|---|
//! | RFC 3339, ISO 8601, with `T`, `t`, `_` or a blank, `.` or `,` before the fraction | `2026-11-23T09:30:00.5+01:00`, `2015-10-18 18:01:47,978`, `2026/11/23 09:30` |
//! | a day | `2026-11-23` |
//! | epoch seconds, milliseconds, microseconds, nanoseconds, told apart by size | `1795426200`, `1795426200123` |
//! | RFC 3164, year optional | `Jun 14 15:16:01`, `Jun 14 2026 15:16:01` |
//! | `asctime` (Apache) | `Sun Dec 04 04:47:44 2005` |
//! | common log format | `10/Oct/2000:13:55:36 -0700` |
//! | RFC 2822 | `Sun, 06 Nov 1994 08:49:37 GMT` |
//! | US with AM/PM (Windows Event Viewer) | `11/23/2026 9:30:00 AM` |
//! | `yyMMdd HHmmss` (HDFS) | `081109 203615` |
//! | `MM.dd HH:mm:ss` (Proxifier) | `10.30 16:49:06` |
//!
//! A form without a year gets the latest year that does not put it more than a day after `now`.
//! Second 60 (a leap second) is the first instant of the next minute.

use crate::Timestamp;

/// Why a text was not understood. Ends with what to do.
pub type Problem = &'static str;

/// No form fits.
pub const NOT_A_TIME: Problem = "not a time; use RFC 3339 such as 2026-11-23T09:30:00Z, ISO 8601, epoch seconds or milliseconds, or a syslog, Apache or asctime date";
/// The form fits, the instant is not storable.
pub const OUT_OF_RANGE: Problem = "outside the years 1970 to 9999; check the unit or the date";
/// The form fits, the day or the clock time does not exist.
pub const NO_SUCH_TIME: Problem = "no such day or time; check month, day, hour, minute and second";

const DAY: i64 = 86_400_000_000;
/// From here on a number counts milliseconds, microseconds, nanoseconds.
const MILLIS: i64 = 100_000_000_000;
const MICROS: i64 = MILLIS * 1000;
const NANOS: i64 = MICROS * 1000;

/// Understands every form of the module's table. `now` decides the year of a form that has none.
///
/// # Errors
/// [`NOT_A_TIME`], [`OUT_OF_RANGE`] or [`NO_SUCH_TIME`].
pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    parse_zoned(text, now).map(|(at, _)| at)
}

/// As [`parse`], and whether the text says which instant it is: by an offset or as an epoch number. Of another it is the clock
/// time, as if it were that of UTC.
///
/// # Errors
/// As [`parse`].
pub fn parse_zoned(text: &str, now: Timestamp) -> Result<(Timestamp, bool), Problem> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']').trim();
    let b = text.as_bytes();
    if b.is_empty() || b.len() > 64 || !text.is_ascii() {
        return Err(NOT_A_TIME);
    }
    if is_decimal(b) {
        return Ok((from_decimal(text)?, true));
    }
    let mut c = Cursor { b, at: 0, zoned: false };
    let stamp = if b.len() >= 8 && b[..4].iter().all(u8::is_ascii_digit) && matches!(b[4], b'-' | b'/') {
        iso(&mut c)?
    } else if b.len() > 8 && b[..8].iter().all(u8::is_ascii_digit) && matches!(b[8], b'T' | b't') {
        basic(&mut c)?
    } else if b.len() == 13 && b[6] == b' ' && b[..6].iter().chain(&b[7..]).all(u8::is_ascii_digit) {
        hdfs(&mut c)?
    } else if b[0].is_ascii_alphabetic() {
        worded(&mut c, now)?
    } else {
        digits_first(&mut c, now)?
    };
    if c.rest().is_empty() { Ok((stamp, c.zoned)) } else { Err(NOT_A_TIME) }
}

/// An epoch number: below 10¹¹ seconds, below 10¹⁴ milliseconds, below 10¹⁷ microseconds, else nanoseconds.
///
/// # Errors
/// [`OUT_OF_RANGE`] before 1970 (and after 9999).
pub fn from_number(number: i64) -> Result<Timestamp, Problem> {
    if number < 0 {
        return Err(OUT_OF_RANGE);
    }
    let micros = match number {
        ..MILLIS => number.checked_mul(1_000_000),
        MILLIS..MICROS => number.checked_mul(1000),
        MICROS..NANOS => Some(number),
        NANOS.. => Some(number / 1000),
    };
    micros.and_then(Timestamp::from_micros).ok_or(OUT_OF_RANGE)
}

/// The text of an epoch number, with or without a fraction or exponent. The unit is that of the whole part.
///
/// # Errors
/// As [`from_number`]; [`NOT_A_TIME`] when the text is no number.
pub fn from_decimal(text: &str) -> Result<Timestamp, Problem> {
    if text.bytes().any(|c| matches!(c, b'e' | b'E')) {
        let value: f64 = text.parse().map_err(|_| NOT_A_TIME)?;
        if !(0.0..1e19).contains(&value) {
            return Err(OUT_OF_RANGE);
        }
        return from_decimal(&format!("{value:.6}"));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.starts_with('-') {
        return Err(OUT_OF_RANGE);
    }
    let whole: i64 = whole.trim_start_matches('+').parse().map_err(|_| OUT_OF_RANGE)?;
    let base = from_number(whole)?;
    // How many digits of the fraction are whole microseconds.
    let digits = match whole {
        ..MILLIS => 6,
        MILLIS..MICROS => 3,
        MICROS.. => 0,
    };
    Timestamp::from_micros(base.micros() + scaled(fraction.as_bytes(), digits).ok_or(NOT_A_TIME)?)
        .ok_or(OUT_OF_RANGE)
}

/// Digits, at most one dot, maybe a sign or an exponent.
fn is_decimal(b: &[u8]) -> bool {
    let b = b.strip_prefix(b"-").or_else(|| b.strip_prefix(b"+")).unwrap_or(b);
    let digits = b.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return false;
    }
    let Some(rest) = b.get(digits..) else { return false };
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => &fraction[fraction.iter().take_while(|c| c.is_ascii_digit()).count()..],
        None => rest,
    };
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let exponent =
                exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
            (1..=3).contains(&exponent.len()) && exponent.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// The first `digits` decimal digits as an integer, as if padded with zeros. `None` when there is another character.
fn scaled(fraction: &[u8], digits: usize) -> Option<i64> {
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some((0..digits).fold(0, |n, i| n * 10 + fraction.get(i).map_or(0, |c| i64::from(c - b'0'))))
}

struct Cursor<'a> {
    b: &'a [u8],
    at: usize,
    /// An offset was read.
    zoned: bool,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.b[self.at..]
    }
    fn peek(&self) -> Option<u8> {
        self.b.get(self.at).copied()
    }
    fn eat(&mut self, any: &[u8]) -> bool {
        let hit = self.peek().is_some_and(|c| any.contains(&c));
        self.at += usize::from(hit);
        hit
    }
    fn need(&mut self, any: &[u8]) -> Result<(), Problem> {
        if self.eat(any) { Ok(()) } else { Err(NOT_A_TIME) }
    }
    fn blanks(&mut self) {
        while self.eat(b" ") {}
    }
    /// Between `min` and `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Result<i64, Problem> {
        let n = self.rest().iter().take(max).take_while(|c| c.is_ascii_digit()).count();
        if n < min {
            return Err(NOT_A_TIME);
        }
        let value = self.rest()[..n].iter().fold(0, |v, c| v * 10 + i64::from(c - b'0'));
        self.at += n;
        Ok(value)
    }
    fn word(&mut self) -> &'a [u8] {
        let n = self.rest().iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let word = &self.rest()[..n];
        self.at += n;
        word
    }
    fn month(&mut self) -> Result<i64, Problem> {
        const NAMES: [&[u8; 3]; 12] =
            [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
        let word = self.word();
        let head = word.get(..3).ok_or(NOT_A_TIME)?.to_ascii_lowercase();
        NAMES.iter().position(|n| n.as_slice() == head).map(|m| m as i64 + 1).ok_or(NOT_A_TIME)
    }
    /// `HH:mm[:ss[.fraction]]` in microseconds.
    fn clock(&mut self) -> Result<i64, Problem> {
        let h = self.number(1, 2)?;
        self.need(b":")?;
        let m = self.number(2, 2)?;
        let mut micros = 0;
        let mut s = 0;
        if self.eat(b":") {
            s = self.number(2, 2)?;
            micros = self.fraction()?;
        }
        day_part(h, m, s, micros)
    }
    fn fraction(&mut self) -> Result<i64, Problem> {
        if !self.peek().is_some_and(|c| matches!(c, b'.' | b','))
            || !self.b.get(self.at + 1).is_some_and(u8::is_ascii_digit)
        {
            return Ok(0);
        }
        self.at += 1;
        let n = self.rest().iter().take_while(|c| c.is_ascii_digit()).count();
        let value = scaled(&self.rest()[..n], 6).ok_or(NOT_A_TIME)?;
        self.at += n;
        Ok(value)
    }
    /// `Z`, `UTC`, `GMT`, `+01:00`, `-0700`, `+01` or nothing, in microseconds east of UTC.
    fn offset(&mut self) -> Result<i64, Problem> {
        self.blanks();
        self.zoned = self.peek().is_some();
        match self.peek() {
            None => Ok(0),
            Some(b'Z' | b'z' | b'U' | b'u' | b'G' | b'g') => {
                match self.word().to_ascii_lowercase().as_slice() {
                    b"z" | b"utc" | b"gmt" => Ok(0),
                    _ => Err(NOT_A_TIME),
                }
            }
            Some(sign @ (b'+' | b'-')) => {
                self.at += 1;
                let h = self.number(2, 2)?;
                self.eat(b":");
                let m = if self.rest().is_empty() { 0 } else { self.number(2, 2)? };
                if h > 23 || m > 59 {
                    return Err(NO_SUCH_TIME);
                }
                let east = (h * 60 + m) * 60_000_000;
                Ok(if sign == b'-' { -east } else { east })
            }
            Some(_) => Err(NOT_A_TIME),
        }
    }
}

fn day_part(h: i64, m: i64, s: i64, micros: i64) -> Result<i64, Problem> {
    if h > 23 || m > 59 || s > 60 {
        return Err(NO_SUCH_TIME);
    }
    Ok(((h * 60 + m) * 60 + s) * 1_000_000 + if s == 60 { 0 } else { micros })
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(y: i64, m: i64, d: i64) -> Result<i64, Problem> {
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let last = match m {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(NO_SUCH_TIME),
    };
    if d < 1 || d > last {
        return Err(NO_SUCH_TIME);
    }
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    Ok(era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468)
}

fn stamp(day: i64, time: i64, offset: i64) -> Result<Timestamp, Problem> {
    Timestamp::from_micros(day * DAY + time - offset).ok_or(OUT_OF_RANGE)
}

fn iso(c: &mut Cursor<'_>) -> Result<Timestamp, Problem> {
    let y = c.number(4, 4)?;
    c.need(b"-/")?;
    let m = c.number(1, 2)?;
    c.need(b"-/")?;
    let d = c.number(1, 2)?;
    let day = days(y, m, d)?;
    if c.rest().is_empty() {
        return stamp(day, 0, 0);
    }
    c.need(b"Tt _")?;
    c.blanks();
    let time = c.clock()?;
    let offset = c.offset()?;
    stamp(day, time, offset)
}

/// ISO 8601 basic: `20261123T093000Z`.
fn basic(c: &mut Cursor<'_>) -> Result<Timestamp, Problem> {
    let day = days(c.number(4, 4)?, c.number(2, 2)?, c.number(2, 2)?)?;
    c.need(b"Tt")?;
    let (h, m, s) = (c.number(2, 2)?, c.number(2, 2)?, c.number(2, 2)?);
    let micros = c.fraction()?;
    let time = day_part(h, m, s, micros)?;
    let offset = c.offset()?;
    stamp(day, time, offset)
}

fn hdfs(c: &mut Cursor<'_>) -> Result<Timestamp, Problem> {
    let (y, m, d) = (c.number(2, 2)?, c.number(2, 2)?, c.number(2, 2)?);
    c.blanks();
    let time = day_part(c.number(2, 2)?, c.number(2, 2)?, c.number(2, 2)?, 0)?;
    stamp(days(if y < 70 { 2000 + y } else { 1900 + y }, m, d)?, time, 0)
}

/// Forms that begin with a word: `Jun 14 …`, `Sun Dec 04 …`, `Sun, 06 Nov …`.
fn worded(c: &mut Cursor<'_>, now: Timestamp) -> Result<Timestamp, Problem> {
    const WEEK: [&[u8; 3]; 7] = [b"sun", b"mon", b"tue", b"wed", b"thu", b"fri", b"sat"];
    let start = c.at;
    let first = c.word().to_ascii_lowercase();
    if first.get(..3).is_some_and(|f| WEEK.iter().any(|w| w.as_slice() == f)) {
        if c.eat(b",") {
            c.blanks();
            let d = c.number(1, 2)?;
            c.need(b" -")?;
            let m = c.month()?;
            c.need(b" -")?;
            let day = days(c.number(4, 4)?, m, d)?;
            c.blanks();
            let time = c.clock()?;
            let offset = c.offset()?;
            return stamp(day, time, offset);
        }
        c.blanks();
    } else {
        c.at = start;
    }
    let m = c.month()?;
    c.eat(b".");
    c.blanks();
    let d = c.number(1, 2)?;
    c.eat(b",");
    c.need(b" ")?;
    c.blanks();
    // A four-digit year before the clock: `Jun 14 2026 15:16:01`.
    let early = c.rest().len() > 5 && c.rest()[..4].iter().all(u8::is_ascii_digit);
    let mut year = if early { Some(c.number(4, 4)?) } else { None };
    c.blanks();
    let time = c.clock()?;
    c.eat(b":");
    let mark = c.at;
    c.blanks();
    if year.is_none() && c.peek().is_some_and(|b| b.is_ascii_digit()) {
        year = Some(c.number(4, 4)?);
    } else {
        c.at = mark;
    }
    let offset = c.offset()?;
    match year {
        Some(y) => stamp(days(y, m, d)?, time, offset),
        None => without_year(m, d, time, offset, now),
    }
}

/// Forms that begin with one or two digits.
fn digits_first(c: &mut Cursor<'_>, now: Timestamp) -> Result<Timestamp, Problem> {
    let first = c.number(1, 2)?;
    if c.eat(b".") {
        let d = c.number(1, 2)?;
        c.need(b" ")?;
        let time = c.clock()?;
        return without_year(first, d, time, 0, now);
    }
    if c.peek() == Some(b'/') && c.b.get(c.at + 1).is_some_and(u8::is_ascii_digit) {
        // Month first only where AM or PM shows that it is a US form; else day and month could be confused.
        c.at += 1;
        let d = c.number(1, 2)?;
        c.need(b"/")?;
        let day = days(c.number(4, 4)?, first, d)?;
        c.blanks();
        let time = c.clock()?;
        c.blanks();
        let hour = time / 3_600_000_000;
        let shift = match (c.word().to_ascii_lowercase().as_slice(), hour) {
            (b"am", 12) => -12,
            (b"am", 1..=11) | (b"pm", 12) => 0,
            (b"pm", 1..=11) => 12,
            _ => return Err(NOT_A_TIME),
        };
        return stamp(day, time + shift * 3_600_000_000, 0);
    }
    c.need(b"/- ")?;
    let m = c.month()?;
    c.need(b"/- ")?;
    let day = days(c.number(4, 4)?, m, first)?;
    c.need(b": ")?;
    let time = c.clock()?;
    let offset = c.offset()?;
    stamp(day, time, offset)
}

/// The latest year in which the instant is at most a day after `now`. Eight years back reach a 29 February.
fn without_year(m: i64, d: i64, time: i64, offset: i64, now: Timestamp) -> Result<Timestamp, Problem> {
    use chrono::Datelike as _;
    let limit = now.plus_micros(DAY);
    let newest = i64::from(limit.utc().year());
    (0..=8)
        .filter_map(|back| days(newest - back, m, d).ok())
        .filter_map(|day| stamp(day, time, offset).ok())
        .find(|at| *at <= limit)
        .ok_or(NO_SUCH_TIME)
}

#[cfg(test)]
mod tests;
