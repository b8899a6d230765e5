//! What the server tells the pages about groups.

use domain::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::events::shown::{Histogram, Marked};
use crate::printed::Printed;
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
    pub nothing: Option<Printed>,
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

/// The page of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupShown {
    pub group: GroupRow,
    pub histogram: Histogram,
    pub muted: bool,
    pub may_act: bool,
    /// Who can be given it.
    pub people: Vec<Person>,
    /// It has a life of its own: it is not merged into another.
    pub life: bool,
    pub head: Printed,
    pub template: Printed,
    pub below: Printed,
    pub about: Printed,
}
shown!(GroupShown: group, histogram, muted, may_act, people, life, head, template, below, about);
