//! Causes of drifts: which are to be looked at, what is near them, what is thought of them, what analysts say.

mod external;

use domain::cause::{Cause, CauseAnalysis, Correlation, Label, OperationalContext};
use domain::{CaseId, DriftId, IacRepositoryId, IacResourceId, OrganizationId, Severity, Timestamp};
use serde_json::Value;

use crate::SystemTx;
use crate::db::{FromDb, Insert, Result, Row, ToArg as _, from_row, sql};
use crate::scope::{Scoped, WriteTx, Writing};

pub use external::{externals, externals_between, put_external};

/// A drift whose cause is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub organization: OrganizationId,
    pub drift: DriftId,
    pub due_at: Timestamp,
}

static QUEUE: Insert = Insert {
    head: "INSERT INTO cause_queue (organization_id, drift_event_id, due_at) VALUES",
    columns: 3,
    tail: " ON CONFLICT (organization_id, drift_event_id) DO UPDATE SET due_at = excluded.due_at",
};

/// Asks for the causes of drifts, in the order of their key.
pub async fn ask(tx: &mut impl Writing, ids: &[DriftId], at: Timestamp) -> Result<()> {
    let organization = tx.organization();
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let args = sorted.iter().flat_map(move |id| [organization.to_arg(), id.to_arg(), at.to_arg()]);
    tx.conn().insert_many(&QUEUE, sorted.len(), args).await?;
    Ok(())
}

/// Drifts that began in between, the latest first, at most `limit`.
pub async fn began_between(
    tx: &mut impl Scoped,
    from: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<DriftId>> {
    let q = tx
        .sql(
            "SELECT id FROM drift_events
             WHERE organization_id = $1 AND status IN ('open', 'acknowledged', 'resolved') AND detected_at >= $2 AND detected_at <= $3
             ORDER BY detected_at DESC, id DESC
             LIMIT $4",
        )
        .bind(from)
        .bind(until)
        .bind(limit);
    tx.conn().scalars(q).await
}

/// Drifts that nobody resolved, the latest first, at most `limit`.
pub async fn open(tx: &mut impl Scoped, limit: u32) -> Result<Vec<DriftId>> {
    let q = tx
        .sql(
            "SELECT id FROM drift_events
             WHERE organization_id = $1 AND status IN ('open', 'acknowledged')
             ORDER BY detected_at DESC, id DESC
             LIMIT $2",
        )
        .bind(limit);
    tx.conn().scalars(q).await
}

/// Those that are due in the organizations that are active, the longest waiting first.
pub async fn due(tx: &mut SystemTx, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
    let q = sql("SELECT q.organization_id, q.drift_event_id, q.due_at
         FROM cause_queue q
         JOIN organizations o ON o.id = q.organization_id
         WHERE q.due_at <= $1 AND o.is_active
         ORDER BY q.due_at DESC, q.organization_id, q.drift_event_id
         LIMIT $2")
    .bind(now)
    .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            Ok(Due {
                organization: row.get("organization_id")?,
                drift: row.get("drift_event_id")?,
                due_at: row.get("due_at")?,
            })
        })
        .collect()
}

/// It was looked at. What was asked for meanwhile stays asked for.
pub async fn done(
    tx: &mut impl Writing,
    drift: DriftId,
    seen: Timestamp,
    again: Option<Timestamp>,
) -> Result<()> {
    let q = match again {
        Some(again) => tx
            .sql(
                "UPDATE cause_queue SET due_at = $4 WHERE organization_id = $1 AND drift_event_id = $2 AND due_at = $3",
            )
            .bind(drift)
            .bind(seen)
            .bind(again),
        None => tx
            .sql("DELETE FROM cause_queue WHERE organization_id = $1 AND drift_event_id = $2 AND due_at = $3")
            .bind(drift)
            .bind(seen),
    };
    tx.conn().exec(q).await?;
    Ok(())
}

impl FromDb for CauseAnalysis {
    fn from_db(row: &Row) -> Result<Self> {
        let category: Option<Cause> = row.get("labelled_category")?;
        let (by, at): (Option<String>, Option<Timestamp>) =
            (row.get("labelled_by")?, row.get("labelled_at")?);
        let (note, by_id) = (row.get("label_note")?, row.get("labelled_by_id")?);
        Ok(Self {
            id: row.get("id")?,
            drift_event_id: row.get("drift_event_id")?,
            cause_category: row.get("cause_category")?,
            confidence_score: row.get("confidence_score")?,
            probabilities: row.get("probabilities")?,
            contributing_factors: row.get("contributing_factors")?,
            temporal_context: row.get("temporal_context")?,
            user_attribution: row.get("user_attribution")?,
            features: row.get("features")?,
            judged_by: row.get("judged_by")?,
            ml_model_id: row.get("ml_model_id")?,
            onset: row.get("onset")?,
            analyzed_at: row.get("analyzed_at")?,
            label: category.zip(by).zip(at).map(|((category, by), at)| Label {
                category,
                note,
                by_id,
                by,
                at,
            }),
        })
    }
}

