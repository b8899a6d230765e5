//! Environments of an organization.

use domain::EnvironmentId;
use domain::environment::{CLOUD_PROVIDERS, Environment};

use crate::db::{Arg, Kind, Result, ToArg, from_row};
use crate::scope::{Scoped, Writing};

from_row!(Environment {
    id,
    slug,
    name,
    cloud_provider,
    region,
    account_id,
    tags,
    is_active,
    created_at,
    updated_at
});

/// By name.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Environment>> {
    let q = tx.sql(
        "SELECT id, slug, name, cloud_provider, region, account_id, tags, is_active, created_at, updated_at
         FROM environments
         WHERE organization_id = $1
         ORDER BY name, id",
    );
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: EnvironmentId) -> Result<Option<Environment>> {
    let q = tx
        .sql(
            "SELECT id, slug, name, cloud_provider, region, account_id, tags, is_active, created_at, updated_at
             FROM environments
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut impl Writing, environment: &Environment) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO environments (organization_id, id, slug, name, cloud_provider, region, account_id, tags, is_active, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(environment.id)
        .bind(&environment.slug)
        .bind(&environment.name)
        .bind(provider(environment))
        .bind(environment.region.as_deref())
        .bind(environment.account_id.as_deref())
        .bind(&environment.tags)
        .bind(environment.is_active)
        .bind(environment.created_at)
        .bind(environment.updated_at);
    tx.conn().exec_one(q).await
}

pub async fn update(tx: &mut impl Writing, environment: &Environment) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE environments
             SET slug = $3, name = $4, cloud_provider = $5, region = $6, account_id = $7, tags = $8, is_active = $9, updated_at = $10
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(environment.id)
        .bind(&environment.slug)
        .bind(&environment.name)
        .bind(provider(environment))
        .bind(environment.region.as_deref())
        .bind(environment.account_id.as_deref())
        .bind(&environment.tags)
        .bind(environment.is_active)
        .bind(environment.updated_at);
    tx.conn().exec_one(q).await
}

/// Whether an event names this environment (events carry its slug; the roll-up knows every value).
pub async fn has_events(tx: &mut impl Scoped, slug: &str) -> Result<bool> {
    let q = tx
        .sql(
            "SELECT 1
             FROM event_totals t
             CROSS JOIN event_rollups r
             WHERE t.organization_id = $1 AND t.grain = 'day'
               AND r.organization_id = $1 AND r.grain = 'day' AND r.start = t.start AND r.field = 'environment' AND r.value = $2
             LIMIT 1",
        )
        .bind(slug);
    let one: Option<i64> = tx.conn().scalar(q).await?;
    Ok(one.is_some())
}

/// Whether a repository of infrastructure code belongs to it.
pub async fn has_repositories(tx: &mut impl Scoped, id: EnvironmentId) -> Result<bool> {
    let q = tx
        .sql("SELECT 1 FROM iac_repositories WHERE organization_id = $1 AND environment_id = $2 LIMIT 1")
        .bind(id);
    let one: Option<i64> = tx.conn().scalar(q).await?;
    Ok(one.is_some())
}

pub async fn delete(tx: &mut impl Writing, id: EnvironmentId) -> Result<()> {
    let q = tx.sql("DELETE FROM environments WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}

/// A label of the PostgreSQL type of the same name.
struct CloudProvider(&'static str);

impl ToArg for CloudProvider {
    const KIND: Kind = Kind::Label("cloud_provider");
    fn to_arg(self) -> Arg {
        Arg::Label { kind: "cloud_provider", label: self.0 }
    }
}

fn provider(environment: &Environment) -> Option<CloudProvider> {
    let word = environment.cloud_provider.as_deref()?;
    CLOUD_PROVIDERS.iter().find(|p| **p == word).map(|p| CloudProvider(p))
}
