//! The audit log: append-only, hash-chained per organization.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{AuditId, OrganizationId, Timestamp, UserId};

/// Signaled's action codes, one per kind of write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action(pub &'static str);

macro_rules! actions { ($($name:ident),* $(,)?) => {
    impl Action { $(pub const $name: Action = Action(stringify!($name));)* }
    /// Every code, for the filter on the audit page.
    pub const ACTIONS: &[&str] = &[$(stringify!($name)),*];
} }
/// Every kind of record that entries are about, for the filter on the audit page; a test compares it with what is written.
pub const TARGETS: &[&str] = &[
    "api_key",
    "audit",
    "case",
    "case_field",
    "case_template",
    "drift",
    "drift_ignore",
    "drift_metrics",
    "drift_rule",
    "environment",
    "event",
    "events",
    "external_event",
    "group",
    "invitation",
    "legal_hold",
    "member",
    "mention",
    "ml_model",
    "ml_training",
    "organization",
    "platform",
    "provider_roles",
    "repository",
    "retention",
    "retention_run",
    "session",
    "setting",
    "source",
    "tag",
    "upload",
    "user",
    "view",
    "webhook",
];

actions! {
    ORGANIZATION_CREATED, ORGANIZATION_UPDATED, ORGANIZATION_ENTERED, ORGANIZATION_MARKED, ORGANIZATION_KEPT, ORGANIZATION_DELETED, USER_CREATED, USER_UPDATED, USER_CONFIRMED, PASSWORD_CHANGED, PASSWORD_CONFIRMED, FACTOR_ADDED, FACTOR_REMOVED, FACTOR_RESET, RECOVERY_CODES_MADE, RECOVERY_CODE_USED, SIGNED_IN, SIGN_IN_FAILED,
    SIGNED_OUT, SESSION_REVOKED, IDENTITY_LINKED, IDENTITY_UNLINKED, PROVIDER_ROLES_CHANGED, MEMBER_INVITED, INVITATION_WITHDRAWN, MEMBER_ADDED, MEMBER_UPDATED, MEMBER_REMOVED, API_KEY_CREATED, API_KEY_REVOKED, SOURCE_CREATED,
    SOURCE_UPDATED, SOURCE_DELETED, SOURCE_SILENT, SOURCE_HEARD, ENVIRONMENT_CREATED, ENVIRONMENT_UPDATED, ENVIRONMENT_DELETED, EVENTS_INGESTED, EVENTS_IMPORTED, UPLOAD_CREATED,
    UPLOAD_STARTED, UPLOAD_DISCARDED, UPLOAD_FINISHED,
    EXPORT_REQUESTED, SETTINGS_UPDATED, DEMO_FILLED, ROLLUPS_REBUILT,
    RETENTION_CHANGED, LEGAL_HOLD_PLACED, LEGAL_HOLD_LIFTED, EVENTS_RETIRED,
    GROUPS_RESOLVED, GROUPS_REOPENED, GROUPS_MUTED, GROUPS_UNMUTED, GROUPS_ASSIGNED, GROUPS_UNDONE, GROUPS_REVIEWED,
    VIEW_CREATED, VIEW_UPDATED, VIEW_DELETED, DEFAULT_VIEW_SET,
    GROUPS_MERGED, GROUPS_UNMERGED, GROUPS_SPLIT,
    CASE_CREATED, CASE_UPDATED, CASE_STARTED, CASE_RESOLVED, CASE_REOPENED, CASES_CHANGED, CASES_UNDONE, CASES_MERGED, CASES_UNMERGED,
    CASE_REVIEW_REQUESTED, CASE_REVIEW_RETURNED, CASE_REVIEW_WITHDRAWN, CASE_TEMPLATE_CREATED, CASE_TEMPLATE_UPDATED, CASE_FIELD_CREATED, CASE_FIELD_UPDATED, CASE_LINKING_STARTED, CASE_LINKING_CANCELLED, EVENTS_LINKED_TO_CASE, EVENTS_UNLINKED_FROM_CASE,
    EVENT_LINKED_TO_CASE, GROUP_LINKED_TO_CASE, DRIFT_LINKED_TO_CASE, EVENT_UNLINKED_FROM_CASE, GROUP_UNLINKED_FROM_CASE,
    DRIFT_UNLINKED_FROM_CASE,
    CASE_NOTE_ADDED, CASE_NOTE_EDITED, CASE_NOTE_DELETED, MENTIONS_READ,
    CASE_TASK_ADDED, CASE_TASK_UPDATED, CASE_TASK_DELETED, OBSERVABLES_ADDED, OBSERVABLE_REMOVED,
    EVIDENCE_ADDED, EVIDENCE_DOWNLOADED, EVIDENCE_VERIFIED, EVIDENCE_REMOVED, CASE_ENTRY_ADDED, CASE_ENTRY_DELETED, CASE_EXPORTED,
    TAG_CREATED, TAG_RENAMED, TAGS_MERGED, TAG_DELETED,
    WEBHOOK_CREATED, WEBHOOK_UPDATED, WEBHOOK_DELETED, WEBHOOK_SECRET_CHANGED, WEBHOOK_TESTED, WEBHOOK_REDELIVERED, WEBHOOK_DISABLED,
    DRIFT_PUSHED, DRIFTS_CHANGED, DRIFTS_UNDONE, DRIFT_ESCALATED, DRIFT_IGNORED, DRIFT_IGNORE_LIFTED, RECOMMENDATION_IMPLEMENTED, RECOMMENDATION_DISMISSED,
    RECOMMENDATION_STEPS_CHANGED, DRIFT_RULE_CHANGED, DRIFT_RULE_RESET, IAC_REPOSITORY_CREATED, IAC_REPOSITORY_UPDATED,
    CAUSE_CONFIRMED, CAUSE_CORRECTED, CAUSE_LABEL_REMOVED, EXTERNAL_EVENTS_TOLD, MODEL_TRAINING_STARTED, MODEL_TRAINED, MODEL_ACTIVATED, MODEL_SHADOWED, MODEL_ROLLED_BACK,
    BACKUP_STARTED, BACKUP_RESTORED, DATABASE_MOVED,
}

