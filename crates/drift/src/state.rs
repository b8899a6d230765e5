//! Terraform state files (version 4), and the JSON of `terraform show -json` without a plan.
//!
//! A state alone says what the code last made of the world: it fills the inventory and proves nothing. With a snapshot of the real
//! world beside it, `{"state": …, "actual": …}`, the two are compared. The snapshot is either form of state again (that of
//! `terraform plan -refresh-only` or an import), or a list `[{"type": …, "address" or "id": …, "attributes": {…}}]`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::drift::{DriftType, Verdict};
use serde_json::{Value, json};

use crate::diff::{Difference, diff};
use crate::node::{Node, both_marks, marks_of, seal_alike};
use crate::path::{Path, Step};
use crate::plan::physical_id;
use crate::score::Score;
use crate::sets::Terraform;
use crate::{Drift, Input, Problem, Reading, Resource, json as parse};

const NOT_WHOLE: &str = "the other side could not be read completely; see the problems of the push";

/// One object of a state.
struct Object {
    resource_type: String,
    provider: Option<String>,
    node: Node,
    /// What the tool calls sensitive: it goes for the other side too.
    marks: Value,
    attributes: Value,
}

impl Object {
    fn new(resource_type: &str, provider: Option<String>, attributes: Value, marks: &Value) -> Self {
        let marks = marks_of(marks, resource_type, &attributes);
        let node = Node::new(attributes.clone(), &marks);
        Self { resource_type: resource_type.to_owned(), provider, node, marks, attributes }
    }
    /// What either side marks is sealed on both.
    fn pair(&mut self, other: &mut Self) {
        if self.marks != other.marks {
            let marks = both_marks(&self.marks, &other.marks);
            for object in [&mut *self, &mut *other] {
                object.node = Node::new(std::mem::take(&mut object.attributes), &marks);
            }
        }
        seal_alike(&mut self.node, &mut other.node);
    }
}

