//! The attack on Acme, told in its logs. Days count from the end:
//!
//! 1. day 7 to the end: a /23 and 185.220.101.34 knock on the edge firewall, a little more each day; a scan on day 3
//! 2. 41 h before the end: 312 wrong passwords on bastion-1 in 29 minutes, two minutes later `deploy` is in
//! 3. 40 h: sudo on the bastion, on to web-1 and db-1 with the key found there, a new user
//! 4. 27 h: a security group opens the database to the internet
//! 5. 22 h: the customer exports bucket may be opened to the public; 21 h: 840 objects leave it in 38 minutes
//! 6. 20 h: the trail is stopped and the audit log cleared

use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::write::{Moment, Origin};
use crate::{DAYS, HOUR};

const ATTACKER: &str = "185.220.101.34";
const MINUTE: i64 = HOUR / 60;
const END: i64 = DAYS * 24;

static EDGE: Origin = Origin { source: "edge-fw", component: "filter", service: "edge", environment: "prod" };
static BASTION: Origin =
    Origin { source: "bastion", component: "sshd", service: "access", environment: "prod" };
static BASTION_SUDO: Origin =
    Origin { source: "bastion", component: "sudo", service: "access", environment: "prod" };
static WEB_SSH: Origin = Origin { source: "web", component: "sshd", service: "shop", environment: "prod" };
static WEB_SUDO: Origin = Origin { source: "web", component: "sudo", service: "shop", environment: "prod" };
static DB_SSH: Origin =
    Origin { source: "postgres", component: "sshd", service: "database", environment: "prod" };
static DB_SUDO: Origin =
    Origin { source: "postgres", component: "sudo", service: "database", environment: "prod" };
static DB: Origin =
    Origin { source: "postgres", component: "executor", service: "database", environment: "prod" };
static TRAIL: Origin =
    Origin { source: "aws-cloudtrail", component: "cloudtrail", service: "aws", environment: "prod" };
static DC: Origin =
    Origin { source: "windows-dc", component: "Eventlog", service: "directory", environment: "prod" };

/// The attack's moments in one hour of the story.
pub(crate) fn hour(hour: i64) -> Vec<Moment> {
    let mut random = Random::new(0xa77a_c000 ^ (hour as u64));
    let start = hour * HOUR;
    match END - hour {
        41 => spraying(start, &mut random),
        40 => lateral(start),
        27 => open_group(start),
        21 => exfiltration(start, &mut random),
        20 => cover_up(start),
        22 => {
            let mut moments = knocks(start, 14, 22, &mut random);
            moments.push(unblock(start));
            moments
        }
        left @ 68..=69 => knocks(start, 620, left, &mut random),
        // Each day a little more.
        left @ 1..=168 => knocks(start, 2 + (168 - left) as u64 / 24 * 2, left, &mut random),
        _ => Vec::new(),
    }
}

fn moment(
    at: i64,
    origin: &'static Origin,
    level: &'static str,
    system: &str,
    event_type: &'static str,
    message: String,
    details: Value,
) -> Moment {
    let details = match details {
        Value::Object(details) => details,
        _ => Map::new(),
    };
    Moment { at, origin, level, system: system.to_owned(), event_type, message, details }
}

fn knocks(start: i64, count: u64, left: i64, r: &mut Random) -> Vec<Moment> {
    const PORTS: [u64; 12] = [22, 23, 80, 443, 445, 1433, 2222, 3306, 3389, 5432, 8080, 9200];
    (0..count)
        .map(|i| {
            let scan = left >= 68 && count > 100;
            let ip = if scan || i % 3 == 0 { ATTACKER.to_owned() } else { format!("198.18.{}.{}", 40 + r.below(2), r.between(1, 254)) };
            let port = PORTS[r.below(12) as usize];
            let from = r.between(1024, 65_535);
            let target = r.between(1, 30);
            let message = format!("DENY TCP {ip}:{from} -> 203.0.113.{target}:{port} flags SYN rule default-deny");
            let details = json!({"src_ip": ip, "src_port": from, "dst_ip": format!("203.0.113.{target}"), "dst_port": port, "action": "deny"});
            moment(start + r.below(HOUR as u64) as i64, &EDGE, "notice", "edge-fw-1", "deny", message, details)
        })
        .collect()
}

fn spraying(start: i64, r: &mut Random) -> Vec<Moment> {
    const NAMES: [&str; 12] = [
        "root", "admin", "ubuntu", "postgres", "deploy", "git", "oracle", "test", "backup", "jenkins",
        "ansible", "mika",
    ];
    const KNOWN: [&str; 3] = ["root", "deploy", "mika"];
    let span = 29 * MINUTE;
    let mut found: Vec<_> = (0..312)
        .map(|i| {
            let user = NAMES[i % NAMES.len()];
            let port = r.between(32_768, 60_999);
            let known = if KNOWN.contains(&user) { "" } else { "invalid user " };
            let at = start + 12 * MINUTE + span * i as i64 / 312 + r.below(2_000_000) as i64;
            let message = format!("Failed password for {known}{user} from {ATTACKER} port {port} ssh2");
            moment(
                at,
                &BASTION,
                "warning",
                "bastion-1",
                "login_failed",
                message,
                json!({"user": user, "src_ip": ATTACKER, "src_port": port}),
            )
        })
        .collect();
    let message = format!("Accepted password for deploy from {ATTACKER} port 51122 ssh2");
    let details = json!({"user": "deploy", "src_ip": ATTACKER, "src_port": 51122, "method": "password"});
    found.push(moment(start + 43 * MINUTE, &BASTION, "info", "bastion-1", "login", message, details));
    let message = "pam_unix(sshd:session): session opened for user deploy by (uid=0)".to_owned();
    found.push(moment(
        start + 43 * MINUTE + 180_000,
        &BASTION,
        "info",
        "bastion-1",
        "session_opened",
        message,
        json!({"user": "deploy"}),
    ));
    found
}

