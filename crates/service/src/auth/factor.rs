//! The second factor: a code of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, one step to either side), or one
//! of ten recovery codes. A code is good once. Wrong ones count as wrong passwords do, with the same waits.

use domain::account::User;
use domain::audit::{Action, AuditEntry};
use domain::permission::{AccountRead, AccountWrite, MemberWrite};
use domain::{Invalid, MembershipId, OrganizationId, Timestamp, UserId};
use serde_json::json;
use store::SystemTx;
use store::factor::Factor;
use totp_rs::{Builder, Totp};

use super::lockout::{Subjects, WRONG_PASSWORD, count_failure, refuse_locked};
use super::{
    AttemptKind, SignedIn, actor_of, admit_device, again, bounded, end, has_password, normal_email, own,
    verify,
};
use crate::secrets::random;
use crate::settings::Security;
use crate::{Actor, Client, Cx, Error, Result, Services, Who};

/// Recovery codes that are made at once.
const CODES: usize = 10;
/// Seconds for adding a secret to the app and typing its first code.
const TO_CONFIRM: i64 = 3600;
const WRONG_CODE: &str = "wrong code of the second factor";

/// Of one's own account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// It is asked for at the sign-in.
    pub confirmed: bool,
    pub codes_left: i64,
    /// Made, and waiting for the first code of the app.
    pub to_confirm: Option<ToConfirm>,
}

/// What an authenticator app wants to know.
#[derive(Clone, Debug, PartialEq)]
pub struct ToConfirm {
    /// Base32.
    pub secret: String,
    /// `otpauth://…`, for the picture.
    pub url: String,
}

pub async fn standing(cx: &Cx<AccountRead>) -> Result<Standing> {
    let user = own(&cx.actor)?;
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    let Some(factor) = store::factor::get(&mut tx, user.id).await? else { return Ok(Standing::default()) };
    if factor.confirmed_at.is_some() {
        let codes_left = store::factor::codes_left(&mut tx, user.id).await?;
        return Ok(Standing { confirmed: true, codes_left, to_confirm: None });
    }
    if !waits(&factor, cx.now()) {
        return Ok(Standing::default());
    }
    let totp = opened(&cx.services, user, &factor.secret)?;
    let url = totp.to_url().map_err(|error| Error::Internal(format!("an address for the app: {error}")))?;
    Ok(Standing {
        to_confirm: Some(ToConfirm { secret: totp.secret().to_base32(), url }),
        ..Standing::default()
    })
}

/// Makes a secret, with the password (of an account that has one); it counts once a code of it was given to [`confirm`].
pub async fn start(cx: &Cx<AccountWrite>, password: &str) -> Result<()> {
    let user = own(&cx.actor)?;
    again::check(cx, password).await?;
    let secret: [u8; 20] = random()?;
    let sealed = cx.services.secrets.seal(&place(user.id), &secret)?;
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    if !store::factor::put(&mut tx, user.id, sealed, cx.now()).await? {
        return Err(Error::Conflict("a second factor is set up already".to_owned()));
    }
    // Nothing has changed at the sign-in yet.
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

/// The app has the secret: from now on its codes are asked for. Answers the recovery codes, this once.
pub async fn confirm(cx: &Cx<AccountWrite>, code: &str) -> Result<Vec<String>> {
    let services = &cx.services;
    let user = own(&cx.actor)?;
    let subjects = Subjects::new(services, &user.email, &cx.actor.client);
    let _turn = services.memory.hashing.enter().await?;
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    refuse_locked(&mut tx, &subjects, stamp.now).await?;
    let factor = store::factor::get(&mut tx, user.id).await?.filter(|f| waits(f, stamp.now));
    let factor = factor.ok_or_else(|| Error::Conflict("begin to set it up first".to_owned()))?;
    let Some(step) = step_of(&opened(services, user, &factor.secret)?, code, stamp.now) else {
        drop(tx);
        count_failure(services, Some(user.clone()), &subjects, &cx.actor.client, WRONG_CODE).await?;
        return Err(wrong());
    };
    let fresh = store::factor::take_step(&mut tx, user.id, step).await?;
    if !fresh || !store::factor::confirm(&mut tx, user.id, stamp.now).await? {
        return Err(Error::Conflict("it was confirmed already".to_owned()));
    }
    let codes = put_codes(services, &mut tx, user.id).await?;
    // Whoever was signed in by the password alone gave no code.
    let others = match cx.actor.session {
        Some(kept) => store::session::revoke_other_devices(&mut tx, user.id, kept, stamp.now).await?,
        None => store::session::revoke_devices(&mut tx, user.id, stamp.now).await?,
    };
    let entry = AuditEntry::new(Action::FACTOR_ADDED, "user", user.id)
        .metadata(json!({ "devices_signed_out": others }));
    end(services, tx, user.id, &cx.actor.audit(), stamp, entry).await?;
    Ok(codes)
}

/// Other recovery codes in place of those from before, with a code. Answers them, this once.
pub async fn renew_codes(cx: &Cx<AccountWrite>, code: &str) -> Result<Vec<String>> {
    let services = &cx.services;
    let user = own(&cx.actor)?;
    let _turn = services.memory.hashing.enter().await?;
    let stamp = services.stamp();
    let mut tx = proved(cx, user, code, stamp.now).await?;
    let codes = put_codes(services, &mut tx, user.id).await?;
    let entry = AuditEntry::new(Action::RECOVERY_CODES_MADE, "user", user.id);
    end(services, tx, user.id, &cx.actor.audit(), stamp, entry).await?;
    Ok(codes)
}

/// Removes one's own, with the password (of an account that has one) and a code.
pub async fn remove(cx: &Cx<AccountWrite>, password: &str, code: &str) -> Result<()> {
    let services = &cx.services;
    let user = own(&cx.actor)?;
    let subjects = Subjects::new(services, &user.email, &cx.actor.client);
    let turn = services.memory.hashing.enter().await?;
    let stamp = services.stamp();
    let present = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        refuse_locked(&mut tx, &subjects, stamp.now).await?;
        if !store::factor::is_confirmed(&mut tx, user.id).await? {
            return Err(none());
        }
        store::account::credentials(&mut tx, user.id).await?.ok_or(Error::NotFound)?
    };
    if has_password(&present) && !verify(&turn, password, present.password_hash).await? {
        count_failure(services, Some(present.user), &subjects, &cx.actor.client, WRONG_PASSWORD).await?;
        return Err(Invalid::field("password", "not your password").into());
    }
    let mut tx = proved(cx, user, code, stamp.now).await?;
    store::factor::delete(&mut tx, user.id).await?;
    let entry = AuditEntry::new(Action::FACTOR_REMOVED, "user", user.id);
    end(services, tx, user.id, &cx.actor.audit(), stamp, entry).await
}

