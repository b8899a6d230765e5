-- A case is linked to drifts too, through the same table.
ALTER TABLE case_links DROP CONSTRAINT case_links_kind_check;
ALTER TABLE case_links ADD CONSTRAINT case_links_kind_check CHECK (kind IN ('event', 'group', 'drift'));

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
