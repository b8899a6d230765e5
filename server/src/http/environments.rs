//! `/api/v1/environments`: where events come from.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::environment::{Environment, NewEnvironment};
use domain::page::Page;
use domain::permission::{EnvironmentRead, EnvironmentWrite};
use domain::{EnvironmentId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::environments;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{of_time, seen_time, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct EnvironmentItem {
    #[schema(value_type = Uuid)]
    id: EnvironmentId,
    /// What events name.
    slug: String,
    name: String,
    /// aws, gcp, azure or null.
    #[schema(required = true)]
    cloud_provider: Option<String>,
    #[schema(required = true)]
    region: Option<String>,
    /// AWS account, GCP project or Azure subscription.
    #[schema(required = true)]
    account_id: Option<String>,
    /// Names and values.
    #[schema(value_type = Object)]
    tags: Value,
    is_active: bool,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// The ETag holds it.
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentIn {
    /// 2 to 63 lower-case letters, digits and hyphens, starting with a letter.
    slug: String,
    /// At most 255 characters.
    name: String,
    /// aws, gcp or azure.
    #[serde(default)]
    cloud_provider: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    account_id: Option<String>,
    /// Names and values.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    tags: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActiveIn {
    active: bool,
}

/// Environments, by name.
#[utoipa::path(get, path = "/api/v1/environments", tag = "environments", security(("api_key" = ["environment.read"])), responses(
    (status = 200, description = "All environments of the organization", body = schema::EnvironmentPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<EnvironmentItem>>, Problem> {
    let cx = caller.admit::<EnvironmentRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = environments::list(&cx).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Add an environment.
#[utoipa::path(post, path = "/api/v1/environments", tag = "environments", security(("api_key" = ["environment.write"])),
    request_body = EnvironmentIn, responses(
    (status = 201, description = "The environment, its version in the ETag", body = EnvironmentItem),
    (status = 409, description = "There is one with this slug", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<EnvironmentWrite>()?;
    let made = environments::create(&cx, new(read(&body)?)).await?;
    Ok(answer(StatusCode::CREATED, made))
}

/// One environment.
#[utoipa::path(get, path = "/api/v1/environments/{id}", tag = "environments", security(("api_key" = ["environment.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the environment"),
), responses(
    (status = 200, description = "The environment, its version in the ETag", body = EnvironmentItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<EnvironmentRead>()?;
    Ok(answer(StatusCode::OK, environments::get(&cx, id_of(&id)?).await?))
}

/// Change an environment. The slug of one that events name stays.
#[utoipa::path(put, path = "/api/v1/environments/{id}", tag = "environments", security(("api_key" = ["environment.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the environment"),
    ("If-Match" = String, Header, description = "ETag of the environment that was changed"),
), request_body = EnvironmentIn, responses(
    (status = 200, description = "The environment, its version in the ETag", body = EnvironmentItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "The slug is taken, or has to stay", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let cx = caller.admit::<EnvironmentWrite>()?;
    let id = id_of(&id)?;
    let seen = seen_time(&headers)?;
    let changed = environments::update_seen(&cx, id, seen, new(read(&body)?)).await.map_err(too_late)?;
    Ok(answer(StatusCode::OK, changed))
}

/// Offer an environment no more, or again. Its events stay.
#[utoipa::path(post, path = "/api/v1/environments/{id}/active", tag = "environments", security(("api_key" = ["environment.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the environment"),
), request_body = ActiveIn, responses(
    (status = 200, description = "The environment, its version in the ETag", body = EnvironmentItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn activate(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<EnvironmentWrite>()?;
    let id = id_of(&id)?;
    let ActiveIn { active } = read(&body)?;
    let changed =
        if active { environments::activate(&cx, id).await } else { environments::deactivate(&cx, id).await };
    Ok(answer(StatusCode::OK, changed?))
}

/// Delete an environment that no event names.
#[utoipa::path(delete, path = "/api/v1/environments/{id}", tag = "environments", security(("api_key" = ["environment.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the environment"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Events name it", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<EnvironmentWrite>()?;
    environments::delete(&cx, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id_of(text: &str) -> Result<EnvironmentId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn new(asked: EnvironmentIn) -> NewEnvironment {
    let EnvironmentIn { slug, name, cloud_provider, region, account_id, tags } = asked;
    NewEnvironment { slug, name, cloud_provider, region, account_id, tags }
}

fn answer(status: StatusCode, environment: Environment) -> Response {
    let tag = of_time(environment.updated_at);
    tagged(status, item(environment), &tag)
}

fn item(environment: Environment) -> EnvironmentItem {
    let Environment {
        id,
        slug,
        name,
        cloud_provider,
        region,
        account_id,
        tags,
        is_active,
        created_at,
        updated_at,
    } = environment;
    EnvironmentItem {
        id,
        slug,
        name,
        cloud_provider,
        region,
        account_id,
        tags,
        is_active,
        created_at,
        updated_at,
    }
}
