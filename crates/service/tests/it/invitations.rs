//! Invitations: nobody learns of accounts by inviting, and nobody is a member who did not agree.

use domain::invitation::{NewInvitation, Received};
use domain::member::{ApprovalLevel, NewMember, Role};
use domain::permission::{AccountRead, AccountWrite, MemberRead, MemberWrite, OrganizationRead, UserCreate};
use service::invitations::Opened;
use service::{Error, auth, invitations, members, organizations};
use testkit::for_each_backend;

use crate::world::{PASSWORD, World, client};

const ADMIN: &str = "admin@alpha.test";

async fn two(t: testkit::TestDb) -> World {
    let world = World::new(t);
    for slug in ["alpha", "beta"] {
        world.organization(slug).await;
    }
    world.person(ADMIN, "alpha", "admin").await;
    world.person("ben@beta.test", "beta", "viewer").await;
    world
}

fn new(email: &str) -> NewInvitation {
    NewInvitation { email: email.to_owned(), role: Role::Analyst, approval_level: ApprovalLevel::Senior }
}

async fn received(world: &World, email: &str) -> Vec<Received> {
    let actor = auth::account_actor(&world.viewer(email).await);
    invitations::received(&world.services.admit::<AccountRead>(&actor).unwrap()).await.unwrap()
}

async fn accept(world: &World, email: &str, id: domain::InvitationId) -> service::Result<Received> {
    let actor = auth::account_actor(&world.viewer(email).await);
    invitations::accept(&world.services.admit::<AccountWrite>(&actor).unwrap(), id).await
}

#[tokio::test]
async fn an_admin_cannot_tell_whether_an_address_has_an_account() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let organization = cx.actor().organization;
        let mut told = Vec::new();
        for email in ["ben@beta.test", "nob@beta.test"] {
            let invited = invitations::invite(&cx, new(email)).await.unwrap();
            let again = invitations::invite(&cx, new(email)).await.unwrap();
            let listed = invitations::list(&world.cx::<MemberRead>(ADMIN, "alpha").await).await.unwrap();
            let members = members::list(&world.cx::<MemberRead>(ADMIN, "alpha").await).await.unwrap();
            let added = NewMember {
                email: email.to_owned(),
                role: Role::Viewer,
                approval_level: ApprovalLevel::None,
                display_name: None,
                password: Some(PASSWORD.to_owned()),
            };
            let direct = members::add(&cx, added.clone()).await.unwrap_err();
            let without = members::add(&cx, NewMember { password: None, ..added }).await.unwrap_err();
            let log = world.log(organization).await;
            let entries: Vec<_> = log.iter().rev().take(2).map(|e| (&e.action, &e.new_values)).collect();
            assert!(again.id != invited.id && listed.iter().filter(|i| i.email == email).count() == 1);
            let all = format!("{} {} {direct:?} {without:?} {entries:?}", again.email, members.len());
            told.push(all.replace("ben@", "x@").replace("nob@", "x@"));
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains("Forbidden") && !told[0].contains("Ben"), "{}", told[0]);
    })
    .await;
}

