//! CloudFormation: what `aws cloudformation describe-stack-resource-drifts` prints.
//!
//! AWS compares already; its `PropertyDifferences` hold values as JSON inside texts. Pages that were joined (`[{…}, {…}]`) are read as one. A
//! template may stand beside them: see `template`.

mod template;

use domain::drift::{DriftType, Verdict};
use serde_json::{Value, json};

use crate::diff::{Difference, diff, number_doubles};
use crate::node::{Node, seal_alike};
use crate::path::{Path, Step, from_pointer};
use crate::score::Score;
use crate::sets::{Properties, ToldByAws};
use crate::{Drift, Input, Noise, Problem, Reading, Resource, json as parse};

const LIST: &str = "StackResourceDrifts";

/// # Errors
/// Where the text holds no list of drifts.
pub fn read(input: Input<'_>) -> Result<Reading, Vec<Problem>> {
    let document = match parse::parse(input) {
        Ok(document) => document,
        // Templates are mostly YAML.
        Err(problems) => template::plain(input).ok_or(problems)?,
    };
    if template::is_one(&document) {
        return template::alone(input, document);
    }
    let mut reading = Reading::default();
    let root = Path::default();
    let with_template = document.get("template").is_some();
    let (place, told) =
        if with_template { (root.key("drifts"), document.get("drifts")) } else { (root, Some(&document)) };
    let pages: Vec<(Path, &Value)> = match told {
        Some(Value::Array(pages)) => {
            pages.iter().enumerate().map(|(at, page)| (place.with(Step::Index(at)), page)).collect()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(page) => vec![(place, page)],
    };
    for (place, page) in pages {
        let Some(list) = page.get(LIST).and_then(Value::as_array) else {
            let reason = "\"StackResourceDrifts\" is missing or no list; send what `aws cloudformation describe-stack-resource-drifts --stack-name NAME` prints";
            reading.problems.push(parse::at(input, &place, reason));
            continue;
        };
        if page.get("NextToken").is_some_and(|token| !token.is_null()) {
            let reason = "there are more pages after this one; the resources on them were not looked at";
            reading.problems.push(parse::at(input, &place.key("NextToken"), reason));
        }
        for (at, entry) in list.iter().enumerate() {
            match resource(entry) {
                Ok(resource) => reading.resources.push(resource),
                Err(reason) => {
                    let place = place.key(LIST).with(Step::Index(at));
                    reading.problems.push(parse::at(input, &place, reason));
                }
            }
        }
    }
    if with_template {
        template::add(input, &document, &mut reading)?;
    }
    if reading.resources.is_empty() && !reading.problems.is_empty() {
        return Err(reading.problems);
    }
    Ok(reading)
}

fn resource(entry: &Value) -> Result<Resource, String> {
    let logical = parse::text(entry, "LogicalResourceId")?;
    let status = parse::text(entry, "StackResourceDriftStatus")?;
    let stack = entry.get("StackId").and_then(Value::as_str).map(stack_name);
    let told = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let properties = |key: &str| -> Result<Option<Node>, String> {
        told(key)
            .map(|text| serde_json::from_str(text).map(|value| Node::new(value, &Value::Null)))
            .transpose()
            .map_err(|_| format!("\"{key}\" should be JSON inside a text"))
    };
    let mut declared = properties("ExpectedProperties")?;
    let mut actual = if status == "MODIFIED" { properties("ActualProperties")? } else { None };
    if let (Some(declared), Some(actual)) = (&mut declared, &mut actual) {
        seal_alike(declared, actual);
    }
    let mut resource = Resource {
        address: stack.map_or_else(|| logical.to_owned(), |stack| format!("{stack}/{logical}")),
        resource_type: parse::text(entry, "ResourceType")?.to_owned(),
        provider: None,
        physical_id: told("PhysicalResourceId")
            .map(str::to_owned)
            .filter(|id| !Node::new(Value::from(id.as_str()), &Value::Null).hides()),
        verdict: Verdict::Drifted,
        unchecked_because: None,
        declared: declared.as_ref().map_or_else(|| json!({}), Node::told),
        noise: Vec::new(),
        drift: None,
    };
    match status {
        "IN_SYNC" => resource.verdict = Verdict::InSync,
        "NOT_CHECKED" | "UNKNOWN" | "UNSUPPORTED" => {
            resource.verdict = Verdict::Unchecked;
            let reason = told("DriftStatusReason").unwrap_or("CloudFormation does not check this resource");
            resource.unchecked_because = Some(reason.chars().take(500).collect());
        }
        "DELETED" => resource.drift = Some(drift(DriftType::Deleted, None, Difference::default())),
        "MODIFIED" => {
            let difference = match entry.get("PropertyDifferences").and_then(Value::as_array) {
                Some(list) if !list.is_empty() => differences(list, [declared.as_ref(), actual.as_ref()])?,
                _ => diff(
                    declared.as_ref().ok_or("\"ExpectedProperties\" is missing")?,
                    actual.as_ref().ok_or("\"ActualProperties\" is missing")?,
                    &Properties,
                ),
            };
            if difference.changes.is_empty() {
                resource.verdict = Verdict::InSync;
                resource.noise = difference.noise;
            } else {
                resource.drift = Some(drift(DriftType::Modified, actual.map(|a| a.told()), difference));
            }
        }
        _ => {
            return Err(
                "\"StackResourceDriftStatus\" is none of IN_SYNC, MODIFIED, DELETED, NOT_CHECKED".to_owned()
            );
        }
    }
    Ok(resource)
}

/// Each property is compared again, so that what is only spelled in another way is noise here as everywhere. Its order is AWS's to judge.
fn differences(list: &[Value], properties: [Option<&Node>; 2]) -> Result<Difference, String> {
    let mut found = Difference::default();
    for entry in list {
        let path = from_pointer(parse::text(entry, "PropertyPath")?);
        let kind = parse::text(entry, "DifferenceType")?;
        if !matches!(kind, "ADD" | "REMOVE" | "NOT_EQUAL") {
            return Err("\"DifferenceType\" is none of ADD, REMOVE, NOT_EQUAL".to_owned());
        }
        let side = |key: &str, absent: bool| match entry.get(key) {
            _ if absent => Value::Null,
            Some(Value::String(text)) => value(text),
            Some(Value::Null) | None => Value::Null,
            Some(other) => other.clone(),
        };
        // Every value is a text here; the whole properties say which are numbers.
        let is_number = properties
            .iter()
            .flatten()
            .any(|properties| matches!(walk(properties, &path), Some(Node::Number(_))));
        let side = |key: &str, absent: bool| match side(key, absent) {
            Value::String(text) if is_number => text.parse().map_or(Value::String(text), Value::Number),
            other => other,
        };
        // Wrapped into the path's keys, so that the name of a secret is seen.
        let wrap = |value: Value| {
            path.0.iter().rev().fold(value, |inner, step| match step {
                Step::Key(key) => json!({ key.as_str(): inner }),
                _ => Value::Array(vec![inner]),
            })
        };
        let (a, b) = (
            Node::new(wrap(side("ExpectedValue", kind == "ADD")), &Value::Null),
            Node::new(wrap(side("ActualValue", kind == "REMOVE")), &Value::Null),
        );
        let (mut a, mut b) = (unwrap(&a, &path).clone(), unwrap(&b, &path).clone());
        // What says that it is a secret may stand beside the path (`{"Name": "DB_PASSWORD", "Value": …}`): the whole properties know.
        for properties in properties.into_iter().flatten() {
            for side in [&mut a, &mut b] {
                if let Some(known) = walk(properties, &path) {
                    seal_alike(&mut known.clone(), side);
                }
            }
        }
        seal_alike(&mut a, &mut b);
        let inner = diff(&a, &b, &ToldByAws);
        let prefix = path.text();
        let full = |part: &str| match part {
            "" => prefix.clone(),
            part if part.starts_with('[') => format!("{prefix}{part}"),
            part => format!("{prefix}.{part}"),
        };
        if a == b && entry.get("ExpectedValue") != entry.get("ActualValue") {
            found.noise.push(Noise {
                property_path: prefix.clone(),
                reason: "the same JSON, written in another way".to_owned(),
                declared_value: Some(a.told()),
                actual_value: Some(b.told()),
            });
        }
        found.omitted += inner.omitted;
        found.guessed |= inner.guessed;
        found.changes.extend(inner.changes.into_iter().map(|mut change| {
            change.property_path = full(&change.property_path);
            change
        }));
        found.noise.extend(inner.noise.into_iter().map(|mut noise| {
            noise.property_path = full(&noise.property_path);
            noise
        }));
    }
    found.changes.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    found.changes.dedup_by(|a, b| {
        a.property_path == b.property_path
            && a.declared_value == b.declared_value
            && a.actual_value == b.actual_value
    });
    number_doubles(&mut found.changes);
    found.noise.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    Ok(found)
}

/// The part at the path, or the seal that is met on the way.
fn walk<'n>(properties: &'n Node, path: &Path) -> Option<&'n Node> {
    let mut node = properties;
    for step in &path.0 {
        node = match (node, step) {
            (Node::Secret(_), _) => return Some(node),
            (Node::Map(map), Step::Key(key)) => map.get(key)?,
            (Node::Map(map), Step::Index(at)) => map.get(&at.to_string())?,
            (Node::List(list), Step::Index(at)) => list.get(*at)?,
            _ => return None,
        };
    }
    Some(node)
}

fn unwrap<'n>(node: &'n Node, path: &Path) -> &'n Node {
    path.0.iter().fold(node, |node, step| match (step, node) {
        (Step::Key(key), Node::Map(map)) => map.get(key).unwrap_or(node),
        (_, Node::List(list)) => list.first().unwrap_or(node),
        _ => node,
    })
}

/// Objects, lists, numbers and yes or no are JSON in the text; everything else is the text.
fn value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(parsed @ (Value::Object(_) | Value::Array(_) | Value::Bool(_))) => parsed,
        Ok(Value::String(inner)) if text.starts_with('"') => Value::String(inner),
        Ok(Value::Null) if text == "null" => Value::Null,
        _ => Value::String(text.to_owned()),
    }
}

fn drift(drift_type: DriftType, actual: Option<Value>, difference: Difference) -> Drift {
    Drift {
        drift_type,
        actual,
        changes: difference.changes,
        noise: difference.noise,
        omitted: difference.omitted,
        moved_from: None,
        planned: None,
        score: Score { guessed: difference.guessed, ..Score::default() },
    }
}

/// `arn:aws:cloudformation:eu-west-1:123:stack/shop/uuid` → `shop`.
fn stack_name(id: &str) -> &str {
    id.split(":stack/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(id)
}
