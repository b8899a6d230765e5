//! The two schemas agree, and every organization-owned table is walled off by its keys.

use std::collections::{BTreeMap, BTreeSet};

use store::Db;
use store::db::sql;

use crate::world::system;

/// PostgreSQL's type and what holds it in SQLite. Enum types are TEXT with a CHECK of the same labels.
const TYPES: &[(&str, &str)] = &[
    ("uuid", "TEXT"),
    ("text", "TEXT"),
    ("timestamp with time zone", "TEXT"),
    ("jsonb", "TEXT"),
    ("USER-DEFINED", "TEXT"),
    ("bigint", "INTEGER"),
    ("boolean", "INTEGER"),
    ("double precision", "REAL"),
    ("bytea", "BLOB"),
];

/// Columns of one database alone: the index of words is another in each, and SQLite's refers to rows by number.
const ALONE: &[(&str, &str)] = &[("events", "seq"), ("events", "words")];

/// Indexes that do not begin with the organization, and why.
const CROSSING: &[(&str, &str)] = &[
    ("invitations_by_email", "which organizations invite an address"),
    ("memberships_by_user", "which organizations a person can enter"),
    ("api_keys_by_hash", "a request brings a key and no organization"),
    ("idempotency_keys_by_age", "housekeeping deletes by age, of all organizations"),
    ("starts_by_user", "a sign-in brings a person and no organization"),
    ("provider_roles_by_group", "a sign-in brings groups and no organization"),
    ("cause_queue_by_due", "the server looks at what is due, of all organizations"),
    ("events_by_words", "GIN; row-level security and the statement leave the organization's"),
    ("events.seq", "the number that SQLite's index of words knows a row by"),
];

const OWNER: &str = "organization_id";

/// Tables that name an organization and belong to none, and why.
const OF_PLATFORM: &[(&str, &str)] =
    &[("user_sessions", "a person's, who may work in many; the organization is where it last did")];

/// Append-only: an organization's log outlives it.
const KEPT: [&str; 3] = ["audit_log", "audit_log_default", "audit_heads"];

#[tokio::test]
async fn a_deleted_organization_leaves_rows_in_no_table_but_its_log() {
    let t = testkit::sqlite().await;
    let of_organizations: BTreeSet<String> = sqlite_columns(&t.db)
        .await
        .into_keys()
        .filter(|(table, column)| {
            column == OWNER
                && !KEPT.contains(&table.as_str())
                && !OF_PLATFORM.iter().any(|(name, _)| name == table)
        })
        .map(|(table, _)| table)
        .collect();
    let emptied: BTreeSet<String> = store::oversight::tables().map(str::to_owned).collect();
    assert_eq!(emptied, of_organizations, "a table of organizations has a line in store::oversight");
}

#[tokio::test]
async fn an_organization_is_emptied_step_by_step() {
    testkit::for_each_backend(|t| async move {
        let a = crate::world::organization(&t.db, "alpha").await;
        let mut tx = system(&t.db).await;
        assert!(store::oversight::erase(&mut tx, a, 10).await.unwrap());
        store::oversight::finish(&mut tx, a, crate::world::at(9)).await.unwrap();
        assert!(store::oversight::list(&mut tx, crate::world::at(0)).await.unwrap().is_empty());
        assert!(store::organization::by_slug(&mut tx, "alpha").await.unwrap().is_none());
        assert!(store::oversight::finish(&mut tx, a, crate::world::at(9)).await.is_err(), "once");
    })
    .await;
}

type Columns = BTreeMap<(String, String), (String, bool)>;

