//! What is told of one group, ready to print. Server only.

use super::shown::GroupRow;
use crate::events::shown::{EventRow, Marked};
use crate::when::When;

/// What the page of a group tells beside its chart and its life.
pub struct Facts {
    pub group: GroupRow,
    pub event_type: Option<String>,
    pub fingerprint: String,
    pub example: Marked,
    pub gone: Option<String>,
    pub recent: Vec<EventRow>,
    pub history: Vec<HistoryLine>,
    /// Where the page of older steps begins, where there are such.
    pub older: Option<String>,
    /// These are not the newest steps.
    pub is_older: bool,
    pub merged_into: Option<Linked>,
    pub split_from: Option<Linked>,
    pub sampled: String,
    pub counted: String,
    pub slots: Vec<Bars>,
    pub breakdown: Vec<Bars>,
    pub may_act: bool,
}

/// A step in the life of a group.
#[derive(Clone)]
pub struct HistoryLine {
    pub at: When,
    /// "ana@acme.test resolved it", "It escalates: …".
    pub who: Option<String>,
    pub what: String,
    pub note: Option<String>,
    /// Id of the action, where an undo would still put this group back.
    pub undo: Option<String>,
}

/// A name that leads somewhere.
#[derive(Clone)]
pub struct Linked {
    pub name: String,
    pub href: String,
}

/// Values of a slot or a field, with how often each occurs.
#[derive(Clone)]
pub struct Bars {
    pub title: String,
    /// "3 values; from 1 to 90, median 7, 95 % up to 60".
    pub note: String,
    pub values: Vec<Bar>,
}

#[derive(Clone)]
pub struct Bar {
    pub value: String,
    /// Formatted.
    pub count: String,
    /// Of the largest, in percent.
    pub share: u32,
    /// To its events.
    pub href: String,
    /// To the preview of a split, where this is a value of a slot.
    pub split: Option<String>,
}

/// Why the events of a group belong together.
#[derive(Clone)]
pub struct GroupingShown {
    pub id: String,
    pub event_count: i64,
    pub template: Marked,
    /// The slots in order, each with why it is one.
    pub slots: Vec<SlotShown>,
    /// What makes its fingerprint: name and value.
    pub inputs: Vec<Linked>,
    pub fingerprint: String,
    pub merged_into: Option<Linked>,
    pub members: Vec<MemberShown>,
    pub rules: Vec<RuleShown>,
    /// Where the page of older rules begins, where there are such.
    pub older: Option<String>,
    /// These are not the newest rules.
    pub is_older: bool,
    pub similar: Vec<SimilarShown>,
    pub may_act: bool,
    /// What the split in the address would do.
    pub preview: Option<PreviewShown>,
}

#[derive(Clone)]
pub struct SlotShown {
    /// "1: ip".
    pub name: String,
    pub why: String,
}

/// A group that is merged into another.
#[derive(Clone)]
pub struct MemberShown {
    pub id: String,
    pub group: Linked,
    /// "1,384 events of its own, merged by ana@acme.test".
    pub what: String,
    pub at: Option<When>,
    pub note: Option<String>,
}

#[derive(Clone)]
pub struct RuleShown {
    /// "Events of “…” are read with “…”".
    pub what: String,
    /// "ana@acme.test", "ana@acme.test; undone by bo@acme.test".
    pub who: String,
    /// "1,384 events moved; events before 14:31 are still looked at".
    pub moved: Option<String>,
    pub at: When,
    pub in_force: bool,
}

#[derive(Clone)]
pub struct SimilarShown {
    pub id: String,
    pub template: Marked,
    pub href: String,
    /// "differs in 1 word; 1,384 events".
    pub what: String,
}

/// What a split would do, or why it cannot be made.
#[derive(Clone)]
pub struct PreviewShown {
    pub what: String,
    /// The template of the group that would take the events; empty where it cannot be made.
    pub template: String,
    pub slot: String,
    pub value: String,
    pub query: String,
}
