-- Who an account is at the sign-in provider (OpenID Connect): issuer and subject together name one person for good; addresses do
-- not. An account has one identity at a provider, so that an address given to somebody else there does not bring the account along.
CREATE TABLE user_identities (
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id),
    created_at   TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
) STRICT;

-- Sign-ins that were sent to the provider and have not come back: a digest of what comes back with the browser, and, sealed, what
-- the answer is checked against. Deleted by the answer, which so counts once, or swept after their time.
CREATE TABLE provider_attempts (
    id         TEXT NOT NULL PRIMARY KEY,
    data       BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX provider_attempts_by_time ON provider_attempts (created_at);

-- Which role a group of the provider gives in an organization.
CREATE TABLE provider_roles (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    provider_group  TEXT NOT NULL,
    role_id         TEXT NOT NULL REFERENCES roles (id),
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, provider_group)
) STRICT;
-- A person who signs in brings groups, not organizations.
CREATE INDEX provider_roles_by_group ON provider_roles (provider_group);

-- The role follows the groups of the provider at each sign-in; others are people's to give and take.
ALTER TABLE memberships ADD COLUMN by_provider INTEGER NOT NULL DEFAULT 0 CHECK (by_provider IN (0, 1));
