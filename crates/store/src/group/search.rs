//! What the query language asks of groups.

use domain::query::{Atom, Pattern, TextMatch};
use domain::template;

use crate::db::{Dialect, Sql};
use crate::query::{Column, Table, part};

/// The columns are those that the list reads: with the figures of what is merged into each.
pub(super) static TABLE: Table = Table {
    fields: &[
        ("template", Column::Part(text)),
        ("severity", Column::Severity("severity")),
        ("status", Column::Word("status")),
        ("component", Column::Word("component")),
        ("event_type", Column::Word("event_type")),
        (
            "assignee",
            Column::Elsewhere {
                before: "assigned_to IN (SELECT u.id FROM users u WHERE ",
                column: "u.email",
                after: ")",
            },
        ),
        // What names a group that is merged into another finds the other.
        (
            "fingerprint",
            Column::Elsewhere {
                before: "groups.id IN (SELECT coalesce(m.merged_into, m.id) FROM groups m WHERE m.organization_id = $1 AND ",
                column: "m.fingerprint",
                after: ")",
            },
        ),
        (
            "id",
            Column::Merged {
                before: "(groups.id = ",
                or: " OR groups.id IN (SELECT m.merged_into FROM groups m WHERE m.organization_id = $1 AND m.merged_into IS NOT NULL AND m.id = ",
                after: "))",
            },
        ),
        ("event_count", Column::Number("event_count")),
        ("first_seen", Column::Time("first_seen")),
        ("last_seen", Column::Time("last_seen")),
        ("status_since", Column::Time("status_since")),
    ],
    payload: None,
};

/// A template without the brackets of its slots, as pages show it: `domain::template::shown`.
macro_rules! shown {
    ($column:literal) => {
        concat!(
            "replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(",
            $column,
            ", '<n>', 'n'), '<hex>', 'hex'), '<uuid>', 'uuid'), '<ip>', 'ip'), '<path>', 'path'), '<quoted>', 'quoted'), '<mail>', 'mail'), '<url>', 'url'), '<id>', 'id'), '<*>', '*')"
        )
    };
}

/// What a shown template must have one of: the text, its slots with or without brackets, and what the text is as a message,
/// so that a part of a message finds its group. Of a text that is but slots (`77`, `10.9.8.7`) that would be every template
/// with such a slot, and with its letters in a word.
fn wanted(text: &str) -> Vec<String> {
    let as_message = template::template(text);
    let says = template::parts(&as_message)
        .any(|(part, slot)| slot.is_none() && part.contains(char::is_alphanumeric));
    let mut wanted = vec![template::shown(text)];
    wanted.extend(says.then(|| template::shown(&as_message)));
    wanted.retain(|shown| !shown.is_empty());
    wanted.dedup();
    wanted
}

/// A part of the example or of the template as it is stored or shown, or a part of a message. A group is found by what is merged
/// into it, too.
fn text(q: Sql, wanted: &TextMatch, dialect: Dialect) -> Sql {
    let chars = |text: &str| Pattern(text.chars().map(Atom::Char).collect());
    let (example, templates) = match wanted {
        TextMatch::Glob(pattern) => (pattern.clone(), vec![pattern.clone()]),
        TextMatch::Substring(text) => (chars(text), self::wanted(text).iter().map(|t| chars(t)).collect()),
        TextMatch::Words { words, .. } => (chars(&words.join(" ")), Vec::new()),
    };
    let any = |mut q: Sql, column: [&'static str; 2]| {
        q = part(q, column[0], &example, dialect);
        for template in &templates {
            q = part(q.push(" OR "), column[1], template, dialect);
        }
        q
    };
    let q = any(q.push("("), ["example", shown!("template")]);
    let q = q.push(
        " OR EXISTS (SELECT 1 FROM groups m WHERE m.organization_id = $1 AND m.merged_into = groups.id AND (",
    );
    any(q, ["m.example", shown!("m.template")]).push(")))")
}
