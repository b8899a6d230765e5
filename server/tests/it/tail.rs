//! Live tails over HTTP: what is told, going on after a break, who is refused, and how a stream ends.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::for_each_backend;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{Block, Stream, TestApp};

async fn send(app: &TestApp, key: &str, messages: &[&str]) {
    let events: Vec<Value> = messages
        .iter()
        .map(|message| json!({ "occurred_at": now(app), "severity": "high", "message": message }))
        .collect();
    let answer = app.post("/api/v1/events").bearer(key).json(Value::from(events).to_string()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn now(app: &TestApp) -> String {
    app.services.clock.now().iso()
}

/// Messages of the next events, and the last block.
async fn messages(stream: &mut Stream, n: usize) -> (Vec<String>, Block) {
    let (mut found, mut last) = (Vec::new(), Block::default());
    while found.len() < n {
        last = stream.event("event").await;
        let event: Value = serde_json::from_str(&last.data).unwrap();
        found.push(event["message"].as_str().unwrap().to_owned());
    }
    (found, last)
}

#[tokio::test]
async fn a_program_hears_what_matches_and_goes_on_after_a_break() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        app.organization("globex").await;
        let (key, other) = (app.key("acme", &["all"]).await, app.key("globex", &["all"]).await);
        send(&app, &key, &["before"]).await;
        let mut stream = app.get("/api/v1/events/tail?q=severity%3Ahigh%20-noise").bearer(&key).open().await;
        assert_eq!(stream.headers["content-type"], "text/event-stream");
        assert_eq!(stream.headers["cache-control"], "no-store");
        let hello = stream.next().await.unwrap();
        assert!(!hello.id.is_empty() && hello.event.is_empty(), "a place to go on from: {hello:?}");
        send(&app, &key, &["one", "noise"]).await;
        send(&app, &other, &["of another organization"]).await;
        send(&app, &key, &["two"]).await;
        let (told, last) = messages(&mut stream, 2).await;
        assert_eq!(told, ["one", "two"]);
        let event: Value = serde_json::from_str(&last.data).unwrap();
        let id = event["id"].as_str().unwrap();
        let same = app.get(&format!("/api/v1/events/{id}")).bearer(&key).send().await.json();
        assert_eq!(event, same, "an event as the list tells it");
        drop(stream);

        send(&app, &key, &["three"]).await;
        let tail = "/api/v1/events/tail?after=0-0-0";
        let mut again = app.get(tail).bearer(&key).header("last-event-id", &last.id).open().await;
        send(&app, &key, &["four"]).await;
        assert_eq!(messages(&mut again, 2).await.0, ["three", "four"], "no gap, no repeat, the header first");
        let mut anew =
            app.get(&format!("/api/v1/events/tail?q=t&after={}", hello.id)).bearer(&key).open().await;
        send(&app, &key, &["t"]).await;
        assert_eq!(messages(&mut anew, 1).await.0, ["t"]);
        let mut old = app.get(tail).bearer(&key).open().await;
        assert_eq!(old.event("lost").await.data, "{}", "that place is from 1970");
    })
    .await;
}

