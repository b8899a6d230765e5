//! What is known of a drift, as numbers: structural, temporal, contextual, of its impact, and from outside.

use std::collections::BTreeMap;

use domain::drift::{DriftType, Tool};
use serde::{Deserialize, Serialize};

/// One number that a model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub name: &'static str,
    /// Which part of the design it belongs to.
    pub group: &'static str,
    /// As the reader sees it in a list of what matters.
    pub label: &'static str,
}

macro_rules! features {
    ($($group:literal { $($name:literal $label:literal,)* })*) => {
        /// In the order of [`Features`].
        pub const FEATURES: &[Feature] = &[$($(Feature { name: $name, group: $group, label: $label },)*)*];
    };
}

features! {
    "structural" {
        "tool_kubernetes" "managed by Kubernetes",
        "is_deleted" "the resource is gone",
        "is_added" "the resource is not in the code",
        "changes" "changed properties",
        "critical_share" "share of security-critical properties",
        "removed_share" "share of removed properties",
        "added_share" "share of added properties",
        "depth" "depth of the deepest property",
        "touches_network" "network properties",
        "touches_identity" "identity and access properties",
        "touches_scale" "sizes and counts",
        "touches_tags" "tags and labels",
        "touches_debug" "debugging and logging properties",
        "touches_secrets" "secrets",
    }
    "temporal" {
        "hour_sin" "time of day",
        "hour_cos" "time of day (cosine)",
        "weekday_sin" "day of the week",
        "weekday_cos" "day of the week (cosine)",
        "is_working_time" "working hours",
        "hours_unseen" "hours since it was last seen in order",
    }
    "contextual" {
        "is_production" "a production environment",
        "seen_before" "came back after it had gone",
        "drifts_beside" "other drifts of the same push",
        "drifts_of_resource" "earlier drifts of the resource",
        "set_by_controller" "set by a controller",
    }
    "impact" {
        "severity" "severity",
        "confidence" "how sure the difference is",
        "risk_security" "risk to security",
        "risk_performance" "risk to performance",
        "risk_cost" "cost",
        "risk_compliance" "risk to compliance",
    }
    "external" {
        "person" "a person's action on the resource",
        "automation" "an automatic action on the resource",
        "commit" "a commit near it",
        "ticket" "a ticket near it",
        "alert" "an alert near it",
        "deployment" "a deployment near it",
        "maintenance" "a maintenance window",
        "incident" "an incident near it",
        "security_event" "a security event near it",
        "change_ticket" "an approved change",
    }
}

/// One number a feature, in the order of [`FEATURES`]; NaN where it is not known.
pub type Features = Vec<f32>;

/// What is known of one drift. Shares and scores are in 0..=1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub tool: Tool,
    pub drift_type: DriftType,
    /// Of each change: path, whether it is critical, `modified`, `added` or `removed`, whether it is a secret.
    pub changes: Vec<ChangedPath>,
    /// Hour of the day and day of the week (0 is Monday) of the onset, in UTC.
    pub hour: f64,
    pub weekday: u32,
    /// Since a push found it in order; nothing where no push did.
    pub hours_unseen: Option<f64>,
    pub is_production: bool,
    pub seen_before: bool,
    pub drifts_beside: u32,
    pub drifts_of_resource: u32,
    pub set_by_controller: bool,
    pub severity: f64,
    pub confidence: f64,
    pub risk_security: f64,
    pub risk_performance: f64,
    pub risk_cost: f64,
    pub risk_compliance: f64,
    /// The best score of each kind of neighbour; nothing is 0.
    pub person: f64,
    pub automation: f64,
    pub commit: f64,
    pub ticket: f64,
    pub alert: f64,
    pub deployment: f64,
    pub maintenance: f64,
    pub incident: f64,
    pub security_event: f64,
    pub change_ticket: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedPath {
    pub path: String,
    pub is_critical: bool,
    pub is_secret: bool,
    pub change: domain::drift::ChangeType,
}

const NETWORK: &[&str] =
    &["cidr", "ingress", "egress", "port", "subnet", "security_group", "route", "firewall", "acl", "host"];
const IDENTITY: &[&str] =
    &["iam", "policy", "role", "principal", "permission", "assume", "rbac", "user", "key"];
const SCALE: &[&str] = &[
    "replica",
    "desired",
    "min_size",
    "max_size",
    "capacity",
    "instance_type",
    "size",
    "cpu",
    "memory",
    "count",
    "limit",
];
const TAGS: &[&str] = &["tag", "label", "annotation"];
const DEBUG: &[&str] = &["debug", "log", "verbos", "trace", "timeout", "env", "command", "image"];

