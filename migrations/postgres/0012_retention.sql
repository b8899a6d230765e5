-- How long events are kept, what keeps them all the same, and what was deleted.

-- Days by severity, NULL: for ever. No row: nothing was chosen and nothing is deleted.
CREATE TABLE retention_policies (
    organization_id UUID NOT NULL REFERENCES organizations (id) PRIMARY KEY,
    info_days       BIGINT,
    low_days        BIGINT,
    medium_days     BIGINT,
    high_days       BIGINT,
    critical_days   BIGINT,
    updated_at      TIMESTAMPTZ NOT NULL
);

-- While a hold stands, nothing is deleted, or with a query nothing that it finds. Rows stay after they are lifted.
CREATE TABLE legal_holds (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    reason          TEXT NOT NULL,
    query           TEXT,
    placed_by       TEXT NOT NULL,
    placed_at       TIMESTAMPTZ NOT NULL,
    until           TIMESTAMPTZ,
    lifted_by       TEXT,
    lifted_at       TIMESTAMPTZ,
    PRIMARY KEY (organization_id, id)
);

-- One row a run, counted up in the transaction of each step.
CREATE TABLE retention_runs (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    started_at      TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ,
    info            BIGINT NOT NULL DEFAULT 0,
    low             BIGINT NOT NULL DEFAULT 0,
    medium          BIGINT NOT NULL DEFAULT 0,
    high            BIGINT NOT NULL DEFAULT 0,
    critical        BIGINT NOT NULL DEFAULT 0,
    -- Events whose time was over and that a hold kept.
    held            BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, id)
);

CALL wall_off('retention_policies');
CALL wall_off('legal_holds');
CALL wall_off('retention_runs');

-- Events of a group that are gone; event_count goes on counting them.
ALTER TABLE groups ADD COLUMN retired_count BIGINT NOT NULL DEFAULT 0;

-- The days that were chosen under Settings until now.
INSERT INTO retention_policies (organization_id, info_days, low_days, medium_days, high_days, critical_days, updated_at)
SELECT organization_id, days, days, days, days, days, updated_at
FROM (SELECT organization_id, updated_at, CAST(value ->> 'retention_days' AS BIGINT) AS days FROM settings WHERE key = 'general') AS chosen
WHERE days IS NOT NULL;
UPDATE settings SET value = value - 'retention_days' WHERE key = 'general';
