//! Why drifts happened: what is near them, who says so, and models that learn from that.

use domain::cause::{Cause, ExternalKind, Impact, NewExternal, TrainingState};
use domain::drift::metrics::Period;
use domain::drift::{DriftFilter, DriftSort, Format, PushReport};
use domain::event::{Mapping, normalise};
use domain::permission::{DriftRead, DriftWrite, EventWrite, Key, ModelWrite, PermissionSet};
use domain::{DriftId, Timestamp};
use serde_json::{Value, json};
use service::causes::{self, Told};
use service::drifts::{self, What};
use service::events::Origin;
use service::{Actor, Cx, Error, models};
use testkit::for_each_backend;

use crate::world::World;

struct Room {
    world: World,
    read: Cx<DriftRead>,
    write: Cx<DriftWrite>,
    model: Cx<ModelWrite>,
}

impl Room {
    async fn new(t: testkit::TestDb) -> Self {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("ana@alpha.test", "alpha", "admin").await;
        Self {
            read: world.cx("ana@alpha.test", "alpha").await,
            write: world.cx("ana@alpha.test", "alpha").await,
            model: world.cx("ana@alpha.test", "alpha").await,
            world,
        }
    }
    /// A plan in which these attributes of these resources differ, an hour later.
    async fn push(&self, resources: &[(String, Value, Value)]) -> PushReport {
        self.world.clock.advance_seconds(3600);
        let drifted = resources.iter().map(|(address, before, after)| {
            let kind = address.split('.').next().unwrap();
            json!({"address": address, "type": kind, "change": {"actions": ["update"], "before": before, "after": after}})
        });
        let plan = json!({
            "format_version": "1.2", "planned_values": {}, "resource_drift": drifted.collect::<Vec<_>>(), "resource_changes": [],
        });
        let what = What {
            environment: "prod".into(),
            repository: "infra".into(),
            format: Format::TerraformPlan,
            file: "plan.json".into(),
            text: plan.to_string(),
        };
        drifts::push(&self.write, what, None).await.unwrap().report
    }
    async fn id(&self, number: i64) -> DriftId {
        drifts::find(&self.read, &number.to_string()).await.unwrap().id
    }
    async fn told(&self, number: i64) -> Told {
        causes::of(&self.read, self.id(number).await).await.unwrap().unwrap()
    }
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }
    async fn look(&self) -> usize {
        causes::run_due(&self.world.services).await.unwrap()
    }
    /// Forty drifts of two kinds, labelled as two causes that what they touch tells.
    async fn labelled(&self) {
        let resources: Vec<_> = (0..40)
            .map(|n| {
                let (key, old, new) = if n % 2 == 0 {
                    ("desired_capacity", json!(2), json!(9))
                } else {
                    ("tags", json!({"owner": "a"}), json!({"owner": "b"}))
                };
                (
                    format!("aws_thing.x{n:02}"),
                    json!({"id": format!("thing-{n:02}"), key: old}),
                    json!({"id": format!("thing-{n:02}"), key: new}),
                )
            })
            .collect();
        assert_eq!(self.push(&resources).await.new, 40);
        assert_eq!(self.look().await, 40);
        for number in 1..=40 {
            let found = drifts::find(&self.read, &number.to_string()).await.unwrap();
            let even = found.resource_id.ends_with(['0', '2', '4', '6', '8']);
            let cause = if even { Cause::AutomatedResponse } else { Cause::ConfigurationError };
            causes::label(&self.write, found.id, cause, "").await.unwrap();
        }
    }
    async fn train(&self) -> i64 {
        let training = models::train(&self.model).await.unwrap();
        assert_eq!(training.state, TrainingState::Running);
        assert_eq!(models::run_trainings(&self.world.services).await.unwrap(), 1);
        let ended = models::training(&self.read, training.id).await.unwrap();
        assert_eq!((ended.state, ended.failure), (TrainingState::Done, None));
        models::overview(&self.read).await.unwrap().versions[0].model.version
    }
}

fn group(cidr: &str) -> (String, Value, Value) {
    let of = |cidr: &str| json!({"id": "sg-0abc1", "ingress": [{"port": 22, "cidr_blocks": [cidr]}]});
    ("aws_security_group.web".to_owned(), of("10.0.0.0/8"), of(cidr))
}

