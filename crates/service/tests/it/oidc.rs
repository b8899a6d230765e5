//! Signing in by a provider: who it is, what groups give and take, and answers that are not to be believed.

use domain::OrganizationId;
use domain::member::{ApprovalLevel, Member, Role};
use domain::permission::{AccountRead, AccountWrite, MemberRead, MemberWrite};
use domain::provider_role::ProviderRole;
use serde_json::{Value, json};
use service::auth::oidc::{self, Ended, Refused, Returned};
use service::auth::{self, First, SignedIn, account_actor, factor};
use service::outgoing::{Outgoing, Trust};
use service::{Actor, Error, invitations, members, provider_roles};
use testkit::for_each_backend;
use testkit::provider::{CLIENT_SECRET, Forgery, Provider};

use crate::world::{PASSWORD, World, client};

const ANA: &str = "ana@alpha.test";

struct Room {
    world: World,
    provider: Provider,
    alpha: OrganizationId,
    beta: OrganizationId,
}

impl Room {
    async fn new(t: testkit::TestDb) -> Self {
        let mut world = World::new(t);
        let provider = Provider::start();
        world.services = world.services.clone().with_provider(Some(settings(&provider)));
        let alpha = world.organization("alpha").await.id;
        let beta = world.organization("beta").await.id;
        for slug in ["alpha", "beta"] {
            world.person(&format!("admin@{slug}.test"), slug, "admin").await;
        }
        Self { world, provider, alpha, beta }
    }
    async fn sent(&self) -> oidc::Sent {
        oidc::begin(&self.world.services, "/o/alpha/events", &client()).await.unwrap().unwrap()
    }
    async fn back(&self, url: &str, claims: &Value) -> Ended {
        let back = self.provider.sign_in(url, self.world.clock.now().seconds(), claims);
        self.finish(&back.state, &back.code).await
    }
    async fn finish(&self, state: &str, code: &str) -> Ended {
        let returned = Returned { state: state.to_owned(), code: code.to_owned(), ..Returned::default() };
        oidc::finish(&self.world.services, &returned, &client()).await.unwrap()
    }
    async fn try_in(&self, claims: Value) -> Ended {
        self.back(&self.sent().await.url, &claims).await
    }
    async fn signed_in(&self, claims: Value) -> SignedIn {
        match self.try_in(claims).await {
            Ended::First { first: First::In(signed_in), next, unproved: None } => {
                assert_eq!(next, "/o/alpha/events");
                signed_in
            }
            other => panic!("not signed in: {other:?}"),
        }
    }
    async fn refused(&self, claims: Value) -> Refused {
        why(self.try_in(claims).await)
    }
    async fn give(&self, slug: &str, group: &str, role: Role) {
        let organization = if slug == "alpha" { self.alpha } else { self.beta };
        let cx = self.world.services.admit::<MemberWrite>(&Actor::system("test", organization)).unwrap();
        provider_roles::set(&cx, group, role).await.unwrap();
    }
    async fn member(&self, organization: OrganizationId, email: &str) -> Option<Member> {
        let cx = self.world.services.admit::<MemberRead>(&Actor::system("test", organization)).unwrap();
        members::list(&cx).await.unwrap().into_iter().find(|m| m.email == email)
    }
    async fn role(&self, organization: OrganizationId, email: &str) -> Option<Role> {
        self.member(organization, email).await.map(|m| m.role)
    }
}

fn settings(provider: &Provider) -> oidc::Provider {
    oidc::Provider {
        issuer: provider.issuer().to_owned(),
        client_id: "watchroom".to_owned(),
        client_secret: Some(CLIENT_SECRET.into()),
        scopes: vec!["email".to_owned()],
        group_claim: "groups".to_owned(),
        name: "Test".to_owned(),
        callback: "https://watchroom.test/sign-in/oidc/callback".to_owned(),
        client: Outgoing::new(&Trust::default()),
    }
}

fn why(ended: Ended) -> Refused {
    match ended {
        Ended::Refused { why, .. } => why,
        other @ Ended::First { .. } => panic!("not refused: {other:?}"),
    }
}

fn person(sub: &str, email: &str, groups: &[&str]) -> Value {
    json!({ "sub": sub, "email": email, "email_verified": true, "name": "Ana Lyst", "groups": groups })
}

