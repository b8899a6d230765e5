//! Lists, counts and histograms against a plain model, over random data.

use std::collections::{BTreeMap, HashSet};

use domain::event::Event;
use domain::filter::{EventFilter, Facet, FacetRequest};
use domain::page::Order;
use domain::query::{EVENTS, edit};
use domain::{EventId, OrganizationId, Severity, Timestamp};
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
            let buckets =
                store::event::histogram(&mut read(&t.db, org).await, &filter, 40).await.unwrap().buckets;
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

/// The full hour that has begun.
fn hour(at: Timestamp) -> Timestamp {
    at.plus_seconds(-(at.seconds() % 3600))
}

/// What a facet counts: the events that match without the filter's own choice of the field.
fn naive_facet(
    all: &[Event],
    filter: &EventFilter,
    org: OrganizationId,
    field: &str,
    sampled: Option<i64>,
) -> Facet {
    let mut own = filter.clone();
    let name = if field == "source_id" { "source" } else { field };
    own.query = filter.query.as_ref().map(|q| {
        let text = q.to_string();
        asked(&edit::clear(&text, &EVENTS, name).unwrap_or(text))
    });
    match field {
        "severity" => own.severity.clear(),
        "component" => own.component.clear(),
        "service" => own.service.clear(),
        "environment" => own.environment.clear(),
        "system_id" => own.system_id.clear(),
        "event_type" => own.event_type.clear(),
        _ => own.source_id.clear(),
    }
    let found = naive(all, &own, org);
    // All, or the first so many of more.
    let counted = sampled.map_or(found.len(), |n| n as usize);
    assert!(counted <= found.len() && sampled.is_none_or(|n| n <= 2000), "{counted} of {}", found.len());
    let mut counts = BTreeMap::new();
    for e in &found[..counted] {
        let value = match field {
            "severity" => Some(e.severity.to_string()),
            "component" => e.component.clone(),
            "service" => e.service.clone(),
            "environment" => e.environment.clone(),
            "system_id" => e.system_id.clone(),
            "event_type" => e.event_type.clone(),
            _ => e.source_id.map(|id| id.to_string()),
        };
        if let Some(value) = value {
            *counts.entry(value).or_insert(0) += 1;
        }
    }
    let mut values: Vec<(String, i64)> = counts.into_iter().collect();
    values.sort_by_key(|(_, n)| -n);
    let longer = values.len() > 4;
    values.truncate(4);
    Facet { field: field.to_owned(), values, longer, sampled, hours: false, have: None }
}

#[tokio::test]
async fn a_facet_counts_what_matches_without_its_own_choice() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 21, 3200).await;
        filled(&t.db, "beta", 22, 200).await;
        let mut r = Random(23);
        let (mut sampled, mut exact) = (0, 0);
        for round in 0..80 {
            let mut filter = any_filter(&mut r, &events);
            // Every other time not all may be read.
            let rows = if round % 2 == 0 { 3000 } else { 50_000 };
            let four = FacetRequest { limit: 4, rows, ..FacetRequest::default() };
            if round % 8 == 0 {
                // More than are counted.
                filter = EventFilter {
                    query: Some(asked("-failed")),
                    order: filter.order,
                    ..EventFilter::default()
                };
            }
            // Roll-ups know whole hours.
            (filter.from, filter.to) = (filter.from.map(hour), filter.to.map(hour));
            let facets = store::event::facets(&mut read(&t.db, org).await, &filter, &four).await.unwrap();
            let names: Vec<&str> = facets.iter().map(|f| f.field.as_str()).collect();
            assert_eq!(
                names,
                ["severity", "component", "service", "environment", "system_id", "event_type", "source_id"]
            );
            for facet in facets {
                assert!(rows == 3000 || facet.sampled.is_none(), "{filter:?}");
                sampled += usize::from(facet.sampled.is_some());
                exact += usize::from(facet.sampled.is_none() && !facet.values.is_empty());
                assert_eq!(
                    facet,
                    naive_facet(&events, &filter, org, &facet.field, facet.sampled),
                    "{filter:?}"
                );
            }
        }
        assert!(sampled > 20 && exact > 200, "{sampled} sampled, {exact} exact");
    })
    .await;
}

