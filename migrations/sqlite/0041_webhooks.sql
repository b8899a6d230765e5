-- Addresses of an organization's own that are told what changes. Each reads the audit log by itself, as `/api/v1/changes` does: `position` is
-- the number of the last entry that was looked at for it. The secret that signs is sealed; the one before signs too for a day.
CREATE TABLE webhooks (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    kinds           TEXT NOT NULL,
    secret          BLOB NOT NULL,
    previous_secret BLOB,
    previous_until  TEXT,
    enabled         INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    position        INTEGER NOT NULL,
    failing_since   TEXT,
    disabled_why    TEXT,
    created_by      TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT;

-- One telling each. What is told is not kept: the entry `seq` of the audit log never changes (a test message has none). It waits while
-- `next_at` says when it is tried next.
CREATE TABLE webhook_deliveries (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    webhook_id      TEXT NOT NULL,
    seq             INTEGER,
    kind            TEXT NOT NULL,
    action          TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         TEXT,
    tried_at        TEXT,
    status          INTEGER,
    duration_ms     INTEGER,
    error           TEXT,
    delivered_at    TEXT,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, webhook_id) REFERENCES webhooks (organization_id, id)
) STRICT;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (organization_id, webhook_id, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (organization_id, webhook_id, next_at);
