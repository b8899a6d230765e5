//! Signing in and out, lock-out, devices, one's own account.

use domain::account::NewUser;
use domain::organization::NewOrganization;
use domain::permission::{AccountRead, AccountWrite, UserCreate};
use service::auth::{self, ABSOLUTE, IDLE, account_actor};
use service::{Cx, Error};
use testkit::for_each_backend;

use crate::world::{PASSWORD, World, client, from};

async fn one_person(t: testkit::TestDb) -> World {
    let world = World::new(t);
    world.organization("alpha").await;
    world.person("ana@example.test", "alpha", "admin").await;
    world
}

fn own<P: domain::permission::Permission>(world: &World, viewer: &auth::Viewer) -> Cx<P> {
    world.services.admit(&account_actor(viewer)).unwrap()
}

#[tokio::test]
async fn the_right_password_signs_in_whatever_the_case_of_the_e_mail() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let signed_in =
            auth::sign_in(&world.services, "  Ana@Example.TEST ", PASSWORD, &client()).await.unwrap();
        assert_eq!(signed_in.user.email, "ana@example.test");
        assert_eq!(signed_in.user.last_login_at, Some(world.clock.now()));
        let viewer = auth::viewer(&world.services, signed_in.session, &client()).await.unwrap().unwrap();
        assert_eq!(viewer.user.last_login_at, Some(world.clock.now()));
        let entry = world.platform_log().await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.actor.as_str(), entry.success),
            ("SIGNED_IN", "ana@example.test", true)
        );
        assert_eq!(entry.session_id, Some(signed_in.session.to_string()));
        assert_eq!(entry.ip_address.as_deref(), Some("192.0.2.1"));
    })
    .await;
}

#[tokio::test]
async fn wrong_password_unknown_and_disabled_account_give_one_answer() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        world.person("off@example.test", "alpha", "viewer").await;
        let cx = world.cx("ana@example.test", "alpha").await;
        let off = service::members::list(&world.cx("ana@example.test", "alpha").await).await.unwrap();
        let off = off.iter().find(|m| m.email == "off@example.test").unwrap().id;
        service::members::disable(&cx, off).await.unwrap();
        let mut texts = Vec::new();
        for (email, password) in [
            ("ana@example.test", "wrong password"),
            ("nobody@example.test", PASSWORD),
            ("off@example.test", PASSWORD),
            ("", ""),
            ("ana@example.test", &"x".repeat(1_000_000)),
        ] {
            let error = auth::sign_in(&world.services, email, password, &client()).await.unwrap_err();
            assert!(matches!(error, Error::Unauthenticated), "{error:?}");
            texts.push(error.to_string());
        }
        assert!(texts.iter().all(|text| *text == texts[0]));
        let failed: Vec<_> =
            world.platform_log().await.into_iter().filter(|r| r.action == "SIGN_IN_FAILED").collect();
        assert_eq!(failed.len(), 5);
        assert!(failed.iter().all(|r| !r.success));
        assert_eq!(failed[0].actor, "ana@example.test");
        assert_eq!((failed[1].actor.as_str(), failed[1].target_id.as_str()), ("unknown", "unknown"));
    })
    .await;
}

