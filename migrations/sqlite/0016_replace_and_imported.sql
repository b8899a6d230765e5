-- INSERT OR REPLACE deletes the row it meets without the DELETE trigger (recursive_triggers is off), whether it meets it by its key
-- or by its rowid. So an entry that is there already refuses to be written again.
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log a WHERE a.organization_id = NEW.organization_id AND a.seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM audit_log a WHERE a.rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- What an upload brought: the time of its first and last event, and their sources.
ALTER TABLE uploads ADD COLUMN imported TEXT NOT NULL DEFAULT '{}';
