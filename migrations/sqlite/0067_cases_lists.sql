-- What the list of cases is ordered by (as crates/store/src/case.rs writes it), and what its tabs count.
CREATE INDEX cases_by_severity ON cases (organization_id, (CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END), id);
CREATE INDEX cases_by_priority ON cases (organization_id, (CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END), id);
CREATE INDEX cases_counted ON cases (organization_id, status, assigned_to_id, due_at, merged_into);
