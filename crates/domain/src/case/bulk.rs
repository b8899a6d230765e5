//! What is done to cases, one or many, and its undoing: the same rules as for one, and a result for each.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Act, MAX_REASON, MAX_TAGS, Priority, Resolution, Status, Step, check_tags, fold, tidy_tags};
use crate::invalid::Problems;
use crate::member::words;
use crate::{CaseActionId, CaseId, Invalid, Severity, Timestamp, UserId};

/// Most cases that one action on all that match changes.
pub const MAX_MATCHING: usize = 10_000;

/// What people do to several cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bulk {
    Investigate,
    Resolve(Resolution),
    Reopen,
    Assign(Option<UserId>),
    Priority(Priority),
    Severity(Severity),
    AddTag(String),
    RemoveTag(String),
}

words! {
    /// Why a case is as it was.
    Why {
        Investigated = "investigated", ResolvedFirst = "resolved_first", Resolved = "resolved", Open = "open",
        SameAssignee = "same_assignee", SamePriority = "same_priority", SameSeverity = "same_severity", HasTag = "has_tag",
        LacksTag = "lacks_tag", TooManyTags = "too_many_tags", ChangedSince = "changed_since", AssigneeLeft = "assignee_left",
        NotReached = "not_reached", FieldsMissing = "fields_missing", InReview = "in_review", ReviewFirst = "review_first",
        Merged = "merged", JobRuns = "job_runs", TooManyMerged = "too_many_merged",
    }
    "not a reason"
}

impl Why {
    /// After the name of the case: "CASE-7 is resolved already".
    pub fn words(self) -> &'static str {
        match self {
            Self::Investigated => "is being investigated already",
            Self::ResolvedFirst => "is resolved; reopen it first",
            Self::Resolved => "is resolved already",
            Self::Open => "is open",
            Self::SameAssignee => "has that assignee already",
            Self::SamePriority => "has that priority already",
            Self::SameSeverity => "has that severity already",
            Self::HasTag => "has that tag already",
            Self::LacksTag => "does not have that tag",
            Self::TooManyTags => "has 50 tags already",
            Self::ChangedSince => "was changed since; that stays",
            Self::AssigneeLeft => "was with somebody who is no member any more",
            Self::InReview => "waits for a review already",
            Self::ReviewFirst => "is closed by a second person here; ask for a review",
            Self::FieldsMissing => "lacks a field that is wanted before it is resolved",
            Self::Merged => "is in another case; that one is changed, or it is taken out of it first",
            Self::JobRuns => "is still being linked to events; wait until that has ended, or stop it",
            Self::TooManyMerged => "does not fit: one case takes in 100 others at most",
            Self::NotReached => "was not reached, because the server failed; try it again",
        }
    }
}

/// What became of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Unchanged(Why),
    /// There is none, or it is out of reach.
    Absent,
}

/// One case of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: CaseId,
    /// Nothing of one that is absent.
    pub number: Option<i64>,
    pub outcome: Outcome,
}

/// What became of each case of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// To undo it by; nothing where no case changed.
    pub action_id: Option<CaseActionId>,
    pub results: Vec<Item>,
}

impl Report {
    pub fn done(&self) -> usize {
        self.results.iter().filter(|item| item.outcome == Outcome::Done).count()
    }
}

/// What an action on many cases can change of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub status: Status,
    pub resolution: Option<Resolution>,
    pub resolved_at: Option<Timestamp>,
    pub priority: Priority,
    pub severity: Severity,
    pub assigned_to_id: Option<UserId>,
}

impl Bulk {
    /// What is wrong with it, or with its reason: resolving and reopening want one.
    pub fn check(&self, reason: &str) -> Result<(), Invalid> {
        match self {
            Self::Resolve(resolution) => {
                return Act::Resolve { resolution: *resolution, reason: reason.to_owned() }.check();
            }
            Self::Reopen => return Act::Reopen { reason: reason.to_owned() }.check(),
            _ => {}
        }
        let mut problems = Problems::default();
        problems.require(
            reason.trim().chars().count() <= MAX_REASON,
            "reason",
            "use at most 2,000 characters",
        );
        if let Self::AddTag(tag) | Self::RemoveTag(tag) = self {
            problems.require(!tag.trim().is_empty(), "tag", "write a tag");
            let mut of_tags = Problems::default();
            check_tags(&mut of_tags, std::slice::from_ref(tag));
            problems.require(
                of_tags.done().is_ok(),
                "tag",
                "a tag has at most 60 characters, no comma and no line break",
            );
        }
        problems.done()
    }