#[tokio::test]
async fn nothing_that_was_typed_is_kept_of_a_failed_sign_in() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        for (email, password) in [("ana@example.test", "SeCrEt-password"), ("SeCrEt-in-the-wrong-field", "x")]
        {
            assert!(auth::sign_in(&world.services, email, password, &client()).await.is_err());
        }
        let log = serde_json::to_string(&world.platform_log().await).unwrap();
        assert!(!log.to_lowercase().contains("secret"), "{log}");
        let mut tx = store::SystemTx::read_across_all_organizations(&world.t.db).await.unwrap();
        let subjects: Vec<String> =
            tx.conn().scalars(store::db::sql("SELECT subject FROM sign_in_attempts")).await.unwrap();
        assert_eq!(subjects.len(), 3);
        assert!(!subjects.iter().any(|s| s.contains("secret") || s.contains("ana")), "{subjects:?}");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_locked_after_five_failures_and_the_wait_doubles() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        for n in 0..5 {
            let error = auth::sign_in(&world.services, "ana@example.test", "wrong", &from(&format!("192.0.2.{n}"))).await.unwrap_err();
            assert!(matches!(error, Error::Unauthenticated), "failure {n}: {error:?}");
        }
        let locked = |seconds: u64| move |error: Error| assert!(matches!(error, Error::TooMany { retry_after } if (seconds - 1..=seconds + 1).contains(&retry_after)), "{error:?}");
        locked(30)(auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap_err());
        world.clock.advance_seconds(31);
        assert!(matches!(auth::sign_in(&world.services, "ana@example.test", "wrong", &client()).await, Err(Error::Unauthenticated)));
        locked(60)(auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap_err());
        world.clock.advance_seconds(61);
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
        // Forgotten after the right one.
        assert!(matches!(auth::sign_in(&world.services, "ana@example.test", "wrong", &client()).await, Err(Error::Unauthenticated)));
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
        let locks = world.platform_log().await.into_iter().filter(|r| r.metadata.get("locked_for_seconds").is_some()).count();
        assert_eq!(locks, 2);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_account_is_locked_as_a_known_one_is() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        for _ in 0..5 {
            assert!(matches!(
                auth::sign_in(&world.services, "no@example.test", "wrong", &client()).await,
                Err(Error::Unauthenticated)
            ));
        }
        assert!(matches!(
            auth::sign_in(&world.services, "no@example.test", "wrong", &client()).await,
            Err(Error::TooMany { .. })
        ));
        world.clock.advance_seconds(4000);
        assert!(matches!(
            auth::sign_in(&world.services, "no@example.test", "wrong", &client()).await,
            Err(Error::Unauthenticated)
        ));
    })
    .await;
}

#[tokio::test]
async fn an_address_is_locked_after_thirty_failures_of_any_account() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        for n in 0..30 {
            let error = auth::sign_in(
                &world.services,
                &format!("p{n}@example.test"),
                "wrong",
                &from(&format!("2001:db8::{n:x}")),
            )
            .await;
            assert!(matches!(error, Err(Error::Unauthenticated)), "{n}: {error:?}");
        }
        let error =
            auth::sign_in(&world.services, "ana@example.test", PASSWORD, &from("2001:db8::ffff")).await;
        assert!(matches!(error, Err(Error::TooMany { .. })), "{error:?}");
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_the_same_time_do_not_slip_past_the_lock() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let tasks: Vec<_> = (0..24)
            .map(|_| {
                let services = world.services.clone();
                tokio::spawn(
                    async move { auth::sign_in(&services, "ana@example.test", "wrong", &client()).await },
                )
            })
            .collect();
        let mut checked = 0;
        for task in tasks {
            match task.await.unwrap() {
                Err(Error::Unauthenticated) => checked += 1,
                Err(Error::TooMany { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!((5..=6).contains(&checked), "{checked} guesses were checked");
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        for _ in 0..5 {
            assert!(auth::sign_in(&world.services, "ana@example.test", "wrong", &client()).await.is_err());
        }
        world.clock.advance_seconds(-86_400);
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_old_hash_is_made_anew_at_the_next_sign_in() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        // "correct horse battery" at m=8, t=1.
        let old = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
        let hash = weak_hash();
        assert!(hash.starts_with(old));
        set_hash(&world, &hash).await;
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
        let now = stored_hash(&world).await;
        assert!(now.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{now}");
        auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap();
        assert_eq!(stored_hash(&world).await, now);
    })
    .await;
}

fn weak_hash() -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, Version};
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let hash: PasswordHash = weak.hash_password_with_salt(PASSWORD.as_bytes(), b"somesaltsomesalt").unwrap();
    hash.to_string()
}

async fn set_hash(world: &World, hash: &str) {
    let mut tx = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
    tx.conn()
        .exec_one(
            store::db::sql("UPDATE users SET password_hash = $1 WHERE email = 'ana@example.test'").bind(hash),
        )
        .await
        .unwrap();
    tx.commit_unaudited_bookkeeping().await.unwrap();
}

async fn stored_hash(world: &World) -> String {
    let mut tx = store::SystemTx::read_across_all_organizations(&world.t.db).await.unwrap();
    store::account::by_email(&mut tx, "ana@example.test").await.unwrap().unwrap().password_hash
}

