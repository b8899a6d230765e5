//! What an older build kept of cases and drifts is brought into the one table of links.

use store::db::{Dialect, sql};
use store::{Db, Options};

use crate::world::system;

/// An organization with two cases, three drifts and the links that it had. The first was escalated twice, of the second nobody kept who
/// escalated it, the third is in no case.
const BEFORE: [&str; 9] = [
    "INSERT INTO organizations (id, slug, name, created_at, updated_at)
     VALUES ('01990000-0000-7000-8000-000000000001', 'alpha', 'Alpha', '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z')",
    "INSERT INTO environments (organization_id, id, slug, name, created_at, updated_at)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-000000000002', 'prod', 'Production',
             '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z')",
    "INSERT INTO iac_repositories (organization_id, id, environment_id, name, branch, tool, created_at, updated_at)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-000000000003', '01990000-0000-7000-8000-000000000002',
             'infra', 'main', 'terraform', '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z')",
    "INSERT INTO iac_resources (organization_id, id, iac_repository_id, resource_type, resource_id, is_declared, declared_state, verdict,
                                last_sync_at, created_at, updated_at)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-000000000004', '01990000-0000-7000-8000-000000000003',
             'aws_instance', 'aws_instance.job', TRUE, '{}', 'drifted', '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z',
             '2026-11-01T00:00:00.000000Z')",
    "INSERT INTO cases (organization_id, id, number, title, description, words, status, priority, severity, tlp, pap, created_at,
                        updated_at, version)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000c1', 1, 'One', '', ' one ', 'open', 'normal',
             'high', 'amber', 'amber', '2026-11-02T00:00:00.000000Z', '2026-11-02T00:00:00.000000Z', 1),
            ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000c2', 2, 'Two', '', ' two ', 'open', 'normal',
             'high', 'amber', 'amber', '2026-11-03T00:00:00.000000Z', '2026-11-03T00:00:00.000000Z', 1)",
    "INSERT INTO drift_events (organization_id, id, number, environment_id, iac_repository_id, iac_resource_id, fingerprint, drift_type,
                               detected_at, last_seen_at, seen_count, status, case_id, severity_score, confidence_score,
                               risk_assessment, tags, metadata, words, version)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000d1', 1, '01990000-0000-7000-8000-000000000002',
             '01990000-0000-7000-8000-000000000003', '01990000-0000-7000-8000-000000000004', 'a', 'modified',
             '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z', 1, 'resolved', '01990000-0000-7000-8000-0000000000c2', 0.5, 1,
             '{}', '{}', '{}', ' a ', 4),
            ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000d2', 2, '01990000-0000-7000-8000-000000000002',
             '01990000-0000-7000-8000-000000000003', '01990000-0000-7000-8000-000000000004', 'b', 'modified',
             '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z', 1, 'resolved', '01990000-0000-7000-8000-0000000000c1', 0.5, 1,
             '{}', '{}', '{}', ' b ', 2),
            ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000d3', 3, '01990000-0000-7000-8000-000000000002',
             '01990000-0000-7000-8000-000000000003', '01990000-0000-7000-8000-000000000004', 'c', 'modified',
             '2026-11-01T00:00:00.000000Z', '2026-11-01T00:00:00.000000Z', 1, 'open', NULL, 0.5, 1, '{}', '{}', '{}', ' c ', 1)",
    "INSERT INTO drift_history (organization_id, id, drift_event_id, at, actor_id, actor, step, old, new, version)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000e1', '01990000-0000-7000-8000-0000000000d1',
             '2026-11-02T00:00:01.000000Z', '01990000-0000-7000-8000-0000000000f1', 'ann', 'escalated', '{}', '{}', 2),
            ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000e2', '01990000-0000-7000-8000-0000000000d1',
             '2026-11-03T00:00:01.000000Z', '01990000-0000-7000-8000-0000000000f2', 'ben', 'escalated', '{}', '{}', 4)",
    "INSERT INTO case_links (organization_id, id, case_id, kind, target_id, linked_by_id, linked_at)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000a1', '01990000-0000-7000-8000-0000000000c1',
             'group', '01990000-0000-7000-8000-0000000000b1', '01990000-0000-7000-8000-0000000000f1', '2026-11-02T00:00:02.000000Z')",
    "INSERT INTO case_links (organization_id, id, case_id, kind, target_id, linked_at, job_id)
     VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000a2', '01990000-0000-7000-8000-0000000000c1',
             'event', '01990000-0000-7000-8000-0000000000b2', '2026-11-02T00:00:03.000000Z', '01990000-0000-7000-8000-0000000000b3')",
];

