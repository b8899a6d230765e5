//! Signing in and out, and one's own account: Argon2id passwords, lock-out with growing waits, devices.
//!
//! Sign-ins belong to the platform, so their transactions are the system's and their audit entries are in the platform's
//! chain; [`chains`] adds them to those of the account's organizations. Unknown account, disabled account and wrong password cost the same time and give the same answer.

pub mod again;
pub(crate) mod chains;
pub mod factor;
mod hashing;
mod lockout;
pub mod oidc;

use std::time::Duration;

use domain::account::{NewUser, User, UserSession, check_not_own, check_password};
use domain::audit::{Action, AuditActor, AuditEntry, hex};
use domain::invalid::Problems;
use domain::member::{ApprovalLevel, Role};
use domain::organization::NewOrganization;
use domain::permission::{AccountRead, AccountWrite, Key, OrganizationRead, PermissionSet, UserCreate};
use domain::{Invalid, MembershipId, OrganizationId, PLATFORM, Timestamp, UserId, UserSessionId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::account::{AttemptKind, Credentials};
use store::session::Device;
use store::{Stamp, SystemTx};

pub use chains::settled;
pub(crate) use hashing::Hashing;
use hashing::{DUMMY, NO_PASSWORD, hash, is_current, verify};
use lockout::{Subjects, WRONG_PASSWORD, count_failure, refuse_locked};

use crate::{Actor, Client, Cx, Error, Result, Services, Who, organizations};

/// A device that is not used for this long is signed out (seconds).
pub const IDLE: i64 = 12 * 3600;
/// A device is signed out after this long in any case (seconds).
pub const ABSOLUTE: i64 = 7 * 86_400;

/// As much as a clock is set back while people work, by an hour of summer time say (seconds): a device that was used later than
/// that was used by a clock that was wrong.
const MAX_AHEAD: i64 = 7200;

/// The outcome of a sign-in. The caller starts a fresh cookie session that holds `session`.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    pub user: User,
    pub session: UserSessionId,
}

/// What the right password leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum First {
    In(SignedIn),
    /// The account has a second factor: its code is asked for ([`factor::second`]).
    Code(UserId),
}

/// The person behind a request: not yet in an organization (see [`organizations::enter`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    pub user: User,
    pub session: UserSessionId,
    pub client: Client,
    /// The organization that the session last worked in.
    pub organization: Option<OrganizationId>,
    /// The password was given there not long ago ([`again::PROVED`]).
    pub proved: bool,
}

/// [`begin`] of an account without a second factor; with one, [`Error::Unauthenticated`].
pub async fn sign_in(services: &Services, email: &str, password: &str, client: &Client) -> Result<SignedIn> {
    match begin(services, email, password, client).await? {
        First::In(signed_in) => Ok(signed_in),
        First::Code(_) => Err(Error::Unauthenticated),
    }
}

/// Checks e-mail and password and signs a device in, unless the account has a second factor: then its code is asked for.
///
/// [`Error::Unauthenticated`] whatever is wrong with them; [`Error::TooMany`] while the account or the address is locked.
pub async fn begin(services: &Services, email: &str, password: &str, client: &Client) -> Result<First> {
    let email = normal_email(email);
    let client = &bounded(client);
    let subjects = Subjects::new(services, &email, client);
    // Held to the end: an attempt is counted before the next one may look, so parallel guesses do not slip through.
    let permit = services.memory.hashing.enter().await?;
    let found = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        refuse_locked(&mut tx, &subjects, services.clock.now()).await?;
        store::account::by_email(&mut tx, &email).await?
    };
    let phc = found.as_ref().map_or_else(|| DUMMY.to_owned(), |c| c.password_hash.clone());
    let fits = verify(&permit, password, phc.clone()).await?;
    match found {
        Some(Credentials { user, .. }) if fits && user.enabled => {
            let fresh = if is_current(&phc) { None } else { Some(hash(&permit, password).await?) };
            if factor::is_asked(services, user.id, fresh.as_deref()).await? {
                return Ok(First::Code(user.id));
            }
            admit_device(services, user, fresh, &subjects, client).await.map(First::In)
        }
        found => {
            count_failure(services, found.map(|c| c.user), &subjects, client, WRONG_PASSWORD).await?;
            Err(Error::Unauthenticated)
        }
    }
}

