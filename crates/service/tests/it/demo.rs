//! The demo fills an empty database, once, and always the same.

use std::collections::BTreeMap;

use domain::case::{CaseFilter, CaseSort};
use domain::filter::EventFilter;
use domain::permission::{CaseRead, EventRead, EventWrite, SourceRead};
use domain::{EventId, PLATFORM};
use service::{Actor, Services, audit, auth, cases, demo, events, organizations, sources};
use store::SystemTx;
use store::db::sql;
use testkit::for_each_backend;

use crate::world::{World, client};

async fn told(services: &Services, slug: &str) -> (i64, Vec<(EventId, String)>, BTreeMap<String, i64>) {
    let org = organizations::by_slug(services, slug).await.unwrap().id;
    let read = services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
    let n = events::count(&read, &EventFilter::default()).await.unwrap().n;
    let page = events::list(&read, &EventFilter::default(), 200, None).await.unwrap();
    let sources =
        sources::list(&services.admit::<SourceRead>(&Actor::system("test", org)).unwrap(), "", 200, None)
            .await
            .unwrap()
            .items;
    (
        n,
        page.items.into_iter().map(|e| (e.id, e.message)).collect(),
        sources.into_iter().map(|s| (s.name, s.event_count)).collect(),
    )
}

/// In another database of the kind, later in the hour.
async fn every_byte_is_the_same_again(world: &World) {
    let rows = async |world: &World| {
        let mut tx = SystemTx::read_across_all_organizations(&world.t.db).await.unwrap();
        store::whole::digests(&mut tx).await.unwrap()
    };
    let sqlite = world.t.url.starts_with("sqlite");
    let again = World::new(if sqlite { testkit::sqlite().await } else { testkit::postgres().await });
    again.clock.advance_seconds(727);
    assert!(demo::fill(&again.services, |_| {}).await.unwrap());
    let (first, second) = (rows(world).await, rows(&again).await);
    assert!(first.len() > 60 && first["users"].starts_with("6 rows"), "{first:?}");
    let differ: Vec<_> = second.iter().filter(|(table, rows)| first.get(*table) != Some(rows)).collect();
    assert!(differ.is_empty(), "{}: {differ:?}", world.t.url);
}

#[tokio::test]
async fn the_demo_is_filled_once_and_the_same_everywhere() {
    let seen = std::sync::Mutex::new(Vec::new());
    let seen = &seen;
    for_each_backend(|t| async move {
        let world = World::new(t);
        let mut last = 0;
        assert!(demo::fill(&world.services, |n| last = n).await.unwrap());
        if world.t.url.starts_with("postgres") {
            let mut tx = SystemTx::read_across_all_organizations(&world.t.db).await.unwrap();
            let unprepared = tx.conn().scalar::<i64>(sql("SELECT count(*) FROM audit_log_default")).await;
            assert_eq!(unprepared.unwrap(), Some(0), "each month of the story has its partition");
        }
        let acme = told(&world.services, "acme").await;
        let globex = told(&world.services, "globex").await;
        assert_eq!(acme.0 + globex.0, last as i64);
        every_byte_is_the_same_again(&world).await;
        assert!(acme.0 > 100_000 && globex.0 > 15_000);
        assert_eq!(acme.2.values().sum::<i64>(), acme.0);
        let org = organizations::by_slug(&world.services, "acme").await.unwrap().id;
        let log = world.log(org).await;
        let set_up: Vec<_> = log.iter().take_while(|r| r.action != "DEMO_FILLED").cloned().collect();
        let entries = |action: &str| set_up.iter().filter(|r| r.action == action).count();
        assert_eq!(set_up[0].action, "ORGANIZATION_CREATED");
        assert_eq!((entries("USER_CREATED"), entries("MEMBER_ADDED")), (3, 3));
        assert_eq!((entries("ENVIRONMENT_CREATED"), entries("SOURCE_CREATED")), (2, 11));
        assert!(set_up.is_sorted_by_key(|r| r.created_at));
        let first_event = world.clock.now().hour().plus_seconds(-30 * 86_400);
        assert!(set_up.last().unwrap().created_at < first_event);
        let head = set_up.last().unwrap().hash.clone();
        let read = world.services.admit::<CaseRead>(&Actor::system("test", org)).unwrap();
        let cases =
            cases::list(&read, &CaseFilter::default(), CaseSort::default(), 50, None).await.unwrap().items;
        assert_eq!(cases.len(), 3);
        assert!(cases.iter().all(|case| case.link_count > 0 && case.created_at < world.clock.now()));
        assert_eq!(cases.iter().filter(|case| !case.status.is_open()).count(), 1);
        seen.lock().unwrap().push((acme, globex, head, cases));
        assert!(!demo::fill(&world.services, |_| {}).await.unwrap(), "only an empty database is filled");

        // The connections that filled it still take in events afterwards.
        let org = organizations::by_slug(&world.services, "acme").await.unwrap().id;
        for i in 0..8 {
            let cx = world.services.admit::<EventWrite>(&Actor::system("test", org)).unwrap();
            events::ingest(&cx, vec![crate::events::event(i, "after the demo")], events::Origin::Api)
                .await
                .unwrap();
        }
        for credential in demo::credentials() {
            let signed_in = auth::sign_in(&world.services, credential.email, credential.password, &client())
                .await
                .unwrap();
            assert_eq!(signed_in.user.display_name.as_deref(), Some(credential.name));
        }
        for (org, label) in [
            (PLATFORM, "platform"),
            (organizations::by_slug(&world.services, "acme").await.unwrap().id, "acme"),
        ] {
            assert!(world.actions(org).await.contains(&"DEMO_FILLED".to_owned()));
            assert_eq!(audit::verify(&world.services, org, label, None).await.unwrap().breaks, 0);
        }
    })
    .await;
    let seen = seen.lock().unwrap();
    let [(acme, globex, head, cases), (acme_too, globex_too, head_too, cases_too)] = &seen[..] else {
        panic!("two databases")
    };
    assert_eq!(cases, cases_too, "the cases are the same everywhere");
    assert_eq!(head, head_too, "the log of the set-up is the same everywhere");
    for (one, two) in [(acme, acme_too), (globex, globex_too)] {
        assert_eq!((one.0, &one.2), (two.0, &two.2));
        assert!(one.1 == two.1, "the newest events differ");
    }
}

#[tokio::test]
async fn a_database_in_use_is_not_filled() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        assert!(!demo::fill(&world.services, |_| {}).await.unwrap());
        assert!(world.actions(PLATFORM).await.iter().all(|a| a != "DEMO_FILLED"));
    })
    .await;
}
