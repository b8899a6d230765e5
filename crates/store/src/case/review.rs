//! Reviews of cases that somebody asks to close.

use std::collections::{HashMap, HashSet};

use domain::case::review::{Review, ReviewState};
use domain::{ApiKeyId, CaseActionId, CaseId, CaseReviewId, UserId};

use crate::db::{Insert, Result, ToArg as _, from_row};
use crate::scope::{Scoped, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

from_row!(Review {
    id,
    case_id,
    state,
    resolution,
    reason,
    requested_by_id,
    requested_by,
    requested_at,
    decided_by,
    decided_at,
    decision,
    action_id
});

const COLUMNS: &str =
    "SELECT r.id, r.case_id, r.state, r.resolution, r.reason, r.requested_by_id, r.requested_by, r.requested_at, r.decided_by,
            r.decided_at, r.decision, r.action_id
     FROM case_reviews r
     WHERE r.organization_id = $1";

static REVIEWS: Insert = Insert {
    head: "INSERT INTO case_reviews (organization_id, id, case_id, state, resolution, reason, requested_by_id, requested_by,
                                      requested_at, action_id) VALUES",
    columns: 10,
    tail: "",
};

/// Of a case and those in it, the latest first. None of what is in another waits.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<Review>> {
    let family = super::merge::family(tx, case).await?;
    let q = super::merge::among(tx.sql(COLUMNS), " AND r.case_id IN (", &family);
    tx.conn().all(q.push(" ORDER BY r.requested_at DESC, r.id DESC LIMIT 100")).await
}

/// The one that waits for somebody.
pub async fn waiting(tx: &mut impl Scoped, case: CaseId) -> Result<Option<Review>> {
    let q = tx.sql(COLUMNS).push(" AND r.state = 'requested' AND r.case_id = ").arg(case);
    tx.conn().opt(q).await
}

/// Those of the cases that wait for a review.
pub async fn in_review(tx: &mut impl Scoped, ids: &[CaseId]) -> Result<HashSet<CaseId>> {
    let mut found = HashSet::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql("SELECT case_id FROM case_reviews WHERE organization_id = $1 AND state = 'requested' AND case_id IN (")
            .list(ids.iter().copied())
            .push(")");
        found.extend(tx.conn().scalars::<CaseId>(q).await?);
    }
    Ok(found)
}

/// Who asked for what waits of an action on many cases, by case.
pub async fn waiting_of(
    tx: &mut impl Scoped,
    action: CaseActionId,
) -> Result<HashMap<CaseId, Option<UserId>>> {
    let q = tx
        .sql(
            "SELECT case_id, requested_by_id FROM case_reviews
             WHERE organization_id = $1 AND action_id = $2 AND state = 'requested'",
        )
        .bind(action);
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("case_id")?, row.get("requested_by_id")?))).collect()
}

/// Of cases that are locked.
pub async fn insert(tx: &mut WriteTx, reviews: &[Review]) -> Result<()> {
    let organization = tx.organization();
    let args = reviews.iter().flat_map(|review| {
        [
            organization.to_arg(),
            review.id.to_arg(),
            review.case_id.to_arg(),
            review.state.as_str().to_arg(),
            review.resolution.as_str().to_arg(),
            review.reason.as_str().to_arg(),
            review.requested_by_id.to_arg(),
            review.requested_by.as_str().to_arg(),
            review.requested_at.to_arg(),
            review.action_id.to_arg(),
        ]
    });
    tx.conn().insert_many(&REVIEWS, reviews.len(), args).await?;
    Ok(())
}

/// Ends one that waits, of a case that is locked.
pub async fn decide(
    tx: &mut WriteTx,
    id: CaseReviewId,
    state: ReviewState,
    by: &str,
    decision: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE case_reviews
             SET state = $3, decided_by = $4, decision = $5, decided_at = $6
             WHERE organization_id = $1 AND id = $2 AND state = 'requested'",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(by)
        .bind(decision)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// Takes back what an action on many cases asked for, of these cases, which are locked.
pub async fn withdraw(tx: &mut WriteTx, action: CaseActionId, cases: &[CaseId], by: &str) -> Result<()> {
    let now = tx.now();
    for cases in cases.chunks(CHUNK) {
        let q = tx
            .sql(
                "UPDATE case_reviews
                 SET state = 'withdrawn', decided_by = $3, decided_at = $4
                 WHERE organization_id = $1 AND action_id = $2 AND state = 'requested' AND case_id IN (",
            )
            .bind(action)
            .bind(by)
            .bind(now)
            .list(cases.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// Who made an API key.
pub async fn maker(tx: &mut impl Scoped, key: ApiKeyId) -> Result<Option<UserId>> {
    let q = tx.sql("SELECT user_id FROM api_keys WHERE organization_id = $1 AND id = $2").bind(key);
    Ok(tx.conn().scalar::<Option<UserId>>(q).await?.flatten())
}
