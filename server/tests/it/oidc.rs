//! Signing in by the provider, as a browser does it: bound to the browser that began, once, and not from another site.

use domain::member::Role;
use domain::permission::MemberWrite;
use serde_json::{Value, json};
use service::{Actor, auth, organizations, provider_roles};
use testkit::provider::Provider;
use testkit::{TestDb, for_each_backend};

use crate::app::{Answer, TestApp};

const ADA: &str = "ada@acme.test";

async fn room(db: TestDb) -> (TestApp, Provider) {
    let provider = Provider::start();
    let app = TestApp::with(db, |config| {
        provider.issuer().clone_into(&mut config.oidc_issuer);
        "watchroom".clone_into(&mut config.oidc_client_id);
        "hush".clone_into(&mut config.oidc_client_secret);
        "Example ID".clone_into(&mut config.oidc_name);
        "http://watchroom.test".clone_into(&mut config.public_url);
    });
    app.organization("acme").await;
    app.person(ADA, "acme", "admin").await;
    (app, provider)
}

fn ada() -> Value {
    json!({ "sub": "ada", "email": ADA, "email_verified": true, "groups": ["soc"] })
}

/// The browser's cookie, and where it was sent.
async fn begun(app: &TestApp, next: &str) -> (String, String) {
    let answer = app.get(&format!("/sign-in/oidc?next={next}")).send().await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    (answer.cookie().expect("a session"), answer.header("location").to_owned())
}

/// Where the provider sends the browser.
fn home(app: &TestApp, provider: &Provider, url: &str, claims: &Value) -> String {
    let back = provider.sign_in(url, app.services.clock.now().seconds(), claims);
    format!("/sign-in/oidc/callback?code={}&state={}", back.code, back.state)
}

/// As a browser does that another site sends here.
async fn come(app: &TestApp, path: &str, cookie: &str) -> Answer {
    app.get(path).header("sec-fetch-site", "cross-site").cookie(cookie).send().await
}

#[tokio::test]
async fn a_browser_goes_to_the_provider_and_comes_back_signed_in_under_another_session() {
    for_each_backend(|db| async move {
        let (app, provider) = room(db).await;
        let page = app.get("/sign-in?next=/o/acme/events").send().await;
        assert!(
            page.text.contains("Example ID") && page.text.contains("/sign-in/oidc?next="),
            "{}",
            page.text
        );
        let (cookie, url) = begun(&app, "%2Fo%2Facme%2Fevents").await;
        assert!(url.starts_with(&format!("{}/authorize?", provider.issuer())), "{url}");
        assert!(
            url.contains("redirect_uri=http%3A%2F%2Fwatchroom.test%2Fsign-in%2Foidc%2Fcallback"),
            "{url}"
        );
        assert_eq!(app.get("/o/acme/overview").cookie(&cookie).send().await.status, 302, "nobody yet");
        let path = home(&app, &provider, &url, &ada());
        let entered = come(&app, &path, &cookie).await;
        assert_eq!((entered.status.as_u16(), entered.header("location")), (303, "/o/acme/events"));
        let fresh = entered.cookie().unwrap();
        assert_ne!(fresh, cookie);
        assert_eq!(app.get("/o/acme/overview").cookie(&fresh).send().await.status, 200);
        assert_eq!(app.get("/o/acme/overview").cookie(&cookie).send().await.status, 302);
        let account = app.get("/account").cookie(&fresh).send().await;
        assert!(account.text.contains("Sign-in by a provider"), "{}", account.text);

        // The same address once more, in this browser and in the one that is signed in.
        for cookie in [&cookie, &fresh] {
            let again = come(&app, &path, cookie).await;
            assert_eq!(again.header("location"), "/sign-in?error=provider-stale");
        }
        assert_eq!(app.get("/o/acme/overview").cookie(&fresh).send().await.status, 200);
        let already = app.get("/sign-in/oidc?next=/account").cookie(&fresh).send().await;
        assert_eq!(already.header("location"), "/account");
        let out = app.post("/sign-out").cookie(&fresh).send().await;
        assert_eq!(out.header("location"), "/sign-in");
        assert_eq!(app.get("/o/acme/overview").cookie(&fresh).send().await.status, 302);
    })
    .await;
}

