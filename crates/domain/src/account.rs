//! Users and their signed-in devices.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::Role;
use crate::{Invalid, OrganizationId, Timestamp, UserId, UserSessionId, organization};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub username: String,
    pub display_name: Option<String>,
    /// Platform role: may enter every organization, each entry audited.
    pub is_sre: bool,
    pub enabled: bool,
    /// IANA name; times are shown in it.
    pub time_zone: String,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl User {
    /// The name to show: display name, else username.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&self.username)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewUser {
    pub email: String,
    pub username: String,
    pub display_name: Option<String>,
    pub password: String,
    pub is_sre: bool,
}

pub const MIN_PASSWORD: usize = 12;
/// Longer input is refused before hashing.
pub const MAX_PASSWORD: usize = 1024;

impl NewUser {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(organization::is_email(&self.email), "email", "not an e-mail address");
        p.name(&self.username, "username", 150);
        p.done()?;
        check_password(&self.password, "password")?;
        check_not_own(&self.password, &self.email, "password")
    }
}

/// NIST SP 800-63B section 5.1.1.2: what belongs to the account is guessed first.
pub fn check_not_own(password: &str, email: &str, field: &str) -> Result<(), Invalid> {
    let mut p = Problems::default();
    p.require(
        password.trim().to_lowercase() != email.trim().to_lowercase(),
        field,
        "not your e-mail address",
    );
    p.done()
}

/// Length is what matters (NIST SP 800-63B section 5.1.1.2): 12 to 1,024 characters, no composition rules.
pub fn check_password(password: &str, field: &str) -> Result<(), Invalid> {
    let n = password.chars().count();
    let mut p = Problems::default();
    p.require(n >= MIN_PASSWORD, field, "use at least 12 characters");
    p.require(password.chars().any(|c| !c.is_whitespace()), field, "use more than blanks");
    let first = password.chars().next();
    let one = n >= MIN_PASSWORD
        && first.is_some_and(|c| !c.is_whitespace() && password.chars().all(|other| other == c));
    p.require(!one, field, "use more than one character");
    p.require(n <= MAX_PASSWORD, field, "use at most 1,024 characters");
    p.done()
}

/// One signed-in device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserSession {
    pub id: UserSessionId,
    pub user_id: UserId,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// Where it last worked.
    pub organization_id: Option<OrganizationId>,
    /// Name of that organization.
    pub organization: Option<String>,
}

/// A signed-in device with whose it is, for who administers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveSession {
    pub id: UserSessionId,
    pub user_id: UserId,
    pub email: String,
    /// Display name, else username.
    pub name: String,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// Name of the organization it last worked in; who administers one organization is not told of others.
    pub organization: Option<String>,
}

/// An organization the signed-in person can enter, for the switcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    pub organization_id: OrganizationId,
    pub slug: String,
    pub name: String,
    /// `None`: only as `sre`.
    pub role: Option<Role>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_neither_one_character_nor_ones_address() {
        let refused = |password: &str| {
            check_password(password, "p")
                .and_then(|()| check_not_own(password, "ada@acme.example", "p"))
                .is_err()
        };
        for password in ["", "short", "            ", "aaaaaaaaaaaa", "ada@acme.example", " ADA@acme.example"]
        {
            assert!(refused(password), "{password}");
        }
        for password in ["aaaaaaaaaaab", "correct horse battery", "ada@acme.example!"] {
            assert!(!refused(password), "{password}");
        }
    }
}