impl Facts {
    pub fn features(&self) -> Features {
        let n = self.changes.len().max(1) as f64;
        let share = |wanted: &dyn Fn(&ChangedPath) -> bool| {
            self.changes.iter().filter(|change| wanted(change)).count() as f64 / n
        };
        let touches = |words: &'static [&'static str]| {
            share(&|change| {
                let path = change.path.to_ascii_lowercase();
                words.iter().any(|word| path.contains(word))
            })
        };
        let of = |change: domain::drift::ChangeType| share(&|one| one.change == change);
        let depth = self.changes.iter().map(|c| c.path.matches(['.', '[']).count()).max().unwrap_or(0);
        let (hour, day) = (
            std::f64::consts::TAU * self.hour / 24.0,
            std::f64::consts::TAU * (f64::from(self.weekday) + self.hour / 24.0) / 7.0,
        );
        let flag = |on: bool| if on { 1.0 } else { 0.0 };
        [
            flag(self.tool == Tool::Kubernetes),
            flag(self.drift_type == DriftType::Deleted),
            flag(self.drift_type == DriftType::Added),
            (self.changes.len() as f64).ln_1p(),
            share(&|c| c.is_critical),
            of(domain::drift::ChangeType::Removed),
            of(domain::drift::ChangeType::Added),
            depth as f64,
            touches(NETWORK),
            touches(IDENTITY),
            touches(SCALE),
            touches(TAGS),
            touches(DEBUG),
            share(&|c| c.is_secret),
            hour.sin(),
            hour.cos(),
            day.sin(),
            day.cos(),
            flag(self.is_working_time()),
            self.hours_unseen.map_or(f64::NAN, f64::ln_1p),
            flag(self.is_production),
            flag(self.seen_before),
            f64::from(self.drifts_beside).ln_1p(),
            f64::from(self.drifts_of_resource).ln_1p(),
            flag(self.set_by_controller),
            self.severity,
            self.confidence,
            self.risk_security,
            self.risk_performance,
            self.risk_cost,
            self.risk_compliance,
            self.person,
            self.automation,
            self.commit,
            self.ticket,
            self.alert,
            self.deployment,
            self.maintenance,
            self.incident,
            self.security_event,
            self.change_ticket,
        ]
        .map(|value| value as f32)
        .to_vec()
    }
    /// Monday to Friday, 8 to 18 UTC.
    pub fn is_working_time(&self) -> bool {
        self.weekday < 5 && (8.0..18.0).contains(&self.hour)
    }
}

/// As they are kept beside a drift: by name, null where not known.
pub fn by_name(features: &[f32]) -> BTreeMap<String, Option<f64>> {
    FEATURES
        .iter()
        .zip(features)
        .map(|(feature, value)| (feature.name.to_owned(), value.is_finite().then(|| rounded(*value))))
        .collect()
}

/// The reverse of [`by_name`]; what was not kept is not known.
pub fn of_names(kept: &BTreeMap<String, Option<f64>>) -> Features {
    FEATURES
        .iter()
        .map(|feature| kept.get(feature.name).copied().flatten().map_or(f32::NAN, |value| value as f32))
        .collect()
}

/// Six digits say all that a single float knows.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

/// Where a feature stands in [`FEATURES`].
pub fn place(name: &str) -> Option<usize> {
    FEATURES.iter().position(|feature| feature.name == name)
}