fn told(kind: ExternalKind, id: &str, title: &str, at: Timestamp) -> NewExternal {
    NewExternal {
        correlation_type: kind,
        external_system: "elsewhere".into(),
        external_id: id.into(),
        title: title.into(),
        actor: None,
        environment: None,
        resource: None,
        impact: None,
        url: None,
        starts_at: at,
        ends_at: None,
        event_data: json!({}),
    }
}

#[tokio::test]
async fn what_is_near_a_drift_is_found_scored_and_decides() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[
            ("aws_s3_bucket.logs".to_owned(), json!({"id": "b", "acl": "x"}), json!({"id": "b", "acl": "y"})),
            group("10.0.0.0/8"),
        ])
        .await;
        let events: Cx<EventWrite> = room.world.cx("ana@alpha.test", "alpha").await;
        let at = room.now().plus_seconds(1800);
        let trail = json!({
            "id": "018bcfe5-6800-7000-8000-000000000001", "occurred_at": at, "severity": "info",
            "message": "AuthorizeSecurityGroupIngress on ec2.amazonaws.com by bea resource sg-0abc1",
            "userIdentity": {"type": "IAMUser", "userName": "bea"},
        });
        let other = json!({
            "id": "018bcfe5-6800-7000-8000-000000000002", "occurred_at": at, "severity": "info", "message": "nothing of sg-0abc12 here",
            "user": "cid",
        });
        let read = |event: &Value| {
            normalise(event.as_object().unwrap(), &Mapping::contract(), room.now().plus_seconds(3600)).unwrap()
        };
        service::events::ingest(&events, [trail, other].iter().map(read).collect(), Origin::Api).await.unwrap();
        room.push(&[group("0.0.0.0/0")]).await;
        assert!(causes::of(&room.read, room.id(2).await).await.unwrap().is_none());
        assert_eq!(room.look().await, 2);
        let first = room.told(2).await;
        assert_eq!(first.analysis.judged_by, "rules");
        assert_eq!(first.analysis.cause_category, Cause::ManualTroubleshooting, "{:?}", first.analysis);
        let action = &first.correlations[0];
        assert_eq!((action.correlation_type.as_str(), action.temporal_offset), ("audit_event", -1800));
        assert!(action.correlation_score > 0.9 && first.correlations.len() == 1, "{:?}", first.correlations);
        assert_eq!(first.analysis.user_attribution["people"][0]["actor"], "bea");
        assert_eq!(first.analysis.temporal_context["hours_unseen"], 1);
        let factors = first.analysis.contributing_factors.as_array().unwrap();
        assert!(factors.iter().any(|factor| factor["words"].as_str().unwrap().starts_with("a person acted")));
        // Who may not see events is not told of them.
        let mut actor: Actor = room.read.actor().clone();
        actor.permissions = PermissionSet::NONE.with(Key::DriftRead);
        let narrow: Cx<DriftRead> = room.world.services.admit(&actor).unwrap();
        let seen = causes::of(&narrow, room.id(2).await).await.unwrap().unwrap();
        assert!(seen.correlations.is_empty() && seen.analysis.user_attribution["people"] == json!([]));

        // A maintenance window is told afterwards: it is looked at again, and what went on is context.
        let window = NewExternal {
            impact: Some(Impact::Low),
            environment: Some("prod".into()),
            resource: Some("sg-0abc1".into()),
            ends_at: Some(room.now().plus_seconds(3600)),
            ..told(ExternalKind::Maintenance, "MW-1", "Firewall work", room.now().plus_seconds(-7200))
        };
        let elsewhere = NewExternal {
            environment: Some("staging".into()),
            ..told(ExternalKind::Incident, "INC-1", "Staging is down", room.now())
        };
        let ids = causes::tell(&room.write, vec![window.clone(), elsewhere]).await.unwrap();
        assert!(room.look().await >= 1);
        let second = room.told(2).await;
        assert_eq!(second.analysis.cause_category, Cause::IntentionalOverride, "{:?}", second.analysis);
        assert_eq!(second.analysis.id, first.analysis.id);
        let context = &second.contexts[0];
        assert_eq!((context.context_type.as_str(), context.time_window), ("maintenance", 10_800));
        assert_eq!((context.incident_impact, second.contexts.len()), (Some(Impact::Low), 1));
        // Told again under the same name it is changed, and cancelled so.
        let moved = NewExternal {
            starts_at: room.now().plus_seconds(-90 * 86_400),
            ends_at: None,
            ..window
        };
        assert_eq!(causes::tell(&room.write, vec![moved]).await.unwrap()[0], ids[0]);
        let page = causes::told(&room.read, 1, None).await.unwrap();
        let rest = causes::told(&room.read, 1, page.next_cursor.as_deref()).await.unwrap();
        assert_eq!((page.items[0].external_id.as_str(), rest.items[0].external_id.as_str()), ("INC-1", "MW-1"));
        // After the onset's window it is looked at once more, and then left alone.
        room.world.clock.advance_seconds(3 * 3600);
        assert!(room.look().await > 0);
        assert_eq!(room.look().await, 0);
        let wrong = causes::tell(&room.write, vec![told(ExternalKind::Incident, "", "x", room.now())]).await;
        let Err(Error::Invalid(why)) = wrong else { panic!("an event without a name is refused") };
        assert!(why.to_string().contains("events[0].external_id"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn one_who_changed_it_stands_before_many_who_only_read() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let bucket = |acl: &str| {
            let of = |acl: &str| json!({"id": "finance-books-2026", "bucket": "finance-books-2026", "acl": acl});
            ("aws_s3_bucket.books".to_owned(), of("private"), of(acl))
        };
        room.push(&[bucket("private")]).await;
        let events: Cx<EventWrite> = room.world.cx("ana@alpha.test", "alpha").await;
        let record = |who: &str, call: &str, second: i64, error: Option<&str>| {
            let at = room.now().plus_seconds(second);
            let record = json!({
                "occurred_at": at, "severity": "info", "message": format!("{call} by {who} on finance-books-2026"), "eventName": call,
                "errorCode": error, "userIdentity": {"type": "IAMUser", "userName": who},
            });
            normalise(record.as_object().unwrap(), &Mapping::contract(), at.plus_seconds(3600)).unwrap()
        };
        let mut records = vec![record("mallory", "PutBucketAcl", 60, None)];
        records.push(record("dan", "PutBucketAcl", 3000, Some("AccessDenied")));
        records.extend((0..1200).map(|n| record(&format!("reader{}", n % 8), "GetObject", 600 + n, None)));
        records.extend((0..60).map(|n| record("mallory", "PutBucketTagging", 100 + n, None)));
        service::events::ingest(&events, records, Origin::Api).await.unwrap();
        room.push(&[bucket("public-read")]).await;
        assert!(room.look().await >= 1);
        let told = room.told(1).await;
        let people = told.analysis.user_attribution["people"].as_array().unwrap().clone();
        assert_eq!(people.iter().map(|one| one["actor"].as_str().unwrap()).collect::<Vec<_>>(), ["mallory"]);
        let titles: Vec<_> =
            told.correlations.iter().map(|one| one.event_data["title"].as_str().unwrap()).collect();
        assert_eq!(titles.len(), 2, "{titles:?}");
        assert!(titles.iter().any(|title| title.starts_with("PutBucketAcl by mallory")), "{titles:?}");
        let times: Vec<_> = told.correlations.iter().map(|one| one.event_data["times"].clone()).collect();
        assert!(times.contains(&json!(60)), "{times:?}");
    })
    .await;
}

