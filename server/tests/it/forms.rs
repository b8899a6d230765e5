//! What a form or an address says that cannot be: the sender's fault, told as such, and nothing is done.

use testkit::for_each_backend;

use crate::app::TestApp;

#[tokio::test]
async fn an_expiry_that_is_no_number_of_days_makes_no_key() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for days in ["0", "-1", "abc", "99999999"] {
            let form = [
                ("organization", "acme"),
                ("name", "ci"),
                ("scopes[0]", "event.read"),
                ("expires_in_days", days),
            ];
            let answer = app.post("/fn/create_api_key").cookie(&cookie).form(&form).send().await;
            assert_eq!(answer.status, 400, "{days}: {}", answer.text);
            assert_eq!(answer.json()["fields"][0]["field"], "expires_in_days", "{}", answer.text);
        }
        let keys = app.get("/fn/api_keys?organization=acme").cookie(&cookie).send().await;
        assert!(!keys.text.contains("\"ci\""), "{}", keys.text);
    })
    .await;
}

#[tokio::test]
async fn a_form_without_a_field_is_the_senders_fault() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let form = [("organization", "acme"), ("name", "ci")];
        let answer = app.post("/fn/create_api_key").cookie(&cookie).form(&form).send().await;
        assert_eq!((answer.status.as_u16(), answer.json()["kind"].as_str()), (400, Some("invalid")));
    })
    .await;
}

#[tokio::test]
async fn a_page_of_what_cannot_be_is_not_found() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for path in ["groups/junk", "events/junk", "uploads/junk"] {
            let answer = app.get(&format!("/o/acme/{path}")).cookie(&cookie).send().await;
            assert_eq!(answer.status, 404, "{path}");
        }
    })
    .await;
}
