//! `POST /api/v1/drift`, `/api/v1/drifts` and what belongs to them: drift as pipelines push it and as people work on it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CONTENT_ENCODING, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::drift::{
    Act, ChangeType, Coverage, Drift, DriftChange, DriftFilter, DriftSort, DriftStatus, DriftType, Format,
    Ignore, IgnoreScope, NewRepository, PushReport, Repository, Resolution, Resource, Tool, Verdict,
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
use service::drifts::{self, Covered, Item, Once, Outcome, ResourceFilter, Scoped, What};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use wire::Encoding;

use super::api::{Caller, asked_of, paging, read};
use super::cases::word_schema;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::{ingest, schema};
use crate::state::AppState;
use crate::web::body;

word_schema! {
    DriftFormatWord {
        TerraformPlan = "terraform-plan", TerraformState = "terraform-state", Cloudformation = "cloudformation",
        Kubernetes = "kubernetes"
    }
    DriftTypeWord { Modified = "modified", Deleted = "deleted", Added = "added", Moved = "moved" }
    DriftStatusWord { Open = "open", Acknowledged = "acknowledged", Resolved = "resolved" }
    DriftResolutionWord {
        AutoRevert = "auto_revert", CodifyIac = "codify_iac", Accepted = "accepted", Escalated = "escalated"
    }
    DriftSortWord { Severity = "severity", Onset = "onset", Seen = "seen", Number = "number" }
    ChangeTypeWord { Modified = "modified", Added = "added", Removed = "removed" }
    IgnoreScopeWord { Resource = "resource", Type = "type", Environment = "environment" }
    ToolWord { Terraform = "terraform", Cloudformation = "cloudformation", Kubernetes = "kubernetes" }
    VerdictWord { InSync = "in_sync", Drifted = "drifted", Unchecked = "unchecked" }
    CoveredWord { Seen = "seen", Unmanaged = "unmanaged", Stale = "stale", Unchecked = "unchecked", Drifted = "drifted" }
}

