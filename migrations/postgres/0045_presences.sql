-- Who looks at what right now, as each server process tells the others: one row a process and organization, written anew while
-- somebody is there and gone soon after. Nothing here is true for longer than half a minute, and nothing is audited. UNLOGGED: it costs no
-- write-ahead log, and a crash may empty it.
CREATE UNLOGGED TABLE presences (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    server_id       UUID NOT NULL,
    told_at         TIMESTAMPTZ NOT NULL,
    people          JSONB NOT NULL,
    PRIMARY KEY (organization_id, server_id)
);

CALL wall_off('presences');
