//! Groups through the API: filters, actions, history, undo.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::{Answer, TestApp};

/// Three groups, the newest first, and a key that may do everything.
async fn three(db: testkit::TestDb) -> (TestApp, String, Vec<String>) {
    let app = TestApp::new(db);
    app.organization("acme").await;
    let key = app.key("acme", &["all"]).await;
    let events: Vec<Value> = ["third thing", "second thing", "first thing"]
        .iter()
        .zip(10..)
        .map(|(message, minute)| {
            json!({ "occurred_at": format!("2026-01-23T09:{minute}:00Z"), "severity": "low", "message": message })
        })
        .collect();
    app.post("/api/v1/events").bearer(&key).json(Value::from(events).to_string()).send().await;
    let ids = list(&app, &key, "").await.iter().map(|g| g["id"].as_str().unwrap().to_owned()).collect();
    (app, key, ids)
}

async fn list(app: &TestApp, key: &str, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("/api/v1/groups?{query}")).bearer(key).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

async fn act(app: &TestApp, key: &str, body: Value) -> Answer {
    app.post("/api/v1/groups/actions").bearer(key).json(body.to_string()).send().await
}

#[tokio::test]
async fn groups_are_worked_down_and_an_action_is_undone() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        let first = app.get(&format!("/api/v1/groups/{}", ids[0])).bearer(&key).send().await.json();
        assert_eq!((first["status"].as_str(), first["assigned_to"].as_str()), (Some("ongoing"), None));
        let nobody = "018bcfe5-6800-7000-8000-00000000ffff";
        let body = json!({ "action": "resolve", "ids": [ids[0], ids[1], nobody], "note": "gone since 2.1" });
        let report = act(&app, &key, body.clone()).await.json();
        assert_eq!(report["changed"], 2);
        assert_eq!(
            report["results"],
            json!([
                { "id": ids[0], "result": "done", "reason": null },
                { "id": ids[1], "result": "done", "reason": null },
                { "id": nobody, "result": "not_found", "reason": null },
            ])
        );
        let again = act(&app, &key, body).await.json();
        assert_eq!(
            (&again["action_id"], &again["results"][0]["result"]),
            (&Value::Null, &json!("unchanged"))
        );
        assert_eq!(again["results"][0]["reason"], "it is resolved already");

        assert_eq!(list(&app, &key, "status=resolved").await.len(), 2);
        assert_eq!(list(&app, &key, "status=new,ongoing&status=escalating").await.len(), 1);
        assert_eq!(list(&app, &key, "status=resolved&q=first").await.len(), 1);
        assert_eq!(list(&app, &key, "assigned_to=nobody").await.len(), 3);

        let history = app.get(&format!("/api/v1/groups/{}/history", ids[0])).bearer(&key).send().await.json();
        let entry = &history["items"][0];
        assert_eq!(
            (&entry["step"], &entry["from_status"], &entry["to_status"], &entry["note"]),
            (&json!("resolved"), &json!("ongoing"), &json!("resolved"), &json!("gone since 2.1"))
        );
        assert!(entry["actor"].as_str().unwrap().starts_with("api key "));
        let undo = json!({ "action": "undo", "action_id": report["action_id"] });
        let undone = act(&app, &key, undo).await.json();
        assert_eq!(undone["changed"], 2);
        assert_eq!(list(&app, &key, "status=resolved").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn groups_are_muted_in_three_ways_and_assigned() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        app.person("ana@acme.test", "acme", "analyst").await;
        for (body, field, value) in [
            (json!({ "until": "2099-01-01T00:00:00Z" }), None, Value::Null),
            (json!({ "count": 10, "window_seconds": 3600 }), Some("mute_count"), json!(10)),
            (json!({ "query": "severity>=high" }), Some("mute_query"), json!("severity>=high")),
        ] {
            let mut body = body;
            body["action"] = json!("mute");
            body["ids"] = json!([ids[0]]);
            let answer = act(&app, &key, body).await;
            let Some(field) = field else {
                answer.assert_problem(400, "invalid");
                assert_eq!(answer.json()["errors"][0]["field"], "until", "more than a year ahead");
                continue;
            };
            assert_eq!(answer.json()["changed"], 1);
            let group = app.get(&format!("/api/v1/groups/{}", ids[0])).bearer(&key).send().await.json();
            assert_eq!((&group["status"], &group[field]), (&json!("muted"), &value));
        }
        let unmuted = act(&app, &key, json!({ "action": "unmute", "ids": [ids[0]] })).await.json();
        assert_eq!(unmuted["changed"], 1);

        let organization = service::organizations::by_slug(&app.services, "acme").await.unwrap();
        let cx = app.services.admit(&service::Actor::system("test", organization.id)).unwrap();
        let ana = service::members::list(&cx).await.unwrap().remove(0).user_id;
        let assign = json!({ "action": "assign", "ids": ids[1..], "assigned_to": ana });
        assert_eq!(act(&app, &key, assign).await.json()["changed"], 2);
        let mine = list(&app, &key, &format!("assigned_to={ana}")).await;
        assert_eq!((mine.len(), mine[0]["assignee"].as_str()), (2, Some("ana")));
        assert_eq!(
            act(&app, &key, json!({ "action": "assign", "ids": [ids[1]] })).await.json()["changed"],
            1
        );
        assert_eq!(list(&app, &key, "assigned_to=nobody").await.len(), 2);
        let stranger =
            json!({ "action": "assign", "ids": ids, "assigned_to": "018bcfe5-6800-7000-8000-00000000ffff" });
        let answer = act(&app, &key, stranger).await;
        answer.assert_problem(400, "invalid");
        assert_eq!(answer.json()["errors"][0]["field"], "assigned_to");
    })
    .await;
}

