//! Second factors and recovery codes. They belong to accounts, so every function takes the system's transaction.

use domain::{Timestamp, UserId};

use crate::SystemTx;
use crate::db::{Insert, Result, ToArg as _, from_row, sql};

pub struct Factor {
    /// Sealed.
    pub secret: Vec<u8>,
    /// `None`: made and not confirmed; it is asked of nobody.
    pub confirmed_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
from_row!(Factor { secret, confirmed_at, created_at });

static CODES: Insert =
    Insert { head: "INSERT INTO recovery_codes (user_id, code_hash) VALUES", columns: 2, tail: "" };

pub async fn get(tx: &mut SystemTx, user: UserId) -> Result<Option<Factor>> {
    let q = sql("SELECT secret, confirmed_at, created_at FROM user_factors WHERE user_id = $1");
    tx.conn().opt(q.bind(user)).await
}

/// Whether it is asked for at the sign-in.
pub async fn is_confirmed(tx: &mut SystemTx, user: UserId) -> Result<bool> {
    let q = sql("SELECT 1 FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL").bind(user);
    Ok(tx.conn().scalar::<i64>(q).await?.is_some())
}

/// Takes the place of one that was not confirmed; `false` when one is confirmed.
pub async fn put(tx: &mut SystemTx, user: UserId, secret: Vec<u8>, now: Timestamp) -> Result<bool> {
    let q = sql("INSERT INTO user_factors (user_id, secret, created_at)
                 VALUES ($1, $2, $3)
                 ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0
                 WHERE user_factors.confirmed_at IS NULL");
    Ok(tx.conn().exec(q.bind(user).bind(secret).bind(now)).await? == 1)
}

/// `false` when it was confirmed meanwhile, or is gone.
pub async fn confirm(tx: &mut SystemTx, user: UserId, now: Timestamp) -> Result<bool> {
    let q = sql("UPDATE user_factors SET confirmed_at = $2 WHERE user_id = $1 AND confirmed_at IS NULL");
    Ok(tx.conn().exec(q.bind(user).bind(now)).await? == 1)
}

/// `false` when this step, or a later one, was used before.
pub async fn take_step(tx: &mut SystemTx, user: UserId, step: i64) -> Result<bool> {
    let q = sql("UPDATE user_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2");
    Ok(tx.conn().exec(q.bind(user).bind(step)).await? == 1)
}

/// Factor and codes; `false` when there was no factor.
pub async fn delete(tx: &mut SystemTx, user: UserId) -> Result<bool> {
    tx.conn().exec(sql("DELETE FROM recovery_codes WHERE user_id = $1").bind(user)).await?;
    Ok(tx.conn().exec(sql("DELETE FROM user_factors WHERE user_id = $1").bind(user)).await? == 1)
}

/// In place of those from before.
pub async fn put_codes(tx: &mut SystemTx, user: UserId, hashes: &[String]) -> Result<()> {
    tx.conn().exec(sql("DELETE FROM recovery_codes WHERE user_id = $1").bind(user)).await?;
    let args = hashes.iter().flat_map(|hash| [user.to_arg(), hash.as_str().to_arg()]);
    tx.conn().insert_many(&CODES, hashes.len(), args).await?;
    Ok(())
}

/// `false` when there is no such code, or it was used.
pub async fn use_code(tx: &mut SystemTx, user: UserId, hash: &str, now: Timestamp) -> Result<bool> {
    let q = sql(
        "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL",
    );
    Ok(tx.conn().exec(q.bind(user).bind(hash).bind(now)).await? == 1)
}

/// Codes that can still be used.
pub async fn codes_left(tx: &mut SystemTx, user: UserId) -> Result<i64> {
    let q = sql("SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL");
    Ok(tx.conn().scalar(q.bind(user)).await?.unwrap_or(0))
}
