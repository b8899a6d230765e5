//! Files: the real ones of the shared folder, twice, broken off, refused.

use std::io::{self, Read};

use domain::filter::EventFilter;
use domain::permission::{EventRead, EventWrite};
use domain::upload::{Format, Rejection};
use domain::{OrganizationId, Timestamp};
use service::import::{Plan, Progress, import, rehearse};
use service::{Actor, Error, events};
use testkit::for_each_backend;

use crate::events::event;
use crate::world::{World, start};

async fn read_in(
    world: &World,
    org: OrganizationId,
    bytes: Vec<u8>,
    plan: Plan,
) -> (service::Result<Progress>, Vec<(Rejection, String)>) {
    let cx = world.services.admit::<EventWrite>(&Actor::system("import", org)).unwrap();
    let mut refused = Vec::new();
    let done =
        import(&cx, io::Cursor::new(bytes), plan, &mut |_: Progress, more: Vec<(Rejection, String)>| {
            refused.extend(more);
        })
        .await;
    (done, refused)
}

async fn count(world: &World, org: OrganizationId) -> i64 {
    let cx = world.services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
    events::count(&cx, &EventFilter::default()).await.unwrap().n
}

#[tokio::test]
async fn real_files_twice_do_not_double() {
    let files = [
        "loghub/Apache_2k.log",
        "loghub/OpenSSH_2k.log_structured.csv",
        "loghub/Windows_2k.log",
        "security-datasets/win_sc_query.ndjson",
        "security-datasets/aws_ec2_proxy_s3_exfiltration.ndjson",
    ];
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let mut stored = 0;
        for name in files {
            let bytes = std::fs::read(testkit::shared_data().join(name)).unwrap();
            let plan = || Plan::of_source(name, "app.log", Format::Auto);
            let (first, refused) = read_in(&world, org, bytes.clone(), plan()).await;
            let first = first.unwrap();
            assert_eq!((first.duplicates, first.bytes), (0, bytes.len() as u64), "{name}");
            assert_eq!(first.accepted + first.rejected, first.rows, "{name}");
            assert!(first.rejected * 50 <= first.rows, "{name}: {first:?} {:?}", refused.first());
            stored += first.accepted as i64;
            let (second, _) = read_in(&world, org, bytes.clone(), plan()).await;
            assert_eq!(second.unwrap(), Progress { duplicates: first.accepted, ..first }, "{name}");
            assert_eq!(count(&world, org).await, stored, "{name}");
        }
        let log: Vec<_> =
            world.log(org).await.into_iter().filter(|r| r.action == "EVENTS_IMPORTED").collect();
        assert!(log.len() >= 2 * files.len());
        assert!(log.iter().all(|entry| entry.metadata["file"] == "app.log"), "{log:?}");
    })
    .await;
}

/// `n` lines of which every second equals the one before.
fn lines(n: u64) -> Vec<u8> {
    let lines: Vec<String> = (0..n)
        .map(|i| {
            let (at, number) = (1_795_000_000 + i / 2, i / 2);
            format!("{{\"timestamp\":{at},\"level\":\"warn\",\"msg\":\"line {number}\"}}\n")
        })
        .collect();
    lines.concat().into_bytes()
}

#[tokio::test]
async fn equal_lines_of_one_file_all_count_and_a_broken_off_import_is_completed() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        struct Breaks(io::Cursor<Vec<u8>>);
        impl Read for Breaks {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                match self.0.read(buffer)? {
                    0 => Err(io::Error::other("the cable was pulled")),
                    n => Ok(n),
                }
            }
        }
        let all = lines(12_000);
        let cx = world.services.admit::<EventWrite>(&Actor::system("import", org)).unwrap();
        let mut last = Progress::default();
        let half = all[..all.len() / 2].to_vec();
        let whole = half.split(|byte| *byte == b'\n').count() as u64 - 1;
        let half = Breaks(io::Cursor::new(half));
        let plan = Plan::of_source("app", "app.log", Format::Ndjson);
        let mut watch = |p: Progress, _: Vec<(Rejection, String)>| last = p;
        let broken = import(&cx, half, plan, &mut watch).await;
        assert!(matches!(broken, Err(Error::Invalid(_))));
        assert_eq!((last.rows, count(&world, org).await), (whole, whole as i64));
        // Once from where it stopped, once from the start.
        let (rest, _) = read_in(
            &world,
            org,
            all.clone(),
            Plan { skip: last.rows, ..Plan::of_source("app", "app.log", Format::Ndjson) },
        )
        .await;
        let rest = rest.unwrap();
        assert_eq!((rest.bytes, rest.rows, rest.accepted), (all.len() as u64, 12_000, 12_000 - whole));
        assert_eq!((rest.duplicates, rest.rejected), (0, 0));
        assert_eq!(count(&world, org).await, 12_000);
        let (again, _) = read_in(&world, org, all, Plan::of_source("app", "app.log", Format::Ndjson)).await;
        assert_eq!((again.unwrap().duplicates, count(&world, org).await), (12_000, 12_000));
    })
    .await;
}

