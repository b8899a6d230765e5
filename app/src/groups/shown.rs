//! What the server tells the pages about groups.

use domain::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::events::shown::{EventRow, Histogram, Marked, Nothing};
use crate::shown::shown;
use crate::when::When;

/// One row of a list of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRow {
    pub id: String,
    pub severity: Severity,
    /// The template, its slots marked.
    pub template: Marked,
    pub component: Option<String>,
    pub event_count: i64,
    pub first_seen: When,
    pub last_seen: When,
    /// `new`, `ongoing`, `escalating`, `regressed`, `muted` or `resolved`.
    pub status: String,
    /// Why it is called that.
    pub why: String,
    pub assignee: Option<String>,
    /// Muted or resolved.
    pub closed: bool,
}
shown!(GroupRow: id, severity, template, component, event_count, first_seen, last_seen, status, why, assignee, closed);

/// Somebody whom groups can be assigned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: String,
}
shown!(Person: id, name);

/// What an action did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub text: String,
    /// Empty when nothing changed.
    pub action_id: String,
    /// It can be undone.
    pub undo: bool,
}
shown!(Told: text, action_id, undo);

/// A view of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// As the address names it; empty for the open groups.
    pub word: String,
    pub label: String,
    /// Formatted.
    pub count: String,
}
shown!(View: word, label, count);

/// One page of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupList {
    pub rows: Vec<GroupRow>,
    pub next_cursor: Option<String>,
    pub nothing: Option<Nothing>,
    pub views: Vec<View>,
    /// The reader may act on groups.
    pub may_act: bool,
    pub people: Vec<Person>,
    /// What was done just now, where a plain form led back here.
    pub told: Option<Told>,
    /// How many there are on all pages, formatted; empty where that is not known.
    pub matching: String,
    /// The groups of the list with most events in its range, and the options of their chart.
    pub top: Vec<GroupRow>,
    pub recurring: Value,
}
shown!(GroupList: rows, next_cursor, nothing, views, may_act, people, told, matching, top, recurring);

/// A step in the life of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    pub at: When,
    /// "ana@acme.test resolved it", "It escalates: …".
    pub who: Option<String>,
    pub what: String,
    pub note: Option<String>,
    /// Id of the action, where an undo would still put this group back.
    pub undo: Option<String>,
}
shown!(HistoryLine: at, who, what, note, undo);

/// Everything about one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupShown {
    pub group: GroupRow,
    pub event_type: Option<String>,
    pub fingerprint: String,
    /// The first message, its variable parts marked.
    pub example: Marked,
    pub histogram: Histogram,
    /// The latest events.
    pub recent: Vec<EventRow>,
    /// It has a mute, be it broken.
    pub muted: bool,
    pub may_act: bool,
    pub people: Vec<Person>,
    /// The newest first.
    pub history: Vec<HistoryLine>,
    /// There is more than the lines shown.
    pub more_history: bool,
    /// How many of its events are deleted.
    pub gone: Option<String>,
    /// Where it is read.
    pub merged_into: Option<Linked>,
    pub split_from: Option<Linked>,
    /// "the newest 2,000 events".
    pub sampled: String,
    /// What stands in each slot of its template.
    pub slots: Vec<Bars>,
    /// Where its events come from.
    pub breakdown: Vec<Bars>,
}
shown!(GroupShown: gone, group, event_type, fingerprint, example, histogram, recent, muted, may_act, people, history, more_history, merged_into, split_from, sampled, slots, breakdown);

/// A name that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    pub name: String,
    pub href: String,
}
shown!(Linked: name, href);

/// Values of a slot or a field, with how often each occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bars {
    pub title: String,
    /// "3 values; from 1 to 90, median 7, 95 % up to 60".
    pub note: String,
    pub bars: Vec<Bar>,
}
shown!(Bars: title, note, bars);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
shown!(Bar: value, count, share, href, split);

/// Why the events of a group belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub similar: Vec<SimilarShown>,
    pub may_act: bool,
    /// What the split in the address would do.
    pub preview: Option<PreviewShown>,
}
shown!(GroupingShown: id, event_count, template, slots, inputs, fingerprint, merged_into, members, rules, similar, may_act, preview);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotShown {
    /// "1: ip".
    pub name: String,
    pub why: String,
}
shown!(SlotShown: name, why);

/// A group that is merged into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberShown {
    pub id: String,
    pub group: Linked,
    /// "1,384 events of its own, merged by ana@acme.test".
    pub what: String,
    pub at: Option<When>,
    pub note: Option<String>,
}
shown!(MemberShown: id, group, what, at, note);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleShown {
    /// "Events of “…” are read with “…”".
    pub what: String,
    /// "ana@acme.test", "ana@acme.test; undone by bo@acme.test".
    pub who: String,
    pub at: When,
    pub in_force: bool,
}
shown!(RuleShown: what, who, at, in_force);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimilarShown {
    pub id: String,
    pub template: Marked,
    pub href: String,
    /// "differs in 1 word; 1,384 events".
    pub what: String,
}
shown!(SimilarShown: id, template, href, what);

/// What a split would do, or why it cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewShown {
    pub what: String,
    /// The template of the group that would take the events; empty where it cannot be made.
    pub template: String,
    pub slot: String,
    pub value: String,
    pub query: String,
}
shown!(PreviewShown: what, template, slot, value, query);
