//! Who set a field, by the object's `managedFields` (server-side apply, FieldsV1).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::Fields;
use crate::path::{Path, Step};

/// Managers that are machinery of the cluster: what they set is theirs.
const CONTROLLERS: [&str; 14] = [
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-apiserver",
    "cloud-controller-manager",
    "horizontal-pod-autoscaler",
    "vpa-updater",
    "vpa-admission-controller",
    "cluster-autoscaler",
    "k3s",
    "cert-manager-cainjector",
    "keda",
    "keda-operator",
    "coredns",
];
/// Managers that people's hands are behind.
const HANDS: [&str; 13] = [
    "kubectl-edit",
    "kubectl-patch",
    "kubectl-label",
    "kubectl-annotate",
    "kubectl-scale",
    "kubectl-set",
    "kubectl-replace",
    "kubectl-rollout",
    "kubectl-expose",
    "kubectl-taint",
    "node-fetch",
    "Mozilla",
    "dashboard",
];

/// Field (its keys joined) → manager, of those that wrote last.
#[derive(Default)]
pub(super) struct Owners {
    fields: Fields,
    /// Managers that declare what they set: it stands in the code of another tool.
    appliers: HashSet<String>,
}

impl Owners {
    pub(super) fn of(live: &Value, declared: &Value) -> Self {
        let (mut fields, mut appliers) = (HashMap::new(), HashSet::new());
        let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut entries: Vec<&Value> = entries.map(|list| list.iter().collect()).unwrap_or_default();
        // The latest writer of a field is its owner here.
        entries.sort_by_key(|entry| entry.get("time").and_then(Value::as_str).unwrap_or_default());
        for entry in entries {
            let Some(manager) = entry.get("manager").and_then(Value::as_str) else { continue };
            // Who also owns what our manifest declares is the one that applies it, not another tool.
            if entry.get("operation").and_then(Value::as_str) == Some("Apply")
                && !manager.starts_with("kubectl")
                && !entry.get("fieldsV1").is_some_and(|tree| is_in(tree, declared, 0))
            {
                appliers.insert(manager.chars().take(100).collect());
            }
            if let Some(tree) = entry.get("fieldsV1") {
                let manager: String = manager.chars().take(100).collect();
                collect(tree, &mut Vec::new(), &manager, &mut fields);
            }
        }
        Self { fields, appliers }
    }
    /// Why the field is no drift: a controller's. A manager's name is what the client says it is, so it excuses nothing that could do harm.
    pub(super) fn controller(&self, path: &Path) -> Option<String> {
        let manager = self.exact(path).filter(|_| is_harmless(path))?;
        CONTROLLERS.contains(&manager.as_str()).then(|| format!("set by the controller {manager}"))
    }
    /// Why a field that our manifest leaves out is no drift: another tool declares it.
    pub(super) fn applied(&self, path: &Path) -> Option<String> {
        let manager =
            self.exact(path).filter(|manager| is_harmless(path) && self.appliers.contains(manager))?;
        Some(format!("declared by {manager} (server-side apply)"))
    }
    /// The manager, where a person's hand is behind it.
    pub(super) fn by_hand(&self, path: &Path) -> Option<String> {
        self.last(path).filter(|manager| HANDS.iter().any(|hand| manager.starts_with(hand)))
    }
    /// Who set this very field; what the server adds to an element is not its owner's.
    fn exact(&self, path: &Path) -> Option<String> {
        self.fields.get(&key(path).join("\u{1f}")).cloned()
    }
    /// Who set the field, or the nearest that is known above it.
    pub(super) fn last(&self, path: &Path) -> Option<String> {
        if self.fields.is_empty() {
            return None;
        }
        let mut steps = key(path);
        while !steps.is_empty() {
            if let Some(manager) = self.fields.get(&steps.join("\u{1f}")) {
                return Some(manager.clone());
            }
            steps.pop();
        }
        None
    }
}

/// Fields that machinery and other tools share objects by, and that give no rights to anybody.
fn is_harmless(path: &Path) -> bool {
    let keys: Vec<&str> = path.keys().collect();
    match keys.as_slice() {
        // Labels decide what pods of a namespace may do (pod security), annotations what a service is reached by.
        [.., "labels" | "annotations", name] => {
            !name.starts_with("pod-security.kubernetes.io/") && !name.contains("load-balancer")
        }
        keys => matches!(
            keys,
            ["status", ..]
                | ["metadata", "finalizers" | "ownerReferences", ..]
                | ["spec", "replicas"]
                | [.., "caBundle"]
        ),
    }
}

/// Whether some field of the tree stands in the manifest.
fn is_in(tree: &Value, declared: &Value, depth: usize) -> bool {
    let Some(map) = tree.as_object().filter(|_| depth < 60) else { return false };
    map.iter().any(|(name, inner)| {
        let part = match name.split_once(':') {
            Some(("f", field)) => declared.get(field),
            Some(("k", keys)) => {
                let Ok(Value::Object(keys)) = serde_json::from_str(keys) else { return false };
                declared.as_array().and_then(|items| {
                    items.iter().find(|item| {
                        // The manifest may leave out what has a default, such as the protocol of a port.
                        keys.iter().all(|(key, value)| item.get(key).is_none_or(|own| own == value))
                            && keys.keys().any(|key| item.get(key).is_some())
                    })
                })
            }
            Some(("v", value)) => {
                let Ok(value) = serde_json::from_str::<Value>(value) else { return false };
                return declared.as_array().is_some_and(|items| items.contains(&value));
            }
            _ => None,
        };
        part.is_some_and(|part| {
            inner.as_object().is_some_and(serde_json::Map::is_empty) || is_in(inner, part, depth + 1)
        })
    })
}

/// `f:spec`, `k:{"name":"web"}`, `v:"x"`; `.` is the thing itself.
fn collect(tree: &Value, at: &mut Vec<String>, manager: &str, fields: &mut Fields) {
    let Some(map) = tree.as_object() else { return };
    if at.len() > 60 {
        return;
    }
    if map.is_empty() {
        fields.insert(at.join("\u{1f}"), manager.to_owned());
    }
    for (name, inner) in map {
        let step = match name.split_once(':') {
            _ if name == "." => {
                fields.insert(at.join("\u{1f}"), manager.to_owned());
                continue;
            }
            Some(("f", field)) => field.to_owned(),
            Some(("k", keys)) => match serde_json::from_str::<Value>(keys) {
                Ok(Value::Object(keys)) => element(&keys),
                _ => continue,
            },
            Some(("v", value)) => format!("={value}"),
            _ => continue,
        };
        at.push(step);
        collect(inner, at, manager, fields);
        at.pop();
    }
}

/// By the same field that our paths use.
fn element(keys: &serde_json::Map<String, Value>) -> String {
    for field in ["name", "containerPort", "port", "mountPath", "devicePath", "ip", "type", "uid"] {
        if let Some(value) = keys.get(field) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return format!("[{field}={text}]");
        }
    }
    keys.iter().next().map(|(k, v)| format!("[{k}={v}]")).unwrap_or_default()
}

fn key(path: &Path) -> Vec<String> {
    path.0
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(at) => format!("[{at}]"),
            Step::Where(field, value) => format!("[{field}={value}]"),
            Step::Element(value) => format!("={}", Value::from(value.as_str())),
        })
        .collect()
}
