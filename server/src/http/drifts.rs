//! `/api/v1/drifts` and what is done with them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use chrono::{DateTime, Utc};
use domain::drift::{
    Act, ChangeType, Drift, DriftChange, DriftFilter, DriftSort, DriftStatus, DriftType, IgnoreScope,
    Resolution,
};
use domain::group::Assignee;
use domain::page::Page;
use domain::permission::{CaseWrite, DriftRead, DriftWrite};
use domain::query::DRIFTS;
use domain::{
    DriftActionId, DriftChangeId, DriftId, DriftIgnoreId, IacRepositoryId, IacResourceId, Invalid, Timestamp,
    UserId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::drifts::{self, Item, Outcome, Scoped};
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, asked_of, paging, read};
use super::cases::word_schema;
use super::causes::{CauseItem, cause_item};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::recommendations::RecommendationItem;
use super::schema;

word_schema! {
    DriftTypeWord { Modified = "modified", Deleted = "deleted", Added = "added", Moved = "moved" }
    DriftStatusWord { Open = "open", Acknowledged = "acknowledged", Resolved = "resolved" }
    DriftResolutionWord {
        AutoRevert = "auto_revert", CodifyIac = "codify_iac", Accepted = "accepted", Escalated = "escalated"
    }
    DriftSortWord { Severity = "severity", Onset = "onset", Seen = "seen", Number = "number" }
    ChangeTypeWord { Modified = "modified", Added = "added", Removed = "removed" }
    IgnoreScopeWord { Resource = "resource", Type = "type", Environment = "environment" }
}

#[derive(Serialize, ToSchema)]
pub struct DriftResourceItem {
    #[schema(value_type = Uuid)]
    id: IacResourceId,
    /// Its address in the code.
    resource_id: String,
    resource_type: String,
}

#[derive(Serialize, ToSchema)]
pub struct DriftChangeItem {
    #[schema(value_type = Uuid)]
    id: DriftChangeId,
    property_path: String,
    #[schema(value_type = ChangeTypeWord)]
    change_type: ChangeType,
    /// Null where the code says nothing of it. Secrets are masked.
    #[schema(required = true, value_type = Value)]
    declared_value: Option<Value>,
    #[schema(required = true, value_type = Value)]
    actual_value: Option<Value>,
    is_security_critical: bool,
    is_sensitive: bool,
    /// Whether the plan says that other resources depend on it; null where the tool does not say.
    #[schema(required = true)]
    is_relevant: Option<bool>,
    /// Who set it, where the tool knows: a field manager of Kubernetes.
    #[schema(required = true)]
    owner: Option<String>,
    /// Ids of the rules that it meets.
    #[schema(value_type = Vec<String>)]
    rules: Value,
    /// The rule that leaves it out.
    #[schema(required = true, value_type = Option<Uuid>)]
    ignored_by: Option<DriftIgnoreId>,
}

#[derive(Serialize, ToSchema)]
pub struct DriftItem {
    #[schema(value_type = Uuid)]
    id: DriftId,
    /// Counts up in the organization; people say `DRIFT-9`.
    number: i64,
    #[schema(value_type = DriftTypeWord)]
    drift_type: DriftType,
    resource: DriftResourceItem,
    /// Slug of the environment.
    environment: String,
    repository: String,
    #[schema(value_type = Uuid)]
    iac_repository_id: IacRepositoryId,
    #[schema(value_type = DriftStatusWord)]
    status: DriftStatus,
    /// Null also where the drift was found no more.
    #[schema(required = true, value_type = Option<DriftResolutionWord>)]
    resolution_type: Option<Resolution>,
    /// The onset.
    #[schema(value_type = DateTime<Utc>)]
    detected_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    last_seen_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    resolved_at: Option<Timestamp>,
    /// When a push looked at what was resolved as reverted or codified, and did not find it. Null while none has: the next push that has the drift
    /// says that it was still there, and its onset stays.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    absent_at: Option<Timestamp>,
    /// Pushes that had it.
    seen_count: i64,
    /// A later push did not name the resource: nobody knows whether it is still there.
    is_stale: bool,
    #[schema(required = true, value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
    /// Of the case that it was escalated to.
    #[schema(required = true)]
    case_number: Option<i64>,
    severity_score: f64,
    confidence_score: f64,
    /// 0 to 1 each: security, performance, cost, compliance.
    #[schema(value_type = Object)]
    risk_assessment: Value,
    #[schema(value_type = Object)]
    tags: Value,
    /// Noise with its reasons, why the scores are what they are, where it moved from, what the next apply would do.
    #[schema(value_type = Object)]
    metadata: Value,
    version: i64,
    change_count: i64,
    critical_count: i64,
}

