//! What people typed and could not save; see `service::drafts`.

use domain::{OrganizationId, Timestamp, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Result, from_row, sql};
use crate::scope::{Scoped, SystemTx, Writing};

/// Whose form of which record.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub user: UserId,
    pub kind: &'static str,
    pub target: Uuid,
}

/// A form as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The version that it was made from.
    pub version: i64,
    pub fields: Value,
}

from_row!(Draft { version, fields });

/// In place of an older one.
pub async fn put(
    tx: &mut SystemTx,
    organization: OrganizationId,
    place: Place,
    draft: &Draft,
    now: Timestamp,
) -> Result<()> {
    let q = sql("INSERT INTO drafts (organization_id, user_id, kind, target_id, version, fields, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organization_id, user_id, kind, target_id)
         DO UPDATE SET version = excluded.version, fields = excluded.fields, made_at = excluded.made_at")
    .bind(organization)
    .bind(place.user)
    .bind(place.kind)
    .bind(place.target)
    .bind(draft.version)
    .bind(&draft.fields)
    .bind(now);
    tx.conn().exec_one(q).await
}

pub async fn get(tx: &mut impl Scoped, place: Place) -> Result<Option<Draft>> {
    let q = tx
        .sql(
            "SELECT version, fields
             FROM drafts
             WHERE organization_id = $1 AND user_id = $2 AND kind = $3 AND target_id = $4",
        )
        .bind(place.user)
        .bind(place.kind)
        .bind(place.target);
    tx.conn().opt(q).await
}

/// With the save that made it unnecessary.
pub async fn delete(tx: &mut impl Writing, place: Place) -> Result<()> {
    let q = tx
        .sql(
            "DELETE FROM drafts WHERE organization_id = $1 AND user_id = $2 AND kind = $3 AND target_id = $4",
        )
        .bind(place.user)
        .bind(place.kind)
        .bind(place.target);
    tx.conn().exec(q).await.map(drop)
}

/// Those made before `before`.
pub async fn forget(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM drafts WHERE made_at < $1").bind(before)).await
}
