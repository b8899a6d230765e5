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
        let keys = app.get("/o/acme/settings/api-keys").cookie(&cookie).send().await;
        assert!(keys.status == 200 && !keys.text.contains(">ci "), "{}", keys.text);
    })
    .await;
}

#[tokio::test]
async fn the_secret_of_a_key_is_told_once_on_its_own_page() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let session = app.sign_in("ada@acme.test").await;
        let page = "/o/acme/settings/api-keys";
        let printed = format!("/fn/page?address={page}");
        // As a browser sends it without WASM, and with.
        for (accept, told_at, path) in
            [("text/html", page, page), ("application/json", printed.as_str(), "/fn/page")]
        {
            let form = [
                ("organization", "acme"),
                ("name", "ci"),
                ("scopes[0]", "event.read"),
                ("expires_in_days", ""),
            ];
            let call = app.post("/fn/create_api_key").cookie(&session).header("accept", accept);
            let made =
                call.header("referer", &format!("http://watchroom.test{page}")).form(&form).send().await;
            let cookie = made.header("set-cookie");
            assert!(cookie.contains(&format!("Path={path};")) && cookie.contains("HttpOnly"), "{cookie}");
            let (named, _) = cookie.split_once(';').unwrap();
            let secret = named.strip_prefix("made_api_key_acme=").unwrap();
            assert!(!made.text.contains(secret), "{}", made.text);
            let both = format!("{session}; {named}");
            let shown = app.get(told_at).cookie(&both).send().await;
            assert!(shown.text.contains(secret), "{accept}: {}", shown.text);
            let gone = shown.header("set-cookie");
            assert_eq!(
                gone,
                format!("made_api_key_acme=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict")
            );
            let again = app.get(told_at).cookie(&session).send().await;
            assert!(again.status == 200 && !again.text.contains(secret));
        }
    })
    .await;
}

/// The address that prints a page anew, as the browser asks after a form.
fn anew(address: &str, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("address", address).extend_pairs(more);
    format!("/fn/page?{}", query.finish())
}

#[tokio::test]
async fn a_printed_page_is_the_same_at_its_address_and_anew() {
    const PAGES: [(&str, &str); 8] = [
        ("/account", "Account"),
        ("/o/acme/audit", "Audit"),
        ("/o/acme/sources?source=new", "Sources"),
        ("/o/acme/uploads?error=empty", "Uploads"),
        ("/o/acme/settings/members", "Members · Settings"),
        ("/o/acme/settings/environments", "Environments · Settings"),
        ("/o/acme/settings/api-keys", "API keys · Settings"),
        ("/o/acme/settings/permissions", "Permissions · Settings"),
    ];
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        // Where a session works is told on the account's page, and noted behind the first answer.
        app.get("/o/acme/audit").cookie(&cookie).send().await;
        service::auth::settled(&app.services).await;
        for (address, title) in PAGES {
            let whole = app.get(address).cookie(&cookie).send().await;
            let anew = app.get(&anew(address, &[])).cookie(&cookie).send().await;
            assert_eq!((whole.status.as_u16(), anew.status.as_u16()), (200, 200), "{address}");
            assert_eq!(anew.json()["title"], title);
            let body = anew.json()["body"].as_str().unwrap().to_owned();
            assert!(whole.text.contains(&body), "{address}: {body}\n\n{}", whole.text);
        }
        let nothing = app.get(&anew("/o/acme/settings/nothing", &[])).cookie(&cookie).send().await;
        assert_eq!(nothing.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_comes_back_says_why_at_its_field_and_keeps_what_was_typed() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let address = "/o/acme/sources?source=new";
        let form = [
            ("organization", "acme"),
            ("source[name]", "an edge"),
            ("source[source_type]", "firewall"),
            ("source[status]", "active"),
            ("source[ip]", "nowhere"),
        ];
        let path = "/fn/sources/save";
        let refused = app.post(path).cookie(&cookie).form(&form).send().await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        let told = [("refused[path]", path), ("refused[error]", refused.text.as_str())];
        let page = app.get(&anew(address, &told)).cookie(&cookie).send().await.json();
        let body = page["body"].as_str().unwrap();
        assert!(body.contains("ot an IP address") && body.contains(r#"value="an edge""#), "{body}");
        assert!(body.contains(r#"aria-invalid="true""#), "{body}");
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
