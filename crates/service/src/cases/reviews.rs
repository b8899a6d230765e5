//! Closing a case with four eyes, where the organization asks for it: who wants to resolve one asks, somebody else answers.

use domain::audit::{Action, AuditEntry};
use domain::case::review::{Review, ReviewState, Seen, Verdict};
use domain::case::{Case, Resolution, Status, Step};
use domain::permission::{CaseRead, CaseReview, CaseWrite, Permission};
use domain::{CaseActionId, CaseId, UserId};
use serde_json::json;
use store::case::{history, review};
use store::{Scoped, WriteTx};

use super::{fields, locked, record, save_with, user};
use crate::settings::Cases;
use crate::{Cx, Error, Result, Who};

/// Whether a second person closes cases here.
pub async fn four_eyes(cx: &Cx<CaseRead>) -> Result<bool> {
    wanted(&mut cx.read().await?).await
}

/// What an answer says that was looked at, beside the request: how much had happened to the case ([`Seen`]). Read before the case and its parts.
pub async fn length(cx: &Cx<CaseRead>, case: CaseId) -> Result<i64> {
    Ok(history::length(&mut cx.read().await?, case).await?)
}

/// Of a case, the latest first.
pub async fn reviews(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<Review>> {
    Ok(review::list(&mut cx.read().await?, case).await?)
}

pub(super) async fn wanted(tx: &mut impl Scoped) -> Result<bool> {
    Ok(crate::settings::of::<Cases>(tx, Cases::KEY).await?.four_eyes)
}

/// Who is behind a request: of an API key who made it, so that nobody answers what their own key asked.
pub(super) async fn asker<P: Permission>(cx: &Cx<P>, tx: &mut WriteTx) -> Result<Option<UserId>> {
    match &cx.actor().who {
        Who::ApiKey { id, .. } => Ok(review::maker(tx, *id).await?),
        Who::User(_) | Who::System(_) => Ok(user(cx)),
    }
}

/// Who asks for a review.
///
/// # Errors
/// `Conflict` for an API key that nobody made (the command line's): nobody could be kept from answering what they asked with it.
pub(super) async fn known_asker(cx: &Cx<CaseWrite>, tx: &mut WriteTx) -> Result<Option<UserId>> {
    let by = asker(cx, tx).await?;
    if by.is_none() && matches!(cx.actor().who, Who::ApiKey { .. }) {
        return Err(Error::Conflict(
            "two people close cases here, and nobody stands behind this key; ask in person or with a key of your own".to_owned(),
        ));
    }
    Ok(by)
}

/// Instead of resolving it: the case waits for somebody else.
pub(super) async fn request(
    cx: &Cx<CaseWrite>,
    mut tx: WriteTx,
    case: Case,
    resolution: Resolution,
    reason: &str,
) -> Result<Case> {
    if case.in_review {
        return Err(Error::Conflict("it waits for a review already".to_owned()));
    }
    let by = known_asker(cx, &mut tx).await?;
    let asked = new(cx, &tx, case.id, (resolution, reason), by, None);
    review::insert(&mut tx, std::slice::from_ref(&asked)).await?;
    let told = json!({ "resolution": resolution, "review_id": asked.id });
    record(cx, &mut tx, case.id, Step::ReviewRequested, (json!({}), told), Some(reason)).await?;
    let entry = AuditEntry::new(Action::CASE_REVIEW_REQUESTED, "case", case.id);
    let metadata = json!({
        "number": case.number, "resolution": resolution, "reason": reason, "review_id": asked.id,
    });
    tx.commit(entry.metadata(metadata)).await?;
    Ok(Case { in_review: true, ..case })
}

pub(super) fn new<P: Permission>(
    cx: &Cx<P>,
    tx: &WriteTx,
    case_id: CaseId,
    (resolution, reason): (Resolution, &str),
    requested_by_id: Option<UserId>,
    action_id: Option<CaseActionId>,
) -> Review {
    Review {
        id: cx.services.clock.id(),
        case_id,
        state: ReviewState::Requested,
        resolution,
        reason: reason.to_owned(),
        requested_by_id,
        requested_by: cx.actor.audit().label,
        requested_at: tx.now(),
        decided_by: None,
        decided_at: None,
        decision: None,
        action_id,
    }
}

/// What the second person says: the case is resolved as it was asked, or goes on.
///
/// # Errors
/// `Forbidden` for who asked, and for who is no person. `Conflict` when what waits is not what was `seen`, or a case that is to be
/// closed, or a part of it, was changed since.
pub async fn review(cx: &Cx<CaseReview>, id: CaseId, seen: Seen, verdict: &Verdict) -> Result<Case> {
    verdict.check()?;
    let (mut tx, old) = locked(cx, id).await?;
    let asked = review::waiting(&mut tx, id).await?;
    let asked = asked.ok_or_else(|| Error::Conflict("nobody asked for a review of it".to_owned()))?;
    if !user(cx).is_some_and(|user| asked.may_be_decided_by(user)) {
        return Err(Error::Forbidden);
    }
    let approves = matches!(verdict, Verdict::Approve { .. });
    let changed = approves && history::length(&mut tx, id).await? != seen.length;
    if asked.id != seen.review || changed {
        return Err(Error::Conflict(
            "the case or what is asked changed since you looked; look at it again".to_owned(),
        ));
    }
    let label = cx.actor.audit().label;
    match verdict {
        Verdict::Approve { note } => {
            // What is wanted may have been taken out since.
            fields::complete(&mut tx, &old).await?;
            let note = Some(note.trim()).filter(|note| !note.is_empty());
            review::decide(&mut tx, asked.id, ReviewState::Approved, &label, note).await?;
            let told = json!({ "requested_by": asked.requested_by, "review_id": asked.id });
            record(cx, &mut tx, id, Step::ReviewApproved, (json!({}), told), note).await?;
            let now = tx.now();
            let case = Case {
                status: Status::Resolved,
                resolution: Some(asked.resolution),
                resolved_at: Some(now),
                in_review: false,
                ..old.clone()
            };
            let more = json!({
                "number": old.number, "reason": asked.reason, "requested_by": asked.requested_by, "review_id": asked.id,
                "note": note,
            });
            save_with(cx, tx, old, case, Step::Resolved, Some(&asked.reason), (Action::CASE_RESOLVED, more))
                .await
        }
        Verdict::Return { reason } => {
            let reason = reason.trim();
            review::decide(&mut tx, asked.id, ReviewState::Returned, &label, Some(reason)).await?;
            let told = json!({ "requested_by": asked.requested_by, "review_id": asked.id });
            record(cx, &mut tx, id, Step::ReviewReturned, (json!({}), told), Some(reason)).await?;
            let entry = AuditEntry::new(Action::CASE_REVIEW_RETURNED, "case", id);
            let metadata = json!({
                "number": old.number, "reason": reason, "requested_by": asked.requested_by, "review_id": asked.id,
            });
            tx.commit(entry.metadata(metadata)).await?;
            Ok(Case { in_review: false, ..old })
        }
    }
}

/// Only who asked.
pub async fn withdraw_review(cx: &Cx<CaseWrite>, id: CaseId) -> Result<Case> {
    let (mut tx, old) = locked(cx, id).await?;
    let asked = review::waiting(&mut tx, id).await?;
    let asked = asked.ok_or_else(|| Error::Conflict("nobody asked for a review of it".to_owned()))?;
    if asked.requested_by_id.is_none() || asked.requested_by_id != asker(cx, &mut tx).await? {
        return Err(Error::Forbidden);
    }
    review::decide(&mut tx, asked.id, ReviewState::Withdrawn, &cx.actor.audit().label, None).await?;
    let told = json!({ "review_id": asked.id });
    record(cx, &mut tx, id, Step::ReviewWithdrawn, (json!({}), told), None).await?;
    let entry = AuditEntry::new(Action::CASE_REVIEW_WITHDRAWN, "case", id);
    tx.commit(entry.metadata(json!({ "number": old.number, "review_id": asked.id }))).await?;
    Ok(Case { in_review: false, ..old })
}
