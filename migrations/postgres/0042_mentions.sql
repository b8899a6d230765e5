-- Who is named in a note of a case, and whether they have read it. name: as it stands there, without the @ and in lower case.
CREATE TABLE case_mentions (
    organization_id UUID NOT NULL,
    note_id         UUID NOT NULL,
    user_id         UUID NOT NULL REFERENCES users (id),
    name            TEXT NOT NULL,
    mentioned_at    TIMESTAMPTZ NOT NULL,
    read_at         TIMESTAMPTZ,
    PRIMARY KEY (organization_id, note_id, user_id),
    FOREIGN KEY (organization_id, note_id) REFERENCES case_notes (organization_id, id)
);
CREATE INDEX case_mentions_by_user ON case_mentions (organization_id, user_id, mentioned_at, note_id);

CALL wall_off('case_mentions');
