//! Files from the browser, and files to it.

use testkit::for_each_backend;

use crate::app::TestApp;

const BOUNDARY: &str = "multipart/form-data; boundary=x";

fn form(name: &str, file_name: &str, content: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\r\n{content}\r\n--x--\r\n"
    )
}

#[tokio::test]
async fn a_file_leads_to_its_upload_and_a_refusal_back_to_the_page() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("vic@acme.test", "acme", "viewer").await;
        let (ada, vic) = (app.sign_in("ada@acme.test").await, app.sign_in("vic@acme.test").await);
        let send = |cookie: &str, body: String| {
            app.post("/o/acme/uploads").cookie(cookie).body(BOUNDARY, body).send()
        };
        let good = form("file", "events.csv", "time,severity,message\n2026-11-23T09:30:00Z,high,hello\n");
        let taken = send(&ada, good.clone()).await;
        assert_eq!(taken.status, 303, "{}", taken.text);
        assert!(taken.header("location").starts_with("/o/acme/uploads/0"), "{}", taken.header("location"));
        assert_eq!(app.get(taken.header("location")).cookie(&ada).send().await.status, 200);
        for (cookie, body, error) in [
            (&ada, form("other", "a.csv", "x"), "missing"),
            (&ada, form("file", "", ""), "missing"),
            (&ada, form("file", "a.csv", ""), "empty"),
            (&ada, "--x\r\nbroken".to_owned(), "unreadable"),
            (&vic, good.clone(), "forbidden"),
        ] {
            assert_eq!(send(cookie, body).await.header("location"), format!("/o/acme/uploads?error={error}"));
        }
        let signed_out = app.post("/o/acme/uploads").body(BOUNDARY, good.clone()).send().await;
        assert_eq!(signed_out.header("location"), "/sign-in?next=%2Fo%2Facme%2Fuploads");
        app.organization("globex").await;
        app.post("/o/globex/uploads")
            .cookie(&ada)
            .body(BOUNDARY, good)
            .send()
            .await
            .assert_problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn a_file_may_be_larger_than_a_form_and_has_its_own_limit() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| {
            c.max_body = server::config::values::Size(1000);
            c.max_upload = server::config::values::Size(5000);
        });
        app.organization("acme").await;
        app.person("ada@acme.test", "acme", "admin").await;
        let ada = app.sign_in("ada@acme.test").await;
        for (length, place) in [(4000, "/o/acme/uploads/"), (6000, "/o/acme/uploads?error=large")] {
            let body = form("file", "a.log", &"x".repeat(length));
            let answer = app.post("/o/acme/uploads").cookie(&ada).body(BOUNDARY, body).send().await;
            assert!(
                answer.header("location").starts_with(place),
                "{length}: {} {}",
                answer.header("location"),
                answer.text
            );
        }
        let page = app.get("/o/acme/uploads?error=large").cookie(&ada).send().await.text;
        assert!(page.contains("up to 5.0 kB") && page.contains("larger than 5.0 kB"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn log_lines_have_no_columns_to_choose_and_are_tried_and_imported_as_they_are() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let ada = app.sign_in("ada@acme.test").await;
        let lines = "<34>1 2026-11-23T09:30:00Z fw-1 sshd 7 - - Failed password for root\n<13>1 2026-11-23T09:30:01Z fw-1 cron - - - done\n";
        let taken = app.post("/o/acme/uploads").cookie(&ada).body(BOUNDARY, form("file", "fw.log", lines)).send().await;
        let page = taken.header("location").to_owned();
        let opened = app.get(&page).cookie(&ada).send().await;
        assert!(opened.text.contains("First 2 lines, as they are understood"), "{}", opened.text);
        assert!(opened.text.contains("Failed password for root") && !opened.text.contains("Field for "));
        let tried = app.get(&format!("{page}?asked=true&severity=&source=fw&environment=")).cookie(&ada).send().await;
        assert!(tried.text.contains("2 rows would be accepted, 0 refused."), "{}", tried.text);
        let id = page.rsplit('/').next().unwrap();
        let sent = [("organization", "acme"), ("id", id), ("asked", "true"), ("severity", ""), ("source", "fw"), ("environment", "")];
        let started = app.post("/fn/uploads/start").cookie(&ada).header("accept", "text/html").form(&sent).send().await;
        assert!(started.status == 302 || started.status == 303, "{}", started.text);
        while app.get(&page).cookie(&ada).send().await.text.contains("so far. You can leave") {
            tokio::task::yield_now().await;
        }
        let done = app.get(&page).cookie(&ada).send().await.text;
        assert!(done.contains("2 events stored, 0 rows refused."), "{done}");
    })
    .await;
}
