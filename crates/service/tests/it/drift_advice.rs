//! What is recommended about drifts, what people make of it, and what the next push says of that.

use domain::drift::{Act, Resolution};
use domain::permission::{AuditRead, DriftRead, DriftWrite};
use domain::recommendation::{
    Recommendation, RecommendationStatus as Status, RecommendationType as Kind, Urgency,
};
use serde_json::{Value, json};
use service::drifts::{self, Scoped};
use service::{Cx, Error};
use testkit::for_each_backend;

use crate::drifts::{Room, SG};

type Pushed = (&'static str, Value, Value);

fn open_door() -> Pushed {
    let sg = |cidr: &str| json!({"id": "sg-1", "ingress": [{"port": 22, "cidr_blocks": [cidr]}]});
    (SG, sg("10.0.0.0/8"), sg("0.0.0.0/0"))
}

fn larger(name: &'static str) -> Pushed {
    (name, json!({"id": "i", "instance_type": "t3.small"}), json!({"id": "i", "instance_type": "t3.large"}))
}

fn fine(pushed: &Pushed) -> Pushed {
    (pushed.0, pushed.1.clone(), pushed.1.clone())
}

async fn advice(room: &Room, name: &str) -> Vec<Recommendation> {
    let id = room.get(name).await.id;
    drifts::recommendations(&room.read, id).await.unwrap()
}

async fn of_kind(room: &Room, name: &str, kind: Kind) -> Recommendation {
    advice(room, name).await.into_iter().find(|r| r.recommendation_type == kind).unwrap()
}

async fn record(room: &Room, rule: &str) -> domain::recommendation::Track {
    drifts::records(&room.read).await.unwrap().into_iter().find(|r| r.rule == rule).unwrap().track
}

#[tokio::test]
async fn a_push_recommends_and_the_next_one_says_whether_it_held() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        // Numbers follow the addresses: the instance is the first.
        room.push(&[open_door(), larger("aws_instance.a")]).await;
        let made = advice(&room, "2").await;
        let told: Vec<(&str, Kind, Urgency)> =
            made.iter().map(|r| (r.rule.as_str(), r.recommendation_type, r.priority)).collect();
        assert_eq!(
            told,
            [
                ("revert-critical", Kind::AutoRevert, Urgency::Critical),
                ("escalate-critical", Kind::EscalateReview, Urgency::Critical)
            ]
        );
        assert!(made.iter().all(|r| r.is_open() && r.expires_at > Some(r.created_at) && !r.steps.is_empty()));
        // Seen again, nothing is said twice.
        room.push(&[open_door(), larger("aws_instance.a")]).await;
        assert_eq!(advice(&room, "2").await, made);

        // Steps are ticked by whoever did them, and stay theirs.
        let first = &made[0];
        let ticked = drifts::tick(&room.write, first.id, &[0, 2]).await.unwrap();
        let done: Vec<bool> = ticked.steps.iter().map(|step| step.done_at.is_some()).collect();
        assert_eq!(done[..3], [true, false, true]);
        assert_eq!(ticked.steps[0].done_by.as_deref(), Some("ana@alpha.test"));
        let again = drifts::tick(&room.write, first.id, &[0]).await.unwrap();
        assert_eq!((again.steps[0].done_at, again.steps[2].done_at), (ticked.steps[0].done_at, None));

        // Doing what it says resolves the drift; the other one is overtaken.
        drifts::implement(&room.write, first.id, "closed").await.unwrap();
        let drift = room.get("2").await;
        assert_eq!(drift.state.resolution_type, Some(Resolution::AutoRevert));
        let after = of_kind(&room, "2", Kind::AutoRevert).await;
        assert_eq!(
            (after.status, after.succeeded, after.note.as_deref()),
            (Status::Implemented, None, Some("closed"))
        );
        assert!(after.implemented_at.is_some());
        assert_eq!(of_kind(&room, "2", Kind::EscalateReview).await.status, Status::Superseded);
        let twice = drifts::implement(&room.write, first.id, "").await;
        assert!(matches!(twice, Err(Error::Conflict(why)) if why == "it was done already"));

        // A push that does not look at it says nothing; one that does says that it held.
        room.push(&[larger("aws_instance.a")]).await;
        assert_eq!(of_kind(&room, "2", Kind::AutoRevert).await.succeeded, None);
        room.push(&[fine(&open_door()), larger("aws_instance.a")]).await;
        let held = of_kind(&room, "2", Kind::AutoRevert).await;
        assert_eq!(
            (held.succeeded, &held.implementation_result.unwrap()["success"]),
            (Some(true), &json!(true))
        );
        assert_eq!(record(&room, "revert-critical").await.success(), Some(1.0));
        // There again, it did not, and there is new advice.
        room.push(&[open_door(), larger("aws_instance.a")]).await;
        let all = advice(&room, "2").await;
        assert_eq!(all.iter().filter(|r| r.is_open()).count(), 2);
        assert_eq!(all.iter().find(|r| r.status == Status::Implemented).unwrap().succeeded, Some(false));
        let track = record(&room, "revert-critical").await;
        assert_eq!((track.made, track.implemented, track.succeeded, track.failed), (2, 1, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn what_people_do_with_a_drift_is_what_was_recommended_or_overtakes_it() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[larger("aws_instance.a"), larger("aws_instance.b"), open_door()]).await;
        let ids = [room.get("1").await.id, room.get("2").await.id, room.get("3").await.id];
        // By the button of the drift, whoever recommended it.
        let codified =
            drifts::act(&room.write, &[ids[0]], Act::Resolve(Resolution::CodifyIac), "merged").await.unwrap();
        assert_eq!(of_kind(&room, "1", Kind::CodifyIac).await.status, Status::Implemented);
        assert_eq!(of_kind(&room, "1", Kind::AutoRevert).await.status, Status::Superseded);
        // Taken back, all of it is open again.
        drifts::undo(&room.write, codified.action_id.unwrap()).await.unwrap();
        assert!(advice(&room, "1").await.iter().all(|r| r.is_open() && r.implemented_at.is_none()));
        // Accepting is no advice here, and overtakes it.
        let how =
            Scoped { scope: domain::drift::IgnoreScope::Resource, reason: "load".into(), days: Some(3) };
        drifts::accept(&room.write, ids[1], &how).await.unwrap();
        assert!(advice(&room, "2").await.iter().all(|r| r.status == Status::Superseded));
        // Escalating is done by escalating.
        let up = of_kind(&room, "3", Kind::EscalateReview).await;
        assert!(matches!(drifts::implement(&room.write, up.id, "").await, Err(Error::Conflict(_))));
        let open = room.world.cx("ana@alpha.test", "alpha").await;
        drifts::escalate(&room.write, &open, ids[2], "who?").await.unwrap();
        let up = of_kind(&room, "3", Kind::EscalateReview).await;
        assert_eq!((up.status, up.succeeded), (Status::Implemented, Some(true)));
        let audit: Cx<AuditRead> = room.world.cx("ana@alpha.test", "alpha").await;
        let actions = room.world.actions(audit.actor().organization).await;
        assert!(actions.iter().any(|action| action == "DRIFT_ESCALATED"));
    })
    .await;
}

