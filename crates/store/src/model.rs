//! Models of causes: versions, what they said, how they did, and the trainings that make them.

use domain::cause::{Cause, MlModel, Performance, Training};
use domain::{DriftId, MlModelId, MlPredictionId, MlTrainingId, OrganizationId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::SystemTx;
use crate::db::{Dialect, Result, from_row, sql};
use crate::scope::{Scoped, WriteTx, Writing};

from_row!(MlModel {
    id,
    name,
    version,
    model_type,
    framework,
    artifact_path,
    features,
    target_classes,
    metrics,
    trained_at,
    deployed_at,
    is_active,
    is_shadow,
    metadata,
    created_at
});
from_row!(Performance {
    evaluation_date,
    training_data_size,
    accuracy,
    precision_macro,
    recall_macro,
    f1_score_macro,
    confusion_matrix,
    per_class,
    feature_importance,
    cross_validation_scores,
    calibration
});
from_row!(Training {
    id,
    state,
    step,
    progress,
    labels,
    failure,
    ml_model_id,
    started_by_id,
    started_by,
    started_at,
    ended_at
});

const COLUMNS: &str = "SELECT id, name, version, model_type, framework, artifact_path, features, target_classes, metrics, trained_at, deployed_at, is_active,
            is_shadow, metadata, created_at
     FROM ml_models
     WHERE organization_id = $1";

/// The latest version first.
pub async fn list(tx: &mut impl Scoped, name: &str) -> Result<Vec<MlModel>> {
    let q = tx.sql(COLUMNS).push(" AND name = ").arg(name).push(" ORDER BY version DESC");
    tx.conn().all(q).await
}

/// Those that judge: the active one and the shadow.
pub async fn judging(tx: &mut impl Scoped, name: &str) -> Result<Vec<MlModel>> {
    let q = tx.sql(COLUMNS).push(" AND name = ").arg(name);
    tx.conn().all(q.push(" AND (is_active OR is_shadow) ORDER BY version")).await
}

/// Until the end of the transaction nobody else changes which of them judge. The latest version first.
pub async fn lock(tx: &mut WriteTx, name: &str) -> Result<Vec<MlModel>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(COLUMNS).push(" AND name = ").arg(name).push(" ORDER BY version DESC");
    let q = if dialect == Dialect::Postgres { q.push(" FOR UPDATE") } else { q };
    tx.conn().all(q).await
}

pub async fn insert(tx: &mut WriteTx, new: &MlModel, artifact: Vec<u8>) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO ml_models (organization_id, id, name, version, model_type, framework, artifact_path, features, target_classes,
                                    metrics, trained_at, deployed_at, is_active, is_shadow, metadata, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(new.id)
        .bind(&new.name)
        .bind(new.version)
        .bind(&new.model_type)
        .bind(&new.framework)
        .bind(&new.artifact_path)
        .bind(Value::from(new.features.clone()))
        .bind(Value::from(new.target_classes.clone()))
        .bind(&new.metrics)
        .bind(new.trained_at)
        .bind(new.deployed_at)
        .bind(new.is_active)
        .bind(new.is_shadow)
        .bind(&new.metadata)
        .bind(new.created_at);
    tx.conn().exec_one(q).await?;
    let q = tx
        .sql("INSERT INTO ml_artifacts (organization_id, ml_model_id, bytes) VALUES ($1, $2, $3)")
        .bind(new.id)
        .bind(artifact);
    tx.conn().exec_one(q).await
}

pub async fn artifact(tx: &mut impl Scoped, id: MlModelId) -> Result<Option<Vec<u8>>> {
    let q = tx.sql("SELECT bytes FROM ml_artifacts WHERE organization_id = $1 AND ml_model_id = $2").bind(id);
    tx.conn().scalar(q).await
}

/// None of them judges any more.
pub async fn rest(tx: &mut WriteTx, name: &str) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE ml_models SET is_active = FALSE
             WHERE organization_id = $1 AND name = $2 AND is_active",
        )
        .bind(name);
    tx.conn().exec(q).await?;
    Ok(())
}

/// None of them is the shadow any more.
pub async fn unshadow(tx: &mut WriteTx, name: &str) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE ml_models SET is_shadow = FALSE
             WHERE organization_id = $1 AND name = $2 AND is_shadow",
        )
        .bind(name);
    tx.conn().exec(q).await?;
    Ok(())
}

