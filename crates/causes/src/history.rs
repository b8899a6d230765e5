//! Labelled histories for tests and benchmarks: drifts as they might have been, with the cause that made them.
//!
//! What it assumes, so that nobody takes its figures for more than they are:
//!
//! 1. Causes are as common as [`PRIORS`] says, and a drift has exactly one.
//! 2. A cause shows itself in the typical way only sometimes: each piece of evidence has its own chance (an emergency has a known
//!    incident in 70 % of cases), and every piece occurs by accident too (8 %). Scores of evidence are between 0.3 and 1.
//! 3. Emergencies and security responses happen at any hour, automation too; people change things on purpose, troubleshoot and
//!    misconfigure mostly in working hours of one time zone.
//! 4. What is touched depends on the cause only in part; a tenth of all properties is anything.
//! 5. Analysts label 4 % wrongly, with any cause.
//! 6. A resource has about four drifts, and what it is (tool, production) stays. Drifts of one resource are otherwise independent, and nothing
//!    changes over time.
//!
//! Real histories are smaller, lopsided and change over time; a model that is good here is only shown to learn what can be learned.

use domain::cause::Cause;
use domain::drift::{ChangeType, DriftType, Tool};

use crate::Dice;
use crate::features::{ChangedPath, Facts};

/// A drift with the cause that an analyst gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub facts: Facts,
    pub cause: Cause,
    pub resource: u64,
}

/// How common each cause is.
pub const PRIORS: [(Cause, f64); 7] = [
    (Cause::ManualTroubleshooting, 0.24),
    (Cause::ConfigurationError, 0.20),
    (Cause::AutomatedResponse, 0.16),
    (Cause::EmergencyFix, 0.14),
    (Cause::IntentionalOverride, 0.12),
    (Cause::SecurityResponse, 0.08),
    (Cause::Unknown, 0.06),
];
const ACCIDENT: f64 = 0.08;
const WRONG: f64 = 0.04;

/// A drift of which nothing is known but that it is there.
pub fn quiet() -> Facts {
    Facts {
        tool: Tool::Terraform,
        drift_type: DriftType::Modified,
        changes: vec![changed("description", false, ChangeType::Modified)],
        hour: 11.0,
        weekday: 2,
        hours_unseen: Some(6.0),
        is_production: false,
        seen_before: false,
        drifts_beside: 0,
        drifts_of_resource: 0,
        set_by_controller: false,
        severity: 0.2,
        confidence: 0.95,
        risk_security: 0.1,
        risk_performance: 0.1,
        risk_cost: 0.1,
        risk_compliance: 0.1,
        person: 0.0,
        automation: 0.0,
        commit: 0.0,
        ticket: 0.0,
        alert: 0.0,
        deployment: 0.0,
        maintenance: 0.0,
        incident: 0.0,
        security_event: 0.0,
        change_ticket: 0.0,
    }
}

/// `n` drifts; the same for the same seed.
pub fn labelled(n: usize, seed: u64) -> Vec<Labelled> {
    let mut dice = Dice(seed);
    let resources = (n / 4).max(1);
    (0..n)
        .map(|_| {
            let resource = dice.below(resources) as u64;
            let mut point = dice.unit();
            let mut cause = Cause::Unknown;
            for (one, share) in PRIORS {
                if point < share {
                    cause = one;
                    break;
                }
                point -= share;
            }
            let facts = facts(cause, resource, &mut dice);
            let cause = if dice.yes(WRONG) { Cause::ALL[dice.below(Cause::ALL.len())] } else { cause };
            Labelled { facts, cause, resource }
        })
        .collect()
}

fn changed(path: &str, is_critical: bool, change: ChangeType) -> ChangedPath {
    ChangedPath { path: path.to_owned(), is_critical, is_secret: path.contains("password"), change }
}

const NETWORK: [&str; 4] =
    ["ingress[0].cidr_blocks[0]", "egress[1].to_port", "subnet_ids[0]", "network_acl_id"];
const IDENTITY: [&str; 4] =
    ["policy.Statement[0].Action", "assume_role_policy", "iam_instance_profile", "rules[0].verbs"];
const SCALE: [&str; 4] = ["desired_capacity", "spec.replicas", "instance_type", "resources.limits.memory"];
const TAGS: [&str; 3] = ["tags.owner", "labels.team", "metadata.annotations.note"];
const DEBUG: [&str; 4] = ["environment.LOG_LEVEL", "timeout", "containers[name=\"web\"].image", "command[0]"];
const OTHER: [&str; 4] = ["description", "backup_window", "master_password", "encryption.enabled"];

