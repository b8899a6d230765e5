//! Backups: made while others write, restored elsewhere, refused when something is wrong with them or in the way.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use domain::case::NewCase;
use domain::filter::EventFilter;
use domain::permission::{CaseWrite, EventRead, EventWrite};
use domain::{OrganizationId, PLATFORM};
use service::backup::{self, Place};
use service::events::{self, Origin};
use service::secrets::Secrets;
use service::{Actor, Clock, Cx, Services, auth, cases};
use store::{Db, Options};
use testkit::{TestDb, for_each_backend};

use crate::events::event;
use crate::world::{PASSWORD, World, client, start};

const KEY: [u8; 32] = [7; 32];

pub fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// alpha with people, events, a case and two files; beta.
pub async fn lived_in(t: TestDb) -> (World, OrganizationId) {
    let mut world = World::new(t);
    world.services = world.services.clone().with_data_dir(world.t.folder.path());
    let alpha = world.organization("alpha").await.id;
    world.organization("beta").await;
    world.person("ann@a.test", "alpha", "analyst").await;
    let rows =
        (0..300).map(|n| event(n, &format!("request {n} failed:\tC:\\tmp\\x \"é\"\nsecond line"))).collect();
    events::ingest(&system(&world.services, alpha), rows, Origin::Api).await.unwrap();
    let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
    let case = cases::open(&ann, NewCase::titled("Files"), &[]).await.unwrap().id;
    for bytes in [&b"first"[..], b"second"] {
        world.clock.advance_seconds(1);
        cases::add_evidence(&ann, case, ("a.txt", "text/plain"), bytes, "from the host").await.unwrap();
    }
    (world, alpha)
}

pub fn system<P: domain::permission::Permission>(services: &Services, organization: OrganizationId) -> Cx<P> {
    services.admit(&Actor::system("test", organization)).unwrap()
}

fn place(world: &World) -> Place {
    Place {
        url: world.t.url.clone(),
        data_dir: world.t.folder.path().to_owned(),
        key: Some(KEY),
        bucket: None,
        programs: None,
    }
}

/// A place where nothing is, of the same kind of database.
async fn elsewhere(url: &str, folder: &Path) -> Place {
    let url = if is_sqlite(url) {
        format!("sqlite://{}", folder.join("new/watchroom.db").display())
    } else {
        testkit::bare_postgres().await
    };
    Place { url, data_dir: folder.join("new"), key: None, bucket: None, programs: None }
}

async fn open(place: &Place, clock: &Clock) -> Services {
    let db = Db::connect(&place.url, &Options { connections: 2, ..Options::default() }).await.unwrap();
    Services::new(db, clock.clone(), Secrets::new(KEY), false).with_data_dir(&place.data_dir)
}

async fn count(services: &Services, organization: OrganizationId) -> i64 {
    events::count(&system::<EventRead>(services, organization), &EventFilter::default()).await.unwrap().n
}

