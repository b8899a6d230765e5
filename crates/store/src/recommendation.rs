//! What to do about drifts, and what became of it.

use std::collections::{BTreeMap, HashSet};

use domain::drift::Resolution;
use domain::recommendation::{Recommendation, RecommendationType, Track};
use domain::{DriftActionId, DriftId, IacRepositoryId, RecommendationId, Timestamp};
use serde_json::{Value, json};

use crate::db::{Dialect, FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, SystemTx, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

impl FromDb for Recommendation {
    fn from_db(row: &Row) -> Result<Self> {
        let steps: Value = row.get("implementation_steps")?;
        Ok(Self {
            id: row.get("id")?,
            drift_id: row.get("drift_event_id")?,
            rule: row.get("rule")?,
            recommendation_type: row.get("recommendation_type")?,
            priority: row.get("priority")?,
            confidence_score: row.get("confidence_score")?,
            rationale: row.get("rationale")?,
            steps: serde_json::from_value(steps).unwrap_or_default(),
            risk_assessment: row.get("risk_assessment")?,
            estimated_effort: row.get("estimated_effort")?,
            recommended_by: row.get("recommended_by")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            status: row.get("status")?,
            decided_at: row.get("decided_at")?,
            decided_by: row.get("decided_by")?,
            note: row.get("note")?,
            action_id: row.get("action_id")?,
            implemented_at: row.get("implemented_at")?,
            succeeded: row.get("succeeded")?,
            implementation_result: row.get("implementation_result")?,
        })
    }
}

const COLUMNS: &str = "SELECT id, drift_event_id, rule, recommendation_type, priority, confidence_score, rationale, implementation_steps,
            risk_assessment, estimated_effort, recommended_by, created_at, expires_at, status, decided_at, decided_by, note, action_id,
            implemented_at, succeeded, implementation_result
     FROM recommendations
     WHERE organization_id = $1";

/// Of one drift, in no order.
pub async fn of_drift(tx: &mut impl Scoped, drift: DriftId) -> Result<Vec<Recommendation>> {
    let q = tx.sql(COLUMNS).push(" AND drift_event_id = ").arg(drift).push(" ORDER BY id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: RecommendationId) -> Result<Option<Recommendation>> {
    let q = tx.sql(COLUMNS).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// Until the end of the transaction nobody else changes it.
pub async fn lock(tx: &mut WriteTx, id: RecommendationId) -> Result<Option<Recommendation>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(COLUMNS).push(" AND id = ").arg(id);
    let q = if dialect == Dialect::Postgres { q.push(" FOR UPDATE") } else { q };
    tx.conn().opt(q).await
}

/// What of each of these drifts need not be said again, by rule: what is open, what was dismissed, and where somebody had a look.
pub async fn advised(tx: &mut impl Scoped, drifts: &[DriftId]) -> Result<HashSet<(DriftId, String)>> {
    let mut found = HashSet::new();
    for ids in drifts.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT DISTINCT drift_event_id, rule
                 FROM recommendations
                 WHERE organization_id = $1
                   AND (status IN ('open', 'dismissed') OR (status = 'implemented' AND recommendation_type = 'manual_review'))
                   AND drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        for row in tx.conn().rows(q).await? {
            found.insert((row.get("drift_event_id")?, row.get("rule")?));
        }
    }
    Ok(found)
}

/// What became of the recommendations of each rule that were made at or after `since`.
pub async fn tracks(tx: &mut impl Scoped, since: Timestamp) -> Result<BTreeMap<String, Track>> {
    let q = tx
        .sql(
            "SELECT rule, count(*) AS made,
                    count(CASE WHEN status = 'implemented' THEN 1 END) AS implemented,
                    count(CASE WHEN status = 'dismissed' THEN 1 END) AS dismissed,
                    count(CASE WHEN status = 'expired' THEN 1 END) AS expired,
                    count(CASE WHEN succeeded THEN 1 END) AS succeeded,
                    count(CASE WHEN NOT succeeded THEN 1 END) AS failed
             FROM recommendations
             WHERE organization_id = $1 AND created_at >= $2
             GROUP BY rule",
        )
        .bind(since);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            let track = Track {
                made: row.get("made")?,
                implemented: row.get("implemented")?,
                dismissed: row.get("dismissed")?,
                expired: row.get("expired")?,
                succeeded: row.get("succeeded")?,
                failed: row.get("failed")?,
            };
            Ok((row.get("rule")?, track))
        })
        .collect()
}

