//! Repositories of infrastructure code, and what was pushed for them.

use domain::drift::{Coverage, Push, Repository};
use domain::{EnvironmentId, IacRepositoryId};

use crate::db::{Dialect, FromDb, Result, Row, from_row};
use crate::scope::{Scoped, WriteTx};

impl FromDb for Repository {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            environment_id: row.get("environment_id")?,
            environment: row.get("environment")?,
            name: row.get("name")?,
            repository_url: row.get("repository_url")?,
            branch: row.get("branch")?,
            tool: row.get("tool")?,
            last_sync_at: row.get("last_sync_at")?,
            has_credentials: row.get("has_credentials")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            coverage: Coverage {
                declared: row.get("declared")?,
                seen: row.get("seen")?,
                unmanaged: row.get("unmanaged")?,
                stale: row.get("stale")?,
                open: row.get("open")?,
            },
        })
    }
}

from_row!(Push { id, format, pushed_at, actor, resources, drifted, new_drifts, resolved, ignored, problems });

const COLUMNS: &str =
    "SELECT p.id, p.environment_id, e.slug AS environment, p.name, p.repository_url, p.branch, p.tool, p.last_sync_at,
            (p.credentials_encrypted IS NOT NULL) AS has_credentials, p.created_at, p.updated_at,
            (SELECT count(*) FROM iac_resources r
             WHERE r.organization_id = $1 AND r.iac_repository_id = p.id AND r.is_declared) AS declared,
            (SELECT count(*) FROM iac_resources r
             WHERE r.organization_id = $1 AND r.iac_repository_id = p.id AND r.is_declared AND r.verdict <> 'unchecked'
               AND r.last_sync_at >= p.last_sync_at) AS seen,
            (SELECT count(*) FROM iac_resources r
             WHERE r.organization_id = $1 AND r.iac_repository_id = p.id AND NOT r.is_declared) AS unmanaged,
            (SELECT count(*) FROM iac_resources r
             WHERE r.organization_id = $1 AND r.iac_repository_id = p.id AND r.last_sync_at < p.last_sync_at) AS stale,
            (SELECT count(*) FROM drift_events d
             WHERE d.organization_id = $1 AND d.iac_repository_id = p.id AND d.status IN ('open', 'acknowledged')) AS open
     FROM iac_repositories p
     JOIN environments e ON e.organization_id = p.organization_id AND e.id = p.environment_id
     WHERE p.organization_id = $1";

/// By environment and name.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Repository>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY e.slug, p.name, p.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: IacRepositoryId) -> Result<Option<Repository>> {
    let q = tx.sql(COLUMNS).push(" AND p.id = ").arg(id);
    tx.conn().opt(q).await
}

pub async fn by_name(
    tx: &mut impl Scoped,
    environment: EnvironmentId,
    name: &str,
) -> Result<Option<Repository>> {
    let q =
        tx.sql(COLUMNS).push(" AND p.environment_id = ").arg(environment).push(" AND p.name = ").arg(name);
    tx.conn().opt(q).await
}

/// Until the end of the transaction no other push goes into it.
pub async fn lock(tx: &mut WriteTx, id: IacRepositoryId) -> Result<()> {
    if tx.conn().dialect() == Dialect::Postgres {
        let q = tx
            .sql("SELECT id FROM iac_repositories WHERE organization_id = $1 AND id = $2")
            .bind(id)
            .push(" FOR UPDATE");
        tx.conn().rows(q).await?;
    }
    Ok(())
}

pub async fn insert(tx: &mut WriteTx, new: &Repository) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO iac_repositories (organization_id, id, environment_id, name, repository_url, branch, tool, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(new.id)
        .bind(new.environment_id)
        .bind(&new.name)
        .bind(new.repository_url.as_deref())
        .bind(&new.branch)
        .bind(new.tool.as_str())
        .bind(new.created_at)
        .bind(new.updated_at);
    tx.conn().exec_one(q).await
}

pub async fn update(tx: &mut WriteTx, changed: &Repository) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE iac_repositories
             SET name = $3, repository_url = $4, branch = $5, updated_at = $6
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(changed.id)
        .bind(&changed.name)
        .bind(changed.repository_url.as_deref())
        .bind(&changed.branch)
        .bind(changed.updated_at);
    tx.conn().exec_one(q).await
}

/// `None` takes them away.
pub async fn set_credentials(tx: &mut WriteTx, id: IacRepositoryId, sealed: Option<Vec<u8>>) -> Result<()> {
    let q = tx
        .sql("UPDATE iac_repositories SET credentials_encrypted = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(sealed);
    tx.conn().exec_one(q).await
}

/// Keeps what a push did; the repository is synchronised now.
pub async fn add_push(tx: &mut WriteTx, repository: IacRepositoryId, push: &Push) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO drift_pushes (organization_id, id, iac_repository_id, format, pushed_at, actor, resources, drifted, new_drifts,
                                       resolved, ignored, problems)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(push.id)
        .bind(repository)
        .bind(push.format.as_str())
        .bind(push.pushed_at)
        .bind(&push.actor)
        .bind(push.resources)
        .bind(push.drifted)
        .bind(push.new_drifts)
        .bind(push.resolved)
        .bind(push.ignored)
        .bind(&push.problems);
    tx.conn().exec_one(q).await?;
    let q = tx
        .sql("UPDATE iac_repositories SET last_sync_at = $3 WHERE organization_id = $1 AND id = $2")
        .bind(repository)
        .bind(push.pushed_at);
    tx.conn().exec_one(q).await
}

/// The latest first.
pub async fn pushes(tx: &mut impl Scoped, repository: IacRepositoryId, limit: u32) -> Result<Vec<Push>> {
    let q = tx
        .sql(
            "SELECT id, format, pushed_at, actor, resources, drifted, new_drifts, resolved, ignored, problems
             FROM drift_pushes
             WHERE organization_id = $1 AND iac_repository_id = $2
             ORDER BY pushed_at DESC, id DESC
             LIMIT $3",
        )
        .bind(repository)
        .bind(limit);
    tx.conn().all(q).await
}
