//! Organizations (the seeds' tenants): the wall everything else lives behind.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::{Invalid, OrganizationId, Timestamp};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub contact_email: Option<String>,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Days for which an organization that is to be deleted can be taken back.
pub const GRACE_DAYS: i64 = 30;

/// As the platform sees it: what it is and how much it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overseen {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
    /// `false`: suspended.
    pub is_active: bool,
    /// Marked to be deleted then.
    pub delete_after: Option<Timestamp>,
    pub created_at: Timestamp,
    pub members: i64,
    pub sources: i64,
    pub open_cases: i64,
    /// All that are stored.
    pub events: i64,
    /// Of the last 24 hours.
    pub events_recent: i64,
    /// When the last one happened, as it says.
    pub last_event_at: Option<Timestamp>,
    pub health: Health,
}

/// Of what an organization counts on, how many are not as they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whose status says `error`.
    pub failed_sources: i64,
    /// Active ones that sent once, and nothing for [`QUIET_HOURS`].
    pub quiet_sources: i64,
    /// Their calls fail, or the server switched them off for that.
    pub failing_webhooks: i64,
    /// Repositories of infrastructure that were pushed once, and not for [`UNPUSHED_DAYS`].
    pub unpushed_repositories: i64,
    /// Open cases whose due date is over.
    pub overdue_cases: i64,
}

pub const QUIET_HOURS: i64 = 24;
pub const UNPUSHED_DAYS: i64 = 7;

impl Health {
    /// In words, what fails before what is only late; empty where all is well.
    pub fn concerns(self) -> Vec<String> {
        let each = [
            (self.failed_sources, "source in error", "sources in error"),
            (self.failing_webhooks, "failing webhook", "failing webhooks"),
            (self.quiet_sources, "quiet source", "quiet sources"),
            (
                self.unpushed_repositories,
                "repository not pushed for a week",
                "repositories not pushed for a week",
            ),
            (self.overdue_cases, "overdue case", "overdue cases"),
        ];
        let told = |(n, one, many): (i64, &str, &str)| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        each.into_iter().filter_map(told).collect()
    }

    /// Something fails: more than being late.
    pub fn fails(self) -> bool {
        self.failed_sources + self.failing_webhooks > 0
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewOrganization {
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub contact_email: Option<String>,
}

impl NewOrganization {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(
            is_slug(&self.slug),
            "slug",
            "use 2 to 63 lower-case letters, digits and hyphens, starting with a letter",
        );
        p.name(&self.name, "name", 255);
        if let Some(email) = &self.contact_email {
            p.require(is_email(email), "contact_email", "not an e-mail address");
        }
        p.done()
    }
}

/// `[a-z][a-z0-9-]{1,62}`; `platform` is reserved.
pub fn is_slug(text: &str) -> bool {
    let b = text.as_bytes();
    (2..=63).contains(&b.len())
        && b[0].is_ascii_lowercase()
        && b.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
        && !text.ends_with('-')
        && text != "platform"
}

/// Good enough to catch a typing error: one `@`, something on both sides, no spaces, at most 320 characters.
pub fn is_email(text: &str) -> bool {
    let mut parts = text.splitn(2, '@');
    let (local, host) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    text.len() <= 320
        && !local.is_empty()
        && !host.is_empty()
        && !host.contains('@')
        && !text.chars().any(char::is_whitespace)
}
