//! Groups: events of one fingerprint.

pub mod life;
pub mod rule;
pub mod slots;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::member::words;
use crate::{GroupId, OrganizationId, Severity, Timestamp, UserId};

pub use life::{Life, Status};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub fingerprint: String,
    /// The message with its variable parts as `<slot>` marks.
    pub template: String,
    pub component: Option<String>,
    pub event_type: Option<String>,
    /// The message of the first event, as an example.
    pub example: String,
    /// The highest seen.
    pub severity: Severity,
    pub event_count: i64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub life: Life,
    /// The name of the member who has it.
    pub assignee: Option<String>,
    /// The group that this one is read with. Then its figures are those of its own events alone; those of a group that
    /// others are merged into are the sums of all.
    pub merged_into: Option<GroupId>,
    /// Groups that are merged into it.
    pub members: i64,
    /// The group that its events were split from.
    pub split_from: Option<GroupId>,
}

/// What a list of groups shows. Empty and `None` mean "any".
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    pub severity: Vec<Severity>,
    pub status: Vec<Status>,
    pub assigned_to: Option<Assignee>,
    /// Over [`GROUPS`](crate::query::GROUPS). A text is a case-insensitive part of the example, or of the template as it is stored
    /// or shown; or a part of a message, whose variable parts are slots.
    pub query: Option<crate::query::Query>,
    pub component: Vec<String>,
    /// Groups with an event at or after this instant.
    pub from: Option<Timestamp>,
    /// Groups whose first event was before this instant.
    pub to: Option<Timestamp>,
    pub sort: GroupSort,
}

/// Whose groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignee {
    Nobody,
    User(UserId),
}

words! {
    /// The order of a list of groups, the largest or latest first.
    GroupSort { LastSeen = "last_seen", FirstSeen = "first_seen", Count = "count" }
    "not an order: last_seen, first_seen or count"
}

#[expect(clippy::derivable_impls, reason = "the `words!` macro writes the enum")]
impl Default for GroupSort {
    fn default() -> Self {
        Self::LastSeen
    }
}

impl GroupId {
    /// UUIDv8 over organization and fingerprint: concurrent writers agree on it without a look-up, and a rebuild
    /// from raw events yields the same ids.
    pub fn derive(organization: OrganizationId, fingerprint: &str) -> Self {
        let mut h = Sha256::new();
        h.update(organization.0.as_bytes());
        h.update(fingerprint.as_bytes());
        let digest = h.finalize();
        let mut bytes = [0u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
    pub fn nil() -> Self {
        Self(Uuid::nil())
    }
}