from_row!(Correlation {
    id,
    correlation_type,
    external_id,
    external_system,
    event_data,
    correlation_score,
    temporal_offset
});
from_row!(OperationalContext { id, context_type, context_data, incident_impact, time_window });

pub async fn get(tx: &mut impl Scoped, drift: DriftId) -> Result<Option<CauseAnalysis>> {
    let q = tx
        .sql(
            "SELECT id, drift_event_id, cause_category, confidence_score, probabilities, contributing_factors, temporal_context,
                    user_attribution, features, judged_by, ml_model_id, onset, analyzed_at, labelled_category, label_note,
                    labelled_by_id, labelled_by, labelled_at
             FROM drift_cause_analysis
             WHERE organization_id = $1 AND drift_event_id = $2",
        )
        .bind(drift);
    tx.conn().opt(q).await
}

/// By time.
pub async fn correlations(tx: &mut impl Scoped, drift: DriftId) -> Result<Vec<Correlation>> {
    let q = tx
        .sql(
            "SELECT id, correlation_type, external_id, external_system, event_data, correlation_score, temporal_offset
             FROM correlation_events
             WHERE organization_id = $1 AND drift_event_id = $2
             ORDER BY temporal_offset, id",
        )
        .bind(drift);
    tx.conn().all(q).await
}

pub async fn contexts(tx: &mut impl Scoped, drift: DriftId) -> Result<Vec<OperationalContext>> {
    let q = tx
        .sql(
            "SELECT id, context_type, context_data, incident_impact, time_window
             FROM operational_context
             WHERE organization_id = $1 AND drift_event_id = $2
             ORDER BY id",
        )
        .bind(drift);
    tx.conn().all(q).await
}

/// What is thought of a drift's cause, in place of what was thought before. What an analyst says stays.
pub async fn put(tx: &mut impl Writing, new: &CauseAnalysis) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO drift_cause_analysis (organization_id, id, drift_event_id, cause_category, confidence_score, probabilities,
                                               contributing_factors, temporal_context, user_attribution, features, judged_by, ml_model_id,
                                               onset, analyzed_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
             ON CONFLICT (organization_id, drift_event_id) DO UPDATE
             SET cause_category = excluded.cause_category, confidence_score = excluded.confidence_score,
                 probabilities = excluded.probabilities, contributing_factors = excluded.contributing_factors,
                 temporal_context = excluded.temporal_context, user_attribution = excluded.user_attribution,
                 features = excluded.features, judged_by = excluded.judged_by, ml_model_id = excluded.ml_model_id,
                 onset = excluded.onset, analyzed_at = excluded.analyzed_at,
                 changed_at = CASE WHEN drift_cause_analysis.labelled_category IS NULL
                                    AND drift_cause_analysis.cause_category <> excluded.cause_category
                                   THEN excluded.changed_at ELSE drift_cause_analysis.changed_at END",
        )
        .bind(new.id)
        .bind(new.drift_event_id)
        .bind(new.cause_category.as_str())
        .bind(new.confidence_score)
        .bind(&new.probabilities)
        .bind(&new.contributing_factors)
        .bind(&new.temporal_context)
        .bind(&new.user_attribution)
        .bind(&new.features)
        .bind(&new.judged_by)
        .bind(new.ml_model_id)
        .bind(new.onset)
        .bind(new.analyzed_at);
    tx.conn().exec_one(q).await
}

static CORRELATIONS: Insert = Insert {
    head: "INSERT INTO correlation_events (organization_id, id, drift_event_id, correlation_type, external_id, external_system, event_data,
                                           correlation_score, temporal_offset, created_at) VALUES",
    columns: 10,
    tail: "",
};
static CONTEXTS: Insert = Insert {
    head: "INSERT INTO operational_context (organization_id, id, drift_event_id, context_type, context_data, incident_impact, time_window,
                                            created_at) VALUES",
    columns: 8,
    tail: "",
};

