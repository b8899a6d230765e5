//! Memberships.

use domain::MembershipId;
use domain::member::{ApprovalLevel, Role};
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, user, write};

#[tokio::test]
async fn a_membership_is_made_changed_and_ended() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let ana = user(&t.db, "ana@example.test").await;
        let membership: MembershipId = id();
        let mut tx = write(&t.db, a).await;
        store::member::insert(&mut tx, membership, ana.id, Role::Viewer, ApprovalLevel::Manager, at(0))
            .await
            .unwrap();
        tx.commit(entry()).await.unwrap();
        let found = store::member::get(&mut read(&t.db, a).await, membership).await.unwrap().unwrap();
        assert_eq!(
            (found.role, found.approval_level, found.email.as_str()),
            (Role::Viewer, ApprovalLevel::Manager, "ana@example.test")
        );
        assert!(store::member::get(&mut read(&t.db, b).await, membership).await.unwrap().is_none());
        assert_eq!(store::member::role(&mut read(&t.db, a).await, ana.id).await.unwrap(), Some(Role::Viewer));
        assert_eq!(store::member::role(&mut read(&t.db, b).await, ana.id).await.unwrap(), None);

        let mut tx = write(&t.db, b).await;
        assert!(
            store::member::update(&mut tx, membership, Role::Admin, ApprovalLevel::None, at(1))
                .await
                .is_err()
        );
        assert!(store::member::delete(&mut tx, membership).await.is_err());
        drop(tx);

        let mut tx = write(&t.db, a).await;
        assert_eq!(store::member::count_admins(&mut tx).await.unwrap(), 0);
        store::member::update(&mut tx, membership, Role::Admin, ApprovalLevel::None, at(1)).await.unwrap();
        assert_eq!(store::member::count_admins(&mut tx).await.unwrap(), 1);
        tx.commit(entry()).await.unwrap();
        let mut tx = system(&t.db).await;
        store::account::set_enabled(&mut tx, ana.id, false, at(2)).await.unwrap();
        assert_eq!(
            store::member::count_admins(&mut tx.within(a)).await.unwrap(),
            0,
            "an admin who cannot sign in does not count"
        );
        assert_eq!(store::account::count_memberships(&mut tx, ana.id).await.unwrap(), 1);
        drop(tx);

        let mut tx = write(&t.db, a).await;
        store::member::delete(&mut tx, membership).await.unwrap();
        tx.commit(entry()).await.unwrap();
        assert!(store::member::list(&mut read(&t.db, a).await).await.unwrap().is_empty());
    })
    .await;
}
