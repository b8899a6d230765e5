//! The cookie and what stands behind it.

use axum::http::Method;
use domain::Timestamp;
use service::Clock;
use testkit::for_each_backend;

use crate::app::{PASSWORD, TestApp};

async fn is_in(app: &TestApp, cookie: &str) -> bool {
    app.get("/o/acme/overview").cookie(cookie).send().await.status == 200
}

#[tokio::test]
async fn a_visitor_gets_no_cookie() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        for path in ["/", "/sign-in", "/nowhere", "/o/acme/events"] {
            assert_eq!(app.get(path).send().await.cookie(), None, "{path}");
        }
        let wrong = app
            .post("/sign-in")
            .form(&[("email", "ada@acme.test"), ("password", "nope nope nope")])
            .send()
            .await;
        assert_eq!(wrong.cookie(), None);
        assert_eq!(wrong.header("location"), "/sign-in?error=credentials&email=ada%40acme.test");
        assert!(!wrong.header("location").contains("nope"));
    })
    .await;
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let form = [("email", "ada@acme.test"), ("password", PASSWORD), ("next", "/o/acme/events?text=a")];
        let answer = app.post("/sign-in").form(&form).send().await;
        assert_eq!(answer.header("location"), "/o/acme/events?text=a");
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.starts_with("watchroom=")
                && cookie.contains("HttpOnly")
                && cookie.contains("SameSite=Lax")
                && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert!(cookie.contains("Max-Age=") && !cookie.contains("Domain"), "{cookie}");
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_belongs_to_the_host() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| c.public_url = "https://watchroom.test".to_owned());
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        let answer =
            app.post("/sign-in").form(&[("email", "ada@acme.test"), ("password", PASSWORD)]).send().await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-watchroom=") && cookie.contains("Secure"), "{cookie}");
    })
    .await;
}

#[tokio::test]
async fn after_signing_in_one_is_never_sent_to_another_site() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        for next in ["https://evil.test/", "//evil.test", "/\\evil.test"] {
            let answer = app
                .post("/sign-in")
                .form(&[("email", "ada@acme.test"), ("password", PASSWORD), ("next", next)])
                .send()
                .await;
            assert_eq!(answer.header("location"), "/", "{next}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cookie_that_was_planted_is_not_the_one_after_signing_in() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("eve@acme.test", "acme", "viewer").await;
        let planted = app.sign_in("eve@acme.test").await;
        let answer = app
            .post("/sign-in")
            .cookie(&planted)
            .form(&[("email", "ada@acme.test"), ("password", PASSWORD)])
            .send()
            .await;
        let fresh = answer.cookie().unwrap();
        assert_ne!(fresh, planted);
        assert!(!is_in(&app, &planted).await, "the old one is dead");
        assert!(is_in(&app, &fresh).await);
        let invented = "watchroom=AAAAAAAAAAAAAAAAAAAAAA";
        let answer = app
            .post("/sign-in")
            .cookie(invented)
            .form(&[("email", "ada@acme.test"), ("password", PASSWORD)])
            .send()
            .await;
        assert_ne!(answer.cookie().unwrap(), invented);
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        assert!(is_in(&app, &cookie).await);
        let answer = app.post("/sign-out").cookie(&cookie).form(&[]).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/sign-in"));
        assert!(answer.header("set-cookie").contains("Max-Age=0"), "{}", answer.header("set-cookie"));
        assert!(!is_in(&app, &cookie).await, "a kept copy is worth nothing");
    })
    .await;
}

#[tokio::test]
async fn a_new_password_changes_the_session_and_ends_the_others() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let (here, elsewhere) = (app.sign_in("ada@acme.test").await, app.sign_in("ada@acme.test").await);
        let new = "another horse battery";
        let form = [("old_password", PASSWORD), ("new_password", new), ("repeated", new)];
        let answer = app.post("/fn/change_password").cookie(&here).form(&form).send().await;
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text);
        let fresh = answer.cookie().expect("another session id");
        assert_ne!(fresh, here);
        let set = answer.header("set-cookie");
        assert!(set.contains("Max-Age=43"), "it lasts as long as after a sign-in: {set}");
        assert!(is_in(&app, &fresh).await);
        assert!(!is_in(&app, &here).await, "the old id");
        assert!(!is_in(&app, &elsewhere).await, "the other device");
    })
    .await;
}

#[tokio::test]
async fn another_role_changes_the_session_with_the_next_page() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("eve@acme.test", "acme", "viewer").await;
        let key = app.key("acme", &["all"]).await;
        let (here, elsewhere) = (app.sign_in("eve@acme.test").await, app.sign_in("ada@acme.test").await);
        let page = || app.get("/o/acme/overview").header("accept", "text/html");
        for cookie in [&here, &elsewhere] {
            assert_eq!(page().cookie(cookie).send().await.cookie(), None, "the first page");
            assert_eq!(page().cookie(cookie).send().await.cookie(), None, "the second");
        }
        let members = app.get("/api/v1/members").bearer(&key).send().await.json();
        let id = members["items"].as_array().unwrap().iter().find(|m| m["email"] == "eve@acme.test").unwrap()
            ["id"]
            .clone();
        let path = format!("/api/v1/members/{}", id.as_str().unwrap());
        let tag = app.get(&path).bearer(&key).send().await.header("etag").to_owned();
        let role = app.call(Method::PUT, &path).bearer(&key).header("if-match", &tag);
        let answer = role.json(r#"{"role":"analyst","approval_level":"none"}"#).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);

        // What an open page asks for keeps the id: others are under way with it.
        let part = page().header("sec-fetch-dest", "empty").cookie(&here).send().await;
        assert_eq!((part.status.as_u16(), part.cookie()), (200, None));
        let answer = page().cookie(&here).send().await;
        let fresh = answer.cookie().expect("another session id");
        assert!(fresh != here && answer.status == 200);
        assert!(answer.header("set-cookie").contains("Max-Age=43"), "{}", answer.header("set-cookie"));
        // What was under way with the old id, or comes late, leaves the new one in the browser.
        let late = page().cookie(&here).send().await;
        assert!(late.status != 200 && late.header("set-cookie").is_empty(), "the old id: {}", late.status);
        assert_eq!(page().cookie(&fresh).send().await.cookie(), None, "once");
        assert_eq!(page().cookie(&elsewhere).send().await.cookie(), None, "others keep theirs");
    })
    .await;
}

