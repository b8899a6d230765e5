//! Users, and the counters of failed sign-ins. Both belong to the platform, so every function takes the system's transaction.

use domain::account::User;
use domain::{OrganizationId, Timestamp, UserId};

use crate::SystemTx;
use crate::db::{Dialect, FromDb, Result, Row, from_row, sql};

from_row!(User {
    id,
    email,
    username,
    display_name,
    is_sre,
    enabled,
    time_zone,
    last_login_at,
    created_at,
    updated_at
});

/// An account with what its password is checked against.
pub struct Credentials {
    pub user: User,
    /// PHC text.
    pub password_hash: String,
}

impl FromDb for Credentials {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self { user: User::from_db(row)?, password_hash: row.get("password_hash")? })
    }
}

/// Whose failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptKind {
    Account,
    Address,
}

impl AttemptKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
        }
    }
}

/// Whether anybody has an account.
pub async fn exist(tx: &mut SystemTx) -> Result<bool> {
    let one: Option<i64> = tx.conn().scalar(sql("SELECT 1 FROM users LIMIT 1")).await?;
    Ok(one.is_some())
}

/// Makes two transactions that create the first account wait for each other.
pub async fn lock_first(tx: &mut SystemTx) -> Result<()> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT id FROM organizations WHERE id = $1",
        Dialect::Postgres => "SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
    };
    tx.conn().rows(sql(text).bind(domain::PLATFORM)).await?;
    Ok(())
}

