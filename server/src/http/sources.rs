//! `/api/v1/sources/{id}`: one sender of events. The list is `api`'s.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::SourceId;
use domain::permission::{SourceRead, SourceWrite};
use domain::source::{NewSource, Source};
use serde::Deserialize;
use service::sources;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{of_time, seen_time, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::schema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceIn {
    /// At most 255 characters; senders name it in the field `source`.
    name: String,
    /// web_server, database, firewall, router, application, cloud, host or other.
    source_type: String,
    #[serde(default)]
    ip: Option<String>,
    /// 1 to 65535.
    #[serde(default)]
    port: Option<i64>,
    #[serde(default)]
    protocol: Option<String>,
    /// active, inactive or error.
    status: String,
    /// Left out: as it is.
    #[serde(default)]
    notifications: Option<NotificationsIn>,
}

/// What is told of a source.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationsIn {
    /// Minutes without an event, 1 to 527,040, after which an active source is told to be silent: SOURCE_SILENT in the audit log, in the
    /// changes and to webhooks, SOURCE_HEARD when it sends again. Null: never.
    #[serde(default)]
    silent_after_minutes: Option<i64>,
    /// As the answer says it; not changed by this.
    #[serde(default)]
    #[expect(dead_code, reason = "known, so that what was read can be sent back")]
    silent_since: Option<String>,
}

/// Add a source.
#[utoipa::path(post, path = "/api/v1/sources", tag = "sources", security(("api_key" = ["source.write"])), request_body = SourceIn, responses(
    (status = 201, description = "The source, its version in the ETag", body = schema::SourceItem),
    (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<SourceWrite>()?;
    Ok(answer(StatusCode::CREATED, sources::create(&cx, new(read(&body)?)).await?))
}

/// One source.
#[utoipa::path(get, path = "/api/v1/sources/{id}", tag = "sources", security(("api_key" = ["source.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the source"),
), responses(
    (status = 200, description = "The source, its version in the ETag", body = schema::SourceItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<SourceRead>()?;
    Ok(answer(StatusCode::OK, sources::get(&cx, id_of(&id)?).await?))
}

/// Change a source.
#[utoipa::path(put, path = "/api/v1/sources/{id}", tag = "sources", security(("api_key" = ["source.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the source"),
    ("If-Match" = String, Header, description = "ETag of the source that was changed"),
), request_body = SourceIn, responses(
    (status = 200, description = "The source, its version in the ETag", body = schema::SourceItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
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
    let cx = caller.admit::<SourceWrite>()?;
    let id = id_of(&id)?;
    let seen = seen_time(&headers)?;
    let asked: SourceIn = read(&body)?;
    let kept = asked.notifications.is_none();
    let changed = sources::update_seen(&cx, id, seen, new(asked), kept).await.map_err(too_late)?;
    Ok(answer(StatusCode::OK, changed))
}

/// Delete a source that sent nothing yet. API keys that are bound to it are revoked with it.
#[utoipa::path(delete, path = "/api/v1/sources/{id}", tag = "sources", security(("api_key" = ["source.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the source"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It has events: set its status to inactive; or API keys that yours may not revoke", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<SourceWrite>()?;
    sources::delete(&cx, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id_of(text: &str) -> Result<SourceId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn new(asked: SourceIn) -> NewSource {
    let SourceIn { name, source_type, ip, port, protocol, status, notifications } = asked;
    let NotificationsIn { silent_after_minutes, .. } = notifications.unwrap_or_default();
    NewSource { name, source_type, ip, port, protocol, status, silent_after_minutes }
}

fn answer(status: StatusCode, source: Source) -> Response {
    let tag = of_time(source.updated_at);
    tagged(status, source, &tag)
}
