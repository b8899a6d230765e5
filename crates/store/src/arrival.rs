//! What arrived, in the order in which it became visible: one row a stored batch, numbered by the organization's audit chain.
//!
//! The chain's head is locked from the number to the commit, so a reader that has seen a number never finds a smaller one
//! later, on PostgreSQL too, where transactions may otherwise commit in another order than they began.

use domain::AuditId;
use domain::Timestamp;
use domain::audit::{AuditActor, AuditEntry};
use uuid::Uuid;

use crate::db::{Error, Result, Row, sql};
use crate::scope::{Scoped, SystemTx, WriteTx};

/// Most ids that one arrival keeps; of a larger batch they are the newest events.
pub const KEPT: usize = 2000;

/// Events that one transaction stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    pub count: i64,
    /// At most [`KEPT`], in the order of time.
    pub ids: Vec<Uuid>,
}

/// As it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Grows with each; has gaps.
    pub seq: i64,
    pub at: Timestamp,
    pub events: Arrived,
}

impl WriteTx {
    /// As `commit`, for a batch of events that several actors may have sent: one audit entry each, in this order, and the
    /// arrival under the number of the last.
    pub async fn commit_arrival(
        mut self,
        entries: Vec<(AuditActor, AuditId, AuditEntry)>,
        arrived: &Arrived,
    ) -> Result<()> {
        self.append_each(entries).await?;
        if arrived.count > 0 {
            let ids: Vec<u8> = arrived.ids.iter().flat_map(|id| *id.as_bytes()).collect();
            let at = self.now();
            let q = self.sql(
                "INSERT INTO event_arrivals (organization_id, seq, arrived_at, event_count, event_ids)
                 SELECT organization_id, seq, $2, $3, $4 FROM audit_heads WHERE organization_id = $1",
            );
            let q = q.bind(at).bind(arrived.count).bind(ids);
            self.conn().exec_one(q).await?;
        }
        self.end().await
    }
}

/// Everything up to this number has arrived.
pub async fn newest(tx: &mut impl Scoped) -> Result<i64> {
    let q = tx.sql("SELECT seq FROM audit_heads WHERE organization_id = $1");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// The next arrivals after a number, oldest first.
pub async fn after(tx: &mut impl Scoped, seq: i64, limit: i64) -> Result<Vec<Arrival>> {
    let q = tx.sql(
        "SELECT seq, arrived_at, event_count, event_ids
         FROM event_arrivals
         WHERE organization_id = $1 AND seq > $2
         ORDER BY seq
         LIMIT $3",
    );
    let rows = tx.conn().rows(q.bind(seq).bind(limit)).await?;
    rows.iter().map(arrival).collect()
}

/// Number and size of the latest arrivals after a number, newest first.
pub async fn latest(tx: &mut impl Scoped, seq: i64, limit: i64) -> Result<Vec<(i64, i64)>> {
    let q = tx.sql(
        "SELECT seq, event_count
         FROM event_arrivals
         WHERE organization_id = $1 AND seq > $2
         ORDER BY seq DESC
         LIMIT $3",
    );
    let rows = tx.conn().rows(q.bind(seq).bind(limit)).await?;
    rows.iter().map(|row| Ok((row.get("seq")?, row.get("event_count")?))).collect()
}

/// How many events arrived after a number.
pub async fn count_after(tx: &mut impl Scoped, seq: i64) -> Result<i64> {
    let q = tx.sql(
        "SELECT CAST(COALESCE(SUM(event_count), 0) AS BIGINT)
         FROM event_arrivals
         WHERE organization_id = $1 AND seq > $2",
    );
    Ok(tx.conn().scalar(q.bind(seq)).await?.unwrap_or(0))
}

/// Arrivals from before `before`, of every organization.
pub async fn forget(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM event_arrivals WHERE arrived_at < $1").bind(before)).await
}

fn arrival(row: &Row) -> Result<Arrival> {
    let bytes: Vec<u8> = row.get("event_ids")?;
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        let reason = "not whole ids".to_owned();
        return Err(Error::Decode { column: "event_ids".to_owned(), reason });
    }
    let ids = ids.iter().map(|id| Uuid::from_bytes(*id)).collect();
    let events = Arrived { count: row.get("event_count")?, ids };
    Ok(Arrival { seq: row.get("seq")?, at: row.get("arrived_at")?, events })
}
