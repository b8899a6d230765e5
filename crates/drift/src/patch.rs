//! What the code would have to say so that it says what is there: a piece of HCL, CloudFormation or a manifest to start from.
//!
//! It is a proposal for a person: names of variables and modules are not known here. A secret's value is not kept; the snippet says so and asks
//! for it, by a variable, a parameter or in words, and never has what stands for it in print as if it were the value.

use std::collections::HashSet;
use std::fmt::Write as _;

use domain::drift::{DriftType, Tool};
use serde_json::{Map, Value, json};

use crate::node::MASK;
use crate::path::{MAX_PATH, keys_of};
use crate::{Change, Drift};

mod template;
mod yaml;

use template::template;
use yaml::yaml;

/// The snippet, and how it is highlighted: `hcl`, `yaml` or `json`.
pub fn codify(tool: Tool, address: &str, resource_type: &str, drift: &Drift) -> (String, &'static str) {
    match tool {
        Tool::Terraform => (hcl(address, resource_type, drift), "hcl"),
        Tool::Cloudformation => (template(address, resource_type, drift), "json"),
        Tool::Kubernetes => (manifest(address, drift), "yaml"),
    }
}

fn hcl(address: &str, resource_type: &str, drift: &Drift) -> String {
    // An object that waits to be destroyed is not in the code; its address is.
    let address = address.split(" (deposed ").next().unwrap_or(address);
    let (module, local) = split(address);
    // A resource that is known by its id alone has a blank before it.
    let local = local.strip_prefix(resource_type).map_or(local, |rest| rest.trim_start_matches(['.', ' ']));
    let mut name: String = without_key(local)
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .collect();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    let mut text = String::new();
    let mut variables = Variables::default();
    if let Some(module) = module {
        let _ = writeln!(text, "# In the module {module}:");
    }
    match drift.drift_type {
        DriftType::Deleted => {
            let _ =
                writeln!(text, "# It is gone. Take its block out of the code, and forget it in the state:");
            let _ = writeln!(
                text,
                "removed {{\n  from = {}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}",
                without_key(address)
            );
        }
        DriftType::Moved => {
            let from = drift.moved_from.as_deref().unwrap_or(address);
            let _ = writeln!(text, "moved {{\n  from = {from}\n  to   = {address}\n}}");
        }
        DriftType::Added => {
            let id = drift
                .actual
                .as_ref()
                .and_then(|actual| actual.get("id"))
                .and_then(Value::as_str)
                .unwrap_or("ID");
            let _ = writeln!(text, "import {{\n  to = {resource_type}.{name}\n  id = {}\n}}\n", quoted(id));
            let empty = Map::new();
            let actual = drift.actual.as_ref().and_then(Value::as_object).unwrap_or(&empty);
            let _ = writeln!(text, "resource {} {} {{", quoted(resource_type), quoted(&name));
            for (key, value) in actual.iter().filter(|(key, value)| !is_computed(key) && !is_empty(value)) {
                attribute(&mut text, key, value, &mut variables);
            }
            text.push_str("}\n");
        }
        DriftType::Modified => {
            let _ = writeln!(text, "resource {} {} {{", quoted(resource_type), quoted(&name));
            for key in tops(&drift.changes) {
                let changed = drift.changes.iter().filter(|c| top(c) == Some(key.as_str()));
                let words: Vec<&str> = changed.map(|change| change.property_path.as_str()).collect();
                let _ = writeln!(text, "  # {}", words.join(", "));
                match drift
                    .actual
                    .as_ref()
                    .and_then(|actual| actual.get(&key))
                    .filter(|value| !value.is_null())
                {
                    Some(value) => attribute(&mut text, &key, value, &mut variables),
                    None => {
                        let _ = writeln!(text, "  # Take {key} out.");
                    }
                }
            }
            text.push_str("}\n");
        }
    }
    text
}

/// What the provider computes and no code may set.
fn is_computed(key: &str) -> bool {
    matches!(key, "id" | "arn" | "tags_all" | "owner_id" | "unique_id" | "self_link" | "create_date")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn tops(changes: &[Change]) -> Vec<String> {
    let mut keys: Vec<String> = changes.iter().filter_map(|c| top(c).map(str::to_owned)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn top(change: &Change) -> Option<&str> {
    change.property_path.split(['.', '[']).next().filter(|key| !key.is_empty())
}

/// The variables that stand for values which are not kept, named after their place: two secrets are never one variable.
#[derive(Default)]
struct Variables {
    place: Vec<String>,
    taken: HashSet<String>,
}

impl Variables {
    /// What is written with one step more in the place.
    fn within(&mut self, step: &str, write: impl FnOnce(&mut Self) -> String) -> String {
        self.place.push(step.to_owned());
        let written = write(self);
        self.place.pop();
        written
    }
    /// A name that no other place has.
    fn name(&mut self) -> String {
        let place = self.place.join("_");
        let mut name: String =
            place.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(100).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, "secret_");
        }
        let mut number = 1;
        let mut free = name.clone();
        while !self.taken.insert(free.clone()) {
            number += 1;
            free = format!("{name}_{number}");
        }
        free
    }
}

/// A list of objects is nested blocks in HCL, everything else an attribute.
fn attribute(text: &mut String, key: &str, value: &Value, variables: &mut Variables) {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            for (at, block) in list.iter().enumerate() {
                let _ = writeln!(text, "  {key} {{");
                for (inner, value) in
                    block.as_object().into_iter().flatten().filter(|(_, value)| !is_empty(value))
                {
                    let place = if list.len() == 1 { key.to_owned() } else { format!("{key}_{at}") };
                    let written = variables
                        .within(&place, |v| v.within(inner, |variables| expression(value, 2, variables)));
                    let _ = writeln!(text, "    {} = {written}", name(inner));
                }
                text.push_str("  }\n");
            }
        }
        value => {
            let written = variables.within(key, |variables| expression(value, 1, variables));
            let _ = writeln!(text, "  {} = {written}", name(key));
        }
    }
}

