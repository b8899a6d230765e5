//! Roll-ups computed again.

use domain::OrganizationId;
use domain::permission::Permission;
use service::events::{self, Origin};
use service::{Actor, Cx, rollups};
use store::SystemTx;
use store::db::sql;
use testkit::for_each_backend;

use crate::events::event;
use crate::world::World;

fn cx<P: Permission>(world: &World, organization: OrganizationId) -> Cx<P> {
    world.services.admit(&Actor::system("command line", organization)).unwrap()
}

#[tokio::test]
async fn what_differs_from_the_events_is_said_and_mended_with_an_audit_entry() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = (0..40).map(|i| event(i * 50, &format!("request {i} failed"))).collect();
        events::ingest(&cx(&world, org), rows, Origin::Api).await.unwrap();
        assert_eq!(rollups::check(&cx(&world, org)).await.unwrap(), Vec::<String>::new());

        let mut tx = SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let q = sql("UPDATE event_totals SET high = high + 7 WHERE organization_id = $1 AND grain = 'day'");
        assert!(tx.conn().exec(q.bind(org)).await.unwrap() > 0);
        tx.commit_unaudited_bookkeeping().await.unwrap();
        let problems = rollups::check(&cx(&world, org)).await.unwrap();
        assert!(problems.iter().any(|p| p.contains("days of all events")), "{problems:?}");

        assert!(rollups::rebuild(&cx(&world, org)).await.unwrap() > 0);
        assert_eq!(rollups::check(&cx(&world, org)).await.unwrap(), Vec::<String>::new());
        let mut tx = SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let q =
            sql("SELECT count(*) FROM audit_log WHERE organization_id = $1 AND action = 'ROLLUPS_REBUILT'");
        assert_eq!(tx.conn().scalar::<i64>(q.bind(org)).await.unwrap(), Some(1));
    })
    .await;
}