async fn refusal(place: &Place, clock: &Clock, file: &Path, replace: bool) -> String {
    backup::restore(place, clock, file, replace).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_backup_made_while_others_write_is_restored_elsewhere_and_proves_itself() {
    for_each_backend(|t| async move {
        let (world, alpha) = lived_in(t).await;
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(300)));
        let writer = tokio::spawn({
            let (services, stop, written) = (world.services.clone(), stop.clone(), written.clone());
            async move {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    let rows = (0..10).map(|i| event(n + i, &format!("later {} came", n + i))).collect();
                    n += 10;
                    events::ingest(&system::<EventWrite>(&services, alpha), rows, Origin::Api).await.unwrap();
                    written.fetch_add(10, Ordering::Relaxed);
                }
            }
        });
        while written.load(Ordering::Relaxed) < 340 {
            tokio::task::yield_now().await;
        }
        // Its room on PostgreSQL's disk is no part of a backup.
        assert!(world.t.db.keep_room().await.unwrap());
        let file = world.t.folder.path().join("b.zip");
        let made = backup::make(&place(&world), &world.clock, &file, false).await.unwrap();
        stop.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        let (in_it, in_all) = (made.rows["events"], written.load(Ordering::Relaxed));
        assert!((340..=in_all).contains(&in_it), "{in_it} of {in_all}");
        assert_eq!((made.missing.len(), made.has_key), (0, false));
        assert_eq!(backup::check(&file).await.unwrap(), made);
        assert!(!made.rows.contains_key("ballast"), "{:?}", made.rows);

        let scratch = tempfile::tempdir().unwrap();
        let place = elsewhere(&world.t.url, scratch.path()).await;
        let restored = backup::restore(&place, &world.clock, &file, false).await.unwrap();
        assert!(restored.logs.len() == 3 && restored.logs.iter().all(|log| log.breaks == 0), "{restored:?}");
        assert!(restored.notes[0].contains("holds no secret key"), "{:?}", restored.notes);
        let services = open(&place, &world.clock).await;
        assert_eq!(count(&services, alpha).await, in_it);
        // Its people sign in, its evidence is there byte for byte, and it goes on from where it was.
        auth::sign_in(&services, "ann@a.test", PASSWORD, &client()).await.unwrap();
        let (filter, sort) = (domain::case::CaseFilter::default(), domain::case::CaseSort::default());
        let found = cases::list(&system(&services, alpha), &filter, sort, 10, None).await;
        let case = found.unwrap().items.remove(0).id;
        for one in cases::evidence(&system(&services, alpha), case).await.unwrap() {
            let verdict = cases::verify_evidence(&system(&services, alpha), case, one.id).await.unwrap();
            assert!(matches!(verdict, cases::Verdict::Whole), "{verdict:?}");
        }
        let more = events::ingest(&system(&services, alpha), vec![event(1, "after")], Origin::Api).await;
        assert_eq!(more.unwrap().accepted, 1);
        auth::settled(&services).await;
        let verdict = service::audit::verify(&services, PLATFORM, "platform", None).await.unwrap();
        assert_eq!(verdict.breaks, 0);
        let log =
            service::audit::list(&system(&services, PLATFORM), &Default::default(), 20, None).await.unwrap();
        let actions: Vec<&str> = log.items.iter().map(|entry| entry.action.as_str()).collect();
        assert!(actions.contains(&"BACKUP_STARTED") && actions.contains(&"BACKUP_RESTORED"), "{actions:?}");

        // What is in use is not replaced unless asked, and never under a server that runs.
        assert!(refusal(&place, &world.clock, &file, true).await.contains("stop it first"));
        services.close().await;
        assert!(refusal(&place, &world.clock, &file, false).await.contains("--replace"));
        let again = backup::restore(&place, &world.clock, &file, true).await.unwrap();
        assert_eq!(again.notes.iter().any(|note| note.contains("kept as")), is_sqlite(&place.url));
        let services = open(&place, &world.clock).await;
        assert_eq!(count(&services, alpha).await, in_it, "the later event is gone with the rest");
        services.close().await;
    })
    .await;
}

/// The backup with other bytes in one of its files.
fn rewritten(file: &Path, name: &str, change: impl Fn(String) -> Vec<u8>) -> PathBuf {
    let mut from = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let target = file.with_extension("changed.zip");
    let mut to = zip::ZipWriter::new(std::fs::File::create(&target).unwrap());
    for n in 0..from.len() {
        if from.by_index_raw(n).unwrap().name() == name {
            let mut text = Vec::new();
            from.by_index(n).unwrap().read_to_end(&mut text).unwrap();
            to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            to.write_all(&change(String::from_utf8_lossy(&text).into_owned())).unwrap();
        } else {
            to.raw_copy_file(from.by_index_raw(n).unwrap()).unwrap();
        }
    }
    to.finish().unwrap();
    target
}

