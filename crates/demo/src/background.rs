//! Everyday noise: what each system says, how often, and the daily curve.

use crate::organizations::Organization;
use crate::random::Random;
use crate::write::{Moment, Origin, fill};
use crate::{DAYS, HOUR};

/// One kind of line.
struct Line {
    /// How often, against the other lines of the organization.
    weight: u64,
    origin: Origin,
    level: &'static str,
    systems: &'static [&'static str],
    event_type: &'static str,
    text: &'static str,
}

const fn line(
    weight: u64,
    (source, component, service, environment): (&'static str, &'static str, &'static str, &'static str),
    level: &'static str,
    systems: &'static [&'static str],
    event_type: &'static str,
    text: &'static str,
) -> Line {
    Line {
        weight,
        origin: Origin { source, component, service, environment },
        level,
        systems,
        event_type,
        text,
    }
}

const WEB: &[&str] = &["web-1", "web-2", "web-3"];
const FW: &[&str] = &["edge-fw-1", "edge-fw-2"];

static ACME: &[Line] = &[
    line(
        160,
        ("web", "nginx", "shop", "prod"),
        "info",
        WEB,
        "http_request",
        "{client} \"GET {path} HTTP/2.0\" {ok} {bytes}",
    ),
    line(
        34,
        ("web", "nginx", "shop", "prod"),
        "error",
        WEB,
        "upstream_timeout",
        "*{order} upstream timed out (110: Connection timed out) while reading response header from upstream, client: {client}, request: \"GET {path} HTTP/2.0\", upstream: \"http://10.0.3.23:8080{path}\"",
    ),
    line(
        12,
        ("web", "nginx", "shop", "staging"),
        "info",
        &["stg-web-1"],
        "http_request",
        "{ip} \"GET {path} HTTP/1.1\" {ok} {bytes}",
    ),
    line(
        110,
        ("catalog", "cache", "catalog", "prod"),
        "debug",
        &["catalog-1", "catalog-2"],
        "cache_miss",
        "cache miss for product {sku} in region eu, loaded from database in {ms} ms",
    ),
    line(
        8,
        ("catalog", "search", "catalog", "prod"),
        "warning",
        &["catalog-1", "catalog-2"],
        "slow_query",
        "search took {slow_ms} ms for request {request}",
    ),
    line(
        46,
        ("payments", "gateway", "payments", "prod"),
        "notice",
        &["pay-1", "pay-2"],
        "payment_declined",
        "payment for order {order} of {amount} EUR declined: {decline}",
    ),
    line(
        60,
        ("payments", "gateway", "payments", "prod"),
        "info",
        &["pay-1", "pay-2"],
        "payment_captured",
        "payment for order {order} of {amount} EUR captured in {ms} ms",
    ),
    line(
        40,
        ("billing", "invoice-worker", "billing", "prod"),
        "warning",
        &["billing-1"],
        "retry",
        "retry {try} of 5 for invoice {order}: gateway answered 504 after {slow_ms} ms",
    ),
    line(
        4,
        ("billing", "invoice-worker", "billing", "prod"),
        "error",
        &["billing-1"],
        "gave_up",
        "giving up on invoice {order} after 5 tries, moved to the dead letter queue",
    ),
    line(
        10,
        ("billing", "invoice-worker", "billing", "staging"),
        "info",
        &["stg-billing-1"],
        "invoice_sent",
        "invoice {order} sent in {ms} ms",
    ),
    line(
        52,
        ("edge-fw", "filter", "edge", "prod"),
        "notice",
        FW,
        "deny",
        "DENY TCP {client}:{port} -> 203.0.113.10:{service_port} flags SYN rule default-deny",
    ),
    line(
        24,
        ("edge-fw", "filter", "edge", "prod"),
        "info",
        FW,
        "allow",
        "ALLOW TCP {client}:{port} -> 203.0.113.10:443 rule web-in bytes {bytes}",
    ),
    line(
        9,
        ("core-router", "ospf", "network", "prod"),
        "info",
        &["rt-core-1"],
        "neighbor",
        "OSPF neighbor 10.0.0.{worker} on ge-0/0/{worker} changed state from Loading to Full",
    ),
    line(
        3,
        ("core-router", "interface", "network", "prod"),
        "warning",
        &["rt-core-1"],
        "utilisation",
        "interface ge-0/0/{worker} utilisation at {percent} percent",
    ),
    line(
        30,
        ("postgres", "checkpointer", "database", "prod"),
        "info",
        &["db-1", "db-2"],
        "checkpoint",
        "checkpoint complete: wrote {n} buffers in {ms} ms",
    ),
    line(
        9,
        ("postgres", "executor", "database", "prod"),
        "warning",
        &["db-1"],
        "slow_query",
        "duration: {slow_ms} ms statement: SELECT count(*) FROM {table} WHERE created_at > now() - interval '1 day'",
    ),
    line(
        3,
        ("postgres", "executor", "database", "prod"),
        "error",
        &["db-1"],
        "deadlock",
        "deadlock detected: process {pid} waits for ShareLock on transaction {order}",
    ),
    line(
        14,
        ("bastion", "sshd", "access", "prod"),
        "info",
        &["bastion-1"],
        "login",
        "Accepted publickey for {user} from {ip} port {port} ssh2",
    ),
    line(
        9,
        ("bastion", "sshd", "access", "prod"),
        "warning",
        &["bastion-1"],
        "login_failed",
        "Failed password for {user} from {client} port {port} ssh2",
    ),
    line(
        12,
        ("bastion", "cron", "access", "prod"),
        "info",
        &["bastion-1"],
        "job",
        "(root) CMD (/usr/local/bin/rotate-keys --older-than {n}h)",
    ),
    line(
        40,
        ("aws-cloudtrail", "cloudtrail", "aws", "prod"),
        "info",
        &["123456789012"],
        "api_call",
        "{action} by arn:aws:sts::123456789012:assumed-role/ci/{user} from {ip}",
    ),
    line(
        6,
        ("aws-cloudtrail", "cloudtrail", "aws", "prod"),
        "warning",
        &["123456789012"],
        "access_denied",
        "AccessDenied: {action} by arn:aws:sts::123456789012:assumed-role/ci/{user} from {ip}",
    ),
    line(
        16,
        ("windows-dc", "Security", "directory", "prod"),
        "Information",
        &["dc-1"],
        "4624",
        "An account was successfully logged on. Account Name: {user} Source Network Address: {ip}",
    ),
    line(
        5,
        ("windows-dc", "Security", "directory", "prod"),
        "Warning",
        &["dc-1"],
        "4625",
        "An account failed to log on. Account Name: {user} Source Network Address: {ip} Status: 0xC000006D",
    ),
    line(
        2,
        ("badge-reader", "door", "premises", "prod"),
        "info",
        &["door-3"],
        "badge",
        "badge {order} opened door 3",
    ),
];

