//! Cases: investigations (Signaled's Case, with what TheHive, IRIS and Catalyst keep of one).
//!
//! `open → investigating → resolved`, back by reopening with a reason. Every change names the version it was made from.

pub mod bulk;
pub mod entry;
pub mod evidence;
pub mod field;
pub mod handover;
pub mod job;
pub mod mention;
pub mod merge;
pub mod observable;
pub mod review;
pub mod similar;
pub mod story;
mod tag;
pub mod template;

pub use tag::{MAX_TAG, MAX_TAGS, Tag, check_tag_name, check_tags, fold, tidy_tags};

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::words;
use crate::{
    ApiKeyId, CaseActionId, CaseChangeId, CaseId, CaseLinkId, CaseNoteId, CaseTaskId, CaseTemplateId,
    Invalid, Severity, Timestamp, UserId,
};

words! {
    /// Where an investigation stands.
    Status { Open = "open", Investigating = "investigating", Resolved = "resolved" }
    "not a status: open, investigating or resolved"
}

words! {
    /// What an investigation found out.
    Resolution {
        TruePositive = "true_positive", FalsePositive = "false_positive", Benign = "benign", Duplicate = "duplicate",
        Inconclusive = "inconclusive",
    }
    "not a resolution: true_positive, false_positive, benign, duplicate or inconclusive"
}

words! {
    /// How soon somebody should look.
    Priority { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" }
    "not a priority: low, normal, high or urgent"
}

words! {
    /// Traffic Light Protocol 2.0 (FIRST): with whom it may be shared.
    Tlp { Clear = "clear", Green = "green", Amber = "amber", AmberStrict = "amber+strict", Red = "red" }
    "not a TLP: clear, green, amber, amber+strict or red"
}

words! {
    /// Permissible Actions Protocol: what may be done with it.
    Pap { Clear = "clear", Green = "green", Amber = "amber", Red = "red" }
    "not a PAP: clear, green, amber or red"
}

words! {
    /// What a case can be linked to.
    LinkKind { Event = "event", Group = "group", Drift = "drift" }
    "not a kind of link: event, group or drift"
}

words! {
    /// What happened to a case.
    Step {
        Opened = "opened", Edited = "edited", Started = "started", Resolved = "resolved", Reopened = "reopened",
        Assigned = "assigned", Tagged = "tagged", Linked = "linked", Unlinked = "unlinked", Noted = "noted",
        NoteEdited = "note_edited", NoteDeleted = "note_deleted", TaskAdded = "task_added", TaskDone = "task_done",
        TaskReopened = "task_reopened", TaskChanged = "task_changed", TaskDeleted = "task_deleted",
        ObservableAdded = "observable_added", ObservableRemoved = "observable_removed", Undone = "undone",
        EvidenceAdded = "evidence_added", EvidenceRemoved = "evidence_removed", EntryAdded = "entry_added",
        EntryDeleted = "entry_deleted", Templated = "templated", ReviewRequested = "review_requested",
        ReviewApproved = "review_approved", ReviewReturned = "review_returned", ReviewWithdrawn = "review_withdrawn",
        Merged = "merged", Unmerged = "unmerged", TookIn = "took_in", GaveBack = "gave_back",
    }
    "not a step of a case"
}

impl Status {
    pub fn is_open(self) -> bool {
        self != Self::Resolved
    }
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Investigating => "Investigating",
            Self::Resolved => "Resolved",
        }
    }
}

/// Longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// Longest description or note, in characters.
pub const MAX_TEXT: usize = 50_000;
/// Longest reason, in characters.
pub const MAX_REASON: usize = 2_000;
/// Most cases of one action.
pub const MAX_CASES: usize = 500;
/// Most ids that one request links.
pub const MAX_LINKS: usize = 5_000;
/// Most tasks of a case.
pub const MAX_TASKS: usize = 200;