fn lateral(start: i64) -> Vec<Moment> {
    let sudo = |minute, origin, system, command: &str| {
        let message = format!("deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND={command}");
        moment(
            start + minute * MINUTE,
            origin,
            "notice",
            system,
            "sudo",
            message,
            json!({"user": "deploy", "as": "root", "command": command}),
        )
    };
    let login = |minute, origin, system| {
        let message =
            "Accepted publickey for deploy from 10.0.1.5 port 44210 ssh2: RSA SHA256:qY0mJd1pGkS0f4y7cX9wTz"
                .to_owned();
        moment(
            start + minute * MINUTE,
            origin,
            "info",
            system,
            "login",
            message,
            json!({"user": "deploy", "src_ip": "10.0.1.5", "method": "publickey"}),
        )
    };
    vec![
        sudo(1, &BASTION_SUDO, "bastion-1", "/usr/bin/cat /etc/shadow"),
        sudo(3, &BASTION_SUDO, "bastion-1", "/usr/bin/find / -name id_rsa"),
        login(9, &WEB_SSH, "web-1"),
        sudo(11, &WEB_SUDO, "web-1", "/bin/bash"),
        sudo(14, &WEB_SUDO, "web-1", "/usr/bin/cat /srv/shop/.env"),
        login(22, &DB_SSH, "db-1"),
        sudo(24, &DB_SUDO, "db-1", "/usr/sbin/useradd -m -G sudo svc-backup"),
        sudo(26, &DB_SUDO, "db-1", "/usr/bin/pg_dump -Fc shop"),
        moment(
            start + 27 * MINUTE,
            &DB,
            "warning",
            "db-1",
            "slow_query",
            "duration: 184213 ms statement: COPY public.customers TO STDOUT".to_owned(),
            json!({"duration_ms": 184_213, "table": "customers", "user": "postgres"}),
        ),
    ]
}

fn trail(at: i64, level: &'static str, action: &'static str, message: String, request: Value) -> Moment {
    let service = match action {
        "GetObject" | "PutPublicAccessBlock" => "s3",
        "StopLogging" => "cloudtrail",
        _ => "ec2",
    };
    let is_read = action.starts_with("Get") || action.starts_with("Describe");
    let details = json!({
        "eventName": action, "eventSource": format!("{service}.amazonaws.com"), "readOnly": is_read,
        "awsRegion": "eu-central-1", "sourceIPAddress": ATTACKER, "requestParameters": request,
        "userIdentity": {"type": "IAMUser", "userName": "deploy", "arn": "arn:aws:iam::123456789012:user/deploy"},
    });
    moment(at, &TRAIL, level, "123456789012", action, message, details)
}

fn open_group(start: i64) -> Vec<Moment> {
    vec![
        trail(
            start + 4 * MINUTE,
            "info",
            "DescribeSecurityGroups",
            format!("DescribeSecurityGroups by deploy from {ATTACKER}"),
            json!({}),
        ),
        trail(
            start + 7 * MINUTE,
            "error",
            "AuthorizeSecurityGroupIngress",
            format!(
                "AuthorizeSecurityGroupIngress by deploy from {ATTACKER}: sg-0a1f44c2 opens tcp/5432 to 0.0.0.0/0"
            ),
            json!({"groupId": "sg-0a1f44c2", "ipPermissions": {"fromPort": 5432, "toPort": 5432, "cidrIp": "0.0.0.0/0"}}),
        ),
    ]
}

fn unblock(start: i64) -> Moment {
    trail(
        start + 49 * MINUTE,
        "warning",
        "PutPublicAccessBlock",
        format!(
            "PutPublicAccessBlock by deploy from {ATTACKER}: acme-customer-exports may have public policies"
        ),
        json!({"bucketName": "acme-customer-exports", "PublicAccessBlockConfiguration": {"BlockPublicPolicy": false}}),
    )
}

fn exfiltration(start: i64, r: &mut Random) -> Vec<Moment> {
    let span = 38 * MINUTE;
    (0..840)
        .map(|i| {
            let bytes = r.between(900_000, 42_000_000);
            let key = format!("customers/2026/export-{:05}.parquet", 100 + i);
            let message =
                format!("GetObject by deploy from {ATTACKER}: acme-customer-exports/{key}, {bytes} bytes");
            trail(
                start + 8 * MINUTE + span * i / 840,
                "info",
                "GetObject",
                message,
                json!({"bucketName": "acme-customer-exports", "key": key, "bytes": bytes}),
            )
        })
        .collect()
}

fn cover_up(start: i64) -> Vec<Moment> {
    vec![
        trail(start + 2 * MINUTE, "critical", "StopLogging", format!("StopLogging by deploy from {ATTACKER}: trail acme-main"), json!({"name": "acme-main"})),
        moment(
            start + 5 * MINUTE,
            &DC,
            "Critical",
            "dc-1",
            "1102",
            "The audit log was cleared. Subject: Account Name: svc-backup Domain Name: ACME Logon ID: 0xC61D9".to_owned(),
            json!({"EventID": 1102, "Channel": "Security", "SubjectUserName": "svc-backup"}),
        ),
    ]
}
