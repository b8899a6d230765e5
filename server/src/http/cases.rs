//! `/api/v1/cases`: investigations, what they are about, and what is written in them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::case::field::{CaseField, FieldKind, FieldValues};
use domain::case::{
    Act, Case, CaseFilter, CaseLink, CaseSort, LinkKind, NewCase, Pap, Priority, Resolution, Status, Tlp,
};
use domain::event::Event;
use domain::group::Assignee;
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseLinkId, EventId, Severity, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, asked_of, paging, read};
use super::case_late;
use super::etag::{seen, tagged};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema::{self, SeverityWord};

#[derive(Serialize, ToSchema)]
pub struct CaseItem {
    #[schema(value_type = Uuid)]
    id: CaseId,
    /// Counts up in the organization; people say `CASE-42`.
    number: i64,
    title: String,
    /// Markdown.
    description: String,
    #[schema(value_type = CaseStatusWord)]
    status: Status,
    /// Of a resolved case.
    #[schema(required = true, value_type = Option<ResolutionWord>)]
    resolution: Option<Resolution>,
    #[schema(value_type = PriorityWord)]
    priority: Priority,
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    #[schema(value_type = TlpWord)]
    tlp: Tlp,
    #[schema(value_type = PapWord)]
    pap: Pap,
    /// Null where an API key opened it.
    #[schema(required = true, value_type = Option<Uuid>)]
    created_by_id: Option<UserId>,
    #[schema(required = true, value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
    /// Name of the member who has it.
    #[schema(required = true)]
    assignee: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    due_at: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    resolved_at: Option<Timestamp>,
    /// Counts the changes; the ETag holds it.
    version: i64,
    tags: Vec<String>,
    /// Of the cases that were merged into it, without its own.
    merged_tags: Vec<String>,
    /// The case that it is in (`POST /api/v1/cases/{id}/merges`): read and change that one.
    #[schema(required = true, value_type = Option<Uuid>)]
    merged_into: Option<CaseId>,
    /// Number of that case.
    #[schema(required = true)]
    merged_number: Option<i64>,
    /// How many cases are in it; what is counted below counts theirs too, each thing once.
    merged_count: i64,
    /// Somebody asked to close it; a second person has not answered yet.
    in_review: bool,
    /// Values of the organization's own fields by their key (`GET /api/v1/case-fields`).
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    fields: FieldValues,
    /// Events and groups.
    link_count: i64,
    note_count: i64,
    task_count: i64,
    tasks_done: i64,
    observable_count: i64,
}

