//! `/api/v1/cases/{id}/entries`: what people put into a case's timeline themselves.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::case::entry::{CaseEntry, NewEntry};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseEntryId, Timestamp, UserId};
use serde::Serialize;
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::id_of;
use super::problem::{Problem, ProblemDocument};
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct CaseEntryItem {
    #[schema(value_type = Uuid)]
    id: CaseEntryId,
    /// When it happened.
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// Markdown; empty once it is deleted.
    content: String,
    #[schema(required = true)]
    system: Option<String>,
    #[schema(required = true, value_type = Option<Uuid>)]
    author_id: Option<UserId>,
    author: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    deleted_at: Option<Timestamp>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which domain::case::entry::NewEntry reads")]
pub struct NewEntryIn {
    /// When it happened.
    at: DateTime<Utc>,
    /// Markdown, at most 50,000 characters.
    content: String,
    /// The system it happened to.
    system: Option<String>,
}

/// What people put into the timeline of a case, by the time they tell of.
#[utoipa::path(get, path = "/api/v1/cases/{id}/entries", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All entries", body = schema::CaseEntryPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseEntryItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::entries(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Put something into the timeline of a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/entries", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = NewEntryIn, responses(
    (status = 201, description = "The entry", body = CaseEntryItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<CaseEntryItem>), Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    Ok((StatusCode::CREATED, Json(item(cases::add_entry(&cx, id, read::<NewEntry>(&body)?).await?))))
}

/// Take an entry back; only its author can. Its place stays.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/entries/{entry}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("entry" = uuid::Uuid, Path, description = "Id of the entry"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(
    caller: Caller,
    Path((id, entry)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let entry: CaseEntryId = entry.parse().map_err(|_| Problem::not_found())?;
    cases::delete_entry(&cx, id, entry).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(entry: CaseEntry) -> CaseEntryItem {
    let CaseEntry { id, at, content, system, author_id, author, created_at, deleted_at } = entry;
    CaseEntryItem { id, at, content, system, author_id, author, created_at, deleted_at }
}
