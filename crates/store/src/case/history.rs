//! What happened to cases; rows are only added.

use domain::CaseId;
use domain::case::Change;

use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Change { id, case_id, at, actor_id, actor, step, old, new, reason });

/// Of a case that is locked.
pub async fn add(tx: &mut WriteTx, change: &Change) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_history (organization_id, case_id, id, at, actor_id, actor, step, old_values, new_values, reason, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                     (SELECT COALESCE(max(h.seq), 0) + 1 FROM case_history h WHERE h.organization_id = $1 AND h.case_id = $2))",
        )
        .bind(change.case_id)
        .bind(change.id)
        .bind(change.at)
        .bind(change.actor_id)
        .bind(&change.actor)
        .bind(change.step.as_str())
        .bind(&change.old)
        .bind(&change.new)
        .bind(change.reason.as_deref());
    tx.conn().exec_one(q).await
}

/// The latest first, at most `limit`.
pub async fn list(tx: &mut impl Scoped, case: CaseId, limit: u32) -> Result<Vec<Change>> {
    let q = tx
        .sql(
            "SELECT id, case_id, at, actor_id, actor, step, old_values AS old, new_values AS new, reason
             FROM case_history
             WHERE organization_id = $1 AND case_id = $2
             ORDER BY seq DESC
             LIMIT $3",
        )
        .bind(case)
        .bind(limit);
    tx.conn().all(q).await
}
