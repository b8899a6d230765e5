//! The shapes of the API as OpenAPI documents them. The domain's types know no HTTP, so they are described here; a test
//! compares every description with what is really sent.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::{ApiKeyItem, SessionItem};
use super::case_aids::SimilarCaseItem;
use super::case_jobs::CaseJobItem;
use super::case_merges::CaseMergeItem;
use super::case_notes::{CaseNoteItem, MentionItem, NoteRevisionItem};
use super::case_parts::{CaseChangeItem, CaseLinkItem, ObservableItem};
use super::case_reviews::CaseReviewItem;
use super::case_tasks::{CaseTaskItem, OpenTaskItem};
use super::case_templates::CaseTemplateItem;
use super::cases::{CaseEventItem, CaseFieldItem, CaseItem};
use super::causes::ExternalEventItem;
use super::drift_rules::DriftRuleItem;
use super::drifts::DriftItem;
use super::entries::CaseEntryItem;
use super::environments::EnvironmentItem;
use super::evidence::{CustodyItem, EvidenceItem};
use super::groups::{GroupChangeItem, GroupItem};
use super::iac::{DriftIgnoreItem, IacRepositoryItem, IacResourceItem};
use super::members::{InvitationItem, MemberItem, RoleItem};
use super::models::{MlModelItem, MlTrainingItem};
use super::organizations::OverseenItem;
use super::provider_roles::ProviderRoleItem;
use super::recommendations::RecommendationRuleItem;
use super::tags::TagItem;
use super::views::ViewItem;
use super::webhooks::{DeliveryItem, WebhookItem};