/// # Errors
/// Where the text is no state at all.
pub fn read(input: Input<'_>) -> Result<Reading, Vec<Problem>> {
    let document = parse::parse(input)?;
    let mut reading = Reading::default();
    let root = Path::default();
    let both = document.get("state").is_some();
    let (state, place) =
        if both { (&document["state"], root.key("state")) } else { (&document, root.clone()) };
    let declared = objects(state, &place, input, &mut reading.problems).map_err(|problem| vec![problem])?;
    // What one side does not have may be in what could not be read of it.
    let declared_is_whole = reading.problems.is_empty();
    let before = reading.problems.len();
    if !both {
        for (address, object) in declared {
            let reason = "a state alone says nothing of the real world";
            reading.resources.push(resource(address, object, Verdict::Unchecked, Some(reason)).0);
        }
        return Ok(reading);
    }
    let Some(actual) = document.get("actual") else {
        return Err(vec![parse::at(input, &root, "\"actual\", the snapshot, is missing beside \"state\"")]);
    };
    let foreign = actual.is_array();
    let mut actual = objects(actual, &root.key("actual"), input, &mut reading.problems)
        .map_err(|problem| vec![problem])?;
    let actual_is_whole = reading.problems.len() == before;
    // A snapshot may know a resource by its id alone.
    let by_id: BTreeMap<(String, String), String> = actual
        .iter()
        .filter_map(|(address, object)| {
            Some(((object.resource_type.clone(), id(&object.node)?), address.clone()))
        })
        .collect();
    for (address, mut object) in declared {
        let mut found = actual.remove(&address).or_else(|| {
            let key = (object.resource_type.clone(), id(&object.node)?);
            actual.remove(by_id.get(&key)?)
        });
        if let Some(found) = &mut found {
            object.pair(found);
        }
        let (mut resource, node) = resource(address, object, Verdict::InSync, None);
        if let Some(found) = found {
            let knowledge = Terraform { foreign, ..Terraform::new(&resource.resource_type) };
            let difference = diff(&node, &found.node, &knowledge);
            if difference.changes.is_empty() {
                resource.noise = difference.noise;
            } else {
                resource.verdict = Verdict::Drifted;
                resource.drift = Some(drift(DriftType::Modified, Some(found.node.told()), difference));
            }
        } else if actual_is_whole {
            resource.verdict = Verdict::Drifted;
            resource.drift = Some(drift(DriftType::Deleted, None, Difference::default()));
        } else {
            resource.verdict = Verdict::Unchecked;
            resource.unchecked_because = Some(NOT_WHOLE.to_owned());
        }
        reading.resources.push(resource);
    }
    for (address, object) in actual {
        let (mut resource, node) = resource(address, object, Verdict::Drifted, None);
        resource.declared = json!({});
        if !declared_is_whole {
            resource.verdict = Verdict::Unchecked;
            resource.unchecked_because = Some(NOT_WHOLE.to_owned());
            reading.resources.push(resource);
            continue;
        }
        resource.drift = Some(drift(DriftType::Added, Some(node.told()), Difference::default()));
        reading.resources.push(resource);
    }
    Ok(reading)
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

fn resource(address: String, object: Object, verdict: Verdict, because: Option<&str>) -> (Resource, Node) {
    let resource = Resource {
        address,
        resource_type: object.resource_type,
        provider: object.provider,
        physical_id: physical_id(&object.node),
        verdict,
        unchecked_because: because.map(str::to_owned),
        declared: object.node.told(),
        noise: Vec::new(),
        drift: None,
    };
    (resource, object.node)
}

fn id(node: &Node) -> Option<String> {
    node.get("id")?.text().map(str::to_owned)
}

/// Every managed object by its address.
fn objects(
    document: &Value,
    place: &Path,
    input: Input<'_>,
    problems: &mut Vec<Problem>,
) -> Result<BTreeMap<String, Object>, Problem> {
    let refuse = |reason: &str| Err(parse::at(input, place, reason));
    let mut found = BTreeMap::new();
    if let Some(list) = document.as_array() {
        snapshot(list, place, input, problems, &mut found);
        return Ok(found);
    }
    if let Some(values) = document.get("values").filter(|_| document.get("format_version").is_some()) {
        if let Some(root) = values.get("root_module") {
            module(root, &place.key("values").key("root_module"), 0, input, problems, &mut found);
        }
        return Ok(found);
    }
    if document.get("planned_values").is_some() || document.get("resource_changes").is_some() {
        return refuse("this is a plan; send it with the format terraform-plan");
    }
    match document.get("version").and_then(Value::as_u64) {
        Some(4) => {}
        Some(older @ 1..=3) => {
            let reason = format!(
                "a state file of version {older}; Terraform 0.12 and later write version 4: run `terraform apply -refresh-only` with one of them"
            );
            return refuse(&reason);
        }
        Some(_) => return refuse("a state file of a newer version; version 4 is understood"),
        None if document.get("format_version").is_some() => return Ok(found),
        None => {
            return refuse(
                "not a state: send a .tfstate of version 4, `terraform state pull`, or `terraform show -json`",
            );
        }
    }
    let Some(resources) = document.get("resources").and_then(Value::as_array) else {
        return refuse("\"resources\" is missing or no list");
    };
    for (at, entry) in resources.iter().enumerate() {
        let place = place.key("resources").with(Step::Index(at));
        if entry.get("mode").and_then(Value::as_str) == Some("data") {
            continue;
        }
        let (kind, name) = match (parse::text(entry, "type"), parse::text(entry, "name")) {
            (Ok(kind), Ok(name)) => (kind, name),
            (Err(reason), _) | (_, Err(reason)) => {
                problems.push(parse::at(input, &place, reason));
                continue;
            }
        };
        let module = entry.get("module").and_then(Value::as_str).map(|m| format!("{m}.")).unwrap_or_default();
        let Some(instances) = entry.get("instances").and_then(Value::as_array) else {
            problems.push(parse::at(input, &place, "\"instances\" is missing or no list"));
            continue;
        };
        for (nth, instance) in instances.iter().enumerate() {
            let place = place.key("instances").with(Step::Index(nth));
            let key = match instance.get("index_key") {
                None | Some(Value::Null) => String::new(),
                Some(key @ (Value::String(_) | Value::Number(_))) => format!("[{key}]"),
                Some(_) => {
                    problems.push(parse::at(input, &place, "\"index_key\" should be a text or a number"));
                    continue;
                }
            };
            let deposed = instance
                .get("deposed")
                .and_then(Value::as_str)
                .map(|key| format!(" (deposed {key})"))
                .unwrap_or_default();
            let Some(attributes) = instance.get("attributes").filter(|a| a.is_object()) else {
                let flat = instance.get("attributes_flat").is_some();
                let reason = if flat {
                    "its attributes are in the flat form of Terraform 0.11; refresh it with a later one"
                } else {
                    "\"attributes\" is missing or no object"
                };
                problems.push(parse::at(input, &place, reason));
                continue;
            };
            let marks = marks(instance.get("sensitive_attributes").unwrap_or(&Value::Null), attributes);
            let provider = entry.get("provider").and_then(Value::as_str).map(provider);
            let object = Object::new(kind, provider, attributes.clone(), &marks);
            insert(found.entry(format!("{module}{kind}.{name}{key}{deposed}")), object, || {
                problems.push(parse::at(input, &place, TWICE));
            });
        }
    }
    Ok(found)
}

const TWICE: &str = "its address was there before; the first was kept";

/// The first of an address stays; `twice` is told of any other.
fn insert(place: Entry<'_, String, Object>, object: Object, twice: impl FnOnce()) {
    match place {
        Entry::Vacant(vacant) => {
            vacant.insert(object);
        }
        Entry::Occupied(_) => twice(),
    }
}

/// `provider["registry.terraform.io/hashicorp/aws"].west` → `registry.terraform.io/hashicorp/aws (west)`.
fn provider(text: &str) -> String {
    let Some((_, rest)) = text.split_once("provider[\"") else { return text.to_owned() };
    match rest.split_once("\"]") {
        Some((name, "")) => name.to_owned(),
        Some((name, alias)) => format!("{name} ({})", alias.trim_start_matches('.')),
        None => text.to_owned(),
    }
}

/// `sensitive_attributes` (paths of steps) as the shape that plans have.
fn marks(paths: &Value, attributes: &Value) -> Value {
    let mut marks = Value::Null;
    for path in paths.as_array().map_or(&[][..], Vec::as_slice) {
        // Before 1.0 it was a text: the name of the attribute.
        if let Some(name) = path.as_str() {
            mark(&mut marks, attributes, &[json!({ "type": "get_attr", "value": name })]);
        } else if let Some(steps) = path.as_array() {
            mark(&mut marks, attributes, steps);
        }
    }
    marks
}

fn mark(marks: &mut Value, value: &Value, steps: &[Value]) {
    if *marks == Value::Bool(true) {
        return;
    }
    let Some((step, rest)) = steps.split_first() else {
        *marks = Value::Bool(true);
        return;
    };
    // `{"type": "get_attr", "value": "x"}` or `{"type": "index", "value": {"value": 0, "type": "number"}}`.
    let key = step.get("value").map(|value| value.get("value").unwrap_or(value));
    match key {
        Some(Value::String(key)) => {
            if !marks.is_object() {
                *marks = json!({});
            }
            let inner = value.get(key.as_str()).unwrap_or(&Value::Null);
            if let Some(map) = marks.as_object_mut() {
                mark(map.entry(key.clone()).or_insert(Value::Null), inner, rest);
            }
        }
        Some(Value::Number(at)) => {
            let len = value.as_array().map_or(0, Vec::len);
            let at = at.as_u64().and_then(|at| usize::try_from(at).ok()).filter(|at| *at < len);
            if let Some(at) = at {
                if !marks.is_array() {
                    *marks = Value::Array(vec![Value::Null; len]);
                }
                let inner = value.get(at).unwrap_or(&Value::Null);
                if let Some(part) = marks.get_mut(at) {
                    mark(part, inner, rest);
                }
            } else {
                *marks = Value::Bool(true);
            }
        }
        // An element of a set cannot be named: all of it is.
        _ => *marks = Value::Bool(true),
    }
}

/// Before 0.13 an address was without its module and its key.
fn whole(address: &str, entry: &Value, module: &Value) -> String {
    let mut whole = address.to_owned();
    if let Some(index) = entry.get("index").filter(|index| index.is_string() || index.is_number())
        && !address.ends_with(']')
    {
        whole = format!("{whole}[{index}]");
    }
    match module.get("address").and_then(Value::as_str) {
        Some(module) if !module.is_empty() && !address.starts_with("module.") => format!("{module}.{whole}"),
        _ => whole,
    }
}

/// A module of `terraform show -json`.
fn module(
    module_: &Value,
    place: &Path,
    depth: usize,
    input: Input<'_>,
    problems: &mut Vec<Problem>,
    found: &mut BTreeMap<String, Object>,
) {
    for (at, entry) in module_.get("resources").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if entry.get("mode").and_then(Value::as_str) == Some("data") {
            continue;
        }
        match (parse::text(entry, "address"), parse::text(entry, "type")) {
            (Ok(address), Ok(kind)) => {
                let marks = entry.get("sensitive_values").unwrap_or(&Value::Null);
                let provider = entry.get("provider_name").and_then(Value::as_str).map(str::to_owned);
                let values = entry.get("values").cloned().unwrap_or_else(|| json!({}));
                let object = Object::new(kind, provider, values, marks);
                // An object that waits to be destroyed beside its replacement.
                let deposed = entry.get("deposed_key").and_then(Value::as_str);
                let mut address = whole(address, entry, module_);
                if let Some(key) = deposed {
                    address = format!("{address} (deposed {key})");
                }
                insert(found.entry(address), object, || {
                    let place = place.key("resources").with(Step::Index(at));
                    problems.push(parse::at(input, &place, TWICE));
                });
            }
            (Err(reason), _) | (_, Err(reason)) => {
                problems.push(parse::at(input, &place.key("resources").with(Step::Index(at)), reason));
            }
        }
    }
    if depth < 50 {
        for (at, child) in
            module_.get("child_modules").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let place = place.key("child_modules").with(Step::Index(at));
            module(child, &place, depth + 1, input, problems, found);
        }
    }
}

