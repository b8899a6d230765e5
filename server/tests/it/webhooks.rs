//! Webhooks through the API: the secret once, the version that was changed, and a receiver on this machine by the operator's leave.

use serde_json::{Value, json};
use service::webhooks;
use testkit::receiver::Receiver;
use testkit::{TestDb, for_each_backend};

use crate::app::TestApp;

/// Where receivers are on this machine, and http is fine.
async fn room(db: TestDb) -> (TestApp, String) {
    let app = TestApp::with(db, |config| {
        config.webhook_networks = vec!["127.0.0.0/8".parse().unwrap()];
        config.webhook_http = true;
    });
    app.organization("acme").await;
    app.person("ada@acme.test", "acme", "admin").await;
    let key = app.key("acme", &["all"]).await;
    (app, key)
}

#[tokio::test]
async fn a_webhook_lives_through_the_api() {
    for_each_backend(|db| async move {
        let (app, key) = room(db).await;
        let receiver = Receiver::start();
        let path = "/api/v1/webhooks";
        let body = |name: &str| {
            json!({ "name": name, "url": receiver.url("/hook"), "kinds": ["environment"] }).to_string()
        };
        let made = app.post(path).bearer(&key).json(body("pager")).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_"));
        assert_eq!(app.post(path).bearer(&key).json(body("pager")).send().await.status, 409);
        let one = format!("{path}/{}", made.json()["id"].as_str().unwrap());
        let read = app.get(&one).bearer(&key).send().await;
        assert_eq!(read.header("etag"), made.header("etag"));
        let list = app.get(path).bearer(&key).send().await;
        for answer in [&read, &list] {
            assert!(!answer.text.contains("whsec_") && !answer.text.contains("secret"), "{}", answer.text);
        }

        let place = json!({ "slug": "prod", "name": "Production" }).to_string();
        app.post("/api/v1/environments").bearer(&key).json(place).send().await;
        let tested = app.post(&format!("{one}/test")).bearer(&key).send().await;
        assert_eq!((tested.status.as_u16(), &tested.json()["type"]), (202, &json!("ping")));
        assert_eq!(webhooks::deliver_all(&app.services).await.unwrap(), 2);
        let got: Vec<Value> =
            receiver.got().iter().map(|m| serde_json::from_slice(&m.body).unwrap()).collect();
        let told = got.iter().find(|m| m["type"] == "environment.created").unwrap();
        let feed = app.get("/api/v1/changes?type=environment").bearer(&key).send().await.json();
        assert_eq!(told["data"], feed["items"][0], "a message is an item of the feed");

        let first = app.get(&format!("{one}/deliveries?limit=1")).bearer(&key).send().await.json();
        assert_eq!(first["items"][0]["state"], "delivered");
        let cursor = first["next_cursor"].as_str().unwrap();
        let second =
            app.get(&format!("{one}/deliveries?limit=1&cursor={cursor}")).bearer(&key).send().await.json();
        assert_eq!((&second["next_cursor"], second["items"].as_array().unwrap().len()), (&Value::Null, 1));
        assert_eq!(app.get(&format!("{one}/deliveries?cursor=x")).bearer(&key).send().await.status, 400);
        let again = format!("{one}/deliveries/{}/again", first["items"][0]["id"].as_str().unwrap());
        assert_eq!(app.post(&again).bearer(&key).send().await.status, 202);
        assert_eq!(webhooks::deliver_all(&app.services).await.unwrap(), 1);

        let put = |tag: &str, name: &str| {
            app.call("PUT".parse().unwrap(), &one)
                .bearer(&key)
                .header("if-match", tag)
                .json(body(name))
                .send()
        };
        let changed = put(made.header("etag"), "beeper").await;
        assert_eq!((changed.status.as_u16(), &changed.json()["name"]), (200, &json!("beeper")));
        assert_eq!(put(made.header("etag"), "late").await.status, 412);
        let fresh = app.post(&format!("{one}/secret")).bearer(&key).send().await.json();
        assert_ne!(fresh["secret"], json!(secret));
        let reader = app.key("acme", &["settings.read"]).await;
        assert_eq!(app.get(&one).bearer(&reader).send().await.status, 200);
        assert_eq!(app.post(&format!("{one}/secret")).bearer(&reader).send().await.status, 403);
        assert_eq!(app.call("DELETE".parse().unwrap(), &one).bearer(&key).send().await.status, 204);
        assert_eq!(app.get(&one).bearer(&key).send().await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn without_the_operators_leave_no_address_inside_is_taken() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let sink = Receiver::start();
        for url in
            [sink.url("/"), format!("https://127.0.0.1:{}/", sink.port()), "https://10.0.0.1/".to_owned()]
        {
            let body = json!({ "name": "pager", "url": url, "kinds": ["case"] }).to_string();
            let refused = app.post("/api/v1/webhooks").bearer(&key).json(body).send().await;
            assert_eq!(refused.status, 400, "{url}: {}", refused.text);
        }
        assert_eq!(sink.got(), []);
    })
    .await;
}
