-- The words of messages, for the query language. The words themselves are those of domain::query::text::words, so they are
-- computed by the store (store::search) and not here; NULL is for a row that does not have them yet. Rows from before this
-- migration get them right after it.

ALTER TABLE events ADD COLUMN words TSVECTOR;
CREATE INDEX events_by_words ON events USING gin (words);
-- Empty but for rows that wait: what is left to do is found at once.
CREATE INDEX events_without_words ON events (organization_id, occurred_at, id) WHERE words IS NULL;

-- Under row-level security an index on words cannot be used, because @@ is not leakproof: it would have to wait for the policy.
-- This function asks the index as the owner, and for the organization of the transaction alone. The text is planned with its
-- arguments: a common word is better found by reading rows.
CREATE FUNCTION events_with(wanted TSQUERY, most BIGINT) RETURNS TABLE (hit_at TIMESTAMPTZ, hit UUID)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1000 AS $$ BEGIN
    RETURN QUERY EXECUTE 'SELECT occurred_at, id FROM events WHERE organization_id = current_organization() AND words @@ $1 LIMIT $2'
    USING wanted, most;
END $$;
REVOKE ALL ON FUNCTION events_with(TSQUERY, BIGINT) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events_with(TSQUERY, BIGINT) TO watchroom_app;
