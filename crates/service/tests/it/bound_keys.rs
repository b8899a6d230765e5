//! API keys of one source: what they send is filed there, and nothing else is theirs.

use domain::api_key::NewApiKey;
use domain::event::NewEvent;
use domain::filter::EventFilter;
use domain::permission::{ApiKeyRead, ApiKeyWrite, EventRead, EventWrite, SourceRead, SourceWrite};
use domain::source::{NewSource, Source};
use service::events::{self, Origin};
use service::{Actor, Cx, Error, Services, Who, api_keys, sources};
use testkit::for_each_backend;

use crate::events::event;
use crate::world::{World, client};

const ADMIN: &str = "admin@alpha.test";

fn of(source: Option<&str>, scopes: &[&str]) -> NewApiKey {
    NewApiKey {
        name: "collector".to_owned(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        source: source.map(str::to_owned),
        expires_at: None,
    }
}

fn called(name: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        source_type: "firewall".to_owned(),
        status: "active".to_owned(),
        ..NewSource::default()
    }
}

/// Alpha with a source `edge`.
async fn alpha(t: testkit::TestDb) -> (World, Source) {
    let world = World::new(t);
    world.organization("alpha").await;
    world.person(ADMIN, "alpha", "admin").await;
    let edge = sources::create(&world.cx::<SourceWrite>(ADMIN, "alpha").await, called("edge")).await.unwrap();
    (world, edge)
}

async fn bound(world: &World) -> (domain::api_key::ApiKey, String) {
    let cx = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
    api_keys::create(&cx, of(Some("edge"), &["event.write"])).await.unwrap()
}

async fn actor(services: &Services, secret: &str) -> Result<Actor, Error> {
    api_keys::authenticate(services, secret, &client()).await
}

fn row(source: Option<&str>) -> NewEvent {
    NewEvent { source: source.map(str::to_owned), ..event(1, "denied") }
}

async fn named(world: &World) -> Vec<Option<String>> {
    let read: Cx<EventRead> = world.cx(ADMIN, "alpha").await;
    let found = events::list(&read, &EventFilter::default(), 50, None).await.unwrap().items;
    found.into_iter().map(|event| event.source).collect()
}

