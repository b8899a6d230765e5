-- SQLite gets a trigger against INSERT OR REPLACE into the audit log here. PostgreSQL has no such statement: its ON CONFLICT DO UPDATE is
-- an UPDATE, which the trigger of migration 2 refuses.

-- What an upload brought: the time of its first and last event, and their sources.
ALTER TABLE uploads ADD COLUMN imported JSONB NOT NULL DEFAULT '{}';
