//! `/api/v1/api-keys` and `/api/v1/sessions`: who gets in. A key makes no keys: they would outlive its own revocation.

use axum::Json;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::account::ActiveSession;
use domain::api_key::ApiKey;
use domain::page::Page;
use domain::permission::{ApiKeyRead, ApiKeyWrite, SessionRead, SessionWrite};
use domain::{ApiKeyId, SourceId, Timestamp, UserId, UserSessionId};
use serde::Serialize;
use service::{api_keys, sessions};
use utoipa::ToSchema;

use super::api::Caller;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct ApiKeyItem {
    #[schema(value_type = Uuid)]
    id: ApiKeyId,
    /// Who made it; null where the command line did.
    #[schema(required = true, value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    name: String,
    /// The first 8 characters.
    key_prefix: String,
    scopes: Vec<String>,
    /// What is sent with it is filed under this source; null where it may name any.
    #[schema(required = true, value_type = Option<Uuid>)]
    source_id: Option<SourceId>,
    /// The name of that source.
    #[schema(required = true)]
    source: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_used_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    revoked_at: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct SessionItem {
    #[schema(value_type = Uuid)]
    id: UserSessionId,
    #[schema(value_type = Uuid)]
    user_id: UserId,
    email: String,
    name: String,
    /// Name of the organization when it is where the session last worked; nothing is told of others.
    #[schema(required = true)]
    organization: Option<String>,
    #[schema(required = true)]
    ip_address: Option<String>,
    #[schema(required = true)]
    user_agent: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    last_seen_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    expires_at: Timestamp,
}

/// API keys, newest first, revoked ones too; never a secret.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "access", security(("api_key" = ["all"])), params(
    ("source_id" = Option<uuid::Uuid>, Query, description = "Those that are bound to this source"),
), responses(
    (status = 200, description = "All keys of the organization", body = schema::ApiKeyPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn keys(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<ApiKeyItem>>, Problem> {
    let cx = caller.admit::<ApiKeyRead>()?;
    let mut query = Query::new(query.as_deref());
    let source: Option<SourceId> = query.one("source_id");
    query.done()?;
    let found = match source {
        Some(source) => api_keys::of_source(&cx, source).await?,
        None => api_keys::list(&cx).await?,
    };
    let items = found.into_iter().map(key).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Revoke an API key: it works no more, at once.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "access", security(("api_key" = ["all"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the key"),
), responses(
    (status = 204, description = "It works no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn revoke(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<ApiKeyWrite>()?;
    let id: ApiKeyId = id.parse().map_err(|_| Problem::not_found())?;
    api_keys::revoke(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where members are signed in, last seen first, at most 500.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "access", security(("api_key" = ["all"])), responses(
    (status = 200, description = "Sessions that are open", body = schema::SessionPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn active(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<SessionItem>>, Problem> {
    let cx = caller.admit::<SessionRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = sessions::active(&cx).await?.into_iter().map(session).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Sign a device out. It takes effect with its next request.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "access", security(("api_key" = ["all"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the session"),
), responses(
    (status = 204, description = "It is signed out"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn sign_out(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<SessionWrite>()?;
    let id: UserSessionId = id.parse().map_err(|_| Problem::not_found())?;
    sessions::revoke(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn key(key: ApiKey) -> ApiKeyItem {
    let ApiKey {
        id,
        user_id,
        owner: _,
        name,
        key_prefix,
        scopes,
        source_id,
        source,
        expires_at,
        last_used_at,
        revoked_at,
        created_at,
    } = key;
    ApiKeyItem {
        id,
        user_id,
        name,
        key_prefix,
        scopes,
        source_id,
        source,
        expires_at,
        last_used_at,
        revoked_at,
        created_at,
    }
}

fn session(one: ActiveSession) -> SessionItem {
    let ActiveSession {
        id,
        user_id,
        email,
        name,
        ip_address,
        user_agent,
        created_at,
        last_seen_at,
        expires_at,
        organization,
    } = one;
    SessionItem {
        id,
        user_id,
        email,
        name,
        organization,
        ip_address,
        user_agent,
        created_at,
        last_seen_at,
        expires_at,
    }
}
