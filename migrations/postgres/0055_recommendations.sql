-- What to do about a drift (DriftGuard). A push makes them by rules, with the record of each rule before its eyes; people tick their steps,
-- do what they say or dismiss them. rule: which of the rules made it. action_id: the action on drifts that did it; its undo takes it back.
-- succeeded: what a later push said of it: the drift was gone, or there again.
CREATE TABLE recommendations (
    organization_id       UUID NOT NULL,
    id                    UUID NOT NULL,
    drift_event_id        UUID NOT NULL,
    rule                  TEXT NOT NULL,
    recommendation_type   TEXT NOT NULL CHECK (recommendation_type IN ('auto_revert', 'codify_iac', 'escalate_review', 'accept_exception', 'manual_review')),
    priority              TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    confidence_score      DOUBLE PRECISION NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    rationale             TEXT NOT NULL,
    implementation_steps  JSONB NOT NULL,
    risk_assessment       JSONB NOT NULL,
    estimated_effort      TEXT NOT NULL CHECK (estimated_effort IN ('minutes', 'hours', 'days')),
    recommended_by        TEXT NOT NULL CHECK (recommended_by IN ('rule', 'ml_model', 'ai_agent', 'human')),
    created_at            TIMESTAMPTZ NOT NULL,
    expires_at            TIMESTAMPTZ,
    status                TEXT NOT NULL CHECK (status IN ('open', 'implemented', 'dismissed', 'expired', 'superseded')),
    decided_at            TIMESTAMPTZ,
    decided_by            TEXT,
    note                  TEXT,
    action_id             UUID,
    implemented_at        TIMESTAMPTZ,
    succeeded             BOOLEAN,
    implementation_result JSONB,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX recommendations_by_drift ON recommendations (organization_id, drift_event_id, status);
CREATE INDEX recommendations_by_decision ON recommendations (organization_id, decided_at);
CREATE INDEX recommendations_by_expiry ON recommendations (organization_id, status, expires_at);

CALL wall_off('recommendations');
