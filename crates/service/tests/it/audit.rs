//! Verifying the chain finds what was done to it behind the store's back.

use domain::OrganizationId;
use domain::audit::Verdict;
use domain::permission::SourceWrite;
use domain::source::NewSource;
use service::{Actor, audit, sources};
use store::SystemTx;
use store::db::{Dialect, sql};
use testkit::for_each_backend;

use crate::world::World;

const ENTRIES: i64 = 12;

async fn written(t: testkit::TestDb) -> (World, OrganizationId) {
    let world = World::new(t);
    let alpha = world.organization("alpha").await.id;
    let cx = world.services.admit::<SourceWrite>(&Actor::system("test", alpha)).unwrap();
    for n in 1..ENTRIES {
        let new = NewSource {
            name: format!("s{n}"),
            source_type: "host".to_owned(),
            status: "active".to_owned(),
            ..NewSource::default()
        };
        world.clock.advance_seconds(1);
        sources::create(&cx, new).await.unwrap();
    }
    (world, alpha)
}

/// Runs statements with the log's triggers off. `$1` is the organization.
async fn tamper(world: &World, organization: OrganizationId, statements: &[&'static str]) {
    let mut tx = SystemTx::across_all_organizations(&world.t.db).await.unwrap();
    let off: &[&str] = match tx.dialect() {
        Dialect::Sqlite => {
            &["DROP TRIGGER IF EXISTS audit_log_no_update", "DROP TRIGGER IF EXISTS audit_log_no_delete"]
        }
        Dialect::Postgres => &["SET LOCAL session_replication_role = replica"],
    };
    for text in off {
        tx.conn().exec(sql(text)).await.unwrap();
    }
    for text in statements {
        tx.conn().exec(sql(text).bind(organization)).await.unwrap();
    }
    tx.commit_unaudited_bookkeeping().await.unwrap();
}

async fn verify(world: &World, organization: OrganizationId) -> Verdict {
    audit::verify(&world.services, organization, "alpha", None).await.unwrap()
}

/// The entries that do not fit.
async fn broken(world: &World, organization: OrganizationId) -> Vec<i64> {
    verify(world, organization).await.broken.into_iter().map(|(seq, _)| seq).collect()
}

#[tokio::test]
async fn an_untouched_chain_is_whole() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let verdict = verify(&world, alpha).await;
        assert_eq!((verdict.entries, verdict.head_seq, verdict.breaks), (ENTRIES, ENTRIES, 0));
        let nothing = verify(&world, OrganizationId(uuid::Uuid::from_u128(1))).await;
        assert_eq!((nothing.entries, nothing.breaks), (0, 0));
        assert_eq!(verify(&world, domain::PLATFORM).await.breaks, 0);
    })
    .await;
}