/// A drift with all that is known of it.
#[derive(Serialize, ToSchema)]
pub struct DriftDetail {
    #[serde(flatten)]
    drift: DriftItem,
    /// Of all cases that it is linked to, the highest first, at most 100.
    case_numbers: Vec<i64>,
    changes: Vec<DriftChangeItem>,
    /// Secrets are masked.
    #[schema(required = true, value_type = Option<Object>)]
    declared_state: Option<Value>,
    #[schema(required = true, value_type = Option<Object>)]
    actual_state: Option<Value>,
    /// What the code would have to say, to start from.
    codify: String,
    /// Why it happened. Null for the seconds until somebody looked.
    #[schema(required = true, value_type = Option<CauseItem>)]
    cause: Option<CauseItem>,
    /// What to do about it: open ones first, the most urgent first.
    recommendations: Vec<RecommendationItem>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct DriftParameters {
    /// Query language over the fields of drifts: `score>=0.6 type:aws_iam* path:policy*`.
    q: Option<String>,
    status: Option<Vec<DriftStatusWord>>,
    /// Id of a member, or `nobody`.
    assigned_to: Option<String>,
    environment: Option<String>,
    repository_id: Option<uuid::Uuid>,
    /// Seen or changed at or after this instant.
    updated_since: Option<DateTime<Utc>>,
    #[param(inline)]
    sort: Option<DriftSortWord>,
}

/// Drifts, the worst first unless sorted otherwise.
#[utoipa::path(get, path = "/api/v1/drifts", tag = "drift", security(("api_key" = ["drift.read"])), params(
    DriftParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of drifts", body = schema::DriftPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<DriftItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let mut query = Query::new(query.as_deref());
    let filter = filter(&mut query, cx.now());
    let sort = query.one::<DriftSort>("sort").unwrap_or(DriftSort::Severity);
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let page = drifts::list(&cx, &filter, sort, limit, cursor.as_deref()).await?;
    Ok(Json(page.map(item)))
}

fn filter(query: &mut Query, now: Timestamp) -> DriftFilter {
    DriftFilter {
        query: asked_of(query, &DRIFTS, now),
        status: query.list("status"),
        assigned_to: match query.one::<String>("assigned_to").as_deref() {
            None => None,
            Some("nobody") => Some(Assignee::Nobody),
            Some(id) => {
                let id = id.parse().ok();
                if id.is_none() {
                    query.refuse("assigned_to", "the id of a member, or nobody");
                }
                id.map(Assignee::User)
            }
        },
        environment: query.one("environment"),
        repository_id: query.one("repository_id"),
        updated_since: query.one("updated_since"),
        ..DriftFilter::default()
    }
}

/// One drift, with its changes.
#[utoipa::path(get, path = "/api/v1/drifts/{id}", tag = "drift", security(("api_key" = ["drift.read"])), params(
    ("id" = String, Path, description = "Id or number of the drift"),
), responses(
    (status = 200, description = "The drift", body = DriftDetail),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Json<DriftDetail>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let drift = drifts::find(&cx, &id).await?;
    let changes = drifts::changes(&cx, drift.id).await?.into_iter().map(change).collect();
    let (declared_state, actual_state) = drifts::states(&cx, drift.id).await?;
    let (codify, _) = drifts::snippet(&cx, &drift).await?;
    let cause = service::causes::of(&cx, drift.id).await?.map(cause_item);
    let case_numbers = drifts::case_numbers(&cx, drift.id).await?;
    let recommendations = drifts::recommendations(&cx, drift.id).await?;
    let recommendations = recommendations.into_iter().map(super::recommendations::item).collect();
    Ok(Json(DriftDetail {
        drift: item(drift),
        case_numbers,
        changes,
        declared_state,
        actual_state,
        codify,
        cause,
        recommendations,
    }))
}

