//! Without scripts, the page that a form leads to says what it did, once; nobody else's words are shown there.

use testkit::for_each_backend;

use crate::app::{Answer, PASSWORD, TestApp};

/// As a browser without scripts sends the form of a page.
async fn plain(app: &TestApp, cookie: &str, page: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let call = app.post(path).cookie(cookie).header("accept", "text/html");
    let answer = call.header("referer", &format!("http://watchroom.test{page}")).form(form).send().await;
    assert!(answer.status.is_redirection(), "{path}: {} {}", answer.status, answer.text);
    answer
}

/// The cookie with the words, `told=…`; empty when there is none.
fn words(answer: &Answer) -> String {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let told = set.find(|cookie| cookie.starts_with("told=")).unwrap_or_default();
    told.split(';').next().unwrap().to_owned()
}

/// Follows it, as a browser that keeps the cookie.
async fn follow(app: &TestApp, cookie: &str, answer: &Answer) -> Answer {
    let place = answer.header("location").replace("http://watchroom.test", "");
    let session = answer.cookie().unwrap_or_else(|| cookie.to_owned());
    let both = format!("{session}; {}", words(answer));
    app.get(&place).cookie(&both).header("accept", "text/html").send().await
}

/// What the notice says, without tags.
fn told(page: &Answer) -> String {
    const NOTICE: &str = "<div role=\"status\" class=\"notice ok\">";
    let place = page.text.split_once("<div class=\"told\">").map_or("", |(_, rest)| rest);
    let notice = place.strip_prefix(NOTICE).and_then(|rest| rest.split_once("<div class=\"body\">"));
    let body = notice.map_or("", |(_, rest)| rest).split("</div>").next().unwrap();
    let text: String =
        format!(">{body}").split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect();
    text.trim().to_owned()
}

const CASE: &[(&str, &str)] = &[
    ("case[title]", "Odd logins"),
    ("case[priority]", "high"),
    ("case[severity]", "low"),
    ("case[tlp]", "amber"),
    ("case[pap]", "amber"),
];

async fn open_case(app: &TestApp, cookie: &str) {
    let mut form = vec![("organization", "acme")];
    form.extend_from_slice(CASE);
    let opened = plain(app, cookie, "/o/acme/cases", "/fn/open_case", &form).await;
    assert_eq!(opened.header("location"), "/o/acme/cases/1");
}

/// Of a form: its page, its server function, what is said, its fields.
type Taken = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

