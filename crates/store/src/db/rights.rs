//! What PostgreSQL lets the server's role do: enough, and not too much. SQLite has no roles.

use super::{Db, Result};

/// One row of the role's rights, read by [`Db::missing_rights`].
type Rights = (Option<String>, Option<bool>, bool, Option<bool>, Vec<String>);

impl Db {
    /// Whether the server's own role is a superuser or passes over row-level security. Transactions of an
    /// organization take a role that does neither; those of the platform do not.
    pub async fn is_overprivileged(&self) -> Result<bool> {
        let Self::Postgres { pool, .. } = self else { return Ok(false) };
        let text = "SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles r WHERE r.rolname = session_user";
        Ok(sqlx::query_scalar(text).fetch_one(pool).await?)
    }

    /// What the role may not do and a start needs, each with what gives it. It owns the tables and makes new ones.
    pub async fn missing_rights(&self) -> Result<Vec<String>> {
        let Self::Postgres { pool, .. } = self else { return Ok(Vec::new()) };
        let text = "SELECT current_schema()::text, has_schema_privilege(current_schema(), 'CREATE'), \
             (SELECT r.rolsuper OR r.rolcreaterole FROM pg_roles r WHERE r.rolname = current_user), \
             (SELECT pg_has_role(current_user, r.oid, 'MEMBER') FROM pg_roles r WHERE r.rolname = 'watchroom_app'), \
             (SELECT coalesce(array_agg(DISTINCT t.tableowner::text), '{}') FROM pg_tables t \
              WHERE t.schemaname = 'public' AND NOT pg_has_role(current_user, t.tableowner, 'USAGE'))";
        let (schema, may_create, may_make_roles, is_member, owners): Rights =
            sqlx::query_as(text).fetch_one(pool).await?;
        let user: String = sqlx::query_scalar("SELECT quote_ident(current_user)").fetch_one(pool).await?;
        let mut missing = Vec::new();
        if schema.is_none() || may_create == Some(false) {
            missing
                .push(format!("its user may make no tables: GRANT USAGE, CREATE ON SCHEMA public TO {user}"));
        }
        if !may_make_roles {
            match is_member {
                Some(true) => {}
                Some(false) => missing.push(format!(
                    "its user is no member of the role watchroom_app: GRANT watchroom_app TO {user}"
                )),
                None => missing.push(format!(
                    "the role watchroom_app is missing and its user may make none: CREATE ROLE watchroom_app NOLOGIN; \
                     GRANT watchroom_app TO {user}"
                )),
            }
        }
        if !owners.is_empty() {
            let owners = owners.join(", ");
            missing.push(format!(
                "tables in it belong to {owners}, and its user has to own them: ALTER TABLE … OWNER TO {user}"
            ));
        }
        Ok(missing)
    }
}
