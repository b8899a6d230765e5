//! `/api/v1/ml-models` and `/api/v1/ml-trainings`: the models that judge causes.

use axum::Json;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use domain::cause::{Performance, Training, TrainingState};
use domain::page::Page;
use domain::permission::{DriftRead, ModelWrite};
use domain::{MlModelId, MlTrainingId, Timestamp};
use serde::Serialize;
use serde_json::Value;
use service::models::{self, Version};
use utoipa::ToSchema;

use super::api::Caller;
use super::cases::word_schema;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! { TrainingStateWord { Running = "running", Done = "done", Failed = "failed" } }

#[derive(Serialize, ToSchema)]
pub struct MlModelItem {
    #[schema(value_type = Uuid)]
    id: MlModelId,
    name: String,
    version: i64,
    model_type: String,
    framework: String,
    artifact_path: String,
    features: Vec<String>,
    target_classes: Vec<String>,
    #[schema(value_type = Object)]
    metrics: Value,
    #[schema(value_type = DateTime<Utc>)]
    trained_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    deployed_at: Option<Timestamp>,
    /// It judges.
    is_active: bool,
    /// It judges beside the active one, without effect.
    is_shadow: bool,
    #[schema(value_type = Object)]
    metadata: Value,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// On resources that it had not seen.
    #[schema(required = true, value_type = Option<MlPerformanceItem>)]
    performance: Option<MlPerformanceItem>,
    /// Drifts that it judged and that were labelled after it was trained.
    tried: usize,
    /// Of these, those that it judged as the analysts do.
    tried_right: usize,
}

#[derive(Serialize, ToSchema)]
pub struct MlPerformanceItem {
    #[schema(value_type = DateTime<Utc>)]
    evaluation_date: Timestamp,
    training_data_size: i64,
    accuracy: f64,
    precision_macro: f64,
    recall_macro: f64,
    f1_score_macro: f64,
    /// Rows are what analysts say, columns what the model says, both in the order of target_classes.
    #[schema(value_type = Vec<Vec<i64>>)]
    confusion_matrix: Value,
    #[schema(value_type = Vec<Object>)]
    per_class: Value,
    /// Pairs of feature and share, the largest first.
    #[schema(value_type = Vec<Object>)]
    feature_importance: Value,
    /// Macro-F1 of each fold, by kind of model.
    #[schema(value_type = Object)]
    cross_validation_scores: Value,
    #[schema(value_type = Object)]
    calibration: Value,
}

#[derive(Serialize, ToSchema)]
pub struct MlTrainingItem {
    #[schema(value_type = Uuid)]
    id: MlTrainingId,
    #[schema(value_type = TrainingStateWord)]
    state: TrainingState,
    step: String,
    /// 0 to 1.
    progress: f64,
    labels: i64,
    #[schema(required = true)]
    failure: Option<String>,
    #[schema(required = true, value_type = Option<Uuid>)]
    ml_model_id: Option<MlModelId>,
    started_by: String,
    #[schema(value_type = DateTime<Utc>)]
    started_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    ended_at: Option<Timestamp>,
}

/// The versions that are kept, the latest first. Where none is active the rules judge.
#[utoipa::path(get, path = "/api/v1/ml-models", tag = "causes", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "At most five or so", body = schema::MlModelPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<MlModelItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = models::overview(&cx).await?.versions.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Trainings, the latest first.
#[utoipa::path(get, path = "/api/v1/ml-trainings", tag = "causes", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "The last ten", body = schema::MlTrainingPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn trainings(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<MlTrainingItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = models::trainings(&cx).await?.into_iter().map(training_item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Train a new version from what analysts said of causes, in the background.
#[utoipa::path(post, path = "/api/v1/ml-trainings", tag = "causes", security(("api_key" = ["model.write"])), responses(
    (status = 202, description = "It runs", body = MlTrainingItem),
    (status = 409, description = "One runs already, or there are too few labels", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn train(caller: Caller) -> Result<(StatusCode, Json<MlTrainingItem>), Problem> {
    let cx = caller.admit::<ModelWrite>()?;
    Ok((StatusCode::ACCEPTED, Json(training_item(models::train(&cx).await?))))
}

/// One training.
#[utoipa::path(get, path = "/api/v1/ml-trainings/{id}", tag = "causes", security(("api_key" = ["drift.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the training"),
), responses(
    (status = 200, description = "How far it is", body = MlTrainingItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn training(caller: Caller, Path(id): Path<String>) -> Result<Json<MlTrainingItem>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let id: MlTrainingId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(training_item(models::training(&cx, id).await?)))
}

