//! Identifiers: a UUIDv7 each, wrapped so that one noun's id cannot stand where another's belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every id can do; the store and the clock are generic over it.
pub trait Id: Copy + Send + Sync + 'static {
    fn from_uuid(uuid: Uuid) -> Self;
    fn uuid(self) -> Uuid;
}

/// For those who make ids of several nouns.
impl Id for Uuid {
    fn from_uuid(uuid: Uuid) -> Self {
        uuid
    }
    fn uuid(self) -> Uuid {
        self
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
    )*};
}

ids! {
    OrganizationId,
    EnvironmentId,
    UserId,
    MembershipId,
    InvitationId,
    /// A row of `user_sessions`: one signed-in device.
    UserSessionId,
    ApiKeyId,
    SourceId,
    EventId,
    /// Derived from organization and fingerprint, so that two writers agree without asking (see `group`).
    GroupId,
    /// A row of a group's history.
    GroupChangeId,
    /// Shared by the changes that one action made; an undo names it.
    GroupActionId,
    /// A rule that people taught the grouping: a merge or a split.
    GroupRuleId,
    AuditId,
    UploadId,
    ViewId,
    CaseId,
    /// A row of a case's history.
    CaseChangeId,
    /// Shared by the changes that one action on cases made; an undo names it.
    CaseActionId,
    CaseLinkId,
    /// A field that an organization gives its cases.
    CaseFieldId,
    CaseReviewId,
    CaseTemplateId,
    /// Linking all that a query finds to a case.
    CaseJobId,
    CaseNoteId,
    CaseTaskId,
    /// Something that somebody put into a case's timeline.
    CaseEntryId,
    EvidenceId,
    TagId,
    ObservableId,
    WebhookId,
    /// One telling of a webhook.
    WebhookDeliveryId,
    IacRepositoryId,
    IacResourceId,
    DriftId,
    DriftChangeId,
    /// A row of a drift's history.
    DriftStepId,
    /// Shared by the steps that one action on drifts made; an undo names it.
    DriftActionId,
    DriftIgnoreId,
    DriftPushId,
    /// What to do about a drift.
    RecommendationId,
    /// What is thought of a drift's cause.
    CauseId,
    /// Something near a drift in time.
    CorrelationId,
    OperationalContextId,
    /// A commit, a ticket, a deployment that somebody told.
    ExternalEventId,
    MlModelId,
    MlPredictionId,
    MlTrainingId,
}

/// The reserved organization that holds the platform's own audit chain (sign-ins, new organizations).
/// It is never listed and nobody is a member of it.
pub const PLATFORM: OrganizationId = OrganizationId(Uuid::nil());
