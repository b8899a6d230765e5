-- Who may do what, and where. Global tables (users, roles, sessions) belong to the platform; every other table
-- has organization_id first in each key, so that a cross-organization reference cannot be stored.

CREATE TABLE organizations (
    id            TEXT NOT NULL PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    description   TEXT,
    contact_email TEXT,
    is_active     INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;

-- The platform's own audit chain hangs on this row; it is never listed.
INSERT INTO organizations (id, slug, name, description, is_active, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'platform', 'Platform', 'Sign-ins and platform administration', 1,
        '1970-01-01T00:00:00.000000Z', '1970-01-01T00:00:00.000000Z');

CREATE TABLE environments (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    slug            TEXT NOT NULL,
    name            TEXT NOT NULL,
    cloud_provider  TEXT CHECK (cloud_provider IN ('aws', 'gcp', 'azure')),
    region          TEXT,
    account_id      TEXT,
    tags            TEXT NOT NULL DEFAULT '{}',
    is_active       INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, slug)
) STRICT;

CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    username      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    display_name  TEXT,
    is_sre        INTEGER NOT NULL DEFAULT 0 CHECK (is_sre IN (0, 1)),
    enabled       INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    time_zone     TEXT NOT NULL DEFAULT 'UTC',
    last_login_at TEXT,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;

CREATE TABLE roles (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE CHECK (name IN ('viewer', 'analyst', 'admin')),
    description TEXT,
    created_at  TEXT NOT NULL
) STRICT;

INSERT INTO roles (id, name, description, created_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'viewer', 'Reads everything of the organization, changes nothing', '1970-01-01T00:00:00.000000Z'),
    ('00000000-0000-7000-8000-000000000002', 'analyst', 'Works on events and investigations', '1970-01-01T00:00:00.000000Z'),
    ('00000000-0000-7000-8000-000000000003', 'admin', 'Administers the organization', '1970-01-01T00:00:00.000000Z');

-- The seeds' UserRole, per organization.
CREATE TABLE memberships (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL REFERENCES users (id),
    role_id         TEXT NOT NULL REFERENCES roles (id),
    approval_level  TEXT NOT NULL DEFAULT 'none' CHECK (approval_level IN ('none', 'analyst', 'senior', 'manager', 'executive')),
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, user_id)
) STRICT;
CREATE INDEX memberships_by_user ON memberships (user_id);

-- tower-sessions store; data is encrypted.
CREATE TABLE sessions (
    id          TEXT NOT NULL PRIMARY KEY,
    data        BLOB NOT NULL,
    expiry_date INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expiry_date);

-- One row a signed-in device, for "my devices" and revocation.
CREATE TABLE user_sessions (
    id           TEXT NOT NULL PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id),
    ip_address   TEXT,
    user_agent   TEXT,
    created_at   TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    revoked_at   TEXT
) STRICT;
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, last_seen_at);

-- Failed sign-ins per account and per address; drives the backoff.
CREATE TABLE sign_in_attempts (
    kind         TEXT NOT NULL CHECK (kind IN ('account', 'address')),
    subject      TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    last_failure TEXT NOT NULL,
    locked_until TEXT,
    PRIMARY KEY (kind, subject)
) STRICT;

CREATE TABLE api_keys (
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
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key_hash)
) STRICT;
-- A request brings a key, not an organization: the one look-up that crosses organizations.
CREATE INDEX api_keys_by_hash ON api_keys (key_hash);

CREATE TABLE settings (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    key             TEXT NOT NULL,
    value           TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, key)
) STRICT;