#[tokio::test]
async fn more_values_of_a_field_are_searched_and_any_part_of_the_payload_is_counted() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        let mut events: Vec<_> = (0..40).map(|i| event(i, "one")).collect();
        for (i, e) in events.iter_mut().enumerate() {
            e.system_id = Some(format!("web-{i:02}"));
            e.component = (i % 2 == 0).then(|| "API_x".to_owned());
            e.raw_payload = match i % 4 {
                0 => r#"{"user": {"na me": "root"}, "port": 22}"#.to_owned(),
                1 => r#"{"user": {"na me": ["root", "Ann", "root"]}, "port": "22"}"#.to_owned(),
                2 => r#"{"user": {"na me": {"deep": 1}}, "port": null}"#.to_owned(),
                _ => r#"{"user": "flat"}"#.to_owned(),
            };
        }
        insert(&t.db, org, events).await;
        let payload: Vec<_> =
            ["payload.user.\"na me\"", "payload.port"].map(|p| edit::target(p, &EVENTS).unwrap()).into();
        for (query, systems, longer) in [("", 10, false), ("component:API_x", 5, false), ("one", 10, false)] {
            let filter = EventFilter { query: Some(asked(query)), ..EventFilter::default() };
            let request = FacetRequest {
                limit: 5,
                more: Some(("system_id".to_owned(), 30, "EB-3".to_owned())),
                payload: payload.clone(),
                ..FacetRequest::default()
            };
            let facets = store::event::facets(&mut read(&t.db, org).await, &filter, &request).await.unwrap();
            let of = |field: &str| facets.iter().find(|f| f.field == field).unwrap();
            // web-30 to web-39.
            assert_eq!((of("system_id").values.len(), of("system_id").longer), (systems, longer), "{query}");
            assert_eq!(of("component").values, [("API_x".to_owned(), 20)], "{query}");
            let own = query.starts_with("component");
            let n = |name: &str, all, own_only| (name.to_owned(), if own { own_only } else { all });
            let names = &of("payload.user.\"na me\"").values;
            let expected =
                if own { vec![n("root", 20, 10)] } else { vec![n("root", 20, 10), n("Ann", 10, 0)] };
            assert_eq!(names, &expected, "{query}");
            assert_eq!(of("payload.port").values, [n("22", 20, 10)], "{query}");
        }
        let request = FacetRequest { limit: 5, ..FacetRequest::default() };
        let all = EventFilter::default();
        let facets = store::event::facets(&mut read(&t.db, org).await, &all, &request).await.unwrap();
        let systems = facets.iter().find(|f| f.field == "system_id").unwrap();
        assert_eq!((systems.values.len(), systems.longer), (5, true));
        // A chosen value of the payload does not hide the others.
        let chosen = EventFilter { query: Some(asked("payload.port:22")), ..EventFilter::default() };
        let request = FacetRequest { limit: 5, payload, ..FacetRequest::default() };
        let facets = store::event::facets(&mut read(&t.db, org).await, &chosen, &request).await.unwrap();
        let of = |field: &str| facets.iter().find(|f| f.field == field).unwrap().values.clone();
        assert_eq!(of("payload.port"), [("22".to_owned(), 20)]);
        assert_eq!(of("component"), [("API_x".to_owned(), 10)]);
    })
    .await;
}

