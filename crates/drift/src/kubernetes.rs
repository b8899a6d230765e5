//! Kubernetes: declared manifests against live objects.
//!
//! The input is `{"declared": …, "live": …}`, each a manifest, a `List`, an array of these, or a text of YAML or JSON documents; or
//! live objects alone (`kubectl get -o yaml`), whose `last-applied-configuration` then is what was declared.
//!
//! The server fills in defaults and controllers write into objects, so not every field that only the live object has is drift: see
//! `defaults` (what the server sets) and `owners` (server-side apply says who set a field).

mod defaults;
mod owners;
pub(crate) mod yaml;

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::drift::{DriftType, Verdict};
use serde_json::{Map, Value, json};

use crate::diff::{Difference, Knowledge, diff};
use crate::node::{Node, seal_alike};
use crate::path::{Path, Step};
use crate::score::Score;
use crate::{Drift, Input, Problem, Reading, Resource, problem};
use owners::Owners;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Most documents of one text.
const MAX_DOCUMENTS: usize = 50_000;

/// An object with the place it came from.
struct Object {
    value: Value,
    file: String,
    line: Option<usize>,
    /// Where it is in its document: `items[3]`.
    path: Path,
}

/// What was declared, or what is there.
struct Side {
    objects: Vec<Object>,
    /// Everything of it could be read. If not, what it does not have may be in what was not read.
    is_whole: bool,
}

const NOT_WHOLE: &str = "the other side could not be read completely; see the problems of the push";

/// # Errors
/// Where no document of the text is a Kubernetes object.
pub fn read(input: Input<'_>) -> Result<Reading, Vec<Problem>> {
    let mut problems = Vec::new();
    let documents = documents(input, 0, &mut problems);
    let mut reading = Reading::default();
    let pair = match documents.as_slice() {
        [one]
            if one.value.get("kind").is_none()
                && (one.value.get("live").is_some() || one.value.get("declared").is_some()) =>
        {
            Some(one)
        }
        _ => None,
    };
    if let Some(one) = pair {
        let side = |key: &str, problems: &mut Vec<Problem>| {
            let file = format!("{} ({key})", input.file);
            match one.value.get(key) {
                None | Some(Value::Null) => None,
                Some(found) => {
                    let before = problems.len();
                    let objects: Vec<Object> = if let Value::String(text) = found {
                        let documents = self::documents(Input { file: &file, text }, 0, problems);
                        documents.into_iter().flat_map(|d| objects(d, 0, problems)).collect()
                    } else {
                        let whole = Object { value: found.clone(), file, line: None, path: Path::default() };
                        objects(whole, 0, problems)
                    };
                    Some(Side { objects, is_whole: problems.len() == before })
                }
            }
        };
        let (declared, live) = (side("declared", &mut problems), side("live", &mut problems));
        compare(declared, live, &mut reading, &mut problems);
    } else {
        let live: Vec<Object> = documents.into_iter().flat_map(|d| objects(d, 0, &mut problems)).collect();
        let live = Side { objects: live, is_whole: problems.is_empty() };
        compare(None, Some(live), &mut reading, &mut problems);
    }
    reading.problems = problems;
    if reading.resources.is_empty() && !reading.problems.is_empty() {
        return Err(reading.problems);
    }
    Ok(reading)
}