#[tokio::test]
async fn groups_are_asked_in_the_query_language() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        let events = json!([{ "occurred_at": "2026-01-23T09:30:00Z", "severity": "high", "message": "Failed password for root from 10.0.0.1",
                              "component": "sshd", "event_type": "login" }]);
        app.post("/api/v1/events").bearer(&key).json(events.to_string()).send().await;
        for (q, found) in [
            ("component:sshd", 1),
            ("component:sshd%20type:login%20state:ongoing", 1),
            ("-component:sshd", 3),
            ("severity%3E=high%20OR%20first", 2),
            ("assigned:*", 0),
            ("second%20thing", 1),
            ("failed%20password%20for%20eve%20from%2010.9.8.7%20component:sshd", 1),
        ] {
            assert_eq!(list(&app, &key, &format!("q={q}")).await.len(), found, "{q}");
        }
        for (q, reason) in [
            ("thing%20componnent:x", "at character 7: no field `componnent`; did you mean `component`?"),
            ("environment:prod", "at character 1: no field `environment`; text goes in quotes"),
            (
                "severity:hgih",
                "at character 10: `hgih` is not a severity: info, low, medium, high or critical; did you mean `high`?",
            ),
        ] {
            let answer = app.get(&format!("/api/v1/groups?q={q}")).bearer(&key).send().await;
            answer.assert_problem(400, "invalid");
            assert_eq!(answer.json()["errors"], json!([{ "field": "q", "reason": reason }]));
        }
        let body = json!({ "action": "resolve", "filter": "q=component:shd" });
        act(&app, &key, body).await.assert_problem(400, "invalid");
        let report = act(&app, &key, json!({ "action": "resolve", "filter": "q=-component:*" })).await.json();
        assert_eq!(report["changed"], 3);
        let left = list(&app, &key, "q=-status:resolved").await;
        assert!(left.len() == 1 && !ids.contains(&left[0]["id"].as_str().unwrap().to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_action_that_is_not_understood_is_refused_with_the_reason() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        for (body, field) in [
            (json!({ "action": "explode", "ids": ids }), "action"),
            (json!({ "action": "resolve", "ids": [] }), "ids"),
            (json!({ "action": "resolve", "ids": ["seven"] }), "ids"),
            (json!({ "action": "mute", "ids": ids }), "action"),
            (json!({ "action": "mute", "ids": ids, "count": 3 }), "action"),
            (json!({ "action": "mute", "ids": ids, "until": "soon" }), "until"),
            (json!({ "action": "mute", "ids": ids, "query": "severity:" }), "query"),
            (json!({ "action": "assign", "ids": ids, "assigned_to": "me" }), "assigned_to"),
            (json!({ "action": "undo" }), "action_id"),
        ] {
            let answer = act(&app, &key, body.clone()).await;
            answer.assert_problem(400, "invalid");
            assert_eq!(answer.json()["errors"][0]["field"], field, "{body}");
        }
        let misspelt = json!({ "action": "mute", "ids": ids, "query": "componnent:x" });
        assert_eq!(
            act(&app, &key, misspelt).await.json()["errors"][0]["reason"],
            "at character 1: no field `componnent`; did you mean `component`?"
        );
        for body in ["", "[]", "{}", r#"{"action":"resolve","id":"x"}"#] {
            let answer = app.post("/api/v1/groups/actions").bearer(&key).json(body).send().await;
            answer.assert_problem(400, "invalid");
        }
        for query in ["status=open", "assigned_to=me"] {
            app.get(&format!("/api/v1/groups?{query}"))
                .bearer(&key)
                .send()
                .await
                .assert_problem(400, "invalid");
        }
        assert!(list(&app, &key, "status=ongoing").await.len() == 3, "nothing was done");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_may_only_read_is_refused_and_another_organization_finds_nothing() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        let reader = app.key("acme", &["group.read"]).await;
        let resolve = json!({ "action": "resolve", "ids": [ids[0]] });
        act(&app, &reader, resolve.clone()).await.assert_problem(403, "forbidden");
        app.organization("globex").await;
        let theirs = app.key("globex", &["all"]).await;
        let report = act(&app, &theirs, resolve.clone()).await.json();
        assert_eq!((&report["changed"], &report["results"][0]["result"]), (&json!(0), &json!("not_found")));
        let action = act(&app, &key, resolve).await.json()["action_id"].clone();
        act(&app, &theirs, json!({ "action": "undo", "action_id": action }))
            .await
            .assert_problem(404, "not-found");
        let path = format!("/api/v1/groups/{}/history", ids[0]);
        app.get(&path).bearer(&theirs).send().await.assert_problem(404, "not-found");
        app.get(&path).bearer(&reader).send().await.json();
    })
    .await;
}

