//! Terraform and OpenTofu plans: `terraform show -json plan.out` (the JSON output format, versions 0.1 to 1.x).
//!
//! `resource_drift` is what changed outside: its `before` is the last recorded state, its `after` the real world.
//! `resource_changes` lists every resource and what the next apply would do; a pending change of the code is no drift.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::drift::{DriftType, Verdict};
use serde_json::{Value, json};

use crate::diff::diff;
use crate::node::{Node, both_marks, marks_of, seal_alike};
use crate::path::{Path, Step};
use crate::score::Score;
use crate::sets::Terraform;
use crate::{Drift, Input, Problem, Reading, Resource, json as parse};

const RESOURCES: &str = "resource_changes";
const DRIFT: &str = "resource_drift";

/// # Errors
/// Where the text is no plan at all.
pub fn read(input: Input<'_>) -> Result<Reading, Vec<Problem>> {
    if let Some(problem) = stream(input) {
        return Err(vec![problem]);
    }
    let document = parse::parse(input)?;
    let root = Path::default();
    let refuse = |reason: &str| Err(vec![parse::at(input, &root, reason)]);
    if !document.is_object() {
        return refuse("not a plan: send what `terraform show -json PLANFILE` prints");
    }
    if document.get("version").is_some() && document.get("lineage").is_some() {
        return refuse("this is a state file; send it with the format terraform-state");
    }
    match document.get("format_version").and_then(Value::as_str) {
        None => {
            return refuse(
                "not a plan: \"format_version\" is missing; send what `terraform show -json PLANFILE` prints",
            );
        }
        Some(version) if !matches!(version.split('.').next(), Some("0" | "1")) => {
            return refuse("a plan of a newer format; versions 0 and 1 are understood");
        }
        Some(_) => {}
    }
    if document.get(RESOURCES).is_none() && document.get("planned_values").is_none() {
        return refuse("this is the JSON of a state, not of a plan; send it with the format terraform-state");
    }
    let mut reading = Reading::default();
    let aliases = aliases(&document);
    let planned = planned(&document);
    let relevant = relevant(&document);
    // What an interrupted or partial plan does not find drifted is not in sync for that.
    let unproved = (document.get("errored") == Some(&json!(true)))
        .then_some("the plan ended with an error before everything was read");

    let mut drifts: HashMap<String, Drift> = HashMap::new();
    let mut befores: BTreeMap<String, (Resource, Value)> = BTreeMap::new();
    for (at, entry) in entries(&document, DRIFT, input, &mut reading) {
        let place = root.key(DRIFT).with(Step::Index(at));
        if entry.get("mode").and_then(Value::as_str) == Some("data") {
            continue;
        }
        match drifted(&entry, &aliases, &planned, &relevant) {
            Ok((resource, drift)) => {
                if let Some(drift) = drift {
                    drifts.insert(resource.address.clone(), drift);
                }
                let address = resource.address.clone();
                if befores.insert(address, (resource, Value::Null)).is_some() {
                    reading.problems.push(parse::at(
                        input,
                        &place,
                        "its address was there before; the last was kept",
                    ));
                }
            }
            Err(reason) => reading.problems.push(parse::at(input, &place, reason)),
        }
    }
    let mut seen = HashSet::new();
    for (at, entry) in entries(&document, RESOURCES, input, &mut reading) {
        let place = root.key(RESOURCES).with(Step::Index(at));
        if entry.get("mode").and_then(Value::as_str) == Some("data") {
            continue;
        }
        match declared(&entry, &aliases, unproved) {
            Ok(resource) => {
                if !seen.insert(resource.address.clone()) {
                    reading.problems.push(parse::at(
                        input,
                        &place,
                        "its address was there before; the first was kept",
                    ));
                }
                if !befores.contains_key(&resource.address) {
                    befores.insert(resource.address.clone(), (resource, Value::Null));
                }
            }
            Err(reason) => reading.problems.push(parse::at(input, &place, reason)),
        }
    }
    for (address, (mut resource, _)) in befores {
        if let Some(drift) = drifts.remove(&address) {
            resource.verdict = Verdict::Drifted;
            resource.unchecked_because = None;
            resource.drift = Some(drift);
        }
        reading.resources.push(resource);
    }
    Ok(reading)
}

