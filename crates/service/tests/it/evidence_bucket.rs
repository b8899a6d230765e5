//! Evidence in an S3-compatible bucket: all that holds of the folder holds of it, and what lies in the folder is still found.

use domain::CaseId;
use domain::case::evidence::{Custody, Evidence};
use domain::case::{NewCase, Step};
use domain::permission::{CaseExport, CaseRead, CaseWrite};
use service::backup::{self, Place};
use service::cases::{self, Verdict};
use service::evidence::{self, Bucket, BucketSettings, Found};
use service::outgoing::Trust;
use service::{Actor, Cx, Error, oversight};
use sha2::{Digest as _, Sha256};
use testkit::for_each_backend;
use testkit::s3::{self, Store};
use tokio::io::AsyncReadExt as _;

use crate::world::{World, start};

struct Room {
    world: World,
    store: Store,
    bucket: Bucket,
    ann: Cx<CaseWrite>,
    case: CaseId,
}

fn settings(store: &Store) -> BucketSettings {
    BucketSettings {
        bucket: s3::BUCKET.to_owned(),
        region: "eu-central-1".to_owned(),
        endpoint: store.endpoint(),
        key_id: s3::KEY_ID.to_owned(),
        secret: "hush".to_owned(),
    }
}

/// alpha with the analyst ann and a case; beta with bob; evidence in a bucket.
async fn room(t: testkit::TestDb) -> Room {
    let store = Store::start();
    store.at(start().seconds());
    let bucket = evidence::bucket(&settings(&store), &Trust::default()).unwrap();
    let mut world = World::new(t);
    world.services =
        world.services.clone().with_data_dir(world.t.folder.path()).with_bucket(Some(bucket.clone()));
    world.organization("alpha").await;
    world.organization("beta").await;
    world.person("ann@a.test", "alpha", "analyst").await;
    world.person("bob@b.test", "beta", "admin").await;
    let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
    let case = cases::open(&ann, NewCase::titled("Files"), &[]).await.unwrap().id;
    Room { world, store, bucket, ann, case }
}

impl Room {
    async fn add(&self, name: &str, bytes: &[u8]) -> Evidence {
        self.world.clock.advance_seconds(1);
        cases::add_evidence(&self.ann, self.case, (name, "text/plain"), bytes, "").await.unwrap()
    }
    async fn takes(&self) -> Cx<CaseExport> {
        self.world.cx("ann@a.test", "alpha").await
    }
    fn key(&self, sha256: &str) -> String {
        format!("evidence/{}/{}/{sha256}", self.ann.actor().organization, &sha256[..2])
    }
    async fn read(&self, id: domain::EvidenceId) -> Vec<u8> {
        let (_, mut bytes) = cases::download_evidence(&self.takes().await, self.case, id).await.unwrap();
        let mut read = Vec::new();
        bytes.read_to_end(&mut read).await.unwrap();
        read
    }
    /// Nothing of evidence is in the data folder.
    fn folder_is_empty(&self) -> bool {
        !self.world.t.folder.path().join("evidence").exists()
    }
}

fn hash(bytes: &[u8]) -> String {
    domain::audit::hex(&Sha256::digest(bytes))
}

