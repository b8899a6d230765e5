//! Drift by the day: what came, what was resolved, how long that took (DriftGuard's `drift_metrics_daily`).
//!
//! Pure: [`tally`] walks the histories of drifts and gives the rows that the job writes and a check compares. A day is one of UTC.
//!
//! - A drift *comes* when a push finds it, and again when it was resolved, a push was without it, and it is there once more.
//! - It is *resolved* when it stops to be open, by people or because it was not found any more. What people took back or opened again was no
//!   resolution, nor was a claim that the next push refuted. The time to resolve is that from the latest coming.
//! - Averages and percentiles of several rows are made of [`Times`], which add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DriftStatus, DriftStep, State};
use crate::recommendation::RecommendationStatus;
use crate::{DriftId, EnvironmentId, IacRepositoryId, Severity, Timestamp};

const DAY: i64 = 86_400;

/// What is known of why a drift came, where nobody found out.
pub const UNKNOWN_CAUSE: &str = "unknown";

/// The day of an instant, as its beginning.
pub fn day(at: Timestamp) -> Timestamp {
    at.plus_micros(-at.micros().rem_euclid(DAY * 1_000_000))
}

/// How many took how long. Step `n` holds what took less than 2^((n+1)/8) minutes and not less than 2^(n/8). A percentile is the end of its
/// step, or the longest of all where that is less: never below the true one, and at most 9 % above it. The mean is exact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub seconds: i64,
    /// What took longest, in seconds.
    longest: i64,
    steps: BTreeMap<i64, i64>,
}

/// Beside the steps, whose names are numbers.
const LONGEST: &str = "longest";

impl Times {
    pub fn add(&mut self, seconds: i64) {
        self.seconds += seconds;
        self.longest = self.longest.max(seconds);
        *self.steps.entry(step_of(seconds)).or_default() += 1;
    }
    pub fn merge(&mut self, other: &Self) {
        self.seconds += other.seconds;
        self.longest = self.longest.max(other.longest);
        for (step, n) in &other.steps {
            *self.steps.entry(*step).or_default() += n;
        }
    }
    pub fn count(&self) -> i64 {
        self.steps.values().sum()
    }
    /// In seconds.
    pub fn mean(&self) -> Option<i64> {
        let count = self.count();
        (count > 0).then(|| (self.seconds + count / 2) / count)
    }
    /// In seconds: so long or less took `share` of them.
    pub fn percentile(&self, share: f64) -> Option<i64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0);
        let mut seen = 0;
        self.steps.iter().find_map(|(step, n)| {
            seen += n;
            (seen as f64 >= wanted).then(|| end_of(*step).min(self.longest))
        })
    }
    pub fn told(&self) -> Value {
        let steps = self.steps.iter().map(|(step, n)| (step.to_string(), json!(n)));
        let longest = (self.count() > 0).then(|| (LONGEST.to_owned(), json!(self.longest)));
        Value::Object(steps.chain(longest).collect())
    }
    /// As [`Times::told`] wrote it; what is no step is left out.
    pub fn read(seconds: i64, told: &Value) -> Self {
        let steps = told.as_object().into_iter().flatten();
        Self {
            seconds,
            longest: told.get(LONGEST).and_then(Value::as_i64).unwrap_or_default(),
            steps: steps.filter_map(|(step, n)| Some((step.parse().ok()?, n.as_i64()?))).collect(),
        }
    }
}

fn step_of(seconds: i64) -> i64 {
    let minutes = (seconds.max(0) as f64 / 60.0).max(1.0);
    (minutes.log2() * 8.0).floor() as i64
}

fn end_of(step: i64) -> i64 {
    (60.0 * ((step as f64 + 1.0) / 8.0).exp2()).ceil() as i64
}

/// What one row is of. The day comes first, so that rows are written in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub date: Timestamp,
    pub environment_id: EnvironmentId,
    pub iac_repository_id: IacRepositoryId,
}

/// One row of `drift_metrics_daily`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub came: i64,
    pub resolved: i64,
    pub times: Times,
    /// Of those that came, by the word of the cause.
    pub causes: BTreeMap<String, i64>,
    /// Of those that came, by rank.
    pub severities: [i64; 5],
    pub decided: i64,
    pub implemented: i64,
}

