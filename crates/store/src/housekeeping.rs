//! What time sweeps away, besides sessions and counters (which their own modules delete).

use domain::Timestamp;

use crate::SystemTx;
use crate::db::{Result, sql};

/// Kept answers of requests made before `before`.
pub async fn delete_idempotency_keys(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM idempotency_keys WHERE created_at < $1").bind(before)).await
}
