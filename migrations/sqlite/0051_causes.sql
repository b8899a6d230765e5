-- Why drifts happened (DriftGuard): what was near them, what the rules or a model think, what analysts say, and the models that learn from that.
-- temporal_offset and time_window are in seconds; an offset is negative before the onset.

-- What others tell over the API: commits, tickets, deployments, maintenance windows. Told again under the same name it is changed.
CREATE TABLE external_events (
    organization_id  TEXT NOT NULL REFERENCES organizations (id),
    id               TEXT NOT NULL,
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
    starts_at        TEXT NOT NULL,
    ends_at          TEXT NOT NULL,
    event_data       TEXT NOT NULL,
    created_by       TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, external_system, correlation_type, external_id)
) STRICT;
CREATE INDEX external_events_by_time ON external_events (organization_id, starts_at, id);

-- Drifts whose cause is to be looked at, and when: at once, and again when what comes after the onset can have come.
CREATE TABLE cause_queue (
    organization_id TEXT NOT NULL,
    drift_event_id  TEXT NOT NULL,
    due_at          TEXT NOT NULL,
    PRIMARY KEY (organization_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX cause_queue_by_due ON cause_queue (due_at, organization_id, drift_event_id);
INSERT INTO cause_queue (organization_id, drift_event_id, due_at) SELECT organization_id, id, detected_at FROM drift_events;

CREATE TABLE correlation_events (
    organization_id   TEXT NOT NULL,
    id                TEXT NOT NULL,
    drift_event_id    TEXT NOT NULL,
    correlation_type  TEXT NOT NULL,
    external_id       TEXT NOT NULL,
    external_system   TEXT NOT NULL,
    event_data        TEXT NOT NULL,
    correlation_score REAL NOT NULL CHECK (correlation_score >= 0 AND correlation_score <= 1),
    temporal_offset   INTEGER NOT NULL,
    created_at        TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX correlation_events_by_drift ON correlation_events (organization_id, drift_event_id, temporal_offset, id);

CREATE TABLE operational_context (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    drift_event_id  TEXT NOT NULL,
    context_type    TEXT NOT NULL CHECK (context_type IN ('incident', 'deployment', 'maintenance', 'security_event')),
    context_data    TEXT NOT NULL,
    incident_impact TEXT CHECK (incident_impact IN ('low', 'medium', 'high')),
    time_window     INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX operational_context_by_drift ON operational_context (organization_id, drift_event_id, id);

-- artifact_path: where the bytes are, here always a row of ml_artifacts. shadow: it judges beside the active one, without effect.
CREATE TABLE ml_models (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    version         INTEGER NOT NULL,
    model_type      TEXT NOT NULL CHECK (model_type IN ('classification', 'regression', 'clustering')),
    framework       TEXT NOT NULL,
    artifact_path   TEXT NOT NULL,
    features        TEXT NOT NULL,
    target_classes  TEXT NOT NULL,
    metrics         TEXT NOT NULL,
    trained_at      TEXT NOT NULL,
    deployed_at     TEXT,
    is_active       INTEGER NOT NULL,
    is_shadow       INTEGER NOT NULL,
    metadata        TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name, version)
) STRICT;
CREATE UNIQUE INDEX ml_models_active ON ml_models (organization_id, name) WHERE is_active;
CREATE UNIQUE INDEX ml_models_shadow ON ml_models (organization_id, name) WHERE is_shadow;

CREATE TABLE ml_artifacts (
    organization_id TEXT NOT NULL,
    ml_model_id     TEXT NOT NULL,
    bytes           BLOB NOT NULL,
    PRIMARY KEY (organization_id, ml_model_id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
) STRICT;

-- What each model said of a drift last.
CREATE TABLE ml_predictions (
    organization_id     TEXT NOT NULL,
    id                  TEXT NOT NULL,
    drift_event_id      TEXT NOT NULL,
    ml_model_id         TEXT NOT NULL,
    prediction_result   TEXT NOT NULL,
    prediction_metadata TEXT NOT NULL,
    predicted_at        TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, ml_model_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
) STRICT;
CREATE INDEX ml_predictions_by_drift ON ml_predictions (organization_id, drift_event_id);

-- evaluation_date is an instant. What is beyond the first digits of each share is noise; they are kept whole.
CREATE TABLE ml_performance_metrics (
    organization_id         TEXT NOT NULL,
    id                      TEXT NOT NULL,
    ml_model_id             TEXT NOT NULL,
    evaluation_date         TEXT NOT NULL,
    training_data_size      INTEGER NOT NULL,
    accuracy                REAL NOT NULL,
    precision_macro         REAL NOT NULL,
    recall_macro            REAL NOT NULL,
    f1_score_macro          REAL NOT NULL,
    confusion_matrix        TEXT NOT NULL,
    per_class               TEXT NOT NULL,
    feature_importance      TEXT NOT NULL,
    cross_validation_scores TEXT NOT NULL,
    calibration             TEXT NOT NULL,
    created_at              TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, ml_model_id) REFERENCES ml_models (organization_id, id)
) STRICT;
CREATE INDEX ml_performance_metrics_by_model ON ml_performance_metrics (organization_id, ml_model_id);

-- Training that runs or ran. lease_until: the process that is at it says until when it will have said something again.
CREATE TABLE ml_trainings (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    step            TEXT NOT NULL,
    progress        REAL NOT NULL,
    labels          INTEGER NOT NULL,
    failure         TEXT,
    ml_model_id     TEXT,
    lease_until     TEXT,
    started_by_id   TEXT,
    started_by      TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    ended_at        TEXT,
    PRIMARY KEY (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX ml_trainings_running ON ml_trainings (organization_id) WHERE state = 'running';

-- One a drift. judged_by: rules, or name and version of the model, which outlives its row. labelled_*: what an analyst says; it is
-- never overwritten by a later judgement. onset: the detected_at that was judged. changed_at: when
-- the cause that is told became another; the figures by day are computed again from that.
CREATE TABLE drift_cause_analysis (
    organization_id      TEXT NOT NULL,
    id                   TEXT NOT NULL,
    drift_event_id       TEXT NOT NULL,
    cause_category       TEXT NOT NULL CHECK (cause_category IN ('emergency_fix', 'manual_troubleshooting', 'security_response',
                                                                 'configuration_error', 'automated_response', 'intentional_override', 'unknown')),
    confidence_score     REAL NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    probabilities        TEXT NOT NULL,
    contributing_factors TEXT NOT NULL,
    temporal_context     TEXT NOT NULL,
    user_attribution     TEXT NOT NULL,
    features             TEXT NOT NULL,
    judged_by            TEXT NOT NULL,
    ml_model_id          TEXT,
    onset                TEXT NOT NULL,
    analyzed_at          TEXT NOT NULL,
    labelled_category    TEXT CHECK (labelled_category IN ('emergency_fix', 'manual_troubleshooting', 'security_response',
                                                           'configuration_error', 'automated_response', 'intentional_override', 'unknown')),
    label_note           TEXT,
    labelled_by_id       TEXT,
    labelled_by          TEXT,
    labelled_at          TEXT,
    changed_at           TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, drift_event_id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX drift_cause_analysis_by_label ON drift_cause_analysis (organization_id, labelled_at) WHERE labelled_at IS NOT NULL;
CREATE INDEX drift_cause_analysis_by_time ON drift_cause_analysis (organization_id, analyzed_at);
CREATE INDEX drift_cause_analysis_by_change ON drift_cause_analysis (organization_id, changed_at);
CREATE INDEX drift_cause_analysis_by_onset ON drift_cause_analysis (organization_id, onset);
