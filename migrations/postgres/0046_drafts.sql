-- What somebody typed and could not save, because somebody else was faster: their form, until they saved it or for a day. One a
-- person and record; nobody else reads it, and it is not audited.
CREATE TABLE drafts (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    user_id         UUID NOT NULL REFERENCES users (id),
    kind            TEXT NOT NULL CHECK (kind IN ('case', 'case_note')),
    target_id       UUID NOT NULL,
    version         BIGINT NOT NULL,
    fields          JSONB NOT NULL,
    made_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, user_id, kind, target_id)
);

CALL wall_off('drafts');
