-- The audit log: append-only (triggers refuse UPDATE and DELETE), one hash chain an organization.

CREATE TABLE audit_log (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    actor_id        TEXT,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    target_type     TEXT NOT NULL,
    target_id       TEXT NOT NULL,
    metadata        TEXT NOT NULL DEFAULT '{}',
    old_values      TEXT,
    new_values      TEXT,
    ip_address      TEXT,
    user_agent      TEXT,
    session_id      TEXT,
    success         INTEGER NOT NULL DEFAULT 1 CHECK (success IN (0, 1)),
    error_message   TEXT,
    incident_id     TEXT,
    prev_hash       TEXT NOT NULL,
    hash            TEXT NOT NULL,
    PRIMARY KEY (organization_id, seq)
) STRICT;
CREATE INDEX audit_log_by_time ON audit_log (organization_id, created_at);
CREATE INDEX audit_log_by_actor ON audit_log (organization_id, actor_id, seq);
CREATE INDEX audit_log_by_target ON audit_log (organization_id, target_type, target_id, seq);

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- The last entry of each chain; locked while one is appended, so that two writers never fork it.
CREATE TABLE audit_heads (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    seq             INTEGER NOT NULL,
    hash            TEXT NOT NULL
) STRICT;
