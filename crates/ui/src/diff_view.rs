//! What changed between two JSON values, property by property.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;

use crate::json_tree::member_path;
use crate::line_diff::{LineDiff, Stretch};

/// One property that differs. Sorted by path; arrays by index.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub path: String,
    /// Missing when added.
    pub old: Option<Value>,
    /// Missing when removed.
    pub new: Option<Value>,
}

/// The properties that differ, sorted by path (numbers in paths by value).
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut leaves: BTreeMap<Vec<Step>, (String, Option<Value>, Option<Value>)> = BTreeMap::new();
    walk(old, &mut Vec::new(), String::new(), &mut |steps, path, value| {
        leaves.entry(steps).or_insert((path, None, None)).1 = Some(value);
    });
    walk(new, &mut Vec::new(), String::new(), &mut |steps, path, value| {
        leaves.entry(steps).or_insert((path, None, None)).2 = Some(value);
    });
    leaves
        .into_values()
        .filter(|(_, old, new)| old != new)
        .map(|(path, old, new)| Change { path, old, new })
        .collect()
}

/// A property diff as a table: removed and added lines, paths sorted. Values at `masked` paths are not printed.
#[component]
pub fn DiffView(
    old: Value,
    new: Value,
    /// What is compared, read before the table.
    #[prop(into)]
    caption: String,
    /// Paths whose values stay hidden ("sensitive, changed").
    #[prop(optional)]
    masked: Vec<String>,
    /// Old and new in two columns instead of two lines.
    #[prop(optional)]
    side_by_side: bool,
    /// From the path: what stands after a changed property (an "ignore" link).
    #[prop(optional, into)]
    actions: Option<Callback<String, AnyView>>,
    /// Compares texts of several lines, which are then told line by line (not side by side).
    #[prop(optional, into)]
    texts: Option<Callback<(String, String), Vec<Stretch>>>,
) -> impl IntoView {
    let changes = changes(&old, &new);
    if changes.is_empty() {
        return view! { <p class="diff-view none muted">"No property differs."</p> }.into_any();
    }
    let rows = changes
        .into_iter()
        .map(|change| {
            let secret = masked.contains(&change.path);
            let extra = actions.map(|actions| actions.run(change.path.clone()));
            match (side_by_side, texts, several_lines(&change)) {
                (true, ..) => beside(change, secret, extra),
                (false, Some(texts), Some(both)) if !secret => {
                    text(change.path, texts.run(both), extra, &caption)
                }
                _ => lines(change, secret, extra),
            }
        })
        .collect_view();
    view! {
        <table class="diff-view" class:beside=side_by_side>
            <caption class="visually-hidden">{caption}</caption>
            <thead class="visually-hidden">
                <tr>
                    <th scope="col">"Property"</th>
                    <th scope="col">{if side_by_side { "Before" } else { "Change" }}</th>
                    <th scope="col">{if side_by_side { "After" } else { "Value" }}</th>
                </tr>
            </thead>
            {rows}
        </table>
    }
    .into_any()
}

/// A step of a path, so that `[10]` sorts after `[9]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

fn walk(
    value: &Value,
    steps: &mut Vec<Step>,
    path: String,
    found: &mut impl FnMut(Vec<Step>, String, Value),
) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                steps.push(Step::Key(key.clone()));
                walk(value, steps, member_path(&path, key), found);
                steps.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                steps.push(Step::Index(index));
                walk(value, steps, format!("{path}[{index}]"), found);
                steps.pop();
            }
        }
        // A missing document has no properties.
        Value::Null if steps.is_empty() => {}
        value => found(steps.clone(), path, value.clone()),
    }
}

/// Both versions of a text, one of which has several lines; a missing one is empty.
fn several_lines(change: &Change) -> Option<(String, String)> {
    let text = |value: &Option<Value>| match value {
        None => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    let (old, new) = (text(&change.old)?, text(&change.new)?);
    (old.contains('\n') || new.contains('\n')).then_some((old, new))
}

fn text(path: String, stretches: Vec<Stretch>, extra: Option<AnyView>, caption: &str) -> AnyView {
    let label = format!("{path}, line by line: {caption}");
    view! {
        <tbody>
            <tr class="text">
                <th scope="row">{path}</th>
                <td colspan="2">
                    <LineDiff stretches=stretches caption=label />
                    {extra}
                </td>
            </tr>
        </tbody>
    }
    .into_any()
}

fn lines(change: Change, secret: bool, extra: Option<AnyView>) -> AnyView {
    let path = change.path;
    if secret {
        return view! {
            <tbody>
                <tr class="masked">
                    <th scope="row">{path}</th>
                    <td class="sign" aria-hidden="true">"~"</td>
                    <td>"sensitive, changed" {extra}</td>
                </tr>
            </tbody>
        }
        .into_any();
    }
    let both = change.old.is_some() && change.new.is_some();
    let mut extra = extra;
    let mut line =
        |class: &'static str, sign: &'static str, word: &'static str, value: Value, path: Option<String>| {
            let last = extra.take();
            let head = path.map(|path| view! { <th scope="row" rowspan=both.then_some("2")>{path}</th> });
            view! {
                <tr class=class>
                    {head}
                    <td class="sign">
                        <span aria-hidden="true">{sign}</span>
                        <span class="visually-hidden">{word}</span>
                    </td>
                    <td>{value.to_string()} {last}</td>
                </tr>
            }
            .into_any()
        };
    let removed = change
        .old
        .map(|old| line("minus", "−", if both { "was" } else { "removed" }, old, Some(path.clone())));
    let added = change
        .new
        .map(|new| line("plus", "+", if both { "is" } else { "added" }, new, (!both).then_some(path)));
    view! { <tbody>{removed}{added}</tbody> }.into_any()
}

fn beside(change: Change, secret: bool, extra: Option<AnyView>) -> AnyView {
    let cell = |value: Option<Value>| match value {
        None => String::new(),
        Some(_) if secret => "sensitive".to_owned(),
        Some(value) => value.to_string(),
    };
    let (minus, plus) = (change.old.is_some(), change.new.is_some());
    view! {
        <tbody>
            <tr>
                <th scope="row">{change.path}</th>
                <td class:minus=minus>{cell(change.old)}</td>
                <td class:plus=plus>{cell(change.new)} {extra}</td>
            </tr>
        </tbody>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn changes_are_sorted_and_told_apart() {
        let old = json!({"b": 1, "gone": true, "list": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]});
        let new = json!({"b": 2, "list": [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0], "a": null});
        let changes = changes(&old, &new);
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["a", "b", "gone", "list[9]", "list[10]"]);
        assert!(changes[0].old.is_none() && changes[2].new.is_none());
    }

    #[test]
    fn a_text_of_several_lines_is_told_apart_from_other_values() {
        let of =
            |old: &serde_json::Value, new: &serde_json::Value| super::several_lines(&changes(old, new)[0]);
        assert_eq!(of(&json!({"a": "x"}), &json!({"a": "x\ny"})), Some(("x".to_owned(), "x\ny".to_owned())));
        assert_eq!(
            of(&json!({"b": 1}), &json!({"a": "x\ny", "b": 1})),
            Some((String::new(), "x\ny".to_owned()))
        );
        assert_eq!(of(&json!({"a": "x"}), &json!({"a": "y"})), None);
        assert_eq!(of(&json!({"a": 1}), &json!({"a": "x\ny"})), None);
    }

    #[test]
    fn a_missing_document_adds_everything() {
        assert_eq!(changes(&serde_json::Value::Null, &json!({"a": {"b": 1}})).len(), 1);
    }
}
