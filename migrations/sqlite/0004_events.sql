-- Events, their groups and the hourly roll-up. The primary key is time order, so it serves the newest-first list and
-- allows partitions by time later. There is no index per dimension (each costs a fifth of the ingest rate): the roll-up
-- tells a filtered list which hours hold a match. No foreign keys here: source and group ids are made in the same
-- transaction from the same organization, and a check per row would cost more than the row.

CREATE TABLE events (
    organization_id TEXT NOT NULL,
    occurred_at     TEXT NOT NULL,
    id              TEXT NOT NULL,
    ingested_at     TEXT NOT NULL,
    severity        TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    severity_text   TEXT NOT NULL,
    component       TEXT,
    service         TEXT,
    environment     TEXT,
    system_id       TEXT,
    event_type      TEXT,
    source_id       TEXT,
    message         TEXT NOT NULL,
    raw_payload     TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    group_id        TEXT NOT NULL,
    PRIMARY KEY (organization_id, occurred_at, id),
    UNIQUE (organization_id, id)
) STRICT;

CREATE TABLE groups (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    template        TEXT NOT NULL,
    component       TEXT,
    event_type      TEXT,
    example         TEXT NOT NULL,
    severity        TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    event_count     INTEGER NOT NULL,
    first_seen      TEXT NOT NULL,
    last_seen       TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, fingerprint)
) STRICT;
CREATE INDEX groups_by_last_seen ON groups (organization_id, last_seen, id);
CREATE INDEX groups_by_first_seen ON groups (organization_id, first_seen, id);
CREATE INDEX groups_by_count ON groups (organization_id, event_count, id);

-- Events an hour, per field and value, by severity. field '' (value '') counts everything.
CREATE TABLE event_rollups (
    organization_id TEXT NOT NULL,
    field           TEXT NOT NULL,
    value           TEXT NOT NULL,
    hour            TEXT NOT NULL,
    info            INTEGER NOT NULL,
    low             INTEGER NOT NULL,
    medium          INTEGER NOT NULL,
    high            INTEGER NOT NULL,
    critical        INTEGER NOT NULL,
    PRIMARY KEY (organization_id, field, value, hour)
) STRICT, WITHOUT ROWID;
