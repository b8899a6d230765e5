//! Evidence of cases: `/api/v1/cases/{id}/evidence` with the bytes as they are, and the two routes of the page that are not
//! server functions, because bytes do not go through those. A file is never shown in the browser, only saved.

use std::fmt::Write as _;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Extension, FromRequest as _, Multipart, Path, RawQuery, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::case::evidence::{BINARY, Custody, CustodyEntry, Evidence, MAX_DESCRIPTION};
use domain::page::Page;
use domain::permission::{CaseExport, CaseRead, CaseWrite};
use domain::{EvidenceId, Timestamp, UserId};
use futures::{Stream, StreamExt as _};
use serde::Serialize;
use service::auth::Viewer;
use service::cases::{self, Intake, Verdict};
use service::{Cx, Error};
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};

use super::api::Caller;
use super::cases::id_of;
use super::export::reader;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;
use crate::state::AppState;
use crate::web::body::broken;

/// Bytes of a part of the form that is no file.
const MAX_FIELD: usize = MAX_DESCRIPTION * 4;

#[derive(Serialize, ToSchema)]
pub struct EvidenceItem {
    #[schema(value_type = Uuid)]
    id: EvidenceId,
    filename: String,
    /// In bytes.
    size: i64,
    /// 64 hexadecimal digits, computed while it arrived.
    sha256: String,
    /// As the first bytes say; where they say nothing, as declared.
    content_type: String,
    declared_type: String,
    description: String,
    #[schema(required = true, value_type = Option<Uuid>)]
    uploaded_by_id: Option<UserId>,
    uploaded_by: String,
    #[schema(value_type = DateTime<Utc>)]
    uploaded_at: Timestamp,
    #[schema(required = true)]
    removed_by: Option<String>,
    /// Then the record is all that is left.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    removed_at: Option<Timestamp>,
    #[schema(required = true)]
    removed_reason: Option<String>,
    /// When it was verified last, its bytes were not those that had come, or missing. It can be read still, without `Repr-Digest`.
    altered: bool,
}

#[derive(Serialize, ToSchema)]
pub struct CustodyItem {
    #[schema(value_type = Uuid)]
    evidence_id: EvidenceId,
    /// Counts from 1 for each file.
    seq: i64,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    actor: String,
    #[schema(required = true)]
    address: Option<String>,
    #[schema(value_type = CustodyWord)]
    step: Custody,
    #[schema(required = true)]
    detail: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum CustodyWord {
    Uploaded,
    Downloaded,
    Exported,
    Verified,
    Failed,
    Removed,
}

#[derive(Serialize, ToSchema)]
pub struct VerdictOut {
    /// The bytes have the hash that they arrived with.
    whole: bool,
    /// The bytes are not where they should be.
    missing: bool,
    /// The hash that they have now, where it is another one.
    #[schema(required = true)]
    found_sha256: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct EvidenceParameters {
    /// Its last part is kept, at most 255 characters.
    filename: Option<String>,
    /// At most 2,000 characters.
    description: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct RemovalParameters {
    /// Why it is removed.
    reason: String,
}

/// The evidence of a case, the oldest first; what was removed stays as a record.
#[utoipa::path(get, path = "/api/v1/cases/{id}/evidence", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "All files", body = schema::EvidencePage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<EvidenceItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::evidence(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Who had the evidence of a case in hand, the latest first; at most the last 1,000 lines.
#[utoipa::path(get, path = "/api/v1/cases/{id}/custody", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "Lines of custody", body = schema::CustodyPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn custody(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CustodyItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let item = |line: CustodyEntry| {
        let CustodyEntry { evidence_id, seq, at, actor, address, step, detail, .. } = line;
        CustodyItem { evidence_id, seq, at, actor, address, step, detail }
    };
    let items = cases::custody(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Bring a file as evidence: the body is its bytes, `Content-Type` its type.
#[utoipa::path(post, path = "/api/v1/cases/{id}/evidence", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), EvidenceParameters,
), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, description = "The file with its hash", body = EvidenceItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the settings allow; nothing is kept", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn add(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<EvidenceItem>), Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let mut query = Query::new(query.as_deref());
    let filename = query.one::<String>("filename").unwrap_or_default();
    let description = query.one::<String>("description").unwrap_or_default();
    query.done()?;
    let id = id_of(&caller, &id).await?;
    let declared = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or(BINARY);
    let mut intake = cases::begin_evidence(&cx, id, &filename, declared).await?;
    let mut body = body.into_data_stream();
    while let Some(chunk) = body.next().await {
        intake.write(&chunk.map_err(|error| broken(&error))?).await?;
    }
    Ok((StatusCode::CREATED, Json(item(intake.finish(&cx, &description).await?))))
}

/// The bytes of a file. That they were asked for is put down in its custody.
#[utoipa::path(get, path = "/api/v1/cases/{id}/evidence/{evidence}", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("evidence" = uuid::Uuid, Path, description = "Id of the file"),
), responses(
    (status = 200, description = "Its bytes, as an attachment", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It was removed", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn fetch(caller: Caller, Path((id, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseExport>()?;
    let (id, file) = (id_of(&caller, &id).await?, file_id(&file)?);
    let (evidence, bytes) = cases::download_evidence(&cx, id, file).await?;
    Ok(saved(&evidence, ReaderStream::new(bytes)))
}

/// Read a file again and compare its hash with the one it arrived with.
#[utoipa::path(post, path = "/api/v1/cases/{id}/evidence/{evidence}/verify", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("evidence" = uuid::Uuid, Path, description = "Id of the file"),
), responses(
    (status = 200, description = "What was found", body = VerdictOut),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It was removed", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn verify(
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
) -> Result<Json<VerdictOut>, Problem> {
    let cx = caller.admit::<CaseExport>()?;
    let (id, file) = (id_of(&caller, &id).await?, file_id(&file)?);
    Ok(Json(match cases::verify_evidence(&cx, id, file).await? {
        Verdict::Whole => VerdictOut { whole: true, missing: false, found_sha256: None },
        Verdict::Changed(found) => VerdictOut { whole: false, missing: false, found_sha256: Some(found) },
        Verdict::Missing => VerdictOut { whole: false, missing: true, found_sha256: None },
    }))
}

