//! Lists as files: streamed page by page, after the export itself was audited.

pub mod audit;
pub mod case;
pub mod events;

use std::future::Future;
use std::io;

use axum::Extension;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream};
use service::Actor;
use service::auth::Viewer;
use tokio::sync::OwnedSemaphorePermit;

use super::problem::Problem;
use crate::state::AppState;

/// RFC 4180, with a line of names.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Rows that a page of the database holds at most.
pub const PAGE: u32 = 1000;

/// Who reads here.
pub async fn reader(
    state: &AppState,
    viewer: Option<Extension<Viewer>>,
    slug: &str,
) -> Result<(Viewer, Actor), Problem> {
    let Some(Extension(viewer)) = viewer else { return Err(Problem::unauthenticated()) };
    let (_, actor) = service::organizations::enter(&state.services, &viewer, slug).await?;
    Ok((viewer, actor))
}

/// The place of a file among those of its reader, to be held while it is sent.
pub fn place(state: &AppState, viewer: &Viewer) -> Result<OwnedSemaphorePermit, Problem> {
    state.exports.enter(viewer.user.id).ok_or_else(|| Problem::too_many(10))
}

/// The pages one after another, each from the place where the one before ended; a failure ends the transfer, so that half a
/// file is not taken for a whole one. `held`: the place of the file, until it is sent.
pub fn pages<P, T, F>(
    first: P,
    held: OwnedSemaphorePermit,
    page: impl Fn(P) -> F,
) -> impl Stream<Item = io::Result<Vec<T>>>
where
    F: Future<Output = service::Result<(Vec<T>, Option<P>)>>,
{
    stream::unfold((Some(first), page, held), |(place, page, held)| async move {
        match page(place?).await {
            Ok((rows, next)) => Some((Ok(rows), (next, page, held))),
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                Some((Err(io::Error::other(error.to_string())), (None, page, held)))
            }
        }
    })
}

/// A spreadsheet must not take a cell for a formula (OWASP: CSV injection), in full-width characters neither: some read those alike.
pub fn harmless(cell: String) -> String {
    const FRONTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if cell.starts_with(FRONTS) { format!("'{cell}") } else { cell }
}

/// Records as CSV (RFC 4180).
pub fn csv_rows<const N: usize>(rows: &[[String; N]]) -> Result<Bytes, std::io::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(std::io::Error::other)?;
    }
    writer.into_inner().map(Bytes::from).map_err(|e| std::io::Error::other(e.to_string()))
}

/// A file to be saved; `name` must need no quoting.
pub fn attachment(body: Body, kind: &'static str, name: &str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// A failure ends the transfer, so that half a zip is not taken for a whole one. `name` must need no quoting.
pub fn zip(name: &str, chunks: service::bundle::Chunks) -> Response {
    let body =
        stream::unfold(chunks, |mut chunks| async move { chunks.recv().await.map(|chunk| (chunk, chunks)) });
    attachment(Body::from_stream(body), "application/zip", &format!("{name}.zip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(harmless("=1+1".to_owned()), "'=1+1");
        assert_eq!(harmless("＝1+1".to_owned()), "'＝1+1");
        assert_eq!(harmless("plain".to_owned()), "plain");
    }
}
