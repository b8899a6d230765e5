//! `/api/v1/recommendations` and how the rules that recommend fare; those of a drift are told with it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use domain::page::Page;
use domain::permission::{DriftRead, DriftWrite};
use domain::recommendation::{
    Effort, ImplementationStep, Recommendation, RecommendationStatus, RecommendationType, RecommendedBy,
    Urgency,
};
use domain::{DriftActionId, RecommendationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::drifts::{self, Record};
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::word_schema;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! {
    RecommendationTypeWord {
        AutoRevert = "auto_revert", CodifyIac = "codify_iac", EscalateReview = "escalate_review",
        AcceptException = "accept_exception", ManualReview = "manual_review"
    }
    UrgencyWord { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
    EffortWord { Minutes = "minutes", Hours = "hours", Days = "days" }
    RecommendedByWord { Rule = "rule", MlModel = "ml_model", AiAgent = "ai_agent", Human = "human" }
    RecommendationStatusWord {
        Open = "open", Implemented = "implemented", Dismissed = "dismissed", Expired = "expired", Superseded = "superseded"
    }
}

#[derive(Serialize, ToSchema)]
pub struct RecommendationStep {
    text: String,
    /// A command or a piece of code.
    #[schema(required = true)]
    code: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    done_at: Option<Timestamp>,
    #[schema(required = true)]
    done_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RecommendationItem {
    #[schema(value_type = Uuid)]
    id: RecommendationId,
    /// Which rule made it.
    rule: String,
    #[schema(value_type = RecommendationTypeWord)]
    recommendation_type: RecommendationType,
    #[schema(value_type = UrgencyWord)]
    priority: Urgency,
    confidence_score: f64,
    rationale: String,
    /// In order.
    implementation_steps: Vec<RecommendationStep>,
    /// success_probability, 0 to 1, and potential_impacts.
    #[schema(value_type = Object)]
    risk_assessment: Value,
    #[schema(value_type = EffortWord)]
    estimated_effort: Effort,
    #[schema(value_type = RecommendedByWord)]
    recommended_by: RecommendedBy,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = RecommendationStatusWord)]
    status: RecommendationStatus,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    decided_at: Option<Timestamp>,
    #[schema(required = true)]
    decided_by: Option<String>,
    #[schema(required = true)]
    note: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    implemented_at: Option<Timestamp>,
    /// What a later push said of it: success, words, at.
    #[schema(required = true, value_type = Option<Object>)]
    implementation_result: Option<Value>,
}

/// How the advice of a rule fared in the last half year.
#[derive(Serialize, ToSchema)]
pub struct RecommendationRuleItem {
    rule: &'static str,
    what: &'static str,
    made: i64,
    implemented: i64,
    dismissed: i64,
    expired: i64,
    succeeded: i64,
    failed: i64,
    /// Done, of those answered; null without any.
    #[schema(required = true)]
    adoption_rate: Option<f64>,
    /// Held, of those judged; null without any.
    #[schema(required = true)]
    success_rate: Option<f64>,
    /// Its advice is ranked lower.
    is_demoted: bool,
}

/// The rules that recommend, and how their advice fares.
#[utoipa::path(get, path = "/api/v1/recommendation-rules", tag = "drift", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "All rules", body = schema::RecommendationRulePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn rules(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<RecommendationRuleItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let item = |Record { rule, what, track }: Record| RecommendationRuleItem {
        rule,
        what,
        made: track.made,
        implemented: track.implemented,
        dismissed: track.dismissed,
        expired: track.expired,
        succeeded: track.succeeded,
        failed: track.failed,
        adoption_rate: track.adoption(),
        success_rate: track.success(),
        is_demoted: track.is_poor(),
    };
    let items = drifts::records(&cx).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepsIn {
    /// Steps that are done, from 0; the others are not.
    done: Vec<usize>,
}

/// Tick the steps of a recommendation.
#[utoipa::path(post, path = "/api/v1/recommendations/{id}/steps", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the recommendation"),
), request_body = StepsIn, responses(
    (status = 200, description = "The recommendation", body = RecommendationItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn steps(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<RecommendationItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let StepsIn { done } = read(&body)?;
    Ok(Json(item(drifts::tick(&cx, id, &done).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImplementIn {
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(required = false)]
    note: String,
}

#[derive(Serialize, ToSchema)]
pub struct ImplementedItem {
    /// To undo it by (`POST /api/v1/drifts/actions`); null of a look, which resolves nothing.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<DriftActionId>,
}

/// Say that a recommendation was done. It resolves the drift; the next push says whether it held.
///
/// One to escalate is done by `POST /api/v1/drifts/{id}/escalate`, one to accept by `POST /api/v1/drifts/{id}/accept`.
#[utoipa::path(post, path = "/api/v1/recommendations/{id}/implement", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the recommendation"),
), request_body = ImplementIn, responses(
    (status = 200, description = "It is done", body = ImplementedItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is not open, or is done in another way", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn implement(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ImplementedItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let ImplementIn { note } = read(&body)?;
    Ok(Json(ImplementedItem { action_id: drifts::implement(&cx, id, &note).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissIn {
    /// At most 2,000 characters.
    reason: String,
}

/// Dismiss a recommendation.
#[utoipa::path(post, path = "/api/v1/recommendations/{id}/dismiss", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the recommendation"),
), request_body = DismissIn, responses(
    (status = 204, description = "It is dismissed"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is not open", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn dismiss(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<axum::http::StatusCode, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let DismissIn { reason } = read(&body)?;
    drifts::dismiss(&cx, id, &reason).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

pub(super) fn item(found: Recommendation) -> RecommendationItem {
    let step = |ImplementationStep { text, code, done_at, done_by }| RecommendationStep {
        text,
        code,
        done_at,
        done_by,
    };
    RecommendationItem {
        id: found.id,
        rule: found.rule,
        recommendation_type: found.recommendation_type,
        priority: found.priority,
        confidence_score: found.confidence_score,
        rationale: found.rationale,
        implementation_steps: found.steps.into_iter().map(step).collect(),
        risk_assessment: found.risk_assessment,
        estimated_effort: found.estimated_effort,
        recommended_by: found.recommended_by,
        created_at: found.created_at,
        expires_at: found.expires_at,
        status: found.status,
        decided_at: found.decided_at,
        decided_by: found.decided_by,
        note: found.note,
        implemented_at: found.implemented_at,
        implementation_result: found.implementation_result,
    }
}