fn compare(declared: Option<Side>, live: Option<Side>, reading: &mut Reading, problems: &mut Vec<Problem>) {
    let has_live = live.is_some();
    let mut live_by: BTreeMap<Name, Value> = BTreeMap::new();
    let mut live_is_whole = live.as_ref().is_some_and(|side| side.is_whole);
    for object in live.into_iter().flat_map(|side| side.objects) {
        match name(&object.value) {
            Ok(name) => {
                live_by.insert(name, object.value);
            }
            Err(reason) => {
                live_is_whole = false;
                problems.push(problem(&object.file, &object.path.text(), object.line, reason));
            }
        }
    }
    let Some(Side { objects: declared, is_whole: mut declared_is_whole }) = declared else {
        for (name, live) in live_by {
            if is_owned(&live) {
                continue;
            }
            if let Some(declared) = last_applied(&live) {
                reading.resources.push(pair(&name, &declared, Some(&live)));
            } else {
                let node = node(&live);
                let mut resource = resource(&name, &node);
                resource.verdict = Verdict::Unchecked;
                resource.unchecked_because =
                    Some("nothing says what was declared: send the manifests too".to_owned());
                reading.resources.push(resource);
            }
        }
        return;
    };
    let mut anywhere: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    for name in live_by.keys() {
        let nowhere = Name { namespace: String::new(), ..name.clone() };
        anywhere.entry(nowhere).or_default().push(name.clone());
    }
    let mut seen = HashSet::new();
    for object in declared {
        let mut wanted = match name(&object.value) {
            Ok(name) => name,
            Err(reason) => {
                declared_is_whole = false;
                problems.push(problem(&object.file, &object.path.text(), object.line, reason));
                continue;
            }
        };
        // A manifest may leave its namespace to whoever applies it.
        if wanted.namespace.is_empty() && !live_by.contains_key(&wanted) {
            let all = anywhere.get(&wanted).map_or(&[][..], Vec::as_slice);
            let mut same = all.iter().filter(|name| live_by.contains_key(name));
            if let (Some(found), None) = (same.next().cloned(), same.next()) {
                wanted = found;
            }
        }
        if !seen.insert(wanted.clone()) {
            let reason = "an object of this name was declared before; the first was kept".to_owned();
            problems.push(problem(&object.file, &object.path.text(), object.line, reason));
            continue;
        }
        let live = live_by.remove(&wanted);
        if live.is_none() && !(has_live && live_is_whole) {
            let mut resource = resource(&wanted, &node(&object.value));
            resource.verdict = Verdict::Unchecked;
            let reason = if has_live { NOT_WHOLE } else { "the push has no live objects" };
            resource.unchecked_because = Some(reason.to_owned());
            reading.resources.push(resource);
        } else {
            reading.resources.push(pair(&wanted, &object.value, live.as_ref()));
        }
    }
    for (name, live) in live_by {
        if is_owned(&live) || is_systems(&name) {
            continue;
        }
        let node = node(&live);
        let mut resource = resource(&name, &node);
        resource.declared = json!({});
        if !declared_is_whole {
            resource.verdict = Verdict::Unchecked;
            resource.unchecked_because = Some(NOT_WHOLE.to_owned());
            reading.resources.push(resource);
            continue;
        }
        resource.verdict = Verdict::Drifted;
        resource.drift = Some(drift(DriftType::Added, Some(node.told()), Difference::default()));
        reading.resources.push(resource);
    }
}

/// Group (without version: it is the server's choice), kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::struct_field_names, reason = "the words of Kubernetes")]
struct Name {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

fn name(value: &Value) -> Result<Name, String> {
    let part = |at: &str| value.pointer(at).and_then(Value::as_str).filter(|text| !text.is_empty());
    let version = part("/apiVersion").ok_or("\"apiVersion\" is missing")?;
    let kind = part("/kind").ok_or("\"kind\" is missing")?;
    let name =
        part("/metadata/name").ok_or("\"metadata.name\" is missing (generateName cannot be followed)")?;
    // Deployments and the like moved between groups; they are the same objects.
    let group = match version.split_once('/') {
        Some(("extensions", _)) if matches!(kind, "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        Some(("extensions", _)) if matches!(kind, "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        Some((group, _)) => group,
        None => "",
    };
    Ok(Name {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: part("/metadata/namespace").unwrap_or_default().to_owned(),
        name: name.to_owned(),
    })
}

fn resource(name: &Name, declared: &Node) -> Resource {
    let parts = [&name.group, &name.kind, &name.namespace, &name.name];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    Resource {
        address: parts.join("/"),
        resource_type: format!("kubernetes_{}", snake(&name.kind)),
        provider: None,
        physical_id: None,
        verdict: Verdict::InSync,
        unchecked_because: None,
        declared: declared.told(),
        noise: Vec::new(),
        drift: None,
    }
}

fn pair(name: &Name, declared: &Value, live: Option<&Value>) -> Resource {
    let mut wanted = node(declared);
    let Some(live) = live else {
        let mut resource = resource(name, &wanted);
        resource.verdict = Verdict::Drifted;
        resource.drift = Some(drift(DriftType::Deleted, None, Difference::default()));
        return resource;
    };
    let mut actual = node(live);
    seal_alike(&mut wanted, &mut actual);
    let mut resource = resource(name, &wanted);
    resource.physical_id = live.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned);
    let mut actual_spoken = actual.clone();
    let mut wanted_spoken = wanted.clone();
    // The server answers in its own version, and may know the namespace that the manifest leaves out.
    for spoken in [&mut wanted_spoken, &mut actual_spoken] {
        if let Node::Map(map) = spoken {
            map.remove("apiVersion");
            map.remove("status");
            if let Some(Node::Map(metadata)) = map.get_mut("metadata") {
                metadata.remove("namespace");
            }
        }
    }
    let owners = Owners::of(live, declared);
    let knowledge = Cluster { owners, kind: &name.kind, declared, live };
    let difference = diff(&wanted_spoken, &actual_spoken, &knowledge);
    if difference.changes.is_empty() {
        resource.noise = difference.noise;
    } else {
        resource.verdict = Verdict::Drifted;
        resource.drift = Some(drift(DriftType::Modified, Some(actual.told()), difference));
    }
    resource
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

/// The object without what only the server writes, its secrets sealed.
fn node(value: &Value) -> Node {
    let mut value = value.clone();
    let is_secret = value.get("kind").and_then(Value::as_str) == Some("Secret");
    let mut sealed = Vec::new();
    if let Some(map) = value.as_object_mut() {
        map.remove("status");
        if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            for key in
                ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"]
            {
                metadata.remove(key);
            }
            if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                annotations.retain(|key, _| !defaults::is_servers_annotation(key));
            }
        }
        if is_secret {
            // `stringData` is kept by the server as `data`, in base64.
            if let Some(Value::Object(plain)) = map.remove("stringData") {
                // Helm prints `data:` with nothing behind it.
                if map.get("data").is_none_or(Value::is_null) {
                    map.insert("data".to_owned(), json!({}));
                }
                let data = map.entry("data").or_insert_with(|| json!({}));
                if let Some(data) = data.as_object_mut() {
                    for (key, text) in plain {
                        let text = text.as_str().unwrap_or_default().to_owned();
                        data.insert(key, Value::String(STANDARD.encode(text)));
                    }
                }
            }
            if let Some(Value::Object(data)) = map.remove("data") {
                sealed = data.into_iter().collect();
            }
        }
    }
    let mut node = Node::new(value, &Value::Null);
    if let (true, Node::Map(map)) = (is_secret && !sealed.is_empty(), &mut node) {
        let data = sealed.into_iter().map(|(key, value)| (key, Node::sealed(value)));
        map.insert("data".to_owned(), Node::Map(data.collect()));
    }
    node
}

