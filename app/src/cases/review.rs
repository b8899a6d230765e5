//! Server functions of the review of a case before it is closed.

#[cfg(feature = "ssr")]
use domain::case::review::{Seen, Verdict};
#[cfg(feature = "ssr")]
use domain::permission::CaseReview;
use domain::{CaseId, CaseReviewId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::cases;

#[cfg(feature = "ssr")]
use super::api::writes;
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;

/// Closes a case as somebody else asked; `review` and `length` are what was looked at ([`Seen`]).
#[server(name = ApproveCase, prefix = "/fn", endpoint = "approve_case")]
pub async fn approve_case(
    organization: String,
    id: CaseId,
    review: CaseReviewId,
    length: i64,
    #[server(default)] note: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<CaseReview>()?;
    let (seen, verdict) = (Seen { review, length }, Verdict::Approve { note: note.clone() });
    cases::review(&cx, id, seen, &verdict).await.typed(&[("note", &note)])?;
    Ok(Done::new("Closed"))
}

/// Returns a case to who asked to close it.
#[server(name = ReturnCase, prefix = "/fn", endpoint = "return_case")]
pub async fn return_case(
    organization: String,
    id: CaseId,
    review: CaseReviewId,
    length: i64,
    reason: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<CaseReview>()?;
    let (seen, verdict) = (Seen { review, length }, Verdict::Return { reason: reason.clone() });
    cases::review(&cx, id, seen, &verdict).await.typed(&[("reason", &reason)])?;
    Ok(Done::new("Returned"))
}

/// Asks no more to close it.
#[server(name = WithdrawReview, prefix = "/fn", endpoint = "withdraw_review")]
pub async fn withdraw_review(organization: String, id: CaseId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::withdraw_review(&cx, id).await?;
    Ok(Done::new("Withdrawn"))
}
