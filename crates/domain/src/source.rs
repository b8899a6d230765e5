//! Sources: where events come from (BITS-SIEM's `sources`).

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::{Invalid, SourceId, Timestamp};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    /// `web_server`, `database`, `firewall`, `router`, `application`, `cloud`, `host` or `other`.
    pub source_type: String,
    pub ip: Option<String>,
    pub port: Option<i64>,
    /// `https`, `syslog`, `file`, …
    pub protocol: Option<String>,
    pub status: String,
    /// [`Notifications`] as a JSON object.
    pub notifications: serde_json::Value,
    /// When an event of it last arrived.
    pub last_activity: Option<Timestamp>,
    /// Events received, kept with the ingest.
    pub event_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What is told of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notifications {
    /// Minutes without an event after which an active source is told to be silent; never where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_after_minutes: Option<i64>,
    /// Told so, and when; it was not heard since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent_since: Option<Timestamp>,
}

/// Most minutes: a year.
pub const MAX_SILENCE: i64 = 366 * 24 * 60;

impl Source {
    pub fn notifications(&self) -> Notifications {
        serde_json::from_value(self.notifications.clone()).unwrap_or_default()
    }

    /// Whether it has sent nothing for as long as was named, since it was last changed and since `listening`: from when on it could be heard.
    pub fn is_silent(&self, listening: Timestamp, now: Timestamp) -> bool {
        let heard = self.last_activity.unwrap_or(self.created_at).max(self.updated_at).max(listening);
        let after = self.notifications().silent_after_minutes;
        self.status == "active" && after.is_some_and(|minutes| heard.plus_seconds(minutes * 60) < now)
    }
}

pub const SOURCE_TYPES: [&str; 8] =
    ["web_server", "database", "firewall", "router", "application", "cloud", "host", "other"];
pub const STATUSES: [&str; 3] = ["active", "inactive", "error"];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewSource {
    pub name: String,
    pub source_type: String,
    pub ip: Option<String>,
    pub port: Option<i64>,
    pub protocol: Option<String>,
    pub status: String,
    /// See [`Notifications`].
    pub silent_after_minutes: Option<i64>,
}

impl NewSource {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.name(&self.name, "name", 255);
        p.require(
            SOURCE_TYPES.contains(&self.source_type.as_str()),
            "source_type",
            "choose one of the listed types",
        );
        p.require(STATUSES.contains(&self.status.as_str()), "status", "active, inactive or error");
        if let Some(ip) = &self.ip {
            p.require(ip.parse::<std::net::IpAddr>().is_ok(), "ip", "not an IP address");
        }
        if let Some(port) = self.port {
            p.require((1..=65535).contains(&port), "port", "between 1 and 65535");
        }
        if let Some(minutes) = self.silent_after_minutes {
            let known = (1..=MAX_SILENCE).contains(&minutes);
            p.require(known, "silent_after_minutes", "between 1 minute and 527,040, a year");
        }
        p.done()
    }
}
