//! The one permission table: what each role may do. Roles, API-key scopes and the matrix page are generated from it.

use std::fmt;

use crate::member::Role;

/// A permission as a type; `Cx<P>` in the service proves that it was checked.
pub trait Permission: Send + Sync + 'static {
    const KEY: Key;
}
/// A permission that lets its holder write. Only such a context opens a write transaction.
pub trait Mutating: Permission {}

macro_rules! permissions {
    ($($kind:ident $name:ident = $word:literal [$($role:ident)*] $what:literal;)*) => {
        /// Every permission as a value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key { $($name),* }
        impl Key {
            pub const ALL: &'static [Key] = &[$(Key::$name),*];
            /// `noun.verb`, also the API-key scope.
            pub fn as_str(self) -> &'static str { match self { $(Key::$name => $word),* } }
            /// One sentence for the matrix page.
            pub fn describe(self) -> &'static str { match self { $(Key::$name => $what),* } }
            fn roles(self) -> &'static [Holder] { match self { $(Key::$name => &[$(Holder::$role),*]),* } }
        }
        $(
            #[doc = $what]
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Permission for $name { const KEY: Key = Key::$name; }
            permissions!(@$kind $name);
        )*
    };
    (@read $name:ident) => {};
    (@write $name:ident) => { impl Mutating for $name {} };
}

/// Who can hold a permission: the three roles of a membership, and the platform role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Viewer,
    Analyst,
    Admin,
    Sre,
}

permissions! {
    read  EventRead = "event.read" [Viewer Analyst Admin Sre] "See events and the overview";
    write EventWrite = "event.write" [Analyst Admin] "Send and upload events";
    write EventExport = "event.export" [Viewer Analyst Admin Sre] "Export events as files (the export is itself audited)";
    read  GroupRead = "group.read" [Viewer Analyst Admin Sre] "See groups of events";
    write GroupWrite = "group.write" [Analyst Admin] "Resolve, mute and assign groups of events";
    read  ViewRead = "view.read" [Viewer Analyst Admin Sre] "See one's own and shared views of lists";
    write ViewWrite = "view.write" [Viewer Analyst Admin Sre] "Save views of lists for oneself, choose a default";
    write ViewShare = "view.share" [Analyst Admin] "Share views in the organization, change and delete shared ones";
    read  CaseRead = "case.read" [Viewer Analyst Admin Sre] "See cases with their notes, tasks and observables";
    write CaseWrite = "case.write" [Analyst Admin] "Open and work on cases: edit, link, note, assign, resolve, reopen";
    write CaseReview = "case.review" [Analyst Admin] "Close or return cases that somebody else asks to close";
    write CaseExport = "case.export" [Viewer Analyst Admin Sre] "Export cases as files (the export is itself audited)";
    read  TagRead = "tag.read" [Viewer Analyst Admin Sre] "See tags";
    write TagWrite = "tag.write" [Analyst Admin] "Make, change, merge and delete tags";
    read  DriftRead = "drift.read" [Viewer Analyst Admin Sre] "See drift, repositories of infrastructure code and their resources";
    write DriftWrite = "drift.write" [Analyst Admin] "Push drift, and work on it: acknowledge, assign, resolve, ignore";
    write DriftExport = "drift.export" [Viewer Analyst Admin Sre] "Export figures of drift as files (the export is itself audited)";
    write ModelWrite = "model.write" [Admin] "Train models of causes, let them judge, roll them back";
    read  SourceRead = "source.read" [Viewer Analyst Admin Sre] "See sources";
    write SourceWrite = "source.write" [Admin] "Add and change sources";
    read  EnvironmentRead = "environment.read" [Viewer Analyst Admin Sre] "See environments";
    write EnvironmentWrite = "environment.write" [Admin] "Add and change environments";
    read  MemberRead = "member.read" [Analyst Admin Sre] "See who belongs to the organization";
    write MemberWrite = "member.write" [Admin] "Add members, change roles, disable members";
    read  SessionRead = "session.read" [Admin Sre] "See where members are signed in";
    write SessionWrite = "session.write" [Admin Sre] "Sign members out";
    read  ApiKeyRead = "api_key.read" [Admin Sre] "See API keys (never their secret)";
    write ApiKeyWrite = "api_key.write" [Admin] "Make and revoke API keys";
    read  AuditRead = "audit.read" [Viewer Admin Sre] "Read the audit log";
    write AuditExport = "audit.export" [Viewer Admin Sre] "Export the audit log (the export is itself audited)";
    read  SettingsRead = "settings.read" [Admin Sre] "See the organization's settings";
    write SettingsWrite = "settings.write" [Admin] "Change the organization's settings";
    write OrganizationEnter = "organization.enter" [Viewer Analyst Admin Sre] "Enter the organization";
    read  OrganizationRead = "organization.read" [Sre] "See all organizations and how much they hold";
    write OrganizationCreate = "organization.create" [Sre] "Create, rename, suspend and delete organizations";
    write UserCreate = "user.create" [Sre] "Create user accounts";
    read  AccountRead = "account.read" [Viewer Analyst Admin Sre] "See one's own account and devices";
    write AccountWrite = "account.write" [Viewer Analyst Admin Sre] "Change one's own password and sign out devices";
}

/// A set of permissions: of a role, or of an API key's scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u64);

impl PermissionSet {
    pub const NONE: Self = Self(0);
    pub fn of(holder: Holder) -> Self {
        Key::ALL.iter().filter(|k| k.roles().contains(&holder)).fold(Self(0), |set, k| set.with(*k))
    }
    pub fn of_role(role: Role) -> Self {
        Self::of(match role {
            Role::Viewer => Holder::Viewer,
            Role::Analyst => Holder::Analyst,
            Role::Admin => Holder::Admin,
        })
    }
    /// Everything: the command line acting on its own machine.
    pub fn all() -> Self {
        Key::ALL.iter().fold(Self(0), |set, k| set.with(*k))
    }
    #[must_use]
    pub fn with(self, key: Key) -> Self {
        Self(self.0 | (1 << key as u64))
    }
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    pub fn has(self, key: Key) -> bool {
        self.0 & (1 << key as u64) != 0
    }
    pub fn keys(self) -> impl Iterator<Item = Key> {
        Key::ALL.iter().copied().filter(move |k| self.has(*k))
    }
}
impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys().map(Key::as_str)).finish()
    }
}
