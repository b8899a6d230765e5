//! How long events are kept, by severity; what keeps them all the same.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::query::{EVENTS, parse};
use crate::{Invalid, Severity, Timestamp};

/// Longest time that can be chosen, in days.
pub const MAX_DAYS: i64 = 3_650;
const DAY: i64 = 86_400;

/// Days that events are kept, in the order of [`Severity::ALL`]; `None` keeps them for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub days: [Option<i64>; 5],
}

impl Policy {
    /// Reads what a form holds: a number of days each, or nothing for ever.
    ///
    /// # Errors
    /// Each that is no number of days, under the name of its severity.
    pub fn read(days: &[String; 5]) -> Result<Self, Invalid> {
        let mut problems = Problems::default();
        let mut policy = Self::default();
        for (severity, text) in Severity::ALL.into_iter().zip(days) {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let number = text.parse::<i64>().ok().filter(|n| (1..=MAX_DAYS).contains(n));
            let words = "use 1 to 3,650 days, or leave it empty to keep them for ever";
            problems.require(number.is_some(), severity.as_str(), words);
            policy.days[severity.rank()] = number;
        }
        problems.done()?;
        Ok(policy)
    }

    /// Nothing is ever deleted.
    pub fn keeps_all(&self) -> bool {
        self.days == [None; 5]
    }

    /// Before when each severity's events go, in whole hours; `None`: they stay.
    pub fn cutoffs(&self, now: Timestamp) -> [Option<Timestamp>; 5] {
        self.days.map(|days| Some(now.plus_seconds(-days? * DAY).hour()))
    }
}

/// Keeps events whatever the policy says, until its time is over or somebody lifts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewHold {
    pub reason: String,
    /// Keeps what the query finds; empty: everything.
    pub query: String,
    pub until: Option<Timestamp>,
}

impl NewHold {
    /// # Errors
    /// No reason, a query that cannot be read, an end that is past.
    pub fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        let reason = self.reason.trim();
        let fits = !reason.is_empty() && reason.chars().count() <= 1_000;
        problems.require(fits, "reason", "say why, in at most 1,000 characters");
        if let Err(problem) = parse(&self.query, &EVENTS, now) {
            problems.require(false, "query", &problem.placed(&self.query));
        }
        problems.require(self.until.is_none_or(|until| until > now), "until", "must be in the future");
        problems.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(days: [&str; 5]) -> [String; 5] {
        days.map(str::to_owned)
    }

    #[test]
    fn days_are_read_by_severity_and_nothing_is_for_ever() {
        let policy = Policy::read(&form(["30", " 90 ", "", "365", ""])).unwrap();
        assert_eq!(policy.days, [Some(30), Some(90), None, Some(365), None]);
        assert!(!policy.keeps_all() && Policy::read(&form([""; 5])).unwrap().keeps_all());
        let wrong = Policy::read(&form(["0", "x", "3651", "-1", "1.5"])).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["info", "low", "medium", "high", "critical"]);
    }

    #[test]
    fn a_cutoff_is_a_whole_hour() {
        let now: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        let cutoffs = Policy { days: [Some(1), None, None, None, None] }.cutoffs(now);
        assert_eq!(cutoffs[0], Some("2026-11-22T09:00:00Z".parse().unwrap()));
        assert_eq!(cutoffs[1..], [None; 4]);
    }

    #[test]
    fn a_hold_has_a_reason_a_query_that_can_be_read_and_an_end_to_come() {
        let now: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        let hold = NewHold { reason: "case 7".into(), query: "system_id:web-1".into(), until: None };
        hold.check(now).unwrap();
        let wrong = NewHold { reason: " ".into(), query: "severty:high".into(), until: Some(now) };
        let wrong = wrong.check(now).unwrap_err().0;
        assert_eq!(wrong.len(), 3);
        assert_eq!(wrong[1].reason, "at character 1: no field `severty`; did you mean `severity`?");
    }
}