#[tokio::test]
async fn analysts_confirm_correct_and_take_back_and_nobody_else_can() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[group("0.0.0.0/0")]).await;
        let id = room.id(1).await;
        assert!(matches!(
            causes::label(&room.write, id, Cause::EmergencyFix, "").await,
            Err(Error::Conflict(_))
        ));
        room.look().await;
        assert_eq!(room.told(1).await.analysis.cause(), Cause::Unknown);
        causes::label(&room.write, id, Cause::Unknown, "").await.unwrap();
        causes::label(&room.write, id, Cause::EmergencyFix, " the pager said so ").await.unwrap();
        let label = room.told(1).await.analysis.label.unwrap();
        assert_eq!((label.category, label.note.as_deref()), (Cause::EmergencyFix, Some("the pager said so")));
        assert_eq!(label.by, "ana@alpha.test");
        // What is judged later leaves it alone.
        room.world.clock.advance_seconds(3 * 3600);
        assert_eq!(room.look().await, 1);
        assert_eq!(room.told(1).await.analysis.cause(), Cause::EmergencyFix);
        let long = "x".repeat(2_001);
        assert!(matches!(
            causes::label(&room.write, id, Cause::Unknown, &long).await,
            Err(Error::Invalid(_))
        ));
        causes::unlabel(&room.write, id).await.unwrap();
        assert!(matches!(causes::unlabel(&room.write, id).await, Err(Error::Conflict(_))));
        // Another organization's drift is not there.
        room.world.organization("beta").await;
        room.world.person("bob@beta.test", "beta", "admin").await;
        let foreign: Cx<DriftWrite> = room.world.cx("bob@beta.test", "beta").await;
        let reads: Cx<DriftRead> = room.world.cx("bob@beta.test", "beta").await;
        assert!(matches!(causes::label(&foreign, id, Cause::Unknown, "").await, Err(Error::NotFound)));
        assert!(matches!(causes::unlabel(&foreign, id).await, Err(Error::NotFound)));
        assert!(causes::of(&reads, id).await.unwrap().is_none());
        let actions = room.world.actions(room.read.actor().organization).await;
        let mine: Vec<&str> = actions.iter().map(String::as_str).filter(|a| a.starts_with("CAUSE")).collect();
        assert_eq!(mine, ["CAUSE_CONFIRMED", "CAUSE_CORRECTED", "CAUSE_LABEL_REMOVED"]);
    })
    .await;
}

