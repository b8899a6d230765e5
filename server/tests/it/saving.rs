//! Forms that came too late, as a browser without scripts and a program see them: put together, or told with everything that was typed.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::{Answer, TestApp};

async fn opened(app: &TestApp, key: &str, description: &str) -> Value {
    let new = json!({ "title": "A case", "description": description, "tags": ["ssh"] });
    let made = app.post("/api/v1/cases").bearer(key).json(new.to_string()).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

/// Saves the form of a case as a browser without scripts does, and follows where it leads.
async fn save(app: &TestApp, cookie: &str, case: &Value, version: i64, pairs: &[(&str, &str)]) -> Answer {
    let (id, version) = (case["id"].as_str().unwrap(), version.to_string());
    let mut form = vec![("organization", "acme"), ("id", id), ("version", version.as_str())];
    let starts = [
        ("case[title]", "A case"),
        ("case[description]", case["description"].as_str().unwrap()),
        ("case[priority]", "normal"),
        ("case[severity]", "medium"),
        ("case[tlp]", "amber"),
        ("case[pap]", "amber"),
        ("case[tags]", "ssh"),
    ];
    form.extend(starts.iter().filter(|(name, _)| !pairs.iter().any(|(other, _)| other == name)));
    form.extend(pairs);
    let number = case["number"].as_i64().unwrap();
    let back = app
        .post("/fn/edit_case")
        .cookie(cookie)
        .header("accept", "text/html")
        .header("referer", &format!("http://watchroom.test/o/acme/cases/{number}"))
        .form(&form)
        .send()
        .await;
    let address = back.header("location").to_owned();
    assert!(!address.is_empty() && address.len() < 8_000, "{} {}", back.status, back.text);
    app.get(address.strip_prefix("http://watchroom.test").unwrap_or(&address)).cookie(cookie).send().await
}

/// What stands in the text area of the form.
fn area(page: &str) -> &str {
    let rest = page.split("name=\"case[description]\"").nth(1).unwrap();
    rest.split_once('>').unwrap().1.split("</textarea>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_forms_of_one_version_are_put_together_or_told_whole() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        app.person("ben@acme.test", "acme", "analyst").await;
        let (ada, ben) = (app.sign_in("ada@acme.test").await, app.sign_in("ben@acme.test").await);
        let key = app.key("acme", &["all"]).await;
        let lines: Vec<String> = (0..900).map(|n| format!("line {n} of a long description")).collect();
        let case = opened(&app, &key, &lines.join("\n")).await;
        save(&app, &ben, &case, 1, &[("case[severity]", "critical")]).await;
        let page = save(&app, &ada, &case, 1, &[("case[title]", "Mine")]).await;
        assert!(!page.text.contains("class=\"merge\""), "nobody has to choose");
        let now = app.get("/api/v1/cases/1").bearer(&key).send().await;
        assert_eq!((&now.json()["title"], &now.json()["severity"]), (&json!("Mine"), &json!("critical")));
        assert_eq!(now.header("etag"), "\"3\"");

        // Both write in the same text, which no address could carry back.
        let changed = |n: usize, text: &str| {
            let mut lines = lines.clone();
            lines[n] = text.to_owned();
            lines.join("\r\n")
        };
        let (theirs, mine) = (changed(1, "theirs <b>"), changed(898, "mine <i>"));
        save(
            &app,
            &ben,
            &case,
            3,
            &[("case[title]", "Mine"), ("case[severity]", "critical"), ("case[description]", &theirs)],
        )
        .await;
        let late = [
            ("case[title]", "Mine"),
            ("case[severity]", "critical"),
            ("case[description]", mine.as_str()),
            ("case[tags]", "ssh, new"),
        ];
        let page = save(&app, &ada, &case, 3, &late).await;
        assert!(page.text.contains("class=\"merge\""), "told");
        let text = area(&page.text);
        assert!(text.contains("theirs &lt;b") && text.contains("mine &lt;i"), "both are in the text: {text}");
        assert!(
            page.text.contains("line 0 of a long description") && page.text.contains("lines as they were")
        );
        assert!(page.text.contains("value=\"ssh, new\""), "and everything else that was typed");
        assert!(page.text.contains("name=\"version\" value=\"4\""));
        assert_eq!(
            page.text.matches("mine &lt;i").count(),
            2 * 2,
            "beside theirs and in the form, not a third time; the browser's half begins with the same page"
        );

        // One of the two as it is.
        let take = [
            ("take", "mine"),
            ("case[title]", "Mine"),
            ("case[severity]", "critical"),
            ("case[description]", "both"),
        ];
        save(&app, &ada, &case, 4, &take).await;
        let now = app.get("/api/v1/cases/1").bearer(&key).send().await.json();
        assert!(now["description"].as_str().unwrap().contains("mine <i>"), "{now}");
        assert!(!now["description"].as_str().unwrap().contains("theirs"));

        // Of the title of both a person chooses.
        save(
            &app,
            &ben,
            &case,
            5,
            &[("case[title]", "Theirs"), ("case[severity]", "critical"), ("case[description]", "short")],
        )
        .await;
        let page = save(
            &app,
            &ada,
            &case,
            5,
            &[("case[title]", "Other"), ("case[severity]", "critical"), ("case[description]", &mine)],
        )
        .await;
        let table = page.text.split("class=\"data-table differences\"").nth(1).unwrap();
        let table = table.split("</table>").next().unwrap();
        for cell in ["<td>Mine<", "<td>Theirs<", "<td>Other<"] {
            assert!(table.contains(cell), "{table}");
        }
        assert_eq!(area(&page.text), "short", "only they changed it");
        assert!(page.text.contains("and the form has it already: description"), "and that is told");

        // What is wrong comes back as what it was made from, however much newer the case is.
        let wrong = [("case[title]", ""), ("case[severity]", "critical"), ("case[description]", "short")];
        let page = save(&app, &ada, &case, 5, &wrong).await;
        assert!(page.text.contains("name=\"version\" value=\"5\""));
    })
    .await;
}