/// One judges from now on, where none other does. `metadata` says which one judged before.
pub async fn activate(tx: &mut WriteTx, id: MlModelId, metadata: &Value, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE ml_models SET is_active = TRUE, is_shadow = FALSE, deployed_at = $3, metadata = $4
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(now)
        .bind(metadata);
    tx.conn().exec_one(q).await
}

/// One is the shadow from now on; none other is.
pub async fn shadow(tx: &mut WriteTx, id: MlModelId) -> Result<()> {
    let q = tx.sql("UPDATE ml_models SET is_shadow = TRUE WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}

/// A version with all that it said.
pub async fn delete(tx: &mut WriteTx, id: MlModelId) -> Result<()> {
    for statement in [
        "UPDATE drift_cause_analysis SET ml_model_id = NULL WHERE organization_id = $1 AND ml_model_id = $2",
        "UPDATE ml_trainings SET ml_model_id = NULL WHERE organization_id = $1 AND ml_model_id = $2",
        "DELETE FROM ml_predictions WHERE organization_id = $1 AND ml_model_id = $2",
        "DELETE FROM ml_performance_metrics WHERE organization_id = $1 AND ml_model_id = $2",
        "DELETE FROM ml_artifacts WHERE organization_id = $1 AND ml_model_id = $2",
        "DELETE FROM ml_models WHERE organization_id = $1 AND id = $2",
    ] {
        let q = tx.sql(statement).bind(id);
        tx.conn().exec(q).await?;
    }
    Ok(())
}

pub async fn add_performance(tx: &mut WriteTx, id: Uuid, model: MlModelId, new: &Performance) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "INSERT INTO ml_performance_metrics (organization_id, id, ml_model_id, evaluation_date, training_data_size, accuracy,
                                                 precision_macro, recall_macro, f1_score_macro, confusion_matrix, per_class,
                                                 feature_importance, cross_validation_scores, calibration, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(id)
        .bind(model)
        .bind(new.evaluation_date)
        .bind(new.training_data_size)
        .bind(new.accuracy)
        .bind(new.precision_macro)
        .bind(new.recall_macro)
        .bind(new.f1_score_macro)
        .bind(&new.confusion_matrix)
        .bind(&new.per_class)
        .bind(&new.feature_importance)
        .bind(&new.cross_validation_scores)
        .bind(&new.calibration)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// The latest measurement of a model.
pub async fn performance(tx: &mut impl Scoped, id: MlModelId) -> Result<Option<Performance>> {
    let q = tx
        .sql(
            "SELECT evaluation_date, training_data_size, accuracy, precision_macro, recall_macro, f1_score_macro, confusion_matrix,
                    per_class, feature_importance, cross_validation_scores, calibration
             FROM ml_performance_metrics
             WHERE organization_id = $1 AND ml_model_id = $2
             ORDER BY evaluation_date DESC, id DESC
             LIMIT 1",
        )
        .bind(id);
    tx.conn().opt(q).await
}

/// What a model says of a drift, in place of what it said before.
pub async fn put_prediction(
    tx: &mut impl Writing,
    id: MlPredictionId,
    (drift, model): (DriftId, MlModelId),
    (result, metadata): (&Value, &Value),
    now: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO ml_predictions (organization_id, id, drift_event_id, ml_model_id, prediction_result, prediction_metadata, predicted_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (organization_id, ml_model_id, drift_event_id) DO UPDATE
             SET prediction_result = excluded.prediction_result, prediction_metadata = excluded.prediction_metadata,
                 predicted_at = excluded.predicted_at",
        )
        .bind(id)
        .bind(drift)
        .bind(model)
        .bind(result)
        .bind(metadata)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// What a model said of a drift.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    pub ml_model_id: MlModelId,
    pub version: i64,
    pub is_active: bool,
    pub is_shadow: bool,
    pub prediction_result: Value,
    pub prediction_metadata: Value,
    pub predicted_at: Timestamp,
}
from_row!(Prediction {
    ml_model_id,
    version,
    is_active,
    is_shadow,
    prediction_result,
    prediction_metadata,
    predicted_at
});

/// What models said of a drift, the latest version first.
pub async fn predictions(tx: &mut impl Scoped, drift: DriftId) -> Result<Vec<Prediction>> {
    let q = tx
        .sql(
            "SELECT p.ml_model_id, m.version, m.is_active, m.is_shadow, p.prediction_result, p.prediction_metadata, p.predicted_at
             FROM ml_predictions p
             JOIN ml_models m ON m.organization_id = p.organization_id AND m.id = p.ml_model_id
             WHERE p.organization_id = $1 AND p.drift_event_id = $2
             ORDER BY m.version DESC",
        )
        .bind(drift);
    tx.conn().all(q).await
}

/// What a model said of drifts that analysts labelled after it was trained, and what they say: what it has never learned from. The latest, at
/// most `limit`.
pub async fn tried(tx: &mut impl Scoped, model: MlModelId, limit: u32) -> Result<Vec<(Value, Cause)>> {
    let q = tx
        .sql(
            "SELECT p.prediction_result, a.labelled_category
             FROM ml_predictions p
             JOIN ml_models m ON m.organization_id = p.organization_id AND m.id = p.ml_model_id
             JOIN drift_cause_analysis a ON a.organization_id = p.organization_id AND a.drift_event_id = p.drift_event_id
             WHERE p.organization_id = $1 AND p.ml_model_id = $2 AND a.labelled_at > m.trained_at
             ORDER BY a.labelled_at DESC, a.id DESC
             LIMIT $3",
        )
        .bind(model)
        .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("prediction_result")?, row.get("labelled_category")?))).collect()
}

