//! The bytes behind the browser's session cookie, for the router's session layer. They are sealed for their id, and the id
//! itself is kept as a digest: who reads the database can neither read a session nor use one.
//!
//! That is bookkeeping of the machinery and is not audited; signing in and out is (see [`crate::auth`]), and so is what an
//! administrator does with the sessions of others: those of the members of an organization, or on the platform everybody's.

use domain::account::ActiveSession;
use domain::audit::{Action, AuditEntry};
use domain::permission::{Permission, SessionRead, SessionWrite};
use domain::{PLATFORM, UserId, UserSessionId};
use serde_json::json;
use store::SystemTx;

use crate::{Cx, Error, Result, Services, auth};

/// Where members are signed in, last seen first, at most 500; on the platform, everybody.
pub async fn active(cx: &Cx<SessionRead>) -> Result<Vec<ActiveSession>> {
    let now = cx.now();
    let seen_after = now.plus_seconds(-auth::IDLE);
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(match cx.actor.organization {
        PLATFORM => store::session::devices_of_all(&mut tx, now, seen_after).await?,
        here => store::session::devices_of_members(&mut tx, here, now, seen_after).await?,
    })
}

/// Signs one device out.
///
/// # Errors
/// `NotFound` when there is none, or it is of somebody who is no member here.
pub async fn revoke(cx: &Cx<SessionWrite>, id: UserSessionId) -> Result<()> {
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let device = store::session::device(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let person = device.user.id;
    within_reach(cx, &mut tx, person).await?;
    if !store::session::revoke_device(&mut tx, person, id, stamp.now).await? {
        return Err(Error::NotFound);
    }
    let entry = AuditEntry::new(Action::SESSION_REVOKED, "session", id)
        .metadata(json!({ "email": device.user.email }));
    auth::end(&cx.services, tx, person, &cx.actor.audit(), stamp, entry).await
}

/// Signs a person out everywhere; how many devices that were.
///
/// # Errors
/// `NotFound` when there is no such person, or it is no member here.
pub async fn revoke_all(cx: &Cx<SessionWrite>, person: UserId) -> Result<u64> {
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let user = store::account::get(&mut tx, person).await?.ok_or(Error::NotFound)?;
    within_reach(cx, &mut tx, person).await?;
    let devices = store::session::revoke_devices(&mut tx, person, stamp.now).await?;
    let entry = AuditEntry::new(Action::SESSION_REVOKED, "user", person)
        .metadata(json!({ "email": user.email, "devices_signed_out": devices }));
    auth::end(&cx.services, tx, person, &cx.actor.audit(), stamp, entry).await?;
    Ok(devices)
}

/// On the platform everybody is.
async fn within_reach<P: Permission>(cx: &Cx<P>, tx: &mut SystemTx, person: UserId) -> Result<()> {
    let here = cx.actor.organization;
    if here != PLATFORM && store::member::role(&mut tx.within(here), person).await?.is_none() {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// `None` when it does not exist, has expired, or was sealed with another key.
pub async fn load(services: &Services, id: &str) -> Result<Option<Vec<u8>>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let sealed =
        store::session::load(&mut tx, &stored_id(services, id), services.clock.now().seconds()).await?;
    Ok(sealed.and_then(|sealed| services.secrets.open(&place(id), &sealed)))
}

/// Keeps a new session; `false` when the id is taken. `expiry`: seconds since 1970.
pub async fn create(services: &Services, id: &str, data: &[u8], expiry: i64) -> Result<bool> {
    let sealed = services.secrets.seal(&place(id), data)?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let kept = store::session::insert(&mut tx, &stored_id(services, id), sealed, expiry).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(kept)
}

/// Keeps what a session has become, unless it was given up meanwhile. `expiry`: seconds since 1970.
pub async fn save(services: &Services, id: &str, data: &[u8], expiry: i64) -> Result<()> {
    let sealed = services.secrets.seal(&place(id), data)?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::save(&mut tx, &stored_id(services, id), sealed, expiry).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

pub async fn delete(services: &Services, id: &str) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::delete(&mut tx, &stored_id(services, id)).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

/// How many were deleted.
pub async fn delete_expired(services: &Services) -> Result<u64> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let deleted = store::session::delete_expired(&mut tx, services.clock.now().seconds()).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(deleted)
}

fn place(id: &str) -> String {
    format!("sessions/{id}")
}

fn stored_id(services: &Services, id: &str) -> String {
    services.secrets.tag("sessions", id)
}