/// What is near a drift, in place of what was thought to be.
pub async fn replace_near(
    tx: &mut impl Writing,
    drift: DriftId,
    events: &[Correlation],
    contexts: &[OperationalContext],
    now: Timestamp,
) -> Result<()> {
    for statement in [
        "DELETE FROM correlation_events WHERE organization_id = $1 AND drift_event_id = $2",
        "DELETE FROM operational_context WHERE organization_id = $1 AND drift_event_id = $2",
    ] {
        let q = tx.sql(statement).bind(drift);
        tx.conn().exec(q).await?;
    }
    let organization = tx.organization();
    let args = events.iter().flat_map(move |one| {
        [
            organization.to_arg(),
            one.id.to_arg(),
            drift.to_arg(),
            one.correlation_type.as_str().to_arg(),
            one.external_id.as_str().to_arg(),
            one.external_system.as_str().to_arg(),
            (&one.event_data).to_arg(),
            one.correlation_score.to_arg(),
            one.temporal_offset.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&CORRELATIONS, events.len(), args).await?;
    let args = contexts.iter().flat_map(move |one| {
        [
            organization.to_arg(),
            one.id.to_arg(),
            drift.to_arg(),
            one.context_type.as_str().to_arg(),
            (&one.context_data).to_arg(),
            one.incident_impact.map(domain::cause::Impact::as_str).to_arg(),
            one.time_window.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&CONTEXTS, contexts.len(), args).await?;
    Ok(())
}

/// What an analyst says of a drift that was judged; `None` takes it back.
pub async fn set_label(tx: &mut WriteTx, drift: DriftId, label: Option<&Label>) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE drift_cause_analysis
             SET labelled_category = $3, label_note = $4, labelled_by_id = $5, labelled_by = $6, labelled_at = $7, changed_at = $8
             WHERE organization_id = $1 AND drift_event_id = $2",
        )
        .bind(drift)
        .bind(label.map(|label| label.category.as_str()))
        .bind(label.and_then(|label| label.note.as_deref()))
        .bind(label.and_then(|label| label.by_id))
        .bind(label.map(|label| label.by.as_str()))
        .bind(label.map(|label| label.at))
        .bind(now);
    tx.conn().exec_one(q).await
}

/// A drift that an analyst labelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub cause: Cause,
    pub features: Value,
    pub resource: IacResourceId,
}

/// The latest first, at most `limit`.
pub async fn labelled(tx: &mut impl Scoped, limit: u32) -> Result<Vec<Labelled>> {
    let q = tx
        .sql(
            "SELECT a.labelled_category, a.features, d.iac_resource_id
             FROM drift_cause_analysis a
             JOIN drift_events d ON d.organization_id = a.organization_id AND d.id = a.drift_event_id
             WHERE a.organization_id = $1 AND a.labelled_at IS NOT NULL
             ORDER BY a.labelled_at DESC, a.id DESC
             LIMIT $2",
        )
        .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            Ok(Labelled {
                cause: row.get("labelled_category")?,
                features: row.get("features")?,
                resource: row.get("iac_resource_id")?,
            })
        })
        .collect()
}

/// How many drifts analysts labelled, by cause.
pub async fn count_labelled(tx: &mut impl Scoped) -> Result<Vec<(Cause, i64)>> {
    let q = tx.sql(
        "SELECT labelled_category, count(*) AS n
         FROM drift_cause_analysis
         WHERE organization_id = $1 AND labelled_at IS NOT NULL
         GROUP BY labelled_category",
    );
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("labelled_category")?, row.get("n")?))).collect()
}

/// What is known of the drifts that were judged last.
pub async fn recent_features(tx: &mut impl Scoped, limit: u32) -> Result<Vec<Value>> {
    let q = tx
        .sql(
            "SELECT features FROM drift_cause_analysis WHERE organization_id = $1 ORDER BY analyzed_at DESC, id DESC LIMIT $2",
        )
        .bind(limit);
    tx.conn().scalars(q).await
}

/// How many other drifts the same push opened, and how many the resource had before.
pub async fn beside(
    tx: &mut impl Scoped,
    drift: DriftId,
    (repository, resource): (IacRepositoryId, IacResourceId),
    onset: Timestamp,
) -> Result<(i64, i64)> {
    let q = tx
        .sql(
            "SELECT count(*) FROM drift_events
             WHERE organization_id = $1 AND iac_repository_id = $2 AND status IN ('open', 'acknowledged', 'resolved')
               AND detected_at = $3 AND id <> $4",
        )
        .bind(repository)
        .bind(onset)
        .bind(drift);
    let same_push = tx.conn().scalar(q).await?.unwrap_or(0);
    let q = tx
        .sql(
            "SELECT count(*) FROM drift_events
             WHERE organization_id = $1 AND iac_resource_id = $2 AND detected_at < $3 AND id <> $4",
        )
        .bind(resource)
        .bind(onset)
        .bind(drift);
    Ok((same_push, tx.conn().scalar(q).await?.unwrap_or(0)))
}

/// A case that was opened near a drift.
#[derive(Clone, Debug, PartialEq)]
pub struct NearCase {
    pub id: CaseId,
    pub number: i64,
    pub title: String,
    pub description: String,
    pub severity: Severity,
    pub created_at: Timestamp,
}
from_row!(NearCase { id, number, title, description, severity, created_at });

/// Cases that were opened in between, the first first, at most `limit`.
pub async fn cases_between(
    tx: &mut impl Scoped,
    from: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<NearCase>> {
    let q = tx
        .sql(
            "SELECT id, number, title, description, severity, created_at
             FROM cases
             WHERE organization_id = $1 AND created_at >= $2 AND created_at <= $3
                   AND NOT EXISTS (SELECT 1 FROM drift_events d WHERE d.organization_id = cases.organization_id AND d.case_id = cases.id)
             ORDER BY created_at DESC, id DESC
             LIMIT $4",
        )
        .bind(from)
        .bind(until)
        .bind(limit);
    tx.conn().all(q).await
}