macro_rules! word_schema {
    ($($name:ident { $($variant:ident = $word:literal),* })*) => {$(
        #[derive(ToSchema)]
        pub enum $name { $(#[schema(rename = $word)] $variant),* }
    )*};
}
pub(super) use word_schema;
word_schema! {
    CaseStatusWord { Open = "open", Investigating = "investigating", Resolved = "resolved" }
    ResolutionWord {
        TruePositive = "true_positive", FalsePositive = "false_positive", Benign = "benign", Duplicate = "duplicate",
        Inconclusive = "inconclusive"
    }
    PriorityWord { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" }
    TlpWord { Clear = "clear", Green = "green", Amber = "amber", AmberStrict = "amber+strict", Red = "red" }
    PapWord { Clear = "clear", Green = "green", Amber = "amber", Red = "red" }
    CaseFieldKindWord { Text = "text", Number = "number", Date = "date", Choice = "choice", User = "user" }
    CaseMergedWord { Hide = "hide", Include = "include", Only = "only" }
    CaseSortWord { Updated = "updated", Number = "number", Severity = "severity", Priority = "priority", Due = "due" }
}

/// What a case says. Of a new one everything but the title may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which domain::case::NewCase reads")]
pub struct NewCaseIn {
    /// At most 200 characters.
    title: String,
    /// Markdown.
    description: Option<String>,
    priority: Option<PriorityWord>,
    severity: Option<SeverityWord>,
    tlp: Option<TlpWord>,
    pap: Option<PapWord>,
    assigned_to_id: Option<uuid::Uuid>,
    due_at: Option<DateTime<Utc>>,
    tags: Option<Vec<String>>,
    /// Values by the key of their field; fields that are not in it have none. Left out: as they are.
    fields: Option<std::collections::BTreeMap<String, String>>,
    /// Of a new case (`GET /api/v1/case-templates`).
    template_id: Option<uuid::Uuid>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct CaseParameters {
    /// Query language over the fields of cases: `severity>=high tag:phishing`.
    q: Option<String>,
    status: Option<Vec<CaseStatusWord>>,
    /// Id of a member, or `nobody`.
    assigned_to: Option<String>,
    /// Changed at or after this instant.
    updated_since: Option<DateTime<Utc>>,
    /// Whether cases that are in others are shown; without it they are not.
    #[param(inline)]
    merged: Option<CaseMergedWord>,
    #[param(inline)]
    sort: Option<CaseSortWord>,
}

/// What is done to the status of a case.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the body, which domain::case::Act reads")]
pub struct CaseActIn {
    act: CaseActWord,
    /// Of `resolve`.
    resolution: Option<ResolutionWord>,
    /// Of `resolve` and `reopen`.
    reason: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum CaseActWord {
    Investigate,
    Resolve,
    Reopen,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseEventsIn {
    /// At most 5,000.
    #[schema(value_type = Vec<Uuid>)]
    event_ids: Vec<EventId>,
}

#[derive(Serialize, ToSchema)]
pub struct LinkedOut {
    /// Those that were not linked before.
    pub(super) linked: u64,
}

#[derive(Serialize, ToSchema)]
pub struct CaseEventItem {
    #[schema(value_type = Uuid)]
    id: CaseLinkId,
    event_id: uuid::Uuid,
    #[schema(required = true, value_type = Option<Uuid>)]
    linked_by_id: Option<UserId>,
    #[schema(value_type = DateTime<Utc>)]
    linked_at: Timestamp,
    /// Null when it is gone.
    #[schema(required = true, value_type = Option<schema::EventItem>)]
    event: Option<Event>,
}

/// A field that the organization gives its cases.
#[derive(Serialize, ToSchema)]
pub struct CaseFieldItem {
    #[schema(value_type = Uuid)]
    id: domain::CaseFieldId,
    key: String,
    name: String,
    #[schema(value_type = CaseFieldKindWord)]
    kind: FieldKind,
    /// Of a choice.
    choices: Vec<String>,
    /// A case is not resolved without it.
    required: bool,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// It is asked no more.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    archived_at: Option<Timestamp>,
}

/// The organization's own fields of cases, in their order.
///
/// A number is written as `7.5`, a date as `2026-11-23`, a user as their id.
#[utoipa::path(get, path = "/api/v1/case-fields", tag = "cases", security(("api_key" = ["case.read"])), responses(
    (status = 200, description = "All fields, archived ones too", body = schema::CaseFieldPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn fields(caller: Caller) -> Result<Json<Page<CaseFieldItem>>, Problem> {
    let item = |field: CaseField| {
        let CaseField { id, key, name, kind, choices, required, created_at, archived_at, .. } = field;
        CaseFieldItem { id, key, name, kind, choices, required, created_at, archived_at }
    };
    let items = cases::fields(&caller.admit::<CaseRead>()?).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Cases, the last changed first unless sorted otherwise.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases", security(("api_key" = ["case.read"])), params(
    CaseParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of cases", body = schema::CasePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<CaseItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let filter = filter(&mut query, cx.now());
    let sort = match query.one::<String>("sort").as_deref().map(CaseSort::parse) {
        Some(None) => {
            query.refuse("sort", "updated, number, severity, priority or due");
            CaseSort::default()
        }
        sort => sort.flatten().unwrap_or_default(),
    };
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let page = cases::list(&cx, &filter, sort, limit, cursor.as_deref()).await?;
    Ok(Json(Page { items: page.items.into_iter().map(item).collect(), next_cursor: page.next_cursor }))
}

/// Open a case.
///
/// With `template_id`, what the body leaves out is what the template says, and its tasks come with the case.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", security(("api_key" = ["case.write"])), request_body = NewCaseIn, responses(
    (status = 201, description = "The case, its version in the ETag", body = CaseItem),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn create(caller: Caller, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let case = cases::open(&cx, new_case(&caller, &body).await?, &[]).await?;
    let tag = case.version.to_string();
    Ok(tagged(StatusCode::CREATED, item(case), &tag))
}

/// What the body says, and the template where it says nothing.
async fn new_case(caller: &Caller, body: &Bytes) -> Result<NewCase, Problem> {
    let new = read::<NewCase>(body)?;
    let Some(id) = new.template_id else { return Ok(new) };
    let template = cases::template(&caller.admit::<CaseRead>()?, id).await.map_err(|error| match error {
        service::Error::NotFound => {
            Problem::invalid(domain::Invalid::field("template_id", "there is no such template"))
        }
        other => other.into(),
    })?;
    let said: serde_json::Map<String, serde_json::Value> = read(body)?;
    let left_out = |name: &str| !said.contains_key(name);
    let brings = template.brings;
    let mut fields = brings.fields;
    fields.extend(new.fields.unwrap_or_default());
    Ok(NewCase {
        description: if left_out("description") { brings.description } else { new.description },
        severity: if left_out("severity") { brings.severity } else { new.severity },
        priority: if left_out("priority") { brings.priority } else { new.priority },
        tlp: if left_out("tlp") { brings.tlp } else { new.tlp },
        pap: if left_out("pap") { brings.pap } else { new.pap },
        tags: if left_out("tags") { brings.tags } else { new.tags },
        fields: Some(fields),
        ..new
    })
}

/// One case.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "The case, its version in the ETag", body = CaseItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(tagged_case(cases::find(&caller.admit::<CaseRead>()?, &id).await?))
}

/// Change what a case says.
///
/// `If-Match` carries the ETag that the change was made from: without it 428, and 412 when somebody was faster.
#[utoipa::path(put, path = "/api/v1/cases/{id}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
    ("If-Match" = String, Header, description = "ETag of the case that was changed"),
), request_body = NewCaseIn, responses(
    (status = 200, description = "The case, its version in the ETag", body = CaseItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
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
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let version = version_of(&headers)?;
    let new = read::<NewCase>(&body)?;
    match cases::edit(&cx, id, version, new.clone()).await {
        Err(service::Error::Conflict(text)) if text == service::error::CHANGED => {
            Err(case_late::too_late(&caller, id, &new, text).await)
        }
        other => Ok(tagged_case(other?)),
    }
}

/// Begin, resolve or reopen an investigation. Where a second person closes cases, resolve asks for that: `in_review`.
#[utoipa::path(post, path = "/api/v1/cases/{id}/actions", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = CaseActIn, responses(
    (status = 200, description = "The case, its version in the ETag", body = CaseItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Its status does not allow it", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn act(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    Ok(tagged_case(cases::act(&cx, id, &read::<Act>(&body)?).await?))
}

/// The events of a case, the latest linked first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/events", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), schema::PageParameters,
), responses(
    (status = 200, description = "One page of linked events", body = schema::CaseEventPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn events(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<CaseEventItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let id = id_of(&caller, &id).await?;
    let page = cases::events(&cx, id, limit, cursor.as_deref()).await?;
    let item = |(link, event): (CaseLink, Option<Event>)| CaseEventItem {
        id: link.id,
        event_id: link.target_id,
        linked_by_id: link.linked_by_id,
        linked_at: link.linked_at,
        event,
    };
    Ok(Json(Page { items: page.items.into_iter().map(item).collect(), next_cursor: page.next_cursor }))
}

/// Link events to a case. All of them must exist.
#[utoipa::path(post, path = "/api/v1/cases/{id}/events", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = CaseEventsIn, responses(
    (status = 200, description = "How many were not linked before", body = LinkedOut),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn link(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Json<LinkedOut>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let CaseEventsIn { event_ids } = read(&body)?;
    let ids: Vec<_> = event_ids.into_iter().map(|id| id.0).collect();
    Ok(Json(LinkedOut { linked: cases::link(&cx, id, LinkKind::Event, &ids).await? }))
}

/// The id of a case that is named by it or by its number; the number takes `case.read` too.
pub(super) async fn id_of(caller: &Caller, name: &str) -> Result<CaseId, Problem> {
    match name.parse() {
        // Whether it is there the use-case sees, which may be one that only writes.
        Ok(id) => Ok(id),
        Err(_) => Ok(cases::find(&caller.admit::<CaseRead>()?, name).await?.id),
    }
}

/// What the parameters of the list leave.
pub(super) fn filter(query: &mut Query, now: Timestamp) -> CaseFilter {
    CaseFilter {
        query: asked_of(query, &domain::query::CASES, now),
        status: query.list("status"),
        assigned_to: query.one::<String>("assigned_to").and_then(|text| assignee(query, &text)),
        updated_since: query.one("updated_since"),
        merged: query.one("merged").unwrap_or_default(),
        ..CaseFilter::default()
    }
}

pub(super) fn assignee(query: &mut Query, text: &str) -> Option<Assignee> {
    match (text, text.parse()) {
        ("nobody", _) => Some(Assignee::Nobody),
        (_, Ok(user)) => Some(Assignee::User(user)),
        (_, Err(_)) => {
            query.refuse("assigned_to", "the id of a member, or nobody");
            None
        }
    }
}

pub(super) fn tagged_case(case: Case) -> Response {
    let tag = case.version.to_string();
    tagged(StatusCode::OK, item(case), &tag)
}

/// The version of a case that If-Match names.
pub(super) fn version_of(headers: &HeaderMap) -> Result<i64, Problem> {
    seen(headers)?.parse().map_err(|_| Problem::bad_request("If-Match is not an ETag of a case"))
}

pub(super) fn item(case: Case) -> CaseItem {
    CaseItem {
        id: case.id,
        number: case.number,
        title: case.title,
        description: case.description,
        status: case.status,
        resolution: case.resolution,
        priority: case.priority,
        severity: case.severity,
        tlp: case.tlp,
        pap: case.pap,
        created_by_id: case.created_by_id,
        assigned_to_id: case.assigned_to_id,
        assignee: case.assignee,
        due_at: case.due_at,
        created_at: case.created_at,
        updated_at: case.updated_at,
        resolved_at: case.resolved_at,
        version: case.version,
        tags: case.tags,
        merged_tags: case.merged_tags,
        merged_into: case.merged_into,
        merged_number: case.merged_number,
        merged_count: case.merged_count,
        in_review: case.in_review,
        fields: case.fields,
        link_count: case.link_count,
        note_count: case.note_count,
        task_count: case.task_count,
        tasks_done: case.tasks_done,
        observable_count: case.observable_count,
    }
}
