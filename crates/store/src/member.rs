//! Members of an organization.

use domain::member::{ApprovalLevel, Member, Role};
use domain::{MembershipId, Timestamp, UserId};

use crate::db::{Result, from_row};
use crate::scope::{Scoped, Writing};

from_row!(Member {
    id,
    user_id,
    email,
    username,
    display_name,
    role,
    approval_level,
    enabled,
    elsewhere,
    by_provider,
    last_login_at,
    created_at
});

/// By e-mail. Other organizations are not seen from here: `elsewhere` says the platform role alone, see
/// [`crate::account::elsewhere`].
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Member>> {
    let q = tx.sql(
        "SELECT m.id, m.user_id, u.email, u.username, u.display_name, r.name AS role, m.approval_level, u.enabled,
                u.is_sre AS elsewhere, m.by_provider, u.last_login_at, m.created_at
         FROM memberships m
         JOIN users u ON u.id = m.user_id
         JOIN roles r ON r.id = m.role_id
         WHERE m.organization_id = $1
         ORDER BY u.email",
    );
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: MembershipId) -> Result<Option<Member>> {
    let q = tx
        .sql(
            "SELECT m.id, m.user_id, u.email, u.username, u.display_name, r.name AS role, m.approval_level, u.enabled,
                    u.is_sre AS elsewhere, m.by_provider, u.last_login_at, m.created_at
             FROM memberships m
             JOIN users u ON u.id = m.user_id
             JOIN roles r ON r.id = m.role_id
             WHERE m.organization_id = $1 AND m.id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

/// The membership of an account.
pub async fn of_user(tx: &mut impl Scoped, user: UserId) -> Result<Option<Member>> {
    let q = tx
        .sql(
            "SELECT m.id, m.user_id, u.email, u.username, u.display_name, r.name AS role, m.approval_level, u.enabled,
                    u.is_sre AS elsewhere, m.by_provider, u.last_login_at, m.created_at
             FROM memberships m
             JOIN users u ON u.id = m.user_id
             JOIN roles r ON r.id = m.role_id
             WHERE m.organization_id = $1 AND m.user_id = $2",
        )
        .bind(user);
    tx.conn().opt(q).await
}

/// From now on its role follows the groups of the sign-in provider.
pub async fn mark_by_provider(tx: &mut impl Writing, id: MembershipId) -> Result<()> {
    let q = tx
        .sql("UPDATE memberships SET by_provider = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(true);
    tx.conn().exec_one(q).await
}

/// `None`: not a member.
pub async fn role(tx: &mut impl Scoped, user: UserId) -> Result<Option<Role>> {
    let q = tx
        .sql(
            "SELECT r.name
             FROM memberships m
             JOIN roles r ON r.id = m.role_id
             WHERE m.organization_id = $1 AND m.user_id = $2",
        )
        .bind(user);
    tx.conn().scalar(q).await
}

pub async fn insert(
    tx: &mut impl Writing,
    id: MembershipId,
    user: UserId,
    role: Role,
    level: ApprovalLevel,
    now: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO memberships (organization_id, id, user_id, role_id, approval_level, created_at, updated_at)
             SELECT $1, $2, $3, r.id, $4, $5, $5
             FROM roles r
             WHERE r.name = $6",
        )
        .bind(id)
        .bind(user)
        .bind(level)
        .bind(now)
        .bind(role.as_str());
    tx.conn().exec_one(q).await
}

pub async fn update(
    tx: &mut impl Writing,
    id: MembershipId,
    role: Role,
    level: ApprovalLevel,
    now: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE memberships
             SET role_id = (SELECT r.id FROM roles r WHERE r.name = $3), approval_level = $4, updated_at = $5
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(role.as_str())
        .bind(level)
        .bind(now);
    tx.conn().exec_one(q).await
}

pub async fn delete(tx: &mut impl Writing, id: MembershipId) -> Result<()> {
    let q = tx.sql("DELETE FROM memberships WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}

/// How many enabled admins the organization has. Until the end of the transaction nobody else gets an answer, so that two
/// admins cannot remove each other at the same time.
pub async fn count_admins(tx: &mut impl Writing) -> Result<i64> {
    crate::organization::lock(tx).await?;
    let q = tx
        .sql(
            "SELECT count(*)
             FROM memberships m
             JOIN users u ON u.id = m.user_id
             JOIN roles r ON r.id = m.role_id
             WHERE m.organization_id = $1 AND r.name = $2 AND u.enabled = $3",
        )
        .bind(Role::Admin.as_str())
        .bind(true);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}