#[tokio::test]
async fn a_bound_key_only_sends_and_only_as_its_source() {
    for_each_backend(|t| async move {
        let (world, edge) = alpha(t).await;
        let (key, secret) = bound(&world).await;
        assert_eq!((key.source_id, key.source.as_deref()), (Some(edge.id), Some("edge")));
        let actor = actor(&world.services, &secret).await.unwrap();
        assert!(matches!(&actor.who, Who::ApiKey { source: Some(id), .. } if *id == edge.id));
        let cx = world.services.admit::<EventWrite>(&actor).unwrap();
        assert!(world.services.admit::<EventRead>(&actor).is_err());
        assert!(world.services.admit::<SourceRead>(&actor).is_err());
        let bound = events::bound(&cx).await.unwrap().unwrap();
        assert_eq!((bound.id, bound.name.as_str()), (edge.id, "edge"));
        assert!(bound.check(&row(Some("edge"))).is_ok());
        for other in [Some("web"), Some("Edge"), Some(" edge"), None] {
            assert_eq!(bound.check(&row(other)).unwrap_err().field, "source", "{other:?}");
        }
        events::ingest(&cx, vec![row(Some("edge"))], Origin::Api).await.unwrap();
        // Whatever the edge forgot to look at.
        for wrong in [vec![row(Some("web"))], vec![row(None)], vec![row(Some("edge")), row(Some("web"))]] {
            let refused = events::ingest(&cx, wrong, Origin::Api).await;
            assert!(refused.is_err(), "{refused:?}");
        }
        assert_eq!(named(&world).await, [Some("edge".to_owned())]);
        let read = world.cx::<SourceRead>(ADMIN, "alpha").await;
        let now = sources::get(&read, edge.id).await.unwrap();
        assert_eq!((now.event_count, now.last_activity), (1, Some(cx.now())));
        let all = sources::list(&read, "", 10, None).await.unwrap().items;
        assert_eq!(all.len(), 1, "nothing made a source");
        let keys = world.cx::<ApiKeyRead>(ADMIN, "alpha").await;
        let listed = api_keys::of_source(&keys, edge.id).await.unwrap();
        assert_eq!((listed.len(), listed[0].id, listed[0].last_used_at), (1, key.id, Some(cx.now())));
        let made = world.log(actor.organization).await;
        let made = made.iter().find(|r| r.action == "API_KEY_CREATED").unwrap();
        assert_eq!(made.new_values.as_ref().unwrap()["source"], "edge");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_bound_to_a_source_that_is_there_with_the_scope_that_sends() {
    for_each_backend(|t| async move {
        let (world, _) = alpha(t).await;
        world.organization("beta").await;
        world.person("admin@beta.test", "beta", "admin").await;
        let theirs = world.cx::<SourceWrite>("admin@beta.test", "beta").await;
        let theirs = sources::create(&theirs, called("theirs")).await.unwrap();
        let cx = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
        let id = theirs.id.to_string();
        for wrong in ["theirs", "nowhere", "", id.as_str(), "Edge"] {
            let refused = api_keys::create(&cx, of(Some(wrong), &["event.write"])).await;
            assert!(matches!(refused, Err(Error::Invalid(i)) if i.0[0].field == "source"), "{wrong}");
        }
        for wrong in [&["all"][..], &["event.read"], &["event.write", "source.read"]] {
            let refused = api_keys::create(&cx, of(Some("edge"), wrong)).await;
            assert!(matches!(refused, Err(Error::Invalid(i)) if i.0[0].field == "scopes"), "{wrong:?}");
        }
        let keys = world.cx::<ApiKeyRead>(ADMIN, "alpha").await;
        assert!(api_keys::list(&keys).await.unwrap().is_empty());
        let made =
            api_keys::create_for_organization(&world.services, "alpha", of(Some("edge"), &["event.write"]));
        assert!(made.await.is_ok());
        assert!(
            api_keys::of_source(&keys, theirs.id).await.unwrap().is_empty(),
            "another's source has none here"
        );
    })
    .await;
}

#[tokio::test]
async fn a_renamed_source_keeps_what_its_key_sends() {
    for_each_backend(|t| async move {
        let (world, edge) = alpha(t).await;
        let (_, secret) = bound(&world).await;
        let actor = actor(&world.services, &secret).await.unwrap();
        let cx = world.services.admit::<EventWrite>(&actor).unwrap();
        let change = world.cx::<SourceWrite>(ADMIN, "alpha").await;
        sources::update(&change, edge.id, called("border")).await.unwrap();
        // Rows that were given the old name, before the other process renamed it: not stored, and no second source.
        let late = events::ingest(&cx, vec![row(Some("edge"))], Origin::Api).await;
        assert!(matches!(late, Err(Error::Unavailable { full: false })), "{late:?}");
        assert!(named(&world).await.is_empty());
        assert_eq!(events::bound(&cx).await.unwrap().unwrap().name, "border");
        events::ingest(&cx, vec![row(Some("border"))], Origin::Api).await.unwrap();
        let read = world.cx::<SourceRead>(ADMIN, "alpha").await;
        let all = sources::list(&read, "", 10, None).await.unwrap().items;
        assert_eq!(all.iter().map(|s| (s.id, s.event_count)).collect::<Vec<_>>(), [(edge.id, 1)]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_source_takes_its_keys_with_it() {
    for_each_backend(|t| async move {
        let (world, edge) = alpha(t).await;
        let ((key, secret), (gone, _)) = (bound(&world).await, bound(&world).await);
        let keys = world.cx::<ApiKeyWrite>(ADMIN, "alpha").await;
        api_keys::revoke(&keys, gone.id).await.unwrap();
        let (free, other) = api_keys::create(&keys, of(None, &["source.write"])).await.unwrap();
        let elsewhere = world.second_process();
        let sender = actor(&elsewhere, &secret).await.unwrap();
        actor(&world.services, &secret).await.unwrap();

        // A key that changes sources does not end keys.
        let cx = world.services.admit::<SourceWrite>(&actor(&world.services, &other).await.unwrap()).unwrap();
        let refused = sources::delete(&cx, edge.id).await;
        assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("API keys")), "{refused:?}");
        actor(&world.services, &secret).await.unwrap();

        sources::delete(&world.cx(ADMIN, "alpha").await, edge.id).await.unwrap();
        assert!(matches!(actor(&world.services, &secret).await, Err(Error::Unauthenticated)));
        // The other process remembers the key for a moment; it finds no source.
        let cx = elsewhere.admit::<EventWrite>(&sender).unwrap();
        assert!(matches!(events::bound(&cx).await, Err(Error::Unauthenticated)));
        assert!(events::ingest(&cx, vec![row(Some("edge"))], Origin::Api).await.is_err());
        assert!(named(&world).await.is_empty());
        let read = world.cx::<SourceRead>(ADMIN, "alpha").await;
        assert!(sources::list(&read, "", 10, None).await.unwrap().items.is_empty());

        let left = api_keys::list(&world.cx::<ApiKeyRead>(ADMIN, "alpha").await).await.unwrap();
        assert!(left.iter().all(|k| k.source_id.is_none() && (k.id == free.id) == k.revoked_at.is_none()));
        let log = world.log(sender.organization).await;
        let ended: Vec<_> = log.iter().filter(|r| r.action == "API_KEY_REVOKED").collect();
        let ids: Vec<_> = ended.iter().map(|r| r.target_id.clone()).collect();
        assert_eq!(ids, [gone.id.to_string(), key.id.to_string()], "once each");
        assert_eq!(ended[1].metadata["by"], "the deletion of its source");
        assert_eq!(ended[1].old_values.as_ref().unwrap()["source"], "edge");
        let deleted = log.iter().position(|r| r.action == "SOURCE_DELETED").unwrap();
        assert_eq!(log[deleted - 1].id, ended[1].id, "the keys first, in the same transaction");
    })
    .await;
}