#[tokio::test]
async fn advice_that_nobody_takes_is_ranked_lower_and_ends_by_itself() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let names =
            ["aws_instance.a", "aws_instance.b", "aws_instance.c", "aws_instance.d", "aws_instance.e"];
        room.push(&names.map(larger)).await;
        for number in 1..=5 {
            let one = of_kind(&room, &number.to_string(), Kind::CodifyIac).await;
            assert_eq!(one.priority, Urgency::Medium);
            assert!(matches!(drifts::dismiss(&room.write, one.id, " ").await, Err(Error::Invalid(_))));
            drifts::dismiss(&room.write, one.id, "we shrink it anyway").await.unwrap();
        }
        let track = record(&room, "codify-capacity").await;
        assert_eq!((track.dismissed, track.adoption(), track.is_poor()), (5, Some(0.0), true));
        let mut all: Vec<Pushed> = names.map(larger).to_vec();
        all.push(larger("aws_instance.f"));
        room.push(&all).await;
        let poor = of_kind(&room, "6", Kind::CodifyIac).await;
        assert_eq!(poor.priority, Urgency::Low);
        assert!(
            poor.rationale.ends_with("Ranked lower: of 5 pieces of such advice 0 were taken."),
            "{}",
            poor.rationale
        );
        // Nobody answers: it ends, and the next push says it anew.
        room.world.clock.advance_seconds(31 * 86_400);
        let swept = service::housekeeping::run(&room.world.services).await.unwrap();
        assert!(swept.recommendations >= 2, "{swept:?}");
        let ended = of_kind(&room, "6", Kind::CodifyIac).await;
        assert_eq!((ended.status, ended.decided_by.as_deref()), (Status::Expired, Some("time")));
        assert!(matches!(drifts::dismiss(&room.write, ended.id, "late").await, Err(Error::Conflict(_))));
        room.push(&all).await;
        assert!(advice(&room, "6").await.iter().any(Recommendation::is_open));
        // What was dismissed is not said again, and keeps nothing else from being said.
        let open: Vec<Kind> =
            advice(&room, "1").await.iter().filter(|r| r.is_open()).map(|r| r.recommendation_type).collect();
        assert_eq!(open, [Kind::AutoRevert]);
    })
    .await;
}

#[tokio::test]
async fn advice_of_another_organization_is_not_found() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[larger("aws_instance.a")]).await;
        let one = of_kind(&room, "1", Kind::CodifyIac).await;
        room.world.organization("beta").await;
        room.world.person("eve@beta.test", "beta", "admin").await;
        let (read, write): (Cx<DriftRead>, Cx<DriftWrite>) =
            (room.world.cx("eve@beta.test", "beta").await, room.world.cx("eve@beta.test", "beta").await);
        assert!(matches!(drifts::tick(&write, one.id, &[0]).await, Err(Error::NotFound)));
        assert!(matches!(drifts::implement(&write, one.id, "").await, Err(Error::NotFound)));
        assert!(matches!(drifts::dismiss(&write, one.id, "mine").await, Err(Error::NotFound)));
        assert!(drifts::recommendations(&read, one.drift_id).await.unwrap().is_empty());
        assert_eq!(of_kind(&room, "1", Kind::CodifyIac).await, one);
    })
    .await;
}
