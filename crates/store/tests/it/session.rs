//! Cookie sessions and signed-in devices.

use domain::UserId;
use domain::account::UserSession;
use testkit::for_each_backend;

use crate::world::{at, id, system, user};

fn device(user: UserId, seen: i64) -> UserSession {
    UserSession {
        id: id(),
        user_id: user,
        ip_address: Some("192.0.2.1".to_owned()),
        user_agent: None,
        created_at: at(0),
        last_seen_at: at(seen),
        expires_at: at(1000),
        revoked_at: None,
        organization_id: None,
        organization: None,
    }
}

#[tokio::test]
async fn a_session_is_loaded_until_it_expires_or_is_deleted() {
    for_each_backend(|t| async move {
        let mut tx = system(&t.db).await;
        assert!(store::session::insert(&mut tx, "a", vec![1], 100).await.unwrap());
        assert!(!store::session::insert(&mut tx, "a", vec![9], 100).await.unwrap(), "the id is taken");
        assert_eq!(store::session::load(&mut tx, "a", 99).await.unwrap(), Some(vec![1]));
        store::session::save(&mut tx, "a", vec![2, 0], 200).await.unwrap();
        assert_eq!(store::session::load(&mut tx, "a", 150).await.unwrap(), Some(vec![2, 0]));
        assert_eq!(store::session::load(&mut tx, "a", 200).await.unwrap(), None);
        assert!(store::session::insert(&mut tx, "b", vec![], 300).await.unwrap());
        assert_eq!(store::session::delete_expired(&mut tx, 250).await.unwrap(), 1);
        store::session::delete(&mut tx, "b").await.unwrap();
        store::session::delete(&mut tx, "b").await.unwrap();
        store::session::save(&mut tx, "b", vec![3], 300).await.unwrap();
        assert_eq!(store::session::load(&mut tx, "b", 0).await.unwrap(), None, "given up is given up");
    })
    .await;
}

#[tokio::test]
async fn a_device_comes_with_its_person() {
    for_each_backend(|t| async move {
        let ana = user(&t.db, "ana@example.test").await;
        let mut tx = system(&t.db).await;
        let session = device(ana.id, 5);
        store::session::insert_device(&mut tx, &session).await.unwrap();
        let found = store::session::device(&mut tx, session.id).await.unwrap().unwrap();
        assert_eq!((found.session, found.user), (session.clone(), ana.clone()));
        store::session::touch_device(&mut tx, session.id, at(9)).await.unwrap();
        let found = store::session::device(&mut tx, session.id).await.unwrap().unwrap();
        assert_eq!(found.session.last_seen_at, at(9));
        assert!(store::session::device(&mut tx, id()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn devices_are_listed_and_revoked_of_one_person_only() {
    for_each_backend(|t| async move {
        let (ana, ben) = (user(&t.db, "ana@example.test").await, user(&t.db, "ben@example.test").await);
        let mut tx = system(&t.db).await;
        let (first, second, third, foreign) =
            (device(ana.id, 1), device(ana.id, 2), device(ana.id, 3), device(ben.id, 4));
        for session in [&first, &second, &third, &foreign] {
            store::session::insert_device(&mut tx, session).await.unwrap();
        }
        let mut ids = async |now: i64| -> Vec<_> {
            let listed = store::session::devices(&mut tx, ana.id, at(now), at(0)).await.unwrap();
            listed.into_iter().map(|d| d.id).collect()
        };
        assert_eq!(ids(10).await, [third.id, second.id, first.id]);
        assert_eq!(ids(1000).await, []);
        assert!(!store::session::revoke_device(&mut tx, ana.id, foreign.id, at(10)).await.unwrap());
        assert!(store::session::revoke_device(&mut tx, ana.id, first.id, at(10)).await.unwrap());
        assert!(!store::session::revoke_device(&mut tx, ana.id, first.id, at(11)).await.unwrap());
        assert_eq!(
            store::session::revoke_other_devices(&mut tx, ana.id, second.id, at(12)).await.unwrap(),
            1
        );
        assert_eq!(store::session::revoke_devices(&mut tx, ana.id, at(13)).await.unwrap(), 1);
        assert_eq!(store::session::devices(&mut tx, ben.id, at(13), at(0)).await.unwrap().len(), 1);
        assert_eq!(store::session::delete_devices(&mut tx, at(1001)).await.unwrap(), 4);
    })
    .await;
}
