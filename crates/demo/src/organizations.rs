//! Who and what there is: organizations, environments, sources, people.

use domain::member::Role;

/// Of every demo account.
pub const PASSWORD: &str = "watchroom-demo-2026";

#[derive(Debug)]
pub struct Organization {
    pub slug: &'static str,
    pub name: &'static str,
    pub environments: &'static [Place],
    pub sources: &'static [Sender],
    pub(crate) seed: u64,
    /// Background events in an average hour.
    pub(crate) hourly: u64,
}

/// An environment.
#[derive(Debug)]
pub struct Place {
    pub slug: &'static str,
    pub name: &'static str,
    pub cloud_provider: Option<&'static str>,
    pub region: Option<&'static str>,
    pub account_id: Option<&'static str>,
}

/// A source. Events name it in `source`.
#[derive(Debug)]
pub struct Sender {
    pub name: &'static str,
    /// One of `domain::source::SOURCE_TYPES`.
    pub source_type: &'static str,
    pub ip: &'static str,
    pub port: i64,
    pub protocol: &'static str,
}

/// An account. `memberships` is empty for the platform's own.
#[derive(Debug)]
pub struct Person {
    pub email: &'static str,
    pub username: &'static str,
    pub name: &'static str,
    pub time_zone: &'static str,
    pub is_sre: bool,
    /// Organization slug and role.
    pub memberships: &'static [(&'static str, Role)],
}

pub const PEOPLE: &[Person] = &[
    person("ada@acme.example", "ada", "Ada Okafor", "Europe/Berlin", &[("acme", Role::Admin)]),
    person("mk@acme.example", "mk", "Mika Koskinen", "Europe/Helsinki", &[("acme", Role::Analyst)]),
    person("vera@acme.example", "vera", "Vera Lindqvist", "Europe/Stockholm", &[("acme", Role::Viewer)]),
    person("gil@globex.example", "gil", "Gil Moreau", "America/New_York", &[("globex", Role::Admin)]),
    person("noor@globex.example", "noor", "Noor Haddad", "America/Chicago", &[("globex", Role::Analyst)]),
    Person { is_sre: true, ..person("sre@watchroom.example", "sre", "Sam Reyes", "UTC", &[]) },
];

const fn person(
    email: &'static str,
    username: &'static str,
    name: &'static str,
    time_zone: &'static str,
    memberships: &'static [(&'static str, Role)],
) -> Person {
    Person { email, username, name, time_zone, is_sre: false, memberships }
}

const fn sender(
    name: &'static str,
    source_type: &'static str,
    ip: &'static str,
    port: i64,
    protocol: &'static str,
) -> Sender {
    Sender { name, source_type, ip, port, protocol }
}

pub const ORGANIZATIONS: &[Organization] = &[
    Organization {
        slug: "acme",
        name: "Acme Corporation",
        environments: &[
            Place {
                slug: "prod",
                name: "Production",
                cloud_provider: Some("aws"),
                region: Some("eu-central-1"),
                account_id: Some("123456789012"),
            },
            Place {
                slug: "staging",
                name: "Staging",
                cloud_provider: Some("aws"),
                region: Some("eu-central-1"),
                account_id: Some("210987654321"),
            },
        ],
        sources: &[
            sender("edge-fw", "firewall", "203.0.113.1", 514, "syslog"),
            sender("core-router", "router", "10.0.0.1", 514, "syslog"),
            sender("bastion", "host", "10.0.1.5", 514, "syslog"),
            sender("web", "web_server", "10.0.2.11", 6514, "syslog"),
            sender("payments", "application", "10.0.3.21", 443, "https"),
            sender("billing", "application", "10.0.3.22", 443, "https"),
            sender("catalog", "application", "10.0.3.23", 443, "https"),
            sender("postgres", "database", "10.0.4.31", 5432, "file"),
            sender("aws-cloudtrail", "cloud", "52.94.133.131", 443, "https"),
            sender("windows-dc", "host", "10.0.5.10", 5985, "https"),
            sender("badge-reader", "other", "10.0.9.40", 8080, "https"),
        ],
        seed: 0x0acb_e000_0000_0001,
        hourly: 164,
    },
    Organization {
        slug: "globex",
        name: "Globex Industries",
        environments: &[
            Place { slug: "prod", name: "Plant", cloud_provider: None, region: None, account_id: None },
            Place {
                slug: "staging",
                name: "Test line",
                cloud_provider: Some("azure"),
                region: Some("westeurope"),
                account_id: Some("5f1c2d3e-0000-4000-8000-0000000000aa"),
            },
        ],
        sources: &[
            sender("vpn-gw", "firewall", "198.51.100.7", 514, "syslog"),
            sender("plc-gateway", "router", "172.16.1.1", 514, "syslog"),
            sender("mes", "application", "172.16.2.20", 443, "https"),
            sender("erp", "application", "172.16.2.21", 443, "https"),
            sender("historian", "database", "172.16.2.30", 1433, "file"),
            sender("ad-dc", "host", "172.16.3.10", 5985, "https"),
            sender("azure-activity", "cloud", "20.50.2.3", 443, "https"),
            sender("weighbridge", "other", "172.16.9.9", 8080, "https"),
        ],
        seed: 0x61ab_e000_0000_0002,
        hourly: 28,
    },
];

/// By slug.
pub fn organization(slug: &str) -> Option<&'static Organization> {
    ORGANIZATIONS.iter().find(|o| o.slug == slug)
}
