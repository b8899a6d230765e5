//! Pages that are followed, over HTTP: where a page begins, what it hears, who is refused, and how a stream ends.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::for_each_backend;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{Stream, TestApp};

/// A new case: its number and id.
async fn case(app: &TestApp, key: &str, title: &str) -> (i64, String) {
    let made = app.post("/api/v1/cases").bearer(key).json(json!({ "title": title }).to_string()).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    (made["number"].as_i64().unwrap(), made["id"].as_str().unwrap().to_owned())
}

async fn note(app: &TestApp, key: &str, id: &str) {
    let path = format!("/api/v1/cases/{id}/notes");
    let answer = app.post(&path).bearer(key).json(json!({ "content": "seen" }).to_string()).send().await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

/// The address of the stream that a page asks for, with the number it was printed at.
async fn address(app: &TestApp, page: &str, cookie: &str) -> String {
    let path = format!("/fn/page?address={}", page.replace('/', "%2F"));
    let answer = app.get(&path).cookie(cookie).send().await;
    let body = answer.json()["body"].as_str().unwrap().to_owned();
    let between = |from: &str| {
        let rest = body.split_once(from).unwrap_or_else(|| panic!("{page} is not followed: {body}")).1;
        rest.split_once('"').unwrap().0.replace("&amp;", "&")
    };
    format!("{}&after={}", between("data-live=\""), between("data-after=\""))
}

async fn data(stream: &mut Stream, kind: &str) -> Value {
    serde_json::from_str(&stream.event(kind).await.data).unwrap()
}

/// On several threads, as the server runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_hears_what_changed_since_it_was_printed_and_who_is_there() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        app.person("ben@acme.test", "acme", "viewer").await;
        let (key, other) = (app.key("acme", &["all"]).await, app.key("globex", &["all"]).await);
        let (ada, ben) = (app.sign_in("ada@acme.test").await, app.sign_in("ben@acme.test").await);
        let (number, id) = case(&app, &key, "one").await;
        let (_, second) = case(&app, &key, "two").await;
        let (_, foreign) = case(&app, &other, "ZZB of another organization").await;
        let stream = address(&app, &format!("/o/acme/cases/{number}"), &ada).await;
        note(&app, &key, &id).await;
        let tab = "018bcfe5-6800-7000-8000-000000000001";
        let mut page = app.get(&format!("{stream}&tab={tab}")).cookie(&ada).open().await;
        assert_eq!(page.headers["content-type"], "text/event-stream");
        assert_eq!(page.headers["cache-control"], "no-store");
        let told = page.event("changes").await;
        let said: Value = serde_json::from_str(&told.data).unwrap();
        assert_eq!(said["mine"], false);
        let words = said["words"].as_str().unwrap();
        assert!(words.starts_with("api key ") && words.ends_with(" added a note"), "{words}");
        // Nothing of another case or another organization; one's own in no words.
        note(&app, &key, &second).await;
        note(&app, &other, &foreign).await;
        let noted = [("organization", "acme"), ("id", &id), ("content", "mine")];
        app.post("/fn/add_case_note").cookie(&ada).form(&noted).send().await;
        assert_eq!(data(&mut page, "changes").await, json!({ "words": "", "mine": true }));

        // The other one comes, and writes.
        let doing = "doing=edit_case%3Acase%5Bdescription%5D";
        let tab = "tab=018bcfe5-6800-7000-8000-000000000002";
        let both = format!("/o/acme/live?about=case%3A{id}&{tab}&{doing}");
        let mut bens = app.get(&both).cookie(&ben).open().await;
        let mut there = data(&mut page, "people").await;
        while there["words"] == "" {
            there = data(&mut page, "people").await;
        }
        assert_eq!(there["words"], "ben is here, editing the description");
        assert_eq!(there["forms"][0]["field"], "case[description]");
        assert!(there["html"].as_str().unwrap().contains("avatar"), "{there}");
        let mut met = data(&mut bens, "people").await;
        while met["words"] == "" {
            met = data(&mut bens, "people").await;
        }
        assert_eq!(met["words"], "ada is here, looking");
        drop(bens);
        assert_eq!(data(&mut page, "people").await["words"], "", "and goes");
        drop(page);

        // It goes on after a break from the number it had.
        note(&app, &key, &id).await;
        let mut again = app.get(&stream).cookie(&ada).header("last-event-id", &told.id).open().await;
        let said = data(&mut again, "changes").await;
        assert!(
            said["words"].as_str().unwrap().ends_with("added a note"),
            "one's own is not counted: {said}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_settings_are_followed_too() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for page in [
            "cases",
            "sources",
            "settings/members",
            "settings/environments",
            "settings/cases",
            "settings/sessions",
        ] {
            let stream = address(&app, &format!("/o/acme/{page}"), &cookie).await;
            assert_eq!(
                app.get(&stream).cookie(&cookie).open().await.headers["content-type"],
                "text/event-stream",
                "{page}"
            );
        }
        let stream = address(&app, "/o/acme/cases", &cookie).await;
        case(&app, &key, "one").await;
        let mut list = app.get(&stream).cookie(&cookie).open().await;
        assert!(data(&mut list, "changes").await["words"].as_str().unwrap().ends_with("opened a case"));
    })
    .await;
}

