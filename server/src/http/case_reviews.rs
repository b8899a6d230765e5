//! `/api/v1/cases/{id}/reviews`: who asked to close a case, and what somebody else said. Only people answer, so there is nothing
//! to write here.

use axum::Json;
use axum::extract::Path;
use domain::case::Resolution;
use domain::case::review::{Review, ReviewState};
use domain::page::Page;
use domain::permission::CaseRead;
use domain::{CaseReviewId, Timestamp, UserId};
use serde::Serialize;
use service::cases;
use utoipa::ToSchema;

use super::api::Caller;
use super::cases::{ResolutionWord, word_schema};
use super::problem::{Problem, ProblemDocument};
use super::schema;

word_schema! {
    CaseReviewStateWord {
        Requested = "requested", Approved = "approved", Returned = "returned", Withdrawn = "withdrawn"
    }
}

#[derive(Serialize, ToSchema)]
pub struct CaseReviewItem {
    #[schema(value_type = Uuid)]
    id: CaseReviewId,
    #[schema(value_type = CaseReviewStateWord)]
    state: ReviewState,
    #[schema(value_type = ResolutionWord)]
    resolution: Resolution,
    reason: String,
    /// Of an API key: who made it.
    #[schema(required = true, value_type = Option<Uuid>)]
    requested_by_id: Option<UserId>,
    requested_by: String,
    #[schema(value_type = DateTime<Utc>)]
    requested_at: Timestamp,
    #[schema(required = true)]
    decided_by: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    decided_at: Option<Timestamp>,
    /// Why it was returned, or the note of who closed it.
    #[schema(required = true)]
    decision: Option<String>,
}

/// Who asked to close a case, and what was said, the latest first, at most 100.
#[utoipa::path(get, path = "/api/v1/cases/{id}/reviews", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All reviews", body = schema::CaseReviewPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseReviewItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let item = |review: Review| CaseReviewItem {
        id: review.id,
        state: review.state,
        resolution: review.resolution,
        reason: review.reason,
        requested_by_id: review.requested_by_id,
        requested_by: review.requested_by,
        requested_at: review.requested_at,
        decided_by: review.decided_by,
        decided_at: review.decided_at,
        decision: review.decision,
    };
    let items = cases::reviews(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}
