//! A JSON value as a folding tree.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

/// A tree of `<details>`; copy buttons for path and value appear where WASM runs. `actions` adds links to a leaf that a path of
/// keys leads to: names with dots between, quoted where they hold more than letters, digits, `_` and `-`; the elements of an
/// array have the array's.
#[component]
pub fn JsonTree(
    /// JSON text. Numbers are shown with all the digits that stand there.
    #[prop(into)]
    json: String,
    /// Name of the root, the first part of every path (`payload`).
    #[prop(optional, into)]
    name: String,
    /// Levels unfolded at first; 2 unless told.
    #[prop(optional)]
    depth: Option<usize>,
    /// From the path of keys and the JSON text of the value: what stands after a leaf.
    #[prop(optional, into)]
    actions: Option<Callback<(String, String), AnyView>>,
) -> impl IntoView {
    let value: &RawValue = serde_json::from_str(&json).unwrap_or(RawValue::NULL);
    let root = node(&name, name.clone(), Some(name.clone()), value, depth.unwrap_or(2), actions);
    view! {
        <div class="json-tree">
            <ul>{root}</ul>
        </div>
    }
    .into_any()
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// The path of a member: dots for names that read as words, brackets for the rest.
pub fn member_path(parent: &str, key: &str) -> String {
    match (is_plain(key), parent.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{parent}.{key}"),
        (false, _) => format!("{parent}[{}]", Value::from(key)),
    }
}

/// What a value holds, each part still text.
enum Parts<'j> {
    Members(BTreeMap<String, &'j RawValue>),
    Items(Vec<&'j RawValue>),
}

fn parts(value: &RawValue) -> Option<Parts<'_>> {
    let json = value.get();
    if json.starts_with('{') {
        serde_json::from_str(json).ok().map(Parts::Members)
    } else if json.starts_with('[') {
        serde_json::from_str(json).ok().map(Parts::Items)
    } else {
        None
    }
}

/// `keys`: the path of keys, where only keys lead here.
fn node(
    key: &str,
    path: String,
    keys: Option<String>,
    value: &RawValue,
    depth: usize,
    actions: Option<Callback<(String, String), AnyView>>,
) -> AnyView {
    let next = depth.saturating_sub(1);
    let (branches, size): (Vec<AnyView>, String) = match parts(value) {
        Some(Parts::Members(members)) if !members.is_empty() => {
            let size = format!("{{{}}}", members.len());
            let branch = |(key, value): (String, &RawValue)| {
                let name = if is_plain(&key) { key.clone() } else { Value::from(key.as_str()).to_string() };
                let keys = keys.as_ref().map(|keys| [keys, ".", &name].concat());
                node(&key, member_path(&path, &key), keys, value, next, actions)
            };
            (members.into_iter().map(branch).collect(), size)
        }
        Some(Parts::Items(items)) if !items.is_empty() => {
            let size = format!("[{}]", items.len());
            let branch = |(index, value): (usize, &RawValue)| {
                let keys = if parts(value).is_some() { None } else { keys.clone() };
                node(&index.to_string(), format!("{path}[{index}]"), keys, value, next, actions)
            };
            (items.into_iter().enumerate().map(branch).collect(), size)
        }
        _ => return leaf(key, path, keys, value.get(), actions),
    };
    view! {
        <li>
            <details open=depth != 0>
                <summary>
                    <span class="key">{still(key)}</span>
                    <span class="size">{size}</span>
                </summary>
                <ul>{branches}</ul>
            </details>
        </li>
    }
    .into_any()
}

/// What would turn the text around it (UAX #9) as an escape.
fn still(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if turns(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}

fn leaf(
    key: &str,
    path: String,
    keys: Option<String>,
    json: &str,
    actions: Option<Callback<(String, String), AnyView>>,
) -> AnyView {
    let class = match json.as_bytes().first() {
        Some(b'"') => "value string",
        Some(b'-' | b'0'..=b'9') => "value number",
        Some(b't' | b'f') => "value bool",
        _ => "value null",
    };
    let plain = serde_json::from_str(json).unwrap_or_else(|_| json.to_owned());
    // As it is written most plainly, whatever escapes the sender chose.
    let text = if class.ends_with("string") {
        still(&Value::from(plain.as_str()).to_string())
    } else {
        json.to_owned()
    };
    let actions = actions.zip(keys).map(|(actions, keys)| actions.run((keys, text.clone())));
    view! {
        <li class="leaf">
            <span class="key">{still(key)}</span>
            <span class=class>{text}</span>
            <span class="tools">
                {actions}
                <button type="button" class="copy" data-copy=path title="Copy path">"path"</button>
                <button type="button" class="copy" data-copy=plain title="Copy value">"value"</button>
            </span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::member_path;

    #[test]
    fn paths_quote_only_what_needs_it() {
        assert_eq!(member_path("", "user"), "user");
        assert_eq!(member_path("payload", "src"), "payload.src");
        assert_eq!(member_path("tags", "a b"), "tags[\"a b\"]");
    }
}
