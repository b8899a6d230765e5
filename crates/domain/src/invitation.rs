//! Invitations: an organization's offer of a membership to whoever has an e-mail address. It says nothing of whether anybody
//! does; the person sees it in the own account and accepts.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::{ApprovalLevel, Role};
use crate::{Invalid, InvitationId, OrganizationId, Timestamp, organization};

/// Days after which an invitation ends by itself.
pub const DAYS: i64 = 30;
/// Days for which it is remembered, so that an old link says what became of it.
pub const KEPT_DAYS: i64 = 2 * DAYS;

/// As the organization sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: InvitationId,
    /// In lower case.
    pub email: String,
    pub role: Role,
    pub approval_level: ApprovalLevel,
    /// The inviting person's e-mail, kept as text.
    pub invited_by: String,
    pub created_at: Timestamp,
}

/// As the invited person sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Received {
    pub id: InvitationId,
    pub organization_id: OrganizationId,
    pub slug: String,
    /// The organization's name.
    pub name: String,
    pub role: Role,
    pub approval_level: ApprovalLevel,
    pub invited_by: String,
    pub created_at: Timestamp,
}

/// As whoever opens its link sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    pub id: InvitationId,
    pub organization_id: OrganizationId,
    pub slug: String,
    /// The organization's name.
    pub name: String,
    /// Whom it is for, in lower case.
    pub email: String,
    pub role: Role,
    pub approval_level: ApprovalLevel,
    pub invited_by: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl Linked {
    /// Its time has passed.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.created_at.plus_seconds(DAYS * 86_400)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewInvitation {
    pub email: String,
    pub role: Role,
    pub approval_level: ApprovalLevel,
}

impl NewInvitation {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(organization::is_email(self.email.trim()), "email", "not an e-mail address");
        p.done()
    }
}
