//! What the API server and its controllers write into objects without being asked (Kubernetes API reference, `defaults.go` of each
//! group), and by which field a list's elements are told apart (`x-kubernetes-list-map-keys`, patchMergeKey).

use serde_json::{Value, json};

use crate::node::Node;
use crate::path::{Path, Step};

/// The first that every element has.
pub(super) fn merge_keys(list: &str) -> &'static [&'static str] {
    match list {
        "ports" => &["containerPort", "port", "name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" | "podIPs" => &["ip"],
        "conditions" => &["type"],
        "ownerReferences" => &["uid"],
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets"
        | "secrets"
        | "webhooks"
        | "resourceClaims"
        | "versions" => &["name"],
        "items" => &["key", "path"],
        _ => &[],
    }
}

/// Whether the order of a list means nothing: those that the server knows as maps and sets, and those of its own kinds whose elements
/// all hold at once. The server itself changes the order of none.
pub(super) fn is_set(kind: &str, object: &Value, list: &str) -> bool {
    // They run one after the other.
    if list == "initContainers" {
        return false;
    }
    if list == "finalizers" {
        return true;
    }
    let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let is_own = group.ends_with(".k8s.io") || !group.contains('.');
    is_own
        && match list {
            list if !merge_keys(list).is_empty() => true,
            "tolerations" | "topologySpreadConstraints" | "matchExpressions" => true,
            "rules" => kind.ends_with("Role") || kind.ends_with("WebhookConfiguration"),
            list => OWN_SETS.contains(&list),
        }
}

const OWN_SETS: [&str; 36] = [
    "accessModes",
    "add",
    "addresses",
    "apiGroups",
    "apiVersions",
    "clusterRoleSelectors",
    "drop",
    "egress",
    "endpoints",
    "externalIPs",
    "from",
    "hostnames",
    "hosts",
    "ingress",
    "loadBalancerSourceRanges",
    "metrics",
    "nodeSelectorTerms",
    "nonResourceURLs",
    "notReadyAddresses",
    "operations",
    "policyTypes",
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resourceNames",
    "resources",
    "shortNames",
    "sources",
    "subjects",
    "subsets",
    "supplementalGroups",
    "taints",
    "tls",
    "to",
    "values",
    "verbs",
    "volumeClaimTemplates",
];

/// Annotations of machinery, which nobody declares.
pub(super) fn is_servers_annotation(key: &str) -> bool {
    matches!(
        key,
        "kubectl.kubernetes.io/last-applied-configuration"
            | "deployment.kubernetes.io/revision"
            | "deprecated.daemonset.template.generation"
            | "pv.kubernetes.io/bind-completed"
            | "pv.kubernetes.io/bound-by-controller"
            | "volume.beta.kubernetes.io/storage-provisioner"
            | "volume.kubernetes.io/storage-provisioner"
            | "autoscaling.alpha.kubernetes.io/conditions"
            | "autoscaling.alpha.kubernetes.io/current-metrics"
            | "control-plane.alpha.kubernetes.io/leader"
    )
}

/// What depends on other fields of the object.
fn follows(kind: &str, keys: &[&str], actual: &Node, declared: &Value, live: &Value) -> bool {
    let beside = |object: &Value, key: &str| {
        let parent = keys.len().saturating_sub(1);
        keys[..parent].iter().try_fold(object, |at, key| at.get(*key)).and_then(|at| at.get(key)).cloned()
    };
    match keys {
        // The old name of `serviceAccountName`; the server writes both.
        [.., "serviceAccount"] if pod_spec(kind, keys) => {
            beside(live, "serviceAccountName").as_ref() == Some(&actual.told())
        }
        ["spec", "policyTypes"] if kind == "NetworkPolicy" => {
            let out =
                beside(declared, "egress").is_some_and(|list| list.as_array().is_some_and(|l| !l.is_empty()));
            actual.told() == if out { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) }
        }
        ["spec", "volumes"] | ["spec", _, "volumeMounts"] if kind == "Pod" => match actual {
            Node::List(items) => items.iter().all(is_token),
            item => is_token(item),
        },
        _ => false,
    }
}