static GLOBEX: &[Line] = &[
    line(
        40,
        ("mes", "orders", "manufacturing", "prod"),
        "info",
        &["mes-1"],
        "order_step",
        "work order {order} finished step {try} on line {worker} in {n} s",
    ),
    line(
        14,
        ("mes", "quality", "manufacturing", "prod"),
        "warning",
        &["mes-1"],
        "tolerance",
        "line {worker} out of tolerance: part {sku} measured {amount} mm",
    ),
    line(
        30,
        ("plc-gateway", "modbus", "plant", "prod"),
        "info",
        &["plc-gw-1", "plc-gw-2"],
        "poll",
        "polled {n} registers of unit {worker} in {ms} ms",
    ),
    line(
        8,
        ("plc-gateway", "modbus", "plant", "prod"),
        "error",
        &["plc-gw-2"],
        "timeout",
        "unit {worker} did not answer within {slow_ms} ms, try {try}",
    ),
    line(
        20,
        ("vpn-gw", "openvpn", "remote", "prod"),
        "info",
        &["vpn-1"],
        "login",
        "user {user} connected from {client}:{port}",
    ),
    line(
        6,
        ("vpn-gw", "openvpn", "remote", "prod"),
        "warning",
        &["vpn-1"],
        "login_failed",
        "AUTH_FAILED for user {user} from {client}:{port}",
    ),
    line(
        24,
        ("erp", "idoc", "erp", "prod"),
        "info",
        &["erp-1"],
        "document",
        "document {order} posted by {user} in {ms} ms",
    ),
    line(
        3,
        ("erp", "idoc", "erp", "prod"),
        "error",
        &["erp-1"],
        "document_failed",
        "document {order} not posted: number range exhausted for plant {worker}",
    ),
    line(
        12,
        ("historian", "archiver", "plant", "prod"),
        "info",
        &["hist-1"],
        "archive",
        "archived {bytes} samples of line {worker}",
    ),
    line(
        16,
        ("ad-dc", "Security", "directory", "prod"),
        "Information",
        &["gx-dc-1"],
        "4624",
        "An account was successfully logged on. Account Name: {user} Source Network Address: {ip}",
    ),
    line(
        4,
        ("ad-dc", "Security", "directory", "prod"),
        "Warning",
        &["gx-dc-1"],
        "4625",
        "An account failed to log on. Account Name: {user} Source Network Address: {ip} Status: 0xC000006A",
    ),
    line(
        6,
        ("azure-activity", "activity", "azure", "staging"),
        "Informational",
        &["test-line"],
        "write",
        "Microsoft.Compute/virtualMachines/write by {user}@globex.example from {client}",
    ),
    line(
        2,
        ("weighbridge", "scale", "logistics", "prod"),
        "info",
        &["scale-1"],
        "weighed",
        "truck {order} weighed {bytes} kg",
    ),
];

