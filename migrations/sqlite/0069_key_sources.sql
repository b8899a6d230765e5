-- An API key can be of one source: what is sent with it is filed under that source. SQLite adds no composite foreign key to a table that is
-- there: it is made anew, with its index. Whoever deletes a source revokes its keys and unbinds them; a revoked key stays one.
CREATE TABLE new_api_keys (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT REFERENCES users (id),
    name            TEXT NOT NULL,
    key_hash        TEXT NOT NULL,
    key_prefix      TEXT NOT NULL,
    scopes          TEXT NOT NULL DEFAULT '[]',
    expires_at      TEXT,
    last_used_at    TEXT,
    revoked_at      TEXT,
    created_at      TEXT NOT NULL,
    source_id       TEXT,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key_hash),
    FOREIGN KEY (organization_id, source_id) REFERENCES sources (organization_id, id)
) STRICT;
INSERT INTO new_api_keys (organization_id, id, user_id, name, key_hash, key_prefix, scopes, expires_at, last_used_at, revoked_at, created_at)
SELECT organization_id, id, user_id, name, key_hash, key_prefix, scopes, expires_at, last_used_at, revoked_at, created_at
FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE new_api_keys RENAME TO api_keys;
-- A request brings a key, not an organization: the one look-up that crosses organizations.
CREATE INDEX api_keys_by_hash ON api_keys (key_hash);
CREATE INDEX api_keys_by_source ON api_keys (organization_id, source_id) WHERE source_id IS NOT NULL;
