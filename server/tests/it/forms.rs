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

#[tokio::test]
async fn a_key_of_a_source_is_made_from_its_panel_and_ends_with_it() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let get = async |address: &str| app.get(address).cookie(&cookie).send().await.text;
        let form = [
            ("organization", "acme"),
            ("source[name]", "edge & co"),
            ("source[source_type]", "firewall"),
            ("source[status]", "active"),
        ];
        assert_eq!(app.post("/fn/sources/save").cookie(&cookie).form(&form).send().await.status, 200);
        let key = app.key("acme", &["source.read"]).await;
        let sources = app.get("/api/v1/sources").bearer(&key).send().await.json();
        let id = sources["items"][0]["id"].as_str().unwrap();
        let panel = format!("/o/acme/sources?source={id}");
        let asks = "/o/acme/settings/api-keys?source=edge%20%26%20co";
        let shown = get(&panel).await;
        assert!(shown.contains(&format!("href=\"{asks}\"")), "{shown}");
        assert!(shown.contains("None is bound to this source") && !shown.contains("Deleting it revokes"));
        let dialog = get(asks).await;
        assert!(dialog.contains("<option value=\"edge &amp; co\" selected"), "{dialog}");

        let make = async |scope: &str, source: &str| {
            let form = [
                ("organization", "acme"),
                ("name", "collector"),
                ("scopes[0]", scope),
                ("expires_in_days", "90"),
                ("of_source", source),
            ];
            app.post("/fn/create_api_key").cookie(&cookie).form(&form).send().await
        };
        for (scope, source, field) in [("all", "edge & co", "scopes"), ("event.write", "nowhere", "source")] {
            let refused = make(scope, source).await;
            assert_eq!(refused.status, 400, "{}", refused.text);
            assert_eq!(refused.json()["fields"][0]["field"], field, "{}", refused.text);
        }
        assert_eq!(make("event.write", "edge & co").await.status, 200);
        let shown = get(&panel).await;
        assert!(shown.contains("collector") && shown.contains("Deleting it revokes 1 API key;"), "{shown}");
        assert!(get("/o/acme/settings/api-keys").await.contains("only as source"));
        app.person("vera@acme.test", "acme", "viewer").await;
        let vera = app.sign_in("vera@acme.test").await;
        let seen = app.get(&panel).cookie(&vera).send().await.text;
        assert!(seen.contains("edge &amp; co") && !seen.contains("collector"), "a viewer sees no keys");

        let form = [("organization", "acme"), ("id", id)];
        assert_eq!(app.post("/fn/sources/delete").cookie(&cookie).form(&form).send().await.status, 200);
        let keys = get("/o/acme/settings/api-keys").await;
        assert!(keys.contains("collector") && keys.contains(">revoked<"), "{keys}");
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

/// As a browser without scripts sends the form of a page.
async fn plain(app: &TestApp, cookie: &str, page: &str, path: &str, form: &[(&str, &str)]) -> String {
    let answer = app
        .post(path)
        .cookie(cookie)
        .header("accept", "text/html")
        .header("referer", &format!("http://watchroom.test{page}"))
        .form(form)
        .send()
        .await;
    assert!(answer.status.is_redirection(), "{path}: {} {}", answer.status, answer.text);
    answer.header("location").replace("http://watchroom.test", "")
}

