//! Sources of an organization. `event_count` and `last_activity` are kept by the ingest.

use domain::SourceId;
use domain::source::{STATUSES, Source};

use crate::db::{Arg, Error, Kind, Result, ToArg, from_row};
use crate::group::contains;
use crate::scope::{Scoped, Writing};

from_row!(Source {
    id,
    name,
    source_type,
    ip,
    port,
    protocol,
    status,
    notifications,
    last_activity,
    event_count,
    created_at,
    updated_at
});

/// Up to `limit` sources by name, after the one of the name `after`, whose names contain `within`.
pub async fn page(
    tx: &mut impl Scoped,
    within: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Source>> {
    let dialect = tx.conn().dialect();
    let mut q = tx.sql(
        "SELECT id, name, source_type, ip, port, protocol, status, notifications, last_activity, event_count, created_at, updated_at
         FROM sources
         WHERE organization_id = $1",
    );
    if !within.is_empty() {
        q = contains(q, dialect, " AND name", within);
    }
    if let Some(after) = after {
        q = q.push(" AND name > ").arg(after);
    }
    tx.conn().all(q.push(" ORDER BY name LIMIT ").arg(limit)).await
}

/// Sources by id, in no order; one that is not there is left out.
pub async fn by_ids(tx: &mut impl Scoped, ids: &[SourceId]) -> Result<Vec<Source>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let q = tx
            .sql(
                "SELECT id, name, source_type, ip, port, protocol, status, notifications, last_activity, event_count, created_at, updated_at
                 FROM sources
                 WHERE organization_id = $1 AND id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        found.extend(tx.conn().all::<Source>(q).await?);
    }
    Ok(found)
}

pub async fn get(tx: &mut impl Scoped, id: SourceId) -> Result<Option<Source>> {
    let q = tx
        .sql(
            "SELECT id, name, source_type, ip, port, protocol, status, notifications, last_activity, event_count, created_at, updated_at
             FROM sources
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

pub async fn by_name(tx: &mut impl Scoped, name: &str) -> Result<Option<Source>> {
    let q = tx
        .sql(
            "SELECT id, name, source_type, ip, port, protocol, status, notifications, last_activity, event_count, created_at, updated_at
             FROM sources
             WHERE organization_id = $1 AND name = $2",
        )
        .bind(name);
    tx.conn().opt(q).await
}

/// Active sources of which something is to be told.
pub async fn watched(tx: &mut impl Scoped) -> Result<Vec<Source>> {
    let q = tx.sql(
        "SELECT id, name, source_type, ip, port, protocol, status, notifications, last_activity, event_count, created_at, updated_at
         FROM sources
         WHERE organization_id = $1 AND status = 'active' AND CAST(notifications AS TEXT) <> '{}'
         ORDER BY id",
    );
    tx.conn().all(q).await
}

/// Whether the source of this id is called so now.
pub async fn is_called(tx: &mut impl Scoped, id: SourceId, name: &str) -> Result<bool> {
    let q = tx
        .sql("SELECT count(*) FROM sources WHERE organization_id = $1 AND id = $2 AND name = $3")
        .bind(id)
        .bind(name);
    Ok(tx.conn().scalar::<i64>(q).await?.unwrap_or(0) == 1)
}

pub async fn insert(tx: &mut impl Writing, source: &Source) -> Result<()> {
    let status = status(source)?;
    let q = tx
        .sql(
            "INSERT INTO sources (organization_id, id, name, source_type, ip, port, protocol, status, notifications, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(source.id)
        .bind(&source.name)
        .bind(&source.source_type)
        .bind(source.ip.as_deref())
        .bind(source.port)
        .bind(source.protocol.as_deref())
        .bind(status)
        .bind(&source.notifications)
        .bind(source.created_at)
        .bind(source.updated_at);
    tx.conn().exec_one(q).await
}

/// Everything but what the ingest keeps.
pub async fn update(tx: &mut impl Writing, source: &Source) -> Result<()> {
    let status = status(source)?;
    let q = tx
        .sql(
            "UPDATE sources
             SET name = $3, source_type = $4, ip = $5, port = $6, protocol = $7, status = $8, notifications = $9, updated_at = $10
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(source.id)
        .bind(&source.name)
        .bind(&source.source_type)
        .bind(source.ip.as_deref())
        .bind(source.port)
        .bind(source.protocol.as_deref())
        .bind(status)
        .bind(&source.notifications)
        .bind(source.updated_at);
    tx.conn().exec_one(q).await
}

/// `false` when it has events (or does not exist): then nothing is deleted.
pub async fn delete_without_events(tx: &mut impl Writing, id: SourceId) -> Result<bool> {
    let q = tx.sql("DELETE FROM sources WHERE organization_id = $1 AND id = $2 AND event_count = 0").bind(id);
    Ok(tx.conn().exec(q).await? == 1)
}

/// A label of the PostgreSQL type `source_status`.
struct Status(&'static str);

impl ToArg for Status {
    const KIND: Kind = Kind::Label("source_status");
    fn to_arg(self) -> Arg {
        Arg::Label { kind: "source_status", label: self.0 }
    }
}

fn status(source: &Source) -> Result<Status> {
    let known = STATUSES.iter().find(|s| **s == source.status);
    known.map(|s| Status(s)).ok_or_else(|| Error::Check(format!("not a status: {}", source.status)))
}
