-- Forms of settings are kept like those of cases where they came too late. A setting's target is its organization.
ALTER TABLE drafts DROP CONSTRAINT drafts_kind_check;
ALTER TABLE drafts ADD CONSTRAINT drafts_kind_check CHECK (kind IN (
    'case', 'case_note', 'environment', 'source', 'organization', 'member', 'tag', 'repository',
    'general', 'rate_limits', 'case_rules', 'branding'
));
