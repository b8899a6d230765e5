-- What was done to many cases at once is undone by the name of the action. version: of the case after the change, so that an undo
-- sees whether anybody changed it since.
ALTER TABLE case_history ADD COLUMN action_id UUID;
ALTER TABLE case_history ADD COLUMN version BIGINT;
CREATE INDEX case_history_by_action ON case_history (organization_id, action_id) WHERE action_id IS NOT NULL;