    /// What a case is after it, with its tags, and the step that is. `me`: who does it; who begins has it, unless somebody has.
    pub fn on(
        &self,
        old: &State,
        tags: &[String],
        now: Timestamp,
        me: Option<UserId>,
    ) -> Result<(State, Vec<String>, Step), Why> {
        let same = |is: bool, why: Why| if is { Err(why) } else { Ok(()) };
        let mut new = old.clone();
        let mut names = tags.to_vec();
        let has = |tag: &String| tags.iter().any(|name| fold(name) == fold(tag));
        let step = match self {
            Self::Investigate => {
                let why = if old.status == Status::Resolved { Why::ResolvedFirst } else { Why::Investigated };
                let (status, step) = Act::Investigate.on(old.status).map_err(|_| why)?;
                (new.status, new.assigned_to_id) = (status, old.assigned_to_id.or(me));
                step
            }
            Self::Resolve(resolution) => {
                let act = Act::Resolve { resolution: *resolution, reason: String::new() };
                let (status, step) = act.on(old.status).map_err(|_| Why::Resolved)?;
                (new.status, new.resolution, new.resolved_at) = (status, Some(*resolution), Some(now));
                step
            }
            Self::Reopen => {
                let act = Act::Reopen { reason: String::new() };
                let (status, step) = act.on(old.status).map_err(|_| Why::Open)?;
                (new.status, new.resolution, new.resolved_at) = (status, None, None);
                step
            }
            Self::Assign(to) => {
                same(old.assigned_to_id == *to, Why::SameAssignee)?;
                new.assigned_to_id = *to;
                Step::Assigned
            }
            Self::Priority(to) => {
                same(old.priority == *to, Why::SamePriority)?;
                new.priority = *to;
                Step::Edited
            }
            Self::Severity(to) => {
                same(old.severity == *to, Why::SameSeverity)?;
                new.severity = *to;
                Step::Edited
            }
            Self::AddTag(tag) => {
                same(has(tag), Why::HasTag)?;
                same(tags.len() >= MAX_TAGS, Why::TooManyTags)?;
                names.push(tag.trim().to_owned());
                Step::Tagged
            }
            Self::RemoveTag(tag) => {
                same(!has(tag), Why::LacksTag)?;
                names.retain(|name| fold(name) != fold(tag));
                Step::Tagged
            }
        };
        Ok((new, tidy_tags(&names), step))
    }
}

impl State {
    /// As the history keeps it, with the tags.
    pub fn told(&self, tags: &[String]) -> Value {
        json!({
            "status": self.status, "resolution": self.resolution, "resolved_at": self.resolved_at, "priority": self.priority,
            "severity": self.severity, "assigned_to_id": self.assigned_to_id, "tags": tags,
        })
    }
    /// With what a line of the history says it was, and the tags of then; nothing where that cannot be read.
    pub fn with(&self, told: &Value, tags: &[String]) -> Option<(Self, Vec<String>)> {
        fn read<T: serde::de::DeserializeOwned>(told: &Value, name: &str, into: &mut T) -> Option<()> {
            if let Some(value) = told.get(name) {
                *into = serde_json::from_value(value.clone()).ok()?;
            }
            Some(())
        }
        let (mut state, mut names) = (self.clone(), tags.to_vec());
        read(told, "status", &mut state.status)?;
        read(told, "resolution", &mut state.resolution)?;
        read(told, "resolved_at", &mut state.resolved_at)?;
        read(told, "priority", &mut state.priority)?;
        read(told, "severity", &mut state.severity)?;
        read(told, "assigned_to_id", &mut state.assigned_to_id)?;
        read(told, "tags", &mut names)?;
        Some((state, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            status: Status::Open,
            resolution: None,
            resolved_at: None,
            priority: Priority::Normal,
            severity: Severity::Medium,
            assigned_to_id: None,
        }
    }

    #[test]
    fn each_case_changes_by_the_rules_of_one() {
        let (old, now) = (state(), Timestamp::far_future());
        let (resolved, _, step) = Bulk::Resolve(Resolution::Benign).on(&old, &[], now, None).unwrap();
        assert_eq!(
            (resolved.status, resolved.resolved_at, step),
            (Status::Resolved, Some(now), Step::Resolved)
        );
        let tagged = ["SSH".to_owned()];
        for (bulk, of, why) in [
            (Bulk::Resolve(Resolution::Benign), &resolved, Why::Resolved),
            (Bulk::Investigate, &resolved, Why::ResolvedFirst),
            (Bulk::Reopen, &old, Why::Open),
            (Bulk::Assign(None), &old, Why::SameAssignee),
            (Bulk::Priority(Priority::Normal), &old, Why::SamePriority),
            (Bulk::Severity(Severity::Medium), &old, Why::SameSeverity),
            (Bulk::AddTag("ssh".to_owned()), &old, Why::HasTag),
            (Bulk::RemoveTag("noise".to_owned()), &old, Why::LacksTag),
        ] {
            assert_eq!(bulk.on(of, &tagged, now, None), Err(why), "{bulk:?}");
        }
        let (_, tags, _) = Bulk::AddTag(" noise ".to_owned()).on(&old, &tagged, now, None).unwrap();
        assert_eq!(tags, ["noise", "SSH"]);
    }

    #[test]
    fn resolving_and_reopening_want_a_reason_and_tags_a_word() {
        assert!(Bulk::Reopen.check(" ").is_err());
        assert!(Bulk::Resolve(Resolution::Benign).check("a drill").is_ok());
        assert!(Bulk::Assign(None).check("").is_ok());
        assert!(Bulk::Assign(None).check(&"x".repeat(2_001)).is_err());
        for tag in ["", " ", "a,b", "a\nb"] {
            assert!(Bulk::AddTag(tag.to_owned()).check("").is_err(), "{tag:?}");
        }
    }

    #[test]
    fn what_the_history_tells_is_read_back() {
        let (old, tags) = (state(), vec!["a".to_owned()]);
        let now = Timestamp::far_future();
        let (new, _, _) = Bulk::Resolve(Resolution::Benign).on(&old, &tags, now, None).unwrap();
        assert_eq!(new.with(&old.told(&tags), &[]), Some((old.clone(), tags)));
        assert_eq!(new.with(&json!({ "status": "odd" }), &[]), None);
    }
}
