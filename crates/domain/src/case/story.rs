//! What a line of a case's history says, in one sentence: on its page, in the draft of a handover and in a bundle alike.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Change, LinkKind, Step, key};

/// Observables that are named; of more, how many there are.
const NAMED: usize = 3;
/// Characters of a value that are told.
const START: usize = 80;

/// What somebody did and about what, to stand behind their name: `added the file “mail.eml”`.
pub fn words(change: &Change) -> String {
    let old = |name: &str| text(&change.old[name]);
    let new = |name: &str| text(&change.new[name]);
    match change.step {
        Step::Opened => "opened the case".to_owned(),
        Step::Templated => templated(&change.new),
        Step::ReviewRequested => "asked to close it".to_owned(),
        Step::ReviewApproved => format!("agreed with {}", new("requested_by")),
        Step::ReviewReturned => format!("returned it to {}", new("requested_by")),
        Step::ReviewWithdrawn => "asks to close it no more".to_owned(),
        Step::Started => "began the investigation".to_owned(),
        Step::Resolved => format!("resolved it as {}", new("resolution").replace('_', " ").to_lowercase()),
        Step::Reopened => "reopened it".to_owned(),
        Step::Linked => format!("linked {}{}", things(&change.new), found_by(&change.new)),
        Step::Unlinked => format!("unlinked {}{}", things(&change.old), found_by(&change.old)),
        Step::Noted => "wrote a note".to_owned(),
        Step::NoteEdited => match change.new["revision"].as_i64() {
            Some(revision) => format!("edited a note (revision {revision})"),
            None => "edited a note".to_owned(),
        },
        Step::NoteDeleted => "deleted a note".to_owned(),
        Step::EntryAdded => "put an entry into the timeline".to_owned(),
        Step::EntryDeleted => "took an entry out of the timeline".to_owned(),
        Step::TaskAdded => format!("added the task “{}”", new("title")),
        Step::TaskDone => format!("finished the task “{}”", new("title")),
        Step::TaskReopened => format!("reopened the task “{}”", new("title")),
        Step::TaskChanged => format!("changed the task “{}”", new("title")),
        Step::TaskDeleted => format!("deleted the task “{}”", old("title")),
        Step::ObservableAdded => observed(&change.new),
        Step::ObservableRemoved => format!("removed {}", start(&old("value"))),
        Step::EvidenceAdded => format!("added the file “{}”", new("filename")),
        Step::EvidenceRemoved => format!("removed the file “{}”", old("filename")),
        Step::Merged => format!("merged it into {}", number(&change.new)),
        Step::Unmerged => format!("took it out of {}", number(&change.old)),
        Step::TookIn => format!("merged {} into it", number(&change.new)),
        Step::GaveBack => format!("took {} out of it", number(&change.old)),
        Step::Undone => "took back what was done to many cases".to_owned(),
        Step::Edited | Step::Assigned | Step::Tagged => edited(change),
    }
}

/// The fields that changed; what is taken away stands among the old alone.
fn edited(change: &Change) -> String {
    let members = [&change.new, &change.old].into_iter().filter_map(Value::as_object);
    let names: BTreeSet<&String> = members.flat_map(|members| members.keys()).collect();
    let fields: Vec<String> =
        names.into_iter().filter(|name| *name != "resolved_at").map(|name| field(name)).collect();
    if fields.is_empty() {
        change.step.as_str().replace('_', " ")
    } else {
        format!("changed {}", fields.join(", "))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn start(text: &str) -> String {
    let start: String = text.chars().take(START).collect();
    if start.len() < text.len() { start + "…" } else { start }
}

/// `an event`, `3 groups`.
fn things(told: &Value) -> String {
    let kind = told["kind"].as_str().and_then(|kind| kind.parse().ok()).unwrap_or(LinkKind::Event);
    let (one, many) = match kind {
        LinkKind::Event => ("an event", "events"),
        LinkKind::Group => ("a group", "groups"),
        LinkKind::Drift => ("a drift", "drifts"),
    };
    match told["count"].as_i64().unwrap_or(1) {
        1 => one.to_owned(),
        n => format!("{n} {many}"),
    }
}

/// The query that found what was linked.
fn found_by(told: &Value) -> String {
    match told["query"].as_str() {
        None => String::new(),
        Some("") => ": all of a time".to_owned(),
        Some(query) => format!(" that match {query}"),
    }
}

fn observed(told: &Value) -> String {
    let all: Vec<&str> = told["observables"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|observable| observable["value"].as_str())
        .collect();
    match all.len() {
        0 => "added an observable".to_owned(),
        n if n <= NAMED => {
            let named: Vec<String> = all.into_iter().map(start).collect();
            format!("added {}", named.join(", "))
        }
        n => format!("added {n} observables"),
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
    match tasks.len() {
        0 => {}
        1 => words.push("1 task".to_owned()),
        n => words.push(format!("{n} tasks")),
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

fn field(name: &str) -> String {
    match name {
        "assigned_to_id" => "assignee".to_owned(),
        "due_at" => "due date".to_owned(),
        "tlp" | "pap" => name.to_uppercase(),
        name => name.trim_start_matches("field.").replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::words;
    use crate::case::{Change, Step};
    use crate::{CaseChangeId, CaseId, Timestamp};

    #[test]
    fn a_line_says_what_was_done_and_about_what() {
        let nil = uuid::Uuid::nil();
        let of = |step: Step, old: Value, new: Value| {
            words(&Change {
                id: CaseChangeId(nil),
                case_id: CaseId(nil),
                at: Timestamp::far_future(),
                actor_id: None,
                actor: "ann".to_owned(),
                step,
                old,
                new,
                reason: None,
                action_id: None,
                version: None,
            })
        };
        let observables = |n: usize| json!({ "observables": vec![json!({ "value": "10.0.0.9" }); n] });
        for (step, old, new, wanted) in [
            (Step::Linked, json!({}), json!({ "kind": "group", "count": 2 }), "linked 2 groups"),
            (
                Step::Linked,
                json!({}),
                json!({ "kind": "event", "count": 7, "query": "a" }),
                "linked 7 events that match a",
            ),
            (Step::Linked, json!({}), json!({ "kind": "drift", "count": 1 }), "linked a drift"),
            (Step::Unlinked, json!({ "kind": "event", "count": 1 }), json!({}), "unlinked an event"),
            (Step::Noted, json!({}), json!({ "note_id": nil }), "wrote a note"),
            (
                Step::NoteEdited,
                json!({}),
                json!({ "note_id": nil, "revision": 2 }),
                "edited a note (revision 2)",
            ),
            (Step::ObservableAdded, json!({}), observables(2), "added 10.0.0.9, 10.0.0.9"),
            (Step::ObservableAdded, json!({}), observables(4), "added 4 observables"),
            (Step::EvidenceRemoved, json!({ "filename": "a.eml" }), json!({}), "removed the file “a.eml”"),
            (Step::TookIn, json!({}), json!({ "number": 7 }), "merged CASE-7 into it"),
            (
                Step::Assigned,
                json!({ "tlp": "red" }),
                json!({ "assigned_to_id": null, "due_at": null, "field.unit": "x" }),
                "changed assignee, due date, unit, TLP",
            ),
            (
                Step::Resolved,
                json!({}),
                json!({ "resolution": "false_positive" }),
                "resolved it as false positive",
            ),
        ] {
            assert_eq!(of(step, old, new), wanted);
        }
    }
}