impl Figures {
    pub fn merge(&mut self, other: &Self) {
        self.came += other.came;
        self.resolved += other.resolved;
        self.times.merge(&other.times);
        for (cause, n) in &other.causes {
            *self.causes.entry(cause.clone()).or_default() += n;
        }
        for (mine, n) in self.severities.iter_mut().zip(other.severities) {
            *mine += n;
        }
        self.decided += other.decided;
        self.implemented += other.implemented;
    }
    /// The share of answered recommendations that was done.
    pub fn adoption(&self) -> Option<f64> {
        (self.decided > 0)
            .then(|| (self.implemented as f64 / self.decided as f64 * 10_000.0).round() / 10_000.0)
    }
    pub fn severity_told(&self) -> Value {
        let counts = Severity::ALL.iter().zip(self.severities).filter(|(_, n)| *n > 0);
        Value::Object(counts.map(|(severity, n)| (severity.as_str().to_owned(), json!(n))).collect())
    }
    pub fn causes_told(&self) -> Value {
        json!(self.causes)
    }
    /// As [`Figures::severity_told`] wrote it.
    pub fn read_severities(told: &Value) -> [i64; 5] {
        let mut counts = [0; 5];
        for severity in Severity::ALL {
            counts[severity.rank()] = told[severity.as_str()].as_i64().unwrap_or(0);
        }
        counts
    }
    /// As [`Figures::causes_told`] wrote it.
    pub fn read_causes(told: &Value) -> BTreeMap<String, i64> {
        let causes = told.as_object().into_iter().flatten();
        causes.filter_map(|(cause, n)| Some((cause.clone(), n.as_i64()?))).collect()
    }
    pub fn is_empty(&self) -> bool {
        self.came == 0 && self.resolved == 0 && self.decided == 0
    }
}

/// One step of a drift's history, with what is known of the drift.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    pub drift_id: DriftId,
    pub environment_id: EnvironmentId,
    pub iac_repository_id: IacRepositoryId,
    pub at: Timestamp,
    pub step: DriftStep,
    pub old: Value,
    pub new: Value,
    /// Of the drift as it is now; a step that knows its own goes before it.
    pub severity_score: f64,
    /// As it is told now; nothing where nobody looked.
    pub cause: Option<String>,
}

/// What became of a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub environment_id: EnvironmentId,
    pub iac_repository_id: IacRepositoryId,
    pub at: Timestamp,
    pub status: RecommendationStatus,
}

/// Rows by what they are of.
pub type Rows = BTreeMap<Place, Figures>;

/// A step that takes a resolution back changes the day of that resolution too: the earliest day that these steps have a part in.
pub fn first_day(at: Timestamp, step: DriftStep, old: &Value) -> Timestamp {
    let taken_back =
        matches!(step, DriftStep::Reopened | DriftStep::Undone | DriftStep::Refuted).then(|| {
            let state: Option<State> = serde_json::from_value(old.clone()).ok();
            state.and_then(|state| state.resolved_at)
        });
    day(taken_back.flatten().map_or(at, |resolved| resolved.min(at)))
}

/// Adds the histories of whole drifts: all steps of one after the other, each drift's in its order. Days before `from` are left out.
pub fn tally(rows: &mut Rows, steps: &[Walked], from: Timestamp) {
    for steps in steps.chunk_by(|a, b| a.drift_id == b.drift_id) {
        let mut onset: Option<Timestamp> = None;
        // The resolution that can still be taken back.
        let mut last: Option<(Place, i64)> = None;
        let mut kept: Vec<(Place, i64)> = Vec::new();
        for walked in steps {
            let place = Place {
                date: day(walked.at),
                environment_id: walked.environment_id,
                iac_repository_id: walked.iac_repository_id,
            };
            let (was, is) = (status(&walked.old), status(&walked.new));
            let comes = matches!(walked.step, DriftStep::Detected | DriftStep::Returned);
            if comes {
                onset = Some(walked.at);
                kept.extend(last.take());
                if place.date >= from {
                    let figures = rows.entry(place).or_default();
                    figures.came += 1;
                    let score = walked.new["severity_score"].as_f64().unwrap_or(walked.severity_score);
                    figures.severities[super::severity(score).rank()] += 1;
                    let cause = walked.cause.as_deref().unwrap_or(UNKNOWN_CAUSE);
                    *figures.causes.entry(cause.to_owned()).or_default() += 1;
                }
            } else if was.is_open() && !is.is_open() {
                kept.extend(last.take());
                let took = onset.map_or(0, |onset| walked.at.seconds() - onset.seconds());
                last = Some((place, took.max(0)));
            } else if !was.is_open() && is.is_open() {
                last = None;
            }
        }
        kept.extend(last);
        for (place, took) in kept.into_iter().filter(|(place, _)| place.date >= from) {
            let figures = rows.entry(place).or_default();
            figures.resolved += 1;
            figures.times.add(took);
        }
    }
}

