//! Drift from push to resolution.

use domain::drift::{
    Act, DriftFilter, DriftSort, DriftStatus, Format, IgnoreScope, NewRepository, PushReport, Resolution,
    Verdict,
};
use domain::permission::{AuditRead, CaseRead, CaseWrite, DriftRead, DriftWrite};
use serde_json::{Value, json};
use service::drifts::{self, Once, Outcome, Scoped, What};
use service::{Cx, Error};
use testkit::for_each_backend;

use crate::world::World;

/// A plan in which these attributes of these resources differ.
pub fn plan(resources: &[(&str, Value, Value)]) -> String {
    let kind = |address: &str| address.split('.').next().unwrap().to_owned();
    let drifted = resources.iter().filter(|(_, before, after)| before != after).map(|(address, before, after)| {
        json!({"address": address, "type": kind(address), "change": {"actions": ["update"], "before": before, "after": after}})
    });
    let all = resources.iter().map(|(address, before, after)| {
        let there = if after.is_null() { before } else { after };
        json!({"address": address, "type": kind(address), "change": {"actions": ["no-op"], "before": there, "after": before}})
    });
    json!({
        "format_version": "1.2", "planned_values": {}, "resource_drift": drifted.collect::<Vec<_>>(),
        "resource_changes": all.collect::<Vec<_>>(),
    })
    .to_string()
}

pub fn what(text: String) -> What {
    What {
        environment: "prod".into(),
        repository: "infra".into(),
        format: Format::TerraformPlan,
        file: "plan.json".into(),
        text,
    }
}

pub struct Room {
    pub world: World,
    pub read: Cx<DriftRead>,
    pub write: Cx<DriftWrite>,
}

impl Room {
    pub async fn new(t: testkit::TestDb) -> Self {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ana@alpha.test", "alpha", "admin").await;
        let read = world.cx("ana@alpha.test", "alpha").await;
        let write = world.cx("ana@alpha.test", "alpha").await;
        Self { world, read, write }
    }
    pub async fn push(&self, resources: &[(&str, Value, Value)]) -> PushReport {
        self.world.clock.advance_seconds(60);
        drifts::push(&self.write, what(plan(resources)), None).await.unwrap().report
    }
    pub async fn list(&self, status: &[DriftStatus]) -> Vec<domain::drift::Drift> {
        let filter = DriftFilter { status: status.to_vec(), ..DriftFilter::default() };
        drifts::list(&self.read, &filter, DriftSort::Number, 100, None).await.unwrap().items
    }
    pub async fn get(&self, name: &str) -> domain::drift::Drift {
        drifts::find(&self.read, name).await.unwrap()
    }
    pub async fn steps(&self, name: &str) -> Vec<String> {
        let id = self.get(name).await.id;
        let mut steps: Vec<String> =
            drifts::history(&self.read, id).await.unwrap().iter().map(|s| s.step.to_string()).collect();
        steps.reverse();
        steps
    }
}

fn counts(report: &PushReport) -> [i64; 5] {
    [report.resources, report.drifted, report.new, report.resolved, report.ignored]
}

pub const SG: &str = "aws_security_group.web";

