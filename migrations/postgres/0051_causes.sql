-- Why drifts happened (DriftGuard): what was near them, what the rules or a model think, what analysts say, and the models that learn from that.
-- temporal_offset and time_window are in seconds; an offset is negative before the onset.

-- What others tell over the API: commits, tickets, deployments, maintenance windows. Told again under the same name it is changed.
CREATE TABLE external_events (
    organization_id  UUID NOT NULL REFERENCES organizations (id),
    id               UUID NOT NULL,
    correlation_type TEXT NOT NULL CHECK (correlation_type IN ('git_commit', 'incident_ticket', 'change_ticket', 'monitoring_alert',
                                                               'deployment', 'maintenance', 'incident', 'security_event')),
    external_system  TEXT NOT NULL,
    external_id      TEXT NOT NULL,
    title            TEXT NOT NULL,
    actor            TEXT,
    environment      TEXT,
    resource         TEXT,
    impact           TEXT CHECK (impact IN ('low', 'medium', 'high')),
    url              TEXT,
    starts_at        TIMESTAMPTZ NOT NULL,
    ends_at          TIMESTAMPTZ NOT NULL,
    event_data       JSONB NOT NULL,
    created_by       TEXT NOT NULL,
    created_at       TIMESTAMPTZ NOT NULL,
    updated_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, external_system, correlation_type, external_id)
);
CREATE INDEX external_events_by_time ON external_events (organization_id, starts_at, id);

