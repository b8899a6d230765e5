//! How a drift goes through its life: what people do to it, and what a push shows.
//!
//! `open → acknowledged → resolved`. Resolved as reverted or written into the code is a claim that the next push checks: still there, the
//! claim was wrong, and the drift is open again (acknowledged by nobody) as if nobody had made it. Not there in any push since, and then there again, it came back.
//! Escalated, it stays with its case; accepted, it is seen again only when what left it out has ended.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::member::words;
use crate::{DriftActionId, DriftStepId, Timestamp, UserId};

words! {
    /// Where a drift stands.
    DriftStatus { Open = "open", Acknowledged = "acknowledged", Resolved = "resolved" }
    "not a status: open, acknowledged or resolved"
}

words! {
    /// What was done about a drift. One that was found no more has none.
    Resolution {
        AutoRevert = "auto_revert", CodifyIac = "codify_iac", Accepted = "accepted", Escalated = "escalated",
    }
    "not a resolution: auto_revert, codify_iac, accepted or escalated"
}

words! {
    /// What happened to a drift.
    DriftStep {
        Detected = "detected", Returned = "returned", Refuted = "refuted", Gone = "gone", Acknowledged = "acknowledged", Assigned = "assigned",
        Resolved = "resolved", Reopened = "reopened", Ignored = "ignored", Escalated = "escalated", Undone = "undone",
    }
    "not a step of a drift"
}

impl DriftStatus {
    pub fn is_open(self) -> bool {
        self != Self::Resolved
    }
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Acknowledged => "Acknowledged",
            Self::Resolved => "Resolved",
        }
    }
}

impl Resolution {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::AutoRevert => "Reverted",
            Self::CodifyIac => "Written into the code",
            Self::Accepted => "Accepted",
            Self::Escalated => "Escalated",
        }
    }
}

/// What changes in a drift by its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub status: DriftStatus,
    pub resolution_type: Option<Resolution>,
    pub resolved_at: Option<Timestamp>,
    pub assigned_to_id: Option<UserId>,
    /// When a push looked and did not find what people say is put back or written into the code. Nothing while no push has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_at: Option<Timestamp>,
}

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Acknowledge,
    Assign(Option<UserId>),
    Resolve(Resolution),
    Reopen,
}

/// Why a drift is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    Acknowledged,
    SameAssignee,
    Resolved,
    Open,
    ChangedSince,
}

impl Unchanged {
    /// After the name of the drift: "DRIFT-7 is resolved already".
    pub fn words(self) -> &'static str {
        match self {
            Self::Acknowledged => "is acknowledged already",
            Self::SameAssignee => "has that assignee already",
            Self::Resolved => "is resolved; reopen it first",
            Self::Open => "is open",
            Self::ChangedSince => "was changed since; that stays",
        }
    }
}

/// What a push that has the drift makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// As it was.
    Again,
    /// People said that it is put back or written into the code, and no push was without it since.
    Refuted,
    /// It was resolved, and is there again.
    Returned,
}

impl State {
    pub const NEW: Self = Self {
        status: DriftStatus::Open,
        resolution_type: None,
        resolved_at: None,
        assigned_to_id: None,
        absent_at: None,
    };

    /// Open, as it was before anybody resolved it; whose it is stays.
    fn opened(self) -> Self {
        Self { assigned_to_id: self.assigned_to_id, ..Self::NEW }
    }

    /// People say that it is put back or written into the code, and no push looked since.
    pub fn is_unchecked_claim(self) -> bool {
        self.status == DriftStatus::Resolved
            && matches!(self.resolution_type, Some(Resolution::AutoRevert | Resolution::CodifyIac))
            && self.absent_at.is_none()
    }

