//! `/api/v1/cases/{id}/tasks`: what there is to do in a case, in its order; `/api/v1/tasks`: in all of them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::case::{CaseTask, NewTask, OpenTask, TaskFilter};
use domain::group::Assignee;
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseTaskId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, read};
use super::cases::{assignee, id_of, version_of};
use super::etag::{tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct CaseTaskItem {
    #[schema(value_type = Uuid)]
    id: CaseTaskId,
    title: String,
    #[schema(required = true, value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
    /// Name of the member who has it.
    #[schema(required = true)]
    assignee: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    due_at: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    completed_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<Uuid>)]
    completed_by_id: Option<UserId>,
    /// Counts the changes; the ETag holds it.
    version: i64,
}

/// A task that is not done, with its case.
#[derive(Serialize, ToSchema)]
pub struct OpenTaskItem {
    /// What a case that was merged has is told of the one it went into.
    #[schema(value_type = Uuid)]
    case_id: CaseId,
    /// Number of the case.
    number: i64,
    /// Title of the case.
    case_title: String,
    task: CaseTaskItem,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which domain::case::NewTask reads")]
pub struct NewTaskIn {
    /// At most 200 characters.
    title: String,
    assigned_to_id: Option<uuid::Uuid>,
    due_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskDoneIn {
    /// Done, or not done after all.
    done: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskMoveIn {
    /// It changes places with the one before it; else with the one behind it.
    up: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct TaskParameters {
    /// Id of a member, or `nobody`.
    assigned_to: Option<String>,
    /// `true`: those whose time is over.
    overdue: Option<bool>,
    /// At most 200.
    #[param(minimum = 1)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Open tasks of all cases that are not resolved, the first due first.
#[utoipa::path(get, path = "/api/v1/tasks", tag = "cases", security(("api_key" = ["case.read"])), params(TaskParameters), responses(
    (status = 200, description = "Those that are due first", body = schema::OpenTaskPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn open(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<OpenTaskItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let assigned_to: Option<Assignee> =
        query.one::<String>("assigned_to").and_then(|text| assignee(&mut query, &text));
    let overdue_at = query.one::<bool>("overdue").unwrap_or_default().then(|| cx.now());
    let limit = super::api::limit(&mut query);
    let cursor = query.one::<String>("cursor");
    query.done()?;
    let filter = TaskFilter { assigned_to, overdue_at };
    let found = cases::open_tasks(&cx, &filter, limit, cursor.as_deref()).await?;
    let one = |open: OpenTask| OpenTaskItem {
        case_id: open.case_id,
        number: open.number,
        case_title: open.title,
        task: item(open.task),
    };
    Ok(Json(Page { items: found.items.into_iter().map(one).collect(), next_cursor: found.next_cursor }))
}

/// The tasks of a case, in their order.
#[utoipa::path(get, path = "/api/v1/cases/{id}/tasks", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All tasks", body = schema::CaseTaskPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseTaskItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::tasks(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Add a task; it comes last.
#[utoipa::path(post, path = "/api/v1/cases/{id}/tasks", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = NewTaskIn, responses(
    (status = 201, description = "The task, its version in the ETag", body = CaseTaskItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let task = cases::add_task(&cx, id, read::<NewTask>(&body)?).await?;
    let tag = task.version.to_string();
    Ok(tagged(StatusCode::CREATED, item(task), &tag))
}

/// One task of a case.
#[utoipa::path(get, path = "/api/v1/cases/{id}/tasks/{task}", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("task" = uuid::Uuid, Path, description = "Id of the task"),
), responses(
    (status = 200, description = "The task, its version in the ETag", body = CaseTaskItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path((id, task)): Path<(String, String)>) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let task = cases::task_of(&cx, id, task_id(&task)?).await?;
    let tag = task.version.to_string();
    Ok(tagged(StatusCode::OK, item(task), &tag))
}

/// Change what is to be done, by whom and until when.
///
/// `If-Match` carries the version that the change was made from: without it 428, and 412 when somebody was faster.
#[utoipa::path(put, path = "/api/v1/cases/{id}/tasks/{task}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("task" = uuid::Uuid, Path, description = "Id of the task"),
    ("If-Match" = String, Header, description = "Version of the task that was changed"),
), request_body = NewTaskIn, responses(
    (status = 204, description = "It is changed"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(
    caller: Caller,
    Path((id, task)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, task) = (id_of(&caller, &id).await?, task_id(&task)?);
    let version = version_of(&headers)?;
    cases::change_task(&cx, id, task, version, read::<NewTask>(&body)?).await.map_err(too_late)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tick a task off, or open it again.
#[utoipa::path(post, path = "/api/v1/cases/{id}/tasks/{task}/complete", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("task" = uuid::Uuid, Path, description = "Id of the task"),
), request_body = TaskDoneIn, responses(
    (status = 204, description = "It is so"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn complete(
    caller: Caller,
    Path((id, task)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, task) = (id_of(&caller, &id).await?, task_id(&task)?);
    let TaskDoneIn { done } = read(&body)?;
    cases::complete_task(&cx, id, task, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a task another place in the order.
#[utoipa::path(post, path = "/api/v1/cases/{id}/tasks/{task}/move", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("task" = uuid::Uuid, Path, description = "Id of the task"),
), request_body = TaskMoveIn, responses(
    (status = 204, description = "It is moved, or stood at that end already"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn place(
    caller: Caller,
    Path((id, task)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, task) = (id_of(&caller, &id).await?, task_id(&task)?);
    let TaskMoveIn { up } = read(&body)?;
    cases::move_task(&cx, id, task, up).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a task.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/tasks/{task}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("task" = uuid::Uuid, Path, description = "Id of the task"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path((id, task)): Path<(String, String)>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, task) = (id_of(&caller, &id).await?, task_id(&task)?);
    cases::delete_task(&cx, id, task).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn task_id(text: &str) -> Result<CaseTaskId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn item(task: CaseTask) -> CaseTaskItem {
    CaseTaskItem {
        id: task.id,
        title: task.title,
        assigned_to_id: task.assigned_to_id,
        assignee: task.assignee,
        due_at: task.due_at,
        created_at: task.created_at,
        completed_at: task.completed_at,
        completed_by_id: task.completed_by_id,
        version: task.version,
    }
}
