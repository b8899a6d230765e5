//! Environments of an organization (DriftGuard's `environments`): `prod`, `staging`, one cloud account each.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::{EnvironmentId, Invalid, Timestamp, organization};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    pub id: EnvironmentId,
    pub slug: String,
    pub name: String,
    /// `aws`, `gcp`, `azure` or absent (on premises).
    pub cloud_provider: Option<String>,
    pub region: Option<String>,
    /// AWS account, GCP project or Azure subscription.
    pub account_id: Option<String>,
    pub tags: serde_json::Value,
    pub is_active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewEnvironment {
    pub slug: String,
    pub name: String,
    pub cloud_provider: Option<String>,
    pub region: Option<String>,
    pub account_id: Option<String>,
    pub tags: serde_json::Value,
}

pub const CLOUD_PROVIDERS: [&str; 3] = ["aws", "gcp", "azure"];

impl NewEnvironment {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        p.require(
            organization::is_slug(&self.slug),
            "slug",
            "use 2 to 63 lower-case letters, digits and hyphens, starting with a letter",
        );
        p.name(&self.name, "name", 255);
        if let Some(c) = &self.cloud_provider {
            p.require(
                CLOUD_PROVIDERS.contains(&c.as_str()),
                "cloud_provider",
                "aws, gcp, azure, or leave it empty",
            );
        }
        p.require(self.tags.is_object() || self.tags.is_null(), "tags", "a JSON object of names and values");
        p.done()
    }
}
