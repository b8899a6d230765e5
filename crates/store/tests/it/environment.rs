//! Environments.

use domain::environment::Environment;
use serde_json::json;
use store::db::{Error, sql};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, write};

pub fn environment(slug: &str, name: &str) -> Environment {
    Environment {
        id: id(),
        slug: slug.to_owned(),
        name: name.to_owned(),
        cloud_provider: Some("gcp".to_owned()),
        region: Some("europe-west6".to_owned()),
        account_id: None,
        tags: json!({ "team": "core" }),
        is_active: true,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[tokio::test]
async fn an_environment_is_made_changed_and_deleted_in_its_organization_only() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let prod = environment("prod", "Production");
        let mut tx = write(&t.db, a).await;
        store::environment::insert(&mut tx, &prod).await.unwrap();
        let changed =
            Environment { cloud_provider: None, is_active: false, updated_at: at(1), ..prod.clone() };
        store::environment::update(&mut tx, &changed).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert_eq!(store::environment::list(&mut read(&t.db, a).await).await.unwrap(), [changed]);
        assert_eq!(store::environment::get(&mut read(&t.db, b).await, prod.id).await.unwrap(), None);
        assert!(store::environment::delete(&mut write(&t.db, b).await, prod.id).await.is_err());

        let mut tx = write(&t.db, b).await;
        store::environment::insert(&mut tx, &environment("prod", "Theirs")).await.unwrap();
        tx.commit(entry()).await.unwrap();
        let mut tx = write(&t.db, a).await;
        assert!(matches!(
            store::environment::insert(&mut tx, &environment("prod", "Again")).await,
            Err(Error::Unique)
        ));
        drop(tx);
        let mut tx = write(&t.db, a).await;
        store::environment::delete(&mut tx, prod.id).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert!(store::environment::list(&mut read(&t.db, a).await).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_roll_up_tells_whether_events_name_an_environment() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let mut tx = system(&t.db).await;
        for counted in [
            "INSERT INTO event_totals (organization_id, grain, start, info, low, medium, high, critical) VALUES ($1, 'day', $2, 1, 0, 0, 0, 0)",
            "INSERT INTO event_rollups (organization_id, grain, start, field, value, info, low, medium, high, critical)
             VALUES ($1, 'day', $2, 'environment', 'prod', 1, 0, 0, 0, 0)",
        ] {
            tx.conn().exec_one(sql(counted).bind(a).bind(at(0))).await.unwrap();
        }
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert!(store::environment::has_events(&mut read(&t.db, a).await, "prod").await.unwrap());
        assert!(!store::environment::has_events(&mut read(&t.db, a).await, "staging").await.unwrap());
        assert!(!store::environment::has_events(&mut read(&t.db, b).await, "prod").await.unwrap());
    })
    .await;
}
