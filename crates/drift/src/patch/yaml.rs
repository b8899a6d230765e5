//! YAML of a snippet, in which what is not kept is never said as if it were the value.

use std::fmt::Write as _;

use serde_json::Value;

use crate::node::MASK;

/// YAML that means the same in versions 1.1 and 1.2: what a reader could take for something else is in quotes (`yes`, `on`, `1e3`), which
/// yaml_serde leaves bare and kubectl reads as 1.1.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, "", value, 0);
    text.trim_start_matches('\n').to_owned()
}

fn block(text: &mut String, key: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let (told, hidden): (Vec<_>, Vec<_>) = map.iter().partition(|(_, value)| is_told(value));
            for (key, value) in told {
                let _ = write!(text, "\n{indent}{}:", scalar(key));
                // A list may stand under its key.
                block(text, key, value, if value.is_array() { depth } else { depth + 1 });
            }
            for (field, value) in hidden {
                // A pod takes it from a Secret, which is where it should be.
                if key == "env" && field == "value" && map.contains_key("name") {
                    let _ = write!(
                        text,
                        "\n{indent}# The value is not kept here: put it into a Secret, name that and its key below, and take a \"value\" out of the manifest.\
                         \n{indent}valueFrom:\n{indent}  secretKeyRef:\n{indent}    name: FILL-IN-NAME-OF-SECRET\n{indent}    key: FILL-IN-KEY"
                    );
                } else {
                    let _ = write!(
                        text,
                        "\n{indent}# {}: not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.",
                        named(field, value)
                    );
                }
            }
            if depth == 0 {
                text.push('\n');
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for item in list {
                let mut inner = String::new();
                block(&mut inner, key, item, depth + 1);
                let _ = write!(text, "\n{indent}- {}", inner.trim_start());
            }
        }
        Value::String(words) => {
            let _ = write!(text, " {}", scalar(words));
        }
        other => {
            let _ = write!(text, " {other}");
        }
    }
}

/// Whether a field can be written. A list is written with all its elements or not at all: without one it would say something else.
fn is_told(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains(MASK),
        Value::Array(items) => items.iter().all(is_told),
        Value::Object(map) => map.is_empty() || map.values().any(is_told),
        _ => true,
    }
}

/// The fields of what is left out.
fn named(field: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts: Vec<String> =
                map.iter().map(|(key, inner)| format!("{}.{}", scalar(field), named(key, inner))).collect();
            parts.join(", ")
        }
        Value::Array(_) => format!("{} (the whole list)", scalar(field)),
        _ => scalar(field),
    }
}

/// Bare only where no version of YAML sees anything but a text.
fn scalar(words: &str) -> String {
    let plain = words.starts_with(|c: char| c.is_ascii_alphabetic())
        && words.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'))
        && !matches!(
            words.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if plain { words.to_owned() } else { Value::from(words).to_string() }
}
