//! `/api/v1/tags`: the tags of cases.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::case::Tag;
use domain::page::Page;
use domain::permission::{TagRead, TagWrite};
use domain::{TagId, Timestamp};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{seen, tagged, too_late};
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
    /// Its ETag: counts its names, from 1.
    version: i64,
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
    (status = 201, description = "The tag, its version in the ETag", body = TagItem),
    (status = 409, description = "There is a tag called that", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<TagWrite>()?;
    let TagIn { name } = read(&body)?;
    Ok(answer(StatusCode::CREATED, cases::create_tag(&cx, &name).await?))
}

/// Give a tag another name. `If-Match` carries the version that was seen: without it 428, and 412 when somebody was faster.
#[utoipa::path(put, path = "/api/v1/tags/{id}", tag = "tags", security(("api_key" = ["tag.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the tag"),
    ("If-Match" = String, Header, description = "Version of the tag that was changed"),
), request_body = TagIn, responses(
    (status = 200, description = "The tag, its version in the ETag", body = TagItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Another tag is called that; merge them", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn rename(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let cx = caller.admit::<TagWrite>()?;
    let id = id_of(&id)?;
    let seen =
        seen(&headers)?.parse().map_err(|_| Problem::bad_request("If-Match is not an ETag of this"))?;
    let TagIn { name } = read(&body)?;
    let renamed = cases::rename_tag_seen(&cx, id, seen, &name).await.map_err(too_late)?;
    Ok(answer(StatusCode::OK, renamed))
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

fn answer(status: StatusCode, tag: Tag) -> Response {
    let version = tag.version.to_string();
    tagged(status, item(tag), &version)
}

fn item(tag: Tag) -> TagItem {
    let Tag { id, name, created_at, case_count, version } = tag;
    TagItem { id, name, case_count, created_at, version }
}

fn id_of(text: &str) -> Result<TagId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
