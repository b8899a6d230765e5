//! API keys.

use domain::api_key::ApiKey;
use domain::member::{ApprovalLevel, Role};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, user, write};

pub fn key(name: &str) -> ApiKey {
    ApiKey {
        id: id(),
        user_id: None,
        owner: None,
        name: name.to_owned(),
        key_prefix: "wr_12345".to_owned(),
        scopes: vec!["event.read".to_owned(), "event.write".to_owned()],
        source_id: None,
        source: None,
        expires_at: Some(at(100)),
        last_used_at: None,
        revoked_at: None,
        created_at: at(0),
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_with_what_its_maker_may_do() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let ana = user(&t.db, "ana@example.test").await;
        let (own, made) = (key("of the command line"), ApiKey { user_id: Some(ana.id), ..key("of ana") });
        let mut tx = write(&t.db, a).await;
        store::api_key::insert(&mut tx, &own, "hash 1").await.unwrap();
        store::api_key::insert(&mut tx, &made, "hash 2").await.unwrap();
        tx.commit(entry()).await.unwrap();

        let mut tx = system(&t.db).await;
        let found = store::api_key::by_hash(&mut tx, "hash 1").await.unwrap().unwrap();
        assert_eq!(
            (found.key, found.organization, found.maker_enabled, found.maker_role),
            (own.clone(), a, None, None)
        );
        let found = store::api_key::by_hash(&mut tx, "hash 2").await.unwrap().unwrap();
        assert_eq!(found.key.owner.as_deref(), Some("ana@example.test"));
        assert_eq!((found.maker_enabled, found.maker_role, found.maker_is_sre), (Some(true), None, false));
        assert!(found.organization_active);
        store::member::insert(&mut tx.within(a), id(), ana.id, Role::Viewer, ApprovalLevel::None, at(0))
            .await
            .unwrap();
        let found = store::api_key::by_hash(&mut tx, "hash 2").await.unwrap().unwrap();
        assert_eq!(found.maker_role, Some(Role::Viewer));
        assert!(store::api_key::by_hash(&mut tx, "hash 3").await.unwrap().is_none());
        store::api_key::touch(&mut tx, a, own.id, at(9)).await.unwrap();
        assert_eq!(
            store::api_key::by_hash(&mut tx, "hash 1").await.unwrap().unwrap().key.last_used_at,
            Some(at(9))
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_is_revoked_once_and_only_in_its_organization() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let key = key("x");
        let mut tx = write(&t.db, a).await;
        store::api_key::insert(&mut tx, &key, "hash").await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert!(store::api_key::revoke(&mut write(&t.db, b).await, key.id, at(1)).await.is_err());
        let mut tx = write(&t.db, a).await;
        store::api_key::revoke(&mut tx, key.id, at(1)).await.unwrap();
        assert!(store::api_key::revoke(&mut tx, key.id, at(2)).await.is_err());
        tx.commit(entry()).await.unwrap();
        let listed = store::api_key::list(&mut read(&t.db, a).await).await.unwrap();
        assert_eq!(listed, [ApiKey { revoked_at: Some(at(1)), ..key }]);
        assert!(store::api_key::list(&mut read(&t.db, b).await).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_key_is_bound_to_a_source_of_its_organization_only() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let (edge, theirs) = (crate::source::source("edge"), crate::source::source("theirs"));
        let mut tx = write(&t.db, b).await;
        store::source::insert(&mut tx, &theirs).await.unwrap();
        tx.commit(entry()).await.unwrap();
        let mut tx = write(&t.db, a).await;
        store::source::insert(&mut tx, &edge).await.unwrap();
        let of = |name: &str, source: &domain::source::Source| ApiKey {
            source_id: Some(source.id),
            source: Some(source.name.clone()),
            ..key(name)
        };
        let (bound, free) = (of("bound", &edge), key("free"));
        store::api_key::insert(&mut tx, &bound, "hash 1").await.unwrap();
        store::api_key::insert(&mut tx, &free, "hash 2").await.unwrap();
        tx.commit(entry()).await.unwrap();

        // SQLite and PostgreSQL alike: not even with the id of what is there.
        let mut tx = write(&t.db, a).await;
        let crossing = store::api_key::insert(&mut tx, &of("crossing", &theirs), "hash 3").await;
        assert!(matches!(crossing, Err(store::Error::ForeignKey)), "{crossing:?}");
        drop(tx);

        let mut tx = read(&t.db, a).await;
        assert_eq!(store::api_key::of_source(&mut tx, edge.id).await.unwrap(), std::slice::from_ref(&bound));
        assert_eq!(store::api_key::get(&mut tx, bound.id).await.unwrap(), Some(bound.clone()));
        assert!(store::source::is_called(&mut tx, edge.id, "edge").await.unwrap());
        assert!(!store::source::is_called(&mut tx, edge.id, "theirs").await.unwrap());
        assert!(!store::source::is_called(&mut tx, theirs.id, "theirs").await.unwrap());
        drop(tx);
        assert!(store::api_key::of_source(&mut read(&t.db, b).await, edge.id).await.unwrap().is_empty());
        let found = store::api_key::by_hash(&mut system(&t.db).await, "hash 1").await.unwrap().unwrap();
        assert_eq!(found.key, bound);

        // A source goes only without its keys.
        let mut tx = write(&t.db, a).await;
        let kept = store::source::delete_without_events(&mut tx, edge.id).await;
        assert!(matches!(kept, Err(store::Error::ForeignKey)), "{kept:?}");
        drop(tx);
        let mut tx = write(&t.db, a).await;
        store::api_key::unbind(&mut tx, edge.id, at(5)).await.unwrap();
        assert!(store::source::delete_without_events(&mut tx, edge.id).await.unwrap());
        tx.commit(entry()).await.unwrap();
        let mut tx = read(&t.db, a).await;
        let left = store::api_key::get(&mut tx, bound.id).await.unwrap().unwrap();
        assert_eq!((left.revoked_at, left.source_id, left.source), (Some(at(5)), None, None));
        assert_eq!(store::api_key::get(&mut tx, free.id).await.unwrap(), Some(free));
    })
    .await;
}
