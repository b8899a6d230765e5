//! Members, and the admin that must remain.

use domain::member::{ApprovalLevel, Member, NewMember, Role};
use domain::permission::{MemberRead, MemberWrite};
use service::{Error, auth, members};
use testkit::for_each_backend;

use crate::world::{PASSWORD, World, client};

const ADMIN: &str = "admin@alpha.test";

async fn alpha(t: testkit::TestDb) -> World {
    let world = World::new(t);
    world.organization("alpha").await;
    world.person(ADMIN, "alpha", "admin").await;
    world
}

/// An admin who also has the platform role may make accounts.
async fn platform_admin(world: &World) -> service::Cx<MemberWrite> {
    world.person(ADMIN, "alpha", "sre").await;
    world.cx::<MemberWrite>(ADMIN, "alpha").await
}

fn new(email: &str, password: Option<&str>) -> NewMember {
    NewMember {
        email: email.to_owned(),
        role: Role::Analyst,
        approval_level: ApprovalLevel::Senior,
        display_name: Some("Ana".to_owned()),
        password: password.map(str::to_owned),
    }
}

async fn member(world: &World, email: &str) -> Member {
    let listed = members::list(&world.cx::<MemberRead>(ADMIN, "alpha").await).await.unwrap();
    listed.into_iter().find(|m| m.email == email).unwrap()
}

#[tokio::test]
async fn a_new_account_is_made_with_its_membership() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let cx = platform_admin(&world).await;
        let without = members::add(&cx, new("Ana@Example.test", None)).await.unwrap_err();
        assert!(matches!(without, Error::Invalid(ref i) if i.0[0].field == "password"), "{without:?}");
        let added = members::add(&cx, new("Ana@Example.test", Some(PASSWORD))).await.unwrap();
        assert_eq!(
            (added.email.as_str(), added.username.as_str(), added.role),
            ("ana@example.test", "ana", Role::Analyst)
        );
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
        let organization = cx.actor().organization;
        let log = world.log(organization).await;
        let actions: Vec<_> = log[log.len() - 3..].iter().map(|r| r.action.as_str()).collect();
        assert_eq!(actions, ["USER_CREATED", "MEMBER_ADDED", "SIGNED_IN"]);
        let entry = log[log.len() - 2].clone();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("MEMBER_ADDED", ADMIN));
        assert_eq!(entry.new_values.unwrap()["approval_level"], "senior");
        let created = world.platform_log().await.into_iter().rfind(|r| r.action == "USER_CREATED").unwrap();
        assert!(!serde_json::to_string(&created).unwrap().contains("argon2"));
        assert!(matches!(members::add(&cx, new("ana@example.test", None)).await, Err(Error::Conflict(_))));
        // The short username is taken now.
        let other = members::add(&cx, new("ana@other.test", Some(PASSWORD))).await.unwrap();
        assert_eq!(other.username, "ana@other.test");
    })
    .await;
}

#[tokio::test]
async fn an_existing_account_keeps_its_password_when_it_is_added() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.organization("beta").await;
        world.person("ben@beta.test", "beta", "viewer").await;
        let cx = platform_admin(&world).await;
        let listed = async || members::list(&world.cx::<MemberRead>(ADMIN, "alpha").await).await.unwrap();
        let ben = members::add(&cx, new("ben@beta.test", Some("another password"))).await.unwrap();
        assert!(
            listed().await.into_iter().all(|m| m.elsewhere),
            "ben is in beta, the admin has the platform role"
        );
        let one = members::get(&world.cx::<MemberRead>(ADMIN, "alpha").await, ben.id).await.unwrap();
        assert!(one.elsewhere);
        let cal = members::add(&cx, new("cal@alpha.test", Some(PASSWORD))).await.unwrap();
        assert!(listed().await.into_iter().any(|m| m.id == cal.id && !m.elsewhere));
        assert!(
            auth::sign_in(&world.services, "ben@beta.test", "another password", &client()).await.is_err()
        );
        let viewer = world.viewer("ben@beta.test").await;
        assert_eq!(service::organizations::reach(&world.services, &viewer).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_last_admin_stays() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let admin = member(&world, ADMIN).await;
        let texts = [
            members::update(&cx, admin.id, Role::Viewer, ApprovalLevel::None).await.unwrap_err().to_string(),
            members::remove(&cx, admin.id).await.unwrap_err().to_string(),
            members::disable(&cx, admin.id).await.unwrap_err().to_string(),
        ];
        for (text, verb) in texts.iter().zip(["change the role of", "remove", "disable"]) {
            assert_eq!(*text, format!("you cannot {verb} the last admin; make somebody else an admin first"));
        }
        members::update(&cx, admin.id, Role::Admin, ApprovalLevel::Manager).await.unwrap();
        world.person("second@alpha.test", "alpha", "admin").await;
        members::update(&cx, admin.id, Role::Viewer, ApprovalLevel::None).await.unwrap();
        assert_eq!(member_role(&world, ADMIN).await, Role::Viewer);
    })
    .await;
}