#[tokio::test]
async fn a_verified_address_is_linked_once_and_then_the_subject_counts() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let ana = room.world.person(ANA, "alpha", "analyst").await;
        assert_eq!(room.signed_in(person("s1", "Ana@Alpha.test", &[])).await.user.id, ana.id);
        // Another address at the provider is the same person; the account's stays.
        let again = room.signed_in(person("s1", "married@elsewhere.test", &[])).await;
        assert_eq!((again.user.id, again.user.email.as_str()), (ana.id, ANA));
        assert_eq!(
            room.refused(person("s2", ANA, &[])).await,
            Refused::Taken,
            "the address was given to somebody else"
        );

        let viewer = auth::viewer(&room.world.services, again.session, &client()).await.unwrap().unwrap();
        let cx = room.world.services.admit::<AccountRead>(&account_actor(&viewer)).unwrap();
        let (linked, password) = oidc::of_account(&cx).await.unwrap();
        assert_eq!((linked.len(), linked[0].subject.as_str(), password), (1, "s1", true));
        assert_eq!(
            room.role(room.alpha, ANA).await,
            Some(Role::Analyst),
            "given by a person, no group takes it"
        );

        let log = room.world.platform_log().await;
        let told: Vec<_> =
            log.iter().filter(|r| r.action == "IDENTITY_LINKED" || r.action.starts_with("SIGN")).collect();
        let actions: Vec<_> = told.iter().map(|r| r.action.as_str()).collect();
        assert_eq!(actions, ["IDENTITY_LINKED", "SIGNED_IN", "SIGNED_IN", "SIGN_IN_FAILED"]);
        assert_eq!(told[1].metadata["subject"], "s1");
        let here = room.world.actions(room.alpha).await;
        assert!(here.contains(&"IDENTITY_LINKED".to_owned()), "{here:?}");

        oidc::unlink(&room.world.services, ANA).await.unwrap();
        assert!(auth::viewer(&room.world.services, again.session, &client()).await.unwrap().is_none());
        assert_eq!(room.signed_in(person("s2", ANA, &[])).await.user.id, ana.id);
        assert!(matches!(oidc::unlink(&room.world.services, "no@body.test").await, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_nobody_verified_opens_nothing() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "admin").await;
        room.give("alpha", "soc", Role::Analyst).await;
        for claims in [
            json!({ "sub": "s", "email": ANA }),
            json!({ "sub": "s", "email": ANA, "email_verified": false, "groups": ["soc"] }),
            json!({ "sub": "s", "groups": ["soc"] }),
            json!({ "sub": "s", "email": "no address", "email_verified": true, "groups": ["soc"] }),
        ] {
            assert_eq!(room.refused(claims.clone()).await, Refused::Address, "{claims}");
        }
        assert_eq!(room.refused(person("s", "new@alpha.test", &["other"])).await, Refused::Unknown);
        assert_eq!(room.member(room.alpha, "new@alpha.test").await, None);
    })
    .await;
}

#[tokio::test]
async fn the_account_of_an_invitation_link_is_nobodys_until_it_is_confirmed() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let cx = room.world.cx::<MemberWrite>("admin@alpha.test", "alpha").await;
        let new = domain::invitation::NewInvitation {
            email: ANA.to_owned(),
            role: Role::Viewer,
            approval_level: ApprovalLevel::None,
        };
        let made = invitations::invite(&cx, new.clone()).await.unwrap();
        let token = invitations::token(&cx, made.id);
        invitations::join(&room.world.services, &token, "Mallory", PASSWORD, &client()).await.unwrap();
        assert_eq!(room.refused(person("s", ANA, &[])).await, Refused::Unconfirmed);
        auth::confirm_address_of(&room.world.services, ANA).await.unwrap();
        room.signed_in(person("s", ANA, &[])).await;

        // Whom an invitation waits for gets an account; accepting stays their decision.
        invitations::invite(
            &cx,
            domain::invitation::NewInvitation { email: "bo@alpha.test".to_owned(), ..new },
        )
        .await
        .unwrap();
        let bo = room.signed_in(person("b", "bo@alpha.test", &[])).await;
        assert_eq!(room.member(room.alpha, "bo@alpha.test").await, None);
        let viewer = auth::viewer(&room.world.services, bo.session, &client()).await.unwrap().unwrap();
        let cx = room.world.services.admit::<AccountRead>(&account_actor(&viewer)).unwrap();
        assert_eq!(invitations::received(&cx).await.unwrap().len(), 1);
        assert!(!oidc::of_account(&cx).await.unwrap().1, "no password");
        for guess in ["", "\0", PASSWORD] {
            let tried = auth::sign_in(&room.world.services, "bo@alpha.test", guess, &client()).await;
            assert!(matches!(tried, Err(Error::Unauthenticated)));
        }
    })
    .await;
}

