//! How closely something is related to a drift: by what it names, and by when it was.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Seconds before the onset that are looked at where no push says when it was in order last, and at least otherwise.
pub const LEAST_BEFORE: i64 = 24 * 3600;
/// However long it was unseen.
pub const MOST_BEFORE: i64 = 7 * 24 * 3600;
/// Seconds after the onset: what is written down a little later.
pub const AFTER: i64 = 2 * 3600;
/// Less is not told.
pub const LEAST_SCORE: f64 = 0.15;

/// The time around a drift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// A push found it.
    pub onset: Timestamp,
    /// A push found it in order; the change was made in between.
    pub in_order: Option<Timestamp>,
}

/// What of the drift something names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The resource itself.
    Resource,
    /// Its short name or its type, in words.
    Part,
    /// Its environment, and no resource.
    Environment,
    /// Nothing: it may be about everything.
    Nothing,
    /// Another resource or environment.
    Other,
}

impl Around {
    pub fn since(&self) -> Timestamp {
        let least = self.onset.plus_seconds(-LEAST_BEFORE);
        let most = self.onset.plus_seconds(-MOST_BEFORE);
        self.in_order.map_or(least, |at| at.min(least).max(most))
    }
    pub fn until(&self) -> Timestamp {
        self.onset.plus_seconds(AFTER)
    }
    /// Seconds from the onset to something that took from `from` to `to`, negative before it; 0 where it went on at the onset.
    pub fn offset(&self, from: Timestamp, to: Timestamp) -> i64 {
        if from > self.onset {
            from.seconds() - self.onset.seconds()
        } else if to < self.onset {
            to.seconds() - self.onset.seconds()
        } else {
            0
        }
    }
    /// 0..=1. What it names counts most; each two hours outside the time in which the change was made halve it, and in that time
    /// what is nearer to the onset counts a little more.
    pub fn score(&self, from: Timestamp, to: Timestamp, names: Names) -> f64 {
        let named = match names {
            Names::Resource => 1.0,
            Names::Part => 0.8,
            Names::Environment => 0.65,
            Names::Nothing => 0.4,
            Names::Other => return 0.0,
        };
        let made_since = self.in_order.unwrap_or_else(|| self.since()).max(self.since());
        let outside = (made_since.seconds() - to.seconds()).max(from.seconds() - self.onset.seconds()).max(0);
        let hours = |seconds: i64| seconds as f64 / 3600.0;
        let nearness = 0.7 + 0.3 * 0.5_f64.powf(hours(self.offset(from, to).abs()) / 6.0);
        (named * nearness * 0.5_f64.powf(hours(outside) / 2.0)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000).unwrap().plus_seconds(hours * 3600)
    }

    #[test]
    fn what_names_the_resource_in_the_time_of_the_change_is_closest() {
        let around = Around { onset: at(0), in_order: Some(at(-6)) };
        assert_eq!((around.since(), around.until()), (at(-24), at(2)));
        let score = |from, to, names| around.score(at(from), at(to), names);
        assert!(score(-1, -1, Names::Resource) > 0.9);
        assert!(score(-1, -1, Names::Resource) > score(-5, -5, Names::Resource));
        assert!(score(-5, -5, Names::Resource) > score(-12, -12, Names::Resource));
        assert!(score(-12, -12, Names::Resource) < LEAST_SCORE);
        assert!(score(-1, -1, Names::Part) > score(-1, -1, Names::Environment));
        assert!(score(-1, -1, Names::Other) < f64::EPSILON);
        // What went on all the while is as near as can be.
        assert!((score(-20, 20, Names::Resource) - 1.0).abs() < 1e-9);
        assert!(score(1, 1, Names::Resource) > LEAST_SCORE);
        assert_eq!((around.offset(at(-3), at(-2)), around.offset(at(-3), at(1))), (-7200, 0));
    }

    #[test]
    fn a_long_silence_is_looked_at_for_a_week_at_most() {
        let around = Around { onset: at(0), in_order: Some(at(-24 * 30)) };
        assert_eq!(around.since(), at(-24 * 7));
        assert!(around.score(at(-24 * 6), at(-24 * 6), Names::Resource) > 0.6);
        assert_eq!(Around { onset: at(0), in_order: None }.since(), at(-24));
    }
}
