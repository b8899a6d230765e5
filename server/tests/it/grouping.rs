//! The pages that say why events belong together, without scripts.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

/// Two kinds of login and something else; the ids by template.
async fn logins(db: testkit::TestDb) -> (TestApp, String, Vec<(String, String)>) {
    let app = TestApp::new(db);
    app.organization("acme").await;
    app.person("ana@acme.test", "acme", "analyst").await;
    let key = app.key("acme", &["all"]).await;
    let messages = [
        "accepted login from 10.0.0.7",
        "accepted login from 10.0.0.7",
        "accepted login from 10.0.0.8",
        "refused login from 10.0.0.9",
        "disk full",
    ];
    let events: Vec<Value> = messages
        .iter()
        .zip(10..)
        .map(|(message, minute)| {
            json!({
                "occurred_at": format!("2026-01-23T09:{minute}:00Z"), "severity": "low", "message": message,
                "component": "sshd", "system_id": "edge-1",
            })
        })
        .collect();
    app.post("/api/v1/events").bearer(&key).json(Value::from(events).to_string()).send().await;
    let list = app.get("/api/v1/groups").bearer(&key).send().await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ids =
        list["items"].as_array().unwrap().iter().map(|g| (text(&g["template"]), text(&g["id"]))).collect();
    let cookie = app.sign_in("ana@acme.test").await;
    (app, cookie, ids)
}

fn id<'a>(ids: &'a [(String, String)], word: &str) -> &'a str {
    &ids.iter().find(|(template, _)| template.contains(word)).unwrap().1
}

#[tokio::test]
async fn the_grouping_of_a_group_is_explained_and_changed_by_forms() {
    for_each_backend(|db| async move {
        let (app, cookie, ids) = logins(db).await;
        let (accepted, refused) = (id(&ids, "accepted"), id(&ids, "refused"));
        let page = |path: String| {
            let call = app.get(&path).cookie(&cookie);
            async move { call.header("accept", "text/html").send().await.text }
        };
        let here = format!("/o/acme/groups/{accepted}");
        let form = |fields: Vec<(&str, &str)>| {
            let call = app.post("/fn/groups/act").cookie(&cookie).header("accept", "text/html");
            let call = call.header("referer", &format!("http://watchroom.test{here}?tab=grouping"));
            let fields: Vec<(&str, &str)> = [("organization", "acme")].into_iter().chain(fields).collect();
            let call = call.form(&fields);
            async move { call.send().await }
        };
        let events = page(here.clone()).await;
        for text in [
            "What the slots hold",
            "Of all 3 events",
            "10.0.0.7",
            "Where its events come from",
            "edge-1",
            "tab=grouping",
        ] {
            assert!(events.contains(text), "{text}: {events}");
        }
        let grouping = page(format!("{here}?tab=grouping")).await;
        for text in [
            "Its template",
            "1: ip",
            "an address",
            "Similar groups",
            "differs in 1 word",
            "Merge into this one",
            "sshd",
        ] {
            assert!(grouping.contains(text), "{text}: {grouping}");
        }
        assert!(!grouping.contains("disk full"));

        let merge = [("asked[ids][]", refused), ("asked[into]", accepted), ("asked[act]", "merge")];
        let answer = form(merge.to_vec()).await;
        assert!(answer.status.is_redirection(), "{}", answer.text);
        let merged = page(format!("{here}?tab=grouping")).await;
        assert!(merged.contains("Merged into it") && merged.contains("merged by ana@acme.test"), "{merged}");
        assert!(merged.contains("are read with"), "the rule: {merged}");
        let member = page(format!("/o/acme/groups/{refused}")).await;
        assert!(member.contains("Merged into ") && member.contains("value=\"unmerge\""), "{member}");
        let list = page("/o/acme/groups".to_owned()).await;
        assert!(
            !list.contains("refused login") && list.contains("4 events") && list.contains("Recurring"),
            "{list}"
        );

        form(vec![("asked[ids][]", refused), ("asked[act]", "unmerge")]).await;
        assert!(page("/o/acme/groups".to_owned()).await.contains("refused login"));

        let asked = page(format!("{here}?tab=grouping&slot=0&value=10.0.0.7")).await;
        assert!(asked.contains("It would take 2 of its newest 3 events"), "{asked}");
        let none = page(format!("{here}?tab=grouping&slot=0&value=192.0.2.1")).await;
        assert!(none.contains("None of its newest 3 events is like that"), "{none}");
        let wrong = page(format!("{here}?tab=grouping&q=severity%3A")).await;
        assert!(!wrong.contains("value=\"split\"") && wrong.contains("Its template"), "{wrong}");
        let split = [("asked[slot]", "0"), ("asked[value]", "10.0.0.7"), ("asked[act]", "split")];
        form([&[("asked[ids][]", accepted)], split.as_slice()].concat()).await;
        let after = page("/o/acme/groups".to_owned()).await;
        assert!(after.contains("accepted login from 10.0.0.7"), "{after}");
    })
    .await;
}

