//! Drift: how the real infrastructure differs from its code (DriftGuard's words).
//!
//! One drift is one resource with one set of paths. A push opens it, sees it again, or does not find it any more; people
//! acknowledge, assign and resolve it. What moves it through its life is [`State::act`] and [`State::seen`].

pub mod life;
pub mod metrics;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::invalid::Problems;
use crate::member::words;
use crate::{
    CaseId, DriftActionId, DriftChangeId, DriftId, DriftIgnoreId, DriftPushId, EnvironmentId,
    IacRepositoryId, IacResourceId, Invalid, Severity, Timestamp, UserId,
};

pub use life::*;

words! {
    /// What a push holds.
    Format {
        TerraformPlan = "terraform-plan", TerraformState = "terraform-state", Cloudformation = "cloudformation",
        Kubernetes = "kubernetes",
    }
    "not a format: terraform-plan, terraform-state, cloudformation or kubernetes"
}

words! {
    /// What manages a repository's resources.
    Tool { Terraform = "terraform", Cloudformation = "cloudformation", Kubernetes = "kubernetes" }
    "not a tool: terraform, cloudformation or kubernetes"
}

words! {
    /// What happened to a resource.
    DriftType { Modified = "modified", Deleted = "deleted", Added = "added", Moved = "moved" }
    "not a kind of drift: modified, deleted, added or moved"
}

words! {
    /// What happened to a property.
    ChangeType { Modified = "modified", Added = "added", Removed = "removed" }
    "not a kind of change: modified, added or removed"
}

words! {
    /// What the last look at a resource found. `unchecked`: the push names it but says nothing of the real thing.
    Verdict { InSync = "in_sync", Drifted = "drifted", Unchecked = "unchecked" }
    "not a verdict: in_sync, drifted or unchecked"
}

words! {
    /// What an ignore rule holds for.
    IgnoreScope { Resource = "resource", Type = "type", Environment = "environment" }
    "not a scope: resource, type or environment"
}

words! {
    /// How the list of drifts is sorted; each the largest or latest first.
    DriftSort { Severity = "severity", Onset = "onset", Seen = "seen", Number = "number" }
    "not a sort: severity, onset, seen or number"
}

impl Format {
    pub fn tool(self) -> Tool {
        match self {
            Self::TerraformPlan | Self::TerraformState => Tool::Terraform,
            Self::Cloudformation => Tool::Cloudformation,
            Self::Kubernetes => Tool::Kubernetes,
        }
    }
}

impl Tool {
    /// As the reader sees it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Terraform => "Terraform",
            Self::Cloudformation => "CloudFormation",
            Self::Kubernetes => "Kubernetes",
        }
    }
}

impl DriftType {
    /// What an ignore rule names instead of a path: what happened to the whole.
    pub fn whole(self) -> Option<&'static str> {
        match self {
            Self::Modified => None,
            Self::Deleted => Some("(deleted)"),
            Self::Added => Some("(added)"),
            Self::Moved => Some("(moved)"),
        }
    }
}

/// Longest reason or note, in characters.
pub const MAX_REASON: usize = 2_000;
/// Most drifts of one action.
pub const MAX_DRIFTS: usize = 500;
/// Longest lifetime of an ignore rule or an acceptance, in days.
pub const MAX_DAYS: i64 = 3_650;

/// A repository of infrastructure code, in one environment (DriftGuard's `iac_repositories`).
#[derive(Clone, Debug, PartialEq)]
pub struct Repository {
    pub id: IacRepositoryId,
    pub environment_id: EnvironmentId,
    /// Slug of the environment, joined.
    pub environment: String,
    pub name: String,
    pub repository_url: Option<String>,
    pub branch: String,
    pub tool: Tool,
    /// The last push.
    pub last_sync_at: Option<Timestamp>,
    /// Something is sealed there; it is never told.
    pub has_credentials: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub coverage: Coverage,
}

/// How much of a repository was looked at, in resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The code knows them.
    pub declared: i64,
    /// Declared, and the last push looked at the real thing.
    pub seen: i64,
    /// There without any code.
    pub unmanaged: i64,
    /// The last push did not name them: what is known of them is old.
    pub stale: i64,
    /// Drifts that nobody resolved.
    pub open: i64,
}

/// What a repository is made or changed with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewRepository {
    pub name: String,
    pub repository_url: Option<String>,
    pub branch: String,
    /// A new secret to seal; `None` leaves what is there.
    pub credentials: Option<String>,
}

