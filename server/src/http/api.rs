//! `/api/v1`: lists as `{"items":[…],"next_cursor":…}`, single things by id. A caller brings an API key, never a cookie.

use axum::Json;
use axum::extract::{Extension, FromRequestParts, Path, RawQuery};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::audit::{AuditFilter, AuditRecord};
use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::{MAX_LIMIT, Order, Page};
use domain::permission::{AuditRead, EventRead, Permission, SourceRead};
use domain::query::Schema;
use domain::source::Source;
use domain::{ApiKeyId, EventId, Timestamp};
use serde::de::DeserializeOwned;
use service::once::Once;
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
    /// The key that it calls with.
    pub fn key(&self) -> Option<ApiKeyId> {
        match &self.actor.who {
            Who::ApiKey { id, .. } => Some(*id),
            Who::User(_) | Who::System(_) => None,
        }
    }
    /// The proof that the key allows `P`.
    pub fn admit<P: Permission>(&self) -> Result<Cx<P>, Problem> {
        Ok(self.services.admit(&self.actor)?)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let actor = authenticate(parts, state).await?;
        count(parts, state, &actor).await?;
        let services = match parts.extensions.get::<Once>() {
            Some(once) => state.services.once(once.clone()),
            None => state.services.clone(),
        };
        Ok(Self { services, actor })
    }
}

/// The request was counted already.
#[derive(Clone, Copy)]
struct Counted;

/// Counts the request against the limits of its key and organization, once.
pub(crate) async fn count(parts: &mut Parts, state: &AppState, actor: &Actor) -> Result<(), Problem> {
    if let (Who::ApiKey { id, .. }, None) = (&actor.who, parts.extensions.get::<Counted>()) {
        state.limits.api_key(&id.to_string())?;
        state.plans.request(&state.services, actor.organization, *id).await?;
        parts.extensions.insert(Counted);
    }
    Ok(())
}

/// Whose key the request brings.
pub(crate) async fn authenticate(parts: &mut Parts, state: &AppState) -> Result<Actor, Problem> {
    let Extension(visitor) = Extension::<Visitor>::from_request_parts(parts, state)
        .await
        .map_err(|e| Problem::internal(e.to_string()))?;
    let header = parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    let secret = header
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(Problem::unauthenticated)?;
    Ok(service::api_keys::authenticate(&state.services, secret, &sessions::client(&visitor)).await?)
}

/// Events, newest first.
///
/// A page can be short, even empty, though there is a next one: a search does not make one wait.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", security(("api_key" = ["event.read"])), params(
    schema::EventParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of events", body = schema::EventPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn events(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<Event>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = event_filter(&mut query, caller.services.clock.now());
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    Ok(Json(service::events::list(&caller.admit::<EventRead>()?, &filter, limit, cursor.as_deref()).await?))
}

/// One event.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events", security(("api_key" = ["event.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the event"),
), responses(
    (status = 200, description = "The event", body = schema::EventItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn event(caller: Caller, Path(id): Path<String>) -> Result<Json<Event>, Problem> {
    let cx = caller.admit::<EventRead>()?;
    let id: EventId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(service::events::get(&cx, id).await?))
}

/// Sources, by name.
#[utoipa::path(get, path = "/api/v1/sources", tag = "sources", security(("api_key" = ["source.read"])), params(
    schema::SourceParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of sources", body = schema::SourcePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn sources(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<Source>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let within: String = query.one("q").unwrap_or_default();
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let cx = caller.admit::<SourceRead>()?;
    Ok(Json(service::sources::list(&cx, &within, limit, cursor.as_deref()).await?))
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

pub(super) fn audit_filter(query: &mut Query) -> AuditFilter {
    AuditFilter {
        actor: query.one("actor"),
        action: query.one("action"),
        target_type: query.one("target_type"),
        target_id: query.one("target_id"),
        from: query.one("from"),
        to: query.one("to"),
        q: query.one("q"),
    }
}

/// `q` in the query language.
pub(super) fn asked(query: &mut Query, now: Timestamp) -> Option<domain::query::Query> {
    asked_of(query, &domain::query::EVENTS, now)
}

/// `q` over the fields of another list.
pub(super) fn asked_of(query: &mut Query, schema: &Schema, now: Timestamp) -> Option<domain::query::Query> {
    let text: String = query.one("q")?;
    match domain::query::parse(&text, schema, now) {
        Ok(asked) => Some(asked),
        Err(problem) => {
            query.refuse("q", problem.placed(&text));
            None
        }
    }
}

fn event_filter(query: &mut Query, now: Timestamp) -> EventFilter {
    EventFilter {
        from: query.one("from"),
        to: query.one("to"),
        severity: query.list("severity"),
        component: query.texts("component"),
        service: query.texts("service"),
        environment: query.texts("environment"),
        system_id: query.texts("system_id"),
        event_type: query.texts("event_type"),
        source_id: query.list("source_id"),
        fingerprint: query.one("fingerprint"),
        group_id: query.one("group_id"),
        query: asked(query, now),
        order: match query.one::<String>("order").as_deref() {
            None | Some("newest") => Order::Newest,
            Some("oldest") => Order::Oldest,
            Some(other) => {
                let shown: String = other.chars().take(60).collect();
                query.refuse("order", format!("'{shown}' is none; newest or oldest"));
                Order::Newest
            }
        },
    }
}

/// Limit and cursor.
pub(super) fn paging(query: &mut Query) -> (u32, Option<String>) {
    (limit(query), query.one("cursor"))
}

/// How many of a list are asked for.
pub(super) fn limit(query: &mut Query) -> u32 {
    let asked: Option<String> = query.one("limit");
    let number = asked.as_deref().map(|text| text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n)));
    if number == Some(None) {
        let shown: String = asked.unwrap_or_default().chars().take(60).collect();
        query.refuse("limit", format!("'{shown}' is none; a number between 1 and {MAX_LIMIT}"));
    }
    domain::page::limit(number.flatten())
}

/// A JSON body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|e| Problem::bad_request(format!("The body is not understood: {e}")))
}
