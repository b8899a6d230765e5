//! What could be written at the cursor.

use std::ops::Range;

use super::lex::Scan;
use super::{Kind, NOBODY, Schema};
use crate::Severity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Bytes of the text that a suggestion replaces: the piece under the cursor.
    pub replace: Range<usize>,
    pub context: Context,
    /// What the language knows itself, fitting ones only. Values of words and keys of payloads are the caller's.
    pub suggestions: Vec<Suggestion>,
}

/// What the cursor is in. `prefix` is the piece up to the cursor, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// A field or a free word.
    Field { prefix: String },
    /// A value; `field` is the name in the schema, or a path such as `payload.user`. What is put here goes through
    /// [`include`](super::include)'s quoting: see [`Completion::insert`].
    Value { field: String, prefix: String },
    /// A quoted phrase.
    Phrase { prefix: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub text: String,
    pub doc: &'static str,
}

impl Completion {
    /// `text` with the piece under the cursor replaced by a value, quoted where that is needed.
    pub fn insert(&self, text: &str, value: &str) -> String {
        let before = text.get(..self.replace.start).unwrap_or_default();
        let after = text.get(self.replace.end..).unwrap_or_default();
        [before, &super::print::written(value), after].concat()
    }
}

/// The text need not be a query yet. A `cursor` within a character stands before it.
pub fn complete(text: &str, cursor: usize, schema: &Schema) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let mut scan = Scan { text, at: 0 };
    // The fields whose parentheses are open; a plain parenthesis repeats the outer one.
    let mut open: Vec<Option<String>> = Vec::new();
    loop {
        scan.blanks();
        if scan.at >= cursor {
            return at(&open, text, cursor..cursor, cursor, false, schema);
        }
        match scan.peek() {
            Some('(') => {
                open.push(open.last().cloned().flatten());
                scan.at += 1;
                continue;
            }
            Some(')') => {
                open.pop();
                scan.at += 1;
                continue;
            }
            _ => {}
        }
        let within = open.last().cloned().flatten();
        if !matches!((&within, scan.rest().as_bytes().get(1)), (Some(_), Some(b'0'..=b'9'))) {
            scan.eat("-");
        }
        let start = scan.at;
        let mut field = within;
        if field.is_none()
            && let Some(head) = scan.head()
        {
            if scan.at > cursor {
                let range = start..head.name.end.max(cursor);
                return at(&[], text, range, cursor, false, schema);
            }
            let name = text.get(head.name).unwrap_or_default();
            field = Some(schema.field(name).map_or(name, |f| f.name).to_owned());
            if scan.eat("(") {
                open.push(field);
                continue;
            }
            if scan.eat("[") {
                match list(&mut scan, cursor) {
                    Some((range, quoted)) => return at(&[field], text, range, cursor, quoted, schema),
                    None => continue,
                }
            }
        }
        let (range, quoted) = piece(&mut scan, false, cursor, field.is_some());
        if scan.at >= cursor {
            return at(&[field], text, range, cursor, quoted, schema);
        }
    }
}

/// Passes a list, or tells the piece of it under the cursor.
fn list(scan: &mut Scan<'_>, cursor: usize) -> Option<(Range<usize>, bool)> {
    loop {
        scan.blanks();
        if scan.at >= cursor {
            return Some((cursor..cursor, false));
        }
        let found = piece(scan, true, cursor, true);
        if scan.at >= cursor {
            return Some(found);
        }
        scan.blanks();
        if scan.eat("]") || (!scan.eat(",") && scan.ends(true) && scan.peek() != Some('"')) {
            return None;
        }
    }
}

/// The next word or quoted text, or the end of a range that the cursor is in. Passes it.
fn piece(scan: &mut Scan<'_>, list: bool, cursor: usize, ranges: bool) -> (Range<usize>, bool) {
    let start = scan.at;
    if scan.peek() == Some('"') {
        if scan.quoted().is_none() {
            scan.at = scan.text.len();
        }
        // Right after a closed quote nothing is open.
        return (start..scan.at, true);
    }
    scan.bare(list, ranges);
    let first = scan.at;
    if ranges && scan.eat("..") {
        let second = scan.at;
        scan.bare(list, false);
        if cursor >= second {
            return (second..scan.at, false);
        }
    }
    (start..if cursor <= first { first } else { scan.at }, false)
}

fn at(
    open: &[Option<String>],
    text: &str,
    replace: Range<usize>,
    cursor: usize,
    quoted: bool,
    schema: &Schema,
) -> Completion {
    let written = text.get(replace.start..cursor).unwrap_or_default();
    let prefix = if quoted { written.trim_matches('"') } else { written }.to_owned();
    let mut suggestions = Vec::new();
    let mut offer = |text: &str, doc: &'static str| {
        let fits = text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(&prefix));
        if fits {
            suggestions.push(Suggestion { text: text.to_owned(), doc });
        }
    };
    let context = match open.last().cloned().flatten() {
        Some(field) => {
            let kind = schema.field(&field).map(|f| f.kind);
            match kind {
                Some(Kind::Severity) => Severity::ALL.iter().for_each(|s| offer(s.as_str(), "")),
                Some(Kind::Choice(words)) => words.iter().for_each(|w| offer(w, "")),
                Some(Kind::Person) => offer(NOBODY, "has it"),
                Some(Kind::Time) => {
                    for (text, doc) in TIMES {
                        offer(text, doc);
                    }
                }
                _ => {}
            }
            Context::Value { field, prefix }
        }
        None if quoted => Context::Phrase { prefix },
        None => {
            let end = if (Scan { text, at: replace.end }).op().is_some() { "" } else { ":" };
            for field in schema.fields {
                // An alias is offered only to who begins to write it.
                let alias = field.aliases.iter().take_while(|_| !prefix.is_empty());
                for name in std::iter::once(&field.name).chain(alias) {
                    offer(&[name, end].concat(), field.doc);
                }
            }
            if schema.payload {
                offer("payload.", "a part of the original event");
            }
            for (word, doc) in KEYWORDS {
                offer(word, doc);
            }
            Context::Field { prefix }
        }
    };
    Completion { replace, context, suggestions }
}

const TIMES: [(&str, &str); 8] = [
    ("-15m", "15 minutes ago"),
    ("-1h", "an hour ago"),
    ("-24h", "24 hours ago"),
    ("-7d", "seven days ago"),
    ("-30d", "30 days ago"),
    ("today", "this day"),
    ("yesterday", "the day before"),
    ("now", "this instant"),
];
const KEYWORDS: [(&str, &str); 3] =
    [("AND", "both; a blank means the same"), ("OR", "one of both"), ("NOT", "what does not match")];
