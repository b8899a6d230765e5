//! `/api/v1/organization`: the one that the key is of; `/api/v1/organizations`: all of them, for keys that the platform role made with the scopes
//! `organization.read` and `organization.write`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::organization::{Health, NewOrganization, Organization, Overseen};
use domain::page::Page;
use domain::permission::{OrganizationCreate, OrganizationRead, SettingsRead, SettingsWrite};
use domain::{OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use service::{organizations, oversight};
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{of_time, seen_time, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Serialize, ToSchema)]
pub struct OrganizationItem {
    #[schema(value_type = Uuid)]
    id: OrganizationId,
    slug: String,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    #[schema(required = true)]
    contact_email: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationIn {
    /// At most 255 characters, of no other organization.
    name: String,
    /// At most 2,000 characters.
    description: Option<String>,
    contact_email: Option<String>,
}

/// An organization as the platform sees it.
#[derive(Serialize, ToSchema)]
pub struct OverseenItem {
    #[schema(value_type = Uuid)]
    id: OrganizationId,
    slug: String,
    name: String,
    /// `false`: suspended.
    is_active: bool,
    /// When what it holds is deleted, if it is marked for that.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    delete_after: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    members: i64,
    sources: i64,
    open_cases: i64,
    events: i64,
    /// Of the last 24 hours, by the hour.
    events_recent: i64,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_event_at: Option<Timestamp>,
    health: HealthItem,
}

/// Of what an organization counts on, how many are not as they should be.
#[derive(Serialize, ToSchema)]
pub struct HealthItem {
    /// Sources whose status says `error`.
    failed_sources: i64,
    /// Active sources that sent once, and nothing for 24 hours.
    quiet_sources: i64,
    /// Webhooks whose calls fail, or that the server switched off for that.
    failing_webhooks: i64,
    /// Repositories of infrastructure that were pushed once, and not for 7 days.
    unpushed_repositories: i64,
    /// Open cases whose due date is over.
    overdue_cases: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganizationIn {
    /// 2 to 63 lower-case letters, digits and hyphens, starting with a letter; it stays.
    slug: String,
    name: String,
    /// E-mail address of who becomes its first admin, by the link of the answer.
    first_admin: String,
}

#[derive(Serialize, ToSchema)]
pub struct OrganizationMade {
    organization: OrganizationItem,
    /// The path of the first admin's invitation; no mail is sent.
    invitation: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationNameIn {
    /// At most 255 characters, of no other organization.
    name: String,
}

#[derive(Serialize, ToSchema)]
pub struct OrganizationMarked {
    /// Until then it can be taken back.
    #[schema(value_type = DateTime<Utc>)]
    delete_after: Timestamp,
}

/// The organization that the key is of.
#[utoipa::path(get, path = "/api/v1/organization", tag = "access", security(("api_key" = ["settings.read"])), responses(
    (status = 200, description = "The organization, its version in the ETag", body = OrganizationItem),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn own(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let cx = caller.admit::<SettingsRead>()?;
    Query::new(query.as_deref()).done()?;
    Ok(answer(organizations::get(&cx).await?))
}

/// Change name, description and contact of the organization that the key is of. What is left out is empty then; the slug stays.
#[utoipa::path(put, path = "/api/v1/organization", tag = "access", security(("api_key" = ["settings.write"])), params(
    ("If-Match" = String, Header, description = "ETag of the organization that was changed"),
), request_body = OrganizationIn, responses(
    (status = 200, description = "The organization, its version in the ETag", body = OrganizationItem),
    (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<SettingsWrite>()?;
    let seen = seen_time(&headers)?;
    let OrganizationIn { name, description, contact_email } = read(&body)?;
    let changed =
        organizations::update_seen(&cx, seen, &name, description.as_deref(), contact_email.as_deref()).await;
    Ok(answer(changed.map_err(too_late)?))
}

/// All organizations, by name.
#[utoipa::path(get, path = "/api/v1/organizations", tag = "platform", security(("api_key" = ["organization.read"])), responses(
    (status = 200, description = "All organizations", body = schema::OverseenPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<OverseenItem>>, Problem> {
    let cx = caller.admit::<OrganizationRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = oversight::list(&cx).await?.into_iter().map(overseen).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Make an organization for somebody else.
#[utoipa::path(post, path = "/api/v1/organizations", tag = "platform", security(("api_key" = ["organization.write"])), request_body = NewOrganizationIn, responses(
    (status = 201, description = "The organization, with the way in for its first admin", body = OrganizationMade),
    (status = 409, description = "There is one of this name or slug", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<(StatusCode, Json<OrganizationMade>), Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    let NewOrganizationIn { slug, name, first_admin } = read(&body)?;
    let new = NewOrganization { slug, name, ..NewOrganization::default() };
    let (organization, token) = oversight::found_with_link(&cx, new, &first_admin).await?;
    let made =
        OrganizationMade { organization: item(organization), invitation: format!("/invitation/{token}") };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Rename an organization. The slug stays: links hold it.
#[utoipa::path(put, path = "/api/v1/organizations/{organization}", tag = "platform", security(("api_key" = ["organization.write"])), params(
    ("organization" = String, Path, description = "Slug of the organization"),
), request_body = OrganizationNameIn, responses(
    (status = 200, description = "The organization", body = OrganizationItem),
    (status = 404, description = "There is none", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "There is one of this name", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn rename(
    caller: Caller,
    Path(slug): Path<String>,
    body: Bytes,
) -> Result<Json<OrganizationItem>, Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    let OrganizationNameIn { name } = read(&body)?;
    Ok(Json(item(oversight::rename(&cx, &slug, None, &name).await?)))
}

/// Suspend an organization: nobody enters it and its keys stop working; nothing is deleted.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/suspend", tag = "platform", security(("api_key" = ["organization.write"])), params(
    ("organization" = String, Path, description = "Slug of the organization"),
), responses(
    (status = 200, description = "The organization", body = OrganizationItem),
    (status = 404, description = "There is none", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is marked to be deleted", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn suspend(caller: Caller, Path(slug): Path<String>) -> Result<Json<OrganizationItem>, Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    Ok(Json(item(organizations::suspend(&cx, &slug).await?)))
}

/// End a suspension.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/resume", tag = "platform", security(("api_key" = ["organization.write"])), params(
    ("organization" = String, Path, description = "Slug of the organization"),
), responses(
    (status = 200, description = "The organization", body = OrganizationItem),
    (status = 404, description = "There is none", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is marked to be deleted", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn resume(caller: Caller, Path(slug): Path<String>) -> Result<Json<OrganizationItem>, Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    Ok(Json(item(organizations::resume(&cx, &slug).await?)))
}

/// Suspend an organization and mark it to be deleted, in 30 days. Until then it can be taken back.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}", tag = "platform", security(("api_key" = ["organization.write"])), params(
    ("organization" = String, Path, description = "Slug of the organization"),
), responses(
    (status = 200, description = "When it is deleted", body = OrganizationMarked),
    (status = 404, description = "There is none", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is marked already, or a legal hold stands in it", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn mark(caller: Caller, Path(slug): Path<String>) -> Result<Json<OrganizationMarked>, Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    // Who calls an address has typed the slug.
    Ok(Json(OrganizationMarked { delete_after: oversight::mark(&cx, &slug, &slug).await? }))
}

/// Keep an organization that is marked to be deleted. It stays suspended until it is resumed.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/keep", tag = "platform", security(("api_key" = ["organization.write"])), params(
    ("organization" = String, Path, description = "Slug of the organization"),
), responses(
    (status = 204, description = "It is not deleted"),
    (status = 404, description = "There is none", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is not marked, or its deletion has begun", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn keep(caller: Caller, Path(slug): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<OrganizationCreate>()?;
    oversight::take_back(&cx, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(organization: Organization) -> Response {
    let tag = of_time(organization.updated_at);
    tagged(StatusCode::OK, item(organization), &tag)
}

fn item(organization: Organization) -> OrganizationItem {
    let Organization { id, slug, name, description, contact_email, is_active: _, created_at, updated_at } =
        organization;
    OrganizationItem { id, slug, name, description, contact_email, created_at, updated_at }
}

fn overseen(one: Overseen) -> OverseenItem {
    OverseenItem {
        id: one.id,
        slug: one.slug,
        name: one.name,
        is_active: one.is_active,
        delete_after: one.delete_after,
        created_at: one.created_at,
        members: one.members,
        sources: one.sources,
        open_cases: one.open_cases,
        events: one.events,
        events_recent: one.events_recent,
        last_event_at: one.last_event_at,
        health: health(one.health),
    }
}

fn health(health: Health) -> HealthItem {
    let Health { failed_sources, quiet_sources, failing_webhooks, unpushed_repositories, overdue_cases } =
        health;
    HealthItem { failed_sources, quiet_sources, failing_webhooks, unpushed_repositories, overdue_cases }
}
