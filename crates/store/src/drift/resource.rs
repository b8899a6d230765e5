//! Resources of infrastructure code, and those without any.

use domain::drift::Resource;
use domain::{IacRepositoryId, IacResourceId, Timestamp};
use serde_json::Value;

use crate::db::{Result, from_row};
use crate::scope::Scoped;

from_row!(Resource {
    id,
    iac_repository_id,
    repository,
    environment,
    resource_type,
    resource_id,
    provider,
    physical_id,
    is_declared,
    verdict,
    unchecked_because,
    last_sync_at,
    is_stale,
    created_at,
    updated_at,
    open_drifts
});

/// Which resources a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceFilter {
    pub repository_id: Option<IacRepositoryId>,
    /// A part of the address, in any case.
    pub part: String,
    pub coverage: Option<Covered>,
}

/// A part of the coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    Seen,
    Unmanaged,
    Stale,
    Unchecked,
    Drifted,
}

impl Covered {
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "seen" => Self::Seen,
            "unmanaged" => Self::Unmanaged,
            "stale" => Self::Stale,
            "unchecked" => Self::Unchecked,
            "drifted" => Self::Drifted,
            _ => return None,
        })
    }
}

const COLUMNS: &str =
    "SELECT r.id, r.iac_repository_id, p.name AS repository, e.slug AS environment, r.resource_type, r.resource_id, r.provider,
            r.physical_id, r.is_declared, r.verdict, r.unchecked_because, r.last_sync_at, (r.last_sync_at < p.last_sync_at) AS is_stale,
            r.created_at, r.updated_at,
            (SELECT count(*) FROM drift_events d
             WHERE d.organization_id = $1 AND d.iac_resource_id = r.id AND d.status <> 'resolved') AS open_drifts
     FROM iac_resources r
     JOIN iac_repositories p ON p.organization_id = r.organization_id AND p.id = r.iac_repository_id
     JOIN environments e ON e.organization_id = p.organization_id AND e.id = p.environment_id
     WHERE r.organization_id = $1";

/// In the order of their ids, which is that of their first push.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &ResourceFilter,
    after: Option<IacResourceId>,
    limit: u32,
) -> Result<Vec<Resource>> {
    let mut q = tx.sql(COLUMNS);
    if let Some(repository) = filter.repository_id {
        q = q.push(" AND r.iac_repository_id = ").arg(repository);
    }
    if !filter.part.is_empty() {
        let part: String =
            filter.part.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        q = q.push(" AND lower(r.resource_id) LIKE ").arg(format!("%{part}%")).push(" ESCAPE '\\'");
    }
    q = match filter.coverage {
        None => q,
        Some(Covered::Seen) => {
            q.push(" AND r.is_declared AND r.verdict <> 'unchecked' AND r.last_sync_at >= p.last_sync_at")
        }
        Some(Covered::Unmanaged) => q.push(" AND NOT r.is_declared"),
        Some(Covered::Stale) => q.push(" AND r.last_sync_at < p.last_sync_at"),
        Some(Covered::Unchecked) => q.push(" AND r.verdict = 'unchecked'"),
        Some(Covered::Drifted) => q.push(" AND r.verdict = 'drifted'"),
    };
    if let Some(after) = after {
        q = q.push(" AND r.id > ").arg(after);
    }
    tx.conn().all(q.push(" ORDER BY r.id LIMIT ").arg(limit)).await
}

pub async fn get(tx: &mut impl Scoped, id: IacResourceId) -> Result<Option<Resource>> {
    let q = tx.sql(COLUMNS).push(" AND r.id = ").arg(id);
    tx.conn().opt(q).await
}

/// When a push found it in order last, and the differences that mean nothing of a resource in order.
pub async fn order(tx: &mut impl Scoped, id: IacResourceId) -> Result<Option<(Option<Timestamp>, Value)>> {
    let q =
        tx.sql("SELECT in_sync_at, noise FROM iac_resources WHERE organization_id = $1 AND id = $2").bind(id);
    let rows = tx.conn().rows(q).await?;
    rows.first()
        .map(|row| Ok((row.get("in_sync_at")?, row.get::<Option<Value>>("noise")?.unwrap_or(Value::Null))))
        .transpose()
}

/// What the code declares, secrets masked.
pub async fn declared(tx: &mut impl Scoped, id: IacResourceId) -> Result<Option<Value>> {
    let q =
        tx.sql("SELECT declared_state FROM iac_resources WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().scalar(q).await
}
