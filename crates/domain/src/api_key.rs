//! API keys: a secret shown once, stored as SHA-256, with scopes.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::permission::{Key, PermissionSet};
use crate::{ApiKeyId, Invalid, SourceId, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// Who made it; absent when the command line did.
    pub user_id: Option<UserId>,
    /// Their e-mail now, joined.
    pub owner: Option<String>,
    pub name: String,
    /// The first 8 characters, to recognise a key by.
    pub key_prefix: String,
    pub scopes: Vec<String>,
    /// What is sent with it is filed under this source, and it can do nothing else.
    pub source_id: Option<SourceId>,
    /// The name of that source now, joined.
    pub source: Option<String>,
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
    /// Name of the source that the key is bound to; `None`: it may send as any.
    pub source: Option<String>,
}

/// The one scope of a key that is bound to a source: with any other it would reach beyond that source.
pub const SCOPE_OF_SOURCE: &str = "event.write";

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
    "model.write",
    "environment.read",
    "environment.write",
    "member.read",
    "member.write",
    "audit.read",
    "audit.write",
    "settings.read",
    "settings.write",
];

/// Scopes over all organizations, which `all` does not hold: only the platform role and the command line give them.
pub const PLATFORM_SCOPES: &[&str] = &["organization.read", "organization.write"];

impl NewApiKey {
    /// It reaches beyond its organization.
    pub fn is_of_platform(&self) -> bool {
        self.scopes.iter().any(|scope| PLATFORM_SCOPES.contains(&scope.as_str()))
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.name(&self.name, "name", 100);
        p.require(!self.scopes.is_empty(), "scopes", "choose at least one scope");
        for s in &self.scopes {
            p.require(
                s == "all" || SCOPES.contains(&s.as_str()) || PLATFORM_SCOPES.contains(&s.as_str()),
                "scopes",
                &format!("unknown scope '{s}'; use <noun>.read, <noun>.write or all"),
            );
        }
        p.require(
            self.source.is_none() || self.scopes.iter().all(|scope| scope == SCOPE_OF_SOURCE),
            "scopes",
            "a key of one source only sends events: choose event.write alone, or no source",
        );
        p.done()
    }
}

/// What the scopes allow. `all` is an organization admin's permissions. A read scope includes exports, which show nothing else; `view.write` includes
/// sharing. A write scope does not include the read one: who only sends need not see. A key never holds permissions of an account, and those of the platform
/// by [`PLATFORM_SCOPES`] alone.
pub fn permissions(scopes: &[String]) -> PermissionSet {
    let admin = PermissionSet::of_role(crate::member::Role::Admin);
    let mut set = PermissionSet::NONE;
    for scope in scopes {
        if scope == "all" {
            set = set.union(admin);
            continue;
        }
        let (noun, verb) = scope.split_once('.').unwrap_or(("", ""));
        for key in Key::ALL {
            let (n, what) = key.as_str().split_once('.').unwrap_or(("", ""));
            let needs = match what {
                "export" => "read",
                "share" => "write",
                other => other,
            };
            if n == noun && needs == verb {
                set = set.with(*key);
            }
        }
    }
    let own = [
        Key::AccountRead,
        Key::AccountWrite,
        Key::OrganizationRead,
        Key::OrganizationCreate,
        Key::UserCreate,
        Key::OrganizationEnter,
    ];
    let ours = Key::ALL
        .iter()
        .filter(|k| set.has(**k) && !own.contains(k))
        .fold(PermissionSet::NONE, |s, k| s.with(*k));
    scopes.iter().fold(ours, |set, scope| match scope.as_str() {
        "organization.read" => set.with(Key::OrganizationRead),
        "organization.write" => set.with(Key::OrganizationCreate),
        _ => set,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_source_has_the_scope_that_sends_and_no_other() {
        let asked = |scopes: &[&str], source: Option<&str>| NewApiKey {
            name: "edge".to_owned(),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            source: source.map(str::to_owned),
            expires_at: None,
        };
        assert!(asked(&["event.write"], Some("edge")).check().is_ok());
        assert!(asked(&["all"], None).check().is_ok());
        for more in [&["all"][..], &["event.read"], &["event.write", "event.read"], &["organization.read"]] {
            let refused = asked(more, Some("edge")).check().unwrap_err();
            assert_eq!(refused.0[0].field, "scopes", "{more:?}");
        }
        assert_eq!(permissions(&[SCOPE_OF_SOURCE.to_owned()]).keys().collect::<Vec<_>>(), [Key::EventWrite]);
    }

    #[test]
    fn a_scope_that_writes_reads_nothing_and_one_that_reads_writes_nothing() {
        for scope in SCOPES {
            let (noun, verb) = scope.split_once('.').unwrap();
            for key in permissions(&[(*scope).to_owned()]).keys() {
                let (n, what) = key.as_str().split_once('.').unwrap();
                let wanted = if matches!(what, "read" | "export") { "read" } else { "write" };
                assert_eq!((n, wanted), (noun, verb), "{scope} allows {}", key.as_str());
            }
        }
        let both = permissions(&["event.write".to_owned(), "event.read".to_owned()]);
        assert!(both.has(Key::EventRead) && both.has(Key::EventWrite) && !both.has(Key::GroupRead));
        let all = permissions(&["all".to_owned()]);
        assert!(all.has(Key::EventRead));
        for (scope, key) in PLATFORM_SCOPES.iter().zip([Key::OrganizationRead, Key::OrganizationCreate]) {
            assert!(!all.has(key));
            assert_eq!(permissions(&[(*scope).to_owned()]).keys().collect::<Vec<_>>(), [key]);
        }
    }
}
