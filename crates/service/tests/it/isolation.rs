//! Attacks from one organization on another: an id of B through a context of A is not found, and nothing of B changes.

use domain::api_key::NewApiKey;
use domain::environment::NewEnvironment;
use domain::member::{ApprovalLevel, Role};
use domain::permission::{
    ApiKeyRead, ApiKeyWrite, AuditRead, EnvironmentRead, EnvironmentWrite, MemberRead, MemberWrite,
    Permission, SettingsRead, SettingsWrite, SourceRead, SourceWrite,
};
use domain::source::NewSource;
use serde_json::json;
use service::{Cx, Error, api_keys, audit, environments, members, settings, sources};
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

async fn of<P: Permission>(world: &World, slug: &str) -> Cx<P> {
    world.cx(&format!("admin@{slug}.test"), slug).await
}

fn source(name: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        source_type: "host".to_owned(),
        status: "active".to_owned(),
        ..NewSource::default()
    }
}

fn environment(slug: &str) -> NewEnvironment {
    NewEnvironment { slug: slug.to_owned(), name: slug.to_owned(), ..NewEnvironment::default() }
}

fn key(name: &str) -> NewApiKey {
    NewApiKey { name: name.to_owned(), scopes: vec!["all".to_owned()], ..NewApiKey::default() }
}

macro_rules! not_found {
    ($($attack:expr),* $(,)?) => {$(
        let answer = $attack.await;
        assert!(matches!(answer, Err(Error::NotFound)), "{}: {:?}", stringify!($attack), answer.map(|_| "done"));
    )*};
}

#[tokio::test]
async fn ids_of_another_organization_are_not_found() {
    for_each_backend(|t| {
        Box::pin(async move {
            let world = two(t).await;
            let b_source =
                sources::create(&of::<SourceWrite>(&world, "beta").await, source("ZZB")).await.unwrap();
            let b_environment =
                environments::create(&of::<EnvironmentWrite>(&world, "beta").await, environment("zzb"))
                    .await
                    .unwrap();
            let (b_key, b_secret) =
                api_keys::create(&of::<ApiKeyWrite>(&world, "beta").await, key("ZZB")).await.unwrap();
            let b_member = members::list(&of::<MemberRead>(&world, "beta").await).await.unwrap().remove(0);
            let before = done(&world, b_member_organization(&world).await).await;

            not_found!(
                sources::get(&of::<SourceRead>(&world, "alpha").await, b_source.id),
                sources::update(&of::<SourceWrite>(&world, "alpha").await, b_source.id, source("taken")),
                sources::delete(&of::<SourceWrite>(&world, "alpha").await, b_source.id),
                environments::get(&of::<EnvironmentRead>(&world, "alpha").await, b_environment.id),
                environments::update(
                    &of::<EnvironmentWrite>(&world, "alpha").await,
                    b_environment.id,
                    environment("taken")
                ),
                environments::deactivate(&of::<EnvironmentWrite>(&world, "alpha").await, b_environment.id),
                environments::delete(&of::<EnvironmentWrite>(&world, "alpha").await, b_environment.id),
                api_keys::revoke(&of::<ApiKeyWrite>(&world, "alpha").await, b_key.id),
                members::get(&of::<MemberRead>(&world, "alpha").await, b_member.id),
                members::update(
                    &of::<MemberWrite>(&world, "alpha").await,
                    b_member.id,
                    Role::Viewer,
                    ApprovalLevel::None
                ),
                members::remove(&of::<MemberWrite>(&world, "alpha").await, b_member.id),
                members::disable(&of::<MemberWrite>(&world, "alpha").await, b_member.id),
            );

            // Nothing happened to them, and nothing was logged there.
            assert_eq!(
                sources::get(&of::<SourceRead>(&world, "beta").await, b_source.id).await.unwrap(),
                b_source
            );
            assert_eq!(
                environments::get(&of::<EnvironmentRead>(&world, "beta").await, b_environment.id)
                    .await
                    .unwrap(),
                b_environment
            );
            assert_eq!(
                members::get(&of::<MemberRead>(&world, "beta").await, b_member.id).await.unwrap().role,
                Role::Admin
            );
            let actor =
                api_keys::authenticate(&world.services, &b_secret, &crate::world::client()).await.unwrap();
            assert_eq!(done(&world, actor.organization).await, before);
        })
    })
    .await;
}