/// Who did it, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditActor {
    pub user_id: Option<UserId>,
    /// E-mail, `api key <prefix>`, or `system`; kept as text so that it outlives the account.
    pub label: String,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub session_id: Option<String>,
}

/// What a use-case hands to `commit`. The store adds id, sequence, time and hashes.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub action: Action,
    pub target_type: &'static str,
    pub target_id: String,
    pub metadata: serde_json::Value,
    pub old_values: Option<serde_json::Value>,
    pub new_values: Option<serde_json::Value>,
    pub success: bool,
    pub error_message: Option<String>,
}

impl AuditEntry {
    pub fn new(action: Action, target_type: &'static str, target_id: impl ToString) -> Self {
        Self {
            action,
            target_type,
            target_id: target_id.to_string(),
            metadata: serde_json::Value::Object(Default::default()),
            old_values: None,
            new_values: None,
            success: true,
            error_message: None,
        }
    }
    #[must_use]
    pub fn metadata(mut self, metadata: serde_json::Value) -> Self {
        self.metadata = metadata;
        self
    }
    #[must_use]
    pub fn change(mut self, old: Option<serde_json::Value>, new: Option<serde_json::Value>) -> Self {
        self.old_values = old;
        self.new_values = new;
        self
    }
    #[must_use]
    pub fn failed(mut self, message: impl Into<String>) -> Self {
        self.success = false;
        self.error_message = Some(message.into());
        self
    }
}

/// A stored entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    pub organization_id: OrganizationId,
    pub id: AuditId,
    /// 1, 2, 3… without gaps in each organization.
    pub seq: i64,
    pub created_at: Timestamp,
    pub actor_id: Option<UserId>,
    pub actor: String,
    pub action: String,
    pub target_type: String,
    pub target_id: String,
    pub metadata: serde_json::Value,
    pub old_values: Option<serde_json::Value>,
    pub new_values: Option<serde_json::Value>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub session_id: Option<String>,
    pub success: bool,
    pub error_message: Option<String>,
    pub incident_id: Option<uuid::Uuid>,
    /// Hex SHA-256 of the entry before; 64 zeros for the first.
    pub prev_hash: String,
    pub hash: String,
}

impl AuditRecord {
    /// SHA-256 (hex) over the previous hash and every field as canonical JSON: keys sorted, no blanks, `old_values` and
    /// `new_values` left out where they are NULL, so that the hash tells it from JSON's `null`.
    pub fn compute_hash(&self) -> String {
        let mut fields = self.fields();
        if let Some(fields) = fields.as_object_mut() {
            for (name, value) in [("old_values", &self.old_values), ("new_values", &self.new_values)] {
                if value.is_none() {
                    fields.remove(name);
                }
            }
        }
        self.hash_over(&fields)
    }

    /// Whether the hash is the one of the fields; entries of the first schemas (up to 68) hashed NULL as `null`.
    pub fn is_as_hashed(&self) -> bool {
        self.hash == self.compute_hash() || self.hash == self.hash_over(&self.fields())
    }

    fn fields(&self) -> serde_json::Value {
        serde_json::json!({
            "organization_id": self.organization_id, "id": self.id, "seq": self.seq, "created_at": self.created_at,
            "actor_id": self.actor_id, "actor": self.actor, "action": self.action, "target_type": self.target_type,
            "target_id": self.target_id, "metadata": self.metadata, "old_values": self.old_values, "new_values": self.new_values,
            "ip_address": self.ip_address, "user_agent": self.user_agent, "session_id": self.session_id,
            "success": self.success, "error_message": self.error_message, "incident_id": self.incident_id,
        })
    }

    fn hash_over(&self, fields: &serde_json::Value) -> String {
        let mut h = Sha256::new();
        h.update(self.prev_hash.as_bytes());
        // serde_json's default map is sorted (no `preserve_order`), so this text is canonical.
        h.update(fields.to_string().as_bytes());
        hex(&h.finalize())
    }
}

/// The hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// A part of the label, in any case.
    pub actor: Option<String>,
    pub action: Option<String>,
    pub target_type: Option<String>,
    pub target_id: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// A part of anything that an entry says, in any case: who, what, about what, the values, the reason.
    #[serde(default)]
    pub q: Option<String>,
}

/// One link of a chain: all that is needed to follow it past an entry whose words are not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub seq: i64,
    pub prev_hash: String,
    pub hash: String,
}

/// What `audit verify` found in one organization's chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub organization: String,
    pub entries: i64,
    /// Sequence and hash of the last entry, to compare with one exported earlier.
    pub head_seq: i64,
    pub head_hash: String,
    /// Sequences that do not fit, and why: the first hundred.
    pub broken: Vec<(i64, String)>,
    /// All that do not fit.
    pub breaks: i64,
}
