//! `/api/v1/cases/bulk`, and the form around the list of cases as a browser sends it without scripts.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::{Answer, TestApp};

/// `acme` with so many cases; their ids.
async fn room(db: testkit::TestDb, count: usize) -> (TestApp, String, Vec<String>) {
    let app = TestApp::acme(db).await;
    let key = app.key("acme", &["case.read", "case.write"]).await;
    let mut ids = Vec::new();
    for n in 1..=count {
        let new = json!({ "title": format!("Case {n}") }).to_string();
        let made = app.post("/api/v1/cases").bearer(&key).json(new).send().await.json();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    (app, key, ids)
}

#[tokio::test]
async fn many_cases_are_changed_and_put_back_over_the_api() {
    for_each_backend(|db| async move {
        let (app, key, ids) = room(db, 3).await;
        let bulk = |body: Value| app.post("/api/v1/cases/bulk").bearer(&key).json(body.to_string()).send();
        let resolve = json!({ "act": "resolve", "resolution": "benign", "reason": "a drill", "ids": [ids[1]] });
        assert_eq!(bulk(resolve).await.json()["changed"], 1);
        let nobody = "018bcfe5-6800-7000-8000-00000000ffff";
        let all = json!({ "act": "resolve", "resolution": "false_positive", "reason": "the scanner", "ids": [ids[0], ids[1], nobody] });
        let done = bulk(all).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let told = done.json();
        let of = |at: usize| (&told["results"][at]["number"], &told["results"][at]["result"], &told["results"][at]["reason"]);
        assert_eq!(of(0), (&json!(1), &json!("done"), &Value::Null));
        assert_eq!(of(1), (&json!(2), &json!("unchanged"), &json!("resolved")));
        assert_eq!(of(2), (&Value::Null, &json!("not_found"), &Value::Null));

        let tagged = bulk(json!({ "act": "add_tag", "tag": "noise", "filter": "status=resolved&q=case" })).await.json();
        assert_eq!(tagged["changed"], 2);
        let undo = |action: &Value| bulk(json!({ "act": "undo", "action_id": action }));
        let late = undo(&told["action_id"]).await.json();
        assert_eq!((&late["changed"], &late["results"][0]["reason"]), (&json!(0), &json!("changed_since")));
        assert_eq!(undo(&tagged["action_id"]).await.json()["changed"], 2);
        assert_eq!(undo(&json!(nobody)).await.status, 404);

        for wrong in [
            json!({ "act": "resolve", "ids": [ids[0]] }),
            json!({ "act": "resolve", "resolution": "benign", "ids": [ids[0]] }),
            json!({ "act": "reopen", "ids": [] , "reason": "x" }),
            json!({ "act": "reopen", "reason": "x", "filter": "colour=red" }),
            json!({ "act": "reopen", "reason": "x", "filter": "", "ids": [ids[0]] }),
            json!({ "act": "reopen", "reason": "x", "filter": " " }),
            json!({ "act": "assign", "assigned_to_id": nobody, "ids": [ids[0]] }),
            json!({ "act": "add_tag", "ids": [ids[0]] }),
            json!({ "act": "shrug", "ids": [ids[0]] }),
            json!({ "act": "undo" }),
        ] {
            let answer = bulk(wrong.clone()).await;
            assert_eq!(answer.status, 400, "{wrong}: {}", answer.text);
        }
        app.organization("globex").await;
        let other = app.key("globex", &["case.write"]).await;
        let theirs = json!({ "act": "add_tag", "tag": "mine", "ids": ids }).to_string();
        let answer = app.post("/api/v1/cases/bulk").bearer(&other).json(theirs).send().await.json();
        assert!(answer["results"].as_array().unwrap().iter().all(|r| r["result"] == "not_found"), "{answer}");
        let taken = json!({ "act": "undo", "action_id": tagged["action_id"] }).to_string();
        assert_eq!(app.post("/api/v1/cases/bulk").bearer(&other).json(taken).send().await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn without_scripts_the_list_tells_what_was_done_and_takes_it_back() {
    for_each_backend(|db| async move {
        let (app, key, _) = room(db, 3).await;
        let cookie = app.sign_in("ada@acme.test").await;
        let page = "/o/acme/cases?show=all";
        let post = async |path: &str, form: &[(&str, &str)]| -> Answer {
            let call = app.post(path).cookie(&cookie).header("accept", "text/html");
            call.header("referer", &format!("http://watchroom.test{page}")).form(form).send().await
        };
        let follow = async |answer: &Answer| {
            let address = answer.header("location").to_owned();
            let path = address.strip_prefix("http://watchroom.test").unwrap_or(&address).to_owned();
            app.get(&path).cookie(&cookie).send().await.text
        };
        let chosen = [("organization", "acme"), ("asked[numbers][]", "1"), ("asked[numbers][]", "3")];
        let resolve = |reason: &'static str| {
            let mut form = chosen.to_vec();
            form.extend([("asked[act]", "resolve:benign"), ("asked[reason]", reason)]);
            form
        };
        let refused = follow(&post("/fn/change_cases", &resolve(" ")).await).await;
        assert!(refused.contains("say why in a few words"), "{refused}");
        let ticked = |number: &str| {
            let box_of = refused
                .split("<input")
                .find(|tag| tag.contains(&format!("value=\"{number}\"")) && tag.contains("checkbox"));
            box_of.is_some_and(|tag| tag.split('>').next().unwrap().contains("checked"))
        };
        assert_eq!(
            [ticked("1"), ticked("2"), ticked("3")],
            [true, false, true],
            "what was chosen stays chosen"
        );

        let done = follow(&post("/fn/change_cases", &resolve("a drill")).await).await;
        assert!(done.contains("2 cases resolved"), "{done}");
        let action =
            done.split("name=\"action_id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let again = follow(&post("/fn/change_cases", &resolve("again")).await).await;
        assert!(
            again.contains(
                "Nothing changed; 2 could not be: CASE-1 is resolved already, CASE-3 is resolved already"
            ),
            "{again}"
        );
        let undone =
            follow(&post("/fn/undo_cases", &[("organization", "acme"), ("action_id", &action)]).await).await;
        assert!(undone.contains("2 cases put back"), "{undone}");
        let open = app.get("/api/v1/cases?status=open").bearer(&key).send().await.json();
        assert_eq!(open["items"].as_array().unwrap().len(), 3);

        let all = [
            ("organization", "acme"),
            ("asked[act]", "tag:add"),
            ("asked[tag]", "noise"),
            ("asked[all]", "true"),
            ("asked[list]", "show=open&q=number%3E1"),
        ];
        let tagged = follow(&post("/fn/change_cases", &all).await).await;
        assert!(tagged.contains("2 cases tagged anew"), "{tagged}");
        let strange = [
            ("organization", "acme"),
            ("asked[numbers][]", "77"),
            ("asked[act]", "reopen"),
            ("asked[reason]", "x"),
        ];
        assert_eq!(app.post("/fn/change_cases").cookie(&cookie).form(&strange).send().await.status, 404);
    })
    .await;
}
