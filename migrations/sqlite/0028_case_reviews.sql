-- Who asked to close a case, and what somebody else said. One at a time waits. action_id: of the action on many cases that asked.
CREATE TABLE case_reviews (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'returned', 'withdrawn')),
    resolution      TEXT NOT NULL CHECK (resolution IN ('true_positive', 'false_positive', 'benign', 'duplicate', 'inconclusive')),
    reason          TEXT NOT NULL,
    requested_by_id TEXT,
    requested_by    TEXT NOT NULL,
    requested_at    TEXT NOT NULL,
    decided_by      TEXT,
    decided_at      TEXT,
    decision        TEXT,
    action_id       TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE UNIQUE INDEX case_reviews_waiting ON case_reviews (organization_id, case_id) WHERE state = 'requested';
CREATE INDEX case_reviews_by_case ON case_reviews (organization_id, case_id, requested_at, id);
CREATE INDEX case_reviews_by_action ON case_reviews (organization_id, action_id) WHERE action_id IS NOT NULL;
