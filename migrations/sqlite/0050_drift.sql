-- Drift: repositories of infrastructure code, their resources, how the real world differs from them, and what is left out of that
-- (DriftGuard). One drift is one resource with one set of paths: fingerprint is a digest of that set; a drift that comes back is the same row.

CREATE TABLE iac_repositories (
    organization_id       TEXT NOT NULL,
    id                    TEXT NOT NULL,
    environment_id        TEXT NOT NULL,
    name                  TEXT NOT NULL,
    repository_url        TEXT,
    branch                TEXT NOT NULL,
    tool                  TEXT NOT NULL CHECK (tool IN ('terraform', 'cloudformation', 'kubernetes')),
    last_sync_at          TEXT,
    credentials_encrypted BLOB,
    created_at            TEXT NOT NULL,
    updated_at            TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, environment_id, name),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
) STRICT;

-- What each push said, with what could not be read of it.
CREATE TABLE drift_pushes (
    organization_id   TEXT NOT NULL,
    id                TEXT NOT NULL,
    iac_repository_id TEXT NOT NULL,
    format            TEXT NOT NULL,
    pushed_at         TEXT NOT NULL,
    actor             TEXT NOT NULL,
    resources         INTEGER NOT NULL,
    drifted           INTEGER NOT NULL,
    new_drifts        INTEGER NOT NULL,
    resolved          INTEGER NOT NULL,
    ignored           INTEGER NOT NULL,
    problems          TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id)
) STRICT;
CREATE INDEX drift_pushes_by_repository ON drift_pushes (organization_id, iac_repository_id, pushed_at, id);

-- is_declared: the code knows it. last_sync_at: the push that named it last; older than the repository's, its verdict is stale.
CREATE TABLE iac_resources (
    organization_id   TEXT NOT NULL,
    id                TEXT NOT NULL,
    iac_repository_id TEXT NOT NULL,
    resource_type     TEXT NOT NULL,
    resource_id       TEXT NOT NULL,
    provider          TEXT,
    physical_id       TEXT,
    is_declared       INTEGER NOT NULL,
    declared_state    TEXT NOT NULL,
    verdict           TEXT NOT NULL CHECK (verdict IN ('in_sync', 'drifted', 'unchecked')),
    unchecked_because TEXT,
    last_sync_at      TEXT NOT NULL,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, iac_repository_id, resource_id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id)
) STRICT;

-- detected_at: the onset, of the latest time that it came. words: those of resource, type and paths, each with a blank before and behind.
CREATE TABLE drift_events (
    organization_id   TEXT NOT NULL,
    id                TEXT NOT NULL,
    number            INTEGER NOT NULL,
    environment_id    TEXT NOT NULL,
    iac_repository_id TEXT NOT NULL,
    iac_resource_id   TEXT NOT NULL,
    fingerprint       TEXT NOT NULL,
    drift_type        TEXT NOT NULL CHECK (drift_type IN ('modified', 'deleted', 'added', 'moved')),
    declared_state    TEXT,
    actual_state      TEXT,
    detected_at       TEXT NOT NULL,
    last_seen_at      TEXT NOT NULL,
    seen_count        INTEGER NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    resolved_at       TEXT,
    resolution_type   TEXT CHECK (resolution_type IN ('auto_revert', 'codify_iac', 'accepted', 'escalated')),
    assigned_to_id    TEXT,
    case_id           TEXT,
    severity_score    REAL NOT NULL CHECK (severity_score >= 0 AND severity_score <= 1),
    confidence_score  REAL NOT NULL CHECK (confidence_score >= 0 AND confidence_score <= 1),
    risk_assessment   TEXT NOT NULL,
    tags              TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    words             TEXT NOT NULL,
    version           INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, number),
    UNIQUE (organization_id, iac_resource_id, fingerprint),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id),
    FOREIGN KEY (organization_id, iac_repository_id) REFERENCES iac_repositories (organization_id, id),
    FOREIGN KEY (organization_id, iac_resource_id) REFERENCES iac_resources (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX drift_events_by_severity ON drift_events (organization_id, status, severity_score, id);
CREATE INDEX drift_events_by_onset ON drift_events (organization_id, status, detected_at, id);
CREATE INDEX drift_events_by_repository ON drift_events (organization_id, iac_repository_id, status);
CREATE INDEX drift_events_by_case ON drift_events (organization_id, case_id);

-- What is left out of drifts until expires_at or lifted_at. property_path: a property and what is below it, or what happened to the
-- whole: (deleted), (added), (moved). hits: how often a push had it.
CREATE TABLE drift_ignores (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    scope           TEXT NOT NULL CHECK (scope IN ('resource', 'type', 'environment')),
    iac_resource_id TEXT,
    resource_type   TEXT,
    environment_id  TEXT,
    property_path   TEXT NOT NULL,
    reason          TEXT NOT NULL,
    created_by_id   TEXT,
    created_by      TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    expires_at      TEXT,
    lifted_at       TEXT,
    lifted_by       TEXT,
    hits            INTEGER NOT NULL,
    last_hit_at     TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, iac_resource_id) REFERENCES iac_resources (organization_id, id),
    FOREIGN KEY (organization_id, environment_id) REFERENCES environments (organization_id, id)
) STRICT;
CREATE INDEX drift_ignores_by_time ON drift_ignores (organization_id, created_at, id);

CREATE TABLE drift_changes (
    organization_id      TEXT NOT NULL,
    id                   TEXT NOT NULL,
    drift_event_id       TEXT NOT NULL,
    property_path        TEXT NOT NULL,
    change_type          TEXT NOT NULL CHECK (change_type IN ('modified', 'added', 'removed')),
    declared_value       TEXT,
    actual_value         TEXT,
    is_security_critical INTEGER NOT NULL,
    is_sensitive         INTEGER NOT NULL,
    is_relevant          INTEGER,
    owner                TEXT,
    rules                TEXT NOT NULL,
    ignored_by           TEXT,
    created_at           TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, drift_event_id, property_path),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id),
    FOREIGN KEY (organization_id, ignored_by) REFERENCES drift_ignores (organization_id, id)
) STRICT;

-- Rows are only added. action_id is shared by what one action did to several; version: of the drift after it, so that an undo leaves
-- what was changed since.
CREATE TABLE drift_history (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    drift_event_id  TEXT NOT NULL,
    at              TEXT NOT NULL,
    actor_id        TEXT,
    actor           TEXT NOT NULL,
    step            TEXT NOT NULL,
    old             TEXT NOT NULL,
    new             TEXT NOT NULL,
    note            TEXT,
    action_id       TEXT,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, drift_event_id) REFERENCES drift_events (organization_id, id)
) STRICT;
CREATE INDEX drift_history_by_drift ON drift_history (organization_id, drift_event_id, at, id);
CREATE INDEX drift_history_by_action ON drift_history (organization_id, action_id);
