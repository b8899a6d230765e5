//! What to do about a drift: rules that look at what is known of it and give advice with its reason, its steps and its risk.
//!
//! Each rule carries its record ([`Track`]): one that people do not take, or whose advice does not hold, loses a step of priority and a part
//! of its confidence, and says so. To add a rule: an entry of [`RULES`] and a function in `all`.

use std::collections::BTreeMap;

use domain::drift::{DriftType, Tool};
use domain::recommendation::{
    Effort, ImplementationStep as Step, RecommendationType as Kind, Track, Urgency,
};
use serde_json::{Value, json};

/// Most pieces of advice for one drift: the best.
pub const MOST: usize = 3;

/// What a rule is for, for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    pub id: &'static str,
    pub what: &'static str,
}

/// The rules, in the order in which equals stand.
pub const RULES: [RuleInfo; 10] = [
    RuleInfo { id: "escalate-critical", what: "Escalate what opens the door and is not explained" },
    RuleInfo { id: "revert-critical", what: "Put back what is security-critical" },
    RuleInfo { id: "restore-deleted", what: "Make what was deleted anew" },
    RuleInfo { id: "returning", what: "Find out who sets it, where it comes back" },
    RuleInfo { id: "codify-added", what: "Import what nobody declared" },
    RuleInfo { id: "codify-moved", what: "Say in the code that it moved" },
    RuleInfo { id: "codify-capacity", what: "Write size and number into the code" },
    RuleInfo { id: "accept-owned", what: "Leave out what a controller sets" },
    RuleInfo { id: "accept-labels", what: "Leave out labels" },
    RuleInfo { id: "revert-plain", what: "Put back what nothing speaks for" },
];

/// One property that differs, as the rules see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Property<'a> {
    pub path: &'a str,
    pub is_security_critical: bool,
    /// Ids of the rules of `rules.json` that it meets.
    pub rules: Vec<&'a str>,
    pub owner: Option<&'a str>,
}

/// What is known of a drift.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts<'a> {
    pub tool: Tool,
    pub drift_type: DriftType,
    pub environment: &'a str,
    pub resource_type: &'a str,
    pub address: &'a str,
    pub physical_id: Option<&'a str>,
    pub severity_score: f64,
    pub confidence_score: f64,
    /// What nobody ignores.
    pub properties: Vec<Property<'a>>,
    /// What the next apply would do.
    pub planned: Option<&'a str>,
    pub moved_from: Option<&'a str>,
    /// How often it was resolved and there again.
    pub returned: i64,
}

/// One recommendation before it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    pub rule: &'static str,
    pub kind: Kind,
    pub priority: Urgency,
    /// 0 to 1, two decimals.
    pub confidence_score: f64,
    pub rationale: String,
    pub steps: Vec<Step>,
    pub risk_assessment: Value,
    pub effort: Effort,
    /// Days after which it says nothing any more.
    pub valid_days: i64,
}

/// The best advice first, at most [`MOST`], of each kind one.
pub fn recommend(facts: &Facts<'_>, tracks: &BTreeMap<String, Track>) -> Vec<Advice> {
    let mut all: Vec<Advice> = all(facts).into_iter().map(|advice| weighed(advice, facts, tracks)).collect();
    all.sort_by(|a, b| b.priority.cmp(&a.priority).then(b.confidence_score.total_cmp(&a.confidence_score)));
    let mut kinds = Vec::new();
    all.retain(|advice| {
        let new = !kinds.contains(&advice.kind);
        kinds.push(advice.kind);
        new
    });
    all.truncate(MOST);
    all
}

/// What the record of its rule makes of a piece of advice.
fn weighed(mut advice: Advice, facts: &Facts<'_>, tracks: &BTreeMap<String, Track>) -> Advice {
    let track = tracks.get(advice.rule).copied().unwrap_or_default();
    let prior = advice.risk_assessment["success_probability"].as_f64().unwrap_or(0.8);
    advice.risk_assessment["success_probability"] = json!(two(track.success_probability(prior)));
    advice.confidence_score *= facts.confidence_score.clamp(0.5, 1.0);
    if track.is_poor() {
        advice.priority = advice.priority.lower();
        advice.confidence_score *= 0.6;
        let (done, of) = (track.implemented, track.implemented + track.dismissed + track.expired);
        let why = match track.success() {
            Some(share) if share < 0.5 => format!(
                " Ranked lower: of the last {} times this was done it held {}.",
                track.succeeded + track.failed,
                times(track.succeeded)
            ),
            _ => format!(" Ranked lower: of {of} pieces of such advice {done} were taken."),
        };
        advice.rationale.push_str(&why);
    }
    advice.confidence_score = two(advice.confidence_score);
    advice
}