/// Adds what became of recommendations. What was overtaken was no answer.
pub fn tally_decided(rows: &mut Rows, decided: &[Decided], from: Timestamp) {
    use RecommendationStatus as S;
    for one in decided {
        let place = Place {
            date: day(one.at),
            environment_id: one.environment_id,
            iac_repository_id: one.iac_repository_id,
        };
        if place.date < from || !matches!(one.status, S::Implemented | S::Dismissed | S::Expired) {
            continue;
        }
        let figures = rows.entry(place).or_default();
        figures.decided += 1;
        figures.implemented += i64::from(one.status == S::Implemented);
    }
}

fn status(told: &Value) -> DriftStatus {
    told["status"].as_str().and_then(|word| word.parse().ok()).unwrap_or(DriftStatus::Open)
}

/// A row with the names of what it is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub place: Place,
    /// Joined.
    pub environment: String,
    pub repository: String,
    pub figures: Figures,
    pub computed_at: Timestamp,
}

/// What a period is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Whole days that end with today.
    pub days: i64,
    /// Slug of the environment.
    pub environment: Option<String>,
    pub repository: Option<String>,
}

/// Most days of a period.
pub const MAX_DAYS: i64 = 366;

/// The figures of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Analytics {
    /// The first day.
    pub from: Timestamp,
    /// The day after the last.
    pub to: Timestamp,
    /// One a day, also where nothing was.
    pub days: Vec<(Timestamp, Figures)>,
    pub now: Figures,
    /// Of the period of the same length before.
    pub before: Figures,
    /// The most first: figures of the period and of the one before.
    pub environments: Vec<(String, Figures, Figures)>,
    /// By environment and repository.
    pub repositories: Vec<((String, String), Figures, Figures)>,
    /// When the rows were computed last.
    pub computed_at: Option<Timestamp>,
}

/// Puts the rows of a period and of the one before together.
pub fn analytics(rows: &[Row], (before, from, to): (Timestamp, Timestamp, Timestamp)) -> Analytics {
    let mut days: BTreeMap<Timestamp, Figures> = BTreeMap::new();
    let mut at = from;
    while at < to {
        days.insert(at, Figures::default());
        at = at.plus_seconds(DAY);
    }
    let mut sums = [Figures::default(), Figures::default()];
    let mut environments: BTreeMap<String, [Figures; 2]> = BTreeMap::new();
    let mut repositories: BTreeMap<(String, String), [Figures; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.place.date >= before && row.place.date < to) {
        let which = usize::from(row.place.date < from);
        if let Some(day) = days.get_mut(&row.place.date) {
            day.merge(&row.figures);
        }
        sums[which].merge(&row.figures);
        environments.entry(row.environment.clone()).or_default()[which].merge(&row.figures);
        let place = (row.environment.clone(), row.repository.clone());
        repositories.entry(place).or_default()[which].merge(&row.figures);
    }
    let [now, earlier] = sums;
    Analytics {
        from,
        to,
        days: days.into_iter().collect(),
        now,
        before: earlier,
        environments: ranked(environments),
        repositories: ranked(repositories),
        computed_at: rows.iter().map(|row| row.computed_at).max(),
    }
}

