-- What a new case of a kind starts with. brings: domain::case::template::NewTemplate. folded: its name in lower case.
CREATE TABLE case_templates (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    folded          TEXT NOT NULL,
    brings          JSONB NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    archived_at     TIMESTAMPTZ,
    version         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, folded)
);

CALL wall_off('case_templates');
