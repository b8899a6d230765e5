-- Fields that an organization gives its cases, and what cases have in them. key: from the first name, for queries and the API.
CREATE TABLE case_fields (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    key             TEXT NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('text', 'number', 'date', 'choice', 'user')),
    choices         TEXT NOT NULL,
    required        INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    archived_at     TEXT,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key)
) STRICT;

-- searched: key=value in lower case, which the query language compares.
CREATE TABLE case_field_values (
    organization_id TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    field_id        TEXT NOT NULL,
    value           TEXT NOT NULL,
    searched        TEXT NOT NULL,
    PRIMARY KEY (organization_id, case_id, field_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, field_id) REFERENCES case_fields (organization_id, id)
) STRICT;
CREATE INDEX case_field_values_by_field ON case_field_values (organization_id, field_id, case_id);
