//! The table of rules that make a change matter: changed, added, put back, and what pushes make of it.

use domain::permission::{DriftRead, DriftWrite};
use serde_json::{Value, json};
use service::drifts::{self, Rule, TableRule, When};
use service::{Cx, Error};
use testkit::for_each_backend;

use crate::drifts::Room;

async fn rule(room: &Room, id: &str) -> TableRule {
    drifts::rule_table(&room.read).await.unwrap().into_iter().find(|one| one.rule.id == id).unwrap()
}

fn queue(seconds: i64) -> (&'static str, Value, Value) {
    (
        "aws_sqs_queue.jobs",
        json!({"id": "q", "delay_seconds": 5}),
        json!({"id": "q", "delay_seconds": seconds}),
    )
}

#[tokio::test]
async fn pushes_are_judged_by_the_rules_of_the_organization() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[queue(9)]).await;
        let before = room.get("1").await;
        assert_eq!(before.critical_count, 0);
        let brought = rule(&room, "size").await;
        assert_eq!((brought.version, brought.is_brought, brought.is_enabled), (0, true, true));
        let own = Rule {
            id: "late-jobs".into(),
            what: "Jobs wait".into(),
            why: "Orders are late.".into(),
            types: vec!["aws_sqs_*".into()],
            paths: vec!["**.delay_seconds".into()],
            except: Vec::new(),
            when: When::Any,
            critical: true,
            security: 0.95,
            ..brought.rule.clone()
        };
        let saved = drifts::save_rule(&room.write, own.clone(), true, 0).await.unwrap();
        assert_eq!(
            (saved.version, saved.is_brought, saved.updated_by.as_deref()),
            (1, false, Some("ana@alpha.test"))
        );
        room.push(&[queue(9)]).await;
        let judged = room.get("1").await;
        assert!(judged.critical_count == 1 && judged.severity_score > 0.9, "{judged:?}");
        // Off, it says nothing; an older version is not written over a newer one.
        assert!(matches!(
            drifts::save_rule(&room.write, own.clone(), false, 0).await,
            Err(Error::Conflict(_))
        ));
        drifts::save_rule(&room.write, own.clone(), false, 1).await.unwrap();
        room.push(&[queue(9)]).await;
        assert_eq!(room.get("1").await.critical_count, 0);
        drifts::reset_rule(&room.write, "late-jobs").await.unwrap();
        assert!(matches!(drifts::reset_rule(&room.write, "late-jobs").await, Err(Error::NotFound)));
        // One that is brought is changed in place, and put back.
        let heavier = Rule { cost: 1.0, ..brought.rule.clone() };
        drifts::save_rule(&room.write, heavier, true, 0).await.unwrap();
        let changed = rule(&room, "size").await;
        assert_eq!((changed.rule.cost, changed.version, changed.is_brought), (1.0, 1, true));
        drifts::reset_rule(&room.write, "size").await.unwrap();
        assert_eq!(rule(&room, "size").await, brought);
        let actions = room.world.actions(room.write.actor().organization).await;
        let mine: Vec<&str> =
            actions.iter().map(String::as_str).filter(|a| a.starts_with("DRIFT_RULE")).collect();
        assert_eq!(
            mine,
            [
                "DRIFT_RULE_CHANGED",
                "DRIFT_RULE_CHANGED",
                "DRIFT_RULE_RESET",
                "DRIFT_RULE_CHANGED",
                "DRIFT_RULE_RESET"
            ]
        );
        // Every problem at once.
        let bad = Rule { types: Vec::new(), security: 2.0, when: When::Is(Vec::new()), ..own };
        let Err(Error::Invalid(why)) = drifts::save_rule(&room.write, bad, true, 0).await else {
            panic!("it is refused")
        };
        let fields: Vec<&str> = why.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["types", "values", "security"]);
    })
    .await;
}

#[tokio::test]
async fn the_rules_of_another_organization_are_its_own() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let brought = rule(&room, "size").await;
        drifts::save_rule(&room.write, Rule { cost: 1.0, ..brought.rule.clone() }, true, 0).await.unwrap();
        room.world.organization("beta").await;
        room.world.person("eve@beta.test", "beta", "admin").await;
        let (read, write): (Cx<DriftRead>, Cx<DriftWrite>) =
            (room.world.cx("eve@beta.test", "beta").await, room.world.cx("eve@beta.test", "beta").await);
        assert_eq!(drifts::rule_table(&read).await.unwrap().iter().filter(|one| one.version > 0).count(), 0);
        assert!(matches!(drifts::reset_rule(&write, "size").await, Err(Error::NotFound)));
        let unknown = Rule { id: "elsewhere".into(), ..brought.rule };
        assert!(matches!(drifts::save_rule(&write, unknown, true, 1).await, Err(Error::NotFound)));
        assert!((rule(&room, "size").await.rule.cost - 1.0).abs() < f64::EPSILON);
    })
    .await;
}
