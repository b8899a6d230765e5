-- The page that a person lands on after signing in: one a person, in one organization. view_id: a saved view of the list `page`.
CREATE TABLE starts (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL REFERENCES users (id),
    page            TEXT NOT NULL CHECK (page IN ('overview', 'events', 'groups', 'cases', 'tasks', 'drift')),
    view_id         TEXT,
    chosen_at       TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, view_id) REFERENCES views (organization_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX starts_by_user ON starts (user_id);
CREATE INDEX starts_by_view ON starts (organization_id, view_id);
