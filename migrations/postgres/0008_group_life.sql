-- The life of a group: what it is called now, who has it, and how it got there. status is text with a CHECK and no enum in
-- PostgreSQL: under row-level security an index serves only comparisons that are leakproof.
-- The rules are in domain::group::life; last_change is the newest row of group_history, which an undo must find unchanged.

ALTER TABLE groups ADD COLUMN status TEXT NOT NULL DEFAULT 'new'
    CHECK (status IN ('new', 'ongoing', 'escalating', 'regressed', 'muted', 'resolved'));
ALTER TABLE groups ADD COLUMN status_since TIMESTAMPTZ NOT NULL DEFAULT '1970-01-01T00:00:00.000000Z';
ALTER TABLE groups ADD COLUMN assigned_to UUID;
ALTER TABLE groups ADD COLUMN resolved_at TIMESTAMPTZ;
-- A mute: until an instant, until so many events in so many seconds, or until a query matches.
ALTER TABLE groups ADD COLUMN muted_until TIMESTAMPTZ;
ALTER TABLE groups ADD COLUMN mute_count BIGINT;
ALTER TABLE groups ADD COLUMN mute_seconds BIGINT;
ALTER TABLE groups ADD COLUMN mute_query TEXT;
-- The window that counts now: when it began, and the events in it.
ALTER TABLE groups ADD COLUMN mute_start TIMESTAMPTZ;
ALTER TABLE groups ADD COLUMN mute_seen BIGINT;
-- Of an escalating group: the events of its hour, and up to how many are usual.
ALTER TABLE groups ADD COLUMN rate_hour BIGINT;
ALTER TABLE groups ADD COLUMN rate_usual BIGINT;
ALTER TABLE groups ADD COLUMN last_change UUID;

UPDATE groups SET status_since = first_seen;
UPDATE groups
SET status = 'ongoing', status_since = first_seen + INTERVAL '7 days'
WHERE first_seen <= now() - INTERVAL '7 days';

-- Who changed what, when, and why; rows are only added. actor is an e-mail or an API key, NULL when the rules moved it.
CREATE TABLE group_history (
    organization_id UUID NOT NULL,
    group_id        UUID NOT NULL,
    id              UUID NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    actor_id        UUID,
    actor           TEXT,
    step            TEXT NOT NULL,
    old_state       JSONB NOT NULL,
    new_state       JSONB NOT NULL,
    note            TEXT,
    action_id       UUID,
    undoes          UUID,
    PRIMARY KEY (organization_id, group_id, id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id)
);
-- One action changes many groups: an undo finds them by it.
CREATE INDEX group_history_by_action ON group_history (organization_id, action_id);

CALL wall_off('group_history');
-- Append-only by privilege too.
REVOKE UPDATE, DELETE ON group_history FROM watchroom_app;
