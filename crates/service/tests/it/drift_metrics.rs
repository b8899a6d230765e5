//! The figures of drift by the day: one job, any number of times, equal to what they count.

use domain::audit::AuditFilter;
use domain::drift::metrics::Period;
use domain::drift::{Act, Resolution};
use domain::permission::{AuditRead, DriftExport, DriftRead, EventRead, EventWrite};
use serde_json::{Value, json};
use service::drifts::{self, metrics};
use service::{Cx, rollups};
use testkit::for_each_backend;

use crate::drifts::Room;

const DAY: i64 = 86_400;

fn differs(name: &'static str, is: &str) -> (&'static str, Value, Value) {
    (name, json!({"id": "i", "instance_type": "t3.small"}), json!({"id": "i", "instance_type": is}))
}

fn days(days: i64) -> Period {
    Period { days, ..Period::default() }
}

async fn problems(room: &Room) -> Vec<String> {
    let cx: Cx<EventRead> = room.world.cx("ana@alpha.test", "alpha").await;
    rollups::check(&cx).await.unwrap()
}

#[tokio::test]
async fn the_job_writes_what_happened_and_writes_it_once() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        assert_eq!(metrics::refresh_all(&room.world.services).await.unwrap(), 0, "nothing to count");
        let (a, b) = (differs("aws_instance.a", "t3.large"), differs("aws_instance.b", "t3.large"));
        room.push(&[a.clone(), b.clone()]).await;
        assert_eq!(problems(&room).await, [""; 0], "the job has not run: the day waits, and is not wrong");
        assert_eq!(metrics::refresh_all(&room.world.services).await.unwrap(), 1);
        assert_eq!(problems(&room).await, [""; 0]);

        // Two days later one is written into the code, and the other is gone by itself an hour after.
        room.world.clock.advance_seconds(2 * DAY);
        let id = room.get("1").await.id;
        let done = drifts::act(&room.write, &[id], Act::Resolve(Resolution::CodifyIac), "").await.unwrap();
        room.world.clock.advance_seconds(3_540);
        room.push(&[differs("aws_instance.a", "t3.small"), differs("aws_instance.b", "t3.small")]).await;
        metrics::refresh_all(&room.world.services).await.unwrap();
        assert_eq!(problems(&room).await, [""; 0]);
        let told = metrics::analytics(&room.read, &days(7)).await.unwrap();
        assert_eq!((told.now.came, told.now.resolved, told.before.came), (2, 2, 0));
        assert_eq!(told.now.times.mean(), Some(2 * DAY + 1_800));
        assert_eq!(told.days.len(), 7);
        assert_eq!(
            told.days.iter().map(|(_, f)| (f.came, f.resolved)).filter(|f| *f != (0, 0)).collect::<Vec<_>>(),
            [(2, 0), (0, 2)]
        );
        assert_eq!((told.now.decided, told.now.implemented, told.now.adoption()), (1, 1, Some(1.0)));
        assert_eq!(told.now.causes.get("unknown"), Some(&2));
        assert_eq!(told.now.severities.iter().sum::<i64>(), 2);
        assert_eq!((told.environments.len(), told.environments[0].0.as_str()), (1, "prod"));
        assert_eq!(told.repositories[0].0, ("prod".to_owned(), "infra".to_owned()));

        // Any number of runs leaves the same; so does computing all of it anew.
        let rows = metrics::rows(&room.read, &days(7)).await.unwrap();
        metrics::refresh_all(&room.world.services).await.unwrap();
        assert_eq!(metrics::rows(&room.read, &days(7)).await.unwrap().len(), rows.len());
        let cx: Cx<EventWrite> = room.world.cx("ana@alpha.test", "alpha").await;
        rollups::rebuild(&cx).await.unwrap();
        assert_eq!(problems(&room).await, [""; 0]);
        let again = metrics::rows(&room.read, &days(7)).await.unwrap();
        assert_eq!(
            again.iter().map(|row| &row.figures).collect::<Vec<_>>(),
            rows.iter().map(|row| &row.figures).collect::<Vec<_>>()
        );

        // The same rows for a file, which is on record; nothing of a period that cannot be.
        let cx: Cx<DriftExport> = room.world.cx("ana@alpha.test", "alpha").await;
        let asked = Period { environment: Some("prod".into()), ..days(7) };
        assert_eq!(metrics::export(&cx, &asked).await.unwrap().len(), rows.len());
        assert!(metrics::export(&cx, &days(0)).await.is_err());
        let log: Cx<AuditRead> = room.world.cx("ana@alpha.test", "alpha").await;
        let exports = AuditFilter { action: Some("EXPORT_REQUESTED".into()), ..AuditFilter::default() };
        let told = service::audit::list(&log, &exports, 9, None).await.unwrap().items;
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].actor.as_str(), told[0].target_type.as_str(), &told[0].metadata),
            (
                "ana@alpha.test",
                "drift_metrics",
                &json!({
                    "format": "csv",
                    "filter": { "days": 7, "environment": "prod", "repository": null },
                    "rows": rows.len(),
                })
            )
        );

        // What is taken back was no resolution, on the day that had it too.
        room.world.clock.advance_seconds(DAY);
        drifts::undo(&room.write, done.action_id.unwrap()).await.unwrap();
        metrics::refresh_all(&room.world.services).await.unwrap();
        assert_eq!(problems(&room).await, [""; 0]);
        let told = metrics::analytics(&room.read, &days(7)).await.unwrap();
        assert_eq!((told.now.came, told.now.resolved, told.now.decided), (2, 1, 0));

        // Eight days on, the period before has it.
        room.world.clock.advance_seconds(8 * DAY);
        let told = metrics::analytics(&room.read, &days(7)).await.unwrap();
        assert_eq!((told.now.came, told.before.resolved), (0, 1));
        assert!(metrics::analytics(&room.read, &days(0)).await.is_err());
        let elsewhere = Period { environment: Some("dev".into()), ..days(30) };
        assert_eq!(metrics::analytics(&room.read, &elsewhere).await.unwrap().now.came, 0);
    })
    .await;
}

