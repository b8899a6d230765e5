//! Entries of the audit log in the hands of a stranger; and finding them by what they say.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use domain::audit::AuditFilter;
use domain::permission::{AuditExport, AuditRead};
use service::audit::{self, bundle};
use service::secrets::Secrets;
use service::{Cx, Error, Services};
use testkit::for_each_backend;

use crate::backup::{lived_in, system};
use crate::world::World;

async fn written(cx: &Cx<AuditExport>, filter: &AuditFilter, name: &str, folder: &Path) -> PathBuf {
    let file = folder.join(name);
    let mut chunks = bundle::export(cx, filter).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        bytes.extend(chunk.unwrap());
    }
    std::fs::write(&file, bytes).unwrap();
    file
}

/// The bundle with other bytes in one of its files.
fn changed(file: &Path, name: &str, change: impl Fn(String) -> String) -> PathBuf {
    let mut from = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let target = file.with_extension("changed.zip");
    let mut to = zip::ZipWriter::new(std::fs::File::create(&target).unwrap());
    for n in 0..from.len() {
        let whole = from.by_index_raw(n).unwrap().name().to_owned();
        if whole.ends_with(name) {
            let mut text = Vec::new();
            from.by_index(n).unwrap().read_to_end(&mut text).unwrap();
            to.start_file(whole, zip::write::SimpleFileOptions::default()).unwrap();
            to.write_all(change(String::from_utf8(text).unwrap()).as_bytes()).unwrap();
        } else {
            to.raw_copy_file(from.by_index_raw(n).unwrap()).unwrap();
        }
    }
    to.finish().unwrap();
    target
}

#[tokio::test]
async fn a_bundle_is_checked_offline_and_every_change_to_it_is_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = lived_in(t).await;
        let scratch = tempfile::tempdir().unwrap();
        let cx: Cx<AuditExport> = system(&world.services, alpha);
        let all = written(&cx, &AuditFilter::default(), "all.zip", scratch.path()).await;
        let pem = bundle::public_key(&world.services).unwrap();
        let found = bundle::verify(&all, Some(&pem)).unwrap();
        assert_eq!(found.problems, Vec::<String>::new());
        let entries = audit::count(&system(&world.services, alpha), &AuditFilter::default()).await.unwrap();
        assert_eq!(found.manifest.entries, entries as u64);
        assert_eq!((found.manifest.organization.as_str(), found.manifest.head.seq), ("alpha", entries));

        // A part of the log still stands in the whole chain.
        let cases = AuditFilter { target_type: Some("case".to_owned()), ..AuditFilter::default() };
        let part = written(&cx, &cases, "part.zip", scratch.path()).await;
        let found = bundle::verify(&part, None).unwrap();
        let of_cases = audit::count(&system(&world.services, alpha), &cases).await.unwrap() as u64;
        assert!(found.problems.is_empty() && found.manifest.entries == of_cases && of_cases > 0, "{found:?}");

        let held = |file: &Path, key: Option<&str>| bundle::verify(file, key).unwrap().problems;
        let other = Services::new(world.t.db.clone(), world.clock.clone(), Secrets::new([8; 32]), false);
        let other = bundle::public_key(&other).unwrap();
        assert_eq!(held(&part, Some(&other)).len(), 1, "signed by another installation");
        let edited = changed(&part, "entries.ndjson", |text| text.replace("Files", "Other"));
        assert!(held(&edited, None).iter().any(|reason| reason.ends_with("was changed")));
        let cut = changed(&all, "links.ndjson", |text| text.split_inclusive('\n').skip(1).collect());
        assert!(held(&cut, None).iter().any(|reason| reason.contains("not the file that was signed")));
        let rewritten = changed(&all, "manifest.json", |text| text.replace("\"alpha\"", "\"beta\""));
        assert!(held(&rewritten, None).iter().any(|reason| reason.contains("signature")));
        let fewer = changed(&all, "entries.ndjson", |text| text.split_inclusive('\n').skip(1).collect());
        assert!(held(&fewer, None).iter().any(|reason| reason.contains("the manifest says")));
        assert!(matches!(bundle::verify(&scratch.path().join("none.zip"), None), Err(Error::Conflict(_))));
        assert!(bundle::verify(&part, Some("no key")).is_err());
        // Nothing of another organization is in it.
        let beta = world.organization("gamma").await.id;
        let theirs = written(&system(&world.services, beta), &cases, "theirs.zip", scratch.path()).await;
        assert_eq!(bundle::verify(&theirs, Some(&pem)).unwrap().manifest.entries, 0);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_export_the_log_gets_no_bundle() {
    let world = World::new(testkit::sqlite().await);
    world.organization("alpha").await;
    world.person("ann@a.test", "alpha", "analyst").await;
    let ann = world.actor("ann@a.test", "alpha").await;
    assert!(matches!(world.services.admit::<AuditExport>(&ann), Err(Error::Forbidden)));
}

#[tokio::test]
async fn entries_are_found_by_what_they_say_and_by_their_record() {
    for_each_backend(|t| async move {
        let (world, alpha) = lived_in(t).await;
        let read: Cx<AuditRead> = system(&world.services, alpha);
        let found = async |text: &str| {
            let filter = AuditFilter { q: Some(text.to_owned()), ..AuditFilter::default() };
            let page = audit::list(&read, &filter, 100, None).await.unwrap();
            assert_eq!(audit::count(&read, &filter).await.unwrap() as usize, page.items.len());
            page.items.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
        };
        assert_eq!(found("files").await, ["CASE_CREATED"], "in the values, in any case");
        assert_eq!(found("CASE_CRE").await, ["CASE_CREATED"]);
        assert_eq!(found("a.txt").await, ["EVIDENCE_ADDED", "EVIDENCE_ADDED"]);
        assert!(found("100%_no").await.is_empty());
        let made = AuditFilter { action: Some("CASE_CREATED".to_owned()), ..AuditFilter::default() };
        let case = audit::list(&read, &made, 1, None).await.unwrap().items.remove(0).target_id;
        let history = audit::of_record(&read, "case", &case, 10).await.unwrap();
        assert!(history.iter().any(|entry| entry.action == "CASE_CREATED"));
        assert!(history.iter().all(|entry| entry.target_id == case));
    })
    .await;
}