#[tokio::test]
async fn groups_give_roles_change_them_and_take_them_at_the_next_sign_in() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.give("alpha", "soc", Role::Analyst).await;
        room.give("alpha", "leads", Role::Admin).await;
        room.give("beta", "soc", Role::Viewer).await;
        let first = room.signed_in(person("s", ANA, &["staff", "soc"])).await;
        assert_eq!(first.user.display_name.as_deref(), Some("Ana Lyst"));
        assert_eq!(room.role(room.alpha, ANA).await, Some(Role::Analyst));
        assert_eq!(room.role(room.beta, ANA).await, Some(Role::Viewer));
        room.signed_in(person("s", ANA, &["leads"])).await;
        assert_eq!(room.role(room.alpha, ANA).await, Some(Role::Admin));
        assert_eq!(room.role(room.beta, ANA).await, None, "the group is gone, so is the role");

        // What a person changes lasts until the next sign-in; the approval level is theirs.
        let member = room.member(room.alpha, ANA).await.unwrap();
        assert!(member.by_provider);
        let cx = room.world.cx::<MemberWrite>("admin@alpha.test", "alpha").await;
        members::update(&cx, member.id, Role::Viewer, ApprovalLevel::Senior).await.unwrap();
        room.signed_in(person("s", ANA, &["soc"])).await;
        let member = room.member(room.alpha, ANA).await.unwrap();
        assert_eq!((member.role, member.approval_level), (Role::Analyst, ApprovalLevel::Senior));

        let before = room.signed_in(person("s", ANA, &["nothing"])).await;
        assert_eq!(room.role(room.alpha, ANA).await, None);
        let viewer = auth::viewer(&room.world.services, before.session, &client()).await.unwrap().unwrap();
        assert!(service::organizations::enter(&room.world.services, &viewer, "alpha").await.is_err());
        let actions = room.world.actions(room.alpha).await;
        for wanted in ["PROVIDER_ROLES_CHANGED", "MEMBER_ADDED", "MEMBER_UPDATED", "MEMBER_REMOVED"] {
            assert!(actions.contains(&wanted.to_owned()), "{wanted}: {actions:?}");
        }
        let verdict = service::audit::verify(&room.world.services, room.alpha, "alpha", None).await.unwrap();
        assert_eq!(verdict.breaks, 0);
    })
    .await;
}