fn times(n: i64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

fn two(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

fn all(facts: &Facts<'_>) -> Vec<Advice> {
    let mut found = Vec::new();
    let critical: Vec<&str> =
        facts.properties.iter().filter(|p| p.is_security_critical).map(|p| p.path).collect();
    let only =
        |rule: &str| !facts.properties.is_empty() && facts.properties.iter().all(|p| p.rules.contains(&rule));
    let owned = !facts.properties.is_empty() && facts.properties.iter().all(|p| p.owner.is_some());
    if !critical.is_empty() || (facts.drift_type == DriftType::Added && facts.severity_score >= 0.85) {
        if facts.severity_score >= 0.85 {
            found.push(escalate(facts, &critical));
        }
        if facts.drift_type == DriftType::Modified {
            found.push(revert_critical(facts, &critical));
        }
    }
    match facts.drift_type {
        DriftType::Deleted => found.push(restore(facts)),
        DriftType::Added => found.push(import(facts)),
        DriftType::Moved => found.push(moved(facts)),
        DriftType::Modified if owned => found.push(accept_owned(facts)),
        DriftType::Modified if only("labels") => found.push(accept_labels(facts)),
        DriftType::Modified if only("size") => found.push(codify_capacity(facts)),
        DriftType::Modified => {}
    }
    if facts.returned >= 2 {
        found.push(returning(facts));
    }
    if facts.drift_type == DriftType::Modified && critical.is_empty() && !owned {
        found.push(revert_plain(facts));
    }
    found
}

fn advice(rule: &'static str, kind: Kind, (priority, confidence_score): (Urgency, f64)) -> Advice {
    Advice {
        rule,
        kind,
        priority,
        confidence_score,
        rationale: String::new(),
        steps: Vec::new(),
        risk_assessment: json!({ "success_probability": 0.8, "potential_impacts": [] }),
        effort: Effort::Minutes,
        valid_days: 30,
    }
}

fn risk(success: f64, impacts: &[&str]) -> Value {
    json!({ "success_probability": success, "potential_impacts": impacts })
}

/// "`a`, `b` and 3 more".
fn list(paths: &[&str]) -> String {
    let shown: Vec<&str> = paths.iter().take(3).copied().collect();
    match paths.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// One word for a shell, whatever a pipeline called a resource: people paste these.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The text between the quotes of HCL.
fn hcl(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    text.replace('\n', "\\n")
}

/// The address to write into code; a resource that nobody declared has none yet.
fn declared(facts: &Facts<'_>) -> String {
    let unnamed = facts.address.starts_with(&format!("{} ", facts.resource_type));
    if unnamed || facts.address.contains(char::is_control) {
        format!("{}.NAME", facts.resource_type)
    } else {
        facts.address.to_owned()
    }
}

/// `group/Kind/namespace/name`, whose first and third part can be missing, as kubectl takes it.
fn kubectl(address: &str) -> String {
    let parts: Vec<&str> = address.split('/').collect();
    // A group has dots or is one of small letters; a kind begins with a capital.
    let grouped = parts.first().is_some_and(|part| !part.starts_with(|c: char| c.is_ascii_uppercase()));
    let (group, rest) =
        if grouped { (parts.first(), parts.get(1..)) } else { (None, Some(parts.as_slice())) };
    match (rest.unwrap_or_default(), group) {
        ([kind, place @ .., name], group) => {
            let kind = group.map_or_else(|| (*kind).to_owned(), |group| format!("{kind}.{group}"));
            let place = place.first().map(|place| format!(" -n {}", shell(place))).unwrap_or_default();
            format!("kubectl get {} {}{place} -o yaml", shell(&kind), shell(name))
        }
        _ => format!("kubectl get {} -o yaml", shell(address)),
    }
}

/// What puts a resource back to what the code says, in the words of its tool.
fn apply(facts: &Facts<'_>) -> Vec<Step> {
    let name = facts.address;
    match facts.tool {
        Tool::Terraform => vec![
            Step::new("Look at what would be done, and that it is this resource alone")
                .code(format!("terraform plan -target={}", shell(name))),
            Step::new("Apply it").code(format!("terraform apply -target={}", shell(name))),
        ],
        Tool::Cloudformation => vec![
            Step::new(
                "Set the properties to the template's values, in the console or with the service's command line; an update with an unchanged template does not touch them",
            ),
            Step::new("Detect the drift of the stack anew").code(format!(
                "aws cloudformation detect-stack-drift --stack-name {}",
                shell(name.split('/').next().unwrap_or(name))
            )),
        ],
        Tool::Kubernetes => vec![
            Step::new("Look at what would be done").code("kubectl diff -f MANIFEST"),
            Step::new("Apply it").code("kubectl apply -f MANIFEST"),
        ],
    }
}

/// The push that says how it went.
fn push_again() -> Step {
    Step::new("Let the pipeline push again: that it is gone is seen by itself")
}

fn replaces(facts: &Facts<'_>) -> bool {
    matches!(facts.planned, Some("replace" | "delete"))
}

fn escalate(facts: &Facts<'_>, critical: &[&str]) -> Advice {
    let what = if critical.is_empty() {
        format!("{} is there without code and weighs {:.2} of 1", facts.address, facts.severity_score)
    } else {
        format!(
            "{} of {} {} security-critical",
            list(critical),
            facts.address,
            if critical.len() == 1 { "is" } else { "are" }
        )
    };
    Advice {
        rationale: format!(
            "{what}. Until somebody knows who did it and why, this is an incident and no untidiness."
        ),
        steps: vec![
            Step::new("Search the events around the onset for who changed it"),
            Step::new("Ask the owner of the resource whether it was meant"),
            Step::new("Open a case from this page if nobody knows; the drift stays with it"),
        ],
        risk_assessment: risk(0.9, &["People are called; a false alarm costs their time."]),
        effort: Effort::Hours,
        valid_days: 14,
        ..advice("escalate-critical", Kind::EscalateReview, (Urgency::Critical, 0.85))
    }
}

fn revert_critical(facts: &Facts<'_>, critical: &[&str]) -> Advice {
    let severe = facts.severity_score >= 0.85;
    let priority = if severe { Urgency::Critical } else { Urgency::High };
    let mut steps = vec![Step::new(
        "Keep what is there now: the diff of this page, and who changed it, if it was an attack",
    )];
    steps.extend(apply(facts));
    steps.push(push_again());
    let mut impacts = vec!["Whoever relies on the open door is cut off."];
    if replaces(facts) {
        impacts.push("The next apply replaces or deletes the resource.");
    }
    Advice {
        rationale: format!("The code closes what stands open now: {}.", list(critical)),
        steps,
        risk_assessment: risk(if replaces(facts) { 0.6 } else { 0.85 }, &impacts),
        effort: if replaces(facts) { Effort::Hours } else { Effort::Minutes },
        ..advice("revert-critical", Kind::AutoRevert, (priority, if replaces(facts) { 0.6 } else { 0.9 }))
    }
}

fn restore(facts: &Facts<'_>) -> Advice {
    let mut steps =
        vec![Step::new("Ask whether it was deleted on purpose; then take it out of the code instead")];
    steps.extend(apply(facts));
    steps.push(Step::new("Bring back what it held from a backup, if it held anything"));
    steps.push(push_again());
    Advice {
        rationale: format!("The code declares {}, and what depends on it may fail.", facts.address),
        steps,
        risk_assessment: risk(0.7, &["It is made anew and empty; its id is another one."]),
        effort: Effort::Hours,
        ..advice("restore-deleted", Kind::AutoRevert, (Urgency::High, 0.7))
    }
}

fn returning(facts: &Facts<'_>) -> Advice {
    Advice {
        rationale: format!(
            "It was resolved and there again {}: something sets it again, or what was done does not work; doing it once more will not hold.",
            times(facts.returned)
        ),
        steps: vec![
            Step::new("Compare the onsets in the history with the runs of jobs, controllers and pipelines"),
            Step::new("Decide which of the two is right: the code, or what sets it"),
            Step::new("Change the other one; or leave the property out with an end"),
        ],
        risk_assessment: risk(0.75, &[]),
        effort: Effort::Hours,
        ..advice("returning", Kind::ManualReview, (Urgency::High, 0.85))
    }
}

fn import(facts: &Facts<'_>) -> Advice {
    let id = hcl(facts.physical_id.unwrap_or("ID"));
    let steps = match facts.tool {
        Tool::Terraform => vec![
            Step::new("Find its owner; delete it if there is none"),
            Step::new("Say in the code which one it is")
                .code(format!("import {{\n  to = {}\n  id = \"{id}\"\n}}", declared(facts))),
            Step::new("Let the block be written, and read it")
                .code("terraform plan -generate-config-out=generated.tf"),
        ],
        Tool::Cloudformation => vec![
            Step::new("Find its owner; delete it if there is none"),
            Step::new(
                "Add it to the template with DeletionPolicy: Retain, and import it in a change set of the type IMPORT",
            ),
        ],
        Tool::Kubernetes => vec![
            Step::new("Find its owner; delete it if there is none"),
            Step::new("Keep its manifest in the repository").code(kubectl(facts.address)),
        ],
    };
    Advice {
        rationale:
            "Nobody declared it: no review, no owner, and nobody will delete it when it is not needed."
                .to_owned(),
        steps: steps.into_iter().chain([push_again()]).collect(),
        risk_assessment: risk(0.85, &["What it is becomes what is wanted; read it before."]),
        effort: Effort::Hours,
        ..advice("codify-added", Kind::CodifyIac, (Urgency::Medium, 0.7))
    }
}

fn moved(facts: &Facts<'_>) -> Advice {
    let from = facts.moved_from.unwrap_or("OLD");
    Advice {
        rationale:
            "Only its address in the code changed; without a word about it the next apply would make it anew."
                .to_owned(),
        steps: vec![
            Step::new("Say where it was")
                .code(format!("moved {{\n  from = {from}\n  to   = {}\n}}", facts.address)),
            Step::new("See that the plan is empty").code("terraform plan"),
            push_again(),
        ],
        risk_assessment: risk(0.95, &[]),
        ..advice("codify-moved", Kind::CodifyIac, (Urgency::Low, 0.9))
    }
}

fn codify_capacity(facts: &Facts<'_>) -> Advice {
    let paths: Vec<&str> = facts.properties.iter().map(|p| p.path).collect();
    Advice {
        rationale: format!(
            "Only size or number differs ({}): somebody or something needed more or less, and the next apply takes it away.",
            list(&paths)
        ),
        steps: vec![
            Step::new("See whether the load still asks for it"),
            Step::new("Take the new value into the code; this page offers it to start from"),
            Step::new(
                "If a scaler sets it, leave it to the scaler (lifecycle.ignore_changes, or no replicas in the manifest)",
            ),
            push_again(),
        ],
        risk_assessment: risk(0.85, &["It costs what it costs now."]),
        ..advice("codify-capacity", Kind::CodifyIac, (Urgency::Medium, 0.85))
    }
}

fn accept_owned(facts: &Facts<'_>) -> Advice {
    let mut owners: Vec<&str> = facts.properties.iter().filter_map(|p| p.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    Advice {
        rationale: format!("All of it is set by {}, not by a person: it will be set again.", list(&owners)),
        steps: vec![
            Step::new("See that this program is meant to own the property"),
            Step::new("Accept the drift for resources of this type, with an end"),
        ],
        risk_assessment: risk(0.9, &["A change by hand of the same property would not be seen."]),
        ..advice("accept-owned", Kind::AcceptException, (Urgency::Low, 0.8))
    }
}

fn accept_labels(facts: &Facts<'_>) -> Advice {
    Advice {
        rationale: format!("Only labels of {} differ; nothing runs in another way.", facts.address),
        steps: vec![
            Step::new("See whether costs or owners are found by these labels"),
            Step::new("If not, accept the drift for this type, with an end"),
        ],
        risk_assessment: risk(0.9, &["Reports by label may count it elsewhere."]),
        ..advice("accept-labels", Kind::AcceptException, (Urgency::Low, 0.7))
    }
}

fn revert_plain(facts: &Facts<'_>) -> Advice {
    let priority = if facts.severity_score >= 0.4 { Urgency::Medium } else { Urgency::Low };
    let mut steps = vec![Step::new("Ask in the team's room whether somebody changed it for a reason")];
    steps.extend(apply(facts));
    steps.push(push_again());
    let impacts: &[&str] =
        if replaces(facts) { &["The next apply replaces or deletes the resource."] } else { &[] };
    Advice {
        rationale: format!(
            "Nothing speaks for the difference, and the next apply in {} takes it away anyway.",
            facts.environment
        ),
        steps,
        risk_assessment: risk(if replaces(facts) { 0.55 } else { 0.8 }, impacts),
        ..advice("revert-plain", Kind::AutoRevert, (priority, if replaces(facts) { 0.4 } else { 0.6 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_one_word_of_the_shell() {
        assert_eq!(shell("x[\"a'; id; '\"]"), r#"'x["a'\''; id; '\''"]'"#);
        assert_eq!(hcl("a\"b${c}\\"), r#"a\"b$${c}\\"#);
        for (address, command) in [
            ("apps/Deployment/shop/web", "kubectl get 'Deployment.apps' 'web' -n 'shop' -o yaml"),
            ("Service/shop/web", "kubectl get 'Service' 'web' -n 'shop' -o yaml"),
            ("Namespace/shop", "kubectl get 'Namespace' 'shop' -o yaml"),
            (
                "rbac.authorization.k8s.io/ClusterRole/a",
                "kubectl get 'ClusterRole.rbac.authorization.k8s.io' 'a' -o yaml",
            ),
        ] {
            assert_eq!(kubectl(address), command);
        }
        let found = facts(Vec::new());
        assert_eq!(declared(&found), "aws_security_group.db");
        assert_eq!(
            declared(&Facts { address: "aws_security_group sg-1", ..found }),
            "aws_security_group.NAME"
        );
    }

    fn facts(properties: Vec<Property<'_>>) -> Facts<'_> {
        Facts {
            tool: Tool::Terraform,
            drift_type: DriftType::Modified,
            environment: "prod",
            resource_type: "aws_security_group",
            address: "aws_security_group.db",
            physical_id: Some("sg-1"),
            severity_score: 0.92,
            confidence_score: 0.98,
            properties,
            planned: Some("update"),
            moved_from: None,
            returned: 0,
        }
    }

    fn told(facts: &Facts<'_>, tracks: &BTreeMap<String, Track>) -> Vec<(&'static str, Urgency)> {
        recommend(facts, tracks).into_iter().map(|advice| (advice.rule, advice.priority)).collect()
    }

    #[test]
    fn an_open_door_is_closed_and_looked_into() {
        let door = Property {
            path: "ingress[0].cidr_blocks[0]",
            is_security_critical: true,
            rules: vec!["open-network"],
            owner: None,
        };
        let facts = facts(vec![door]);
        let none = BTreeMap::new();
        assert_eq!(
            told(&facts, &none),
            [("revert-critical", Urgency::Critical), ("escalate-critical", Urgency::Critical)]
        );
        let best = &recommend(&facts, &none)[0];
        assert!(
            best.steps
                .iter()
                .any(|step| step.code.as_deref() == Some("terraform apply -target='aws_security_group.db'"))
        );
        // Advice that does not hold stands lower and says why.
        let vain = Track { made: 6, implemented: 6, succeeded: 1, failed: 5, ..Track::default() };
        let poor = recommend(&facts, &BTreeMap::from([("revert-critical".to_owned(), vain)]));
        assert_eq!(
            (poor[0].rule, poor[1].rule, poor[1].priority),
            ("escalate-critical", "revert-critical", Urgency::High)
        );
        assert!(
            poor[1].rationale.ends_with("of the last 6 times this was done it held once."),
            "{}",
            poor[1].rationale
        );
        assert!(poor[1].confidence_score < best.confidence_score);
    }

    #[test]
    fn each_kind_of_drift_has_its_advice() {
        let none = BTreeMap::new();
        let with = |rule: &'static str| Property { path: "x", rules: vec![rule], ..Property::default() };
        let plain = Facts { severity_score: 0.3, ..facts(vec![with("size")]) };
        assert_eq!(
            told(&plain, &none),
            [("codify-capacity", Urgency::Medium), ("revert-plain", Urgency::Low)]
        );
        let labels = Facts { severity_score: 0.1, ..facts(vec![with("labels")]) };
        assert_eq!(told(&labels, &none)[0].0, "accept-labels");
        let owned =
            Property { path: "spec.replicas", owner: Some("kube-controller-manager"), ..Property::default() };
        assert_eq!(
            told(&Facts { severity_score: 0.2, ..facts(vec![owned]) }, &none),
            [("accept-owned", Urgency::Low)]
        );
        let kind = |drift_type| Facts { drift_type, severity_score: 0.5, ..facts(Vec::new()) };
        assert_eq!(told(&kind(DriftType::Deleted), &none)[0].0, "restore-deleted");
        assert_eq!(told(&kind(DriftType::Added), &none)[0].0, "codify-added");
        assert_eq!(told(&kind(DriftType::Moved), &none)[0].0, "codify-moved");
        let back = Facts { returned: 2, severity_score: 0.3, ..facts(vec![with("size")]) };
        assert_eq!(told(&back, &none)[0], ("returning", Urgency::High));
    }

    #[test]
    fn every_rule_is_known_by_its_name() {
        let none = BTreeMap::new();
        for drift_type in DriftType::ALL {
            for rule in ["labels", "size", "other"] {
                let p = Property { path: "a", rules: vec![rule], is_security_critical: true, owner: None };
                for advice in recommend(&Facts { drift_type: *drift_type, ..facts(vec![p]) }, &none) {
                    assert!(RULES.iter().any(|known| known.id == advice.rule), "{}", advice.rule);
                    assert!(!advice.steps.is_empty() && !advice.rationale.is_empty());
                    assert!((0.0..=1.0).contains(&advice.confidence_score));
                }
            }
        }
    }
}