#[tokio::test]
async fn figures_are_those_of_ones_own_organization() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[differs("aws_instance.a", "t3.large")]).await;
        room.world.organization("beta").await;
        room.world.person("eve@beta.test", "beta", "admin").await;
        metrics::refresh_all(&room.world.services).await.unwrap();
        let read: Cx<DriftRead> = room.world.cx("eve@beta.test", "beta").await;
        let told = metrics::analytics(&read, &days(30)).await.unwrap();
        assert_eq!((told.now.came, told.environments.len(), told.computed_at), (0, 0, None));
        assert_eq!(metrics::open(&read).await.unwrap(), (0, 0));
        assert_eq!(metrics::open(&room.read).await.unwrap().0, 1);
    })
    .await;
}

/// Else it would be looked at again every minute, in a transaction that writes.
#[tokio::test]
async fn a_run_that_had_no_row_to_write_is_remembered() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.push(&[differs("aws_instance.a", "t3.large")]).await;
        // Twice, so that the first day is out of the margin of the third run.
        for _ in 0..2 {
            metrics::refresh_all(&room.world.services).await.unwrap();
            room.world.clock.advance_seconds(3 * DAY);
        }
        let id = room.get("1").await.id;
        drifts::act(&room.write, &[id], Act::Acknowledge, "").await.unwrap();
        assert_eq!(metrics::refresh_all(&room.world.services).await.unwrap(), 0);
        let organization = room.read.actor().organization;
        let mut tx = store::ReadTx::begin(&room.world.t.db, organization).await.unwrap();
        let last = store::drift::metrics::last_run(&mut tx).await.unwrap();
        assert_eq!(last, Some(room.world.services.clock.now()));
    })
    .await;
}
