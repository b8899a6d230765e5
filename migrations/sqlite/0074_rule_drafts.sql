-- Forms of rules of drift are kept where they came too late. SQLite changes no check of a table that is there: it is made anew.
CREATE TABLE new_drafts (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL REFERENCES users (id),
    kind            TEXT NOT NULL CHECK (kind IN (
        'case', 'case_note', 'environment', 'source', 'organization', 'member', 'tag', 'repository',
        'general', 'rate_limits', 'case_rules', 'branding', 'case_field', 'case_template', 'webhook',
        'security', 'drift_rule'
    )),
    target_id       TEXT NOT NULL,
    version         INTEGER NOT NULL,
    fields          TEXT NOT NULL,
    made_at         TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id, kind, target_id)
) STRICT;
INSERT INTO new_drafts (organization_id, user_id, kind, target_id, version, fields, made_at)
SELECT organization_id, user_id, kind, target_id, version, fields, made_at
FROM drafts;
DROP TABLE drafts;
ALTER TABLE new_drafts RENAME TO drafts;
