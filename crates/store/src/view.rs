//! Saved views, and which one a person starts with.

use domain::view::{Area, View};
use domain::{UserId, ViewId};

use crate::db::{Result, from_row};
use crate::scope::{Scoped, Writing};

from_row!(View { id, area, name, query, shared, owner_id, owner, version, created_at, updated_at });

/// Those of a person and the shared ones, these first, each by name.
pub async fn list(tx: &mut impl Scoped, area: Area, user: Option<UserId>) -> Result<Vec<View>> {
    let q = tx
        .sql(
            "SELECT v.id, v.area, v.name, v.query, v.shared, v.owner_id, u.email AS owner, v.version, v.created_at, v.updated_at
             FROM views v
             LEFT JOIN users u ON u.id = v.owner_id
             WHERE v.organization_id = $1 AND v.area = $2 AND (v.shared OR v.owner_id = $3)
             ORDER BY v.shared DESC, v.name, v.id",
        )
        .bind(area.as_str())
        .bind(user);
    tx.conn().all(q).await
}

/// One that the person may see.
pub async fn get(tx: &mut impl Scoped, id: ViewId, user: Option<UserId>) -> Result<Option<View>> {
    let q = tx
        .sql(
            "SELECT v.id, v.area, v.name, v.query, v.shared, v.owner_id, u.email AS owner, v.version, v.created_at, v.updated_at
             FROM views v
             LEFT JOIN users u ON u.id = v.owner_id
             WHERE v.organization_id = $1 AND v.id = $2 AND (v.shared OR v.owner_id = $3)",
        )
        .bind(id)
        .bind(user);
    tx.conn().opt(q).await
}

/// How many views a person has for themselves, or how many are shared.
pub async fn count(tx: &mut impl Scoped, area: Area, shared: bool, owner: Option<UserId>) -> Result<i64> {
    let q = tx
        .sql(
            "SELECT count(*)
             FROM views
             WHERE organization_id = $1 AND area = $2 AND shared = $3 AND (shared OR owner_id = $4)",
        )
        .bind(area.as_str())
        .bind(shared)
        .bind(owner);
    Ok(tx.conn().scalar(q).await?.unwrap_or_default())
}

pub async fn insert(tx: &mut impl Writing, view: &View) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO views (organization_id, id, area, name, query, shared, owner_id, version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(view.id)
        .bind(view.area.as_str())
        .bind(&view.name)
        .bind(&view.query)
        .bind(view.shared)
        .bind(view.owner_id)
        .bind(view.version)
        .bind(view.created_at)
        .bind(view.updated_at);
    tx.conn().exec_one(q).await
}

/// Whether it still was the version before.
pub async fn update(tx: &mut impl Writing, view: &View) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE views
             SET name = $3, query = $4, shared = $5, owner_id = $6, version = $7, updated_at = $8
             WHERE organization_id = $1 AND id = $2 AND version = $7 - 1",
        )
        .bind(view.id)
        .bind(&view.name)
        .bind(&view.query)
        .bind(view.shared)
        .bind(view.owner_id)
        .bind(view.version)
        .bind(view.updated_at);
    Ok(tx.conn().exec(q).await? == 1)
}

/// Nobody starts with it any more either.
pub async fn delete(tx: &mut impl Writing, id: ViewId) -> Result<()> {
    let q = tx.sql("DELETE FROM views WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}

/// The view that a person starts with, while they may see it.
pub async fn default(tx: &mut impl Scoped, area: Area, user: UserId) -> Result<Option<ViewId>> {
    let q = tx
        .sql(
            "SELECT d.view_id
             FROM view_defaults d
             JOIN views v ON v.organization_id = d.organization_id AND v.id = d.view_id
             WHERE d.organization_id = $1 AND d.user_id = $2 AND d.area = $3 AND (v.shared OR v.owner_id = $2)",
        )
        .bind(user)
        .bind(area.as_str());
    tx.conn().scalar(q).await
}

/// `None`: with everything again.
pub async fn set_default(
    tx: &mut impl Writing,
    area: Area,
    user: UserId,
    view: Option<ViewId>,
) -> Result<()> {
    let Some(view) = view else {
        let q = tx
            .sql("DELETE FROM view_defaults WHERE organization_id = $1 AND user_id = $2 AND area = $3")
            .bind(user)
            .bind(area.as_str());
        return tx.conn().exec(q).await.map(drop);
    };
    let q = tx
        .sql(
            "INSERT INTO view_defaults (organization_id, user_id, area, view_id)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, user_id, area) DO UPDATE SET view_id = excluded.view_id",
        )
        .bind(user)
        .bind(area.as_str())
        .bind(view);
    tx.conn().exec_one(q).await
}
