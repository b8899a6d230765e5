//! Evidence of cases: kept under its hash, handed out with a record, gone only when nobody else has it.

use domain::CaseId;
use domain::case::entry::NewEntry;
use domain::case::evidence::{Custody, Evidence};
use domain::case::{NewCase, Step};
use domain::permission::{CaseExport, CaseRead, CaseWrite};
use service::cases::{self, Verdict};
use service::evidence::{Found, Rules};
use service::{Actor, Cx, Error, oversight};
use sha2::{Digest as _, Sha256};
use testkit::for_each_backend;
use tokio::io::AsyncReadExt as _;

use crate::world::{World, start};

struct Room {
    world: World,
    ann: Cx<CaseWrite>,
    case: CaseId,
}

/// alpha with the analyst ann and the viewer vic and a case; beta with bob.
async fn room(t: testkit::TestDb, rules: Rules) -> Room {
    let mut world = World::new(t);
    world.services = world.services.clone().with_data_dir(world.t.folder.path()).with_evidence_rules(rules);
    world.organization("alpha").await;
    world.organization("beta").await;
    for (who, place, role) in [
        ("ann@a.test", "alpha", "analyst"),
        ("vic@a.test", "alpha", "viewer"),
        ("bob@b.test", "beta", "admin"),
    ] {
        world.person(who, place, role).await;
    }
    let ann: Cx<CaseWrite> = world.cx("ann@a.test", "alpha").await;
    let case = cases::open(&ann, NewCase::titled("Files"), &[]).await.unwrap().id;
    Room { world, ann, case }
}

impl Room {
    /// A second after what was before, so that the order is told by the time.
    async fn add(&self, name: &str, bytes: &[u8]) -> Evidence {
        self.world.clock.advance_seconds(1);
        cases::add_evidence(&self.ann, self.case, (name, "text/plain"), bytes, "from the host").await.unwrap()
    }
    async fn vic<P: domain::permission::Permission>(&self) -> Cx<P> {
        self.world.cx("vic@a.test", "alpha").await
    }
    /// Files below the folder of evidence, as paths of their last three parts.
    fn files(&self) -> Vec<String> {
        fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else {
                    let parts: Vec<_> = path.iter().rev().take(2).map(|p| p.to_str().unwrap()).collect();
                    found.push(format!("{}/{}", parts[1], parts[0]));
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.world.t.folder.path().join("evidence"), &mut found);
        found
    }
    async fn custody(&self) -> Vec<(Custody, String)> {
        let lines = cases::custody(&self.vic::<CaseRead>().await, self.case).await.unwrap();
        lines.into_iter().rev().map(|line| (line.step, line.actor)).collect()
    }
}