    /// # Errors
    /// Why it stays as it is.
    pub fn act(self, act: Act, now: Timestamp) -> Result<(Self, DriftStep), Unchanged> {
        match (act, self.status) {
            (Act::Reopen, DriftStatus::Resolved) => Ok((self.opened(), DriftStep::Reopened)),
            (Act::Reopen, _) => Err(Unchanged::Open),
            (_, DriftStatus::Resolved) => Err(Unchanged::Resolved),
            (Act::Acknowledge, DriftStatus::Acknowledged) => Err(Unchanged::Acknowledged),
            (Act::Acknowledge, DriftStatus::Open) => {
                Ok((Self { status: DriftStatus::Acknowledged, ..self }, DriftStep::Acknowledged))
            }
            (Act::Assign(to), _) if to == self.assigned_to_id => Err(Unchanged::SameAssignee),
            (Act::Assign(to), _) => Ok((Self { assigned_to_id: to, ..self }, DriftStep::Assigned)),
            (Act::Resolve(how), _) => Ok((
                Self {
                    status: DriftStatus::Resolved,
                    resolution_type: Some(how),
                    resolved_at: Some(now),
                    ..self
                },
                if how == Resolution::Escalated { DriftStep::Escalated } else { DriftStep::Resolved },
            )),
        }
    }

    /// A push has it.
    pub fn seen(self) -> (Self, Seen) {
        match (self.status, self.resolution_type) {
            (DriftStatus::Open | DriftStatus::Acknowledged, _) | (_, Some(Resolution::Escalated)) => {
                (self, Seen::Again)
            }
            (DriftStatus::Resolved, _) if self.is_unchecked_claim() => (self.opened(), Seen::Refuted),
            (DriftStatus::Resolved, _) => (self.opened(), Seen::Returned),
        }
    }

    /// A push looked at the resource and does not have it any more.
    pub fn gone(self, now: Timestamp) -> Option<Self> {
        self.status.is_open().then_some(Self {
            status: DriftStatus::Resolved,
            resolution_type: None,
            resolved_at: Some(now),
            ..self
        })
    }

    /// For the history: what an undo reads again.
    pub fn told(self) -> Value {
        json!(self)
    }
}

/// One step in the history of a drift.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryStep {
    pub id: DriftStepId,
    pub drift_id: crate::DriftId,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    pub actor: String,
    pub step: DriftStep,
    pub old: Value,
    pub new: Value,
    pub note: Option<String>,
    pub action_id: Option<DriftActionId>,
    /// Of the drift after it.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::EPOCH;

    #[test]
    fn a_claim_is_checked_by_the_next_push() {
        for (how, seen) in [
            (Resolution::AutoRevert, Seen::Refuted),
            (Resolution::CodifyIac, Seen::Refuted),
            (Resolution::Accepted, Seen::Returned),
            (Resolution::Escalated, Seen::Again),
        ] {
            let (resolved, _) = State::NEW.act(Act::Resolve(how), NOW).unwrap();
            let (after, what) = resolved.seen();
            assert_eq!(what, seen, "{how}");
            assert_eq!(after.status.is_open(), seen != Seen::Again, "{how}");
            // Once a push was without it, the claim was true, whatever comes later.
            let absent = State { absent_at: Some(NOW), ..resolved };
            let again = if seen == Seen::Refuted { Seen::Returned } else { seen };
            assert_eq!((absent.seen().1, absent.seen().0.absent_at.is_some()), (again, again == Seen::Again));
        }
        let gone = State::NEW.gone(NOW).unwrap();
        assert_eq!((gone.resolution_type, gone.seen().1), (None, Seen::Returned));
        assert_eq!(gone.gone(NOW), None);
    }

    #[test]
    fn every_act_in_every_status_changes_something_or_says_why_not() {
        let me = Some(UserId(uuid::Uuid::nil()));
        let acts = [
            Act::Acknowledge,
            Act::Assign(me),
            Act::Assign(None),
            Act::Resolve(Resolution::Accepted),
            Act::Reopen,
        ];
        for status in DriftStatus::ALL {
            for act in acts {
                let resolved = *status == DriftStatus::Resolved;
                let state = State { status: *status, resolved_at: resolved.then_some(NOW), ..State::NEW };
                match state.act(act, NOW) {
                    Ok((after, _)) => assert_ne!(after, state, "{status} {act:?}"),
                    Err(why) => assert!(!why.words().is_empty()),
                }
            }
        }
        let (read, told): (State, _) = (serde_json::from_value(State::NEW.told()).unwrap(), State::NEW);
        assert_eq!(read, told);
    }
}