#[tokio::test]
async fn a_device_is_over_when_idle_too_long_too_old_or_signed_out() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let session = async || {
            auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await.unwrap().session
        };
        let alive =
            async |session| auth::viewer(&world.services, session, &client()).await.unwrap().is_some();

        let idle = session().await;
        world.clock.advance_seconds(IDLE - 1);
        assert!(alive(idle).await);
        world.clock.advance_seconds(IDLE - 1);
        assert!(alive(idle).await, "being seen starts the idle time again");
        world.clock.advance_seconds(IDLE);
        assert!(!alive(idle).await);

        let old = session().await;
        for _ in 0..ABSOLUTE / 3600 - 1 {
            world.clock.advance_seconds(3600);
            assert!(alive(old).await);
        }
        world.clock.advance_seconds(3600);
        assert!(!alive(old).await);

        let out = session().await;
        let viewer = auth::viewer(&world.services, out, &client()).await.unwrap().unwrap();
        auth::sign_out(&world.services, &viewer).await.unwrap();
        assert!(!alive(out).await);
        let entries = world.platform_log().await.len();
        auth::sign_out(&world.services, &viewer).await.unwrap();
        assert_eq!(world.platform_log().await.len(), entries, "signing out twice is one entry");
    })
    .await;
}

#[tokio::test]
async fn being_seen_is_written_at_most_once_a_minute() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let viewer = world.viewer("ana@example.test").await;
        let seen =
            async || auth::devices(&own::<AccountRead>(&world, &viewer)).await.unwrap()[0].last_seen_at;
        let first = seen().await;
        world.clock.advance_seconds(59);
        auth::viewer(&world.services, viewer.session, &client()).await.unwrap();
        assert_eq!(seen().await, first);
        world.clock.advance_seconds(1);
        auth::viewer(&world.services, viewer.session, &client()).await.unwrap();
        assert_eq!(seen().await, first.plus_seconds(60));
    })
    .await;
}

#[tokio::test]
async fn what_an_open_page_asks_by_itself_keeps_nobody_signed_in() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let viewer = world.viewer("ana@example.test").await;
        let looks = async || auth::onlooker(&world.services, viewer.session, &client()).await.unwrap();
        for _ in 0..IDLE / 3600 - 1 {
            world.clock.advance_seconds(3600);
            assert_eq!(looks().await.as_ref().map(|found| found.user.id), Some(viewer.user.id));
        }
        world.clock.advance_seconds(3600);
        assert_eq!(looks().await, None, "nobody was there for that long");
        assert_eq!(auth::viewer(&world.services, viewer.session, &client()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_signs_every_other_device_out() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let (here, there) = (world.viewer("ana@example.test").await, world.viewer("ana@example.test").await);
        let cx = own::<AccountWrite>(&world, &here);
        let wrong = auth::change_password(&cx, "not it at all", "a whole new password").await.unwrap_err();
        assert!(matches!(wrong, Error::Invalid(ref i) if i.0[0].field == "old_password"), "{wrong:?}");
        for weak in ["short", PASSWORD] {
            let error = auth::change_password(&cx, PASSWORD, weak).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(ref i) if i.0[0].field == "new_password"), "{error:?}");
        }
        auth::change_password(&cx, PASSWORD, "a whole new password").await.unwrap();
        assert!(auth::viewer(&world.services, here.session, &client()).await.unwrap().is_some());
        assert!(auth::viewer(&world.services, there.session, &client()).await.unwrap().is_none());
        assert!(matches!(
            auth::sign_in(&world.services, "ana@example.test", PASSWORD, &client()).await,
            Err(Error::Unauthenticated)
        ));
        auth::sign_in(&world.services, "ana@example.test", "a whole new password", &client()).await.unwrap();
        let entry = world.platform_log().await.into_iter().find(|r| r.action == "PASSWORD_CHANGED").unwrap();
        assert_eq!(entry.metadata["devices_signed_out"], 1);
        assert!(!serde_json::to_string(&entry).unwrap().contains("whole new"));
    })
    .await;
}

#[tokio::test]
async fn guessing_the_present_password_is_locked_too() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let cx = own::<AccountWrite>(&world, &world.viewer("ana@example.test").await);
        for _ in 0..5 {
            assert!(matches!(
                auth::change_password(&cx, "wrong", "a whole new password").await,
                Err(Error::Invalid(_))
            ));
        }
        assert!(matches!(
            auth::change_password(&cx, PASSWORD, "a whole new password").await,
            Err(Error::TooMany { .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn one_sees_and_revokes_only_ones_own_devices() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        world.person("ben@example.test", "alpha", "viewer").await;
        let (ana, other, ben) = (
            world.viewer("ana@example.test").await,
            world.viewer("ana@example.test").await,
            world.viewer("ben@example.test").await,
        );
        let listed = auth::devices(&own::<AccountRead>(&world, &ana)).await.unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].user_agent.as_deref(), Some("test browser"));
        let cx = own::<AccountWrite>(&world, &ana);
        assert!(matches!(auth::revoke_device(&cx, ben.session).await, Err(Error::NotFound)));
        auth::revoke_device(&cx, other.session).await.unwrap();
        assert!(auth::viewer(&world.services, other.session, &client()).await.unwrap().is_none());
        assert!(auth::viewer(&world.services, ben.session, &client()).await.unwrap().is_some());
        assert_eq!(world.platform_log().await.pop().unwrap().action, "SESSION_REVOKED");
    })
    .await;
}

