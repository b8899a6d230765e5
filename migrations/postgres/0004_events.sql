-- Events, their groups and the hourly roll-up. The primary key is time order, so it serves the newest-first list and
-- allows partitions by time later. There is no index per dimension (each costs a fifth of the ingest rate): the roll-up
-- tells a filtered list which hours hold a match. No foreign keys here: source and group ids are made in the same
-- transaction from the same organization, and a check per row would cost more than the row.

CREATE TABLE events (
    organization_id UUID NOT NULL,
    occurred_at     TIMESTAMPTZ NOT NULL,
    id              UUID NOT NULL,
    ingested_at     TIMESTAMPTZ NOT NULL,
    severity        severity NOT NULL,
    severity_text   TEXT NOT NULL,
    component       TEXT,
    service         TEXT,
    environment     TEXT,
    system_id       TEXT,
    event_type      TEXT,
    source_id       UUID,
    message         TEXT NOT NULL,
    raw_payload     JSONB NOT NULL,
    fingerprint     TEXT NOT NULL,
    group_id        UUID NOT NULL,
    PRIMARY KEY (organization_id, occurred_at, id),
    UNIQUE (organization_id, id)
);

CREATE TABLE groups (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    fingerprint     TEXT NOT NULL,
    template        TEXT NOT NULL,
    component       TEXT,
    event_type      TEXT,
    example         TEXT NOT NULL,
    severity        severity NOT NULL,
    event_count     BIGINT NOT NULL,
    first_seen      TIMESTAMPTZ NOT NULL,
    last_seen       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, fingerprint)
);
CREATE INDEX groups_by_last_seen ON groups (organization_id, last_seen, id);
CREATE INDEX groups_by_first_seen ON groups (organization_id, first_seen, id);
CREATE INDEX groups_by_count ON groups (organization_id, event_count, id);

-- Events an hour, per field and value, by severity. field '' (value '') counts everything.
CREATE TABLE event_rollups (
    organization_id UUID NOT NULL,
    field           TEXT NOT NULL,
    value           TEXT NOT NULL,
    hour            TIMESTAMPTZ NOT NULL,
    info            BIGINT NOT NULL,
    low             BIGINT NOT NULL,
    medium          BIGINT NOT NULL,
    high            BIGINT NOT NULL,
    critical        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, field, value, hour)
);

CALL wall_off('events');
CALL wall_off('groups');
CALL wall_off('event_rollups');
