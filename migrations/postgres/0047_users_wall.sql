-- Accounts belong to the platform, and what works for one organization needs names and addresses of its people alone: of who belongs to it,
-- and of who did something in it (people who left, the platform's). The second is what the audit log of the organization says, which nobody
-- takes anything out of; it has an index by actor. Sign-in, invitations and the platform's pages work as the tables' owner,
-- whom no policy binds.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;

CREATE POLICY of_the_organization ON users FOR SELECT TO watchroom_app USING (
    id IN (SELECT m.user_id FROM memberships m WHERE m.organization_id = (SELECT current_organization()))
    OR EXISTS (SELECT 1 FROM audit_log a WHERE a.organization_id = (SELECT current_organization()) AND a.actor_id = users.id)
);