/// Signs the viewer's device out.
pub async fn sign_out(services: &Services, viewer: &Viewer) -> Result<()> {
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    if store::session::revoke_device(&mut tx, viewer.user.id, viewer.session, stamp.now).await? {
        let entry = AuditEntry::new(Action::SIGNED_OUT, "session", viewer.session);
        end(services, tx, viewer.user.id, &account_actor(viewer).audit(), stamp, entry).await?;
    }
    Ok(())
}

/// The viewer of a device; `None` when it was signed out, was idle for [`IDLE`], is older than [`ABSOLUTE`], or the
/// account is disabled.
pub async fn viewer(services: &Services, session: UserSessionId, client: &Client) -> Result<Option<Viewer>> {
    let now = services.clock.now();
    let Some(device) = signed_in(services, session, now).await? else { return Ok(None) };
    if now >= device.session.last_seen_at.plus_seconds(60) {
        note_seen(services, session, now).await;
    }
    Ok(Some(viewer_of(device, client, now)))
}

/// [`viewer`], of a request that an open page made by itself. It is no use of the device: what others do keeps nobody signed in.
pub async fn onlooker(
    services: &Services,
    session: UserSessionId,
    client: &Client,
) -> Result<Option<Viewer>> {
    let now = services.clock.now();
    let device = signed_in(services, session, now).await?;
    Ok(device.map(|device| viewer_of(device, client, now)))
}

fn viewer_of(device: Device, client: &Client, now: Timestamp) -> Viewer {
    let (session, organization) = (device.session.id, device.session.organization_id);
    let given = device.confirmed_at.unwrap_or(device.session.created_at);
    let proved = now < given.plus_seconds(again::PROVED);
    Viewer { user: device.user, session, client: bounded(client), organization, proved }
}

/// Whether [`viewer`] would still find somebody. It is no use of the device: an open live tail keeps nobody signed in.
pub async fn is_signed_in(services: &Services, session: UserSessionId) -> Result<bool> {
    Ok(signed_in(services, session, services.clock.now()).await?.is_some())
}

async fn signed_in(services: &Services, session: UserSessionId, now: Timestamp) -> Result<Option<Device>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let Some(device) = store::session::device(&mut tx, session).await? else { return Ok(None) };
    if device.session.revoked_at.is_none() && device.session.last_seen_at > now.plus_seconds(MAX_AHEAD) {
        // Made or used when the clock was ahead, it would be good again when the clock is there.
        drop(tx);
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::session::revoke_device(&mut tx, device.user.id, session, now).await?;
        tx.commit_unaudited_bookkeeping().await?;
        return Ok(None);
    }
    let over = device.session.revoked_at.is_some()
        || now >= device.session.expires_at
        || now >= device.session.last_seen_at.plus_seconds(IDLE);
    Ok((!over && device.user.enabled).then_some(device))
}

/// Names the roles that somebody has, everywhere: another one is another name.
pub async fn roles(services: &Services, user: &User) -> Result<String> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let mut digest = Sha256::new_with_prefix([u8::from(user.is_sre)]);
    for reach in store::organization::reach_of_member(&mut tx, user.id).await? {
        digest.update(reach.organization_id.to_string());
        digest.update(reach.role.map_or("", Role::as_str));
    }
    Ok(hex(&digest.finalize()))
}

/// Nobody has an account yet.
pub async fn setup_needed(services: &Services) -> Result<bool> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    Ok(!store::account::exist(&mut tx).await?)
}

/// Makes the first account, with the platform role, and its organization. [`Error::Conflict`] once anybody has an account.
pub async fn create_first_admin(
    services: &Services,
    user: NewUser,
    organization: NewOrganization,
    client: &Client,
) -> Result<SignedIn> {
    user.check()?;
    organization.check()?;
    let client = &bounded(client);
    if !setup_needed(services).await? {
        return Err(already_set_up());
    }
    let permit = services.memory.hashing.enter().await?;
    let phc = hash(&permit, &user.password).await?;
    drop(permit);

    let stamp = services.stamp();
    let organization = organizations::made(services, organization);
    let user = User { is_sre: true, ..made(services, &user) };
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::account::lock_first(&mut tx).await?;
    if store::account::exist(&mut tx).await? {
        return Err(already_set_up());
    }
    store::organization::insert(&mut tx, &organization).await?;
    store::account::insert(&mut tx, &user, &phc).await?;
    let membership: MembershipId = services.clock.id();
    let level = ApprovalLevel::Executive;
    store::member::insert(
        &mut tx.within(organization.id),
        membership,
        user.id,
        Role::Admin,
        level,
        stamp.now,
    )
    .await?;
    let device = device_of(services, user.id, client);
    store::session::insert_device(&mut tx, &device).await?;
    store::account::set_last_login(&mut tx, user.id, stamp.now).await?;

    let actor = actor_of(&user, Some(device.id), client);
    let entry = organizations::created(&organization);
    tx.append_in(organization.id, &actor, services.stamp(), entry).await?;
    let entry = AuditEntry::new(Action::MEMBER_ADDED, "member", membership)
        .change(None, Some(json!({ "email": user.email, "role": Role::Admin, "approval_level": level })));
    tx.append_in(organization.id, &actor, services.stamp(), entry).await?;
    let signed_in = AuditEntry::new(Action::SIGNED_IN, "session", device.id);
    for chain in [organization.id, PLATFORM] {
        tx.append_in(chain, &actor, services.stamp(), user_created(&user)).await?;
    }
    tx.append_in(organization.id, &actor, services.stamp(), signed_in.clone()).await?;
    tx.commit(&actor, stamp, signed_in).await?;
    Ok(SignedIn { user: User { last_login_at: Some(stamp.now), ..user }, session: device.id })
}