#[tokio::test]
async fn what_an_address_says_was_refused_is_shown_only_where_the_server_said_it() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("mal@acme.test", "acme", "admin").await;
        let (ada, mal) = (app.sign_in("ada@acme.test").await, app.sign_in("mal@acme.test").await);
        let page = "/o/acme/sources?source=new";
        let form = [
            ("organization", "acme"),
            ("source[name]", "an edge"),
            ("source[source_type]", "firewall"),
            ("source[status]", "active"),
            ("source[ip]", "nowhere"),
        ];
        let back = plain(&app, &ada, page, "/fn/sources/save", &form).await;
        let shown = app.get(&back).cookie(&ada).header("accept", "text/html").send().await;
        assert!(shown.status == 200 && shown.text.contains(r#"value="an edge""#), "{}", shown.status);
        assert!(shown.text.contains("ot an IP address"), "{back}");

        // Refused again from there: the address says the new error alone, and what was saved leaves none in it.
        let form = [form[0], ("source[name]", "a gate"), form[2], form[3], form[4]];
        let again = plain(&app, &ada, &back, "/fn/sources/save", &form).await;
        assert_eq!(again.matches("__err=").count(), 1, "{again}");
        let shown = app.get(&again).cookie(&ada).send().await;
        assert!(shown.text.contains(r#"value="a gate""#) && !shown.text.contains("an edge"));
        let form = [form[0], form[1], form[2], form[3], ("source[ip]", "10.0.0.1")];
        let saved = plain(&app, &ada, &again, "/fn/sources/save", &form).await;
        assert!(!saved.contains("__"), "{saved}");

        // Made up, changed, or said to somebody else: it is taken out of the address, and nothing else is.
        let mark = form_urlencoded::parse(back.split_once('?').unwrap().1.as_bytes())
            .find(|(key, _)| key == "__mark")
            .unwrap()
            .1
            .into_owned();
        let forged =
            "eyJraW5kIjoiaW52YWxpZCIsImRldGFpbCI6IllvdXIgYWNjb3VudCBpcyBsb2NrZWQuIENhbGwgKzEgMjM0In0=";
        let made_up = format!("{page}&__path=%2Ffn%2Fsources%2Fsave&__err={forged}");
        for (cookie, address) in [
            (&ada, made_up.clone()),
            (&ada, format!("{made_up}&__mark={mark}")),
            (&ada, format!("{made_up}&%5F%5Fmark={mark}").replace("__err", "%5F_err")),
            (&mal, back.clone()),
            (&ada, format!("{back}&__err={forged}")),
        ] {
            let answer = app.get(&address).cookie(cookie).header("accept", "text/html").send().await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, page), "{address}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_pages_before_the_sign_in_show_no_words_of_others_either() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        let form = [("email", "ada@acme.test"), ("organization", "Acme"), ("password", "short")];
        let refused = app.post("/setup").header("accept", "text/html").form(&form).send().await;
        let back = refused.header("location").to_owned();
        assert!(back.starts_with("/setup?") && back.contains("reason="), "{back}");
        let shown = app.get(&back).send().await;
        assert!(
            shown.status == 200 && shown.text.contains("at least 12 characters"),
            "{back}: {}",
            shown.text
        );
        assert!(shown.text.contains("ada@acme.test"), "what was typed stays");

        let forged = "/setup?error=invalid&field=password&reason=Send+it+to+mal%40evil.test";
        let answer = app.get(forged).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/setup?error=invalid"));
        let answer = app.get(&back).from("203.0.113.9").send().await;
        assert_eq!(answer.status, 303, "said to another address: {}", answer.text);
        for page in ["/sign-in", "/sign-in/code", "/invitation/x"] {
            let answer = app.get(&format!("{page}?field=a&reason=b")).send().await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, page));
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_says_which_value_of_its_address_it_does_not_know() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        for (address, said) in [
            ("/o/acme/events?sort=bogus", "order takes oldest, hottest or mildest"),
            ("/o/acme/events?severity=bogus", "write severity:bogus into the query"),
            ("/o/acme/events?order=bogus", "&#x27;bogus&#x27; is none; oldest, hottest"),
            ("/o/acme/groups?sort=bogus", "&#x27;bogus&#x27; is none; last_seen"),
            ("/o/acme/cases?sort=bogus", "sort: &#x27;bogus&#x27; is none of updated, number"),
            ("/o/acme/cases?show=bogus", "show: &#x27;bogus&#x27; is none of open, mine"),
            ("/o/acme/cases?severity=high", "write severity:high into the query"),
            ("/o/acme/drift?sort=bogus", "sort: &#x27;bogus&#x27; is none of severity, onset"),
            ("/o/acme/drift?environment=prod", "write environment:prod into the query"),
        ] {
            let page = app.get(address).cookie(&cookie).send().await;
            let text = page.text.replace("&#39;", "&#x27;").replace('\'', "&#x27;");
            assert!(text.contains(said), "{address}: {}", page.text);
        }
        let key = app.key("acme", &["event.read", "case.read", "tag.read"]).await;
        for (address, said) in [
            ("/api/v1/events?sort=bogus", "sort: unknown; the parameters here are"),
            ("/api/v1/events?severity=bogus", "severity: 'bogus' is not a severity: info, low"),
            ("/api/v1/events?order=bogus", "'bogus' is none; newest or oldest"),
            ("/api/v1/events?limit=abc", "limit: 'abc' is none; a number between 1 and 200"),
            ("/api/v1/tasks?limit=abc", "limit: 'abc' is none; a number between 1 and 200"),
            ("/api/v1/tags?cursor=x", "cursor: unknown"),
            ("/api/v1/tasks?cursor=x", "cursor: not a cursor of this list"),
        ] {
            let answer = app.get(address).bearer(&key).send().await;
            answer.assert_problem(400, "invalid");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(said), "{address}: {detail}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_form_is_refused_in_our_words() {
    const FORMS: [&str; 4] = ["/sign-in", "/sign-in/code", "/setup", "/invitation/abc"];
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        for path in FORMS {
            for (kind, body, status, said) in [
                ("application/json", r#"{"email":"a@b.test"}"#, 415, "application/x-www-form-urlencoded"),
                ("multipart/form-data; boundary=x", "--x--", 415, "application/x-www-form-urlencoded"),
                ("text/plain", "email=a", 415, "Send a form"),
                ("", "next=a", 415, "application/x-www-form-urlencoded"),
            ] {
                let call = app.post(path).body(kind, body);
                let call = if kind.is_empty() { call.without("content-type") } else { call };
                let page = call.header("accept", "text/html").send().await;
                assert_eq!(page.status, status, "{path} {kind}");
                assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path} {kind}");
                assert!(page.text.contains("role=\"alert\"") && page.text.contains(said), "{}", page.text);
                let call = app.post(path).body(kind, body);
                let call = if kind.is_empty() { call.without("content-type") } else { call };
                call.send().await.assert_problem(status, "unsupported-media");
            }
            // Its page sends each field once.
            let twice = match path {
                "/sign-in/code" => "code=1&code=2",
                "/setup" => "email=a&email=b",
                _ => "password=a&password=b",
            };
            let form = "application/x-www-form-urlencoded";
            let page = app.post(path).body(form, twice).header("accept", "text/html").send().await;
            assert_eq!(page.status, 400, "{path}");
            assert!(page.text.contains("could not be read: duplicate field"), "{}", page.text);
            assert!(page.text.contains("Nothing was done."), "{}", page.text);
            app.post(path).body(form, twice).send().await.assert_problem(400, "invalid");
        }
        // Bytes that are no text are fields of a form like others.
        let broken =
            app.post("/sign-in").body("application/x-www-form-urlencoded", &b"email=%FF&password=\xff"[..]);
        let broken = broken.header("accept", "text/html").send().await;
        assert_eq!(
            (broken.status.as_u16(), broken.header("location").starts_with("/sign-in?error=")),
            (303, true)
        );
    })
    .await;
}

#[tokio::test]
async fn what_the_framework_cannot_read_is_a_problem_like_any_other() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        // No text in the path.
        for path in ["/invitation/%FF", "/o/%FF/events/export.csv", "/o/acme/uploads/%FF/rejections.csv"] {
            let page = app.get(path).cookie(&cookie).header("accept", "text/html").send().await;
            assert_eq!(page.status, 400, "{path}");
            assert!(page.text.contains("could not be read"), "{path}: {}", page.text);
        }
        let key = app.key("acme", &["all"]).await;
        app.get("/api/v1/cases/%FF").bearer(&key).send().await.assert_problem(400, "invalid");
        for (path, kind, body) in [
            ("/api/v1/cases", "application/json", "{"),
            ("/api/v1/cases", "application/json", "[]"),
            ("/api/v1/cases", "application/json", "\u{1}\u{2}"),
            ("/api/v1/cases", "application/x-www-form-urlencoded", "title=a"),
            ("/api/v1/tags", "multipart/form-data; boundary=x", "--x--"),
            ("/api/v1/webhooks", "image/png", ""),
            ("/api/v1/groups/actions", "text/plain", "resolve"),
        ] {
            app.post(path).bearer(&key).body(kind, body).send().await.assert_problem(400, "invalid");
        }
        let put = app.call(axum::http::Method::PUT, "/api/v1/organization").bearer(&key);
        put.header("if-match", "\"x\"").json("[1").send().await.assert_problem(400, "invalid");
        let large = app.post("/api/v1/cases").bearer(&key).json("x".repeat(3 << 20)).send().await;
        large.assert_problem(413, "too-large");
        let picture = app.post("/api/v1/events").bearer(&key).body("image/png", "x").send().await;
        picture.assert_problem(415, "unsupported-media");
        for path in ["/api/v1/events", crate::drifts::PUSH] {
            let packed = app.post(path).bearer(&key).json("x").header("content-encoding", "compress");
            packed.send().await.assert_problem(415, "unsupported-media");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_function_says_what_it_cannot_read() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let page = "/o/acme/settings/tags";
        for (kind, body) in [
            ("application/json", &br#"{"organization":"acme","name":"a"}"#[..]),
            ("multipart/form-data; boundary=x", b"--x--"),
            ("application/x-www-form-urlencoded", b"organization=acme&name=\xff\xfe"),
            ("application/x-www-form-urlencoded", b"organization=acme&name=a&name=b"),
        ] {
            let answer = app.post("/fn/add_tag").cookie(&cookie).body(kind, body).send().await;
            assert_eq!(answer.json()["kind"], "invalid", "{kind}: {}", answer.text);
            assert_eq!(answer.status, 400, "{kind}: {}", answer.text);
            let call = app.post("/fn/add_tag").cookie(&cookie).header("accept", "text/html").body(kind, body);
            let back = call.header("referer", &format!("http://watchroom.test{page}")).send().await;
            let place = back.header("location").replace("http://watchroom.test", "");
            let shown = app.get(&place).cookie(&cookie).header("accept", "text/html").send().await;
            assert_eq!(shown.status, 200, "{place}");
            assert!(shown.text.contains("The form "), "{kind}: {place}");
        }
    })
    .await;
}