macro_rules! pages {
    ($($name:ident of $item:ty;)*) => {$(
        /// One page; go on with `cursor=<next_cursor>` until it is null.
        #[derive(ToSchema)]
        pub struct $name {
            pub items: Vec<$item>,
            #[schema(required = true)]
            pub next_cursor: Option<String>,
        }
    )*};
}
pages! {
    EventPage of EventItem;
    GroupPage of GroupItem;
    GroupHistoryPage of GroupChangeItem;
    ViewPage of ViewItem;
    CasePage of CaseItem;
    CaseEventPage of CaseEventItem;
    CaseNotePage of CaseNoteItem;
    NoteRevisionPage of NoteRevisionItem;
    ObservablePage of ObservableItem;
    CaseLinkPage of CaseLinkItem;
    CaseChangePage of CaseChangeItem;
    MentionPage of MentionItem;
    EvidencePage of EvidenceItem;
    CustodyPage of CustodyItem;
    CaseEntryPage of CaseEntryItem;
    CaseJobPage of CaseJobItem;
    CaseFieldPage of CaseFieldItem;
    SimilarCasePage of SimilarCaseItem;
    CaseTaskPage of CaseTaskItem;
    OpenTaskPage of OpenTaskItem;
    CaseMergePage of CaseMergeItem;
    CaseReviewPage of CaseReviewItem;
    CaseTemplatePage of CaseTemplateItem;
    DriftPage of DriftItem;
    DriftIgnorePage of DriftIgnoreItem;
    ExternalEventPage of ExternalEventItem;
    MlModelPage of MlModelItem;
    MlTrainingPage of MlTrainingItem;
    DriftRulePage of DriftRuleItem;
    RecommendationRulePage of RecommendationRuleItem;
    IacRepositoryPage of IacRepositoryItem;
    IacResourcePage of IacResourceItem;
    SourcePage of SourceItem;
    AuditPage of AuditItem;
    EnvironmentPage of EnvironmentItem;
    TagPage of TagItem;
    MemberPage of MemberItem;
    InvitationPage of InvitationItem;
    RolePage of RoleItem;
    ProviderRolePage of ProviderRoleItem;
    ApiKeyPage of ApiKeyItem;
    WebhookPage of WebhookItem;
    DeliveryPage of DeliveryItem;
    SessionPage of SessionItem;
    OverseenPage of OverseenItem;
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum SeverityWord {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

#[derive(ToSchema)]
pub struct EventItem {
    pub id: Uuid,
    pub occurred_at: DateTime<Utc>,
    pub ingested_at: DateTime<Utc>,
    pub severity: SeverityWord,
    /// As the sender wrote it.
    pub severity_text: String,
    #[schema(required = true)]
    pub component: Option<String>,
    #[schema(required = true)]
    pub service: Option<String>,
    #[schema(required = true)]
    pub environment: Option<String>,
    #[schema(required = true)]
    pub system_id: Option<String>,
    #[schema(required = true)]
    pub event_type: Option<String>,
    #[schema(required = true)]
    pub source_id: Option<Uuid>,
    /// Name of the source.
    #[schema(required = true)]
    pub source: Option<String>,
    pub message: String,
    /// The whole event as it was sent.
    pub raw_payload: Value,
    /// 32 hex digits over template, component and event type.
    pub fingerprint: String,
    pub group_id: Uuid,
}

#[derive(ToSchema)]
pub struct SourceItem {
    pub id: Uuid,
    pub name: String,
    pub source_type: String,
    #[schema(required = true)]
    pub ip: Option<String>,
    #[schema(required = true)]
    pub port: Option<i64>,
    #[schema(required = true)]
    pub protocol: Option<String>,
    pub status: String,
    /// `silent_after_minutes` where it was chosen, and `silent_since` while the source is silent.
    pub notifications: Value,
    #[schema(required = true)]
    pub last_activity: Option<DateTime<Utc>>,
    pub event_count: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub struct AuditItem {
    pub organization_id: Uuid,
    pub id: Uuid,
    /// 1, 2, 3… without gaps.
    pub seq: i64,
    pub created_at: DateTime<Utc>,
    #[schema(required = true)]
    pub actor_id: Option<Uuid>,
    pub actor: String,
    pub action: String,
    pub target_type: String,
    pub target_id: String,
    pub metadata: Value,
    #[schema(required = true)]
    pub old_values: Option<Value>,
    #[schema(required = true)]
    pub new_values: Option<Value>,
    #[schema(required = true)]
    pub ip_address: Option<String>,
    #[schema(required = true)]
    pub user_agent: Option<String>,
    #[schema(required = true)]
    pub session_id: Option<String>,
    pub success: bool,
    #[schema(required = true)]
    pub error_message: Option<String>,
    #[schema(required = true)]
    pub incident_id: Option<String>,
    pub prev_hash: String,
    /// SHA-256 over `prev_hash` and the entry as canonical JSON.
    pub hash: String,
}

/// What a sender writes. Other fields are kept in `raw_payload`.
#[derive(Serialize, ToSchema)]
pub struct EventIn {
    /// RFC 3339, or seconds or milliseconds since 1970.
    #[schema(example = "2026-11-23T09:30:00Z")]
    pub occurred_at: String,
    /// info, low, medium, high or critical; the words of syslog and others are understood.
    #[schema(example = "high")]
    pub severity: String,
    #[schema(example = "Failed password for root from 203.0.113.7")]
    pub message: String,
    #[schema(required = false)]
    pub component: Option<String>,
    #[schema(required = false)]
    pub service: Option<String>,
    #[schema(required = false)]
    pub environment: Option<String>,
    #[schema(required = false)]
    pub system_id: Option<String>,
    #[schema(required = false)]
    pub event_type: Option<String>,
    /// Name of the source; made on first use.
    #[schema(required = false)]
    pub source: Option<String>,
    /// A UUID of the sender's; an event with the same id is stored once, another event with a used id is refused.
    #[schema(required = false)]
    pub id: Option<Uuid>,
}

/// One event, or an array of events.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum EventsIn {
    One(Box<EventIn>),
    Many(Vec<EventIn>),
}

#[derive(ToSchema)]
pub struct RejectionItem {
    /// 0-based position in the body.
    pub index: u64,
    /// Empty when the row as a whole is wrong.
    pub field: String,
    pub reason: String,
}

/// What became of the rows; the accepted ones are on the disk.
#[derive(ToSchema)]
pub struct ReceiptItem {
    pub accepted: u64,
    pub rejected: u64,
    /// The first 1,000 reasons.
    pub rejections: Vec<RejectionItem>,
    /// Of the accepted rows those that were sent before, with the same id and content; left out where there are none.
    #[schema(required = false)]
    pub duplicates: Option<u64>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// Items a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SourceParameters {
    /// Part of the name.
    pub q: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditParameters {
    /// A part of anything that an entry says, in any case.
    pub q: Option<String>,
    /// E-mail, `api key <prefix>` or `system (<name>)`.
    pub actor: Option<String>,
    pub action: Option<String>,
    pub target_type: Option<String>,
    pub target_id: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub to: Option<DateTime<Utc>>,
}

/// Several values of one field (repeated, or with commas where a word has none) are alternatives; fields are all required.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventParameters {
    /// In the query language: words of the message, and fields such as `severity>=high component:auth -service:billing`.
    pub q: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Exclusive.
    pub to: Option<DateTime<Utc>>,
    pub severity: Option<Vec<SeverityWord>>,
    pub component: Option<Vec<String>>,
    pub service: Option<Vec<String>>,
    pub environment: Option<Vec<String>>,
    pub system_id: Option<Vec<String>>,
    pub event_type: Option<Vec<String>>,
    pub source_id: Option<Vec<Uuid>>,
    pub fingerprint: Option<String>,
    pub group_id: Option<Uuid>,
    /// `newest` or `oldest` first.
    pub order: Option<String>,
}
