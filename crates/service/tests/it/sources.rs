//! Sources.

use domain::permission::{SourceRead, SourceWrite};
use domain::source::NewSource;
use service::{Error, sources};
use store::db::sql;
use testkit::for_each_backend;

use crate::world::World;

fn new(name: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        source_type: "firewall".to_owned(),
        status: "active".to_owned(),
        ..NewSource::default()
    }
}

#[tokio::test]
async fn a_source_is_made_changed_and_deleted_with_an_entry_each() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let read = world.cx::<SourceRead>("admin@alpha.test", "alpha").await;
        let write = world.cx::<SourceWrite>("admin@alpha.test", "alpha").await;
        let source = sources::create(&write, new(" edge ")).await.unwrap();
        assert_eq!(source.name, "edge");
        assert!(matches!(sources::create(&write, new("edge")).await, Err(Error::Conflict(_))));
        assert!(matches!(sources::create(&write, NewSource::default()).await, Err(Error::Invalid(i)) if i.0.len() == 3));
        world.clock.advance_seconds(5);
        let changed = sources::update(&write, source.id, NewSource { port: Some(514), ..new("edge 2") }).await.unwrap();
        assert_eq!(sources::get(&read, source.id).await.unwrap(), changed);
        assert_eq!(changed.updated_at, source.updated_at.plus_seconds(5));
        sources::delete(&write, source.id).await.unwrap();
        assert!(matches!(sources::get(&read, source.id).await, Err(Error::NotFound)));
        assert!(matches!(sources::delete(&write, source.id).await, Err(Error::NotFound)));
        assert!(matches!(sources::update(&write, source.id, new("x")).await, Err(Error::NotFound)));
        let log = world.log(alpha.id).await;
        let own: Vec<_> = log.iter().filter(|r| r.target_type == "source").map(|r| r.action.as_str()).collect();
        assert_eq!(own, ["SOURCE_CREATED", "SOURCE_UPDATED", "SOURCE_DELETED"]);
        assert_eq!(log.last().unwrap().old_values.as_ref().unwrap()["name"], "edge 2");
    })
    .await;
}

#[tokio::test]
async fn a_source_that_falls_silent_is_told_once_and_again_when_it_is_heard() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let read = world.cx::<SourceRead>("admin@alpha.test", "alpha").await;
        let write = world.cx::<SourceWrite>("admin@alpha.test", "alpha").await;
        let watched = NewSource { silent_after_minutes: Some(10), ..new("edge") };
        let source = sources::create(&write, watched.clone()).await.unwrap();
        sources::create(&write, new("unwatched")).await.unwrap();
        let endless = NewSource { silent_after_minutes: Some(0), ..new("x") };
        assert!(matches!(sources::create(&write, endless).await, Err(Error::Invalid(i)) if i.0[0].field == "silent_after_minutes"));
        world.clock.advance_seconds(600);
        assert_eq!(sources::watch_all(&world.services).await.unwrap(), 0, "ten minutes are not over");
        world.clock.advance_seconds(1);
        let world = &world;
        let told = || async {
            let log = world.log(alpha.id).await;
            let of = log.iter().filter(|r| r.action.as_str() == "SOURCE_SILENT" || r.action.as_str() == "SOURCE_HEARD");
            of.map(|r| (r.action.as_str().to_owned(), r.metadata["name"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(sources::watch_all(&world.services).await.unwrap(), 1);
        assert_eq!(sources::watch_all(&world.services).await.unwrap(), 0, "once");
        let silent = sources::get(&read, source.id).await.unwrap();
        assert_eq!(silent.updated_at, source.updated_at);
        assert!(silent.notifications().silent_since.is_some());
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let heard = "UPDATE sources SET last_activity = $2 WHERE id = $1";
        world.clock.advance_seconds(1);
        let now = world.services.clock.now();
        tx.conn().exec_one(sql(heard).bind(source.id).bind(now)).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert_eq!(sources::watch_all(&world.services).await.unwrap(), 1);
        let name = serde_json::json!("edge");
        assert_eq!(told().await, [("SOURCE_SILENT".to_owned(), name.clone()), ("SOURCE_HEARD".to_owned(), name)]);
        // Who is set to inactive is not missed.
        world.clock.advance_seconds(1_000);
        sources::update(&write, source.id, NewSource { status: "inactive".to_owned(), ..watched }).await.unwrap();
        assert_eq!(sources::watch_all(&world.services).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_source_with_events_is_not_deleted() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let write = world.cx::<SourceWrite>("admin@alpha.test", "alpha").await;
        let source = sources::create(&write, new("edge")).await.unwrap();
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        tx.conn()
            .exec_one(sql("UPDATE sources SET event_count = 1 WHERE id = $1").bind(source.id))
            .await
            .unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        let entries = world.log(write.actor().organization).await.len();
        assert!(matches!(sources::delete(&write, source.id).await, Err(Error::Conflict(_))));
        assert_eq!(world.log(write.actor().organization).await.len(), entries);
    })
    .await;
}
