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
    pub(super) fn of(live: &Value) -> Self {
        let (mut fields, mut appliers) = (HashMap::new(), HashSet::new());
        let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut entries: Vec<&Value> = entries.map(|list| list.iter().collect()).unwrap_or_default();
        // The latest writer of a field is its owner here.
        entries.sort_by_key(|entry| entry.get("time").and_then(Value::as_str).unwrap_or_default());
        for entry in entries {
            let Some(manager) = entry.get("manager").and_then(Value::as_str) else { continue };
            if entry.get("operation").and_then(Value::as_str) == Some("Apply")
                && !manager.starts_with("kubectl")
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
    /// Why the field is no drift: a controller's.
    pub(super) fn controller(&self, path: &Path) -> Option<String> {
        let manager = self.last(path)?;
        CONTROLLERS.contains(&manager.as_str()).then(|| format!("set by the controller {manager}"))
    }
    /// Why a field that our manifest leaves out is no drift: another tool declares it.
    pub(super) fn applied(&self, path: &Path) -> Option<String> {
        let manager = self.last(path).filter(|manager| self.appliers.contains(manager))?;
        Some(format!("declared by {manager} (server-side apply)"))
    }
    /// The manager, where a person's hand is behind it.
    pub(super) fn by_hand(&self, path: &Path) -> Option<String> {
        self.last(path).filter(|manager| HANDS.iter().any(|hand| manager.starts_with(hand)))
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
