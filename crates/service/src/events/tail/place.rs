//! A place among the arrivals, as a reader keeps it.

use std::fmt;

use domain::Timestamp;

/// After so many events of an arrival, or after all of it. Opaque to readers: three hexadecimal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) seq: i64,
    /// Events of `seq` that are behind; `u32::MAX` is all of it.
    pub(super) passed: u32,
    /// When this was the newest place, in seconds since 1970.
    pub(super) seconds: i64,
}

impl Place {
    pub(super) fn after(seq: i64, at: Timestamp) -> Self {
        Self { seq, passed: u32::MAX, seconds: at.seconds() }
    }
    pub(super) fn is_whole(&self) -> bool {
        self.passed == u32::MAX
    }
    /// The arrivals to read are those with a larger number.
    pub(super) fn read_after(&self) -> i64 {
        if self.is_whole() { self.seq } else { self.seq - 1 }
    }
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut next = || i64::from_str_radix(parts.next()?, 16).ok().filter(|n| *n >= 0);
        let (seq, passed, seconds) = (next()?, next()?, next()?);
        let place = Self { seq, passed: passed.try_into().ok()?, seconds };
        parts.next().is_none().then_some(place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}-{:x}", self.seq, self.passed, self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_was_written() {
        for place in [
            Place { seq: 77, passed: 3, seconds: 1_795_426_200 },
            Place::after(i64::MAX, "2026-11-23T09:30:00Z".parse().unwrap()),
        ] {
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        assert_eq!(Place { seq: 77, passed: 3, seconds: 0 }.read_after(), 76);
        for wrong in ["", "1", "1-2", "1-2-3-4", "-1-2-3", "x-1-1", "1-1ffffffff-1", "1--1", "1-2-é"] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