#[tokio::test]
async fn the_last_admin_stays_whatever_the_groups_say() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.give("alpha", "leads", Role::Admin).await;
        room.signed_in(person("s", ANA, &["leads"])).await;
        let cx = room.world.services.admit::<MemberWrite>(&Actor::system("test", room.alpha)).unwrap();
        let other = room.member(room.alpha, "admin@alpha.test").await.unwrap();
        members::remove(&cx, other.id).await.unwrap();
        room.signed_in(person("s", ANA, &[])).await;
        assert_eq!(room.role(room.alpha, ANA).await, Some(Role::Admin));
        let log = room.world.log(room.alpha).await;
        let kept = log.iter().rfind(|r| r.action == "MEMBER_UPDATED").unwrap();
        assert!(!kept.success && kept.error_message.as_deref().unwrap().contains("last admin"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_counts_once_and_for_the_sign_in_it_belongs_to() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "analyst").await;
        let now = room.world.clock.now().seconds();
        let claims = person("s", ANA, &[]);

        // The same address again.
        let sent = room.sent().await;
        let back = room.provider.sign_in(&sent.url, now, &claims);
        assert!(matches!(room.finish(&back.state, &back.code).await, Ended::First { .. }));
        assert_eq!(why(room.finish(&back.state, &back.code).await), Refused::Stale);
        // A code that was used, under a fresh state.
        let sent = room.sent().await;
        let fresh = room.provider.sign_in(&sent.url, now, &claims);
        assert_eq!(why(room.finish(&fresh.state, &back.code).await), Refused::Code);
        // The code of another sign-in: PKCE's verifier is not that one's.
        let (mine, theirs) = (room.sent().await, room.sent().await);
        let (mine, theirs) = (
            room.provider.sign_in(&mine.url, now, &claims),
            room.provider.sign_in(&theirs.url, now, &person("m", "mallory@alpha.test", &[])),
        );
        assert_eq!(why(room.finish(&mine.state, &theirs.code).await), Refused::Code);
        // Nobody's state, none, and one that waited too long.
        assert_eq!(why(room.finish("made up", "code").await), Refused::Stale);
        assert_eq!(why(room.finish("", "").await), Refused::Stale);
        let sent = room.sent().await;
        room.world.clock.advance_seconds(oidc::WAIT + 1);
        assert_eq!(why(room.back(&sent.url, &claims).await), Refused::Stale);
        let swept = service::housekeeping::run(&room.world.services).await.unwrap();
        assert!(swept.provider_attempts > 0);

        // Another provider answers (RFC 9207), or this one says no.
        let sent = room.sent().await;
        let back = room.provider.sign_in(&sent.url, room.world.clock.now().seconds(), &claims);
        let returned = Returned {
            state: back.state,
            code: back.code,
            iss: "https://evil.test".to_owned(),
            ..Returned::default()
        };
        let ended = oidc::finish(&room.world.services, &returned, &client()).await.unwrap();
        assert_eq!(why(ended), Refused::Untrusted);
        let sent = room.sent().await;
        let state = room.provider.sign_in(&sent.url, now, &claims).state;
        let returned = Returned { state, error: "access_denied".to_owned(), ..Returned::default() };
        let ended = oidc::finish(&room.world.services, &returned, &client()).await.unwrap();
        assert_eq!(why(ended), Refused::Declined);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_does_not_fit_signs_nobody_in() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "analyst").await;
        let now = room.world.clock.now().seconds();
        let with = |name: &str, value: Value| {
            let mut claims = person("s", ANA, &[]);
            claims[name] = value;
            claims
        };
        for (claims, wanted) in [
            (with("nonce", json!("of another sign-in")), Refused::Nonce),
            (with("nonce", Value::Null), Refused::Nonce),
            (with("aud", json!("somebody else")), Refused::Untrusted),
            (with("aud", json!(["watchroom", "somebody else"])), Refused::Untrusted),
            (with("azp", json!("somebody else")), Refused::Untrusted),
            (with("iss", json!("https://evil.test")), Refused::Untrusted),
            (with("sub", json!("")), Refused::Untrusted),
            (with("exp", json!(now - 61)), Refused::Clock),
            (with("iat", json!(now + 61)), Refused::Clock),
            (with("iat", json!(now - 700)), Refused::Clock),
        ] {
            assert_eq!(room.refused(claims.clone()).await, wanted, "{claims}");
        }
        for forgery in [
            Forgery::Unsigned,
            Forgery::PublicKeyAsSecret,
            Forgery::ClientSecret,
            Forgery::OtherKey,
            Forgery::Missing,
        ] {
            room.provider.forge(forgery);
            assert_eq!(room.refused(person("s", ANA, &[])).await, Refused::Untrusted, "{forgery:?}");
        }
        room.provider.forge(Forgery::None);
        // Clocks differ a little.
        room.signed_in(with("exp", json!(now - 30))).await;
        room.signed_in(with("iat", json!(now + 30))).await;
        let failed = room.world.platform_log().await.iter().filter(|r| r.action == "SIGN_IN_FAILED").count();
        assert_eq!(failed, 15);
    })
    .await;
}

