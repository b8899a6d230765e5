//! What a batch leaves behind: rows, groups, roll-ups, sources.

use domain::group::GroupFilter;
use domain::{EventId, Severity};
use store::db::Dialect;
use store::ingest::{self, Answer, Batch};
use store::rollup;
use testkit::for_each_backend;

use crate::events_world::{Random, any_event, event, insert, number, prepared, problems};
use crate::world::{at, entry, id, organization, read, system, write};

/// Of the sources that were made.
fn names(outcome: &store::ingest::Outcome) -> Vec<&str> {
    outcome.new_sources.iter().map(|(_, name)| name.as_str()).collect()
}

#[tokio::test]
async fn a_batch_is_stored_with_groups_rollups_and_sources() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut first = event(0, "request 1 took 3 ms");
        (first.source, first.component, first.severity) =
            (Some("web".to_owned()), Some("api".to_owned()), Severity::Low);
        let mut second = event(7200, "request 2 took 4 ms");
        (second.source, second.component, second.severity) =
            (Some("web".to_owned()), Some("api".to_owned()), Severity::Critical);
        second.raw_payload = r#"{"a": "x", "b": [1, 123456789012345678901234567890.25]}"#.to_owned();
        // Late and out of order.
        let mut third = event(-90_000, "request 3 took 5 ms");
        (third.source, third.component) = (Some("fw".to_owned()), Some("api".to_owned()));
        let outcome = insert(&t.db, org, vec![first, second.clone()]).await;
        assert_eq!((outcome.duplicates.len(), names(&outcome)), (0, vec!["web"]));
        assert_eq!(names(&insert(&t.db, org, vec![third]).await), ["fw"]);

        let groups =
            store::group::list(&mut read(&t.db, org).await, &GroupFilter::default(), None, 10).await.unwrap();
        assert_eq!(groups.len(), 1);
        let group = &groups[0];
        assert_eq!(
            (group.event_count, group.severity, group.first_seen, group.last_seen),
            (3, Severity::Critical, at(-90_000), at(7200))
        );
        assert_eq!(
            (group.template.as_str(), group.example.as_str()),
            ("request <n> took <n> ms", "request 1 took 3 ms")
        );

        let sources = store::source::page(&mut read(&t.db, org).await, "", None, 100).await.unwrap();
        let counts: Vec<_> =
            sources.iter().map(|s| (s.name.as_str(), s.event_count, s.last_activity)).collect();
        assert_eq!(counts, [("fw", 1, Some(at(900_000))), ("web", 2, Some(at(900_000)))]);

        let found =
            store::event::page(&mut read(&t.db, org).await, &Default::default(), None, 10).await.unwrap();
        let newest = &found.events[0];
        assert_eq!(
            (newest.occurred_at, newest.ingested_at, newest.source.as_deref()),
            (at(7200), at(900_000), Some("web"))
        );
        assert_eq!(newest.raw_payload.text(), r#"{"a":"x","b":[1,123456789012345678901234567890.25]}"#);
        assert_eq!(
            store::event::get(&mut read(&t.db, org).await, newest.id).await.unwrap().as_ref(),
            Some(newest)
        );
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn known_ids_are_passed_over_and_count_nowhere() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut r = Random(1);
        let events: Vec<_> = (0..300)
            .map(|i| {
                let mut e = any_event(&mut r);
                // Some rows leave the id to us; one in ten repeats the id before it.
                e.id = if i % 7 == 0 { None } else { Some(id::<EventId>()) };
                e
            })
            .collect();
        let mut twice = events.clone();
        for i in (10..300).step_by(10) {
            twice[i].id = twice[i - 1].id;
        }
        let repeated = (10..300).step_by(10).filter(|i| twice[*i].id.is_some()).count();
        let outcome = insert(&t.db, org, twice.clone()).await;
        assert_eq!(outcome.duplicates.len(), repeated);
        let stored = 300 - repeated as i64;
        assert_eq!(
            number(&t.db, org, "SELECT count(*) FROM events WHERE organization_id = $1").await,
            stored
        );
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());

        // The same again, with some fresh rows between.
        let again: Vec<_> = twice
            .iter()
            .filter(|e| e.id.is_some())
            .cloned()
            .chain((0..20).map(|_| any_event(&mut r)))
            .collect();
        let outcome = insert(&t.db, org, again.clone()).await;
        assert_eq!(outcome.duplicates.len(), again.len() - 20);
        assert!(outcome.duplicates.is_sorted() && outcome.duplicates.iter().all(|i| *i < again.len() - 20));
        assert_eq!(
            number(&t.db, org, "SELECT count(*) FROM events WHERE organization_id = $1").await,
            stored + 20
        );
        let sum =
            "SELECT CAST(COALESCE(SUM(event_count), 0) AS BIGINT) FROM groups WHERE organization_id = $1";
        assert_eq!(number(&t.db, org, sum).await, stored + 20);
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_same_ids_in_another_organization_are_other_events() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        let mut shared = event(0, "the same");
        shared.id = Some(id());
        for org in [a, b] {
            assert_eq!(insert(&t.db, org, vec![shared.clone()]).await.duplicates.len(), 0);
        }
        for org in [a, b] {
            assert_eq!(number(&t.db, org, "SELECT count(*) FROM events WHERE organization_id = $1").await, 1);
            assert!(
                store::event::get(&mut read(&t.db, org).await, shared.id.unwrap()).await.unwrap().is_some()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn concurrent_writers_of_the_same_ids_store_each_once() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut r = Random(5);
        let events: Vec<_> = (0..400)
            .map(|_| {
                let mut e = any_event(&mut r);
                e.id = Some(id::<EventId>());
                e
            })
            .collect();
        let mut tasks = Vec::new();
        for task in 0..6 {
            let (db, mut mine) = (t.db.clone(), events.clone());
            // Each in another order, to provoke deadlocks.
            mine.rotate_left(task * 61);
            if task % 2 == 1 {
                mine.reverse();
            }
            tasks.push(tokio::spawn(async move { insert(&db, org, mine).await.duplicates.len() }));
        }
        let mut duplicates = 0;
        for task in tasks {
            duplicates += task.await.unwrap();
        }
        assert_eq!(duplicates, 5 * 400);
        assert_eq!(number(&t.db, org, "SELECT count(*) FROM events WHERE organization_id = $1").await, 400);
        assert_eq!(
            number(
                &t.db,
                org,
                "SELECT CAST(SUM(event_count) AS BIGINT) FROM sources WHERE organization_id = $1"
            )
            .await,
            { events.iter().filter(|e| e.source.is_some()).count() as i64 }
        );
        assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_rollback_leaves_nothing() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let batch = Batch::new(vec![prepared(org, event(0, "x"))]);
        for _ in 0..2 {
            let mut tx = write(&t.db, org).await;
            ingest::insert(&mut tx, &batch, at(0), &id::<uuid::Uuid>).await.unwrap();
            drop(tx);
        }
        for table in [
            "SELECT count(*) FROM events WHERE organization_id = $1",
            "SELECT count(*) FROM groups WHERE organization_id = $1",
        ] {
            assert_eq!(number(&t.db, org, table).await, 0);
        }
        assert_eq!(insert(&t.db, org, vec![event(0, "x")]).await.duplicates.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn batches_of_one_transaction_stay_apart() {
    for_each_backend(|t| async move {
        let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
        for round in 0..2 {
            let mut tx = system(&t.db).await;
            for (org, text) in [(a, "of alpha"), (b, "of beta"), (a, "more of alpha")] {
                let batch = Batch::new(vec![
                    prepared(org, event(round, text)),
                    prepared(org, event(round + 9, text)),
                ]);
                ingest::insert(&mut tx.within(org), &batch, at(0), &id::<uuid::Uuid>).await.unwrap();
            }
            tx.commit_unaudited_bookkeeping().await.unwrap();
            // The connection that the owner used serves the bound role again.
            for org in [a, b] {
                insert(&t.db, org, vec![event(round + 99, "later")]).await;
            }
        }
        for (org, n) in [(a, 10), (b, 6)] {
            assert_eq!(number(&t.db, org, "SELECT count(*) FROM events WHERE organization_id = $1").await, n);
            assert_eq!(problems(&t.db, org).await, Vec::<String>::new());
        }
    })
    .await;
}

#[tokio::test]
async fn check_finds_what_is_wrong_and_rebuild_repairs_it() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut r = Random(9);
        insert(&t.db, org, (0..500).map(|_| any_event(&mut r)).collect()).await;
        for damage in [
            "UPDATE event_rollups SET info = info + 1 WHERE organization_id = $1 AND field = 'service'",
            "DELETE FROM event_totals WHERE organization_id = $1 AND grain = 'hour'",
            "UPDATE event_totals SET low = low + 1 WHERE organization_id = $1 AND grain = 'minute'",
            "UPDATE event_rollups SET critical = critical + 1 WHERE organization_id = $1 AND grain = 'day' AND field = 'group_id'",
            "UPDATE groups SET event_count = event_count + 3 WHERE organization_id = $1",
            match t.db.dialect() {
                Dialect::Sqlite => {
                    "DELETE FROM event_words WHERE rowid IN (SELECT seq FROM events WHERE organization_id = $1 AND seq % 3 = 0)"
                }
                Dialect::Postgres => {
                    "UPDATE events SET words = NULL WHERE organization_id = $1 AND severity = 'info'"
                }
            },
        ] {
            use store::Scoped as _;
            let mut tx = write(&t.db, org).await;
            let q = tx.sql(damage);
            tx.conn().exec(q).await.unwrap();
            tx.commit(entry()).await.unwrap();
            assert!(!problems(&t.db, org).await.is_empty(), "{damage}");
            let mut tx = write(&t.db, org).await;
            let rows = rollup::rebuild(&mut tx).await.unwrap();
            assert!(rows > 100);
            tx.commit(entry()).await.unwrap();
            assert_eq!(problems(&t.db, org).await, Vec::<String>::new(), "{damage}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_kept_once() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let answer = Answer {
            request_hash: "h".to_owned(),
            status: 200,
            response: serde_json::json!({ "accepted": 1 }),
        };
        for fresh in [true, false] {
            let mut tx = write(&t.db, org).await;
            assert_eq!(ingest::keep_answer(&mut tx, "key-1", &answer).await.unwrap(), fresh);
            tx.commit(entry()).await.unwrap();
        }
        assert_eq!(ingest::answer(&mut read(&t.db, org).await, "key-1").await.unwrap(), Some(answer));
        assert_eq!(ingest::answer(&mut read(&t.db, org).await, "key-2").await.unwrap(), None);
        let other = organization(&t.db, "beta").await;
        assert_eq!(ingest::answer(&mut read(&t.db, other).await, "key-1").await.unwrap(), None);
    })
    .await;
}
