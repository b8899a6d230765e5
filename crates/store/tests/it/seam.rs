//! The seam: what goes in comes out, on both databases; mistakes are errors.

use std::time::Duration;

use domain::{Severity, Timestamp, UserId};
use serde_json::{Value, json};
use store::db::{Arg, CopyBuffer, Dialect, Error, Insert, ToArg as _, sql};
use store::{Db, SystemTx};
use testkit::for_each_backend;
use uuid::Uuid;

use crate::world::{at, id, organization, read, system, write};

async fn scratch(db: &Db) -> SystemTx {
    let mut tx = system(db).await;
    let table = match tx.dialect() {
        Dialect::Sqlite => {
            "CREATE TABLE scratch (u TEXT, i INTEGER UNIQUE, f REAL, b INTEGER, t TEXT, at TEXT, j TEXT, d BLOB, s TEXT CHECK (s <> 'none')) STRICT"
        }
        Dialect::Postgres => {
            "CREATE TABLE scratch (u UUID, i BIGINT UNIQUE, f DOUBLE PRECISION, b BOOLEAN, t TEXT, at TIMESTAMPTZ, j JSONB, d BYTEA, s severity)"
        }
    };
    tx.conn().exec(sql(table)).await.unwrap();
    tx
}

const INSERT: &str =
    "INSERT INTO scratch (u, i, f, b, t, at, j, d, s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const SELECT: &str = "SELECT u, i, f, b, t, at, j, d, s FROM scratch";

#[tokio::test]
async fn every_kind_of_argument_comes_back_as_it_was() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let user: UserId = id();
        let value = json!({ "b": [1, 2.5, null, "ü"], "a": { "nested": true } });
        let q = sql(INSERT)
            .bind(user)
            .bind(i64::MAX)
            .bind(0.1_f64)
            .bind(true)
            .bind("O'Brien \"quoted\" $1 🦀")
            .bind(at(7).plus_micros(123_456))
            .bind(&value)
            .bind(vec![0_u8, 255, 39])
            .bind(Severity::Critical);
        tx.conn().exec_one(q).await.unwrap();
        let rows = tx.conn().rows(sql(SELECT)).await.unwrap();
        let row = &rows[0];
        assert_eq!(row.get::<UserId>("u").unwrap(), user);
        assert_eq!(row.first::<Uuid>().unwrap(), user.0);
        assert_eq!(row.get::<i64>("i").unwrap(), i64::MAX);
        assert_eq!(row.get::<f64>("f").unwrap().to_bits(), 0.1_f64.to_bits());
        assert!(row.get::<bool>("b").unwrap());
        assert_eq!(row.get::<String>("t").unwrap(), "O'Brien \"quoted\" $1 🦀");
        assert_eq!(row.get::<Timestamp>("at").unwrap(), at(7).plus_micros(123_456));
        assert_eq!(row.get::<Value>("j").unwrap(), value);
        assert_eq!(row.get::<Vec<u8>>("d").unwrap(), [0, 255, 39]);
        assert_eq!(row.get::<Severity>("s").unwrap(), Severity::Critical);
    })
    .await;
}

#[tokio::test]
async fn a_null_of_every_kind_is_stored_and_read_as_none() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let q = sql(INSERT)
            .bind(None::<UserId>)
            .bind(None::<i64>)
            .bind(None::<f64>)
            .bind(None::<bool>)
            .bind(None::<&str>)
            .bind(None::<Timestamp>)
            .bind(None::<Value>)
            .bind(None::<Vec<u8>>)
            .bind(None::<Severity>);
        tx.conn().exec_one(q).await.unwrap();
        let rows = tx.conn().rows(sql(SELECT)).await.unwrap();
        let row = &rows[0];
        assert_eq!(row.get::<Option<UserId>>("u").unwrap(), None);
        assert_eq!(row.get::<Option<i64>>("i").unwrap(), None);
        assert_eq!(row.get::<Option<f64>>("f").unwrap(), None);
        assert_eq!(row.get::<Option<bool>>("b").unwrap(), None);
        assert_eq!(row.get::<Option<String>>("t").unwrap(), None);
        assert_eq!(row.get::<Option<Timestamp>>("at").unwrap(), None);
        assert_eq!(row.get::<Option<Value>>("j").unwrap(), None);
        assert_eq!(row.get::<Option<Vec<u8>>>("d").unwrap(), None);
        assert_eq!(row.get::<Option<Severity>>("s").unwrap(), None);
        assert!(matches!(row.get::<i64>("i"), Err(Error::Decode { .. })), "a NULL is not a number");
        assert!(matches!(row.get::<i64>("absent"), Err(Error::Decode { .. })));
    })
    .await;
}

