-- Rows of an upload whose severity was no word that is known: how many, which words, and what they became.
ALTER TABLE uploads ADD COLUMN unknown_severities JSONB NOT NULL DEFAULT '{}';