fn expression(value: &Value, depth: usize, variables: &mut Variables) -> String {
    let indent = "  ".repeat(depth + 1);
    let close = "  ".repeat(depth);
    let each = |list: &[Value], depth: usize, variables: &mut Variables| -> Vec<String> {
        let only = list.len() == 1;
        list.iter()
            .enumerate()
            .map(|(at, item)| {
                if only {
                    expression(item, depth, variables)
                } else {
                    variables.within(&at.to_string(), |v| expression(item, depth, v))
                }
            })
            .collect()
    };
    match value {
        Value::String(text) if text == MASK => {
            format!("var.{} # its value is not kept here", variables.name())
        }
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => {
                format!("jsonencode({})", expression(&inner, depth, variables))
            }
            _ => with_variables(text, variables),
        },
        Value::Array(list) if list.is_empty() => "[]".to_owned(),
        // What is not kept has its words behind it, which end a line.
        Value::Array(list) if list.iter().all(|v| !v.is_object() && !v.is_array() && v != MASK) => {
            format!("[{}]", each(list, depth, variables).join(", "))
        }
        Value::Array(list) => {
            let lines =
                each(list, depth + 1, variables).into_iter().fold(String::new(), |mut lines, item| {
                    let _ = match item.split_once(" # ") {
                        Some((item, words)) if item.starts_with("var.") => {
                            writeln!(lines, "{indent}{item}, # {words}")
                        }
                        _ => writeln!(lines, "{indent}{item},"),
                    };
                    lines
                });
            format!("[\n{lines}{close}]")
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let lines = map.iter().fold(String::new(), |mut lines, (key, item)| {
                let written = variables.within(key, |variables| expression(item, depth + 1, variables));
                let _ = writeln!(lines, "{indent}{} = {written}", name(key));
                lines
            });
            format!("{{\n{lines}{close}}}")
        }
        other => other.to_string(),
    }
}

/// A text, with a variable for each value in it that is not kept.
fn with_variables(text: &str, variables: &mut Variables) -> String {
    let parts: Vec<String> = text.split(MASK).map(quoted).collect();
    let mut written = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            let _ = write!(written, "${{var.{}}}", variables.name());
        }
        written.push_str(&part[1..part.len() - 1]);
    }
    format!("\"{written}\"")
}

/// An identifier as it is, everything else in quotes.
fn name(key: &str) -> String {
    let plain = key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && !key.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if plain && !key.is_empty() { key.to_owned() } else { quoted(key) }
}

/// HCL's quotes: those of JSON, with `${` and `%{` kept from being read as templates.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// `module.a["x"].t.n[0]` → (`module.a["x"]`, `t.n[0]`).
fn split(address: &str) -> (Option<&str>, &str) {
    let dots: Vec<usize> = outside(address).filter(|(_, c)| *c == '.').map(|(at, _)| at).collect();
    match dots.len() {
        0 | 1 => (None, address),
        n => (Some(&address[..dots[n - 2]]), &address[dots[n - 2] + 1..]),
    }
}

/// Without the key of its last part.
fn without_key(address: &str) -> &str {
    let last = address.ends_with(']').then(|| outside(address).filter(|(_, c)| *c == '[').last()).flatten();
    last.map_or(address, |(at, _)| &address[..at])
}

/// What is in no key, with its places; the bracket that opens a key is.
fn outside(address: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut within, mut quoted, mut escaped) = (false, false, false);
    address.char_indices().filter(move |(_, c)| {
        let out = !within;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if within => quoted = !quoted,
            '[' if !quoted => within = true,
            ']' if !quoted => within = false,
            _ => {}
        }
        out
    })
}