#[tokio::test]
async fn extreme_instants_and_texts_with_nul_are_the_same_in_both() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        for (i, instant) in [Timestamp::EPOCH, Timestamp::far_future()].into_iter().enumerate() {
            let q = sql("INSERT INTO scratch (i, at, t, j) VALUES ($1, $2, $3, $4)")
                .bind(i as i64)
                .bind(instant)
                .bind("a\0b")
                .bind(json!({ "k\0": "v\0", "n": 1.0, "big": 1e300 }));
            tx.conn().exec_one(q).await.unwrap();
        }
        let rows = tx.conn().rows(sql("SELECT at, t, j FROM scratch ORDER BY at")).await.unwrap();
        assert_eq!(rows[0].get::<Timestamp>("at").unwrap(), Timestamp::EPOCH);
        assert_eq!(rows[1].get::<Timestamp>("at").unwrap(), Timestamp::far_future());
        assert_eq!(rows[0].get::<String>("t").unwrap(), "a\u{FFFD}b");
        let json = rows[0].get::<Value>("j").unwrap();
        assert_eq!(json["k\u{FFFD}"], "v\u{FFFD}");
        assert_eq!(json["n"], 1);
    })
    .await;
}

#[tokio::test]
async fn lists_match_their_values_and_an_empty_list_matches_nothing() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        for i in 0..5_i64 {
            tx.conn()
                .exec_one(sql("INSERT INTO scratch (i, s) VALUES ($1, $2)").bind(i).bind(Severity::Low))
                .await
                .unwrap();
        }
        let among = |list: Vec<i64>| {
            sql("SELECT count(*) FROM scratch WHERE s = $1 AND i IN (")
                .bind(Severity::Low)
                .list(list)
                .push(")")
        };
        assert_eq!(tx.conn().scalar::<i64>(among(vec![1, 3, 9])).await.unwrap(), Some(2));
        assert_eq!(tx.conn().scalar::<i64>(among(vec![])).await.unwrap(), Some(0));
        let all: Vec<i64> = tx.conn().scalars(sql("SELECT i FROM scratch ORDER BY i")).await.unwrap();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    })
    .await;
}

