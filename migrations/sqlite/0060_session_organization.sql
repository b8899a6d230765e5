-- The organization that a session last worked in. The row stays the person's: it is of the platform, as users are.
ALTER TABLE user_sessions ADD COLUMN organization_id TEXT REFERENCES organizations (id);