/// The second step of a sign-in, after the right password of `user` in the same browser.
///
/// [`Error::Unauthenticated`] whatever is wrong with the code; [`Error::TooMany`] while the account or the address is locked.
/// `since`: when the password was given; of an account that changed after that [`Error::Conflict`], and the sign-in starts again.
pub async fn second(
    services: &Services,
    user: UserId,
    since: Timestamp,
    code: &str,
    client: &Client,
) -> Result<SignedIn> {
    let client = &bounded(client);
    // Held to the end, as at the password: parallel guesses do not slip through.
    let _turn = services.memory.hashing.enter().await?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let now = services.clock.now();
    let found = store::account::get(&mut tx, user).await?;
    let user = found.filter(|u| u.enabled && u.updated_at <= since).ok_or_else(|| {
        Error::Conflict("the account was changed since the password was given; sign in again".to_owned())
    })?;
    let subjects = Subjects::new(services, &user.email, client);
    refuse_locked(&mut tx, &subjects, now).await?;
    let Some(by) = fits(services, &mut tx, &user, code, now).await? else {
        drop(tx);
        count_failure(services, Some(user), &subjects, client, WRONG_CODE).await?;
        return Err(Error::Unauthenticated);
    };
    match by {
        // Used whatever comes next.
        By::App => tx.commit_unaudited_bookkeeping().await?,
        By::RecoveryCode => {
            let entry = AuditEntry::new(Action::RECOVERY_CODE_USED, "user", user.id);
            end(services, tx, user.id, &actor_of(&user, None, client), services.stamp(), entry).await?;
        }
    }
    admit_device(services, user, None, &subjects, client).await
}

/// Removes a member's, who lost it. Only of a person who belongs to this organization alone; others' accounts are the platform's.
pub async fn reset(cx: &Cx<MemberWrite>, id: MembershipId) -> Result<()> {
    let services = &cx.services;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let member =
        store::member::get(&mut tx.within(cx.actor.organization), id).await?.ok_or(Error::NotFound)?;
    let user = store::account::get(&mut tx, member.user_id).await?.ok_or(Error::NotFound)?;
    if matches!(&cx.actor.who, Who::User(me) if me.id == user.id) {
        return Err(Error::Conflict(
            "turn your own off on your account's page, with your password and a code".to_owned(),
        ));
    }
    let of_the_platform = matches!(&cx.actor.who, Who::User(me) if me.is_sre);
    let elsewhere = user.is_sre || store::account::count_memberships(&mut tx, user.id).await? > 1;
    if elsewhere && !of_the_platform {
        return Err(Error::Conflict(
            "this account is not this organization's alone; whoever runs this Watchroom resets it".to_owned(),
        ));
    }
    removed(services, tx, &user, &cx.actor).await
}

/// For the command line.
pub async fn reset_of(services: &Services, email: &str) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let user = store::account::by_email(&mut tx, &normal_email(email)).await?.ok_or(Error::NotFound)?.user;
    removed(services, tx, &user, &Actor::platform("command line")).await
}

