-- Whether what people say of a drift was true. absent_at: when a push looked at the resource and did not find what was resolved as reverted or
-- written into the code. While it is NULL the next push that has the drift refutes them, and the onset stays.

ALTER TABLE drift_events ADD COLUMN absent_at TIMESTAMPTZ;

UPDATE drift_events
SET absent_at = (SELECT r.in_sync_at
                 FROM iac_resources r
                 WHERE r.organization_id = drift_events.organization_id AND r.id = drift_events.iac_resource_id)
WHERE resolution_type IN ('auto_revert', 'codify_iac')
  AND resolved_at <= (SELECT r.in_sync_at
                      FROM iac_resources r
                      WHERE r.organization_id = drift_events.organization_id AND r.id = drift_events.iac_resource_id);

CREATE INDEX drift_events_by_claim ON drift_events (organization_id, iac_repository_id)
WHERE resolution_type IN ('auto_revert', 'codify_iac') AND absent_at IS NULL;
