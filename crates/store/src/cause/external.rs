//! What others tell: commits, tickets, deployments, maintenance windows.

use domain::cause::External;
use domain::{ExternalEventId, Timestamp};

use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(External {
    id,
    correlation_type,
    external_system,
    external_id,
    title,
    actor,
    environment,
    resource,
    impact,
    url,
    starts_at,
    ends_at,
    event_data,
    created_by,
    created_at,
    updated_at
});

const COLUMNS: &str = "SELECT id, correlation_type, external_system, external_id, title, actor, environment, resource, impact, url, starts_at, ends_at,
            event_data, created_by, created_at, updated_at
     FROM external_events
     WHERE organization_id = $1";

/// Keeps what is told; told again under the same name it is changed. Its id.
pub async fn put_external(tx: &mut WriteTx, new: &External) -> Result<ExternalEventId> {
    let q = tx
        .sql(
            "INSERT INTO external_events (organization_id, id, correlation_type, external_system, external_id, title, actor, environment,
                                          resource, impact, url, starts_at, ends_at, event_data, created_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (organization_id, external_system, correlation_type, external_id) DO UPDATE
             SET title = excluded.title, actor = excluded.actor, environment = excluded.environment, resource = excluded.resource,
                 impact = excluded.impact, url = excluded.url, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
                 event_data = excluded.event_data, updated_at = excluded.updated_at
             RETURNING id",
        )
        .bind(new.id)
        .bind(new.correlation_type.as_str())
        .bind(&new.external_system)
        .bind(&new.external_id)
        .bind(&new.title)
        .bind(new.actor.as_deref())
        .bind(new.environment.as_deref())
        .bind(new.resource.as_deref())
        .bind(new.impact.map(domain::cause::Impact::as_str))
        .bind(new.url.as_deref())
        .bind(new.starts_at)
        .bind(new.ends_at)
        .bind(&new.event_data)
        .bind(&new.created_by)
        .bind(new.created_at)
        .bind(new.updated_at);
    Ok(tx.conn().scalar(q).await?.unwrap_or(new.id))
}

/// What touches the time in between, the latest first, at most `limit`. `longest`: how long one may last.
pub async fn externals_between(
    tx: &mut impl Scoped,
    (from, until): (Timestamp, Timestamp),
    longest_seconds: i64,
    limit: u32,
) -> Result<Vec<External>> {
    let q = tx.sql(COLUMNS).push(" AND starts_at >= ").arg(from.plus_seconds(-longest_seconds));
    let q = q.push(" AND starts_at <= ").arg(until).push(" AND ends_at >= ").arg(from);
    tx.conn().all(q.push(" ORDER BY starts_at DESC, id DESC LIMIT ").arg(limit)).await
}

/// The latest first; those before `after`, the last of the page before.
pub async fn externals(
    tx: &mut impl Scoped,
    after: Option<(Timestamp, ExternalEventId)>,
    limit: u32,
) -> Result<Vec<External>> {
    let mut q = tx.sql(COLUMNS);
    if let Some((at, id)) = after {
        q = q.push(" AND (starts_at, id) < (").arg(at).push(", ").arg(id).push(")");
    }
    tx.conn().all(q.push(" ORDER BY starts_at DESC, id DESC LIMIT ").arg(limit)).await
}
