//! Logs to standard error (text or JSON) and the metrics behind `/metrics`.
//!
//! No secrets: bodies, query strings, cookies and keys are never logged. A request is logged once, at the end
//! (`web::observe`), errors with their cause.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::values::LogFormat;

/// Starts logging; a second call (tests) changes nothing.
pub fn start_logs(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_target(false),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panic: {}", info.payload_as_str().unwrap_or("without a message"));
        }));
    }
}

/// Seconds; from a cached page to the request time limit.
const DURATIONS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The recorder of this process, installed once.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &DURATIONS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        describe();
        handle
    })
}

fn describe() {
    metrics::describe_counter!("http_requests_total", "Requests answered, by method, route and status");
    metrics::describe_histogram!(
        "http_request_duration_seconds",
        metrics::Unit::Seconds,
        "Time to the head of the answer"
    );
    metrics::describe_counter!("ingest_rows_total", "Rows received by POST /api/v1/events, by outcome");
    metrics::describe_gauge!("ingest_queue", "Batches waiting or being stored");
    metrics::describe_gauge!("ingest_backlog_bytes", metrics::Unit::Bytes, "Events that wait to be stored");
    metrics::describe_gauge!("live_tails", "Live tails that are open");
    metrics::describe_gauge!("live_pages", "Pages that are followed");
    metrics::describe_gauge!("db_pool_connections", "Database connections, by state");
    metrics::describe_gauge!(
        "evidence_missing",
        "Files of evidence whose bytes are gone, at the last daily look"
    );
    metrics::describe_gauge!("http_connections", "Open connections");
    metrics::describe_gauge!("process_resident_memory_bytes", metrics::Unit::Bytes, "Resident memory");
}

/// Resident memory of this process in bytes, where the system tells.
pub fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