#[tokio::test]
async fn a_page_hears_rows_as_it_prints_them() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let tail = "/o/acme/events/tail?from=1h&q=password";
        let mut stream = app.get(tail).cookie(&cookie).open().await;
        stream.next().await.unwrap();
        let old =
            json!({ "occurred_at": "2026-01-01T00:00:00Z", "severity": "low", "message": "old password" });
        app.post("/api/v1/events").bearer(&key).json(old.to_string()).send().await;
        send(&app, &key, &["a <b>password</b>", "nothing"]).await;
        let rows: Value = serde_json::from_str(&stream.event("rows").await.data).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 1, "what happened before the range is not in it");
        assert_eq!(rows[0]["message"]["text"], "a <b>password</b>");
        assert_eq!(rows[0]["message"]["marks"][0], json!([5, 13, "f"]));
        let many: Vec<String> = (0..700).map(|n| format!("password {n}")).collect();
        send(&app, &key, &many.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let said = stream.event("skipped").await.data;
        assert!(said.starts_with("Showing ") && said.ends_with(" a second"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_watch_is_told_so_in_words() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        app.person("bob@globex.test", "globex", "admin").await;
        let (ada, bob) = (app.sign_in("ada@acme.test").await, app.sign_in("bob@globex.test").await);
        let page = "/o/acme/events/tail";
        app.get(page).send().await.assert_problem(401, "unauthenticated");
        app.get(page).cookie(&bob).send().await.assert_problem(404, "not-found");
        app.get("/o/nothing/events/tail").cookie(&ada).send().await.assert_problem(404, "not-found");
        app.get(&format!("{page}?q=severty%3Ahigh")).cookie(&ada).send().await.assert_problem(400, "invalid");
        app.get(&format!("{page}?to=1h")).cookie(&ada).send().await.assert_problem(400, "invalid");
        app.get(&format!("{page}?after=x")).cookie(&ada).send().await.assert_problem(400, "invalid");
        let key = app.key("acme", &["source.read"]).await;
        app.get("/api/v1/events/tail").bearer(&key).send().await.assert_problem(403, "forbidden");
        let mut open = Vec::new();
        for _ in 0..24 {
            open.push(app.get(page).cookie(&ada).open().await);
        }
        let refused = app.get(page).cookie(&ada).send().await;
        refused.assert_problem(429, "too-many");
        assert!(refused.text.contains("Too many live tails are open"), "{}", refused.text);
        assert!(!refused.header("retry-after").is_empty());
        open.pop();
        app.get(page).cookie(&ada).open().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_the_sign_in_or_the_key_that_opened_it() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let (cookie, stays) = (app.sign_in("ada@acme.test").await, app.sign_in("ada@acme.test").await);
        let mut person = app.get("/o/acme/events/tail").cookie(&cookie).open().await;
        let mut other = app.get("/o/acme/events/tail").cookie(&stays).open().await;
        let mut program = app.get("/api/v1/events/tail").bearer(&key).open().await;
        app.post("/sign-out").cookie(&cookie).send().await;
        let cx = app.services.admit(&service::Actor::system("test", organization(&app).await)).unwrap();
        let made = service::api_keys::list(&cx).await.unwrap();
        service::api_keys::revoke(&app.services.admit(cx.actor()).unwrap(), made[0].id).await.unwrap();
        let end = async |stream: &mut Stream| while stream.next().await.is_some() {};
        tokio::join!(end(&mut person), end(&mut program));
        send(&app, &app.key("acme", &["all"]).await, &["still here"]).await;
        assert!(other.event("rows").await.data.contains("still here"));
    })
    .await;
}

async fn organization(app: &TestApp) -> domain::OrganizationId {
    let (services, client) = (&app.services, service::Client::default());
    let device = service::auth::sign_in(services, "ada@acme.test", crate::app::PASSWORD, &client).await;
    let viewer = service::auth::viewer(services, device.unwrap().session, &client).await.unwrap();
    service::organizations::enter(services, &viewer.unwrap(), "acme").await.unwrap().1.organization
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_open_streams() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (router, config, services) = (app.router.clone(), app.config.clone(), app.services.clone());
        let server = tokio::spawn(async move {
            let stop = async move { stopped.await.unwrap_or(()) };
            server::serve::serve(listener, router, &config, &services, stop).await;
        });
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET /api/v1/events/tail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut read = vec![0; 4096];
        let n = socket.read(&mut read).await.unwrap();
        assert!(read[..n].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&read[..n]));
        stop.send(()).unwrap();
        let end = tokio::time::timeout(Duration::from_secs(5), async {
            server.await.unwrap();
            while socket.read(&mut read).await.unwrap() > 0 {}
        });
        end.await.expect("the server stops at once, and the stream ends whole");
    })
    .await;
}

/// On several threads, as the server runs: what a page makes on one is dropped on another.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_list_is_printed_with_the_place_where_its_stream_begins() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let cookie = app.sign_in("ada@acme.test").await;
        send(&app, &key, &["before"]).await;
        for _ in 0..8 {
            let page = app.get("/o/acme/events?live=1").cookie(&cookie).send().await;
            assert_eq!(page.status, 200);
            assert!(page.text.contains("live-bar") && page.text.contains("as of "));
        }
        let list = app.get("/fn/events/list?organization=acme&query[live]=1").cookie(&cookie).send().await;
        let place = list.json()["place"].as_str().unwrap().to_owned();
        send(&app, &key, &["after"]).await;
        let mut stream = app.get(&format!("/o/acme/events/tail?after={place}")).cookie(&cookie).open().await;
        let rows: Value = serde_json::from_str(&stream.event("rows").await.data).unwrap();
        assert_eq!((rows.as_array().unwrap().len(), &rows[0]["message"]["text"]), (1, &json!("after")));
        let still = app.get("/o/acme/events").cookie(&cookie).send().await;
        assert!(!still.text.contains("live-bar"));
    })
    .await;
}
