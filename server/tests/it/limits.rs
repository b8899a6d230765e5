//! Rates and sizes.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn an_address_over_its_rate_waits_and_another_does_not() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| (c.rate_address, c.rate_address_burst) = (1, 5));
        for _ in 0..5 {
            assert_eq!(app.get("/api/docs").send().await.status, 200);
        }
        let refused = app.get("/api/docs").send().await;
        refused.assert_problem(429, "too-many");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
        let person = app.get("/sign-in").header("accept", "text/html,*/*;q=0.8").send().await;
        assert_eq!(
            (person.status.as_u16(), person.header("content-type")),
            (429, "text/html; charset=utf-8")
        );
        assert!(
            person.text.contains("<h1") && person.text.contains(person.header("x-request-id")),
            "{}",
            person.text
        );
        assert!(person.header("retry-after").parse::<u64>().unwrap() >= 1);
        let form =
            app.post("/fn/change_password").header("accept", "text/html,*/*;q=0.8").form(&[]).send().await;
        let page = (429, "text/html; charset=utf-8");
        assert_eq!((form.status.as_u16(), form.header("content-type")), page, "a form sent without scripts");
        let script = app.post("/fn/change_password").form(&[]).send().await;
        script.assert_problem(429, "too-many");
        assert_eq!(app.get("/api/docs").from("198.51.100.7").send().await.status, 200);
        assert_eq!(app.get("/health/live").send().await.status, 200, "health is never refused");
    })
    .await;
}

#[tokio::test]
async fn addresses_behind_a_trusted_proxy_are_told_apart_and_others_cannot_pretend() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| {
            (c.rate_address, c.rate_address_burst) = (1, 1);
            c.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        });
        for visitor in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
            let answer =
                app.get("/api/docs").from("10.0.0.1").header("x-forwarded-for", visitor).send().await;
            assert_eq!(answer.status, 200);
        }
        let liar = |claimed: &'static str| {
            app.get("/api/docs").from("198.51.100.9").header("x-forwarded-for", claimed)
        };
        assert_eq!(liar("203.0.113.8").send().await.status, 200);
        assert_eq!(liar("203.0.113.9").send().await.status, 429);
    })
    .await;
}

#[tokio::test]
async fn a_key_over_its_rate_waits() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| (c.rate_key, c.rate_key_burst) = (1, 2));
        app.organization("acme").await;
        let (one, two) = (app.key("acme", &["event.read"]).await, app.key("acme", &["event.read"]).await);
        for _ in 0..2 {
            assert_eq!(app.get("/api/v1/events").bearer(&one).send().await.status, 200);
        }
        app.get("/api/v1/events").bearer(&one).send().await.assert_problem(429, "too-many");
        assert_eq!(app.get("/api/v1/events").bearer(&two).send().await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_rate_that_an_organization_chose_is_that_of_each_of_its_keys() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.organization("beta").await;
        let cookie = app.sign_in("ada@acme.test").await;
        let save = |requests: &'static str, events: &'static str| {
            let fields = [
                ("organization", "acme"),
                ("seen", r#"{"requests_per_minute":"","events_per_second":""}"#),
                ("requests_per_minute", requests),
                ("events_per_second", events),
            ];
            app.post("/fn/save_rate_limits").cookie(&cookie).form(&fields)
        };
        assert_eq!(save("none", "").send().await.status, 400);
        assert_eq!(save("2", "").send().await.status, 200);
        let (one, two) = (app.key("acme", &["event.read"]).await, app.key("acme", &["event.read"]).await);
        for _ in 0..2 {
            assert_eq!(app.get("/api/v1/events").bearer(&one).send().await.status, 200);
        }
        let refused = app.get("/api/v1/events").bearer(&one).send().await;
        refused.assert_problem(429, "too-many");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert_eq!(app.get("/api/v1/events").bearer(&two).send().await.status, 200, "each for itself");
        let elsewhere = app.key("beta", &["event.read"]).await;
        for _ in 0..4 {
            assert_eq!(app.get("/api/v1/events").bearer(&elsewhere).send().await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn guessing_passwords_comes_to_an_end() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let mut refused = None;
        for n in 0..50 {
            let answer = app
                .post("/sign-in")
                .form(&[("email", "ada@acme.test"), ("password", "wrong wrong wrong")])
                .send()
                .await;
            if answer.status == 429 {
                assert!(!answer.header("retry-after").is_empty());
                refused = Some(n);
                break;
            }
            assert_eq!(answer.status, 303);
        }
        assert!(refused.is_some_and(|n| n <= 10), "{refused:?}");
        let person = app
            .post("/sign-in")
            .header("accept", "text/html")
            .form(&[("email", "ada@acme.test"), ("password", "wrong wrong wrong")])
            .send()
            .await;
        assert_eq!(person.status, 303, "a person is sent back to the form");
        assert!(
            person.header("location").starts_with("/sign-in?error=locked&email=ada%40acme.test&retry_after="),
            "{}",
            person.header("location")
        );
    })
    .await;
}

#[tokio::test]
async fn a_form_is_bounded_whether_it_tells_its_length_or_not() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| c.max_body = server::config::values::Size(1000));
        let large = "email=".to_owned() + &"x".repeat(2000);
        let kind = "application/x-www-form-urlencoded";
        app.post("/sign-in").body(kind, large.clone()).send().await.assert_problem(413, "too-large");
        let chunks = large.as_bytes().chunks(100).map(|c| c.to_vec().into()).collect();
        app.post("/sign-in").stream(kind, chunks).send().await.assert_problem(413, "too-large");
    })
    .await;
}
