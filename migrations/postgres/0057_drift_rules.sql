-- What an organization changed in the table of rules that make a change matter, and what it added. The table that the product brings is
-- crates/drift/src/rules.json; a row here stands in place of its rule of the same id. Without a row a rule is as it was brought.
CREATE TABLE drift_rules (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    definition      JSONB NOT NULL,
    is_enabled      BOOLEAN NOT NULL,
    version         BIGINT NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CALL wall_off('drift_rules');