fn last_applied(live: &Value) -> Option<Value> {
    let text = live.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str()?;
    serde_json::from_str(text).ok().filter(|value: &Value| name(value).is_ok())
}

/// Made by another object (a ReplicaSet of a Deployment): that one is compared.
fn is_owned(live: &Value) -> bool {
    live.pointer("/metadata/ownerReferences")
        .and_then(Value::as_array)
        .is_some_and(|owners| !owners.is_empty())
}

/// What every namespace has without anybody asking.
fn is_systems(name: &Name) -> bool {
    matches!(
        (name.kind.as_str(), name.name.as_str()),
        ("ServiceAccount", "default") | ("ConfigMap", "kube-root-ca.crt") | ("Service", "kubernetes")
    ) || matches!(
        name.kind.as_str(),
        "Event" | "Endpoints" | "EndpointSlice" | "Lease" | "ControllerRevision"
    )
}

/// What is known of an object's fields.
struct Cluster<'a> {
    owners: Owners,
    kind: &'a str,
    declared: &'a Value,
    live: &'a Value,
}

impl Knowledge for Cluster<'_> {
    fn merge_key(&self, path: &Path) -> &'static [&'static str] {
        defaults::merge_keys(path.last_key())
    }
    fn is_sequence(&self, path: &Path) -> bool {
        matches!(path.last_key(), "command" | "args")
    }
    fn is_set(&self, path: &Path) -> bool {
        defaults::is_set(self.kind, self.declared, path.last_key())
    }
    fn by_parts(&self) -> bool {
        true
    }
    fn empty_means_nothing(&self, path: &Path) -> bool {
        // Absent is true.
        if matches!(
            path.last_key(),
            "allowPrivilegeEscalation" | "automountServiceAccountToken" | "hostUsers" | "enableServiceLinks"
        ) {
            return false;
        }
        // An empty rule or peer is everybody, an empty selector everything; absent ones are nobody and nothing.
        let network = path.keys().any(|key| matches!(key, "ingress" | "egress"));
        let selects = match path.0.last() {
            Some(Step::Key(key)) => matches!(key.as_str(), "podSelector" | "namespaceSelector"),
            _ => true,
        };
        !(network && selects)
    }
    /// The server adds empty blocks and takes others away; which of them mean something is said above.
    fn empty_blocks_choose(&self) -> bool {
        false
    }
    fn expected(&self, path: &Path, actual: &Node) -> Option<String> {
        if let Some(reason) = self.owners.controller(path).or_else(|| self.owners.applied(path)) {
            return Some(reason);
        }
        // Somebody set it by hand: even a default is then a choice.
        if self.owners.by_hand(path).is_some() {
            return None;
        }
        defaults::expected(self.kind, path, actual, (self.declared, self.live))
    }
    fn equivalent(&self, path: &Path, declared: &Node, actual: &Node) -> Option<String> {
        if path.last_key() == "replicas"
            && let Some(reason) = self.owners.controller(path)
        {
            return Some(reason);
        }
        defaults::same_quantity(path, declared, actual)
            .or_else(|| defaults::same_in_old_yaml(path, declared, actual))
    }
    fn owner(&self, path: &Path) -> Option<String> {
        self.owners.last(path)
    }
}

