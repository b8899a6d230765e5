//! What changed, as short as those who follow a page need it: read from the audit log once for all of them.

use domain::live::Note;
use serde_json::Value;
use uuid::Uuid;

use crate::db::Result;
use crate::scope::Scoped;

/// Changes after `after`, the oldest first, at most `limit`. Events that arrive are left out, and so is what was refused.
pub async fn after(tx: &mut impl Scoped, after: i64, limit: u32) -> Result<Vec<Note>> {
    let q = tx
        .sql(
            "SELECT a.seq, a.created_at, a.actor_id, COALESCE(NULLIF(u.display_name, ''), u.username, a.actor) AS by_name, a.action,
                    a.target_type, a.target_id, a.metadata
             FROM audit_log a
             LEFT JOIN users u ON u.id = a.actor_id
             WHERE a.organization_id = $1 AND a.seq > $2 AND a.success AND a.target_type <> 'event'
             ORDER BY a.seq
             LIMIT $3",
        )
        .bind(after)
        .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            let (target, metadata): (String, Value) = (row.get("target_id")?, row.get("metadata")?);
            Ok(Note {
                seq: row.get("seq")?,
                at: row.get("created_at")?,
                by_id: row.get("actor_id")?,
                by: row.get("by_name")?,
                action: row.get("action")?,
                kind: row.get("target_type")?,
                ids: ids(&target, &metadata),
            })
        })
        .collect()
}

/// Of one record its own; of an action on many those that it names.
fn ids(target: &str, metadata: &Value) -> Vec<Uuid> {
    if !target.is_empty() {
        return Uuid::parse_str(target).into_iter().collect();
    }
    let named = metadata.get("ids").and_then(Value::as_array).into_iter().flatten();
    named.filter_map(|id| Uuid::parse_str(id.as_str()?).ok()).collect()
}
