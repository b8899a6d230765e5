-- What a note said is only added to, and stays when the note is deleted: its place then hides the text, and who may read the audit log finds it.

-- Append-only by privilege.
REVOKE UPDATE, DELETE ON case_note_revisions FROM watchroom_app;

-- Of what an API key wrote: which. The label has only the first letters of its secret.
ALTER TABLE case_notes ADD COLUMN author_key_id UUID;