#[tokio::test]
async fn a_missing_or_spare_argument_is_refused_before_the_database_sees_it() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let missing = tx.conn().exec(sql("INSERT INTO scratch (i, t) VALUES ($1, $2)").bind(1_i64)).await;
        assert!(matches!(missing, Err(Error::Binds { placeholders: 2, arguments: 1, .. })));
        let spare = tx.conn().rows(sql("SELECT i FROM scratch").bind(1_i64)).await;
        assert!(matches!(spare, Err(Error::Binds { placeholders: 0, arguments: 1, .. })));
        assert_eq!(tx.conn().scalar::<i64>(sql("SELECT count(*) FROM scratch")).await.unwrap(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn broken_rules_of_the_schema_are_told_apart() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let mut tx = write(&t.db, a).await;
        let status = store::setting::set(&mut tx, "general", &json!({}), at(0)).await;
        assert!(status.is_ok());
        drop(tx);
        let mut tx = system(&t.db).await;
        let twice = sql("INSERT INTO users (id, email, username, password_hash, created_at, updated_at) VALUES ($1, $2, $2, $2, $3, $3)");
        tx.conn().exec_one(twice.clone().bind(id::<UserId>()).bind("x").bind(at(0))).await.unwrap();
        let error = tx.conn().exec_one(twice.bind(id::<UserId>()).bind("x").bind(at(0))).await;
        assert!(matches!(error, Err(Error::Unique)), "{error:?}");
        drop(tx);
        let mut tx = write(&t.db, a).await;
        let (role, level) = (domain::member::Role::Viewer, domain::member::ApprovalLevel::None);
        let error = store::member::insert(&mut tx, id(), id(), role, level, at(0)).await;
        assert!(matches!(error, Err(Error::ForeignKey)), "{error:?}");
        drop(tx);
        let mut tx = system(&t.db).await;
        let q = sql("INSERT INTO sign_in_attempts (kind, subject, failures, last_failure) VALUES ('other', 'x', 1, $1)").bind(at(0));
        let error = tx.conn().exec(q).await;
        assert!(matches!(error, Err(Error::Check(_))), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn exec_one_insists_on_one_row() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let none = tx.conn().exec_one(sql("UPDATE scratch SET i = 1")).await;
        assert!(matches!(none, Err(Error::RowCount { expected: 1, changed: 0 })));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_frees_its_connection() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        // More often than there are connections: none may be lost.
        for _ in 0..20 {
            let mut tx = write(&t.db, a).await;
            store::setting::set(&mut tx, "general", &json!({ "x": 1 }), at(0)).await.unwrap();
        }
        assert_eq!(store::setting::get(&mut read(&t.db, a).await, "general").await.unwrap(), None);
        assert_eq!(store::audit::count(&mut read(&t.db, a).await, &Default::default()).await.unwrap(), 0);
        assert_eq!(store::audit::head(&mut system(&t.db).await, a).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_read_transaction_sees_one_moment() {
    for_each_backend(|t| async move {
        let a = organization(&t.db, "alpha").await;
        let mut reader = read(&t.db, a).await;
        assert_eq!(store::setting::get(&mut reader, "general").await.unwrap(), None);
        let mut tx = write(&t.db, a).await;
        store::setting::set(&mut tx, "general", &json!({ "x": 1 }), at(0)).await.unwrap();
        tx.commit(crate::world::entry()).await.unwrap();
        assert_eq!(store::setting::get(&mut reader, "general").await.unwrap(), None);
        drop(reader);
        assert!(store::setting::get(&mut read(&t.db, a).await, "general").await.unwrap().is_some());
    })
    .await;
}

static ROWS: Insert =
    Insert { head: "INSERT INTO scratch (i, t, s) VALUES", columns: 3, tail: "ON CONFLICT (i) DO NOTHING" };

#[tokio::test]
async fn many_rows_go_in_with_one_call_and_conflicts_are_not_counted() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let row = |i: i64| [i.to_arg(), format!("row {i}").to_arg(), Severity::High.to_arg()];
        let changed = tx.conn().insert_many(&ROWS, 201, (0..201).flat_map(row)).await.unwrap();
        assert_eq!(changed, 201);
        let changed = tx.conn().insert_many(&ROWS, 64, (190..254).flat_map(row)).await.unwrap();
        assert_eq!(changed, 53);
        assert_eq!(tx.conn().scalar::<i64>(sql("SELECT count(*) FROM scratch")).await.unwrap(), Some(254));
        // More than one statement takes, on either database.
        let changed = tx.conn().insert_many(&ROWS, 5000, (1000..6000).flat_map(row)).await.unwrap();
        assert_eq!(changed, 5000);
        let mixed = [
            1.to_arg(),
            "row".to_arg(),
            Severity::High.to_arg(),
            "2".to_arg(),
            "row".to_arg(),
            Severity::High.to_arg(),
        ];
        assert!(
            tx.dialect() == Dialect::Sqlite
                || tx.conn().insert_many(&ROWS, 2, mixed.into_iter()).await.is_err()
        );
        let short = tx.conn().insert_many(&ROWS, 2, std::iter::once(Arg::Int(1))).await;
        assert!(matches!(short, Err(Error::Binds { .. })));
        let text: Option<String> =
            tx.conn().scalar(sql("SELECT t FROM scratch WHERE i = 200")).await.unwrap();
        assert_eq!(text.as_deref(), Some("row 200"));
    })
    .await;
}

static KINDS: Insert =
    Insert { head: "INSERT INTO scratch (u, i, f, b, t, at, j, d, s) VALUES", columns: 9, tail: "" };

#[tokio::test]
async fn many_rows_take_every_kind_and_null_in_any_of_them() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let user: UserId = id();
        let value = json!({ "b": [1, 2.5, null, "{\"ü\", NULL}"] });
        let text = "{O'Brien, \"quoted\" \\ NULL}";
        // The first row decides nothing: every second one is empty, whichever begins.
        for first in 0..2 {
            let rows = (0..70_i64).flat_map(|n| {
                let full = n % 2 == first;
                [
                    full.then_some(user).to_arg(),
                    (n + 100 * first).to_arg(),
                    full.then_some(0.1).to_arg(),
                    full.then_some(true).to_arg(),
                    full.then_some(text).to_arg(),
                    full.then(|| at(n).plus_micros(123_456)).to_arg(),
                    full.then_some(&value).to_arg(),
                    full.then(|| vec![0_u8, 255, 39]).to_arg(),
                    full.then_some(Severity::Critical).to_arg(),
                ]
            });
            assert_eq!(tx.conn().insert_many(&KINDS, 70, rows).await.unwrap(), 70);
        }
        let rows =
            tx.conn().rows(sql("SELECT u, i, f, b, t, at, j, d, s FROM scratch ORDER BY i")).await.unwrap();
        assert_eq!(rows.len(), 140);
        for (place, row) in rows.iter().enumerate() {
            let n = place as i64 % 70;
            assert_eq!(row.get::<i64>("i").unwrap() % 100, n);
            let full = n % 2 == place as i64 / 70;
            assert_eq!(row.get::<Option<UserId>>("u").unwrap(), full.then_some(user));
            assert_eq!(row.get::<Option<f64>>("f").unwrap(), full.then_some(0.1));
            assert_eq!(row.get::<Option<bool>>("b").unwrap(), full.then_some(true));
            assert_eq!(row.get::<Option<String>>("t").unwrap().as_deref(), full.then_some(text));
            assert_eq!(row.get::<Option<Timestamp>>("at").unwrap(), full.then(|| at(n).plus_micros(123_456)));
            assert_eq!(row.get::<Option<Value>>("j").unwrap().as_ref(), full.then_some(&value));
            assert_eq!(row.get::<Option<Vec<u8>>>("d").unwrap(), full.then(|| vec![0, 255, 39]));
            assert_eq!(row.get::<Option<Severity>>("s").unwrap(), full.then_some(Severity::Critical));
        }
    })
    .await;
}