/// Which version judges now.
#[derive(Serialize, ToSchema)]
pub struct JudgeItem {
    /// Null: the rules judge.
    #[schema(required = true)]
    active_version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub struct ShadowItem {
    shadow_version: i64,
}

/// Let a version judge from now on; open drifts are judged anew.
#[utoipa::path(post, path = "/api/v1/ml-models/{id}/activate", tag = "causes", security(("api_key" = ["model.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the version"),
), responses(
    (status = 200, description = "It judges", body = JudgeItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It judges already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn activate(caller: Caller, Path(id): Path<String>) -> Result<Json<JudgeItem>, Problem> {
    let cx = caller.admit::<ModelWrite>()?;
    let id: MlModelId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(JudgeItem { active_version: Some(models::activate(&cx, id).await?.version) }))
}

/// Let a version judge beside the active one, without effect.
#[utoipa::path(post, path = "/api/v1/ml-models/{id}/shadow", tag = "causes", security(("api_key" = ["model.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the version"),
), responses(
    (status = 200, description = "It is the shadow", body = ShadowItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It is the active one", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn shadow(caller: Caller, Path(id): Path<String>) -> Result<Json<ShadowItem>, Problem> {
    let cx = caller.admit::<ModelWrite>()?;
    let id: MlModelId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(ShadowItem { shadow_version: models::shadow(&cx, id).await?.version }))
}

/// Back to the version that judged before, or to the rules where none did.
#[utoipa::path(post, path = "/api/v1/ml-models/roll-back", tag = "causes", security(("api_key" = ["model.write"])), responses(
    (status = 200, description = "What judges now", body = JudgeItem),
    (status = 409, description = "The rules judge already", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn roll_back(caller: Caller) -> Result<Json<JudgeItem>, Problem> {
    let cx = caller.admit::<ModelWrite>()?;
    Ok(Json(JudgeItem { active_version: models::roll_back(&cx).await?.map(|model| model.version) }))
}

fn item(version: Version) -> MlModelItem {
    let Version { model, performance, tried: (tried, tried_right) } = version;
    MlModelItem {
        id: model.id,
        name: model.name,
        version: model.version,
        model_type: model.model_type,
        framework: model.framework,
        artifact_path: model.artifact_path,
        features: model.features,
        target_classes: model.target_classes,
        metrics: model.metrics,
        trained_at: model.trained_at,
        deployed_at: model.deployed_at,
        is_active: model.is_active,
        is_shadow: model.is_shadow,
        metadata: model.metadata,
        created_at: model.created_at,
        performance: performance.map(performance_item),
        tried,
        tried_right,
    }
}

fn performance_item(one: Performance) -> MlPerformanceItem {
    MlPerformanceItem {
        evaluation_date: one.evaluation_date,
        training_data_size: one.training_data_size,
        accuracy: one.accuracy,
        precision_macro: one.precision_macro,
        recall_macro: one.recall_macro,
        f1_score_macro: one.f1_score_macro,
        confusion_matrix: one.confusion_matrix,
        per_class: one.per_class,
        feature_importance: one.feature_importance,
        cross_validation_scores: one.cross_validation_scores,
        calibration: one.calibration,
    }
}

fn training_item(one: Training) -> MlTrainingItem {
    MlTrainingItem {
        id: one.id,
        state: one.state,
        step: one.step,
        progress: one.progress,
        labels: one.labels,
        failure: one.failure,
        ml_model_id: one.ml_model_id,
        started_by: one.started_by,
        started_at: one.started_at,
        ended_at: one.ended_at,
    }
}
