-- How long events are kept, what keeps them all the same, and what was deleted.

-- Days by severity, NULL: for ever. No row: nothing was chosen and nothing is deleted.
CREATE TABLE retention_policies (
    organization_id TEXT NOT NULL REFERENCES organizations (id) PRIMARY KEY,
    info_days       INTEGER,
    low_days        INTEGER,
    medium_days     INTEGER,
    high_days       INTEGER,
    critical_days   INTEGER,
    updated_at      TEXT NOT NULL
) STRICT;

-- While a hold stands, nothing is deleted, or with a query nothing that it finds. Rows stay after they are lifted.
CREATE TABLE legal_holds (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    reason          TEXT NOT NULL,
    query           TEXT,
    placed_by       TEXT NOT NULL,
    placed_at       TEXT NOT NULL,
    until           TEXT,
    lifted_by       TEXT,
    lifted_at       TEXT,
    PRIMARY KEY (organization_id, id)
) STRICT;

-- One row a run, counted up in the transaction of each step.
CREATE TABLE retention_runs (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    ended_at        TEXT,
    info            INTEGER NOT NULL DEFAULT 0,
    low             INTEGER NOT NULL DEFAULT 0,
    medium          INTEGER NOT NULL DEFAULT 0,
    high            INTEGER NOT NULL DEFAULT 0,
    critical        INTEGER NOT NULL DEFAULT 0,
    -- Events whose time was over and that a hold kept.
    held            INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
) STRICT;

-- Events of a group that are gone; event_count goes on counting them.
ALTER TABLE groups ADD COLUMN retired_count INTEGER NOT NULL DEFAULT 0;

-- The days that were chosen under Settings until now.
INSERT INTO retention_policies (organization_id, info_days, low_days, medium_days, high_days, critical_days, updated_at)
SELECT organization_id, days, days, days, days, days, updated_at
FROM (SELECT organization_id, updated_at, json_extract(value, '$.retention_days') AS days FROM settings WHERE key = 'general') AS chosen
WHERE days IS NOT NULL;
UPDATE settings SET value = json_remove(value, '$.retention_days') WHERE key = 'general';
