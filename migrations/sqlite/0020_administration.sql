-- Invitations are remembered once they were used, so that their link can say so.
ALTER TABLE invitations ADD COLUMN used_at TEXT;

-- Who made an account through a link has shown the link, not the address: what others offer to the address is not theirs.
ALTER TABLE users ADD COLUMN email_confirmed INTEGER NOT NULL DEFAULT 1 CHECK (email_confirmed IN (0, 1));

-- Marked to be deleted: when it may be done. Deleted: when everything but the audit log was gone.
ALTER TABLE organizations ADD COLUMN delete_after TEXT;
ALTER TABLE organizations ADD COLUMN deleted_at TEXT;
