//! `/api/v1/webhooks`: addresses that are told what changes. Messages: docs/WEBHOOKS.md.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::page::Page;
use domain::permission::{SettingsRead, SettingsWrite};
use domain::webhook::{Delivery, NewWebhook, Webhook};
use domain::{Timestamp, WebhookDeliveryId, WebhookId};
use serde::{Deserialize, Serialize};
use service::webhooks;
use utoipa::ToSchema;

use super::api::{Caller, paging, read};
use super::etag::{of_time, seen_time, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct WebhookItem {
    #[schema(value_type = Uuid)]
    id: WebhookId,
    name: String,
    url: String,
    /// Kinds of the change feed that it is told of, such as `case`.
    kinds: Vec<String>,
    enabled: bool,
    /// The first failure after the last success.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    failing_since: Option<Timestamp>,
    /// Why the server switched it off; null when a person did.
    #[schema(required = true)]
    disabled_why: Option<String>,
    created_by: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// The ETag holds it.
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookMade {
    #[serde(flatten)]
    webhook: WebhookItem,
    /// What messages are signed with; shown this once.
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookSecret {
    /// What messages are signed with; shown this once. The one before signs too for 24 hours.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookIn {
    /// At most 100 characters, one of its kind in the organization.
    name: String,
    /// https, to a public address unless the installation allows more.
    url: String,
    /// At least one of `case`, `event`, `drift`, `group`, `view`, `retention`, `tag`, `source`, `environment`, `upload`, `member`, `invitation`, `session`, `user`,
    /// `api_key`, `setting`, `organization`, `legal_hold`.
    kinds: Vec<String>,
    #[serde(default = "on")]
    enabled: bool,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    Failed,
}

#[derive(Serialize, ToSchema)]
pub struct DeliveryItem {
    /// `webhook-id` is `msg_` and this without hyphens.
    #[schema(value_type = Uuid)]
    id: WebhookDeliveryId,
    /// Of the change in `/api/v1/changes`; null for a test.
    #[schema(required = true)]
    seq: Option<i64>,
    /// `type` of the message, such as `case.created`.
    r#type: String,
    #[schema(value_type = DeliveryState)]
    state: &'static str,
    attempts: i64,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    next_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    tried_at: Option<Timestamp>,
    /// HTTP status of the last answer; null when there was none.
    #[schema(required = true)]
    status: Option<i64>,
    #[schema(required = true)]
    duration_ms: Option<i64>,
    /// Of the last attempt, in words; what was answered is not kept.
    #[schema(required = true)]
    error: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    delivered_at: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
}

fn on() -> bool {
    true
}

/// Webhooks, by name; never a secret.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", security(("api_key" = ["settings.read"])), responses(
    (status = 200, description = "All webhooks of the organization", body = schema::WebhookPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<WebhookItem>>, Problem> {
    let cx = caller.admit::<SettingsRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = webhooks::list(&cx).await?.into_iter().map(|listed| item(listed.webhook)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Add a webhook. It is told what changes from now on.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", security(("api_key" = ["settings.write"])), request_body = WebhookIn, responses(
    (status = 201, description = "The webhook with its secret, its version in the ETag", body = WebhookMade),
    (status = 409, description = "There is one of this name, or there are too many", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    let (webhook, secret) = webhooks::create(&cx, new(read(&body)?)).await?;
    let tag = of_time(webhook.updated_at);
    Ok(tagged(StatusCode::CREATED, WebhookMade { webhook: item(webhook), secret }, &tag))
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "webhooks", security(("api_key" = ["settings.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
), responses(
    (status = 200, description = "The webhook, its version in the ETag", body = WebhookItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<SettingsRead>()?;
    Ok(answer(webhooks::get(&cx, id_of(&id)?).await?))
}

/// Change a webhook. Switched on again it is told what changes from then on.
#[utoipa::path(put, path = "/api/v1/webhooks/{id}", tag = "webhooks", security(("api_key" = ["settings.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
    ("If-Match" = String, Header, description = "ETag of the webhook that was changed"),
), request_body = WebhookIn, responses(
    (status = 200, description = "The webhook, its version in the ETag", body = WebhookItem),
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
    let cx = caller.admit::<SettingsWrite>()?;
    let id = id_of(&id)?;
    let seen = seen_time(&headers)?;
    let changed = webhooks::update_seen(&cx, id, seen, new(read(&body)?)).await.map_err(too_late)?;
    Ok(answer(changed))
}

/// Delete a webhook with what is known of its deliveries.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", security(("api_key" = ["settings.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    webhooks::delete(&cx, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make another secret.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", tag = "webhooks", security(("api_key" = ["settings.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
), responses(
    (status = 200, description = "The secret, shown this once", body = WebhookSecret),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn rotate(caller: Caller, Path(id): Path<String>) -> Result<Json<WebhookSecret>, Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    Ok(Json(WebhookSecret { secret: webhooks::rotate(&cx, id_of(&id)?).await? }))
}

/// Send a test, also while it is off.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "webhooks", security(("api_key" = ["settings.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
), responses(
    (status = 202, description = "The delivery, which is on its way", body = DeliveryItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn test(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<DeliveryItem>), Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    let made = webhooks::ping(&cx, id_of(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery(made))))
}

/// What it was told, newest first; kept for 30 days.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", security(("api_key" = ["settings.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
    ("limit" = Option<u32>, Query, description = "Deliveries a page, 1 to 200; 50 when left out"),
    ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
), responses(
    (status = 200, description = "A page of deliveries", body = schema::DeliveryPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn deliveries(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<DeliveryItem>>, Problem> {
    let cx = caller.admit::<SettingsRead>()?;
    let id = id_of(&id)?;
    let mut query = Query::new(query.as_deref());
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let before = cursor.map(|cursor| cursor.parse()).transpose();
    let before = before.map_err(|_| Problem::bad_request("cursor: not a cursor of this list"))?;
    let mut found = webhooks::deliveries(&cx, id, before, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(Page { items: found.into_iter().map(delivery).collect(), next_cursor }))
}

/// Send a delivery once more, under the same id.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery}/again", tag = "webhooks", security(("api_key" = ["settings.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the webhook"),
    ("delivery" = uuid::Uuid, Path, description = "Id of the delivery"),
), responses(
    (status = 202, description = "It is on its way"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn again(
    caller: Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    let delivery = delivery.parse().map_err(|_| Problem::not_found())?;
    webhooks::redeliver(&cx, id_of(&id)?, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}

fn id_of(text: &str) -> Result<WebhookId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn new(asked: WebhookIn) -> NewWebhook {
    let WebhookIn { name, url, kinds, enabled } = asked;
    NewWebhook { name, url, kinds, enabled }
}

fn answer(webhook: Webhook) -> Response {
    let tag = of_time(webhook.updated_at);
    tagged(StatusCode::OK, item(webhook), &tag)
}

fn item(webhook: Webhook) -> WebhookItem {
    let Webhook {
        id,
        name,
        url,
        kinds,
        enabled,
        failing_since,
        disabled_why,
        created_by,
        created_at,
        updated_at,
    } = webhook;
    WebhookItem {
        id,
        name,
        url,
        kinds,
        enabled,
        failing_since,
        disabled_why,
        created_by,
        created_at,
        updated_at,
    }
}

fn delivery(one: Delivery) -> DeliveryItem {
    let (state, r#type) = (one.state(), domain::webhook::event_type(&one.action));
    DeliveryItem {
        id: one.id,
        seq: one.seq,
        r#type,
        state,
        attempts: one.attempts,
        next_at: one.next_at,
        tried_at: one.tried_at,
        status: one.status,
        duration_ms: one.duration_ms,
        error: one.error,
        delivered_at: one.delivered_at,
        created_at: one.created_at,
    }
}
