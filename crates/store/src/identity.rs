//! Who accounts are at the sign-in provider, and sign-ins that were sent there. Both belong to the platform, so every function
//! takes the system's transaction.

use domain::account::User;
use domain::{OrganizationId, Timestamp, UserId};

use crate::SystemTx;
use crate::db::{Result, from_row, sql};

/// Who an account is at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
}
from_row!(Identity { issuer, subject, user_id, created_at, last_used_at });

/// The account behind an identity.
pub async fn account(tx: &mut SystemTx, issuer: &str, subject: &str) -> Result<Option<User>> {
    let q = sql("SELECT u.id, u.email, u.username, u.display_name, u.is_sre, u.enabled, u.time_zone, u.last_login_at, u.created_at, u.updated_at
                 FROM user_identities i
                 JOIN users u ON u.id = i.user_id
                 WHERE i.issuer = $1 AND i.subject = $2");
    tx.conn().opt(q.bind(issuer).bind(subject)).await
}

/// Of an account, by issuer.
pub async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Vec<Identity>> {
    let q = sql("SELECT issuer, subject, user_id, created_at, last_used_at
                 FROM user_identities
                 WHERE user_id = $1
                 ORDER BY issuer");
    tx.conn().all(q.bind(user)).await
}

/// [`crate::Error::Unique`] when the identity is an account's already, or the account has another one at this provider.
pub async fn insert(
    tx: &mut SystemTx,
    issuer: &str,
    subject: &str,
    user: UserId,
    now: Timestamp,
) -> Result<()> {
    let q = sql("INSERT INTO user_identities (issuer, subject, user_id, created_at, last_used_at)
                 VALUES ($1, $2, $3, $4, $4)");
    tx.conn().exec_one(q.bind(issuer).bind(subject).bind(user).bind(now)).await
}

/// Whether an account is linked to anybody at a provider.
pub async fn is_linked(tx: &mut SystemTx, issuer: &str, user: UserId) -> Result<bool> {
    let q = sql("SELECT 1 FROM user_identities WHERE issuer = $1 AND user_id = $2").bind(issuer).bind(user);
    Ok(tx.conn().scalar::<i64>(q).await?.is_some())
}

pub async fn touch(tx: &mut SystemTx, issuer: &str, subject: &str, now: Timestamp) -> Result<()> {
    let q = sql("UPDATE user_identities SET last_used_at = $3 WHERE issuer = $1 AND subject = $2");
    tx.conn().exec_one(q.bind(issuer).bind(subject).bind(now)).await
}

/// All of an account; how many there were.
pub async fn delete(tx: &mut SystemTx, user: UserId) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM user_identities WHERE user_id = $1").bind(user)).await
}

/// Where the groups that somebody has at the provider give a role, and where they have one by it: active organizations only.
pub async fn reach(tx: &mut SystemTx, user: UserId, groups: &[String]) -> Result<Vec<OrganizationId>> {
    let q = sql("SELECT o.id
                 FROM organizations o
                 WHERE o.is_active = $1
                   AND (EXISTS (SELECT 1 FROM memberships m WHERE m.organization_id = o.id AND m.user_id = $2 AND m.by_provider = $1)
                        OR EXISTS (SELECT 1 FROM provider_roles p WHERE p.organization_id = o.id AND p.provider_group IN (")
        .bind(true)
        .bind(user)
        .list(groups.iter().map(String::as_str))
        .push(")))")
        .push(" ORDER BY o.id");
    tx.conn().scalars(q).await
}

/// Keeps what the answer of a sign-in is checked against.
pub async fn put_attempt(tx: &mut SystemTx, id: &str, data: Vec<u8>, now: Timestamp) -> Result<()> {
    let q = sql("INSERT INTO provider_attempts (id, data, created_at) VALUES ($1, $2, $3)");
    tx.conn().exec_one(q.bind(id).bind(data).bind(now)).await
}

/// Takes it, so that it is good once; `None` when it was taken, or made before `since`.
pub async fn take_attempt(tx: &mut SystemTx, id: &str, since: Timestamp) -> Result<Option<Vec<u8>>> {
    let q = sql("DELETE FROM provider_attempts WHERE id = $1 AND created_at >= $2 RETURNING data");
    tx.conn().scalar(q.bind(id).bind(since)).await
}

/// Those that never came back.
pub async fn delete_attempts(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM provider_attempts WHERE created_at < $1").bind(before)).await
}
