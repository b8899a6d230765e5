-- Answers kept for Idempotency-Key, and browser uploads with their refused rows.
CREATE TABLE idempotency_keys (
    organization_id TEXT NOT NULL,
    key             TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    status          INTEGER NOT NULL,
    response        TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE uploads (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    file_name       TEXT NOT NULL,
    format          TEXT NOT NULL CHECK (format IN ('auto', 'ndjson', 'json', 'csv', 'syslog')),
    mapping         TEXT NOT NULL DEFAULT '{}',
    state           TEXT NOT NULL CHECK (state IN ('mapped', 'running', 'done', 'failed')),
    bytes_total     INTEGER NOT NULL,
    bytes_done      INTEGER NOT NULL,
    accepted        INTEGER NOT NULL,
    rejected        INTEGER NOT NULL,
    error_message   TEXT,
    created_by      TEXT,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
) STRICT;

CREATE TABLE upload_rejections (
    organization_id TEXT NOT NULL,
    upload_id       TEXT NOT NULL,
    row_index       INTEGER NOT NULL,
    field           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    row_text        TEXT NOT NULL,
    PRIMARY KEY (organization_id, upload_id, row_index, field),
    FOREIGN KEY (organization_id, upload_id) REFERENCES uploads (organization_id, id)
) STRICT;