#[tokio::test]
async fn a_program_that_comes_too_late_is_told_what_is_there() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let key = app.key("acme", &["all"]).await;
        let case = opened(&app, &key, "text").await;
        let path = format!("/api/v1/cases/{}", case["id"].as_str().unwrap());
        let put = async |key: &str, title: &str| {
            let body = json!({ "title": title, "description": "text", "tags": ["ssh"], "severity": "high" });
            app.call(axum::http::Method::PUT, &path)
                .bearer(key)
                .header("if-match", "\"1\"")
                .json(body.to_string())
                .send()
                .await
        };
        assert_eq!(put(&key, "First").await.status, 200);
        let late = put(&key, "Second").await;
        late.assert_problem(412, "precondition-failed");
        let current = &late.json()["current"];
        assert_eq!(current["etag"], "\"2\"");
        assert_eq!(current["differs"], json!([{ "field": "title", "now": "First", "sent": "Second" }]));
        // Who may not read the case is told no more than that.
        let writes = app.key("acme", &["case.write"]).await;
        let late = put(&writes, "Third").await;
        assert_eq!(
            (late.status.as_u16(), late.json().get("current").is_none()),
            (412, true),
            "{}",
            late.text
        );
    })
    .await;
}

/// Posts a form as a browser without scripts does, and follows where it leads.
async fn post(app: &TestApp, cookie: &str, (path, from): (&str, &str), form: &[(&str, &str)]) -> Answer {
    let mut all = vec![("organization", "acme")];
    all.extend(form);
    let referer = format!("http://watchroom.test{from}");
    let back = app
        .post(path)
        .cookie(cookie)
        .header("accept", "text/html")
        .header("referer", &referer)
        .form(&all)
        .send()
        .await;
    let address = back.header("location").to_owned();
    assert!(!address.is_empty() && address.len() < 8_000, "{} {}", back.status, back.text);
    app.get(address.strip_prefix("http://watchroom.test").unwrap_or(&address)).cookie(cookie).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_looked_at_without_being_saved_and_stays_typed() {
    for_each_backend(|db| async move {
        let app = TestApp::acme(db).await;
        let ada = app.sign_in("ada@acme.test").await;
        let key = app.key("acme", &["all"]).await;
        let case = opened(&app, &key, "as it was").await;
        let id = case["id"].as_str().unwrap();
        // Longer than an address can carry.
        let long =
            format!("**bold** <script>alert(1)</script>\r\n\r\n{}\r\n\r\nthe end", "word ".repeat(4_000));
        let fields = [("id", id), ("content", long.as_str()), ("preview", "true")];
        let page = post(&app, &ada, ("/fn/add_case_note", "/o/acme/cases/1"), &fields).await;
        assert!(page.text.contains("<strong>bold</strong> &lt;script&gt;"), "{}", page.text);
        assert!(page.text.contains("<p>the end</p>") && page.text.contains("Preview: nothing is saved yet."));
        let box_of = page.text.split("name=\"content\"").nth(1).unwrap();
        let box_of = box_of.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        assert!(box_of.contains("**bold**") && box_of.contains("the end"), "all of it stays typed");
        let notes = app.get("/api/v1/cases/1/notes").bearer(&key).send().await.json();
        assert!(notes["items"].as_array().unwrap().is_empty());
        assert!(!app.get("/o/acme/cases/1").cookie(&ada).send().await.text.contains("<strong>bold"));

        let page = save(
            &app,
            &ada,
            &case,
            1,
            &[("preview", "true"), ("case[title]", "Another"), ("case[description]", &long)],
        )
        .await;
        assert!(page.text.contains("<strong>bold</strong>") && area(&page.text).contains("the end"));
        assert!(
            page.text.contains("value=\"Another\"") && page.text.contains("name=\"version\" value=\"1\"")
        );
        let now = app.get("/api/v1/cases/1").bearer(&key).send().await.json();
        assert_eq!((&now["title"], &now["description"]), (&json!("A case"), &json!("as it was")));

        let new = [
            ("case[title]", "New"),
            ("case[description]", long.as_str()),
            ("case[priority]", "high"),
            ("case[severity]", "low"),
            ("case[tlp]", "amber"),
            ("case[pap]", "amber"),
            ("preview", "true"),
        ];
        let page = post(&app, &ada, ("/fn/open_case", "/o/acme/cases?open=new"), &new).await;
        assert!(page.text.contains("<strong>bold</strong>") && page.text.contains("value=\"New\""));
        assert!(area(&page.text).contains("the end"));
        assert_eq!(app.get("/api/v1/cases/2").bearer(&key).send().await.status, 404);
    })
    .await;
}
