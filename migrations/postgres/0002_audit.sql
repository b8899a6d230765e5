-- The audit log: append-only (triggers refuse UPDATE, DELETE and TRUNCATE), one hash chain an organization. Partitioned by month, so
-- created_at is in the primary key.

CREATE TABLE audit_log (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    seq             BIGINT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    actor_id        UUID,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    target_type     TEXT NOT NULL,
    target_id       TEXT NOT NULL,
    metadata        JSONB NOT NULL DEFAULT '{}',
    old_values      JSONB,
    new_values      JSONB,
    ip_address      TEXT,
    user_agent      TEXT,
    session_id      TEXT,
    success         BOOLEAN NOT NULL DEFAULT TRUE,
    error_message   TEXT,
    incident_id     UUID,
    prev_hash       TEXT NOT NULL,
    hash            TEXT NOT NULL,
    PRIMARY KEY (organization_id, created_at, seq)
) PARTITION BY RANGE (created_at);
CREATE INDEX audit_log_by_seq ON audit_log (organization_id, seq);
CREATE INDEX audit_log_by_actor ON audit_log (organization_id, actor_id, seq);
CREATE INDEX audit_log_by_target ON audit_log (organization_id, target_type, target_id, seq);

CREATE FUNCTION audit_log_is_append_only() RETURNS TRIGGER LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

-- Makes the partition of a month; the server calls it at start and daily for this and the next month. Rows of a month that
-- nobody prepared (a clock far off) land in the default partition, never nowhere.
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
CREATE PROCEDURE prepare_audit_month(month DATE) LANGUAGE plpgsql AS $$
DECLARE first DATE := date_trunc('month', month)::date;
        partition TEXT := format('audit_log_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass(format('%I', partition)) IS NULL
       AND NOT EXISTS (SELECT 1 FROM audit_log_default WHERE created_at >= first AND created_at < first + INTERVAL '1 month') THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)', partition, first::timestamp AT TIME ZONE 'UTC', (first + INTERVAL '1 month')::timestamp AT TIME ZONE 'UTC');
    END IF;
EXCEPTION WHEN duplicate_table THEN NULL;
END $$;

-- The last entry of each chain; locked while one is appended, so that two writers never fork it.
CREATE TABLE audit_heads (
    organization_id UUID NOT NULL PRIMARY KEY REFERENCES organizations (id),
    seq             BIGINT NOT NULL,
    hash            TEXT NOT NULL
);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_the_organization ON audit_log TO watchroom_app USING (organization_id = (SELECT current_organization()))
    WITH CHECK (organization_id = (SELECT current_organization()));
-- Append-only by privilege too: no UPDATE, no DELETE.
GRANT SELECT, INSERT ON audit_log TO watchroom_app;
CALL wall_off('audit_heads');
