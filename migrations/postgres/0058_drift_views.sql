-- Lists of drifts have views too.
ALTER TABLE views DROP CONSTRAINT views_area_check;
ALTER TABLE views ADD CONSTRAINT views_area_check CHECK (area IN ('events', 'groups', 'cases', 'drift'));
ALTER TABLE view_defaults DROP CONSTRAINT view_defaults_area_check;
ALTER TABLE view_defaults ADD CONSTRAINT view_defaults_area_check CHECK (area IN ('events', 'groups', 'cases', 'drift'));
