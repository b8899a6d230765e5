//! What an organization changed in the table of rules, and what it added.

use domain::Timestamp;
use serde_json::Value;

use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: String,
    pub definition: Value,
    pub is_enabled: bool,
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: String,
}

from_row!(Kept { id, definition, is_enabled, version, updated_at, updated_by });

const COLUMNS: &str = "SELECT id, definition, is_enabled, version, updated_at, updated_by FROM drift_rules WHERE organization_id = $1";

/// By id.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Kept>> {
    let q = tx.sql(COLUMNS);
    let mut found: Vec<Kept> = tx.conn().all(q).await?;
    // The databases order texts in their own ways.
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// A new one, unless somebody was faster; else the next version of the one that was seen. `false` where it is another one by now.
pub async fn put(tx: &mut WriteTx, rule: &Kept, seen: i64) -> Result<bool> {
    let q = if seen == 0 {
        tx.sql(
            "INSERT INTO drift_rules (organization_id, id, definition, is_enabled, version, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, 1, $5, $6)
             ON CONFLICT (organization_id, id) DO NOTHING",
        )
    } else {
        tx.sql(
            "UPDATE drift_rules
             SET definition = $3, is_enabled = $4, version = version + 1, updated_at = $5, updated_by = $6
             WHERE organization_id = $1 AND id = $2 AND version = $7",
        )
    };
    let q = q
        .bind(&rule.id)
        .bind(&rule.definition)
        .bind(rule.is_enabled)
        .bind(rule.updated_at)
        .bind(&rule.updated_by);
    let q = if seen == 0 { q } else { q.bind(seen) };
    Ok(tx.conn().exec(q).await? == 1)
}

/// `false` where there was none.
pub async fn delete(tx: &mut WriteTx, id: &str) -> Result<bool> {
    let q = tx.sql("DELETE FROM drift_rules WHERE organization_id = $1 AND id = $2").bind(id);
    Ok(tx.conn().exec(q).await? == 1)
}
