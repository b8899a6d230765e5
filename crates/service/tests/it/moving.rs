//! Everything moved from SQLite to PostgreSQL, or nothing.

use domain::PLATFORM;
use domain::filter::EventFilter;
use domain::permission::{AuditRead, EventRead, EventWrite};
use service::events::{self, Origin};
use service::secrets::Secrets;
use service::{Services, auth, moving};
use store::{Db, Options};

use crate::backup::{lived_in, system};
use crate::events::event;
use crate::world::{PASSWORD, client, start};

#[tokio::test]
async fn all_rows_arrive_and_the_audit_logs_hold() {
    let (world, alpha) = lived_in(testkit::sqlite().await).await;
    auth::settled(&world.services).await;
    let to = testkit::bare_postgres().await;
    let mut tables = Vec::new();
    let moved =
        moving::migrate(&world.t.url, &to, &world.clock, &mut |table, _| tables.push(table.to_owned()))
            .await
            .unwrap();
    assert_eq!(moved.contents.rows["events"], 300);
    assert!(moved.contents.rows["evidence_custody"] >= 2 && tables.contains(&"case_evidence".to_owned()));
    assert!(moved.logs.len() == 3 && moved.logs.iter().all(|log| log.breaks == 0));
    let db = Db::connect(&to, &Options { connections: 2, ..Options::default() }).await.unwrap();
    let there = Services::new(db, world.clock.clone(), Secrets::new([7; 32]), false)
        .with_data_dir(world.t.folder.path());
    let query = domain::query::parse("request failed", &domain::query::EVENTS, start()).unwrap();
    let filter = EventFilter { query: Some(query), ..EventFilter::default() };
    let lists = |services: Services| {
        let filter = filter.clone();
        async move {
            let read = system::<EventRead>(&services, alpha);
            events::list(&read, &filter, 400, None).await.unwrap().items
        }
    };
    let (here, copy) = (lists(world.services.clone()).await, lists(there.clone()).await);
    assert_eq!(here.len(), 300, "the words are found");
    assert_eq!(here, copy);
    auth::sign_in(&there, "ann@a.test", PASSWORD, &client()).await.unwrap();
    events::ingest(&system::<EventWrite>(&there, alpha), vec![event(1, "after")], Origin::Api).await.unwrap();
    auth::settled(&there).await;
    let verdict = service::audit::verify(&there, alpha, "alpha", None).await.unwrap();
    assert_eq!(verdict.breaks, 0);
    let log =
        service::audit::list(&system::<AuditRead>(&there, PLATFORM), &Default::default(), 20, None).await;
    assert!(log.unwrap().items.iter().any(|entry| entry.action == "DATABASE_MOVED"));
    let again =
        moving::migrate(&world.t.url, &to, &world.clock, &mut |_, _| ()).await.unwrap_err().to_string();
    assert!(again.contains("holds accounts"), "{again}");
    there.close().await;
}

#[tokio::test]
async fn what_is_written_meanwhile_stops_the_move_and_leaves_nothing() {
    let (world, alpha) = lived_in(testkit::sqlite().await).await;
    let to = testkit::bare_postgres().await;
    let (services, mut once) = (world.services.clone(), true);
    let reason = moving::migrate(&world.t.url, &to, &world.clock, &mut |_, _| {
        if std::mem::take(&mut once) {
            let services = services.clone();
            let write = async move {
                let rows = vec![event(1, "meanwhile")];
                events::ingest(&system::<EventWrite>(&services, alpha), rows, Origin::Api).await.unwrap();
            };
            let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            std::thread::spawn(move || runtime().block_on(write)).join().unwrap();
        }
    })
    .await
    .unwrap_err()
    .to_string();
    assert!(reason.contains("somebody wrote"), "{reason}");
    // The same move again finds an empty database.
    let moved = moving::migrate(&world.t.url, &to, &world.clock, &mut |_, _| ()).await.unwrap();
    assert_eq!(moved.contents.rows["events"], 301);
}

#[tokio::test]
async fn only_sqlite_is_moved_and_only_to_postgres() {
    let (world, _) = lived_in(testkit::sqlite().await).await;
    for (from, to, word) in [
        ("postgres://127.0.0.1:1/x", "postgres://127.0.0.1:1/y", "no database of SQLite"),
        (world.t.url.as_str(), "sqlite:///tmp/x.db", "--to begins"),
        ("sqlite:///nowhere/x.db", "postgres://127.0.0.1:1/y", "no database at"),
    ] {
        let reason = moving::migrate(from, to, &world.clock, &mut |_, _| ()).await.unwrap_err().to_string();
        assert!(reason.contains(word), "{reason}");
    }
}

#[tokio::test]
async fn what_is_refused_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("old.db").display());
    let old = Db::connect(&url, &Options { connections: 1, ..Options::default() }).await.unwrap();
    old.migrate_to(16).await.unwrap();
    let schema = async |db: &Db| {
        let mut tx = store::SystemTx::read_across_all_organizations(db).await.unwrap();
        store::whole::schema(&mut tx).await.unwrap()
    };
    let to = testkit::bare_postgres().await;
    let clock = service::Clock::fixed(start());
    let reason = moving::migrate(&url, &to, &clock, &mut |_, _| ()).await.unwrap_err().to_string();
    assert!(reason.contains("older Watchroom"), "{reason}");
    assert_eq!(schema(&old).await, 16);
    let target = Db::connect(&to, &Options { connections: 1, ..Options::default() }).await.unwrap();
    assert_eq!(schema(&target).await, 0);
    target.close().await;
    old.close().await;
}
