-- Evidence files of cases, who had them in hand, and what people put into a case's timeline themselves.

-- The bytes lie elsewhere, under their hash: one file in the organization, however many pieces of evidence are it. The row is
-- what writers wait for, so that bytes are not deleted while somebody brings the same again.
CREATE TABLE evidence_files (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    sha256          TEXT NOT NULL,
    size            INTEGER NOT NULL,
    stored_at       TEXT NOT NULL,
    PRIMARY KEY (organization_id, sha256)
) STRICT;

-- The record stays when the bytes are removed. declared_type: as whoever sent it said; content_type: as its first bytes say.
CREATE TABLE case_evidence (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    filename        TEXT NOT NULL,
    size            INTEGER NOT NULL,
    sha256          TEXT NOT NULL,
    content_type    TEXT NOT NULL,
    declared_type   TEXT NOT NULL,
    description     TEXT NOT NULL,
    uploaded_by_id  TEXT,
    uploaded_by     TEXT NOT NULL,
    uploaded_at     TEXT NOT NULL,
    removed_by_id   TEXT,
    removed_by      TEXT,
    removed_at      TEXT,
    removed_reason  TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_evidence_by_case ON case_evidence (organization_id, case_id, uploaded_at, id);
CREATE INDEX case_evidence_by_hash ON case_evidence (organization_id, sha256, removed_at);

-- Who had a file in hand, when, and from where; rows are only added. seq counts from 1 for each.
CREATE TABLE evidence_custody (
    organization_id TEXT NOT NULL,
    evidence_id     TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    at              TEXT NOT NULL,
    actor_id        TEXT,
    actor           TEXT NOT NULL,
    address         TEXT,
    step            TEXT NOT NULL CHECK (step IN ('uploaded', 'downloaded', 'exported', 'verified', 'failed', 'removed')),
    detail          TEXT,
    PRIMARY KEY (organization_id, evidence_id, seq),
    FOREIGN KEY (organization_id, evidence_id) REFERENCES case_evidence (organization_id, id)
) STRICT;
CREATE TRIGGER evidence_custody_no_update BEFORE UPDATE ON evidence_custody
BEGIN SELECT RAISE(ABORT, 'evidence_custody is append-only'); END;
-- It goes with its organization, once that is marked (0020).
CREATE TRIGGER evidence_custody_no_delete BEFORE DELETE ON evidence_custody
WHEN NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = OLD.organization_id AND o.delete_after IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'evidence_custody is append-only'); END;

CREATE TRIGGER evidence_custody_no_replace BEFORE INSERT ON evidence_custody
WHEN EXISTS (SELECT 1 FROM evidence_custody c
             WHERE c.organization_id = NEW.organization_id AND c.evidence_id = NEW.evidence_id AND c.seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'evidence_custody is append-only'); END;

-- What somebody says happened, at the time they give: it stands in the timeline. A deleted one stays as a place.
CREATE TABLE case_entries (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    at              TEXT NOT NULL,
    content         TEXT NOT NULL,
    system          TEXT,
    author_id       TEXT,
    author          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    deleted_at      TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_entries_by_case ON case_entries (organization_id, case_id, at, id);