#[tokio::test]
async fn tabs_and_facets_count_up_to_a_limit_and_say_so() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let differs = |address: &'static str| (address, json!({"size": 1}), json!({"size": 2}));
        room.push(&[differs("aws_instance.a"), differs("aws_instance.b"), differs("aws_s3_bucket.c")]).await;
        let id = room.get("2").await.id;
        drifts::act(&room.write, &[id], Act::Acknowledge, "").await.unwrap();
        let service::Who::User(ana) = &room.read.actor().who else { unreachable!() };
        drifts::act(&room.write, &[id], Act::Assign(Some(ana.id)), "").await.unwrap();
        let counts = drifts::counts(&room.read, &DriftFilter::default()).await.unwrap();
        let told = [counts.open, counts.acknowledged, counts.resolved, counts.mine, counts.unassigned];
        assert_eq!(told, [2, 1, 0, 1, 2]);
        // The query chooses a type; the facet of types still shows the other.
        let now = room.world.clock.now();
        let query = domain::query::parse("type:aws_s3_bucket", &domain::query::DRIFTS, now).unwrap();
        let chosen = DriftFilter { query: Some(query), ..DriftFilter::default() };
        assert_eq!(drifts::counts(&room.read, &chosen).await.unwrap().open, 1);
        // Severities have their order, though drifts have them as a word for a score.
        let mut open = Vec::new();
        for q in [
            "severity>=medium",
            "severity<medium",
            "severity:info..critical",
            "-severity:low..high",
            "severity:[low, medium, high]",
        ] {
            let query = Some(domain::query::parse(q, &domain::query::DRIFTS, now).unwrap());
            let filter = DriftFilter { query, ..DriftFilter::default() };
            let page = drifts::list(&room.read, &filter, DriftSort::Severity, 10, None).await.unwrap();
            open.push(page.items.len());
        }
        assert_eq!((open[0] + open[1], open[2], open[3] + open[4]), (3, 3, 3), "{open:?}");
        let facets = drifts::facets(&room.read, &chosen).await.unwrap();
        let of =
            |field: &str| facets.facets.iter().find(|facet| facet.field == field).unwrap().values.clone();
        assert_eq!(of("type"), [("aws_instance".to_owned(), 2), ("aws_s3_bucket".to_owned(), 1)]);
        assert_eq!(of("environment"), [("prod".to_owned(), 1)]);
        let all = drifts::values(&room.read).await.unwrap().facets;
        let assignees = all.into_iter().find(|facet| facet.field == "assignee").unwrap().values;
        assert_eq!(assignees, [("ana@alpha.test".to_owned(), 1)], "nobody is no value");
        for (q, wanted) in
            [("assignee:nobody", 2), ("assigned_to:[nobody, ana@alpha.test]", 3), ("-assignee:nobody", 1)]
        {
            let query = Some(domain::query::parse(q, &domain::query::DRIFTS, now).unwrap());
            let filter = DriftFilter { query, ..DriftFilter::default() };
            let found = drifts::list(&room.read, &filter, DriftSort::Number, 10, None).await.unwrap().items;
            assert_eq!(found.len(), wanted, "{q}");
        }
        assert!(!facets.of_the_latest);
        let organization = room.read.actor().organization;
        let mut tx = store::ReadTx::begin(&room.world.t.db, organization).await.unwrap();
        let unresolved = DriftFilter {
            status: vec![DriftStatus::Open, DriftStatus::Acknowledged],
            ..DriftFilter::default()
        };
        assert_eq!(store::drift::count(&mut tx, &unresolved, 1).await.unwrap(), 2, "one of each status");
        let few = store::drift::facet::list(&mut tx, &chosen, 100, 1).await.unwrap().facets;
        let types = few.into_iter().find(|facet| facet.field == "type").unwrap().values;
        assert_eq!(types, of("type"), "what is chosen is told beyond the most frequent");
        let facets = store::drift::facet::list(&mut tx, &unresolved, 1, 12).await.unwrap();
        assert!(facets.of_the_latest);
        assert_eq!(facets.facets[0].values.iter().map(|(_, n)| n).sum::<i64>(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_drift_opens_is_seen_again_and_goes_by_itself() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let sg = |cidr: &str| json!({"id": "sg-1", "ingress": [{"port": 22, "cidr_blocks": [cidr]}], "tags": {"team": "web"}});
        let fine = ("aws_s3_bucket.logs", json!({"id": "b"}), json!({"id": "b"}));
        let open = (SG, sg("10.0.0.0/8"), sg("0.0.0.0/0"));
        assert_eq!(counts(&room.push(&[open.clone(), fine.clone()]).await), [2, 1, 1, 0, 0]);
        let first = room.get("DRIFT-1").await;
        assert_eq!((first.resource_id.as_str(), first.environment.as_str(), first.seen_count), (SG, "prod", 1));
        assert!(first.severity_score > 0.8 && first.critical_count == 1, "{first:?}");
        assert_eq!(first.tags, json!({"team": "web"}));
        assert_eq!(counts(&room.push(&[open.clone(), fine.clone()]).await), [2, 1, 0, 0, 0]);
        let again = room.get("1").await;
        assert_eq!((again.id, again.seen_count, again.detected_at), (first.id, 2, first.detected_at));
        assert!(again.last_seen_at > first.last_seen_at);
        // Another set of paths is another drift; the first is gone.
        let mut other = sg("0.0.0.0/0");
        other["name"] = json!("x");
        assert_eq!(counts(&room.push(&[(SG, sg("10.0.0.0/8"), other), fine.clone()]).await), [2, 1, 1, 1, 0]);
        assert_eq!(counts(&room.push(&[(SG, sg("10.0.0.0/8"), sg("10.0.0.0/8")), fine.clone()]).await), [2, 0, 0, 1, 0]);
        assert!(room.list(&[DriftStatus::Open]).await.is_empty());
        let gone = room.get("1").await;
        assert_eq!((gone.state.status, gone.state.resolution_type), (DriftStatus::Resolved, None));
        // It comes back as itself, with a new onset.
        assert_eq!(counts(&room.push(&[open.clone(), fine.clone()]).await), [2, 1, 0, 0, 0]);
        let back = room.get("1").await;
        assert!(back.detected_at > first.detected_at && back.state.status == DriftStatus::Open);
        assert_eq!(room.steps("1").await, ["detected", "gone", "returned"]);
        // What a push does not name is stale, neither gone nor in sync.
        assert_eq!(counts(&room.push(std::slice::from_ref(&fine)).await), [1, 0, 0, 0, 0]);
        assert!(room.get("1").await.is_stale);
        let repository = &drifts::repositories(&room.read).await.unwrap()[0];
        let c = repository.coverage;
        assert_eq!((c.declared, c.seen, c.unmanaged, c.stale, c.open), (2, 1, 0, 1, 1));
        assert_eq!(drifts::pushes(&room.read, repository.id).await.unwrap().len(), 6);
    })
    .await;
}