#[tokio::test]
async fn copy_takes_every_kind_on_postgres_and_is_refused_on_sqlite() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        let mut data = CopyBuffer::with_capacity(100);
        let user: UserId = id();
        data.row(4).uuid(user.0).text("tab\t and \\ and \n").time(at(1).plus_micros(9)).json(r#"{"a":[1]}"#);
        data.row(4).uuid_or_null(None).text_or_null(None).time(Timestamp::EPOCH).json("null");
        let copied = tx.conn().copy_in("COPY scratch (u, t, at, j) FROM STDIN (FORMAT BINARY)", data).await;
        if tx.dialect() == Dialect::Sqlite {
            assert!(matches!(copied, Err(Error::Check(_))));
            return;
        }
        assert_eq!(copied.unwrap(), 2);
        let rows = tx.conn().rows(sql("SELECT u, t, at, j FROM scratch ORDER BY at DESC")).await.unwrap();
        assert_eq!(rows[0].get::<UserId>("u").unwrap(), user);
        assert_eq!(rows[0].get::<String>("t").unwrap(), "tab\t and \\ and \n");
        assert_eq!(rows[0].get::<Timestamp>("at").unwrap(), at(1).plus_micros(9));
        assert_eq!(rows[0].get::<Value>("j").unwrap(), json!({ "a": [1] }));
        assert_eq!(rows[1].get::<Option<UserId>>("u").unwrap(), None);
        assert_eq!(rows[1].get::<Timestamp>("at").unwrap(), Timestamp::EPOCH);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_missed_and_no_empty_one_takes_its_place() {
    let t = testkit::sqlite().await;
    let file = store::sqlite_file(&t.url).unwrap();
    std::fs::rename(file, file.with_extension("elsewhere")).unwrap();
    let said = t.db.is_migrated().await;
    assert!(matches!(&said, Err(Error::Unavailable(why)) if why.contains("watchroom.db")), "{said:?}");
    // More at a time than there are open connections.
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(store::SystemTx::read_across_all_organizations(&t.db).await);
    }
    assert!(held.iter().any(Result::is_err), "no connection was opened anew");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_migrated_database_says_so_and_migrates_again_to_no_effect() {
    for_each_backend(|t| async move {
        assert!(t.db.is_migrated().await.unwrap());
        t.db.migrate().await.unwrap();
        t.db.prepare_audit_months(at(0)).await.unwrap();
        t.db.prepare_audit_months(at(0)).await.unwrap();
        assert_eq!(t.db.schema_version().await.unwrap(), Some(store::schema_version()));
        let a = organization(&t.db, "alpha").await;
        write(&t.db, a).await.commit(crate::world::entry()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_first_audit_entry_finds_the_partition_of_its_month() {
    let t = testkit::postgres().await;
    t.db.migrate().await.unwrap();
    let mut tx = crate::world::system(&t.db).await;
    let q =
        sql("SELECT to_regclass('audit_log_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL");
    assert_eq!(tx.conn().scalar::<bool>(q).await.unwrap(), Some(true));
}

#[tokio::test]
async fn february_has_its_partition_when_the_months_are_prepared_on_the_last_of_january() {
    let t = testkit::postgres().await;
    t.db.prepare_audit_months("2031-01-31T12:00:00Z".parse().unwrap()).await.unwrap();
    let mut tx = crate::world::system(&t.db).await;
    let q = sql(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_log'::regclass AND inhrelid::regclass::text LIKE 'audit_log_2031_0%'",
    );
    assert_eq!(tx.conn().scalar::<i64>(q).await.unwrap(), Some(3));
}

#[tokio::test]
async fn an_address_of_no_database_is_refused_with_a_sentence() {
    let error = Db::connect("mysql://x", &store::Options::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "the database URL: the database URL starts with sqlite:// or postgres://");
}

#[tokio::test]
async fn the_writer_goes_on_after_the_database_rolled_back_by_itself() {
    for_each_backend(|t| async move {
        let mut tx = scratch(&t.db).await;
        tx.conn().exec(sql("INSERT INTO scratch (i) VALUES (1)")).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        // As a full disk does: SQLite ends the whole transaction.
        let twice = match t.db.dialect() {
            Dialect::Sqlite => "INSERT OR ROLLBACK INTO scratch (i) VALUES (1)",
            Dialect::Postgres => "INSERT INTO scratch (i) VALUES (1)",
        };
        let mut tx = system(&t.db).await;
        assert!(matches!(tx.conn().exec(sql(twice)).await, Err(Error::Unique)));
        drop(tx);
        let mut tx = system(&t.db).await;
        tx.conn().exec(sql("INSERT INTO scratch (i) VALUES (2)")).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
    })
    .await;
}

/// `.cargo/config.toml` takes it out of the build: with it all connections share one cache, and what one has read pushes out
/// what the others need.
#[tokio::test]
async fn every_connection_to_sqlite_has_a_page_cache_of_its_own() {
    let t = testkit::sqlite().await;
    let mut tx = system(&t.db).await;
    let options: Vec<String> = tx.conn().scalars(sql("PRAGMA compile_options")).await.unwrap();
    assert!(options.iter().any(|option| option.starts_with("THREADSAFE")), "{options:?}");
    assert!(!options.contains(&"ENABLE_MEMORY_MANAGEMENT".to_owned()), "{options:?}");
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_does_not_keep_it_open() {
    let t = testkit::sqlite().await;
    let db = store::Db::connect(&t.url, &store::Options::default()).await.unwrap();
    let endless =
        sql("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n");
    let mut tx = SystemTx::read_across_all_organizations(&db).await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(200), tx.conn().rows(endless)).await;
    assert!(given_up.is_err());
    drop(tx);
    tokio::time::timeout(Duration::from_secs(20), db.close()).await.expect("it is closed");
}

#[tokio::test]
async fn what_postgresql_acknowledges_is_on_its_disk_whatever_its_default() {
    let t = testkit::postgres().await;
    let name = t.url.rsplit('/').next().unwrap().split('?').next().unwrap();
    for (default, is) in [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")] {
        let set = format!("ALTER DATABASE {name} SET synchronous_commit = {default}");
        store::db::admin(&t.url, &set).await.unwrap();
        let db = store::Db::connect(&t.url, &store::Options::default()).await.unwrap();
        let mut tx = SystemTx::read_across_all_organizations(&db).await.unwrap();
        let setting = sql("SELECT current_setting('synchronous_commit')");
        assert_eq!(tx.conn().scalar::<String>(setting).await.unwrap().unwrap(), is, "{default}");
        drop(tx);
        db.close().await;
    }
}
