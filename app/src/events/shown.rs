//! What the server tells the pages about events: words ready to print, so that both sides agree by construction.

use domain::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::printed::Printed;
use crate::shown::{Shown, items, shown};
use crate::when::When;

/// A message with its variable parts and what a search found in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    pub text: String,
    /// Byte ranges in order, without overlap.
    pub marks: Vec<Mark>,
}
shown!(Marked: text, marks);

/// Start, end (bytes) and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(pub u32, pub u32, pub MarkKind);

impl Shown for Mark {
    fn read(value: Value, fits: &mut bool) -> Self {
        let mut items = items(value, fits).into_iter();
        let mut next = || items.next().unwrap_or_default();
        Self(u32::read(next(), fits), u32::read(next(), fits), MarkKind::read(next(), fits))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// A variable part.
    #[serde(rename = "s")]
    Slot,
    /// What was searched for.
    #[serde(rename = "f")]
    Found,
}
shown!(words MarkKind: "s" = Slot, "f" = Found);

/// One row of a list of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: String,
    pub severity: Severity,
    pub at: When,
    pub message: Marked,
    /// " · sshd · web-01": where the page is narrow.
    pub under: String,
    /// Of the columns of the list.
    pub cells: Vec<String>,
}
shown!(EventRow: id, severity, at, message, under, cells);

/// One page of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventList {
    pub rows: Vec<EventRow>,
    /// Heads of the columns behind the message.
    pub columns: Vec<String>,
    /// The page can be short, even empty, though there is a next one: a rare match is looked for a page at a time.
    pub next_cursor: Option<String>,
    /// Why it is empty and what helps, where nothing matched.
    pub nothing: Option<Printed>,
    /// Of a live list: where the stream goes on from.
    pub place: Option<String>,
    /// Whether rows can be added to a case.
    pub may_link: bool,
}
shown!(EventList: rows, columns, next_cursor, nothing, place, may_link);

/// What stands around a list: how many match, the values of each field, events over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many match, and the zone in which times are told and read: `1,234 events · Europe/Berlin`.
    pub note: String,
    /// Likewise, with when it was counted.
    pub as_of: String,
    /// The query that the facets change.
    pub q: String,
    /// Of the fields that every event has, then of the payload as the URL names them.
    pub facets: Vec<FacetShown>,
    /// What the numbers of the facets stand for, where they are not all.
    pub facets_note: Option<String>,
    pub histogram: Histogram,
}
shown!(Summary: note, as_of, q, facets, facets_note, histogram);

/// The values of one field with their numbers of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetShown {
    /// As the URL writes the field.
    pub field: String,
    pub values: Vec<FacetValue>,
    /// There are more values than these.
    pub longer: bool,
    /// What is wrong with the field, or what its numbers stand for.
    pub note: Option<String>,
}
shown!(FacetShown: field, values, longer, note);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    pub label: String,
    pub n: i64,
    pub severity: Option<Severity>,
    /// The query includes it, or excludes it.
    pub included: bool,
    pub excluded: bool,
    /// Takes it in, or out again where it is in.
    pub include: Edit,
    pub exclude: Edit,
    pub only: Edit,
}
shown!(FacetValue: label, n, severity, included, excluded, include, exclude, only);

/// A change of a query: how many bytes stay at its start and at its end, and what stands between them then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit(pub u32, pub u32, pub String);

impl Edit {
    /// The query after the change.
    pub fn of(&self, q: &str) -> String {
        let start = q.get(..self.0 as usize).unwrap_or_default();
        let end = q.get(q.len().saturating_sub(self.1 as usize)..).unwrap_or_default();
        [start, &self.2, end].concat()
    }
}

impl Shown for Edit {
    fn read(value: Value, fits: &mut bool) -> Self {
        let mut items = items(value, fits).into_iter();
        let mut next = || items.next().unwrap_or_default();
        Self(u32::read(next(), fits), u32::read(next(), fits), String::read(next(), fits))
    }
}

/// What can stand at the cursor of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The question this answers.
    pub q: String,
    pub at: u32,
    pub choices: Vec<ChoiceShown>,
}
shown!(Completed: q, at, choices);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceShown {
    pub text: String,
    /// What it means, or how often it was seen.
    pub note: String,
    /// The whole query with it, and where the cursor is then (UTF-16 units).
    pub q: String,
    pub at: u32,
    /// It has to be followed by a value.
    pub open: bool,
}
shown!(ChoiceShown: text, note, q, at, open);

/// Events over time by severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    pub slices: Vec<Slice>,
    /// Options of the chart (see `chart`): made on the server, so that the browser need not carry what makes them.
    pub chart: Value,
    /// "5 minutes", "hour", "day": what a slice spans.
    pub step: String,
    /// The range for the inputs of a custom range, `2026-11-23T14:31` in the reader's zone.
    pub from_input: String,
    pub to_input: String,
    /// The range as RFC 3339; empty where it is open.
    pub from: String,
    pub to: String,
    /// `from` and `to` of the query this answers, as the URL had them.
    pub asked: (String, String),
}
shown!(Histogram: slices, chart, step, from_input, to_input, from, to, asked);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Start in the reader's zone.
    pub label: String,
    /// RFC 3339; `to` is exclusive.
    pub from: String,
    pub to: String,
    /// In the order of [`Severity::ALL`].
    pub counts: [i64; 5],
    /// Groups first seen in it, where that is told.
    pub groups: i64,
}
shown!(Slice: label, from, to, counts, groups);

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventShown {
    pub id: String,
    pub at: When,
    pub severity: Severity,
    /// Everything about it: the sections of a panel, or of its page.
    pub body: Printed,
}
shown!(EventShown: id, at, severity, body);