fn facts(cause: Cause, resource: u64, dice: &mut Dice) -> Facts {
    let of_resource = crate::mix(resource + 1);
    // One chance a piece of evidence, by cause: person, automation, commit, ticket, alert, deployment, maintenance, incident,
    // security event, approved change.
    let chances = match cause {
        Cause::EmergencyFix => [0.6, 0.0, 0.1, 0.3, 0.6, 0.1, 0.0, 0.7, 0.1, 0.0],
        Cause::ManualTroubleshooting => [0.75, 0.0, 0.1, 0.45, 0.35, 0.1, 0.0, 0.1, 0.0, 0.0],
        Cause::SecurityResponse => [0.5, 0.2, 0.1, 0.3, 0.4, 0.0, 0.0, 0.2, 0.75, 0.1],
        Cause::ConfigurationError => [0.3, 0.1, 0.5, 0.1, 0.1, 0.6, 0.0, 0.0, 0.0, 0.0],
        Cause::AutomatedResponse => [0.0, 0.75, 0.0, 0.0, 0.3, 0.1, 0.0, 0.1, 0.1, 0.0],
        Cause::IntentionalOverride => [0.5, 0.0, 0.1, 0.3, 0.0, 0.1, 0.6, 0.0, 0.0, 0.6],
        Cause::Unknown => [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0],
    };
    let evidence = chances
        .map(|chance| if dice.yes(chance) || dice.yes(ACCIDENT) { 0.3 + 0.7 * dice.unit() } else { 0.0 });
    let [
        person,
        automation,
        commit,
        ticket,
        alert,
        deployment,
        maintenance,
        incident,
        security_event,
        change_ticket,
    ] = evidence;
    let likely: &[&str] = match cause {
        Cause::EmergencyFix => &SCALE,
        Cause::AutomatedResponse if dice.yes(0.7) => &SCALE,
        Cause::ManualTroubleshooting => &DEBUG,
        Cause::SecurityResponse | Cause::IntentionalOverride if dice.yes(0.5) => &NETWORK,
        Cause::SecurityResponse => &IDENTITY,
        Cause::ConfigurationError if dice.yes(0.5) => &TAGS,
        _ => &OTHER,
    };
    let count = 1 + dice.below(if cause == Cause::ConfigurationError { 8 } else { 4 });
    let changes: Vec<ChangedPath> = (0..count)
        .map(|_| {
            let all = [&NETWORK[..], &IDENTITY, &SCALE, &TAGS, &DEBUG, &OTHER];
            let from = if dice.yes(0.6) { likely } else { all[dice.below(all.len())] };
            let path = from[dice.below(from.len())];
            let is_critical = (NETWORK.contains(&path) || IDENTITY.contains(&path)) && dice.yes(0.6);
            let change = match dice.below(6) {
                0 => ChangeType::Added,
                1 => ChangeType::Removed,
                _ => ChangeType::Modified,
            };
            changed(path, is_critical, change)
        })
        .collect();
    let any_hour = matches!(
        cause,
        Cause::EmergencyFix | Cause::SecurityResponse | Cause::AutomatedResponse | Cause::Unknown
    );
    let hour =
        if any_hour && dice.yes(0.8) { dice.unit() * 24.0 } else { dice.normal(13.0, 3.0).rem_euclid(24.0) };
    let weekday = if any_hour || dice.yes(0.1) { dice.below(7) } else { dice.below(5) } as u32;
    let critical = changes.iter().any(|change| change.is_critical);
    let risk = |dice: &mut Dice, high: bool| {
        (if high { dice.normal(0.7, 0.15) } else { dice.normal(0.25, 0.15) }).clamp(0.0, 1.0)
    };
    let risk_security = risk(dice, critical);
    Facts {
        tool: if of_resource.is_multiple_of(3) { Tool::Kubernetes } else { Tool::Terraform },
        drift_type: match dice.below(20) {
            0 => DriftType::Deleted,
            1 => DriftType::Added,
            _ => DriftType::Modified,
        },
        hour,
        weekday,
        hours_unseen: dice.yes(0.9).then(|| dice.normal(2.0, 1.0).exp()),
        is_production: (of_resource >> 8).is_multiple_of(2),
        seen_before: dice.yes(if matches!(cause, Cause::ConfigurationError | Cause::AutomatedResponse) {
            0.35
        } else {
            0.1
        }),
        drifts_beside: dice.below(if cause == Cause::ConfigurationError { 12 } else { 4 }) as u32,
        drifts_of_resource: dice.below(4) as u32,
        set_by_controller: of_resource.is_multiple_of(3)
            && dice.yes(if cause == Cause::AutomatedResponse { 0.6 } else { 0.05 }),
        severity: risk_security.max(risk(dice, cause == Cause::EmergencyFix)),
        confidence: dice.normal(0.9, 0.05).clamp(0.0, 1.0),
        risk_security,
        risk_performance: risk(dice, cause == Cause::EmergencyFix),
        risk_cost: risk(dice, false),
        risk_compliance: risk(dice, critical),
        changes,
        person,
        automation,
        commit,
        ticket,
        alert,
        deployment,
        maintenance,
        incident,
        security_event,
        change_ticket,
    }
}