#[tokio::test]
async fn escalated_drifts_become_links_and_the_links_that_were_there_stay() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}", folder.path().join("old.db").display());
    for url in [sqlite, testkit::bare_postgres().await] {
        let db = Db::connect(&url, &Options { connections: 2, ..Options::default() }).await.unwrap();
        db.migrate_to(66).await.unwrap();
        let mut tx = system(&db).await;
        for statement in BEFORE {
            tx.conn().exec(sql(statement)).await.unwrap();
        }
        tx.commit_unaudited_bookkeeping().await.unwrap();
        db.migrate().await.unwrap();
        let mut tx = system(&db).await;
        let q = sql("SELECT l.id, l.case_id, l.kind, l.target_id, l.linked_by_id, l.linked_at, l.job_id
                     FROM case_links l
                     ORDER BY l.linked_at");
        let found: Vec<String> = tx
            .conn()
            .rows(q)
            .await
            .unwrap()
            .iter()
            .map(|row| {
                // The last two digits tell the ids apart.
                let end = |id: uuid::Uuid| id.simple().to_string()[30..].to_owned();
                let maybe =
                    |name: &str| row.get::<Option<uuid::Uuid>>(name).unwrap().map_or("-".to_owned(), end);
                let at: domain::Timestamp = row.get("linked_at").unwrap();
                format!(
                    "{} in {}: {} {} by {} at {} job {}",
                    end(row.get("id").unwrap()),
                    end(row.get("case_id").unwrap()),
                    row.get::<String>("kind").unwrap(),
                    end(row.get("target_id").unwrap()),
                    maybe("linked_by_id"),
                    at.iso(),
                    maybe("job_id"),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "d2 in c1: drift d2 by - at 2026-11-02T00:00:00.000000Z job -",
                "a1 in c1: group b1 by f1 at 2026-11-02T00:00:02.000000Z job -",
                "a2 in c1: event b2 by - at 2026-11-02T00:00:03.000000Z job b3",
                "d1 in c2: drift d1 by f2 at 2026-11-03T00:00:01.000000Z job -",
            ]
        );
        if db.dialect() == Dialect::Sqlite {
            let q = sql(
                "SELECT name FROM sqlite_master WHERE tbl_name = 'case_links' AND type = 'index' AND sql IS NOT NULL ORDER BY name",
            );
            let names: Vec<String> = tx.conn().scalars(q).await.unwrap();
            assert_eq!(names, ["case_links_by_job", "case_links_by_target"]);
            let broken = tx.conn().rows(sql("SELECT 1 AS one FROM pragma_foreign_key_check")).await.unwrap();
            assert!(broken.is_empty());
        }
        let odd = "INSERT INTO case_links (organization_id, id, case_id, kind, target_id, linked_at)
                   VALUES ('01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-0000000000a3',
                           '01990000-0000-7000-8000-0000000000c1', 'moon', '01990000-0000-7000-8000-0000000000b2',
                           '2026-11-02T00:00:03.000000Z')";
        assert!(tx.conn().exec(sql(odd)).await.is_err(), "a kind is still one of three");
        // PostgreSQL takes all of it back then.
        let _ = tx.commit_unaudited_bookkeeping().await;
        db.close().await;
    }
}
