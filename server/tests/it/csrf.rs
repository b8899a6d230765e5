//! Attacks from another site, against every kind of route that reads a cookie.

use testkit::for_each_backend;

use crate::app::TestApp;

const WRITES: [&str; 5] = ["/sign-in", "/sign-out", "/setup", "/fn/change_password", "/o/acme/uploads"];

#[tokio::test]
async fn a_form_on_another_site_changes_nothing() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for path in WRITES {
            let form = [("organization", "acme"), ("email", "x@y.test")];
            for (header, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("origin", "http://evil.test"),
            ] {
                let call = app.post(path).cookie(&cookie).form(&form);
                let call = if header == "origin" { call.without("sec-fetch-site") } else { call };
                call.header(header, value).send().await.assert_problem(403, "forbidden");
            }
            let bare = app.post(path).cookie(&cookie).form(&form).without("sec-fetch-site").send().await;
            bare.assert_problem(403, "forbidden");
        }
        let still = app.get("/o/acme/overview").cookie(&cookie).send().await;
        assert_eq!(still.status, 200, "nobody was signed out");
    })
    .await;
}

#[tokio::test]
async fn a_body_without_a_preflight_is_refused() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let sneaky =
            app.post("/fn/change_password").cookie(&cookie).body("text/plain", r#"{"old_password":"x"}"#);
        sneaky.send().await.assert_problem(415, "unsupported-media");
    })
    .await;
}

#[tokio::test]
async fn another_site_cannot_read_server_functions_or_start_exports() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for path in [
            "/fn/session?organization=acme",
            "/o/acme/events/export.csv",
            "/o/acme/audit/export.csv",
            "/o/acme/audit/export.json",
        ] {
            let mine = app.get(path).cookie(&cookie).send().await;
            assert_eq!(mine.status, 200, "{path}: {}", mine.text);
            let theirs = app.get(path).cookie(&cookie).header("sec-fetch-site", "cross-site").send().await;
            theirs.assert_problem(403, "forbidden");
        }
        for path in ["/o/acme/cases/1/export", "/o/acme/cases/1/evidence/x"] {
            let theirs = app.get(path).cookie(&cookie).header("sec-fetch-site", "cross-site").send().await;
            theirs.assert_problem(403, "forbidden");
        }
        let link =
            app.get("/o/acme/overview").cookie(&cookie).header("sec-fetch-site", "cross-site").send().await;
        assert_eq!(link.status, 200, "a link in an e-mail opens");
    })
    .await;
}

#[tokio::test]
async fn the_api_takes_no_cookie() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for path in ["/api/v1/events", "/api/v1/groups", "/api/v1/sources", "/api/v1/audit"] {
            app.get(path).cookie(&cookie).send().await.assert_problem(401, "unauthenticated");
        }
    })
    .await;
}
