-- Forms of rules of drift are kept where they came too late.
ALTER TABLE drafts DROP CONSTRAINT drafts_kind_check;
ALTER TABLE drafts ADD CONSTRAINT drafts_kind_check CHECK (kind IN (
    'case', 'case_note', 'environment', 'source', 'organization', 'member', 'tag', 'repository',
    'general', 'rate_limits', 'case_rules', 'branding', 'case_field', 'case_template', 'webhook',
    'security', 'drift_rule'
));