#[tokio::test]
async fn refused_rows_are_named_and_the_others_kept() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let text = "{\"time\":\"2026-11-23T09:00:00Z\",\"msg\":\"good\"}\nnot json\n\n{\"time\":\"never\",\"msg\":\"\"}\n";
        let (done, refused) = read_in(&world, org, text.as_bytes().to_vec(), Plan::of_source("app", "app.log", Format::Ndjson)).await;
        let done = done.unwrap();
        assert_eq!((done.accepted, done.rejected, done.rows), (1, 2, 3));
        let short: Vec<_> = refused.iter().map(|(r, text)| (r.index, r.field.as_str(), text.as_str())).collect();
        assert_eq!(short[0], (1, "", "not json"));
        assert!(short[1..].iter().all(|(i, ..)| *i == 2) && short.iter().any(|(_, f, _)| *f == "occurred_at"), "{short:?}");
        let trial = rehearse(io::Cursor::new(text.to_owned()), Plan::of_source("app", "app.log", Format::Ndjson), start(), 2, 10).await.unwrap();
        assert_eq!((trial.accepted, trial.rejected, trial.whole), (1, 1, false));
    })
    .await;
}

#[tokio::test]
async fn a_row_under_the_id_of_another_event_is_refused_with_its_row_and_the_same_row_again_is_not() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let row = |id: u32, message: &str| {
            format!(
                r#"{{"id":"00000000-0000-4000-8000-{id:012}","timestamp":"2026-11-23T09:30:00Z","severity":"low","message":"{message}"}}"#
            )
        };
        let plan = || Plan::of_source("s", "a.ndjson", Format::Auto);
        let rows = [row(1, "one"), row(1, "another"), row(2, "two"), row(2, "two")];
        let (done, refused) = read_in(&world, org, rows.join("\n").into_bytes(), plan()).await;
        let done = done.unwrap();
        assert_eq!((done.rows, done.accepted, done.duplicates, done.rejected), (4, 3, 1, 1));
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].0.index, refused[0].0.field.as_str()), (1, "id"));
        assert_eq!(refused[0].1, rows[1]);
        let later = [row(1, "a third"), row(2, "two")];
        let (done, refused) = read_in(&world, org, later.join("\n").into_bytes(), plan()).await;
        let done = done.unwrap();
        assert_eq!((done.accepted, done.duplicates, done.rejected), (1, 1, 1));
        assert_eq!((refused[0].0.index, refused[0].1.as_str()), (0, later[0].as_str()));
        assert_eq!(count(&world, org).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_bomb_is_refused() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        // The smallest gzip of much: stored blocks are not small, so the limit is.
        let plan = Plan { limit: 100, ..Plan::of_source("app", "app.log", Format::Ndjson) };
        let (done, _) = read_in(&world, org, lines(50), plan).await;
        assert!(matches!(done, Err(Error::Invalid(_))), "{done:?}");
        let _: Timestamp = start();
    })
    .await;
}