/// What was seen of a feature, in words that name no probability.
pub fn words(name: &str, features: &[f32]) -> String {
    let value = place(name).and_then(|at| features.get(at)).copied().unwrap_or(f32::NAN);
    let share = |what: &str| format!("{:.0} % of the changed properties are {what}", value * 100.0);
    let near = |there: &str, absent: &str| {
        if value > 0.0 { format!("{there} ({value:.2})") } else { absent.to_owned() }
    };
    let flag = |there: &str, absent: &str| if value > 0.5 { there.to_owned() } else { absent.to_owned() };
    match name {
        "tool_kubernetes" => flag("Kubernetes manages it", "Kubernetes does not manage it"),
        "is_deleted" => flag("the resource is gone", "the resource is still there"),
        "is_added" => flag("no code declares the resource", "the code declares the resource"),
        "changes" => {
            let n = f64::from(value).exp_m1().round();
            if n <= 1.0 { "one property changed".to_owned() } else { format!("{n:.0} properties changed") }
        }
        "critical_share" => share("security-critical"),
        "removed_share" => share("removed"),
        "added_share" => share("added"),
        "depth" => format!("the deepest changed property lies {value:.0} deep"),
        "touches_network" => share("about the network"),
        "touches_identity" => share("about identity and access"),
        "touches_scale" => share("sizes and counts"),
        "touches_tags" => share("tags or labels"),
        "touches_debug" => share("for debugging, logging or images"),
        "touches_secrets" => share("secrets"),
        "hour_sin" | "hour_cos" => {
            let at = |name| place(name).and_then(|at| features.get(at)).copied().unwrap_or_default();
            let hour = (at("hour_sin").atan2(at("hour_cos")) / std::f32::consts::TAU * 24.0).rem_euclid(24.0);
            let minutes = (hour * 60.0).round() as u32 % 1440;
            format!("it was {:02}:{:02} UTC", minutes / 60, minutes % 60)
        }
        "weekday_sin" | "weekday_cos" => {
            let at = |name| place(name).and_then(|at| features.get(at)).copied().unwrap_or_default();
            let day =
                (at("weekday_sin").atan2(at("weekday_cos")) / std::f32::consts::TAU * 7.0).rem_euclid(7.0);
            // Floats may round the first minute of a day into the day before.
            let day = ((day + 1e-4) as usize) % 7;
            let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            format!("it was a {}", names[day])
        }
        "is_working_time" => flag("within working hours", "outside working hours"),
        "hours_unseen" if value.is_finite() => {
            let hours = f64::from(value).exp_m1();
            if hours < 1.5 {
                format!("a push had found it in order {:.0} minutes before", hours * 60.0)
            } else {
                format!("a push had found it in order {hours:.0} hours before")
            }
        }
        "hours_unseen" => "no push had found it in order before".to_owned(),
        "is_production" => flag("a production environment", "not a production environment"),
        "seen_before" => flag("it came back after it had gone", "it is there for the first time"),
        "drifts_beside" => format!("{:.0} other drifts of the same push", f64::from(value).exp_m1()),
        "drifts_of_resource" => format!("{:.0} earlier drifts of this resource", f64::from(value).exp_m1()),
        "set_by_controller" => flag("a controller set it", "no controller is known to have set it"),
        "severity" => format!("severity {value:.2}"),
        "confidence" => format!("the difference is sure to {value:.2}"),
        "risk_security" => format!("risk to security {value:.2}"),
        "risk_performance" => format!("risk to performance {value:.2}"),
        "risk_cost" => format!("cost {value:.2}"),
        "risk_compliance" => format!("risk to compliance {value:.2}"),
        "person" => {
            near("a person acted on the resource", "no person is known to have acted on the resource")
        }
        "automation" => {
            near("automation acted on the resource", "no automation is known to have acted on it")
        }
        "commit" => near("a commit is near it", "no commit is near it"),
        "ticket" => near("a ticket is near it", "no ticket is near it"),
        "alert" => near("an alert is near it", "no alert is near it"),
        "deployment" => near("a deployment is near it", "no deployment is near it"),
        "maintenance" => near("it is in a maintenance window", "no maintenance window is known"),
        "incident" => near("an incident is near it", "no incident is near it"),
        "security_event" => near("a security event is near it", "no security event is near it"),
        "change_ticket" => near("an approved change is near it", "no approved change is near it"),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history;

    #[test]
    fn every_feature_has_a_value_and_words() {
        for drift in history::labelled(200, 7) {
            let features = drift.facts.features();
            assert_eq!(features.len(), FEATURES.len());
            for feature in FEATURES {
                assert_ne!(words(feature.name, &features), feature.name);
            }
            assert!(features.iter().all(|v| v.is_finite() || v.is_nan()));
            let back = of_names(&by_name(&features));
            assert!(
                back.iter().zip(&features).all(|(a, b)| (a - b).abs() < 1e-5 || (a.is_nan() && b.is_nan()))
            );
        }
    }

    #[test]
    fn hours_and_days_come_back_in_words() {
        let mut facts = history::labelled(1, 1).remove(0).facts;
        (facts.hour, facts.weekday) = (2.25, 6);
        let features = facts.features();
        assert_eq!(words("hour_cos", &features), "it was 02:15 UTC");
        assert_eq!(words("weekday_sin", &features), "it was a Sunday");
        assert_eq!(words("is_working_time", &features), "outside working hours");
        // A Monday at midnight lies beside a Sunday at 23:59.
        (facts.hour, facts.weekday) = (0.0, 0);
        let monday = facts.features();
        (facts.hour, facts.weekday) = (23.99, 6);
        let sunday = facts.features();
        let at = place("weekday_cos").unwrap();
        assert!((monday[at] - sunday[at]).abs() < 0.001);
        assert_eq!(words("weekday_cos", &monday), "it was a Monday");
    }
}