#[tokio::test]
async fn an_account_shows_its_name_in_a_known_time_zone() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        let cx = own::<AccountWrite>(&world, &world.viewer("ana@example.test").await);
        let error = auth::update_account(&cx, Some("Ana"), "Mars/Olympus").await.unwrap_err();
        assert!(matches!(error, Error::Invalid(ref i) if i.0[0].field == "time_zone"));
        let user = auth::update_account(&cx, Some(" Ana "), "Europe/Lisbon").await.unwrap();
        assert_eq!((user.display_name.as_deref(), user.time_zone.as_str()), (Some("Ana"), "Europe/Lisbon"));
        let entry = world.platform_log().await.pop().unwrap();
        assert_eq!(entry.old_values.unwrap()["time_zone"], "UTC");
        assert_eq!(entry.new_values.unwrap()["time_zone"], "Europe/Lisbon");
        assert_eq!(auth::update_account(&cx, Some("  "), "UTC").await.unwrap().display_name, None);
    })
    .await;
}

fn first_user() -> NewUser {
    NewUser {
        email: "First@Example.test".to_owned(),
        username: "first".to_owned(),
        password: PASSWORD.to_owned(),
        ..NewUser::default()
    }
}

fn first_organization(slug: &str) -> NewOrganization {
    NewOrganization { slug: slug.to_owned(), name: slug.to_owned(), ..NewOrganization::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_admin_is_made_once_even_when_several_try() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        assert!(auth::setup_needed(&world.services).await.unwrap());
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let services = if n % 2 == 0 { world.services.clone() } else { world.second_process() };
                let user = NewUser {
                    email: format!("p{n}@example.test"),
                    username: format!("p{n}"),
                    ..first_user()
                };
                tokio::spawn(async move {
                    auth::create_first_admin(
                        &services,
                        user,
                        first_organization(&format!("org{n}")),
                        &client(),
                    )
                    .await
                })
            })
            .collect();
        let mut made = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(signed_in) => made.push(signed_in),
                Err(Error::Conflict(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(made.len(), 1);
        assert!(!auth::setup_needed(&world.services).await.unwrap());
        let viewer = auth::viewer(&world.services, made[0].session, &client()).await.unwrap().unwrap();
        let reach = service::organizations::reach(&world.services, &viewer).await.unwrap();
        assert_eq!(reach.len(), 1);
        assert_eq!(reach[0].role, Some(domain::member::Role::Admin));
        assert_eq!(
            world.actions(reach[0].organization_id).await,
            ["ORGANIZATION_CREATED", "MEMBER_ADDED", "USER_CREATED", "SIGNED_IN"]
        );
        let platform: Vec<_> = world.platform_log().await.into_iter().map(|r| r.action).collect();
        assert_eq!(platform, ["USER_CREATED", "SIGNED_IN"]);
    })
    .await;
}

