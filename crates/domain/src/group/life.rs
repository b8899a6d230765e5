//! The life of a group: new, ongoing, escalating, regressed, muted, resolved. What people do, what arriving events do, and
//! what time does are three pure functions, so that ingest, review and tests agree.
//!
//! - **new** for seven days after the first event, unless an analyst touches it; then **ongoing**.
//! - **escalating** when the last hour holds more than the group's own usual, see [`Baseline`]; ongoing again when it does not,
//!   an hour later at the earliest.
//! - **regressed** when an event occurs after it was resolved; ongoing after seven days.
//! - **muted** until an instant, until so many events fall in a window, or until a query matches. A mute by number stays with
//!   the group: it comes back as escalating and is muted again after a quiet window.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::words;
use crate::{GroupActionId, GroupChangeId, GroupId, Invalid, Timestamp, UserId, query};

words! {
    /// What a group is called now.
    Status {
        New = "new", Ongoing = "ongoing", Escalating = "escalating", Regressed = "regressed", Muted = "muted",
        Resolved = "resolved",
    }
    "not a status: new, ongoing, escalating, regressed, muted or resolved"
}

impl Status {
    /// What somebody still has to look at.
    pub const OPEN: [Self; 4] = [Self::New, Self::Ongoing, Self::Escalating, Self::Regressed];
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}

words! {
    /// What happened to a group; the first seven happen by themselves.
    Step {
        Aged = "aged", Escalated = "escalated", Calmed = "calmed", Regressed = "regressed", MuteEnded = "mute_ended",
        MuteBroken = "mute_broken", MutedAgain = "muted_again", Resolved = "resolved", Reopened = "reopened", Muted = "muted",
        Unmuted = "unmuted", Assigned = "assigned", Undone = "undone",
        Merged = "merged", TookIn = "took_in", Unmerged = "unmerged", LetGo = "let_go", Split = "split",
        SplitOff = "split_off", SplitUndone = "split_undone",
    }
    "not a step in the life of a group"
}

/// Longest note, in characters.
pub const MAX_NOTE: usize = 2000;
/// Most groups of one action.
pub const MAX_GROUPS: usize = 500;
/// Most groups of one action that is for all that match a filter.
pub const MAX_MATCHING: usize = 5000;
/// Days for which a group is new, or regressed.
pub const DAYS_NEW: i64 = 7;
/// Fewer events an hour never escalate.
pub const LEAST: i64 = 10;
/// Hours before the last one that make the usual.
pub const BASELINE_HOURS: i64 = 168;

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Everything that decides what a group is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Life {
    pub status: Status,
    pub since: Timestamp,
    pub assigned_to: Option<UserId>,
    /// Kept while it is regressed.
    pub resolved_at: Option<Timestamp>,
    /// Kept while a mute by number is broken.
    pub mute: Option<Mute>,
    /// Of a mute by number.
    pub window: Option<Window>,
    /// Of an escalating group, as the last review saw it.
    pub rate: Option<Rate>,
}

/// Until when a group is muted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mute {
    Until {
        at: Timestamp,
    },
    /// Until so many events occur within so many seconds.
    Count {
        events: i64,
        seconds: i64,
    },
    /// Until an event matches, see [`crate::query`].
    Query {
        query: String,
    },
}

/// A window begins with the first event after the one before has ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub start: Timestamp,
    pub seen: i64,
}

/// Events of an hour, and up to how many are usual.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub hour: i64,
    pub usual: i64,
}

/// Events an hour in the week before the last hour, as far back as the group goes. Hours without events count as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Baseline {
    pub hours: i64,
    /// Of the counts.
    pub sum: f64,
    /// Of the counts' squares.
    pub squares: f64,
}

/// The clock hour that is running or the one before, whichever holds more, with what was usual before both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hour {
    pub events: i64,
    pub baseline: Baseline,
}

/// What a batch of events brings to one group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival<'a> {
    /// When they occurred, in order.
    pub times: &'a [Timestamp],
    /// One that occurred since the mute matches its query.
    pub matches: bool,
}

/// A life as it is afterwards; without a step only figures changed, which the history does not tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub life: Life,
    pub step: Option<Step>,
}

/// What a person does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Resolve,
    Reopen,
    Mute(Mute),
    Unmute,
    /// `None`: nobody.
    Assign(Option<UserId>),
}

impl Act {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Mute(_) => "mute",
            Self::Unmute => "unmute",
            Self::Assign(_) => "assign",
        }
    }
    /// # Errors
    /// A mute that could not end.
    pub fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        if let Self::Mute(mute) = self { mute.check(now) } else { Ok(()) }
    }
}

