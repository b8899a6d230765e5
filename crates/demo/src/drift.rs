//! Thirty days of infrastructure that differs from its code: what Acme's pipelines push, and what its people do about it.
//!
//! Most of it is everyday: somebody makes a machine larger at night, a scaler does its work, a vendor is let in for a day. The last two days
//! are the attack's: the security group it opened, the trail it stopped, the role and the bucket it made use of.

use domain::cause::{ExternalKind, Impact};
use domain::drift::{Format, Resolution};
use domain::recommendation::RecommendationType;
use serde_json::{Value, json};

/// One thing that happens, so many minutes before the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub before: i64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Push(Push),
    Deed(Deed),
    Told(Told),
}

/// What other systems tell of that minute: why somebody may have changed something.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub kind: ExternalKind,
    pub system: &'static str,
    pub id: &'static str,
    pub title: &'static str,
    /// Empty where nobody is named.
    pub actor: &'static str,
    pub environment: &'static str,
    /// Empty where it is about all of the environment.
    pub address: &'static str,
    pub impact: Option<Impact>,
    /// How long it went on.
    pub minutes: i64,
}

/// What a pipeline sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    pub environment: &'static str,
    pub repository: &'static str,
    pub format: Format,
    pub text: String,
}

/// What somebody does about the drift that is open at an address.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    pub environment: &'static str,
    pub address: &'static str,
    /// E-mail.
    pub who: &'static str,
    pub act: Act,
    pub note: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Acknowledge,
    Resolve(Resolution),
    /// Accepted for this resource, for so many days.
    Accept(i64),
    Take(RecommendationType),
    Dismiss(RecommendationType),
}