#[tokio::test]
async fn the_person_accepts_after_sign_in_and_nobody_else_can() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let invited = invitations::invite(&cx, new(" Ben@Beta.test ")).await.unwrap();
        assert!(matches!(
            organizations::enter(&world.services, &world.viewer("ben@beta.test").await, "alpha").await,
            Err(Error::NotFound)
        ));
        assert!(matches!(accept(&world, ADMIN, invited.id).await, Err(Error::NotFound)), "not the admin's");
        let waiting = received(&world, "ben@beta.test").await;
        assert_eq!(
            (waiting.len(), waiting[0].slug.as_str(), waiting[0].invited_by.as_str(), waiting[0].role),
            (1, "alpha", ADMIN, Role::Analyst)
        );
        accept(&world, "ben@beta.test", invited.id).await.unwrap();
        let entry = world.log(cx.actor().organization).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("MEMBER_ADDED", "ben@beta.test"));
        assert_eq!(world.actor("ben@beta.test", "alpha").await.role, Some(Role::Analyst));
        assert!(received(&world, "ben@beta.test").await.is_empty());
        assert!(matches!(accept(&world, "ben@beta.test", invited.id).await, Err(Error::NotFound)), "once");
        assert!(matches!(invitations::invite(&cx, new("ben@beta.test")).await, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn an_invitation_waits_for_an_account_and_ends_when_withdrawn_or_old() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let first = invitations::invite(&cx, new("zoe@beta.test")).await.unwrap();
        world.person("zoe@beta.test", "beta", "viewer").await;
        assert_eq!(received(&world, "zoe@beta.test").await.len(), 1);
        invitations::withdraw(&cx, first.id).await.unwrap();
        assert!(matches!(invitations::withdraw(&cx, first.id).await, Err(Error::NotFound)));
        assert!(matches!(accept(&world, "zoe@beta.test", first.id).await, Err(Error::NotFound)));
        let second = invitations::invite(&cx, new("zoe@beta.test")).await.unwrap();
        world.person("admin@beta.test", "beta", "admin").await;
        let beta = world.cx::<MemberWrite>("admin@beta.test", "beta").await;
        assert!(matches!(invitations::withdraw(&beta, second.id).await, Err(Error::NotFound)), "another's");
        world.clock.advance_seconds(30 * 86_400);
        assert!(matches!(accept(&world, "zoe@beta.test", second.id).await, Err(Error::NotFound)), "over");
    })
    .await;
}

async fn invited_token(world: &World, email: &str) -> (String, domain::InvitationId) {
    let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
    let invited = invitations::invite(&cx, new(email)).await.unwrap();
    (invitations::token(&cx, invited.id), invited.id)
}

#[tokio::test]
async fn who_has_no_account_makes_one_with_the_link_once() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let (token, _) = invited_token(&world, "zoe@new.test").await;
        assert!(matches!(invitations::open(&world.services, &token).await.unwrap(), Opened::Waits(_)));
        let join = async |name: &str, password: &str| {
            invitations::join(&world.services, &token, name, password, &client()).await
        };
        for (name, password, field) in [("", PASSWORD, "display_name"), ("Zoe", "short", "password")] {
            let Err(Error::Invalid(invalid)) = join(name, password).await else { panic!("{name}") };
            assert_eq!(invalid.0[0].field, field);
        }
        let (signed_in, slug) = join("Zoe", PASSWORD).await.unwrap();
        assert_eq!((slug.as_str(), signed_in.user.email.as_str()), ("alpha", "zoe@new.test"));
        let viewer = auth::viewer(&world.services, signed_in.session, &client()).await.unwrap().unwrap();
        let (_, actor) = organizations::enter(&world.services, &viewer, "alpha").await.unwrap();
        assert_eq!(actor.role, Some(Role::Analyst));
        let organization = actor.organization;
        let actions = world.actions(organization).await;
        assert!(
            actions.ends_with(&["USER_CREATED", "MEMBER_ADDED", "SIGNED_IN"].map(str::to_owned)),
            "{actions:?}"
        );
        assert!(matches!(join("Zoe", PASSWORD).await, Err(Error::NotFound)), "once");
        assert!(matches!(invitations::open(&world.services, &token).await.unwrap(), Opened::Used(_)));
        assert!(auth::sign_in(&world.services, "zoe@new.test", PASSWORD, &client()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn who_has_an_account_accepts_by_the_link_and_nobody_else_does() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let (token, _) = invited_token(&world, "ben@beta.test").await;
        let made = invitations::join(&world.services, &token, "Ben", PASSWORD, &client()).await;
        assert!(matches!(made, Err(Error::Conflict(_))), "the account is its owner's");
        let admin = world.viewer(ADMIN).await;
        assert!(matches!(
            invitations::accept_link(&world.services, &admin, &token).await,
            Err(Error::NotFound)
        ));
        let ben = world.viewer("ben@beta.test").await;
        assert_eq!(invitations::accept_link(&world.services, &ben, &token).await.unwrap(), "alpha");
        assert!(matches!(
            invitations::accept_link(&world.services, &ben, &token).await,
            Err(Error::NotFound)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_guessed_withdrawn_replaced_or_old_opens_nothing() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let open = async |token: &str| invitations::open(&world.services, token).await.unwrap();
        let (first, id) = invited_token(&world, "zoe@new.test").await;
        let mut changed = first.clone();
        changed.pop();
        for guess in [id.to_string(), format!("{id}."), changed, String::new()] {
            assert_eq!(open(&guess).await, Opened::Unknown, "{guess}");
        }
        let (second, id) = invited_token(&world, "zoe@new.test").await;
        assert_eq!(open(&first).await, Opened::Unknown, "replaced");
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        invitations::withdraw(&cx, id).await.unwrap();
        assert_eq!(open(&second).await, Opened::Unknown, "withdrawn");
        let (third, _) = invited_token(&world, "zoe@new.test").await;
        world.clock.advance_seconds(30 * 86_400);
        assert!(matches!(open(&third).await, Opened::Over(_)));
        let late = invitations::join(&world.services, &third, "Zoe", PASSWORD, &client()).await;
        assert!(matches!(late, Err(Error::NotFound)));
    })
    .await;
}

/// An admin could make the account of any address with a link of their own, and wait for what others offer to it.
#[tokio::test]
async fn an_account_made_by_one_link_receives_no_other_organizations_invitation() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let (token, _) = invited_token(&world, "chief@gamma.test").await;
        invitations::join(&world.services, &token, "Not the chief", PASSWORD, &client()).await.unwrap();
        world.person("admin@beta.test", "beta", "admin").await;
        let beta = world.cx::<MemberWrite>("admin@beta.test", "beta").await;
        let offered = invitations::invite(&beta, new("chief@gamma.test")).await.unwrap();
        assert!(received(&world, "chief@gamma.test").await.is_empty());
        assert!(matches!(accept(&world, "chief@gamma.test", offered.id).await, Err(Error::NotFound)));
        let chief = world.viewer("chief@gamma.test").await;
        let link = invitations::token(&beta, offered.id);
        assert_eq!(invitations::accept_link(&world.services, &chief, &link).await.unwrap(), "beta");
    })
    .await;
}

