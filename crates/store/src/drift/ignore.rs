//! What is left out of drifts.

use std::collections::HashMap;

use domain::drift::Ignore;
use domain::{DriftActionId, DriftId, DriftIgnoreId, Timestamp};

use super::CHUNK;
use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Ignore {
    id,
    scope,
    iac_resource_id,
    resource_id,
    resource_type,
    environment_id,
    environment,
    property_path,
    reason,
    created_by_id,
    created_by,
    created_at,
    expires_at,
    lifted_at,
    lifted_by,
    action_id,
    hits,
    last_hit_at
});

const COLUMNS: &str =
    "SELECT i.id, i.scope, i.iac_resource_id,
            (SELECT r.resource_id FROM iac_resources r WHERE r.organization_id = $1 AND r.id = i.iac_resource_id) AS resource_id,
            i.resource_type, i.environment_id,
            (SELECT e.slug FROM environments e WHERE e.organization_id = $1 AND e.id = i.environment_id) AS environment,
            i.property_path, i.reason, i.created_by_id, i.created_by, i.created_at, i.expires_at, i.lifted_at, i.lifted_by, i.action_id, i.hits,
            i.last_hit_at
     FROM drift_ignores i
     WHERE i.organization_id = $1";

/// The latest first, also those that have ended.
pub async fn list(tx: &mut impl Scoped, limit: u32) -> Result<Vec<Ignore>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY i.created_at DESC, i.id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// Those that hold at an instant.
pub async fn in_force(tx: &mut impl Scoped, now: Timestamp) -> Result<Vec<Ignore>> {
    let q = tx
        .sql(COLUMNS)
        .push(" AND i.lifted_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > ")
        .arg(now)
        .push(") ORDER BY i.created_at, i.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: DriftIgnoreId) -> Result<Option<Ignore>> {
    let q = tx.sql(COLUMNS).push(" AND i.id = ").arg(id);
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut WriteTx, new: &Ignore) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO drift_ignores (organization_id, id, scope, iac_resource_id, resource_type, environment_id, property_path, reason,
                                        created_by_id, created_by, created_at, expires_at, action_id, hits)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)",
        )
        .bind(new.id)
        .bind(new.scope.as_str())
        .bind(new.iac_resource_id)
        .bind(new.resource_type.as_deref())
        .bind(new.environment_id)
        .bind(&new.property_path)
        .bind(&new.reason)
        .bind(new.created_by_id)
        .bind(&new.created_by)
        .bind(new.created_at)
        .bind(new.expires_at)
        .bind(new.action_id);
    tx.conn().exec_one(q).await
}

/// It holds no more. `false` where it was lifted before.
pub async fn lift(tx: &mut WriteTx, id: DriftIgnoreId, by: &str) -> Result<bool> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE drift_ignores SET lifted_at = $3, lifted_by = $4
             WHERE organization_id = $1 AND id = $2 AND lifted_at IS NULL",
        )
        .bind(id)
        .bind(now)
        .bind(by);
    Ok(tx.conn().exec(q).await? == 1)
}

/// Those in force that an action made.
pub async fn of_action(tx: &mut impl Scoped, action: DriftActionId) -> Result<Vec<Ignore>> {
    let q = tx.sql(COLUMNS).push(" AND i.lifted_at IS NULL AND i.action_id = ").arg(action);
    tx.conn().all(q.push(" ORDER BY i.id")).await
}

/// The paths of drifts that a rule leaves out.
pub async fn marked(
    tx: &mut impl Scoped,
    drifts: &[DriftId],
    rule: DriftIgnoreId,
) -> Result<HashMap<DriftId, Vec<String>>> {
    let mut found: HashMap<DriftId, Vec<String>> = HashMap::new();
    for drifts in drifts.chunks(CHUNK) {
        let q = tx
            .sql("SELECT drift_event_id, property_path FROM drift_changes WHERE organization_id = $1 AND ignored_by = $2 AND drift_event_id IN (")
            .bind(rule)
            .list(drifts.iter().copied())
            .push(") ORDER BY drift_event_id, id");
        for row in tx.conn().rows(q).await? {
            found.entry(row.get("drift_event_id")?).or_default().push(row.get("property_path")?);
        }
    }
    Ok(found)
}

/// Tells changes of a drift again.
pub async fn unmark(tx: &mut WriteTx, drift: DriftId, paths: &[String]) -> Result<()> {
    for paths in paths.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql("UPDATE drift_changes SET ignored_by = NULL WHERE organization_id = $1 AND drift_event_id = $2 AND property_path IN (")
            .bind(drift)
            .list(paths.iter())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// A push had what it leaves out, so many times.
pub async fn hit(tx: &mut WriteTx, id: DriftIgnoreId, times: i64) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE drift_ignores SET hits = hits + $3, last_hit_at = $4
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(times)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// Marks changes of a drift as left out.
pub async fn mark(tx: &mut WriteTx, drift: DriftId, rule: DriftIgnoreId, paths: &[String]) -> Result<()> {
    // Grown below.
    let q = tx
        .sql("UPDATE drift_changes SET ignored_by = $3 WHERE organization_id = $1 AND drift_event_id = $2 AND property_path IN (")
        .bind(drift)
        .bind(rule)
        .list(paths.iter())
        .push(")");
    tx.conn().exec(q).await?;
    Ok(())
}

/// The drift is known by fewer paths now. `false` where another drift of the resource is known by these already.
pub async fn rename(tx: &mut WriteTx, drift: DriftId, fingerprint: &str) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE drift_events SET fingerprint = $3
             WHERE organization_id = $1 AND id = $2
               AND NOT EXISTS (SELECT 1 FROM drift_events o
                               WHERE o.organization_id = $1 AND o.iac_resource_id = drift_events.iac_resource_id AND o.fingerprint = $3)",
        )
        .bind(drift)
        .bind(fingerprint);
    Ok(tx.conn().exec(q).await? == 1)
}
