-- What people teach the grouping. A merge says that the events of one group are read with those of another; a split says that
-- events of one group for which a condition holds go to a group of their own. A rule in force has no undone_at; none is ever deleted.
-- Events keep their fingerprint and their own group, so a merge rewrites none and its undoing is exact.

CREATE TABLE grouping_rules (
    organization_id  TEXT NOT NULL,
    id               TEXT NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('merge', 'split')),
    -- The group that is merged, or that events are split from.
    group_id         TEXT NOT NULL,
    -- The group that takes them.
    target_id        TEXT NOT NULL,
    -- A split: the value of a slot of the template, counted from 0, or a query.
    slot             INTEGER,
    value            TEXT,
    query            TEXT,
    note             TEXT,
    action_id        TEXT NOT NULL,
    created_by       TEXT,
    created_by_label TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    undone_by_label  TEXT,
    undone_at        TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id),
    FOREIGN KEY (organization_id, target_id) REFERENCES groups (organization_id, id)
) STRICT;
CREATE INDEX grouping_rules_in_force ON grouping_rules (organization_id, kind) WHERE undone_at IS NULL;
CREATE INDEX grouping_rules_by_group ON grouping_rules (organization_id, group_id);
CREATE INDEX grouping_rules_by_target ON grouping_rules (organization_id, target_id);
CREATE INDEX grouping_rules_by_action ON grouping_rules (organization_id, action_id);

-- What follows from the rules in force: the group that a merged one is read with, at the end of the chain.
ALTER TABLE groups ADD COLUMN merged_into TEXT;
-- Of a group that was split off: the group before, and the fingerprint that its events carry.
ALTER TABLE groups ADD COLUMN split_from TEXT;
ALTER TABLE groups ADD COLUMN events_fingerprint TEXT;
CREATE INDEX groups_by_merged_into ON groups (organization_id, merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX groups_by_events_fingerprint ON groups (organization_id, events_fingerprint) WHERE events_fingerprint IS NOT NULL;

-- The other group of a merge or a split.
ALTER TABLE group_history ADD COLUMN other_id TEXT;
