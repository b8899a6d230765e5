//! `/api/v1/cases/{id}/notes`: what is written in a case; `/api/v1/mentions`: whom it names.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::case::mention::{Mention, MentionFilter, Named};
use domain::case::{CaseNote, NoteRevision};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, paging, read};
use super::cases::{id_of, version_of};
use super::etag::{tagged, too_late};
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
    /// Empty once it is deleted; then its revisions have it.
    content: String,
    /// The members whom it names.
    mentions: Vec<NamedItem>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    edited_at: Option<Timestamp>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    deleted_at: Option<Timestamp>,
    /// Counts the texts it had; the ETag holds it.
    revision: i64,
}

/// What a note said from an instant on. Rows are only added.
#[derive(Serialize, ToSchema)]
pub struct NoteRevisionItem {
    /// Counts from 1.
    revision: i64,
    /// Markdown.
    content: String,
    /// Of the content, as the audit log has it.
    sha256: String,
    #[schema(required = true, value_type = Option<Uuid>)]
    author_id: Option<UserId>,
    author: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
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
    (status = 201, description = "The note, its revision in the ETag", body = CaseNoteItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add(caller: Caller, Path(id): Path<String>, body: Bytes) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let NewNoteIn { content } = read(&body)?;
    let note = cases::add_note(&cx, id, &content).await?;
    let named = cases::named_in(&cx, id, note.id).await?;
    let tag = note.revision.to_string();
    Ok(tagged(StatusCode::CREATED, item(note, &named), &tag))
}

/// Change a note; only its author can. What it said before stays in its revisions.
///
/// `If-Match` carries the revision that the change was made from: without it 428, and 412 when it changed meanwhile.
#[utoipa::path(put, path = "/api/v1/cases/{id}/notes/{note}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("note" = uuid::Uuid, Path, description = "Id of the note"),
    ("If-Match" = String, Header, description = "Revision of the note that was changed"),
), request_body = NewNoteIn, responses(
    (status = 204, description = "It is changed"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "It changed meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(
    caller: Caller,
    Path((id, note)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, note) = (id_of(&caller, &id).await?, note_id(&note)?);
    let revision = version_of(&headers)?;
    let NewNoteIn { content } = read(&body)?;
    cases::edit_note(&cx, id, note, revision, &content).await.map_err(too_late)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a note; only its author can. Its place stays, and its revisions for who reads the audit log.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/notes/{note}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("note" = uuid::Uuid, Path, description = "Id of the note"),
), responses(
    (status = 204, description = "Its text is in no list any more"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn delete(caller: Caller, Path((id, note)): Path<(String, String)>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let (id, note) = (id_of(&caller, &id).await?, note_id(&note)?);
    cases::delete_note(&cx, id, note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All that a note ever said, the oldest first. Of a deleted one for who reads the audit log, and its author.
#[utoipa::path(get, path = "/api/v1/cases/{id}/notes/{note}/revisions", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("note" = uuid::Uuid, Path, description = "Id of the note"),
), responses(
    (status = 200, description = "All revisions", body = schema::NoteRevisionPage),
    (status = 403, description = "It is deleted, and the key has no audit.read", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn revisions(
    caller: Caller,
    Path((id, note)): Path<(String, String)>,
) -> Result<Json<Page<NoteRevisionItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let found = cases::note_revisions(&cx, id, note_id(&note)?).await?;
    let one = |revision: NoteRevision| NoteRevisionItem {
        revision: revision.revision,
        sha256: cases::note_hash(&revision.content),
        content: revision.content,
        author_id: revision.author_id,
        author: revision.author,
        created_at: revision.created_at,
    };
    Ok(Json(Page { items: found.into_iter().map(one).collect(), next_cursor: None }))
}

fn note_id(text: &str) -> Result<CaseNoteId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
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
    let CaseNote {
        id,
        author_id,
        author_key_id: _,
        author,
        content,
        created_at,
        edited_at,
        deleted_at,
        revision,
    } = note;
    CaseNoteItem { id, author_id, author, content, mentions, created_at, edited_at, deleted_at, revision }
}