/// Another tab's request with the old id would take the new one from the browser.
#[tokio::test]
async fn a_wrong_old_password_leaves_the_session_as_it_is() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let here = app.sign_in("ada@acme.test").await;
        let new = "another horse battery";
        let form = [("old_password", "not it"), ("new_password", new), ("repeated", new)];
        for accept in ["application/json", "text/html,*/*;q=0.8"] {
            let answer = app.post("/fn/change_password").header("accept", accept).cookie(&here);
            let answer = answer.form(&form).send().await;
            assert_eq!(answer.cookie(), None, "{accept}: {}", answer.status);
            assert!(is_in(&app, &here).await, "{accept}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_damaged_or_strange_cookie_is_nobodys() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let mut damaged = cookie.clone();
        damaged.replace_range(cookie.len() - 2.., "zz");
        for strange in [
            damaged.as_str(),
            "watchroom=",
            "watchroom=%00",
            "watchroom=../../etc/passwd",
            &format!("watchroom={}", "x".repeat(4000)),
        ] {
            assert!(!is_in(&app, strange).await, "{strange}");
        }
        assert!(is_in(&app, &cookie).await);
    })
    .await;
}

#[tokio::test]
async fn the_first_account_is_made_once_and_is_signed_in() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        let form = |password| {
            [
                ("email", "root@acme.test"),
                ("password", password),
                ("organization", "Acme Corp."),
                ("display_name", "Root"),
            ]
        };
        let short = app.post("/setup").form(&form("short")).send().await;
        let back = short.header("location");
        assert!(
            back.starts_with("/setup?error=invalid&email=root%40acme.test")
                && back.contains("field=password")
                && !back.contains("short"),
            "{back}"
        );
        let made = app.post("/setup").form(&form(PASSWORD)).send().await;
        assert_eq!(made.header("location"), "/o/acme-corp/overview", "{}", made.text);
        let page = app.get("/o/acme-corp/overview").cookie(&made.cookie().unwrap()).send().await;
        assert_eq!(page.status, 200);
        let again = app
            .post("/setup")
            .form(&[("email", "eve@acme.test"), ("password", PASSWORD), ("organization", "Evil")])
            .send()
            .await;
        assert!(
            again.header("location").starts_with("/setup?error=conflict"),
            "{}",
            again.header("location")
        );
        assert_eq!(again.cookie(), None);
    })
    .await;
}

#[tokio::test]
async fn what_others_do_keeps_no_unattended_device_signed_in() {
    for_each_backend(|db| async move {
        // Cookies are given out by the machine's clock: this one is ahead of it.
        let now = Timestamp::from_micros(4_000_000_000_000_000).unwrap();
        let app = TestApp::at(db, Clock::fixed(now), |_| ());
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        let (left, used) = (app.sign_in("ada@acme.test").await, app.sign_in("ada@acme.test").await);
        let cases = "/fn/page?address=%2Fo%2Facme%2Fcases";
        let again = async |cookie: &str| {
            let read = app.get(cases).cookie(cookie).header("x-watchroom-by-itself", "1").send().await;
            let stream = app.get("/o/acme/live?about=case").cookie(cookie).send().await;
            // A live list of events asks its count anew.
            let summary = app.get("/fn/session?organization=acme&by-itself=1").cookie(cookie).send().await;
            assert_eq!(summary.status, read.status, "{}", summary.text);
            (read.status.as_u16(), stream.status.as_u16())
        };
        for hour in 1..service::auth::IDLE / 3600 {
            app.services.clock.advance_seconds(3600);
            assert_eq!(again(&left).await, (200, 200), "after {hour} hours");
            assert_eq!(app.get(cases).cookie(&used).send().await.status, 200);
        }
        app.services.clock.advance_seconds(3600);
        assert_eq!(again(&left).await.1, 401, "nobody was there for that long");
        assert!(!is_in(&app, &left).await);
        assert!(is_in(&app, &used).await);
    })
    .await;
}

#[tokio::test]
async fn the_accounts_of_the_demo_are_shown_in_the_demo_only() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let page = app.get("/sign-in").header("accept", "text/html").send().await;
        assert!(page.text.contains("Sign in"), "{}", page.text);
        for account in service::demo::credentials() {
            assert!(!page.text.contains(account.password) && !page.text.contains(account.email));
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_of_a_clock_that_was_ahead_is_over_once_it_is_right() {
    for_each_backend(|db| async move {
        let clock = Clock::fixed("2038-01-19T03:14:00Z".parse().unwrap());
        let app = TestApp::at(db, clock, |_| ());
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        let cookie = app.sign_in("ada@acme.test").await;
        assert!(is_in(&app, &cookie).await);
        app.services.clock.advance_seconds(-200);
        assert!(is_in(&app, &cookie).await, "clocks differ a little");
        app.services.clock.advance_seconds(-11 * 365 * 86_400);
        assert!(!is_in(&app, &cookie).await);
        app.services.clock.advance_seconds(11 * 365 * 86_400);
        assert!(!is_in(&app, &cookie).await, "not again when the clock is there");
    })
    .await;
}
