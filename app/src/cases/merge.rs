//! Server functions that merge a case into another and take it out again.

use domain::CaseId;
use leptos::prelude::*;

use crate::error::Answer;
use crate::page::Done;

/// `into`: `CASE-7` or `7`. `version`: the one of the case that goes, as it was looked at.
#[server(name = MergeCase, prefix = "/fn", endpoint = "merge_case")]
pub async fn merge_case(
    organization: String,
    id: CaseId,
    version: i64,
    into: String,
    #[server(default)] note: String,
) -> Answer<Done> {
    let (scope, cx) = super::writes(&organization).await?;
    super::merges::merge(&scope, &cx, (id, version), &into, &note).await
}

#[server(name = UnmergeCase, prefix = "/fn", endpoint = "unmerge_case")]
pub async fn unmerge_case(organization: String, id: CaseId) -> Answer<Done> {
    let (_, cx) = super::writes(&organization).await?;
    let case = service::cases::unmerge(&cx, id).await?;
    Ok(Done::new(format!("{} stands for itself again", case.key())))
}
