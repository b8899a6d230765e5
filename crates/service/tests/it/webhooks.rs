//! Webhooks: told in order of the log, signed, tried again and given up, and never led into the network.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::permission::{EnvironmentWrite, EventWrite, SettingsRead, SettingsWrite, ViewWrite};
use domain::retention::Policy;
use domain::view::{Area, NewView};
use domain::webhook::{DELAYS, Delivery, NewWebhook, Webhook};
use domain::{WebhookId, environment::NewEnvironment};
use ring::hmac;
use serde_json::Value;
use service::events::Origin;
use service::outgoing::guard::Guard;
use service::outgoing::{Outgoing, Trust};
use service::webhooks::{self, Way};
use service::{Cx, Error, Services, environments, housekeeping};
use testkit::for_each_backend;
use testkit::receiver::{Message, Receiver};

use crate::world::World;

const ADMIN: &str = "admin@alpha.test";

async fn world(t: testkit::TestDb) -> World {
    let mut world = World::new(t);
    world.services = world.services.clone().with_webhooks(way());
    for slug in ["alpha", "beta"] {
        world.organization(slug).await;
        world.person(&format!("admin@{slug}.test"), slug, "admin").await;
    }
    world
}

/// As an operator sets it whose receivers are on this machine.
fn way() -> Way {
    let guard = Guard::new(true, |address| address.is_loopback());
    Way { client: Outgoing::guarded(&Trust::default(), guard.clone()), guard }
}

fn new(name: &str, url: &str, kinds: &[&str]) -> NewWebhook {
    let kinds = kinds.iter().map(|k| (*k).to_owned()).collect();
    NewWebhook { name: name.to_owned(), url: url.to_owned(), kinds, enabled: true }
}

async fn write(world: &World) -> Cx<SettingsWrite> {
    world.cx::<SettingsWrite>(ADMIN, "alpha").await
}

async fn read(world: &World) -> Cx<SettingsRead> {
    world.cx::<SettingsRead>(ADMIN, "alpha").await
}

async fn made(world: &World, url: &str) -> (Webhook, String) {
    webhooks::create(&write(world).await, new("hook", url, &["environment"])).await.unwrap()
}

/// Something changes.
async fn change(world: &World, slug: &str) {
    let cx = world.cx::<EnvironmentWrite>(ADMIN, "alpha").await;
    let new = NewEnvironment {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        cloud_provider: None,
        region: None,
        account_id: None,
        tags: Value::Null,
    };
    environments::create(&cx, new).await.unwrap();
}

async fn told(services: &Services) -> u64 {
    webhooks::deliver_all(services).await.unwrap()
}

async fn deliveries(world: &World, id: WebhookId) -> Vec<Delivery> {
    webhooks::deliveries(&read(world).await, id, None, 100).await.unwrap()
}

/// What a receiver does by the specification.
fn verifies(message: &Message, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let head = format!("{}.{}.", message.headers["webhook-id"], message.headers["webhook-timestamp"]);
    let text = [head.as_bytes(), &message.body].concat();
    message.headers["webhook-signature"].split(' ').any(|one| {
        let tag = STANDARD.decode(one.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), &text, &tag).is_ok()
    })
}

#[tokio::test]
async fn what_changes_is_told_signed_in_its_order_and_once() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let receiver = Receiver::start();
        change(&world, "before").await;
        let (webhook, secret) = made(&world, &receiver.url("/hook?a=b")).await;
        for slug in ["one", "two"] {
            change(&world, slug).await;
        }
        assert_eq!(told(&world.services).await, 2);
        assert_eq!(told(&world.services).await, 0, "once");
        let got = receiver.got();
        assert_eq!(got.len(), 2, "not what was before, nor the webhook itself");
        for (message, slug) in got.iter().zip(["one", "two"]) {
            assert!(verifies(message, &secret));
            assert_eq!(message.path, "/hook?a=b");
            let body: Value = serde_json::from_slice(&message.body).unwrap();
            assert_eq!(body["type"], "environment.created");
            assert_eq!(body["data"]["new_values"]["slug"], slug);
            assert_eq!(body["data"]["actor"], ADMIN);
            assert!(body["data"].get("ip_address").is_none());
        }
        assert_ne!(got[0].headers["webhook-id"], got[1].headers["webhook-id"]);
        let found = deliveries(&world, webhook.id).await;
        assert!(found.iter().all(|d| d.state() == "delivered" && d.status == Some(204) && d.attempts == 1));
        let listed = webhooks::list(&read(&world).await).await.unwrap();
        assert_eq!(listed[0].last.as_ref().unwrap().state(), "delivered");

        // A change of another organization, and a kind that was not asked for.
        let gil = world.cx::<SettingsWrite>("admin@beta.test", "beta").await;
        service::settings::set(&gil, "general", serde_json::json!({ "time_zone": "UTC" })).await.unwrap();
        service::settings::set(&write(&world).await, "cases", serde_json::json!({ "four_eyes": true }))
            .await
            .unwrap();
        assert_eq!(told(&world.services).await, 0);

        // Two processes tell each change once.
        let second = world.second_process().with_webhooks(way());
        change(&world, "three").await;
        webhooks::spread(&world.services).await.unwrap();
        webhooks::spread(&second).await.unwrap();
        let due = webhooks::due(&second).await.unwrap();
        let (organization, id) = due[0];
        let (a, b) = tokio::join!(
            webhooks::deliver(&world.services, organization, id),
            webhooks::deliver(&second, organization, id)
        );
        assert_eq!((a.unwrap() + b.unwrap(), receiver.got().len()), (1, 3));
    })
    .await;
}

