//! A second person looks before a case is closed, where the organization wants that.

use serde::{Deserialize, Serialize};

use super::{MAX_REASON, Resolution};
use crate::invalid::Problems;
use crate::member::words;
use crate::{CaseActionId, CaseId, CaseReviewId, Invalid, Timestamp, UserId};

words! {
    /// Where a review stands.
    ReviewState { Requested = "requested", Approved = "approved", Returned = "returned", Withdrawn = "withdrawn" }
    "not a state of a review: requested, approved, returned or withdrawn"
}

/// Somebody asks to close a case; somebody else says yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub id: CaseReviewId,
    pub case_id: CaseId,
    pub state: ReviewState,
    /// What the case was, as who asks says.
    pub resolution: Resolution,
    pub reason: String,
    /// Of an API key: who made it.
    pub requested_by_id: Option<UserId>,
    /// As it was called then.
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    /// Why it was returned, or what was said with the yes.
    pub decision: Option<String>,
    /// The action on many cases that asked for it.
    pub action_id: Option<CaseActionId>,
}

/// What the second person looked at: an answer is to this request, and to the case with all its parts as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub review: CaseReviewId,
    /// How much had happened to the case.
    pub length: i64,
}

/// What the second person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The case is resolved as it was asked; the note may be empty.
    Approve { note: String },
    /// The case goes on.
    Return { reason: String },
}

impl Verdict {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        match self {
            Self::Approve { note } => {
                problems.require(
                    note.trim().chars().count() <= MAX_REASON,
                    "note",
                    "use at most 2,000 characters",
                );
            }
            Self::Return { reason } => {
                let length = reason.trim().chars().count();
                problems.require(length > 0, "reason", "say why in a few words");
                problems.require(length <= MAX_REASON, "reason", "use at most 2,000 characters");
            }
        }
        problems.done()
    }
}

impl Review {
    /// Who asked does not answer, whether in person or through a key.
    pub fn may_be_decided_by(&self, user: UserId) -> bool {
        self.state == ReviewState::Requested && self.requested_by_id != Some(user)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_asked_does_not_answer() {
        let (ann, ben) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let review = Review {
            id: CaseReviewId(Uuid::nil()),
            case_id: CaseId(Uuid::nil()),
            state: ReviewState::Requested,
            resolution: Resolution::Benign,
            reason: "a drill".to_owned(),
            requested_by_id: Some(ann),
            requested_by: "ann".to_owned(),
            requested_at: Timestamp::far_future(),
            decided_by: None,
            decided_at: None,
            decision: None,
            action_id: None,
        };
        assert!(!review.may_be_decided_by(ann) && review.may_be_decided_by(ben));
        let returned = Review { state: ReviewState::Returned, ..review };
        assert!(!returned.may_be_decided_by(ben), "it is decided");
        assert!(Verdict::Return { reason: " ".to_owned() }.check().is_err());
        assert!(Verdict::Approve { note: String::new() }.check().is_ok());
    }
}
