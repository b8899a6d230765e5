//! What was near a drift: our own events that name its resource, what others told, cases; and what all that says as facts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use causes::Facts;
use causes::features::ChangedPath;
use causes::near::{Around, LEAST_SCORE, Names};
use chrono::{Datelike as _, Timelike as _};
use domain::cause::{Correlation, External, ExternalKind, Impact, OperationalContext};
use domain::drift::{Drift, DriftStep};
use domain::event::Event;
use domain::filter::EventFilter;
use domain::query::edit::{condition, phrase};
use domain::query::{EVENTS, parse};
use domain::{GroupId, Severity, Timestamp};
use serde_json::{Value, json};
use store::ReadTx;
use store::cause::NearCase;

use super::{LONGEST, deed};
use crate::{Result, Services};

/// Events that are looked at, and those read at once. A bucket is read thousands of times a day and changed once.
const EVENTS_LOOKED_AT: usize = 5_000;
const EVENTS_A_PAGE: usize = 500;
/// Told things and cases that are looked at.
const TOLD_LOOKED_AT: u32 = 500;
const CASES_LOOKED_AT: u32 = 100;
/// What is kept of each drift, the closest first.
const KEPT: usize = 40;
/// People that are named.
const PEOPLE: usize = 5;
/// Shorter names fit too much.
const LEAST_NAME: usize = 4;

pub struct Gathered {
    pub facts: Facts,
    pub correlations: Vec<Correlation>,
    pub contexts: Vec<OperationalContext>,
    pub temporal_context: Value,
    pub user_attribution: Value,
}

/// One thing near a drift.
struct Near {
    kind: String,
    system: String,
    external_id: String,
    from: Timestamp,
    to: Timestamp,
    score: f64,
    actor: Option<String>,
    by_automation: bool,
    impact: Option<Impact>,
    data: Value,
}

pub async fn gather(tx: &mut ReadTx, services: &Services, drift: &Drift) -> Result<Gathered> {
    let onset = drift.detected_at;
    let in_order = store::drift::in_order_at(tx, drift.id).await?;
    let around = Around { onset, in_order };
    let physical = store::drift::resource::get(tx, drift.iac_resource_id).await?.and_then(|r| r.physical_id);
    let names = Naming::of(drift, physical.as_deref());
    let mut near = Vec::new();
    near.extend(events(tx, &around, &names).await?);
    let span = (around.since(), around.until());
    for told in store::cause::externals_between(tx, span, LONGEST, TOLD_LOOKED_AT).await? {
        near.push(of_told(&around, &names, told));
    }
    for case in store::cause::cases_between(tx, span.0, span.1, CASES_LOOKED_AT).await? {
        near.extend(of_case(&around, &names, &case));
    }
    near.retain(|one| one.score >= LEAST_SCORE);
    near.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.external_id.cmp(&b.external_id)));
    near.truncate(KEPT);
    let facts = facts(tx, drift, &around, &near).await?;
    let hours = in_order.map(|at| (onset.seconds() - at.seconds()) as f64 / 3600.0);
    let temporal_context = json!({
        "onset": onset, "in_order_at": in_order, "hours_unseen": hours, "since": span.0, "until": span.1,
        "hour": facts.hour, "weekday": facts.weekday, "working_time": facts.is_working_time(),
    });
    let user_attribution = attribution(&near);
    let is_context = |one: &Near| {
        matches!(one.kind.as_str(), "deployment" | "maintenance" | "incident" | "security_event")
            || (one.kind == "case" && one.impact == Some(Impact::High))
    };
    let contexts = near
        .iter()
        .filter(|one| is_context(one))
        .map(|one| OperationalContext {
            id: services.clock.id(),
            context_type: if one.kind == "case" { "incident".to_owned() } else { one.kind.clone() },
            context_data: {
                let mut data = one.data.clone();
                data["score"] = json!(rounded(one.score));
                data["correlation_type"] = json!(one.kind);
                data["external_system"] = json!(one.system);
                data["external_id"] = json!(one.external_id);
                data["starts_at"] = json!(one.from);
                data["ends_at"] = json!(one.to);
                data
            },
            incident_impact: one.impact,
            time_window: one.to.seconds() - one.from.seconds(),
        })
        .collect();
    let correlations = near
        .iter()
        .map(|one| Correlation {
            id: services.clock.id(),
            correlation_type: one.kind.clone(),
            external_id: one.external_id.clone(),
            external_system: one.system.clone(),
            event_data: one.data.clone(),
            correlation_score: rounded(one.score),
            temporal_offset: around.offset(one.from, one.to),
        })
        .collect();
    Ok(Gathered { facts, correlations, contexts, temporal_context, user_attribution })
}

