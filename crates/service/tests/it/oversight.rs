//! What the platform does with organizations, and that nobody else can.

use domain::api_key::NewApiKey;
use domain::case::NewCase;
use domain::organization::NewOrganization;
use domain::permission::{
    CaseWrite, DriftWrite, EventWrite, OrganizationCreate, OrganizationRead, SettingsWrite, SourceWrite,
};
use domain::source::NewSource;
use serde_json::json;
use service::auth::{self, account_actor, again};
use service::events::Origin;
use service::invitations::{self, Opened};
use service::{Cx, Error, api_keys, cases, drifts, organizations, oversight, sources};
use testkit::for_each_backend;

use crate::world::{PASSWORD, World, client};

async fn two(t: testkit::TestDb) -> World {
    let world = World::new(t);
    for slug in ["alpha", "beta"] {
        world.organization(slug).await;
        world.person(&format!("admin@{slug}.test"), slug, "admin").await;
    }
    world.person("sre@platform.test", "alpha", "sre").await;
    world
}

async fn platform(world: &World) -> Cx<OrganizationCreate> {
    world.services.admit(&account_actor(&world.viewer("sre@platform.test").await)).unwrap()
}

async fn listed(world: &World) -> Vec<domain::organization::Overseen> {
    let actor = account_actor(&world.viewer("sre@platform.test").await);
    oversight::list(&world.services.admit::<OrganizationRead>(&actor).unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_admin_neither_sees_nor_touches_the_others() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let viewer = world.viewer("admin@alpha.test").await;
        let inside = organizations::enter(&world.services, &viewer, "alpha").await.unwrap().1;
        for actor in [account_actor(&viewer), inside] {
            assert!(matches!(world.services.admit::<OrganizationRead>(&actor), Err(Error::Forbidden)));
            assert!(matches!(world.services.admit::<OrganizationCreate>(&actor), Err(Error::Forbidden)));
        }
        let new = NewApiKey { name: "all".into(), scopes: vec!["all".into()], ..NewApiKey::default() };
        let (_, secret) = api_keys::create_for_organization(&world.services, "alpha", new).await.unwrap();
        let key = api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        assert!(matches!(world.services.admit::<OrganizationRead>(&key), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<OrganizationCreate>(&key), Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn one_is_made_for_others_and_its_first_admin_comes_by_link() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = platform(&world).await;
        let new =
            NewOrganization { slug: "gamma".into(), name: "Gamma".into(), ..NewOrganization::default() };
        assert!(matches!(oversight::found(&cx, new.clone(), "nobody").await, Err(Error::Invalid(_))));
        let (gamma, offered) = oversight::found(&cx, new.clone(), " Gina@Gamma.test ").await.unwrap();
        assert!(matches!(oversight::found(&cx, new, "x@gamma.test").await, Err(Error::Conflict(_))));
        let links = oversight::links(&cx, "gamma").await.unwrap();
        assert_eq!((links.len(), links[0].0.id), (1, offered.id));
        let (gina, slug) =
            invitations::join(&world.services, &links[0].1, "Gina", PASSWORD, &client()).await.unwrap();
        assert_eq!((gina.user.email.as_str(), slug.as_str()), ("gina@gamma.test", "gamma"));
        world.cx::<SettingsWrite>("gina@gamma.test", "gamma").await;
        assert!(oversight::links(&cx, "gamma").await.unwrap().is_empty());
        assert_eq!(world.actions(gamma.id).await[..2], ["ORGANIZATION_CREATED", "MEMBER_INVITED"]);
        let listed = listed(&world).await;
        let gamma = listed.iter().find(|o| o.slug == "gamma").unwrap();
        assert_eq!((gamma.members, gamma.sources, gamma.events, gamma.last_event_at), (1, 0, 0, None));
        assert_eq!(
            oversight::rename(&cx, "gamma", Some("Gamma"), " Gamma & Co ").await.unwrap().name,
            "Gamma & Co"
        );
        assert!(matches!(oversight::rename(&cx, "gamma", None, "ALPHA").await, Err(Error::Conflict(_))));
        assert!(matches!(oversight::rename(&cx, "platform", None, "x").await, Err(Error::NotFound)));
        let stale = oversight::rename(&cx, "gamma", Some("Gamma"), "G").await;
        assert!(matches!(stale, Err(Error::Conflict(why)) if why.contains("“Gamma & Co”")));
        oversight::rename(&cx, "gamma", Some("Gamma & Co"), "G").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_suspension_refuses_keys_sessions_and_links_at_once() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = platform(&world).await;
        let new = NewApiKey { name: "in".into(), scopes: vec!["event.write".into()], ..NewApiKey::default() };
        let (_, secret) = api_keys::create_for_organization(&world.services, "alpha", new).await.unwrap();
        api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        let viewer = world.viewer("admin@alpha.test").await;
        organizations::enter(&world.services, &viewer, "alpha").await.unwrap();
        organizations::suspend(&cx, "alpha").await.unwrap();
        let refused = api_keys::authenticate(&world.services, &secret, &client()).await;
        assert!(matches!(refused, Err(Error::Suspended)));
        let last = if secret.ends_with('0') { '1' } else { '0' };
        let other = format!("{}{last}", &secret[..secret.len() - 1]);
        let wrong = api_keys::authenticate(&world.services, &other, &client()).await;
        assert!(matches!(wrong, Err(Error::Unauthenticated)));
        let entered = organizations::enter(&world.services, &viewer, "alpha").await;
        assert!(matches!(entered, Err(Error::Suspended)));
        organizations::resume(&cx, "alpha").await.unwrap();
        api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_marked_one_is_taken_back_or_goes_with_all_but_its_log() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = platform(&world).await;
        let alpha = organizations::by_slug(&world.services, "alpha").await.unwrap();
        let sources = world.cx::<SourceWrite>("admin@alpha.test", "alpha").await;
        let source = domain::source::NewSource {
            name: "edge".into(),
            source_type: "other".into(),
            status: "active".into(),
            ..Default::default()
        };
        service::sources::create(&sources, source).await.unwrap();
        assert!(matches!(oversight::mark(&cx, "alpha", "beta").await, Err(Error::Invalid(_))));
        assert!(matches!(oversight::take_back(&cx, "alpha").await, Err(Error::Conflict(_))));
        oversight::mark(&cx, "alpha", "alpha").await.unwrap();
        assert!(matches!(oversight::mark(&cx, "alpha", "alpha").await, Err(Error::Conflict(_))));
        assert!(matches!(organizations::resume(&cx, "alpha").await, Err(Error::Conflict(_))));
        oversight::take_back(&cx, "alpha").await.unwrap();
        organizations::resume(&cx, "alpha").await.unwrap();
        world.actor("admin@alpha.test", "alpha").await;

        oversight::mark(&cx, "alpha", "alpha").await.unwrap();
        world.clock.advance_seconds(29 * 86_400);
        assert_eq!(oversight::delete_due(&world.services).await.unwrap(), 0);
        world.clock.advance_seconds(86_400);
        assert_eq!(oversight::delete_due(&world.services).await.unwrap(), 1);
        assert_eq!(oversight::delete_due(&world.services).await.unwrap(), 0, "once");
        assert_eq!(listed(&world).await.iter().map(|o| o.slug.as_str()).collect::<Vec<_>>(), ["beta"]);
        let actions = world.actions(alpha.id).await;
        assert_eq!(actions.last().map(String::as_str), Some("ORGANIZATION_DELETED"));
        assert!(actions.contains(&"SOURCE_CREATED".to_owned()), "the log stays");
        let platform_log = world.platform_log().await;
        assert!(
            platform_log
                .iter()
                .any(|e| e.action == "ORGANIZATION_DELETED" && e.target_id == alpha.id.to_string())
        );
        let viewer = world.viewer("admin@alpha.test").await;
        assert!(organizations::reach(&world.services, &viewer).await.unwrap().is_empty());
        let cx = platform(&world).await;
        let again =
            NewOrganization { slug: "alpha".into(), name: "ALPHA".into(), ..NewOrganization::default() };
        oversight::found(&cx, again, "new@alpha.test").await.unwrap();
        world.actor("admin@beta.test", "beta").await;
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_has_begun_is_one_servers_and_is_not_taken_back() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let alpha = organizations::by_slug(&world.services, "alpha").await.unwrap();
        oversight::mark(&platform(&world).await, "alpha", "alpha").await.unwrap();
        world.clock.advance_seconds(31 * 86_400);
        let cx = platform(&world).await;
        assert!(matches!(oversight::take_back(&cx, "alpha").await, Err(Error::Conflict(_))));
        if world.t.db.dialect() == store::db::Dialect::Postgres {
            let mut other = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
            let now = world.services.clock.now();
            assert!(store::oversight::lock_due(&mut other, alpha.id, now).await.unwrap());
            assert_eq!(oversight::delete_due(&world.services).await.unwrap(), 0, "another server is at it");
            other.commit_unaudited_bookkeeping().await.unwrap();
        }
        assert_eq!(oversight::delete_due(&world.services).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_platform_role_does_not_get_the_links_of_an_organization_that_has_members() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let admin = world.cx::<domain::permission::MemberWrite>("admin@alpha.test", "alpha").await;
        let offer = domain::invitation::NewInvitation {
            email: "next@alpha.test".to_owned(),
            role: domain::member::Role::Admin,
            approval_level: domain::member::ApprovalLevel::None,
        };
        invitations::invite(&admin, offer).await.unwrap();
        assert_eq!(oversight::links(&platform(&world).await, "alpha").await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn who_has_shown_a_link_has_not_shown_an_address() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let admin = world.cx::<domain::permission::MemberWrite>("admin@alpha.test", "alpha").await;
        let offer = domain::invitation::NewInvitation {
            email: "cto@corp.test".to_owned(),
            role: domain::member::Role::Viewer,
            approval_level: domain::member::ApprovalLevel::None,
        };
        let id = invitations::invite(&admin, offer).await.unwrap().id;
        let link = invitations::token(&admin, id);
        invitations::join(&world.services, &link, "Not the CTO", PASSWORD, &client()).await.unwrap();
        for (slug, role) in [("beta", "admin"), ("alpha", "sre")] {
            let added =
                service::members::add_user(&world.services, "cto@corp.test", slug, role, PASSWORD).await;
            assert!(matches!(added, Err(Error::Conflict(_))), "{role}: {added:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_legal_hold_keeps_an_organization() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let settings = world.cx::<SettingsWrite>("admin@alpha.test", "alpha").await;
        let hold = domain::retention::NewHold { reason: "court".into(), query: String::new(), until: None };
        service::retention::hold(&settings, &hold).await.unwrap();
        let cx = platform(&world).await;
        assert!(matches!(oversight::mark(&cx, "alpha", "alpha").await, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn a_link_of_a_suspended_organization_opens_nothing() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let cx = platform(&world).await;
        let new =
            NewOrganization { slug: "gamma".into(), name: "Gamma".into(), ..NewOrganization::default() };
        oversight::found(&cx, new, "gina@gamma.test").await.unwrap();
        let token = oversight::links(&cx, "gamma").await.unwrap().remove(0).1;
        organizations::suspend(&cx, "gamma").await.unwrap();
        assert_eq!(invitations::open(&world.services, &token).await.unwrap(), Opened::Unknown);
    })
    .await;
}

#[tokio::test]
async fn after_a_while_the_platform_wants_the_password_again() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let session = world.viewer("sre@platform.test").await.session;
        let now = async || auth::viewer(&world.services, session, &client()).await.unwrap().unwrap();
        let reads = |viewer: &auth::Viewer| {
            world.services.admit::<OrganizationRead>(&account_actor(viewer)).map(drop)
        };
        assert!(reads(&now().await).is_ok());
        world.clock.advance_seconds(again::PROVED);
        let viewer = now().await;
        assert!(!viewer.proved && matches!(reads(&viewer), Err(Error::Forbidden)));
        let own = world.services.admit(&account_actor(&viewer)).unwrap();
        let wrong = again::prove(&own, "not my password").await;
        assert!(matches!(&wrong, Err(Error::Invalid(why)) if why.0[0].field == "password"), "{wrong:?}");
        assert!(!now().await.proved);
        again::prove(&own, PASSWORD).await.unwrap();
        assert!(reads(&now().await).is_ok());
        let entry = world.platform_log().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.target_id), ("PASSWORD_CONFIRMED", session.to_string()));
        // Nobody becomes more by it.
        let admin = world.viewer("admin@alpha.test").await;
        again::prove(&world.services.admit(&account_actor(&admin)).unwrap(), PASSWORD).await.unwrap();
        assert!(matches!(reads(&admin), Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn the_platform_sees_what_is_not_as_it_should_be_and_where() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let concerns = async || {
            let listed = listed(&world).await;
            listed.into_iter().map(|one| (one.health.fails(), one.health.concerns())).collect::<Vec<_>>()
        };
        assert_eq!(concerns().await, [(false, vec![]), (false, vec![])]);
        let admin = "admin@alpha.test";
        let events = world.cx::<EventWrite>(admin, "alpha").await;
        service::events::ingest(&events, vec![crate::events::event(1, "up")], Origin::Api).await.unwrap();
        let case =
            NewCase { due_at: Some(world.services.clock.now().plus_seconds(60)), ..NewCase::titled("Late") };
        cases::open(&world.cx::<CaseWrite>(admin, "alpha").await, case, &[]).await.unwrap();
        let push =
            crate::drifts::what(crate::drifts::plan(&[("aws_instance.a", json!({"a": 1}), json!({"a": 1}))]));
        drifts::push(&world.cx::<DriftWrite>(admin, "alpha").await, push, None).await.unwrap();
        assert_eq!(concerns().await[0], (false, vec![]), "none of it is late yet");
        world.clock.advance_seconds(8 * 86_400);
        let late = ["1 quiet source", "1 repository not pushed for a week", "1 overdue case"];
        assert_eq!(concerns().await[0], (false, late.map(str::to_owned).to_vec()));
        for name in ["edge", "core"] {
            let source = NewSource {
                name: name.into(),
                source_type: "other".into(),
                status: "error".into(),
                ..NewSource::default()
            };
            sources::create(&world.cx::<SourceWrite>(admin, "alpha").await, source).await.unwrap();
        }
        let told = concerns().await;
        assert_eq!((told[0].0, told[0].1[0].as_str()), (true, "2 sources in error"));
        assert_eq!(told[1], (false, vec![]), "the other organization is well");
    })
    .await;
}
