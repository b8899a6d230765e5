-- Lists of drifts have views too. SQLite changes no CHECK in place: both tables are made anew, what refers before what is referred to.
CREATE TABLE kept_defaults AS SELECT organization_id, user_id, area, view_id FROM view_defaults;
DROP TABLE view_defaults;

CREATE TABLE new_views (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    area            TEXT NOT NULL CHECK (area IN ('events', 'groups', 'cases', 'drift')),
    name            TEXT NOT NULL,
    query           TEXT NOT NULL,
    shared          INTEGER NOT NULL CHECK (shared IN (0, 1)),
    owner_id        TEXT,
    version         INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;
INSERT INTO new_views (organization_id, id, area, name, query, shared, owner_id, version, created_at, updated_at)
SELECT organization_id, id, area, name, query, shared, owner_id, version, created_at, updated_at
FROM views;
DROP TABLE views;
ALTER TABLE new_views RENAME TO views;
CREATE UNIQUE INDEX views_of_a_person ON views (organization_id, area, owner_id, name) WHERE NOT shared;
CREATE UNIQUE INDEX views_shared ON views (organization_id, area, name) WHERE shared;

CREATE TABLE view_defaults (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL REFERENCES users (id),
    area            TEXT NOT NULL CHECK (area IN ('events', 'groups', 'cases', 'drift')),
    view_id         TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id, area),
    FOREIGN KEY (organization_id, view_id) REFERENCES views (organization_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX view_defaults_by_view ON view_defaults (organization_id, view_id);
INSERT INTO view_defaults (organization_id, user_id, area, view_id)
SELECT organization_id, user_id, area, view_id
FROM kept_defaults;
DROP TABLE kept_defaults;
