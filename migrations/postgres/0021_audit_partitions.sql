-- TRUNCATE of one partition does not ask the triggers of the whole: each partition has its own.

CREATE PROCEDURE guard_audit_partition(partition REGCLASS) LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = partition AND t.tgname = 'audit_log_no_truncate') THEN
        EXECUTE format('CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only()', partition);
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE prepare_audit_month(month DATE) LANGUAGE plpgsql AS $$
DECLARE first DATE := date_trunc('month', month)::date;
        partition TEXT := format('audit_log_%s', to_char(first, 'YYYY_MM'));
BEGIN
    IF to_regclass(format('%I', partition)) IS NULL
       AND NOT EXISTS (SELECT 1 FROM audit_log_default WHERE created_at >= first AND created_at < first + INTERVAL '1 month') THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)', partition, first::timestamp AT TIME ZONE 'UTC', (first + INTERVAL '1 month')::timestamp AT TIME ZONE 'UTC');
        CALL guard_audit_partition(to_regclass(format('%I', partition)));
    END IF;
EXCEPTION WHEN duplicate_table THEN NULL;
END $$;

DO $$
DECLARE partition REGCLASS;
BEGIN
    FOR partition IN SELECT i.inhrelid::regclass FROM pg_inherits i WHERE i.inhparent = 'audit_log'::regclass LOOP
        CALL guard_audit_partition(partition);
    END LOOP;
END $$;