#[tokio::test]
async fn a_part_of_the_payload_that_few_have_is_counted_over_these() {
    for_each_backend(|t| async move {
        let org = organization(&t.db, "alpha").await;
        // The oldest thirteen have a user; nobody of the newest 1,500 has.
        let events: Vec<_> = (0..1513)
            .map(|i| {
                let mut e = event(i * 60, "one");
                if i < 13 {
                    e.raw_payload = format!("{{\"us\\u0065r\": \"u{}\", \"deep\": {{\"x\": {{}}}}}}", i % 2);
                }
                e
            })
            .collect();
        insert(&t.db, org, events).await;
        let of = |path: &str| edit::target(path, &EVENTS).unwrap();
        let user = of("payload.user");
        for query in ["", "one", "-two", "payload.user:u1"] {
            let filter = EventFilter { query: Some(asked(query)), ..EventFilter::default() };
            let payload = vec![user.clone(), of("payload.deep.x"), of("payload.nobody")];
            let request = FacetRequest { limit: 5, payload, ..FacetRequest::default() };
            let mut facets =
                store::event::facets(&mut read(&t.db, org).await, &filter, &request).await.unwrap();
            let parts = facets.split_off(7);
            let own = if query.starts_with("payload") { 6 } else { 13 };
            let expected = [("u0".to_owned(), 7), ("u1".to_owned(), 6)];
            assert_eq!((&*parts[0].values, parts[0].sampled, parts[0].have), (&expected[..], None, Some(13)));
            // Objects are no values, but they are there.
            assert_eq!((parts[1].values.len(), parts[1].have), (0, Some(own)), "{query}");
            assert_eq!((parts[2].values.len(), parts[2].sampled, parts[2].have), (0, None, Some(0)));
            let few = FacetRequest { rows: 500, ..request };
            let facets = store::event::facets(&mut read(&t.db, org).await, &filter, &few).await.unwrap();
            // Nobody of those that may be read has it, which is not nobody: it is said. The words of a text lead to all.
            let words = query == "one";
            assert_eq!(
                (facets[7].sampled, facets[7].have),
                (Some(0).filter(|_| !words), Some(if words { 13 } else { 0 })),
                "{query}"
            );
        }
        let mut tx = read(&t.db, org).await;
        let all = EventFilter::default();
        let found = store::event::values(&mut tx, &all, &user, "U1", 5).await.unwrap();
        assert_eq!(found, (vec![("u1".to_owned(), 6)], true));
        // Paths are those of the newest events.
        let (paths, exact) = store::event::paths(&mut tx, &all, "", 5).await.unwrap();
        assert_eq!((paths[0].0.as_str(), exact), ("payload.n", false));
    })
    .await;
}

