//! What a reader refuted on the running product: what is ignored weighs nothing, what an acceptance left out comes back with it, noise and
//! states are kept with the resource.

use domain::Severity;
use domain::drift::{Act, DriftStatus, IgnoreScope, Resolution, Verdict};
use serde_json::{Value, json};
use service::drifts::{self, Outcome, Scoped};
use service::{Cx, Error};
use testkit::for_each_backend;

use crate::drifts::{Room, plan, what};

fn how(scope: IgnoreScope) -> Scoped {
    Scoped { scope, reason: "a controller sets it".into(), days: None }
}

fn because(drift: &domain::drift::Drift) -> String {
    drift.metadata["because"].to_string()
}

/// A database that became public, and got another note.
fn public() -> (&'static str, Value, Value) {
    (
        "aws_db_instance.a",
        json!({"publicly_accessible": false, "storage_encrypted": true, "note": "a"}),
        json!({"publicly_accessible": true, "storage_encrypted": false, "note": "b"}),
    )
}

#[tokio::test]
async fn what_is_ignored_weighs_nothing_until_it_is_told_again() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[public()]).await;
        let whole = room.get("1").await;
        assert_eq!((whole.severity(), whole.critical_count), (Severity::Critical, 2));
        assert!(because(&whole).contains("Made public") && because(&whole).contains("Encryption is off"));
        for path in ["publicly_accessible", "storage_encrypted"] {
            drifts::ignore(&room.write, whole.id, path, &how(IgnoreScope::Resource)).await.unwrap();
        }
        let calm = |drift: &domain::drift::Drift| {
            assert!(drift.severity_score < 0.15, "{}", drift.severity_score);
            assert!(drift.risk_assessment["security"].as_f64().unwrap() <= 0.1, "{}", drift.risk_assessment);
            assert!(!because(drift).contains("Made public") && !because(drift).contains("Encryption"));
            assert_eq!(drift.critical_count, 0);
        };
        calm(&room.get("1").await);
        room.push(&[public()]).await;
        calm(&room.get("1").await);

        // A new drift, with the rule in force before it came.
        let mut other = public();
        other.0 = "aws_db_instance.b";
        drifts::ignore(&room.write, whole.id, "note", &how(IgnoreScope::Type)).await.unwrap();
        assert_eq!(room.get("1").await.state.status, DriftStatus::Resolved, "nothing is left of it");
        room.push(&[public(), other]).await;
        let new = room.get("2").await;
        assert!(because(&new).contains("Made public"), "the rule is for another resource");

        // A rule that is lifted: open drifts are what they were, at once.
        let rule = drifts::ignore(&room.write, new.id, "publicly_accessible", &how(IgnoreScope::Resource))
            .await
            .unwrap();
        assert!(!because(&room.get("2").await).contains("Made public"));
        let rules = drifts::ignores(&room.read).await.unwrap();
        let rule = rules.iter().find(|one| one.action_id == Some(rule.action_id)).unwrap();
        drifts::lift(&room.write, rule.id).await.unwrap();
        let again = room.get("2").await;
        assert_eq!(
            (again.severity_score, again.risk_assessment.clone(), because(&again)),
            (new.severity_score, new.risk_assessment.clone(), because(&new))
        );
        let mut other = public();
        other.0 = "aws_db_instance.b";
        let report = room.push(&[public(), other]).await;
        assert_eq!((report.new, report.resolved), (0, 0), "the same drift, not another one");
        assert_eq!(room.get("2").await.seen_count, 2);
    })
    .await;
}

