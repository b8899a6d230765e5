//! `/api/v1/drifts/{id}/cause` and `/api/v1/external-events`: why drifts happened, and what others tell of the time around them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use domain::cause::{Cause, Correlation, External, ExternalKind, Impact, NewExternal, OperationalContext};
use domain::page::Page;
use domain::permission::{DriftRead, DriftWrite};
use domain::{CorrelationId, DriftId, ExternalEventId, Invalid, MlModelId, OperationalContextId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::causes::{self, Prediction, Told};
use utoipa::ToSchema;

use super::api::{Caller, paging, read};
use super::cases::word_schema;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! {
    CauseWord {
        EmergencyFix = "emergency_fix", ManualTroubleshooting = "manual_troubleshooting", SecurityResponse = "security_response",
        ConfigurationError = "configuration_error", AutomatedResponse = "automated_response",
        IntentionalOverride = "intentional_override", Unknown = "unknown"
    }
    ExternalKindWord {
        GitCommit = "git_commit", IncidentTicket = "incident_ticket", ChangeTicket = "change_ticket",
        MonitoringAlert = "monitoring_alert", Deployment = "deployment", Maintenance = "maintenance", Incident = "incident",
        SecurityEvent = "security_event"
    }
    ImpactWord { Low = "low", Medium = "medium", High = "high" }
}

/// Why a drift happened, as far as the key may see what that was taken from.
#[derive(Serialize, ToSchema)]
pub struct CauseItem {
    /// What holds: what an analyst says, else what was judged.
    #[schema(value_type = CauseWord)]
    cause: Cause,
    /// What the rules or the model say.
    #[schema(value_type = CauseWord)]
    cause_category: Cause,
    confidence_score: f64,
    /// By cause; they add up to 1.
    #[schema(value_type = Object)]
    probabilities: Value,
    /// What spoke for it, and against it (a negative weight), the heaviest first: feature, words, weight.
    #[schema(value_type = Vec<Object>)]
    contributing_factors: Value,
    #[schema(value_type = Object)]
    temporal_context: Value,
    /// Who may have done it, the closest first.
    #[schema(value_type = Object)]
    user_attribution: Value,
    /// `rules`, or name and version of a model.
    judged_by: String,
    #[schema(value_type = DateTime<Utc>)]
    analyzed_at: Timestamp,
    /// What an analyst says.
    #[schema(required = true, value_type = Option<CauseWord>)]
    labelled_category: Option<Cause>,
    #[schema(required = true)]
    label_note: Option<String>,
    #[schema(required = true)]
    labelled_by: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    labelled_at: Option<Timestamp>,
    /// By time.
    correlation_events: Vec<CorrelationItem>,
    operational_context: Vec<OperationalContextItem>,
    predictions: Vec<PredictionItem>,
}

#[derive(Serialize, ToSchema)]
pub struct CorrelationItem {
    #[schema(value_type = Uuid)]
    id: CorrelationId,
    /// audit_event, event, case, or a type of an external event.
    correlation_type: String,
    external_id: String,
    external_system: String,
    #[schema(value_type = Object)]
    event_data: Value,
    correlation_score: f64,
    /// Seconds from the onset of the drift, negative before it.
    temporal_offset: i64,
}

#[derive(Serialize, ToSchema)]
pub struct OperationalContextItem {
    #[schema(value_type = Uuid)]
    id: OperationalContextId,
    /// incident, deployment, maintenance or security_event.
    context_type: String,
    #[schema(value_type = Object)]
    context_data: Value,
    #[schema(required = true, value_type = Option<ImpactWord>)]
    incident_impact: Option<Impact>,
    /// How long it went on, in seconds.
    time_window: i64,
}

#[derive(Serialize, ToSchema)]
pub struct PredictionItem {
    #[schema(value_type = Uuid)]
    ml_model_id: MlModelId,
    version: i64,
    #[schema(value_type = Object)]
    prediction_result: Value,
    #[schema(value_type = Object)]
    prediction_metadata: Value,
    #[schema(value_type = DateTime<Utc>)]
    predicted_at: Timestamp,
}

pub fn cause_item(told: Told) -> CauseItem {
    let Told { analysis, correlations, contexts, predictions } = told;
    let cause = analysis.cause();
    let (labelled_category, label_note, labelled_by, labelled_at) = match analysis.label {
        Some(label) => (Some(label.category), label.note, Some(label.by), Some(label.at)),
        None => (None, None, None, None),
    };
    CauseItem {
        cause,
        cause_category: analysis.cause_category,
        confidence_score: analysis.confidence_score,
        probabilities: analysis.probabilities,
        contributing_factors: analysis.contributing_factors,
        temporal_context: analysis.temporal_context,
        user_attribution: analysis.user_attribution,
        judged_by: analysis.judged_by,
        analyzed_at: analysis.analyzed_at,
        labelled_category,
        label_note,
        labelled_by,
        labelled_at,
        correlation_events: correlations.into_iter().map(correlation).collect(),
        operational_context: contexts.into_iter().map(context).collect(),
        predictions: predictions.into_iter().map(prediction).collect(),
    }
}

fn correlation(one: Correlation) -> CorrelationItem {
    let Correlation {
        id,
        correlation_type,
        external_id,
        external_system,
        event_data,
        correlation_score,
        temporal_offset,
    } = one;
    CorrelationItem {
        id,
        correlation_type,
        external_id,
        external_system,
        event_data,
        correlation_score,
        temporal_offset,
    }
}

fn context(one: OperationalContext) -> OperationalContextItem {
    let OperationalContext { id, context_type, context_data, incident_impact, time_window } = one;
    OperationalContextItem { id, context_type, context_data, incident_impact, time_window }
}

fn prediction(one: Prediction) -> PredictionItem {
    PredictionItem {
        ml_model_id: one.ml_model_id,
        version: one.version,
        prediction_result: one.prediction_result,
        prediction_metadata: one.prediction_metadata,
        predicted_at: one.predicted_at,
    }
}

/// What an analyst says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CauseIn {
    #[schema(value_type = CauseWord)]
    cause: Cause,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(required = false)]
    note: String,
}