impl Mute {
    fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        let mut p = Problems::default();
        match self {
            Self::Until { at } => {
                let last = now.plus_seconds(366 * DAY);
                p.require(*at > now && *at <= last, "until", "choose an instant within the next 366 days");
            }
            Self::Count { events, seconds } => {
                p.require((1..=1_000_000).contains(events), "count", "use a number from 1 to 1,000,000");
                p.require((60..=30 * DAY).contains(seconds), "window", "use 60 seconds to 30 days");
            }
            Self::Query { query: text } => match query::parse(text, &query::EVENTS, now) {
                Err(problem) => return Err(Invalid::field("query", problem.placed(text))),
                Ok(_) => p.require(!text.trim().is_empty(), "query", "write a query that an event can match"),
            },
        }
        p.done()
    }
}

impl Baseline {
    /// The mean and three standard deviations above it.
    pub fn limit(&self) -> f64 {
        if self.hours <= 0 {
            return 0.0;
        }
        let hours = self.hours as f64;
        let mean = self.sum / hours;
        let variance = (self.squares / hours - mean * mean).max(0.0);
        mean + 3.0 * variance.sqrt()
    }
}

/// The last hour against the usual; `None` when it does not escalate. A group younger than 24 hours never does.
pub fn escalates(first_seen: Timestamp, hour: Hour, now: Timestamp) -> Option<Rate> {
    let limit = hour.baseline.limit();
    let old_enough = first_seen.plus_seconds(DAY) <= now && hour.baseline.hours > 0;
    (old_enough && hour.events >= LEAST && hour.events as f64 > limit)
        .then_some(Rate { hour: hour.events, usual: limit as i64 })
}

impl Life {
    /// Of a group whose first event was at `first_seen`.
    pub fn born(first_seen: Timestamp, now: Timestamp) -> Self {
        let aged = first_seen.plus_seconds(DAYS_NEW * DAY);
        let (status, since) = if aged <= now { (Status::Ongoing, aged) } else { (Status::New, first_seen) };
        Self { status, since, assigned_to: None, resolved_at: None, mute: None, window: None, rate: None }
    }

