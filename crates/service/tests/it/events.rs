//! Taking events in, and what is said of them.

use domain::event::{Mapping, NewEvent, normalise};
use domain::filter::EventFilter;
use domain::group::GroupFilter;
use domain::permission::{AuditRead, EventRead, EventWrite, GroupRead};
use domain::{EventId, GroupId, OrganizationId, Severity};
use service::events::{self, BySeverity, Idempotency, Origin};
use service::{Actor, Cx, Error, groups, overview};
use testkit::for_each_backend;

use crate::world::{World, start};

pub fn event(minutes_ago: i64, message: &str) -> NewEvent {
    let object = serde_json::json!({
        "occurred_at": start().plus_seconds(-60 * minutes_ago), "severity": "error", "message": message, "component": "api", "source": "web",
    });
    normalise(object.as_object().unwrap(), &Mapping::contract(), start()).unwrap()
}

fn cx<P: domain::permission::Permission>(world: &World, organization: OrganizationId) -> Cx<P> {
    world.services.admit(&Actor::system("test", organization)).unwrap()
}

async fn count(world: &World, organization: OrganizationId) -> i64 {
    events::count(&cx::<EventRead>(world, organization), &EventFilter::default()).await.unwrap().n
}

fn once(key: &str, hash: &str) -> Idempotency {
    Idempotency {
        key: key.to_owned(),
        request_hash: hash.to_owned(),
        status: 200,
        response: r#"{"accepted":2,"rejected":0}"#.to_owned(),
        indexes: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_taken_in_can_be_listed_counted_and_read() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = (0..120).map(|i| event(i, &format!("request {i} failed"))).collect();
        let done = events::ingest(&cx(&world, org), rows, Origin::Api).await.unwrap();
        assert_eq!((done.accepted, done.duplicates, done.replayed), (120, 0, None));
        let read = cx::<EventRead>(&world, org);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = events::list(&read, &EventFilter::default(), 50, cursor.as_deref()).await.unwrap();
            seen.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 120);
        assert!(seen.windows(2).all(|w| w[0].occurred_at > w[1].occurred_at));
        assert_eq!(events::get(&read, seen[7].id).await.unwrap(), seen[7]);
        assert!(matches!(events::get(&read, EventId(uuid::Uuid::from_u128(7))).await, Err(Error::NotFound)));
        for bad in ["", "zz", "0000000000000000", &"f".repeat(48), &format!("{}é", "0".repeat(47))] {
            assert!(
                matches!(
                    events::list(&read, &EventFilter::default(), 50, Some(bad)).await,
                    Err(Error::Invalid(_))
                ),
                "{bad}"
            );
        }

        let facets = events::facets(&read, &EventFilter::default(), None, Vec::new()).await.unwrap();
        let named = |field: &str| facets.iter().find(|f| f.field == field).unwrap().values.clone();
        assert_eq!(named("severity"), [("high".to_owned(), 120)]);
        assert_eq!(named("component"), [("api".to_owned(), 120)]);
        assert_eq!(named("service"), []);
        assert_eq!(facets.len(), 7);

        let found = groups::list(&cx::<GroupRead>(&world, org), &GroupFilter::default(), 10, None)
            .await
            .unwrap()
            .items;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].event_count, found[0].severity), (120, Severity::High));
        let history =
            groups::histogram(&cx::<GroupRead>(&world, org), found[0].id, None, None, 24).await.unwrap();
        assert_eq!(history.iter().flat_map(|b| b.counts).sum::<i64>(), 120);
        assert!(matches!(
            groups::get(&cx::<GroupRead>(&world, org), GroupId::nil()).await,
            Err(Error::NotFound)
        ));

        let o = overview::get(&read, start().plus_seconds(-86_400), start()).await.unwrap();
        assert_eq!((o.events, o.severe, o.groups_new, o.sources_active), (120, 120, 1, 1));
        assert!(matches!(overview::get(&read, start(), start()).await, Err(Error::Invalid(_))));

        let log = world.log(org).await;
        let entry = log.last().unwrap();
        assert_eq!((entry.action.as_str(), &entry.metadata["accepted"]), ("EVENTS_INGESTED", &120.into()));
        let made: Vec<_> = log.iter().filter(|r| r.action == "SOURCE_CREATED").collect();
        assert_eq!(made.len(), 1, "once, though many events name it");
        assert_eq!(made[0].new_values.as_ref().unwrap()["name"], "web");
    })
    .await;
}