#[tokio::test]
async fn what_an_acceptance_left_out_comes_back_with_undo_and_with_reopening() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[public()]).await;
        let drift = room.get("1").await;
        let in_force = async || {
            let rules = drifts::ignores(&room.read).await.unwrap();
            rules.iter().filter(|rule| rule.is_in_force(room.read.now())).count()
        };
        // Undone.
        let done = drifts::accept(&room.write, drift.id, &how(IgnoreScope::Type)).await.unwrap();
        assert_eq!((done.hidden, in_force().await), (1, 3));
        let undone = drifts::undo(&room.write, done.action_id).await.unwrap();
        assert_eq!((undone.changed(), in_force().await), (1, 0));
        let open = room.get("1").await;
        assert_eq!(
            (open.state.status, open.change_count, open.severity_score),
            (DriftStatus::Open, 3, drift.severity_score)
        );
        // Reopened.
        drifts::accept(&room.write, drift.id, &how(IgnoreScope::Resource)).await.unwrap();
        assert_eq!((room.push(&[public()]).await.drifted, in_force().await), (0, 3));
        let report = drifts::act(&room.write, &[drift.id, drift.id], Act::Reopen, "").await.unwrap();
        let outcomes: Vec<Outcome> = report.results.iter().map(|item| item.outcome).collect();
        assert_eq!(outcomes, [Outcome::Done], "one that is named twice is told once");
        let open = room.get("1").await;
        assert_eq!((open.state.status, open.change_count, in_force().await), (DriftStatus::Open, 3, 0));
        let report = room.push(&[public()]).await;
        assert_eq!((report.drifted, report.new, report.resolved, report.ignored), (1, 0, 0, 0));
        // One property of many, undone.
        let one = drifts::ignore(&room.write, drift.id, "note", &how(IgnoreScope::Resource)).await.unwrap();
        assert_eq!((room.get("1").await.change_count, in_force().await), (2, 1));
        assert_eq!(drifts::undo(&room.write, one.action_id).await.unwrap().changed(), 1);
        assert_eq!((room.get("1").await.change_count, in_force().await), (3, 0));
        // A rule that found nothing open has no step in any history.
        drifts::act(&room.write, &[drift.id], Act::Resolve(Resolution::AutoRevert), "").await.unwrap();
        let alone = drifts::ignore(&room.write, drift.id, "note", &how(IgnoreScope::Resource)).await.unwrap();
        assert_eq!((alone.hidden, in_force().await), (0, 1));
        let undone = drifts::undo(&room.write, alone.action_id).await.unwrap();
        assert_eq!((undone.results.len(), in_force().await), (0, 0));
        assert!(matches!(drifts::undo(&room.write, alone.action_id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_resource_was_in_order_when_a_push_found_it_so() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let at = async |name: &str| {
            let drift = room.get(name).await;
            store::drift::in_order_at(&mut room.read.read().await.unwrap(), drift.id).await.unwrap()
        };
        let ok = |address: &'static str| (address, json!({"x": 1}), json!({"x": 1}));
        let off = |address: &'static str| (address, json!({"x": 1}), json!({"x": 2}));
        room.push(&[ok("a.one")]).await;
        let first = room.read.now();
        room.push(&[off("a.one"), off("a.two")]).await;
        assert_eq!(at("1").await, Some(first));
        assert_eq!(at("2").await, None, "no push had named it before");
        room.push(&[off("a.one"), ok("a.two")]).await;
        let second = room.read.now();
        room.push(&[off("a.one"), off("a.two")]).await;
        assert_eq!((at("1").await, at("2").await), (Some(first), Some(second)));
    })
    .await;
}

#[tokio::test]
async fn noise_and_states_are_kept_with_the_resource() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let same = (
            "a.same",
            json!({"port": "80", "db_pass": "hunter2"}),
            json!({"port": 80, "db_pass": "hunter2"}),
        );
        let off = ("a.off", json!({"x": 1, "db_pass": "hunter2"}), json!({"x": 2, "db_pass": "hunter2"}));
        room.push(&[same, off]).await;
        let all =
            drifts::resources(&room.read, &drifts::ResourceFilter::default(), 10, None).await.unwrap().items;
        let of = async |address: &str| {
            let found = all.iter().find(|one| one.resource_id == address).unwrap();
            drifts::resource(&room.read, found.id).await.unwrap()
        };
        let same = of("a.same").await;
        assert_eq!((same.resource.verdict, same.in_sync_at), (Verdict::InSync, Some(room.read.now())));
        assert_eq!(same.noise[0]["reason"], "the same number, written in another way");
        assert_eq!(same.declared_state, json!({"port": "80", "db_pass": "(sensitive)"}));
        assert_eq!((same.actual_state, same.drifts.len()), (None, 0));
        let off = of("a.off").await;
        assert_eq!((off.drifts.len(), off.in_sync_at), (1, None));
        assert_eq!(off.actual_state.unwrap()["x"], 2);

        room.world.organization("beta").await;
        room.world.person("ben@beta.test", "beta", "admin").await;
        let others: Cx<domain::permission::DriftRead> = room.world.cx("ben@beta.test", "beta").await;
        assert!(matches!(drifts::resource(&others, off.resource.id).await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn an_empty_text_is_refused_and_makes_nothing() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        for format in domain::drift::Format::ALL {
            let asked = drifts::What { format: *format, ..what(" \n".to_owned()) };
            let refused = drifts::push(&room.write, asked, None).await;
            assert!(
                matches!(&refused, Err(Error::Invalid(why)) if why.to_string().contains("empty")),
                "{refused:?}"
            );
        }
        assert!(drifts::repositories(&room.read).await.unwrap().is_empty());
        let asked = what(plan(&[public()]));
        drifts::push(&room.write, asked, None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn days_that_wait_to_be_computed_are_not_wrong_yet() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let events: Cx<domain::permission::EventRead> = room.world.cx("ana@alpha.test", "alpha").await;
        let organization = room.read.actor().organization;
        room.push(&[public()]).await;
        assert_eq!(service::rollups::check(&events).await.unwrap(), [""; 0], "no run came yet");
        drifts::metrics::refresh(&room.world.services, organization).await.unwrap();
        room.world.clock.advance_seconds(2 * 86_400);
        room.push(&[]).await;
        let (at, before, after) = public();
        room.push(&[(at, before.clone(), before), ("a.other", json!({"x": 1}), after)]).await;
        assert_eq!(service::rollups::check(&events).await.unwrap(), [""; 0]);
        // A row that is wrong is still told, once nothing of its day waits.
        let mut tx = store::SystemTx::across_all_organizations(&room.world.t.db).await.unwrap();
        let now = room.read.now();
        let none = domain::drift::metrics::Rows::new();
        store::drift::metrics::put(&mut tx.within(organization), domain::Timestamp::EPOCH, &none, now)
            .await
            .unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        room.world.clock.advance_seconds(86_400);
        assert!(!service::rollups::check(&events).await.unwrap().is_empty());
    })
    .await;
}
