//! How an organization shows itself: its page, the header, a case's bundle.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn the_header_has_the_mark_and_the_name_that_were_chosen() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("vic@acme.test", "acme", "viewer").await;
        let cookie = app.sign_in("ada@acme.test").await;
        let vic = app.sign_in("vic@acme.test").await;
        let session = async || app.get("/fn/session?organization=acme").cookie(&vic).send().await.json();
        assert_eq!(
            (&session().await["place"]["name"], &session().await["place"]["mark"]),
            (&"ACME".into(), &"".into())
        );
        let save = async |name: &str, letters: &str, accent: &str| {
            let form = [
                ("organization", "acme"),
                ("seen", r#"{"display_name":"","logo_text":"","accent":""}"#),
                ("display_name", name),
                ("logo_text", letters),
                ("accent", accent),
            ];
            app.post("/fn/save_branding").cookie(&cookie).form(&form).send().await
        };
        let refused = save("Acme <b>", "A", "#ffff00").await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("light scheme"), "{}", refused.text);
        assert_eq!(save("Acme <b>", "A", "#0b7a75").await.status, 200);
        let place = session().await["place"].clone();
        assert_eq!(place["name"], "Acme <b>");
        let mark = place["mark"].as_str().unwrap();
        assert!(
            mark.contains("fill=\"#0b7a75\"") && mark.contains(">A<") && !mark.contains("http"),
            "{mark}"
        );
        let page = app.get("/o/acme/settings/branding").cookie(&cookie).send().await.text;
        assert!(page.contains("Acme &lt;b&gt;") && page.contains("value=\"#0b7a75\""), "{page}");
        assert_eq!(app.get("/o/acme/settings/branding").cookie(&vic).send().await.status, 403);
    })
    .await;
}