/// A difference that is there from one hour before the end until another.
struct Difference {
    repository: usize,
    address: &'static str,
    from: i64,
    until: i64,
    /// JSON pointer and the real value.
    is: (&'static str, fn() -> Value),
}

struct Repository {
    environment: &'static str,
    name: &'static str,
    format: Format,
    /// A push each so many hours.
    every: i64,
    /// So many hours before the end was the last of these.
    last: i64,
    /// Further pushes, in hours before the end.
    also: &'static [i64],
}

const PLATFORM: usize = 0;
const SHOP: usize = 1;
const STAGING: usize = 2;

const REPOSITORIES: [Repository; 3] = [
    Repository {
        environment: "prod",
        name: "platform",
        format: Format::TerraformPlan,
        every: 24,
        last: 2,
        also: &[19],
    },
    Repository {
        environment: "prod",
        name: "shop",
        format: Format::Kubernetes,
        every: 24,
        last: 3,
        also: &[],
    },
    Repository {
        environment: "staging",
        name: "platform",
        format: Format::TerraformPlan,
        every: 48,
        last: 5,
        also: &[],
    },
];

const DAYS: i64 = 30;
/// Of something that is there to the end.
const STILL: i64 = 0;

fn differences() -> Vec<Difference> {
    let d = |repository, address, (from, until), is| Difference { repository, address, from, until, is };
    vec![
        d(PLATFORM, "aws_instance.web_1", (660, 606), ("/instance_type", || json!("t3.large"))),
        d(PLATFORM, "aws_lb.front", (640, STILL), ("/tags/cost-center", || json!("4711"))),
        d(
            PLATFORM,
            "aws_security_group.bastion",
            (562, 530),
            ("/ingress/0/cidr_blocks/0", || json!("198.51.100.0/24")),
        ),
        d(PLATFORM, "aws_db_instance.shop", (486, 460), ("/allocated_storage", || json!(260))),
        d(PLATFORM, "aws_autoscaling_group.web", (418, 396), ("/desired_capacity", || json!(6))),
        d(PLATFORM, "aws_autoscaling_group.web", (372, 348), ("/desired_capacity", || json!(6))),
        d(PLATFORM, "aws_autoscaling_group.web", (300, 274), ("/desired_capacity", || json!(6))),
        d(
            PLATFORM,
            "aws_lb_listener.https",
            (254, 220),
            ("/ssl_policy", || json!("ELBSecurityPolicy-2016-08")),
        ),
        d(PLATFORM, "aws_instance.web_2", (206, 146), ("/monitoring", || json!(false))),
        d(PLATFORM, "aws_instance.bastion_1", (132, 100), ("/instance_type", || json!("t3.small"))),
        d(PLATFORM, "aws_route53_record.api", (100, STILL), ("/ttl", || json!(60))),
        // The attack: see `attack`.
        d(PLATFORM, "aws_security_group.db", (27, 18), ("/ingress/0/cidr_blocks/0", || json!("0.0.0.0/0"))),
        d(
            PLATFORM,
            "aws_iam_role_policy.deploy",
            (22, STILL),
            ("/policy", || {
                json!(
                    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"
                )
            }),
        ),
        d(
            PLATFORM,
            "aws_s3_bucket_public_access_block.customer_exports",
            (21, STILL),
            ("/block_public_policy", || json!(false)),
        ),
        d(PLATFORM, "aws_cloudtrail.main", (20, 18), ("/enable_logging", || json!(false))),
        d(SHOP, "Deployment/web", (700, 680), ("/spec/replicas", || json!(7))),
        d(
            SHOP,
            "Deployment/catalog",
            (336, 295),
            ("/spec/template/spec/containers/0/image", || {
                json!("registry.acme.example/catalog:1.8.3-hotfix")
            }),
        ),
        d(SHOP, "Deployment/web", (190, 140), ("/spec/replicas", || json!(8))),
        d(
            SHOP,
            "Deployment/payments",
            (78, STILL),
            ("/spec/template/spec/containers/0/image", || {
                json!("registry.acme.example/payments:4.2.0-debug")
            }),
        ),
        d(STAGING, "aws_instance.web_1", (610, 520), ("/instance_type", || json!("t3.xlarge"))),
        d(STAGING, "aws_security_group.web", (430, 330), ("/ingress/0/cidr_blocks/0", || json!("0.0.0.0/0"))),
        d(STAGING, "aws_db_instance.shop", (310, 200), ("/allocated_storage", || json!(60))),
        d(STAGING, "aws_instance.web_1", (150, STILL), ("/instance_type", || json!("t3.2xlarge"))),
    ]
}

/// What Terraform declares, by address.
fn declared(repository: usize) -> Vec<(&'static str, Value)> {
    let small = repository == STAGING;
    let ingress = |port: i64, cidr: &str| json!([{"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": [cidr]}]);
    let tags = |name: &str| json!({"Name": name, "cost-center": "1200", "managed-by": "terraform"});
    let machine = |id: &str, name: &str, kind: &str| json!({"id": id, "instance_type": kind, "monitoring": true, "tags": tags(name)});
    let (kind, storage) = if small { ("t3.small", 40) } else { ("t3.medium", 200) };
    let mut all = vec![
        ("aws_instance.web_1", machine("i-0b71c2a9", "web-1", kind)),
        (
            "aws_security_group.web",
            json!({"id": "sg-0c7711ab", "name": "web", "ingress": ingress(443, "10.0.0.0/8"), "tags": tags("web")}),
        ),
        (
            "aws_db_instance.shop",
            json!({"id": "shop", "engine": "postgres", "allocated_storage": storage, "storage_encrypted": true, "tags": tags("shop")}),
        ),
        ("aws_vpc.main", json!({"id": "vpc-0a10", "cidr_block": "10.0.0.0/8", "tags": tags("main")})),
    ];
    if !small {
        all.extend([
            ("aws_instance.web_2", machine("i-0b71c2aa", "web-2", kind)),
            ("aws_instance.bastion_1", machine("i-0b71c201", "bastion-1", "t3.micro")),
            ("aws_security_group.db", json!({"id": "sg-0a1f44c2", "name": "db", "ingress": ingress(5432, "10.0.3.0/24"), "tags": tags("db")})),
            ("aws_security_group.bastion", json!({"id": "sg-0b52d7e1", "name": "bastion", "ingress": ingress(22, "203.0.113.0/24"), "tags": tags("bastion")})),
            ("aws_lb.front", json!({"id": "front", "name": "front", "internal": false, "tags": tags("front")})),
            ("aws_lb_listener.https", json!({"id": "front-443", "port": 443, "protocol": "HTTPS", "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"})),
            ("aws_autoscaling_group.web", json!({"id": "web", "min_size": 2, "max_size": 8, "desired_capacity": 4})),
            ("aws_route53_record.api", json!({"id": "api", "name": "api.acme.example", "type": "A", "ttl": 300})),
            ("aws_cloudtrail.main", json!({"id": "acme-main", "name": "acme-main", "enable_logging": true, "is_multi_region_trail": true})),
            ("aws_iam_role_policy.deploy", json!({"id": "deploy:release", "name": "release", "policy":
                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:PutObject\",\"ecs:UpdateService\"],\"Resource\":\"arn:aws:ecs:eu-central-1:123456789012:service/shop\"}]}"})),
            ("aws_s3_bucket_public_access_block.customer_exports", json!({"id": "acme-customer-exports", "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true})),
        ]);
    }
    all
}

/// What the shop's manifests declare.
fn manifests() -> Vec<(&'static str, Value)> {
    let one = |name: &str, replicas: i64, image: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": name, "image": image, "resources": {"limits": {"memory": "512Mi"}}}]},
            }},
        })
    };
    vec![
        ("Deployment/web", one("web", 4, "registry.acme.example/web:2.31.0")),
        ("Deployment/catalog", one("catalog", 2, "registry.acme.example/catalog:1.8.2")),
        ("Deployment/payments", one("payments", 3, "registry.acme.example/payments:4.1.7")),
        ("Deployment/billing", one("billing", 2, "registry.acme.example/billing:3.0.4")),
    ]
}

