//! Sessions: the encrypted bytes of the browser's cookie session, and one row a signed-in device.

use domain::account::{ActiveSession, User, UserSession};
use domain::{OrganizationId, Timestamp, UserId, UserSessionId};

use crate::SystemTx;
use crate::db::{FromDb, Result, Row, from_row, sql};

from_row!(UserSession {
    id,
    user_id,
    ip_address,
    user_agent,
    created_at,
    last_seen_at,
    expires_at,
    revoked_at,
    organization_id,
    organization
});

from_row!(ActiveSession {
    id,
    user_id,
    email,
    name,
    ip_address,
    user_agent,
    created_at,
    last_seen_at,
    expires_at,
    organization
});

/// A device and whose it is.
pub struct Device {
    pub session: UserSession,
    pub user: User,
    /// When the password was last given there; without: at the sign-in.
    pub confirmed_at: Option<Timestamp>,
}

impl FromDb for Device {
    fn from_db(row: &Row) -> Result<Self> {
        let user = User::from_db(row)?;
        let session = UserSession {
            id: row.get("session_id")?,
            user_id: user.id,
            ip_address: row.get("session_ip_address")?,
            user_agent: row.get("session_user_agent")?,
            created_at: row.get("session_created_at")?,
            last_seen_at: row.get("session_last_seen_at")?,
            expires_at: row.get("session_expires_at")?,
            revoked_at: row.get("session_revoked_at")?,
            organization_id: row.get("session_organization_id")?,
            organization: row.get("session_organization")?,
        };
        Ok(Self { session, user, confirmed_at: row.get("session_confirmed_at")? })
    }
}

/// Sealed bytes of a cookie session that has not expired at `now` (seconds since 1970).
pub async fn load(tx: &mut SystemTx, id: &str, now: i64) -> Result<Option<Vec<u8>>> {
    tx.conn()
        .scalar(sql("SELECT data FROM sessions WHERE id = $1 AND expiry_date > $2").bind(id).bind(now))
        .await
}

/// `false` when the id is taken.
pub async fn insert(tx: &mut SystemTx, id: &str, data: Vec<u8>, expiry_date: i64) -> Result<bool> {
    let q = sql("INSERT INTO sessions (id, data, expiry_date)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (id) DO NOTHING");
    Ok(tx.conn().exec(q.bind(id).bind(data).bind(expiry_date)).await? == 1)
}

/// Of an id that was given up meanwhile nothing is saved: it would be good again.
pub async fn save(tx: &mut SystemTx, id: &str, data: Vec<u8>, expiry_date: i64) -> Result<()> {
    let q = sql("UPDATE sessions SET data = $2, expiry_date = $3 WHERE id = $1");
    tx.conn().exec(q.bind(id).bind(data).bind(expiry_date)).await.map(drop)
}

pub async fn delete(tx: &mut SystemTx, id: &str) -> Result<()> {
    tx.conn().exec(sql("DELETE FROM sessions WHERE id = $1").bind(id)).await?;
    Ok(())
}

/// `now` in seconds since 1970.
pub async fn delete_expired(tx: &mut SystemTx, now: i64) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM sessions WHERE expiry_date <= $1").bind(now)).await
}

pub async fn insert_device(tx: &mut SystemTx, session: &UserSession) -> Result<()> {
    let q = sql("INSERT INTO user_sessions (id, user_id, ip_address, user_agent, created_at, last_seen_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(session.id)
        .bind(session.user_id)
        .bind(session.ip_address.as_deref())
        .bind(session.user_agent.as_deref())
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.expires_at);
    tx.conn().exec_one(q).await
}

