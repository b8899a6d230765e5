//! What happened in a case and to what it is about, as one story.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::case::entry::CaseEntry;
use domain::case::mention::Named;
use domain::case::merge::Merge;
use domain::case::{Case, CaseLink, CaseNote, Change, LinkKind, Step, key};
use domain::event::Event;
use domain::visible::visible;
use leptos::prelude::*;
use serde_json::Value;

use super::lanes;
use super::markdown::{note_html, to_html};
use super::mentions::anchor;
use super::parts::label;
use crate::events::parts::{counted, severity_word};
use crate::routes;
use crate::when::{At, Zone};

/// What the story can be narrowed to.
pub const KINDS: [(&str, &str); 6] = [
    ("", "All"),
    ("events", "Events"),
    ("entries", "Entries"),
    ("notes", "Notes"),
    ("changes", "Changes"),
    (LANES, "By system"),
];
/// Events and entries, in a column for each system.
pub const LANES: &str = "systems";

struct Line {
    at: Timestamp,
    tone: &'static str,
    kind: &'static str,
    /// Of what is led to.
    anchor: Option<String>,
    view: AnyView,
}

/// The case whose story it is, and those that are in it.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub slug: &'a str,
    pub zone: Zone,
    pub case: &'a Case,
    pub merged: &'a [(Merge, Case)],
    pub named: &'a [Named],
}

impl About<'_> {
    /// The merged case that something happened to; nothing where it was this one.
    fn of(&self, change: &Change) -> Option<String> {
        let merged = self.merged.iter().find(|(_, case)| case.id == change.case_id)?;
        Some(merged.1.key())
    }
}

