//! The cookie sessions' bytes.

use domain::permission::{SessionRead, SessionWrite};
use service::{Error, auth, sessions};
use store::db::sql;
use testkit::for_each_backend;

use crate::world::{World, client, start};

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
        assert!(sessions::create(&world.services, "two", b"x", expiry + 100).await.unwrap());
        sessions::delete(&world.services, "two").await.unwrap();
        assert_eq!(sessions::load(&world.services, "two").await.unwrap(), None);
        // What was under way with an id that was given up does not bring it back.
        sessions::save(&world.services, "two", b"x", expiry + 100).await.unwrap();
        assert_eq!(sessions::load(&world.services, "two").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_database_holds_neither_the_cookie_nor_what_is_in_it() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let (a, b) = ("cookie-value-a", "cookie-value-b");
        assert!(sessions::create(&world.services, a, b"user=ana", start().seconds() + 100).await.unwrap());
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let rows = tx.conn().rows(sql("SELECT id, data FROM sessions")).await.unwrap();
        let (id, data): (String, Vec<u8>) = (rows[0].get("id").unwrap(), rows[0].get("data").unwrap());
        assert!(!id.contains("cookie-value"));
        assert!(!String::from_utf8_lossy(&data).contains("ana"));
        // Bytes moved under another id do not open.
        drop(tx);
        assert!(sessions::create(&world.services, b, b"user=ben", start().seconds() + 100).await.unwrap());
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

#[tokio::test]
async fn an_admin_signs_members_out_and_nobody_elses_people() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        for slug in ["alpha", "beta"] {
            world.organization(slug).await;
            world.person(&format!("admin@{slug}.test"), slug, "admin").await;
        }
        let gamma = world.organization("gamma").await.id;
        let ana = world.person("ana@alpha.test", "alpha", "viewer").await;
        world.person("ana@alpha.test", "gamma", "viewer").await;
        world.person("sre@platform.test", "alpha", "sre").await;
        let (first, second) = (world.viewer("ana@alpha.test").await, world.viewer("ana@alpha.test").await);
        let of = async |email: &str, slug: &str| {
            let cx = world.cx::<SessionRead>(email, slug).await;
            let found = sessions::active(&cx).await.unwrap();
            found.into_iter().filter(|s| s.email == "ana@alpha.test").count()
        };
        assert_eq!(of("admin@alpha.test", "alpha").await, 2);
        service::organizations::enter(&world.services, &first, "gamma").await.unwrap();
        auth::settled(&world.services).await;
        let place = async |cx: &service::Cx<SessionRead>| {
            let found = sessions::active(cx).await.unwrap();
            found.into_iter().find(|s| s.id == first.session).and_then(|s| s.organization)
        };
        let told = place(&world.cx::<SessionRead>("admin@alpha.test", "alpha").await).await;
        assert_eq!(told, None, "that she works for gamma is not alpha's to know");
        service::organizations::enter(&world.services, &first, "alpha").await.unwrap();
        auth::settled(&world.services).await;
        let told = place(&world.cx::<SessionRead>("admin@alpha.test", "alpha").await).await;
        assert_eq!(told.as_deref(), Some("ALPHA"));
        let seen = auth::viewer(&world.services, first.session, &client()).await.unwrap().unwrap();
        assert!(seen.organization.is_some_and(|there| there != gamma));
        assert_eq!(of("admin@beta.test", "beta").await, 0);
        let viewer = organizations_actor(&world, &first).await;
        assert!(matches!(world.services.admit::<SessionRead>(&viewer), Err(Error::Forbidden)));

        let beta = world.cx::<SessionWrite>("admin@beta.test", "beta").await;
        assert!(matches!(sessions::revoke(&beta, first.session).await, Err(Error::NotFound)));
        assert!(matches!(sessions::revoke_all(&beta, ana.id).await, Err(Error::NotFound)));
        let alpha = world.cx::<SessionWrite>("admin@alpha.test", "alpha").await;
        sessions::revoke(&alpha, first.session).await.unwrap();
        assert!(matches!(sessions::revoke(&alpha, first.session).await, Err(Error::NotFound)), "once");
        let signed_in = async |viewer: &auth::Viewer| {
            auth::viewer(&world.services, viewer.session, &client()).await.unwrap().is_some()
        };
        assert!(!signed_in(&first).await && signed_in(&second).await);
        let entry = world.log(alpha.actor().organization).await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("SESSION_REVOKED", "admin@alpha.test"));
        assert_eq!(entry.metadata["email"], "ana@alpha.test");
        let there = world.log(gamma).await.pop().unwrap();
        assert_eq!(
            (there.action.as_str(), there.actor.as_str(), there.ip_address, there.actor_id),
            ("SESSION_REVOKED", "an administrator elsewhere", None, None),
            "who administers alpha is not gamma's to know"
        );

        let sre = auth::account_actor(&world.viewer("sre@platform.test").await);
        let all = sessions::active(&world.services.admit::<SessionRead>(&sre).unwrap()).await.unwrap();
        assert!(all.iter().any(|s| s.email == "admin@beta.test") && all.len() >= 4);
        let everywhere = world.services.admit::<SessionWrite>(&sre).unwrap();
        assert_eq!(sessions::revoke_all(&everywhere, ana.id).await.unwrap(), 1);
        assert!(!signed_in(&second).await);
    })
    .await;
}

async fn organizations_actor(world: &World, viewer: &auth::Viewer) -> service::Actor {
    service::organizations::enter(&world.services, viewer, "alpha").await.unwrap().1
}
