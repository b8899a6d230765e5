-- A split moves the events that are there in steps. Where it goes on: the last event that was looked at, newest first; NULL
-- once all were. And how many it moved so far.
ALTER TABLE grouping_rules ADD COLUMN looked_at TEXT;
ALTER TABLE grouping_rules ADD COLUMN looked_id TEXT;
ALTER TABLE grouping_rules ADD COLUMN moved INTEGER NOT NULL DEFAULT 0;
-- Splits from before have looked at a part; they go over their group once more.
UPDATE grouping_rules
SET looked_at = '9999-01-01T00:00:00.000000Z', looked_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
WHERE kind = 'split' AND undone_at IS NULL;
