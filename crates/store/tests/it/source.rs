//! Sources.

use domain::source::Source;
use serde_json::json;
use store::db::{Error, sql};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, write};

pub fn source(name: &str) -> Source {
    Source {
        id: id(),
        name: name.to_owned(),
        source_type: "firewall".to_owned(),
        ip: Some("192.0.2.7".to_owned()),
        port: Some(514),
        protocol: None,
        status: "active".to_owned(),
        notifications: json!({}),
        last_activity: None,
        event_count: 0,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[tokio::test]
async fn a_source_is_made_changed_and_listed_in_its_organization_only() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let source = source("edge");
        let mut tx = write(&t.db, a).await;
        store::source::insert(&mut tx, &source).await.unwrap();
        let changed = Source { status: "error".to_owned(), port: None, updated_at: at(2), ..source.clone() };
        store::source::update(&mut tx, &changed).await.unwrap();
        let unknown = Source { status: "asleep".to_owned(), ..source.clone() };
        assert!(matches!(store::source::update(&mut tx, &unknown).await, Err(Error::Check(_))));
        tx.commit(entry()).await.unwrap();
        assert_eq!(
            store::source::page(&mut read(&t.db, a).await, "", None, 100).await.unwrap(),
            std::slice::from_ref(&changed)
        );
        assert_eq!(store::source::by_name(&mut read(&t.db, a).await, "edge").await.unwrap(), Some(changed));
        assert_eq!(store::source::get(&mut read(&t.db, b).await, source.id).await.unwrap(), None);
        assert!(store::source::page(&mut read(&t.db, b).await, "", None, 100).await.unwrap().is_empty());
        assert!(store::source::update(&mut write(&t.db, b).await, &source).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_source_with_events_is_not_deleted() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let (used, unused) = (source("used"), source("unused"));
        let mut tx = write(&t.db, a).await;
        store::source::insert(&mut tx, &used).await.unwrap();
        store::source::insert(&mut tx, &unused).await.unwrap();
        tx.commit(entry()).await.unwrap();
        let mut tx = system(&t.db).await;
        tx.conn()
            .exec_one(sql("UPDATE sources SET event_count = 3 WHERE id = $1").bind(used.id))
            .await
            .unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        let mut tx = write(&t.db, a).await;
        assert!(!store::source::delete_without_events(&mut tx, used.id).await.unwrap());
        assert!(store::source::delete_without_events(&mut tx, unused.id).await.unwrap());
        tx.commit(entry()).await.unwrap();
        assert_eq!(store::source::page(&mut read(&t.db, a).await, "", None, 100).await.unwrap().len(), 1);
    })
    .await;
}