#[tokio::test]
async fn a_taken_form_is_followed_by_a_page_that_says_so_once() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let forms: [Taken; 10] = [
            (
                "/o/acme/sources?source=new",
                "/fn/sources/save",
                "Source saved",
                &[
                    ("source[name]", "an edge"),
                    ("source[source_type]", "firewall"),
                    ("source[status]", "active"),
                ],
            ),
            ("/o/acme/settings/tags", "/fn/add_tag", "Tag phishing added", &[("name", "phishing")]),
            (
                "/o/acme/settings/environments",
                "/fn/add_environment",
                "Environment added",
                &[
                    ("environment[slug]", "lab"),
                    ("environment[name]", "Lab"),
                    ("environment[cloud_provider]", ""),
                    ("environment[region]", ""),
                    ("environment[account_id]", ""),
                    ("environment[tags]", ""),
                ],
            ),
            (
                "/o/acme/settings/api-keys",
                "/fn/create_api_key",
                "API key made",
                &[("name", "ci"), ("scopes[0]", "event.read"), ("expires_in_days", "")],
            ),
            (
                "/o/acme/settings/members",
                "/fn/add_member",
                "Done: the list shows them",
                &[("email", "new@acme.test"), ("role", "viewer"), ("approval_level", "none")],
            ),
            (
                "/o/acme/settings/general",
                "/fn/save_time_zone",
                "Time zone saved",
                &[("seen", r#"{"time_zone":"UTC"}"#), ("time_zone", "Europe/Berlin")],
            ),
            (
                "/o/acme/events?from=7d",
                "/fn/views/save",
                "View saved",
                &[("area", "events"), ("view[name]", "Logins"), ("view[query]", "from=7d&q=login")],
            ),
            ("/o/acme/cases", "/fn/open_case", "CASE-1 is open", CASE),
            (
                "/o/acme/settings/cases",
                "/fn/set_case_rules",
                "Saved",
                &[("seen", r#"{"four_eyes":""}"#), ("four_eyes", "")],
            ),
            (
                "/account",
                "/fn/change_password",
                "Password changed; other devices are signed out",
                &[
                    ("old_password", PASSWORD),
                    ("new_password", "a longer horse battery"),
                    ("repeated", "a longer horse battery"),
                ],
            ),
        ];
        for (page, path, said, fields) in forms {
            let own = own_words(&app, &cookie, page, path).await;
            let mut form = vec![("organization", "acme"), ("__done", own.as_str())];
            form.extend_from_slice(fields);
            let taken = plain(&app, &cookie, page, path, &form).await;
            assert!(!taken.header("location").contains("__"), "{}", taken.header("location"));
            let shown = follow(&app, &cookie, &taken).await;
            assert_eq!((shown.status.as_u16(), told(&shown).as_str()), (200, said), "{path}");
            let gone = shown
                .headers
                .get_all("set-cookie")
                .iter()
                .any(|v| v == "told=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
            assert!(gone, "{path}: {:?}", shown.headers);
            let place = taken.header("location").replace("http://watchroom.test", "");
            let session = taken.cookie().unwrap_or_else(|| cookie.clone());
            let again = app.get(&place).cookie(&session).send().await;
            assert_eq!((again.status.as_u16(), told(&again).as_str()), (200, ""), "{path}");
        }
    })
    .await;
}

/// What the page's form to that server function says it is told; empty when the server function says it.
async fn own_words(app: &TestApp, cookie: &str, page: &str, path: &str) -> String {
    let shown = app.get(page).cookie(cookie).send().await.text;
    let form = shown.split("<form").find(|form| form.contains(&format!("action=\"{path}\"")));
    let field = form.and_then(|form| form.split("</form>").next()?.split_once("name=\"__done\" value=\""));
    field.map_or(String::new(), |(_, rest)| rest.split('"').next().unwrap().to_owned())
}

#[tokio::test]
async fn every_form_that_is_printed_says_what_it_does() {
    // What these say comes with their answer; a theme shows by itself.
    const ANSWERS: [&str; 4] = ["/fn/set_theme", "/fn/change_drifts", "/fn/groups/act", "/fn/views/delete"];
    const PAGES: [&str; 17] = [
        "/account",
        "/o/acme/overview",
        "/o/acme/events?view=all",
        "/o/acme/groups?view=all",
        "/o/acme/cases?view=all",
        "/o/acme/cases/1",
        "/o/acme/cases/1?tab=tasks",
        "/o/acme/sources?source=new",
        "/o/acme/settings/general",
        "/o/acme/settings/branding",
        "/o/acme/settings/retention",
        "/o/acme/settings/members",
        "/o/acme/settings/environments",
        "/o/acme/settings/cases",
        "/o/acme/settings/tags",
        "/o/acme/settings/webhooks",
        "/o/acme/settings/sessions",
    ];
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        open_case(&app, &cookie).await;
        let mut seen = 0;
        for page in PAGES {
            let shown = app.get(page).cookie(&cookie).send().await;
            assert_eq!(shown.status, 200, "{page}");
            for form in shown.text.split("<form").skip(1) {
                let (head, fields) = form.split_once('>').unwrap();
                let Some((_, to)) = head.split_once("action=\"/fn/") else { continue };
                let to = format!("/fn/{}", to.split('"').next().unwrap());
                let says = fields.split("</form>").next().unwrap().contains("name=\"__done\"");
                assert!(says || ANSWERS.contains(&to.as_str()), "{page}: {to}");
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen}");
    })
    .await;
}

#[tokio::test]
async fn what_was_not_done_or_is_told_otherwise_has_no_notice() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let page = "/o/acme/settings/tags";
        let refused = [("organization", "acme"), ("name", "a,b"), ("__done", "Tag added")];
        let refused = plain(&app, &cookie, page, "/fn/add_tag", &refused).await;
        assert_eq!((words(&refused).as_str(), refused.header("location").contains("__err=")), ("", true));
        // With scripts the answer has the words.
        let form = [("organization", "acme"), ("name", "phishing")];
        let answer = app.post("/fn/add_tag").cookie(&cookie).header("accept", "application/json").form(&form);
        let answer = answer.send().await;
        assert_eq!(
            (words(&answer).as_str(), answer.json()["words"].as_str()),
            ("", Some("Tag phishing added"))
        );
        // What an earlier form did and the address still says is not said of this one.
        let later = [("organization", "acme"), ("name", "later")];
        let back = plain(&app, &cookie, "/o/acme/settings/tags?done=9&q=a", "/fn/add_tag", &later).await;
        assert!(follow(&app, &cookie, &back).await.text.contains("Tag later added"));
        let location = back.header("location");
        assert!(location.contains("q=a") && !location.contains("done="), "{location}");
        // The list of cases says it by its address.
        open_case(&app, &cookie).await;
        let form = [
            ("organization", "acme"),
            ("asked[act]", "priority:high"),
            ("asked[numbers][]", "1"),
            ("__done", "Changed"),
        ];
        let many = plain(&app, &cookie, "/o/acme/cases?show=all", "/fn/change_cases", &form).await;
        assert!(many.header("location").contains("done="), "{}", many.header("location"));
        assert_eq!(words(&many), "");
    })
    .await;
}

