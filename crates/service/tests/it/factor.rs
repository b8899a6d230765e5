//! The second factor: asked for, once a step, with the same waits as passwords, and by organizations.

use domain::permission::{AccountRead, AccountWrite, MemberWrite, SettingsWrite};
use service::auth::{self, First, Viewer, account_actor, factor};
use service::{Cx, Error, organizations, settings};
use testkit::for_each_backend;
use totp_rs::{Builder, Secret, Totp};

use crate::world::{PASSWORD, World, client};

const ANA: &str = "ana@alpha.test";

async fn world(t: testkit::TestDb) -> World {
    let world = World::new(t);
    for slug in ["alpha", "beta"] {
        world.organization(slug).await;
        world.person(&format!("admin@{slug}.test"), slug, "admin").await;
    }
    world.person(ANA, "alpha", "analyst").await;
    world
}

fn write(world: &World, viewer: &Viewer) -> Cx<AccountWrite> {
    world.services.admit(&account_actor(viewer)).unwrap()
}

async fn standing(world: &World, viewer: &Viewer) -> factor::Standing {
    factor::standing(&world.services.admit::<AccountRead>(&account_actor(viewer)).unwrap()).await.unwrap()
}

fn code(world: &World, app: &Totp, ahead: i64) -> String {
    let now = world.services.clock.now().seconds() + ahead;
    app.generate(u64::try_from(now).unwrap()).to_string()
}

/// Sets one up; the app and the recovery codes.
async fn enrolled(world: &World, viewer: &Viewer) -> (Totp, Vec<String>) {
    let cx = write(world, viewer);
    factor::start(&cx, PASSWORD).await.unwrap();
    let wanted = standing(world, viewer).await.to_confirm.unwrap();
    assert!(wanted.url.starts_with("otpauth://totp/Watchroom"), "{}", wanted.url);
    let app = Builder::new().with_secret(Secret::try_from_base32(&wanted.secret).unwrap()).build().unwrap();
    assert!(matches!(factor::confirm(&cx, "000000x").await, Err(Error::Invalid(_))));
    let codes = factor::confirm(&cx, &code(world, &app, 0)).await.unwrap();
    (app, codes)
}

async fn second(world: &World, user: domain::UserId, code: &str) -> service::Result<auth::SignedIn> {
    factor::second(&world.services, user, world.services.clock.now(), code, &client()).await
}

async fn asked(world: &World) -> domain::UserId {
    match auth::begin(&world.services, ANA, PASSWORD, &client()).await.unwrap() {
        First::Code(user) => user,
        First::In(_) => panic!("the code was not asked for"),
    }
}

