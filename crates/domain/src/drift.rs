//! Drift: how the real infrastructure differs from its code (DriftGuard's words).

use serde::{Deserialize, Serialize};

use crate::member::words;

words! {
    /// What a push holds.
    Format {
        TerraformPlan = "terraform-plan", TerraformState = "terraform-state", Cloudformation = "cloudformation",
        Kubernetes = "kubernetes",
    }
    "not a format: terraform-plan, terraform-state, cloudformation or kubernetes"
}

words! {
    /// What manages a repository's resources.
    Tool { Terraform = "terraform", Cloudformation = "cloudformation", Kubernetes = "kubernetes" }
    "not a tool: terraform, cloudformation or kubernetes"
}

words! {
    /// What happened to a resource.
    DriftType { Modified = "modified", Deleted = "deleted", Added = "added", Moved = "moved" }
    "not a kind of drift: modified, deleted, added or moved"
}

words! {
    /// What happened to a property.
    ChangeType { Modified = "modified", Added = "added", Removed = "removed" }
    "not a kind of change: modified, added or removed"
}

words! {
    /// What the last look at a resource found. `unchecked`: the push names it but says nothing of the real thing.
    Verdict { InSync = "in_sync", Drifted = "drifted", Unchecked = "unchecked" }
    "not a verdict: in_sync, drifted or unchecked"
}

impl Format {
    pub fn tool(self) -> Tool {
        match self {
            Self::TerraformPlan | Self::TerraformState => Tool::Terraform,
            Self::Cloudformation => Tool::Cloudformation,
            Self::Kubernetes => Tool::Kubernetes,
        }
    }
}