fn rounded(score: f64) -> f64 {
    (score * 100.0).round() / 100.0
}

/// How a drift's resource is called.
struct Naming {
    /// Address and id at the provider, as they are written.
    written: Vec<String>,
    /// The same in lower case.
    whole: Vec<String>,
    /// The last name of the address and the type.
    parts: Vec<String>,
    /// The same two, however short.
    short: [String; 2],
    environment: String,
}

impl Naming {
    fn of(drift: &Drift, physical: Option<&str>) -> Self {
        let keep = |name: &str| {
            let name = name.trim().to_owned();
            (name.chars().count() >= LEAST_NAME).then_some(name)
        };
        let written: Vec<String> =
            [Some(drift.resource_id.as_str()), physical].into_iter().flatten().filter_map(keep).collect();
        let whole = written.iter().map(|name| name.to_lowercase()).collect();
        let address = drift.resource_id.split('[').next().unwrap_or_default();
        let last = address.rsplit(['.', '/']).next().unwrap_or_default();
        let short = [last, drift.resource_type.as_str()].map(str::to_lowercase);
        let parts = short.iter().filter_map(|name| keep(name)).collect();
        Self { written, whole, parts, short, environment: drift.environment.to_lowercase() }
    }
    /// What is meant by the name of a resource: another one of the same type is another one.
    fn in_name(&self, name: &str) -> Names {
        let name = name.trim().to_lowercase();
        if self.whole.iter().any(|whole| holds(&name, whole)) {
            Names::Resource
        } else if self.short.contains(&name) {
            Names::Part
        } else {
            Names::Other
        }
    }
    /// What a text names.
    fn in_text(&self, text: &str) -> Option<Names> {
        let text = text.to_lowercase();
        if self.whole.iter().any(|name| holds(&text, name)) {
            return Some(Names::Resource);
        }
        self.parts.iter().any(|name| holds(&text, name)).then_some(Names::Part)
    }
}

/// Whether a text has a name that does not go on at either end: `sg-1` is not in `sg-12`.
fn holds(text: &str, name: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(goes_on)
            && !text[at + name.len()..].chars().next().is_some_and(goes_on)
    })
}

/// Our own events that name the resource, in their message or as the system they are of. Of what one did again and again the
/// closest is told.
async fn events(tx: &mut ReadTx, around: &Around, names: &Naming) -> Result<Vec<Near>> {
    let asked: Vec<String> =
        names.written.iter().flat_map(|name| [phrase(name), condition("system_id", name)]).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // A name that cannot be asked for is none.
    let Ok(query) = parse(&asked.join(" OR "), &EVENTS, around.onset) else { return Ok(Vec::new()) };
    let filter = EventFilter {
        from: Some(around.since()),
        to: Some(around.until()),
        query: Some(query),
        ..EventFilter::default()
    };
    let mut closest: HashMap<(GroupId, Option<String>), Near> = HashMap::new();
    let mut after = None;
    for _ in 0..EVENTS_LOOKED_AT / EVENTS_A_PAGE {
        let found = store::event::page(tx, &filter, after, EVENTS_A_PAGE).await?;
        for event in &found.events {
            let Some(near) = of_event(around, names, event) else { continue };
            match closest.entry((event.group_id, near.actor.clone())) {
                Entry::Vacant(place) => {
                    place.insert(near);
                }
                Entry::Occupied(mut place) => {
                    let times = place.get().data["times"].as_i64().unwrap_or(1) + 1;
                    if near.score > place.get().score {
                        place.insert(near);
                    }
                    place.get_mut().data["times"] = json!(times);
                }
            }
        }
        after = found.next;
        // A page without one was a long look in vain; the next would be too.
        if after.is_none() || found.events.is_empty() {
            break;
        }
    }
    Ok(closest.into_values().collect())
}