#[tokio::test]
async fn the_platform_role_confirms_an_address_and_then_its_offers_are_theirs() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        world.person("sre@platform.test", "beta", "sre").await;
        world.person("admin@beta.test", "beta", "admin").await;
        let (token, _) = invited_token(&world, "zoe@new.test").await;
        invitations::join(&world.services, &token, "Zoe", PASSWORD, &client()).await.unwrap();
        let beta = world.cx::<MemberWrite>("admin@beta.test", "beta").await;
        invitations::invite(&beta, new("zoe@new.test")).await.unwrap();
        assert!(received(&world, "zoe@new.test").await.is_empty(), "not confirmed");
        let admin = auth::account_actor(&world.viewer(ADMIN).await);
        assert!(matches!(world.services.admit::<OrganizationRead>(&admin), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<UserCreate>(&admin), Err(Error::Forbidden)));

        let sre = auth::account_actor(&world.viewer("sre@platform.test").await);
        let listed =
            auth::unconfirmed(&world.services.admit::<OrganizationRead>(&sre).unwrap()).await.unwrap();
        assert_eq!(listed.iter().map(|u| u.email.as_str()).collect::<Vec<_>>(), ["zoe@new.test"]);
        let cx = world.services.admit::<UserCreate>(&sre).unwrap();
        auth::confirm_address(&cx, listed[0].id).await.unwrap();
        assert!(matches!(auth::confirm_address(&cx, listed[0].id).await, Err(Error::Conflict(_))));
        assert_eq!(received(&world, "zoe@new.test").await.len(), 1);
        let entry = world.platform_log().await.into_iter().rfind(|e| e.action == "USER_CONFIRMED").unwrap();
        assert_eq!(
            (entry.actor.as_str(), &entry.metadata["email"]),
            ("sre@platform.test", &"zoe@new.test".into())
        );
        let none = auth::confirm_address_of(&world.services, "nobody@new.test").await;
        assert!(matches!(none, Err(Error::NotFound)));
    })
    .await;
}
