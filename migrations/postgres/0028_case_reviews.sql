-- Who asked to close a case, and what somebody else said. One at a time waits. action_id: of the action on many cases that asked.
CREATE TABLE case_reviews (
    organization_id UUID NOT NULL,
    id              UUID NOT NULL,
    case_id         UUID NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'returned', 'withdrawn')),
    resolution      TEXT NOT NULL CHECK (resolution IN ('true_positive', 'false_positive', 'benign', 'duplicate', 'inconclusive')),
    reason          TEXT NOT NULL,
    requested_by_id UUID,
    requested_by    TEXT NOT NULL,
    requested_at    TIMESTAMPTZ NOT NULL,
    decided_by      TEXT,
    decided_at      TIMESTAMPTZ,
    decision        TEXT,
    action_id       UUID,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE UNIQUE INDEX case_reviews_waiting ON case_reviews (organization_id, case_id) WHERE state = 'requested';
CREATE INDEX case_reviews_by_case ON case_reviews (organization_id, case_id, requested_at, id);
CREATE INDEX case_reviews_by_action ON case_reviews (organization_id, action_id) WHERE action_id IS NOT NULL;

CALL wall_off('case_reviews');
