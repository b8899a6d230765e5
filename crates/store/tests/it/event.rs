//! Lists, counts and histograms against a plain model, over random data.

use std::collections::HashSet;

use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::Order;
use domain::{EventId, OrganizationId, Severity};
use store::Db;
use testkit::for_each_backend;

use crate::events_world::{
    COMPONENTS, MESSAGES, Random, SERVICES, SYSTEMS, TYPES, all_pages, any_event, asked, event, insert,
    naive, part,
};
use crate::world::{at, organization, read};

async fn filled(db: &Db, slug: &str, seed: u64, n: usize) -> (OrganizationId, Vec<Event>) {
    let org = organization(db, slug).await;
    let mut r = Random(seed);
    insert(db, org, (0..n).map(|_| any_event(&mut r)).collect()).await;
    let events = all_pages(db, org, &EventFilter::default(), 500).await;
    assert_eq!(events.len(), n);
    (org, events)
}

fn any_filter(r: &mut Random, events: &[Event]) -> EventFilter {
    let mut filter = EventFilter {
        order: if r.below(2) == 0 { Order::Newest } else { Order::Oldest },
        ..EventFilter::default()
    };
    let list = |r: &mut Random, from: &[&str]| -> Vec<String> {
        (0..r.below(3)).map(|_| from[r.below(from.len() as u64) as usize].to_owned()).collect()
    };
    for _ in 0..=r.below(3) {
        match r.below(11) {
            0 => filter.component = list(r, &COMPONENTS),
            1 => filter.service = list(r, &SERVICES),
            2 => filter.environment = list(r, &["prod", "staging", "nowhere"]),
            3 => filter.system_id = list(r, &SYSTEMS),
            4 => filter.event_type = list(r, &TYPES),
            5 => filter.severity = (0..r.below(3)).map(|_| Severity::ALL[r.below(5) as usize]).collect(),
            6 => filter.from = Some(at(r.below(432_000) as i64)),
            7 => filter.to = Some(at(r.below(432_000) as i64)),
            8 => {
                filter.query = Some(asked(r.pick(&[
                    "PASSWORD",
                    "*%*",
                    r"*_with\ \\*",
                    "42",
                    "r*",
                    "nothing like it",
                    "component:api service:[shop, edge]",
                    "severity>=high NOT severity:critical",
                    "source:fw",
                    "source:nobody",
                    "password OR deny",
                    "-failed",
                    "severity:low severity:high",
                    "time<2026-11-25",
                    "payload.n<10000",
                ])));
            }
            9 => filter.group_id = Some(events[r.below(events.len() as u64) as usize].group_id),
            _ => {
                let event = &events[r.below(events.len() as u64) as usize];
                if r.below(2) == 0 {
                    filter.fingerprint = Some(event.fingerprint.clone());
                } else {
                    filter.source_id = event.source_id.into_iter().collect();
                }
            }
        }
    }
    filter
}

#[tokio::test]
async fn every_filter_means_what_the_plain_model_says() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 11, 2500).await;
        filled(&t.db, "beta", 12, 200).await;
        let mut r = Random(13);
        for round in 0..120 {
            let filter = any_filter(&mut r, &events);
            let expected = naive(&events, &filter, org);
            let limit = [3, 17, 100][round % 3];
            let limit = if expected.len() > 600 { 200 } else { limit };
            assert_eq!(all_pages(&t.db, org, &filter, limit).await, expected, "{filter:?}");
            let count = store::event::count(&mut read(&t.db, org).await, &filter).await.unwrap();
            assert_eq!((count.n, count.exact), (expected.len() as i64, true), "{filter:?}");
            let buckets = store::event::histogram(&mut read(&t.db, org).await, &filter, 40).await.unwrap();
            let mut sums = [0; 5];
            for bucket in &buckets {
                for (sum, n) in sums.iter_mut().zip(bucket.counts) {
                    *sum += n;
                }
            }
            let by_severity =
                Severity::ALL.map(|s| expected.iter().filter(|e| e.severity == s).count() as i64);
            assert_eq!(sums, by_severity, "{filter:?}");
            assert!(buckets.len() <= 42, "{}", buckets.len());
        }
    })
    .await;
}

