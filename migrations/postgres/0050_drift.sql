-- Drift: repositories of infrastructure code, their resources, how the real world differs from them, and what is left out of that
-- (DriftGuard). One drift is one resource with one set of paths: fingerprint is a digest of that set; a drift that comes back is the same row.

CREATE TABLE iac_repositories (
    organization_id       UUID NOT NULL,
    id                    UUID NOT NULL,
    environment_id        UUID NOT NULL,
    name                  TEXT NOT NULL,
    repository_url        TEXT,
    branch                TEXT NOT NULL,
    tool                  TEXT NOT NULL CHECK (tool IN ('terraform', 'cloudformation', 'kubernetes')),
    last_sync_at          TIMESTAMPTZ,
    credentials_encrypted BYTEA,
    created_at            TIMESTAMPTZ NOT NULL,
    updated_at            TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, environment_id, name),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
);

-- What each push said, with what could not be read of it.
CREATE TABLE drift_pushes (
    organization_id   UUID NOT NULL,
    id                UUID NOT NULL,
    iac_repository_id UUID NOT NULL,
    format            TEXT NOT NULL,
    pushed_at         TIMESTAMPTZ NOT NULL,
    actor             TEXT NOT NULL,
    resources         BIGINT NOT NULL,
    drifted           BIGINT NOT NULL,
    new_drifts        BIGINT NOT NULL,
    resolved          BIGINT NOT NULL,
    ignored           BIGINT NOT NULL,
    problems          JSONB NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id)
);
CREATE INDEX drift_pushes_by_repository ON drift_pushes (organization_id, iac_repository_id, pushed_at, id);

-- is_declared: the code knows it. last_sync_at: the push that named it last; older than the repository's, its verdict is stale.
CREATE TABLE iac_resources (
    organization_id   UUID NOT NULL,
    id                UUID NOT NULL,
    iac_repository_id UUID NOT NULL,
    resource_type     TEXT NOT NULL,
    resource_id       TEXT NOT NULL,
    provider          TEXT,
    physical_id       TEXT,
    is_declared       BOOLEAN NOT NULL,
    declared_state    JSONB NOT NULL,
    verdict           TEXT NOT NULL CHECK (verdict IN ('in_sync', 'drifted', 'unchecked')),
    unchecked_because TEXT,
    last_sync_at      TIMESTAMPTZ NOT NULL,
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, iac_repository_id, resource_id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id)
);

-- detected_at: the onset, of the latest time that it came. words: those of resource, type and paths, each with a blank before and behind.
CREATE TABLE drift_events (
    organization_id   UUID NOT NULL,
    id                UUID NOT NULL,
    number            BIGINT NOT NULL,
    environment_id    UUID NOT NULL,
    iac_repository_id UUID NOT NULL,
    iac_resource_id   UUID NOT NULL,
    fingerprint       TEXT NOT NULL,
    drift_type        TEXT NOT NULL CHECK (drift_type IN ('modified', 'deleted', 'added', 'moved')),
    declared_state    JSONB,
    actual_state      JSONB,
    detected_at       TIMESTAMPTZ NOT NULL,
    last_seen_at      TIMESTAMPTZ NOT NULL,
    seen_count        BIGINT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    resolved_at       TIMESTAMPTZ,
    resolution_type   TEXT CHECK (resolution_type IN ('auto_revert', 'codify_iac', 'accepted', 'escalated')),
    assigned_to_id    UUID,
    case_id           UUID,
    severity_score    DOUBLE PRECISION NOT NULL CHECK (severity_score >= 0 AND severity_score <= 1),
    confidence_score  DOUBLE PRECISION NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    risk_assessment   JSONB NOT NULL,
    tags              JSONB NOT NULL,
    metadata          JSONB NOT NULL,
    words             TEXT NOT NULL,
    version           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, number),
    UNIQUE (organization_id, iac_resource_id, fingerprint),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id),
    FOREIGN KEY (organization_id, iac_resource_id) REFERENCES iac_resources (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE INDEX drift_events_by_severity ON drift_events (organization_id, status, severity_score, id);
CREATE INDEX drift_events_by_onset ON drift_events (organization_id, status, detected_at, id);
CREATE INDEX drift_events_by_repository ON drift_events (organization_id, iac_repository_id, status);
CREATE INDEX drift_events_by_case ON drift_events (organization_id, case_id);

-- What is left out of drifts until expires_at or lifted_at. property_path: a property and what is below it, or what happened to the
-- whole: (deleted), (added), (moved). hits: how often a push had it.
CREATE TABLE drift_ignores (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    scope           TEXT NOT NULL CHECK (scope IN ('resource', 'type', 'environment')),
    iac_resource_id UUID,
    resource_type   TEXT,
    environment_id  UUID,
    property_path   TEXT NOT NULL,
    reason          TEXT NOT NULL,
    created_by_id   UUID,
    created_by      TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    expires_at      TIMESTAMPTZ,
    lifted_at       TIMESTAMPTZ,
    lifted_by       TEXT,
    hits            BIGINT NOT NULL,
    last_hit_at     TIMESTAMPTZ,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, iac_resource_id) REFERENCES iac_resources (organization_id, id),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
);
CREATE INDEX drift_ignores_by_time ON drift_ignores (organization_id, created_at, id);

CREATE TABLE drift_changes (
    organization_id      UUID NOT NULL,
    id                   UUID NOT NULL,
    drift_event_id       UUID NOT NULL,
    property_path        TEXT NOT NULL,
    change_type          TEXT NOT NULL CHECK (change_type IN ('modified', 'added', 'removed')),
    declared_value       JSONB,
    actual_value         JSONB,
    is_security_critical BOOLEAN NOT NULL,
    is_sensitive         BOOLEAN NOT NULL,
    is_relevant          BOOLEAN,
    owner                TEXT,
    rules                JSONB NOT NULL,
    ignored_by           UUID,
    created_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, drift_event_id, property_path),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id),
    FOREIGN KEY (organization_id, ignored_by) REFERENCES drift_ignores (organization_id, id)
);

-- Rows are only added. action_id is shared by what one action did to several; version: of the drift after it, so that an undo leaves
-- what was changed since.
CREATE TABLE drift_history (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    drift_event_id  UUID NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    actor_id        UUID,
    actor           TEXT NOT NULL,
    step            TEXT NOT NULL,
    old             JSONB NOT NULL,
    new             JSONB NOT NULL,
    note            TEXT,
    action_id       UUID,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
);
CREATE INDEX drift_history_by_drift ON drift_history (organization_id, drift_event_id, at, id);
CREATE INDEX drift_history_by_action ON drift_history (organization_id, action_id);

CALL wall_off('iac_repositories');
CALL wall_off('drift_pushes');
CALL wall_off('iac_resources');
CALL wall_off('drift_events');
CALL wall_off('drift_ignores');
CALL wall_off('drift_changes');
CALL wall_off('drift_history');
