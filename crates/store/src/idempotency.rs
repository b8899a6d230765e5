//! Answers that are kept under the `Idempotency-Key` of a request, for those that say it again.
//!
//! `crate::ingest` keeps those of events and drift itself, with what they store.

use domain::{OrganizationId, Timestamp};
use serde_json::Value;

use crate::db::{Result, sql};
use crate::ingest::Answer;
use crate::scope::{Once, SystemTx, WriteTx};

/// The status of what was done, and whose answer is not kept yet (or was lost with the server).
pub const UNDER_WAY: i64 = 102;

/// Takes the key; `false` when another request did.
pub(crate) async fn take(tx: &mut WriteTx, once: &Once) -> Result<bool> {
    let answer = Answer { request_hash: once.request_hash.clone(), status: UNDER_WAY, response: Value::Null };
    crate::ingest::keep_answer(tx, &once.key, &answer).await
}

/// What is kept under a key.
pub async fn kept(tx: &mut SystemTx, organization: OrganizationId, key: &str) -> Result<Option<Answer>> {
    crate::ingest::answer(&mut tx.within(organization), key).await
}

/// Keeps the answer of a request, which took the key or wrote by the system's transactions alone.
pub async fn keep(
    tx: &mut SystemTx,
    organization: OrganizationId,
    key: &str,
    answer: &Answer,
    now: Timestamp,
) -> Result<()> {
    let q = sql("INSERT INTO idempotency_keys (organization_id, key, request_hash, status, response, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (organization_id, key) DO UPDATE SET status = excluded.status, response = excluded.response
                 WHERE idempotency_keys.request_hash = excluded.request_hash")
    .bind(organization)
    .bind(key)
    .bind(&answer.request_hash)
    .bind(answer.status)
    .bind(&answer.response)
    .bind(now);
    tx.conn().exec(q).await.map(drop)
}
