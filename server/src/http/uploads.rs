//! The two routes of uploads that are not server functions, because bytes do not go through those: the file in, and the
//! refused rows out. Everything else about uploads is `app::uploads`.

use axum::body::Body;
use axum::extract::FromRequest as _;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Extension, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use domain::UploadId;
use domain::permission::EventWrite;
use domain::upload::{Rejection, Upload};
use futures::stream::{self, StreamExt as _};
use service::auth::Viewer;
use service::{Cx, Error};

use super::export::{attachment, csv_rows, harmless};
use super::problem::Problem;
use crate::state::AppState;

const PAGE: u32 = 5000;

/// Why a file was not taken; the page shows a sentence for each word.
enum Refusal {
    Word(&'static str),
    Problem(Problem),
}

/// `POST /o/{organization}/uploads`: `multipart/form-data` with one part `file`. Back to the page with `error=…` when refused.
pub async fn receive(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    request: Request,
) -> Response {
    let Some(Extension(viewer)) = viewer else {
        let query = super::query::encode([("next", format!("/o/{slug}/uploads"))].into_iter());
        return Redirect::to(&format!("/sign-in?{query}")).into_response();
    };
    match take(&state, &viewer, &slug, request).await {
        Ok(upload) => Redirect::to(&format!("/o/{slug}/uploads/{}", upload.id)).into_response(),
        Err(Refusal::Word(word)) => Redirect::to(&format!("/o/{slug}/uploads?error={word}")).into_response(),
        Err(Refusal::Problem(problem)) => problem.into_response(),
    }
}

/// `GET /o/{organization}/uploads/{id}/rejections.csv`
pub async fn rejections(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let Some(Extension(viewer)) = viewer else { return Err(Problem::unauthenticated()) };
    let cx = admit(&state, &viewer, &slug).await?;
    let id: UploadId = id.parse().map_err(|_| Problem::not_found())?;
    service::uploads::progress(&cx, id).await?;
    let head = stream::once(async { csv_rows(&[["row", "field", "reason", "text"].map(str::to_owned)]) });
    let rows = stream::unfold(Some((cx, None)), move |place| async move {
        let (cx, after) = place?;
        let after = after.as_ref().map(|(row, field): &(u64, String)| (*row, field.as_str()));
        match service::uploads::rejections(&cx, id, after, PAGE).await {
            Ok(page) if page.is_empty() => None,
            Ok(page) => {
                let full = page.len() >= PAGE as usize;
                let last = page.last().filter(|_| full).map(|(r, _)| (r.index, r.field.clone()));
                Some((lines(&page), last.map(|last| (cx, Some(last)))))
            }
            Err(error) => Some((Err(std::io::Error::other(error.to_string())), None)),
        }
    });
    Ok(attachment(
        Body::from_stream(head.chain(rows)),
        "text/csv; charset=utf-8; header=present",
        &format!("rejections-{id}.csv"),
    ))
}

fn lines(page: &[(Rejection, String)]) -> Result<Bytes, std::io::Error> {
    let rows: Vec<[String; 4]> = page
        .iter()
        .map(|(r, text)| {
            [(r.index + 1).to_string(), r.field.clone(), r.reason.clone(), text.clone()].map(harmless)
        })
        .collect();
    csv_rows(&rows)
}

async fn admit(state: &AppState, viewer: &Viewer, slug: &str) -> Result<Cx<EventWrite>, Error> {
    let (_, actor) = service::organizations::enter(&state.services, viewer, slug).await?;
    state.services.admit(&actor)
}

async fn take(state: &AppState, viewer: &Viewer, slug: &str, request: Request) -> Result<Upload, Refusal> {
    let cx = admit(state, viewer, slug).await?;
    let mut form = Multipart::from_request(request, state).await.map_err(|_| Refusal::Word("missing"))?;
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        if field.name() == Some("file") {
            return stage(&cx, field).await;
        }
    }
    Err(Refusal::Word("missing"))
}

async fn stage(cx: &Cx<EventWrite>, mut field: Field<'_>) -> Result<Upload, Refusal> {
    let name = field.file_name().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(Refusal::Word("missing"));
    }
    let mut staging = service::uploads::begin(cx, &name).await?;
    let mut bytes = 0;
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes += chunk.len();
        staging.write(&chunk).await.map_err(|e| match e {
            Error::Invalid(_) => Refusal::Word("large"),
            other => other.into(),
        })?;
    }
    if bytes == 0 {
        return Err(Refusal::Word("empty"));
    }
    Ok(staging.finish(cx).await?)
}

fn broken(error: &MultipartError) -> Refusal {
    Refusal::Word(if error.status() == StatusCode::PAYLOAD_TOO_LARGE { "large" } else { "unreadable" })
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Forbidden => Self::Word("forbidden"),
            other => Self::Problem(other.into()),
        }
    }
}
