//! The draft of a note that hands a case over.

use domain::case::handover::{Material, draft, last};
use domain::permission::CaseRead;
use domain::{CaseId, Timestamp};

use crate::{Cx, Error, Result};

/// Lines of history that are read.
const LINES: u32 = 2_000;

/// What happened since the case was handed over last, or since it was opened.
pub async fn handover(cx: &Cx<CaseRead>, id: CaseId) -> Result<(Timestamp, String)> {
    let mut tx = cx.read().await?;
    let case = store::case::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let since = last(&store::case::note::list(&mut tx, id).await?).unwrap_or(case.created_at);
    drop(tx);
    handover_since(cx, id, since).await
}

/// What happened since an instant: a note in Markdown that somebody edits and keeps.
pub async fn handover_since(cx: &Cx<CaseRead>, id: CaseId, since: Timestamp) -> Result<(Timestamp, String)> {
    let mut tx = cx.read().await?;
    let case = store::case::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let (history, notes) =
        (store::case::history::list(&mut tx, id, LINES).await?, store::case::note::list(&mut tx, id).await?);
    let (tasks, files) =
        (store::case::task::list(&mut tx, id).await?, store::case::evidence::list(&mut tx, id).await?);
    let text = draft(Material {
        case: &case,
        since,
        now: cx.now(),
        history: &history,
        notes: &notes,
        tasks: &tasks,
        files: &files,
    });
    Ok((since, text))
}
