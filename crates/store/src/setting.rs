//! Settings of an organization: one JSON value a key.

use domain::Timestamp;
use serde_json::Value;

use crate::db::Result;
use crate::scope::{Scoped, Writing};

pub async fn get(tx: &mut impl Scoped, key: &str) -> Result<Option<Value>> {
    let q = tx.sql("SELECT value FROM settings WHERE organization_id = $1 AND key = $2").bind(key);
    tx.conn().scalar(q).await
}

pub async fn set(tx: &mut impl Writing, key: &str, value: &Value, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO settings (organization_id, key, value, updated_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        )
        .bind(key)
        .bind(value)
        .bind(now);
    tx.conn().exec_one(q).await
}