#[tokio::test]
async fn what_can_be_taken_back_is_taken_back_from_the_notice() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let list = "/o/acme/events?from=7d";
        let form = [
            ("organization", "acme"),
            ("area", "events"),
            ("view[name]", "Logins"),
            ("view[query]", "q=login"),
        ];
        let saved = plain(&app, &cookie, list, "/fn/views/save", &form).await;
        let id =
            saved.header("location").split_once("view=").unwrap().1.split('&').next().unwrap().to_owned();
        let form = [("organization", "acme"), ("id", id.as_str())];
        let deleted = plain(&app, &cookie, list, "/fn/views/delete", &form).await;
        let shown = follow(&app, &cookie, &deleted).await;
        assert_eq!(told(&shown), "View Logins deletedUndo");
        let undo = shown.text.split("<div class=\"told\">").nth(1).unwrap().split("</form>").next().unwrap();
        assert!(undo.contains("action=\"/fn/views/save\""), "{undo}");
        let fields: Vec<(String, String)> = undo
            .split("<input")
            .skip(1)
            .map(|input| {
                let of = |name: &str| input.split_once(name).unwrap().1.split('"').next().unwrap().to_owned();
                (of("name=\""), of("value=\""))
            })
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let back = plain(&app, &cookie, list, "/fn/views/save", &fields).await;
        let shown = follow(&app, &cookie, &back).await;
        assert_eq!(told(&shown), "Taken back");
        assert!(shown.text.contains(">Logins<"), "the tab is there again");
    })
    .await;
}

#[tokio::test]
async fn no_words_of_others_are_told() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("mal@acme.test", "acme", "admin").await;
        let (ada, mal) = (app.sign_in("ada@acme.test").await, app.sign_in("mal@acme.test").await);
        let page = "/o/acme/settings/tags";
        let form = [("organization", "acme"), ("name", "phishing")];
        let taken = plain(&app, &ada, page, "/fn/add_tag", &form).await;
        assert_eq!(told(&follow(&app, &ada, &taken).await), "Tag phishing added");
        assert_eq!(told(&follow(&app, &mal, &taken).await), "", "said to somebody else");

        let cookie = words(&taken);
        let (text, mark) = cookie.strip_prefix("told=").unwrap().split_once('.').unwrap();
        // {"words":"Call +1 234","undo":null}
        let forged = "eyJ3b3JkcyI6IkNhbGwgKzEgMjM0IiwidW5kbyI6bnVsbH0";
        for cookie in [
            format!("told={forged}.{mark}"),
            format!("told={forged}."),
            format!("told={forged}"),
            format!("told={text}.{}", "0".repeat(mark.len())),
        ] {
            let shown = app.get(page).cookie(&format!("{ada}; {cookie}")).send().await;
            assert_eq!((shown.status.as_u16(), told(&shown).as_str()), (200, ""), "{cookie}");
            assert!(!shown.text.contains("Call +1 234"));
        }
        for address in [
            format!("{page}?told={text}.{mark}"),
            format!("{page}?__done=Call+%2B1+234"),
            format!("{page}?done=Call+%2B1+234&words=Call+%2B1+234"),
        ] {
            let shown = app.get(&address).cookie(&ada).send().await;
            assert_eq!((shown.status.as_u16(), told(&shown).as_str()), (200, ""), "{address}");
        }
        // Another site cannot have it said either.
        let form = [("organization", "acme"), ("name", "other"), ("__done", "Call +1 234")];
        let call = app.post("/fn/add_tag").cookie(&ada).header("accept", "text/html").form(&form);
        let refused = call.header("sec-fetch-site", "cross-site").send().await;
        assert_eq!((refused.status.as_u16(), words(&refused).as_str()), (403, ""));
    })
    .await;
}