#[tokio::test]
async fn the_figures_by_day_follow_what_is_known_of_a_cause() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[group("0.0.0.0/0")]).await;
        let organization = room.read.actor().organization;
        let figures = async || {
            drifts::metrics::refresh(&room.world.services, organization).await.unwrap();
            let period = Period { days: 30, ..Period::default() };
            let told = drifts::metrics::analytics(&room.read, &period).await.unwrap();
            told.now.causes.into_iter().collect::<Vec<_>>()
        };
        let all = async |cause: &str| {
            let q =
                domain::query::parse(&format!("cause:{cause}"), &domain::query::DRIFTS, room.now()).unwrap();
            let filter = DriftFilter { query: Some(q), ..DriftFilter::default() };
            let page = drifts::list(&room.read, &filter, DriftSort::Number, 50, None).await.unwrap();
            page.items.len()
        };
        // Nobody looked yet.
        assert_eq!(figures().await, [("unknown".to_owned(), 1)]);
        assert_eq!((all("unknown").await, all("emergency_fix").await), (1, 0));
        room.look().await;
        // Long after the day's row was written, an analyst knows; and is wrong.
        room.world.clock.advance_seconds(5 * 86_400);
        figures().await;
        room.world.clock.advance_seconds(3600);
        causes::label(&room.write, room.id(1).await, Cause::EmergencyFix, "").await.unwrap();
        assert_eq!(figures().await, [("emergency_fix".to_owned(), 1)]);
        assert_eq!((all("unknown").await, all("emergency_fix").await), (0, 1));
        room.world.clock.advance_seconds(3600);
        causes::unlabel(&room.write, room.id(1).await).await.unwrap();
        assert_eq!(figures().await, [("unknown".to_owned(), 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_model_learns_judges_is_shadowed_rolled_back_and_five_versions_stay() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let Err(Error::Conflict(why)) = models::train(&room.model).await else {
            panic!("nothing to learn from")
        };
        assert!(why.contains("0 labels"), "{why}");
        room.labelled().await;
        assert_eq!(room.train().await, 1);
        let overview = models::overview(&room.read).await.unwrap();
        let first = &overview.versions[0];
        assert!(first.model.is_active && first.model.deployed_at.is_some(), "{first:?}");
        assert_eq!(overview.labels, [(Cause::ConfigurationError, 20), (Cause::AutomatedResponse, 20)]);
        let measured = first.performance.as_ref().unwrap();
        assert!(measured.f1_score_macro > 0.9, "{measured:?}");
        assert_eq!(measured.confusion_matrix.as_array().unwrap().len(), 7);
        assert_eq!(overview.trainings[0].ml_model_id, Some(first.model.id));
        // Open drifts are judged anew, by the model.
        assert_eq!(room.look().await, 40);
        let judged = room.told(1).await;
        assert_eq!(judged.analysis.judged_by, "drift-causes 1");
        assert_eq!(judged.predictions.len(), 1);
        // A new drift of a resource that nobody labelled.
        room.push(&[(
            "aws_thing.new".to_owned(),
            json!({"id": "n", "desired_capacity": 1}),
            json!({"id": "n", "desired_capacity": 4}),
        )])
        .await;
        room.look().await;
        let fresh = room.told(41).await;
        assert_eq!(fresh.analysis.cause_category, Cause::AutomatedResponse, "{:?}", fresh.analysis);
        let factors = fresh.analysis.contributing_factors.as_array().unwrap();
        // Which of those that tell the kinds apart it goes by depends on which resources it learnt from.
        let tells =
            |words: &str| ["sizes and counts", "tags", "deep"].iter().any(|part| words.contains(part));
        assert!(factors.iter().any(|factor| tells(factor["words"].as_str().unwrap())), "{factors:?}");
        causes::label(&room.write, room.id(41).await, Cause::AutomatedResponse, "").await.unwrap();
        assert_eq!(models::overview(&room.read).await.unwrap().versions[0].tried, (1, 1));

        // The second is the shadow until somebody activates it; then back.
        assert_eq!(room.train().await, 2);
        let versions = models::overview(&room.read).await.unwrap().versions;
        assert!(versions[0].model.is_shadow && !versions[0].model.is_active && versions[1].model.is_active);
        room.look().await;
        let both = room.told(41).await;
        assert_eq!((both.predictions.len(), both.analysis.judged_by.as_str()), (2, "drift-causes 1"));
        models::activate(&room.model, versions[0].model.id).await.unwrap();
        assert!(matches!(models::activate(&room.model, versions[0].model.id).await, Err(Error::Conflict(_))));
        assert!(matches!(models::shadow(&room.model, versions[0].model.id).await, Err(Error::Conflict(_))));
        assert_eq!(models::roll_back(&room.model).await.unwrap().unwrap().version, 1);
        assert_eq!(models::roll_back(&room.model).await.unwrap(), None);
        assert!(matches!(models::roll_back(&room.model).await, Err(Error::Conflict(_))));
        room.look().await;
        assert_eq!(room.told(41).await.analysis.judged_by, "rules");
        models::shadow(&room.model, versions[1].model.id).await.unwrap();

        for _ in 0..5 {
            room.train().await;
        }
        let versions = models::overview(&room.read).await.unwrap().versions;
        assert_eq!(versions.iter().map(|one| one.model.version).collect::<Vec<_>>(), [7, 6, 5, 4, 3]);
        assert_eq!(versions.iter().filter(|one| one.model.is_shadow).count(), 1);
        // The one that judges is kept besides the five.
        models::activate(&room.model, versions[4].model.id).await.unwrap();
        for _ in 0..2 {
            room.train().await;
        }
        let versions = models::overview(&room.read).await.unwrap().versions;
        assert_eq!(versions.iter().map(|one| one.model.version).collect::<Vec<_>>(), [9, 8, 7, 6, 5, 3]);
        // Another organization has none of them.
        room.world.organization("beta").await;
        room.world.person("bob@beta.test", "beta", "admin").await;
        let foreign: Cx<ModelWrite> = room.world.cx("bob@beta.test", "beta").await;
        assert!(matches!(models::activate(&foreign, versions[0].model.id).await, Err(Error::NotFound)));
        assert!(matches!(models::shadow(&foreign, versions[0].model.id).await, Err(Error::NotFound)));
        let reads: Cx<DriftRead> = room.world.cx("bob@beta.test", "beta").await;
        assert!(models::overview(&reads).await.unwrap().versions.is_empty());
    })
    .await;
}

#[tokio::test]
async fn one_training_runs_at_a_time_and_another_server_does_not_take_it() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.labelled().await;
        models::train(&room.model).await.unwrap();
        assert!(matches!(models::train(&room.model).await, Err(Error::Conflict(_))));
        let second = room.world.second_process();
        let (one, other) =
            tokio::join!(models::run_trainings(&room.world.services), models::run_trainings(&second));
        assert_eq!(one.unwrap() + other.unwrap(), 1);
        assert_eq!(models::run_trainings(&second).await.unwrap(), 0);
        assert_eq!(models::overview(&room.read).await.unwrap().versions.len(), 1);
    })
    .await;
}
