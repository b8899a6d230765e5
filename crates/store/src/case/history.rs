//! What happened to cases; rows are only added.

use std::collections::HashMap;

use domain::case::{Change, Step};
use domain::{CaseActionId, CaseId};

use crate::db::{Insert, Result, ToArg as _, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Change { id, case_id, at, actor_id, actor, step, old, new, reason, action_id, version });

static CHANGES: Insert = Insert {
    head: "INSERT INTO case_history (organization_id, case_id, seq, id, at, actor_id, actor, step, old_values, new_values, reason,
                                      action_id, version) VALUES",
    columns: 13,
    tail: "",
};

/// Of a case that is locked.
pub async fn add(tx: &mut WriteTx, change: &Change) -> Result<()> {
    add_many(tx, std::slice::from_ref(change)).await
}

/// Of cases that are locked; the changes of one case in their order.
pub async fn add_many(tx: &mut WriteTx, changes: &[Change]) -> Result<()> {
    let mut last: HashMap<CaseId, i64> = HashMap::new();
    for changes in changes.chunks(500) {
        let q = tx
            .sql("SELECT case_id, max(seq) AS last FROM case_history WHERE organization_id = $1 AND case_id IN (")
            .list(changes.iter().map(|change| change.case_id))
            .push(") GROUP BY case_id");
        for row in tx.conn().rows(q).await? {
            last.insert(row.get("case_id")?, row.get("last")?);
        }
    }
    let organization = tx.organization();
    let args = changes.iter().flat_map(|change| {
        let seq = last.entry(change.case_id).or_default();
        *seq += 1;
        [
            organization.to_arg(),
            change.case_id.to_arg(),
            seq.to_arg(),
            change.id.to_arg(),
            change.at.to_arg(),
            change.actor_id.to_arg(),
            change.actor.as_str().to_arg(),
            change.step.as_str().to_arg(),
            (&change.old).to_arg(),
            (&change.new).to_arg(),
            change.reason.as_deref().to_arg(),
            change.action_id.to_arg(),
            change.version.to_arg(),
        ]
    });
    tx.conn().insert_many(&CHANGES, changes.len(), args).await?;
    Ok(())
}

/// Of a case and those in it, the latest first, at most `limit`.
pub async fn list(tx: &mut impl Scoped, case: CaseId, limit: u32) -> Result<Vec<Change>> {
    let family = super::merge::family(tx, case).await?;
    let q = tx.sql(
        "SELECT id, case_id, at, actor_id, actor, step, old_values AS old, new_values AS new, reason, action_id, version
         FROM case_history
         WHERE organization_id = $1",
    );
    let alone = family.len() == 1;
    let q = super::merge::among(q, " AND case_id IN (", &family);
    // Of one case the key gives the order.
    let q = q.push(if alone {
        " ORDER BY seq DESC LIMIT "
    } else {
        " ORDER BY at DESC, case_id DESC, seq DESC LIMIT "
    });
    tx.conn().all(q.arg(limit)).await
}

/// How much happened to a case and those in it: the steps of its history and its notes, of which neither ever gets less.
pub async fn length(tx: &mut impl Scoped, case: CaseId) -> Result<i64> {
    let family = super::merge::family(tx, case).await?;
    let q = tx.sql("SELECT (SELECT count(*) FROM case_history WHERE organization_id = $1");
    let q = super::merge::among(q, " AND case_id IN (", &family);
    let q = q.push(") + (SELECT count(*) FROM case_notes WHERE organization_id = $1");
    let q = super::merge::among(q, " AND case_id IN (", &family).push(") AS n");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// The changes that made a case newer than a version, the latest first.
pub async fn since(tx: &mut impl Scoped, case: CaseId, version: i64) -> Result<Vec<Change>> {
    let q = tx
        .sql(
            "SELECT id, case_id, at, actor_id, actor, step, old_values AS old, new_values AS new, reason, action_id, version
             FROM case_history
             WHERE organization_id = $1 AND case_id = $2 AND version > $3
             ORDER BY version DESC",
        )
        .bind(case)
        .bind(version);
    tx.conn().all(q).await
}

/// What an action did, one change a case.
pub async fn of_action(tx: &mut impl Scoped, action: CaseActionId) -> Result<Vec<Change>> {
    let q = tx
        .sql(
            "SELECT id, case_id, at, actor_id, actor, step, old_values AS old, new_values AS new, reason, action_id, version
             FROM case_history
             WHERE organization_id = $1 AND action_id = $2
             ORDER BY case_id",
        )
        .bind(action);
    tx.conn().all(q).await
}

/// The step that an action was, and how many cases it changed.
pub async fn count_of_action(tx: &mut impl Scoped, action: CaseActionId) -> Result<Option<(Step, i64)>> {
    let q = tx
        .sql(
            "SELECT min(step) AS step, count(*) AS n
             FROM case_history
             WHERE organization_id = $1 AND action_id = $2
             HAVING count(*) > 0",
        )
        .bind(action);
    let rows = tx.conn().rows(q).await?;
    rows.first().map(|row| Ok((row.get("step")?, row.get("n")?))).transpose()
}