#[tokio::test]
async fn a_severity_nobody_knows_costs_neither_the_row_nor_the_word_and_is_told() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = ["dire", "warn", "meh", "dire"].map(|level| {
            format!("{{\"timestamp\":1795000000,\"level\":\"{level}\",\"msg\":\"{level} thing\"}}\n")
        });
        let odd = "{\"timestamp\":1795000000,\"level\":true,\"msg\":\"x\"}\n{\"timestamp\":1795000000,\"msg\":\"says none\"}\n";
        let bytes = (rows.concat() + odd).into_bytes();
        let (done, refused) = read_in(&world, org, bytes.clone(), Plan::of_source("app", "app.log", Format::Auto)).await;
        let done = done.unwrap();
        assert_eq!((done.accepted, refused.len()), (6, 0), "{refused:?}");
        let sentence = "4 rows had a severity that was not understood and became info: 'dire' (2), 'meh' (1), 'true' (1)";
        assert_eq!(done.unknown_severities.sentence().as_deref(), Some(sentence));
        let cx = world.services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
        let found = events::list(&cx, &EventFilter::default(), 10, None).await.unwrap().items;
        let mut kept: Vec<_> = found.iter().map(|e| (e.severity_text.as_str(), e.severity.as_str())).collect();
        kept.sort_unstable();
        let wanted = [("", "info"), ("dire", "info"), ("dire", "info"), ("meh", "info"), ("true", "info"), ("warn", "medium")];
        assert_eq!(kept, wanted);
        let mut plan = Plan::of_source("app", "app.log", Format::Auto);
        plan.mapping.severity = Some(domain::Severity::High);
        let trial = rehearse(io::Cursor::new(bytes), plan, start(), 100, 10).await.unwrap();
        assert_eq!(trial.unknown_severities.became, Some(domain::Severity::High));
    })
    .await;
}

#[tokio::test]
async fn a_severity_that_is_left_blank_is_told() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let levels = ["null", "\"\"", "[]", "{\"a\":1}", "\"error\""];
        let rows = levels
            .map(|level| format!("{{\"timestamp\":1795000000,\"level\":{level},\"msg\":\"{{}}\"}}\n"))
            .concat();
        let plan = || Plan::of_source("app", "app.log", Format::Auto);
        let done = read_in(&world, org, rows.into_bytes(), plan()).await.0.unwrap();
        let sentence = "4 rows had a severity that was not understood and became info: none given (4)";
        assert_eq!((done.accepted, done.unknown_severities.sentence().as_deref()), (5, Some(sentence)));
        // Another column says it.
        let other = b"{\"timestamp\":1795000000,\"severity\":null,\"level\":\"warn\",\"msg\":\"x\"}\n";
        let done = read_in(&world, org, other.to_vec(), plan()).await.0.unwrap();
        assert_eq!((done.accepted, done.unknown_severities.rows), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn rows_that_may_not_say_what_was_meant_are_stored_and_told() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let rows = "time,message\n2026-11-23T09:30:00Z,fine\n2026-11-23T09:31:00Z,one, two\n2026-11-23T09:32:00Z, \"three\"\n";
        let plan = || Plan::of_source("app", "app.csv", Format::Csv);
        let done = read_in(&world, org, rows.into(), plan()).await.0.unwrap();
        let misfits = done.imported.misfits;
        assert_eq!((done.accepted, misfits.rows, misfits.first), (3, 2, Some(1)));
        let said = misfits.sentence().unwrap();
        assert!(said.starts_with("2 rows, first row 2, have more fields than the header names"), "{said}");
        let trial = rehearse(io::Cursor::new(rows), plan(), start(), 100, 10).await.unwrap();
        assert_eq!((trial.accepted, trial.misfits), (3, misfits));
    })
    .await;
}

