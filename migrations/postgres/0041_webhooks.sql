-- Addresses of an organization's own that are told what changes. Each reads the audit log by itself, as `/api/v1/changes` does: `position` is
-- the number of the last entry that was looked at for it. The secret that signs is sealed; the one before signs too for a day.
CREATE TABLE webhooks (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    kinds           JSONB NOT NULL,
    secret          BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until  TIMESTAMPTZ,
    enabled         BOOLEAN NOT NULL DEFAULT TRUE,
    position        BIGINT NOT NULL,
    failing_since   TIMESTAMPTZ,
    disabled_why    TEXT,
    created_by      TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);

-- One telling each. What is told is not kept: the entry `seq` of the audit log never changes (a test message has none). It waits while
-- `next_at` says when it is tried next.
CREATE TABLE webhook_deliveries (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    webhook_id      UUID NOT NULL,
    seq             BIGINT,
    kind            TEXT NOT NULL,
    action          TEXT NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_at         TIMESTAMPTZ,
    tried_at        TIMESTAMPTZ,
    status          BIGINT,
    duration_ms     BIGINT,
    error           TEXT,
    delivered_at    TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, webhook_id) REFERENCES webhooks (organization_id, id)
);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (organization_id, webhook_id, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (organization_id, webhook_id, next_at);

CALL wall_off('webhooks');
CALL wall_off('webhook_deliveries');
