-- Cases: investigations, what they are linked to, what is written in them, what there is to do, and how they came to be what
-- they are.

-- The last number given out, for what people call by a number (CASE-42).
CREATE TABLE numbers (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    noun            TEXT NOT NULL,
    last            INTEGER NOT NULL,
    PRIMARY KEY (organization_id, noun)
) STRICT;

-- words: those of title and description, each with a blank before and behind.
CREATE TABLE cases (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    number          INTEGER NOT NULL,
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,
    words           TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('open', 'investigating', 'resolved')),
    resolution      TEXT CHECK (resolution IN ('true_positive', 'false_positive', 'benign', 'duplicate', 'inconclusive')),
    priority        TEXT NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    severity        TEXT NOT NULL CHECK (severity IN ('info', 'low', 'medium', 'high', 'critical')),
    tlp             TEXT NOT NULL CHECK (tlp IN ('clear', 'green', 'amber', 'amber+strict', 'red')),
    pap             TEXT NOT NULL CHECK (pap IN ('clear', 'green', 'amber', 'red')),
    created_by_id   TEXT,
    assigned_to_id  TEXT,
    due_at          TEXT,
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    resolved_at     TEXT,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, number)
) STRICT;
CREATE INDEX cases_by_update ON cases (organization_id, updated_at, id);
CREATE INDEX cases_by_status ON cases (organization_id, status, updated_at, id);
CREATE INDEX cases_by_assignee ON cases (organization_id, assigned_to_id, updated_at, id);
CREATE INDEX cases_by_due ON cases (organization_id, due_at, id);

-- folded: in lower case, so that a name is one tag however it is written.
CREATE TABLE tags (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    folded          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, folded)
) STRICT;

CREATE TABLE case_tags (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    tag_id          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, case_id, tag_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, tag_id) REFERENCES tags (organization_id, id)
) STRICT;
CREATE INDEX case_tags_by_tag ON case_tags (organization_id, tag_id, case_id);

-- What a case is about (Signaled's CaseEvent, for more than events). target_id is of the kind's table.
CREATE TABLE case_links (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('event', 'group')),
    target_id       TEXT NOT NULL,
    linked_by_id    TEXT,
    linked_at       TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, case_id, kind, target_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_links_by_target ON case_links (organization_id, kind, target_id, case_id);

-- A note and its revisions, of which the last counts. A deleted note stays as a place; its revisions go.
CREATE TABLE case_notes (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    author_id       TEXT,
    author          TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    edited_at       TEXT,
    deleted_at      TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_notes_by_case ON case_notes (organization_id, case_id, created_at, id);

CREATE TABLE case_note_revisions (
    organization_id TEXT NOT NULL,
    note_id         TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    content         TEXT NOT NULL,
    author_id       TEXT,
    author          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, note_id, revision),
    FOREIGN KEY (organization_id, note_id) REFERENCES case_notes (organization_id, id)
) STRICT;

CREATE TABLE case_tasks (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    title           TEXT NOT NULL,
    assigned_to_id  TEXT,
    due_at          TEXT,
    position        INTEGER NOT NULL,
    created_at      TEXT NOT NULL,
    completed_at    TEXT,
    completed_by_id TEXT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
CREATE INDEX case_tasks_by_case ON case_tasks (organization_id, case_id, position, id);

-- An observable is one in the organization, whichever cases have it.
CREATE TABLE observables (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('ip', 'domain', 'url', 'hash', 'email', 'file', 'user', 'other')),
    value           TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, kind, value)
) STRICT;
CREATE INDEX observables_by_value ON observables (organization_id, value);

CREATE TABLE case_observables (
    organization_id TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    observable_id   TEXT NOT NULL,
    ioc             INTEGER NOT NULL CHECK (ioc IN (0, 1)),
    added_by_id     TEXT,
    added_at        TEXT NOT NULL,
    PRIMARY KEY (organization_id, case_id, observable_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, observable_id) REFERENCES observables (organization_id, id)
) STRICT;
CREATE INDEX case_observables_by_observable ON case_observables (organization_id, observable_id, case_id);

-- Who changed what of a case, when, and why; rows are only added. seq counts from 1 in each case.
CREATE TABLE case_history (
    organization_id TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    id              TEXT NOT NULL,
    at              TEXT NOT NULL,
    actor_id        TEXT,
    actor           TEXT NOT NULL,
    step            TEXT NOT NULL,
    old_values      TEXT NOT NULL,
    new_values      TEXT NOT NULL,
    reason          TEXT,
    PRIMARY KEY (organization_id, case_id, seq),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
