-- What a new case of a kind starts with. brings: domain::case::template::NewTemplate. folded: its name in lower case.
CREATE TABLE case_templates (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    folded          TEXT NOT NULL,
    brings          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    archived_at     TEXT,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, folded)
) STRICT;