/// All of it, the earliest first.
pub fn drift() -> Vec<Moment> {
    let mut all = Vec::new();
    let differences = differences();
    for (n, repository) in REPOSITORIES.iter().enumerate() {
        let first = DAYS * 24 - 1;
        let regular = (0..).map(|i| repository.last + i * repository.every).take_while(|hour| *hour <= first);
        for hour in regular.chain(repository.also.iter().copied()) {
            let push = Push {
                environment: repository.environment,
                repository: repository.name,
                format: repository.format,
                text: text(n, repository.format, hour, &differences),
            };
            all.push(Moment { before: hour * 60, what: What::Push(push) });
        }
    }
    all.extend(deeds());
    all.extend(told());
    // A deed at the minute of a push comes after it.
    all.sort_by_key(|moment| (std::cmp::Reverse(moment.before), !matches!(moment.what, What::Push(_))));
    all
}

fn text(repository: usize, format: Format, hour: i64, differences: &[Difference]) -> String {
    let real = |address: &str, declared: &Value| {
        let mut real = declared.clone();
        let there = differences.iter().filter(|d| {
            d.repository == repository && d.address == address && hour <= d.from && hour > d.until
        });
        for difference in there {
            let (pointer, value) = difference.is;
            if let Some(place) = real.pointer_mut(pointer) {
                *place = value();
            }
        }
        real
    };
    if format == Format::Kubernetes {
        let all = manifests();
        let live: Vec<Value> = all.iter().map(|(address, declared)| real(address, declared)).collect();
        let declared: Vec<&Value> = all.iter().map(|(_, declared)| declared).collect();
        return json!({ "declared": declared, "live": live }).to_string();
    }
    let (mut drifted, mut changes) = (Vec::new(), Vec::new());
    for (address, declared) in declared(repository) {
        let (is, kind) = (real(address, &declared), address.split('.').next().unwrap_or_default());
        if is != declared {
            let change = json!({"actions": ["update"], "before": declared, "after": is});
            drifted.push(json!({"address": address, "type": kind, "change": change}));
        }
        let actions = if is == declared { "no-op" } else { "update" };
        changes.push(json!({"address": address, "type": kind, "change": {"actions": [actions], "before": is, "after": declared}}));
    }
    json!({"format_version": "1.2", "planned_values": {}, "resource_drift": drifted, "resource_changes": changes}).to_string()
}