#[tokio::test]
async fn without_scripts_the_list_tells_what_was_done_and_undoes_it() {
    for_each_backend(|db| async move {
        let (app, _, ids) = three(db).await;
        app.person("ana@acme.test", "acme", "analyst").await;
        let cookie = app.sign_in("ana@acme.test").await;
        let page = |path: String| {
            let call = app.get(&path).cookie(&cookie);
            async move { call.header("accept", "text/html").send().await.text }
        };
        let form = |path: &str, fields: &[(&str, &str)]| {
            let call = app.post(path).cookie(&cookie).header("accept", "text/html");
            let call = call.header("referer", "http://watchroom.test/o/acme/groups?sort=count&done=old");
            let call = call.form(fields);
            async move { call.send().await }
        };
        let list = page("/o/acme/groups?sort=count".to_owned()).await;
        assert!(list.contains("name=\"asked[ids][]\"") && list.contains("first thing"), "{list}");
        let fields = [
            ("organization", "acme"),
            ("asked[ids][]", ids[0].as_str()),
            ("asked[ids][]", ids[1].as_str()),
            ("asked[note]", "mended"),
            ("asked[act]", "resolve"),
        ];
        let answer = form("/fn/groups/act", &fields).await;
        let place = answer.header("location").to_owned();
        assert!(answer.status.is_redirection(), "{}", answer.text);
        assert!(place.starts_with("/o/acme/groups?sort=count&done=") && !place.contains("old"), "{place}");
        let told = page(place.clone()).await;
        assert!(told.contains("2 groups resolved") && told.contains("action=\"/fn/groups/undo\""), "{told}");
        assert!(!told.contains("first thing") && told.contains("third thing"), "the open ones: {told}");
        let resolved = page("/o/acme/groups?status=resolved".to_owned()).await;
        assert!(resolved.contains("first thing") && !resolved.contains("third thing"));
        let group = page(format!("/o/acme/groups/{}", ids[0])).await;
        assert!(
            group.contains("mended") && group.contains("resolved it") && group.contains("Reopen"),
            "{group}"
        );

        let action = place.rsplit('=').next().unwrap().to_owned();
        let fields = [("organization", "acme"), ("action_id", action.as_str())];
        let place = form("/fn/groups/undo", &fields).await.header("location").to_owned();
        assert!(page(place).await.contains("2 groups put back"));
        let nothing = [("organization", "acme"), ("asked[act]", "resolve")];
        let place = form("/fn/groups/act", &nothing).await.header("location").to_owned();
        let refused =
            page(place.split_once("watchroom.test").map_or(place.clone(), |(_, rest)| rest.to_owned())).await;
        assert!(refused.contains("choose at least one group"), "{place}: {refused}");
    })
    .await;
}

