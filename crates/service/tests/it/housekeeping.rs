//! What time sweeps away.

use domain::invitation::NewInvitation;
use domain::member::{ApprovalLevel, Role};
use domain::permission::MemberWrite;
use service::housekeeping::{self, Swept};
use service::{auth, invitations, sessions};
use store::db::sql;
use testkit::for_each_backend;

use crate::world::{World, client, start};

#[tokio::test]
async fn only_what_is_over_is_deleted() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let alpha = world.organization("alpha").await;
        world.person("ana@example.test", "alpha", "admin").await;
        world.viewer("ana@example.test").await;
        let cx = world.cx::<MemberWrite>("ana@example.test", "alpha").await;
        let (email, role) = ("zoe@example.test".to_owned(), Role::Viewer);
        let new = NewInvitation { email, role, approval_level: ApprovalLevel::None };
        invitations::invite(&cx, new).await.unwrap();
        assert!(auth::sign_in(&world.services, "ana@example.test", "wrong", &client()).await.is_err());
        assert!(sessions::create(&world.services, "one", b"x", start().seconds() + 100).await.unwrap());
        let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
        let q = sql("INSERT INTO idempotency_keys (organization_id, key, request_hash, status, response, created_at) VALUES ($1, 'k', 'h', 200, '{}', $2)");
        tx.conn().exec_one(q.bind(alpha.id).bind(start())).await.unwrap();
        tx.commit_unaudited_bookkeeping().await.unwrap();

        assert_eq!(housekeeping::run(&world.services).await.unwrap(), Swept::default());
        world.clock.advance_seconds(86_401);
        let swept = housekeeping::run(&world.services).await.unwrap();
        assert_eq!(swept, Swept { sessions: 1, failures: 2, idempotency_keys: 1, ..Swept::default() });
        world.clock.advance_seconds(auth::ABSOLUTE + 30 * 86_400);
        assert_eq!(housekeeping::run(&world.services).await.unwrap(), Swept { devices: 2, ..Swept::default() });
        world.clock.advance_seconds(30 * 86_400);
        assert_eq!(housekeeping::run(&world.services).await.unwrap(), Swept { invitations: 1, ..Swept::default() });
        assert_eq!(housekeeping::run(&world.services).await.unwrap(), Swept::default());
    })
    .await;
}