#[tokio::test]
async fn only_the_browser_that_was_sent_there_is_let_in_and_tabs_do_not_disturb_each_other() {
    for_each_backend(|db| async move {
        let (app, provider) = room(db).await;
        // Mallory begins, signs in as herself at the provider, and has a victim open where it sends her.
        let (mallory, url) = begun(&app, "").await;
        let path = home(&app, &provider, &url, &json!({ "sub": "m", "email": ADA, "email_verified": true }));
        let (victim, victims_url) = begun(&app, "").await;
        for cookie in [victim.as_str(), "", "watchroom=made-up"] {
            let answer = come(&app, &path, cookie).await;
            assert_eq!(answer.header("location"), "/sign-in?error=provider-stale", "{cookie}");
        }
        // Nothing was used up by that: neither hers nor the victim's.
        let path = home(&app, &provider, &victims_url, &ada());
        assert_eq!(come(&app, &path, &victim).await.header("location"), "/");
        let swapped = home(&app, &provider, &url, &ada());
        assert_eq!(come(&app, &swapped, &mallory).await.header("location"), "/");

        let first = app.get("/sign-in/oidc?next=/one").send().await;
        let cookie = first.cookie().unwrap();
        let second = app.get("/sign-in/oidc?next=/two").cookie(&cookie).send().await;
        let cookie = second.cookie().unwrap_or(cookie);
        let path = home(&app, &provider, first.header("location"), &ada());
        assert_eq!(come(&app, &path, &cookie).await.header("location"), "/one");

        // Refusals keep where one wanted to go, and are told on the page.
        let (cookie, url) = begun(&app, "%2Fo%2Facme%2Fcases").await;
        let path = home(&app, &provider, &url, &json!({ "sub": "new" }));
        let refused = come(&app, &path, &cookie).await;
        let page = refused.header("location").to_owned();
        assert_eq!(page, "/sign-in?error=provider-address&next=%2Fo%2Facme%2Fcases");
        assert!(
            app.get(&page).send().await.text.contains("does not say that your e-mail address is verified")
        );
        let (cookie, url) = begun(&app, "%2F%2Fevil.test").await;
        let path = home(&app, &provider, &url, &ada());
        assert_eq!(come(&app, &path, &cookie).await.header("location"), "/", "never another site");
        provider.set_down(true);
    })
    .await;
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_way() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        assert!(!app.get("/sign-in").send().await.text.contains("Sign in with"));
        app.get("/sign-in/oidc").send().await.assert_problem(404, "not-found");
        app.get("/sign-in/oidc/callback?code=a&state=b").send().await.assert_problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_that_an_organization_asks_for_holds_after_the_provider_too() {
    for_each_backend(|db| async move {
        let (app, provider) = room(db).await;
        let (cookie, url) = begun(&app, "").await;
        let cookie = come(&app, &home(&app, &provider, &url, &ada()), &cookie).await.cookie().unwrap();
        let client = service::Client::default();
        let signed_in = auth::sign_in(&app.services, ADA, crate::app::PASSWORD, &client).await.unwrap();
        let viewer = auth::viewer(&app.services, signed_in.session, &client).await.unwrap().unwrap();
        let (_, actor) = organizations::enter(&app.services, &viewer, "acme").await.unwrap();
        let cx = app.services.admit(&actor).unwrap();
        let wanted = json!({ "second_factor": true });
        service::settings::set(&cx, service::settings::Security::KEY, wanted).await.unwrap();
        let led = app.get("/o/acme/overview").cookie(&cookie).send().await;
        assert!(
            led.header("location").starts_with("/account?needed=second-factor"),
            "{}",
            led.header("location")
        );
    })
    .await;
}

#[tokio::test]
async fn a_picture_on_another_site_begins_no_sign_in() {
    for_each_backend(|db| async move {
        let (app, _) = room(db).await;
        let asked = app
            .get("/sign-in/oidc")
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "no-cors");
        asked.send().await.assert_problem(403, "forbidden");
        let walked = app
            .get("/sign-in/oidc")
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "navigate");
        assert_eq!(walked.send().await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn groups_that_give_roles_are_changed_through_the_api_from_what_was_seen() {
    for_each_backend(|db| async move {
        let (app, provider) = room(db).await;
        let key = app.key("acme", &["member.read", "member.write"]).await;
        let all = app.key("acme", &["all"]).await;
        let path = "/api/v1/provider-roles";
        let empty = app.get(path).bearer(&key).send().await;
        assert_eq!(empty.json()["items"], json!([]));
        let body = json!({ "items": [{ "group": "soc", "role": "analyst" }] }).to_string();
        app.call("PUT".parse().unwrap(), path)
            .bearer(&all)
            .json(body.clone())
            .send()
            .await
            .assert_problem(428, "precondition-required");
        let put = |tag: &str, key: &str, body: &str| {
            app.call("PUT".parse().unwrap(), path)
                .bearer(key)
                .header("if-match", tag)
                .json(body.to_owned())
                .send()
        };
        let tag = empty.header("etag").to_owned();
        let given = put(&tag, &all, &body).await;
        assert_eq!(given.status, 200, "{}", given.text);
        put(&tag, &all, &body).await.assert_problem(412, "precondition-failed");
        let fresh = given.header("etag").to_owned();
        let twice =
            json!({ "items": [{ "group": "a", "role": "viewer" }, { "group": "a", "role": "admin" }] });
        assert_eq!(put(&fresh, &all, &twice.to_string()).await.status, 400);
        let more = json!({ "items": [{ "group": "soc", "role": "admin" }] });
        assert_eq!(put(&fresh, &key, &more.to_string()).await.status, 403, "more than the key has");

        let (cookie, url) = begun(&app, "").await;
        let new = json!({ "sub": "n", "email": "new@acme.test", "email_verified": true, "groups": ["soc"] });
        assert_eq!(come(&app, &home(&app, &provider, &url, &new), &cookie).await.header("location"), "/");
        let members = app.get("/api/v1/members").bearer(&key).send().await.json();
        let member =
            members["items"].as_array().unwrap().iter().find(|m| m["email"] == "new@acme.test").unwrap();
        assert_eq!((&member["role"], &member["by_provider"]), (&json!("analyst"), &json!(true)));

        // Another organization's are not seen from here.
        app.organization("other").await;
        let id = service::organizations::by_slug(&app.services, "other").await.unwrap().id;
        let cx = app.services.admit::<MemberWrite>(&Actor::system("test", id)).unwrap();
        provider_roles::set(&cx, "secret-group", Role::Admin).await.unwrap();
        assert!(!app.get(path).bearer(&all).send().await.text.contains("secret-group"));
    })
    .await;
}
