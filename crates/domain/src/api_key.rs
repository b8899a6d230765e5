//! API keys: a secret shown once, stored as SHA-256, with scopes.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::permission::{Key, PermissionSet};
use crate::{ApiKeyId, Invalid, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// Who made it; absent when the command line did.
    pub user_id: Option<UserId>,
    pub name: String,
    /// The first 8 characters, to recognise a key by.
    pub key_prefix: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

/// The scopes a key can carry, besides `all`: the nouns of the contract, read and write.
pub const SCOPES: &[&str] = &[
    "event.read",
    "event.write",
    "group.read",
    "group.write",
    "view.read",
    "view.write",
    "source.read",
    "source.write",
    "case.read",
    "case.write",
    "tag.read",
    "tag.write",
    "drift.read",
    "drift.write",
    "environment.read",
    "environment.write",
    "member.read",
    "member.write",
    "audit.read",
    "audit.write",
    "settings.read",
    "settings.write",
];

impl NewApiKey {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(
            !self.name.trim().is_empty() && self.name.chars().count() <= 100,
            "name",
            "give a name of at most 100 characters",
        );
        p.require(!self.scopes.is_empty(), "scopes", "choose at least one scope");
        for s in &self.scopes {
            p.require(
                s == "all" || SCOPES.contains(&s.as_str()),
                "scopes",
                &format!("unknown scope '{s}'; use <noun>.read, <noun>.write or all"),
            );
        }
        p.done()
    }
}

/// What the scopes allow. `all` is an organization admin's permissions; `audit.write` is the export, `view.write` includes sharing; a write scope
/// includes the read one. A key never holds account or platform permissions.
pub fn permissions(scopes: &[String]) -> PermissionSet {
    let admin = PermissionSet::of_role(crate::member::Role::Admin);
    let mut set = PermissionSet::NONE;
    for scope in scopes {
        if scope == "all" {
            set = set.union(admin);
            continue;
        }
        let (noun, verb) = scope.split_once('.').unwrap_or(("", ""));
        let write = verb == "write";
        for key in Key::ALL {
            let (n, verb) = key.as_str().split_once('.').unwrap_or(("", ""));
            if n == noun && (verb == "read" || (write && matches!(verb, "write" | "export" | "share"))) {
                set = set.with(*key);
            }
        }
    }
    let own = [
        Key::AccountRead,
        Key::AccountWrite,
        Key::OrganizationCreate,
        Key::UserCreate,
        Key::OrganizationEnter,
    ];
    Key::ALL.iter().filter(|k| set.has(**k) && !own.contains(k)).fold(PermissionSet::NONE, |s, k| s.with(*k))
}