/// A strategic merge patch with the fields that changed; what was removed is null.
fn manifest(address: &str, drift: &Drift) -> String {
    let parts: Vec<&str> = address.split('/').collect();
    match drift.drift_type {
        DriftType::Deleted => return "# It is gone. Delete its manifest.\n".to_owned(),
        DriftType::Added => {
            let actual = drift.actual.clone().unwrap_or(Value::Null);
            return yaml(&actual);
        }
        DriftType::Modified | DriftType::Moved => {}
    }
    let mut patch = json!({});
    for change in &drift.changes {
        // A cut path leads nowhere.
        if change.property_path.chars().count() < MAX_PATH {
            let value = change.actual_value.clone().unwrap_or(Value::Null);
            put(&mut patch, &change.property_path, value, drift.actual.as_ref());
        }
    }
    if let Some(actual) = &drift.actual {
        for key in ["apiVersion", "kind"] {
            if let Some(value) = actual.get(key) {
                patch[key] = value.clone();
            }
        }
        if let Some(metadata) = actual.get("metadata") {
            for key in ["name", "namespace"] {
                if let Some(value) = metadata.get(key) {
                    patch["metadata"][key] = value.clone();
                }
            }
        }
    }
    let name = parts.last().copied().unwrap_or_default();
    format!("# Merge into the manifest of {name}:\n{}", yaml(&patch))
}

/// Puts a value at a written path; an element of a list that has a name brings it along. A list without names is put as a whole, as it is
/// in `actual`: a merge replaces it.
fn put(root: &mut Value, path: &str, value: Value, actual: Option<&Value>) {
    let Some(steps) = steps(path) else { return };
    let (mut at, mut here) = (root, actual);
    for (nth, step) in steps.iter().enumerate() {
        let last = nth + 1 == steps.len();
        match (step, here) {
            (Step::Where(..), Some(Value::Array(_))) | (Step::Key(_), Some(Value::Object(_))) => {}
            // A list by its places or elements, or what is inside a text of JSON.
            (_, Some(whole)) => {
                *at = whole.clone();
                return;
            }
            // What held it is gone too.
            (_, None) if value.is_null() && nth > 0 => {
                *at = Value::Null;
                return;
            }
            (Step::Element, None) => return,
            (_, None) => {}
        }
        match step {
            Step::Key(key) => {
                if !at.is_object() {
                    *at = json!({});
                }
                at = &mut at[key.as_str()];
                here = here.and_then(|here| here.get(key.as_str()));
            }
            Step::Where(field, name) => {
                if !at.is_array() {
                    *at = json!([]);
                }
                let Some(list) = at.as_array_mut() else { return };
                let named = |item: &Value| item.get(field.as_str()) == Some(name);
                let place = list.iter().position(named).unwrap_or_else(|| {
                    list.push(json!({ field.as_str(): name }));
                    list.len() - 1
                });
                if last && value.is_null() {
                    list[place]["$patch"] = json!("delete");
                    return;
                }
                at = &mut list[place];
                here = here.and_then(Value::as_array).and_then(|items| items.iter().find(|item| named(item)));
            }
            Step::Element => return,
        }
    }
    *at = value;
}

/// The maps that a written path leads through, as far as keys and names tell the way.
pub(crate) fn on_the_way<'v>(actual: &'v Value, path: &str) -> Vec<&'v Map<String, Value>> {
    let (mut found, mut here) = (Vec::new(), Some(actual));
    for step in steps(path).unwrap_or_default() {
        found.extend(here.and_then(Value::as_object));
        here = match (&step, here) {
            (Step::Key(key), Some(at)) => at.get(key.as_str()),
            (Step::Where(field, name), Some(Value::Array(items))) => {
                items.iter().find(|item| item.get(field.as_str()) == Some(name))
            }
            _ => None,
        };
    }
    found
}

enum Step {
    Key(String),
    Where(String, Value),
    Element,
}

fn steps(path: &str) -> Option<Vec<Step>> {
    if path.is_empty() || keys_of(path).is_empty() {
        return None;
    }
    let (mut steps, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            if inside.starts_with('"') {
                let mut values = serde_json::Deserializer::from_str(inside).into_iter::<String>();
                let word = values.next()?.ok()?;
                let end = values.byte_offset();
                steps.push(Step::Key(word));
                rest = inside.get(end + 1..)?;
            } else if let Some(equals) =
                inside.find("=\"").filter(|at| inside.find(']').is_none_or(|end| *at < end))
            {
                let mut values =
                    serde_json::Deserializer::from_str(&inside[equals + 1..]).into_iter::<String>();
                let word = values.next()?.ok()?;
                let end = equals + 1 + values.byte_offset();
                let field = &inside[..equals];
                // Ports are numbers.
                let name = word
                    .parse::<u64>()
                    .ok()
                    .filter(|_| field.ends_with("ort"))
                    .map_or(Value::from(word), Value::from);
                steps.push(Step::Where(field.to_owned(), name));
                rest = inside.get(end + 1..)?;
            } else {
                steps.push(Step::Element);
                rest = inside.get(inside.find(']')? + 1..)?;
            }
        } else {
            if rest.starts_with('#') {
                // The number of a double; its place is the same.
                break;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[', '#']).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    Some(steps)
}
