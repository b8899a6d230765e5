-- What to do about a drift (DriftGuard). A push makes them by rules, with the record of each rule before its eyes; people tick their steps,
-- do what they say or dismiss them. rule: which of the rules made it. action_id: the action on drifts that did it; its undo takes it back.
-- succeeded: what a later push said of it: the drift was gone, or there again.
CREATE TABLE recommendations (
    organization_id       TEXT NOT NULL,
    id                    TEXT NOT NULL,
    drift_event_id        TEXT NOT NULL,
    rule                  TEXT NOT NULL,
    recommendation_type   TEXT NOT NULL CHECK (recommendation_type IN ('auto_revert', 'codify_iac', 'escalate_review', 'accept_exception', 'manual_review')),
    priority              TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    confidence_score      REAL NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    rationale             TEXT NOT NULL,
    implementation_steps  TEXT NOT NULL,
    risk_assessment       TEXT NOT NULL,
    estimated_effort      TEXT NOT NULL CHECK (estimated_effort IN ('minutes', 'hours', 'days')),
    recommended_by        TEXT NOT NULL CHECK (recommended_by IN ('rule', 'ml_model', 'ai_agent', 'human')),
    created_at            TEXT NOT NULL,
    expires_at            TEXT,
    status                TEXT NOT NULL CHECK (status IN ('open', 'implemented', 'dismissed', 'expired', 'superseded')),
    decided_at            TEXT,
    decided_by            TEXT,
    note                  TEXT,
    action_id             TEXT,
    implemented_at        TEXT,
    succeeded             INTEGER,
    implementation_result TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX recommendations_by_drift ON recommendations (organization_id, drift_event_id, status);
CREATE INDEX recommendations_by_decision ON recommendations (organization_id, decided_at);
CREATE INDEX recommendations_by_expiry ON recommendations (organization_id, status, expires_at);