#[tokio::test]
async fn what_the_provider_says_of_itself_is_kept_and_read_again_for_a_new_key() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "analyst").await;
        let claims = person("s", ANA, &[]);
        room.signed_in(claims.clone()).await;
        room.signed_in(claims.clone()).await;
        assert_eq!(room.provider.reads(), 1);
        room.world.clock.advance_seconds(60);
        room.provider.change_key();
        room.signed_in(claims.clone()).await;
        assert_eq!(room.provider.reads(), 2);
        // An unknown key again at once does not make it be read at every turn.
        room.provider.change_key();
        assert_eq!(room.refused(claims.clone()).await, Refused::Untrusted);
        assert_eq!(room.provider.reads(), 2);
        room.world.clock.advance_seconds(60);
        room.signed_in(claims.clone()).await;

        // It is down: known things serve to begin, and nobody gets in.
        let sent = room.sent().await;
        room.provider.set_down(true);
        room.world.clock.advance_seconds(60);
        assert_eq!(why(room.back(&sent.url, &claims).await), Refused::Unreachable);
        room.world.clock.advance_seconds(2 * 86_400);
        let begun = oidc::begin(&room.world.services, "/", &client()).await.unwrap();
        assert_eq!(begun.unwrap_err(), Refused::Unreachable);
        room.provider.set_down(false);
        room.world.clock.advance_seconds(60);
        room.signed_in(claims).await;

        // Little in the token: the rest is asked for, of the same subject.
        room.give("alpha", "soc", Role::Analyst).await;
        room.provider.set_terse(true);
        room.signed_in(person("t", "terse@alpha.test", &["soc"])).await;
        assert_eq!(room.role(room.alpha, "terse@alpha.test").await, Some(Role::Analyst));
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_stays_out_and_a_second_factor_is_asked_for() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "analyst").await;
        let signed_in = room.signed_in(person("s", ANA, &[])).await;
        let viewer = auth::viewer(&room.world.services, signed_in.session, &client()).await.unwrap().unwrap();
        let code = second_factor(&room, &viewer).await;
        let Ended::First { first: First::Code(user), .. } = room.try_in(person("s", ANA, &[])).await else {
            panic!("the code was not asked for");
        };
        room.world.clock.advance_seconds(30);
        let since = room.world.clock.now();
        factor::second(&room.world.services, user, since, &code(), &client()).await.unwrap();

        let member = room.member(room.alpha, ANA).await.unwrap();
        let cx = room.world.cx::<MemberWrite>("admin@alpha.test", "alpha").await;
        members::disable(&cx, member.id).await.unwrap();
        assert_eq!(room.refused(person("s", ANA, &[])).await, Refused::Disabled);
        assert_eq!(room.refused(person("other", ANA, &[])).await, Refused::Disabled);
    })
    .await;
}

/// Sets up a second factor; what its app shows now.
async fn second_factor(room: &Room, viewer: &auth::Viewer) -> impl Fn() -> String {
    let cx = room.world.services.admit::<AccountWrite>(&account_actor(viewer)).unwrap();
    factor::start(&cx, PASSWORD).await.unwrap();
    let read = room.world.services.admit::<AccountRead>(&account_actor(viewer)).unwrap();
    let secret = factor::standing(&read).await.unwrap().to_confirm.unwrap().secret;
    let secret = totp_rs::Secret::try_from_base32(&secret).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let clock = room.world.clock.clone();
    let now = move || app.generate(u64::try_from(clock.now().seconds()).unwrap()).to_string();
    factor::confirm(&cx, &now()).await.unwrap();
    now
}