/// An event in which somebody changes something is an audit event; one that is at least high is an alert; others say nothing.
/// Who read, or was refused, changed nothing.
fn of_event(around: &Around, names: &Naming, event: &Event) -> Option<Near> {
    let payload = event.raw_payload.value();
    let actor = actor(payload).filter(|_| deed::may_have_changed(payload, event.event_type.as_deref()));
    let kind = match (&actor, event.severity >= Severity::High) {
        (Some(_), _) => "audit_event",
        (None, true) => "event",
        (None, false) => return None,
    };
    let text = format!("{} {}", event.message, event.system_id.as_deref().unwrap_or_default());
    let named = names.in_text(&text).unwrap_or(Names::Part);
    let score = around.score(event.occurred_at, event.occurred_at, named);
    let by_automation = actor.as_deref().is_some_and(|actor| is_automation(actor, payload));
    let data = json!({
        "title": cut(&event.message, 300), "actor": actor, "at": event.occurred_at, "severity": event.severity,
        "automation": by_automation, "why": why(named),
    });
    Some(Near {
        kind: kind.to_owned(),
        system: "watchroom".to_owned(),
        external_id: event.id.to_string(),
        from: event.occurred_at,
        to: event.occurred_at,
        score,
        actor,
        by_automation,
        impact: None,
        data,
    })
}

/// Who did it, in the forms of CloudTrail, Kubernetes, Azure and GCP audit logs, and of plain ones.
fn actor(payload: &Value) -> Option<String> {
    [
        "/userIdentity/userName",
        "/userIdentity/sessionContext/sessionIssuer/userName",
        "/userIdentity/arn",
        "/userIdentity/principalId",
        "/userIdentity/invokedBy",
        "/user/username",
        "/protoPayload/authenticationInfo/principalEmail",
        "/caller",
        "/actor",
        "/principal",
        "/user",
        "/username",
    ]
    .iter()
    .find_map(|place| payload.pointer(place).and_then(Value::as_str))
    .map(str::trim)
    .filter(|name| !name.is_empty())
    .map(|name| cut(name, 200))
}

fn is_automation(actor: &str, payload: &Value) -> bool {
    let actor = actor.to_lowercase();
    let words = [
        "autoscal",
        "controller",
        "system:serviceaccount",
        "system:node",
        "lambda",
        "-bot",
        "[bot]",
        "robot",
        "pipeline",
        "terraform",
        "argocd",
        "flux",
        "jenkins",
        "amazonaws.com",
        "gserviceaccount.com",
        "operator",
    ];
    words.iter().any(|word| actor.contains(word))
        || payload.pointer("/userIdentity/type").and_then(Value::as_str) == Some("AWSService")
        || payload.pointer("/userIdentity/invokedBy").is_some()
}