/// What is done to drifts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftActIn {
    /// acknowledge, assign, revert, codify, reopen or undo.
    #[schema(example = "acknowledge")]
    act: String,
    /// At most 500 drifts; none with undo.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, required = false)]
    ids: Vec<DriftId>,
    /// Kept in the history of each, at most 2,000 characters.
    #[serde(default)]
    #[schema(required = false)]
    note: String,
    /// assign: a member's user id; null is nobody.
    #[schema(value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
    /// undo: of the action.
    #[schema(value_type = Option<Uuid>)]
    action_id: Option<DriftActionId>,
}

/// What became of the drifts.
#[derive(Serialize, ToSchema)]
pub struct DriftActReport {
    /// To undo it by; null where nothing changed.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<DriftActionId>,
    changed: usize,
    results: Vec<DriftActResult>,
}

#[derive(Serialize, ToSchema)]
pub struct DriftActResult {
    #[schema(value_type = Uuid)]
    id: DriftId,
    #[schema(required = true)]
    number: Option<i64>,
    /// done, unchanged or not_found.
    result: &'static str,
    /// Why it is unchanged.
    #[schema(required = true)]
    reason: Option<&'static str>,
}

/// Act on one drift or many, or take that back.
///
/// Resolved as reverted or codified is a claim that the next push checks: a drift that is still there is open as before, with its onset, and
/// was never resolved in any figure.
#[utoipa::path(post, path = "/api/v1/drifts/actions", tag = "drift", security(("api_key" = ["drift.write"])), request_body = DriftActIn,
    responses(
    (status = 200, description = "What became of each drift", body = DriftActReport),
    (status = 404, description = "undo: there is no such action, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn act(caller: Caller, body: Bytes) -> Result<Json<DriftActReport>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let asked: DriftActIn = read(&body)?;
    let what = match asked.act.as_str() {
        "undo" => {
            let action = asked.action_id.ok_or_else(|| field("action_id", "the id of the action to undo"))?;
            return Ok(Json(report(drifts::undo(&cx, action).await?)));
        }
        "acknowledge" => Act::Acknowledge,
        "assign" => Act::Assign(asked.assigned_to_id),
        "revert" => Act::Resolve(Resolution::AutoRevert),
        "codify" => Act::Resolve(Resolution::CodifyIac),
        "reopen" => Act::Reopen,
        _ => return Err(field("act", "acknowledge, assign, revert, codify, reopen or undo")),
    };
    Ok(Json(report(drifts::act(&cx, &asked.ids, what, &asked.note).await?)))
}

/// How far and how long something is left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptIn {
    /// One property and what is below it; left out, the whole drift.
    property_path: Option<String>,
    #[schema(value_type = IgnoreScopeWord)]
    scope: IgnoreScope,
    /// At most 2,000 characters.
    reason: String,
    /// Until when; null is until it is lifted.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct AcceptedItem {
    /// Open drifts of which nothing is left by it.
    hidden: usize,
    /// To undo it by: `{"act": "undo", "action_id": …}`.
    #[schema(value_type = Uuid)]
    action_id: DriftActionId,
}

