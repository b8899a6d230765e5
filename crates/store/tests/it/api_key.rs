//! API keys.

use domain::api_key::ApiKey;
use domain::member::{ApprovalLevel, Role};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, user, write};

pub fn key(name: &str) -> ApiKey {
    ApiKey {
        id: id(),
        user_id: None,
        name: name.to_owned(),
        key_prefix: "wr_12345".to_owned(),
        scopes: vec!["event.read".to_owned(), "event.write".to_owned()],
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