/// The viewer on the platform: their own account, and what the platform role adds.
pub fn account_actor(viewer: &Viewer) -> Actor {
    let own = PermissionSet::NONE.with(Key::AccountRead).with(Key::AccountWrite);
    const PLATFORM_ROLE: [Key; 5] = [
        Key::OrganizationRead,
        Key::OrganizationCreate,
        Key::UserCreate,
        Key::SessionRead,
        Key::SessionWrite,
    ];
    let permissions = if viewer.user.is_sre && viewer.proved {
        PLATFORM_ROLE.into_iter().fold(own, PermissionSet::with)
    } else {
        own
    };
    Actor {
        who: Who::User(viewer.user.clone()),
        organization: PLATFORM,
        permissions,
        role: None,
        session: Some(viewer.session),
        client: viewer.client.clone(),
    }
}

/// Changes one's own password and signs every other device out.
pub async fn change_password(cx: &Cx<AccountWrite>, old: &str, new: &str) -> Result<()> {
    let services = &cx.services;
    let user = own(&cx.actor)?;
    check_password(new, "new_password")?;
    check_not_own(new, &user.email, "new_password")?;
    if old == new {
        return Err(Invalid::field("new_password", "choose another one than the present password").into());
    }
    let subjects = Subjects::new(services, &user.email, &cx.actor.client);
    let permit = services.memory.hashing.enter().await?;
    let present = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        refuse_locked(&mut tx, &subjects, services.clock.now()).await?;
        store::account::credentials(&mut tx, user.id).await?.ok_or(Error::NotFound)?
    };
    if !verify(&permit, old, present.password_hash.clone()).await? {
        count_failure(services, Some(present.user), &subjects, &cx.actor.client, WRONG_PASSWORD).await?;
        return Err(Invalid::field("old_password", "not your present password").into());
    }
    let phc = hash(&permit, new).await?;
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::account::set_password(&mut tx, user.id, &phc, stamp.now).await?;
    store::account::forget_failures(&mut tx, AttemptKind::Account, &subjects.account).await?;
    let others = match cx.actor.session {
        Some(kept) => store::session::revoke_other_devices(&mut tx, user.id, kept, stamp.now).await?,
        None => store::session::revoke_devices(&mut tx, user.id, stamp.now).await?,
    };
    let entry = AuditEntry::new(Action::PASSWORD_CHANGED, "user", user.id)
        .metadata(json!({ "devices_signed_out": others }));
    end(services, tx, user.id, &cx.actor.audit(), stamp, entry).await
}

/// Changes what one's own account shows. `time_zone` is an IANA name.
pub async fn update_account(
    cx: &Cx<AccountWrite>,
    display_name: Option<&str>,
    time_zone: &str,
) -> Result<User> {
    let display_name = display_name.map(str::trim).filter(|n| !n.is_empty());
    let mut p = Problems::default();
    p.require(
        display_name.is_none_or(|n| n.chars().count() <= 150),
        "display_name",
        "use at most 150 characters",
    );
    p.require(
        is_time_zone(time_zone),
        "time_zone",
        "choose a time zone of the IANA list, such as Europe/Berlin",
    );
    p.done()?;
    let id = own(&cx.actor)?.id;
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let old = store::account::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    store::account::set_profile(&mut tx, id, display_name, time_zone, stamp.now).await?;
    let new = store::account::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let entry = AuditEntry::new(Action::USER_UPDATED, "user", id).change(Some(told(&old)), Some(told(&new)));
    end(&cx.services, tx, id, &cx.actor.audit(), stamp, entry).await?;
    Ok(new)
}

