//! A part of a template of CloudFormation. Each value that is not kept is a parameter that nobody is shown (`NoEcho`).

use std::collections::HashSet;
use std::fmt::Write as _;

use domain::drift::DriftType;
use serde_json::{Map, Value, json};

use super::{quoted, tops};
use crate::Drift;
use crate::node::MASK;

pub(super) fn template(address: &str, resource_type: &str, drift: &Drift) -> String {
    let logical = address.rsplit('/').next().unwrap_or(address);
    if drift.drift_type == DriftType::Deleted {
        return format!(
            "It is gone. Take {} out of the template's Resources, and update the stack.\n",
            quoted(logical)
        );
    }
    let actual = drift.actual.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let wanted = tops(&drift.changes);
    // JSON has no comments: what is to go is said before it.
    let mut gone = String::new();
    for key in wanted.iter().filter(|key| !actual.contains_key(*key)) {
        let _ = writeln!(gone, "Take {} out of the Properties of {}.", quoted(key), quoted(logical));
    }
    if !gone.is_empty() && wanted.iter().all(|key| !actual.contains_key(key)) {
        return gone;
    }
    let mut parameters = Parameters { place: vec![logical.to_owned()], ..Parameters::default() };
    let properties: Map<String, Value> = actual
        .into_iter()
        .filter(|(key, _)| wanted.is_empty() || wanted.contains(key))
        .map(|(key, value)| {
            let value = parameters.within(&key, |parameters| parameters.instead(value));
            (key, value)
        })
        .collect();
    let mut body = json!({ "Resources": { logical: { "Type": resource_type, "Properties": properties } } });
    if !parameters.found.is_empty() {
        body["Parameters"] = Value::Object(parameters.found);
    }
    format!("{gone}{body:#}\n")
}

#[derive(Default)]
struct Parameters {
    place: Vec<String>,
    taken: HashSet<String>,
    found: Map<String, Value>,
}

impl Parameters {
    /// What is written with one step more in the place.
    fn within(&mut self, step: &str, write: impl FnOnce(&mut Self) -> Value) -> Value {
        self.place.push(step.to_owned());
        let written = write(self);
        self.place.pop();
        written
    }
    /// The value, with a parameter for each part of it that is not kept.
    fn instead(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) if text == MASK => json!({ "Ref": self.parameter() }),
            Value::String(text) if text.contains(MASK) => {
                // `${` would be filled in.
                let parts: Vec<String> = text.split(MASK).map(|part| part.replace("${", "${!")).collect();
                let mut written = String::new();
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        let _ = write!(written, "${{{}}}", self.parameter());
                    }
                    written.push_str(part);
                }
                json!({ "Fn::Sub": written })
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                items.map(|(at, item)| self.within(&at.to_string(), |all| all.instead(item))).collect()
            }
            Value::Object(map) => {
                let entries = map.into_iter().map(|(key, value)| {
                    let value = self.within(&key, |all| all.instead(value));
                    (key, value)
                });
                Value::Object(entries.collect())
            }
            other => other,
        }
    }
    /// A parameter for this place, named after it: letters and digits alone, at most 255.
    fn parameter(&mut self) -> String {
        let name: String =
            self.place.concat().chars().filter(char::is_ascii_alphanumeric).take(200).collect();
        let mut free = if name.is_empty() { "Secret".to_owned() } else { name.clone() };
        let mut number = 1;
        while !self.taken.insert(free.clone()) {
            number += 1;
            free = format!("{name}{number}");
        }
        let words = "Its value is not kept here. Give it when the stack is updated, or write a dynamic reference to its secret (resolve:secretsmanager) instead of this parameter.";
        self.found.insert(free.clone(), json!({ "Type": "String", "NoEcho": true, "Description": words }));
        free
    }
}