fn of_told(around: &Around, names: &Naming, told: External) -> Near {
    let text = format!("{} {}", told.title, told.external_id);
    let elsewhere =
        told.environment.as_ref().is_some_and(|environment| environment.to_lowercase() != names.environment);
    let named = match &told.resource {
        _ if elsewhere => Names::Other,
        Some(resource) => names.in_name(resource),
        None => names.in_text(&text).unwrap_or(if told.environment.is_some() {
            Names::Environment
        } else {
            Names::Nothing
        }),
    };
    let score = around.score(told.starts_at, told.ends_at, named);
    let by_automation = told.actor.as_deref().is_some_and(|actor| is_automation(actor, &Value::Null));
    let data = json!({
        "title": told.title, "actor": told.actor, "at": told.starts_at, "ends_at": told.ends_at, "url": told.url,
        "environment": told.environment, "resource": told.resource, "why": why(named),
    });
    Near {
        kind: told.correlation_type.as_str().to_owned(),
        system: told.external_system,
        external_id: told.external_id,
        from: told.starts_at,
        to: told.ends_at,
        score,
        actor: told.actor,
        by_automation,
        impact: told.impact.or((told.correlation_type == ExternalKind::Incident).then_some(Impact::Medium)),
        data,
    }
}

/// One that names nothing of it is near only when it is grave: an incident.
fn of_case(around: &Around, names: &Naming, case: &NearCase) -> Option<Near> {
    let named = names.in_text(&format!("{} {}", case.title, case.description));
    if named.is_none() && case.severity < Severity::High {
        return None;
    }
    let named = named.unwrap_or(Names::Nothing);
    Some(Near {
        kind: "case".to_owned(),
        system: "watchroom".to_owned(),
        external_id: format!("CASE-{}", case.number),
        from: case.created_at,
        to: case.created_at,
        score: around.score(case.created_at, case.created_at, named),
        actor: None,
        by_automation: false,
        impact: Some(match case.severity {
            Severity::Info | Severity::Low => Impact::Low,
            Severity::Medium => Impact::Medium,
            Severity::High | Severity::Critical => Impact::High,
        }),
        data: json!({ "title": cut(&case.title, 300), "at": case.created_at, "severity": case.severity, "why": why(named) }),
    })
}

