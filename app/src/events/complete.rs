//! What is offered while a query is typed: what the language knows, and the values and paths that were seen. Server only.

use domain::permission::{EventRead, SourceRead};
use domain::query::{Context, EVENTS, complete as complete_at, edit};

use super::parts::{counted, number};
use super::query::EventQuery;
use super::read::filter;
use super::shown::{ChoiceShown, Completed};
use crate::Answer;
use crate::server::Scope;

/// Most that is offered at once.
const OFFERED: usize = 12;

/// `at`: UTF-16 units before the cursor.
pub async fn complete(scope: &Scope, query: &EventQuery, at: u32) -> Answer<Completed> {
    let q = query.q.as_str();
    let cursor = bytes_before(q, at);
    let found = complete_at(q, cursor, &EVENTS);
    // While a query is typed it need not be one: the range alone narrows what is offered.
    let range = filter(scope, &EventQuery { q: String::new(), ..query.clone() }).unwrap_or_default();
    let cx = scope.admit::<EventRead>()?;
    let (before, after) =
        (q.get(..found.replace.start).unwrap_or_default(), q.get(found.replace.end..).unwrap_or_default());
    let put = |written: &str, text: &str, note: String, open: bool| {
        // The next term is not glued to a finished one.
        let gap = if after.is_empty() && !open { " " } else { "" };
        let head = [before, written, gap].concat();
        ChoiceShown {
            text: text.to_owned(),
            note,
            at: head.encode_utf16().count() as u32,
            q: [head.as_str(), after].concat(),
            open,
        }
    };
    let mut choices: Vec<ChoiceShown> = found
        .suggestions
        .iter()
        .map(|s| put(&s.text, &s.text, s.doc.to_owned(), s.text.ends_with([':', '.'])))
        .collect();
    let seen = match &found.context {
        Context::Value { field, prefix } if field == "source" => {
            let sources =
                service::sources::list(&scope.admit::<SourceRead>()?, prefix, OFFERED as u32, None).await?;
            sources.items.into_iter().map(|source| (source.name, None)).collect()
        }
        Context::Value { field, prefix } => match edit::target(field, &EVENTS) {
            Ok(target) => {
                let (values, all) = service::events::values(&cx, &range, &target, prefix).await?;
                values.into_iter().map(|(value, n)| (value, Some(events(n, all)))).collect()
            }
            Err(_) => Vec::new(),
        },
        Context::Field { prefix } if prefix.to_lowercase().starts_with("payload.") => {
            let within = prefix.get("payload.".len()..).unwrap_or_default();
            let (paths, all) = service::events::paths(&cx, &range, within).await?;
            let path = |(path, n): &(String, i64)| put(&[path, ":"].concat(), path, events(*n, all), true);
            choices.extend(paths.iter().map(path));
            Vec::new()
        }
        _ => Vec::new(),
    };
    for (value, note) in seen {
        let written = edit::written(&value);
        choices.push(put(&written, &value, note.unwrap_or_default(), false));
    }
    // Not what stands there already.
    choices.retain(|choice| choice.q.trim_end() != q.trim_end());
    choices.truncate(OFFERED);
    Ok(Completed { q: query.q.clone(), at, choices })
}

/// `12 events`, or `12+ events` where not all were counted.
fn events(n: i64, all: bool) -> String {
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
    use super::bytes_before;

    #[test]
    fn a_cursor_is_counted_in_utf_16_units() {
        let text = "aé😀b";
        assert_eq!([0, 1, 2, 3, 4, 5, 9].map(|units| bytes_before(text, units)), [0, 1, 3, 3, 7, 8, 8]);
    }
}