#[tokio::test]
async fn the_same_request_twice_is_answered_once() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (org, other) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        let write = cx::<EventWrite>(&world, org);
        let rows = || vec![event(1, "a"), event(2, "b")];
        assert_eq!(events::replay(&write, "key-1", "h1").await.unwrap(), None);
        assert_eq!(
            events::ingest_once(&write, rows(), Origin::Api, once("key-1", "h1")).await.unwrap().replayed,
            None
        );
        let answer = Some((200, r#"{"accepted":2,"rejected":0}"#.to_owned()));
        assert_eq!(events::replay(&write, "key-1", "h1").await.unwrap(), answer);
        // A request that slipped past the look-up is not stored again either.
        assert_eq!(
            events::ingest_once(&write, rows(), Origin::Api, once("key-1", "h1")).await.unwrap().replayed,
            answer
        );
        assert!(matches!(events::replay(&write, "key-1", "h2").await, Err(Error::Conflict(_))));
        assert!(matches!(
            events::ingest_once(&write, rows(), Origin::Api, once("key-1", "h2")).await,
            Err(Error::Conflict(_))
        ));
        assert!(matches!(events::replay(&write, "", "h2").await, Err(Error::Invalid(_))));
        assert_eq!(count(&world, org).await, 2);
        assert_eq!(events::replay(&cx::<EventWrite>(&world, other), "key-1", "h1").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn concurrent_requests_share_transactions_and_lose_nothing() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut tasks = Vec::new();
        for i in 0..60_i64 {
            let cx = cx::<EventWrite>(&world, org);
            tasks.push(tokio::spawn(async move {
                let rows = (0..5).map(|n| event(i, &format!("message {n}"))).collect();
                match i % 3 {
                    // The same key from many at once.
                    0 => events::ingest_once(&cx, rows, Origin::Api, once("shared", "h")).await,
                    1 => events::ingest_once(&cx, rows, Origin::Api, once(&format!("own-{i}"), "h")).await,
                    _ => events::ingest(&cx, rows, Origin::Api).await,
                }
            }));
        }
        let mut replayed = 0;
        for task in tasks {
            let done = task.await.unwrap().unwrap();
            assert_eq!(done.accepted, 5);
            replayed += usize::from(done.replayed.is_some());
        }
        assert_eq!(replayed, 19);
        assert_eq!(count(&world, org).await, 41 * 5);
        let entries: Vec<_> =
            world.log(org).await.into_iter().filter(|r| r.action == "EVENTS_INGESTED").collect();
        assert!(entries.len() < 41, "joined: {}", entries.len());
        let accepted: i64 = entries.iter().filter_map(|r| r.metadata["accepted"].as_i64()).sum();
        assert_eq!(accepted, 41 * 5);
        let verdict = service::audit::verify(&world.services, org, "alpha", None).await.unwrap();
        assert_eq!(verdict.breaks, 0);
    })
    .await;
}

#[tokio::test]
async fn each_actor_of_a_joined_transaction_has_an_entry() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut tasks = Vec::new();
        for i in 0..20_i64 {
            let actor = Actor::system(if i % 2 == 0 { "even" } else { "odd" }, org);
            let cx = world.services.admit::<EventWrite>(&actor).unwrap();
            tasks.push(tokio::spawn(
                async move { events::ingest(&cx, vec![event(i, "x")], Origin::Api).await },
            ));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let sum = |log: &[domain::audit::AuditRecord], who: &str| -> i64 {
            log.iter()
                .filter(|r| r.actor == format!("system ({who})"))
                .filter_map(|r| r.metadata["accepted"].as_i64())
                .sum()
        };
        let log = world.log(org).await;
        assert_eq!((sum(&log, "even"), sum(&log, "odd")), (10, 10));
    })
    .await;
}

