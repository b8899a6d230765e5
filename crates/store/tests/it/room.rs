//! Room on the disk for everything but events. `make checks` fills a real one.

use store::Db;
use store::db::sql;
use testkit::for_each_backend;

use crate::world::system;

/// Bytes of the ballast; 0: there is none.
async fn ballast(db: &Db) -> i64 {
    match db {
        Db::Sqlite { .. } => 0,
        Db::Postgres { .. } => {
            let size = sql("SELECT coalesce(pg_relation_size(to_regclass('ballast')), 0)");
            system(db).await.conn().scalar(size).await.unwrap().unwrap()
        }
    }
}

#[tokio::test]
async fn room_is_kept_given_and_kept_again() {
    for_each_backend(|t| async move {
        let whole = if matches!(t.db, Db::Sqlite { .. }) { 0..=0 } else { (16 << 20)..=(17 << 20) };
        // Another server on the same database.
        let other = Db::connect(&t.url, &store::Options::default()).await.unwrap();
        for _ in 0..2 {
            assert!(t.db.keep_room().await.unwrap() && other.keep_room().await.unwrap());
            assert!(whole.contains(&ballast(&t.db).await));
        }
        t.db.spend_room().await.unwrap();
        assert_eq!(ballast(&t.db).await, 0);
        if let Db::Postgres { pool, .. } = &t.db {
            assert!(!t.db.has_room() && !t.db.clone().has_room() && other.has_room());
            assert!(other.keep_room().await.unwrap());
            assert!(!t.db.has_room(), "before it has looked");
            assert!(t.db.keep_room().await.unwrap() && t.db.has_room());
            // As a crash leaves it.
            sqlx::query("TRUNCATE ballast").execute(pool).await.unwrap();
            assert!(t.db.keep_room().await.unwrap());
            assert!(whole.contains(&ballast(&t.db).await));
        } else {
            assert!(t.db.has_room());
        }
        other.close().await;
    })
    .await;
}
