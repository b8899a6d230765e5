//! `/health/live`, `/health/ready` and `/metrics`.

use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::state::AppState;
use crate::telemetry;
use crate::web::client::Visitor;

/// The process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers and every migration is applied.
pub async fn ready(State(state): State<AppState>) -> Response {
    match tokio::time::timeout(Duration::from_secs(3), state.services.is_ready()).await {
        Ok(Ok(true)) => "ok\n".into_response(),
        Ok(Ok(false)) => Problem::unavailable("Migrations are missing.", 5).into_response(),
        Ok(Err(error)) => Problem::unavailable("The database does not answer.", 5)
            .because(error.to_string())
            .into_response(),
        Err(_) => Problem::unavailable("The database does not answer in time.", 5).into_response(),
    }
}

/// Prometheus text. To this machine only, unless `metrics_public`; for everyone else it does not exist.
pub async fn metrics(State(state): State<AppState>, Extension(visitor): Extension<Visitor>) -> Response {
    if !visitor.local && !state.config.metrics_public {
        return Problem::not_found().into_response();
    }
    let (open, idle) = state.services.pool_state();
    metrics::gauge!("db_pool_connections", "state" => "idle").set(idle as f64);
    metrics::gauge!("db_pool_connections", "state" => "used").set(f64::from(open) - idle as f64);
    metrics::gauge!("ingest_backlog_bytes").set(state.services.ingest_backlog() as f64);
    metrics::gauge!("live_pages").set(state.services.open_pages() as f64);
    metrics::gauge!("live_tails").set(state.services.open_tails() as f64);
    if let Some(bytes) = telemetry::resident_memory() {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry::metrics().render())
        .into_response()
}