#[tokio::test]
async fn a_confirmed_factor_is_asked_for_and_a_step_works_once() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let wrong = factor::start(&write(&world, &viewer), "not my password").await;
        assert!(matches!(&wrong, Err(Error::Invalid(why)) if why.0[0].field == "password"), "{wrong:?}");
        assert_eq!(standing(&world, &viewer).await.to_confirm, None);
        factor::start(&write(&world, &viewer), PASSWORD).await.unwrap();
        auth::sign_in(&world.services, ANA, PASSWORD, &client()).await.expect("not confirmed yet");
        let (app, codes) = enrolled(&world, &viewer).await;
        assert_eq!(codes.len(), 10);
        assert!(matches!(factor::start(&write(&world, &viewer), PASSWORD).await, Err(Error::Conflict(_))));
        let user = asked(&world).await;
        let try_code = async |code: &str| second(&world, user, code).await;
        let used = code(&world, &app, 0);
        assert!(matches!(try_code(&used).await, Err(Error::Unauthenticated)), "it confirmed the factor");
        world.clock.advance_seconds(30);
        let next = code(&world, &app, 0);
        let signed_in = try_code(&next).await.unwrap();
        assert!(auth::viewer(&world.services, signed_in.session, &client()).await.unwrap().is_some());
        assert!(matches!(try_code(&next).await, Err(Error::Unauthenticated)), "a replay");
        assert!(matches!(
            auth::sign_in(&world.services, ANA, PASSWORD, &client()).await,
            Err(Error::Unauthenticated)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_works_once_and_however_it_is_typed() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let (_, codes) = enrolled(&world, &viewer).await;
        let user = asked(&world).await;
        let typed = format!(" {} ", codes[3].to_uppercase().replace('-', " "));
        second(&world, user, &typed).await.unwrap();
        let again = second(&world, user, &codes[3]).await;
        assert!(matches!(again, Err(Error::Unauthenticated)));
        assert_eq!(standing(&world, &viewer).await.codes_left, 9);
        let log = world.platform_log().await;
        assert!(log.iter().any(|e| e.action == "RECOVERY_CODE_USED"));
        assert!(log.iter().all(|e| !format!("{e:?}").contains(&codes[3])));
        factor::remove(&write(&world, &viewer), PASSWORD, &codes[4]).await.unwrap();
        auth::sign_in(&world.services, ANA, PASSWORD, &client()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn other_recovery_codes_take_the_place_of_the_old_ones_with_a_code() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let (app, old) = enrolled(&world, &viewer).await;
        let cx = write(&world, &viewer);
        assert!(matches!(factor::renew_codes(&cx, "no code").await, Err(Error::Invalid(_))));
        world.clock.advance_seconds(30);
        let new = factor::renew_codes(&cx, &code(&world, &app, 0)).await.unwrap();
        assert_eq!((new.len(), standing(&world, &viewer).await.codes_left), (10, 10));
        assert!(new.iter().all(|code| !old.contains(code)));
        let user = asked(&world).await;
        assert!(matches!(second(&world, user, &old[0]).await, Err(Error::Unauthenticated)));
        second(&world, user, &new[0]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn it_is_removed_with_the_password_and_a_code_and_not_with_one_of_them() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let cx = write(&world, &viewer);
        assert!(matches!(factor::remove(&cx, PASSWORD, "000000").await, Err(Error::Conflict(_))), "none yet");
        let (_, codes) = enrolled(&world, &viewer).await;
        assert!(matches!(factor::remove(&cx, "not my password", &codes[0]).await, Err(Error::Invalid(_))));
        assert!(matches!(factor::remove(&cx, PASSWORD, "no code").await, Err(Error::Invalid(_))));
        assert!(standing(&world, &viewer).await.confirmed);
        factor::remove(&cx, PASSWORD, &codes[0]).await.unwrap();
        assert_eq!(standing(&world, &viewer).await, factor::Standing::default());
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_nobody_confirmed_within_the_hour_is_forgotten() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let cx = write(&world, &viewer);
        factor::start(&cx, PASSWORD).await.unwrap();
        let wanted = standing(&world, &viewer).await.to_confirm.unwrap();
        let app =
            Builder::new().with_secret(Secret::try_from_base32(&wanted.secret).unwrap()).build().unwrap();
        world.clock.advance_seconds(3600);
        assert_eq!(standing(&world, &viewer).await, factor::Standing::default());
        assert!(matches!(factor::confirm(&cx, &code(&world, &app, 0)).await, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn who_changes_the_password_ends_the_sign_ins_that_wait_for_a_code() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let (_, codes) = enrolled(&world, &viewer).await;
        let user = asked(&world).await;
        let since = world.services.clock.now();
        world.clock.advance_seconds(1);
        auth::change_password(&write(&world, &viewer), PASSWORD, "another horse battery").await.unwrap();
        let late = factor::second(&world.services, user, since, &codes[0], &client()).await;
        assert!(matches!(&late, Err(Error::Conflict(why)) if why.contains("changed")), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn a_code_given_twice_at_once_signs_in_once() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let (app, _) = enrolled(&world, &viewer).await;
        world.clock.advance_seconds(30);
        let user = asked(&world).await;
        let code = code(&world, &app, 0);
        let (a, b) = tokio::join!(second(&world, user, &code), second(&world, user, &code));
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_locks_the_account() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let viewer = world.viewer(ANA).await;
        let (app, _) = enrolled(&world, &viewer).await;
        world.clock.advance_seconds(60);
        let user = asked(&world).await;
        let mut refused = 0;
        for n in 0..6 {
            match second(&world, user, &format!("00000{n}")).await {
                Err(Error::TooMany { .. }) => refused += 1,
                Err(Error::Unauthenticated) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(refused > 0);
        let right = second(&world, user, &code(&world, &app, 0)).await;
        assert!(matches!(right, Err(Error::TooMany { .. })));
        let begun = auth::begin(&world.services, ANA, PASSWORD, &client()).await;
        assert!(matches!(begun, Err(Error::TooMany { .. })), "the password waits, too");
    })
    .await;
}

#[tokio::test]
async fn an_organization_asks_for_it_and_its_admin_resets_it() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        let admin = world.viewer("admin@alpha.test").await;
        let cx = world.cx::<SettingsWrite>("admin@alpha.test", "alpha").await;
        settings::set(&cx, "security", serde_json::json!({ "second_factor": true })).await.unwrap();
        let viewer = world.viewer(ANA).await;
        let entered = organizations::enter(&world.services, &viewer, "alpha").await;
        assert!(matches!(entered, Err(Error::SecondFactor)));
        let stranger = world.viewer("admin@beta.test").await;
        let foreign = organizations::enter(&world.services, &stranger, "alpha").await;
        assert!(matches!(foreign, Err(Error::NotFound)), "nothing is told to strangers");
        enrolled(&world, &viewer).await;
        let (_, actor) = organizations::enter(&world.services, &viewer, "alpha").await.unwrap();
        assert!(matches!(world.services.admit::<MemberWrite>(&actor), Err(Error::Forbidden)));

        enrolled(&world, &admin).await;
        let (_, actor) = organizations::enter(&world.services, &admin, "alpha").await.unwrap();
        let read = world.services.admit(&actor).unwrap();
        let members = service::members::list(&read).await.unwrap();
        let member = members.iter().find(|m| m.email == ANA).unwrap();
        let beta = world.cx::<MemberWrite>("admin@beta.test", "beta").await;
        assert!(matches!(factor::reset(&beta, member.id).await, Err(Error::NotFound)));
        let alpha = world.services.admit::<MemberWrite>(&actor).unwrap();
        factor::reset(&alpha, member.id).await.unwrap();
        assert!(matches!(factor::reset(&alpha, member.id).await, Err(Error::Conflict(_))));
        assert!(auth::viewer(&world.services, viewer.session, &client()).await.unwrap().is_none());
        auth::sign_in(&world.services, ANA, PASSWORD, &client()).await.unwrap();
        let entry =
            world.log(actor.organization).await.into_iter().rfind(|e| e.action == "FACTOR_RESET").unwrap();
        assert_eq!((entry.actor.as_str(), &entry.metadata["email"]), ("admin@alpha.test", &ANA.into()));
    })
    .await;
}

#[tokio::test]
async fn an_admin_does_not_reset_the_factor_of_who_belongs_elsewhere_too() {
    for_each_backend(|t| async move {
        let world = world(t).await;
        world.person(ANA, "beta", "viewer").await;
        enrolled(&world, &world.viewer(ANA).await).await;
        let cx = world.cx::<MemberWrite>("admin@alpha.test", "alpha").await;
        let read = world.services.admit(cx.actor()).unwrap();
        let members = service::members::list(&read).await.unwrap();
        let id = members.iter().find(|m| m.email == ANA).unwrap().id;
        assert!(matches!(factor::reset(&cx, id).await, Err(Error::Conflict(_))));
        factor::reset_of(&world.services, ANA).await.unwrap();
        auth::sign_in(&world.services, ANA, PASSWORD, &client()).await.unwrap();
    })
    .await;
}
