//! Evidence of cases over the API and from the browser: the bytes in and out, and what must not happen to them.

use serde_json::json;
use server::config::values::Size;
use testkit::for_each_backend;

use crate::app::TestApp;

const BOUNDARY: &str = "multipart/form-data; boundary=x";

fn form(name: &str, kind: &str, content: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nfrom the host\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{content}\r\n--x--\r\n"
    )
}

/// With the case 1 of acme, and a limit of 2,000 bytes.
async fn started(db: testkit::TestDb) -> (TestApp, String) {
    let app = TestApp::with(db, |config| {
        config.max_evidence = Size(2_000);
        config.blocked_evidence = vec!["application/vnd.microsoft.portable-executable".to_owned()];
    });
    app.organization("acme").await;
    app.organization("globex").await;
    app.person("ada@acme.test", "acme", "admin").await;
    app.person("vic@acme.test", "acme", "viewer").await;
    let key = app.key("acme", &["case.read", "case.write"]).await;
    let made =
        app.post("/api/v1/cases").bearer(&key).json(json!({ "title": "Files" }).to_string()).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    (app, key)
}

fn kept(app: &TestApp) -> usize {
    fn walk(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|e| e.unwrap().path()).map(|p| if p.is_dir() { walk(&p) } else { 1 }).sum()
    }
    walk(&app.config.data_dir.join("evidence"))
}

