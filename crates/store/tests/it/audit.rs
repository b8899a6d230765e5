//! The audit chain: append-only, never forked.

use std::collections::BTreeSet;

use domain::OrganizationId;
use domain::audit::{Action, AuditEntry, AuditFilter, GENESIS};
use serde_json::json;
use store::db::{Dialect, Error, sql};
use store::{Db, Options, WriteTx};
use testkit::for_each_backend;

use crate::world::{actor, entry, organization, read, stamp, system, write};

/// Walks the chain and answers how many entries fit.
async fn verified(db: &Db, organization: OrganizationId) -> i64 {
    let (mut seq, mut hash) = (0, GENESIS.to_owned());
    loop {
        let page = store::audit::walk(&mut system(db).await, organization, seq, 100).await.unwrap();
        if page.is_empty() {
            break;
        }
        for record in page {
            let record = record.unwrap();
            assert_eq!(record.seq, seq + 1);
            assert_eq!(record.prev_hash, hash);
            assert_eq!(record.compute_hash(), record.hash);
            (seq, hash) = (record.seq, record.hash);
        }
    }
    assert_eq!(
        store::audit::head(&mut system(db).await, organization)
            .await
            .unwrap()
            .unwrap_or((0, GENESIS.to_owned())),
        (seq, hash)
    );
    seq
}

