-- Lists of drifts at any size: each order with and without a status, and the counts of the tabs, from an index alone.

CREATE INDEX drift_events_by_score ON drift_events (organization_id, severity_score, id);
CREATE INDEX drift_events_by_time ON drift_events (organization_id, detected_at, id);
CREATE INDEX drift_events_by_last_seen ON drift_events (organization_id, last_seen_at, id);
CREATE INDEX drift_events_by_assignee ON drift_events (organization_id, status, assigned_to_id);
