//! Second factors: sealed secrets, steps and codes that work once.

use testkit::for_each_backend;

use crate::world::{at, system, user};

#[tokio::test]
async fn a_factor_counts_once_confirmed_and_is_not_replaced_then() {
    for_each_backend(|t| async move {
        let ana = user(&t.db, "ana@example.test").await.id;
        let mut tx = system(&t.db).await;
        assert!(store::factor::put(&mut tx, ana, vec![1], at(0)).await.unwrap());
        assert!(store::factor::put(&mut tx, ana, vec![2], at(1)).await.unwrap(), "not confirmed yet");
        assert!(!store::factor::is_confirmed(&mut tx, ana).await.unwrap());
        assert!(store::factor::confirm(&mut tx, ana, at(2)).await.unwrap());
        assert!(!store::factor::confirm(&mut tx, ana, at(3)).await.unwrap());
        assert!(!store::factor::put(&mut tx, ana, vec![3], at(4)).await.unwrap());
        let found = store::factor::get(&mut tx, ana).await.unwrap().unwrap();
        assert_eq!((found.secret, found.confirmed_at, found.created_at), (vec![2], Some(at(2)), at(1)));
        assert!(store::factor::delete(&mut tx, ana).await.unwrap());
        assert!(!store::factor::delete(&mut tx, ana).await.unwrap());
        assert!(!store::factor::is_confirmed(&mut tx, ana).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_step_and_a_code_work_once_and_for_their_account_only() {
    for_each_backend(|t| async move {
        let ana = user(&t.db, "ana@example.test").await.id;
        let bea = user(&t.db, "bea@example.test").await.id;
        let mut tx = system(&t.db).await;
        store::factor::put(&mut tx, ana, vec![1], at(0)).await.unwrap();
        assert!(store::factor::take_step(&mut tx, ana, 7).await.unwrap());
        for step in [7, 6] {
            assert!(!store::factor::take_step(&mut tx, ana, step).await.unwrap(), "{step}");
        }
        assert!(store::factor::take_step(&mut tx, ana, 8).await.unwrap());
        store::factor::put_codes(&mut tx, ana, &["old".to_owned()]).await.unwrap();
        store::factor::put_codes(&mut tx, ana, &["a".to_owned(), "b".to_owned()]).await.unwrap();
        assert_eq!(store::factor::codes_left(&mut tx, ana).await.unwrap(), 2);
        assert!(!store::factor::use_code(&mut tx, ana, "old", at(1)).await.unwrap());
        assert!(!store::factor::use_code(&mut tx, bea, "a", at(1)).await.unwrap());
        assert!(store::factor::use_code(&mut tx, ana, "a", at(1)).await.unwrap());
        assert!(!store::factor::use_code(&mut tx, ana, "a", at(2)).await.unwrap());
        assert_eq!(store::factor::codes_left(&mut tx, ana).await.unwrap(), 1);
    })
    .await;
}
