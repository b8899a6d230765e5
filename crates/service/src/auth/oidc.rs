//! Signing in by a provider (OpenID Connect): authorization code flow with PKCE, one provider of the whole installation.
//!
//! [`begin`] sends the browser there and leaves an attempt behind; [`finish`] takes what comes back. An attempt is found by a digest of
//! `state`, is good once and for ten minutes, and holds the nonce and PKCE's verifier sealed. That the browser that comes back is the
//! one that was sent is the caller's to check: its session holds [`Sent::attempt`].
//!
//! Who it is, is issuer and subject. The first time, a *verified* address leads to the account that has it, if its address is known to
//! be the person's and it is nobody else's at this provider; without an account, one is made for who is let in somewhere, by a
//! group of theirs or an invitation. Roles follow the groups at each sign-in (`members::follow`). A second factor is asked for as
//! after a password.

mod account;
mod provider;

use std::sync::Arc;

use domain::account::User;
use domain::audit::{Action, AuditEntry};
use domain::permission::AccountRead;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::SystemTx;

use account::Whose;
pub(crate) use provider::Known;
use provider::Told;

use super::{First, SignedIn, actor_of, bounded, device_of, end, factor, lockout, own};
use crate::outgoing::Outgoing;
use crate::{Client, Cx, Error, Result, Services};

/// Seconds in which one has to come back from the provider.
pub const WAIT: i64 = 600;

/// The provider, as the operator set it.
#[derive(Clone)]
pub struct Provider {
    /// As its own discovery document names it.
    pub issuer: String,
    pub client_id: String,
    /// `None`: a public client, by PKCE alone.
    pub client_secret: Option<SecretString>,
    /// Besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups.
    pub group_claim: String,
    /// "Sign in with …"
    pub name: String,
    /// Where the provider sends people back: this installation's address of [`finish`].
    pub callback: String,
    pub client: Outgoing,
}

/// Why nobody was signed in, for the person: [`Refused::words`] says it, [`Refused::code`] names it in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It does not answer, or with something else.
    Unreachable,
    /// It does not accept this installation: a matter of settings.
    Misconfigured,
    /// The person did not want to, or may not there.
    Declined,
    /// Too late, come back twice, or begun in another browser.
    Stale,
    /// Its clock and ours differ too much.
    Clock,
    /// The answer is of another sign-in.
    Nonce,
    /// The code was used before or is too old.
    Code,
    /// The answer is not signed by the provider, or not for us.
    Untrusted,
    /// No address that it says is verified.
    Address,
    /// There is an account of this address that nobody has confirmed.
    Unconfirmed,
    /// The account of this address is somebody else's at the provider.
    Taken,
    /// No account, and nothing that would make one.
    Unknown,
    Disabled,
}

impl Refused {
    pub const ALL: [Self; 13] = [
        Self::Unreachable,
        Self::Misconfigured,
        Self::Declined,
        Self::Stale,
        Self::Clock,
        Self::Nonce,
        Self::Code,
        Self::Untrusted,
        Self::Address,
        Self::Unconfirmed,
        Self::Taken,
        Self::Unknown,
        Self::Disabled,
    ];
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "provider-unreachable",
            Self::Misconfigured => "provider-misconfigured",
            Self::Declined => "provider-declined",
            Self::Stale => "provider-stale",
            Self::Clock => "provider-clock",
            Self::Nonce => "provider-nonce",
            Self::Code => "provider-code",
            Self::Untrusted => "provider-untrusted",
            Self::Address => "provider-address",
            Self::Unconfirmed => "provider-unconfirmed",
            Self::Taken => "provider-taken",
            Self::Unknown => "provider-unknown",
            Self::Disabled => "provider-disabled",
        }
    }
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "The provider does not answer. Try again in a moment, or sign in with a password."
            }
            Self::Misconfigured => {
                "The provider does not accept this Watchroom. Whoever runs it finds the reason in its log."
            }
            Self::Declined => {
                "The provider did not sign you in. Try again, or ask who runs it whether you may."
            }
            Self::Stale => {
                "That sign-in is over: it took too long, was used already, or began in another browser. Begin again."
            }
            Self::Clock => {
                "The provider's clock and this Watchroom's differ too much. Whoever runs them has to set them right."
            }
            Self::Nonce => "The provider's answer belongs to another sign-in. Begin again.",
            Self::Code => "The provider's answer was used already or is too old. Begin again.",
            Self::Untrusted => {
                "The provider's answer is not signed by it, or is not for this Watchroom. Nobody was signed in."
            }
            Self::Address => {
                "The provider does not say that your e-mail address is verified. Ask who runs it, or sign in with a password."
            }
            Self::Unconfirmed => {
                "There is an account with your address that nobody has confirmed. Ask who runs this Watchroom to confirm it."
            }
            Self::Taken => {
                "The account with your address is linked to somebody else at the provider. Ask who runs this Watchroom."
            }
            Self::Unknown => {
                "You have no account here, and none of your groups gives you one. Ask an administrator to invite you."
            }
            Self::Disabled => "Your account is disabled. Ask an administrator of your organization.",
        }
    }
    /// What [`Refused::code`] named.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refused| refused.code() == code)
    }
}

