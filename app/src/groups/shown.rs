//! What the server tells the pages about groups.

use domain::Severity;
use serde::{Deserialize, Serialize};

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
}
shown!(GroupList: rows, next_cursor, nothing, views, may_act, people, told);

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
}
shown!(GroupShown: gone, group, event_type, fingerprint, example, histogram, recent, muted, may_act, people, history, more_history);