/// What the server takes from another field of the object.
fn copied(kind: &str, path: &Path, keys: &[&str], actual: &Node, (declared, live): (&Value, &Value)) -> bool {
    // The field `key`, `up` steps above the one that is looked at.
    let beside = |object: &Value, up: usize, key: &[&str]| {
        let above = path.0.len().checked_sub(up)?;
        let start = path.0[..above].iter().try_fold(object, step)?;
        key.iter().try_fold(start, |at, key| at.get(*key)).map(|found| Node::new(found.clone(), &Value::Null))
    };
    match keys {
        ["spec", "ports", "targetPort"] if kind == "Service" => {
            beside(live, 1, &["port"]).as_ref() == Some(actual)
        }
        // A pod in its node's network has its ports there.
        [.., "ports", "hostPort"] => beside(live, 1, &["containerPort"]).as_ref() == Some(actual),
        // What is asked for is what is allowed: of the limits of then, which may be another by now.
        [.., "resources", "requests", name] if kind != "PersistentVolumeClaim" => [declared, live]
            .into_iter()
            .filter_map(|object| beside(object, 2, &["limits", name]))
            .any(|limit| limit == *actual || same_amount(&limit, actual)),
        _ => false,
    }
}

/// One step into an object.
fn step<'v>(at: &'v Value, step: &Step) -> Option<&'v Value> {
    match step {
        Step::Key(key) => at.get(key),
        Step::Index(place) => at.get(*place),
        Step::Where(field, name) => at.as_array()?.iter().find(|item| match item.get(*field) {
            Some(Value::String(text)) => text == name,
            Some(Value::Number(number)) => number.to_string() == *name,
            _ => false,
        }),
        Step::Element(_) => None,
    }
}

/// The token that every pod gets, and its mount.
fn is_token(item: &Node) -> bool {
    let named =
        item.get("name").and_then(Node::text).is_some_and(|name| name.starts_with("kube-api-access-"));
    let mounted = item.get("mountPath").and_then(Node::text);
    named
        && (item.get("projected").is_some()
            || mounted == Some("/var/run/secrets/kubernetes.io/serviceaccount"))
}

/// A mode that YAML 1.1 reads as octal, and yes and no in its other words: kubectl reads 1.1, we read 1.2.
pub(super) fn same_in_old_yaml(path: &Path, declared: &Node, actual: &Node) -> Option<String> {
    let same = match (declared, actual) {
        (Node::Text(text), Node::Number(number)) if matches!(path.last_key(), "defaultMode" | "mode") => {
            let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix('0'))?;
            u64::from_str_radix(digits, 8).ok()? == number.as_u64()?
        }
        (Node::Text(text), Node::Bool(yes)) => match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" => *yes,
            "no" | "off" | "n" => !*yes,
            _ => false,
        },
        _ => false,
    };
    same.then(|| "the same value, as YAML 1.1 reads it".to_owned())
}

/// Why a field that only the live object has is no drift.
pub(super) fn expected(
    kind: &str,
    path: &Path,
    actual: &Node,
    (declared, live): (&Value, &Value),
) -> Option<String> {
    let keys: Vec<&str> = path.keys().collect();
    if let [head, ..] = keys.as_slice()
        && *head == "status"
    {
        return Some("the cluster's own report".to_owned());
    }
    if follows(kind, &keys, actual, declared, live) || copied(kind, path, &keys, actual, (declared, live)) {
        return Some("the default of the API server".to_owned());
    }
    if assigned(kind, &keys) {
        return Some("assigned by the cluster".to_owned());
    }
    // Which of the two depends on the image's tag.
    if keys.last() == Some(&"imagePullPolicy") && matches!(actual.text(), Some("IfNotPresent" | "Always")) {
        return Some("the default of the API server".to_owned());
    }
    default(kind, &keys)
        .filter(|default| *default == actual.told())
        .map(|_| "the default of the API server".to_owned())
}

