//! What happened in a case and to what it is about, as one story.

use std::collections::HashMap;

use domain::case::entry::CaseEntry;
use domain::case::mention::Named;
use domain::case::merge::Merge;
use domain::case::story::words;
use domain::case::{Case, CaseLink, CaseNote, Change, NoteRevision, Step};
use domain::event::Event;
use domain::visible::visible;
use domain::{CaseNoteId, Timestamp};
use leptos::prelude::*;
use service::difference::Patience;
use service::markdown::{note_html, to_html};

use super::lanes;
use super::mentions::anchor;
use crate::difference;
use crate::events::parts::severity_word;
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
    /// What notes said that were edited or deleted, as far as the reader may know it.
    pub earlier: &'a HashMap<CaseNoteId, Vec<NoteRevision>>,
    /// How long the revisions of all notes are compared.
    pub patience: Patience,
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
        view: noted(note, &about),
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

fn noted(note: &CaseNote, about: &About<'_>) -> AnyView {
    let earlier = about.earlier.get(&note.id).map(|revisions| said_before(note, revisions, about));
    if note.deleted_at.is_some() {
        return view! {
            <b>{note.author.clone()}</b>
            <span class="faint">" deleted a note"</span>
            {earlier}
        }
        .into_any();
    }
    let html = note_html(note, about.named);
    view! {
        <b>{note.author.clone()}</b>
        {earlier}
        <div class="note-box markdown" inner_html=html></div>
    }
    .into_any()
}

/// What a note said, revision by revision, the latest first: the first one whole, the others by what they changed; folded.
fn said_before(note: &CaseNote, revisions: &[NoteRevision], about: &About<'_>) -> AnyView {
    let count = match (note.deleted_at, revisions.len()) {
        (Some(_), 1) => "What it said".to_owned(),
        (Some(_), n) => format!("What it said, {n} revisions"),
        (None, n) => format!("Edited, {n} revisions"),
    };
    let each: Vec<_> = (0..revisions.len())
        .rev()
        .map(|at| {
            let revision = &revisions[at];
            let (n, author) = (revision.revision, revision.author.clone());
            let (when, html) = (about.zone.when(revision.created_at), to_html(&revision.content));
            let whole = view! { <div class="note-box markdown" inner_html=html></div> };
            let said = match at.checked_sub(1).and_then(|at| revisions.get(at)) {
                None => whole.into_any(),
                Some(before) => {
                    let caption = format!("What revision {n} changed");
                    view! {
                        {difference::text(&before.content, &revision.content, caption, about.patience)}
                        <details class="fold">
                            <summary>"All of revision " {n}</summary>
                            {whole}
                        </details>
                    }
                    .into_any()
                }
            };
            view! {
                <li>
                    <p class="faint">"Revision " {n} ", " <At when=when /> " by " {author}</p>
                    {said}
                </li>
            }
        })
        .collect();
    view! {
        <details class="fold">
            <summary>{count}</summary>
            <ol class="plain-list" aria-label="Revisions of the note">{each}</ol>
        </details>
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