pub async fn get(tx: &mut SystemTx, id: UserId) -> Result<Option<User>> {
    let q = sql("SELECT id, email, username, display_name, is_sre, enabled, time_zone, last_login_at, created_at, updated_at
                 FROM users
                 WHERE id = $1");
    tx.conn().opt(q.bind(id)).await
}

/// `email` in lower case.
pub async fn by_email(tx: &mut SystemTx, email: &str) -> Result<Option<Credentials>> {
    let q = sql("SELECT id, email, username, display_name, is_sre, enabled, time_zone, last_login_at, created_at, updated_at, password_hash
                 FROM users
                 WHERE email = $1");
    tx.conn().opt(q.bind(email)).await
}

pub async fn credentials(tx: &mut SystemTx, id: UserId) -> Result<Option<Credentials>> {
    let q = sql("SELECT id, email, username, display_name, is_sre, enabled, time_zone, last_login_at, created_at, updated_at, password_hash
                 FROM users
                 WHERE id = $1");
    tx.conn().opt(q.bind(id)).await
}

pub async fn username_taken(tx: &mut SystemTx, username: &str) -> Result<bool> {
    let one: Option<i64> =
        tx.conn().scalar(sql("SELECT 1 FROM users WHERE username = $1").bind(username)).await?;
    Ok(one.is_some())
}

pub async fn insert(tx: &mut SystemTx, user: &User, password_hash: &str) -> Result<()> {
    let q = sql("INSERT INTO users (id, email, username, password_hash, display_name, is_sre, enabled, time_zone, last_login_at, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(user.id)
        .bind(&user.email)
        .bind(&user.username)
        .bind(password_hash)
        .bind(user.display_name.as_deref())
        .bind(user.is_sre)
        .bind(user.enabled)
        .bind(&user.time_zone)
        .bind(user.last_login_at)
        .bind(user.created_at)
        .bind(user.updated_at);
    tx.conn().exec_one(q).await
}

/// The account was made through a link that says which address it is for; nobody has confirmed that it is the person's.
pub async fn mark_unconfirmed(tx: &mut SystemTx, id: UserId) -> Result<()> {
    tx.conn().exec_one(sql("UPDATE users SET email_confirmed = $2 WHERE id = $1").bind(id).bind(false)).await
}

/// Whether the address is known to be the person's; see [`mark_unconfirmed`].
pub async fn is_confirmed(tx: &mut SystemTx, id: UserId) -> Result<bool> {
    let q = sql("SELECT email_confirmed FROM users WHERE id = $1").bind(id);
    Ok(tx.conn().scalar(q).await?.unwrap_or(false))
}

/// `false` when it is confirmed already.
pub async fn confirm(tx: &mut SystemTx, id: UserId, now: Timestamp) -> Result<bool> {
    let q =
        sql("UPDATE users SET email_confirmed = $2, updated_at = $3 WHERE id = $1 AND email_confirmed = $4");
    Ok(tx.conn().exec(q.bind(id).bind(true).bind(now).bind(false)).await? == 1)
}

/// The accounts whose address nobody has confirmed, newest first, at most `limit`.
pub async fn unconfirmed(tx: &mut SystemTx, limit: i64) -> Result<Vec<User>> {
    let q = sql("SELECT id, email, username, display_name, is_sre, enabled, time_zone, last_login_at, created_at, updated_at
                 FROM users
                 WHERE email_confirmed = $1
                 ORDER BY created_at DESC, id
                 LIMIT $2");
    tx.conn().all(q.bind(false).bind(limit)).await
}

pub async fn set_profile(
    tx: &mut SystemTx,
    id: UserId,
    display_name: Option<&str>,
    time_zone: &str,
    now: Timestamp,
) -> Result<()> {
    let q = sql("UPDATE users SET display_name = $2, time_zone = $3, updated_at = $4 WHERE id = $1")
        .bind(id)
        .bind(display_name)
        .bind(time_zone)
        .bind(now);
    tx.conn().exec_one(q).await
}

pub async fn set_password(tx: &mut SystemTx, id: UserId, password_hash: &str, now: Timestamp) -> Result<()> {
    let q = sql("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(id)
        .bind(password_hash)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// The same password under newer parameters: nothing that a person changed.
pub async fn rehash_password(tx: &mut SystemTx, id: UserId, password_hash: &str) -> Result<()> {
    tx.conn()
        .exec_one(sql("UPDATE users SET password_hash = $2 WHERE id = $1").bind(id).bind(password_hash))
        .await
}

pub async fn set_enabled(tx: &mut SystemTx, id: UserId, enabled: bool, now: Timestamp) -> Result<()> {
    let q =
        sql("UPDATE users SET enabled = $2, updated_at = $3 WHERE id = $1").bind(id).bind(enabled).bind(now);
    tx.conn().exec_one(q).await
}

/// Changes nothing but when it was changed: who waits for a code begins again.
pub async fn touch(tx: &mut SystemTx, id: UserId, now: Timestamp) -> Result<()> {
    tx.conn().exec_one(sql("UPDATE users SET updated_at = $2 WHERE id = $1").bind(id).bind(now)).await
}

pub async fn set_sre(tx: &mut SystemTx, id: UserId, is_sre: bool, now: Timestamp) -> Result<()> {
    let q =
        sql("UPDATE users SET is_sre = $2, updated_at = $3 WHERE id = $1").bind(id).bind(is_sre).bind(now);
    tx.conn().exec_one(q).await
}

pub async fn set_last_login(tx: &mut SystemTx, id: UserId, now: Timestamp) -> Result<()> {
    tx.conn().exec_one(sql("UPDATE users SET last_login_at = $2 WHERE id = $1").bind(id).bind(now)).await
}

/// Until when sign-ins of `subject` are refused; in the past or `None` when they are not.
pub async fn locked_until(tx: &mut SystemTx, kind: AttemptKind, subject: &str) -> Result<Option<Timestamp>> {
    let q = sql("SELECT locked_until FROM sign_in_attempts WHERE kind = $1 AND subject = $2");
    let until: Option<Option<Timestamp>> = tx.conn().scalar(q.bind(kind.as_str()).bind(subject)).await?;
    Ok(until.flatten())
}

/// Counts one more failure and answers how many there are. The count starts again when the last is before `forgotten`.
pub async fn count_failure(
    tx: &mut SystemTx,
    kind: AttemptKind,
    subject: &str,
    now: Timestamp,
    forgotten: Timestamp,
) -> Result<i64> {
    let q = sql("INSERT INTO sign_in_attempts (kind, subject, failures, last_failure)
                 VALUES ($1, $2, 1, $3)
                 ON CONFLICT (kind, subject) DO UPDATE SET
                     failures = CASE WHEN sign_in_attempts.last_failure < $4 THEN 1 ELSE sign_in_attempts.failures + 1 END,
                     last_failure = $3
                 RETURNING failures");
    Ok(tx.conn().scalar(q.bind(kind.as_str()).bind(subject).bind(now).bind(forgotten)).await?.unwrap_or(1))
}

pub async fn lock(tx: &mut SystemTx, kind: AttemptKind, subject: &str, until: Timestamp) -> Result<()> {
    let q = sql("UPDATE sign_in_attempts SET locked_until = $3 WHERE kind = $1 AND subject = $2");
    tx.conn().exec_one(q.bind(kind.as_str()).bind(subject).bind(until)).await
}

pub async fn forget_failures(tx: &mut SystemTx, kind: AttemptKind, subject: &str) -> Result<()> {
    let q = sql("DELETE FROM sign_in_attempts WHERE kind = $1 AND subject = $2");
    tx.conn().exec(q.bind(kind.as_str()).bind(subject)).await?;
    Ok(())
}

/// Counters whose last failure is before `before`.
pub async fn delete_failures(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM sign_in_attempts WHERE last_failure < $1").bind(before)).await
}

/// How many organizations `id` is a member of.
pub async fn count_memberships(tx: &mut SystemTx, id: UserId) -> Result<i64> {
    let q = sql("SELECT count(*) FROM memberships WHERE user_id = $1");
    Ok(tx.conn().scalar(q.bind(id)).await?.unwrap_or(0))
}

/// The organizations `id` is a member of, suspended ones too.
pub async fn organizations(tx: &mut SystemTx, id: UserId) -> Result<Vec<OrganizationId>> {
    let q = sql("SELECT organization_id FROM memberships WHERE user_id = $1 ORDER BY organization_id");
    tx.conn().scalars(q.bind(id)).await
}

/// The members of an organization who belong to another one too.
pub async fn elsewhere(tx: &mut SystemTx, organization: OrganizationId) -> Result<Vec<UserId>> {
    let q = sql("SELECT DISTINCT m.user_id
                 FROM memberships m
                 JOIN memberships o ON o.user_id = m.user_id AND o.organization_id <> m.organization_id
                 WHERE m.organization_id = $1");
    tx.conn().scalars(q.bind(organization)).await
}