/// What a push did.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents domain::drift::PushReport")]
pub struct PushReportItem {
    /// Resources that the push named.
    resources: i64,
    /// Those that differ in something that nobody ignores.
    drifted: i64,
    /// Drifts that were not known before.
    new: i64,
    /// Drifts that were not found any more.
    resolved: i64,
    /// Changes that rules left out.
    ignored: i64,
    /// What could not be read; the rest was taken.
    problems: Vec<PushProblemItem>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents domain::drift::PushProblem")]
pub struct PushProblemItem {
    file: String,
    /// Where in the document.
    path: String,
    #[schema(required = true)]
    line: Option<i64>,
    reason: String,
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
    #[schema(required = true, value_type = Option<Object>)]
    declared_value: Option<Value>,
    #[schema(required = true, value_type = Option<Object>)]
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
    /// Pushes that had it.
    seen_count: i64,
    /// A later push did not name the resource: nobody knows whether it is still there.
    is_stale: bool,
    #[schema(required = true, value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
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
    changes: Vec<DriftChangeItem>,
    /// Secrets are masked.
    #[schema(required = true, value_type = Option<Object>)]
    declared_state: Option<Value>,
    #[schema(required = true, value_type = Option<Object>)]
    actual_state: Option<Value>,
    /// What the code would have to say, to start from.
    codify: String,
    /// Why it happened. Null: causes are not analysed.
    #[schema(required = true, value_type = Option<Object>)]
    cause: Option<Value>,
    /// Empty: recommendations are not made.
    #[schema(value_type = Vec<Object>)]
    recommendations: Vec<Value>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct PushParameters {
    /// Slug; made when there is none.
    environment: String,
    /// Name; made when there is none.
    repository: String,
    #[param(inline)]
    format: DriftFormatWord,
    /// As problems call the text.
    file: Option<String>,
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

/// Takes in what a tool printed.
///
/// Terraform and OpenTofu: `terraform show -json plan.out`, or a state file, alone or as `{"state": …, "actual": …}`. CloudFormation:
/// `describe-stack-resource-drifts`. Kubernetes: `{"declared": …, "live": …}` of manifests, or live objects alone. A drift that is
/// known is seen again; one whose resource was looked at and does not differ any more is resolved.
#[utoipa::path(post, path = "/api/v1/drift", tag = "drift", security(("api_key" = ["drift.write"])),
    params(
        PushParameters,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, such as a UUID"),
        ("Content-Encoding" = Option<String>, Header, description = "gzip or zstd"),
    ),
    request_body(content((String = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, description = "What became of it", body = PushReportItem),
        (status = 409, description = "The repository is of another tool, or the Idempotency-Key was used for another push", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too large, before or after decompression", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub async fn push(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let asked = request.uri().query().map(str::to_owned);
    let mut query = Query::new(asked.as_deref());
    let mut wanted = |name: &'static str| {
        let value: Option<String> = query.one(name);
        if value.is_none() {
            query.refuse(name, "say it");
        }
        value.unwrap_or_default()
    };
    let (environment, repository) = (wanted("environment"), wanted("repository"));
    let format: Option<Format> = query.one("format");
    let file: Option<String> = query.one("file");
    if format.is_none() && !asked.as_deref().is_some_and(|text| text.contains("format=")) {
        query.refuse("format", "terraform-plan, terraform-state, cloudformation or kubernetes");
    }
    query.done()?;
    let headers = request.headers().clone();
    let key = ingest::key(&headers)?;
    let mut place = state.ingest.enter(body::content_length(&headers)).await?;
    let bytes = state.ingest.read(&mut place, request.into_body()).await?;
    let once = key.map(|key| {
        let mut hash = Sha256::new();
        hash.update(asked.unwrap_or_default());
        hash.update([0]);
        hash.update(&bytes);
        Once { key, request_hash: domain::audit::hex(&hash.finalize()) }
    });
    let turn = ingest::turn(&state.ingest).await?;
    let (encoding, limit) = (encoding(&headers)?, state.config.max_ingest_decoded.0);
    let text = tokio::task::spawn_blocking(move || text_of(encoding, &bytes, limit))
        .await
        .map_err(|e| Problem::internal(format!("reading a push: {e}")))??;
    let what = What {
        environment,
        repository,
        format: format.unwrap_or(Format::TerraformPlan),
        file: file.map_or_else(|| "the body".to_owned(), |file| file.chars().take(200).collect()),
        text,
    };
    let pushed = drifts::push(&cx, what, once).await?;
    drop((turn, place));
    let body =
        serde_json::to_string::<PushReport>(&pushed.report).map_err(|e| Problem::internal(e.to_string()))?;
    Ok(if pushed.replayed { ingest::replayed(200, body) } else { ingest::json(StatusCode::OK, body) })
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    let first = all.next().map(|v: &HeaderValue| v.to_str().unwrap_or("?")).unwrap_or_default();
    if all.next().is_some() {
        return Err(Problem::unsupported_media("Compress once: one Content-Encoding."));
    }
    Encoding::of_header(first).map_err(ingest::unreadable)
}

fn text_of(encoding: Encoding, bytes: &[u8], limit: usize) -> Result<String, Problem> {
    let whole = if encoding == Encoding::Identity {
        bytes.to_vec()
    } else {
        wire::decompress(encoding, bytes, limit as u64).map_err(ingest::unreadable)?
    };
    if whole.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::bad_request("The body is empty; send what the tool printed."));
    }
    String::from_utf8(whole).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
        Problem::bad_request(format!("The body is not UTF-8 text (line {line})."))
    })
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
            Some(id) => match id.parse() {
                Ok(id) => Some(Assignee::User(id)),
                Err(_) => {
                    query.refuse("assigned_to", "the id of a member, or nobody");
                    None
                }
            },
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
    Ok(Json(DriftDetail {
        drift: item(drift),
        changes,
        declared_state,
        actual_state,
        codify,
        cause: None,
        recommendations: Vec::new(),
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
/// Resolved as reverted or codified is a claim that the next push checks: a drift that is still there is open again.
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
}

/// Accept a drift as it is, or ignore one property.
///
/// What is left out is not told by the pushes to come. When it ends, nothing old comes back by itself: the next push that has it says so.
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
    let hidden = match property_path {
        Some(path) => drifts::ignore(&cx, id, &path, &how).await?,
        None => drifts::accept(&cx, id, &how).await?,
    };
    Ok(Json(AcceptedItem { hidden }))
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

#[derive(Serialize, ToSchema)]
pub struct DriftIgnoreItem {
    #[schema(value_type = Uuid)]
    id: DriftIgnoreId,
    #[schema(value_type = IgnoreScopeWord)]
    scope: IgnoreScope,
    #[schema(required = true, value_type = Option<Uuid>)]
    iac_resource_id: Option<IacResourceId>,
    #[schema(required = true)]
    resource_type: Option<String>,
    #[schema(required = true)]
    environment: Option<String>,
    /// A property and what is below it; or (deleted), (added), (moved).
    property_path: String,
    reason: String,
    created_by: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    lifted_at: Option<Timestamp>,
    #[schema(required = true)]
    lifted_by: Option<String>,
    is_in_force: bool,
    /// How often a push had what it leaves out.
    hits: i64,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_hit_at: Option<Timestamp>,
}

/// What is left out of drifts, the latest first, at most 500.
#[utoipa::path(get, path = "/api/v1/drift-ignores", tag = "drift", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "All rules, ended ones too", body = schema::DriftIgnorePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn ignores(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<DriftIgnoreItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let now = cx.now();
    let items = drifts::ignores(&cx).await?.into_iter().map(|rule| ignore_item(rule, now)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Lift a rule. The next push that has what it left out says so.
#[utoipa::path(delete, path = "/api/v1/drift-ignores/{id}", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the rule"),
), responses(
    (status = 204, description = "It holds no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It was lifted already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn lift(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    drifts::lift(&cx, id.parse().map_err(|_| Problem::not_found())?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub struct CoverageItem {
    declared: i64,
    seen: i64,
    unmanaged: i64,
    stale: i64,
    open: i64,
}

#[derive(Serialize, ToSchema)]
pub struct IacRepositoryItem {
    #[schema(value_type = Uuid)]
    id: IacRepositoryId,
    /// Slug of the environment.
    environment: String,
    name: String,
    #[schema(required = true)]
    repository_url: Option<String>,
    branch: String,
    #[schema(value_type = ToolWord)]
    tool: Tool,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_sync_at: Option<Timestamp>,
    /// They are never told.
    has_credentials: bool,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
    /// In resources; `open` in drifts.
    coverage: CoverageItem,
}

/// Repositories of infrastructure code, by environment and name.
#[utoipa::path(get, path = "/api/v1/iac-repositories", tag = "drift", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "All repositories", body = schema::IacRepositoryPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn repositories(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<IacRepositoryItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = drifts::repositories(&cx).await?.into_iter().map(repository).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IacRepositoryIn {
    name: String,
    #[serde(default)]
    repository_url: Option<String>,
    branch: String,
    /// Sealed, and never told again; null leaves what is there.
    #[serde(default)]
    credentials: Option<String>,
}

/// Change where a repository lives.
#[utoipa::path(put, path = "/api/v1/iac-repositories/{id}", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the repository"),
), request_body = IacRepositoryIn, responses(
    (status = 200, description = "The repository", body = IacRepositoryItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "The environment has one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change_repository(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<IacRepositoryItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id: IacRepositoryId = id.parse().map_err(|_| Problem::not_found())?;
    let IacRepositoryIn { name, repository_url, branch, credentials } = read(&body)?;
    let new = NewRepository { name, repository_url, branch, credentials };
    Ok(Json(repository(drifts::update_repository(&cx, id, new).await?)))
}

#[derive(Serialize, ToSchema)]
pub struct IacResourceItem {
    #[schema(value_type = Uuid)]
    id: IacResourceId,
    #[schema(value_type = Uuid)]
    iac_repository_id: IacRepositoryId,
    repository: String,
    environment: String,
    resource_type: String,
    /// Its address in the code.
    resource_id: String,
    #[schema(required = true)]
    provider: Option<String>,
    /// What the provider calls it.
    #[schema(required = true)]
    physical_id: Option<String>,
    /// False: it is there without any code.
    is_declared: bool,
    #[schema(value_type = VerdictWord)]
    verdict: Verdict,
    #[schema(required = true)]
    unchecked_because: Option<String>,
    /// The push that named it last.
    #[schema(value_type = DateTime<Utc>)]
    last_sync_at: Timestamp,
    /// A later push did not name it: the verdict is old.
    is_stale: bool,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
    open_drifts: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct ResourceParameters {
    repository_id: Option<uuid::Uuid>,
    /// A part of the address, in any case.
    part: Option<String>,
    #[param(inline)]
    coverage: Option<CoveredWord>,
}

/// Resources, in the order of their first push.
#[utoipa::path(get, path = "/api/v1/iac-resources", tag = "drift", security(("api_key" = ["drift.read"])), params(
    ResourceParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of resources", body = schema::IacResourcePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn resources(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<IacResourceItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let mut query = Query::new(query.as_deref());
    let coverage = query.one::<String>("coverage");
    let filter = ResourceFilter {
        repository_id: query.one("repository_id"),
        part: query.one("part").unwrap_or_default(),
        coverage: coverage.as_deref().and_then(Covered::parse),
    };
    if coverage.is_some() && filter.coverage.is_none() {
        query.refuse("coverage", "seen, unmanaged, stale, unchecked or drifted");
    }
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let page = drifts::resources(&cx, &filter, limit, cursor.as_deref()).await?;
    Ok(Json(page.map(resource)))
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

fn item(drift: Drift) -> DriftItem {
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

fn ignore_item(rule: Ignore, now: Timestamp) -> DriftIgnoreItem {
    DriftIgnoreItem {
        is_in_force: rule.is_in_force(now),
        id: rule.id,
        scope: rule.scope,
        iac_resource_id: rule.iac_resource_id,
        resource_type: rule.resource_type,
        environment: rule.environment,
        property_path: rule.property_path,
        reason: rule.reason,
        created_by: rule.created_by,
        created_at: rule.created_at,
        expires_at: rule.expires_at,
        lifted_at: rule.lifted_at,
        lifted_by: rule.lifted_by,
        hits: rule.hits,
        last_hit_at: rule.last_hit_at,
    }
}

fn repository(found: Repository) -> IacRepositoryItem {
    let Coverage { declared, seen, unmanaged, stale, open } = found.coverage;
    IacRepositoryItem {
        id: found.id,
        environment: found.environment,
        name: found.name,
        repository_url: found.repository_url,
        branch: found.branch,
        tool: found.tool,
        last_sync_at: found.last_sync_at,
        has_credentials: found.has_credentials,
        created_at: found.created_at,
        updated_at: found.updated_at,
        coverage: CoverageItem { declared, seen, unmanaged, stale, open },
    }
}

fn resource(found: Resource) -> IacResourceItem {
    IacResourceItem {
        id: found.id,
        iac_repository_id: found.iac_repository_id,
        repository: found.repository,
        environment: found.environment,
        resource_type: found.resource_type,
        resource_id: found.resource_id,
        provider: found.provider,
        physical_id: found.physical_id,
        is_declared: found.is_declared,
        verdict: found.verdict,
        unchecked_because: found.unchecked_because,
        last_sync_at: found.last_sync_at,
        is_stale: found.is_stale,
        created_at: found.created_at,
        updated_at: found.updated_at,
        open_drifts: found.open_drifts,
    }
}
