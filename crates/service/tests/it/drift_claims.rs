//! What people say of a drift, and what the next push says of that.

use domain::drift::metrics::Period;
use domain::drift::{Act, DriftStatus, IgnoreScope, Resolution};
use domain::permission::EventRead;
use domain::recommendation::Recommendation;
use serde_json::{Value, json};
use service::drifts::{self, Scoped, metrics};
use service::{Cx, rollups};
use testkit::for_each_backend;

use crate::drifts::Room;

const DAY: i64 = 86_400;

type Pushed = (&'static str, Value, Value);

fn off(address: &'static str) -> Pushed {
    (address, json!({"x": 1, "y": 1}), json!({"x": 2, "y": 2}))
}

fn fine(address: &'static str) -> Pushed {
    (address, json!({"x": 1, "y": 1}), json!({"x": 1, "y": 1}))
}

async fn resolve(room: &Room, number: &str, how: Resolution) {
    let id = room.get(number).await.id;
    let done = drifts::act(&room.write, &[id], Act::Resolve(how), "done").await.unwrap();
    assert_eq!(done.changed(), 1);
}

/// Drifts that came and that were resolved in the last week, and the mean time to resolve, after the job ran.
async fn figures(room: &Room) -> (i64, i64, Option<i64>) {
    metrics::refresh_all(&room.world.services).await.unwrap();
    let cx: Cx<EventRead> = room.world.cx("ana@alpha.test", "alpha").await;
    assert_eq!(rollups::check(&cx).await.unwrap(), [""; 0]);
    let told = metrics::analytics(&room.read, &Period { days: 7, ..Period::default() }).await.unwrap().now;
    (told.came, told.resolved, told.times.mean())
}

#[tokio::test]
async fn a_claim_that_a_push_refutes_keeps_the_onset_and_resolves_nothing() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[off("a.one"), off("a.two")]).await;
        let onset = room.get("1").await.detected_at;
        room.world.clock.advance_seconds(DAY);
        resolve(&room, "1", Resolution::CodifyIac).await;
        resolve(&room, "2", Resolution::AutoRevert).await;
        assert_eq!(figures(&room).await, (2, 2, Some(DAY)));
        // A push that does not look at one says nothing of it.
        room.push(&[off("a.two")]).await;
        assert_eq!(room.get("1").await.state.resolution_type, Some(Resolution::CodifyIac));
        room.world.clock.advance_seconds(DAY);
        room.push(&[off("a.one"), off("a.two")]).await;
        for number in ["1", "2"] {
            let drift = room.get(number).await;
            assert_eq!((drift.state.status, drift.detected_at), (DriftStatus::Open, onset));
            assert_eq!((drift.state.resolved_at, drift.state.absent_at), (None, None));
            assert_eq!(room.steps(number).await, ["detected", "resolved", "refuted"]);
        }
        // On the day of the claim too.
        assert_eq!(figures(&room).await, (2, 0, None));
        let advice = drifts::recommendations(&room.read, room.get("2").await.id).await.unwrap();
        assert!(advice.iter().any(|one| one.succeeded == Some(false)), "it was done, and did not hold");
        assert!(advice.iter().any(Recommendation::is_open), "and there is new advice");

        // A claim that is true counts once, from the onset on.
        room.world.clock.advance_seconds(DAY - 120);
        resolve(&room, "1", Resolution::CodifyIac).await;
        room.push(&[fine("a.one"), off("a.two")]).await;
        assert_eq!(figures(&room).await, (2, 1, Some(3 * DAY)));
    })
    .await;
}

#[tokio::test]
async fn what_was_gone_since_the_claim_comes_back_with_a_new_onset() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[off("a.one"), off("a.two")]).await;
        let onset = room.get("1").await.detected_at;
        resolve(&room, "1", Resolution::AutoRevert).await;
        assert_eq!(room.get("1").await.state.absent_at, None);
        room.push(&[fine("a.one"), off("a.two")]).await;
        let absent = room.get("1").await.state.absent_at;
        assert_eq!(absent, Some(room.read.now()));
        // The first push that could says it; its word stays.
        room.push(&[fine("a.one"), off("a.two")]).await;
        assert_eq!(room.get("1").await.state.absent_at, absent);
        room.push(&[off("a.one"), off("a.two")]).await;
        let back = room.get("1").await;
        assert!(back.detected_at > onset && back.state.absent_at.is_none());
        assert_eq!(room.steps("1").await, ["detected", "resolved", "returned"]);
        assert_eq!(figures(&room).await, (3, 1, Some(0)));

        // Opened again by people, the next claim is checked anew.
        resolve(&room, "1", Resolution::AutoRevert).await;
        room.push(&[fine("a.one"), off("a.two")]).await;
        drifts::act(&room.write, &[back.id], Act::Reopen, "").await.unwrap();
        resolve(&room, "1", Resolution::CodifyIac).await;
        assert_eq!(room.get("1").await.state.absent_at, None);
        room.push(&[off("a.one"), off("a.two")]).await;
        assert_eq!(room.get("1").await.detected_at, back.detected_at);
        assert_eq!(room.steps("1").await.last().unwrap(), "refuted");
    })
    .await;
}

/// Nobody looked whether it is gone: it is hidden.
#[tokio::test]
async fn what_a_rule_leaves_out_after_a_claim_was_not_gone() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[off("a.one"), off("a.two"), off("b.three")]).await;
        let onset = room.get("1").await.detected_at;
        for number in ["1", "2"] {
            resolve(&room, number, Resolution::AutoRevert).await;
        }
        let how = Scoped { scope: IgnoreScope::Environment, reason: "hidden".into(), days: None };
        let hides = drifts::accept(&room.write, room.get("3").await.id, &how).await.unwrap();
        // One is still there, though all of it is left out; the other is gone.
        room.push(&[off("a.one"), fine("a.two"), off("b.three")]).await;
        assert_eq!(room.get("1").await.state.absent_at, None);
        assert_eq!(room.get("2").await.state.absent_at, Some(room.read.now()));
        drifts::undo(&room.write, hides.action_id).await.unwrap();
        room.push(&[off("a.one"), off("a.two"), off("b.three")]).await;
        assert_eq!(room.get("1").await.detected_at, onset);
        assert!(room.get("2").await.detected_at > onset);
    })
    .await;
}