fn ranked<K: Ord>(all: BTreeMap<K, [Figures; 2]>) -> Vec<(K, Figures, Figures)> {
    let mut all: Vec<_> = all.into_iter().map(|(key, [now, before])| (key, now, before)).collect();
    // Stable: those with as many stay in the order of their names.
    all.sort_by_key(|(_, now, _)| std::cmp::Reverse((now.came, now.resolved)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::{Act, Resolution};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    struct Story {
        state: State,
        steps: Vec<Walked>,
    }

    impl Story {
        fn new() -> Self {
            Self { state: State::NEW, steps: Vec::new() }
        }
        fn tell(&mut self, when: &str, step: DriftStep, new: State) {
            self.steps.push(Walked {
                drift_id: DriftId(uuid::Uuid::nil()),
                environment_id: EnvironmentId(uuid::Uuid::nil()),
                iac_repository_id: IacRepositoryId(uuid::Uuid::nil()),
                at: at(when),
                step,
                old: self.state.told(),
                new: new.told(),
                severity_score: 0.9,
                cause: None,
            });
            self.state = new;
        }
        fn comes(&mut self, when: &str) {
            let step = if self.steps.is_empty() { DriftStep::Detected } else { DriftStep::Returned };
            self.tell(when, step, State::NEW);
        }
        fn act(&mut self, when: &str, act: Act) {
            let (new, step) = self.state.act(act, at(when)).unwrap();
            self.tell(when, step, new);
        }
    }

    fn days(story: &Story, from: &str) -> Vec<(String, i64, i64, i64)> {
        let mut rows = Rows::new();
        tally(&mut rows, &story.steps, at(from));
        rows.into_iter()
            .map(|(place, f)| (place.date.iso()[..10].to_owned(), f.came, f.resolved, f.times.seconds))
            .collect()
    }

    #[test]
    fn a_drift_counts_when_it_comes_and_when_it_ends() {
        let mut story = Story::new();
        story.comes("2026-03-01T10:00:00Z");
        story.act("2026-03-02T10:00:00Z", Act::Resolve(Resolution::AutoRevert));
        story.comes("2026-03-04T23:59:59Z");
        story.act("2026-03-05T00:59:59Z", Act::Resolve(Resolution::CodifyIac));
        let told = [
            ("2026-03-01", 1, 0, 0),
            ("2026-03-02", 0, 1, 86_400),
            ("2026-03-04", 1, 0, 0),
            ("2026-03-05", 0, 1, 3_600),
        ];
        let told: Vec<_> = told.map(|(day, a, b, c)| (day.to_owned(), a, b, c)).to_vec();
        assert_eq!(days(&story, "2026-01-01T00:00:00Z"), told);
        // A part of it is the same part.
        assert_eq!(days(&story, "2026-03-04T00:00:00Z"), told[2..]);
    }

    #[test]
    fn what_people_took_back_was_no_resolution() {
        let mut story = Story::new();
        story.comes("2026-03-01T10:00:00Z");
        story.act("2026-03-02T10:00:00Z", Act::Resolve(Resolution::AutoRevert));
        story.act("2026-03-03T10:00:00Z", Act::Reopen);
        story.act("2026-03-04T10:00:00Z", Act::Resolve(Resolution::AutoRevert));
        let all = days(&story, "2026-01-01T00:00:00Z");
        assert_eq!(all, [("2026-03-01".to_owned(), 1, 0, 0), ("2026-03-04".to_owned(), 0, 1, 3 * 86_400)]);
        let step = &story.steps[2];
        assert_eq!(first_day(step.at, step.step, &step.old), at("2026-03-02T00:00:00Z"));
        assert_eq!(first_day(step.at, DriftStep::Assigned, &step.old), at("2026-03-03T00:00:00Z"));
    }

    #[test]
    fn a_claim_that_a_push_refuted_was_no_resolution() {
        let mut story = Story::new();
        story.comes("2026-03-01T10:00:00Z");
        story.act("2026-03-02T10:00:00Z", Act::Resolve(Resolution::CodifyIac));
        story.tell("2026-03-03T10:00:00Z", DriftStep::Refuted, story.state.seen().0);
        story.act("2026-03-04T10:00:00Z", Act::Resolve(Resolution::CodifyIac));
        let all = days(&story, "2026-01-01T00:00:00Z");
        assert_eq!(all, [("2026-03-01".to_owned(), 1, 0, 0), ("2026-03-04".to_owned(), 0, 1, 3 * 86_400)]);
        let step = &story.steps[2];
        assert_eq!(first_day(step.at, step.step, &step.old), at("2026-03-02T00:00:00Z"));
    }

    #[test]
    fn times_add_up_and_a_percentile_is_near_the_true_one() {
        let (mut one, mut other) = (Times::default(), Times::default());
        for minutes in 1..=100 {
            if minutes % 2 == 0 { &mut one } else { &mut other }.add(minutes * 60);
        }
        let read = Times::read(other.seconds, &other.told());
        assert_eq!(read, other);
        one.merge(&read);
        assert_eq!((one.count(), one.mean()), (100, Some(3_030)));
        let p90 = one.percentile(0.9).unwrap() as f64;
        assert!((1.0..1.1).contains(&(p90 / 5_400.0)), "{p90}");
        let mut same = Times::default();
        (0..3).for_each(|_| same.add(4 * 86_400));
        assert_eq!((same.mean(), same.percentile(0.9)), (Some(4 * 86_400), Some(4 * 86_400)));
        assert_eq!((Times::default().mean(), Times::default().percentile(0.9)), (None, None));
    }
}
