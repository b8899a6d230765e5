//! The query language as SQL: on both databases it finds what it finds in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::event::{Event, NewEvent};
use domain::filter::EventFilter;
use domain::id::Id as _;
use domain::query::testing::{self, Choices};
use domain::query::{EVENTS, Expr, Target, Test, Value, parse};
use domain::{EventId, GroupId, OrganizationId, Severity, Timestamp};
use store::Db;
use store::db::{Dialect, sql};
use store::ingest::{self, Batch, GroupSeed, Prepared};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::events_world::{Random, all_pages, asked, event, insert, problems};
use crate::world::{at, entry, id, organization, read, system, write};

fn bytes(r: &mut Random, n: u64) -> Vec<u8> {
    (0..n).map(|_| r.next() as u8).collect()
}

/// Events made to be disagreed about, as the store gives them back.
async fn tricky(db: &Db, n: usize) -> (OrganizationId, Vec<Event>) {
    let org = organization(db, "alpha").await;
    let mut r = Random(71);
    let mut prepared = Vec::new();
    for i in 0..n {
        let made = testing::event(&mut Choices(&bytes(&mut r, 160)));
        let group = GroupSeed {
            id: GroupId::derive(org, &made.fingerprint),
            fingerprint: made.fingerprint,
            template: String::new(),
            component: None,
            event_type: None,
            events_fingerprint: None,
        };
        // The ids that the queries ask for.
        let id = if i < 3 { EventId::from_uuid(Uuid::from_u128(0xabc + i as u128)) } else { id() };
        let event = NewEvent {
            id: None,
            // The very last instant belongs to no hour that can be read; a sender may be a day ahead.
            occurred_at: made.occurred_at.min(Timestamp::far_future().plus_micros(-1)),
            severity: made.severity,
            severity_text: made.severity_text,
            severity_known: true,
            dated: true,
            component: made.component,
            service: made.service,
            environment: made.environment,
            system_id: made.system_id,
            event_type: made.event_type,
            source: made.source,
            message: made.message,
            raw_payload: made.raw_payload.text().to_owned(),
        };
        prepared.push(Prepared { id, named: true, event, group: Arc::new(group) });
    }
    let batch = Batch::new(prepared);
    let mut tx = write(db, org).await;
    ingest::insert(&mut tx, &batch, at(0), &id::<uuid::Uuid>).await.unwrap();
    tx.commit(entry()).await.unwrap();
    let events = all_pages(db, org, &EventFilter::default(), 500).await;
    assert_eq!(events.len(), n);
    (org, events)
}

/// Groups have ids of the store's making: the query asks for those.
fn of_groups(expr: &mut Expr, groups: &[GroupId]) {
    match expr {
        Expr::All(of) | Expr::Any(of) => of.iter_mut().for_each(|e| of_groups(e, groups)),
        Expr::Not(inner) => of_groups(inner, groups),
        Expr::Term(term) => {
            if let (Target::Field(field), Test::Equal(Value::Id(id))) = (&term.target, &mut term.test)
                && field.name == "group"
            {
                *id = groups[id.as_u128() as usize % groups.len()].0;
            }
        }
    }
}

#[tokio::test]
async fn both_databases_find_what_is_found_in_memory() {
    for_each_backend(|t| async move {
        let (org, events) = tricky(&t.db, 160).await;
        let groups: Vec<GroupId> = events.iter().map(|e| e.group_id).collect();
        let mut r = Random(72);
        let mut tx = read(&t.db, org).await;
        let mut found_some = 0;
        for round in 0..1500 {
            let seed = bytes(&mut r, 120);
            let mut query = testing::query(&mut Choices(&seed));
            of_groups(&mut query.expr, &groups);
            let expected: BTreeSet<EventId> =
                events.iter().filter(|e| query.matches(*e)).map(|e| e.id).collect();
            found_some += usize::from(!expected.is_empty() && expected.len() < events.len());
            let filter = EventFilter { query: Some(query), ..EventFilter::default() };
            let found: BTreeSet<EventId> =
                store::event::ids(&mut tx, &filter).await.unwrap().into_iter().collect();
            let differ: Vec<&Event> =
                events.iter().filter(|e| found.contains(&e.id) != expected.contains(&e.id)).take(3).collect();
            assert!(
                differ.is_empty(),
                "{:?}: {:?}\nin memory {}, in SQL {}\n{differ:#?}",
                t.db.dialect(),
                filter.query.map(|q| q.expr),
                expected.len(),
                found.len()
            );
            if round % 8 == 0 {
                // The way of the list, through roll-ups and index.
                let page = store::event::page(&mut tx, &filter, None, 300).await.unwrap();
                let listed: BTreeSet<EventId> = page.events.iter().map(|e| e.id).collect();
                assert_eq!((&listed, page.next), (&expected, None), "{:?}", filter.query);
                let count = store::event::count(&mut tx, &filter).await.unwrap();
                assert_eq!((count.n, count.exact), (expected.len() as i64, true), "{:?}", filter.query);
                let buckets = store::event::histogram(&mut tx, &filter, 20).await.unwrap().buckets;
                let sum: i64 = buckets.iter().flat_map(|b| b.counts).sum();
                assert_eq!(sum, expected.len() as i64, "{:?}", filter.query);
            }
        }
        assert!(found_some > 500, "only {found_some} queries told events apart");
    })
    .await;
}

