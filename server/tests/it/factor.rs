//! The second step of a sign-in, and organizations that ask for a second factor.

use domain::permission::{AccountRead, AccountWrite, SettingsWrite};
use serde_json::json;
use service::auth::{self, First, account_actor, factor};
use service::{Client, organizations, settings};
use testkit::for_each_backend;
use totp_rs::{Builder, Secret, Totp};

use crate::app::{Answer, PASSWORD, TestApp};
use crate::permissions::{asked_with, rows};

const ADA: &str = "ada@acme.test";

/// Sets up Ada's; the app and the recovery codes.
async fn enrolled(app: &TestApp) -> (Totp, Vec<String>) {
    let begun = auth::begin(&app.services, ADA, PASSWORD, &Client::default()).await.unwrap();
    let First::In(signed_in) = begun else { panic!("it is set up already") };
    let viewer = auth::viewer(&app.services, signed_in.session, &Client::default()).await.unwrap().unwrap();
    let actor = account_actor(&viewer);
    let write = app.services.admit::<AccountWrite>(&actor).unwrap();
    factor::start(&write, PASSWORD).await.unwrap();
    let standing = factor::standing(&app.services.admit::<AccountRead>(&actor).unwrap()).await.unwrap();
    let secret = Secret::try_from_base32(standing.to_confirm.unwrap().secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let codes = factor::confirm(&write, &code(app, &totp, 0)).await.unwrap();
    (totp, codes)
}

/// So many seconds ahead of now.
fn code(app: &TestApp, totp: &Totp, ahead: i64) -> String {
    totp.generate(u64::try_from(app.services.clock.now().seconds() + ahead).unwrap()).to_string()
}

/// The cookie after the right password.
async fn half(app: &TestApp, next: &str) -> String {
    let form = [("email", ADA), ("password", PASSWORD), ("next", next)];
    let answer = app.post("/sign-in").form(&form).send().await;
    assert!(answer.header("location").starts_with("/sign-in/code?"), "{}", answer.header("location"));
    answer.cookie().unwrap()
}

async fn give(app: &TestApp, cookie: &str, code: &str, next: &str) -> Answer {
    app.post("/sign-in/code").cookie(cookie).form(&[("code", code), ("next", next)]).send().await
}

async fn require(app: &TestApp, email: &str) {
    let begun = auth::sign_in(&app.services, email, PASSWORD, &Client::default()).await.unwrap();
    let viewer = auth::viewer(&app.services, begun.session, &Client::default()).await.unwrap().unwrap();
    let (_, actor) = organizations::enter(&app.services, &viewer, "acme").await.unwrap();
    let cx = app.services.admit::<SettingsWrite>(&actor).unwrap();
    settings::set(&cx, settings::Security::KEY, json!({ "second_factor": true })).await.unwrap();
}

#[tokio::test]
async fn after_the_password_the_code_leads_in_under_another_session_and_once() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let (totp, _) = enrolled(&app).await;
        let cookie = half(&app, "/o/acme/events?q=a").await;
        let page = app.get("/sign-in/code").cookie(&cookie).send().await;
        assert!(page.status.is_success() && page.text.contains("one-time-code"), "{}", page.status);
        let wrong = give(&app, &cookie, "no code", "/o/acme/events?q=a").await;
        assert_eq!(wrong.header("location"), "/sign-in/code?error=code&next=%2Fo%2Facme%2Fevents%3Fq%3Da");
        let right = code(&app, &totp, 30);
        let entered = give(&app, &cookie, &right, "/o/acme/events?q=a").await;
        assert_eq!(entered.header("location"), "/o/acme/events?q=a", "{}", entered.text);
        let fresh = entered.cookie().unwrap();
        assert_ne!(fresh, cookie);
        assert_eq!(app.get("/o/acme/overview").cookie(&fresh).send().await.status, 200);
        assert_eq!(app.get("/o/acme/overview").cookie(&cookie).send().await.status, 302, "the half is over");

        let cookie = half(&app, "").await;
        let replayed = give(&app, &cookie, &right, "").await;
        assert_eq!(replayed.header("location"), "/sign-in/code?error=code");
        assert_eq!(replayed.cookie(), None);
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_a_code_without_the_password_nor_is_sent_to_another_site() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let (_, codes) = enrolled(&app).await;
        let bare = app.post("/sign-in/code").form(&[("code", &codes[0])]).send().await;
        assert_eq!((bare.header("location"), bare.cookie()), ("/sign-in", None));
        assert_eq!(app.get("/sign-in/code").send().await.header("location"), "/sign-in");
        let cookie = half(&app, "https://evil.test").await;
        let page = app.get("/sign-in/code?next=//evil.test").cookie(&cookie).send().await;
        assert!(!page.text.contains("evil.test"));
        assert_eq!(give(&app, &cookie, &codes[0], "//evil.test").await.header("location"), "/");
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_locked_out_and_the_right_one_waits_too() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let (totp, _) = enrolled(&app).await;
        let cookie = half(&app, "").await;
        for _ in 0..6 {
            give(&app, &cookie, "no code", "").await;
        }
        let locked = give(&app, &cookie, &code(&app, &totp, 30), "").await;
        assert_eq!(locked.status, 429, "{}", locked.text);
        assert_eq!(locked.cookie(), None);
    })
    .await;
}