#[derive(Serialize, ToSchema)]
pub struct LabelledItem {
    /// What holds now.
    #[schema(value_type = CauseWord)]
    cause: Cause,
    /// What was judged.
    #[schema(value_type = CauseWord)]
    cause_category: Cause,
}

/// Confirm or correct the cause of a drift; the next training learns from it.
#[utoipa::path(put, path = "/api/v1/drifts/{id}/cause", tag = "causes", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the drift"),
), request_body = CauseIn, responses(
    (status = 200, description = "What holds now", body = LabelledItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Nobody looked at it yet", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn label(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<LabelledItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id: DriftId = id.parse().map_err(|_| Problem::not_found())?;
    let CauseIn { cause, note } = read(&body)?;
    let now = causes::label(&cx, id, cause, &note).await?;
    Ok(Json(LabelledItem { cause: now.cause(), cause_category: now.cause_category }))
}

/// Take back what was said of a cause; what was judged holds again.
#[utoipa::path(delete, path = "/api/v1/drifts/{id}/cause", tag = "causes", security(("api_key" = ["drift.write"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the drift"),
), responses(
    (status = 200, description = "What holds now", body = LabelledItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Nobody said anything", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn unlabel(caller: Caller, Path(id): Path<String>) -> Result<Json<LabelledItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let id: DriftId = id.parse().map_err(|_| Problem::not_found())?;
    let now = causes::unlabel(&cx, id).await?;
    Ok(Json(LabelledItem { cause: now.cause(), cause_category: now.cause_category }))
}

/// Something that happened elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalIn {
    #[schema(value_type = ExternalKindWord)]
    correlation_type: ExternalKind,
    #[schema(example = "github")]
    external_system: String,
    /// Its name there. Told again, it is changed.
    #[schema(example = "4f1c2ab")]
    external_id: String,
    title: String,
    actor: Option<String>,
    /// Slug of the environment it was in; left out, it may be any.
    environment: Option<String>,
    /// Address of the resource, or its id at the provider; left out, it may be any.
    resource: Option<String>,
    #[schema(value_type = Option<ImpactWord>)]
    impact: Option<Impact>,
    url: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    starts_at: Timestamp,
    /// Left out, it took no time. At most 90 days later.
    #[schema(value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Timestamp>,
    /// At most 16,384 bytes.
    #[serde(default)]
    #[schema(required = false, value_type = Object)]
    event_data: Option<Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalsIn {
    /// 1 to 500.
    events: Vec<ExternalIn>,
}

#[derive(Serialize, ToSchema)]
pub struct ToldItem {
    /// In the order of the request.
    #[schema(value_type = Vec<Uuid>)]
    ids: Vec<ExternalEventId>,
}

#[derive(Serialize, ToSchema)]
pub struct ExternalEventItem {
    #[schema(value_type = Uuid)]
    id: ExternalEventId,
    #[schema(value_type = ExternalKindWord)]
    correlation_type: ExternalKind,
    external_system: String,
    external_id: String,
    title: String,
    #[schema(required = true)]
    actor: Option<String>,
    #[schema(required = true)]
    environment: Option<String>,
    #[schema(required = true)]
    resource: Option<String>,
    #[schema(required = true, value_type = Option<ImpactWord>)]
    impact: Option<Impact>,
    #[schema(required = true)]
    url: Option<String>,
    #[schema(value_type = DateTime<Utc>)]
    starts_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    ends_at: Timestamp,
    #[schema(value_type = Object)]
    event_data: Value,
    created_by: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    updated_at: Timestamp,
}

/// Tell what happened elsewhere: commits, tickets, alerts, deployments, maintenance windows, incidents.
///
/// Drifts around it are looked at again.
#[utoipa::path(post, path = "/api/v1/external-events", tag = "causes", security(("api_key" = ["drift.write"])), request_body = ExternalsIn,
    responses(
    (status = 200, description = "Kept", body = ToldItem),
    (status = "default", description = "A problem; nothing is kept", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn tell(caller: Caller, body: Bytes) -> Result<Json<ToldItem>, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let ExternalsIn { events } = read(&body)?;
    if events.len() > causes::MOST_TOLD {
        return Err(Problem::invalid(Invalid::field("events", "at most 500 of them")));
    }
    let told = events.into_iter().map(|one| NewExternal {
        correlation_type: one.correlation_type,
        external_system: one.external_system,
        external_id: one.external_id,
        title: one.title,
        actor: one.actor,
        environment: one.environment,
        resource: one.resource,
        impact: one.impact,
        url: one.url,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        event_data: one.event_data.unwrap_or_else(|| serde_json::json!({})),
    });
    Ok(Json(ToldItem { ids: causes::tell(&cx, told.collect()).await? }))
}

/// What was told, the latest first.
#[utoipa::path(get, path = "/api/v1/external-events", tag = "causes", security(("api_key" = ["drift.read"])), params(
    schema::PageParameters,
), responses(
    (status = 200, description = "One page", body = schema::ExternalEventPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn told(
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<ExternalEventItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let mut query = Query::new(query.as_deref());
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    Ok(Json(causes::told(&cx, limit, cursor.as_deref()).await?.map(external)))
}

fn external(one: External) -> ExternalEventItem {
    ExternalEventItem {
        id: one.id,
        correlation_type: one.correlation_type,
        external_system: one.external_system,
        external_id: one.external_id,
        title: one.title,
        actor: one.actor,
        environment: one.environment,
        resource: one.resource,
        impact: one.impact,
        url: one.url,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        event_data: one.event_data,
        created_by: one.created_by,
        created_at: one.created_at,
        updated_at: one.updated_at,
    }
}