#[tokio::test]
async fn a_file_is_kept_under_its_hash_handed_out_checked_and_removed_with_its_record_left() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let kept = r.add("../../etc/mail.eml", b"From: somebody").await;
        let hash = domain::audit::hex(&Sha256::digest(b"From: somebody"));
        assert_eq!((kept.filename.as_str(), kept.sha256.as_str(), kept.size), ("mail.eml", &*hash, 14));
        assert_eq!(r.files(), [format!("{}/{hash}", &hash[..2])]);
        let again = r.add("copy.eml", b"From: somebody").await;
        assert_eq!(r.files().len(), 1, "the same bytes lie there once");

        let vic: Cx<CaseExport> = r.vic().await;
        let (of, mut bytes) = cases::download_evidence(&vic, r.case, kept.id).await.unwrap();
        let mut read = Vec::new();
        bytes.read_to_end(&mut read).await.unwrap();
        assert_eq!((of.filename.as_str(), read.as_slice()), ("mail.eml", &b"From: somebody"[..]));
        assert_eq!(cases::verify_evidence(&vic, r.case, kept.id).await.unwrap(), Verdict::Whole);

        cases::remove_evidence(&r.ann, r.case, kept.id, "the wrong mail").await.unwrap();
        assert_eq!(r.files().len(), 1, "the copy still is this file");
        let gone = cases::download_evidence(&vic, r.case, kept.id).await;
        assert!(matches!(gone, Err(Error::Conflict(_))));
        cases::remove_evidence(&r.ann, r.case, again.id, "and its copy").await.unwrap();
        assert!(r.files().is_empty());
        let list = cases::evidence(&r.vic().await, r.case).await.unwrap();
        let reasons: Vec<_> = list.iter().map(|e| e.removed_reason.as_deref()).collect();
        assert_eq!(reasons, [Some("the wrong mail"), Some("and its copy")]);
        assert_eq!(cases::evidence_count(&r.vic().await, r.case).await.unwrap(), 0);

        let of_kept = cases::custody(&r.vic().await, r.case).await.unwrap();
        let steps: Vec<_> =
            of_kept.iter().rev().filter(|c| c.evidence_id == kept.id).map(|c| (c.seq, c.step)).collect();
        let wanted = [Custody::Uploaded, Custody::Downloaded, Custody::Verified, Custody::Removed];
        assert_eq!(steps, (1..).zip(wanted).collect::<Vec<_>>());
        assert!(r.custody().await.contains(&(Custody::Downloaded, "vic@a.test".to_owned())));
        let history = cases::history(&r.vic().await, r.case).await.unwrap();
        assert_eq!(history[0].step, Step::EvidenceRemoved);
        r.add("mail.eml", b"From: somebody").await;
        assert_eq!(r.files().len(), 1, "it can come back");
    })
    .await;
}

