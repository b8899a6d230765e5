//! Tasks of cases.

use domain::case::CaseTask;
use domain::{CaseId, CaseTaskId};

use super::merge::{among, family};
use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(CaseTask {
    id,
    title,
    assigned_to_id,
    assignee,
    due_at,
    position,
    created_at,
    completed_at,
    completed_by_id
});

const COLUMNS: &str = "SELECT t.id, t.title, t.assigned_to_id, t.due_at, t.position, t.created_at, t.completed_at, t.completed_by_id,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = t.assigned_to_id) AS assignee
     FROM case_tasks t
     WHERE t.organization_id = $1";

/// Of a case and those in it, in their order.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<CaseTask>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND t.case_id IN (", &family).push(" ORDER BY t.position, t.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, case: CaseId, id: CaseTaskId) -> Result<Option<CaseTask>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND t.case_id IN (", &family).push(" AND t.id = ").arg(id);
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut WriteTx, case: CaseId, task: &CaseTask) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_tasks (organization_id, id, case_id, title, assigned_to_id, due_at, position, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(task.id)
        .bind(case)
        .bind(&task.title)
        .bind(task.assigned_to_id)
        .bind(task.due_at)
        .bind(task.position)
        .bind(task.created_at);
    tx.conn().exec_one(q).await
}

pub async fn update(tx: &mut WriteTx, task: &CaseTask) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE case_tasks
             SET title = $3, assigned_to_id = $4, due_at = $5, position = $6, completed_at = $7, completed_by_id = $8
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(task.id)
        .bind(&task.title)
        .bind(task.assigned_to_id)
        .bind(task.due_at)
        .bind(task.position)
        .bind(task.completed_at)
        .bind(task.completed_by_id);
    tx.conn().exec_one(q).await
}

pub async fn delete(tx: &mut WriteTx, id: CaseTaskId) -> Result<()> {
    let q = tx.sql("DELETE FROM case_tasks WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}