impl NewRepository {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        check_name(&mut p, &self.name);
        p.name(&self.branch, "branch", 100);
        if let Some(url) = &self.repository_url {
            let known = ["https://", "http://", "ssh://", "git@", "file://"]
                .iter()
                .any(|start| url.starts_with(start));
            p.require(
                known,
                "repository_url",
                "an address such as https://git.example/infra.git or git@git.example:infra.git",
            );
            p.require(url.chars().count() <= 500, "repository_url", "at most 500 characters");
            p.require(
                !url.split_once("://").is_some_and(|(_, rest)| {
                    rest.split('/').next().is_some_and(|host| host.contains(':') && host.contains('@'))
                }),
                "repository_url",
                "leave the password out of the address; there is a field for credentials",
            );
        }
        if let Some(secret) = &self.credentials {
            p.require(secret.len() <= 10_000, "credentials", "at most 10,000 bytes");
        }
        p.done()
    }
}

/// The name of a repository, also of one that the first push makes.
pub fn check_name(p: &mut Problems, name: &str) {
    p.name(name, "name", 255);
}

/// A resource of the code, or one without code (DriftGuard's `iac_resources`).
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub id: IacResourceId,
    pub iac_repository_id: IacRepositoryId,
    /// Names, joined.
    pub repository: String,
    pub environment: String,
    pub resource_type: String,
    /// Its address in the code.
    pub resource_id: String,
    pub provider: Option<String>,
    pub physical_id: Option<String>,
    pub is_declared: bool,
    pub verdict: Verdict,
    pub unchecked_because: Option<String>,
    /// The push that named it last.
    pub last_sync_at: Timestamp,
    /// A later push did not name it.
    pub is_stale: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Its drifts that nobody resolved.
    pub open_drifts: i64,
}

/// What a push did (the answer of `POST /api/v1/drift`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PushReport {
    pub resources: i64,
    /// Resources that differ in something that nobody ignores.
    pub drifted: i64,
    /// Of these, drifts that were not known before.
    pub new: i64,
    /// Drifts that were not found any more.
    pub resolved: i64,
    /// Changes that rules left out.
    pub ignored: i64,
    pub problems: Vec<PushProblem>,
}

/// What could not be read of a push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushProblem {
    pub file: String,
    pub path: String,
    pub line: Option<i64>,
    pub reason: String,
}

/// One push, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    pub id: DriftPushId,
    pub format: Format,
    pub pushed_at: Timestamp,
    pub actor: String,
    pub resources: i64,
    pub drifted: i64,
    pub new_drifts: i64,
    pub resolved: i64,
    pub ignored: i64,
    pub problems: Value,
}

/// One drift (DriftGuard's `drift_events`).
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    pub id: DriftId,
    /// Counts up in the organization: `DRIFT-9`.
    pub number: i64,
    pub environment_id: EnvironmentId,
    pub iac_repository_id: IacRepositoryId,
    pub iac_resource_id: IacResourceId,
    /// Joined.
    pub environment: String,
    pub repository: String,
    pub tool: Tool,
    pub resource_type: String,
    pub resource_id: String,
    pub drift_type: DriftType,
    /// The onset.
    pub detected_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Pushes that had it.
    pub seen_count: i64,
    /// A later push did not name the resource: it is neither there nor gone.
    pub is_stale: bool,
    pub state: State,
    /// Name of the assignee, joined.
    pub assignee: Option<String>,
    /// The case it was escalated to the last time; all that it is in are told by the links of cases.
    pub case_id: Option<CaseId>,
    /// Joined.
    pub case_number: Option<i64>,
    pub severity_score: f64,
    pub confidence_score: f64,
    /// Four axes: security, performance, cost, compliance.
    pub risk_assessment: Value,
    /// Of the resource.
    pub tags: Value,
    /// Noise, reasons of the scores, where it moved from, what the next apply would do.
    pub metadata: Value,
    pub version: i64,
    /// How many of its changes nobody ignores, and how many of these are critical.
    pub change_count: i64,
    pub critical_count: i64,
}

impl Drift {
    pub fn key(&self) -> String {
        format!("DRIFT-{}", self.number)
    }
    pub fn severity(&self) -> Severity {
        severity(self.severity_score)
    }
}

/// The word for a score, so that drifts stand beside events and cases.
pub fn severity(score: f64) -> Severity {
    match score {
        s if s >= 0.85 => Severity::Critical,
        s if s >= 0.65 => Severity::High,
        s if s >= 0.4 => Severity::Medium,
        s if s >= 0.15 => Severity::Low,
        _ => Severity::Info,
    }
}

/// One property that differs (DriftGuard's `drift_changes`).
#[derive(Clone, Debug, PartialEq)]
pub struct DriftChange {
    pub id: DriftChangeId,
    pub property_path: String,
    pub change_type: ChangeType,
    pub declared_value: Option<Value>,
    pub actual_value: Option<Value>,
    pub is_security_critical: bool,
    pub is_sensitive: bool,
    pub is_relevant: Option<bool>,
    /// Who set it, where the tool knows.
    pub owner: Option<String>,
    /// Ids of the rules that it meets.
    pub rules: Value,
    pub ignored_by: Option<DriftIgnoreId>,
}

