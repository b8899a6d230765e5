//! What there is to do in a case.

use domain::audit::{Action, AuditEntry};
use domain::case::{CaseTask, MAX_TASKS, NewTask, OpenTask, Step, TaskFilter};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseTaskId, Invalid, Timestamp};
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
        version: 1,
    };
    store::case::task::insert(&mut tx, case, &task).await?;
    finish(cx, tx, case, Step::TaskAdded, Action::CASE_TASK_ADDED, (Value::Null, told(&task))).await?;
    Ok(task)
}

/// What is to be done, by whom and until when. `version`: the one that the change was made from.
pub async fn change_task(
    cx: &Cx<CaseWrite>,
    case: CaseId,
    id: CaseTaskId,
    version: i64,
    new: NewTask,
) -> Result<()> {
    new.check()?;
    let (mut tx, old) = task(cx, case, id).await?;
    if old.version != version {
        return Err(super::stale());
    }
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

/// Changes places with the one before it, or the one behind it.
pub async fn move_task(cx: &Cx<CaseWrite>, case: CaseId, id: CaseTaskId, up: bool) -> Result<()> {
    let (mut tx, _) = task(cx, case, id).await?;
    let mut all = store::case::task::list(&mut tx, case).await?;
    let at = all.iter().position(|task| task.id == id).ok_or(Error::NotFound)?;
    let beside = if up { at.checked_sub(1) } else { Some(at + 1).filter(|at| *at < all.len()) };
    let Some(beside) = beside else { return Ok(()) };
    all.swap(at, beside);
    // Of merged cases several may have had the same place.
    for (task, position) in all.iter().zip(1_i64..) {
        if task.position != position {
            store::case::task::place(&mut tx, task.id, position).await?;
        }
    }
    let told =
        |position: usize| json!({ "task_id": id, "title": all[beside].title, "position": position + 1 });
    let (old, new) = (told(at), told(beside));
    finish(cx, tx, case, Step::TaskChanged, Action::CASE_TASK_UPDATED, (old, new)).await
}

/// A page of those that are not done, of all cases that are not resolved, the first due first.
pub async fn open_tasks(
    cx: &Cx<CaseRead>,
    filter: &TaskFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<OpenTask>> {
    let after = cursor.map(parse_cursor).transpose()?;
    let limit = limit.clamp(1, super::MAX_PAGE);
    let mut items = store::case::task::open(&mut cx.read().await?, filter, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more).map(|last| &last.task);
    let due = |task: &CaseTask| task.due_at.unwrap_or_else(Timestamp::far_future).micros();
    let next_cursor = last.map(|last| format!("{}.{}", due(last), last.id));
    Ok(Page { items, next_cursor })
}

/// How many [`open_tasks`] finds on all pages.
pub async fn count_open_tasks(cx: &Cx<CaseRead>, filter: &TaskFilter) -> Result<i64> {
    Ok(store::case::task::count_open(&mut cx.read().await?, filter).await?)
}

fn parse_cursor(text: &str) -> Result<(Timestamp, CaseTaskId)> {
    let place = || {
        let (due, id) = text.split_once('.')?;
        Some((Timestamp::from_micros(due.parse().ok()?)?, id.parse().ok()?))
    };
    place()
        .ok_or_else(|| Invalid::field("cursor", "not a cursor of this list; start again without it").into())
}

pub async fn task_of(cx: &Cx<CaseRead>, case: CaseId, id: CaseTaskId) -> Result<CaseTask> {
    store::case::task::get(&mut cx.read().await?, case, id).await?.ok_or(Error::NotFound)
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
    if !store::case::task::update(&mut tx, &new).await? {
        return Err(super::stale());
    }
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