pub async fn device(tx: &mut SystemTx, id: UserSessionId) -> Result<Option<Device>> {
    let q = sql("SELECT u.id, u.email, u.username, u.display_name, u.is_sre, u.enabled, u.time_zone, u.last_login_at, u.created_at, u.updated_at,
                        s.id AS session_id, s.ip_address AS session_ip_address, s.user_agent AS session_user_agent,
                        s.created_at AS session_created_at, s.last_seen_at AS session_last_seen_at,
                        s.expires_at AS session_expires_at, s.revoked_at AS session_revoked_at,
                        s.organization_id AS session_organization_id, o.name AS session_organization, s.confirmed_at AS session_confirmed_at
                 FROM user_sessions s
                 JOIN users u ON u.id = s.user_id
                 LEFT JOIN organizations o ON o.id = s.organization_id
                 WHERE s.id = $1");
    tx.conn().opt(q.bind(id)).await
}

/// The password was given there.
pub async fn confirm_device(tx: &mut SystemTx, id: UserSessionId, now: Timestamp) -> Result<()> {
    tx.conn()
        .exec_one(sql("UPDATE user_sessions SET confirmed_at = $2 WHERE id = $1").bind(id).bind(now))
        .await
}

/// The devices of a person that are signed in: not revoked, seen after `seen_after`, not expired at `now`. Last seen first.
pub async fn devices(
    tx: &mut SystemTx,
    user: UserId,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<UserSession>> {
    let q =
        sql("SELECT s.id, s.user_id, s.ip_address, s.user_agent, s.created_at, s.last_seen_at, s.expires_at, s.revoked_at,
                        s.organization_id, o.name AS organization
                 FROM user_sessions s
                 LEFT JOIN organizations o ON o.id = s.organization_id
                 WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
                 ORDER BY s.last_seen_at DESC, s.id
                 LIMIT 100");
    tx.conn().all(q.bind(user).bind(now).bind(seen_after)).await
}

/// The devices of an organization's members that are signed in (see [`devices`]), last seen first, at most 500.
pub async fn devices_of_members(
    tx: &mut SystemTx,
    organization: OrganizationId,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<ActiveSession>> {
    let q = sql("SELECT s.id, s.user_id, u.email, COALESCE(NULLIF(u.display_name, ''), u.username) AS name, s.ip_address, s.user_agent,
                        s.created_at, s.last_seen_at, s.expires_at, o.name AS organization
                 FROM user_sessions s
                 JOIN users u ON u.id = s.user_id
                 LEFT JOIN organizations o ON o.id = s.organization_id AND o.id = $1
                 JOIN memberships m ON m.user_id = s.user_id AND m.organization_id = $1
                 WHERE s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
                 ORDER BY s.last_seen_at DESC, s.id
                 LIMIT 500");
    tx.conn().all(q.bind(organization).bind(now).bind(seen_after)).await
}

/// [`devices_of_members`], of everybody.
pub async fn devices_of_all(
    tx: &mut SystemTx,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<ActiveSession>> {
    let q = sql("SELECT s.id, s.user_id, u.email, COALESCE(NULLIF(u.display_name, ''), u.username) AS name, s.ip_address, s.user_agent,
                        s.created_at, s.last_seen_at, s.expires_at, o.name AS organization
                 FROM user_sessions s
                 JOIN users u ON u.id = s.user_id
                 LEFT JOIN organizations o ON o.id = s.organization_id
                 WHERE s.revoked_at IS NULL AND s.expires_at > $1 AND s.last_seen_at > $2
                 ORDER BY s.last_seen_at DESC, s.id
                 LIMIT 500");
    tx.conn().all(q.bind(now).bind(seen_after)).await
}

pub async fn touch_device(tx: &mut SystemTx, id: UserSessionId, now: Timestamp) -> Result<()> {
    tx.conn()
        .exec(sql("UPDATE user_sessions SET last_seen_at = $2 WHERE id = $1").bind(id).bind(now))
        .await?;
    Ok(())
}

/// Notes where a device works.
pub async fn place_device(tx: &mut SystemTx, id: UserSessionId, organization: OrganizationId) -> Result<()> {
    let q = sql("UPDATE user_sessions SET organization_id = $2 WHERE id = $1").bind(id).bind(organization);
    tx.conn().exec(q).await?;
    Ok(())
}

/// `false` when this person has no such device that is signed in.
pub async fn revoke_device(
    tx: &mut SystemTx,
    user: UserId,
    id: UserSessionId,
    now: Timestamp,
) -> Result<bool> {
    let q =
        sql("UPDATE user_sessions SET revoked_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL");
    Ok(tx.conn().exec(q.bind(user).bind(id).bind(now)).await? == 1)
}

/// How many were signed in.
pub async fn revoke_devices(tx: &mut SystemTx, user: UserId, now: Timestamp) -> Result<u64> {
    let q = sql(
        "UPDATE user_sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
    );
    tx.conn().exec(q.bind(user).bind(now)).await
}

/// Like [`revoke_devices`], all but one.
pub async fn revoke_other_devices(
    tx: &mut SystemTx,
    user: UserId,
    kept: UserSessionId,
    now: Timestamp,
) -> Result<u64> {
    let q = sql(
        "UPDATE user_sessions SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL AND expires_at > $3",
    );
    tx.conn().exec(q.bind(user).bind(kept).bind(now)).await
}

/// Devices whose time ended before `before`.
pub async fn delete_devices(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM user_sessions WHERE expires_at < $1").bind(before)).await
}
