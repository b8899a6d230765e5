-- A case is linked to drifts too, through the same table. SQLite changes no CHECK in place: it is made anew, with its indexes.
CREATE TABLE new_case_links (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('event', 'group', 'drift')),
    target_id       TEXT NOT NULL,
    linked_by_id    TEXT,
    linked_at       TEXT NOT NULL,
    job_id          TEXT,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, case_id, kind, target_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
) STRICT;
INSERT INTO new_case_links (organization_id, id, case_id, kind, target_id, linked_by_id, linked_at, job_id)
SELECT organization_id, id, case_id, kind, target_id, linked_by_id, linked_at, job_id
FROM case_links;
DROP TABLE case_links;
ALTER TABLE new_case_links RENAME TO case_links;
CREATE INDEX case_links_by_target ON case_links (organization_id, kind, target_id, case_id);
CREATE INDEX case_links_by_job ON case_links (organization_id, job_id) WHERE job_id IS NOT NULL;

-- What was escalated is linked to its case, by whoever escalated it last and then; else when the case was opened. Such a link has the id
-- of its drift, which no other link has.
INSERT INTO case_links (organization_id, id, case_id, kind, target_id, linked_by_id, linked_at)
SELECT d.organization_id, d.id, d.case_id, 'drift', d.id,
       (SELECT h.actor_id
        FROM drift_history h
        WHERE h.organization_id = d.organization_id AND h.drift_event_id = d.id AND h.step = 'escalated'
        ORDER BY h.version DESC
        LIMIT 1),
       COALESCE((SELECT h.at
                 FROM drift_history h
                 WHERE h.organization_id = d.organization_id AND h.drift_event_id = d.id AND h.step = 'escalated'
                 ORDER BY h.version DESC
                 LIMIT 1), c.created_at)
FROM drift_events d
JOIN cases c ON c.organization_id = d.organization_id AND c.id = d.case_id;