/// What explains some of it, as tickets, alerts, deployments and calendars have it. Nothing explains the rest, as everywhere.
fn told() -> Vec<Moment> {
    use ExternalKind::{
        ChangeTicket, Deployment, GitCommit, Incident, IncidentTicket, Maintenance, MonitoringAlert,
    };
    let told = |hour: i64, kind, (system, id, title), (actor, environment, address), minutes| {
        let impact = (kind == Incident).then_some(Impact::High);
        let told = Told { kind, system, id, title, actor, environment, address, impact, minutes };
        Moment { before: hour * 60 + 9, what: What::Told(told) }
    };
    let at = |environment, address| ("", environment, address);
    let (web_1, db) = ("aws_instance.web_1", "aws_db_instance.shop");
    vec![
        told(
            700,
            ChangeTicket,
            ("jira", "CHG-388", "Seven web pods for the spring sale"),
            (MIKA, "prod", "apps/Deployment/shop/web"),
            0,
        ),
        told(661, MonitoringAlert, ("grafana", "A-9120", "Memory of web-1 above 95 %"), at("prod", web_1), 0),
        told(661, Incident, ("pagerduty", "PD-771", "The shop answers slowly"), (MIKA, "prod", web_1), 95),
        told(
            641,
            ChangeTicket,
            ("jira", "CHG-391", "Cost centers are moved by hand"),
            (ADA, "prod", "aws_lb.front"),
            0,
        ),
        told(611, Maintenance, ("calendar", "MW-40", "Load test of the sale"), at("staging", web_1), 24 * 60),
        told(
            563,
            Maintenance,
            ("calendar", "MW-41", "The storage vendor comes in"),
            at("prod", "aws_security_group.bastion"),
            30 * 60,
        ),
        told(
            487,
            Incident,
            ("pagerduty", "PD-779", "The shop's database is out of space"),
            (MIKA, "prod", db),
            40,
        ),
        told(
            430,
            IncidentTicket,
            ("jira", "OPS-1204", "A stand at the fair needs the staging shop"),
            (MIKA, "staging", "aws_security_group.web"),
            0,
        ),
        told(
            336,
            Incident,
            ("pagerduty", "PD-790", "The catalogue shows no prices"),
            (MIKA, "prod", "apps/Deployment/shop/catalog"),
            70,
        ),
        told(310, Deployment, ("gitlab", "platform-1877", "platform to staging"), at("staging", db), 12),
        told(
            206,
            GitCommit,
            ("gitlab", "9c41f07e", "Machines get the new agent"),
            (MIKA, "prod", "aws_instance.web_2"),
            0,
        ),
        told(
            206,
            Deployment,
            ("gitlab", "platform-1902", "platform to prod"),
            at("prod", "aws_instance.web_2"),
            12,
        ),
        told(
            132,
            Deployment,
            ("gitlab", "platform-1931", "platform to prod"),
            at("prod", "aws_instance.bastion_1"),
            12,
        ),
        told(
            79,
            IncidentTicket,
            ("jira", "OPS-1261", "Some payments are booked twice"),
            (MIKA, "prod", "apps/Deployment/shop/payments"),
            0,
        ),
    ]
}

const ADA: &str = "ada@acme.example";
const MIKA: &str = "mk@acme.example";

