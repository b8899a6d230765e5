-- Who may do what, and where. Global tables (users, roles, sessions) belong to the platform; every other table
-- has organization_id first in each key, so that a cross-organization reference cannot be stored.

CREATE TYPE cloud_provider AS ENUM ('aws', 'gcp', 'azure');
CREATE TYPE approval_level AS ENUM ('none', 'analyst', 'senior', 'manager', 'executive');
CREATE TYPE severity AS ENUM ('info', 'low', 'medium', 'high', 'critical');

-- Every transaction of an organization switches to this role, which owns nothing and is bound by row-level security even
-- when the server signs in as the owner or a superuser. Roles belong to the whole cluster, so another database may have made it.
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'watchroom_app') THEN
        CREATE ROLE watchroom_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT pg_has_role(current_user, 'watchroom_app', 'MEMBER') THEN
        EXECUTE format('GRANT watchroom_app TO %I', current_user);
    END IF;
END $$;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO watchroom_app', current_schema()); END $$;

-- The organization of the transaction; NULL (and so no row) when none is set.
CREATE FUNCTION current_organization() RETURNS UUID LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT NULLIF(current_setting('app.organization_id', true), '')::uuid $$;

-- Puts the second wall around a table: only rows of the transaction's organization exist for watchroom_app.
CREATE PROCEDURE wall_off(table_name TEXT) LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY of_the_organization ON %I TO watchroom_app USING (organization_id = (SELECT current_organization())) '
                   'WITH CHECK (organization_id = (SELECT current_organization()))', table_name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO watchroom_app', table_name);
END $$;

CREATE TABLE organizations (
    id            UUID NOT NULL PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL UNIQUE,
    description   TEXT,
    contact_email TEXT,
    is_active     BOOLEAN NOT NULL DEFAULT TRUE,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);

-- The platform's own audit chain hangs on this row; it is never listed.
INSERT INTO organizations (id, slug, name, description, is_active, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'platform', 'Platform', 'Sign-ins and platform administration', TRUE,
        '1970-01-01T00:00:00.000000Z', '1970-01-01T00:00:00.000000Z');

CREATE TABLE environments (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    slug            TEXT NOT NULL,
    name            TEXT NOT NULL,
    cloud_provider  cloud_provider,
    region          TEXT,
    account_id      TEXT,
    tags            JSONB NOT NULL DEFAULT '{}',
    is_active       BOOLEAN NOT NULL DEFAULT TRUE,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, slug)
);

CREATE TABLE users (
    id            UUID NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    username      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    display_name  TEXT,
    is_sre        BOOLEAN NOT NULL DEFAULT FALSE,
    enabled       BOOLEAN NOT NULL DEFAULT TRUE,
    time_zone     TEXT NOT NULL DEFAULT 'UTC',
    last_login_at TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE roles (
    id          UUID NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT,
    created_at  TIMESTAMPTZ NOT NULL
);

INSERT INTO roles (id, name, description, created_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'viewer', 'Reads everything of the organization, changes nothing', '1970-01-01T00:00:00.000000Z'),
    ('00000000-0000-7000-8000-000000000002', 'analyst', 'Works on events and investigations', '1970-01-01T00:00:00.000000Z'),
    ('00000000-0000-7000-8000-000000000003', 'admin', 'Administers the organization', '1970-01-01T00:00:00.000000Z');

-- The seeds' UserRole, per organization.
CREATE TABLE memberships (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    user_id         UUID NOT NULL REFERENCES users (id),
    role_id         UUID NOT NULL REFERENCES roles (id),
    approval_level  approval_level NOT NULL DEFAULT 'none',
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

-- tower-sessions store; data is encrypted.
CREATE TABLE sessions (
    id          TEXT NOT NULL PRIMARY KEY,
    data        BYTEA NOT NULL,
    expiry_date BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expiry_date);

-- One row a signed-in device, for "my devices" and revocation.
CREATE TABLE user_sessions (
    id           UUID NOT NULL PRIMARY KEY,
    user_id      UUID NOT NULL REFERENCES users (id),
    ip_address   TEXT,
    user_agent   TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    revoked_at   TIMESTAMPTZ
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, last_seen_at);

-- Failed sign-ins per account and per address; drives the backoff.
CREATE TABLE sign_in_attempts (
    kind         TEXT NOT NULL CHECK (kind IN ('account', 'address')),
    subject      TEXT NOT NULL,
    failures     BIGINT NOT NULL,
    last_failure TIMESTAMPTZ NOT NULL,
    locked_until TIMESTAMPTZ,
    PRIMARY KEY (kind, subject)
);

CREATE TABLE api_keys (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    user_id         UUID REFERENCES users (id),
    name            TEXT NOT NULL,
    key_hash        TEXT NOT NULL,
    key_prefix      TEXT NOT NULL,
    scopes          JSONB NOT NULL DEFAULT '[]',
    expires_at      TIMESTAMPTZ,
    last_used_at    TIMESTAMPTZ,
    revoked_at      TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key_hash)
);
-- A request brings a key, not an organization: the one look-up that crosses organizations.
CREATE INDEX api_keys_by_hash ON api_keys (key_hash);

CREATE TABLE settings (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    key             TEXT NOT NULL,
    value           JSONB NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, key)
);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_the_organization ON organizations TO watchroom_app USING (id = (SELECT current_organization()));
GRANT SELECT, UPDATE ON organizations TO watchroom_app;
GRANT SELECT ON users, roles TO watchroom_app;
CALL wall_off('environments');
CALL wall_off('memberships');
CALL wall_off('api_keys');
CALL wall_off('settings');