#[tokio::test]
async fn a_viewer_sees_no_way_to_act() {
    for_each_backend(|db| async move {
        let (app, _, ids) = three(db).await;
        app.person("vi@acme.test", "acme", "viewer").await;
        let cookie = app.sign_in("vi@acme.test").await;
        for path in ["/o/acme/groups".to_owned(), format!("/o/acme/groups/{}", ids[0])] {
            let page = app.get(&path).cookie(&cookie).header("accept", "text/html").send().await.text;
            assert!(page.contains("thing") && !page.contains("/fn/groups/act"), "{page}");
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_merged_unmerged_and_that_is_undone() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        let report =
            act(&app, &key, json!({ "action": "merge", "ids": ids[..2], "note": "the same" })).await.json();
        assert_eq!(report["changed"], 2);
        // The list tells the last seen first, so the second one was seen first.
        let left = list(&app, &key, "").await;
        assert_eq!(left.len(), 2);
        let head = left.iter().find(|g| g["id"] == ids[1]).unwrap();
        assert_eq!((&head["event_count"], &head["members"]), (&json!(2), &json!(1)));
        let merged = app.get(&format!("/api/v1/groups/{}", ids[0])).bearer(&key).send().await.json();
        assert_eq!(merged["merged_into"], json!(ids[1]));
        let grouping =
            app.get(&format!("/api/v1/groups/{}/grouping", ids[1])).bearer(&key).send().await.json();
        assert_eq!(grouping["members"][0]["id"], json!(ids[0]));
        assert_eq!(
            (&grouping["rules"][0]["kind"], &grouping["rules"][0]["note"]),
            (&json!("merge"), &json!("the same"))
        );

        let apart = act(&app, &key, json!({ "action": "unmerge", "ids": [ids[0]] })).await.json();
        assert_eq!((apart["changed"].as_u64(), list(&app, &key, "").await.len()), (Some(1), 3));
        let back = act(&app, &key, json!({ "action": "undo", "action_id": apart["action_id"] })).await.json();
        assert_eq!((back["changed"].as_u64(), list(&app, &key, "").await.len()), (Some(1), 2));

        for (body, field) in [
            (json!({ "action": "merge", "ids": [ids[0]] }), "ids"),
            (json!({ "action": "merge", "ids": ids, "into": "x" }), "into"),
            (json!({ "action": "merge", "filter": "" }), "filter"),
        ] {
            let answer = act(&app, &key, body.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.contains(field)),
                (400, true),
                "{body}: {}",
                answer.text
            );
        }
        let nobody = "018bcfe5-6800-7000-8000-00000000ffff";
        assert_eq!(
            act(&app, &key, json!({ "action": "merge", "ids": [ids[2]], "into": nobody })).await.status,
            404
        );
        let reader = app.key("acme", &["group.read"]).await;
        assert_eq!(act(&app, &reader, json!({ "action": "merge", "ids": ids })).await.status, 403);
        app.organization("globex").await;
        let stranger = app.key("globex", &["all"]).await;
        let theirs = app.get(&format!("/api/v1/groups/{}/grouping", ids[1])).bearer(&stranger).send().await;
        assert_eq!(theirs.status, 404);
    })
    .await;
}