/// Per mille of an average hour; the office day has two humps, nights run batch jobs.
const DAY: [u64; 24] = [
    420, 380, 360, 520, 400, 430, 560, 820, 1240, 1560, 1680, 1640, 1420, 1480, 1640, 1600, 1480, 1300, 1120,
    980, 900, 780, 640, 660,
];
/// The end of the story counts as this hour of a Wednesday.
const LAST_HOUR: i64 = 14;
const LAST_DAY: i64 = 2;

pub(crate) fn hour(organization: &Organization, hour: i64) -> Vec<Moment> {
    let lines = if organization.slug == "acme" { ACME } else { GLOBEX };
    let mut random = Random::new(organization.seed.wrapping_add((hour as u64).wrapping_mul(0x9e37_79b9)));
    let before_end = DAYS * 24 - hour;
    let clock = (LAST_HOUR - before_end).rem_euclid(24);
    let day = (LAST_DAY * 24 + LAST_HOUR - before_end).div_euclid(24).rem_euclid(7);
    let weekend = if day >= 5 { 620 } else { 1120 };
    let average = organization.hourly * DAY[clock as usize] * weekend / 1_000_000;
    // Ten percent up or down.
    let count = average * random.between(90, 110) / 100;
    let total: u64 = lines.iter().map(|l| l.weight).sum();
    (0..count).filter_map(|_| moment(lines, total, hour, &mut random)).collect()
}

fn moment(lines: &'static [Line], total: u64, hour: i64, random: &mut Random) -> Option<Moment> {
    let mut at = random.below(total);
    let line = lines.iter().find(|l| {
        let hit = at < l.weight;
        at = at.saturating_sub(l.weight);
        hit
    })?;
    // The quiet sources fell silent eleven and nine days before the end.
    let silent = match line.origin.source {
        "badge-reader" => hour >= (DAYS - 11) * 24,
        "weighbridge" => hour >= (DAYS - 9) * 24,
        _ => false,
    };
    let (message, details) = fill(line.text, random);
    let at = hour * HOUR + random.below(HOUR as u64) as i64;
    let system = random.pick(line.systems).to_owned();
    (!silent).then_some(Moment {
        at,
        origin: &line.origin,
        level: line.level,
        system,
        event_type: line.event_type,
        message,
        details,
    })
}