/// What is left out of drifts.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignore {
    pub id: DriftIgnoreId,
    pub scope: IgnoreScope,
    /// Of the scope `resource`.
    pub iac_resource_id: Option<IacResourceId>,
    /// Its address, joined.
    pub resource_id: Option<String>,
    pub resource_type: Option<String>,
    /// Of the scopes `type` (absent: every environment) and `environment`.
    pub environment_id: Option<EnvironmentId>,
    /// Its slug, joined.
    pub environment: Option<String>,
    pub property_path: String,
    pub reason: String,
    pub created_by_id: Option<UserId>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub lifted_at: Option<Timestamp>,
    pub lifted_by: Option<String>,
    /// With what it was made: taking that back takes the rule back. Nothing of the rules of old.
    pub action_id: Option<DriftActionId>,
    /// How often a push had what it leaves out.
    pub hits: i64,
    pub last_hit_at: Option<Timestamp>,
}

impl Ignore {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.lifted_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
    /// Whether a property of a resource is left out. `path` may be [`DriftType::whole`].
    pub fn covers(
        &self,
        resource: IacResourceId,
        resource_type: &str,
        environment: EnvironmentId,
        path: &str,
    ) -> bool {
        let place = match self.scope {
            IgnoreScope::Resource => self.iac_resource_id == Some(resource),
            IgnoreScope::Type => {
                self.resource_type.as_deref() == Some(resource_type)
                    && self.environment_id.is_none_or(|e| e == environment)
            }
            IgnoreScope::Environment => self.environment_id == Some(environment),
        };
        place && is_below(path, &self.property_path)
    }
}

/// The property itself, or one inside it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What one drift of a resource is known by: what happened, and the paths that nobody ignores.
pub fn fingerprint<'a>(drift_type: DriftType, paths: impl IntoIterator<Item = &'a str>) -> String {
    let mut paths: Vec<&str> = paths.into_iter().collect();
    paths.sort_unstable();
    paths.dedup();
    let mut hash = Sha256::new();
    hash.update(drift_type.as_str());
    for path in paths {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
    }
    crate::audit::hex(&hash.finalize())[..32].to_owned()
}

/// Which drifts a list shows.
#[derive(Clone, Debug, Default)]
pub struct DriftFilter {
    pub query: Option<crate::query::Query>,
    pub status: Vec<DriftStatus>,
    pub assigned_to: Option<crate::group::Assignee>,
    pub environment: Option<String>,
    pub repository_id: Option<IacRepositoryId>,
    pub resource_id: Option<IacResourceId>,
    pub resource_type: Option<String>,
    pub drift_type: Option<DriftType>,
    /// Seen, changed or resolved at or after this instant.
    pub updated_since: Option<Timestamp>,
}

/// A reason that a person gives, checked.
pub fn check_reason(reason: &str, required: bool) -> Result<(), Invalid> {
    let mut p = Problems::default();
    p.require(!required || !reason.trim().is_empty(), "reason", "say why, in a few words");
    p.require(reason.chars().count() <= MAX_REASON, "reason", "at most 2,000 characters");
    p.done()
}

/// Days until something ends; `None` is never.
pub fn check_days(days: Option<i64>) -> Result<(), Invalid> {
    match days {
        Some(days) if !(1..=MAX_DAYS).contains(&days) => {
            Err(Invalid::field("days", "between 1 and 3,650 days, or leave it empty"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_is_known_by_its_set_of_paths() {
        let one = fingerprint(DriftType::Modified, ["b", "a"]);
        assert_eq!(one, fingerprint(DriftType::Modified, ["a", "b", "a"]));
        assert_ne!(one, fingerprint(DriftType::Modified, ["ab"]));
        assert_ne!(fingerprint(DriftType::Deleted, []), fingerprint(DriftType::Added, []));
    }

    #[test]
    fn a_rule_covers_a_property_and_what_is_inside_it() {
        assert!(is_below("tags", "tags") && is_below("tags.a", "tags") && is_below("tags[\"a.b\"]", "tags"));
        assert!(!is_below("tags_all.a", "tags") && !is_below("tag", "tags"));
    }

    #[test]
    fn an_address_with_a_password_is_refused() {
        let new = |url: &str| NewRepository {
            name: "infra".into(),
            branch: "main".into(),
            repository_url: Some(url.to_owned()),
            credentials: None,
        };
        assert!(new("https://git.example/infra.git").check().is_ok());
        assert!(new("git@git.example:infra.git").check().is_ok());
        assert!(new("https://me:secret@git.example/infra.git").check().is_err());
        assert!(new("infra").check().is_err());
    }
}
