-- Evidence files of cases, who had them in hand, and what people put into a case's timeline themselves.

-- The bytes lie elsewhere, under their hash: one file in the organization, however many pieces of evidence are it. The row is
-- what writers wait for, so that bytes are not deleted while somebody brings the same again.
CREATE TABLE evidence_files (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    sha256          TEXT NOT NULL,
    size            BIGINT NOT NULL,
    stored_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, sha256)
);

-- The record stays when the bytes are removed. declared_type: as whoever sent it said; content_type: as its first bytes say.
CREATE TABLE case_evidence (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    case_id         UUID NOT NULL,
    filename        TEXT NOT NULL,
    size            BIGINT NOT NULL,
    sha256          TEXT NOT NULL,
    content_type    TEXT NOT NULL,
    declared_type   TEXT NOT NULL,
    description     TEXT NOT NULL,
    uploaded_by_id  UUID,
    uploaded_by     TEXT NOT NULL,
    uploaded_at     TIMESTAMPTZ NOT NULL,
    removed_by_id   UUID,
    removed_by      TEXT,
    removed_at      TIMESTAMPTZ,
    removed_reason  TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE INDEX case_evidence_by_case ON case_evidence (organization_id, case_id, uploaded_at, id);
CREATE INDEX case_evidence_by_hash ON case_evidence (organization_id, sha256, removed_at);

-- Who had a file in hand, when, and from where; rows are only added. seq counts from 1 for each.
CREATE TABLE evidence_custody (
    organization_id UUID NOT NULL,
    evidence_id     UUID NOT NULL,
    seq             BIGINT NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    actor_id        UUID,
    actor           TEXT NOT NULL,
    address         TEXT,
    step            TEXT NOT NULL CHECK (step IN ('uploaded', 'downloaded', 'exported', 'verified', 'failed', 'removed')),
    detail          TEXT,
    PRIMARY KEY (organization_id, evidence_id, seq),
    FOREIGN KEY (organization_id, evidence_id) REFERENCES case_evidence (organization_id, id)
);

-- What somebody says happened, at the time they give: it stands in the timeline. A deleted one stays as a place.
CREATE TABLE case_entries (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    case_id         UUID NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    content         TEXT NOT NULL,
    system          TEXT,
    author_id       UUID,
    author          TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    deleted_at      TIMESTAMPTZ,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE INDEX case_entries_by_case ON case_entries (organization_id, case_id, at, id);

CALL wall_off('evidence_files');
CALL wall_off('case_evidence');
CALL wall_off('evidence_custody');
CALL wall_off('case_entries');
-- Append-only by privilege.
REVOKE UPDATE, DELETE ON evidence_custody FROM watchroom_app;