#[tokio::test]
async fn the_first_push_makes_environment_and_repository_and_says_so() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[("a.b", json!({"x": 1}), json!({"x": 2}))]).await;
        let audit: Cx<AuditRead> = room.world.cx("ana@alpha.test", "alpha").await;
        let actions = room.world.actions(audit.actor().organization).await;
        let mine: Vec<&str> = actions
            .iter()
            .map(String::as_str)
            .filter(|a| a.contains("ENVIRONMENT") || a.contains("IAC") || a.contains("DRIFT"))
            .collect();
        assert_eq!(mine, ["ENVIRONMENT_CREATED", "IAC_REPOSITORY_CREATED", "DRIFT_PUSHED"]);
        let refused = |text: &str| {
            drifts::push(&room.write, What { environment: "nowhere".into(), ..what(text.to_owned()) }, None)
        };
        let Err(Error::Invalid(why)) = refused("{\n").await else { panic!("a broken plan is refused") };
        assert!(why.to_string().contains("cut off"), "{why}");
        let other =
            What { format: Format::Cloudformation, ..what(r#"{"StackResourceDrifts":[]}"#.to_owned()) };
        assert!(matches!(drifts::push(&room.write, other, None).await, Err(Error::Conflict(_))));
        let bad = What { environment: "No Slug".into(), ..what(plan(&[])) };
        assert!(matches!(drifts::push(&room.write, bad, None).await, Err(Error::Invalid(_))));
        // Nothing of what was refused left anything behind.
        assert_eq!(drifts::repositories(&room.read).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_key_pushes_once() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let text = plan(&[("a.b", json!({"x": 1}), json!({"x": 2}))]);
        let once = |hash: &str| Some(Once { key: "k".into(), request_hash: hash.into() });
        let first = drifts::push(&room.write, what(text.clone()), once("h")).await.unwrap();
        let second = drifts::push(&room.write, what(text.clone()), once("h")).await.unwrap();
        assert!(!first.replayed && second.replayed);
        assert_eq!(first.report, second.report);
        assert_eq!(room.get("1").await.seen_count, 1);
        assert!(matches!(
            drifts::push(&room.write, what(text), once("other")).await,
            Err(Error::Conflict(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn people_act_on_drifts_and_take_it_back() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let two = [("a.one", json!({"x": 1}), json!({"x": 2})), ("a.two", json!({"x": 1}), json!({"x": 2}))];
        room.push(&two).await;
        let ids: Vec<_> = room.list(&[]).await.iter().map(|d| d.id).collect();
        let me = match &room.write.actor().who {
            service::Who::User(user) => user.id,
            _ => unreachable!(),
        };
        drifts::act(&room.write, &ids, Act::Acknowledge, "").await.unwrap();
        let assigned = drifts::act(&room.write, &ids, Act::Assign(Some(me)), "mine").await.unwrap();
        assert_eq!(assigned.changed(), 2);
        let again = drifts::act(&room.write, &ids[..1], Act::Acknowledge, "").await.unwrap();
        assert!(matches!(again.results[0].outcome, Outcome::Unchanged(_)) && again.action_id.is_none());
        let done =
            drifts::act(&room.write, &ids, Act::Resolve(Resolution::CodifyIac), "in the code").await.unwrap();
        let only = drifts::act(&room.write, &ids[..1], Act::Reopen, "").await.unwrap();
        assert_eq!(only.changed(), 1);
        // One was changed since; the other comes back as it was.
        let undone = drifts::undo(&room.write, done.action_id.unwrap()).await.unwrap();
        assert_eq!(undone.changed(), 1);
        let other = room.list(&[]).await.into_iter().find(|d| d.id == ids[1]).unwrap();
        assert_eq!((other.state.status, other.state.assigned_to_id), (DriftStatus::Acknowledged, Some(me)));
        // A claim that the next push does not find true is open again.
        drifts::act(&room.write, &ids, Act::Resolve(Resolution::AutoRevert), "").await.unwrap();
        room.push(&two).await;
        assert!(room.list(&[]).await.iter().all(|d| d.state.status == DriftStatus::Open));
        let accepted = drifts::act(&room.write, &ids, Act::Resolve(Resolution::Accepted), "").await;
        assert!(matches!(accepted, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn one_property_is_left_out_and_an_accepted_drift_stays_quiet_until_it_ends() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let all = [
            ("a.one", json!({"x": 1, "y": 1}), json!({"x": 2, "y": 2})),
            ("a.two", json!({"x": 1}), json!({"x": 2})),
            ("b.three", json!({"x": 1}), json!({"x": 2})),
        ];
        room.push(&all).await;
        let one = room.list(&[]).await.into_iter().find(|d| d.resource_id == "a.one").unwrap();
        let how = |scope, days| Scoped { scope, reason: "a controller sets it".into(), days };
        let preview = drifts::preview(&room.read, one.id, Some("x"), IgnoreScope::Type).await.unwrap();
        assert_eq!(
            (preview.hidden_count, preview.smaller_count, preview.hidden[0].resource_id.as_str()),
            (1, 1, "a.two")
        );
        let hidden = drifts::ignore(&room.write, one.id, "x", &how(IgnoreScope::Type, None)).await.unwrap();
        assert_eq!(hidden.hidden, 1);
        let changes = drifts::changes(&room.read, one.id).await.unwrap();
        assert_eq!(changes.iter().filter(|c| c.ignored_by.is_some()).count(), 1);
        // The same drift with what is left of it, not another one.
        assert_eq!(counts(&room.push(&all).await), [3, 2, 0, 0, 2]);
        assert_eq!(room.get(&one.id.to_string()).await.seen_count, 2);
        let none = drifts::ignore(&room.write, one.id, "x", &how(IgnoreScope::Type, None)).await;
        assert!(matches!(none, Err(Error::Invalid(_))), "it is ignored already");
        let unsaid = Scoped { reason: " ".into(), ..how(IgnoreScope::Resource, None) };
        assert!(matches!(drifts::accept(&room.write, one.id, &unsaid).await, Err(Error::Invalid(_))));
        assert_eq!(
            drifts::accept(&room.write, one.id, &how(IgnoreScope::Resource, Some(1))).await.unwrap().hidden,
            1
        );
        assert_eq!(room.get(&one.id.to_string()).await.state.resolution_type, Some(Resolution::Accepted));
        assert_eq!(counts(&room.push(&all).await), [3, 1, 0, 0, 3]);
        let rules = drifts::ignores(&room.read).await.unwrap();
        assert_eq!(rules.iter().map(|rule| rule.hits).sum::<i64>(), 5);
        // It ends: nothing comes back by itself, the next push says it.
        room.world.clock.advance_seconds(2 * 86_400);
        assert_eq!(room.get(&one.id.to_string()).await.state.status, DriftStatus::Resolved);
        assert_eq!(counts(&room.push(&all).await), [3, 2, 0, 0, 2]);
        assert_eq!(room.get(&one.id.to_string()).await.state.status, DriftStatus::Open);
        let rule = rules.iter().find(|rule| rule.property_path == "x").unwrap();
        drifts::lift(&room.write, rule.id).await.unwrap();
        assert!(matches!(drifts::lift(&room.write, rule.id).await, Err(Error::Conflict(_))));
        assert_eq!(room.push(&all).await.ignored, 0);
    })
    .await;
}

#[tokio::test]
async fn an_escalated_drift_has_a_case_and_stays_with_it() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let gone = [("aws_cloudtrail.main", json!({"id": "t", "secret_key": "hunter2"}), Value::Null)];
        room.push(&gone).await;
        let id = room.get("1").await.id;
        let open: Cx<CaseWrite> = room.world.cx("ana@alpha.test", "alpha").await;
        let number = drifts::escalate(&room.write, &open, id, "who did this?").await.unwrap();
        let read: Cx<CaseRead> = room.world.cx("ana@alpha.test", "alpha").await;
        let case = service::cases::find(&read, &number.to_string()).await.unwrap();
        assert!(case.description.contains("who did this?") && case.title.contains("aws_cloudtrail.main"));
        let drift = room.get("1").await;
        assert_eq!(
            (drift.state.resolution_type, drift.case_number),
            (Some(Resolution::Escalated), Some(number))
        );
        assert!(matches!(drifts::escalate(&room.write, &open, id, "").await, Err(Error::Conflict(_))));
        room.push(&gone).await;
        assert_eq!(room.get("1").await.state.status, DriftStatus::Resolved, "it stays with its case");
        let (declared, actual) = drifts::states(&room.read, id).await.unwrap();
        assert_eq!((declared.unwrap()["secret_key"].as_str(), actual), (Some("(sensitive)"), None));
        let (snippet, _) = drifts::snippet(&room.read, &drift).await.unwrap();
        assert!(snippet.contains("from = aws_cloudtrail.main"), "{snippet}");
    })
    .await;
}

#[tokio::test]
async fn credentials_are_sealed_and_never_told() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[]).await;
        let repository = drifts::repositories(&room.read).await.unwrap().remove(0);
        let new = NewRepository {
            name: "infra".into(),
            branch: "main".into(),
            repository_url: Some("https://git.example/infra.git".into()),
            credentials: Some("s3cr3t-token".into()),
        };
        let saved = drifts::update_repository(&room.write, repository.id, new.clone()).await.unwrap();
        assert!(saved.has_credentials);
        // Left empty, they stay.
        drifts::update_repository(&room.write, repository.id, NewRepository { credentials: None, ..new })
            .await
            .unwrap();
        assert!(drifts::repository(&room.read, repository.id).await.unwrap().has_credentials);
        let mut tx = store::SystemTx::across_all_organizations(&room.world.t.db).await.unwrap();
        let q = store::db::sql("SELECT credentials_encrypted FROM iac_repositories");
        let sealed: Vec<u8> = tx.conn().scalar(q).await.unwrap().unwrap();
        assert!(!sealed.windows(12).any(|part| part == b"s3cr3t-token"));
        drop(tx);
        let log = format!("{:?}", room.world.log(room.read.actor().organization).await);
        assert!(!log.contains("s3cr3t-token"));
        drifts::clear_credentials(&room.write, repository.id).await.unwrap();
        assert!(!drifts::repository(&room.read, repository.id).await.unwrap().has_credentials);
    })
    .await;
}

