-- Tasks say which version of them was changed, and are found across cases while they are open: a member's, and what is due.
ALTER TABLE case_tasks ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX case_tasks_open ON case_tasks (organization_id, assigned_to_id, due_at) WHERE completed_at IS NULL;
CREATE INDEX case_tasks_due ON case_tasks (organization_id, due_at) WHERE completed_at IS NULL;

-- Times in a row that a job failed: it is given up after many.
ALTER TABLE case_jobs ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;

-- What a query compares of a field, by an index; PostgreSQL's holds no longer text.
UPDATE case_field_values SET searched = substr(searched, 1, 500) WHERE length(searched) > 500;
CREATE INDEX case_field_values_by_searched ON case_field_values (organization_id, searched, case_id);