#[tokio::test]
async fn two_servers_that_take_in_the_same_ids_store_each_once() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows: Vec<NewEvent> = (0..200)
            .map(|i| NewEvent {
                id: Some(EventId(uuid::Uuid::from_u128(1000 + i))),
                ..event(i as i64, &format!("message {}", i % 7))
            })
            .collect();
        let mut tasks = Vec::new();
        for server in [world.services.clone(), world.second_process()] {
            for turn in 0..3 {
                let cx = server.admit::<EventWrite>(&Actor::system("test", org)).unwrap();
                let mut rows = rows.clone();
                rows.rotate_left(turn * 50);
                tasks
                    .push(tokio::spawn(async move { events::ingest(&cx, rows, Origin::Api).await.unwrap() }));
            }
        }
        let mut duplicates = 0;
        for task in tasks {
            duplicates += task.await.unwrap().duplicates;
        }
        assert_eq!((duplicates, count(&world, org).await), (1000, 200));
        let entries = service::audit::list(&cx::<AuditRead>(&world, org), &Default::default(), 100, None)
            .await
            .unwrap()
            .items;
        let known: i64 = entries.iter().filter_map(|r| r.metadata["duplicates"].as_i64()).sum();
        assert_eq!(known, 1000);
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_caller_left_is_stored_all_the_same() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        for i in 0..10 {
            let cx = cx::<EventWrite>(&world, org);
            let task =
                tokio::spawn(async move { events::ingest(&cx, vec![event(i, "x")], Origin::Api).await });
            tokio::task::yield_now().await;
            task.abort();
        }
        // The lane is still alive.
        events::ingest(&cx(&world, org), vec![event(99, "last")], Origin::Api).await.unwrap();
        let n = count(&world, org).await;
        assert!((1..=11).contains(&n), "{n}");
    })
    .await;
}

#[tokio::test]
async fn filters_that_ask_too_much_are_refused() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let read = cx::<EventRead>(&world, org);
        let filter = EventFilter { component: vec!["x".to_owned(); 101], ..EventFilter::default() };
        assert!(matches!(events::list(&read, &filter, 10, None).await, Err(Error::Invalid(_))));
        assert!(matches!(events::count(&read, &filter).await, Err(Error::Invalid(_))));
    })
    .await;
}