#[tokio::test]
async fn an_entry_comes_back_as_it_was_written_and_its_hash_holds() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let tx = write(&t.db, a).await;
        let written = AuditEntry::new(Action::SOURCE_UPDATED, "source", "id\0")
            .metadata(json!({ "z": 1.0, "a": [1e2, 0.1, "ü\0"], "big": 12_345_678_901_234_567_890_u64 }))
            .change(Some(json!({ "name": "old" })), Some(json!({ "name": "new" })))
            .failed("no\0");
        tx.commit(written).await.unwrap();
        let records =
            store::audit::list(&mut read(&t.db, a).await, &AuditFilter::default(), None, 10).await.unwrap();
        let record = &records[0];
        assert_eq!((record.seq, record.prev_hash.as_str()), (1, GENESIS));
        assert_eq!(record.target_id, "id\u{FFFD}");
        assert_eq!(record.metadata["z"], 1);
        assert_eq!(record.old_values, Some(json!({ "name": "old" })));
        assert!(!record.success);
        assert_eq!(record.compute_hash(), record.hash);
        assert_eq!(verified(&t.db, a).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_log_refuses_update_and_delete_even_to_its_owner() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        write(&t.db, a).await.commit(entry()).await.unwrap();
        for text in ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"] {
            let error = system(&t.db).await.conn().exec(sql(text)).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{text}: {error}");
        }
        assert_eq!(verified(&t.db, a).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_entry_cannot_be_written_over_by_an_insert() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        write(&t.db, a).await.commit(entry()).await.unwrap();
        let over: &[&str] = match t.db.dialect() {
            Dialect::Sqlite => &[
                "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log",
                "REPLACE INTO audit_log SELECT * FROM audit_log",
                "INSERT OR IGNORE INTO audit_log SELECT * FROM audit_log",
                "INSERT INTO audit_log SELECT * FROM audit_log WHERE true ON CONFLICT (organization_id, seq) DO UPDATE SET actor = 'nobody'",
                // Another key, but the row number of the entry.
                "INSERT OR REPLACE INTO audit_log (rowid, organization_id, id, seq, created_at, actor, action, target_type, target_id, prev_hash, hash)
                 SELECT a.rowid, a.organization_id, a.id, 9, a.created_at, 'nobody', a.action, a.target_type, a.target_id, a.prev_hash, a.hash
                 FROM audit_log a",
            ],
            Dialect::Postgres => &[
                "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (organization_id, created_at, seq) DO UPDATE SET actor = 'nobody'",
            ],
        };
        for text in over {
            let error = system(&t.db).await.conn().exec(sql(text)).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{text}: {error}");
        }
        assert_eq!(verified(&t.db, a).await, 1);
        write(&t.db, a).await.commit(entry()).await.unwrap();
        assert_eq!(verified(&t.db, a).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_a_failed_commit_wanted_is_neither_done_nor_logged() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let mut tx = write(&t.db, a).await;
        store::setting::set(&mut tx, "general", &json!({}), crate::world::at(0)).await.unwrap();
        let twice = store::source::insert(&mut tx, &crate::source::source("x")).await;
        assert!(twice.is_ok());
        let error = store::source::insert(&mut tx, &crate::source::source("x")).await.unwrap_err();
        assert!(matches!(error, Error::Unique));
        drop(tx);
        assert_eq!(verified(&t.db, a).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_on_two_pools_never_fork_a_chain() {
    for_each_backend(|t| async move {
        let organizations = [organization(&t.db, "alpha").await, organization(&t.db, "beta").await];
        let second = Db::connect(&t.url, &Options { connections: 4, ..Options::default() }).await.unwrap();
        let tasks: Vec<_> = (0..16_usize)
            .map(|task| {
                let db = if task % 2 == 0 { t.db.clone() } else { second.clone() };
                let organization = organizations[task / 2 % 2];
                tokio::spawn(async move {
                    let mut done = 0;
                    while done < 50 {
                        match commit(&db, organization, task, done).await {
                            Ok(()) => done += 1,
                            // Two pools on one SQLite file wait for each other as long as the busy time-out.
                            Err(error) if error.is_temporary() => tokio::task::yield_now().await,
                            Err(error) => panic!("{error}"),
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut seen = BTreeSet::new();
        for organization in organizations {
            assert_eq!(verified(&t.db, organization).await, 400);
            let q = sql("SELECT prev_hash FROM audit_log WHERE organization_id = $1").bind(organization);
            let previous: Vec<String> = system(&t.db).await.conn().scalars(q).await.unwrap();
            assert_eq!(
                previous.iter().collect::<BTreeSet<_>>().len(),
                400,
                "two entries follow the same one"
            );
            let all =
                store::audit::list(&mut read(&t.db, organization).await, &AuditFilter::default(), None, 1000)
                    .await
                    .unwrap();
            seen.extend(all.into_iter().map(|r| r.target_id));
        }
        assert_eq!(seen.len(), 800, "every commit has its own entry");
        second.close().await;
    })
    .await;
}

async fn commit(db: &Db, organization: OrganizationId, task: usize, n: usize) -> store::Result<()> {
    let mut tx = WriteTx::begin(db, organization, actor(), stamp()).await?;
    store::setting::set(&mut tx, "general", &json!({ "by": task, "n": n }), crate::world::at(0)).await?;
    tx.commit(AuditEntry::new(Action::SETTINGS_UPDATED, "setting", format!("{task}/{n}"))).await
}

#[tokio::test]
async fn a_filter_narrows_the_list_and_the_count() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        for n in 0..5 {
            let action = if n % 2 == 0 { Action::SOURCE_CREATED } else { Action::SOURCE_UPDATED };
            write(&t.db, a).await.commit(AuditEntry::new(action, "source", n)).await.unwrap();
        }
        let filter = AuditFilter { action: Some("SOURCE_CREATED".to_owned()), ..AuditFilter::default() };
        let mut tx = read(&t.db, a).await;
        let listed = store::audit::list(&mut tx, &filter, None, 2).await.unwrap();
        assert_eq!(listed.iter().map(|r| r.seq).collect::<Vec<_>>(), [5, 3]);
        let rest = store::audit::list(&mut tx, &filter, Some(3), 2).await.unwrap();
        assert_eq!(rest.iter().map(|r| r.seq).collect::<Vec<_>>(), [1]);
        assert_eq!(store::audit::count(&mut tx, &filter).await.unwrap(), 3);
        for (part, n) in [("somebody", 0), ("test", 5), ("ES", 5), ("t%t", 0), ("_est", 0)] {
            let by = AuditFilter { actor: Some(part.to_owned()), ..AuditFilter::default() };
            assert_eq!(store::audit::count(&mut tx, &by).await.unwrap(), n, "{part}");
            assert_eq!(store::audit::list(&mut tx, &by, None, 10).await.unwrap().len() as i64, n, "{part}");
        }
    })
    .await;
}
