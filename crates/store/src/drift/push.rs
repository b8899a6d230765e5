//! What a push writes: resources, drifts and their changes, many rows a statement.

use std::collections::HashMap;

use domain::drift::{ChangeType, DriftType, State, Verdict};
use domain::{
    DriftChangeId, DriftId, DriftIgnoreId, EnvironmentId, IacRepositoryId, IacResourceId, Timestamp,
};
use serde_json::Value;

use super::CHUNK;
use crate::db::{FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, WriteTx};

/// A resource as a push says it.
#[derive(Clone, Debug, PartialEq)]
pub struct PushedResource {
    pub id: IacResourceId,
    pub resource_type: String,
    pub resource_id: String,
    pub provider: Option<String>,
    pub physical_id: Option<String>,
    pub is_declared: bool,
    pub declared_state: Value,
    pub verdict: Verdict,
    pub unchecked_because: Option<String>,
    /// Differences that mean nothing, each with its reason, of a resource in order.
    pub noise: Value,
}

/// A drift as a push says it. Of one that is known already, state, number and onset stay as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct PushedDrift {
    pub id: DriftId,
    pub number: i64,
    pub iac_resource_id: IacResourceId,
    pub fingerprint: String,
    pub drift_type: DriftType,
    /// When a push found the resource in order last.
    pub in_order_at: Option<Timestamp>,
    pub declared_state: Option<Value>,
    pub actual_state: Option<Value>,
    pub severity_score: f64,
    pub confidence_score: f64,
    pub risk_assessment: Value,
    pub tags: Value,
    pub metadata: Value,
    /// To be searched.
    pub text: String,
    pub changes: Vec<PushedChange>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PushedChange {
    pub id: DriftChangeId,
    pub property_path: String,
    pub change_type: ChangeType,
    pub declared_value: Option<Value>,
    pub actual_value: Option<Value>,
    pub is_security_critical: bool,
    pub is_sensitive: bool,
    pub is_relevant: Option<bool>,
    pub owner: Option<String>,
    pub rules: Value,
    pub ignored_by: Option<DriftIgnoreId>,
}

/// A drift that is known of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub id: DriftId,
    pub number: i64,
    pub iac_resource_id: IacResourceId,
    pub fingerprint: String,
    pub state: State,
    pub version: i64,
}

impl FromDb for Known {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            iac_resource_id: row.get("iac_resource_id")?,
            fingerprint: row.get("fingerprint")?,
            state: State::from_db(row)?,
            version: row.get("version")?,
        })
    }
}

/// A resource that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownResource {
    pub id: IacResourceId,
    /// When a push found it in order last.
    pub in_sync_at: Option<Timestamp>,
}

/// Every resource of a repository by its address.
pub async fn resources(
    tx: &mut WriteTx,
    repository: IacRepositoryId,
) -> Result<HashMap<String, KnownResource>> {
    let q = tx
        .sql(
            "SELECT resource_id, id, in_sync_at FROM iac_resources WHERE organization_id = $1 AND iac_repository_id = $2",
        )
        .bind(repository);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            let known = KnownResource { id: row.get("id")?, in_sync_at: row.get("in_sync_at")? };
            Ok((row.get("resource_id")?, known))
        })
        .collect()
}

/// Every open drift of a repository, and every drift, open or not, of the resources given.
pub async fn known(
    tx: &mut WriteTx,
    repository: IacRepositoryId,
    resources: &[IacResourceId],
) -> Result<Vec<Known>> {
    let q = tx
        .sql(
            "SELECT id, number, iac_resource_id, fingerprint, status, resolution_type, resolved_at, assigned_to_id, absent_at, version
             FROM drift_events
             WHERE organization_id = $1 AND iac_repository_id = $2 AND status IN ('open', 'acknowledged')
             ORDER BY id",
        )
        .bind(repository);
    let mut found: Vec<Known> = tx.conn().all(q).await?;
    for ids in resources.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT id, number, iac_resource_id, fingerprint, status, resolution_type, resolved_at, assigned_to_id, absent_at, version
                 FROM drift_events
                 WHERE organization_id = $1 AND status = 'resolved' AND iac_resource_id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        found.extend(tx.conn().all::<Known>(q).await?);
    }
    Ok(found)
}