#[tokio::test]
async fn all_that_match_are_acted_on_though_no_row_is_selected() {
    for_each_backend(|db| async move {
        let (app, cookie, _) = logins(db).await;
        let list = app.get("/o/acme/groups?text=login").cookie(&cookie).send().await.text;
        assert!(list.contains("All 2 that match") && list.contains("name=\"asked[list][text]\""), "{list}");
        let fields = [
            ("organization", "acme"),
            ("asked[all]", "true"),
            ("asked[list][text]", "login"),
            ("asked[note]", "all of them"),
            ("asked[act]", "resolve"),
        ];
        let answer = app.post("/fn/groups/act").cookie(&cookie).form(&fields).send().await;
        assert!(answer.text.contains("2 groups resolved"), "{}", answer.text);
        let open = app.get("/o/acme/groups").cookie(&cookie).send().await.text;
        assert!(
            open.contains("disk full") && !open.contains("accepted") && !open.contains("refused login"),
            "{open}"
        );
        let merge = [fields[0], fields[1], fields[2], ("asked[act]", "merge")];
        let refused = app.post("/fn/groups/act").cookie(&cookie).form(&merge).send().await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    })
    .await;
}

#[tokio::test]
async fn a_note_that_is_too_long_comes_back_as_far_as_an_address_takes_it() {
    for_each_backend(|db| async move {
        let (app, cookie, ids) = logins(db).await;
        let here = format!("/o/acme/groups/{}", id(&ids, "disk"));
        let page = app.get(&here).cookie(&cookie).send().await.text;
        let area = page.split("id=\"group-note\"").nth(1).unwrap().split('>').next().unwrap().to_owned();
        assert!(area.contains("maxlength=\"2000\""), "{area}");
        for note in ["x".repeat(60_000), "ö".repeat(60_000), "\"".repeat(60_000)] {
            let fields = [
                ("organization", "acme"),
                ("asked[ids][]", id(&ids, "disk")),
                ("asked[note]", note.as_str()),
                ("asked[act]", "resolve"),
            ];
            let call = app.post("/fn/groups/act").cookie(&cookie).header("accept", "text/html");
            let call = call.header("referer", &format!("http://watchroom.test{here}"));
            let answer = call.form(&fields).send().await;
            let place = answer.header("location").to_owned();
            assert!(
                answer.status.is_redirection() && place.len() < 12_000,
                "{}: {}",
                place.len(),
                answer.status
            );
            let path = place.split_once("watchroom.test").map_or(place.clone(), |(_, rest)| rest.to_owned());
            let back = app.get(&path).cookie(&cookie).send().await;
            assert_eq!(back.status, 200);
            assert!(back.text.contains("Use at most 2,000 characters"), "{}", back.text);
            assert!(note.starts_with('"') || back.text.contains(&note[..1000]), "what was typed is kept");
        }
    })
    .await;
}
