//! Linking every event that a query finds to a case. It runs in the background, a part at a time.

use serde::{Deserialize, Serialize};

use crate::member::words;
use crate::{CaseId, CaseJobId, Timestamp, UserId};

/// Most events that one job links.
pub const MAX_EVENTS: i64 = 100_000;
/// Most jobs of an organization that run at the same time.
pub const MAX_RUNNING: usize = 10;

words! {
    /// Where a job stands.
    JobState {
        Running = "running", Done = "done", Cancelled = "cancelled", Failed = "failed", TakenBack = "taken_back",
    }
    "not a state of a job: running, done, cancelled, failed or taken_back"
}

/// What is asked: events of a range of time that a query finds.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub query: Option<crate::query::Query>,
    pub from: Option<Timestamp>,
    /// Exclusive. Without it: until the job begins, so that what comes later has no part in it.
    pub until: Option<Timestamp>,
}

/// A job, running or ended.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseJob {
    pub id: CaseJobId,
    pub case_id: CaseId,
    /// In the query language, with its times fixed; empty finds everything.
    pub query: String,
    pub from_at: Option<Timestamp>,
    /// Exclusive.
    pub until_at: Timestamp,
    pub state: JobState,
    /// How many events matched when it began.
    pub expected: i64,
    /// `expected` was counted; else it is an estimate.
    pub exact: bool,
    /// Events that it came to so far.
    pub found: i64,
    /// Those of them that were not linked before.
    pub added: i64,
    /// The last event it came to.
    pub place: Option<(Timestamp, uuid::Uuid)>,
    /// Why it ended before its end, in words.
    pub failure: Option<String>,
    /// Nobody, where an API key began it.
    pub started_by_id: Option<UserId>,
    /// As it was called then.
    pub started_by: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl CaseJob {
    /// What it linked can be taken out of the case again.
    pub fn can_be_taken_back(&self) -> bool {
        self.added > 0 && !matches!(self.state, JobState::Running | JobState::TakenBack)
    }
    /// How far it is, 0 to 1; an estimate may have been too small.
    pub fn progress(&self) -> f64 {
        let of = self.expected.max(self.found).max(1);
        self.found as f64 / of as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(state: JobState, found: i64, added: i64) -> CaseJob {
        CaseJob {
            id: CaseJobId(uuid::Uuid::nil()),
            case_id: CaseId(uuid::Uuid::nil()),
            query: String::new(),
            from_at: None,
            until_at: Timestamp::far_future(),
            state,
            expected: 4,
            exact: false,
            found,
            added,
            place: None,
            failure: None,
            started_by_id: None,
            started_by: "ann".to_owned(),
            started_at: Timestamp::far_future(),
            ended_at: None,
        }
    }

    #[test]
    fn what_a_job_linked_is_taken_back_once_it_has_ended() {
        for (state, added, can) in [
            (JobState::Running, 3, false),
            (JobState::Done, 3, true),
            (JobState::Cancelled, 3, true),
            (JobState::Done, 0, false),
            (JobState::TakenBack, 3, false),
        ] {
            assert_eq!(job(state, 3, added).can_be_taken_back(), can, "{state} {added}");
        }
    }

    #[test]
    fn more_than_was_estimated_is_not_more_than_all() {
        assert!((job(JobState::Running, 2, 0).progress() - 0.5).abs() < 1e-9);
        assert!((job(JobState::Running, 9, 0).progress() - 1.0).abs() < 1e-9);
    }
}
