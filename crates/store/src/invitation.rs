//! Invitations to an organization, and those that an e-mail address has received.

use domain::invitation::{Invitation, Linked, Received};
use domain::{InvitationId, Timestamp};

use crate::SystemTx;
use crate::db::{Result, from_row, sql};
use crate::scope::{Scoped, Writing};

from_row!(Invitation { id, email, role, approval_level, invited_by, created_at });
from_row!(Linked {
    id,
    organization_id,
    slug,
    name,
    email,
    role,
    approval_level,
    invited_by,
    created_at,
    used_at
});
from_row!(Received { id, organization_id, slug, name, role, approval_level, invited_by, created_at });

/// Those that wait and were made after `since`, by e-mail.
pub async fn list(tx: &mut impl Scoped, since: Timestamp) -> Result<Vec<Invitation>> {
    let q = tx
        .sql(
            "SELECT i.id, i.email, r.name AS role, i.approval_level, i.invited_by, i.created_at
             FROM invitations i
             JOIN roles r ON r.id = i.role_id
             WHERE i.organization_id = $1 AND i.created_at > $2 AND i.used_at IS NULL
             ORDER BY i.email",
        )
        .bind(since);
    tx.conn().all(q).await
}

/// While it waits.
pub async fn get(tx: &mut impl Scoped, id: InvitationId) -> Result<Option<Invitation>> {
    let q = tx
        .sql(
            "SELECT i.id, i.email, r.name AS role, i.approval_level, i.invited_by, i.created_at
             FROM invitations i
             JOIN roles r ON r.id = i.role_id
             WHERE i.organization_id = $1 AND i.id = $2 AND i.used_at IS NULL",
        )
        .bind(id);
    tx.conn().opt(q).await
}

/// Of one address there is one; a new one takes the old one's place.
pub async fn put(tx: &mut impl Writing, invitation: &Invitation) -> Result<()> {
    delete_of_email(tx, &invitation.email).await?;
    let q = tx
        .sql(
            "INSERT INTO invitations (organization_id, id, email, role_id, approval_level, invited_by, created_at)
             SELECT $1, $2, $3, r.id, $4, $5, $6
             FROM roles r
             WHERE r.name = $7",
        )
        .bind(invitation.id)
        .bind(&invitation.email)
        .bind(invitation.approval_level)
        .bind(&invitation.invited_by)
        .bind(invitation.created_at)
        .bind(invitation.role.as_str());
    tx.conn().exec_one(q).await
}

pub async fn delete(tx: &mut impl Writing, id: InvitationId) -> Result<()> {
    let q =
        tx.sql("DELETE FROM invitations WHERE organization_id = $1 AND id = $2 AND used_at IS NULL").bind(id);
    tx.conn().exec_one(q).await
}

/// Accepted: it is remembered and does not wait any more. An error when it does not wait.
pub async fn mark_used(tx: &mut impl Writing, id: InvitationId, now: Timestamp) -> Result<()> {
    let q = tx
        .sql("UPDATE invitations SET used_at = $3 WHERE organization_id = $1 AND id = $2 AND used_at IS NULL")
        .bind(id)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// When the address became a member some other way.
pub async fn delete_of_email(tx: &mut impl Writing, email: &str) -> Result<()> {
    let q = tx.sql("DELETE FROM invitations WHERE organization_id = $1 AND email = $2").bind(email);
    tx.conn().exec(q).await?;
    Ok(())
}

/// An invitation of whichever active organization, used or not.
pub async fn linked(tx: &mut SystemTx, id: InvitationId) -> Result<Option<Linked>> {
    let q = sql("SELECT i.id, i.organization_id, o.slug, o.name, i.email, r.name AS role, i.approval_level, i.invited_by, i.created_at, i.used_at
                 FROM invitations i
                 JOIN organizations o ON o.id = i.organization_id
                 JOIN roles r ON r.id = i.role_id
                 WHERE i.id = $1 AND o.is_active = $2");
    tx.conn().opt(q.bind(id).bind(true)).await
}

/// What an address has received since and not accepted, of active organizations, by name. Nothing for an account that was made
/// through a link: nobody has confirmed its address.
pub async fn received(tx: &mut SystemTx, email: &str, since: Timestamp) -> Result<Vec<Received>> {
    let q = sql("SELECT i.id, i.organization_id, o.slug, o.name, r.name AS role, i.approval_level, i.invited_by, i.created_at
                 FROM invitations i
                 JOIN organizations o ON o.id = i.organization_id
                 JOIN roles r ON r.id = i.role_id
                 WHERE i.email = $1 AND i.created_at > $2 AND o.is_active = $3 AND i.used_at IS NULL
                   AND EXISTS (SELECT 1 FROM users u WHERE u.email = i.email AND u.email_confirmed = $3)
                 ORDER BY o.name, o.id");
    tx.conn().all(q.bind(email).bind(since).bind(true)).await
}

/// Whether one waits for an address that has no account.
pub async fn waits(tx: &mut SystemTx, email: &str, since: Timestamp) -> Result<bool> {
    let q = sql("SELECT 1
                 FROM invitations i
                 JOIN organizations o ON o.id = i.organization_id
                 WHERE i.email = $1 AND i.created_at > $2 AND o.is_active = $3 AND i.used_at IS NULL
                 LIMIT 1");
    Ok(tx.conn().scalar::<i64>(q.bind(email).bind(since).bind(true)).await?.is_some())
}

/// Forgets those of every organization that were made until `before`; how many.
pub async fn delete_old(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM invitations WHERE created_at <= $1").bind(before)).await
}
