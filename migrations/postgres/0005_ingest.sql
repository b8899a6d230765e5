-- Answers kept for Idempotency-Key, and browser uploads with their refused rows.
CREATE TYPE upload_format AS ENUM ('auto', 'ndjson', 'json', 'csv', 'syslog');
CREATE TYPE upload_state AS ENUM ('mapped', 'running', 'done', 'failed');

CREATE TABLE idempotency_keys (
    organization_id UUID NOT NULL,
    key             TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    status          BIGINT NOT NULL,
    response        JSONB NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE uploads (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    file_name       TEXT NOT NULL,
    format          upload_format NOT NULL,
    mapping         JSONB NOT NULL DEFAULT '{}',
    state           upload_state NOT NULL,
    bytes_total     BIGINT NOT NULL,
    bytes_done      BIGINT NOT NULL,
    accepted        BIGINT NOT NULL,
    rejected        BIGINT NOT NULL,
    error_message   TEXT,
    created_by      UUID,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE upload_rejections (
    organization_id UUID NOT NULL,
    upload_id       UUID NOT NULL,
    row_index       BIGINT NOT NULL,
    field           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    row_text        TEXT NOT NULL,
    PRIMARY KEY (organization_id, upload_id, row_index, field),
    FOREIGN KEY (organization_id, upload_id) REFERENCES uploads (organization_id, id)
);

CALL wall_off('idempotency_keys');
CALL wall_off('uploads');
CALL wall_off('upload_rejections');
