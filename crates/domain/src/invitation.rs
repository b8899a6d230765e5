//! Invitations: an organization's offer of a membership to whoever has an e-mail address. It says nothing of whether anybody
//! does; the person sees it in the own account and accepts.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::{ApprovalLevel, Role};
use crate::{Invalid, InvitationId, OrganizationId, Timestamp, organization};

/// Days after which an invitation ends by itself.
pub const DAYS: i64 = 30;

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
