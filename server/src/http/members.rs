//! `/api/v1/members`, `/api/v1/invitations` and `/api/v1/roles`: who belongs to the organization and what they may do.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::invitation::{Invitation, NewInvitation};
use domain::member::{ApprovalLevel, Member, Role};
use domain::page::Page;
use domain::permission::{Key, MemberRead, MemberWrite, PermissionSet};
use domain::{InvitationId, MembershipId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::{invitations, members};
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::etag::{seen, tagged, too_late};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum RoleWord {
    Viewer,
    Analyst,
    Admin,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum LevelWord {
    None,
    Analyst,
    Senior,
    Manager,
    Executive,
}

#[derive(Serialize, ToSchema)]
pub struct MemberItem {
    #[schema(value_type = Uuid)]
    id: MembershipId,
    #[schema(value_type = Uuid)]
    user_id: UserId,
    email: String,
    username: String,
    #[schema(required = true)]
    display_name: Option<String>,
    #[schema(value_type = RoleWord)]
    role: Role,
    #[schema(value_type = LevelWord)]
    approval_level: ApprovalLevel,
    enabled: bool,
    /// The role follows the groups of the sign-in provider at each sign-in.
    by_provider: bool,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_login_at: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberIn {
    #[schema(value_type = RoleWord)]
    role: Role,
    #[schema(value_type = LevelWord)]
    approval_level: ApprovalLevel,
    /// `false` signs the account out everywhere and lets it in no more, `true` lets it in again; only of who belongs to this
    /// organization alone. It is changed by itself: with role and approval level as they are.
    enabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct InvitationItem {
    #[schema(value_type = Uuid)]
    id: InvitationId,
    email: String,
    #[schema(value_type = RoleWord)]
    role: Role,
    #[schema(value_type = LevelWord)]
    approval_level: ApprovalLevel,
    invited_by: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationIn {
    email: String,
    #[schema(value_type = RoleWord)]
    role: Role,
    #[schema(value_type = LevelWord)]
    approval_level: ApprovalLevel,
}

#[derive(Serialize, ToSchema)]
pub struct InvitationMade {
    #[serde(flatten)]
    invitation: InvitationItem,
    /// The path of the link that is sent to them, behind the address of the installation. It works once.
    path: String,
}

#[derive(Serialize, ToSchema)]
pub struct RoleItem {
    #[schema(value_type = RoleWord)]
    role: Role,
    /// What it may do, such as `case.write`.
    permissions: Vec<&'static str>,
}

/// Members, by name.
#[utoipa::path(get, path = "/api/v1/members", tag = "members", security(("api_key" = ["member.read"])), responses(
    (status = 200, description = "All members of the organization", body = schema::MemberPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<MemberItem>>, Problem> {
    let cx = caller.admit::<MemberRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = members::list(&cx).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// One member.
#[utoipa::path(get, path = "/api/v1/members/{id}", tag = "members", security(("api_key" = ["member.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the membership"),
), responses(
    (status = 200, description = "The member; the ETag tells role and approval level", body = MemberItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<MemberRead>()?;
    Ok(answer(members::get(&cx, id_of(&id)?).await?))
}

/// Change what a member may do. The last admin stays one.
#[utoipa::path(put, path = "/api/v1/members/{id}", tag = "members", security(("api_key" = ["member.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the membership"),
    ("If-Match" = String, Header, description = "ETag of the member that was changed"),
), request_body = MemberIn, responses(
    (status = 200, description = "The member; the ETag tells role and approval level", body = MemberItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is the last admin", body = ProblemDocument, content_type = "application/problem+json"),
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
    let cx = caller.admit::<MemberWrite>()?;
    let id = id_of(&id)?;
    let seen = seen(&headers)?
        .split_once('.')
        .and_then(|(role, level)| Some((role.parse().ok()?, level.parse().ok()?)));
    let seen = seen.ok_or_else(|| Problem::bad_request("If-Match is not an ETag of a member"))?;
    let MemberIn { role, approval_level, enabled } = read(&body)?;
    let new = (role, approval_level);
    let changed = match enabled {
        Some(enabled) => members::enable_seen(&cx, id, seen, new, enabled).await,
        None => members::update_seen(&cx, id, seen, new).await,
    };
    Ok(answer(changed.map_err(too_late)?))
}

/// Remove a member. The account stays; API keys they made here stop working.
#[utoipa::path(delete, path = "/api/v1/members/{id}", tag = "members", security(("api_key" = ["member.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the membership"),
), responses(
    (status = 204, description = "They belong here no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is the last admin", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn remove(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<MemberWrite>()?;
    members::remove(&cx, id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Roles of members, and what each may do.
#[utoipa::path(get, path = "/api/v1/roles", tag = "members", security(("api_key" = ["member.read"])), responses(
    (status = 200, description = "All roles", body = schema::RolePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn roles(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<RoleItem>>, Problem> {
    caller.admit::<MemberRead>()?;
    Query::new(query.as_deref()).done()?;
    let item = |role: &Role| RoleItem {
        role: *role,
        permissions: PermissionSet::of_role(*role).keys().map(Key::as_str).collect(),
    };
    Ok(Json(Page { items: Role::ALL.iter().map(item).collect(), next_cursor: None }))
}

/// Invitations that wait, by e-mail.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "members", security(("api_key" = ["member.read"])), responses(
    (status = 200, description = "All invitations that wait", body = schema::InvitationPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn invited(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<InvitationItem>>, Problem> {
    let cx = caller.admit::<MemberRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = invitations::list(&cx).await?.into_iter().map(invitation).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Invite an address; again takes the place of before. No mail is sent: the answer holds the link.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "members", security(("api_key" = ["member.write"])), request_body = InvitationIn, responses(
    (status = 201, description = "The invitation with its link", body = InvitationMade),
    (status = 409, description = "They are a member already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn invite(caller: Caller, body: Bytes) -> Result<(StatusCode, Json<InvitationMade>), Problem> {
    let cx = caller.admit::<MemberWrite>()?;
    let InvitationIn { email, role, approval_level } = read(&body)?;
    let made = invitations::invite(&cx, NewInvitation { email, role, approval_level }).await?;
    let path = format!("/invitation/{}", invitations::token(&cx, made.id));
    Ok((StatusCode::CREATED, Json(InvitationMade { invitation: invitation(made), path })))
}

/// Take an invitation back.
#[utoipa::path(delete, path = "/api/v1/invitations/{id}", tag = "members", security(("api_key" = ["member.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the invitation"),
), responses(
    (status = 204, description = "Its link works no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn withdraw(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<MemberWrite>()?;
    let id: InvitationId = id.parse().map_err(|_| Problem::not_found())?;
    invitations::withdraw(&cx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn id_of(text: &str) -> Result<MembershipId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn answer(member: Member) -> Response {
    let tag = format!("{}.{}", member.role, member.approval_level);
    tagged(StatusCode::OK, item(member), &tag)
}

fn item(member: Member) -> MemberItem {
    MemberItem {
        id: member.id,
        user_id: member.user_id,
        email: member.email,
        username: member.username,
        display_name: member.display_name,
        role: member.role,
        approval_level: member.approval_level,
        enabled: member.enabled,
        by_provider: member.by_provider,
        last_login_at: member.last_login_at,
        created_at: member.created_at,
    }
}

fn invitation(made: Invitation) -> InvitationItem {
    let Invitation { id, email, role, approval_level, invited_by, created_at } = made;
    InvitationItem { id, email, role, approval_level, invited_by, created_at }
}