fn deeds() -> Vec<Moment> {
    use RecommendationType::{AutoRevert, CodifyIac, ManualReview};
    let deed = |before: i64, environment, address, who, act, note| Moment {
        before,
        what: What::Deed(Deed { environment, address, who, act, note }),
    };
    vec![
        deed(
            686 * 60,
            "prod",
            "Deployment/web",
            MIKA,
            Act::Take(CodifyIac),
            "The spring sale; seven until it ends.",
        ),
        deed(
            640 * 60 + 20,
            "prod",
            "aws_instance.web_1",
            MIKA,
            Act::Acknowledge,
            "Made larger by on-call at night, see the memory alarms.",
        ),
        deed(612 * 60, "prod", "aws_instance.web_1", MIKA, Act::Take(CodifyIac), "platform!212"),
        deed(
            604 * 60,
            "prod",
            "aws_lb.front",
            ADA,
            Act::Accept(365),
            "Finance moves cost centers by hand until the new catalogue is there.",
        ),
        deed(
            576 * 60,
            "staging",
            "aws_instance.web_1",
            MIKA,
            Act::Dismiss(CodifyIac),
            "Only for the load test; it shrinks by itself.",
        ),
        deed(
            540 * 60,
            "prod",
            "aws_security_group.bastion",
            ADA,
            Act::Take(AutoRevert),
            "The vendor is done.",
        ),
        deed(466 * 60, "prod", "aws_db_instance.shop", MIKA, Act::Take(CodifyIac), "platform!219"),
        deed(
            408 * 60,
            "prod",
            "aws_autoscaling_group.web",
            MIKA,
            Act::Resolve(Resolution::AutoRevert),
            "Back to four.",
        ),
        deed(380 * 60, "staging", "aws_security_group.web", MIKA, Act::Acknowledge, "The demo for the fair."),
        deed(
            360 * 60,
            "prod",
            "aws_autoscaling_group.web",
            MIKA,
            Act::Resolve(Resolution::AutoRevert),
            "Back to four, again.",
        ),
        deed(
            300 * 60,
            "prod",
            "Deployment/catalog",
            MIKA,
            Act::Resolve(Resolution::CodifyIac),
            "shop!877, the hotfix is merged.",
        ),
        deed(
            288 * 60,
            "prod",
            "aws_autoscaling_group.web",
            ADA,
            Act::Take(ManualReview),
            "The nightly import raises it; it has its own schedule now.",
        ),
        deed(
            230 * 60,
            "prod",
            "aws_lb_listener.https",
            MIKA,
            Act::Take(AutoRevert),
            "A test of an old client, left behind.",
        ),
        deed(170 * 60, "prod", "Deployment/web", MIKA, Act::Dismiss(CodifyIac), "Back to four on Monday."),
        deed(
            110 * 60,
            "prod",
            "aws_instance.bastion_1",
            MIKA,
            Act::Dismiss(CodifyIac),
            "It is micro for a reason.",
        ),
        deed(
            25 * 60,
            "prod",
            "aws_security_group.db",
            MIKA,
            Act::Acknowledge,
            "Nobody of us; deploy was not at work.",
        ),
        deed(
            18 * 60,
            "prod",
            "aws_security_group.db",
            ADA,
            Act::Take(AutoRevert),
            "Closed; see the case about the customer exports.",
        ),
        deed(
            17 * 60,
            "prod",
            "aws_iam_role_policy.deploy",
            ADA,
            Act::Acknowledge,
            "Left as it is until the keys are revoked everywhere.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_of_drift_is_told_in_order_and_always_the_same() {
        let story = drift();
        assert_eq!(story, drift());
        assert!(
            story.is_sorted_by(|a, b| a.before >= b.before)
                && story.iter().all(|m| (0..DAYS * 24 * 60).contains(&m.before))
        );
        let pushes = story.iter().filter(|m| matches!(m.what, What::Push(_))).count();
        assert!((60..100).contains(&pushes), "{pushes}");
    }

    #[test]
    fn every_difference_is_at_a_place_that_is_declared_and_is_pushed() {
        for one in differences() {
            let all = if one.repository == SHOP { manifests() } else { declared(one.repository) };
            let (_, value) = all.iter().find(|(address, _)| *address == one.address).unwrap();
            assert_ne!(value.pointer(one.is.0), None, "{} {}", one.address, one.is.0);
            let repository = &REPOSITORIES[one.repository];
            let seen = (0..DAYS * 24)
                .filter(|hour| {
                    (hour - repository.last) % repository.every == 0 || repository.also.contains(hour)
                })
                .any(|hour| hour <= one.from && hour > one.until);
            assert!(seen, "{} is never pushed", one.address);
        }
    }
}