/// What was done there; each context above signs in first.
async fn done(world: &World, organization: domain::OrganizationId) -> Vec<String> {
    let mut actions = world.actions(organization).await;
    actions.retain(|action| action != "SIGNED_IN");
    actions
}

async fn b_member_organization(world: &World) -> domain::OrganizationId {
    service::organizations::by_slug(&world.services, "beta").await.unwrap().id
}

#[tokio::test]
async fn no_list_holds_anything_of_another_organization() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        sources::create(&of::<SourceWrite>(&world, "beta").await, source("ZZB source")).await.unwrap();
        environments::create(&of::<EnvironmentWrite>(&world, "beta").await, environment("zzb"))
            .await
            .unwrap();
        api_keys::create(&of::<ApiKeyWrite>(&world, "beta").await, key("ZZB key")).await.unwrap();
        settings::set(
            &of::<SettingsWrite>(&world, "beta").await,
            "general",
            json!({ "time_zone": "Europe/Lisbon" }),
        )
        .await
        .unwrap();
        let seen = json!([
            sources::list(&of::<SourceRead>(&world, "alpha").await, "", 50, None).await.unwrap().items,
            environments::list(&of::<EnvironmentRead>(&world, "alpha").await).await.unwrap(),
            api_keys::list(&of::<ApiKeyRead>(&world, "alpha").await).await.unwrap(),
            members::list(&of::<MemberRead>(&world, "alpha").await).await.unwrap(),
            settings::get(&of::<SettingsRead>(&world, "alpha").await, "general").await.unwrap(),
            audit::list(&of::<AuditRead>(&world, "alpha").await, &Default::default(), 200, None)
                .await
                .unwrap()
                .items,
        ])
        .to_string()
        .to_lowercase();
        for marker in ["zzb", "beta", "lisbon"] {
            assert!(!seen.contains(marker), "{marker} is in {seen}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_of_one_organization_acts_there_only() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        let b_source =
            sources::create(&of::<SourceWrite>(&world, "beta").await, source("ZZB")).await.unwrap();
        let (_, secret) =
            api_keys::create(&of::<ApiKeyWrite>(&world, "alpha").await, key("of alpha")).await.unwrap();
        let actor = api_keys::authenticate(&world.services, &secret, &crate::world::client()).await.unwrap();
        let read = world.services.admit::<SourceRead>(&actor).unwrap();
        assert!(sources::list(&read, "", 50, None).await.unwrap().items.is_empty());
        not_found!(
            sources::get(&read, b_source.id),
            sources::delete(&world.services.admit(&actor).unwrap(), b_source.id)
        );
        let made = sources::create(&world.services.admit(&actor).unwrap(), source("by key")).await.unwrap();
        let entry = world.log(actor.organization).await.pop().unwrap();
        assert_eq!((entry.target_id, entry.actor_id), (made.id.to_string(), None));
        assert!(entry.actor.starts_with("api key wr_"));
    })
    .await;
}

#[tokio::test]
async fn a_viewer_is_refused_every_write() {
    for_each_backend(|t| async move {
        let world = two(t).await;
        world.person("viewer@alpha.test", "alpha", "viewer").await;
        let actor = world.actor("viewer@alpha.test", "alpha").await;
        assert!(matches!(world.services.admit::<SourceWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<EnvironmentWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<ApiKeyWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<MemberWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<SettingsWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<ApiKeyRead>(&actor), Err(Error::Forbidden)));
        assert!(world.services.admit::<SourceRead>(&actor).is_ok());
    })
    .await;
}
