//! `/api/v1/cases/{id}/notes`: what is written in a case; `/api/v1/mentions`: whom it names.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::case::CaseNote;
use domain::case::mention::{Mention, MentionFilter, Named};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, paging, read};
use super::cases::id_of;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoteIn {
    /// Markdown, at most 50,000 characters. `@` and a member's username or e-mail address calls them.
    content: String,
}

#[derive(Serialize, ToSchema)]
pub struct CaseNoteItem {
    #[schema(value_type = Uuid)]
    id: CaseNoteId,
    #[schema(required = true, value_type = Option<Uuid>)]
    author_id: Option<UserId>,
    author: String,
    /// Empty once it is deleted.
    content: String,
    /// The members whom it names.
    mentions: Vec<NamedItem>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    edited_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    deleted_at: Option<Timestamp>,
    revision: i64,
}

/// Somebody whom a note names.
#[derive(Serialize, ToSchema)]
pub struct NamedItem {
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// As it stands in the note, without the `@` and in lower case.
    written: String,
    /// As people know them.
    name: String,
}

/// A note that names a member, as they find it.
#[derive(Serialize, ToSchema)]
pub struct MentionItem {
    #[schema(value_type = Uuid)]
    note_id: CaseNoteId,
    /// Who is named.
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// Of a case that was merged, the one it went into.
    #[schema(value_type = Uuid)]
    case_id: CaseId,
    /// Number of the case.
    number: i64,
    /// Title of the case.
    title: String,
    /// Who wrote the note.
    author: String,
    /// Markdown of the note.
    content: String,
    #[schema(value_type = DateTime<Utc>)]
    mentioned_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    read_at: Option<Timestamp>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct MentionParameters {
    /// Only of this account.
    user_id: Option<uuid::Uuid>,
    /// `true`: only those that were not read.
    unread: Option<bool>,
}

/// The notes of a case, the oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/notes", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All notes", body = schema::CaseNotePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseNoteItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let named = cases::named(&cx, id).await?;
    let items = cases::notes(&cx, id).await?.into_iter().map(|note| item(note, &named)).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Write a note into a case.
#[utoipa::path(post, path = "/api/v1/cases/{id}/notes", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = NewNoteIn, responses(
    (status = 201, description = "The note", body = CaseNoteItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<CaseNoteItem>), Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let NewNoteIn { content } = read(&body)?;
    let note = cases::add_note(&cx, id, &content).await?;
    let named = cases::named_in(&cx, id, note.id).await?;
    Ok((StatusCode::CREATED, Json(item(note, &named))))
}

/// Notes that name members, the latest first.
#[utoipa::path(get, path = "/api/v1/mentions", tag = "cases", security(("api_key" = ["case.read"])), params(
    MentionParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of mentions", body = schema::MentionPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn mentions(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<MentionItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let mut query = Query::new(query.as_deref());
    let filter =
        MentionFilter { user: query.one("user_id"), unread: query.one::<bool>("unread").unwrap_or_default() };
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let page = cases::mentions(&cx, &filter, limit, cursor.as_deref()).await?;
    let one = |mention: Mention| MentionItem {
        note_id: mention.note_id,
        user_id: mention.user_id,
        case_id: mention.case_id,
        number: mention.number,
        title: mention.title,
        author: mention.author,
        content: mention.content,
        mentioned_at: mention.mentioned_at,
        read_at: mention.read_at,
    };
    Ok(Json(Page { items: page.items.into_iter().map(one).collect(), next_cursor: page.next_cursor }))
}

fn item(note: CaseNote, named: &[Named]) -> CaseNoteItem {
    let mentions = named
        .iter()
        .filter(|named| named.note_id == note.id)
        .map(|named| NamedItem {
            user_id: named.user_id,
            written: named.written.clone(),
            name: named.name.clone(),
        })
        .collect();
    let CaseNote { id, author_id, author, content, created_at, edited_at, deleted_at, revision } = note;
    CaseNoteItem { id, author_id, author, content, mentions, created_at, edited_at, deleted_at, revision }
}
