//! Files from the browser, from staging to the end.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::event::Target;
use domain::filter::EventFilter;
use domain::permission::{EventRead, EventWrite};
use domain::upload::{Choice, Upload, UploadState};
use domain::{OrganizationId, UploadId};
use service::{Actor, Cx, Error, Services, events, uploads};
use testkit::for_each_backend;

use crate::world::World;

const CSV: &str = "When;How bad;Text;Box\n2026-11-23T08:00:00Z;error;disk full;db-1\n2026-11-23T08:01:00Z;info;disk fine;db-1\nnever;info;x;db-1\n2026-11-23T08:01:00Z;info;;db-1\n";

fn services(world: &World) -> Services {
    world.services.clone().with_data_dir(world.t.folder.path())
}

fn cx<P: domain::permission::Permission>(services: &Services, organization: OrganizationId) -> Cx<P> {
    services.admit(&Actor::system("test", organization)).unwrap()
}

fn choice() -> Choice {
    let columns = [
        (Target::OccurredAt, "When"),
        (Target::Severity, "How bad"),
        (Target::Message, "Text"),
        (Target::SystemId, "Box"),
    ];
    let columns: BTreeMap<Target, Vec<String>> =
        columns.into_iter().map(|(t, c)| (t, vec![c.to_owned()])).collect();
    Choice { columns, ..Choice::default() }
}

