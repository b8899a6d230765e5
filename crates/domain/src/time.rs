//! One instant type: UTC with microseconds, written in one fixed width so that text order is time order.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, TimeZone, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, microsecond precision, year 1970 to 9999.
///
/// Text form: `2026-11-23T09:30:00.000000Z`, always 27 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Truncates to microseconds. `None` outside 1970..=9999.
    pub fn new(at: DateTime<Utc>) -> Option<Self> {
        let micros = at.timestamp_subsec_micros();
        let at = at.with_nanosecond(micros * 1000)?;
        (1970..=9999).contains(&at.year()).then_some(Self(at))
    }
    /// Microseconds since 1970. `None` outside 1970..=9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Utc.timestamp_micros(micros).single().and_then(Self::new)
    }
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }
    pub fn seconds(self) -> i64 {
        self.0.timestamp()
    }
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }
    /// Clamped to the valid range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        self.0
            .checked_add_signed(TimeDelta::microseconds(micros))
            .and_then(Self::new)
            .unwrap_or(if micros < 0 { Self::EPOCH } else { Self::far_future() })
    }
    /// 9999-12-31T23:59:59.999999Z, the last instant.
    pub fn far_future() -> Self {
        Self::from_micros(253_402_300_799_999_999).unwrap_or(Self::EPOCH)
    }
    /// The start of the hour (for roll-ups).
    #[must_use]
    pub fn hour(self) -> Self {
        let micros = self.micros();
        Self::from_micros(micros - micros.rem_euclid(3_600_000_000)).unwrap_or(Self::EPOCH)
    }
    /// The fixed-width ISO 8601 text.
    pub fn iso(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

impl FromStr for Timestamp {
    type Err = &'static str;
    /// RFC 3339 with an offset. More forms are understood by [`crate::instant::parse`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .and_then(|at| Self::new(at.with_timezone(&Utc)))
            .ok_or("not a time in RFC 3339 between 1970 and 9999")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.iso())
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
