-- Where events come from (BITS-SIEM's sources).
CREATE TYPE source_status AS ENUM ('active', 'inactive', 'error');

CREATE TABLE sources (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    name            TEXT NOT NULL,
    source_type     TEXT NOT NULL DEFAULT 'other',
    ip              TEXT,
    port            BIGINT,
    protocol        TEXT,
    status          source_status NOT NULL DEFAULT 'active',
    notifications   JSONB NOT NULL DEFAULT '{}',
    last_activity   TIMESTAMPTZ,
    event_count     BIGINT NOT NULL DEFAULT 0,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
);
CALL wall_off('sources');
