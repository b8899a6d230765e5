//! Members: a user in an organization with a role (the seeds' UserRole) and an approval level.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::{Invalid, MembershipId, Timestamp, UserId, account, organization};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? } $err:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or($err)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Role in one organization. `sre` is a platform role on the user, not listed here.
    Role { Viewer = "viewer", Analyst = "analyst", Admin = "admin" } "not a role: viewer, analyst or admin"
}
words! {
    /// Up to which level a member may approve actions; separate from the role.
    ApprovalLevel { None = "none", Analyst = "analyst", Senior = "senior", Manager = "manager", Executive = "executive" }
    "not an approval level: none, analyst, senior, manager or executive"
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub id: MembershipId,
    pub user_id: UserId,
    pub email: String,
    pub username: String,
    pub display_name: Option<String>,
    pub role: Role,
    pub approval_level: ApprovalLevel,
    pub enabled: bool,
    /// The account is not this organization's alone: it belongs to another one too, or has the platform role. It cannot be
    /// disabled from here then.
    pub elsewhere: bool,
    /// The role follows the groups of the sign-in provider (see `provider_role`).
    pub by_provider: bool,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Adds the account with this e-mail; when there is none, it is made with `password`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewMember {
    pub email: String,
    pub role: Role,
    pub approval_level: ApprovalLevel,
    pub display_name: Option<String>,
    /// The first password of a new account; without it only an existing account is added.
    pub password: Option<String>,
}

impl NewMember {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(organization::is_email(self.email.trim()), "email", "not an e-mail address");
        if let Some(name) = &self.display_name {
            p.name(name, "display_name", 150);
        }
        p.done()?;
        let Some(password) = &self.password else { return Ok(()) };
        account::check_password(password, "password")?;
        account::check_not_own(password, &self.email, "password")
    }
}
