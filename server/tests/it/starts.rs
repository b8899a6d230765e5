//! Where a person lands after signing in.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn the_start_leads_to_the_page_that_was_chosen() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let start = async || {
            let answer = app.get("/").cookie(&cookie).send().await;
            answer.header("location").to_owned()
        };
        assert_eq!(start().await, "/o/acme/overview");
        let save = async |value: &str| {
            app.post("/fn/save_start").cookie(&cookie).form(&[("start", value)]).send().await
        };
        for (value, href) in [("acme/cases", "/o/acme/cases"), ("acme/tasks", "/o/acme/cases/tasks")] {
            assert_eq!(save(value).await.status, 200);
            assert_eq!(start().await, href);
        }
        for wrong in
            ["acme", "acme/nothing", "globex/cases", "acme/view/x", "acme/view/", "a/b/c/d", "//evil.test"]
        {
            let answer = save(wrong).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["kind"].as_str()),
                (400, Some("invalid")),
                "{wrong}"
            );
        }
        let view = [
            ("organization", "acme"),
            ("area", "cases"),
            ("view[area]", "cases"),
            ("view[name]", "Hot"),
            ("view[query]", "q=severity:high"),
        ];
        app.post("/fn/views/save").cookie(&cookie).form(&view).send().await;
        let account = app.get("/account").cookie(&cookie).send().await.text;
        let at = account.find("Cases, view “Hot”").expect("it is offered");
        let value = account[..at].rsplit("value=\"").next().unwrap().split('"').next().unwrap();
        assert_eq!(save(value).await.status, 200);
        let led = start().await;
        assert!(led.starts_with("/o/acme/cases?q=severity:high&view="), "{led}");
        assert_eq!(save("").await.status, 200);
        assert_eq!(start().await, "/o/acme/overview");
    })
    .await;
}
