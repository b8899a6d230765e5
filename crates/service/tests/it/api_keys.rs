//! API keys: what they open, and how long.

use domain::api_key::NewApiKey;
use domain::member::{ApprovalLevel, Role};
use domain::permission::{
    ApiKeyRead, ApiKeyWrite, EventRead, EventWrite, MemberRead, MemberWrite, SourceRead, SourceWrite,
};
use service::{Error, Who, api_keys, members, organizations};
use testkit::for_each_backend;

use crate::world::{World, client, start};

const ADMIN: &str = "admin@alpha.test";

async fn alpha(t: testkit::TestDb) -> World {
    let world = World::new(t);
    world.organization("alpha").await;
    world.person(ADMIN, "alpha", "admin").await;
    world
}

fn new(scopes: &[&str]) -> NewApiKey {
    NewApiKey {
        name: "collector".to_owned(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        ..NewApiKey::default()
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_opens_its_scopes_only() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let cx = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
        let (key, secret) = api_keys::create(&cx, new(&["event.write", "source.read"])).await.unwrap();
        assert!(secret.starts_with("wr_") && secret.len() == 67);
        assert_eq!(key.key_prefix, secret[..8]);
        let actor = api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        assert_eq!(actor.organization, cx.actor().organization);
        assert_eq!(actor.who, Who::ApiKey { id: key.id, prefix: key.key_prefix.clone(), source: None });
        assert_eq!(actor.audit().label, format!("api key {}", key.key_prefix));
        assert!(world.services.admit::<EventWrite>(&actor).is_ok());
        assert!(
            matches!(world.services.admit::<EventRead>(&actor), Err(Error::Forbidden)),
            "writing is not reading"
        );
        assert!(world.services.admit::<SourceRead>(&actor).is_ok());
        assert!(matches!(world.services.admit::<SourceWrite>(&actor), Err(Error::Forbidden)));
        assert!(matches!(world.services.admit::<MemberRead>(&actor), Err(Error::Forbidden)));

        let listed = api_keys::list(&world.cx::<ApiKeyRead>(ADMIN, "alpha").await).await.unwrap();
        let everything = format!(
            "{}{}",
            serde_json::to_string(&listed).unwrap(),
            serde_json::to_string(&world.log(actor.organization).await).unwrap()
        );
        assert!(!everything.contains(&secret[8..]), "the secret is in a list or in the log");
    })
    .await;
}

#[tokio::test]
async fn anything_else_is_no_key() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let (_, secret) =
            api_keys::create_for_organization(&world.services, "alpha", new(&["all"])).await.unwrap();
        let near = format!("{}{}", &secret[..66], if secret.ends_with('0') { '1' } else { '0' });
        for wrong in [
            "",
            "wr_",
            "Bearer x",
            &secret[..66],
            &near,
            &secret.to_uppercase(),
            &format!("{secret} "),
            &"wr_é".repeat(20),
        ] {
            let answer = api_keys::authenticate(&world.services, wrong, &client()).await;
            assert!(matches!(answer, Err(Error::Unauthenticated)), "{wrong}: {answer:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_stops_at_once_although_it_was_remembered() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let cx = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
        let (key, secret) = api_keys::create(&cx, new(&["all"])).await.unwrap();
        api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        api_keys::revoke(&cx, key.id).await.unwrap();
        assert!(matches!(
            api_keys::authenticate(&world.services, &secret, &client()).await,
            Err(Error::Unauthenticated)
        ));
        assert!(matches!(api_keys::revoke(&cx, key.id).await, Err(Error::Conflict(_))));
        let entry = world.log(cx.actor().organization).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.target_id), ("API_KEY_REVOKED", key.id.to_string()));
        assert_eq!(entry.metadata["name"], key.name.as_str(), "which one it was, not only when");
        assert_eq!(entry.metadata["key_prefix"], key.key_prefix.as_str());
    })
    .await;
}