#[tokio::test]
async fn an_event_is_told_with_how_common_it_is_and_what_happened_around_it() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 31, 600).await;
        filled(&t.db, "beta", 32, 100).await;
        let mut tx = read(&t.db, org).await;
        for event in events.iter().step_by(37) {
            let filter = EventFilter {
                from: Some(hour(at(36_000))),
                to: Some(hour(at(360_000))),
                ..EventFilter::default()
            };
            let seen = store::event::seen(&mut tx, event, &filter).await.unwrap();
            let within = naive(&events, &filter, org);
            let n = |has: &dyn Fn(&Event) -> bool| within.iter().filter(|e| has(e)).count() as i64;
            let mut expected = vec![("group_id", n(&|e| e.group_id == event.group_id))];
            let mut field = |name, of: fn(&Event) -> &Option<String>| {
                if of(event).is_some() {
                    expected.push((name, n(&|e| of(e) == of(event))));
                }
            };
            field("component", |e| &e.component);
            field("service", |e| &e.service);
            field("environment", |e| &e.environment);
            field("system_id", |e| &e.system_id);
            field("event_type", |e| &e.event_type);
            if event.source_id.is_some() {
                expected.push(("source_id", n(&|e| e.source_id == event.source_id)));
            }
            assert_eq!(seen, expected);

            let alike: Vec<&Event> = events
                .iter()
                .rev()
                .filter(|e| match (&event.system_id, event.source_id) {
                    (Some(_), _) => e.system_id == event.system_id,
                    (None, Some(_)) => e.source_id == event.source_id,
                    _ => true,
                })
                .collect();
            let here = alike.iter().position(|e| e.id == event.id).unwrap();
            let expected = &alike[here.saturating_sub(5)..alike.len().min(here + 6)];
            let found = store::event::surrounding(&mut tx, event, 5).await.unwrap();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn histogram_buckets_have_no_gaps_and_hold_their_events() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 3, 800).await;
        for (from, to, most) in [
            (0, 3600, 60),
            (100, 7000, 30),
            (0, 432_000, 50),
            (5_000, 300_000, 12),
            (0, 60, 10),
            (7, 130, 72),
            (30, 31, 72),
        ] {
            let filter = EventFilter { from: Some(at(from)), to: Some(at(to)), ..EventFilter::default() };
            let buckets =
                store::event::histogram(&mut read(&t.db, org).await, &filter, most).await.unwrap().buckets;
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

/// What a click on a bar, or a drag over some, leads to: the list of just what the bars counted, down to a second.
#[tokio::test]
async fn a_histogram_is_zoomed_into_down_to_seconds_and_agrees_with_the_list() {
    for_each_backend(|t| async move {
        let (org, events) = filled(&t.db, "alpha", 9, 800).await;
        let of = |text: &str| EventFilter { query: Some(asked(text)), ..EventFilter::default() };
        for filter in [EventFilter::default(), of("severity>=low"), of("-severity:info")] {
            let (mut from, mut to) = (at(0), at(432_000));
            let mut steps = Vec::new();
            for _ in 0..8 {
                let filter = EventFilter { from: Some(from), to: Some(to), ..filter.clone() };
                let mut tx = read(&t.db, org).await;
                let buckets = store::event::histogram(&mut tx, &filter, 72).await.unwrap().buckets;
                let found = all_pages(&t.db, org, &filter, 500).await;
                let all: i64 = buckets.iter().flat_map(|b| b.counts).sum();
                assert_eq!(all, found.len() as i64, "{filter:?}");
                let Some(fullest) =
                    buckets.iter().enumerate().max_by_key(|(_, b)| b.counts.iter().sum::<i64>())
                else {
                    break;
                };
                let step = match buckets.as_slice() {
                    [first, second, ..] => second.start.seconds() - first.start.seconds(),
                    _ => break,
                };
                steps.push(step);
                (from, to) = (fullest.1.start.max(from), fullest.1.start.plus_seconds(step).min(to));
                let slice = EventFilter { from: Some(from), to: Some(to), ..filter };
                let listed = all_pages(&t.db, org, &slice, 500).await;
                assert_eq!(listed.len() as i64, fullest.1.counts.iter().sum::<i64>(), "{slice:?}");
                if step == 1 {
                    break;
                }
            }
            assert_eq!(steps.last(), Some(&1), "{steps:?} of {} events", events.len());
            assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "each click leads further: {steps:?}");
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
            assert!(store::event::histogram(&mut tx, &filter, 10).await.unwrap().buckets.is_empty());
        }
        assert!(store::group::list(&mut tx, &Default::default(), None, 10).await.unwrap().is_empty());
        assert!(
            store::rollup::top(&mut tx, "component", "", &[], Default::default(), 10)
                .await
                .unwrap()
                .is_empty()
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
async fn a_few_matches_that_one_page_shows_are_counted_and_not_estimated() {
    let t = testkit::sqlite().await;
    let org = organization(&t.db, "alpha").await;
    for part in 0..8_i64 {
        let events = (0..9000_i64).map(|i| {
            let n = part * 9000 + i;
            // All but one lie in what is read first, so that an estimate would be too high.
            event(n, if n == 17 || n > 71_990 { "the needle" } else { "nothing" })
        });
        insert(&t.db, org, events.collect()).await;
    }
    let filter = EventFilter { query: Some(part("NEEDLE")), ..EventFilter::default() };
    let mut tx = read(&t.db, org).await;
    let count = store::event::count(&mut tx, &filter).await.unwrap();
    let series = store::event::histogram(&mut tx, &filter, 50).await.unwrap().count();
    assert_eq!([(count.n, count.exact), (series.n, series.exact)], [(10, true); 2]);
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
