-- Who looks at what right now, as each server process tells the others: one row a process and organization, written anew while
-- somebody is there and gone soon after. Nothing here is true for longer than half a minute, and nothing is audited.
CREATE TABLE presences (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    server_id       TEXT NOT NULL,
    told_at         TEXT NOT NULL,
    people          TEXT NOT NULL,
    PRIMARY KEY (organization_id, server_id)
) STRICT;
