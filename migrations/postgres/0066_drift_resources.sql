-- What a resource tells of itself: when a push found it in order last, and the differences that mean nothing. in_order_at: that instant, of the
-- onset of the drift. action_id: with what a rule was made, so that it is taken back with it.

ALTER TABLE iac_resources ADD COLUMN in_sync_at TIMESTAMPTZ;
ALTER TABLE iac_resources ADD COLUMN noise JSONB;
ALTER TABLE drift_events ADD COLUMN in_order_at TIMESTAMPTZ;
ALTER TABLE drift_ignores ADD COLUMN action_id UUID;

UPDATE iac_resources SET in_sync_at = last_sync_at WHERE verdict = 'in_sync';
CREATE INDEX drift_ignores_by_action ON drift_ignores (organization_id, action_id);

-- Times to resolve know what took longest now: the next run computes every day again.
DELETE FROM drift_metrics_runs;