#[tokio::test]
async fn a_list_by_severity_has_every_event_once_the_newest_of_each_first() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let row = |i: i64| {
            let severity = ["info", "low", "critical", "info", "medium"][(i * i % 5) as usize];
            let object = serde_json::json!({
                "occurred_at": start().plus_seconds(-600 * i), "severity": severity, "message": format!("step {i}"), "source": "web",
            });
            normalise(object.as_object().unwrap(), &Mapping::contract(), start()).unwrap()
        };
        events::ingest(&cx(&world, org), (0..130).map(row).collect(), Origin::Api).await.unwrap();
        let read = cx::<EventRead>(&world, org);
        let query = domain::query::parse("severity<critical", &domain::query::EVENTS, start()).unwrap();
        for (filter, most) in [
            (EventFilter::default(), 130),
            (EventFilter { severity: vec![Severity::Info, Severity::Critical], ..EventFilter::default() }, 130),
            (EventFilter { query: Some(query), from: Some(start().plus_seconds(-40_000)), ..EventFilter::default() }, 67),
        ] {
            let mut by_time = events::list(&read, &filter, 200, None).await.unwrap().items;
            for order in [BySeverity::Hottest, BySeverity::Mildest] {
                by_time.sort_by_key(|event| event.severity.rank());
                if order == BySeverity::Hottest {
                    by_time.sort_by_key(|event| std::cmp::Reverse(event.severity.rank()));
                }
                for limit in [7, 25, 200] {
                    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
                    loop {
                        let page =
                            events::list_by_severity(&read, &filter, order, limit, cursor.as_deref()).await.unwrap();
                        assert!(page.items.len() <= limit as usize);
                        seen.extend(page.items);
                        cursor = page.next_cursor;
                        if cursor.is_none() {
                            break;
                        }
                    }
                    assert_eq!(seen, by_time, "{order:?} by {limit}");
                    assert!(seen.len() <= most && !seen.is_empty());
                }
            }
        }
        // A full page that is the last one promises no other.
        let hot = EventFilter { severity: vec![Severity::Critical], ..EventFilter::default() };
        let n = events::count(&read, &hot).await.unwrap().n as u32;
        let page = events::list_by_severity(&read, &hot, BySeverity::Hottest, n, None).await.unwrap();
        assert_eq!((page.items.len() as u32, page.next_cursor), (n, None));
        let everything = EventFilter { severity: vec![Severity::Critical, Severity::Info], ..EventFilter::default() };
        let page = events::list_by_severity(&read, &everything, BySeverity::Hottest, n, None).await.unwrap();
        assert!(page.next_cursor.is_some());
        for bad in ["", "9", "é", "0zz", "4"] {
            let found = events::list_by_severity(&read, &EventFilter::default(), BySeverity::Hottest, 5, Some(bad)).await;
            assert_eq!(found.is_err(), bad != "4", "{bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_overview_covers_what_its_label_says_and_each_mark_finds_what_it_shows() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        // 09:30 is now. Of the last 24 hours, of the 25th hour that a careless rounding adds, and of 7 and 30 days.
        let minutes =
            [0, 29, 31, 90, 700, 1409, 1411, 1439, 1441, 9_000, 10_049, 10_051, 40_000, 43_169, 43_171];
        let rows = minutes.iter().map(|m| event(*m, "a")).collect();
        events::ingest(&cx(&world, org), rows, Origin::Api).await.unwrap();
        let read = cx::<EventRead>(&world, org);
        for (days, step, events) in [(1_i64, 1, 6), (7, 3, 11), (30, 12, 14)] {
            let o = overview::get(&read, start().plus_seconds(-86_400 * days), start()).await.unwrap();
            assert_eq!(o.to.seconds() - o.from.seconds(), 86_400 * days, "{days} days");
            assert_eq!((o.buckets.len() as i64 * o.step, o.step), (86_400 * days, step * 3600));
            assert_eq!((o.buckets[0].start, o.events), (o.from, events), "{days} days");
            let count = async |from, to| {
                let filter = EventFilter { from: Some(from), to: Some(to), ..EventFilter::default() };
                events::count(&read, &filter).await.unwrap().n
            };
            for bucket in &o.buckets {
                let found = count(bucket.start, bucket.start.plus_seconds(o.step)).await;
                assert_eq!(found, bucket.counts.iter().sum::<i64>(), "{days} days, {}", bucket.start);
            }
            assert_eq!(o.top_groups[0].event_count, events);
            assert_eq!(count(o.from, o.to).await, events);
        }
    })
    .await;
}

#[tokio::test]
async fn a_used_id_is_a_duplicate_or_another_event_and_each_is_told() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        let with = |n: u128, message: &str| {
            let mut object = serde_json::json!({ "occurred_at": start(), "severity": "error", "message": message, "rate": 1e2, "ts_ns": 1.7e18 });
            object["id"] = serde_json::json!(EventId(uuid::Uuid::from_u128(n)));
            normalise(object.as_object().unwrap(), &Mapping::contract(), start()).unwrap()
        };
        events::ingest(&cx(&world, a), vec![with(1, "one")], Origin::Api).await.unwrap();
        let rows = vec![with(2, "two"), with(1, "one"), with(1, "other"), with(2, "two"), with(2, "three"), event(1, "x")];
        let done = events::ingest(&cx(&world, a), rows.clone(), Origin::Api).await.unwrap();
        assert_eq!((done.accepted, done.duplicates, done.conflicts), (4, 2, vec![2, 4]));
        assert_eq!(count(&world, a).await, 3);
        let told = world.log(a).await.pop().unwrap().metadata;
        assert_eq!((&told["accepted"], &told["duplicates"], &told["rejected"]), (&4.into(), &2.into(), &2.into()));
        // Another organization's ids are its own.
        let other = events::ingest(&cx(&world, b), vec![with(1, "mine")], Origin::Api).await.unwrap();
        assert_eq!((other.accepted, other.duplicates, other.conflicts.len()), (1, 0, 0));
        // What is kept under a key says it too.
        let receipt = r#"{"accepted":6,"rejected":1,"rejections":[{"index":1,"field":"message","reason":"missing"}]}"#;
        let asked = Idempotency { response: receipt.to_owned(), indexes: vec![0, 2, 3, 4, 5, 6], ..once("k", "h") };
        events::ingest_once(&cx(&world, a), rows.clone(), Origin::Api, asked).await.unwrap();
        let (_, answer) = events::replay(&cx::<EventWrite>(&world, a), "k", "h").await.unwrap().unwrap();
        let answer: domain::upload::Receipt = serde_json::from_str(&answer).unwrap();
        assert_eq!((answer.accepted, answer.rejected, answer.duplicates), (4, 3, 3));
        let told: Vec<_> = answer.rejections.iter().map(|r| (r.index, r.field.as_str())).collect();
        assert_eq!(told, [(1, "message"), (3, "id"), (5, "id")]);
    })
    .await;
}

