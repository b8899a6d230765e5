-- Roll-ups with the time first, by hour and by day. An ingest writes neighbouring rows (with the value first every value had
-- a page of its own to rewrite), and a long range is read by the day. event_totals counts every event and says which
-- hours and days there are: the way from there to a value is one look-up each.

-- grain is text and no enum: under row-level security PostgreSQL uses an index only for comparisons that are leakproof, and
-- those of enum types are not.
CREATE TABLE event_totals (
    organization_id UUID NOT NULL,
    grain           TEXT NOT NULL CHECK (grain IN ('hour', 'day')),
    start           TIMESTAMPTZ NOT NULL,
    info            BIGINT NOT NULL,
    low             BIGINT NOT NULL,
    medium          BIGINT NOT NULL,
    high            BIGINT NOT NULL,
    critical        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, grain, start)
);

ALTER TABLE event_rollups RENAME TO event_rollups_by_value;
CREATE TABLE event_rollups (
    organization_id UUID NOT NULL,
    grain           TEXT NOT NULL CHECK (grain IN ('hour', 'day')),
    start           TIMESTAMPTZ NOT NULL,
    field           TEXT NOT NULL,
    value           TEXT NOT NULL,
    info            BIGINT NOT NULL,
    low             BIGINT NOT NULL,
    medium          BIGINT NOT NULL,
    high            BIGINT NOT NULL,
    critical        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, grain, start, field, value)
);

INSERT INTO event_totals
SELECT organization_id, 'hour', hour, info, low, medium, high, critical FROM event_rollups_by_value WHERE field = '';
INSERT INTO event_rollups
SELECT organization_id, 'hour', hour, field, value, info, low, medium, high, critical FROM event_rollups_by_value WHERE field <> '';
DROP TABLE event_rollups_by_value;
INSERT INTO event_totals
SELECT organization_id, 'day', date_trunc('day', start, 'UTC') AS day, sum(info), sum(low), sum(medium), sum(high), sum(critical)
FROM event_totals GROUP BY organization_id, day;
INSERT INTO event_rollups
SELECT organization_id, 'day', date_trunc('day', start, 'UTC') AS day, field, value, sum(info), sum(low), sum(medium), sum(high), sum(critical)
FROM event_rollups GROUP BY organization_id, day, field, value;

CALL wall_off('event_totals');
CALL wall_off('event_rollups');

-- Every batch changes count and last_seen of half of the groups it meets; keeping two indexes up with that cost a tenth of
-- the ingest rate. There are thousands of groups, not millions: a list reads them all.
DROP INDEX groups_by_last_seen;
DROP INDEX groups_by_count;
