-- Offers of a membership to whoever has an e-mail address; accepting one makes the membership.
CREATE TABLE invitations (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    email           TEXT NOT NULL,
    role_id         TEXT NOT NULL REFERENCES roles (id),
    approval_level  TEXT NOT NULL CHECK (approval_level IN ('none', 'analyst', 'senior', 'manager', 'executive')),
    invited_by      TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, email)
) STRICT;
-- A person who signed in brings an address, not an organization.
CREATE INDEX invitations_by_email ON invitations (email);