/// `terraform plan -json` prints a log, a line a message; people mix the two up.
fn stream(input: Input<'_>) -> Option<Problem> {
    let first = input.text.lines().next()?;
    let message: Value = serde_json::from_str(first).ok()?;
    (message.get("@level").is_some() && message.get("type").is_some()).then(|| {
        let reason = "this is the log of `terraform plan -json`; run `terraform plan -out plan.out`, then send what `terraform show -json plan.out` prints";
        crate::problem(input.file, "", Some(1), reason.to_owned())
    })
}

fn entries(document: &Value, key: &str, input: Input<'_>, reading: &mut Reading) -> Vec<(usize, Value)> {
    match document.get(key) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().cloned().enumerate().collect(),
        Some(_) => {
            reading.problems.push(parse::at(
                input,
                &Path::default().key(key),
                "should be a list; nothing of it was read",
            ));
            Vec::new()
        }
    }
}

/// Address and what names the resource; the states are filled in by the caller.
fn named(entry: &Value, aliases: &HashMap<String, String>) -> Result<Resource, String> {
    let address = parse::text(entry, "address")?;
    let resource_type = parse::text(entry, "type")?.to_owned();
    let provider = entry.get("provider_name").and_then(Value::as_str).map(|name| {
        match aliases.get(&without_keys(address)) {
            Some(key) if key.contains('.') || key.contains(':') => format!("{name} ({key})"),
            _ => name.to_owned(),
        }
    });
    Ok(Resource {
        address: with_deposed(address, entry),
        resource_type,
        provider,
        physical_id: None,
        verdict: Verdict::InSync,
        unchecked_because: None,
        declared: json!({}),
        noise: Vec::new(),
        drift: None,
    })
}

/// An object that waits to be destroyed beside its replacement has the same address.
fn with_deposed(address: &str, entry: &Value) -> String {
    match entry.get("deposed").and_then(Value::as_str) {
        Some(key) => format!("{address} (deposed {key})"),
        None => address.to_owned(),
    }
}

fn drifted(
    entry: &Value,
    aliases: &HashMap<String, String>,
    planned: &HashMap<String, String>,
    relevant: &HashSet<(String, String)>,
) -> Result<(Resource, Option<Drift>), String> {
    let mut resource = named(entry, aliases)?;
    let change = entry.get("change").filter(|c| c.is_object()).ok_or("\"change\" is missing or no object")?;
    // What is sensitive on one side is on the other: a mark may have come or gone between them.
    let marks = |side: &str, marks: &str| {
        let part = |key: &str| change.get(key).unwrap_or(&Value::Null);
        marks_of(part(marks), &resource.resource_type, part(side))
    };
    let marks = both_marks(&marks("before", "before_sensitive"), &marks("after", "after_sensitive"));
    let side = |value: &str, unknown: &Value| {
        change.get(value).filter(|v| !v.is_null()).map(|v| Node::with_unknown(v.clone(), &marks, unknown))
    };
    let unknown = change.get("after_unknown").unwrap_or(&Value::Null);
    let mut before = side("before", &Value::Null);
    let mut after = side("after", unknown);
    // An attribute that is not known has no entry in `after`.
    if let (Some(Node::Map(after)), Value::Object(unknown)) = (&mut after, unknown) {
        for (key, _) in unknown.iter().filter(|(_, mark)| **mark == Value::Bool(true)) {
            after.insert(key.clone(), Node::Unknown);
        }
    }
    if let (Some(before), Some(after)) = (&mut before, &mut after) {
        seal_alike(before, after);
    }
    let moved_from = entry
        .get("previous_address")
        .and_then(Value::as_str)
        .filter(|previous| *previous != resource.address)
        .map(str::to_owned);
    resource.physical_id = before.as_ref().or(after.as_ref()).and_then(physical_id);
    let known = before.as_ref().or(after.as_ref()).ok_or("neither \"before\" nor \"after\" says anything")?;
    resource.declared = if before.is_some() { known.told() } else { json!({}) };
    let (drift_type, difference) = match (&before, &after) {
        (Some(_), None) => (DriftType::Deleted, crate::diff::Difference::default()),
        (None, _) => (DriftType::Added, crate::diff::Difference::default()),
        (Some(before), Some(after)) => {
            let difference = diff(before, after, &Terraform::new(&resource.resource_type));
            let kind = if difference.changes.is_empty() && moved_from.is_some() {
                DriftType::Moved
            } else {
                DriftType::Modified
            };
            (kind, difference)
        }
    };
    // The provider reads it in another way than it wrote it: nothing happened.
    if drift_type == DriftType::Modified && difference.changes.is_empty() {
        resource.noise = difference.noise;
        return Ok((resource, None));
    }
    let mut drift = Drift {
        drift_type,
        actual: after.as_ref().map(Node::told),
        changes: difference.changes,
        noise: difference.noise,
        omitted: difference.omitted,
        moved_from,
        planned: planned.get(&resource.address).cloned(),
        score: Score { guessed: difference.guessed, ..Score::default() },
    };
    if !relevant.is_empty() {
        for change in &mut drift.changes {
            let top = change.property_path.split(['.', '[']).next().unwrap_or_default();
            change.is_relevant = Some(relevant.contains(&(without_keys(&resource.address), top.to_owned())));
        }
    }
    Ok((resource, Some(drift)))
}

