-- Where events come from (BITS-SIEM's sources).
CREATE TABLE sources (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    source_type     TEXT NOT NULL DEFAULT 'other',
    ip              TEXT,
    port            INTEGER,
    protocol        TEXT,
    status          TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'error')),
    notifications   TEXT NOT NULL DEFAULT '{}',
    last_activity   TEXT,
    event_count     INTEGER NOT NULL DEFAULT 0,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name)
) STRICT;
