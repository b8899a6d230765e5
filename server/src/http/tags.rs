//! `/api/v1/tags`: the tags of cases.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::case::Tag;
use domain::page::Page;
use domain::permission::{TagRead, TagWrite};
use domain::{TagId, Timestamp};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct TagItem {
    #[schema(value_type = Uuid)]
    id: TagId,
    /// As it is written; compared in lower case.
    name: String,
    /// Cases that have it.
    case_count: i64,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagIn {
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeIn {
    /// The tag that stays.
    #[schema(value_type = Uuid)]
    into: TagId,
}

#[derive(Serialize, ToSchema)]
pub struct TagsDone {
    /// Cases that were changed.
    cases: u64,
}

/// Tags, by name.
#[utoipa::path(get, path = "/api/v1/tags", tag = "tags", security(("api_key" = ["tag.read"])), responses(
    (status = 200, description = "All tags of the organization", body = schema::TagPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<TagItem>>, Problem> {
    let cx = caller.admit::<TagRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = cases::tags(&cx).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Add a tag that no case has yet.
#[utoipa::path(post, path = "/api/v1/tags", tag = "tags", security(("api_key" = ["tag.write"])), request_body = TagIn, responses(
    (status = 201, description = "The tag", body = TagItem),
    (status = 409, description = "There is a tag called that", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<(StatusCode, Json<TagItem>), Problem> {
    let cx = caller.admit::<TagWrite>()?;
    let TagIn { name } = read(&body)?;
    Ok((StatusCode::CREATED, Json(item(cases::create_tag(&cx, &name).await?))))
}

/// Give a tag another name.
#[utoipa::path(put, path = "/api/v1/tags/{id}", tag = "tags", security(("api_key" = ["tag.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the tag"),
), request_body = TagIn, responses(
    (status = 204, description = "It is called that"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Another tag is called that; merge them", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn rename(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<TagWrite>()?;
    let id = id_of(&id)?;
    let TagIn { name } = read(&body)?;
    cases::rename_tag(&cx, id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Merge a tag into another one: every case that has it has the other instead.
#[utoipa::path(post, path = "/api/v1/tags/{id}/merge", tag = "tags", security(("api_key" = ["tag.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the tag that goes"),
), request_body = MergeIn, responses(
    (status = 200, description = "How many cases were changed", body = TagsDone),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Both are the same", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn merge(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Json<TagsDone>, Problem> {
    let cx = caller.admit::<TagWrite>()?;
    let id = id_of(&id)?;
    let MergeIn { into } = read(&body)?;
    Ok(Json(TagsDone { cases: cases::merge_tags(&cx, id, into).await? }))
}

/// Take a tag off every case.
#[utoipa::path(delete, path = "/api/v1/tags/{id}", tag = "tags", security(("api_key" = ["tag.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the tag"),
), responses(
    (status = 200, description = "How many cases had it", body = TagsDone),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path(id): Path<String>) -> Result<Json<TagsDone>, Problem> {
    let cx = caller.admit::<TagWrite>()?;
    Ok(Json(TagsDone { cases: cases::delete_tag(&cx, id_of(&id)?).await? }))
}

fn item(tag: Tag) -> TagItem {
    let Tag { id, name, created_at, case_count } = tag;
    TagItem { id, name, case_count, created_at }
}

fn id_of(text: &str) -> Result<TagId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