static RESOURCES: Insert = Insert {
    head: "INSERT INTO iac_resources (organization_id, id, iac_repository_id, resource_type, resource_id, provider, physical_id, is_declared,
                                      declared_state, verdict, unchecked_because, noise, in_sync_at, last_sync_at, created_at, updated_at) VALUES",
    columns: 16,
    tail: " ON CONFLICT (organization_id, id) DO UPDATE
            SET resource_type = excluded.resource_type, provider = excluded.provider, physical_id = excluded.physical_id,
                is_declared = excluded.is_declared, declared_state = excluded.declared_state, verdict = excluded.verdict,
                unchecked_because = excluded.unchecked_because, noise = excluded.noise,
                in_sync_at = COALESCE(excluded.in_sync_at, iac_resources.in_sync_at), last_sync_at = excluded.last_sync_at, updated_at = excluded.updated_at",
};

pub async fn put_resources(
    tx: &mut WriteTx,
    repository: IacRepositoryId,
    rows: &[PushedResource],
) -> Result<()> {
    let (organization, now) = (tx.organization(), tx.now());
    let args = rows.iter().flat_map(move |row| {
        [
            organization.to_arg(),
            row.id.to_arg(),
            repository.to_arg(),
            row.resource_type.as_str().to_arg(),
            row.resource_id.as_str().to_arg(),
            row.provider.as_deref().to_arg(),
            row.physical_id.as_deref().to_arg(),
            row.is_declared.to_arg(),
            (&row.declared_state).to_arg(),
            row.verdict.as_str().to_arg(),
            row.unchecked_because.as_deref().to_arg(),
            (&row.noise).to_arg(),
            (row.verdict == Verdict::InSync).then_some(now).to_arg(),
            now.to_arg(),
            now.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&RESOURCES, rows.len(), args).await?;
    Ok(())
}

static DRIFTS: Insert = Insert {
    head: "INSERT INTO drift_events (organization_id, id, number, environment_id, iac_repository_id, iac_resource_id, fingerprint, drift_type,
                                     declared_state, actual_state, detected_at, last_seen_at, seen_count, status, severity_score,
                                     confidence_score, risk_assessment, tags, metadata, words, version, in_order_at) VALUES",
    columns: 22,
    tail: " ON CONFLICT (organization_id, id) DO UPDATE
            SET drift_type = excluded.drift_type, declared_state = excluded.declared_state, actual_state = excluded.actual_state,
                last_seen_at = excluded.last_seen_at, seen_count = drift_events.seen_count + 1,
                severity_score = excluded.severity_score, confidence_score = excluded.confidence_score,
                risk_assessment = excluded.risk_assessment, tags = excluded.tags, metadata = excluded.metadata, words = excluded.words",
};

static CHANGES: Insert = Insert {
    head: "INSERT INTO drift_changes (organization_id, id, drift_event_id, property_path, change_type, declared_value, actual_value,
                                      is_security_critical, is_sensitive, is_relevant, owner, rules, ignored_by, created_at) VALUES",
    columns: 14,
    tail: " ON CONFLICT (organization_id, drift_event_id, property_path) DO NOTHING",
};

