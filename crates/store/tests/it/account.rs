//! Accounts and the counters of failed sign-ins.

use store::account::AttemptKind;
use testkit::for_each_backend;

use crate::world::{at, id, person, system, user};

#[tokio::test]
async fn an_account_is_found_by_id_and_e_mail_and_nowhere_else() {
    for_each_backend(|t| async move {
        let mut tx = system(&t.db).await;
        assert!(!store::account::exist(&mut tx).await.unwrap());
        drop(tx);
        let ana = user(&t.db, "ana@example.test").await;
        let mut tx = system(&t.db).await;
        assert!(store::account::exist(&mut tx).await.unwrap());
        assert_eq!(store::account::get(&mut tx, ana.id).await.unwrap(), Some(ana.clone()));
        assert_eq!(store::account::get(&mut tx, id()).await.unwrap(), None);
        let found = store::account::by_email(&mut tx, "ana@example.test").await.unwrap().unwrap();
        assert_eq!((found.user, found.password_hash.as_str()), (ana, "no hash"));
        assert!(store::account::by_email(&mut tx, "nobody@example.test").await.unwrap().is_none());
        assert!(store::account::username_taken(&mut tx, "ana@example.test").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn every_change_of_an_account_is_kept() {
    for_each_backend(|t| async move {
        let ana = user(&t.db, "ana@example.test").await;
        let mut tx = system(&t.db).await;
        store::account::set_profile(&mut tx, ana.id, Some("Ana"), "Europe/Lisbon", at(1)).await.unwrap();
        store::account::set_password(&mut tx, ana.id, "other", at(2)).await.unwrap();
        store::account::set_enabled(&mut tx, ana.id, false, at(3)).await.unwrap();
        store::account::set_sre(&mut tx, ana.id, true, at(4)).await.unwrap();
        store::account::set_last_login(&mut tx, ana.id, at(5)).await.unwrap();
        let found = store::account::credentials(&mut tx, ana.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, "other");
        let user = found.user;
        assert_eq!((user.display_name.as_deref(), user.time_zone.as_str()), (Some("Ana"), "Europe/Lisbon"));
        assert!(!user.enabled && user.is_sre);
        assert_eq!((user.last_login_at, user.updated_at), (Some(at(5)), at(4)));
        let nobody = person("nobody@example.test");
        assert!(
            store::account::set_enabled(&mut tx, nobody.id, true, at(6)).await.is_err(),
            "a write that hits no row is an error"
        );
    })
    .await;
}

#[tokio::test]
async fn failures_add_up_and_start_again_when_forgotten() {
    for_each_backend(|t| async move {
        let mut tx = system(&t.db).await;
        let kind = AttemptKind::Account;
        for n in 1..=3 {
            assert_eq!(
                store::account::count_failure(&mut tx, kind, "ana", at(n), at(-100)).await.unwrap(),
                n
            );
        }
        assert_eq!(
            store::account::count_failure(&mut tx, AttemptKind::Address, "ana", at(4), at(-100))
                .await
                .unwrap(),
            1
        );
        assert_eq!(store::account::locked_until(&mut tx, kind, "ana").await.unwrap(), None);
        store::account::lock(&mut tx, kind, "ana", at(60)).await.unwrap();
        assert_eq!(store::account::locked_until(&mut tx, kind, "ana").await.unwrap(), Some(at(60)));
        assert_eq!(store::account::count_failure(&mut tx, kind, "ana", at(500), at(400)).await.unwrap(), 1);
        assert_eq!(store::account::delete_failures(&mut tx, at(100)).await.unwrap(), 1);
        store::account::forget_failures(&mut tx, kind, "ana").await.unwrap();
        assert_eq!(store::account::locked_until(&mut tx, kind, "ana").await.unwrap(), None);
    })
    .await;
}