#[tokio::test]
async fn a_file_goes_to_the_bucket_under_its_hash_comes_back_whole_and_goes_with_the_last_of_its_evidence() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let kept = r.add("mail.eml", b"From: somebody").await;
        assert_eq!(kept.sha256, hash(b"From: somebody"));
        assert_eq!(r.store.names(), [r.key(&kept.sha256)], "nothing is left where it arrived");
        assert!(r.folder_is_empty());
        let again = r.add("copy.eml", b"From: somebody").await;
        assert_eq!(r.store.names().len(), 1, "the same bytes lie there once");
        assert_eq!(r.read(kept.id).await, b"From: somebody");
        let verified = cases::verify_evidence(&r.takes().await, r.case, kept.id).await.unwrap();
        assert_eq!(verified, Verdict::Whole);

        r.store.put(&r.key(&kept.sha256), b"another");
        let verified = cases::verify_evidence(&r.takes().await, r.case, kept.id).await.unwrap();
        assert_eq!(verified, Verdict::Changed(hash(b"another")));

        cases::remove_evidence(&r.ann, r.case, kept.id, "the wrong mail").await.unwrap();
        assert_eq!(r.store.names().len(), 1, "the copy still is this file");
        cases::remove_evidence(&r.ann, r.case, again.id, "and its copy").await.unwrap();
        assert!(r.store.names().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_is_read_in_parts() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let bytes: Vec<u8> = (0..20_000_000_u32).map(|n| (n / 7) as u8).collect();
        let mut intake = cases::begin_evidence(&r.ann, r.case, "disk.img", "x/y").await.unwrap();
        for chunk in bytes.chunks(1_000_000) {
            intake.write(chunk).await.unwrap();
        }
        let kept = intake.finish(&r.ann, "").await.unwrap();
        assert_eq!(kept.sha256, hash(&bytes));
        assert_eq!((r.store.names(), r.store.unfinished()), (vec![r.key(&kept.sha256)], 0));
        assert!(r.read(kept.id).await == bytes);
        let asked = r.store.asked();
        let of = |method: &str| asked.iter().filter(|line| line.starts_with(method)).count();
        assert_eq!(of("GET "), 3, "20 MB are three parts of 8 MiB");
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_in_the_bucket() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let large = vec![7; 101 * 1024 * 1024];
        let mut intake = cases::begin_evidence(&r.ann, r.case, "a", "x/y").await.unwrap();
        let refused = async {
            for chunk in large.chunks(4 * 1024 * 1024) {
                intake.write(chunk).await?;
            }
            Ok(())
        };
        assert!(matches!(refused.await, Err(Error::TooLarge { .. })));
        drop(intake);
        // The parts are taken back behind the answer.
        while r.store.unfinished() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(r.store.names().is_empty());
        let empty = cases::add_evidence(&r.ann, r.case, ("a", "text/plain"), b"", "").await;
        assert!(matches!(empty, Err(Error::Invalid(_))));
        assert!(r.store.names().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_bucket_that_is_away_refuses_the_file_and_keeps_no_record_of_it() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let kept = r.add("a.txt", b"x").await;
        let other = BucketSettings { key_id: "NOBODY".to_owned(), ..settings(&r.store) };
        let refused = evidence::bucket(&other, &Trust::default()).unwrap();
        let told = evidence::probe(&refused).await.unwrap_err();
        assert!(told.contains("403") && told.contains("nobody has this key"), "{told}");
        assert_eq!(evidence::probe(&r.bucket).await, Ok(()));
        assert_eq!(r.store.names(), [r.key(&kept.sha256)], "the probe left nothing");

        let services = r.world.services.clone().with_bucket(Some(refused));
        let ann: Cx<CaseWrite> = services.admit(r.ann.actor()).unwrap();
        let added = cases::add_evidence(&ann, r.case, ("b.txt", "text/plain"), b"y", "").await;
        assert!(matches!(added, Err(Error::Unavailable { full: false })), "{added:?}");
        assert_eq!(cases::evidence_count(&r.world.cx("ann@a.test", "alpha").await, r.case).await.unwrap(), 1);
        let takes: Cx<CaseExport> = services.admit(r.ann.actor()).unwrap();
        let read = cases::download_evidence(&takes, r.case, kept.id).await;
        assert!(matches!(read, Err(Error::Unavailable { .. })), "away is not missing");
        let lines =
            cases::custody(&r.world.cx::<CaseRead>("ann@a.test", "alpha").await, r.case).await.unwrap();
        assert!(lines.iter().all(|line| line.step == Custody::Uploaded), "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_in_the_folder_is_found_handed_out_and_removed_there() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let before = r.world.services.clone().with_bucket(None);
        let ann: Cx<CaseWrite> = before.admit(r.ann.actor()).unwrap();
        let old = cases::add_evidence(&ann, r.case, ("old.txt", "text/plain"), b"old", "").await.unwrap();
        assert!(r.store.names().is_empty());
        let new = r.add("new.txt", b"new").await;
        assert_eq!((r.read(old.id).await, r.read(new.id).await), (b"old".to_vec(), b"new".to_vec()));
        assert_eq!(evidence::sweep(&r.world.services).await.unwrap(), Found::default());
        cases::remove_evidence(&r.ann, r.case, old.id, "no longer").await.unwrap();
        let lost = cases::verify_evidence(&r.takes().await, r.case, new.id).await.unwrap();
        assert_eq!(lost, Verdict::Whole);
        let path = r.world.t.folder.path().join(r.key(&old.sha256));
        assert!(!path.exists());
    })
    .await;
}