async fn sqlite_columns(db: &Db) -> Columns {
    let q = sql("SELECT m.name AS t, c.name AS c, c.type AS k, c.\"notnull\" AS required
                 FROM sqlite_master m, pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'event_words%' AND m.name <> '_sqlx_migrations'");
    let mut tx = system(db).await;
    let rows = tx.conn().rows(q).await.unwrap();
    rows.iter()
        .map(|r| {
            (
                (r.get("t").unwrap(), r.get("c").unwrap()),
                (r.get("k").unwrap(), r.get::<i64>("required").unwrap() == 1),
            )
        })
        .collect()
}

async fn postgres_columns(db: &Db) -> Columns {
    let q = sql("SELECT CAST(c.table_name AS TEXT) AS t, CAST(c.column_name AS TEXT) AS c, CAST(c.data_type AS TEXT) AS k, c.is_nullable = 'NO' AS required
                 FROM information_schema.columns c
                 JOIN pg_class r ON r.relname = c.table_name AND r.relnamespace = 'public'::regnamespace
                 WHERE c.table_schema = 'public' AND NOT r.relispartition AND r.relkind IN ('r', 'p') AND c.table_name <> '_sqlx_migrations'");
    let mut tx = system(db).await;
    let rows = tx.conn().rows(q).await.unwrap();
    rows.iter()
        .map(|r| {
            ((r.get("t").unwrap(), r.get("c").unwrap()), (r.get("k").unwrap(), r.get("required").unwrap()))
        })
        .collect()
}

fn alone(table: &str, column: &str) -> bool {
    ALONE.contains(&(table, column))
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (testkit::sqlite().await, testkit::postgres().await);
    let translated: Columns = postgres_columns(&postgres.db)
        .await
        .into_iter()
        .filter(|((table, column), _)| !alone(table, column))
        .map(|(column, (kind, required))| {
            let (_, here) = TYPES
                .iter()
                .find(|(there, _)| *there == kind)
                .unwrap_or_else(|| panic!("a type outside the map: {column:?} {kind}"));
            (column, ((*here).to_owned(), required))
        })
        .collect();
    let mut here = sqlite_columns(&sqlite.db).await;
    here.retain(|(table, column), _| !alone(table, column));
    let differ = |a: &Columns, b: &Columns| {
        a.iter().filter(|(k, v)| b.get(*k) != Some(v)).map(|x| format!("{x:?}")).collect::<Vec<_>>()
    };
    assert_eq!(differ(&here, &translated), Vec::<String>::new(), "in SQLite, not so in PostgreSQL");
    assert_eq!(differ(&translated, &here), Vec::<String>::new(), "in PostgreSQL, not so in SQLite");
    assert!(here.len() > 100);
}

#[tokio::test]
async fn a_check_in_sqlite_has_the_labels_of_the_type_in_postgres() {
    let (sqlite, postgres) = (testkit::sqlite().await, testkit::postgres().await);
    let q = sql("SELECT CAST(r.relname AS TEXT) AS t, CAST(a.attname AS TEXT) AS c,
                        string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) AS labels
                 FROM pg_class r
                 JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
                 JOIN pg_enum e ON e.enumtypid = a.atttypid
                 WHERE r.relnamespace = 'public'::regnamespace AND NOT r.relispartition AND r.relkind IN ('r', 'p')
                 GROUP BY r.relname, a.attname");
    let mut tx = system(&postgres.db).await;
    let rows = tx.conn().rows(q).await.unwrap();
    assert!(rows.len() >= 6);
    for row in rows {
        let (table, column, labels): (String, String, String) =
            (row.get("t").unwrap(), row.get("c").unwrap(), row.get("labels").unwrap());
        let mut tx = system(&sqlite.db).await;
        let text: Option<String> = tx
            .conn()
            .scalar(sql("SELECT sql FROM sqlite_master WHERE name = $1").bind(&table))
            .await
            .unwrap();
        let wanted = format!("CHECK ({column} IN ({labels}))");
        assert!(text.unwrap().contains(&wanted), "{table}.{column} in SQLite lacks {wanted}");
    }
}

/// Table, key or index, its first column.
async fn keys(db: &Db) -> Vec<(String, String, String)> {
    let q = match db.dialect() {
        store::db::Dialect::Sqlite => {
            "SELECT m.name AS t, i.name AS k, c.name AS c
             FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
             WHERE m.type = 'table' AND c.seqno = 0
             UNION ALL
             SELECT m.name, m.name || '.' || c.name, c.name
             FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.pk = 1"
        }
        store::db::Dialect::Postgres => {
            "SELECT CAST(r.relname AS TEXT) AS t, CAST(i.relname AS TEXT) AS k, CAST(a.attname AS TEXT) AS c
             FROM pg_index x
             JOIN pg_class r ON r.oid = x.indrelid AND NOT r.relispartition AND r.relnamespace = 'public'::regnamespace
             JOIN pg_class i ON i.oid = x.indexrelid
             JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = x.indkey[0]"
        }
    };
    triples(db, q).await
}

/// Table, the table it refers to, the first column of the reference.
async fn references(db: &Db) -> Vec<(String, String, String)> {
    let q = match db.dialect() {
        store::db::Dialect::Sqlite => {
            "SELECT m.name AS t, f.\"table\" AS k, f.\"from\" AS c
             FROM sqlite_master m, pragma_foreign_key_list(m.name) f
             WHERE m.type = 'table' AND f.seq = 0"
        }
        store::db::Dialect::Postgres => {
            "SELECT CAST(r.relname AS TEXT) AS t, CAST(f.relname AS TEXT) AS k, CAST(a.attname AS TEXT) AS c
             FROM pg_constraint x
             JOIN pg_class r ON r.oid = x.conrelid AND NOT r.relispartition
             JOIN pg_class f ON f.oid = x.confrelid
             JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = x.conkey[1]
             WHERE x.contype = 'f' AND r.relnamespace = 'public'::regnamespace"
        }
    };
    triples(db, q).await
}

async fn triples(db: &Db, text: &'static str) -> Vec<(String, String, String)> {
    let mut tx = system(db).await;
    let rows = tx.conn().rows(sql(text)).await.unwrap();
    rows.iter().map(|r| (r.get("t").unwrap(), r.get("k").unwrap(), r.get("c").unwrap())).collect()
}

async fn owned(db: &Db) -> BTreeSet<String> {
    let columns = match db.dialect() {
        store::db::Dialect::Sqlite => sqlite_columns(db).await,
        store::db::Dialect::Postgres => postgres_columns(db).await,
    };
    let of_platform = |table: &str| OF_PLATFORM.iter().any(|(name, _)| *name == table);
    let tables = columns.into_keys().filter(|(_, column)| column == OWNER).map(|(table, _)| table);
    tables.filter(|table| !of_platform(table)).collect()
}

#[tokio::test]
async fn every_key_of_an_organization_owned_table_begins_with_the_organization() {
    testkit::for_each_backend(|t| async move {
        let owned = owned(&t.db).await;
        assert!(owned.contains("events") && owned.contains("audit_log") && owned.len() >= 12);
        let keys = keys(&t.db).await;
        for table in &owned {
            assert!(keys.iter().any(|(t, _, _)| t == table), "{table} has no key at all");
        }
        let wrong: Vec<_> = keys
            .iter()
            .filter(|(table, key, first)| {
                owned.contains(table) && first != OWNER && !CROSSING.iter().any(|(name, _)| name == key)
            })
            .collect();
        assert!(wrong.is_empty(), "do not begin with the organization: {wrong:?}");
    })
    .await;
}

#[tokio::test]
async fn a_reference_between_organization_owned_tables_holds_the_organization() {
    testkit::for_each_backend(|t| async move {
        let owned = owned(&t.db).await;
        let wrong: Vec<_> = references(&t.db)
            .await
            .into_iter()
            .filter(|(table, target, first)| {
                owned.contains(table) && owned.contains(target) && first != OWNER
            })
            .collect();
        assert!(wrong.is_empty(), "refer to another table by its id alone: {wrong:?}");
    })
    .await;
}

#[tokio::test]
async fn every_organization_owned_table_has_row_level_security() {
    let t = testkit::postgres().await;
    let q = sql("SELECT CAST(r.relname AS TEXT) AS t
                 FROM pg_class r
                 JOIN pg_policy p ON p.polrelid = r.oid
                 WHERE r.relrowsecurity AND r.relnamespace = 'public'::regnamespace");
    let walled: Vec<String> = system(&t.db).await.conn().scalars(q).await.unwrap();
    for table in owned(&t.db).await {
        assert!(walled.contains(&table), "{table} is not walled off");
    }
}