#[tokio::test]
async fn who_may_not_follow_is_told_so() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        app.person("bob@globex.test", "globex", "admin").await;
        app.person("vera@acme.test", "acme", "viewer").await;
        let key = app.key("globex", &["all"]).await;
        let (_, foreign) = case(&app, &key, "of another organization").await;
        let (bob, vera) = (app.sign_in("bob@globex.test").await, app.sign_in("vera@acme.test").await);
        let page = "/o/acme/live?about=case";
        app.get(page).send().await.assert_problem(401, "unauthenticated");
        app.get(page).cookie(&bob).send().await.assert_problem(404, "not-found");
        let case = format!("/o/acme/live?about=case%3A{foreign}");
        app.get(&case).cookie(&vera).send().await.assert_problem(404, "not-found");
        app.get("/o/acme/live?about=api_key").cookie(&vera).send().await.assert_problem(403, "forbidden");
        for wrong in [
            "about=view",
            "about=case%3A7",
            "about=case&after=x",
            "about=case&tab=x",
            "about=case&what=1",
            "",
        ] {
            let answer = app.get(&format!("/o/acme/live?{wrong}")).cookie(&vera).send().await;
            answer.assert_problem(400, "invalid");
        }
        // What is written is told in words of ours, or not at all.
        app.get("/o/acme/live?about=case&doing=%3Cb%3E").cookie(&vera).open().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_ends_with_what_it_stands_on() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("globex").await;
        let people = [("out", "acme"), ("gone", "acme"), ("both", "acme"), ("bob", "globex")];
        for (name, slug) in people {
            app.person(&format!("{name}@{slug}.test"), slug, "analyst").await;
        }
        // A member who has the platform role as well.
        app.person("both@acme.test", "acme", "sre").await;
        let (ada, out) = (app.sign_in("ada@acme.test").await, app.sign_in("out@acme.test").await);
        let (gone, bob) = (app.sign_in("gone@acme.test").await, app.sign_in("bob@globex.test").await);
        let open = async |slug: &str, cookie: &str| {
            app.get(&format!("/o/{slug}/live?about=case")).cookie(cookie).open().await
        };
        let (mut stays, mut signed_out) = (open("acme", &ada).await, open("acme", &out).await);
        let (mut removed, mut suspended) = (open("acme", &gone).await, open("globex", &bob).await);
        let both = app.sign_in("both@acme.test").await;
        let mut no_member = open("acme", &both).await;
        app.post("/sign-out").cookie(&out).send().await;
        let key = app.key("acme", &["all"]).await;
        let members = app.get("/api/v1/members").bearer(&key).send().await.json();
        let all = members["items"].as_array().unwrap();
        for email in ["gone@acme.test", "both@acme.test"] {
            let member = all.iter().find(|member| member["email"] == email).unwrap();
            let path = format!("/api/v1/members/{}", member["id"].as_str().unwrap());
            let one = app.get(&path).bearer(&key).send().await;
            let etag = one.header("etag").to_owned();
            let delete = app.call(axum::http::Method::DELETE, &path).bearer(&key);
            let answer = delete.header("if-match", &etag).send().await;
            assert!(answer.status.is_success(), "{}", answer.text);
        }
        let platform = app.services.admit(&service::Actor::platform("test")).unwrap();
        service::organizations::suspend(&platform, "globex").await.unwrap();
        let end = async |stream: &mut Stream| while stream.next().await.is_some() {};
        let ended = async {
            tokio::join!(end(&mut signed_out), end(&mut removed), end(&mut no_member), end(&mut suspended))
        };
        tokio::time::timeout(Duration::from_secs(40), ended).await.expect("within half a minute");
        case(&app, &key, "still here").await;
        assert!(data(&mut stays, "changes").await["words"].as_str().unwrap().ends_with("opened a case"));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_ends_them_at_once() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (router, config, services) = (app.router.clone(), app.config.clone(), app.services.clone());
        let server = tokio::spawn(async move {
            let stop = async move { stopped.await.unwrap_or(()) };
            server::serve::serve(listener, router, &config, &services, stop).await;
        });
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!("GET /o/acme/live?about=case HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");
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