/// How often each of these drifts was resolved and there again; one that never was has no entry.
pub async fn returns(tx: &mut impl Scoped, drifts: &[DriftId]) -> Result<BTreeMap<DriftId, i64>> {
    let mut found = BTreeMap::new();
    for ids in drifts.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT drift_event_id, count(*) AS n
                 FROM drift_history
                 WHERE organization_id = $1 AND step IN ('refuted', 'returned') AND drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(") GROUP BY drift_event_id");
        for row in tx.conn().rows(q).await? {
            found.insert(row.get("drift_event_id")?, row.get("n")?);
        }
    }
    Ok(found)
}

static INSERT: Insert = Insert {
    head: "INSERT INTO recommendations (organization_id, id, drift_event_id, rule, recommendation_type, priority, confidence_score, rationale,
                                       implementation_steps, risk_assessment, estimated_effort, recommended_by, created_at, expires_at, status) VALUES",
    columns: 15,
    tail: "",
};

/// New ones, all open.
pub async fn insert(tx: &mut WriteTx, rows: &[Recommendation]) -> Result<()> {
    let organization = tx.organization();
    let args = rows.iter().flat_map(move |row| {
        [
            organization.to_arg(),
            row.id.to_arg(),
            row.drift_id.to_arg(),
            row.rule.as_str().to_arg(),
            row.recommendation_type.as_str().to_arg(),
            row.priority.as_str().to_arg(),
            row.confidence_score.to_arg(),
            row.rationale.as_str().to_arg(),
            json!(row.steps).to_arg(),
            (&row.risk_assessment).to_arg(),
            row.estimated_effort.as_str().to_arg(),
            row.recommended_by.as_str().to_arg(),
            row.created_at.to_arg(),
            row.expires_at.to_arg(),
            "open".to_arg(),
        ]
    });
    tx.conn().insert_many(&INSERT, rows.len(), args).await?;
    Ok(())
}

/// The steps with what is ticked of them.
pub async fn set_steps(tx: &mut WriteTx, id: RecommendationId, steps: &Value) -> Result<()> {
    let q = tx
        .sql("UPDATE recommendations SET implementation_steps = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(steps);
    tx.conn().exec_one(q).await
}

/// Who decides, when, why, and in which action on drifts.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    pub at: Timestamp,
    pub by: &'a str,
    pub note: Option<&'a str>,
    pub action_id: Option<DriftActionId>,
}

/// Done, of a kind of which nothing is left to be seen.
pub async fn implement(
    tx: &mut WriteTx,
    id: RecommendationId,
    how: Decision<'_>,
    result: &Value,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE recommendations
             SET status = 'implemented', decided_at = $3, decided_by = $4, note = $5, implemented_at = $3, succeeded = TRUE,
                 implementation_result = $6
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(how.at)
        .bind(how.by)
        .bind(how.note)
        .bind(result);
    tx.conn().exec_one(q).await
}

pub async fn dismiss(tx: &mut WriteTx, id: RecommendationId, how: Decision<'_>) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE recommendations
             SET status = 'dismissed', decided_at = $3, decided_by = $4, note = $5
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(how.at)
        .bind(how.by)
        .bind(how.note);
    tx.conn().exec_one(q).await
}

