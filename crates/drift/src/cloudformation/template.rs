//! A template beside what `describe-stack-resource-drifts` prints: the inventory of a stack, also of what AWS does not check.
//!
//! `{"stack": "shop", "template": {…} or a text of JSON or YAML, "drifts": {…} or […]}`; `drifts` may be left out. What the drifts say of a resource
//! goes before the template, whose properties still hold functions (`Ref`, `Fn::Sub`). A template by itself, as JSON or YAML, is taken too: it does not
//! say the name of its stack, so its resources have none before theirs.

use std::collections::BTreeSet;

use domain::drift::Verdict;
use serde_json::Value;

use crate::kubernetes::yaml::Budget;
use crate::node::Node;
use crate::path::Path;
use crate::{Input, Problem, Reading, Resource, json as parse};

/// Resources of the template that the reading does not have yet.
///
/// # Errors
/// Where the template cannot be read at all.
pub(super) fn add(input: Input<'_>, document: &Value, reading: &mut Reading) -> Result<(), Vec<Problem>> {
    let fail = |path: &Path, reason: &str| vec![parse::at(input, path, reason)];
    let root = Path::default();
    let place = root.key("template");
    let stack = parse::text(document, "stack")
        .map_err(|reason| fail(&root, &format!("{reason}; it is the name of the stack")))?;
    let template = match &document["template"] {
        Value::String(text) => {
            let read = Budget::of(text).read(text);
            // The words of the error could name a value of the template.
            read.map_err(|error| {
                let line =
                    error.location().map(|at| format!(" (line {} of it)", at.line())).unwrap_or_default();
                fail(&place, &format!("the template is neither JSON nor YAML{line}"))
            })?
        }
        other => other.clone(),
    };
    inventory(input, &template, (Some(stack), &place), reading)
}

/// A template that is no JSON, nor means to be.
pub(super) fn plain(input: Input<'_>) -> Option<Value> {
    if input.text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let read = Budget::of(input.text).read(input.text).ok();
    read.filter(is_one)
}

/// Whether a document is a template and nothing around it.
pub(super) fn is_one(document: &Value) -> bool {
    let resources = document.get("Resources").and_then(Value::as_object);
    resources.is_some_and(|all| all.values().any(|one| one.get("Type").is_some_and(Value::is_string)))
        && document.get("template").is_none()
}

/// What a template by itself declares.
///
/// # Errors
/// Where none of its resources can be read.
pub(super) fn alone(input: Input<'_>, document: Value) -> Result<Reading, Vec<Problem>> {
    let mut reading = Reading::default();
    inventory(input, &document, (None, &Path::default()), &mut reading)?;
    Ok(reading)
}

fn inventory(
    input: Input<'_>,
    template: &Value,
    (stack, place): (Option<&str>, &Path),
    reading: &mut Reading,
) -> Result<(), Vec<Problem>> {
    let fail = |path: &Path, reason: &str| vec![parse::at(input, path, reason)];
    let Some(resources) = template.get("Resources").and_then(Value::as_object) else {
        return Err(fail(place, "\"Resources\" is missing or no object; send a template of CloudFormation"));
    };
    let known: BTreeSet<String> = reading.resources.iter().map(|resource| resource.address.clone()).collect();
    for (logical, entry) in resources {
        let address = stack.map_or_else(|| logical.clone(), |stack| format!("{stack}/{logical}"));
        if known.contains(&address) {
            continue;
        }
        let here = place.key("Resources").key(logical);
        let resource_type = match parse::text(entry, "Type") {
            Ok(kind) => kind.to_owned(),
            Err(reason) => {
                reading.problems.push(parse::at(input, &here, reason));
                continue;
            }
        };
        let properties =
            entry.get("Properties").cloned().unwrap_or_else(|| Value::Object(Default::default()));
        let because = if entry.get("Condition").is_some() {
            "declared under a condition; only the drifts of the stack say whether it is there"
        } else {
            "declared; the drifts of the stack do not name it"
        };
        reading.resources.push(Resource {
            address,
            resource_type,
            provider: None,
            physical_id: None,
            verdict: Verdict::Unchecked,
            unchecked_because: Some(because.to_owned()),
            declared: Node::new(properties, &Value::Null).told(),
            noise: Vec::new(),
            drift: None,
        });
    }
    Ok(())
}