#[tokio::test]
async fn a_damaged_newer_or_foreign_backup_changes_nothing() {
    for_each_backend(|t| async move {
        let (world, _) = lived_in(t).await;
        let file = world.t.folder.path().join("b.zip");
        let made = backup::make(&place(&world), &world.clock, &file, true).await.unwrap();
        assert!(made.has_key);
        assert!(
            backup::make(&place(&world), &world.clock, &file, true).await.is_err(),
            "a file is never replaced"
        );
        let scratch = tempfile::tempdir().unwrap();
        let new = elsewhere(&world.t.url, scratch.path()).await;
        let evidence = made.files.keys().find(|name| name.starts_with("evidence/")).unwrap();
        let other = rewritten(&file, evidence, |_| b"other".to_vec());
        assert!(backup::check(&other).await.is_err());
        assert!(refusal(&new, &world.clock, &other, false).await.contains("not the file of its hash"));
        let newer = rewritten(&file, "manifest.json", |text| {
            text.replacen(&format!("\"schema\": {}", made.schema), "\"schema\": 9999", 1).into_bytes()
        });
        assert!(refusal(&new, &world.clock, &newer, false).await.contains("newer Watchroom"));
        let escaping =
            rewritten(&file, "manifest.json", |text| text.replace(evidence, "../../x").into_bytes());
        assert!(refusal(&new, &world.clock, &escaping, false).await.contains("does not belong there"));
        // A database that is not what the manifest says is found before it takes a place.
        let fewer = rewritten(&file, "manifest.json", |text| {
            text.replacen("\"events\": 300", "\"events\": 301", 1).into_bytes()
        });
        let reason = refusal(&new, &world.clock, &fewer, false).await;
        assert!(reason.contains("changed"), "{reason}");
        std::fs::write(file.with_extension("cut.zip"), &std::fs::read(&file).unwrap()[..20_000]).unwrap();
        assert!(
            refusal(&new, &world.clock, &file.with_extension("cut.zip"), false)
                .await
                .contains("no whole backup")
        );
        let kind = Place { url: other_kind(&new.url), ..new.clone() };
        assert!(refusal(&kind, &world.clock, &file, false).await.contains("migrate-data"));
        assert!(!new.data_dir.join("secret.key").exists() && !new.data_dir.join("watchroom.db").exists());
        assert!(leftovers(&new.data_dir).is_empty(), "{:?}", leftovers(&new.data_dir));

        let restored = backup::restore(&new, &world.clock, &file, false).await.unwrap();
        assert!(restored.notes.is_empty(), "{:?}", restored.notes);
        let key = std::fs::read_to_string(new.data_dir.join("secret.key")).unwrap();
        assert_eq!(key.trim(), "07".repeat(32));
        assert!(leftovers(&new.data_dir).is_empty());
    })
    .await;
}

fn other_kind(url: &str) -> String {
    if is_sqlite(url) { "postgres://127.0.0.1:1/x".to_owned() } else { "sqlite:///nowhere/x.db".to_owned() }
}

fn leftovers(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("restoring") || name.contains(".part")).collect()
}

#[tokio::test]
async fn a_backup_of_an_older_build_is_brought_forward() {
    for_each_backend(|t| async move {
        let scratch = tempfile::tempdir().unwrap();
        let old = elsewhere(&t.url, &scratch.path().join("old")).await;
        let db = Db::connect(&old.url, &Options { connections: 1, ..Options::default() }).await.unwrap();
        db.migrate_to(16).await.unwrap();
        db.close().await;
        let (file, clock) = (scratch.path().join("b.zip"), Clock::fixed(start()));
        let made = backup::make(&old, &clock, &file, false).await.unwrap();
        assert_eq!(made.schema, 16, "what was there is backed up as it was");
        let new = elsewhere(&t.url, scratch.path()).await;
        backup::restore(&new, &clock, &file, false).await.unwrap();
        let services = open(&new, &clock).await;
        assert!(services.is_ready().await.unwrap());
        services.close().await;
    })
    .await;
}

#[tokio::test]
async fn evidence_that_is_not_there_is_named() {
    let (world, alpha) = lived_in(testkit::sqlite().await).await;
    std::fs::remove_dir_all(world.t.folder.path().join("evidence").join(alpha.to_string())).unwrap();
    let file = world.t.folder.path().join("b.zip");
    let made = backup::make(&place(&world), &world.clock, &file, false).await.unwrap();
    assert_eq!(made.missing.len(), 2);
    let scratch = tempfile::tempdir().unwrap();
    let new = elsewhere(&world.t.url, scratch.path()).await;
    let restored = backup::restore(&new, &world.clock, &file, false).await.unwrap();
    assert!(
        restored.notes.iter().any(|note| note.starts_with("2 files of evidence")),
        "{:?}",
        restored.notes
    );
}