/// Every object of a document: lists are opened.
fn objects(document: Object, depth: usize, problems: &mut Vec<Problem>) -> Vec<Object> {
    let Object { value, file, line, path } = document;
    let each = |items: Vec<Value>, path: Path, problems: &mut Vec<Problem>| {
        items
            .into_iter()
            .enumerate()
            .flat_map(|(at, value)| {
                let path = path.with(Step::Index(at));
                objects(Object { value, file: file.clone(), line, path }, depth + 1, problems)
            })
            .collect()
    };
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) if depth < 4 => each(items, path, problems),
        Value::Object(mut map) if depth < 4 && is_list(&map) => match map.remove("items") {
            Some(Value::Array(items)) => each(items, path.key("items"), problems),
            Some(Value::Null) | None => Vec::new(),
            Some(_) => {
                problems.push(problem(
                    &file,
                    &path.key("items").text(),
                    line,
                    "\"items\" should be a list".to_owned(),
                ));
                Vec::new()
            }
        },
        Value::Object(map) => vec![Object { value: Value::Object(map), file, line, path }],
        _ => {
            let reason = "not a Kubernetes object: it has no fields".to_owned();
            problems.push(problem(&file, &path.text(), line, reason));
            Vec::new()
        }
    }
}

fn is_list(map: &Map<String, Value>) -> bool {
    map.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"))
        && map.contains_key("items")
}

/// The documents of a text: JSON, or YAML between lines of `---`. A document that cannot be read costs itself only.
fn documents(input: Input<'_>, base: usize, problems: &mut Vec<Problem>) -> Vec<Object> {
    let start = input.text.trim_start();
    if start.starts_with(['{', '[']) {
        match crate::json::parse(input) {
            Ok(value) => {
                let (file, line) = (input.file.to_owned(), Some(base + 1));
                return vec![Object { value, file, line, path: Path::default() }];
            }
            // Flow style YAML begins so too; JSON documents one after the other as well.
            Err(found) => {
                let parts: Vec<Value> = serde_json::Deserializer::from_str(input.text)
                    .into_iter()
                    .map_while(Result::ok)
                    .collect();
                if parts.len() > 1 {
                    let file = input.file.to_owned();
                    return parts
                        .into_iter()
                        .map(|value| Object { value, file: file.clone(), line: None, path: Path::default() })
                        .collect();
                }
                problems.extend(found);
                return Vec::new();
            }
        }
    }
    let mut found = Vec::new();
    let mut begin = 0;
    let mut budget = yaml::Budget::of(input.text);
    let lines: Vec<&str> = input.text.lines().collect();
    let marks = lines.iter().enumerate().filter(|(_, line)| is_mark(line)).map(|(at, _)| at);
    for end in marks.chain([lines.len()]) {
        let text = lines[begin..end].join("\n");
        let first = base + begin + 1;
        begin = end + 1;
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            continue;
        }
        if found.len() >= MAX_DOCUMENTS {
            problems.push(problem(
                input.file,
                "",
                Some(first),
                "too many documents; the rest was left out".to_owned(),
            ));
            break;
        }
        match budget.read(&text) {
            Ok(value) => {
                let (file, line) = (input.file.to_owned(), Some(first));
                found.push(Object { value, file, line, path: Path::default() });
            }
            Err(error) => {
                let line = error.location().map_or(first, |place| first + place.line().max(1) - 1);
                // The parser's words may quote the input; the place is enough.
                let reason = if budget.is_spent() {
                    "its aliases repeat more than is read; this document was left out"
                } else {
                    "not YAML; this document was left out"
                };
                problems.push(problem(input.file, "", Some(line), reason.to_owned()));
            }
        }
    }
    found
}

fn is_mark(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '#']))
}

fn snake(kind: &str) -> String {
    let mut text = String::new();
    let mut before_lower = false;
    for c in kind.chars() {
        if c.is_ascii_uppercase() && before_lower {
            text.push('_');
        }
        before_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// The fields of a manager, for `owners`.
type Fields = HashMap<String, String>;
