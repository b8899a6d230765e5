//! Where people land after signing in. One a person, in whichever organization; so every function takes the system's transaction.

use domain::start::Start;
use domain::{Timestamp, UserId};

use crate::SystemTx;
use crate::db::{Result, from_row, sql};

from_row!(Start { organization_id, page, view_id });

pub async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Option<Start>> {
    // Two choices at the same instant are two rows: the later counts.
    let q = sql("SELECT organization_id, page, view_id
                 FROM starts
                 WHERE user_id = $1
                 ORDER BY chosen_at DESC, organization_id
                 LIMIT 1");
    tx.conn().opt(q.bind(user)).await
}

/// `None`: where everybody lands who did not choose.
pub async fn set(tx: &mut SystemTx, user: UserId, start: Option<&Start>, now: Timestamp) -> Result<()> {
    tx.conn().exec(sql("DELETE FROM starts WHERE user_id = $1").bind(user)).await?;
    let Some(start) = start else { return Ok(()) };
    let q = sql(
        "INSERT INTO starts (organization_id, user_id, page, view_id, chosen_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(start.organization_id)
    .bind(user)
    .bind(start.page.as_str())
    .bind(start.view_id)
    .bind(now);
    tx.conn().exec_one(q).await
}