fn declared(
    entry: &Value,
    aliases: &HashMap<String, String>,
    unproved: Option<&str>,
) -> Result<Resource, String> {
    let mut resource = named(entry, aliases)?;
    let change = entry.get("change").filter(|c| c.is_object()).ok_or("\"change\" is missing or no object")?;
    let (value, marks) = if let Some(before) = change.get("before").filter(|v| !v.is_null()) {
        // After a refresh without drift, what is recorded is what is there.
        (before, "before_sensitive")
    } else {
        resource.verdict = Verdict::Unchecked;
        resource.unchecked_because = Some("not created yet".to_owned());
        (change.get("after").unwrap_or(&Value::Null), "after_sensitive")
    };
    if !value.is_null() {
        let marks = marks_of(change.get(marks).unwrap_or(&Value::Null), &resource.resource_type, value);
        let node = Node::new(value.clone(), &marks);
        resource.physical_id = physical_id(&node);
        resource.declared = node.told();
    }
    if let Some(reason) = unproved.filter(|_| resource.verdict == Verdict::InSync) {
        resource.verdict = Verdict::Unchecked;
        resource.unchecked_because = Some(reason.to_owned());
    }
    Ok(resource)
}

pub(crate) fn physical_id(node: &Node) -> Option<String> {
    ["arn", "self_link", "id"]
        .iter()
        .find_map(|key| node.get(key).filter(|node| !node.hides())?.text().filter(|text| !text.is_empty()))
        .map(|text| text.chars().take(crate::MAX_ADDRESS).collect())
}

/// Address → what the next apply would do.
fn planned(document: &Value) -> HashMap<String, String> {
    let list = document.get(RESOURCES).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(|entry| {
            let actions: Vec<&str> =
                entry.pointer("/change/actions")?.as_array()?.iter().filter_map(Value::as_str).collect();
            let word = match actions.as_slice() {
                ["delete", "create"] | ["create", "delete"] => "replace",
                [one] => one,
                _ => return None,
            };
            Some((with_deposed(entry.get("address")?.as_str()?, entry), word.to_owned()))
        })
        .collect()
}

/// (resource, attribute) pairs that the rest of the plan was computed from.
fn relevant(document: &Value) -> HashSet<(String, String)> {
    let list = document.get("relevant_attributes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(|entry| {
            let resource = entry.get("resource")?.as_str()?;
            let first = entry.get("attribute")?.as_array()?.first()?.as_str()?;
            Some((without_keys(resource), first.to_owned()))
        })
        .collect()
}

/// Address without keys of instances → the provider's local name with its alias (`aws.west`, `child:aws`).
fn aliases(document: &Value) -> HashMap<String, String> {
    let mut found = HashMap::new();
    if let Some(root) = document.pointer("/configuration/root_module") {
        walk(root, "", 0, &mut found);
    }
    found
}

fn walk(module: &Value, prefix: &str, depth: usize, found: &mut HashMap<String, String>) {
    for resource in module.get("resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let part = |key| resource.get(key).and_then(Value::as_str);
        if let (Some(address), Some(key)) = (part("address"), part("provider_config_key")) {
            found.insert(format!("{prefix}{address}"), key.to_owned());
        }
    }
    if depth < 50
        && let Some(calls) = module.get("module_calls").and_then(Value::as_object)
    {
        for (name, call) in calls {
            if let Some(inner) = call.get("module") {
                walk(inner, &format!("{prefix}module.{name}."), depth + 1, found);
            }
        }
    }
}

/// `module.a["x"].t.n[0]` → `module.a.t.n`.
fn without_keys(address: &str) -> String {
    let (mut plain, mut depth, mut quoted, mut escaped) =
        (String::with_capacity(address.len()), 0_usize, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_its_keys() {
        assert_eq!(without_keys(r#"module.a["x]\"y"].t.n[0]"#), "module.a.t.n");
    }
}