/// Accept a drift as it is, or ignore one property.
///
/// What is left out is not told by the pushes to come, and weighs nothing. When its time is over, nothing old comes back by itself: the next push that
/// has it says so. Undoing the action, or reopening the drift, lifts what it left out.
#[utoipa::path(post, path = "/api/v1/drifts/{id}/accept", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the drift"),
), request_body = AcceptIn, responses(
    (status = 200, description = "What it hides", body = AcceptedItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is resolved already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn accept(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<AcceptedItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id: DriftId = id.parse().map_err(|_| Problem::not_found())?;
    let AcceptIn { property_path, scope, reason, days } = read(&body)?;
    let how = Scoped { scope, reason, days };
    let drifts::LeftOut { hidden, action_id } = match property_path {
        Some(path) => drifts::ignore(&cx, id, &path, &how).await?,
        None => drifts::accept(&cx, id, &how).await?,
    };
    Ok(Json(AcceptedItem { hidden, action_id }))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct AcceptPreviewParameters {
    /// Left out: resource.
    #[param(inline)]
    scope: Option<IgnoreScopeWord>,
    /// One property and what is below it; left out, the whole drift.
    property_path: Option<String>,
}

/// What accepting would leave out of the drifts that are open now.
#[derive(Serialize, ToSchema)]
pub struct AcceptPreview {
    /// Open drifts of which nothing would be left.
    hidden: usize,
    /// Open drifts that would lose a part.
    smaller: usize,
    /// Those of which nothing would be left, the worst first, at most 20.
    drifts: Vec<DriftItem>,
}

/// See what accepting a drift, or ignoring one property, would leave out.
///
/// Nothing is changed. It looks at what `accept` with the same scope and property works on: the 2,000 worst open drifts that the scope reaches.
#[utoipa::path(get, path = "/api/v1/drifts/{id}/accept/preview", tag = "drift", security(("api_key" = ["drift.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the drift"), AcceptPreviewParameters,
), responses(
    (status = 200, description = "What it would hide", body = AcceptPreview),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is resolved already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn preview(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<AcceptPreview>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let id: DriftId = id.parse().map_err(|_| Problem::not_found())?;
    let mut query = Query::new(query.as_deref());
    let scope = query.one("scope").unwrap_or(IgnoreScope::Resource);
    let path = query.one::<String>("property_path");
    query.done()?;
    let drifts::Preview { hidden, hidden_count, smaller_count } =
        drifts::preview(&cx, id, path.as_deref(), scope).await?;
    let drifts = hidden.into_iter().map(item).collect();
    Ok(Json(AcceptPreview { hidden: hidden_count, smaller: smaller_count, drifts }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateIn {
    /// Stands above the description of the case.
    #[serde(default)]
    #[schema(required = false)]
    note: String,
}

#[derive(Serialize, ToSchema)]
pub struct EscalatedItem {
    case_number: i64,
}

/// Open a case about a drift, and leave the drift to it. The key needs case.write as well.
#[utoipa::path(post, path = "/api/v1/drifts/{id}/escalate", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the drift"),
), request_body = EscalateIn, responses(
    (status = 200, description = "The case", body = EscalatedItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is resolved already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn escalate(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<EscalatedItem>, Problem> {
    let (cx, open) = (caller.admit::<DriftWrite>()?, caller.admit::<CaseWrite>()?);
    let id: DriftId = id.parse().map_err(|_| Problem::not_found())?;
    let EscalateIn { note } = read(&body)?;
    Ok(Json(EscalatedItem { case_number: drifts::escalate(&cx, &open, id, &note).await? }))
}

fn field(name: &str, reason: &str) -> Problem {
    Problem::invalid(Invalid::field(name, reason))
}

fn report(done: drifts::Report) -> DriftActReport {
    let changed = done.changed();
    let result = |Item { id, number, outcome }: Item| {
        let (result, reason) = match outcome {
            Outcome::Done => ("done", None),
            Outcome::Unchanged(why) => ("unchanged", Some(why.words())),
            Outcome::Absent => ("not_found", None),
        };
        DriftActResult { id, number, result, reason }
    };
    DriftActReport {
        action_id: done.action_id,
        changed,
        results: done.results.into_iter().map(result).collect(),
    }
}

pub(super) fn item(drift: Drift) -> DriftItem {
    DriftItem {
        id: drift.id,
        number: drift.number,
        drift_type: drift.drift_type,
        resource: DriftResourceItem {
            id: drift.iac_resource_id,
            resource_id: drift.resource_id,
            resource_type: drift.resource_type,
        },
        environment: drift.environment,
        repository: drift.repository,
        iac_repository_id: drift.iac_repository_id,
        status: drift.state.status,
        resolution_type: drift.state.resolution_type,
        detected_at: drift.detected_at,
        last_seen_at: drift.last_seen_at,
        resolved_at: drift.state.resolved_at,
        absent_at: drift.state.absent_at,
        seen_count: drift.seen_count,
        is_stale: drift.is_stale,
        assigned_to_id: drift.state.assigned_to_id,
        case_number: drift.case_number,
        severity_score: drift.severity_score,
        confidence_score: drift.confidence_score,
        risk_assessment: drift.risk_assessment,
        tags: drift.tags,
        metadata: drift.metadata,
        version: drift.version,
        change_count: drift.change_count,
        critical_count: drift.critical_count,
    }
}

fn change(change: DriftChange) -> DriftChangeItem {
    let DriftChange {
        id,
        property_path,
        change_type,
        declared_value,
        actual_value,
        is_security_critical,
        is_sensitive,
        is_relevant,
        owner,
        rules,
        ignored_by,
    } = change;
    DriftChangeItem {
        id,
        property_path,
        change_type,
        declared_value,
        actual_value,
        is_security_critical,
        is_sensitive,
        is_relevant,
        owner,
        rules,
        ignored_by,
    }
}
