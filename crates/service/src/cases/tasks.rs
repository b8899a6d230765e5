//! What there is to do in a case.

use domain::audit::{Action, AuditEntry};
use domain::case::{CaseTask, MAX_TASKS, NewTask, Step};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseTaskId};
use serde_json::{Value, json};
use store::WriteTx;

use super::{is_member, locked, record, user};
use crate::{Cx, Error, Result};

/// In their order.
pub async fn tasks(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CaseTask>> {
    Ok(store::case::task::list(&mut cx.read().await?, case).await?)
}

pub async fn add_task(cx: &Cx<CaseWrite>, case: CaseId, new: NewTask) -> Result<CaseTask> {
    new.check()?;
    let (mut tx, _) = locked(cx, case).await?;
    is_member(&mut tx, new.assigned_to_id).await?;
    let tasks = store::case::task::list(&mut tx, case).await?;
    if tasks.len() >= MAX_TASKS {
        return Err(Error::Conflict("there are 200 tasks already; delete one first".to_owned()));
    }
    let task = CaseTask {
        id: cx.services.clock.id(),
        title: new.title.trim().to_owned(),
        assigned_to_id: new.assigned_to_id,
        assignee: None,
        due_at: new.due_at,
        position: tasks.last().map_or(1, |last| last.position + 1),
        created_at: tx.now(),
        completed_at: None,
        completed_by_id: None,
    };
    store::case::task::insert(&mut tx, case, &task).await?;
    finish(cx, tx, case, Step::TaskAdded, Action::CASE_TASK_ADDED, (Value::Null, told(&task))).await?;
    Ok(task)
}

pub async fn change_task(cx: &Cx<CaseWrite>, case: CaseId, id: CaseTaskId, new: NewTask) -> Result<()> {
    new.check()?;
    let (mut tx, old) = task(cx, case, id).await?;
    if new.assigned_to_id != old.assigned_to_id {
        is_member(&mut tx, new.assigned_to_id).await?;
    }
    let changed = CaseTask {
        title: new.title.trim().to_owned(),
        assigned_to_id: new.assigned_to_id,
        due_at: new.due_at,
        ..old.clone()
    };
    save(cx, tx, case, Step::TaskChanged, old, changed).await
}

/// Done, or not done after all.
pub async fn complete_task(cx: &Cx<CaseWrite>, case: CaseId, id: CaseTaskId, done: bool) -> Result<()> {
    let (tx, old) = task(cx, case, id).await?;
    if old.completed_at.is_some() == done {
        return Ok(());
    }
    let completed_at = done.then(|| tx.now());
    let completed_by_id = if done { user(cx) } else { None };
    let step = if done { Step::TaskDone } else { Step::TaskReopened };
    save(cx, tx, case, step, old.clone(), CaseTask { completed_at, completed_by_id, ..old }).await
}

pub async fn delete_task(cx: &Cx<CaseWrite>, case: CaseId, id: CaseTaskId) -> Result<()> {
    let (mut tx, old) = task(cx, case, id).await?;
    store::case::task::delete(&mut tx, id).await?;
    finish(cx, tx, case, Step::TaskDeleted, Action::CASE_TASK_DELETED, (told(&old), Value::Null)).await
}

async fn task(cx: &Cx<CaseWrite>, case: CaseId, id: CaseTaskId) -> Result<(WriteTx, CaseTask)> {
    let (mut tx, _) = locked(cx, case).await?;
    let task = store::case::task::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    Ok((tx, task))
}

async fn save(
    cx: &Cx<CaseWrite>,
    mut tx: WriteTx,
    case: CaseId,
    step: Step,
    old: CaseTask,
    new: CaseTask,
) -> Result<()> {
    if old == new {
        return Ok(());
    }
    store::case::task::update(&mut tx, &new).await?;
    finish(cx, tx, case, step, Action::CASE_TASK_UPDATED, (told(&old), told(&new))).await
}

async fn finish(
    cx: &Cx<CaseWrite>,
    mut tx: WriteTx,
    case: CaseId,
    step: Step,
    action: Action,
    (old, new): (Value, Value),
) -> Result<()> {
    let kept = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
    record(cx, &mut tx, case, step, (kept(&old), kept(&new)), None).await?;
    let some = |value: Value| Some(value).filter(|value| !value.is_null());
    tx.commit(AuditEntry::new(action, "case", case).change(some(old), some(new))).await?;
    Ok(())
}

fn told(task: &CaseTask) -> Value {
    json!({
        "task_id": task.id, "title": task.title, "assigned_to_id": task.assigned_to_id, "due_at": task.due_at,
        "completed_at": task.completed_at,
    })
}
