-- Drift by the day (UTC), environment and repository: what came, what was resolved and how long that took (DriftGuard). Computed from
-- drift_history and recommendations by one job, which may run as often as it likes. resolution_seconds and resolution_times (how many
-- took how long, by the steps of domain::drift::metrics) add up over rows, as averages and percentiles do not.
CREATE TABLE drift_metrics_daily (
    organization_id              TEXT NOT NULL,
    environment_id               TEXT NOT NULL,
    iac_repository_id            TEXT NOT NULL,
    date                         TEXT NOT NULL,
    total_drifts                 INTEGER NOT NULL,
    resolved_drifts              INTEGER NOT NULL,
    avg_resolution_time          INTEGER,
    p90_resolution_time          INTEGER,
    resolution_seconds           INTEGER NOT NULL,
    resolution_times             TEXT NOT NULL,
    top_cause_categories         TEXT NOT NULL,
    severity_distribution        TEXT NOT NULL,
    recommendations_decided      INTEGER NOT NULL,
    recommendations_implemented  INTEGER NOT NULL,
    recommendation_adoption_rate REAL,
    created_at                   TEXT NOT NULL,
    computed_at                  TEXT NOT NULL,
    PRIMARY KEY (organization_id, environment_id, iac_repository_id, date),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id)
) STRICT;
CREATE INDEX drift_metrics_daily_by_date ON drift_metrics_daily (organization_id, date);
CREATE INDEX drift_metrics_daily_by_run ON drift_metrics_daily (organization_id, computed_at);
CREATE INDEX drift_history_by_time ON drift_history (organization_id, at, drift_event_id);