/// The oldest first. `kind` is one of [`KINDS`].
pub fn timeline(
    kind: &str,
    history: &[Change],
    notes: &[CaseNote],
    events: &[(CaseLink, Option<Event>)],
    entries: &[CaseEntry],
    about: About<'_>,
) -> AnyView {
    let About { slug, zone, .. } = about;
    if kind == LANES {
        return lanes::lanes(events, entries, slug, zone);
    }
    let changes = history.iter().filter(|change| {
        // That it went into this one, this one's own history says.
        let told = matches!(change.step, Step::Merged | Step::Unmerged) && change.case_id != about.case.id;
        let elsewhere = matches!(
            change.step,
            Step::Noted | Step::NoteEdited | Step::NoteDeleted | Step::EntryAdded | Step::EntryDeleted
        );
        !told && !elsewhere
    });
    let changes = changes.map(|change| Line {
        at: change.at,
        tone: tone(change.step),
        kind: "changes",
        anchor: None,
        view: changed(change, about.of(change)),
    });
    let notes = notes.iter().map(|note| Line {
        at: note.created_at,
        tone: "accent",
        kind: "notes",
        anchor: Some(anchor(note.id)),
        view: noted(note, about.named),
    });
    let events = events.iter().filter_map(|(_, event)| event.as_ref()).map(|event| Line {
        at: event.occurred_at,
        tone: event.severity.as_str(),
        kind: "events",
        anchor: None,
        view: happened(event, slug),
    });
    let entries = entries.iter().map(|entry| Line {
        at: entry.at,
        tone: "accent",
        kind: "entries",
        anchor: None,
        view: entered(entry),
    });
    let mut lines: Vec<Line> = changes
        .chain(notes)
        .chain(events)
        .chain(entries)
        .filter(|line| kind.is_empty() || line.kind == kind)
        .collect();
    // History comes the latest first; what happened at one instant stays in its order.
    lines.reverse();
    lines.sort_by_key(|line| line.at);
    if lines.is_empty() {
        return view! { <p class="faint">"Nothing yet."</p> }.into_any();
    }
    let lines = lines
        .into_iter()
        .map(|line| {
            view! {
                <li class=line.tone id=line.anchor>
                    <span class="faint">
                        <At when=zone.when(line.at) />
                    </span>
                    " "
                    {line.view}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="timeline case-timeline">{lines}</ol> }.into_any()
}

fn tone(step: Step) -> &'static str {
    match step {
        Step::Resolved | Step::TaskDone => "ok",
        Step::Reopened => "medium",
        Step::Started | Step::Opened => "accent",
        _ => "",
    }
}

fn happened(event: &Event, slug: &str) -> AnyView {
    let place = event.system_id.clone().or_else(|| event.source.clone()).unwrap_or_default();
    view! {
        <a href=routes::event(slug, event.id)>{visible(event.message.clone())}</a>
        " "
        <span class="muted">{severity_word(event.severity)} " " {place}</span>
    }
    .into_any()
}

pub(super) fn entered(entry: &CaseEntry) -> AnyView {
    let author = entry.author.clone();
    if entry.deleted_at.is_some() {
        return view! { <b>{author}</b> <span class="faint">" deleted an entry"</span> }.into_any();
    }
    let system = entry.system.clone().map(|name| view! { <span class="muted">{name}</span> });
    view! {
        <b>{author}</b>
        " "
        {system}
        <div class="note-box markdown" inner_html=to_html(&entry.content)></div>
    }
    .into_any()
}

fn noted(note: &CaseNote, named: &[Named]) -> AnyView {
    let edited = note
        .edited_at
        .filter(|_| note.deleted_at.is_none())
        .map(|_| view! { <span class="faint">" · edited"</span> });
    if note.deleted_at.is_some() {
        return view! { <b>{note.author.clone()}</b> <span class="faint">" deleted a note"</span> }
            .into_any();
    }
    let html = note_html(note, named);
    view! {
        <b>{note.author.clone()}</b>
        {edited}
        <div class="note-box markdown" inner_html=html></div>
    }
    .into_any()
}

fn changed(change: &Change, of: Option<String>) -> AnyView {
    let of = of.map(|key| view! { <span class="faint">" in " {key}</span> });
    let reason = change.reason.clone().map(|reason| view! { <div class="note-box">{reason}</div> });
    view! {
        <b>{change.actor.clone()}</b>
        " "
        <span class="muted">{words(change)}</span>
        {of}
        {reason}
    }
    .into_any()
}

fn words(change: &Change) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let count = change.new["count"].as_i64().or(change.old["count"].as_i64()).unwrap_or(1);
    let kind = change.new["kind"].as_str().or(change.old["kind"].as_str()).unwrap_or("event");
    let things = |n: i64| match (kind.parse(), n) {
        (Ok(LinkKind::Group), 1) => "a group".to_owned(),
        (Ok(LinkKind::Group), n) => format!("{n} groups"),
        (_, 1) => "an event".to_owned(),
        (_, n) => format!("{n} events"),
    };
    match change.step {
        Step::Opened => "opened the case".to_owned(),
        Step::Templated => templated(&change.new),
        Step::ReviewRequested => "asked to close it".to_owned(),
        Step::ReviewApproved => format!("agreed with {}", text(&change.new["requested_by"])),
        Step::ReviewReturned => format!("returned it to {}", text(&change.new["requested_by"])),
        Step::ReviewWithdrawn => "asks to close it no more".to_owned(),
        Step::Started => "began the investigation".to_owned(),
        Step::Resolved => {
            format!("resolved it as {}", label(&text(&change.new["resolution"])).to_lowercase())
        }
        Step::Reopened => "reopened it".to_owned(),
        Step::Linked => format!("linked {}{}", things(count), found_by(&change.new)),
        Step::Unlinked => format!("unlinked {}{}", things(count), found_by(&change.old)),
        Step::TaskAdded => format!("added the task “{}”", text(&change.new["title"])),
        Step::TaskDone => format!("finished “{}”", text(&change.new["title"])),
        Step::TaskReopened => format!("reopened the task “{}”", text(&change.new["title"])),
        Step::TaskChanged => format!("changed the task “{}”", text(&change.new["title"])),
        Step::TaskDeleted => format!("deleted the task “{}”", text(&change.old["title"])),
        Step::ObservableAdded => {
            let n = change.new["observables"].as_array().map_or(1, Vec::len);
            if n == 1 { "added an observable".to_owned() } else { format!("added {n} observables") }
        }
        Step::Merged => format!("merged it into {}", number(&change.new)),
        Step::Unmerged => format!("took it out of {}", number(&change.old)),
        Step::TookIn => format!("merged {} into it", number(&change.new)),
        Step::GaveBack => format!("took {} out of it", number(&change.old)),
        Step::Undone => "took back what was done to many cases".to_owned(),
        Step::EvidenceAdded => format!("added the file “{}”", text(&change.new["filename"])),
        Step::EvidenceRemoved => format!("removed the file “{}”", text(&change.old["filename"])),
        Step::ObservableRemoved => format!("removed {}", text(&change.old["value"])),
        _ => {
            // What is taken away stands among the old alone.
            let names: BTreeSet<&String> = [&change.new, &change.old]
                .into_iter()
                .filter_map(Value::as_object)
                .flat_map(|o| o.keys())
                .collect();
            let fields: Vec<String> =
                names.into_iter().filter(|name| *name != "resolved_at").map(|name| field(name)).collect();
            if fields.is_empty() {
                label(change.step.as_str()).to_lowercase()
            } else {
                format!("changed {}", fields.join(", "))
            }
        }
    }
}

/// `CASE-7`, of what a merge tells.
fn number(told: &Value) -> String {
    key(told["number"].as_i64().unwrap_or_default())
}

/// What a template brought.
fn templated(brought: &Value) -> String {
    let all = |name: &str| -> Vec<&str> {
        brought[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (tasks, tags, fields) = (all("tasks"), all("tags"), all("fields"));
    let mut words = Vec::new();
    if !tasks.is_empty() {
        words.push(counted(tasks.len() as i64, "task", "tasks"));
    }
    if !tags.is_empty() {
        words.push(format!("tags {}", tags.join(", ")));
    }
    if !fields.is_empty() {
        words.push(format!("fields {}", fields.join(", ").replace('_', " ")));
    }
    let name = brought["template"].as_str().unwrap_or_default();
    if words.is_empty() {
        format!("took the template “{name}”")
    } else {
        format!("took the template “{name}”, which brought {}", words.join("; "))
    }
}

/// The query that found what was linked.
fn found_by(values: &Value) -> String {
    match values["query"].as_str() {
        None => String::new(),
        Some("") => ": all of a time".to_owned(),
        Some(query) => format!(" that match {query}"),
    }
}

fn field(name: &str) -> String {
    match name {
        "assigned_to_id" => "assignee".to_owned(),
        "due_at" => "due date".to_owned(),
        "tlp" | "pap" => name.to_uppercase(),
        name => name.trim_start_matches("field.").replace('_', " "),
    }
}