#[tokio::test]
async fn an_edited_field_of_any_kind_is_found_at_its_entry() {
    for_each_backend(|t| async move {
        for edit in [
            "UPDATE audit_log SET actor = 'somebody' WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET success = NOT success WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET new_values = NULL WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET old_values = 'null' WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET metadata = '{\"x\":1}' WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET ip_address = '203.0.113.1' WHERE organization_id = $1 AND seq = 5",
            "UPDATE audit_log SET created_at = '2026-11-23T09:30:00.000001Z' WHERE organization_id = $1 AND seq = 5",
        ] {
            let fresh = if t.url.starts_with("sqlite") { testkit::sqlite().await } else { testkit::postgres().await };
            let (world, alpha) = written(fresh).await;
            tamper(&world, alpha, &[edit]).await;
            assert_eq!(broken(&world, alpha).await, [5], "{edit}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_any_more_is_named() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        // PostgreSQL's types refuse what SQLite takes for text.
        let edit = match world.t.db.dialect() {
            Dialect::Sqlite => "UPDATE audit_log SET created_at = 'yesterday', metadata = '{' WHERE organization_id = $1 AND seq = 5",
            Dialect::Postgres => "UPDATE audit_log SET created_at = 'infinity' WHERE organization_id = $1 AND seq = 5",
        };
        tamper(&world, alpha, &[edit]).await;
        assert_eq!(broken(&world, alpha).await, [5]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_says_the_same_in_other_characters_is_named() {
    // PostgreSQL's types know one form of each value.
    for edit in [
        "UPDATE audit_log SET created_at = replace(created_at, 'Z', '+00:00') WHERE organization_id = $1 AND seq = 5",
        "UPDATE audit_log SET new_values = '{\"name\":\"forged\",' || substr(new_values, 2) WHERE organization_id = $1 AND seq = 5",
        "UPDATE audit_log SET metadata = metadata || ' ' WHERE organization_id = $1 AND seq = 5",
        "UPDATE audit_log SET id = upper(id) WHERE organization_id = $1 AND seq = 5",
    ] {
        let (world, alpha) = written(testkit::sqlite().await).await;
        tamper(&world, alpha, &[edit]).await;
        assert_eq!(broken(&world, alpha).await, [5], "{edit}");
    }
}

#[tokio::test]
async fn an_entry_that_says_something_else_in_other_characters_is_not_called_the_same() {
    let (world, alpha) = written(testkit::sqlite().await).await;
    let edit = "UPDATE audit_log SET actor_id = '00000000000000000000000000000001' WHERE organization_id = $1 AND seq = 5";
    tamper(&world, alpha, &[edit]).await;
    let verdict = verify(&world, alpha).await;
    let said = verdict.broken.first().map(|(at, words)| (*at, words.ends_with(" was edited")));
    assert_eq!(said, Some((5, true)), "{:?}", verdict.broken);
}

#[tokio::test]
async fn a_removed_entry_is_named() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        tamper(&world, alpha, &["DELETE FROM audit_log WHERE organization_id = $1 AND seq = 7"]).await;
        let verdict = verify(&world, alpha).await;
        assert_eq!(verdict.broken, [(7, "entry 7 is missing".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_removed_first_entry_is_named() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        tamper(&world, alpha, &["DELETE FROM audit_log WHERE organization_id = $1 AND seq = 1"]).await;
        assert_eq!(broken(&world, alpha).await, [1]);
    })
    .await;
}

#[tokio::test]
async fn a_gap_that_was_closed_by_renumbering_is_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let renumber = [
            "DELETE FROM audit_log WHERE organization_id = $1 AND seq = 7",
            "UPDATE audit_log SET seq = seq + 1000 WHERE organization_id = $1 AND seq > 7",
            "UPDATE audit_log SET seq = seq - 1001 WHERE organization_id = $1 AND seq > 1000",
        ];
        tamper(&world, alpha, &renumber).await;
        let found: Vec<i64> = (7..=ENTRIES).collect();
        assert_eq!(broken(&world, alpha).await, found, "each has another number than it was written with");
    })
    .await;
}

#[tokio::test]
async fn two_entries_that_changed_places_are_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let swap = [
            "UPDATE audit_log SET seq = 1000 WHERE organization_id = $1 AND seq = 4",
            "UPDATE audit_log SET seq = 4 WHERE organization_id = $1 AND seq = 8",
            "UPDATE audit_log SET seq = 8 WHERE organization_id = $1 AND seq = 1000",
        ];
        tamper(&world, alpha, &swap).await;
        assert_eq!(broken(&world, alpha).await, [4, 8]);
    })
    .await;
}

