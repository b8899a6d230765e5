//! The cookie sessions' bytes.

use service::sessions;
use store::db::sql;
use testkit::for_each_backend;

use crate::world::{World, start};

#[tokio::test]
async fn a_session_is_loaded_as_it_was_saved_until_its_time_is_over() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let expiry = start().seconds() + 100;
        assert!(sessions::create(&world.services, "one", b"first", expiry).await.unwrap());
        assert!(!sessions::create(&world.services, "one", b"other", expiry).await.unwrap());
        assert_eq!(sessions::load(&world.services, "one").await.unwrap().as_deref(), Some(&b"first"[..]));
        sessions::save(&world.services, "one", b"second", expiry).await.unwrap();
        assert_eq!(
            sessions::load(&world.second_process(), "one").await.unwrap().as_deref(),
            Some(&b"second"[..])
        );
        assert_eq!(sessions::load(&world.services, "two").await.unwrap(), None);
        world.clock.advance_seconds(100);
        assert_eq!(sessions::load(&world.services, "one").await.unwrap(), None);
        assert_eq!(sessions::delete_expired(&world.services).await.unwrap(), 1);
        sessions::save(&world.services, "two", b"x", expiry + 100).await.unwrap();
        sessions::delete(&world.services, "two").await.unwrap();
        assert_eq!(sessions::load(&world.services, "two").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_database_holds_neither_the_cookie_nor_what_is_in_it() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = ("cookie-value-a", "cookie-value-b");
        sessions::save(&world.services, a, b"user=ana", start().seconds() + 100).await.unwrap();
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let rows = tx.conn().rows(sql("SELECT id, data FROM sessions")).await.unwrap();
        let (id, data): (String, Vec<u8>) = (rows[0].get("id").unwrap(), rows[0].get("data").unwrap());
        assert!(!id.contains("cookie-value"));
        assert!(!String::from_utf8_lossy(&data).contains("ana"));
        // Bytes moved under another id do not open.
        drop(tx);
        sessions::save(&world.services, b, b"user=ben", start().seconds() + 100).await.unwrap();
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        tx.conn()
            .exec_one(sql("UPDATE sessions SET data = $2 WHERE id <> $1").bind(&id).bind(data))
            .await
            .unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();
        assert_eq!(sessions::load(&world.services, b).await.unwrap(), None);
        assert!(sessions::load(&world.services, a).await.unwrap().is_some());
    })
    .await;
}