async fn finished(cx: &Cx<EventWrite>, id: UploadId) -> Upload {
    for _ in 0..500 {
        let upload = uploads::progress(cx, id).await.unwrap();
        if !matches!(upload.state, UploadState::Running) {
            return upload;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the upload does not end");
}

fn files(world: &World) -> usize {
    let folder = world.t.folder.path().join("uploads");
    let Ok(folders) = std::fs::read_dir(folder) else { return 0 };
    folders.map(|f| std::fs::read_dir(f.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn a_file_is_looked_at_tried_and_read() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let upload = uploads::stage(&cx, "C:\\logs\\disk\u{7}.csv", CSV.as_bytes()).await.unwrap();
        assert_eq!(
            (upload.file_name.as_str(), upload.bytes_total, upload.state),
            ("disk.csv", CSV.len() as i64, UploadState::Mapped)
        );

        let preview = uploads::preview(&cx, upload.id).await.unwrap();
        assert_eq!(preview.columns, ["When", "How bad", "Text", "Box"]);
        assert_eq!((preview.rows.len(), preview.rows[0][2].as_str()), (4, "disk full"));
        assert!(preview.guess.contains(&(Target::Message, Some("Text".to_owned()))), "{:?}", preview.guess);
        let time = (Target::OccurredAt, Some("When".to_owned()));
        assert!(preview.guess.contains(&time), "by its values: {:?}", preview.guess);

        let without = uploads::dry_run(&cx, upload.id, &Choice::default()).await.unwrap();
        assert_eq!((without.receipt.accepted, without.receipt.rejected), (0, 4));
        let with = uploads::dry_run(&cx, upload.id, &choice()).await.unwrap();
        assert_eq!((with.receipt.accepted, with.receipt.rejected, with.whole), (2, 2, true));
        assert_eq!(with.receipt.rejections[0].field, "occurred_at");
        assert!(with.texts[0].contains("never"));

        let spent = uploads::start(&cx, upload.id, Choice::default()).await.unwrap_err();
        assert!(spent.to_string().contains("not one row would be stored (row 1, "), "{spent}");
        let waits = uploads::progress(&cx, upload.id).await.unwrap();
        assert_eq!((waits.state, files(&world)), (UploadState::Mapped, 1), "other columns can be chosen");

        assert_eq!(uploads::start(&cx, upload.id, choice()).await.unwrap().state, UploadState::Running);
        assert!(matches!(uploads::start(&cx, upload.id, choice()).await, Err(Error::Conflict(_))));
        let done = finished(&cx, upload.id).await;
        assert_eq!(
            (done.state, done.accepted, done.rejected, done.bytes_done),
            (UploadState::Done, 2, 2, done.bytes_total)
        );
        let refused = uploads::rejections(&cx, upload.id, None, 100).await.unwrap();
        assert_eq!(refused.iter().map(|(r, _)| r.index).collect::<Vec<_>>(), [2, 3]);
        let texts: Vec<_> = refused.iter().map(|(_, text)| text.as_str()).collect();
        let lines: Vec<_> = CSV.lines().skip(3).collect();
        assert_eq!(texts, lines, "as they stood in the file, to be mended and sent again");
        let iso = |at: Option<domain::Timestamp>| at.map(domain::Timestamp::iso).unwrap_or_default();
        assert_eq!(
            (iso(done.imported.first), iso(done.imported.last)),
            ("2026-11-23T08:00:00.000000Z".to_owned(), "2026-11-23T08:01:00.000000Z".to_owned())
        );
        assert_eq!(done.imported.sources.iter().collect::<Vec<_>>(), ["disk.csv"]);
        let filter = EventFilter::default();
        let found = events::list(
            &services.admit::<EventRead>(&Actor::system("test", org)).unwrap(),
            &filter,
            10,
            None,
        )
        .await
        .unwrap()
        .items;
        assert_eq!(
            (found.len(), found[0].source.as_deref(), found[0].system_id.as_deref()),
            (2, Some("disk.csv"), Some("db-1"))
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(files(&world), 0);
        let actions = world.actions(org).await;
        assert_eq!(
            actions[actions.len() - 5..],
            ["UPLOAD_CREATED", "UPLOAD_STARTED", "SOURCE_CREATED", "EVENTS_IMPORTED", "UPLOAD_FINISHED"]
        );

        // The same file again doubles nothing.
        let again = uploads::stage(&cx, "disk.csv", CSV.as_bytes()).await.unwrap();
        uploads::start(&cx, again.id, choice()).await.unwrap();
        assert_eq!(finished(&cx, again.id).await.accepted, 2);
        let read = services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
        assert_eq!(events::count(&read, &filter).await.unwrap().n, 2);
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_a_restart_interrupted_goes_on() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let lines: Vec<String> =
            (0..7000).map(|i| format!("{{\"time\":{},\"msg\":\"line {i}\"}}\n", 1_795_000_000 + i)).collect();
        let text = lines.concat();
        let upload = uploads::stage(&cx, "app.ndjson", text.as_bytes()).await.unwrap();
        // As a server leaves it that died after the first batch: 5,000 rows stored, 4,000 recorded.
        let mut half =
            service::import::Plan::of_source("app.ndjson", "half.ndjson", domain::upload::Format::Auto);
        half.origin = events::Origin::File("half.ndjson".into());
        let first: String = text.lines().take(5000).flat_map(|l| [l, "\n"]).collect();
        let mut quiet = |_: service::import::Progress, _: Vec<(domain::upload::Rejection, String)>| {};
        service::import::import(&cx, std::io::Cursor::new(first), half, &mut quiet).await.unwrap();
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let running = Upload { state: UploadState::Running, accepted: 4000, ..upload.clone() };
        store::upload::update(&mut tx.within(org), &running).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();

        assert_eq!(uploads::recover(&services).await.unwrap(), 1);
        let done = finished(&cx, upload.id).await;
        assert_eq!((done.state, done.accepted, done.rejected), (UploadState::Done, 7000, 0));
        let read = services.admit::<EventRead>(&Actor::system("test", org)).unwrap();
        assert_eq!(events::count(&read, &EventFilter::default()).await.unwrap().n, 7000);
        assert_eq!(uploads::recover(&services).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_an_upload_is_refused_and_leaves_nothing() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (org, other) = (world.organization("alpha").await.id, world.organization("beta").await.id);
        let services = services(&world);
        let cx_a = cx::<EventWrite>(&services, org);
        assert!(matches!(uploads::stage(&cx_a, "empty", b"").await, Err(Error::Invalid(_))));
        let mut staging = uploads::begin(&cx_a, "big").await.unwrap();
        let chunk = vec![b'x'; 8 * 1024 * 1024];
        let mut result = Ok(());
        for _ in 0..26 {
            result = staging.write(&chunk).await;
        }
        assert!(matches!(result, Err(Error::Invalid(_))));
        drop(staging);
        assert_eq!(files(&world), 0);
        let upload = uploads::stage(&cx_a, "../../etc/passwd", b"{}").await.unwrap();
        assert_eq!(upload.file_name, "passwd");
        let cx_b = cx::<EventWrite>(&services, other);
        assert!(matches!(uploads::progress(&cx_b, upload.id).await, Err(Error::NotFound)));
        assert!(matches!(uploads::preview(&cx_b, upload.id).await, Err(Error::NotFound)));
        assert!(matches!(uploads::start(&cx_b, upload.id, Choice::default()).await, Err(Error::NotFound)));
        assert!(matches!(uploads::rejections(&cx_b, upload.id, None, 10).await, Err(Error::NotFound)));
        assert!(uploads::list(&cx_b, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn previews_of_objects_and_log_lines() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let json = br#"[{"@timestamp":"2026-11-23T08:00:00Z","host":{"name":"h1"},"message":"m","n":[1]},{"message":"x","extra":true}]"#;
        let upload = uploads::stage(&cx, "a.json", json).await.unwrap();
        let preview = uploads::preview(&cx, upload.id).await.unwrap();
        assert_eq!(preview.columns, ["@timestamp", "host.name", "message", "n", "extra"]);
        assert_eq!(preview.rows[1], ["", "", "x", "", "true"]);
        assert!(preview.guess.contains(&(Target::SystemId, Some("host.name".to_owned()))));
        let upload = uploads::stage(&cx, "a.log", b"[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state\n").await.unwrap();
        let preview = uploads::preview(&cx, upload.id).await.unwrap();
        assert_eq!((preview.rows[0][1].as_str(), preview.guess.len()), ("high", 0), "{preview:?}");
    })
    .await;
}

#[tokio::test]
async fn an_upload_says_which_severities_were_not_understood() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let csv = "When;How bad;Text;Box\n2026-11-23T08:00:00Z;dire;disk full;db-1\n2026-11-23T08:01:00Z;info;disk fine;db-1\n";
        let upload = uploads::stage(&cx, "disk.csv", csv.as_bytes()).await.unwrap();
        let sentence = "1 row had a severity that was not understood and became info: 'dire' (1)";
        let tried = uploads::dry_run(&cx, upload.id, &choice()).await.unwrap();
        assert_eq!((tried.receipt.accepted, tried.unknown_severities.sentence().as_deref()), (2, Some(sentence)));
        uploads::start(&cx, upload.id, choice()).await.unwrap();
        let done = finished(&cx, upload.id).await;
        assert_eq!((done.accepted, done.unknown_severities.sentence().as_deref()), (2, Some(sentence)));
        let log = world.log(org).await;
        let entry = log.iter().rfind(|r| r.action == "UPLOAD_FINISHED").unwrap();
        assert!(format!("{entry:?}").contains("dire"), "{entry:?}");
    })
    .await;
}

#[tokio::test]
async fn of_a_wide_file_it_is_said_how_many_columns_are_not_shown() {
    let world = World::new(testkit::sqlite().await);
    let org = world.organization("acme").await.id;
    let services = services(&world);
    let cx = cx::<EventWrite>(&services, org);
    let mut names: Vec<String> = (0..103).map(|i| format!("c{i}")).collect();
    names[1] = "x".repeat(201);
    let file =
        format!("{}\n{}\n", names.join(","), (0..103).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
    let upload = uploads::stage(&cx, "wide.csv", file.as_bytes()).await.unwrap();
    let preview = uploads::preview(&cx, upload.id).await.unwrap();
    assert_eq!((preview.columns.len(), preview.more_columns), (100, 3));
    assert_eq!((preview.columns[1].as_str(), preview.rows[0][1].as_str()), ("c2", "2"));
}

#[tokio::test]
async fn records_of_cloud_trail_have_a_message_whatever_columns_were_chosen() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let record = r#"{"eventTime":"2026-11-23T08:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser"}"#;
        let file = format!("{{\"Records\":[{record}]}}");
        let upload = uploads::stage(&cx, "trail.json", file.as_bytes()).await.unwrap();
        let columns = BTreeMap::from([(Target::OccurredAt, vec!["eventTime".to_owned()])]);
        let tried = uploads::dry_run(&cx, upload.id, &Choice { columns, ..Choice::default() }).await.unwrap();
        assert_eq!((tried.receipt.accepted, tried.receipt.rejected), (1, 0), "{:?}", tried.receipt);
    })
    .await;
}

#[tokio::test]
async fn files_that_nobody_imports_go_after_a_week() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let services = services(&world);
        let cx = cx::<EventWrite>(&services, org);
        let old = uploads::stage(&cx, "old.csv", CSV.as_bytes()).await.unwrap();
        // A transfer that the server did not live to end: bytes, and no row.
        let orphan: UploadId = services.clock.id();
        let folder = world.t.folder.path().join("uploads").join(org.to_string());
        std::fs::write(folder.join(orphan.to_string()), "half").unwrap();
        std::fs::write(folder.join("of somebody else"), "x").unwrap();
        world.clock.advance_seconds(7 * 86_400);
        let young = uploads::stage(&cx, "young.csv", CSV.as_bytes()).await.unwrap();
        assert_eq!(uploads::sweep(&services).await.unwrap(), 0, "a week is not over");
        world.clock.advance_seconds(1);
        assert_eq!(uploads::sweep(&services).await.unwrap(), 2);
        assert_eq!(files(&world), 2);
        let given_up = uploads::progress(&cx, old.id).await.unwrap();
        assert_eq!(given_up.state, UploadState::Failed);
        assert!(given_up.error_message.unwrap().contains("within 7 days"));
        assert_eq!(uploads::progress(&cx, young.id).await.unwrap().state, UploadState::Mapped);
        assert!(matches!(
            uploads::start(&cx, old.id, choice()).await,
            Err(Error::Invalid(_) | Error::Conflict(_))
        ));
        assert_eq!(uploads::sweep(&services).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_waits_is_discarded_and_nothing_of_it_stays() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let other = world.organization("beta").await.id;
        let services = services(&world);
        let (cx, foreign) = (cx::<EventWrite>(&services, org), cx::<EventWrite>(&services, other));
        let upload = uploads::stage(&cx, "disk.csv", CSV.as_bytes()).await.unwrap();
        assert_eq!(files(&world), 1);
        assert!(matches!(uploads::discard(&foreign, upload.id).await, Err(Error::NotFound)));
        uploads::discard(&cx, upload.id).await.unwrap();
        assert_eq!(files(&world), 0);
        assert!(matches!(uploads::discard(&cx, upload.id).await, Err(Error::NotFound)));
        assert!(matches!(uploads::start(&cx, upload.id, choice()).await, Err(Error::NotFound)));
        assert!(uploads::list(&cx, 10).await.unwrap().is_empty());
        let log = world.log(org).await;
        let entry = log.iter().rfind(|r| r.action == "UPLOAD_DISCARDED").unwrap();
        assert_eq!(
            (entry.target_id.as_str(), entry.metadata["file_name"].as_str()),
            (upload.id.to_string().as_str(), Some("disk.csv"))
        );

        let begun = uploads::stage(&cx, "disk.csv", CSV.as_bytes()).await.unwrap();
        uploads::start(&cx, begun.id, choice()).await.unwrap();
        assert!(matches!(uploads::discard(&cx, begun.id).await, Err(Error::Conflict(_))));
        assert_eq!(finished(&cx, begun.id).await.accepted, 2);
        assert!(matches!(uploads::discard(&cx, begun.id).await, Err(Error::Conflict(_))));
    })
    .await;
}