/// A browser on its way to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Where it goes.
    pub url: String,
    /// What its session has to hold when it comes back; see [`attempt_of`].
    pub attempt: String,
}

/// What a browser came back with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Returned {
    pub state: String,
    pub code: String,
    /// `access_denied` and others instead of a code.
    pub error: String,
    /// Who answers (RFC 9207), where the provider says so.
    pub iss: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one a sign-in, gone at once")]
pub enum Ended {
    /// `next`: where the person wanted to go. `unproved`: what counts only after the code that `first` asks for; see [`complete`].
    First {
        first: First,
        next: String,
        unproved: Option<Unproved>,
    },
    Refused {
        why: Refused,
        next: String,
    },
}

/// Somebody at the provider who has the address of an account with a second factor, and is linked to it by its code only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unproved {
    issuer: String,
    subject: String,
    groups: Vec<String>,
}

/// What an attempt holds, sealed.
#[derive(Serialize, Deserialize)]
struct Attempt {
    nonce: String,
    verifier: String,
    next: String,
}

/// The name on the button; `None` where no provider is set.
pub fn name(services: &Services) -> Option<&str> {
    services.provider.as_deref().map(|provider| provider.name.as_str())
}

/// Sends a browser to the provider. `next`: a path to go on to afterwards.
///
/// # Errors
/// `NotFound` where no provider is set.
pub async fn begin(
    services: &Services,
    next: &str,
    client: &Client,
) -> Result<std::result::Result<Sent, Refused>> {
    let provider = set(services)?;
    let asked = match provider::authorize(services, &provider).await {
        Ok(asked) => asked,
        Err(why) => {
            refuse(services, &provider, None, why, client).await?;
            return Ok(Err(why));
        }
    };
    let attempt =
        Attempt { nonce: asked.nonce, verifier: asked.verifier, next: next.chars().take(2000).collect() };
    let id = attempt_of(services, &asked.state);
    let plain = serde_json::to_vec(&attempt).map_err(|e| Error::Internal(format!("a sign-in: {e}")))?;
    let sealed = services.secrets.seal(&place(&id), &plain)?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::identity::put_attempt(&mut tx, &id, sealed, services.clock.now()).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(Ok(Sent { url: asked.url, attempt: id }))
}

/// Names the attempt that `state` belongs to, without telling it.
pub fn attempt_of(services: &Services, state: &str) -> String {
    services.secrets.tag("provider_attempts", state)
}

/// Takes what a browser came back with, whose session held the attempt.
pub async fn finish(services: &Services, returned: &Returned, client: &Client) -> Result<Ended> {
    let provider = set(services)?;
    let client = &bounded(client);
    let Some(attempt) = take(services, &returned.state).await? else {
        return refuse(services, &provider, None, Refused::Stale, client).await.map(|why| gone(why, ""));
    };
    let next = attempt.next.clone();
    let told = match told(services, &provider, returned, attempt).await {
        Ok(told) => told,
        Err(why) => return refuse(services, &provider, None, why, client).await.map(|why| gone(why, &next)),
    };
    let user = match account::of(services, &provider, &told, client).await? {
        Ok(user) => user,
        Err((why, known)) => {
            let about = Some((told.subject.as_str(), known.as_ref()));
            return refuse(services, &provider, about, why, client).await.map(|why| gone(why, &next));
        }
    };
    let (user, unproved) = match user {
        Whose::Linked(user) => {
            account::follow(services, &user, &told.groups, client).await?;
            (user, None)
        }
        Whose::Unproved(user) => {
            let Told { subject, groups, .. } = told.clone();
            (user, Some(Unproved { issuer: provider.issuer.clone(), subject, groups }))
        }
    };
    let first = if factor::is_asked(services, user.id, None).await? {
        First::Code(user.id)
    } else if unproved.is_some() {
        // The factor was removed a moment ago: the next attempt links it.
        return refuse(services, &provider, None, Refused::Stale, client).await.map(|why| gone(why, &next));
    } else {
        First::In(admit(services, &provider, user, &told.subject, client).await?)
    };
    Ok(Ended::First { first, next, unproved })
}

/// After the code: links whom the provider told, and gives what the groups say. Somebody who was linked meanwhile stays.
pub async fn complete(services: &Services, user: &User, unproved: &Unproved, client: &Client) -> Result<()> {
    let Some(provider) = services.provider.clone().filter(|provider| provider.issuer == unproved.issuer)
    else {
        return Ok(());
    };
    if account::prove(services, &provider, &unproved.subject, user, &bounded(client)).await? {
        account::follow(services, user, &unproved.groups, client).await?;
    }
    Ok(())
}

/// An identity of one's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    pub issuer: String,
    pub subject: String,
    pub last_used_at: domain::Timestamp,
}