#[tokio::test]
async fn the_sweep_looks_after_the_bucket() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.add("kept", b"kept").await;
        let lost = r.add("lost", b"lost").await;
        let organization = r.ann.actor().organization;
        for (name, ago) in [("old", 90_000), ("new", 100)] {
            r.store.at(r.world.clock.now().seconds() - ago);
            r.store.put(&format!("evidence/{organization}/incoming/{name}"), b"half");
            r.store.put(&r.key(&hash(name.as_bytes())), name.as_bytes());
        }
        let foreign = "another-program/file";
        r.store.put(foreign, b"theirs");
        r.store.remove(&r.key(&lost.sha256));
        let found = evidence::sweep(&r.world.services).await.unwrap();
        assert_eq!(found, Found { broken_off: 1, unknown: 0, missing: 1 });
        let names = r.store.names();
        // What no record knows may be that of another installation.
        assert!(names.contains(&r.key(&hash(b"old"))) && names.contains(&r.key(&hash(b"new"))), "{names:?}");
        assert!(!names.contains(&format!("evidence/{organization}/incoming/old")), "{names:?}");
        assert!(names.contains(&foreign.to_owned()));
        assert!(names.contains(&r.key(&hash(b"kept"))));
        let history = cases::history(&r.world.cx("ann@a.test", "alpha").await, r.case).await.unwrap();
        assert_eq!(history[0].step, Step::EvidenceAdded);

        r.store.set_away(true);
        let away = evidence::sweep(&r.world.services).await;
        assert!(matches!(away, Err(Error::Unavailable { .. })), "away is not missing: {away:?}");
    })
    .await;
}

#[tokio::test]
async fn a_bundle_holds_the_files_of_the_bucket_and_they_go_with_their_organization() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        r.add("mail.eml", b"From: somebody").await;
        let (case, mut chunks) = cases::export(&r.takes().await, r.case).await.unwrap();
        let mut zip = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            zip.extend_from_slice(&chunk.unwrap());
        }
        let folder = r.world.t.folder.path().join("out");
        zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap().extract(&folder).unwrap();
        let read = std::fs::read(folder.join(case.key()).join("evidence/001-mail.eml")).unwrap();
        assert_eq!(read, b"From: somebody");

        let bob: Cx<CaseWrite> = r.world.cx("bob@b.test", "beta").await;
        let other = cases::open(&bob, NewCase::titled("Other"), &[]).await.unwrap().id;
        cases::add_evidence(&bob, other, ("b.txt", "text/plain"), b"beta", "").await.unwrap();
        let platform = r.world.services.admit(&Actor::platform("test")).unwrap();
        oversight::mark(&platform, "alpha", "alpha").await.unwrap();
        r.world.clock.advance_seconds(31 * 86_400);
        assert_eq!(oversight::delete_due(&r.world.services).await.unwrap(), 1);
        let names = r.store.names();
        assert!(names.len() == 1 && names[0].contains(&bob.actor().organization.to_string()), "{names:?}");
    })
    .await;
}

#[tokio::test]
async fn a_backup_leaves_the_bucket_its_files_and_names_those_that_are_not_there() {
    for_each_backend(|t| async move {
        let r = room(t).await;
        let (kept, lost) = (r.add("kept", b"kept").await, r.add("lost", b"lost").await);
        r.store.remove(&r.key(&lost.sha256));
        let folder = r.world.t.folder.path();
        let place = Place {
            url: r.world.t.url.clone(),
            data_dir: folder.to_owned(),
            key: Some([7; 32]),
            bucket: Some(r.bucket.clone()),
            programs: None,
        };
        let file = folder.join("b.zip");
        let made = backup::make(&place, &r.world.clock, &file, false).await.unwrap();
        assert_eq!((made.in_bucket, made.missing), (vec![r.key(&kept.sha256)], vec![r.key(&lost.sha256)]));
        let url = if r.world.t.url.starts_with("sqlite") {
            format!("sqlite://{}", folder.join("new/watchroom.db").display())
        } else {
            testkit::bare_postgres().await
        };
        let new = Place { url, data_dir: folder.join("new"), ..place };
        let restored = backup::restore(&new, &r.world.clock, &file, false).await.unwrap();
        let told = restored.notes.join("\n");
        assert!(
            told.contains("1 of 1 files of evidence that the backup leaves to the bucket are there"),
            "{told}"
        );
    })
    .await;
}