#[tokio::test]
async fn bytes_that_changed_or_went_are_told() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let kept = r.add("log.txt", b"one").await;
        let folder = r.world.t.folder.path().join("evidence").join(r.ann.actor().organization.to_string());
        let path = folder.join(&kept.sha256[..2]).join(&kept.sha256);
        std::fs::write(&path, "two").unwrap();
        let vic: Cx<CaseExport> = r.vic().await;
        let found = domain::audit::hex(&Sha256::digest(b"two"));
        assert_eq!(cases::verify_evidence(&vic, r.case, kept.id).await.unwrap(), Verdict::Changed(found));
        let (given, _) = cases::download_evidence(&vic, r.case, kept.id).await.unwrap();
        assert!(given.is_altered && !kept.is_altered, "whoever gets it is told");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(cases::verify_evidence(&vic, r.case, kept.id).await.unwrap(), Verdict::Missing);
        let steps: Vec<_> = r.custody().await.into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, [Custody::Uploaded, Custody::Failed, Custody::Downloaded, Custody::Failed]);
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_blocked_or_empty_leaves_nothing_behind() {
    for_each_backend(|t| async move {
        let rules = Rules { max_bytes: 10, blocked: vec!["text/html".to_owned(), "image/*".to_owned()] };
        let r = room(t, rules).await;
        let add = async |name: &'static str, kind: &'static str, bytes: &'static [u8]| {
            cases::add_evidence(&r.ann, r.case, (name, kind), bytes, "").await
        };
        assert!(matches!(add("a", "text/plain", b"12345678901").await, Err(Error::TooLarge { max: 10 })));
        for (kind, bytes) in [
            ("text/html", &b"x"[..]),
            ("text/plain", b"<html>"),
            ("image/svg+xml", b"x"),
            ("text/plain", b"<svg/>"),
            ("text/plain", b""),
        ] {
            assert!(matches!(add("a", kind, bytes).await, Err(Error::Invalid(_))), "{kind} {bytes:?}");
        }
        assert!(r.files().is_empty(), "{:?}", r.files());
        assert!(add("a", "text/plain", b"1234567890").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_stranger_finds_no_file_and_a_viewer_brings_none() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let kept = r.add("log.txt", b"one").await;
        assert!(matches!(
            r.world.services.admit::<CaseWrite>(&r.world.actor("vic@a.test", "alpha").await),
            Err(Error::Forbidden)
        ));
        let (reads, takes, writes): (Cx<CaseRead>, Cx<CaseExport>, Cx<CaseWrite>) = (
            r.world.cx("bob@b.test", "beta").await,
            r.world.cx("bob@b.test", "beta").await,
            r.world.cx("bob@b.test", "beta").await,
        );
        assert!(cases::evidence(&reads, r.case).await.unwrap().is_empty());
        assert!(cases::custody(&reads, r.case).await.unwrap().is_empty());
        assert!(matches!(cases::download_evidence(&takes, r.case, kept.id).await, Err(Error::NotFound)));
        assert!(matches!(cases::verify_evidence(&takes, r.case, kept.id).await, Err(Error::NotFound)));
        assert!(matches!(
            cases::remove_evidence(&writes, r.case, kept.id, "mine").await,
            Err(Error::NotFound)
        ));
        let own = cases::open(&writes, NewCase::titled("Own"), &[]).await.unwrap().id;
        assert!(matches!(cases::download_evidence(&takes, own, kept.id).await, Err(Error::NotFound)));
        let new = NewEntry { at: start(), content: "x".to_owned(), system: None };
        assert!(matches!(cases::add_entry(&writes, r.case, new).await, Err(Error::NotFound)));
        assert!(matches!(
            cases::add_evidence(&writes, r.case, ("a", "text/plain"), b"x", "").await,
            Err(Error::NotFound)
        ));
        assert_eq!(r.files().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn all_of_it_goes_with_its_organization_and_not_before() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        r.add("a.txt", b"x").await;
        let platform = r.world.services.admit(&Actor::platform("test")).unwrap();
        oversight::mark(&platform, "alpha", "alpha").await.unwrap();
        r.world.clock.advance_seconds(29 * 86_400);
        assert_eq!(oversight::delete_due(&r.world.services).await.unwrap(), 0);
        assert_eq!(r.files().len(), 1);
        r.world.clock.advance_seconds(2 * 86_400);
        assert_eq!(oversight::delete_due(&r.world.services).await.unwrap(), 1);
        assert_eq!(r.files(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_written_and_taken_back_by_its_author_with_its_place_left() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        r.world.person("ben@a.test", "alpha", "analyst").await;
        let new = NewEntry {
            at: start().plus_seconds(-3_600),
            content: "the guard saw a van".to_owned(),
            system: Some(" gate ".to_owned()),
        };
        let entry = cases::add_entry(&r.ann, r.case, new).await.unwrap();
        assert_eq!(entry.system.as_deref(), Some("gate"));
        let ben: Cx<CaseWrite> = r.world.cx("ben@a.test", "alpha").await;
        assert!(matches!(cases::delete_entry(&ben, r.case, entry.id).await, Err(Error::Forbidden)));
        cases::delete_entry(&r.ann, r.case, entry.id).await.unwrap();
        let left = cases::entries(&r.vic().await, r.case).await.unwrap();
        assert_eq!((left.len(), left[0].content.as_str(), left[0].deleted_at.is_some()), (1, "", true));
        let steps: Vec<_> =
            cases::history(&r.vic().await, r.case).await.unwrap().iter().map(|c| c.step).collect();
        assert_eq!(steps, [Step::EntryDeleted, Step::EntryAdded, Step::Opened]);
    })
    .await;
}

/// What the viewer takes away: the case, and the folder that the bundle was unpacked into.
async fn exported(r: &Room) -> (domain::case::Case, std::path::PathBuf) {
    let (case, mut chunks) = cases::export(&r.vic::<CaseExport>().await, r.case).await.unwrap();
    let mut zip = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        zip.extend_from_slice(&chunk.unwrap());
    }
    let folder = r.world.t.folder.path().join("out");
    zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap().extract(&folder).unwrap();
    let folder = folder.join(case.key());
    (case, folder)
}

/// What a stranger finds: whether all is whole, and a line for each file.
fn sums(folder: &std::path::Path) -> (bool, String) {
    let check = std::process::Command::new("sha256sum")
        .args(["-c", "SHA256SUMS"])
        .current_dir(folder)
        .output()
        .unwrap();
    (check.status.success(), String::from_utf8_lossy(&check.stdout).into_owned())
}

#[tokio::test]
async fn a_bundle_does_not_vouch_for_what_was_tampered_with() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let altered = r.add("log.txt", b"one").await;
        r.add("kept.txt", b"kept").await;
        let lost = r.add("lost.txt", b"lost").await;
        let folder = r.world.t.folder.path().join("evidence").join(r.ann.actor().organization.to_string());
        let place = |sha256: &str| folder.join(&sha256[..2]).join(sha256);
        std::fs::write(place(&altered.sha256), "two").unwrap();
        std::fs::remove_file(place(&lost.sha256)).unwrap();
        let (_, folder) = exported(&r).await;
        let (whole, lines) = sums(&folder);
        assert!(!whole, "{lines}");
        for line in ["evidence/001-log.txt: FAILED", "evidence/002-kept.txt: OK", "index.html: OK", "case.json: OK"] {
            assert!(lines.contains(line), "{line}: {lines}");
        }
        assert!(lines.contains("evidence/003-lost.txt: FAILED"), "{lines}");
        let told: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("case.json")).unwrap()).unwrap();
        let found = domain::audit::hex(&Sha256::digest(b"two"));
        assert_eq!(
            told["altered_files"],
            serde_json::json!([{
                "id": altered.id, "path": "evidence/001-log.txt", "sha256": altered.sha256, "found_sha256": found,
            }])
        );
        assert_eq!(told["missing_files"], serde_json::json!([lost.id]));
        let failed: Vec<_> = told["case"]["custody"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["step"] == "failed")
            .map(|line| line["evidence_id"].clone())
            .collect();
        assert_eq!(failed.len(), 2, "{told}");
        let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(page.contains("001-log.txt was altered") && page.contains(&found), "{page}");
        assert!(page.contains("003-lost.txt is missing"), "{page}");
        let custody = r.custody().await;
        let failed: Vec<_> = custody.iter().filter(|(step, _)| *step == Custody::Failed).collect();
        assert_eq!(failed, [&(Custody::Failed, "vic@a.test".to_owned()); 2]);
        let log = r.vic::<domain::permission::AuditRead>().await;
        let log = service::audit::of_record(&log, "case", &r.case.to_string(), 50).await.unwrap();
        let told = log.iter().filter(|entry| entry.action == "EVIDENCE_VERIFIED" && !entry.success).count();
        assert_eq!(told, 2, "the audit log has it too");
    })
    .await;
}