/// New drifts and those that are seen again. The changes of the latter are those of this push.
pub async fn put_drifts(
    tx: &mut WriteTx,
    (environment, repository): (EnvironmentId, IacRepositoryId),
    rows: &[PushedDrift],
    seen_again: &[DriftId],
) -> Result<()> {
    let (organization, now) = (tx.organization(), tx.now());
    let args = rows.iter().flat_map(move |row| {
        let mut words = String::from(" ");
        words.push_str(&crate::search::words(&row.text));
        words.push(' ');
        [
            organization.to_arg(),
            row.id.to_arg(),
            row.number.to_arg(),
            environment.to_arg(),
            repository.to_arg(),
            row.iac_resource_id.to_arg(),
            row.fingerprint.as_str().to_arg(),
            row.drift_type.as_str().to_arg(),
            row.declared_state.as_ref().to_arg(),
            row.actual_state.as_ref().to_arg(),
            now.to_arg(),
            now.to_arg(),
            1_i64.to_arg(),
            "open".to_arg(),
            row.severity_score.to_arg(),
            row.confidence_score.to_arg(),
            (&row.risk_assessment).to_arg(),
            (&row.tags).to_arg(),
            (&row.metadata).to_arg(),
            words.to_arg(),
            1_i64.to_arg(),
            row.in_order_at.to_arg(),
        ]
    });
    tx.conn().insert_many(&DRIFTS, rows.len(), args).await?;
    for ids in seen_again.chunks(CHUNK) {
        let q = tx
            .sql("DELETE FROM drift_changes WHERE organization_id = $1 AND drift_event_id IN (")
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    let changes: Vec<(DriftId, &PushedChange)> =
        rows.iter().flat_map(|row| row.changes.iter().map(move |change| (row.id, change))).collect();
    let count = changes.len();
    let args = changes.into_iter().flat_map(move |(drift, change)| {
        [
            organization.to_arg(),
            change.id.to_arg(),
            drift.to_arg(),
            change.property_path.as_str().to_arg(),
            change.change_type.as_str().to_arg(),
            change.declared_value.as_ref().to_arg(),
            change.actual_value.as_ref().to_arg(),
            change.is_security_critical.to_arg(),
            change.is_sensitive.to_arg(),
            change.is_relevant.to_arg(),
            change.owner.as_deref().to_arg(),
            (&change.rules).to_arg(),
            change.ignored_by.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&CHANGES, count, args).await?;
    Ok(())
}

/// Drifts that people say are put back or written into the code, whose resources the push of this instant looked at: the first push that
/// could find them gone. Those that it has are open again by now, see [`refuted`].
pub async fn not_found_since(
    tx: &mut WriteTx,
    repository: IacRepositoryId,
    pushed: Timestamp,
) -> Result<Vec<(DriftId, IacResourceId)>> {
    let q = tx
        .sql(
            "SELECT d.id, d.iac_resource_id
             FROM drift_events d
             JOIN iac_resources r ON r.organization_id = d.organization_id AND r.id = d.iac_resource_id
             WHERE d.organization_id = $1 AND d.iac_repository_id = $2 AND d.resolution_type IN ('auto_revert', 'codify_iac')
               AND d.absent_at IS NULL AND r.last_sync_at = $3 AND r.verdict <> 'unchecked'",
        )
        .bind(repository)
        .bind(pushed);
    // Sorted here: in the order of the key, SQLite would read every drift.
    let rows = tx.conn().rows(q).await?;
    let found = rows.iter().map(|row| Ok((row.get("id")?, row.get("iac_resource_id")?)));
    let mut found: Vec<(DriftId, IacResourceId)> = found.collect::<Result<_>>()?;
    found.sort_unstable();
    Ok(found)
}

/// What people said of them was true.
pub async fn absent(tx: &mut WriteTx, ids: &[DriftId], now: Timestamp) -> Result<()> {
    for ids in ids.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql("UPDATE drift_events SET absent_at = $2 WHERE organization_id = $1 AND id IN (")
            .bind(now)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// What people said of them was wrong: they are open, with the onset that they had.
pub async fn refuted(tx: &mut WriteTx, ids: &[DriftId]) -> Result<()> {
    for ids in ids.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE drift_events
                 SET status = 'open', resolution_type = NULL, resolved_at = NULL, absent_at = NULL, version = version + 1
                 WHERE organization_id = $1 AND id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// They came back: the onset is now.
pub async fn returned(tx: &mut WriteTx, ids: &[DriftId], now: Timestamp) -> Result<()> {
    for ids in ids.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE drift_events
                 SET status = 'open', resolution_type = NULL, resolved_at = NULL, absent_at = NULL, detected_at = $2, version = version + 1,
                     in_order_at = (SELECT r.in_sync_at FROM iac_resources r
                                    WHERE r.organization_id = $1 AND r.id = drift_events.iac_resource_id)
                 WHERE organization_id = $1 AND id IN (",
            )
            .bind(now)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// They were not found any more.
pub async fn gone(tx: &mut WriteTx, ids: &[DriftId], now: Timestamp) -> Result<()> {
    for ids in ids.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE drift_events
                 SET status = 'resolved', resolution_type = NULL, resolved_at = $2, version = version + 1
                 WHERE organization_id = $1 AND id IN (",
            )
            .bind(now)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// The first of `n` numbers that nobody else gets.
pub async fn numbers(tx: &mut WriteTx, n: i64) -> Result<i64> {
    let q = tx
        .sql(
            "INSERT INTO numbers (organization_id, noun, last)
             VALUES ($1, 'drift', $2)
             ON CONFLICT (organization_id, noun) DO UPDATE SET last = numbers.last + $2
             RETURNING last",
        )
        .bind(n);
    Ok(tx.conn().scalar::<i64>(q).await?.unwrap_or(n) - n + 1)
}
