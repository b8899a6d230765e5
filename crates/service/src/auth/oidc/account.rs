//! Which account somebody is whom the provider knows, and what its groups give it.

use domain::account::{NewUser, User};
use domain::audit::{Action, AuditEntry};
use domain::organization::is_email;
use serde_json::json;
use store::{Stamp, SystemTx};

use super::super::hashing::NO_PASSWORD;
use super::super::{actor_of, chains, insert_user, made, normal_email, user_created};
use super::{Provider, Refused, Told};
use crate::invitations::since;
use crate::members::{self, free_username};
use crate::{Client, Error, Result, Services};

/// The account, or why there is none, and whose it would have been.
type Found = std::result::Result<Whose, (Refused, Option<User>)>;

/// An account, and how it is known.
pub enum Whose {
    Linked(User),
    /// By its address alone. It has a second factor: only its code links it.
    Unproved(User),
}

/// The account of issuer and subject; else the one of the verified address, linked from now on; else a new one, for who is let in
/// somewhere.
pub async fn of(services: &Services, provider: &Provider, told: &Told, client: &Client) -> Result<Found> {
    let stamp = services.stamp();
    let issuer = provider.issuer.as_str();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    if let Some(user) = store::identity::account(&mut tx, issuer, &told.subject).await? {
        if !user.enabled {
            return Ok(Err((Refused::Disabled, Some(user))));
        }
        store::identity::touch(&mut tx, issuer, &told.subject, stamp.now).await?;
        tx.commit_unaudited_bookkeeping().await?;
        return Ok(Ok(Whose::Linked(user)));
    }
    let email = told.verified_email.as_deref().map(normal_email).filter(|email| is_email(email));
    let Some(email) = email else { return Ok(Err((Refused::Address, None))) };
    match store::account::by_email(&mut tx, &email).await? {
        Some(found) => link(services, tx, stamp, issuer, &told.subject, found.user, client).await,
        None => make(services, tx, stamp, issuer, told, email, client).await,
    }
}

/// Gives, changes and takes what the groups say, in each organization where they say something.
pub async fn follow(services: &Services, user: &User, groups: &[String], client: &Client) -> Result<()> {
    let reach = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::identity::reach(&mut tx, user.id, groups).await?
    };
    // Who has the platform role enters as such; a group is no reason to have less somewhere.
    let reach = if user.is_sre { Vec::new() } else { reach };
    for organization in reach {
        members::follow(services, organization, user.id, groups, client).await?;
    }
    Ok(())
}

async fn link(
    services: &Services,
    mut tx: SystemTx,
    stamp: Stamp,
    issuer: &str,
    subject: &str,
    user: User,
    client: &Client,
) -> Result<Found> {
    if !user.enabled {
        return Ok(Err((Refused::Disabled, Some(user))));
    }
    // Whoever made it may only have known the address.
    if !store::account::is_confirmed(&mut tx, user.id).await? {
        return Ok(Err((Refused::Unconfirmed, Some(user))));
    }
    if store::identity::is_linked(&mut tx, issuer, user.id).await? {
        return Ok(Err((Refused::Taken, Some(user))));
    }
    if store::factor::is_confirmed(&mut tx, user.id).await? {
        return Ok(Ok(Whose::Unproved(user)));
    }
    Ok(if tie(services, tx, stamp, issuer, subject, &user, client).await? {
        Ok(Whose::Linked(user))
    } else {
        Err((Refused::Taken, Some(user)))
    })
}

/// Links an account whose second factor was shown; `false` when somebody else is linked to it.
pub async fn prove(
    services: &Services,
    provider: &Provider,
    subject: &str,
    user: &User,
    client: &Client,
) -> Result<bool> {
    let tx = SystemTx::across_all_organizations(&services.db).await?;
    tie(services, tx, services.stamp(), &provider.issuer, subject, user, client).await
}

async fn tie(
    services: &Services,
    mut tx: SystemTx,
    stamp: Stamp,
    issuer: &str,
    subject: &str,
    user: &User,
    client: &Client,
) -> Result<bool> {
    match store::identity::insert(&mut tx, issuer, subject, user.id, stamp.now).await {
        Ok(()) => {}
        Err(store::Error::Unique) => return Ok(false),
        Err(other) => return Err(other.into()),
    }
    let actor = actor_of(user, None, client);
    let entry = linked(user, issuer, subject);
    tx.commit(&actor, stamp, entry.clone()).await?;
    chains::tell(services, user.id, &actor, stamp.now, &entry).await;
    Ok(true)
}

async fn make(
    services: &Services,
    mut tx: SystemTx,
    stamp: Stamp,
    issuer: &str,
    told: &Told,
    email: String,
    client: &Client,
) -> Result<Found> {
    let fresh: domain::UserId = services.clock.id();
    let let_in = !store::identity::reach(&mut tx, fresh, &told.groups).await?.is_empty()
        || store::invitation::waits(&mut tx, &email, since(stamp.now)).await?;
    if !let_in {
        return Ok(Err((Refused::Unknown, None)));
    }
    let username = free_username(&mut tx, &email).await?;
    let new =
        NewUser { username, email, display_name: told.name.clone(), password: String::new(), is_sre: false };
    let user = made(services, &new);
    match insert_user(&mut tx, &user, NO_PASSWORD).await {
        Ok(()) => {}
        // Somebody was quicker; the next attempt finds them.
        Err(Error::Conflict(_)) => return Ok(Err((Refused::Stale, None))),
        Err(other) => return Err(other),
    }
    store::identity::insert(&mut tx, issuer, &told.subject, user.id, stamp.now).await?;
    let actor = actor_of(&user, None, client);
    tx.append_in(domain::PLATFORM, &actor, services.stamp(), user_created(&user)).await?;
    tx.commit(&actor, stamp, linked(&user, issuer, &told.subject)).await?;
    Ok(Ok(Whose::Linked(user)))
}

fn linked(user: &User, issuer: &str, subject: &str) -> AuditEntry {
    AuditEntry::new(Action::IDENTITY_LINKED, "user", user.id)
        .metadata(json!({ "email": user.email, "issuer": issuer, "subject": subject }))
}
