-- Cases that are merged into another. Nothing moves: what a case has stays its own, and who reads the case it went into reads
-- those of its family too. An unmerge therefore gives back exactly what each had.

-- A case and those that were merged into it, and into those; each is of its own family.
CREATE TABLE case_family (
    organization_id UUID NOT NULL,
    head_id         UUID NOT NULL,
    member_id       UUID NOT NULL,
    PRIMARY KEY (organization_id, head_id, member_id),
    FOREIGN KEY (organization_id, head_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, member_id) REFERENCES cases (organization_id, id)
);
CREATE INDEX case_family_by_member ON case_family (organization_id, member_id, head_id);
INSERT INTO case_family (organization_id, head_id, member_id)
SELECT organization_id, id, id
FROM cases;

-- The case at the end of the way, where a merge is in force: it is looked at and changed instead of this one.
ALTER TABLE cases ADD COLUMN merged_into UUID;
CREATE INDEX cases_merged ON cases (organization_id, merged_into) WHERE merged_into IS NOT NULL;

-- Each merge, with who did it and, once it was undone, who did that. action_id: of all that were merged at once.
CREATE TABLE case_merges (
    organization_id UUID NOT NULL,
    case_id         UUID NOT NULL,
    action_id       UUID NOT NULL,
    into_id         UUID NOT NULL,
    note            TEXT,
    merged_by_id    UUID,
    merged_by       TEXT NOT NULL,
    merged_at       TIMESTAMPTZ NOT NULL,
    unmerged_by     TEXT,
    unmerged_at     TIMESTAMPTZ,
    PRIMARY KEY (organization_id, case_id, action_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, into_id) REFERENCES cases (organization_id, id)
);
-- A case is in one other at a time.
CREATE UNIQUE INDEX case_merges_in_force ON case_merges (organization_id, case_id) WHERE unmerged_at IS NULL;
CREATE INDEX case_merges_by_target ON case_merges (organization_id, into_id, merged_at);

CALL wall_off('case_family');
CALL wall_off('case_merges');
