//! `/api/v1/provider-roles`: which role a group of the sign-in provider gives.

use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::member::Role;
use domain::page::Page;
use domain::permission::{MemberRead, MemberWrite};
use domain::provider_role::ProviderRole;
use serde::{Deserialize, Serialize};
use service::provider_roles;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{seen, tagged, too_late};
use super::members::RoleWord;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderRoleItem {
    /// As the provider's claim names it, compared letter by letter; at most 255 characters.
    group: String,
    #[schema(value_type = RoleWord)]
    role: Role,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderRolesIn {
    /// All of them, at most 100, each group once.
    items: Vec<ProviderRoleItem>,
}

/// Groups of the sign-in provider that give a role, by name.
#[utoipa::path(get, path = "/api/v1/provider-roles", tag = "members", security(("api_key" = ["member.read"])), responses(
    (status = 200, description = "All of them; the ETag names what they are", body = schema::ProviderRolePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let cx = caller.admit::<MemberRead>()?;
    Query::new(query.as_deref()).done()?;
    Ok(answer(provider_roles::list(&cx).await?))
}

/// Say anew which groups give a role. People have it, and lose it, at their next sign-in; the last admin stays one.
#[utoipa::path(put, path = "/api/v1/provider-roles", tag = "members", security(("api_key" = ["member.write"])), params(
    ("If-Match" = String, Header, description = "ETag of what was changed"),
), request_body = ProviderRolesIn, responses(
    (status = 200, description = "All of them; the ETag names what they are", body = schema::ProviderRolePage),
    (status = 412, description = "Somebody changed them meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn replace(caller: Caller, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<MemberWrite>()?;
    let seen = seen(&headers)?;
    let ProviderRolesIn { items } = read(&body)?;
    let new = items.into_iter().map(|item| ProviderRole { group: item.group, role: item.role }).collect();
    Ok(answer(provider_roles::replace_seen(&cx, seen, new).await.map_err(too_late)?))
}

fn answer(all: Vec<ProviderRole>) -> Response {
    let tag = provider_roles::version(&all);
    let items = all.into_iter().map(|one| ProviderRoleItem { group: one.group, role: one.role }).collect();
    tagged(StatusCode::OK, Page { items, next_cursor: None }, &tag)
}