/// Who one's own account is at providers, and whether it has a password.
pub async fn of_account(cx: &Cx<AccountRead>) -> Result<(Vec<Linked>, bool)> {
    let user = own(&cx.actor)?;
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    let linked = store::identity::of_user(&mut tx, user.id).await?.into_iter();
    let linked = linked
        .map(|i| Linked { issuer: i.issuer, subject: i.subject, last_used_at: i.last_used_at })
        .collect();
    let credentials = store::account::credentials(&mut tx, user.id).await?.ok_or(Error::NotFound)?;
    Ok((linked, super::has_password(&credentials)))
}

/// For the command line: forgets who an account is at providers, so that its address can be linked anew, and signs it out
/// everywhere.
pub async fn unlink(services: &Services, email: &str) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let user =
        store::account::by_email(&mut tx, &super::normal_email(email)).await?.ok_or(Error::NotFound)?.user;
    let stamp = services.stamp();
    if store::identity::delete(&mut tx, user.id).await? == 0 {
        return Err(Error::Conflict("this account is linked to nobody at a provider".to_owned()));
    }
    let devices = store::session::revoke_devices(&mut tx, user.id, stamp.now).await?;
    // Who waits for the code of a second factor begins again.
    store::account::touch(&mut tx, user.id, stamp.now).await?;
    let entry = AuditEntry::new(Action::IDENTITY_UNLINKED, "user", user.id)
        .metadata(json!({ "email": user.email, "devices_signed_out": devices }));
    end(services, tx, user.id, &crate::Actor::platform("command line").audit(), stamp, entry).await
}

fn set(services: &Services) -> Result<Arc<Provider>> {
    services.provider.clone().ok_or(Error::NotFound)
}

fn place(id: &str) -> String {
    format!("provider_attempts/{id}")
}

fn gone(why: Refused, next: &str) -> Ended {
    Ended::Refused { why, next: next.to_owned() }
}

/// The attempt, which nobody can take again.
async fn take(services: &Services, state: &str) -> Result<Option<Attempt>> {
    let id = attempt_of(services, state);
    let since = services.clock.now().plus_seconds(-WAIT);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let sealed = store::identity::take_attempt(&mut tx, &id, since).await?;
    tx.commit_unaudited_bookkeeping().await?;
    // Sealed under another key, it is nobody's any more.
    let opened = sealed.and_then(|sealed| services.secrets.open(&place(&id), &sealed));
    Ok(opened.and_then(|plain| serde_json::from_slice(&plain).ok()))
}

/// Whom the provider says it is.
async fn told(
    services: &Services,
    provider: &Provider,
    returned: &Returned,
    attempt: Attempt,
) -> std::result::Result<Told, Refused> {
    if !returned.iss.is_empty() && returned.iss != provider.issuer {
        tracing::warn!(answered = %returned.iss, "another provider than the one that was asked answers a sign-in");
        return Err(Refused::Untrusted);
    }
    if !returned.error.is_empty() || returned.code.is_empty() {
        let error: String = returned.error.chars().take(100).collect();
        tracing::info!(%error, "the provider signed nobody in");
        return Err(
            if error == "invalid_client" || error == "unauthorized_client" || error == "invalid_scope" {
                Refused::Misconfigured
            } else {
                Refused::Declined
            },
        );
    }
    provider::told(services, provider, &returned.code, attempt.verifier, &attempt.nonce).await
}

/// Signs a device in.
async fn admit(
    services: &Services,
    provider: &Provider,
    user: User,
    subject: &str,
    client: &Client,
) -> Result<SignedIn> {
    let stamp = services.stamp();
    let device = device_of(services, user.id, client);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::insert_device(&mut tx, &device).await?;
    store::account::set_last_login(&mut tx, user.id, stamp.now).await?;
    let entry = AuditEntry::new(Action::SIGNED_IN, "session", device.id)
        .metadata(json!({ "issuer": provider.issuer, "subject": subject }));
    end(services, tx, user.id, &actor_of(&user, Some(device.id), client), stamp, entry).await?;
    Ok(SignedIn { user: User { last_login_at: Some(stamp.now), ..user }, session: device.id })
}

/// Puts down in the platform's log, and in those of the account's organizations, that nobody was signed in. It counts for no
/// lock-out: there is nothing to guess.
async fn refuse(
    services: &Services,
    provider: &Provider,
    about: Option<(&str, Option<&User>)>,
    why: Refused,
    client: &Client,
) -> Result<Refused> {
    let (subject, user) = about.map_or((None, None), |(subject, user)| (Some(subject), user));
    let (target, actor): (String, _) = match user {
        Some(user) => (user.id.to_string(), actor_of(user, None, client)),
        None => ("unknown".to_owned(), lockout::anonymous(client)),
    };
    let entry = AuditEntry::new(Action::SIGN_IN_FAILED, "user", target)
        .metadata(json!({ "issuer": provider.issuer, "subject": subject, "reason": why.code() }))
        .failed(why.words());
    let stamp = services.stamp();
    let tx = SystemTx::across_all_organizations(&services.db).await?;
    match user {
        Some(user) => end(services, tx, user.id, &actor, stamp, entry).await?,
        None => tx.commit(&actor, stamp, entry).await?,
    }
    Ok(why)
}
