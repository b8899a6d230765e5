//! `/api/v1/cases/{id}/merges`: cases that are one after all, and what takes them apart again.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use axum::response::Response;
use domain::case::Case;
use domain::case::merge::{Merge, Merging};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseActionId, CaseId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::{id_of, tagged_case, version_of};
use super::cases_bulk::{CaseBulkReport, report};
use super::etag::too_late;
use super::problem::{Problem, ProblemDocument};
use super::schema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseMergesIn {
    /// The cases that go into this one, at most 100.
    #[schema(value_type = Vec<Uuid>)]
    ids: Vec<CaseId>,
    /// Why, at most 2,000 characters.
    #[serde(default)]
    #[schema(required = false)]
    note: String,
}

/// A case that is in another.
#[derive(Serialize, ToSchema)]
pub struct CaseMergeItem {
    #[schema(value_type = Uuid)]
    case_id: CaseId,
    number: i64,
    title: String,
    /// What it was merged into, which may have been merged further since.
    #[schema(value_type = Uuid)]
    into_id: CaseId,
    /// All that were merged at once share it; `POST /api/v1/cases/bulk` undoes it.
    #[schema(value_type = Uuid)]
    action_id: CaseActionId,
    #[schema(required = true)]
    note: Option<String>,
    /// Null where an API key did it.
    #[schema(required = true, value_type = Option<Uuid>)]
    merged_by_id: Option<UserId>,
    merged_by: String,
    #[schema(value_type = DateTime<Utc>)]
    merged_at: Timestamp,
}

/// The cases that are in a case, the latest merged first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/merges", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All of them", body = schema::CaseMergePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseMergeItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let item = |(merge, case): (Merge, Case)| CaseMergeItem {
        case_id: case.id,
        number: case.number,
        title: case.title,
        into_id: merge.into_id,
        action_id: merge.action_id,
        note: merge.note,
        merged_by_id: merge.merged_by_id,
        merged_by: merge.merged_by,
        merged_at: merge.merged_at,
    };
    let items = cases::merged(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Merge cases into this one.
///
/// What they have is read in this case from then on; they keep their numbers, say `merged_into`, leave the lists and cannot be
/// changed until they are taken out. What could not be merged is said of each. With `If-Match` it is done only to the version that
/// was looked at (412).
#[utoipa::path(post, path = "/api/v1/cases/{id}/merges", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
    ("If-Match" = Option<String>, Header, description = "ETag of the case they go into"),
), request_body = CaseMergesIn, responses(
    (status = 200, description = "What became of each case", body = CaseBulkReport),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn merge(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<CaseBulkReport>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let version = if headers.contains_key(IF_MATCH) { Some(version_of(&headers)?) } else { None };
    let CaseMergesIn { ids, note } = read(&body)?;
    let ids: Vec<Merging> = ids.into_iter().map(|id| Merging { id, version: None }).collect();
    let done = cases::merge_cases(&cx, Merging { id, version }, &ids, &note).await.map_err(too_late)?;
    Ok(Json(report(done)))
}

/// Take a case out of the one it is in.
///
/// It has what it had, and what was done to that meanwhile.
#[utoipa::path(post, path = "/api/v1/cases/{id}/unmerge", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case that is taken out"),
), responses(
    (status = 200, description = "The case, its version in the ETag", body = super::cases::CaseItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is in no other case", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn unmerge(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    Ok(tagged_case(cases::unmerge(&cx, id).await?))
}