fn why(named: Names) -> &'static str {
    match named {
        Names::Resource => "it names the resource",
        Names::Part => "it names a part of the resource's name, or its type",
        Names::Environment => "it is about the environment",
        Names::Nothing => "it was at the same time",
        Names::Other => "it is about something else",
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Who may have done it, the closest first, each once.
fn attribution(near: &[Near]) -> Value {
    let mut people: Vec<Value> = Vec::new();
    for one in near {
        let Some(actor) = &one.actor else { continue };
        if people.len() == PEOPLE || people.iter().any(|known| known["actor"] == json!(actor)) {
            continue;
        }
        people.push(json!({
            "actor": actor, "automation": one.by_automation, "score": rounded(one.score), "correlation_type": one.kind,
            "external_system": one.system, "external_id": one.external_id, "at": one.from,
        }));
    }
    let commits: Vec<&str> = near
        .iter()
        .filter(|one| one.kind == "git_commit")
        .map(|one| one.external_id.as_str())
        .take(PEOPLE)
        .collect();
    json!({ "people": people, "commits": commits })
}

async fn facts(tx: &mut ReadTx, drift: &Drift, around: &Around, near: &[Near]) -> Result<Facts> {
    let changes = store::drift::changes(tx, drift.id).await?;
    let place = (drift.iac_repository_id, drift.iac_resource_id);
    let (beside, of_resource) = store::cause::beside(tx, drift.id, place, drift.detected_at).await?;
    let history = store::drift::history(tx, drift.id, 100).await?;
    let best = |wanted: &dyn Fn(&Near) -> bool| {
        near.iter().filter(|one| wanted(one)).map(|one| one.score).fold(0.0, f64::max)
    };
    let of = |kind: ExternalKind| best(&|one| one.kind == kind.as_str());
    let acted = |automation: bool| best(&|one| one.kind == "audit_event" && one.by_automation == automation);
    let at = drift.detected_at.utc();
    let risk = |axis: &str| drift.risk_assessment[axis].as_f64().unwrap_or_default();
    let environment = drift.environment.to_lowercase();
    let is_controller = |owner: &str| {
        let owner = owner.to_lowercase();
        owner.contains("controller") || owner.contains("autoscaler") || owner.contains("operator")
    };
    let grave_case = best(&|one| one.kind == "case" && one.impact == Some(Impact::High));
    let other_case = best(&|one| one.kind == "case" && one.impact != Some(Impact::High));
    Ok(Facts {
        tool: drift.tool,
        drift_type: drift.drift_type,
        set_by_controller: changes.iter().any(|change| change.owner.as_deref().is_some_and(is_controller)),
        changes: changes
            .into_iter()
            .filter(|change| change.ignored_by.is_none())
            .map(|change| ChangedPath {
                path: change.property_path,
                is_critical: change.is_security_critical,
                is_secret: change.is_sensitive,
                change: change.change_type,
            })
            .collect(),
        hour: f64::from(at.num_seconds_from_midnight()) / 3600.0,
        weekday: at.weekday().num_days_from_monday(),
        hours_unseen: around.in_order.map(|push| (around.onset.seconds() - push.seconds()) as f64 / 3600.0),
        is_production: environment.starts_with("prod") || environment == "live",
        seen_before: history.iter().any(|step| step.step == DriftStep::Returned),
        drifts_beside: u32::try_from(beside).unwrap_or(u32::MAX),
        drifts_of_resource: u32::try_from(of_resource).unwrap_or(u32::MAX),
        severity: drift.severity_score,
        confidence: drift.confidence_score,
        risk_security: risk("security"),
        risk_performance: risk("performance"),
        risk_cost: risk("cost"),
        risk_compliance: risk("compliance"),
        person: acted(false),
        automation: acted(true),
        commit: of(ExternalKind::GitCommit),
        ticket: of(ExternalKind::IncidentTicket).max(other_case),
        alert: of(ExternalKind::MonitoringAlert).max(best(&|one| one.kind == "event")),
        deployment: of(ExternalKind::Deployment),
        maintenance: of(ExternalKind::Maintenance),
        incident: of(ExternalKind::Incident).max(grave_case),
        security_event: of(ExternalKind::SecurityEvent),
        change_ticket: of(ExternalKind::ChangeTicket),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whole() {
        assert!(holds("opened sg-1, then closed", "sg-1"));
        assert!(!holds("opened sg-12", "sg-1") && !holds("my-sg-1x", "sg-1"));
        assert!(holds("arn:aws:ec2:eu:1:security-group/sg-1", "sg-1"));
    }

    #[test]
    fn another_resource_of_the_same_type_is_another_one() {
        let names = Naming {
            written: Vec::new(),
            whole: vec!["aws_instance.web_1".to_owned(), "i-0b71c2a9".to_owned()],
            parts: Vec::new(),
            short: ["web_1".to_owned(), "aws_instance".to_owned()],
            environment: "prod".to_owned(),
        };
        assert_eq!(names.in_name("module.x.aws_instance.web_1"), Names::Resource);
        assert_eq!(names.in_name("arn:aws:ec2:eu:1:instance/i-0b71c2a9"), Names::Resource);
        assert_eq!((names.in_name(" Web_1"), names.in_name("aws_instance")), (Names::Part, Names::Part));
        assert_eq!(names.in_name("aws_instance.web_2"), Names::Other);
    }

    #[test]
    fn actors_are_found_where_clouds_put_them() {
        let trail = json!({ "userIdentity": { "type": "IAMUser", "userName": "ana" } });
        assert_eq!(actor(&trail).as_deref(), Some("ana"));
        assert!(!is_automation("ana", &trail));
        let scaled =
            json!({ "userIdentity": { "type": "AWSService", "invokedBy": "autoscaling.amazonaws.com" } });
        assert!(is_automation(&actor(&scaled).unwrap(), &scaled));
        let kubernetes = json!({ "user": { "username": "system:serviceaccount:kube-system:hpa" } });
        assert!(is_automation(&actor(&kubernetes).unwrap(), &kubernetes));
        assert_eq!(actor(&json!({ "user": "bob" })).as_deref(), Some("bob"));
        assert_eq!(actor(&json!({ "user": "" })), None);
    }
}
