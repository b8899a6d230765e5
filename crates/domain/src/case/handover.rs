//! What the next shift has to know of a case, drafted from what happened since a time. The same material gives the same text, which
//! somebody then edits and keeps as a note.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::evidence::Evidence;
use super::story::words;
use super::{Case, CaseNote, CaseTask, Change, Step};
use crate::Timestamp;

/// How a note begins that hands a case over; the next draft tells what happened since.
pub const HEADING: &str = "## Handover of ";
/// Lines that a part of the draft has at most; the latest.
const LINES: usize = 40;
/// Characters of a note that are told.
const START: usize = 160;

/// What a draft is made from, all of it in the order in which it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    pub case: &'a Case,
    pub since: Timestamp,
    pub now: Timestamp,
    /// The latest first.
    pub history: &'a [Change],
    /// The oldest first.
    pub notes: &'a [CaseNote],
    pub tasks: &'a [CaseTask],
    pub files: &'a [Evidence],
}

/// When the case was handed over last.
pub fn last(notes: &[CaseNote]) -> Option<Timestamp> {
    let handed = |note: &&CaseNote| note.deleted_at.is_none() && note.content.starts_with(HEADING);
    notes.iter().filter(handed).map(|note| note.created_at).max()
}

/// Markdown; times are UTC.
pub fn draft(m: Material<'_>) -> String {
    let case = m.case;
    let mut text = format!("{HEADING}{}\n\nSince {}. ", case.key(), minute(m.since));
    let status = case.status.label().to_lowercase();
    let _ = write!(text, "It is {status}, severity {}, priority {}, ", case.severity.as_str(), case.priority);
    let _ = match &case.assignee {
        Some(name) => write!(text, "with {name}"),
        None => write!(text, "with nobody"),
    };
    if let Some(due) = case.due_at {
        let late = if case.is_overdue(m.now) { " (overdue)" } else { "" };
        let _ = write!(text, ", due {}{late}", minute(due));
    }
    text.push_str(if case.in_review { "; it waits for a review.\n" } else { ".\n" });

    let changes: Vec<&Change> = m.history.iter().filter(|change| change.at >= m.since).collect();
    let told = |step: Step| !matches!(step, Step::Noted | Step::NoteEdited | Step::NoteDeleted);
    let lines: Vec<String> = changes
        .iter()
        .rev()
        .filter(|change| told(change.step))
        .map(|change| {
            let reason = change.reason.as_deref().map(|why| format!(": {}", start(why))).unwrap_or_default();
            format!("- {} {} {}{reason}", minute(change.at), change.actor, words(change))
        })
        .collect();
    part(&mut text, "What changed", &lines, Some("Nothing."));
    let notes: Vec<String> = m
        .notes
        .iter()
        .filter(|note| {
            note.deleted_at.is_none() && note.created_at >= m.since && !note.content.starts_with(HEADING)
        })
        .map(|note| format!("- {} {}: {}", minute(note.created_at), note.author, start(&note.content)))
        .collect();
    part(&mut text, "Notes", &notes, None);
    let open: Vec<String> = m
        .tasks
        .iter()
        .filter(|task| task.completed_at.is_none())
        .map(|task| {
            let late = if task.due_at.is_some_and(|due| due < m.now) { ", overdue" } else { "" };
            let due = task.due_at.map(|due| format!(", due {}{late}", minute(due))).unwrap_or_default();
            format!("- {} ({}{due})", task.title, task.assignee.as_deref().unwrap_or("nobody"))
        })
        .collect();
    part(&mut text, "Open tasks", &open, Some("None."));
    let files: Vec<String> = m
        .files
        .iter()
        .filter(|file| file.removed_at.is_none() && file.uploaded_at >= m.since)
        .map(|file| {
            format!(
                "- {} ({} bytes, by {}), SHA-256 {}",
                start(&file.filename),
                file.size,
                file.uploaded_by,
                file.sha256
            )
        })
        .collect();
    part(&mut text, "Evidence", &files, None);
    let mut people: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &changes {
        *people.entry(&change.actor).or_default() += 1;
    }
    let people: Vec<String> = people.into_iter().map(|(who, n)| format!("- {who}: {n}")).collect();
    part(&mut text, "Who worked on it", &people, None);
    text
}

/// The latest lines of a part; `nothing` says that there are none, else it is left out.
fn part(text: &mut String, heading: &str, lines: &[String], nothing: Option<&str>) {
    if lines.is_empty() && nothing.is_none() {
        return;
    }
    let _ = writeln!(text, "\n### {heading}\n");
    if let (true, Some(words)) = (lines.is_empty(), nothing) {
        let _ = writeln!(text, "{words}");
    }
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        let _ = writeln!(text, "- {more} more before these");
    }
    for line in &lines[more..] {
        let _ = writeln!(text, "{line}");
    }
}

/// `2026-11-23 09:30 UTC`.
fn minute(at: Timestamp) -> String {
    let iso = at.iso();
    format!("{} {} UTC", iso.get(..10).unwrap_or_default(), iso.get(11..16).unwrap_or_default())
}

/// The beginning of a text, as one line.
fn start(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(START).collect();
    if start.len() < line.len() { start + "…" } else { start }
}