    /// # Errors
    /// Why there is nothing to do, in words after "unchanged: ".
    pub fn act(&self, act: &Act, now: Timestamp) -> Result<Moved, &'static str> {
        let is = self.status;
        match act {
            Act::Resolve if is == Status::Resolved => Err("it is resolved already"),
            Act::Resolve => {
                let mut moved = self.moved(Status::Resolved, Step::Resolved, now);
                moved.life.mute = None;
                moved.life.resolved_at = Some(now);
                Ok(moved)
            }
            Act::Reopen if is != Status::Resolved => Err("it is not resolved"),
            Act::Reopen => {
                let mut moved = self.moved(Status::Ongoing, Step::Reopened, now);
                moved.life.resolved_at = None;
                Ok(moved)
            }
            Act::Mute(_) if is == Status::Resolved => Err("it is resolved; reopen it first"),
            Act::Mute(mute) if is == Status::Muted && self.mute.as_ref() == Some(mute) => {
                Err("it is muted like that already")
            }
            Act::Mute(mute) => {
                let mut moved = self.moved(Status::Muted, Step::Muted, now);
                let counts = matches!(mute, Mute::Count { .. });
                moved.life.window = counts.then_some(Window { start: now, seen: 0 });
                moved.life.mute = Some(mute.clone());
                moved.life.resolved_at = None;
                Ok(moved)
            }
            Act::Unmute if self.mute.is_none() => Err("it is not muted"),
            Act::Unmute => {
                let mut moved = self.moved(Status::Ongoing, Step::Unmuted, now);
                moved.life.mute = None;
                Ok(moved)
            }
            Act::Assign(to) if *to == self.assigned_to => {
                Err(if to.is_some() { "it is theirs already" } else { "nobody has it already" })
            }
            Act::Assign(to) => {
                let mut life = Self { assigned_to: *to, ..self.clone() };
                if is == Status::New {
                    (life.status, life.since) = (Status::Ongoing, now);
                }
                Ok(Moved { life, step: Some(Step::Assigned) })
            }
        }
    }

    /// What arriving events do; `None`: nothing. Only resolved groups and those with a mute need to be asked.
    pub fn arrive(&self, arrival: Arrival<'_>, now: Timestamp) -> Option<Moved> {
        match (&self.mute, self.status) {
            (_, Status::Resolved) => {
                let late = self.resolved_at.is_none_or(|at| arrival.times.last().is_some_and(|t| *t > at));
                (late && !arrival.times.is_empty())
                    .then(|| self.moved(Status::Regressed, Step::Regressed, now))
            }
            (Some(Mute::Query { .. }), Status::Muted) if arrival.matches => {
                let mut moved = self.moved(Status::Escalating, Step::MuteBroken, now);
                moved.life.mute = None;
                Some(moved)
            }
            (Some(Mute::Count { events, seconds }), _) => {
                Some(self.count(*events, *seconds, arrival.times, now)).filter(|moved| moved.life != *self)
            }
            _ => None,
        }
    }

    fn count(&self, events: i64, seconds: i64, times: &[Timestamp], now: Timestamp) -> Moved {
        let mut window = self.window.unwrap_or(Window { start: self.since, seen: 0 });
        let mut muted = self.status == Status::Muted;
        for at in times.iter().map(|at| (*at).min(now)).filter(|at| *at >= window.start).collect::<Vec<_>>() {
            let end = window.start.plus_seconds(seconds);
            if at >= end {
                muted = muted || window.seen < events || at >= end.plus_seconds(seconds);
                window = Window { start: at, seen: 0 };
            }
            window.seen += 1;
            muted = muted && window.seen < events;
        }
        let mut moved = match (self.status, muted) {
            (Status::Muted, false) => self.moved(Status::Escalating, Step::MuteBroken, now),
            (Status::Escalating, true) => self.moved(Status::Muted, Step::MutedAgain, now),
            _ => Moved { life: self.clone(), step: None },
        };
        moved.life.window = Some(window);
        moved
    }

    /// What time does; `None`: nothing. `hour`: figures of the group, where it has events in the last hour.
    pub fn review(&self, first_seen: Timestamp, hour: Option<Hour>, now: Timestamp) -> Option<Moved> {
        let rate = hour.and_then(|hour| escalates(first_seen, hour, now));
        match (self.status, &self.mute) {
            (Status::Muted, Some(Mute::Until { at })) if *at <= now => {
                let mut moved = self.moved(Status::Ongoing, Step::MuteEnded, now);
                moved.life.mute = None;
                Some(moved)
            }
            (Status::Escalating, Some(Mute::Count { events, seconds })) => {
                let window = self.window?;
                let end = window.start.plus_seconds(*seconds);
                let quiet = (window.seen < *events && now >= end) || now >= end.plus_seconds(*seconds);
                quiet.then(|| {
                    let mut moved = self.moved(Status::Muted, Step::MutedAgain, now);
                    moved.life.window = Some(Window { start: now, seen: 0 });
                    moved
                })
            }
            (Status::Escalating, _) if rate.is_some() => {
                (self.rate != rate).then(|| Moved { life: Self { rate, ..self.clone() }, step: None })
            }
            (Status::Escalating, _) => {
                let calm = self.since.plus_seconds(HOUR) <= now;
                calm.then(|| self.moved(Status::Ongoing, Step::Calmed, now))
            }
            (Status::New | Status::Ongoing, _) if rate.is_some() => {
                let mut moved = self.moved(Status::Escalating, Step::Escalated, now);
                moved.life.rate = rate;
                Some(moved)
            }
            (Status::New, _) if first_seen.plus_seconds(DAYS_NEW * DAY) <= now => {
                Some(self.moved(Status::Ongoing, Step::Aged, first_seen.plus_seconds(DAYS_NEW * DAY)))
            }
            (Status::Regressed, _) if self.since.plus_seconds(DAYS_NEW * DAY) <= now => {
                Some(self.moved(Status::Ongoing, Step::Aged, self.since.plus_seconds(DAYS_NEW * DAY)))
            }
            _ => None,
        }
    }

    /// Figures of the time before end with it; a mute by number and its window stay.
    fn moved(&self, status: Status, step: Step, now: Timestamp) -> Moved {
        let window = self.window.filter(|_| matches!(step, Step::MuteBroken | Step::MutedAgain));
        Moved { life: Self { status, since: now, rate: None, window, ..self.clone() }, step: Some(step) }
    }
}

/// A step in the history of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub id: GroupChangeId,
    pub group_id: GroupId,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    /// E-mail or API key; `None`: it happened by itself.
    pub actor: Option<String>,
    pub step: Step,
    pub old: Life,
    pub new: Life,
    pub note: Option<String>,
    /// Shared by the groups that one action changed.
    pub action_id: Option<GroupActionId>,
    /// The action that this one undid.
    pub undoes: Option<GroupActionId>,
    /// The other group of a merge or a split, where it is one.
    pub other: Option<GroupId>,
}

/// What one action did to one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Why.
    Unchanged(&'static str),
    /// There is no such group.
    Absent,
}

/// What one action did.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// To undo it by; `None` when nothing changed.
    pub action_id: Option<GroupActionId>,
    /// In the order of the request.
    pub results: Vec<(GroupId, Outcome)>,
}

impl Report {
    /// Groups that changed.
    pub fn done(&self) -> usize {
        self.results.iter().filter(|(_, outcome)| *outcome == Outcome::Done).count()
    }
}

#[cfg(test)]
mod tests;
