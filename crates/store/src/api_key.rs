//! API keys. A request brings a key and no organization, so [`by_hash`] and [`touch`] cross organizations.

use domain::api_key::ApiKey;
use domain::member::Role;
use domain::{ApiKeyId, OrganizationId, SourceId, Timestamp};

use crate::db::{FromDb, Result, Row, from_row, sql};
use crate::scope::{Scoped, SystemTx, Writing};

from_row!(ApiKey {
    id,
    user_id,
    owner,
    name,
    key_prefix,
    scopes,
    source_id,
    source,
    expires_at,
    last_used_at,
    revoked_at,
    created_at
});

/// A key with what decides whether it works now.
pub struct Holder {
    pub key: ApiKey,
    pub organization: OrganizationId,
    /// Hex SHA-256 of the secret.
    pub key_hash: String,
    pub organization_active: bool,
    /// Whether its maker may sign in; `None` when the command line made it.
    pub maker_enabled: Option<bool>,
    pub maker_is_sre: bool,
    /// The maker's role in the organization now; `None`: no longer a member.
    pub maker_role: Option<Role>,
}

impl FromDb for Holder {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            key: ApiKey::from_db(row)?,
            organization: row.get("organization_id")?,
            key_hash: row.get("key_hash")?,
            organization_active: row.get("organization_active")?,
            maker_enabled: row.get("maker_enabled")?,
            maker_is_sre: row.get::<Option<bool>>("maker_is_sre")?.unwrap_or(false),
            maker_role: row.get("maker_role")?,
        })
    }
}

/// Newest first, revoked ones too.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<ApiKey>> {
    let q = tx.sql(
        "SELECT k.id, k.user_id, (SELECT u.email FROM users u WHERE u.id = k.user_id) AS owner, k.name, k.key_prefix, k.scopes, k.source_id, s.name AS source, k.expires_at, k.last_used_at, k.revoked_at,
                k.created_at
         FROM api_keys k
         LEFT JOIN sources s ON s.organization_id = k.organization_id AND s.id = k.source_id
         WHERE k.organization_id = $1
         ORDER BY k.created_at DESC, k.id DESC",
    );
    tx.conn().all(q).await
}

/// Those that are bound to a source, newest first, revoked ones too.
pub async fn of_source(tx: &mut impl Scoped, source: SourceId) -> Result<Vec<ApiKey>> {
    let q = tx
        .sql(
            "SELECT k.id, k.user_id, (SELECT u.email FROM users u WHERE u.id = k.user_id) AS owner, k.name, k.key_prefix, k.scopes, k.source_id, s.name AS source, k.expires_at, k.last_used_at, k.revoked_at,
                    k.created_at
             FROM api_keys k
             JOIN sources s ON s.organization_id = k.organization_id AND s.id = k.source_id
             WHERE k.organization_id = $1 AND k.source_id = $2
             ORDER BY k.created_at DESC, k.id DESC",
        )
        .bind(source);
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let q = tx
        .sql(
            "SELECT k.id, k.user_id, (SELECT u.email FROM users u WHERE u.id = k.user_id) AS owner, k.name, k.key_prefix, k.scopes, k.source_id, s.name AS source, k.expires_at, k.last_used_at, k.revoked_at,
                    k.created_at
             FROM api_keys k
             LEFT JOIN sources s ON s.organization_id = k.organization_id AND s.id = k.source_id
             WHERE k.organization_id = $1 AND k.id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut impl Writing, key: &ApiKey, key_hash: &str) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO api_keys (organization_id, id, user_id, name, key_hash, key_prefix, scopes, expires_at, created_at, source_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(key.id)
        .bind(key.user_id)
        .bind(&key.name)
        .bind(key_hash)
        .bind(&key.key_prefix)
        .bind(serde_json::json!(key.scopes))
        .bind(key.expires_at)
        .bind(key.created_at)
        .bind(key.source_id);
    tx.conn().exec_one(q).await
}

pub async fn revoke(tx: &mut impl Writing, id: ApiKeyId, now: Timestamp) -> Result<()> {
    let q = tx
        .sql("UPDATE api_keys SET revoked_at = $3 WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL")
        .bind(id)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// Revokes the keys of a source that goes, those that work, and lets go of all of them.
pub async fn unbind(tx: &mut impl Writing, source: SourceId, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE api_keys
             SET revoked_at = COALESCE(revoked_at, $3), source_id = NULL
             WHERE organization_id = $1 AND source_id = $2",
        )
        .bind(source)
        .bind(now);
    tx.conn().exec(q).await?;
    Ok(())
}

/// `key_hash`: hex SHA-256 of the secret.
pub async fn by_hash(tx: &mut SystemTx, key_hash: &str) -> Result<Option<Holder>> {
    let q = sql("SELECT k.organization_id, k.id, k.user_id, u.email AS owner, k.name, k.key_hash, k.key_prefix, k.scopes, k.source_id, s.name AS source, k.expires_at,
                        k.last_used_at, k.revoked_at, k.created_at, o.is_active AS organization_active, u.enabled AS maker_enabled, u.is_sre AS maker_is_sre, r.name AS maker_role
                 FROM api_keys k
                 JOIN organizations o ON o.id = k.organization_id
                 LEFT JOIN sources s ON s.organization_id = k.organization_id AND s.id = k.source_id
                 LEFT JOIN users u ON u.id = k.user_id
                 LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.user_id
                 LEFT JOIN roles r ON r.id = m.role_id
                 WHERE k.key_hash = $1");
    tx.conn().opt(q.bind(key_hash)).await
}

pub async fn touch(
    tx: &mut SystemTx,
    organization: OrganizationId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<()> {
    let q = sql("UPDATE api_keys SET last_used_at = $3 WHERE organization_id = $1 AND id = $2");
    tx.conn().exec(q.bind(organization).bind(id).bind(now)).await?;
    Ok(())
}