#[tokio::test]
async fn an_action_takes_every_group_that_a_filter_leaves() {
    for_each_backend(|db| async move {
        let (app, key, ids) = three(db).await;
        let body =
            json!({ "action": "resolve", "filter": "q=thing&status=new,ongoing", "note": "all of it" });
        let report = act(&app, &key, body).await.json();
        assert_eq!((report["changed"].as_u64(), report["results"].as_array().unwrap().len()), (Some(3), 3));
        assert_eq!(list(&app, &key, "status=resolved").await.len(), 3);
        let undone =
            act(&app, &key, json!({ "action": "undo", "action_id": report["action_id"] })).await.json();
        assert_eq!(
            (undone["changed"].as_u64(), list(&app, &key, "status=resolved").await.len()),
            (Some(3), 0)
        );
        let all = json!({ "action": "assign", "assigned_to": null, "filter": "q=severity:*" });
        assert_eq!(act(&app, &key, all).await.json()["results"].as_array().unwrap().len(), 3);
        for (body, word) in [
            (json!({ "action": "resolve", "filter": "q=nothing-like-it" }), "no group matches"),
            (json!({ "action": "resolve", "filter": "severty=high" }), "severty"),
            (json!({ "action": "resolve", "filter": "" }), "q=severity:*"),
            (json!({ "action": "resolve", "filter": "q=&sort=count" }), "is empty"),
            (json!({ "action": "resolve", "filter": "q=thing", "ids": ids }), "not both"),
        ] {
            let answer = act(&app, &key, body.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.contains(word)),
                (400, true),
                "{body}: {}",
                answer.text
            );
        }
    })
    .await;
}

#[tokio::test]
async fn events_of_a_slot_value_are_split_off_and_put_back() {
    for_each_backend(|db| async move {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["all"]).await;
        let events: Vec<Value> = ["10.0.0.7", "10.0.0.7", "10.0.0.8"]
            .map(|ip| json!({ "occurred_at": 1, "severity": "low", "message": format!("login from {ip}") }))
            .into();
        app.post("/api/v1/events").bearer(&key).json(json!(events).to_string()).send().await;
        let id = list(&app, &key, "").await[0]["id"].as_str().unwrap().to_owned();
        let body = json!({ "action": "split", "ids": [id], "slot": 0, "value": "10.0.0.7" });
        let report = act(&app, &key, body).await.json();
        let off = app
            .get(&format!("/api/v1/groups/{}", report["group"].as_str().unwrap()))
            .bearer(&key)
            .send()
            .await
            .json();
        assert_eq!((&off["event_count"], &off["split_from"]), (&json!(2), &json!(id)));
        assert_eq!(off["template"], "login from 10.0.0.7");
        for body in [
            json!({ "action": "split", "ids": [id] }),
            json!({ "action": "split", "ids": [id], "slot": 0, "value": "x", "query": "y" }),
            json!({ "action": "split", "ids": [id, id], "query": "y" }),
            json!({ "action": "split", "ids": [id], "slot": 9, "value": "x" }),
        ] {
            assert_eq!(act(&app, &key, body.clone()).await.status, 400, "{body}");
        }
        act(&app, &key, json!({ "action": "undo", "action_id": report["action_id"] })).await;
        let whole = list(&app, &key, "").await;
        assert_eq!((whole.len(), &whole[0]["event_count"]), (1, &json!(3)));
    })
    .await;
}