async fn removed(services: &Services, mut tx: SystemTx, user: &User, actor: &Actor) -> Result<()> {
    let stamp = services.stamp();
    if !store::factor::delete(&mut tx, user.id).await? {
        return Err(none());
    }
    let subjects = Subjects::new(services, &user.email, &Client::default());
    store::account::forget_failures(&mut tx, AttemptKind::Account, &subjects.account).await?;
    // Whoever has the app may have the browser, too.
    let devices = store::session::revoke_devices(&mut tx, user.id, stamp.now).await?;
    let entry = AuditEntry::new(Action::FACTOR_RESET, "user", user.id)
        .metadata(json!({ "email": user.email, "devices_signed_out": devices }));
    end(services, tx, user.id, &actor.audit(), stamp, entry).await
}

/// Whether an organization wants a second factor of who enters, and this person has none.
pub(crate) async fn is_missing(
    tx: &mut SystemTx,
    organization: OrganizationId,
    user: UserId,
) -> Result<bool> {
    let wanted = store::setting::get(&mut tx.within(organization), Security::KEY)
        .await?
        .is_some_and(|value| value["second_factor"].as_bool() == Some(true));
    Ok(wanted && !store::factor::is_confirmed(tx, user).await?)
}

/// Whether a code is asked for after the password. `fresh_hash`: of the same password under newer parameters, kept on the way.
pub(super) async fn is_asked(services: &Services, user: UserId, fresh_hash: Option<&str>) -> Result<bool> {
    let asked = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::factor::is_confirmed(&mut tx, user).await?
    };
    if let (true, Some(phc)) = (asked, fresh_hash) {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::account::rehash_password(&mut tx, user, phc).await?;
        tx.commit_unaudited_bookkeeping().await?;
    }
    Ok(asked)
}

/// Made a moment ago and not confirmed.
fn waits(factor: &Factor, now: Timestamp) -> bool {
    factor.confirmed_at.is_none() && now < factor.created_at.plus_seconds(TO_CONFIRM)
}

/// A transaction in which a code of one's own was used.
async fn proved(cx: &Cx<AccountWrite>, user: &User, code: &str, now: Timestamp) -> Result<SystemTx> {
    let services = &cx.services;
    let subjects = Subjects::new(services, &user.email, &cx.actor.client);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    refuse_locked(&mut tx, &subjects, now).await?;
    if !store::factor::is_confirmed(&mut tx, user.id).await? {
        return Err(none());
    }
    if fits(services, &mut tx, user, code, now).await?.is_none() {
        drop(tx);
        count_failure(services, Some(user.clone()), &subjects, &cx.actor.client, WRONG_CODE).await?;
        return Err(wrong());
    }
    Ok(tx)
}

/// Fresh ones, of which only digests are kept.
async fn put_codes(services: &Services, tx: &mut SystemTx, user: UserId) -> Result<Vec<String>> {
    let codes = (0..CODES).map(|_| made_code()).collect::<Result<Vec<_>>>()?;
    let hashes: Vec<String> = codes.iter().map(|code| hash_of(services, user, code)).collect();
    store::factor::put_codes(tx, user, &hashes).await?;
    Ok(codes)
}

enum By {
    App,
    RecoveryCode,
}

/// A code that was not used before, and is from now on.
async fn fits(
    services: &Services,
    tx: &mut SystemTx,
    user: &User,
    code: &str,
    now: Timestamp,
) -> Result<Option<By>> {
    let Some(factor) = store::factor::get(tx, user.id).await?.filter(|f| f.confirmed_at.is_some()) else {
        return Ok(None);
    };
    if let Some(step) = step_of(&opened(services, user, &factor.secret)?, code, now) {
        return Ok(store::factor::take_step(tx, user.id, step).await?.then_some(By::App));
    }
    let hash = hash_of(services, user.id, code);
    Ok(store::factor::use_code(tx, user.id, &hash, now).await?.then_some(By::RecoveryCode))
}

/// The step of the app's clock that a code is of; compared in constant time.
fn step_of(totp: &Totp, code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let six = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
    let now = u64::try_from(now.seconds()).ok()?;
    totp.check(&digits, now).filter(|_| six).and_then(|step| i64::try_from(step).ok())
}

fn opened(services: &Services, user: &User, sealed: &[u8]) -> Result<Totp> {
    let secret = services
        .secrets
        .open(&place(user.id), sealed)
        .ok_or_else(|| Error::Internal("a second factor was sealed with another key".to_owned()))?;
    Builder::new()
        .with_secret(secret)
        .with_account_name(user.email.replace(':', "_"))
        .with_issuer(Some("Watchroom"))
        .build()
        .map_err(|error| Error::Internal(format!("a second factor: {error}")))
}

fn place(user: UserId) -> String {
    format!("user_factors/{user}")
}

/// 64 random bits as four groups of hex digits.
fn made_code() -> Result<String> {
    let bytes: [u8; 8] = random()?;
    let hex = domain::audit::hex(&bytes);
    Ok([&hex[..4], &hex[4..8], &hex[8..12], &hex[12..]].join("-"))
}

fn hash_of(services: &Services, user: UserId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    services.secrets.tag("recovery_codes", &format!("{user}/{plain}"))
}

fn wrong() -> Error {
    Invalid::field("code", "does not fit; codes change every 30 seconds and work once").into()
}

fn none() -> Error {
    Error::Conflict("this account has no second factor".to_owned())
}