#[tokio::test]
async fn the_last_entry_and_the_one_before_it_that_changed_places_are_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let swap = [
            "UPDATE audit_log SET seq = 1000 WHERE organization_id = $1 AND seq = 11",
            "UPDATE audit_log SET seq = 11 WHERE organization_id = $1 AND seq = 12",
            "UPDATE audit_log SET seq = 12 WHERE organization_id = $1 AND seq = 1000",
        ];
        tamper(&world, alpha, &swap).await;
        assert_eq!(broken(&world, alpha).await, [11, 12]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_put_in_outside_of_the_chain_is_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let forged = "INSERT INTO audit_log (organization_id, id, seq, created_at, actor, action, target_type, target_id, metadata,
                                            success, prev_hash, hash)
                      SELECT organization_id, organization_id, 0, created_at, 'somebody', action, target_type, target_id, metadata,
                             success, prev_hash, hash
                      FROM audit_log WHERE organization_id = $1 AND seq = 5";
        tamper(&world, alpha, &[forged]).await;
        assert_eq!(broken(&world, alpha).await, [0]);
        assert!(audit::strangers(&world.services).await.unwrap().is_empty());
        // On SQLite this takes a connection that looks at no foreign keys.
        if world.t.db.dialect() == Dialect::Sqlite {
            return;
        }
        let elsewhere = "INSERT INTO audit_log (organization_id, id, seq, created_at, actor, action, target_type, target_id, metadata,
                                               success, prev_hash, hash)
                         SELECT id, organization_id, 1, created_at, 'somebody', action, target_type, target_id, metadata,
                                success, prev_hash, hash
                         FROM audit_log WHERE organization_id = $1 AND seq = 6";
        tamper(&world, alpha, &[elsewhere]).await;
        assert_eq!(audit::strangers(&world.services).await.unwrap().len(), 1);
        let again = "INSERT INTO audit_log (organization_id, id, seq, created_at, actor, action, target_type, target_id, metadata,
                                            success, prev_hash, hash)
                     SELECT organization_id, organization_id, seq, created_at + interval '1 second', 'somebody', action, target_type,
                            target_id, metadata, success, prev_hash, hash
                     FROM audit_log WHERE organization_id = $1 AND seq = 7";
        tamper(&world, alpha, &["DELETE FROM audit_log WHERE organization_id = $1 AND seq = 0", again]).await;
        let verdict = verify(&world, alpha).await;
        assert_eq!(verdict.broken[0], (7, "entry 7 is there more than once".to_owned()));
        assert!(verdict.broken.iter().all(|(seq, _)| *seq == 7), "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn every_break_is_named_not_only_the_first() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let several = [
            "UPDATE audit_log SET actor = 'somebody' WHERE organization_id = $1 AND seq = 3",
            "DELETE FROM audit_log WHERE organization_id = $1 AND seq IN (6, 7)",
            "UPDATE audit_log SET action = 'NOTHING' WHERE organization_id = $1 AND seq = 9",
        ];
        tamper(&world, alpha, &several).await;
        let verdict = verify(&world, alpha).await;
        assert_eq!(verdict.broken.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [3, 6, 9]);
        assert_eq!(verdict.broken[1].1, "entries 6 to 7 are missing");
        assert_eq!((verdict.breaks, verdict.entries), (3, ENTRIES - 2));
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_gone_with_its_head_is_found() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let all = [
            "DELETE FROM audit_log WHERE organization_id = $1",
            "DELETE FROM audit_heads WHERE organization_id = $1",
        ];
        tamper(&world, alpha, &all).await;
        assert_eq!(broken(&world, alpha).await, [1]);
    })
    .await;
}

#[tokio::test]
async fn a_cut_end_is_found_by_the_head() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        tamper(&world, alpha, &["DELETE FROM audit_log WHERE organization_id = $1 AND seq > 9"]).await;
        let verdict = verify(&world, alpha).await;
        assert_eq!(
            verdict.broken,
            [(10, format!("the chain ends at entry 9, its head says {ENTRIES}: entries were cut off"))]
        );
    })
    .await;
}

#[tokio::test]
async fn a_cut_end_whose_head_was_moved_too_is_found_by_an_exported_head() {
    for_each_backend(|t| async move {
        let (world, alpha) = written(t).await;
        let exported = verify(&world, alpha).await;
        let cut = [
            "DELETE FROM audit_log WHERE organization_id = $1 AND seq > 9",
            "UPDATE audit_heads SET seq = 9, hash = (SELECT a.hash FROM audit_log a WHERE a.organization_id = $1 AND a.seq = 9) WHERE organization_id = $1",
        ];
        tamper(&world, alpha, &cut).await;
        assert_eq!(broken(&world, alpha).await, Vec::<i64>::new(), "the database alone cannot know");
        let head = Some((exported.head_seq, exported.head_hash.as_str()));
        let verdict = audit::verify(&world.services, alpha, "alpha", head).await.unwrap();
        assert_eq!(verdict.broken[0].0, 10);
    })
    .await;
}
