//! `/api/v1/cases/{id}/observables`, `/links` and `/history`: what a case has beside its notes, tasks and files.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::case::observable::{Observable, ObservableKind};
use domain::case::story::words;
use domain::case::{CaseLink, Change, LinkKind, Step};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite, EventRead};
use domain::{CaseActionId, CaseChangeId, CaseId, CaseLinkId, ObservableId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::cases;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::{Caller, paging, read};
use super::cases::{LinkedOut, id_of, word_schema};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! {
    ObservableKindWord {
        Ip = "ip", Domain = "domain", Url = "url", Hash = "hash", Email = "email", File = "file", User = "user", Other = "other"
    }
    LinkKindWord { Event = "event", Group = "group", Drift = "drift" }
}

#[derive(Serialize, ToSchema)]
pub struct ObservableItem {
    #[schema(value_type = Uuid)]
    id: ObservableId,
    #[schema(value_type = ObservableKindWord)]
    kind: ObservableKind,
    /// As it is compared: `hxxp` and `[.]` are read as what they mean.
    value: String,
    /// It says that something is wrong where it is seen.
    ioc: bool,
    #[schema(required = true)]
    added_by: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    added_at: Timestamp,
    /// Other cases that have it.
    other_cases: i64,
}

/// The events that have an observable in their words.
#[derive(Serialize, ToSchema)]
pub struct SightingsOut {
    /// How many days were looked at, up to now.
    days: i64,
    /// Null where the observable has no words, which cannot be looked for.
    #[schema(required = true)]
    events: Option<i64>,
    /// Whether they were counted, or estimated.
    exact: bool,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    last_seen_at: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservablesIn {
    /// At most 500. What each is, is told by its form.
    observables: Vec<String>,
    /// All of them say that something is wrong.
    #[serde(default)]
    ioc: bool,
}

#[derive(Serialize, ToSchema)]
pub struct ObservablesOut {
    added: usize,
    /// The case had them.
    known: usize,
}

/// What a case is about, with who linked it and when.
#[derive(Serialize, ToSchema)]
pub struct CaseLinkItem {
    #[schema(value_type = Uuid)]
    id: CaseLinkId,
    #[schema(value_type = LinkKindWord)]
    kind: LinkKind,
    /// Id of the event, group or drift, which may be gone.
    target_id: Uuid,
    #[schema(required = true, value_type = Option<Uuid>)]
    linked_by_id: Option<UserId>,
    #[schema(required = true)]
    linked_by: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    linked_at: Timestamp,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct LinkParameters {
    /// `event`, `group` or `drift`; all without it.
    #[param(value_type = Option<LinkKindWord>)]
    kind: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseLinksIn {
    #[schema(value_type = LinkKindWord)]
    kind: LinkKind,
    /// Ids of events, groups or drifts, at most 5,000. All of them must exist.
    ids: Vec<Uuid>,
}

/// A line of a case's history. Rows are only added.
#[derive(Serialize, ToSchema)]
pub struct CaseChangeItem {
    #[schema(value_type = Uuid)]
    id: CaseChangeId,
    /// Of a case that was merged into this one, that one.
    #[schema(value_type = Uuid)]
    case_id: CaseId,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    #[schema(required = true, value_type = Option<Uuid>)]
    actor_id: Option<UserId>,
    /// As it was called then.
    actor: String,
    /// A code: `opened`, `linked`, `note_edited`…
    #[schema(value_type = String)]
    step: Step,
    /// The same in words, to stand behind the actor.
    words: String,
    /// What changed, before.
    #[schema(value_type = Object)]
    old: Value,
    /// What changed, after.
    #[schema(value_type = Object)]
    new: Value,
    #[schema(required = true)]
    reason: Option<String>,
    /// Shared by what one action on many cases did.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<CaseActionId>,
    /// Of the case after a change of the case itself.
    #[schema(required = true)]
    version: Option<i64>,
}

/// The observables of a case, by kind and value.
#[utoipa::path(get, path = "/api/v1/cases/{id}/observables", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All observables", body = schema::ObservablePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn observables(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Page<ObservableItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::observables(&cx, id).await?.into_iter().map(observable).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Add observables to a case; those that it has stay as they are.
#[utoipa::path(post, path = "/api/v1/cases/{id}/observables", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = ObservablesIn, responses(
    (status = 200, description = "How many the case had not", body = ObservablesOut),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn observe(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ObservablesOut>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let ObservablesIn { observables, ioc } = read(&body)?;
    let done = cases::add_observables(&cx, id, &observables.join("\n"), ioc).await?;
    Ok(Json(ObservablesOut { added: done.added, known: done.known }))
}

/// Take an observable out of a case.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/observables/{observable}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
    ("observable" = uuid::Uuid, Path, description = "Id of the observable"),
), responses(
    (status = 204, description = "The case has it no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn unobserve(
    caller: Caller,
    Path((id, observable)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let observable: ObservableId = observable.parse().map_err(|_| Problem::not_found())?;
    cases::remove_observable(&cx, id, observable).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where events have an observable of a case. The key reads events as well.
#[utoipa::path(get, path = "/api/v1/cases/{id}/observables/{observable}/sightings", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
    ("observable" = uuid::Uuid, Path, description = "Id of the observable"),
), responses(
    (status = 200, description = "How many events, and when the last was", body = SightingsOut),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn sightings(
    caller: Caller,
    Path((id, observable)): Path<(String, String)>,
) -> Result<Json<SightingsOut>, Problem> {
    let (cx, seen) = (caller.admit::<CaseRead>()?, caller.admit::<EventRead>()?);
    let id = cases::find(&cx, &id).await?.id;
    let observable: ObservableId = observable.parse().map_err(|_| Problem::not_found())?;
    let one = cases::observable(&cx, id, observable).await?;
    let found = cases::sightings_of(&seen, &one).await?;
    Ok(Json(SightingsOut {
        days: cases::SIGHTING_DAYS,
        events: found.map(|found| found.count.n),
        exact: found.is_none_or(|found| found.count.exact),
        last_seen_at: found.and_then(|found| found.last),
    }))
}

/// What a case is linked to, the latest linked first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/links", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), LinkParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of links", body = schema::CaseLinkPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn links(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<CaseLinkItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let kind: Option<LinkKind> = query.one("kind");
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let id = cases::find(&cx, &id).await?.id;
    let page = cases::links(&cx, id, kind, limit, cursor.as_deref()).await?;
    Ok(Json(Page { items: page.items.into_iter().map(link).collect(), next_cursor: page.next_cursor }))
}

/// Link events, groups or drifts to a case. All of them must exist.
#[utoipa::path(post, path = "/api/v1/cases/{id}/links", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = CaseLinksIn, responses(
    (status = 200, description = "How many were not linked before", body = LinkedOut),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add_links(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<LinkedOut>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let CaseLinksIn { kind, ids } = read(&body)?;
    Ok(Json(LinkedOut { linked: cases::link(&cx, id, kind, &ids).await? }))
}

/// Take a link away. The event, group or drift stays as it is.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/links/{link}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("link" = uuid::Uuid, Path, description = "Id of the link"),
), responses(
    (status = 204, description = "It is linked no more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn unlink(caller: Caller, Path((id, link)): Path<(String, String)>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let link: CaseLinkId = link.parse().map_err(|_| Problem::not_found())?;
    cases::remove_link(&cx, id, link).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What happened to a case, the latest first, at most 1,000 lines.
#[utoipa::path(get, path = "/api/v1/cases/{id}/history", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "The latest lines", body = schema::CaseChangePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn history(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseChangeItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::history(&cx, id).await?.into_iter().map(change).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

fn observable(one: Observable) -> ObservableItem {
    let Observable { id, kind, value, ioc, added_by, added_at, other_cases } = one;
    ObservableItem { id, kind, value, ioc, added_by, added_at, other_cases }
}

fn link(one: CaseLink) -> CaseLinkItem {
    let CaseLink { id, kind, target_id, linked_by_id, linked_by, linked_at } = one;
    CaseLinkItem { id, kind, target_id, linked_by_id, linked_by, linked_at }
}

fn change(one: Change) -> CaseChangeItem {
    let words = words(&one);
    let Change { id, case_id, at, actor_id, actor, step, old, new, reason, action_id, version } = one;
    CaseChangeItem { id, case_id, at, actor_id, actor, step, words, old, new, reason, action_id, version }
}