-- Drifts whose cause is to be looked at, and when: at once, and again when what comes after the onset can have come.
CREATE TABLE cause_queue (
    organization_id UUID NOT NULL,
    drift_event_id  UUID NOT NULL,
    due_at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX cause_queue_by_due ON cause_queue (due_at, organization_id, drift_event_id);
INSERT INTO cause_queue (organization_id, drift_event_id, due_at) SELECT organization_id, id, detected_at FROM drift_events;

CREATE TABLE correlation_events (
    organization_id   UUID NOT NULL,
    id                UUID NOT NULL,
    drift_event_id    UUID NOT NULL,
    correlation_type  TEXT NOT NULL,
    external_id       TEXT NOT NULL,
    external_system   TEXT NOT NULL,
    event_data        JSONB NOT NULL,
    correlation_score DOUBLE PRECISION NOT NULL CHECK (correlation_score >= 0 AND correlation_score <= 1),
    temporal_offset   BIGINT NOT NULL,
    created_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX correlation_events_by_drift ON correlation_events (organization_id, drift_event_id, temporal_offset, id);

CREATE TABLE operational_context (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    drift_event_id  UUID NOT NULL,
    context_type    TEXT NOT NULL CHECK (context_type IN ('incident', 'deployment', 'maintenance', 'security_event')),
    context_data    JSONB NOT NULL,
    incident_impact TEXT CHECK (incident_impact IN ('low', 'medium', 'high')),
    time_window     BIGINT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX operational_context_by_drift ON operational_context (organization_id, drift_event_id, id);

-- artifact_path: where the bytes are, here always a row of ml_artifacts. shadow: it judges beside the active one, without effect.
CREATE TABLE ml_models (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    name            TEXT NOT NULL,
    version         BIGINT NOT NULL,
    model_type      TEXT NOT NULL CHECK (model_type IN ('classification', 'regression', 'clustering')),
    framework       TEXT NOT NULL,
    artifact_path   TEXT NOT NULL,
    features        JSONB NOT NULL,
    target_classes  JSONB NOT NULL,
    metrics         JSONB NOT NULL,
    trained_at      TIMESTAMPTZ NOT NULL,
    deployed_at     TIMESTAMPTZ,
    is_active       BOOLEAN NOT NULL,
    is_shadow       BOOLEAN NOT NULL,
    metadata        JSONB NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name, version)
);
CREATE UNIQUE INDEX ml_models_active ON ml_models (organization_id, name) WHERE is_active;
CREATE UNIQUE INDEX ml_models_shadow ON ml_models (organization_id, name) WHERE is_shadow;

CREATE TABLE ml_artifacts (
    organization_id UUID NOT NULL,
    ml_model_id     UUID NOT NULL,
    bytes           BYTEA NOT NULL,
    PRIMARY KEY (organization_id, ml_model_id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
);

-- What each model said of a drift last.
CREATE TABLE ml_predictions (
    organization_id     UUID NOT NULL,
    id                  UUID NOT NULL,
    drift_event_id      UUID NOT NULL,
    ml_model_id         UUID NOT NULL,
    prediction_result   JSONB NOT NULL,
    prediction_metadata JSONB NOT NULL,
    predicted_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, ml_model_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
);
CREATE INDEX ml_predictions_by_drift ON ml_predictions (organization_id, drift_event_id);

-- evaluation_date is an instant. What is beyond the first digits of each share is noise; they are kept whole.
CREATE TABLE ml_performance_metrics (
    organization_id         UUID NOT NULL,
    id                      UUID NOT NULL,
    ml_model_id             UUID NOT NULL,
    evaluation_date         TIMESTAMPTZ NOT NULL,
    training_data_size      BIGINT NOT NULL,
    accuracy                DOUBLE PRECISION NOT NULL,
    precision_macro         DOUBLE PRECISION NOT NULL,
    recall_macro            DOUBLE PRECISION NOT NULL,
    f1_score_macro          DOUBLE PRECISION NOT NULL,
    confusion_matrix        JSONB NOT NULL,
    per_class               JSONB NOT NULL,
    feature_importance      JSONB NOT NULL,
    cross_validation_scores JSONB NOT NULL,
    calibration             JSONB NOT NULL,
    created_at              TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
);
CREATE INDEX ml_performance_metrics_by_model ON ml_performance_metrics (organization_id, ml_model_id);

-- Training that runs or ran. lease_until: the process that is at it says until when it will have said something again.
CREATE TABLE ml_trainings (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    step            TEXT NOT NULL,
    progress        DOUBLE PRECISION NOT NULL,
    labels          BIGINT NOT NULL,
    failure         TEXT,
    ml_model_id     UUID,
    lease_until     TIMESTAMPTZ,
    started_by_id   UUID,
    started_by      TEXT NOT NULL,
    started_at      TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX ml_trainings_running ON ml_trainings (organization_id) WHERE state = 'running';

-- One a drift. judged_by: rules, or name and version of the model, which outlives its row. labelled_*: what an analyst says; it is
-- never overwritten by a later judgement. onset: the detected_at that was judged. changed_at: when
-- the cause that is told became another; the figures by day are computed again from that.
CREATE TABLE drift_cause_analysis (
    organization_id      UUID NOT NULL,
    id                   UUID NOT NULL,
    drift_event_id       UUID NOT NULL,
    cause_category       TEXT NOT NULL CHECK (cause_category IN ('emergency_fix', 'manual_troubleshooting', 'security_response',
                                                                 'configuration_error', 'automated_response', 'intentional_override', 'unknown')),
    confidence_score     DOUBLE PRECISION NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    probabilities        JSONB NOT NULL,
    contributing_factors JSONB NOT NULL,
    temporal_context     JSONB NOT NULL,
    user_attribution     JSONB NOT NULL,
    features             JSONB NOT NULL,
    judged_by            TEXT NOT NULL,
    ml_model_id          UUID,
    onset                TIMESTAMPTZ NOT NULL,
    analyzed_at          TIMESTAMPTZ NOT NULL,
    labelled_category    TEXT CHECK (labelled_category IN ('emergency_fix', 'manual_troubleshooting', 'security_response',
                                                           'configuration_error', 'automated_response', 'intentional_override', 'unknown')),
    label_note           TEXT,
    labelled_by_id       UUID,
    labelled_by          TEXT,
    labelled_at          TIMESTAMPTZ,
    changed_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX drift_cause_analysis_by_label ON drift_cause_analysis (organization_id, labelled_at) WHERE labelled_at IS NOT NULL;
CREATE INDEX drift_cause_analysis_by_time ON drift_cause_analysis (organization_id, analyzed_at);
CREATE INDEX drift_cause_analysis_by_change ON drift_cause_analysis (organization_id, changed_at);
CREATE INDEX drift_cause_analysis_by_onset ON drift_cause_analysis (organization_id, onset);

CALL wall_off('external_events');
CALL wall_off('cause_queue');
CALL wall_off('correlation_events');
CALL wall_off('operational_context');
CALL wall_off('ml_models');
CALL wall_off('ml_artifacts');
CALL wall_off('ml_predictions');
CALL wall_off('ml_performance_metrics');
CALL wall_off('ml_trainings');
CALL wall_off('drift_cause_analysis');