fn snapshot(
    list: &[Value],
    place: &Path,
    input: Input<'_>,
    problems: &mut Vec<Problem>,
    found: &mut BTreeMap<String, Object>,
) {
    for (at, entry) in list.iter().enumerate() {
        let place = place.with(Step::Index(at));
        let kind = match parse::text(entry, "type") {
            Ok(kind) => kind,
            Err(reason) => {
                problems.push(parse::at(input, &place, reason));
                continue;
            }
        };
        let Some(attributes) = entry.get("attributes").filter(|a| a.is_object()) else {
            problems.push(parse::at(input, &place, "\"attributes\" is missing or no object"));
            continue;
        };
        let mut attributes = attributes.clone();
        if let (Some(id), Some(map)) =
            (entry.get("id").filter(|id| id.is_string()), attributes.as_object_mut())
        {
            map.entry("id").or_insert(id.clone());
        }
        // An id that is a secret (an access key) is no address.
        let by_id = || {
            let id = attributes.get("id")?.as_str()?;
            let hides = Node::new(Value::from(id), &Value::Null).hides();
            (!hides).then(|| format!("{kind} {id}"))
        };
        let Some(address) = entry.get("address").and_then(Value::as_str).map(str::to_owned).or_else(by_id)
        else {
            problems.push(parse::at(
                input,
                &place,
                "it has neither \"address\" nor an \"id\" that can be told",
            ));
            continue;
        };
        let marks = entry.get("sensitive").unwrap_or(&Value::Null);
        let object = Object::new(kind, None, attributes, marks);
        insert(found.entry(address), object, || problems.push(parse::at(input, &place, TWICE)));
    }
}