#[test]
fn what_is_printed_is_read_as_the_same_query() {
    let mut r = Random(73);
    for _ in 0..3000 {
        let seed = bytes(&mut r, 120);
        let query = testing::query(&mut Choices(&seed));
        let text = query.to_string();
        let again = parse(&text, &EVENTS, at(0)).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(again.to_string(), text);
        let event = testing::event(&mut Choices(&bytes(&mut r, 160)));
        assert_eq!(again.matches(&event), query.matches(&event), "{text}\n{event:?}");
    }
}

/// Sentences about six events.
#[tokio::test]
async fn queries_find_what_their_sentences_say() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut events: Vec<NewEvent> = [
            "Failed password for root from 10.0.0.1",
            "failed passwords: ÉTÉ 100%",
            "password accepted for o'brien \"quoted\" a_b",
            "disk sda1 is full",
            "",
            "kernel: [12.5] C:\\Windows ok ok ok",
        ]
        .iter()
        .enumerate()
        .map(|(i, message)| event(i as i64 * 3600, message))
        .collect();
        for (i, payload) in [
            r#"{"port": 22, "user": {"name": "root", "tags": ["a", "b"]}}"#,
            r#"{"port": "22", "user": {"name": null}}"#,
            r#"{"port": 22.0, "ok": true, "a.b": 1}"#,
            r#"{"port": 4000000000000000000000, "ok": "true", "list": [1, {"x": 1}, 9]}"#,
            r#"{"port": 1e-400, "list": [], "odd \"key\\": "v"}"#,
            r#"{"n": -5, "list": [[1]], "": {"é": false}, "who": "r\u006fot", "path": "a\/b", "both": "é\u00e9"}"#,
        ]
        .into_iter()
        .enumerate()
        {
            events[i].raw_payload = payload.to_owned();
            events[i].severity = Severity::ALL[i.min(4)];
        }
        events[0].component = Some("api".to_owned());
        events[1].component = Some("API".to_owned());
        events[2].component = Some("a[1]*".to_owned());
        events[0].source = Some("fw".to_owned());
        events[1].source = Some("fw 2".to_owned());
        insert(&t.db, org, events).await;
        let stored = all_pages(
            &t.db,
            org,
            &EventFilter { order: domain::page::Order::Oldest, ..Default::default() },
            10,
        )
        .await;
        let mut tx = read(&t.db, org).await;
        for (text, expected) in [
            ("failed", &[0, 1][..]),
            ("FAILED password", &[0]),
            ("\"failed password\"", &[0]),
            ("password*", &[0, 1, 2]),
            ("\"failed pass\"*", &[0, 1]),
            ("été", &[1]),
            ("10.0.0.1", &[0]),
            ("o'brien", &[2]),
            ("*s?a1*", &[3]),
            ("*ASSWORD*", &[0, 1, 2]),
            ("*100%*", &[1]),
            ("*a_b*", &[2]),
            ("*\\\\windows*", &[5]),
            ("\"ok ok ok\"", &[5]),
            ("\"ok ok ok ok\"", &[]),
            ("-failed -password", &[3, 4, 5]),
            ("failed OR disk", &[0, 1, 3]),
            ("NOT (failed OR disk) password", &[2]),
            ("component:api", &[0]),
            ("component:[api, API]", &[0, 1]),
            ("component:a*", &[0, 2]),
            ("component:a?1]\\*", &[2]),
            ("component:*", &[0, 1, 2]),
            ("-component:*", &[3, 4, 5]),
            ("-component:api", &[1, 2, 3, 4, 5]),
            ("component<a", &[1]),
            ("source:fw", &[0]),
            ("source:fw*", &[0, 1]),
            ("-source:fw", &[1, 2, 3, 4, 5]),
            ("severity>=high", &[3, 4, 5]),
            ("severity:[info, critical]", &[0, 4, 5]),
            ("-severity:critical", &[0, 1, 2, 3]),
            ("payload.port:22", &[0, 1, 2]),
            ("payload.port>=22", &[0, 2, 3]),
            ("payload.port<1", &[4]),
            ("payload.port:*", &[0, 1, 2, 3, 4]),
            ("payload.ok:true", &[2, 3]),
            ("payload.user.name:root", &[0]),
            ("payload.user.name:r*", &[0]),
            ("payload.user.name:null", &[1]),
            ("payload.user.name:*", &[0]),
            ("payload.user:*", &[0, 1]),
            ("payload.user.tags:b", &[0]),
            ("payload.who:root", &[5]),
            ("-payload.who:root", &[0, 1, 2, 3, 4]),
            ("payload.path:\"a/b\"", &[5]),
            ("payload.both:éé", &[5]),
            ("payload.list:9", &[3]),
            ("payload.list:1", &[3]),
            ("payload.list:*", &[3, 4, 5]),
            ("-payload.list:9", &[0, 1, 2, 4, 5]),
            ("payload.n:-5", &[5]),
            ("payload.\"a.b\":1", &[2]),
            ("time>=2026-11-23T10:30:00Z time<2026-11-23T12:30:00Z", &[1, 2]),
            ("time:2026-11-23 failed", &[0, 1]),
        ] {
            let filter = EventFilter { query: Some(asked(text)), ..EventFilter::default() };
            let of = |ids: &[EventId]| -> BTreeSet<usize> {
                ids.iter().filter_map(|id| stored.iter().position(|e| e.id == *id)).collect()
            };
            let expected: BTreeSet<usize> = expected.iter().copied().collect();
            let memory: BTreeSet<usize> = (0..stored.len())
                .filter(|i| filter.query.as_ref().is_some_and(|q| q.matches(&stored[*i])))
                .collect();
            assert_eq!(memory, expected, "{text} in memory");
            assert_eq!(of(&store::event::ids(&mut tx, &filter).await.unwrap()), expected, "{text}");
            let page = store::event::page(&mut tx, &filter, None, 10).await.unwrap().events;
            let page: Vec<EventId> = page.into_iter().map(|e| e.id).collect();
            assert_eq!(of(&page), expected, "{text} in the list");
            let count = store::event::count(&mut tx, &filter).await.unwrap().n;
            assert_eq!(count, expected.len() as i64, "{text} counted");
        }
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

