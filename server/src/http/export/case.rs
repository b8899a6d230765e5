//! A case as a zip that can be read and checked without Watchroom.

use axum::extract::{Extension, Path, State};
use axum::response::Response;
use domain::permission::{CaseExport, CaseRead};
use service::auth::Viewer;
use service::cases;

use super::{reader, zip};
use crate::http::api::Caller;
use crate::http::cases::id_of;
use crate::http::problem::{Problem, ProblemDocument};
use crate::state::AppState;

/// `GET /o/{organization}/cases/{id}/export`
pub async fn page(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path((slug, case)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (_, actor) = reader(&state, viewer, &slug).await?;
    let case = cases::find(&state.services.admit::<CaseRead>(&actor)?, &case).await?;
    let (case, chunks) = cases::export(&state.services.admit::<CaseExport>(&actor)?, case.id).await?;
    Ok(zip(&case.key(), chunks))
}

/// A case as a zip: a page, the same as JSON, events, notes, evidence, and `SHA256SUMS` for `sha256sum -c`.
#[utoipa::path(get, path = "/api/v1/cases/{id}/export", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "The zip, as an attachment", body = Vec<u8>, content_type = "application/zip"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn api(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let cx = caller.admit::<CaseExport>()?;
    let id = id_of(&caller, &id).await?;
    let (case, chunks) = cases::export(&cx, id).await?;
    Ok(zip(&case.key(), chunks))
}
