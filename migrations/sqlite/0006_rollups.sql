-- Roll-ups with the time first, by hour and by day. An ingest writes neighbouring rows (with the value first every value had
-- a page of its own to rewrite), and a long range is read by the day. event_totals counts every event and says which
-- hours and days there are: the way from there to a value is one look-up each.

CREATE TABLE event_totals (
    organization_id TEXT NOT NULL,
    grain           TEXT NOT NULL CHECK (grain IN ('hour', 'day')),
    start           TEXT NOT NULL,
    info            INTEGER NOT NULL,
    low             INTEGER NOT NULL,
    medium          INTEGER NOT NULL,
    high            INTEGER NOT NULL,
    critical        INTEGER NOT NULL,
    PRIMARY KEY (organization_id, grain, start)
) STRICT, WITHOUT ROWID;

ALTER TABLE event_rollups RENAME TO event_rollups_by_value;
CREATE TABLE event_rollups (
    organization_id TEXT NOT NULL,
    grain           TEXT NOT NULL CHECK (grain IN ('hour', 'day')),
    start           TEXT NOT NULL,
    field           TEXT NOT NULL,
    value           TEXT NOT NULL,
    info            INTEGER NOT NULL,
    low             INTEGER NOT NULL,
    medium          INTEGER NOT NULL,
    high            INTEGER NOT NULL,
    critical        INTEGER NOT NULL,
    PRIMARY KEY (organization_id, grain, start, field, value)
) STRICT, WITHOUT ROWID;

INSERT INTO event_totals
SELECT organization_id, 'hour', hour, info, low, medium, high, critical FROM event_rollups_by_value WHERE field = '';
INSERT INTO event_rollups
SELECT organization_id, 'hour', hour, field, value, info, low, medium, high, critical FROM event_rollups_by_value WHERE field <> '';
DROP TABLE event_rollups_by_value;
INSERT INTO event_totals
SELECT organization_id, 'day', substr(start, 1, 10) || 'T00:00:00.000000Z' AS day, sum(info), sum(low), sum(medium), sum(high), sum(critical)
FROM event_totals GROUP BY organization_id, day;
INSERT INTO event_rollups
SELECT organization_id, 'day', substr(start, 1, 10) || 'T00:00:00.000000Z' AS day, field, value, sum(info), sum(low), sum(medium), sum(high), sum(critical)
FROM event_rollups GROUP BY organization_id, day, field, value;

-- Every batch changes count and last_seen of half of the groups it meets; keeping two indexes up with that cost a tenth of
-- the ingest rate. There are thousands of groups, not millions: a list reads them all.
DROP INDEX groups_by_last_seen;
DROP INDEX groups_by_count;
