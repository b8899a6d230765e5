//! PostgreSQL's second wall, tried with raw statements as the bound role.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use store::db::sql;
use testkit::TestDb;

use crate::world::{at, entry, id, organization, system, user, write};

struct Two {
    t: TestDb,
    a: domain::OrganizationId,
    b: domain::OrganizationId,
}

/// Two organizations with a row each in every table that the store's functions fill.
async fn two() -> Two {
    let t = testkit::postgres().await;
    let (a, b) = (organization(&t.db, "alpha").await, organization(&t.db, "beta").await);
    for (organization, name) in [(a, "of alpha"), (b, "of beta")] {
        let person = user(&t.db, &format!("{name}@example.test").replace(' ', ".")).await;
        let mut tx = write(&t.db, organization).await;
        store::setting::set(&mut tx, "general", &serde_json::json!({ "name": name }), at(0)).await.unwrap();
        store::source::insert(&mut tx, &crate::source::source(name)).await.unwrap();
        store::environment::insert(&mut tx, &crate::environment::environment("prod", name)).await.unwrap();
        store::api_key::insert(&mut tx, &crate::api_key::key(name), name).await.unwrap();
        let (role, level) = (domain::member::Role::Admin, domain::member::ApprovalLevel::None);
        store::member::insert(&mut tx, id(), person.id, role, level, at(0)).await.unwrap();
        tx.commit(entry()).await.unwrap();
    }
    Two { t, a, b }
}

const TABLES: [&str; 7] =
    ["settings", "sources", "environments", "api_keys", "memberships", "audit_log", "audit_heads"];

/// A connection as the bound role; `organization`: what the setting says, if anything.
async fn bound(two: &Two, organization: Option<&str>) -> PgConnection {
    let mut conn = PgConnection::connect(&two.t.url).await.unwrap();
    sqlx::query("SET ROLE watchroom_app").execute(&mut conn).await.unwrap();
    if let Some(organization) = organization {
        let q =
            sqlx::query("SELECT set_config('app.organization_id', $1, false)").bind(organization.to_owned());
        q.execute(&mut conn).await.unwrap();
    }
    conn
}

async fn count(conn: &mut PgConnection, text: String) -> i64 {
    sqlx::query(AssertSqlSafe(text)).fetch_one(conn).await.unwrap().get(0)
}

