//! `/api/v1`: lists as `{"items":[…],"next_cursor":…}`, single things by id. A caller brings an API key, never a cookie.

use axum::Json;
use axum::extract::{Extension, FromRequestParts, Path, RawQuery, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::audit::{AuditFilter, AuditRecord};
use domain::event::Event;
use domain::filter::EventFilter;
use domain::group::Group;
use domain::page::{MAX_LIMIT, Page};
use domain::permission::{AuditRead, EventRead, GroupRead, Permission, SourceRead};
use domain::source::Source;
use domain::{EventId, GroupId};
use service::{Actor, Cx, Services, Who};

use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;
use crate::sessions;
use crate::state::AppState;
use crate::web::client::Visitor;

/// Who calls, by their API key. Extracting one also counts against the key's rate.
pub struct Caller {
    services: Services,
    actor: Actor,
}

impl Caller {
    /// The proof that the key allows `P`.
    pub fn admit<P: Permission>(&self) -> Result<Cx<P>, Problem> {
        Ok(self.services.admit(&self.actor)?)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Extension(visitor) = Extension::<Visitor>::from_request_parts(parts, state)
            .await
            .map_err(|e| Problem::internal(e.to_string()))?;
        let header = parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
        let secret = header
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, secret)| secret.trim())
            .ok_or_else(Problem::unauthenticated)?;
        let actor = service::api_keys::authenticate(&state.services, secret, &sessions::client(&visitor)).await?;
        if let Who::ApiKey { id, .. } = &actor.who {
            state.limits.api_key(&id.to_string())?;
        }
        Ok(Self { services: state.services.clone(), actor })
    }
}

/// Sources, by name.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", security(("api_key" = ["source.read"])), responses(
    (status = 200, description = "All sources of the organization", body = schema::SourcePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn sources(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<Source>>, Problem> {
    Query::new(query.as_deref()).done()?;
    let items = service::sources::list(&caller.admit::<SourceRead>()?).await?;
    Ok(Json(Page { items, next_cursor: None }))
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", security(("api_key" = ["audit.read"])), params(
    schema::AuditParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of entries", body = schema::AuditPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn audit(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<AuditRecord>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = audit_filter(&mut query);
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let page = service::audit::list(&caller.admit::<AuditRead>()?, &filter, limit, cursor.as_deref()).await?;
    Ok(Json(page))
}

/// The filter of the audit list and its export.
pub fn audit_filter(query: &mut Query) -> AuditFilter {
    AuditFilter {
        actor: query.one("actor"),
        action: query.one("action"),
        target_type: query.one("target_type"),
        target_id: query.one("target_id"),
        from: query.one("from"),
        to: query.one("to"),
    }
}

fn paging(query: &mut Query) -> (u32, Option<String>) {
    let limit = query.one::<u32>("limit");
    if limit.is_some_and(|n| !(1..=MAX_LIMIT).contains(&n)) {
        query.refuse("limit", format!("between 1 and {MAX_LIMIT}"));
    }
    (domain::page::limit(limit), query.one("cursor"))
}