#[tokio::test]
async fn histogram_buckets_have_no_gaps_and_hold_their_events() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 3, 800).await;
        for (from, to, most) in
            [(0, 3600, 60), (100, 7000, 30), (0, 432_000, 50), (5_000, 300_000, 12), (0, 60, 10)]
        {
            let filter = EventFilter { from: Some(at(from)), to: Some(at(to)), ..EventFilter::default() };
            let buckets = store::event::histogram(&mut read(&t.db, org).await, &filter, most).await.unwrap();
            let step = buckets.get(1).map_or(i64::MAX, |b| b.start.micros() - buckets[0].start.micros());
            for pair in buckets.windows(2) {
                assert_eq!(pair[1].start.micros() - pair[0].start.micros(), step);
            }
            for bucket in &buckets {
                let n = events.iter().filter(|e| e.occurred_at >= at(from) && e.occurred_at < at(to));
                let n = n.filter(|e| {
                    e.occurred_at >= bucket.start && e.occurred_at.micros() - bucket.start.micros() < step
                });
                assert_eq!(bucket.counts.iter().sum::<i64>(), n.count() as i64, "{filter:?} {bucket:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn paging_neither_skips_nor_repeats_while_rows_arrive() {
    for_each_backend(|t| async move {
        for filter in [
            EventFilter::default(),
            EventFilter { order: Order::Oldest, ..EventFilter::default() },
            EventFilter { component: vec!["api".to_owned()], ..EventFilter::default() },
            EventFilter { severity: vec![Severity::High], order: Order::Oldest, ..EventFilter::default() },
        ] {
            let slug = format!("o-{}", crate::world::id::<EventId>().0.as_u128() & 0xffff_ffff);
            let (org, events) = filled(&t.db, &slug, 21, 700).await;
            let expected: Vec<EventId> = naive(&events, &filter, org).iter().map(|e| e.id).collect();
            let known: HashSet<EventId> = events.iter().map(|e| e.id).collect();
            let mut r = Random(22);
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let found =
                    store::event::page(&mut read(&t.db, org).await, &filter, after, 31).await.unwrap();
                seen.extend(found.events.iter().map(|e| e.id));
                let Some(next) = found.next else { break };
                after = Some(next);
                // Before, at and after the cursor, and in the same microsecond.
                let mut late: Vec<_> = (0..10).map(|_| any_event(&mut r)).collect();
                let mut same = event(0, "the same instant");
                same.occurred_at = next.at;
                same.component = Some("api".to_owned());
                late.push(same);
                insert(&t.db, org, late).await;
            }
            let unique: HashSet<_> = seen.iter().collect();
            assert_eq!(unique.len(), seen.len(), "repeated: {filter:?}");
            seen.retain(|id| known.contains(id));
            assert_eq!(seen, expected, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn special_characters_of_a_text_filter_stand_for_themselves() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        insert(&t.db, org, MESSAGES.iter().map(|m| event(0, m)).collect()).await;
        for (text, n) in
            [("%", 1), ("_", 1), ("\\", 1), ("100%", 1), ("PASSWORD", 1), ("'", 0), ("größer", 1)]
        {
            let filter = EventFilter { query: Some(part(text)), ..EventFilter::default() };
            assert_eq!(all_pages(&t.db, org, &filter, 10).await.len(), n, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_organization_never_sees_another_ones_events() {
    for_each_backend(|t| async move {
        let (a, events) = filled(&t.db, "alpha", 31, 300).await;
        let b = organization(&t.db, "beta").await;
        let mut tx = read(&t.db, b).await;
        assert_eq!(store::event::get(&mut tx, events[0].id).await.unwrap(), None);
        let filters = [
            EventFilter::default(),
            EventFilter { group_id: Some(events[0].group_id), ..EventFilter::default() },
            EventFilter {
                source_id: events.iter().filter_map(|e| e.source_id).collect(),
                ..EventFilter::default()
            },
            EventFilter { severity: vec![Severity::Info], ..EventFilter::default() },
        ];
        for filter in filters {
            assert!(store::event::page(&mut tx, &filter, None, 10).await.unwrap().events.is_empty());
            assert_eq!(store::event::count(&mut tx, &filter).await.unwrap().n, 0);
            assert!(store::event::histogram(&mut tx, &filter, 10).await.unwrap().is_empty());
        }
        assert!(store::group::list(&mut tx, &Default::default(), None, 10).await.unwrap().is_empty());
        assert!(
            store::rollup::top(&mut tx, "component", &[], Default::default(), 10).await.unwrap().is_empty()
        );
        assert!(store::group::get(&mut tx, events[0].group_id).await.unwrap().is_none());
        let overview = store::overview::get(&mut tx, at(0), at(432_000), 3600).await.unwrap();
        assert_eq!((overview.events, overview.groups_new, overview.sources_active), (0, 0, 0));
        drop(tx);
        assert!(
            store::overview::get(&mut read(&t.db, a).await, at(0), at(432_000), 3600).await.unwrap().events
                > 290
        );
    })
    .await;
}

#[tokio::test]
async fn a_long_search_in_vain_pauses_and_goes_on() {
    // SQLite alone: it is about the budget, and half a million rows are quickly there only in one file.
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    for part in 0..40_i64 {
        let mut events: Vec<_> = (0..9000).map(|i| event(part * 9000 + i, "nothing")).collect();
        if part == 0 {
            events[17].message = "the needle".to_owned();
        }
        insert(&t.db, org, events).await;
    }
    let filter = EventFilter { query: Some(part("NEEDLE")), ..EventFilter::default() };
    let first = store::event::page(&mut read(&t.db, org).await, &filter, None, 10).await.unwrap();
    assert!(first.events.is_empty() && first.next.is_some());
    assert_eq!(all_pages(&t.db, org, &filter, 10).await.len(), 1);
    let count = store::event::count(&mut read(&t.db, org).await, &filter).await.unwrap();
    assert!(!count.exact);
    // One over-full hour is cut into parts.
    let filter = EventFilter { order: Order::Oldest, ..filter };
    assert_eq!(all_pages(&t.db, org, &filter, 10).await.len(), 1);
}

#[tokio::test]
async fn an_hour_with_more_rows_than_a_statement_reads_is_cut() {
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    // 120,000 events in half an hour; every hundredth matches.
    for part in 0..12_i64 {
        let events = (0..10_000_i64).map(|i| {
            let n = part * 10_000 + i;
            let mut e = event(0, if n % 100 == 0 { "found me" } else { "nothing" });
            e.occurred_at = at(0).plus_micros(n * 15_000);
            e
        });
        insert(&t.db, org, events.collect()).await;
    }
    for (order, query) in [
        (Order::Newest, part("found")),
        (Order::Oldest, part("found")),
        (Order::Newest, asked("found")),
        (Order::Oldest, asked("NOT nothing")),
    ] {
        let filter = EventFilter { query: Some(query), order, ..EventFilter::default() };
        let found = all_pages(&t.db, org, &filter, 100).await;
        assert_eq!(found.len(), 1200);
        assert_eq!(found.iter().map(|e| e.id).collect::<HashSet<_>>().len(), 1200);
        let sorted =
            found.windows(2).all(|w| (w[0].occurred_at < w[1].occurred_at) == (order == Order::Oldest));
        assert!(sorted);
    }
}
