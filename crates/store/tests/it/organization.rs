//! Organizations and who reaches them.

use domain::member::{ApprovalLevel, Role};
use store::organization::Details;
use testkit::for_each_backend;

use crate::world::{at, entry, id, organization, read, system, user, write};

#[tokio::test]
async fn an_organization_is_found_by_slug_and_the_platform_is_not() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let mut tx = system(&t.db).await;
        assert_eq!(store::organization::by_slug(&mut tx, "alpha").await.unwrap().unwrap().id, a);
        assert!(store::organization::by_slug(&mut tx, "platform").await.unwrap().is_none());
        assert_eq!(store::organization::all(&mut tx).await.unwrap().len(), 1);
        assert!(store::organization::set_active(&mut tx, domain::PLATFORM, false, at(1)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn details_of_the_own_organization_change_and_no_others() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let mut tx = write(&t.db, a).await;
        let details = Details { name: "New", description: Some("text"), contact_email: None };
        store::organization::update(&mut tx, &details, at(5)).await.unwrap();
        tx.commit(entry()).await.unwrap();
        let found = store::organization::get(&mut read(&t.db, a).await).await.unwrap().unwrap();
        assert_eq!(
            (found.name.as_str(), found.description.as_deref(), found.updated_at),
            ("New", Some("text"), at(5))
        );
        assert_eq!(store::organization::get(&mut read(&t.db, b).await).await.unwrap().unwrap().name, "BETA");
    })
    .await;
}

#[tokio::test]
async fn members_reach_their_active_organizations_and_the_platform_role_every_one() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let ana = user(&t.db, "ana@example.test").await;
        let mut tx = write(&t.db, b).await;
        store::member::insert(&mut tx, id(), ana.id, Role::Analyst, ApprovalLevel::Senior, at(0))
            .await
            .unwrap();
        tx.commit(entry()).await.unwrap();
        let mut tx = system(&t.db).await;
        let own = store::organization::reach_of_member(&mut tx, ana.id).await.unwrap();
        assert_eq!(
            own.iter().map(|r| (r.organization_id, r.role)).collect::<Vec<_>>(),
            [(b, Some(Role::Analyst))]
        );
        let every = store::organization::reach_of_sre(&mut tx, ana.id).await.unwrap();
        assert_eq!(
            every.iter().map(|r| (r.organization_id, r.role)).collect::<Vec<_>>(),
            [(a, None), (b, Some(Role::Analyst))]
        );
        store::organization::set_active(&mut tx, b, false, at(1)).await.unwrap();
        assert!(store::organization::reach_of_member(&mut tx, ana.id).await.unwrap().is_empty());
    })
    .await;
}
