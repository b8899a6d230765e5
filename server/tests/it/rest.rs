//! Reading through the API: pages, filters, walls.

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::TestApp;

async fn acme(db: testkit::TestDb) -> (TestApp, String) {
    let app = TestApp::new(db);
    app.organization("acme").await;
    let key = app.key("acme", &["all"]).await;
    let severities = ["info", "low", "medium", "high", "critical"];
    let events: Vec<Value> = (0..25)
        .map(|n| {
            json!({
                "occurred_at": format!("2026-11-23T09:{n:02}:00Z"), "severity": severities[n % 5],
                "message": format!("disk {n} of host-{n} is full"), "component": if n % 2 == 0 { "disk" } else { "net" },
                "source": "edge",
            })
        })
        .collect();
    let answer = app.post("/api/v1/events").bearer(&key).json(Value::from(events).to_string()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    (app, key)
}

async fn walk(app: &TestApp, key: &str, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let answer = app.get(&format!("{path}{cursor}")).bearer(key).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
    panic!("the list does not end");
}

#[tokio::test]
async fn pages_show_every_event_once_in_order() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        for limit in [1, 7, 25, 200] {
            let items = walk(&app, &key, &format!("/api/v1/events?limit={limit}")).await;
            let times: Vec<&str> = items.iter().map(|e| e["occurred_at"].as_str().unwrap()).collect();
            assert_eq!(times.len(), 25, "limit {limit}");
            assert!(times.windows(2).all(|w| w[0] > w[1]), "newest first");
        }
        let oldest = walk(&app, &key, "/api/v1/events?limit=10&order=oldest").await;
        assert_eq!(oldest[0]["occurred_at"], "2026-11-23T09:00:00.000000Z");
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        for (query, n) in [
            ("severity=high", 5),
            ("severity=high&severity=critical", 10),
            ("severity=high,critical", 10),
            ("component=disk", 13),
            ("component=disk&severity=info", 3),
            ("from=2026-11-23T09:10:00Z&to=2026-11-23T09:20:00Z", 10),
            ("from=2026-11-23T10:10:00%2B01:00", 15),
            ("q=HOST-7%20is", 1),
            ("q=%25", 0),
            ("service=nothing", 0),
        ] {
            assert_eq!(
                walk(&app, &key, &format!("/api/v1/events?limit=200&{query}")).await.len(),
                n,
                "{query}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_the_reason() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        for (query, field) in [
            ("/api/v1/events?severty=high", "severty"),
            ("/api/v1/events?severity=loud", "severity"),
            ("/api/v1/events?from=yesterday", "from"),
            ("/api/v1/events?limit=0", "limit"),
            ("/api/v1/events?limit=201", "limit"),
            ("/api/v1/events?limit=1&limit=2", "limit"),
            ("/api/v1/events?cursor=nonsense", "cursor"),
            ("/api/v1/events?order=random", "order"),
            ("/api/v1/events?group_id=1", "group_id"),
            ("/api/v1/groups?sort=name", "sort"),
            ("/api/v1/groups?cursor=x", "cursor"),
            ("/api/v1/sources?x=1", "x"),
            ("/api/v1/audit?cursor=x", "cursor"),
        ] {
            let answer = app.get(query).bearer(&key).send().await;
            answer.assert_problem(400, "invalid");
            assert_eq!(answer.json()["errors"][0]["field"], field, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn text_that_looks_like_a_query_language_is_only_text() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        for text in [
            "'",
            "%22",
            "%27%20OR%201=1--",
            "NEAR(",
            "*",
            "a:b",
            "-x",
            "%25_%5C",
            "$..*",
            "%00",
            "%F0%9F%94%A5",
            "(((((((((",
        ] {
            for path in [
                "/api/v1/events?q=",
                "/api/v1/groups?q=",
                "/api/v1/events?component=",
                "/api/v1/audit?actor=",
            ] {
                let answer = app.get(&format!("{path}{text}")).bearer(&key).send().await;
                assert!(
                    matches!(answer.status.as_u16(), 200 | 400),
                    "{path}{text}: {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn groups_sources_and_the_audit_log_have_the_same_form() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        let groups = walk(&app, &key, "/api/v1/groups?limit=1").await;
        assert_eq!(groups.len(), 2, "one a component");
        let total: i64 = groups.iter().map(|g| g["event_count"].as_i64().unwrap()).sum();
        assert_eq!(total, 25);
        let id = groups[0]["id"].as_str().unwrap();
        assert_eq!(app.get(&format!("/api/v1/groups/{id}")).bearer(&key).send().await.json(), groups[0]);
        let of_group = walk(&app, &key, &format!("/api/v1/events?limit=200&group_id={id}")).await;
        assert_eq!(of_group.len() as i64, groups[0]["event_count"].as_i64().unwrap());
        let sources = app.get("/api/v1/sources").bearer(&key).send().await.json();
        assert_eq!(
            (sources["items"][0]["name"].as_str(), sources["next_cursor"].as_str()),
            (Some("edge"), None)
        );
        let audit = walk(&app, &key, "/api/v1/audit?limit=1").await;
        assert_eq!(audit.last().unwrap()["action"], "ORGANIZATION_CREATED");
        assert!(audit.windows(2).all(|w| w[0]["prev_hash"] == w[1]["hash"]), "newest first, chained");
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_another_organization_is_not_there() {
    for_each_backend(|db| async move {
        let (app, key) = acme(db).await;
        app.organization("globex").await;
        let theirs = app.key("globex", &["all"]).await;
        for list in ["events", "groups"] {
            let items = walk(&app, &key, &format!("/api/v1/{list}?limit=200")).await;
            let id = items[0]["id"].as_str().unwrap();
            let foreign = app.get(&format!("/api/v1/{list}/{id}")).bearer(&theirs).send().await;
            foreign.assert_problem(404, "not-found");
            for nobody in ["018bcfe5-6800-7000-8000-00000000ffff", "nonsense", "%00"] {
                let absent = app.get(&format!("/api/v1/{list}/{nobody}")).bearer(&theirs).send().await;
                absent.assert_problem(404, "not-found");
                assert_eq!(absent.json()["detail"], foreign.json()["detail"]);
            }
        }
        for list in ["events", "groups", "sources"] {
            let answer = app.get(&format!("/api/v1/{list}")).bearer(&theirs).send().await;
            assert_eq!(answer.json(), json!({ "items": [], "next_cursor": null }), "{list}");
        }
    })
    .await;
}
