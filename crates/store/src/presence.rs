//! Who is where, as the server processes tell each other. One row a process and organization; nobody audits it.

use domain::live::Present;
use domain::{OrganizationId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Error, Result, sql};
use crate::scope::{Scoped, SystemTx};

/// What this process has to tell, in place of what it told before; nothing at all when nobody is there.
pub async fn tell(
    tx: &mut SystemTx,
    organization: OrganizationId,
    server: Uuid,
    now: Timestamp,
    people: &[Present],
) -> Result<()> {
    if people.is_empty() {
        let q = sql("DELETE FROM presences WHERE organization_id = $1 AND server_id = $2");
        return tx.conn().exec(q.bind(organization).bind(server)).await.map(drop);
    }
    let people = serde_json::to_value(people).map_err(|e| Error::Check(e.to_string()))?;
    let q = sql("INSERT INTO presences (organization_id, server_id, told_at, people)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, server_id) DO UPDATE SET told_at = excluded.told_at, people = excluded.people")
    .bind(organization)
    .bind(server)
    .bind(now)
    .bind(people);
    tx.conn().exec_one(q).await
}

/// Who is there by the other processes, of what they told after `since`.
pub async fn others(tx: &mut impl Scoped, server: Uuid, since: Timestamp) -> Result<Vec<Present>> {
    let q = tx
        .sql("SELECT people FROM presences WHERE organization_id = $1 AND server_id <> $2 AND told_at > $3 ORDER BY server_id")
        .bind(server)
        .bind(since);
    let told: Vec<Value> = tx.conn().scalars(q).await?;
    // A process of another version may tell what this one does not know.
    Ok(told
        .into_iter()
        .filter_map(|people| serde_json::from_value::<Vec<Present>>(people).ok())
        .flatten()
        .collect())
}

/// What processes told that are gone.
pub async fn forget(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn().exec(sql("DELETE FROM presences WHERE told_at < $1").bind(before)).await
}