#[tokio::test]
async fn a_bundle_has_every_part_of_the_case() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let writes: Cx<domain::permission::EventWrite> = r.world.cx("ann@a.test", "alpha").await;
        let event = domain::event::NewEvent {
            id: Some(domain::EventId(uuid::Uuid::from_u128(77))),
            ..crate::events::event(0, "failed password for root")
        };
        service::events::ingest(&writes, vec![event], service::events::Origin::Api).await.unwrap();
        let groups: Cx<domain::permission::GroupRead> = r.world.cx("ann@a.test", "alpha").await;
        let group = cases::groups_matching(&groups, &domain::group::GroupFilter::default()).await.unwrap();
        cases::link(&r.ann, r.case, domain::case::LinkKind::Group, &group).await.unwrap();
        let ids = [uuid::Uuid::from_u128(77)];
        cases::link(&r.ann, r.case, domain::case::LinkKind::Event, &ids).await.unwrap();
        let pushes: Cx<domain::permission::DriftWrite> = r.world.cx("ann@a.test", "alpha").await;
        let differs = ("aws_instance.job", serde_json::json!({"size": 1}), serde_json::json!({"size": 2}));
        service::drifts::push(&pushes, crate::drifts::what(crate::drifts::plan(&[differs])), None)
            .await
            .unwrap();
        let seen: Cx<domain::permission::DriftRead> = r.world.cx("ann@a.test", "alpha").await;
        let drift = service::drifts::find(&seen, "1").await.unwrap();
        cases::link(&r.ann, r.case, domain::case::LinkKind::Drift, &[drift.id.0]).await.unwrap();
        let note = cases::add_note(&r.ann, r.case, "it was **bad** [here](/o/alpha)").await.unwrap();
        cases::edit_note(&r.ann, r.case, note.id, 1, "it was **good**").await.unwrap();
        // Notes of one instant have no order.
        r.world.clock.advance_seconds(1);
        let gone = cases::add_note(&r.ann, r.case, "took back").await.unwrap();
        cases::delete_note(&r.ann, r.case, gone.id).await.unwrap();
        cases::add_observables(&r.ann, r.case, "10.0.0.9", true).await.unwrap();
        let other = NewCase { tags: vec!["phish".to_owned()], ..NewCase::titled("Other") };
        let other = cases::open(&r.ann, other, &[]).await.unwrap();
        let into = domain::case::merge::Merging { id: r.case, version: None };
        let from = domain::case::merge::Merging { id: other.id, version: None };
        cases::merge_cases(&r.ann, into, &[from], "the same").await.unwrap();
        let (_, folder) = exported(&r).await;
        assert!(sums(&folder).0);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let told: serde_json::Value = serde_json::from_str(&read("case.json")).unwrap();
        let case = &told["case"];
        assert_eq!(
            (&told["altered_files"], &told["missing_files"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        let link = &case["links"][0];
        assert_eq!((&link["kind"], &link["group"]["events"]), (&"group".into(), &1.into()), "{link}");
        assert!(link["linked_by"].is_string() && link["linked_at"].is_string(), "{link}");
        let lines: Vec<serde_json::Value> =
            read("links.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines.iter().map(|line| line["kind"].as_str().unwrap()).collect::<Vec<_>>(),
            ["event", "group", "drift"]
        );
        let link = &case["links"][1];
        assert_eq!(
            (link, &link["kind"], &link["drift"]["resource_id"]),
            (&lines[2], &"drift".into(), &"aws_instance.job".into())
        );
        assert!(link["linked_by"].is_string() && link["linked_at"].is_string(), "{link}");
        let said = |note: usize| {
            let revisions = case["notes"][note]["revisions"].as_array().unwrap();
            revisions.iter().map(|r| r["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(said(0), ["it was **bad** [here](/o/alpha)", "it was **good**"]);
        assert_eq!((said(1), &case["notes"][1]["content"]), (vec!["took back".to_owned()], &"".into()));
        assert_eq!(case["merged_cases"][0]["tags"], serde_json::json!(["phish"]));
        assert_eq!(case["merged_tags"], serde_json::json!(["phish"]));
        assert_eq!(case["reviews"], serde_json::json!([]));
        let page = read("index.html");
        for words in [
            "it was <strong>good</strong>",
            "Revision 1, ",
            "it was <strong>bad</strong> <a href=\"#\">here</a>",
            "linked a group",
            "linked a drift",
            "aws_instance.job",
            "added 10.0.0.9",
            "edited a note (revision 2)",
            "merged CASE-2 into it",
            "CASE-2 Other",
            "phish",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_bundle_is_read_and_checked_without_us() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        r.add("mail <1>.eml", b"From: somebody").await;
        r.add("mail <1>.eml", b"From: another").await;
        let gone = r.add("gone.txt", b"gone").await;
        cases::remove_evidence(&r.ann, r.case, gone.id, "the wrong one").await.unwrap();
        cases::add_note(&r.ann, r.case, "<script>alert(1)</script>").await.unwrap();
        let event = domain::event::NewEvent {
            id: Some(domain::EventId(uuid::Uuid::from_u128(77))),
            ..crate::events::event(0, "failed password for root")
        };
        let writes: Cx<domain::permission::EventWrite> = r.world.cx("ann@a.test", "alpha").await;
        service::events::ingest(&writes, vec![event], service::events::Origin::Api).await.unwrap();
        let ids = [uuid::Uuid::from_u128(77)];
        cases::link(&r.ann, r.case, domain::case::LinkKind::Event, &ids).await.unwrap();

        let (_, folder) = exported(&r).await;
        let check = || {
            let (whole, told) = sums(&folder);
            (whole, told.lines().count())
        };
        assert_eq!(check(), (true, 7), "page, JSON, events, links, notes and two files");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read("evidence/002-mail _1_.eml"), "From: another");
        assert_eq!(read("events.ndjson").lines().count(), 1);
        let page = read("index.html");
        assert!(page.contains("<p class=\"head\">ALPHA</p>"), "whose it is: {page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"));
        let told: serde_json::Value = serde_json::from_str(&read("case.json")).unwrap();
        assert_eq!(told["case"]["evidence"][2]["removed_reason"], "the wrong one");
        let taken = r.custody().await.iter().filter(|(step, _)| *step == Custody::Exported).count();
        assert_eq!(taken, 2);
        std::fs::write(folder.join("notes.md"), "changed").unwrap();
        assert!(!check().0, "what was changed is found");

        let stranger: Cx<CaseExport> = r.world.cx("bob@b.test", "beta").await;
        assert!(matches!(cases::export(&stranger, r.case).await, Err(Error::NotFound)));
    })
    .await;
}

/// As if it was written so many seconds before the world's now.
fn written(path: &std::path::Path, now: domain::Timestamp, ago: i64) {
    let at =
        std::time::UNIX_EPOCH + std::time::Duration::from_secs((now.seconds() - ago).try_into().unwrap());
    std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

#[tokio::test]
async fn what_is_of_no_record_goes_after_a_day_and_a_record_without_bytes_is_told_once() {
    for_each_backend(|t| async move {
        let r = room(t, Rules::default()).await;
        let kept = r.add("kept", b"kept").await;
        let lost = r.add("lost", b"lost").await;
        let now = r.world.clock.now();
        let folder = r.world.t.folder.path().join("evidence").join(r.ann.actor().organization.to_string());
        let place = |sha256: &str| folder.join(&sha256[..2]).join(sha256);
        std::fs::create_dir_all(folder.join("incoming")).unwrap();
        let strays: Vec<_> = [("old", 90_000), ("new", 100)]
            .iter()
            .flat_map(|(name, ago)| {
                let broken = folder.join("incoming").join(name);
                let bytes = place(&domain::audit::hex(&Sha256::digest(name.as_bytes())));
                std::fs::create_dir_all(bytes.parent().unwrap()).unwrap();
                [broken, bytes].map(|path| {
                    std::fs::write(&path, name).unwrap();
                    written(&path, now, *ago);
                    path
                })
            })
            .collect();
        written(&place(&kept.sha256), now, 90_000);
        std::fs::remove_file(place(&lost.sha256)).unwrap();
        let swept = service::evidence::sweep(&r.world.services).await.unwrap();
        assert_eq!(swept, Found { broken_off: 1, unknown: 1, missing: 1 });
        let there: Vec<bool> = strays.iter().map(|path| path.exists()).collect();
        assert_eq!(there, [false, false, true, true], "after a day");
        assert!(place(&kept.sha256).exists());
        let failed = async || {
            let lines = cases::custody(&r.vic::<CaseRead>().await, r.case).await.unwrap();
            let lines = lines.into_iter().filter(|line| line.step == Custody::Failed);
            lines.map(|line| (line.evidence_id, line.detail.unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(failed().await, [(lost.id, "its bytes are missing".to_owned())]);
        let told = r.world.log(r.ann.actor().organization).await;
        let told = told.iter().rfind(|entry| entry.action == "EVIDENCE_VERIFIED").unwrap();
        assert!(!told.success && told.actor == "system (evidence check)", "{told:?}");
        let again = service::evidence::sweep(&r.world.services).await.unwrap();
        assert_eq!((again, failed().await.len()), (Found { missing: 1, ..Found::default() }, 1), "told once");
        // What comes again is whole again.
        r.add("again", b"lost").await;
        assert_eq!(service::evidence::sweep(&r.world.services).await.unwrap(), Found::default());
    })
    .await;
}