/// The devices that are signed in, last seen first.
pub async fn devices(cx: &Cx<AccountRead>) -> Result<Vec<UserSession>> {
    let user = own(&cx.actor)?;
    let now = cx.now();
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(store::session::devices(&mut tx, user.id, now, now.plus_seconds(-IDLE)).await?)
}

/// Signs one of one's own devices out.
pub async fn revoke_device(cx: &Cx<AccountWrite>, session: UserSessionId) -> Result<()> {
    let user = own(&cx.actor)?;
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    if !store::session::revoke_device(&mut tx, user.id, session, stamp.now).await? {
        return Err(Error::NotFound);
    }
    let entry = AuditEntry::new(Action::SESSION_REVOKED, "session", session);
    end(&cx.services, tx, user.id, &cx.actor.audit(), stamp, entry).await
}

/// Makes an account that belongs to no organization yet.
pub async fn create_user(cx: &Cx<UserCreate>, user: NewUser) -> Result<User> {
    user.check()?;
    let services = &cx.services;
    let phc = hash_password(services, &user.password).await?;
    let user = made(services, &user);
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    insert_user(&mut tx, &user, &phc).await?;
    tx.commit(&cx.actor.audit(), stamp, user_created(&user)).await?;
    Ok(user)
}

/// The accounts made by an invitation's link whose address nobody has confirmed, newest first, at most 200.
pub async fn unconfirmed(cx: &Cx<OrganizationRead>) -> Result<Vec<User>> {
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(store::account::unconfirmed(&mut tx, 200).await?)
}

/// Somebody who knows says that the address of an account is the person's: from now on what is offered to it is theirs.
pub async fn confirm_address(cx: &Cx<UserCreate>, id: UserId) -> Result<User> {
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let user = store::account::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    confirmed(&cx.services, tx, user, &cx.actor).await
}

/// [`confirm_address`], for the command line.
pub async fn confirm_address_of(services: &Services, email: &str) -> Result<User> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let user = store::account::by_email(&mut tx, &normal_email(email)).await?.ok_or(Error::NotFound)?.user;
    confirmed(services, tx, user, &Actor::platform("command line")).await
}

async fn confirmed(services: &Services, mut tx: SystemTx, user: User, actor: &Actor) -> Result<User> {
    let stamp = services.stamp();
    if !store::account::confirm(&mut tx, user.id, stamp.now).await? {
        return Err(Error::Conflict("this address is confirmed already".to_owned()));
    }
    let entry =
        AuditEntry::new(Action::USER_CONFIRMED, "user", user.id).metadata(json!({ "email": user.email }));
    end(services, tx, user.id, &actor.audit(), stamp, entry).await?;
    Ok(user)
}

/// Appends to the platform's chain and commits; then tells the account's organizations.
pub(crate) async fn end(
    services: &Services,
    tx: SystemTx,
    user: UserId,
    actor: &AuditActor,
    stamp: Stamp,
    entry: AuditEntry,
) -> Result<()> {
    tx.commit(actor, stamp, entry.clone()).await?;
    chains::tell(services, user, actor, stamp.now, &entry).await;
    Ok(())
}

pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

pub(crate) fn is_time_zone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