#[tokio::test]
async fn a_first_admin_with_a_weak_password_is_refused_and_nothing_is_made() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let user = NewUser { password: "short".to_owned(), ..first_user() };
        let error =
            auth::create_first_admin(&world.services, user, first_organization("alpha"), &client()).await;
        assert!(matches!(error, Err(Error::Invalid(_))));
        assert!(auth::setup_needed(&world.services).await.unwrap());
        let signed_in =
            auth::create_first_admin(&world.services, first_user(), first_organization("alpha"), &client())
                .await
                .unwrap();
        assert_eq!(signed_in.user.email, "first@example.test");
        auth::sign_in(&world.services, "first@example.test", PASSWORD, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn only_the_platform_role_makes_accounts() {
    for_each_backend(|t| async move {
        let world = one_person(t).await;
        world.person("sre@example.test", "alpha", "sre").await;
        let ana = account_actor(&world.viewer("ana@example.test").await);
        assert!(matches!(world.services.admit::<UserCreate>(&ana), Err(Error::Forbidden)));
        let cx = own::<UserCreate>(&world, &world.viewer("sre@example.test").await);
        let user = auth::create_user(&cx, first_user()).await.unwrap();
        assert_eq!(user.email, "first@example.test");
        assert!(matches!(auth::create_user(&cx, first_user()).await, Err(Error::Conflict(_))));
        let same_name = NewUser { email: "second@example.test".to_owned(), ..first_user() };
        let error = auth::create_user(&cx, same_name).await.unwrap_err();
        assert_eq!(error.to_string(), "this username is taken; choose another");
    })
    .await;
}

#[tokio::test]
async fn an_organization_sees_what_happens_to_its_members_accounts_and_no_others() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let [alpha, beta, gamma] = [
            world.organization("alpha").await.id,
            world.organization("beta").await.id,
            world.organization("gamma").await.id,
        ];
        world.person("ana@example.test", "alpha", "admin").await;
        world.person("ana@example.test", "beta", "viewer").await;
        world.person("gil@example.test", "gamma", "admin").await;
        assert!(auth::sign_in(&world.services, "ana@example.test", "wrong", &client()).await.is_err());
        assert!(auth::sign_in(&world.services, "no@example.test", "wrong", &client()).await.is_err());
        let (here, there) = (world.viewer("ana@example.test").await, world.viewer("ana@example.test").await);
        let cx = own::<AccountWrite>(&world, &here);
        auth::revoke_device(&cx, there.session).await.unwrap();
        auth::update_account(&cx, Some("Ana"), "UTC").await.unwrap();
        auth::change_password(&cx, PASSWORD, "a whole new password").await.unwrap();
        auth::sign_out(&world.services, &here).await.unwrap();
        let told = [
            "SIGN_IN_FAILED",
            "SIGNED_IN",
            "SIGNED_IN",
            "SESSION_REVOKED",
            "USER_UPDATED",
            "PASSWORD_CHANGED",
            "SIGNED_OUT",
        ];
        assert_eq!(
            world.actions(alpha).await,
            [&["ORGANIZATION_CREATED", "USER_CREATED", "MEMBER_ADDED"][..], &told].concat()
        );
        assert_eq!(
            world.actions(beta).await,
            [&["ORGANIZATION_CREATED", "MEMBER_ADDED"][..], &told].concat()
        );
        assert_eq!(
            world.actions(gamma).await,
            ["ORGANIZATION_CREATED", "USER_CREATED", "MEMBER_ADDED"],
            "nothing of others"
        );
        let failed = world.log(alpha).await.into_iter().find(|r| r.action == "SIGN_IN_FAILED").unwrap();
        assert_eq!(failed.ip_address.as_deref(), Some("192.0.2.1"));
        assert_eq!(failed.user_agent.as_deref(), Some("test browser"));
        assert_eq!((failed.actor.as_str(), failed.success), ("ana@example.test", false));
        let platform = world.platform_log().await;
        assert_eq!(platform.iter().filter(|r| r.action == "SIGN_IN_FAILED").count(), 2);
        assert_eq!(platform.iter().filter(|r| r.action == "PASSWORD_CHANGED").count(), 1);
        for organization in [alpha, beta, gamma, domain::PLATFORM] {
            let verdict = service::audit::verify(&world.services, organization, "x", None).await.unwrap();
            assert_eq!(verdict.breaks, 0);
        }
    })
    .await;
}

/// So the time of the answer does not tell an account from none. PostgreSQL alone: SQLite has one writer for everything.
#[tokio::test]
async fn a_failed_sign_in_does_not_wait_until_the_organizations_are_told() {
    let world = one_person(testkit::postgres().await).await;
    let alpha = service::organizations::by_slug(&world.services, "alpha").await.unwrap().id;
    let mut busy = store::SystemTx::across_all_organizations(&world.t.db).await.unwrap();
    let lock = store::db::sql("SELECT seq FROM audit_heads WHERE organization_id = $1 FOR UPDATE");
    busy.conn().rows(lock.bind(alpha)).await.unwrap();
    let client = client();
    let answer = auth::sign_in(&world.services, "ana@example.test", "wrong", &client);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), answer).await;
    assert!(matches!(answer, Ok(Err(Error::Unauthenticated))), "{answer:?}");
    drop(busy);
    assert_eq!(world.actions(alpha).await.last().map(String::as_str), Some("SIGN_IN_FAILED"));
}