async fn member_role(world: &World, email: &str) -> Role {
    let organization = service::organizations::by_slug(&world.services, "alpha").await.unwrap();
    let cx = world.services.admit::<MemberRead>(&service::Actor::system("test", organization.id)).unwrap();
    members::list(&cx).await.unwrap().into_iter().find(|m| m.email == email).unwrap().role
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_admins_cannot_remove_each_other_at_the_same_time() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.person("second@alpha.test", "alpha", "admin").await;
        let (first, second) = (member(&world, ADMIN).await, member(&world, "second@alpha.test").await);
        let a = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let b = world.cx::<MemberWrite>("second@alpha.test", "alpha").await;
        let (x, y) = tokio::join!(
            tokio::spawn(async move { members::remove(&a, second.id).await }),
            tokio::spawn(async move { members::remove(&b, first.id).await }),
        );
        let (x, y) = (x.unwrap(), y.unwrap());
        assert!(x.is_ok() != y.is_ok(), "{x:?} {y:?}");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_at_once() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.person("ana@example.test", "alpha", "analyst").await;
        let viewer = world.viewer("ana@example.test").await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let ana = member(&world, "ana@example.test").await;
        assert!(!members::disable(&cx, ana.id).await.unwrap().enabled);
        assert!(auth::viewer(&world.services, viewer.session, &client()).await.unwrap().is_none());
        assert!(matches!(
            auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await,
            Err(Error::Unauthenticated)
        ));
        members::enable(&cx, ana.id).await.unwrap();
        assert!(
            auth::viewer(&world.services, viewer.session, &client()).await.unwrap().is_none(),
            "the old device stays signed out"
        );
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_account_of_two_organizations_or_of_the_platform_is_not_one_admins_to_disable() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.organization("beta").await;
        world.person("ben@beta.test", "beta", "viewer").await;
        world.person("ben@beta.test", "alpha", "viewer").await;
        world.person("sre@example.test", "alpha", "viewer").await;
        world.person("sre@example.test", "alpha", "sre").await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        for email in ["ben@beta.test", "sre@example.test"] {
            let error = members::disable(&cx, member(&world, email).await.id).await;
            assert!(matches!(error, Err(Error::Conflict(_))), "{email}: {error:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_removed_member_is_out_and_keeps_the_account() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.person("ana@example.test", "alpha", "analyst").await;
        let viewer = world.viewer("ana@example.test").await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let ana = member(&world, "ana@example.test").await;
        members::remove(&cx, ana.id).await.unwrap();
        assert!(matches!(
            service::organizations::enter(&world.services, &viewer, "alpha").await,
            Err(Error::NotFound)
        ));
        assert!(auth::viewer(&world.services, viewer.session, &client()).await.unwrap().is_some());
        assert!(matches!(members::remove(&cx, ana.id).await, Err(Error::NotFound)));
        let entry = world.log(cx.actor().organization).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.new_values), ("MEMBER_REMOVED", None));
        assert_eq!(entry.old_values.unwrap()["email"], "ana@example.test");
    })
    .await;
}

#[tokio::test]
async fn the_command_line_adds_users_and_the_platform_role() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let services = &world.services;
        let bad_role = members::add_user(services, "x@example.test", "alpha", "owner", PASSWORD).await;
        assert!(matches!(bad_role, Err(Error::Invalid(i)) if i.0[0].field == "role"));
        assert!(matches!(
            members::add_user(services, "x@example.test", "nowhere", "viewer", PASSWORD).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(
            members::add_user(services, "x@example.test", "alpha", "viewer", "short").await,
            Err(Error::Invalid(_))
        ));
        let sre = members::add_user(services, "sre@example.test", "alpha", "sre", PASSWORD).await.unwrap().0;
        assert!(sre.is_sre);
        assert!(matches!(
            members::add_user(services, "sre@example.test", "alpha", "sre", PASSWORD).await,
            Err(Error::Conflict(_))
        ));
        let promoted = members::add_user(services, ADMIN, "alpha", "sre", PASSWORD).await.unwrap().0;
        assert!(promoted.is_sre);
        let entry = world.platform_log().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("USER_UPDATED", "system (command line)"));
    })
    .await;
}