/// An investigation.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: CaseId,
    /// Counts up in the organization: `CASE-42`.
    pub number: i64,
    pub title: String,
    /// Markdown.
    pub description: String,
    pub status: Status,
    /// Of a resolved case.
    pub resolution: Option<Resolution>,
    pub priority: Priority,
    pub severity: Severity,
    pub tlp: Tlp,
    pub pap: Pap,
    /// Nobody, where an API key opened it.
    pub created_by_id: Option<UserId>,
    pub assigned_to_id: Option<UserId>,
    /// Name of the assignee, joined.
    pub assignee: Option<String>,
    pub due_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    /// Counts the changes of the case itself.
    pub version: i64,
    /// By name; what the list shows of them.
    pub tags: Vec<String>,
    /// Of the cases that were merged into it, without its own.
    pub merged_tags: Vec<String>,
    /// The case that this one is in now, and its number: it is read and changed there.
    pub merged_into: Option<CaseId>,
    pub merged_number: Option<i64>,
    /// How many cases are in it.
    pub merged_count: i64,
    /// Somebody asked to close it; somebody else has not answered yet.
    pub in_review: bool,
    /// Of the organization's own fields, archived ones too.
    pub fields: field::FieldValues,
    pub link_count: i64,
    pub note_count: i64,
    pub task_count: i64,
    pub tasks_done: i64,
    pub observable_count: i64,
}

impl Case {
    /// `CASE-42`.
    pub fn key(&self) -> String {
        key(self.number)
    }
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status.is_open() && self.due_at.is_some_and(|due| due < now)
    }
}

/// `CASE-42`.
pub fn key(number: i64) -> String {
    format!("CASE-{number}")
}

/// The number of `CASE-42`, `case-42` or `42`.
pub fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.get(..5).filter(|head| head.eq_ignore_ascii_case("CASE-")).map_or(text, |_| &text[5..]);
    digits.parse().ok().filter(|n| *n > 0)
}

/// What somebody writes to open a case, or to change one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    pub title: String,
    #[serde(default)]
    pub description: String,
    #[serde(default = "normal")]
    pub priority: Priority,
    #[serde(default = "medium")]
    pub severity: Severity,
    #[serde(default = "amber")]
    pub tlp: Tlp,
    #[serde(default = "pap_amber")]
    pub pap: Pap,
    #[serde(default)]
    pub assigned_to_id: Option<UserId>,
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// Values of the organization's own fields by their key; what is not there has none. `None`: as they are.
    #[serde(default)]
    pub fields: Option<field::FieldValues>,
    /// Of a new case: the template whose tasks it gets. What else a template brings is in the other members already.
    #[serde(default)]
    pub template_id: Option<CaseTemplateId>,
}

const fn normal() -> Priority {
    Priority::Normal
}
const fn medium() -> Severity {
    Severity::Medium
}
const fn amber() -> Tlp {
    Tlp::Amber
}
const fn pap_amber() -> Pap {
    Pap::Amber
}

impl NewCase {
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: String::new(),
            priority: normal(),
            severity: medium(),
            tlp: amber(),
            pap: pap_amber(),
            assigned_to_id: None,
            due_at: None,
            tags: Vec::new(),
            fields: None,
            template_id: None,
        }
    }
    /// What a case says now.
    pub fn of(case: &Case) -> Self {
        Self {
            title: case.title.clone(),
            description: case.description.clone(),
            priority: case.priority,
            severity: case.severity,
            tlp: case.tlp,
            pap: case.pap,
            assigned_to_id: case.assigned_to_id,
            due_at: case.due_at,
            tags: case.tags.clone(),
            fields: Some(case.fields.clone()),
            template_id: None,
        }
    }
    /// With blanks taken from the ends, and each tag once.
    #[must_use]
    pub fn tidy(self) -> Self {
        Self { title: self.title.trim().to_owned(), tags: tidy_tags(&self.tags), ..self }
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        let title = self.title.trim().chars().count();
        problems.require((1..=MAX_TITLE).contains(&title), "title", "give a title of at most 200 characters");
        problems.require(
            !self.title.chars().any(char::is_control),
            "title",
            "use no line breaks or control characters",
        );
        problems.require(
            self.description.chars().count() <= MAX_TEXT,
            "description",
            "use at most 50,000 characters",
        );
        check_tags(&mut problems, &self.tags);
        problems.done()
    }
}