#[tokio::test]
async fn without_an_organization_nothing_is_seen() {
    let two = two().await;
    for setting in [None, Some("")] {
        let mut conn = bound(&two, setting).await;
        for table in TABLES {
            assert_eq!(count(&mut conn, format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        assert_eq!(count(&mut conn, "SELECT count(*) FROM organizations".to_owned()).await, 0);
    }
}

#[tokio::test]
async fn one_organization_never_sees_another() {
    let two = two().await;
    let mut conn = bound(&two, Some(&two.a.to_string())).await;
    for table in TABLES {
        assert_eq!(count(&mut conn, format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
        let of_b = format!("SELECT count(*) FROM {table} WHERE organization_id = '{}'", two.b);
        assert_eq!(count(&mut conn, of_b).await, 0, "{table}");
    }
    assert_eq!(count(&mut conn, "SELECT count(*) FROM organizations".to_owned()).await, 1);
}

#[tokio::test]
async fn one_organization_cannot_write_into_another() {
    let two = two().await;
    let mut conn = bound(&two, Some(&two.a.to_string())).await;
    let insert = format!(
        "INSERT INTO settings (organization_id, key, value, updated_at) VALUES ('{}', 'x', '1', now())",
        two.b
    );
    let error = sqlx::query(AssertSqlSafe(insert)).execute(&mut conn).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    let moved = format!("UPDATE settings SET organization_id = '{}'", two.b);
    let error = sqlx::query(AssertSqlSafe(moved)).execute(&mut conn).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    for table in TABLES.into_iter().filter(|t| !t.starts_with("audit")) {
        let gone = format!("DELETE FROM {table} WHERE organization_id = '{}'", two.b);
        assert_eq!(
            sqlx::query(AssertSqlSafe(gone)).execute(&mut conn).await.unwrap().rows_affected(),
            0,
            "{table}"
        );
    }
    let renamed = format!("UPDATE organizations SET name = 'taken' WHERE id = '{}'", two.b);
    assert_eq!(sqlx::query(AssertSqlSafe(renamed)).execute(&mut conn).await.unwrap().rows_affected(), 0);
}

#[tokio::test]
async fn of_people_an_organization_sees_its_members_and_who_did_something_in_it() {
    let two = two().await;
    let everybody = "SELECT count(*) FROM users".to_owned();
    for setting in [None, Some(""), Some("00000000-0000-0000-0000-000000000001")] {
        let mut conn = bound(&two, setting).await;
        assert_eq!(count(&mut conn, everybody.clone()).await, 0, "{setting:?}");
    }
    let mut conn = bound(&two, Some(&two.a.to_string())).await;
    let emails = "SELECT email FROM users ORDER BY email";
    let seen = async |conn: &mut PgConnection| -> Vec<String> {
        sqlx::query_scalar(emails).fetch_all(&mut *conn).await.unwrap()
    };
    assert_eq!(seen(&mut conn).await, ["of.alpha@example.test"]);
    // Neither by address nor by name, nor by a join from what is the organization's.
    for attack in [
        "SELECT count(*) FROM users WHERE email = 'of.beta@example.test'",
        "SELECT count(*) FROM users WHERE username LIKE '%beta%'",
        "SELECT count(*) FROM audit_log a RIGHT JOIN users u ON u.id <> a.actor_id WHERE u.email LIKE '%beta%'",
    ] {
        assert_eq!(count(&mut conn, attack.to_owned()).await, 0, "{attack}");
    }
    let hidden = sqlx::query("SELECT password_hash FROM users").fetch_all(&mut conn).await.unwrap_err();
    assert!(hidden.to_string().contains("permission denied"), "{hidden}");
    let written = sqlx::query("UPDATE users SET enabled = FALSE").execute(&mut conn).await.unwrap_err();
    assert!(written.to_string().contains("permission denied"), "{written}");

    // Who did something keeps the name there after leaving, and nowhere else.
    let guest = user(&two.t.db, "guest@example.test").await;
    let actor = domain::audit::AuditActor {
        user_id: Some(guest.id),
        label: guest.email.clone(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    };
    assert_eq!(seen(&mut conn).await.len(), 1, "an account alone is nobody's");
    let stamp = store::Stamp { now: at(1), audit_id: id() };
    let tx = store::WriteTx::begin(&two.t.db, two.a, actor, stamp).await.unwrap();
    tx.commit(entry()).await.unwrap();
    assert_eq!(seen(&mut conn).await, ["guest@example.test", "of.alpha@example.test"]);
    let mut other = bound(&two, Some(&two.b.to_string())).await;
    assert_eq!(seen(&mut other).await, ["of.beta@example.test"]);
    // The server itself signs people in of every organization.
    assert_eq!(
        system(&two.t.db).await.conn().scalar::<i64>(sql("SELECT count(*) FROM users")).await.unwrap(),
        Some(3)
    );
}

#[tokio::test]
async fn the_index_of_words_shows_one_organization_alone() {
    let two = two().await;
    for org in [two.a, two.b, two.b] {
        crate::events_world::insert(&two.t.db, org, vec![crate::events_world::event(0, "the word")]).await;
    }
    let found = "SELECT count(*) FROM events_with('word', 10)";
    let mut conn = bound(&two, Some(&two.a.to_string())).await;
    assert_eq!(count(&mut conn, found.to_owned()).await, 1);
    let mut conn = bound(&two, Some(&two.b.to_string())).await;
    assert_eq!(count(&mut conn, found.to_owned()).await, 2);
    let mut conn = bound(&two, None).await;
    assert_eq!(count(&mut conn, found.to_owned()).await, 0);
}

#[tokio::test]
async fn the_bound_role_cannot_change_the_past_or_see_the_platforms_tables() {
    let two = two().await;
    let mut conn = bound(&two, Some(&two.a.to_string())).await;
    for text in [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "SELECT * FROM sessions",
        "SELECT * FROM user_sessions",
        "UPDATE group_history SET note = 'nothing'",
        "DELETE FROM group_history",
        "UPDATE users SET is_sre = TRUE",
        "SELECT password_hash FROM users",
        "SELECT * FROM users",
        "INSERT INTO organizations SELECT * FROM organizations",
    ] {
        let error = sqlx::query(text).execute(&mut conn).await;
        let message = error.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(
            message.contains("permission denied") || message.contains("must be owner"),
            "{text}: {message}"
        );
    }
}

#[tokio::test]
async fn nobody_empties_a_part_of_the_audit_log() {
    let two = two().await;
    let mut tx = store::SystemTx::across_all_organizations(&two.t.db).await.unwrap();
    // The first of a month that the server has not prepared.
    tx.conn().exec(sql("CALL prepare_audit_month(DATE '2031-05-01')")).await.unwrap();
    let q = sql(
        "SELECT CAST(i.inhrelid::regclass AS TEXT) AS part FROM pg_inherits i WHERE i.inhparent = 'audit_log'::regclass",
    );
    let parts: Vec<String> = tx.conn().scalars(q).await.unwrap();
    tx.commit_unaudited_bookkeeping().await.unwrap();
    assert!(parts.iter().any(|part| part == "audit_log_default"), "{parts:?}");
    for part in parts {
        let error = store::db::admin(&two.t.url, &format!("TRUNCATE {part}")).await.err();
        let message = error.map(|e| e.to_string()).unwrap_or_default();
        assert!(message.contains("append-only"), "{part}: {message}");
    }
}

#[tokio::test]
async fn a_transaction_of_the_store_is_bound_and_its_connection_is_free_afterwards() {
    let two = two().await;
    let mut tx = store::ReadTx::begin(&two.t.db, two.a).await.unwrap();
    let conn = store::Scoped::conn(&mut tx);
    let role: Option<String> = conn.scalar(sql("SELECT CAST(current_user AS TEXT)")).await.unwrap();
    assert_eq!(role.as_deref(), Some("watchroom_app"));
    assert_eq!(conn.scalar::<i64>(sql("SELECT count(*) FROM settings")).await.unwrap(), Some(1));
    drop(tx);
    for _ in 0..8 {
        let mut tx = system(&two.t.db).await;
        let both: Option<i64> = tx.conn().scalar(sql("SELECT count(*) FROM settings")).await.unwrap();
        assert_eq!(both, Some(2), "the role of a transaction stayed on its connection");
    }
}