#[tokio::test]
async fn a_long_time_is_told_by_the_months_and_years_of_the_calendar() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let write = cx::<EventWrite>(&world, org);
        let at = |text: &str| text.parse::<domain::Timestamp>().unwrap();
        let dated = |n: i64, when: &str| domain::event::NewEvent { occurred_at: at(when), ..event(n, "old") };
        let rows = vec![dated(1, "2024-02-29T23:59:59Z"), dated(2, "2024-03-01T00:00:00Z")];
        events::ingest(&write, rows, Origin::Api).await.unwrap();
        let filter = EventFilter { to: Some(at("2026-11-23T09:30:00Z")), ..EventFilter::default() };
        let starts = async |filter: &EventFilter| {
            let series = events::histogram(&cx::<EventRead>(&world, org), filter, 60).await.unwrap();
            let counted: i64 = series.buckets.iter().flat_map(|b| b.counts).sum();
            (series.buckets.into_iter().map(|b| b.start).collect::<Vec<_>>(), counted)
        };
        let (months, n) = starts(&filter).await;
        assert_eq!((months.len(), n), (34, 2), "February 2024 to November 2026");
        assert_eq!((months[0], months[1]), (at("2024-02-01T00:00:00Z"), at("2024-03-01T00:00:00Z")));
        events::ingest(&write, vec![dated(3, "1970-01-01T00:00:00Z")], Origin::Api).await.unwrap();
        let (years, n) = starts(&filter).await;
        assert_eq!((years.len(), n), (57, 3), "1970 to 2026");
        assert_eq!((years[0], years[56]), (at("1970-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")));
        // A query that the roll-ups alone do not answer.
        let query = domain::query::parse("old", &domain::query::EVENTS, world.clock.now()).unwrap();
        let (years, n) = starts(&EventFilter { query: Some(query), ..filter }).await;
        assert_eq!((years.len(), n), (57, 3));
    })
    .await;
}

/// Full lanes and nearly empty ones, by turns: none of those who wait is forgotten when a task leaves.
#[tokio::test]
async fn everybody_who_sends_at_the_same_time_is_answered() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut senders = tokio::task::JoinSet::new();
        for sender in 0..8_i64 {
            let cx = cx::<EventWrite>(&world, org);
            senders.spawn(async move {
                let mut sent = 0;
                for round in 0..12 {
                    let rows = if (sender + round) % 4 == 0 { 600 } else { 1 };
                    let rows: Vec<_> = (0..rows)
                        .map(|n| event(n % 60, &format!("request {n} of {sender} is done")))
                        .collect();
                    sent += rows.len() as i64;
                    events::ingest(&cx, rows, Origin::Api).await.unwrap();
                }
                sent
            });
        }
        let sent: i64 = senders.join_all().await.into_iter().sum();
        assert_eq!(count(&world, org).await, sent);
    })
    .await;
}