/// The password alone is worth nothing: every page, route and server function answers as it does to nobody.
#[tokio::test]
async fn a_session_that_owes_the_code_reaches_nothing() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("eve@acme.test", "acme", "viewer").await;
        enrolled(&app).await;
        let cookie = half(&app, "").await;
        let mut rows = rows();
        rows.retain(|row| !row.path.starts_with("/sign-in/code"));
        // That forgets the session.
        rows.sort_by_key(|row| row.path == "/sign-out");
        let mut reached = Vec::new();
        for row in &rows {
            let (nobody, half) =
                (asked_with(&app, row, 1, "").await, asked_with(&app, row, 2, &cookie).await);
            if nobody != half {
                reached.push(format!("{}: {nobody} became {half}", row.name));
            }
        }
        assert_eq!(reached, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_asks_for_a_factor_shows_nothing_to_who_has_none() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("vera@acme.test", "acme", "viewer").await;
        app.person("sre@platform.test", "acme", "sre").await;
        app.organization("globex").await;
        app.person("gil@globex.test", "globex", "admin").await;
        let key = app.key("acme", &["all"]).await;
        require(&app, ADA).await;
        for person in [ADA, "vera@acme.test", "sre@platform.test"] {
            let cookie = app.sign_in(person).await;
            let led = app.get("/o/acme/cases?q=a").cookie(&cookie).send().await;
            let place = "/account?needed=second-factor&next=%2Fo%2Facme%2Fcases%3Fq%3Da";
            assert_eq!((led.status.as_u16(), led.header("location")), (302, place), "{person}");
            let account = app.get(place).cookie(&cookie).send().await;
            assert_eq!(account.status, 200, "{person}");
            assert!(account.text.contains("A second factor is needed."), "{person}");
            for row in rows().iter().filter(|row| row.name.contains("{organization}")) {
                let outcome = asked_with(&app, row, 3, &cookie).await;
                assert!(!outcome.starts_with("200"), "{person} {}: {outcome}", row.name);
            }
            let members =
                app.get("/fn/page?address=%2Fo%2Facme%2Fsettings%2Fmembers").cookie(&cookie).send().await;
            assert_eq!(members.status, 403, "{person}: {}", members.text);
            assert!(!members.text.contains("acme.test"), "{}", members.text);
        }
        let stranger = app.sign_in("gil@globex.test").await;
        let answer = app.get("/o/acme/cases").cookie(&stranger).send().await;
        assert_eq!(answer.status, 404, "strangers are not told");
        assert_eq!(app.get("/api/v1/events").bearer(&key).send().await.status, 200, "keys are not asked");
        enrolled(&app).await;
        let entered = give(&app, &half(&app, "").await, "no code", "").await;
        assert_eq!(entered.header("location"), "/sign-in/code?error=code");
    })
    .await;
}

#[tokio::test]
async fn the_account_page_sets_a_factor_up_and_tells_the_codes_once() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in(ADA).await;
        let plain = async |path: &str, form: &[(&str, &str)]| {
            app.post(path)
                .cookie(&cookie)
                .header("accept", "text/html")
                .header("referer", "http://watchroom.test/account")
                .form(form)
                .send()
                .await
        };
        let refused = plain("/fn/start_factor", &[("password", "not my password")]).await;
        assert!(refused.header("location").contains("__err"), "{}", refused.header("location"));
        plain("/fn/start_factor", &[("password", PASSWORD)]).await;
        let page = app.get("/account").cookie(&cookie).send().await;
        assert!(page.text.contains("QR code of the secret") && page.text.contains("<svg"));
        let after = page.text.split("Secret of the second factor").nth(1).unwrap();
        let secret = after.split("<code>").nth(1).unwrap().split('<').next().unwrap();
        let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
        let wrong = plain("/fn/confirm_factor", &[("code", "no code")]).await;
        assert!(wrong.status.is_redirection(), "{}", wrong.status);
        let right = plain("/fn/confirm_factor", &[("code", &code(&app, &totp, 0))]).await;
        let made = right.header("set-cookie").to_owned();
        assert!(made.contains("HttpOnly") && made.contains("Path=/account"), "{made}");
        let codes = made.split([';', '=']).nth(1).unwrap().to_owned();
        let page = app.get("/account").cookie(&format!("{cookie}; made_recovery_codes={codes}")).send().await;
        assert!(codes.split('.').all(|code| page.text.contains(code)), "{codes}");
        assert!(page.header("set-cookie").contains("Max-Age=0"), "{}", page.header("set-cookie"));
        let page = app.get("/account").cookie(&cookie).send().await;
        assert!(!page.text.contains(secret) && page.text.contains("10 recovery codes are left"));
    })
    .await;
}
