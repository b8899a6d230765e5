//! `GET /api/v1/drift-metrics` and `GET /o/{organization}/drift/metrics.csv`: drift by the day, environment and repository.

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::Response;
use domain::Timestamp;
use domain::drift::metrics::{Figures, Period, Row};
use domain::permission::{DriftExport, DriftRead};
use serde::Serialize;
use serde_json::Value;
use service::auth::Viewer;
use service::drifts::metrics;
use utoipa::{IntoParams, ToSchema};

use super::api::Caller;
use super::export::{CSV, attachment, csv_rows, harmless, reader};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use crate::state::AppState;

/// What a period has. Times are in seconds.
#[derive(Serialize, ToSchema)]
pub struct DriftFigures {
    /// Drifts that came, or came back.
    total_drifts: i64,
    resolved_drifts: i64,
    #[schema(required = true)]
    avg_resolution_time: Option<i64>,
    /// Within 5 %.
    #[schema(required = true)]
    p90_resolution_time: Option<i64>,
    /// Of those that came, by cause.
    #[schema(value_type = Object)]
    top_cause_categories: Value,
    /// Of those that came, by severity.
    #[schema(value_type = Object)]
    severity_distribution: Value,
    recommendations_decided: i64,
    recommendations_implemented: i64,
    #[schema(required = true)]
    recommendation_adoption_rate: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct DriftMetricsItem {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date)]
    date: String,
    environment: String,
    repository: String,
    #[serde(flatten)]
    figures: DriftFigures,
}

#[derive(Serialize, ToSchema)]
pub struct DriftMetrics {
    /// The first day.
    #[schema(value_type = DateTime<Utc>)]
    from: Timestamp,
    /// The day after the last.
    #[schema(value_type = DateTime<Utc>)]
    to: Timestamp,
    /// Null where nothing was ever computed.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    computed_at: Option<Timestamp>,
    now: DriftFigures,
    /// Of the period of the same length before.
    before: DriftFigures,
    /// Days on which nothing happened are left out.
    items: Vec<DriftMetricsItem>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct DriftMetricsParameters {
    /// Whole days that end with today, at most 366; 30 unless told.
    days: Option<i64>,
    /// Slug of the environment.
    environment: Option<String>,
    /// Name of the repository.
    repository: Option<String>,
}

/// Drift by the day, environment and repository.
#[utoipa::path(get, path = "/api/v1/drift-metrics", tag = "drift", security(("api_key" = ["drift.read"])), params(
    DriftMetricsParameters,
), responses(
    (status = 200, description = "The figures", body = DriftMetrics),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<DriftMetrics>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    let mut query = Query::new(query.as_deref());
    let asked = period(&mut query);
    query.done()?;
    let told = metrics::analytics(&cx, &asked).await?;
    let items = metrics::rows(&cx, &asked).await?.into_iter().map(item).collect();
    Ok(Json(DriftMetrics {
        from: told.from,
        to: told.to,
        computed_at: told.computed_at,
        now: figures(&told.now),
        before: figures(&told.before),
        items,
    }))
}

/// `GET /o/{organization}/drift/metrics.csv`: a row a day, environment and repository. The export is in the audit log.
pub async fn csv(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (_, actor) = reader(&state, viewer, &slug).await?;
    let cx = state.services.admit::<DriftExport>(&actor)?;
    let mut query = Query::new(query.as_deref());
    let asked = period(&mut query);
    query.done()?;
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(metrics::export(&cx, &asked).await?.into_iter().map(|row| cells(&row)));
    let file = csv_rows(&rows).map_err(|e| Problem::internal(e.to_string()))?;
    Ok(attachment(Body::from(file), CSV, &format!("drift-metrics-{slug}.csv")))
}

fn period(query: &mut Query) -> Period {
    Period {
        days: query.one("days").unwrap_or(30),
        environment: query.one::<String>("environment").filter(|text| !text.is_empty()),
        repository: query.one::<String>("repository").filter(|text| !text.is_empty()),
    }
}

const COLUMNS: [&str; 12] = [
    "date",
    "environment",
    "repository",
    "total_drifts",
    "resolved_drifts",
    "avg_resolution_time",
    "p90_resolution_time",
    "top_cause_categories",
    "severity_distribution",
    "recommendations_decided",
    "recommendations_implemented",
    "recommendation_adoption_rate",
];

fn cells(row: &Row) -> [String; 12] {
    let f = &row.figures;
    let or_empty = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    [
        row.place.date.iso()[..10].to_owned(),
        harmless(row.environment.clone()),
        harmless(row.repository.clone()),
        f.came.to_string(),
        f.resolved.to_string(),
        or_empty(f.times.mean()),
        or_empty(f.times.percentile(0.9)),
        f.causes_told().to_string(),
        f.severity_told().to_string(),
        f.decided.to_string(),
        f.implemented.to_string(),
        f.adoption().map(|share| share.to_string()).unwrap_or_default(),
    ]
}

fn item(row: Row) -> DriftMetricsItem {
    DriftMetricsItem {
        date: row.place.date.iso()[..10].to_owned(),
        figures: figures(&row.figures),
        environment: row.environment,
        repository: row.repository,
    }
}

fn figures(f: &Figures) -> DriftFigures {
    DriftFigures {
        total_drifts: f.came,
        resolved_drifts: f.resolved,
        avg_resolution_time: f.times.mean(),
        p90_resolution_time: f.times.percentile(0.9),
        top_cause_categories: f.causes_told(),
        severity_distribution: f.severity_told(),
        recommendations_decided: f.decided,
        recommendations_implemented: f.implemented,
        recommendation_adoption_rate: f.adoption(),
    }
}