/// What people do to a case's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, tag = "act")]
pub enum Act {
    /// Somebody works on it.
    Investigate,
    Resolve {
        resolution: Resolution,
        reason: String,
    },
    Reopen {
        reason: String,
    },
}

impl Act {
    /// The status after it and the step it is, or why it cannot be.
    pub fn on(&self, status: Status) -> Result<(Status, Step), &'static str> {
        match (self, status) {
            (Self::Investigate, Status::Open) => Ok((Status::Investigating, Step::Started)),
            (Self::Investigate, Status::Investigating) => Err("it is being investigated already"),
            (Self::Investigate, Status::Resolved) => Err("it is resolved; reopen it first"),
            (Self::Resolve { .. }, Status::Open | Status::Investigating) => {
                Ok((Status::Resolved, Step::Resolved))
            }
            (Self::Resolve { .. }, Status::Resolved) => Err("it is resolved already"),
            (Self::Reopen { .. }, Status::Resolved) => Ok((Status::Investigating, Step::Reopened)),
            (Self::Reopen { .. }, _) => Err("it is open"),
        }
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        if let Self::Resolve { reason, .. } | Self::Reopen { reason } = self {
            let length = reason.trim().chars().count();
            problems.require(length > 0, "reason", "say why in a few words");
            problems.require(length <= MAX_REASON, "reason", "use at most 2,000 characters");
        }
        problems.done()
    }
}

/// Something a case is linked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLink {
    pub id: CaseLinkId,
    pub kind: LinkKind,
    /// Of the event, group or drift.
    pub target_id: uuid::Uuid,
    pub linked_by_id: Option<UserId>,
    /// Name of who linked it, joined.
    pub linked_by: Option<String>,
    pub linked_at: Timestamp,
}

/// A note; of a deleted one the place stays, and what it said is read in its revisions alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNote {
    pub id: CaseNoteId,
    pub author_id: Option<UserId>,
    /// Of what was written over the API.
    pub author_key_id: Option<ApiKeyId>,
    /// As it was called when it wrote.
    pub author: String,
    /// Markdown; of the newest revision. Empty once it is deleted.
    pub content: String,
    pub created_at: Timestamp,
    /// Of the newest revision, where there is more than one.
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// Counts from 1.
    pub revision: i64,
}

/// What a note said from an instant on. Rows are only added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRevision {
    pub note_id: CaseNoteId,
    /// Counts from 1.
    pub revision: i64,
    /// Markdown.
    pub content: String,
    pub author_id: Option<UserId>,
    /// As it was called when it wrote.
    pub author: String,
    pub created_at: Timestamp,
}

/// Checks the text of a note.
pub fn check_note(content: &str) -> Result<(), Invalid> {
    let mut problems = Problems::default();
    problems.require(!content.trim().is_empty(), "content", "write something");
    problems.require(content.chars().count() <= MAX_TEXT, "content", "use at most 50,000 characters");
    problems.done()
}

/// Something to do in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseTask {
    pub id: CaseTaskId,
    pub title: String,
    pub assigned_to_id: Option<UserId>,
    /// Name of the assignee, joined.
    pub assignee: Option<String>,
    pub due_at: Option<Timestamp>,
    /// Order in the case.
    pub position: i64,
    pub created_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub completed_by_id: Option<UserId>,
    /// Counts the changes; a change names the one it was made from.
    pub version: i64,
}