#[tokio::test]
async fn a_file_comes_and_goes_over_the_api_with_its_custody() {
    for_each_backend(|db| async move {
        let (app, key) = started(db).await;
        let path = "/api/v1/cases/CASE-1/evidence";
        let send = |query: &str, body: String| {
            app.post(&format!("{path}?{query}")).bearer(&key).body("text/html", body).send()
        };
        let made =
            send("filename=..%2F..%2Fpage.html&description=seen", "<script>alert(1)</script>".to_owned())
                .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let file = made.json();
        assert_eq!(
            (file["filename"].as_str(), file["content_type"].as_str()),
            (Some("page.html"), Some("text/html"))
        );
        let one = format!("{path}/{}", file["id"].as_str().unwrap());

        let got = app.get(&one).bearer(&key).send().await;
        assert_eq!((got.status.as_u16(), got.text.as_str()), (200, "<script>alert(1)</script>"));
        assert_eq!(got.header("content-type"), "application/octet-stream");
        assert_eq!(got.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-disposition").starts_with("attachment; filename=\"page.html\""));
        let checked = app.post(&format!("{one}/verify")).bearer(&key).send().await.json();
        assert_eq!(checked["whole"], true);

        send("filename=large", "x".repeat(2_001)).await.assert_problem(413, "too-large");
        assert_eq!(send("filename=prog", "MZ\u{0}\u{0}".to_owned()).await.status, 400);
        assert_eq!(send("filename=empty", String::new()).await.status, 400);
        assert_eq!(kept(&app), 1, "what was refused left nothing behind");

        let delete =
            |query: &str| app.call(axum::http::Method::DELETE, &format!("{one}{query}")).bearer(&key).send();
        assert_eq!(delete("").await.status, 400);
        assert_eq!(delete("?reason=wrong").await.status, 204);
        assert_eq!(delete("?reason=wrong").await.status, 409);
        assert_eq!(app.get(&one).bearer(&key).send().await.status, 409);
        assert_eq!(kept(&app), 0);
        let custody = app.get("/api/v1/cases/1/custody").bearer(&key).send().await.json();
        let steps: Vec<_> =
            custody["items"].as_array().unwrap().iter().rev().map(|l| l["step"].clone()).collect();
        assert_eq!(steps, ["uploaded", "downloaded", "verified", "removed"]);

        let other = app.key("globex", &["case.read", "case.write"]).await;
        let zip = app.get("/api/v1/cases/1/export").bearer(&key).send().await;
        assert_eq!((zip.status.as_u16(), zip.header("content-type")), (200, "application/zip"));
        assert!(zip.text.starts_with("PK") && zip.text.contains("CASE-1/SHA256SUMS"));
        for path in
            [path, &one, "/api/v1/cases/1/custody", "/api/v1/cases/1/entries", "/api/v1/cases/1/export"]
        {
            assert_eq!(app.get(path).bearer(&other).send().await.status, 404, "{path}");
        }
        let foreign = app.post(path).bearer(&other).body("text/plain", "x".to_owned()).send().await;
        assert_eq!(foreign.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_the_browser_leads_back_to_the_page_and_a_viewer_may_only_take() {
    for_each_backend(|db| async move {
        let (app, key) = started(db).await;
        let (ada, vic) = (app.sign_in("ada@acme.test").await, app.sign_in("vic@acme.test").await);
        let path = "/o/acme/cases/1/evidence";
        let send = |cookie: &str, body: String| app.post(path).cookie(cookie).body(BOUNDARY, body).send();
        let added = send(&ada, form("mail.eml", "message/rfc822", "From: x")).await;
        assert_eq!(added.header("location"), "/o/acme/cases/1?tab=evidence&done=added");
        for (cookie, body, error) in [
            (&ada, form("", "text/plain", ""), "missing"),
            (&ada, form("a", "text/plain", ""), "empty"),
            (&ada, form("a", "text/plain", &"x".repeat(2_001)), "large"),
            (&ada, form("a", "text/plain", "MZ\u{0}\u{0}"), "type"),
            (&vic, form("a", "text/plain", "x"), "forbidden"),
        ] {
            let back = send(cookie, body).await;
            let place = format!("/o/acme/cases/1?tab=evidence&error={error}");
            assert!(back.header("location").starts_with(&place), "{error}: {}", back.header("location"));
        }
        assert_eq!(kept(&app), 1);
        let refused =
            app.get("/o/acme/cases/1?tab=evidence&error=large&description=typed").cookie(&ada).send().await;
        assert!(refused.text.contains("Nothing of it was kept") && refused.text.contains("value=\"typed\""));

        let list = app.get("/api/v1/cases/1/evidence").bearer(&key).send().await.json();
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        let got = app.get(&format!("{path}/{id}")).cookie(&vic).send().await;
        assert_eq!((got.status.as_u16(), got.text.as_str()), (200, "From: x"));
        let page = app.get("/o/acme/cases/1?tab=evidence").cookie(&vic).send().await;
        assert!(
            page.text.contains("vic@acme.test") && !page.text.contains("Add the file"),
            "custody says who took it"
        );
        app.person("gil@globex.test", "globex", "admin").await;
        let gil = app.sign_in("gil@globex.test").await;
        for path in [format!("{path}/{id}"), format!("/o/globex/cases/1/evidence/{id}")] {
            assert_eq!(app.get(&path).cookie(&gil).send().await.status, 404, "{path}");
        }
        let foreign = app.post(path).cookie(&gil).body(BOUNDARY, form("a", "text/plain", "x")).send().await;
        assert_eq!(foreign.status, 404);
    })
    .await;
}

#[tokio::test]
async fn an_entry_stands_in_the_timeline_and_in_the_lane_of_its_system() {
    for_each_backend(|db| async move {
        let (app, key) = started(db).await;
        let new =
            json!({ "at": "2026-11-20T08:00:00Z", "content": "the guard saw a van", "system": "gate-7" });
        let made = app.post("/api/v1/cases/1/entries").bearer(&key).json(new.to_string()).send().await;
        assert_eq!(made.status, 201, "{}", made.text);
        let empty = json!({ "at": "2026-11-20T08:00:00Z", "content": " " });
        assert_eq!(
            app.post("/api/v1/cases/1/entries").bearer(&key).json(empty.to_string()).send().await.status,
            400
        );
        let ada = app.sign_in("ada@acme.test").await;
        let page = async |show: &str| {
            app.get(&format!("/o/acme/cases/1?show={show}")).cookie(&ada).send().await.text
        };
        assert!(page("").await.contains("the guard saw a van"));
        assert!(page("entries").await.contains("the guard saw a van"));
        assert!(!page("notes").await.contains("the guard saw a van"));
        let lanes = page("systems").await;
        assert!(lanes.contains(">gate-7<") && lanes.contains("the guard saw a van"));
    })
    .await;
}
