-- Saved views: the filter of a list under a name, and which one a person starts with.
CREATE TABLE views (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    area            TEXT NOT NULL CHECK (area IN ('events', 'groups')),
    name            TEXT NOT NULL,
    query           TEXT NOT NULL,
    shared          INTEGER NOT NULL CHECK (shared IN (0, 1)),
    owner_id        TEXT,
    version         INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
-- A name is one's own once, and once among the shared.
CREATE UNIQUE INDEX views_of_a_person ON views (organization_id, area, owner_id, name) WHERE NOT shared;
CREATE UNIQUE INDEX views_shared ON views (organization_id, area, name) WHERE shared;

CREATE TABLE view_defaults (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL REFERENCES users (id),
    area            TEXT NOT NULL CHECK (area IN ('events', 'groups')),
    view_id         TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id, area),
    FOREIGN KEY (organization_id, view_id) REFERENCES views (organization_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX view_defaults_by_view ON view_defaults (organization_id, view_id);
