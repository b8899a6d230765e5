//! Which lists are sets: their elements mean the same in any order, whatever the tool writes.

use crate::diff::Knowledge;
use crate::path::Path;

/// Terraform and OpenTofu. They write what a provider's schema calls a set in an order of its own, on both sides the same: another order
/// of the very same elements is that of a list. Some lists are sets by what they mean all the same, and providers return them in any order.
pub struct Terraform<'t> {
    pub resource_type: &'t str,
    /// The other side was made by another tool, which knows of no sets: only lists that are known to be ordered are.
    pub foreign: bool,
}

impl<'t> Terraform<'t> {
    pub fn new(resource_type: &'t str) -> Self {
        Self { resource_type, foreign: false }
    }
}

impl Knowledge for Terraform<'_> {
    fn is_set(&self, path: &Path) -> bool {
        let key = path.last_key();
        let kind = self.resource_type;
        is_set(path)
            || match key {
                "allow" | "deny" => kind == "google_compute_firewall",
                "lambda_function" | "queue" | "topic" => kind == "aws_s3_bucket_notification",
                // Of a zone, not of a machine, which asks them one after the other.
                "name_servers" => kind.contains("zone"),
                _ => false,
            }
            || (self.foreign && !ORDERED.contains(&key))
    }
    fn sorts_sets(&self) -> bool {
        true
    }
}

/// Lists of Terraform whose order everybody knows to mean something.
const ORDERED: [&str; 16] = [
    "arguments",
    "cmd",
    "default_action",
    "dns_servers",
    "init_commands",
    "layers",
    "middlewares",
    "network_interface_ids",
    "run_list",
    "search_domains",
    "stage",
    "stages",
    "statement",
    "step",
    "steps",
    "routes",
];

/// CloudFormation, where AWS says that a property is another: it knows which of its lists are sets (`insertionOrder`, `uniqueItems`).
pub struct ToldByAws;
impl Knowledge for ToldByAws {}

/// CloudFormation, where nothing but the whole properties is told.
pub struct Properties;
impl Knowledge for Properties {
    fn is_set(&self, path: &Path) -> bool {
        is_set(path)
    }
}

/// By its name in any spelling (`subnet_ids`, `SubnetIds`), or as a part of a policy.
fn is_set(path: &Path) -> bool {
    let key = path.last_key();
    // The first interface of a machine is its primary one.
    let ids =
        (key.ends_with("_ids") || key.ends_with("Ids") || key == "ids") && key != "network_interface_ids";
    ids || in_policy(path) || {
        let plain: String = key.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
        SETS.binary_search(&plain.as_str()).is_ok()
    }
}

/// Statements of IAM, and all that they list.
fn in_policy(path: &Path) -> bool {
    let mut keys = path.keys().skip_while(|key| *key != "Statement").skip(1);
    match keys.next() {
        None => path.last_key() == "Statement",
        Some(part) => matches!(
            part,
            "Action" | "NotAction" | "Resource" | "NotResource" | "Principal" | "NotPrincipal" | "Condition"
        ),
    }
}

/// Sorted, in small letters and without underscores.
const SETS: [&str; 74] = [
    "addressprefixes",
    "addressspace",
    "alarmactions",
    "aliases",
    "allowedcidrs",
    "allowedheaders",
    "allowedmethods",
    "allowedorigins",
    "availabilityzones",
    "cachedmethods",
    "capabilities",
    "cidrblocks",
    "cidrs",
    "containerdefinitions",
    "destinationaddressprefixes",
    "destinationportranges",
    "destinationranges",
    "egress",
    "enabledcloudwatchlogsexports",
    "enabledclusterlogtypes",
    "enabledmetrics",
    "env",
    "environment",
    "environmentvariables",
    "events",
    "exposeheaders",
    "groups",
    "identifiers",
    "imagepullsecrets",
    "ingress",
    "insufficientdataactions",
    "ipranges",
    "iprules",
    "ipv6cidrblocks",
    "labels",
    "loadbalancers",
    "managedpolicyarns",
    "members",
    "mountpoints",
    "nodelocations",
    "oauthscopes",
    "okactions",
    "owners",
    "policyarns",
    "portmappings",
    "ports",
    "principals",
    "record",
    "records",
    "requirescompatibilities",
    "scopes",
    "secrets",
    "securitygroupegress",
    "securitygroupingress",
    "securitygroups",
    "sourceaddressprefixes",
    "sourceportranges",
    "sourceranges",
    "subjectalternativenames",
    "subnetmapping",
    "subnets",
    "suspendedprocesses",
    "tag",
    "tags",
    "tagsall",
    "targetgrouparns",
    "toleration",
    "tolerations",
    "users",
    "volume",
    "volumes",
    "vpcsecuritygroups",
    "vpczoneidentifier",
    "zones",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_spelled_as_it_is_asked() {
        assert!(SETS.is_sorted());
        assert!(SETS.iter().all(|name| !name.contains('_') && name.chars().all(|c| !c.is_ascii_uppercase())));
    }
}
