//! A JSON value as a folding tree.

use leptos::prelude::*;
use serde_json::Value;

/// A tree of `<details>`; copy buttons for path and value appear where WASM runs. `actions` adds links to a leaf that a path of
/// keys leads to: names with dots between, quoted where they hold more than letters, digits, `_` and `-`; the elements of an
/// array have the array's.
#[component]
pub fn JsonTree(
    value: Value,
    /// Name of the root, the first part of every path (`payload`).
    #[prop(optional, into)]
    name: String,
    /// Levels unfolded at first; 2 unless told.
    #[prop(optional)]
    depth: Option<usize>,
    /// From the path of keys and the value: what stands after a leaf.
    #[prop(optional, into)]
    actions: Option<Callback<(String, Value), AnyView>>,
) -> impl IntoView {
    let root = node(&name, name.clone(), Some(name.clone()), &value, depth.unwrap_or(2), actions);
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

/// `keys`: the path of keys, where only keys lead here.
fn node(
    key: &str,
    path: String,
    keys: Option<String>,
    value: &Value,
    depth: usize,
    actions: Option<Callback<(String, Value), AnyView>>,
) -> AnyView {
    let next = depth.saturating_sub(1);
    let branches: Vec<AnyView> = match value {
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .map(|(key, value)| {
                let name = if is_plain(key) { key.clone() } else { Value::from(key.as_str()).to_string() };
                let keys = keys.as_ref().map(|keys| [keys, ".", &name].concat());
                node(key, member_path(&path, key), keys, value, next, actions)
            })
            .collect(),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let keys = if value.is_object() || value.is_array() { None } else { keys.clone() };
                node(&index.to_string(), format!("{path}[{index}]"), keys, value, next, actions)
            })
            .collect(),
        _ => return leaf(key, path, keys, value, actions),
    };
    let size = match value {
        Value::Array(items) => format!("[{}]", items.len()),
        _ => format!("{{{}}}", branches.len()),
    };
    view! {
        <li>
            <details open=depth != 0>
                <summary>
                    <span class="key">{key.to_owned()}</span>
                    <span class="size">{size}</span>
                </summary>
                <ul>{branches}</ul>
            </details>
        </li>
    }
    .into_any()
}

fn leaf(
    key: &str,
    path: String,
    keys: Option<String>,
    value: &Value,
    actions: Option<Callback<(String, Value), AnyView>>,
) -> AnyView {
    let class = match value {
        Value::String(_) => "value string",
        Value::Number(_) => "value number",
        Value::Bool(_) => "value bool",
        _ => "value null",
    };
    let text = value.to_string();
    let plain = value.as_str().map_or_else(|| text.clone(), str::to_owned);
    let actions = actions.zip(keys).map(|(actions, keys)| actions.run((keys, value.clone())));
    view! {
        <li class="leaf">
            <span class="key">{key.to_owned()}</span>
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