/// A task that is not done, with the case it is seen in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    pub task: CaseTask,
    pub case_id: CaseId,
    pub number: i64,
    pub title: String,
}

/// Which open tasks; what is left out does not narrow.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskFilter {
    pub assigned_to: Option<crate::group::Assignee>,
    /// Due before this instant.
    pub overdue_at: Option<Timestamp>,
}

/// What somebody writes of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    pub title: String,
    #[serde(default)]
    pub assigned_to_id: Option<UserId>,
    #[serde(default)]
    pub due_at: Option<Timestamp>,
}

impl NewTask {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        let title = self.title.trim().chars().count();
        problems.require(
            (1..=MAX_TITLE).contains(&title),
            "title",
            "say what is to be done in at most 200 characters",
        );
        problems.require(
            !self.title.chars().any(char::is_control),
            "title",
            "use no line breaks or control characters",
        );
        problems.done()
    }
}

/// A line of a case's history. Rows are only added.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub id: CaseChangeId,
    pub case_id: CaseId,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    /// As it was called then.
    pub actor: String,
    pub step: Step,
    /// What changed, before and after: an object each.
    pub old: serde_json::Value,
    pub new: serde_json::Value,
    pub reason: Option<String>,
    /// Shared by the changes that one action on many cases made; an undo names it.
    pub action_id: Option<CaseActionId>,
    /// Of the case after a change of the case itself; nothing of what happened inside it.
    pub version: Option<i64>,
}

/// Which cases; what is left out does not narrow.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    pub query: Option<crate::query::Query>,
    pub status: Vec<Status>,
    pub assigned_to: Option<crate::group::Assignee>,
    /// Due before this instant, and open.
    pub overdue_at: Option<Timestamp>,
    /// Linked to this.
    pub linked: Option<(LinkKind, uuid::Uuid)>,
    /// Changed since.
    pub updated_since: Option<Timestamp>,
    /// Opened at or after this, and before that.
    pub opened: (Option<Timestamp>, Option<Timestamp>),
    /// Whether those that are in others are shown.
    pub merged: merge::Merged,
}

/// What a list is sorted by, the largest or latest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaseSort {
    #[default]
    Updated,
    Number,
    Severity,
    Priority,
    /// The earliest first; without a date at the end.
    Due,
}

impl CaseSort {
    pub const ALL: [Self; 5] = [Self::Updated, Self::Number, Self::Severity, Self::Priority, Self::Due];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Number => "number",
            Self::Severity => "severity",
            Self::Priority => "priority",
            Self::Due => "due",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_worked_on_resolved_and_reopened_with_reasons() {
        let resolve = Act::Resolve { resolution: Resolution::Benign, reason: "a drill".to_owned() };
        let reopen = Act::Reopen { reason: "it came again".to_owned() };
        assert_eq!(Act::Investigate.on(Status::Open), Ok((Status::Investigating, Step::Started)));
        assert_eq!(resolve.on(Status::Open), Ok((Status::Resolved, Step::Resolved)));
        assert_eq!(resolve.on(Status::Investigating), Ok((Status::Resolved, Step::Resolved)));
        assert_eq!(reopen.on(Status::Resolved), Ok((Status::Investigating, Step::Reopened)));
        for (act, status) in [
            (&Act::Investigate, Status::Investigating),
            (&Act::Investigate, Status::Resolved),
            (&resolve, Status::Resolved),
            (&reopen, Status::Open),
        ] {
            assert!(act.on(status).is_err(), "{act:?} {status:?}");
        }
        assert!(Act::Reopen { reason: "  ".to_owned() }.check().is_err());
    }

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (text, wanted) in [
            ("CASE-42", Some(42)),
            ("case-42", Some(42)),
            (" 42 ", Some(42)),
            ("CASE-", None),
            ("-1", None),
            ("é", None),
        ] {
            assert_eq!(number(text), wanted, "{text}");
        }
    }
}
