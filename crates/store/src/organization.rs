//! Organizations. The platform's own row is never answered here.

use domain::account::Reach;
use domain::organization::Organization;
use domain::{OrganizationId, PLATFORM, Timestamp, UserId};

use crate::db::{Dialect, Result, from_row, sql};
use crate::scope::{Scoped, SystemTx, Writing};

from_row!(Organization { id, slug, name, description, contact_email, is_active, created_at, updated_at });
from_row!(Reach { organization_id, slug, name, role });

/// What may be changed of an organization.
pub struct Details<'a> {
    pub name: &'a str,
    pub description: Option<&'a str>,
    pub contact_email: Option<&'a str>,
}

/// Until the end of the transaction nobody else gets past this: for a look and a change that belong together.
pub async fn lock(tx: &mut impl Writing) -> Result<()> {
    let lock = match tx.conn().dialect() {
        Dialect::Sqlite => "SELECT id FROM organizations WHERE id = $1",
        Dialect::Postgres => "SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
    };
    let organization = tx.organization();
    tx.conn().rows(sql(lock).bind(organization)).await?;
    Ok(())
}

/// The transaction's own organization.
pub async fn get(tx: &mut impl Scoped) -> Result<Option<Organization>> {
    let q = tx.sql(
        "SELECT id, slug, name, description, contact_email, is_active, created_at, updated_at
         FROM organizations
         WHERE id = $1",
    );
    tx.conn().opt(q).await
}

pub async fn by_slug(tx: &mut SystemTx, slug: &str) -> Result<Option<Organization>> {
    let q = sql("SELECT id, slug, name, description, contact_email, is_active, created_at, updated_at
                 FROM organizations
                 WHERE slug = $1 AND id <> $2");
    tx.conn().opt(q.bind(slug).bind(PLATFORM)).await
}

/// By name.
pub async fn all(tx: &mut SystemTx) -> Result<Vec<Organization>> {
    let q = sql("SELECT id, slug, name, description, contact_email, is_active, created_at, updated_at
                 FROM organizations
                 WHERE id <> $1
                 ORDER BY name, id");
    tx.conn().all(q.bind(PLATFORM)).await
}

/// The active organizations a person is a member of, by name.
pub async fn reach_of_member(tx: &mut SystemTx, user: UserId) -> Result<Vec<Reach>> {
    let q = sql("SELECT o.id AS organization_id, o.slug, o.name, r.name AS role
                 FROM memberships m
                 JOIN organizations o ON o.id = m.organization_id
                 JOIN roles r ON r.id = m.role_id
                 WHERE m.user_id = $1 AND o.is_active = $2
                 ORDER BY o.name, o.id");
    tx.conn().all(q.bind(user).bind(true)).await
}

/// Every active organization, with the person's role where there is one, by name.
pub async fn reach_of_sre(tx: &mut SystemTx, user: UserId) -> Result<Vec<Reach>> {
    let q = sql("SELECT o.id AS organization_id, o.slug, o.name, r.name AS role
                 FROM organizations o
                 LEFT JOIN memberships m ON m.organization_id = o.id AND m.user_id = $1
                 LEFT JOIN roles r ON r.id = m.role_id
                 WHERE o.is_active = $2 AND o.id <> $3
                 ORDER BY o.name, o.id");
    tx.conn().all(q.bind(user).bind(true).bind(PLATFORM)).await
}

pub async fn insert(tx: &mut SystemTx, organization: &Organization) -> Result<()> {
    let q = sql("INSERT INTO organizations (id, slug, name, description, contact_email, is_active, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(organization.id)
        .bind(&organization.slug)
        .bind(&organization.name)
        .bind(organization.description.as_deref())
        .bind(organization.contact_email.as_deref())
        .bind(organization.is_active)
        .bind(organization.created_at)
        .bind(organization.updated_at);
    tx.conn().exec_one(q).await
}

pub async fn update(tx: &mut impl Writing, details: &Details<'_>, now: Timestamp) -> Result<()> {
    let q = tx
        .sql("UPDATE organizations SET name = $2, description = $3, contact_email = $4, updated_at = $5 WHERE id = $1")
        .bind(details.name)
        .bind(details.description)
        .bind(details.contact_email)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// A suspended organization (`false`) cannot be entered and its keys do not work.
pub async fn set_active(
    tx: &mut SystemTx,
    id: OrganizationId,
    is_active: bool,
    now: Timestamp,
) -> Result<()> {
    let q = sql(
        "UPDATE organizations SET is_active = $2, updated_at = $3 WHERE id = $1 AND id <> $4 AND delete_after IS NULL",
    );
    tx.conn().exec_one(q.bind(id).bind(is_active).bind(now).bind(PLATFORM)).await
}