const TRAININGS: &str =
    "SELECT id, state, step, progress, labels, failure, ml_model_id, started_by_id, started_by, started_at, ended_at
     FROM ml_trainings
     WHERE organization_id = $1";

/// The latest first.
pub async fn trainings(tx: &mut impl Scoped, limit: u32) -> Result<Vec<Training>> {
    let q = tx.sql(TRAININGS).push(" ORDER BY started_at DESC, id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

pub async fn training(tx: &mut impl Scoped, id: MlTrainingId) -> Result<Option<Training>> {
    let q = tx.sql(TRAININGS).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// # Errors
/// `Unique` while another runs in the organization.
pub async fn insert_training(tx: &mut WriteTx, new: &Training) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO ml_trainings (organization_id, id, state, step, progress, labels, started_by_id, started_by, started_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(new.id)
        .bind(new.state.as_str())
        .bind(&new.step)
        .bind(new.progress)
        .bind(new.labels)
        .bind(new.started_by_id)
        .bind(&new.started_by)
        .bind(new.started_at);
    tx.conn().exec_one(q).await
}

/// Those that run and nobody is at, in the organizations that are active.
pub async fn waiting(tx: &mut SystemTx, now: Timestamp) -> Result<Vec<(OrganizationId, MlTrainingId)>> {
    let q = sql("SELECT t.organization_id, t.id
         FROM ml_trainings t
         JOIN organizations o ON o.id = t.organization_id
         WHERE t.state = 'running' AND (t.lease_until IS NULL OR t.lease_until < $1) AND o.is_active
         ORDER BY t.organization_id, t.id")
    .bind(now);
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("organization_id")?, row.get("id")?))).collect()
}

/// Takes a training until `until`; `false` where somebody else is at it, or it has ended.
pub async fn take(tx: &mut impl Writing, id: MlTrainingId, now: Timestamp, until: Timestamp) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE ml_trainings SET lease_until = $4
             WHERE organization_id = $1 AND id = $2 AND state = 'running' AND (lease_until IS NULL OR lease_until < $3)",
        )
        .bind(id)
        .bind(now)
        .bind(until);
    Ok(tx.conn().exec(q).await? == 1)
}

/// How far a training is, by whoever is at it.
pub async fn went_on(
    tx: &mut impl Writing,
    id: MlTrainingId,
    (progress, step): (f64, &str),
    until: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE ml_trainings SET progress = $3, step = $4, lease_until = $5
             WHERE organization_id = $1 AND id = $2 AND state = 'running'",
        )
        .bind(id)
        .bind(progress)
        .bind(step)
        .bind(until);
    tx.conn().exec(q).await?;
    Ok(())
}

/// A training has ended; `false` where it had already.
pub async fn end_training(
    tx: &mut WriteTx,
    id: MlTrainingId,
    outcome: std::result::Result<MlModelId, &str>,
) -> Result<bool> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE ml_trainings
             SET state = $3, failure = $4, ml_model_id = $5, ended_at = $6, progress = 1, step = $7, lease_until = NULL
             WHERE organization_id = $1 AND id = $2 AND state = 'running'",
        )
        .bind(id)
        .bind(if outcome.is_ok() { "done" } else { "failed" })
        .bind(outcome.err())
        .bind(outcome.ok())
        .bind(now)
        .bind(if outcome.is_ok() { "done" } else { "failed" });
    Ok(tx.conn().exec(q).await? == 1)
}
