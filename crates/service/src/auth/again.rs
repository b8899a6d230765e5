//! The password once more, of who is signed in: before a second factor is set up, and for what reaches over all organizations when
//! the sign-in was a while ago.

use domain::Invalid;
use domain::audit::{Action, AuditEntry};
use domain::permission::AccountWrite;
use store::SystemTx;

use super::lockout::{Subjects, WRONG_PASSWORD, count_failure, refuse_locked};
use super::{end, has_password, own, verify};
use crate::{Cx, Error, Result};

/// So long (seconds) after a sign-in, or after [`prove`], the platform's pages ask for no password.
pub const PROVED: i64 = 1800;

/// Whether it is the account's. An account without one has nothing to give.
pub async fn check(cx: &Cx<AccountWrite>, password: &str) -> Result<()> {
    let services = &cx.services;
    let user = own(&cx.actor)?;
    let subjects = Subjects::new(services, &user.email, &cx.actor.client);
    // Held to the end, as at the sign-in: parallel guesses do not slip through.
    let turn = services.memory.hashing.enter().await?;
    let present = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        refuse_locked(&mut tx, &subjects, cx.now()).await?;
        store::account::credentials(&mut tx, user.id).await?.ok_or(Error::NotFound)?
    };
    if has_password(&present) && !verify(&turn, password, present.password_hash).await? {
        count_failure(services, Some(present.user), &subjects, &cx.actor.client, WRONG_PASSWORD).await?;
        return Err(Invalid::field("password", "not your password").into());
    }
    Ok(())
}

/// Whoever is at this device is the account's: from now on for [`PROVED`].
pub async fn prove(cx: &Cx<AccountWrite>, password: &str) -> Result<()> {
    let user = own(&cx.actor)?.id;
    let session = cx.actor.session.ok_or(Error::Forbidden)?;
    let credentials = {
        let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
        store::account::credentials(&mut tx, user).await?.ok_or(Error::NotFound)?
    };
    if !has_password(&credentials) {
        return Err(Error::Conflict(
            "this account has no password; sign out and in again with your provider".to_owned(),
        ));
    }
    check(cx, password).await?;
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    store::session::confirm_device(&mut tx, session, stamp.now).await?;
    let entry = AuditEntry::new(Action::PASSWORD_CONFIRMED, "session", session);
    end(&cx.services, tx, user, &cx.actor.audit(), stamp, entry).await
}