#[tokio::test]
async fn an_account_with_a_second_factor_is_linked_by_its_code_only() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let services = &room.world.services;
        room.give("alpha", "leads", Role::Admin).await;
        room.world.person(ANA, "alpha", "analyst").await;
        let viewer = room.world.viewer(ANA).await;
        let code = second_factor(&room, &viewer).await;
        // Somebody else has the address at the provider by now, and no code.
        let Ended::First { first: First::Code(_), unproved: Some(stranger), .. } =
            room.try_in(person("stranger", ANA, &["leads"])).await
        else {
            panic!("no code was asked for");
        };
        assert_eq!(room.role(room.alpha, ANA).await, Some(Role::Analyst), "nothing counts before the code");
        let Ended::First { first: First::Code(user), unproved: Some(ana), .. } =
            room.try_in(person("s", ANA, &["leads"])).await
        else {
            panic!("she is not taken for the stranger");
        };
        room.world.clock.advance_seconds(30);
        let since = room.world.clock.now();
        let signed_in = factor::second(services, user, since, &code(), &client()).await.unwrap();
        oidc::complete(services, &signed_in.user, &ana, &client()).await.unwrap();
        let known =
            oidc::of_account(&services.admit::<AccountRead>(&account_actor(&viewer)).unwrap()).await.unwrap();
        assert_eq!(known.0.iter().map(|linked| linked.subject.as_str()).collect::<Vec<_>>(), ["s"]);
        assert!(room.world.platform_log().await.iter().any(|r| r.action == "IDENTITY_LINKED"));
        assert_eq!(room.refused(person("stranger", ANA, &["leads"])).await, Refused::Taken);
        oidc::complete(services, &signed_in.user, &stranger, &client()).await.unwrap();
        let known =
            oidc::of_account(&services.admit::<AccountRead>(&account_actor(&viewer)).unwrap()).await.unwrap();
        assert_eq!(known.0.len(), 1, "who came first stays");

        // Who waits for the code while it is unlinked begins again.
        let Ended::First { first: First::Code(user), .. } = room.try_in(person("s", ANA, &[])).await else {
            panic!("no code was asked for");
        };
        let since = room.world.clock.now();
        room.world.clock.advance_seconds(30);
        oidc::unlink(services, ANA).await.unwrap();
        let late = factor::second(services, user, since, &code(), &client()).await;
        assert!(matches!(late, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn groups_change_nothing_for_the_platform_role() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        let sre = "sre@platform.test";
        room.world.person(sre, "alpha", "sre").await;
        room.give("beta", "staff", Role::Viewer).await;
        room.signed_in(person("sre", sre, &["staff"])).await;
        assert_eq!(room.role(room.beta, sre).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_groups_give_is_the_organizations_own_and_nobody_gives_more_than_they_have() {
    for_each_backend(|t| async move {
        let room = Room::new(t).await;
        room.world.person(ANA, "alpha", "analyst").await;
        room.give("alpha", "soc", Role::Analyst).await;
        let beta = room.world.cx::<MemberWrite>("admin@beta.test", "beta").await;
        assert!(matches!(provider_roles::remove(&beta, "soc").await, Err(Error::NotFound)));
        let read = room.world.services.admit::<MemberRead>(beta.actor()).unwrap();
        assert_eq!(provider_roles::list(&read).await.unwrap(), []);
        let ana = room.world.actor(ANA, "alpha").await;
        assert!(matches!(room.world.services.admit::<MemberWrite>(&ana), Err(Error::Forbidden)));

        // The groups are everybody's: beta's admin would make members of alpha's people with one.
        assert!(matches!(provider_roles::set(&beta, "soc", Role::Viewer).await, Err(Error::Forbidden)));
        room.world.person("sre@platform.test", "alpha", "sre").await;
        room.world.person("sre@platform.test", "alpha", "admin").await;
        let alpha = room.world.cx::<MemberWrite>("sre@platform.test", "alpha").await;
        assert!(matches!(provider_roles::set(&alpha, "a\nb", Role::Viewer).await, Err(Error::Invalid(_))));
        let one = |group: &str, role| ProviderRole { group: group.to_owned(), role };
        let seen = provider_roles::version(&[one("soc", Role::Analyst)]);
        let new = vec![one("zoo", Role::Viewer), one("leads", Role::Admin)];
        let made = provider_roles::replace_seen(&alpha, &seen, new.clone()).await.unwrap();
        assert_eq!(made, [one("leads", Role::Admin), one("zoo", Role::Viewer)]);
        assert!(matches!(provider_roles::replace_seen(&alpha, &seen, new).await, Err(Error::Conflict(_))));
        provider_roles::remove(&alpha, "zoo").await.unwrap();

        let mut key = Actor::system("key", room.alpha);
        let id = domain::ApiKeyId(uuid::Uuid::nil());
        key.who = service::Who::ApiKey { id, prefix: "wr_".to_owned(), source: None };
        key.permissions =
            domain::api_key::permissions(&["member.write".to_owned(), "member.read".to_owned()]);
        let cx = room.world.services.admit::<MemberWrite>(&key).unwrap();
        assert!(matches!(provider_roles::set(&cx, "keys", Role::Admin).await, Err(Error::Forbidden)));
    })
    .await;
}