#[tokio::test]
async fn what_stands_before_the_end_of_a_file_that_was_cut_off_is_stored() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let row = |n: u64| {
            format!("{{\"timestamp\":{},\"level\":\"warn\",\"msg\":\"line {n}\"}},", 1_795_000_000 + n)
        };
        let file = ["[".to_owned(), (0..5_500).map(row).collect::<String>()].concat();
        let plan = || Plan::of_source("app", "app.json", Format::Auto);
        let (done, _) = read_in(&world, org, file.clone().into_bytes(), plan()).await;
        let said = done.unwrap_err().to_string();
        assert!(said.contains("after row 5500") && said.contains("cut off"), "{said}");
        assert_eq!(count(&world, org).await, 5_500);
        let trial = rehearse(io::Cursor::new(file), plan(), start(), 10_000, 10).await.unwrap();
        assert_eq!((trial.accepted, trial.rejected, trial.refused.len()), (5_500, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn the_records_of_a_file_of_cloud_trail_are_its_rows() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let record = |name: &str| {
            format!("{{\"eventTime\":\"2026-11-23T09:30:00Z\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"{name}\"}}")
        };
        let file = format!("{{\"Records\":[{},{}]}}", record("CreateUser"), record("DeleteUser"));
        let plan = Plan::of_source("aws", "trail.json", Format::Auto);
        let (done, refused) = read_in(&world, org, file.into_bytes(), plan).await;
        assert_eq!((done.unwrap().accepted, refused.len()), (2, 0), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn lines_of_a_sender_without_a_clock_are_of_now_and_do_not_double_later() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let text = "<34>1 - web-1 su - ID47 - failed\n<34>1 - web-1 su - ID47 - failed\n<14>1 - - - - - -\n";
        for (known, pause) in [(0, 0), (3, 3600)] {
            world.clock.advance_seconds(pause);
            let plan = Plan::of_source("edge", "edge.log", Format::Auto);
            let (done, refused) = read_in(&world, org, text.as_bytes().to_vec(), plan).await;
            let done = done.unwrap();
            assert_eq!((done.accepted, done.duplicates), (3, known), "{refused:?}");
            assert_eq!(count(&world, org).await, 3);
        }
        let cx = world.services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
        let found = events::list(&cx, &EventFilter::default(), 10, None).await.unwrap().items;
        // A microsecond apart, so that they stay in their order.
        let times: Vec<_> = found.iter().map(|e| e.occurred_at.micros() - start().micros()).collect();
        assert_eq!(times, [2, 1, 0], "{found:?}");
    })
    .await;
}

/// Messages of the newest events, the newest first.
async fn newest_first(world: &World, org: OrganizationId) -> Vec<String> {
    let cx = world.services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
    let found = events::list(&cx, &EventFilter::default(), 100, None).await.unwrap().items;
    found.into_iter().map(|event| event.message).collect()
}

#[tokio::test]
async fn what_happened_in_one_second_stays_in_the_order_it_came_in() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let names = ["sent", "filed", "undated"];
        let [sent, filed, undated] = [
            world.organization(names[0]).await.id,
            world.organization(names[1]).await.id,
            world.organization(names[2]).await.id,
        ];
        let lines = |make: &dyn Fn(usize) -> String| (0..20).map(make).collect::<Vec<_>>().join("\n");
        let newest = |make: &dyn Fn(usize) -> String| (0..20).rev().map(make).collect::<Vec<_>>();

        // Half of them in one request, the others in one each.
        let cx = world.services.admit::<EventWrite>(&Actor::system("test", sent)).unwrap();
        let row = |n: usize| event(1, &format!("step {n}"));
        events::ingest(&cx, (0..10).map(row).collect(), events::Origin::Api).await.unwrap();
        for n in 10..20 {
            events::ingest(&cx, vec![row(n)], events::Origin::Api).await.unwrap();
        }
        assert_eq!(newest_first(&world, sent).await, newest(&|n| format!("step {n}")));

        let log = lines(&|n| format!("Nov 23 09:30:00 db-1 app[7]: step {n}"));
        let plan = || Plan::of_source("app.log", "app.log", Format::Auto);
        read_in(&world, filed, log.clone().into_bytes(), plan()).await.0.unwrap();
        assert_eq!(newest_first(&world, filed).await, newest(&|n| format!("step {n}")));
        let again = read_in(&world, filed, log.into_bytes(), plan()).await.0.unwrap();
        assert_eq!(again.duplicates, 20);

        let log = lines(&|n| format!("<34>1 - web-1 su - ID47 - step {n}"));
        read_in(&world, undated, log.into_bytes(), plan()).await.0.unwrap();
        assert_eq!(newest_first(&world, undated).await, newest(&|n| format!("step {n}")));
    })
    .await;
}