#[tokio::test]
async fn ingest_is_a_knock_and_private_views_are_nobodys_business() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let receiver = Receiver::start();
        let kinds = ["event", "view", "retention", "drift"];
        webhooks::create(&write(&world).await, new("hook", &receiver.url("/"), &kinds)).await.unwrap();
        let events = world.cx::<EventWrite>(ADMIN, "alpha").await;
        for n in 0..3 {
            let row = crate::events::event(n, "disk full");
            service::events::ingest(&events, vec![row], Origin::Api).await.unwrap();
        }
        let views = world.cx::<ViewWrite>(ADMIN, "alpha").await;
        for (name, shared) in [("mine", false), ("ours", true)] {
            let new = NewView { name: name.to_owned(), query: "q=a".to_owned(), shared };
            service::views::create(&views, Area::Events, new).await.unwrap();
        }
        let settings = write(&world).await;
        service::retention::set(&settings, &Policy::default()).await.unwrap();
        told(&world.services).await;
        let said: Vec<String> = receiver
            .got()
            .iter()
            .map(|message| serde_json::from_slice::<Value>(&message.body).unwrap()["type"].to_string())
            .collect();
        assert_eq!(said, ["\"events.ingested\"", "\"view.created\"", "\"retention.changed\""]);
    })
    .await;
}

#[tokio::test]
async fn a_dead_receiver_is_tried_later_and_later_and_holds_up_nobody() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let (dead, alive) = (Receiver::start(), Receiver::start());
        dead.answer("500 No\r\ncontent-length: 6\r\n\r\nsecret");
        let (broken, _) = made(&world, &dead.url("/")).await;
        webhooks::create(&write(&world).await, new("alive", &alive.url("/"), &["environment"]))
            .await
            .unwrap();
        change(&world, "one").await;
        told(&world.services).await;
        assert_eq!((dead.got().len(), alive.got().len()), (1, 1));
        let one = deliveries(&world, broken.id).await.remove(0);
        assert_eq!((one.attempts, one.status, one.error.as_deref()), (1, Some(500), Some("it answered 500")));
        assert!(!format!("{one:?}").contains("secret"), "what was answered is nobody's to see");

        // Not before its time; then at each delay, and no more than there are.
        told(&world.services).await;
        assert_eq!(dead.got().len(), 1);
        for (n, delay) in DELAYS.iter().enumerate() {
            let waits = deliveries(&world, broken.id).await.remove(0);
            let wait = waits.next_at.unwrap().seconds() - world.clock.now().seconds();
            assert!((delay * 8 / 10 - 1..=delay * 12 / 10 + 1).contains(&wait), "{wait} of {delay}");
            world.clock.advance_seconds(delay * 12 / 10 + 1);
            told(&world.services).await;
            assert_eq!(dead.got().len(), n + 2);
        }
        let id = &dead.got()[0].headers["webhook-id"];
        assert!(dead.got().iter().all(|m| &m.headers["webhook-id"] == id), "one message, one id");
        let given_up = deliveries(&world, broken.id).await.remove(0);
        assert_eq!((given_up.state(), given_up.attempts, given_up.next_at), ("failed", 8, None));

        // It is sent again by hand, and taken.
        dead.answer("200 OK\r\ncontent-length: 0\r\n\r\n");
        let cx = write(&world).await;
        webhooks::redeliver(&cx, broken.id, given_up.id).await.unwrap();
        told(&world.services).await;
        assert_eq!(deliveries(&world, broken.id).await[0].state(), "delivered");
        assert_eq!(webhooks::get(&read(&world).await, broken.id).await.unwrap().failing_since, None);
    })
    .await;
}

