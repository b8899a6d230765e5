-- What a note said is only added to, and stays when the note is deleted: its place then hides the text, and who may read the audit log finds it.

CREATE TRIGGER case_note_revisions_no_update BEFORE UPDATE ON case_note_revisions
BEGIN SELECT RAISE(ABORT, 'case_note_revisions is append-only'); END;
-- They go with their organization, once that is marked (0020).
CREATE TRIGGER case_note_revisions_no_delete BEFORE DELETE ON case_note_revisions
WHEN NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = OLD.organization_id AND o.delete_after IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'case_note_revisions is append-only'); END;

CREATE TRIGGER case_note_revisions_no_replace BEFORE INSERT ON case_note_revisions
WHEN EXISTS (SELECT 1 FROM case_note_revisions r
             WHERE r.organization_id = NEW.organization_id AND r.note_id = NEW.note_id AND r.revision = NEW.revision)
BEGIN SELECT RAISE(ABORT, 'case_note_revisions is append-only'); END;

-- Of what an API key wrote: which. The label has only the first letters of its secret.
ALTER TABLE case_notes ADD COLUMN author_key_id TEXT;
