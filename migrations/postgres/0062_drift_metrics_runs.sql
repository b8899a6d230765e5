-- When the figures of drift were computed last, whether or not there was a row to write.
CREATE TABLE drift_metrics_runs (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organizations (id),
    ran_at          TIMESTAMPTZ NOT NULL
);
INSERT INTO drift_metrics_runs (organization_id, ran_at) SELECT organization_id, MAX(computed_at) FROM drift_metrics_daily GROUP BY organization_id;
DROP INDEX drift_metrics_daily_by_run;
CREATE INDEX recommendations_by_time ON recommendations (organization_id, created_at);

CALL wall_off('drift_metrics_runs');
