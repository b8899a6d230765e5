-- Offers of a membership to whoever has an e-mail address; accepting one makes the membership.
CREATE TABLE invitations (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id              UUID NOT NULL,
    email           TEXT NOT NULL,
    role_id         UUID NOT NULL REFERENCES roles (id),
    approval_level  approval_level NOT NULL,
    invited_by      TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, email)
);
-- A person who signed in brings an address, not an organization.
CREATE INDEX invitations_by_email ON invitations (email);

CALL wall_off('invitations');