/// Whatever its value.
#[expect(clippy::unnested_or_patterns, reason = "a table, a line a kind")]
fn assigned(kind: &str, keys: &[&str]) -> bool {
    matches!(
        (kind, keys),
        (_, ["metadata", "ownerReferences" | "finalizers" | "generateName" | "deletionTimestamp", ..])
            | (_, ["spec", "volumeClaimTemplates", "status" | "kind" | "apiVersion", ..])
            | (_, [.., "template", "metadata", "creationTimestamp"])
            | (_, [.., "spec", "volumeClaimTemplates", "metadata", "creationTimestamp"])
            | (
                "Service",
                [
                    "spec",
                    "clusterIP" | "clusterIPs" | "ipFamilies" | "ipFamilyPolicy" | "healthCheckNodePort",
                    ..,
                ] | ["spec", "ports", "nodePort"],
            )
            | ("PersistentVolumeClaim", ["spec", "volumeName" | "storageClassName" | "volumeMode"])
            | ("PersistentVolume", ["spec", "claimRef", ..])
            | ("Namespace", ["spec", "finalizers"])
            | ("Namespace", ["metadata", "labels", "kubernetes.io/metadata.name"])
            | ("Job", ["spec", "selector", ..])
            | (
                "Job",
                [
                    "spec",
                    "template",
                    "metadata",
                    "labels",
                    "controller-uid"
                        | "job-name"
                        | "batch.kubernetes.io/controller-uid"
                        | "batch.kubernetes.io/job-name",
                ],
            )
            | ("ServiceAccount", ["secrets" | "imagePullSecrets", ..])
            | ("Node", _)
            | (
                "APIService"
                    | "ValidatingWebhookConfiguration"
                    | "MutatingWebhookConfiguration"
                    | "CustomResourceDefinition",
                [.., "caBundle"],
            )
            | (
                "Pod",
                [
                    "spec",
                    "nodeName" | "enableServiceLinks" | "preemptionPolicy" | "priority" | "tolerations",
                    ..
                ],
            )
    )
}

/// What the server sets where a field is left out.
#[expect(clippy::match_same_arms, reason = "a table by group")]
fn default(kind: &str, keys: &[&str]) -> Option<Value> {
    let last = *keys.last()?;
    let parent = keys.len().checked_sub(2).map_or("", |at| keys[at]);
    let pod = pod_spec(kind, keys);
    Some(match (parent, last) {
        // The pod of any workload.
        (_, "dnsPolicy") if pod => json!("ClusterFirst"),
        (_, "restartPolicy") if pod && parent == "spec" && kind != "Job" && kind != "CronJob" => {
            json!("Always")
        }
        (_, "serviceAccountName") if pod && kind == "Pod" => json!("default"),
        (_, "schedulerName") if pod => json!("default-scheduler"),
        (_, "terminationGracePeriodSeconds") if pod && parent == "spec" => json!(30),
        (_, "enableServiceLinks") if pod => json!(true),
        (_, "preemptionPolicy") if pod => json!("PreemptLowerPriority"),
        (_, "priority") if pod => json!(0),
        (_, "terminationMessagePath") => json!("/dev/termination-log"),
        (_, "terminationMessagePolicy") => json!("File"),
        (_, "procMount") => json!("Default"),
        ("fieldRef", "apiVersion") => json!("v1"),
        ("resourceFieldRef", "divisor") => json!("0"),
        (_, "failureThreshold") => json!(3),
        ("startupProbe" | "livenessProbe" | "readinessProbe", "successThreshold" | "timeoutSeconds") => {
            json!(1)
        }
        ("startupProbe" | "livenessProbe" | "readinessProbe", "periodSeconds") => json!(10),
        ("httpGet", "scheme") => json!("HTTP"),
        ("httpGet", "path") => json!("/"),
        ("grpc", "service") => json!(""),
        ("configMap" | "secret" | "projected" | "downwardAPI", "defaultMode") => json!(420),
        ("hostPath", "type") => json!(""),
        ("iscsi", "iscsiInterface") => json!("default"),
        (_, "expirationSeconds") => json!(3600),
        ("ports", "protocol") => json!("TCP"),
        // Workloads.
        ("spec", "progressDeadlineSeconds") => json!(600),
        ("spec", "revisionHistoryLimit") => json!(10),
        ("spec", "replicas" | "minReplicas") => json!(1),
        ("spec", "podManagementPolicy") => json!("OrderedReady"),
        ("rollingUpdate", "maxSurge") if kind == "DaemonSet" => json!(0),
        ("rollingUpdate", "maxUnavailable") if kind == "DaemonSet" => json!(1),
        ("rollingUpdate", "maxSurge" | "maxUnavailable") => json!("25%"),
        ("rollingUpdate", "partition") => json!(0),
        ("strategy" | "updateStrategy", "type") => json!("RollingUpdate"),
        (_, "whenDeleted" | "whenScaled") => json!("Retain"),
        ("spec", "backoffLimit") => json!(6),
        ("spec", "completions" | "parallelism") => json!(1),
        ("spec", "completionMode") => json!("NonIndexed"),
        ("spec", "podReplacementPolicy") => json!("TerminatingOrFailed"),
        ("spec", "concurrencyPolicy") => json!("Allow"),
        ("spec", "failedJobsHistoryLimit") => json!(1),
        ("spec", "successfulJobsHistoryLimit") => json!(3),
        // Services and what is near them.
        ("spec", "sessionAffinity") => json!("None"),
        ("spec", "internalTrafficPolicy" | "externalTrafficPolicy") => json!("Cluster"),
        ("spec", "allocateLoadBalancerNodePorts") => json!(true),
        ("spec", "type") if kind == "Service" => json!("ClusterIP"),
        ("spec", "podSelector") if kind == "NetworkPolicy" => json!({}),
        ("spec", "volumeMode") => json!("Filesystem"),
        (_, "reclaimPolicy") => json!("Delete"),
        (_, "volumeBindingMode") => json!("Immediate"),
        ("spec", "persistentVolumeReclaimPolicy") => json!("Retain"),
        ("roleRef", "apiGroup") => json!("rbac.authorization.k8s.io"),
        ("subjects", "apiGroup") => json!("rbac.authorization.k8s.io"),
        ("webhooks", "failurePolicy") => json!("Fail"),
        ("webhooks", "matchPolicy") => json!("Equivalent"),
        ("webhooks", "timeoutSeconds") => json!(10),
        ("webhooks", "reinvocationPolicy") => json!("Never"),
        ("rules", "scope") => json!("*"),
        ("service", "port") if kind.ends_with("WebhookConfiguration") => json!(443),
        ("names", "listKind" | "singular") => return None,
        ("conversion", "strategy") => json!("None"),
        (_, "pathType") => json!("ImplementationSpecific"),
        ("", "type") if kind == "Secret" => json!("Opaque"),
        _ => return None,
    })
}

