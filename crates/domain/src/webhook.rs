//! Webhooks: an address of the organization's own that is told what changes, by the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>).

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::{Invalid, Timestamp, WebhookDeliveryId, WebhookId};

/// What it can be told of, and what that is on a page: kinds of the change feed, some of them several ([`kind_of`]).
pub const KINDS: &[(&str, &str)] = &[
    ("case", "Cases"),
    ("event", "Events that arrive"),
    ("drift", "Drift"),
    ("group", "Groups of events"),
    ("view", "Shared views"),
    ("tag", "Tags"),
    ("source", "Sources"),
    ("environment", "Environments"),
    ("upload", "Uploads"),
    ("member", "Members"),
    ("invitation", "Invitations"),
    ("session", "Sign-ins and sign-outs"),
    ("user", "Accounts of members"),
    ("api_key", "API keys"),
    ("setting", "Settings"),
    ("organization", "The organization"),
    ("retention", "Retention"),
    ("legal_hold", "Legal holds"),
];

/// What a webhook chooses to be told of a record of this kind of the change feed.
pub fn kind_of(record: &str) -> &str {
    match record {
        "repository" | "drift_ignore" => "drift",
        "retention_run" => "retention",
        other => other,
    }
}

/// How many an organization may have.
pub const MOST: i64 = 50;
/// Attempts of one delivery, and the seconds before each further one: a little over a day and a half together.
pub const DELAYS: [i64; 7] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 20 * 3600];
/// Without one success for so long (seconds) a webhook is switched off.
pub const GIVE_UP: i64 = 5 * 86_400;
/// For so long (seconds) the secret before signs too.
pub const OVERLAP: i64 = 86_400;
/// For so long (seconds) what was delivered, or given up, is shown.
pub const KEPT: i64 = 30 * 86_400;

#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub id: WebhookId,
    pub name: String,
    pub url: String,
    pub kinds: Vec<String>,
    pub enabled: bool,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    /// Why the server switched it off; `None` when a person did.
    pub disabled_why: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewWebhook {
    pub name: String,
    pub url: String,
    pub kinds: Vec<String>,
    pub enabled: bool,
}

impl NewWebhook {
    /// All but where the address leads, which only the server can tell.
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.name(&self.name, "name", 100);
        p.require(
            !self.url.trim().is_empty(),
            "url",
            "give an address, such as https://hooks.example/watchroom",
        );
        p.require(self.url.chars().count() <= 2000, "url", "use at most 2,000 characters");
        p.require(!self.kinds.is_empty(), "kinds", "choose at least one");
        for kind in &self.kinds {
            let known = KINDS.iter().any(|(known, _)| known == kind);
            p.require(known, "kinds", "unknown; see the list of kinds in the documentation");
        }
        p.done()
    }
}

/// One telling.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    pub webhook_id: WebhookId,
    /// Of the change in the feed; a test message has none.
    pub seq: Option<i64>,
    pub kind: String,
    pub action: String,
    pub attempts: i64,
    /// While it waits.
    pub next_at: Option<Timestamp>,
    pub tried_at: Option<Timestamp>,
    /// HTTP status of the last answer.
    pub status: Option<i64>,
    pub duration_ms: Option<i64>,
    /// Of the last attempt, in our words.
    pub error: Option<String>,
    pub delivered_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Delivery {
    pub fn state(&self) -> &'static str {
        match (self.delivered_at, self.next_at) {
            (Some(_), _) => "delivered",
            (None, Some(_)) => "waiting",
            (None, None) => "failed",
        }
    }
}

/// `CASE_CREATED` is `case.created` to a receiver: the words of an action with points, the first word being what it is about.
pub fn event_type(action: &str) -> String {
    action.to_ascii_lowercase().replacen('_', ".", 1)
}

/// Seconds until the next attempt after so many; `None`: there is none. `share` (0 to 1) spreads it by a fifth to either side, so that
/// what failed together is not tried together.
pub fn delay_after(attempts: i64, share: f64) -> Option<i64> {
    let delay = *DELAYS.get(usize::try_from(attempts - 1).ok()?)? as f64;
    Some((delay * (0.8 + 0.4 * share.clamp(0.0, 1.0))).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(delay_after(1, 0.5), Some(5));
        assert_eq!((delay_after(2, 0.0), delay_after(2, 1.0)), (Some(240), Some(360)));
        assert_eq!(delay_after(7, 0.5), Some(72_000));
        assert_eq!(delay_after(8, 0.5), None);
        assert_eq!(delay_after(0, 0.5), None);
    }

    #[test]
    fn what_happened_has_a_name_with_a_point() {
        assert_eq!(event_type("CASE_NOTE_ADDED"), "case.note_added");
        assert_eq!(event_type("PING"), "ping");
    }

    #[test]
    fn what_belongs_together_is_chosen_as_one() {
        for record in ["drift", "repository", "drift_ignore", "retention", "retention_run", "view", "event"] {
            assert!(KINDS.iter().any(|(kind, _)| *kind == kind_of(record)), "{record}");
        }
    }

    #[test]
    fn kinds_are_those_of_the_list() {
        let new = NewWebhook {
            name: "a".into(),
            url: "https://x".into(),
            kinds: vec!["case".into()],
            enabled: true,
        };
        assert!(new.check().is_ok());
        for kinds in [vec![], vec!["webhook".to_owned()], vec!["case".to_owned(), "events".to_owned()]] {
            assert!(NewWebhook { kinds, ..new.clone() }.check().is_err());
        }
    }
}