/// Remove a file. Its record and custody stay; its bytes go, unless other evidence is the same file.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/evidence/{evidence}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("evidence" = uuid::Uuid, Path, description = "Id of the file"),
    RemovalParameters,
), responses(
    (status = 204, description = "It is removed"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It was removed before", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn remove(
    caller: Caller,
    Path((id, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let mut query = Query::new(query.as_deref());
    let reason = query.one::<String>("reason").unwrap_or_default();
    query.done()?;
    let (id, file) = (id_of(&caller, &id).await?, file_id(&file)?);
    cases::remove_evidence(&cx, id, file, &reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why a file was not taken; the page shows a sentence for each word.
enum Refusal {
    Word(&'static str),
    Problem(Problem),
}

/// `POST /o/{organization}/cases/{id}/evidence`: `multipart/form-data` with `description` and `file`. Back to the page, with
/// `error=…` when it is refused.
pub async fn receive(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path((slug, case)): Path<(String, String)>,
    request: Request,
) -> Response {
    // What leads back is put together here; the name of the case is nothing but letters, digits and hyphens.
    let plain = case.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !plain {
        return Problem::not_found().into_response();
    }
    let Some(Extension(viewer)) = viewer else {
        let page = format!("/o/{slug}/cases/{case}?tab=evidence");
        let query = super::query::encode([("next", page)].into_iter());
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    };
    let mut description = String::new();
    let answer = take(&state, &viewer, (&slug, &case), request, &mut description).await;
    let told = match answer {
        Ok(()) => vec![("tab", "evidence".to_owned()), ("done", "added".to_owned())],
        Err(Refusal::Word(word)) => {
            let kept = description.chars().take(500).collect();
            vec![("tab", "evidence".to_owned()), ("error", word.to_owned()), ("description", kept)]
        }
        Err(Refusal::Problem(problem)) => return problem.into_response(),
    };
    let query = super::query::encode(told.into_iter());
    Redirect::to(&format!("/o/{slug}/cases/{case}?{query}")).into_response()
}

/// `GET /o/{organization}/cases/{id}/evidence/{evidence}`
pub async fn download(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path((slug, case, file)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let (_, actor) = reader(&state, viewer, &slug).await?;
    let case = cases::find(&state.services.admit::<CaseRead>(&actor)?, &case).await?;
    let cx = state.services.admit::<CaseExport>(&actor)?;
    let (evidence, bytes) = cases::download_evidence(&cx, case.id, file_id(&file)?).await?;
    Ok(saved(&evidence, ReaderStream::new(bytes)))
}

async fn take(
    state: &AppState,
    viewer: &Viewer,
    (slug, case): (&str, &str),
    request: Request,
    description: &mut String,
) -> Result<(), Refusal> {
    let (_, actor) = service::organizations::enter(&state.services, viewer, slug).await?;
    let cx: Cx<CaseWrite> = state.services.admit(&actor)?;
    let case = cases::find(&state.services.admit::<CaseRead>(&actor)?, case).await?;
    let mut form = Multipart::from_request(request, state).await.map_err(|_| Refusal::Word("missing"))?;
    let mut intake = None;
    while let Some(field) = form.next_field().await.map_err(|e| cut(&e))? {
        match field.name() {
            Some("description") => *description = text(field).await?,
            Some("file") if intake.is_none() => intake = Some(stage(&cx, case.id, field).await?),
            _ => {}
        }
    }
    let intake = intake.ok_or(Refusal::Word("missing"))?;
    match intake.finish(&cx, description).await {
        Err(Error::Invalid(invalid)) => {
            let of_file = invalid.0.iter().any(|e| e.field == "file");
            Err(Refusal::Word(if of_file { "type" } else { "description" }))
        }
        other => Ok(other.map(|_| ())?),
    }
}

async fn stage(cx: &Cx<CaseWrite>, case: domain::CaseId, mut field: Field<'_>) -> Result<Intake, Refusal> {
    let name = field.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Refusal::Word("missing"));
    }
    let declared = field.content_type().unwrap_or(BINARY).to_owned();
    let mut intake = match cases::begin_evidence(cx, case, &name, &declared).await {
        Err(Error::Invalid(_)) => return Err(Refusal::Word("type")),
        other => other?,
    };
    let mut empty = true;
    while let Some(chunk) = field.chunk().await.map_err(|e| cut(&e))? {
        empty &= chunk.is_empty();
        intake.write(&chunk).await?;
    }
    if empty { Err(Refusal::Word("empty")) } else { Ok(intake) }
}

async fn text(mut field: Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| cut(&e))? {
        if bytes.len() + chunk.len() > MAX_FIELD {
            return Err(Refusal::Word("description"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cut(error: &MultipartError) -> Refusal {
    Refusal::Word(if error.status() == StatusCode::PAYLOAD_TOO_LARGE { "large" } else { "unreadable" })
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Forbidden => Self::Word("forbidden"),
            Error::TooLarge { .. } => Self::Word("large"),
            other => Self::Problem(other.into()),
        }
    }
}

fn file_id(text: &str) -> Result<EvidenceId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// A file to be saved: whatever it is, no browser takes it for a page or runs what is in it.
fn saved<S>(evidence: &Evidence, bytes: S) -> Response
where
    S: Stream<Item = std::io::Result<bytes::Bytes>> + Send + 'static,
{
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(BINARY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, SANDBOX);
    if let Ok(value) = HeaderValue::from_str(&disposition(&evidence.filename)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    // What was altered has neither the length nor the hash of what had come.
    if !evidence.is_altered {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(evidence.size));
        if let Some(value) = digest(&evidence.sha256).and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(HeaderName::from_static("repr-digest"), value);
        }
    }
    response
}

/// RFC 6266: a plain name for old browsers, and the whole one.
fn disposition(filename: &str) -> String {
    let plain: String = filename
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._- ()".contains(c) { c } else { '_' })
        .collect();
    let mut whole = String::new();
    for byte in filename.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            let _ = write!(whole, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// RFC 9530.
fn digest(sha256: &str) -> Option<String> {
    let byte = |at: usize| u8::from_str_radix(sha256.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..sha256.len()).step_by(2).map(byte).collect();
    Some(format!("sha-256=:{}:", STANDARD.encode(bytes?)))
}

fn item(evidence: Evidence) -> EvidenceItem {
    EvidenceItem {
        id: evidence.id,
        filename: evidence.filename,
        size: evidence.size,
        sha256: evidence.sha256,
        content_type: evidence.content_type,
        declared_type: evidence.declared_type,
        description: evidence.description,
        uploaded_by_id: evidence.uploaded_by_id,
        uploaded_by: evidence.uploaded_by,
        uploaded_at: evidence.uploaded_at,
        removed_by: evidence.removed_by,
        removed_at: evidence.removed_at,
        removed_reason: evidence.removed_reason,
        altered: evidence.is_altered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(disposition("a.txt"), "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt");
        assert_eq!(
            disposition("é\"; x=\"y\r\n"),
            "attachment; filename=\"___ x__y__\"; filename*=UTF-8''%C3%A9%22%3B%20x%3D%22y%0D%0A"
        );
        assert_eq!(digest(&"00".repeat(32)).unwrap().len(), "sha-256=::".len() + 44);
    }
}