#[tokio::test]
async fn another_organization_sees_and_changes_nothing() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[("a.b", json!({"x": 1}), json!({"x": 2}))]).await;
        let drift = room.get("1").await;
        let repository = drifts::repositories(&room.read).await.unwrap().remove(0);
        room.world.organization("beta").await;
        room.world.person("eve@beta.test", "beta", "admin").await;
        let read: Cx<DriftRead> = room.world.cx("eve@beta.test", "beta").await;
        let write: Cx<DriftWrite> = room.world.cx("eve@beta.test", "beta").await;
        let cases: Cx<CaseWrite> = room.world.cx("eve@beta.test", "beta").await;
        assert!(matches!(drifts::find(&read, &drift.id.to_string()).await, Err(Error::NotFound)));
        assert!(matches!(drifts::resource(&read, drift.iac_resource_id).await, Err(Error::NotFound)));
        assert!(matches!(drifts::repository(&read, repository.id).await, Err(Error::NotFound)));
        assert!(drifts::changes(&read, drift.id).await.unwrap().is_empty());
        let report = drifts::act(&write, &[drift.id], Act::Acknowledge, "").await.unwrap();
        assert_eq!(report.results[0].outcome, Outcome::Absent);
        let how = Scoped { scope: IgnoreScope::Resource, reason: "x".into(), days: None };
        assert!(matches!(drifts::accept(&write, drift.id, &how).await, Err(Error::NotFound)));
        assert!(matches!(drifts::ignore(&write, drift.id, "x", &how).await, Err(Error::NotFound)));
        assert!(matches!(drifts::escalate(&write, &cases, drift.id, "").await, Err(Error::NotFound)));
        assert_eq!(room.get("1").await.version, drift.version);
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_resources_with_five_hundred_drifted_are_one_push() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let resources: Vec<(String, Value, Value)> = (0..10_000)
            .map(|n| {
                let before = json!({"id": format!("i-{n}"), "instance_type": "t3.small", "tags": {"n": n.to_string()}, "port": n});
                let mut after = before.clone();
                if n % 20 == 0 {
                    after["instance_type"] = json!("t3.large");
                }
                (format!("aws_instance.a[{n}]"), before, after)
            })
            .collect();
        let borrowed: Vec<(&str, Value, Value)> =
            resources.iter().map(|(a, b, c)| (a.as_str(), b.clone(), c.clone())).collect();
        assert_eq!(counts(&room.push(&borrowed).await), [10_000, 500, 500, 0, 0]);
        assert_eq!(counts(&room.push(&borrowed).await), [10_000, 500, 0, 0, 0]);
        let page = drifts::resources(&room.read, &Default::default(), 200, None).await.unwrap();
        assert_eq!((page.items.len(), page.next_cursor.is_some()), (200, true));
        assert!(page.items.iter().all(|r| r.verdict != Verdict::Unchecked));
    })
    .await;
}