fn kept(folder: &Path, name: &str) -> bool {
    folder.join(format!("{name}.before-restore-1")).exists()
}

#[tokio::test]
async fn a_damaged_database_is_replaced_and_kept_and_so_is_every_key() {
    let (world, alpha) = lived_in(testkit::sqlite().await).await;
    let file = world.t.folder.path().join("b.zip");
    backup::make(&place(&world), &world.clock, &file, true).await.unwrap();
    for damage in ["header", "pages", "cut"] {
        let scratch = tempfile::tempdir().unwrap();
        let new = elsewhere(&world.t.url, scratch.path()).await;
        backup::restore(&new, &world.clock, &file, false).await.unwrap();
        let database = new.data_dir.join("watchroom.db");
        let mut bytes = std::fs::read(&database).unwrap();
        match damage {
            "header" => bytes[..100].fill(0),
            "pages" => bytes[8192..].fill(0xff),
            _ => bytes.truncate(20_000),
        }
        std::fs::write(&database, &bytes).unwrap();
        let reason = refusal(&new, &world.clock, &file, false).await;
        assert!(reason.contains("--replace"), "{damage}: {reason}");
        std::fs::write(new.data_dir.join("secret.key"), "another").unwrap();
        let other = Place { key: Some([8; 32]), ..new.clone() };
        let restored = backup::restore(&other, &world.clock, &file, true).await.unwrap();
        assert!(restored.notes.iter().any(|note| note.contains("kept as")), "{:?}", restored.notes);
        assert!(kept(&new.data_dir, "watchroom.db") && kept(&new.data_dir, "secret.key"));
        let services = open(&new, &world.clock).await;
        assert_eq!(count(&services, alpha).await, 300);
        services.close().await;
        // A second one keeps the second key beside the first.
        std::fs::write(new.data_dir.join("secret.key"), "a third").unwrap();
        backup::restore(&other, &world.clock, &file, true).await.unwrap();
        let read = |name: &str| std::fs::read_to_string(new.data_dir.join(name)).unwrap();
        assert_eq!(read("secret.key.before-restore-1"), "another");
        assert_eq!(read("secret.key.before-restore-2"), "a third");
        assert_eq!(read("secret.key").trim(), "07".repeat(32));
    }
}

#[tokio::test]
async fn leftovers_of_the_dead_go_and_those_of_others_stay() {
    let (world, _) = lived_in(testkit::sqlite().await).await;
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let write = |name: &str| std::fs::write(folder.join(name), "x").unwrap();
    let dead = ["b.zip.part-1", "c.zip.part-2", "c.zip.part-2.database", "c.zip.part-2.database-wal"];
    let others = ["video.part-3", "b.zip.part-x"];
    dead.into_iter().chain(others).for_each(write);
    write("d.zip.part-4");
    write("d.zip.part-4.database");
    let alive = std::fs::File::open(folder.join("d.zip.part-4")).unwrap();
    alive.lock().unwrap();
    let file = folder.join("b.zip");
    backup::make(&place(&world), &world.clock, &file, false).await.unwrap();
    let there = |name: &str| folder.join(name).exists();
    assert!(!dead.into_iter().any(there) && others.into_iter().all(there));
    assert!(there("d.zip.part-4") && there("d.zip.part-4.database"));

    let new = elsewhere(&world.t.url, folder).await;
    for name in ["restoring-1-1", "restoring-2-1", "restoring-me"] {
        std::fs::create_dir_all(new.data_dir.join(name)).unwrap();
    }
    write("new/restoring-1-1/lock");
    backup::restore(&new, &world.clock, &file, false).await.unwrap();
    assert!(!there("new/restoring-1-1") && there("new/restoring-2-1") && there("new/restoring-me"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_of_the_database_is_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let t = testkit::sqlite().await;
    let copy = t.folder.path().join("copy.db");
    t.db.copy_into(&copy.to_string_lossy()).await.unwrap();
    let of = std::fs::metadata(&copy).unwrap();
    assert!(of.len() > 0 && of.permissions().mode() & 0o777 == 0o600);
}