/// Drifts ended in this way: what recommended it is done, what else is open for them is overtaken. `result` is that of kinds of which
/// nothing is left to be seen.
pub async fn settle(
    tx: &mut WriteTx,
    drifts: &[DriftId],
    as_resolved: Resolution,
    how: Decision<'_>,
    result: &Value,
) -> Result<()> {
    let kind = RecommendationType::of(as_resolved);
    for ids in drifts.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE recommendations
                 SET status = 'implemented', decided_at = $3, decided_by = $4, note = $5, action_id = $6, implemented_at = $3,
                     succeeded = $7, implementation_result = $8
                 WHERE organization_id = $1 AND recommendation_type = $2 AND status = 'open' AND drift_event_id IN (",
            )
            .bind(kind.as_str())
            .bind(how.at)
            .bind(how.by)
            .bind(how.note)
            .bind(how.action_id)
            .bind((!kind.is_checked()).then_some(true))
            .bind((!kind.is_checked()).then_some(result))
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
        overtake(tx, ids, how).await?;
    }
    Ok(())
}

/// Drifts ended by themselves, or otherwise: what is open for them is overtaken.
pub async fn supersede(tx: &mut WriteTx, drifts: &[DriftId], how: Decision<'_>) -> Result<()> {
    for ids in drifts.chunks(CHUNK) {
        overtake(tx, ids, how).await?;
    }
    Ok(())
}

async fn overtake(tx: &mut WriteTx, ids: &[DriftId], how: Decision<'_>) -> Result<()> {
    // Grown below.
    let q = tx
        .sql(
            "UPDATE recommendations
             SET status = 'superseded', decided_at = $2, decided_by = $3, action_id = $4
             WHERE organization_id = $1 AND status = 'open' AND drift_event_id IN (",
        )
        .bind(how.at)
        .bind(how.by)
        .bind(how.action_id)
        .list(ids.iter().copied())
        .push(")");
    tx.conn().exec(q).await?;
    Ok(())
}

/// What an action did to these drifts' recommendations is taken back.
pub async fn reopen(tx: &mut WriteTx, action: DriftActionId, drifts: &[DriftId]) -> Result<()> {
    for ids in drifts.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE recommendations
                 SET status = 'open', decided_at = NULL, decided_by = NULL, note = NULL, action_id = NULL, implemented_at = NULL,
                     succeeded = NULL, implementation_result = NULL
                 WHERE organization_id = $1 AND action_id = $2 AND drift_event_id IN (",
            )
            .bind(action)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// These drifts are there again: what was done about them did not hold.
pub async fn fail(tx: &mut WriteTx, drifts: &[DriftId], result: &Value) -> Result<()> {
    for ids in drifts.chunks(CHUNK) {
        // Grown below.
        let q = tx
            .sql(
                "UPDATE recommendations
                 SET succeeded = FALSE, implementation_result = $2
                 WHERE organization_id = $1 AND status = 'implemented' AND recommendation_type IN ('auto_revert', 'codify_iac')
                   AND succeeded IS NOT FALSE AND drift_event_id IN (",
            )
            .bind(result)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// The push of this instant looked at the resource and has the drift no more: what was done about it held.
pub async fn confirm(
    tx: &mut WriteTx,
    repository: IacRepositoryId,
    pushed: Timestamp,
    result: &Value,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE recommendations
             SET succeeded = TRUE, implementation_result = $4
             WHERE organization_id = $1 AND status = 'implemented' AND succeeded IS NULL
               AND drift_event_id IN (SELECT d.id
                                      FROM drift_events d
                                      JOIN iac_resources r ON r.organization_id = d.organization_id AND r.id = d.iac_resource_id
                                      WHERE d.organization_id = $1 AND d.iac_repository_id = $2 AND d.status = 'resolved'
                                        AND (d.resolution_type IS NULL OR d.resolution_type NOT IN ('auto_revert', 'codify_iac')
                                             OR d.absent_at IS NOT NULL)
                                        AND d.last_seen_at < $3 AND r.last_sync_at = $3 AND r.verdict <> 'unchecked')",
        )
        .bind(repository)
        .bind(pushed)
        .bind(result);
    tx.conn().exec(q).await?;
    Ok(())
}

/// Those whose time is over, in every organization.
pub async fn expire(tx: &mut SystemTx, now: Timestamp) -> Result<u64> {
    let q = crate::db::sql(
        "UPDATE recommendations
         SET status = 'expired', decided_at = $1, decided_by = 'time'
         WHERE status = 'open' AND expires_at <= $1",
    )
    .bind(now);
    tx.conn().exec(q).await
}