#[tokio::test]
async fn a_key_expires_although_it_was_remembered() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let cx = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
        let past = NewApiKey { expires_at: Some(start()), ..new(&["all"]) };
        assert!(matches!(api_keys::create(&cx, past).await, Err(Error::Invalid(i)) if i.0[0].field == "expires_at"));
        let soon = NewApiKey { expires_at: Some(start().plus_seconds(10)), ..new(&["all"]) };
        let (_, secret) = api_keys::create(&cx, soon).await.unwrap();
        api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        world.clock.advance_seconds(10);
        assert!(matches!(api_keys::authenticate(&world.services, &secret, &client()).await, Err(Error::Unauthenticated)));
    })
    .await;
}

#[tokio::test]
async fn a_key_never_exceeds_what_its_maker_may_do_now() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        world.person("ana@example.test", "alpha", "admin").await;
        let (_, secret) =
            api_keys::create(&world.cx::<ApiKeyWrite>("ana@example.test", "alpha").await, new(&["all"]))
                .await
                .unwrap();
        let may_write = async || {
            let actor = api_keys::authenticate(&world.services, &secret, &client()).await?;
            Ok::<_, Error>(world.services.admit::<SourceWrite>(&actor).is_ok())
        };
        assert!(may_write().await.unwrap());
        let cx = world.cx::<MemberWrite>(ADMIN, "alpha").await;
        let listed = members::list(&world.cx::<MemberRead>(ADMIN, "alpha").await).await.unwrap();
        let ana = listed.iter().find(|m| m.email == "ana@example.test").unwrap().id;
        members::update(&cx, ana, Role::Viewer, ApprovalLevel::None).await.unwrap();
        assert!(!may_write().await.unwrap());
        members::update(&cx, ana, Role::Admin, ApprovalLevel::None).await.unwrap();
        assert!(may_write().await.unwrap());
        members::disable(&cx, ana).await.unwrap();
        assert!(matches!(may_write().await, Err(Error::Unauthenticated)));
        members::enable(&cx, ana).await.unwrap();
        members::remove(&cx, ana).await.unwrap();
        assert!(matches!(may_write().await, Err(Error::Unauthenticated)));
    })
    .await;
}

#[tokio::test]
async fn a_key_makes_no_keys() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let (_, secret) =
            api_keys::create_for_organization(&world.services, "alpha", new(&["all"])).await.unwrap();
        let actor = api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        let Ok(cx) = world.services.admit::<ApiKeyWrite>(&actor) else { return };
        assert!(matches!(api_keys::create(&cx, new(&["all"])).await, Err(Error::Forbidden)));
    })
    .await;
}

#[tokio::test]
async fn the_keys_of_a_suspended_organization_do_not_work() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let (_, secret) =
            api_keys::create_for_organization(&world.services, "alpha", new(&["all"])).await.unwrap();
        api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
        let cx = world.services.admit(&service::Actor::platform("test")).unwrap();
        organizations::suspend(&cx, "alpha").await.unwrap();
        assert!(matches!(
            api_keys::authenticate(&world.services, &secret, &client()).await,
            Err(Error::Suspended)
        ));
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_written_at_most_once_a_minute() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let (_, secret) =
            api_keys::create_for_organization(&world.services, "alpha", new(&["all"])).await.unwrap();
        let used = async || {
            api_keys::authenticate(&world.services, &secret, &client()).await.unwrap();
            api_keys::list(&world.cx::<ApiKeyRead>(ADMIN, "alpha").await).await.unwrap()[0].last_used_at
        };
        assert_eq!(used().await, Some(start()));
        world.clock.advance_seconds(59);
        assert_eq!(used().await, Some(start()));
        world.clock.advance_seconds(1);
        assert_eq!(used().await, Some(start().plus_seconds(60)));
    })
    .await;
}

#[tokio::test]
async fn unknown_scopes_are_refused_by_name() {
    for_each_backend(|t| async move {
        let world = alpha(t).await;
        let error = api_keys::create_for_organization(&world.services, "alpha", new(&["event.read", "root"]))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("unknown scope 'root'"), "{error}");
        assert!(matches!(
            api_keys::create_for_organization(&world.services, "nowhere", new(&["all"])).await,
            Err(Error::NotFound)
        ));
    })
    .await;
}
