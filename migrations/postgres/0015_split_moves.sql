-- A split moves the events that are there in steps. Where it goes on: the last event that was looked at, newest first; NULL
-- once all were. And how many it moved so far.
ALTER TABLE grouping_rules ADD COLUMN looked_at TIMESTAMPTZ;
ALTER TABLE grouping_rules ADD COLUMN looked_id UUID;
ALTER TABLE grouping_rules ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
