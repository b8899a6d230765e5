-- The name that a tag has counts: who renames it through the API says which one they saw.
ALTER TABLE tags ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
