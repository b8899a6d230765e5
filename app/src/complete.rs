//! What is offered while a query is typed: what the language knows, and the values that are there. Server only.

use domain::query::{Completion, Context, Kind, Schema, complete, edit};
use service::Facets;

use crate::events::parts::{counted, number};
use crate::events::shown::{ChoiceShown, Completed};

/// Most that is offered at once.
pub const OFFERED: usize = 12;

/// The place of the cursor.
pub struct Cursor<'q> {
    q: &'q str,
    at: u32,
    pub found: Completion,
}

impl<'q> Cursor<'q> {
    /// `at`: UTF-16 units before it.
    pub fn new(q: &'q str, at: u32, schema: &Schema) -> Self {
        Self { q, at, found: complete(q, bytes_before(q, at), schema) }
    }

    /// The query with the piece at the cursor replaced; `open`: more of the term has to follow.
    pub fn put(&self, written: &str, text: &str, note: String, open: bool) -> ChoiceShown {
        let replaced = &self.found.replace;
        let before = self.q.get(..replaced.start).unwrap_or_default();
        let after = self.q.get(replaced.end..).unwrap_or_default();
        // The next term is not glued to a finished one; in a list it is what its writer makes of it.
        let in_list = before.rfind('[') > before.rfind(']');
        let gap = if after.is_empty() && !open && !in_list { " " } else { "" };
        let head = [before, written, gap].concat();
        ChoiceShown {
            text: text.to_owned(),
            note,
            at: head.encode_utf16().count() as u32,
            q: [head.as_str(), after].concat(),
            open,
        }
    }

    /// What the language itself knows.
    pub fn known(&self) -> Vec<ChoiceShown> {
        let known = self.found.suggestions.iter();
        known.map(|s| self.put(&s.text, &s.text, s.doc.to_owned(), s.text.ends_with([':', '.']))).collect()
    }

    pub fn value(&self, value: &str, note: String) -> ChoiceShown {
        self.put(&edit::written(value), value, note, false)
    }

    /// Not what stands there already, and not too much.
    pub fn done(&self, mut choices: Vec<ChoiceShown>) -> Completed {
        choices.retain(|choice| choice.q.trim_end() != self.q.trim_end());
        choices.truncate(OFFERED);
        Completed { q: self.q.to_owned(), at: self.at, choices }
    }
}

/// Whether a value can stand there that [`of_list`] has to be told.
pub fn asks_values(schema: &Schema, q: &str, at: u32) -> bool {
    match Cursor::new(q, at, schema).found.context {
        Context::Value { field, .. } => {
            schema.field(&field).is_some_and(|field| matches!(field.kind, Kind::Word | Kind::Person))
        }
        _ => false,
    }
}

/// For the query of a list whose values are counted; `one`, `many`: what it lists.
pub fn of_list(schema: &Schema, q: &str, at: u32, values: &Facets, (one, many): (&str, &str)) -> Completed {
    let cursor = Cursor::new(q, at, schema);
    let mut choices = cursor.known();
    if let Context::Value { field, prefix } = &cursor.found.context {
        let prefix = prefix.to_lowercase();
        let more = if values.of_the_latest { "+" } else { "" };
        let values =
            values.facets.iter().filter(|facet| facet.field == field).flat_map(|facet| &facet.values);
        let fitting = values.filter(|(value, _)| value.to_lowercase().starts_with(&prefix));
        let note = |n: i64| counted(n, one, many).replacen(' ', &[more, " "].concat(), 1);
        choices.extend(fitting.take(OFFERED + 1).map(|(value, n)| cursor.value(value, note(*n))));
    }
    cursor.done(choices)
}

/// `12 events`, or `12+ events` where not all were counted.
pub fn events(n: i64, all: bool) -> String {
    if all { counted(n, "event", "events") } else { [&number(n), "+ events"].concat() }
}

/// The bytes that so many UTF-16 units take; a cursor within a character stands before it.
fn bytes_before(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (at, c) in text.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(rest) if left > 0 => left = rest,
            _ => return at,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use domain::query::CASES;
    use service::{Facet, Facets};

    use super::{asks_values, bytes_before, of_list};

    #[test]
    fn a_cursor_is_counted_in_utf_16_units() {
        let text = "aé😀b";
        assert_eq!([0, 1, 2, 3, 4, 5, 9].map(|units| bytes_before(text, units)), [0, 1, 3, 3, 7, 8, 8]);
    }

    #[test]
    fn a_list_offers_fields_words_and_the_values_that_it_has() {
        let tags = vec![("Phishing mail".to_owned(), 3), ("vpn".to_owned(), 1)];
        let people = vec![("ann@a.test".to_owned(), 2)];
        let facets = vec![Facet { field: "tag", values: tags }, Facet { field: "assignee", values: people }];
        let facets = Facets { facets, of_the_latest: false };
        for (q, wanted) in [
            ("sev", &["severity:|info, low, medium, high, critical"][..]),
            ("open tag:", &["open tag:\"Phishing mail\" |3 cases", "open tag:vpn |1 case"]),
            ("tag:PH", &["tag:\"Phishing mail\" |3 cases"]),
            ("tag:[vpn, ph", &["tag:[vpn, \"Phishing mail\"|3 cases"]),
            ("tag:vpn", &[]),
            ("assigned_to:", &["assigned_to:nobody |has it", "assigned_to:ann@a.test |2 cases"]),
            ("assignee:a", &["assignee:ann@a.test |2 cases"]),
        ] {
            let at = q.encode_utf16().count() as u32;
            let found = of_list(&CASES, q, at, &facets, ("case", "cases"));
            let offered: Vec<String> =
                found.choices.into_iter().map(|c| [c.q.as_str(), "|", &c.note].concat()).collect();
            assert_eq!(asks_values(&CASES, q, at), q != "sev", "{q}");
            assert_eq!(offered, wanted, "{q}");
        }
    }
}
