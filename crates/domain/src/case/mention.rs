//! People named in notes: `@ana`, or `@ana@acme.test`.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::member::Member;
use crate::{CaseId, CaseNoteId, Timestamp, UserId};

/// Most people that one note names.
pub const MAX_MENTIONS: usize = 50;

/// Somebody who is named in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub note_id: CaseNoteId,
    pub user_id: UserId,
    /// As it stands there, without the `@` and in lower case.
    pub written: String,
    /// As people know them.
    pub name: String,
}

/// A note that names somebody, as they find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub note_id: CaseNoteId,
    pub user_id: UserId,
    /// Where the note is read; of a case that was merged, the one it went into.
    pub case_id: CaseId,
    pub number: i64,
    pub title: String,
    /// Who wrote the note, as they were called then.
    pub author: String,
    /// Markdown; of the newest revision.
    pub content: String,
    pub mentioned_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

/// Which mentions; what is left out does not narrow.
#[derive(Clone, Copy, Debug, Default)]
pub struct MentionFilter {
    pub user: Option<UserId>,
    /// Only those that were not read.
    pub unread: bool,
}

/// Where somebody may be named in plain words: the range with its `@`, and the name without it in lower case. An `@` within a word
/// (an e-mail address) names nobody.
pub fn spans(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let (mut before, mut end) = (None, 0);
    for (at, c) in text.char_indices() {
        let begins = !before.is_some_and(|b: char| b.is_alphanumeric() || "@._-/+".contains(b));
        before = Some(c);
        if c != '@' || at < end || !begins {
            continue;
        }
        let rest = &text[at + 1..];
        let length = rest.find(|c: char| !c.is_alphanumeric() && !"._-+@".contains(c)).unwrap_or(rest.len());
        // What ends a sentence is none of the name.
        let name = rest[..length].trim_end_matches(['.', '_', '-', '+', '@']);
        if !name.is_empty() {
            end = at + 1 + name.len();
            found.push((at..end, name.to_lowercase()));
        }
    }
    found
}

/// The names in markdown, in lower case. What is code names nobody.
pub fn names(markdown: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut fenced = false;
    for line in markdown.lines() {
        let start = line.trim_start();
        if start.starts_with("```") || start.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let parts: Vec<&str> = line.split('`').collect();
        for (i, part) in parts.iter().enumerate() {
            // A back-tick without another is a back-tick.
            if i % 2 == 0 || i + 1 == parts.len() {
                found.extend(spans(part).into_iter().map(|(_, name)| name));
            }
        }
    }
    found
}

/// Whom a name in lower case means; nobody whose account is disabled.
pub fn by_name(members: &[Member]) -> HashMap<String, &Member> {
    let mut found = HashMap::new();
    for member in members.iter().filter(|member| member.enabled) {
        for name in [&member.username, &member.email] {
            found.entry(name.to_lowercase()).or_insert(member);
        }
    }
    found
}

/// How somebody is called in a note: by the username, or by the address where a username cannot be read behind an `@`.
pub fn called(member: &Member) -> Option<&str> {
    [member.username.as_str(), member.email.as_str()].into_iter().find(|name| is_readable(name))
}

/// Whether it is one name, and all of it, behind an `@`.
fn is_readable(name: &str) -> bool {
    let written = format!("@{name}");
    matches!(spans(&written).as_slice(), [(range, found)] if *range == (0..written.len()) && *found == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_the_word_does() {
        let found = |text: &str| names(text).into_iter().collect::<Vec<_>>();
        assert_eq!(found("@Ana, look; (@ben.b) and @cleo."), ["ana", "ben.b", "cleo"]);
        assert_eq!(found("@ana@acme.test: see"), ["ana@acme.test"]);
        assert_eq!(found("@émile's **@zoë**"), ["zoë", "émile"]);
        for nobody in ["mail ana@acme.test", "a @ b", "@", "`@ana`", "```\n@ana\n```", "x/@ana", "@."] {
            assert!(names(nobody).is_empty(), "{nobody}");
        }
        assert_eq!(found("5` @ana"), ["ana"], "one back-tick is no code");
    }

    /// Else a note would call somebody of a shorter name.
    #[test]
    fn only_what_is_read_whole_is_offered() {
        for name in ["ana", "Émile", "ben.b", "ana@acme.test"] {
            assert!(is_readable(name), "{name}");
        }
        for name in ["o'brien", "Ana Berg", "ben-", "a!b", ""] {
            assert!(!is_readable(name), "{name}");
        }
    }

    #[test]
    fn a_span_is_what_stands_there() {
        let text = "ö @Ana. @ben";
        let found: Vec<&str> = spans(text).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["@Ana", "@ben"]);
    }
}
