//! Entering, making, changing and suspending organizations.

use domain::member::Role;
use domain::organization::NewOrganization;
use domain::permission::{Holder, OrganizationCreate, PermissionSet, SettingsRead, SettingsWrite};
use service::auth::account_actor;
use service::{Error, organizations};
use testkit::for_each_backend;

use crate::world::World;

async fn two(t: testkit::TestDb) -> World {
    let world = World::new(t);
    for slug in ["alpha", "beta"] {
        world.organization(slug).await;
        world.person(&format!("admin@{slug}.test"), slug, "admin").await;
    }
    world
}

#[tokio::test]
async fn a_member_enters_with_the_permissions_of_the_role() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        world.person("ana@example.test", "alpha", "analyst").await;
        let viewer = world.viewer("ana@example.test").await;
        let (organization, actor) = organizations::enter(&world.services, &viewer, "alpha").await.unwrap();
        assert_eq!((actor.organization, actor.role), (organization.id, Some(Role::Analyst)));
        assert_eq!(actor.permissions, PermissionSet::of(Holder::Analyst));
        assert!(matches!(world.services.admit::<SettingsWrite>(&actor), Err(Error::Forbidden)));
        let reach = organizations::reach(&world.services, &viewer).await.unwrap();
        assert_eq!(reach.iter().map(|r| r.slug.as_str()).collect::<Vec<_>>(), ["alpha"]);
        assert!(!world.actions(organization.id).await.contains(&"ORGANIZATION_ENTERED".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn another_organization_an_unknown_one_and_the_platform_are_all_not_found() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let viewer = world.viewer("admin@alpha.test").await;
        for slug in ["beta", "nowhere", "platform", "", "ALPHA", "alpha' OR '1'='1"] {
            assert!(
                matches!(organizations::enter(&world.services, &viewer, slug).await, Err(Error::NotFound)),
                "{slug}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_entry_by_platform_role_is_audited_once_a_device_and_organization() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        world.person("sre@example.test", "alpha", "sre").await;
        let (first, second) =
            (world.viewer("sre@example.test").await, world.viewer("sre@example.test").await);
        assert_eq!(organizations::reach(&world.services, &first).await.unwrap().len(), 2);
        let (beta, actor) = organizations::enter(&world.services, &first, "beta").await.unwrap();
        assert_eq!((actor.role, actor.permissions), (None, PermissionSet::of(Holder::Sre)));
        let entered = async |organization| {
            world.actions(organization).await.iter().filter(|a| *a == "ORGANIZATION_ENTERED").count()
        };
        assert_eq!(entered(beta.id).await, 1);
        organizations::enter(&world.services, &first, "beta").await.unwrap();
        organizations::enter(&world.second_process(), &first, "beta").await.unwrap();
        assert_eq!(entered(beta.id).await, 1, "a restart does not repeat it");
        organizations::enter(&world.services, &second, "beta").await.unwrap();
        assert_eq!(entered(beta.id).await, 2);
        let (alpha, _) = organizations::enter(&world.services, &first, "alpha").await.unwrap();
        assert_eq!(entered(alpha.id).await, 1);
        let entry =
            world.log(beta.id).await.into_iter().find(|r| r.action == "ORGANIZATION_ENTERED").unwrap();
        assert_eq!(
            (entry.actor.as_str(), entry.session_id),
            ("sre@example.test", Some(first.session.to_string()))
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_makes_an_organization_becomes_its_admin() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        world.person("sre@example.test", "alpha", "sre").await;
        let viewer = world.viewer("sre@example.test").await;
        let cx = world.services.admit::<OrganizationCreate>(&account_actor(&viewer)).unwrap();
        let new = NewOrganization {
            slug: "gamma".to_owned(),
            name: " Gamma ".to_owned(),
            ..NewOrganization::default()
        };
        let gamma = organizations::create(&cx, new.clone()).await.unwrap();
        assert_eq!(gamma.name, "Gamma");
        let (_, actor) = organizations::enter(&world.services, &viewer, "gamma").await.unwrap();
        assert_eq!(actor.role, Some(Role::Admin));
        assert_eq!(world.actions(gamma.id).await, ["ORGANIZATION_CREATED", "MEMBER_ADDED"]);
        assert!(matches!(organizations::create(&cx, new).await, Err(Error::Conflict(_))));
        let same_name = NewOrganization {
            slug: "delta".to_owned(),
            name: "Gamma".to_owned(),
            ..NewOrganization::default()
        };
        assert!(matches!(organizations::create(&cx, same_name).await, Err(Error::Conflict(_))));
        let reserved = NewOrganization {
            slug: "platform".to_owned(),
            name: "P".to_owned(),
            ..NewOrganization::default()
        };
        assert!(matches!(organizations::create(&cx, reserved).await, Err(Error::Invalid(_))));
        let admin = account_actor(&world.viewer("admin@alpha.test").await);
        assert!(matches!(world.services.admit::<OrganizationCreate>(&admin), Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn an_admin_changes_the_details_of_the_own_organization() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = world.cx::<SettingsWrite>("admin@alpha.test", "alpha").await;
        let changed = organizations::update(&cx, " Alpha & Co ", Some(""), Some("it@alpha.test")).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.description, changed.contact_email.as_deref()), ("Alpha & Co", None, Some("it@alpha.test")));
        let entry = world.log(changed.id).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("ORGANIZATION_UPDATED", "admin@alpha.test"));
        assert_eq!(entry.old_values.unwrap()["name"], "ALPHA");
        assert!(matches!(organizations::update(&cx, "", None, Some("no")).await, Err(Error::Invalid(i)) if i.0.len() == 2));
        assert!(matches!(organizations::update(&cx, "BETA", None, None).await, Err(Error::Conflict(_))));
        let read = world.cx::<SettingsRead>("admin@alpha.test", "alpha").await;
        assert_eq!(organizations::get(&read).await.unwrap().name, "Alpha & Co");
    })
    .await;
}

#[tokio::test]
async fn members_are_told_of_a_suspension_and_strangers_find_nothing() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = world.services.admit::<OrganizationCreate>(&service::Actor::platform("test")).unwrap();
        let viewer = world.viewer("admin@alpha.test").await;
        organizations::suspend(&cx, "alpha").await.unwrap();
        assert!(matches!(
            organizations::enter(&world.services, &viewer, "alpha").await,
            Err(Error::Suspended)
        ));
        let stranger = world.viewer("admin@beta.test").await;
        assert!(matches!(
            organizations::enter(&world.services, &stranger, "alpha").await,
            Err(Error::NotFound)
        ));
        world.person("sre@example.test", "alpha", "sre").await;
        let sre = world.viewer("sre@example.test").await;
        let (_, actor) = organizations::enter(&world.services, &sre, "alpha").await.unwrap();
        assert_eq!(actor.permissions, PermissionSet::of(Holder::Sre));
        assert!(organizations::reach(&world.services, &viewer).await.unwrap().is_empty());
        let alpha = organizations::by_slug(&world.services, "alpha").await.unwrap();
        assert!(!alpha.is_active);
        assert_eq!(organizations::all(&world.services).await.unwrap().len(), 2);
        organizations::resume(&cx, "alpha").await.unwrap();
        organizations::enter(&world.services, &viewer, "alpha").await.unwrap();
        assert!(matches!(organizations::suspend(&cx, "platform").await, Err(Error::NotFound)));
    })
    .await;
}
