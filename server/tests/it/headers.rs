//! What every answer carries.

use std::io::Read as _;

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn every_answer_is_guarded() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        for path in ["/sign-in", "/nowhere", "/health/live", "/api/docs", "/api/v1/events", "/pkg/nothing.js"]
        {
            let answer = app.get(path).send().await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(name), value, "{path}: {name}");
            }
            let policy = answer.header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'")
                    && policy.contains("frame-ancestors 'none'")
                    && policy.contains("base-uri 'none'")
            );
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
            assert!(answer.header("permissions-policy").contains("camera=()"));
            assert_eq!(answer.header("strict-transport-security"), "", "not over http");
            assert!(!answer.header("x-request-id").is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn the_nonce_of_the_header_is_the_nonce_of_the_page() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let mut seen = Vec::new();
        for path in ["/sign-in", "/sign-in", "/nowhere"] {
            let answer = app.get(path).send().await;
            let policy = answer.header("content-security-policy");
            let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
            assert!(nonce.len() >= 22, "128 bits: {nonce}");
            let scripts: Vec<&str> =
                answer.text.split("<script").skip(1).map(|s| s.split('>').next().unwrap()).collect();
            assert!(!scripts.is_empty(), "{path}: {} {}", answer.status, answer.text);
            for script in scripts {
                assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{script}>");
            }
            assert!(!answer.text.contains(" style=\""), "{path}: the policy refuses style attributes");
            assert!(!seen.contains(&nonce), "a nonce is used once");
            seen.push(nonce);
        }
    })
    .await;
}

#[tokio::test]
async fn https_is_insisted_on_where_it_is_spoken() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| c.public_url = "https://watchroom.test".to_owned());
        let answer = app.get("/sign-in").send().await;
        assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_a_problem_for_programs() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let page = app.get("/nowhere").header("accept", "text/html").send().await;
        assert_eq!(page.status, 404);
        assert!(page.text.contains("<html"), "{}", page.text);
        app.get("/api/v1/nowhere").send().await.assert_problem(404, "not-found");
        app.call(axum::http::Method::DELETE, "/api/v1/events")
            .send()
            .await
            .assert_problem(405, "method-not-allowed");
        app.get("/pkg/../../data/secret.key").send().await.assert_problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn a_harmless_request_id_is_kept_and_another_replaced() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        let kept = app.get("/health/live").header("x-request-id", "ci-42.a_b").send().await;
        assert_eq!(kept.header("x-request-id"), "ci-42.a_b");
        for bad in ["a b", "x\"y", &"x".repeat(65)] {
            let replaced = app.get("/health/live").header("x-request-id", bad).send().await;
            assert_ne!(replaced.header("x-request-id"), bad);
        }
    })
    .await;
}

#[tokio::test]
async fn health_is_for_everyone_and_metrics_for_this_machine() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        assert_eq!(app.get("/health/live").send().await.text, "ok\n");
        assert_eq!(app.get("/health/ready").send().await.status, 200);
        let metrics = app.get("/metrics").send().await;
        assert_eq!(metrics.status, 200);
        assert!(
            metrics.text.contains("http_requests_total") && metrics.text.contains("db_pool_connections"),
            "{}",
            metrics.text
        );
        app.get("/metrics").from("198.51.100.7").send().await.assert_problem(404, "not-found");
        let forwarded = app.get("/metrics").header("x-forwarded-for", "198.51.100.7").send().await;
        forwarded.assert_problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn pages_are_not_kept_by_caches() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        assert_eq!(
            app.get("/o/acme/overview").cookie(&cookie).send().await.header("cache-control"),
            "no-store"
        );
    })
    .await;
}

#[tokio::test]
async fn pages_and_json_are_compressed_for_who_can_read_it() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["event.read"]).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let plain = app.get("/api/v1/openapi.json").send().await;
        assert_eq!(plain.header("content-encoding"), "");
        let packed = app.get("/api/v1/openapi.json").header("accept-encoding", "gzip").send().await;
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
        assert!(packed.bytes.len() * 4 < plain.bytes.len());
        let mut read = String::new();
        flate2::read::GzDecoder::new(&packed.bytes[..]).read_to_string(&mut read).unwrap();
        assert_eq!(read, plain.text);
        let page = app.get("/o/acme/events?view=all").cookie(&cookie).header("accept-encoding", "gzip, br");
        assert_eq!(page.send().await.header("content-encoding"), "br");
        for secret in ["/account", "/o/acme/settings/members", "/fn/page?address=%2Faccount"] {
            let page = app.get(secret).cookie(&cookie).header("accept-encoding", "gzip, br").send().await;
            assert_eq!(page.header("content-encoding"), "", "{secret} can hold a secret");
        }
        let small = app.get("/api/v1/events").bearer(&key).header("accept-encoding", "gzip").send().await;
        assert_eq!(small.header("content-encoding"), "", "{}", small.text);
        let export = app.get("/o/acme/events/export.csv").cookie(&cookie).header("accept-encoding", "gzip");
        assert_eq!(export.send().await.header("content-encoding"), "", "rows go as they come");
    })
    .await;
}