/// How many events a query finds in the list.
async fn listed(db: &Db, org: OrganizationId, text: &str) -> usize {
    let filter = EventFilter { query: Some(asked(text)), ..EventFilter::default() };
    all_pages(db, org, &filter, 100).await.len()
}

#[tokio::test]
async fn messages_from_before_the_index_are_found_after_the_migration() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        // They lose their words, as if they were from before; more than are filled in one go.
        insert(&t.db, org, (0..2500).map(|i| event(i, "an old needle")).collect()).await;
        let mut tx = system(&t.db).await;
        let lost = match t.db.dialect() {
            Dialect::Sqlite => "DELETE FROM event_words WHERE rowid > 100",
            Dialect::Postgres => "UPDATE events SET words = NULL",
        };
        tx.conn().exec(sql(lost)).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert!(listed(&t.db, org, "needle").await <= 100);
        t.db.migrate().await.unwrap();
        assert_eq!(listed(&t.db, org, "needle").await, 2500);
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn an_events_words_go_with_it() {
    // SQLite alone: PostgreSQL keeps the words in the row.
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    insert(&t.db, org, vec![event(0, "first one"), event(1, "second one")]).await;
    let mut tx = system(&t.db).await;
    tx.conn().exec(sql("DELETE FROM events WHERE message = 'second one'")).await.unwrap();
    tx.commit_unaudited_bookkeeping().await.unwrap();
    // Its number is given again.
    insert(&t.db, org, vec![event(2, "third one")]).await;
    for (text, n) in [("second", 0), ("third", 1), ("one", 2)] {
        assert_eq!(listed(&t.db, org, text).await, n, "{text}");
    }
}

#[tokio::test]
async fn rare_words_are_found_at_once_among_many_events() {
    // SQLite alone: it is about the budget of a page.
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    for part in 0..40_i64 {
        let mut events: Vec<_> = (0..9000).map(|i| event(part * 9000 + i, "common words of a day")).collect();
        if part == 0 {
            events[17].message = "common needle".to_owned();
        }
        insert(&t.db, org, events).await;
    }
    for (text, n) in
        [("needle", 1), ("common needle", 1), ("needle OR thread", 1), ("needle -day", 1), ("needle day", 0)]
    {
        let filter = EventFilter { query: Some(asked(text)), ..EventFilter::default() };
        let mut tx = read(&t.db, org).await;
        let page = store::event::page(&mut tx, &filter, None, 10).await.unwrap();
        assert_eq!((page.events.len(), page.next), (n, None), "{text}");
        let count = store::event::count(&mut tx, &filter).await.unwrap();
        assert_eq!((count.n, count.exact), (n as i64, true), "{text}");
    }
    // A common word fills its page from the newest, page after page.
    let filter = EventFilter { query: Some(asked("common -needle")), ..EventFilter::default() };
    let mut tx = read(&t.db, org).await;
    let (mut after, mut seen) = (None, BTreeSet::new());
    for _ in 0..30 {
        let page = store::event::page(&mut tx, &filter, after, 700).await.unwrap();
        assert_eq!(page.events.len(), 700);
        seen.extend(page.events.iter().map(|e| e.occurred_at));
        after = page.next;
    }
    assert_eq!(seen.len(), 21_000);
}
