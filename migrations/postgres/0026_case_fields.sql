-- Fields that an organization gives its cases, and what cases have in them. key: from the first name, for queries and the API.
CREATE TABLE case_fields (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    key             TEXT NOT NULL,
    name            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('text', 'number', 'date', 'choice', 'user')),
    choices         JSONB NOT NULL,
    required        BOOLEAN NOT NULL,
    position        BIGINT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    archived_at     TIMESTAMPTZ,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key)
);

-- searched: key=value in lower case, which the query language compares.
CREATE TABLE case_field_values (
    organization_id UUID NOT NULL,
    case_id         UUID NOT NULL,
    field_id        UUID NOT NULL,
    value           TEXT NOT NULL,
    searched        TEXT NOT NULL,
    PRIMARY KEY (organization_id, case_id, field_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, field_id) REFERENCES case_fields (organization_id, id)
);
CREATE INDEX case_field_values_by_field ON case_field_values (organization_id, field_id, case_id);

CALL wall_off('case_fields');
CALL wall_off('case_field_values');