#[tokio::test]
async fn after_five_days_of_failure_or_410_it_is_switched_off_with_a_notice() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let receiver = Receiver::start();
        receiver.answer("503 No\r\n\r\n");
        let (webhook, _) = made(&world, &receiver.url("/")).await;
        change(&world, "one").await;
        told(&world.services).await;
        assert!(webhooks::get(&read(&world).await, webhook.id).await.unwrap().failing_since.is_some());
        world.clock.advance_seconds(5 * 86_400 + 60);
        change(&world, "two").await;
        told(&world.services).await;
        let off = webhooks::get(&read(&world).await, webhook.id).await.unwrap();
        assert!(!off.enabled && off.disabled_why.as_deref().unwrap().contains("five days"));
        let organization = read(&world).await.actor().organization;
        assert!(world.actions(organization).await.contains(&"WEBHOOK_DISABLED".to_owned()));
        // Off it is told nothing; a test goes out all the same.
        let before = receiver.got().len();
        change(&world, "three").await;
        told(&world.services).await;
        assert_eq!(receiver.got().len(), before);
        receiver.answer("204 Fine\r\n\r\n");
        webhooks::ping(&write(&world).await, webhook.id).await.unwrap();
        told(&world.services).await;
        let ping: Value = serde_json::from_slice(&receiver.got().last().unwrap().body).unwrap();
        assert_eq!((&ping["type"], &ping["data"]), (&"ping".into(), &Value::Null));

        // On again: what changes from now on.
        let again = new("hook", &off.url, &["environment"]);
        let seen = off.updated_at;
        webhooks::update_seen(&write(&world).await, webhook.id, seen, again.clone()).await.unwrap();
        let stale = webhooks::update_seen(&write(&world).await, webhook.id, seen, again).await;
        assert!(matches!(stale, Err(Error::Conflict(_))));
        change(&world, "four").await;
        told(&world.services).await;
        let last: Value = serde_json::from_slice(&receiver.got().last().unwrap().body).unwrap();
        assert_eq!(last["data"]["new_values"]["slug"], "four");

        receiver.answer("410 Gone\r\n\r\n");
        change(&world, "five").await;
        told(&world.services).await;
        let off = webhooks::get(&read(&world).await, webhook.id).await.unwrap();
        assert!(!off.enabled && off.disabled_why.unwrap().contains("410"));
        // What is long over is swept.
        world.clock.advance_seconds(31 * 86_400);
        assert!(housekeeping::run(&world.services).await.unwrap().deliveries > 0);
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let receiver = Receiver::start();
        let (webhook, old) = made(&world, &receiver.url("/")).await;
        let fresh = webhooks::rotate(&write(&world).await, webhook.id).await.unwrap();
        assert_ne!(old, fresh);
        change(&world, "one").await;
        told(&world.services).await;
        let both = receiver.got().remove(0);
        assert!(verifies(&both, &old) && verifies(&both, &fresh));
        world.clock.advance_seconds(86_401);
        change(&world, "two").await;
        told(&world.services).await;
        let one = receiver.got().remove(1);
        assert!(!verifies(&one, &old) && verifies(&one, &fresh));
        let organization = read(&world).await.actor().organization;
        let log = serde_json::to_string(&world.log(organization).await).unwrap();
        assert!(!log.contains("whsec_") && !log.contains(&fresh[6..]));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_into_the_network_when_saved_or_when_sent() {
    for_each_backend(|t| async move {
        let mut world = world(t).await;
        let sink = Receiver::start();
        let port = sink.port();
        // As it is where the operator allows nothing but http, so that the address alone decides.
        let closed = Guard::new(true, |_| false);
        let closed = Way { client: Outgoing::guarded(&Trust::default(), closed.clone()), guard: closed };
        let open = world.services.clone();
        world.services = open.clone().with_webhooks(closed.clone());
        for host in [
            "127.0.0.1",
            "localhost",
            "[::1]",
            "0.0.0.0",
            "127.1",
            "2130706433",
            "0x7f.1",
            "[::ffff:127.0.0.1]",
            "127。0。0。1",
        ] {
            let url = format!("http://{host}:{port}/");
            let refused = webhooks::create(&write(&world).await, new("hook", &url, &["case"])).await;
            assert!(
                matches!(&refused, Err(Error::Invalid(i)) if i.0[0].field == "url"),
                "{url}: {refused:?}"
            );
        }
        for url in [
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1",
            "file:///etc/passwd",
            "gopher://127.0.0.1",
            "http://u:p@1.1.1.1/",
        ] {
            assert!(
                webhooks::create(&write(&world).await, new("hook", url, &["case"])).await.is_err(),
                "{url}"
            );
        }

        // Saved while it was allowed (a name that led elsewhere, a network that was taken back): refused when it is sent.
        world.services = open.clone();
        let urls = [sink.url("/"), format!("http://localhost:{port}/name")];
        for (n, url) in urls.iter().enumerate() {
            webhooks::create(&write(&world).await, new(&n.to_string(), url, &["environment"])).await.unwrap();
        }
        world.services = open.clone().with_webhooks(closed.clone());
        change(&world, "one").await;
        assert_eq!(told(&world.services).await, 0);
        assert_eq!(sink.got(), []);

        // The client checks by itself what a name means at the moment of the connection (DNS rebinding).
        let rebound = Way { client: closed.client, guard: Guard::new(true, |_| true) };
        world.services = open.clone().with_webhooks(rebound);
        world.clock.advance_seconds(10);
        assert_eq!(told(&world.services).await, 0);
        assert_eq!(sink.got(), []);
        for listed in webhooks::list(&read(&world).await).await.unwrap() {
            assert_eq!(
                listed.last.unwrap().error.as_deref(),
                Some("it leads to an address that is not public")
            );
        }

        // A redirect is an answer like another, and followed nowhere.
        world.services = open;
        let leads = Receiver::start();
        leads.answer(&format!(
            "302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            sink.url("/redirected")
        ));
        let (webhook, _) = made(&world, &leads.url("/")).await;
        change(&world, "two").await;
        told(&world.services).await;
        assert_eq!(leads.got().len(), 1);
        assert!(sink.got().iter().all(|m| m.path != "/redirected"));
        let one = deliveries(&world, webhook.id).await.remove(0);
        assert_eq!((one.status, one.state()), (Some(302), "waiting"));
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_its_organizations_own() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let receiver = Receiver::start();
        let (webhook, _) = made(&world, &receiver.url("/")).await;
        change(&world, "one").await;
        told(&world.services).await;
        let delivery = deliveries(&world, webhook.id).await.remove(0);
        let gil = world.cx::<SettingsWrite>("admin@beta.test", "beta").await;
        let gil_reads = world.cx::<SettingsRead>("admin@beta.test", "beta").await;
        let not_found = |error: Error| assert!(matches!(error, Error::NotFound), "{error:?}");
        not_found(webhooks::get(&gil_reads, webhook.id).await.unwrap_err());
        not_found(webhooks::deliveries(&gil_reads, webhook.id, None, 10).await.unwrap_err());
        not_found(webhooks::ping(&gil, webhook.id).await.unwrap_err());
        not_found(webhooks::rotate(&gil, webhook.id).await.unwrap_err());
        not_found(webhooks::delete(&gil, webhook.id).await.unwrap_err());
        not_found(webhooks::redeliver(&gil, webhook.id, delivery.id).await.unwrap_err());
        let stolen = new("mine", &receiver.url("/"), &["case"]);
        not_found(webhooks::update_seen(&gil, webhook.id, webhook.updated_at, stolen).await.unwrap_err());
        assert_eq!(webhooks::list(&gil_reads).await.unwrap(), []);

        let cx = write(&world).await;
        let twice = webhooks::create(&cx, new("hook", &receiver.url("/"), &["case"])).await;
        assert!(matches!(twice, Err(Error::Conflict(_))));
        for wrong in [
            new(" ", &receiver.url("/"), &["case"]),
            new("x", "", &["case"]),
            new("x", &receiver.url("/"), &["events"]),
        ] {
            assert!(matches!(webhooks::create(&cx, wrong).await, Err(Error::Invalid(_))));
        }
        // Many changes at once: in steps, none left out.
        for n in 0..30 {
            change(&world, &format!("env-{n}")).await;
        }
        assert_eq!(told(&world.services).await, 30);
        webhooks::delete(&cx, webhook.id).await.unwrap();
        not_found(webhooks::get(&read(&world).await, webhook.id).await.unwrap_err());
    })
    .await;
}
