//! Environments.

use domain::environment::NewEnvironment;
use domain::permission::{EnvironmentRead, EnvironmentWrite};
use serde_json::json;
use service::{Error, environments};
use store::db::sql;
use testkit::for_each_backend;

use crate::world::World;

fn new(slug: &str) -> NewEnvironment {
    NewEnvironment {
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        cloud_provider: Some("aws".to_owned()),
        ..NewEnvironment::default()
    }
}

#[tokio::test]
async fn an_environment_is_made_changed_deactivated_and_deleted() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let read = world.cx::<EnvironmentRead>("admin@alpha.test", "alpha").await;
        let write = world.cx::<EnvironmentWrite>("admin@alpha.test", "alpha").await;
        let prod = environments::create(&write, new("prod")).await.unwrap();
        assert_eq!(prod.tags, json!({}));
        assert!(matches!(environments::create(&write, new("prod")).await, Err(Error::Conflict(_))));
        assert!(matches!(environments::create(&write, new("No Slug")).await, Err(Error::Invalid(_))));
        let changed = environments::update(
            &write,
            prod.id,
            NewEnvironment { tags: json!({ "a": 1 }), ..new("production") },
        )
        .await
        .unwrap();
        assert_eq!(environments::get(&read, prod.id).await.unwrap(), changed);
        assert!(!environments::deactivate(&write, prod.id).await.unwrap().is_active);
        assert!(environments::activate(&write, prod.id).await.unwrap().is_active);
        environments::delete(&write, prod.id).await.unwrap();
        assert!(environments::list(&read).await.unwrap().is_empty());
        let actions = world.actions(read.actor().organization).await;
        assert_eq!(actions[actions.len() - 2..], ["ENVIRONMENT_UPDATED", "ENVIRONMENT_DELETED"]);
    })
    .await;
}

#[tokio::test]
async fn an_environment_that_events_name_keeps_its_slug_and_stays() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.person("admin@alpha.test", "alpha", "admin").await;
        let write = world.cx::<EnvironmentWrite>("admin@alpha.test", "alpha").await;
        let prod = environments::create(&write, new("prod")).await.unwrap();
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        for counted in [
            "INSERT INTO event_totals (organization_id, grain, start, info, low, medium, high, critical) VALUES ($1, 'day', $2, 1, 0, 0, 0, 0)",
            "INSERT INTO event_rollups (organization_id, grain, start, field, value, info, low, medium, high, critical)
             VALUES ($1, 'day', $2, 'environment', 'prod', 1, 0, 0, 0, 0)",
        ] {
            tx.conn().exec_one(sql(counted).bind(alpha.id).bind(world.clock.now())).await.unwrap();
        }
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert!(matches!(environments::delete(&write, prod.id).await, Err(Error::Conflict(_))));
        assert!(matches!(environments::update(&write, prod.id, new("other")).await, Err(Error::Conflict(_))));
        environments::update(&write, prod.id, NewEnvironment { name: "Production".to_owned(), ..new("prod") }).await.unwrap();
    })
    .await;
}
