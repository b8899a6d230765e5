//! Which role a group of the sign-in provider gives in an organization.

use domain::Timestamp;
use domain::provider_role::ProviderRole;

use crate::db::{FromDb, Result, Row};
use crate::scope::{Scoped, Writing};

impl FromDb for ProviderRole {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self { group: row.get("provider_group")?, role: row.get("role")? })
    }
}

/// By the name of the group.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<ProviderRole>> {
    let q = tx.sql(
        "SELECT p.provider_group, r.name AS role
         FROM provider_roles p
         JOIN roles r ON r.id = p.role_id
         WHERE p.organization_id = $1
         ORDER BY p.provider_group",
    );
    tx.conn().all(q).await
}

pub async fn insert(tx: &mut impl Writing, one: &ProviderRole, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO provider_roles (organization_id, provider_group, role_id, created_at)
             SELECT $1, $2, r.id, $3
             FROM roles r
             WHERE r.name = $4",
        )
        .bind(&one.group)
        .bind(now)
        .bind(one.role.as_str());
    tx.conn().exec_one(q).await
}

/// All of them.
pub async fn clear(tx: &mut impl Writing) -> Result<()> {
    let q = tx.sql("DELETE FROM provider_roles WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    Ok(())
}
