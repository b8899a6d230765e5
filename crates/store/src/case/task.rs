//! Tasks of cases.

use domain::case::{CaseTask, OpenTask, TaskFilter};
use domain::group::Assignee;
use domain::{CaseId, CaseTaskId, Timestamp};

use super::merge::{among, family};
use crate::db::{FromDb, Result, Row, Sql, from_row};
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
    completed_by_id,
    version
});

impl FromDb for OpenTask {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            task: CaseTask::from_db(row)?,
            case_id: row.get("case_id")?,
            number: row.get("case_number")?,
            title: row.get("case_title")?,
        })
    }
}

const COLUMNS: &str = "SELECT t.id, t.title, t.assigned_to_id, t.due_at, t.position, t.created_at, t.completed_at, t.completed_by_id, t.version,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = t.assigned_to_id) AS assignee
     FROM case_tasks t
     WHERE t.organization_id = $1";

/// Of a case and those in it, in their order.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<CaseTask>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND t.case_id IN (", &family).push(" ORDER BY t.position, t.id");
    tx.conn().all(q).await
}

/// Of all cases that are not resolved, those that are not done, the first due first. What is in a case that was merged is told of
/// the one it went into. `after`: where the page before ended, the time that was due ([`Timestamp::far_future`] for none) and the id.
pub async fn open(
    tx: &mut impl Scoped,
    filter: &TaskFilter,
    after: Option<(Timestamp, CaseTaskId)>,
    limit: u32,
) -> Result<Vec<OpenTask>> {
    let q = tx.sql(
        "SELECT t.id, t.title, t.assigned_to_id, t.due_at, t.position, t.created_at, t.completed_at, t.completed_by_id, t.version,
                (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = t.assigned_to_id) AS assignee,
                h.id AS case_id, h.number AS case_number, h.title AS case_title
         FROM case_tasks t
         JOIN cases c ON c.organization_id = t.organization_id AND c.id = t.case_id
         JOIN cases h ON h.organization_id = c.organization_id AND h.id = COALESCE(c.merged_into, c.id)
         WHERE t.organization_id = $1 AND t.completed_at IS NULL AND h.status <> 'resolved'",
    );
    let mut q = narrow(q, filter);
    if let Some((due, id)) = after {
        q = q.push(" AND (COALESCE(t.due_at, ").arg(Timestamp::far_future()).push("), t.id) > (").arg(due);
        q = q.push(", ").arg(id).push(")");
    }
    let q = q.push(" ORDER BY COALESCE(t.due_at, ").arg(Timestamp::far_future());
    tx.conn().all(q.push("), t.id LIMIT ").arg(limit)).await
}

/// How many [`open`] finds.
pub async fn count_open(tx: &mut impl Scoped, filter: &TaskFilter) -> Result<i64> {
    let q = tx.sql(
        "SELECT count(*)
         FROM case_tasks t
         JOIN cases c ON c.organization_id = t.organization_id AND c.id = t.case_id
         JOIN cases h ON h.organization_id = c.organization_id AND h.id = COALESCE(c.merged_into, c.id)
         WHERE t.organization_id = $1 AND t.completed_at IS NULL AND h.status <> 'resolved'",
    );
    Ok(tx.conn().scalar(narrow(q, filter)).await?.unwrap_or(0))
}

fn narrow(mut q: Sql, filter: &TaskFilter) -> Sql {
    match filter.assigned_to {
        None => {}
        Some(Assignee::Nobody) => q = q.push(" AND t.assigned_to_id IS NULL"),
        Some(Assignee::User(user)) => q = q.push(" AND t.assigned_to_id = ").arg(user),
    }
    match filter.overdue_at {
        None => q,
        Some(now) => q.push(" AND t.due_at < ").arg(now),
    }
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

/// Another version of it. `false`: the one before is not there any more.
pub async fn update(tx: &mut WriteTx, task: &CaseTask) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE case_tasks
             SET title = $3, assigned_to_id = $4, due_at = $5, position = $6, completed_at = $7, completed_by_id = $8,
                 version = version + 1
             WHERE organization_id = $1 AND id = $2 AND version = $9",
        )
        .bind(task.id)
        .bind(&task.title)
        .bind(task.assigned_to_id)
        .bind(task.due_at)
        .bind(task.position)
        .bind(task.completed_at)
        .bind(task.completed_by_id)
        .bind(task.version);
    Ok(tx.conn().exec(q).await? > 0)
}

/// Its place in the order; no other version.
pub async fn place(tx: &mut WriteTx, id: CaseTaskId, position: i64) -> Result<()> {
    let q = tx.sql("UPDATE case_tasks SET position = $3 WHERE organization_id = $1 AND id = $2");
    tx.conn().exec_one(q.bind(id).bind(position)).await
}

pub async fn delete(tx: &mut WriteTx, id: CaseTaskId) -> Result<()> {
    let q = tx.sql("DELETE FROM case_tasks WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}
