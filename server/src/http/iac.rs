//! `/api/v1/drift-ignores`, `/api/v1/iac-repositories` and `/api/v1/iac-resources`: what is left out of drifts, and what they are of.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::drift::{Coverage, Ignore, IgnoreScope, NewRepository, Repository, Resource, Tool, Verdict};
use domain::page::Page;
use domain::permission::{DriftRead, DriftWrite};
use domain::{DriftIgnoreId, IacRepositoryId, IacResourceId, Timestamp};
use serde::{Deserialize, Serialize};
use service::drifts::{self, Covered, ResourceFilter};
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, paging, read};
use super::cases::word_schema;
use super::drifts::{DriftItem, IgnoreScopeWord, item};
use super::etag::{of_time, seen_time, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! {
    ToolWord { Terraform = "terraform", Cloudformation = "cloudformation", Kubernetes = "kubernetes" }
    VerdictWord { InSync = "in_sync", Drifted = "drifted", Unchecked = "unchecked" }
    CoveredWord { Seen = "seen", Unmanaged = "unmanaged", Stale = "stale", Unchecked = "unchecked", Drifted = "drifted" }
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

/// Lift a rule. Open drifts have what it left out again; of what is resolved, the next push says so.
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

/// One repository.
#[utoipa::path(get, path = "/api/v1/iac-repositories/{id}", tag = "drift", security(("api_key" = ["drift.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the repository"),
), responses(
    (status = 200, description = "The repository, its version in the ETag", body = IacRepositoryItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one_repository(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let id: IacRepositoryId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(answer(drifts::repository(&cx, id).await?))
}

fn answer(found: Repository) -> Response {
    let tag = of_time(found.updated_at);
    tagged(StatusCode::OK, repository(found), &tag)
}

/// Change where a repository lives.
#[utoipa::path(put, path = "/api/v1/iac-repositories/{id}", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the repository"),
    ("If-Match" = String, Header, description = "ETag of the repository that was changed"),
), request_body = IacRepositoryIn, responses(
    (status = 200, description = "The repository, its version in the ETag", body = IacRepositoryItem),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "The environment has one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change_repository(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id: IacRepositoryId = id.parse().map_err(|_| Problem::not_found())?;
    let seen = seen_time(&headers)?;
    let IacRepositoryIn { name, repository_url, branch, credentials } = read(&body)?;
    let new = NewRepository { name, repository_url, branch, credentials };
    let changed = drifts::update_repository_seen(&cx, id, seen, new).await.map_err(too_late)?;
    Ok(answer(changed))
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

#[derive(Serialize, ToSchema)]
pub struct NoiseItem {
    property_path: String,
    reason: String,
    /// Null where there is none, or where it is long.
    #[schema(required = true, value_type = Value)]
    declared_value: Option<serde_json::Value>,
    #[schema(required = true, value_type = Value)]
    actual_value: Option<serde_json::Value>,
}

/// A resource with all that is known of it. Secrets are masked.
#[derive(Serialize, ToSchema)]
pub struct IacResourceDetail {
    #[serde(flatten)]
    resource: IacResourceItem,
    /// `{}` of what no code declares.
    #[schema(value_type = Object)]
    declared_state: serde_json::Value,
    /// What was there when a push saw it drifted, while that is not over; null where nobody knows.
    #[schema(required = true, value_type = Option<Object>)]
    actual_state: Option<serde_json::Value>,
    /// When a push found it in order last; null where none did.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    in_sync_at: Option<Timestamp>,
    /// Differences that mean nothing, each with its reason, at most 200.
    noise: Vec<NoiseItem>,
    /// The latest first, at most 50.
    drifts: Vec<DriftItem>,
}

/// One resource: what its code declares, what is there, its verdict, what was called noise, its drifts.
#[utoipa::path(get, path = "/api/v1/iac-resources/{id}", tag = "drift", security(("api_key" = ["drift.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the resource"),
), responses(
    (status = 200, description = "The resource", body = IacResourceDetail),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one_resource(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<IacResourceDetail>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let id: IacResourceId = id.parse().map_err(|_| Problem::not_found())?;
    let found = drifts::resource(&cx, id).await?;
    let part = |value: &serde_json::Value| Some(value.clone()).filter(|value| !value.is_null());
    let noise = found.noise.as_array().into_iter().flatten().map(|one| NoiseItem {
        property_path: one["property_path"].as_str().unwrap_or_default().to_owned(),
        reason: one["reason"].as_str().unwrap_or_default().to_owned(),
        declared_value: part(&one["declared_value"]),
        actual_value: part(&one["actual_value"]),
    });
    Ok(Json(IacResourceDetail {
        noise: noise.collect(),
        resource: resource(found.resource),
        declared_state: found.declared_state,
        actual_state: found.actual_state,
        in_sync_at: found.in_sync_at,
        drifts: found.drifts.into_iter().map(item).collect(),
    }))
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