/// Whether the keys lead into the spec of a pod.
fn pod_spec(kind: &str, keys: &[&str]) -> bool {
    match keys {
        ["spec", _] => kind == "Pod",
        [.., "template", "spec", _] => true,
        _ => false,
    }
}

/// `1000m` and `1`, `1Gi` and `1073741824` (`resource.Quantity`).
pub(super) fn same_quantity(path: &Path, declared: &Node, actual: &Node) -> Option<String> {
    let within = path.keys().any(|key| {
        matches!(
            key,
            "limits"
                | "requests"
                | "capacity"
                | "hard"
                | "sizeLimit"
                | "divisor"
                | "averageValue"
                | "min"
                | "max"
        )
    });
    if !within {
        return None;
    }
    same_amount(declared, actual).then(|| "the same quantity, written in another way".to_owned())
}

fn same_amount(a: &Node, b: &Node) -> bool {
    let (Some(a), Some(b)) = (quantity(a), quantity(b)) else { return false };
    (a - b).abs() <= a.abs() * 1e-9
}

fn quantity(node: &Node) -> Option<f64> {
    let text = match node {
        Node::Number(number) => return number.as_f64(),
        Node::Text(text) => text,
        _ => return None,
    };
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: f64 = number.parse().ok()?;
    Some(
        number
            * match unit {
                "" => 1.0,
                "n" => 1e-9,
                "u" => 1e-6,
                "m" => 1e-3,
                "k" => 1e3,
                "M" => 1e6,
                "G" => 1e9,
                "T" => 1e12,
                "P" => 1e15,
                "Ki" => 1024.0,
                "Mi" => 1024.0_f64.powi(2),
                "Gi" => 1024.0_f64.powi(3),
                "Ti" => 1024.0_f64.powi(4),
                "Pi" => 1024.0_f64.powi(5),
                _ => return None,
            },
    )
}
