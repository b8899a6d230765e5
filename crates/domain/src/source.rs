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
    /// Notification settings (JSON object).
    pub notifications: serde_json::Value,
    /// When an event of it last arrived.
    pub last_activity: Option<Timestamp>,
    /// Events received, kept with the ingest.
    pub event_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
        p.done()
    }
}
