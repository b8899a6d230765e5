//! What Watchroom tells of a case by itself: similar ones, and a draft that hands it over.

use axum::Json;
use axum::extract::{Path, RawQuery};
use chrono::{DateTime, Utc};
use domain::Timestamp;
use domain::case::similar::Similar;
use domain::page::Page;
use domain::permission::CaseRead;
use serde::Serialize;
use service::cases;
use utoipa::{IntoParams, ToSchema};

use super::api::Caller;
use super::cases::{CaseItem, item};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct HandoverParameters {
    since: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
pub struct HandoverItem {
    #[schema(value_type = DateTime<Utc>)]
    since: Timestamp,
    /// Markdown.
    content: String,
}

#[derive(Serialize, ToSchema)]
pub struct SimilarCaseItem {
    case: CaseItem,
    shared_observables: i64,
    shared_groups: i64,
    shared_drifts: i64,
    /// The rarest first, at most six.
    shared_words: Vec<String>,
}

/// Cases that may be about the same, with what they share; those that share most first, at most eight.
///
/// Words are those of title and description, compared with the thousand cases that were changed last.
#[utoipa::path(get, path = "/api/v1/cases/{id}/similar", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "The most similar cases", body = schema::SimilarCasePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn similar(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<SimilarCaseItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let one = |Similar { case, shared }: Similar| SimilarCaseItem {
        case: item(case),
        shared_observables: shared.observables,
        shared_groups: shared.groups,
        shared_drifts: shared.drifts,
        shared_words: shared.words,
    };
    let items = cases::similar(&cx, id).await?.into_iter().map(one).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// What happened in a case since a time, drafted as a note that hands it over.
///
/// Without `since`: since the last note that did, or since the case was opened. The same case gives the same text.
#[utoipa::path(get, path = "/api/v1/cases/{id}/handover", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), HandoverParameters,
), responses(
    (status = 200, description = "The draft", body = HandoverItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn handover(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<HandoverItem>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let asked = query.one::<Timestamp>("since");
    query.done()?;
    let id = cases::find(&cx, &id).await?.id;
    let (since, content) = match asked {
        Some(since) => cases::handover_since(&cx, id, since).await?,
        None => cases::handover(&cx, id).await?,
    };
    Ok(Json(HandoverItem { since, content }))
}
