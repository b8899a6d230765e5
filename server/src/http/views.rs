//! `/api/v1/views`: saved views of lists. A key sees the shared ones.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::page::Page;
use domain::permission::{ViewRead, ViewWrite};
use domain::view::{Area, NewView, View};
use domain::{Timestamp, UserId, ViewId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, read};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct ViewItem {
    #[schema(value_type = Uuid)]
    id: ViewId,
    #[schema(value_type = AreaWord)]
    area: Area,
    name: String,
    /// What the address of the list says behind its `?`, percent-encoded: `from=7d&q=severity%3Ahigh`.
    query: String,
    shared: bool,
    /// Null where an API key made it.
    #[schema(required = true, value_type = Option<Uuid>)]
    owner_id: Option<UserId>,
    /// E-mail of the owner.
    #[schema(required = true)]
    owner: Option<String>,
    /// Counts the changes.
    version: i64,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum AreaWord {
    Events,
    Groups,
    Cases,
    Drift,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct ViewParameters {
    /// Of this list; of events when left out.
    area: Option<AreaWord>,
}

/// A view to save. What a key saves is shared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewViewIn {
    #[schema(value_type = AreaWord)]
    area: Area,
    /// At most 60 characters, once among the shared views of the list.
    name: String,
    /// Pairs as in the address of the list, without place in it (cursor, event).
    query: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedViewIn {
    name: String,
    query: String,
    /// The version that was changed; another one in between is a conflict (409).
    version: i64,
}

/// The shared views of a list, by name.
#[utoipa::path(get, path = "/api/v1/views", tag = "views", security(("api_key" = ["view.read"])), params(ViewParameters), responses(
    (status = 200, description = "All shared views of the list", body = schema::ViewPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<ViewItem>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let area = query.one("area").unwrap_or(Area::Events);
    query.done()?;
    let (views, _) = service::views::list(&caller.admit::<ViewRead>()?, area).await?;
    Ok(Json(Page { items: views.into_iter().map(item).collect(), next_cursor: None }))
}

/// Save a view that everybody in the organization sees.
#[utoipa::path(post, path = "/api/v1/views", tag = "views", security(("api_key" = ["view.write"])),
    request_body = NewViewIn, responses(
    (status = 201, description = "The view", body = ViewItem),
    (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<(StatusCode, Json<ViewItem>), Problem> {
    let cx = caller.admit::<ViewWrite>()?;
    let new: NewViewIn = read(&body)?;
    let NewViewIn { area, name, query } = new;
    let view = service::views::create(&cx, area, NewView { name, query, shared: true }).await?;
    Ok((StatusCode::CREATED, Json(item(view))))
}

/// One view.
#[utoipa::path(get, path = "/api/v1/views/{id}", tag = "views", security(("api_key" = ["view.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the view"),
), responses(
    (status = 200, description = "The view", body = ViewItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Json<ViewItem>, Problem> {
    let cx = caller.admit::<ViewRead>()?;
    Ok(Json(item(service::views::get(&cx, id_of(&id)?).await?)))
}

/// Change a shared view.
#[utoipa::path(put, path = "/api/v1/views/{id}", tag = "views", security(("api_key" = ["view.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the view"),
), request_body = ChangedViewIn, responses(
    (status = 200, description = "The view", body = ViewItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Somebody changed it meanwhile, or there is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Json<ViewItem>, Problem> {
    let cx = caller.admit::<ViewWrite>()?;
    let id = id_of(&id)?;
    let ChangedViewIn { name, query, version } = read(&body)?;
    let new = NewView { name, query, shared: true };
    Ok(Json(item(service::views::update(&cx, id, version, new).await?)))
}

/// Delete a shared view. Who started with it starts with the whole list again.
#[utoipa::path(delete, path = "/api/v1/views/{id}", tag = "views", security(("api_key" = ["view.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the view"),
), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<ViewWrite>()?;
    service::views::delete(&cx, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id_of(text: &str) -> Result<ViewId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn item(view: View) -> ViewItem {
    let View { id, area, name, query, shared, owner_id, owner, version, created_at, updated_at } = view;
    ViewItem { id, area, name, query, shared, owner_id, owner, version, created_at, updated_at }
}
