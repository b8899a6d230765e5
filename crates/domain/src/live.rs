//! What a page can follow while it is open, what it hears of it, and who else is there.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::permission::Key;
use crate::{CaseId, Timestamp, UserId};

/// Most topics that one page follows.
pub const MAX_TOPICS: usize = 12;

/// A kind of record, or one record: the target of an audit entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The audit log's word for it.
    pub kind: &'static str,
    /// What one must be allowed to read.
    pub needs: Key,
    /// Of one record; all of the kind without.
    pub id: Option<Uuid>,
}

/// What can be followed. Views are not here: whoever keeps one for themselves tells nobody.
const KINDS: &[(&str, Key)] = &[
    ("case", Key::CaseRead),
    ("case_field", Key::CaseRead),
    ("case_template", Key::CaseRead),
    ("tag", Key::TagRead),
    ("group", Key::GroupRead),
    ("source", Key::SourceRead),
    ("environment", Key::EnvironmentRead),
    ("member", Key::MemberRead),
    ("invitation", Key::MemberRead),
    ("api_key", Key::ApiKeyRead),
    ("session", Key::SessionRead),
    ("setting", Key::SettingsRead),
    ("organization", Key::SettingsRead),
    ("drift", Key::DriftRead),
    ("drift_ignore", Key::DriftRead),
    ("drift_rule", Key::DriftRead),
    ("repository", Key::DriftRead),
];

impl Topic {
    /// `case`, or `case:<id>`. One record can be followed of cases and drifts, whose pages are worked on.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, id) = match text.split_once(':') {
            Some((word, id)) => (word, Some(Uuid::parse_str(id).ok()?)),
            None => (text, None),
        };
        let (kind, needs) = KINDS.iter().find(|(kind, _)| *kind == word)?;
        (id.is_none() || matches!(*kind, "case" | "drift")).then_some(Self { kind, needs: *needs, id })
    }
    pub fn case(&self) -> Option<CaseId> {
        self.id.filter(|_| self.kind == "case").map(CaseId)
    }
    pub fn is_about(&self, note: &Note) -> bool {
        self.kind == note.kind && self.id.is_none_or(|id| note.ids.is_empty() || note.ids.contains(&id))
    }
}

/// Whether anything can follow records of this kind.
pub fn is_followed(kind: &str) -> bool {
    KINDS.iter().any(|(known, _)| *known == kind)
}

/// That something changed, as those who follow it hear it. What it says now they read themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Of the audit entry.
    pub seq: i64,
    pub at: Timestamp,
    /// Nobody where a program or the server did it.
    pub by_id: Option<UserId>,
    /// As people know them.
    pub by: String,
    /// Code of the audit entry.
    pub action: String,
    pub kind: String,
    /// The records; of an action on so many that they are not listed, none: any may be meant.
    pub ids: Vec<Uuid>,
}

/// One open page of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Of the page, so that one that connects again is not two.
    pub tab: Uuid,
    pub user_id: UserId,
    pub name: String,
    pub case_id: CaseId,
    /// What is being written, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doing: Option<Doing>,
}

/// A field of a form of the page, by their names: of those that [`Doing::parse`] knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doing {
    pub form: String,
    pub field: String,
}

/// What somebody is writing, for the others. Without a field: whatever stands in the form.
const WORDS: &[(&str, &str, &str)] = &[
    ("edit_case", "case[title]", "editing the title"),
    ("edit_case", "case[description]", "editing the description"),
    ("edit_case", "case[tags]", "editing the tags"),
    ("edit_case", "case[due_at]", "editing the due date"),
    ("edit_case", "case[assigned_to_id]", "choosing an assignee"),
    ("edit_case", "", "editing the fields"),
    ("add_case_note", "", "writing a note"),
    ("edit_case_note", "", "changing a note"),
    ("add_case_task", "", "adding a task"),
    ("add_case_entry", "", "adding to the timeline"),
    ("add_observables", "", "adding observables"),
    ("resolve_case", "", "resolving the case"),
    ("reopen_case", "", "reopening the case"),
    ("review_case", "", "answering the review"),
];

impl Doing {
    /// `form:field`, as the browser says it; `None` for what others are not told.
    pub fn parse(text: &str) -> Option<Self> {
        let (form, field) = text.split_once(':').unwrap_or((text, ""));
        let doing = Self { form: form.to_owned(), field: field.chars().take(80).collect() };
        doing.known().map(|_| doing)
    }
    /// "editing the description".
    pub fn words(&self) -> &'static str {
        self.known().unwrap_or("editing")
    }
    fn known(&self) -> Option<&'static str> {
        let fits = |field: &str| {
            WORDS.iter().find(|(form, of, _)| *form == self.form && *of == field).map(|(.., words)| *words)
        };
        fits(&self.field).or_else(|| fits(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_a_kind_or_one_case() {
        let id = "018bcfe5-6800-7000-8000-00000000ffff";
        assert_eq!(Topic::parse("case").map(|topic| topic.id), Some(None));
        assert_eq!(
            Topic::parse(&format!("case:{id}")).and_then(|topic| topic.case()),
            Some(CaseId(id.parse().unwrap()))
        );
        for wrong in ["", "view", "case:", "case:7", &format!("member:{id}"), "event", "case:x:y"] {
            assert_eq!(Topic::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_told_in_words_of_ours_alone() {
        let words = |text| Doing::parse(text).map(|doing| doing.words());
        assert_eq!(words("edit_case:case[description]"), Some("editing the description"));
        assert_eq!(words("edit_case:case[fields][ticket]"), Some("editing the fields"));
        assert_eq!(words("add_case_note:content"), Some("writing a note"));
        for unknown in ["", "save_general:name", "<b>", "edit_case_"] {
            assert_eq!(words(unknown), None, "{unknown}");
        }
    }
}