/// The account to be, with a fresh id.
pub(crate) fn made(services: &Services, new: &NewUser) -> User {
    let now = services.clock.now();
    User {
        id: services.clock.id(),
        email: normal_email(&new.email),
        username: new.username.trim().to_owned(),
        display_name: new.display_name.as_deref().map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned),
        is_sre: new.is_sre,
        enabled: true,
        time_zone: "UTC".to_owned(),
        last_login_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// Says which of the two names is taken.
pub(crate) async fn insert_user(tx: &mut SystemTx, user: &User, phc: &str) -> Result<()> {
    if store::account::by_email(tx, &user.email).await?.is_some() {
        return Err(Error::Conflict("an account with this e-mail exists already".to_owned()));
    }
    if store::account::username_taken(tx, &user.username).await? {
        return Err(Error::Conflict("this username is taken; choose another".to_owned()));
    }
    Ok(store::account::insert(tx, user, phc).await?)
}

pub(crate) async fn hash_password(services: &Services, password: &str) -> Result<String> {
    let permit = services.memory.hashing.enter().await?;
    hash(&permit, password).await
}

/// Of an account of the demo: the same in every demo.
pub(crate) async fn hash_password_of_demo(
    services: &Services,
    name: &'static str,
    password: &'static str,
) -> Result<String> {
    let permit = services.memory.hashing.enter().await?;
    hashing::hash_of_demo(&permit, name, password).await
}

pub(crate) fn user_created(user: &User) -> AuditEntry {
    AuditEntry::new(Action::USER_CREATED, "user", user.id).change(None, Some(told(user)))
}

/// What the audit log keeps of an account.
pub(crate) fn told(user: &User) -> Value {
    json!({
        "email": user.email, "username": user.username, "display_name": user.display_name, "is_sre": user.is_sre,
        "enabled": user.enabled, "time_zone": user.time_zone,
    })
}

fn already_set_up() -> Error {
    Error::Conflict("an account exists already; sign in".to_owned())
}

/// Whether the account can be signed in to with a password: one that the sign-in provider made cannot.
pub(crate) fn has_password(credentials: &Credentials) -> bool {
    credentials.password_hash != NO_PASSWORD
}

/// Only a person has an account of their own.
pub(crate) fn own(actor: &Actor) -> Result<&User> {
    match &actor.who {
        Who::User(user) => Ok(user),
        Who::ApiKey { .. } | Who::System(_) => Err(Error::Forbidden),
    }
}

pub(crate) fn actor_of(user: &User, session: Option<UserSessionId>, client: &Client) -> AuditActor {
    AuditActor {
        user_id: Some(user.id),
        label: user.email.clone(),
        ip_address: client.ip_address.clone(),
        user_agent: client.user_agent.clone(),
        session_id: session.map(|s| s.to_string()),
    }
}

pub(crate) fn device_of(services: &Services, user: UserId, client: &Client) -> UserSession {
    let now = services.clock.now();
    UserSession {
        id: services.clock.id(),
        user_id: user,
        ip_address: client.ip_address.clone(),
        user_agent: client.user_agent.clone(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(ABSOLUTE),
        revoked_at: None,
        organization_id: None,
        organization: None,
    }
}

/// What a browser sends is kept up to a bound.
pub(crate) fn bounded(client: &Client) -> Client {
    let cut =
        |text: &Option<String>, most: usize| text.as_ref().map(|t| t.chars().take(most).collect::<String>());
    Client { ip_address: cut(&client.ip_address, 64), user_agent: cut(&client.user_agent, 500) }
}

/// The right password of an enabled account: signs the device in.
async fn admit_device(
    services: &Services,
    user: User,
    fresh_hash: Option<String>,
    subjects: &Subjects,
    client: &Client,
) -> Result<SignedIn> {
    let stamp = services.stamp();
    let device = device_of(services, user.id, client);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::insert_device(&mut tx, &device).await?;
    store::account::set_last_login(&mut tx, user.id, stamp.now).await?;
    if let Some(phc) = fresh_hash {
        store::account::rehash_password(&mut tx, user.id, &phc).await?;
    }
    store::account::forget_failures(&mut tx, AttemptKind::Account, &subjects.account).await?;
    let entry = AuditEntry::new(Action::SIGNED_IN, "session", device.id);
    end(services, tx, user.id, &actor_of(&user, Some(device.id), client), stamp, entry).await?;
    Ok(SignedIn { user: User { last_login_at: Some(stamp.now), ..user }, session: device.id })
}

/// Notes behind the answer where the device works; [`chains::settled`] waits for it.
pub(crate) async fn note_place_behind(services: &Services, session: UserSessionId, place: OrganizationId) {
    let open = services.memory.behind.open().await;
    let services = services.clone();
    tokio::spawn(async move {
        let note = async {
            let mut tx = SystemTx::across_all_organizations(&services.db).await?;
            store::session::place_device(&mut tx, session, place).await?;
            tx.commit_unaudited_bookkeeping().await
        };
        match tokio::time::timeout(Duration::from_secs(1), note).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "where a device works could not be kept"),
            Err(_) => tracing::debug!("where a device works could not be kept in time"),
        }
        drop(open);
    });
}

/// A failure to note is not a reason to refuse the page: the disk may be full, or an import may hold the writer.
async fn note_seen(services: &Services, session: UserSessionId, now: Timestamp) {
    let note = async {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::session::touch_device(&mut tx, session, now).await?;
        tx.commit_unaudited_bookkeeping().await
    };
    match tokio::time::timeout(Duration::from_secs(1), note).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "when a device was last seen could not be kept"),
        Err(_) => tracing::debug!("when a device was last seen could not be kept in time"),
    }
}
