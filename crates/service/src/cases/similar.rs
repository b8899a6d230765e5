//! Cases that may be about the same, with what they share.

use std::collections::HashMap;

use domain::CaseId;
use domain::case::LinkKind;
use domain::case::similar::{RECENT, Shared, Similar, rank, shared_words};
use domain::permission::CaseRead;
use store::case::{merge, similar as shared};

use crate::{Cx, Error, Result};

/// Those that share observables, drifts, groups or words of title and description, those that share most first. Words are compared with the
/// cases that were changed last.
pub async fn similar(cx: &Cx<CaseRead>, id: CaseId) -> Result<Vec<Similar>> {
    let mut tx = cx.read().await?;
    let own = store::case::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let mut family = merge::family(&mut tx, id).await?;
    family.extend(own.merged_into);
    let mut found: HashMap<CaseId, Shared> = HashMap::new();
    for (case, n) in shared::by_observables(&mut tx, &family).await? {
        found.entry(case).or_default().observables = n;
    }
    for (case, n) in shared::by_links(&mut tx, &family, LinkKind::Group).await? {
        found.entry(case).or_default().groups = n;
    }
    for (case, n) in shared::by_links(&mut tx, &family, LinkKind::Drift).await? {
        found.entry(case).or_default().drifts = n;
    }
    let words = shared::words(&mut tx, id).await?;
    let recent = shared::recent_words(&mut tx, RECENT).await?;
    let others =
        recent.iter().filter(|(case, _)| !family.contains(case)).map(|(case, words)| (*case, &**words));
    for (case, words) in shared_words(&words, others) {
        found.entry(case).or_default().words = words;
    }
    let ranked = rank(found);
    let ids: Vec<CaseId> = ranked.iter().map(|(id, _)| *id).collect();
    let mut cases: HashMap<CaseId, _> =
        store::case::by_ids(&mut tx, &ids).await?.into_iter().map(|case| (case.id, case)).collect();
    Ok(ranked
        .into_iter()
        .filter_map(|(id, shared)| Some(Similar { case: cases.remove(&id)?, shared }))
        .collect())
}
