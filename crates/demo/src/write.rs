//! From a moment to an event: ids, times, and the payload that a sender would have sent.

use domain::event::NewEvent;
use domain::{EventId, Severity, Timestamp};
use serde_json::{Map, Value};

use crate::random::Random;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// Microseconds since the start of the story.
    pub at: i64,
    pub origin: &'static Origin,
    /// The level as the sender writes it.
    pub level: &'static str,
    pub system: String,
    pub event_type: &'static str,
    pub message: String,
    /// What the payload says besides.
    pub details: Map<String, Value>,
}

/// Where lines come from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub source: &'static str,
    pub component: &'static str,
    pub service: &'static str,
    pub environment: &'static str,
}

pub(crate) fn event(start: Timestamp, moment: Moment, random: &mut Random) -> NewEvent {
    let Moment { at, origin, level, system, event_type, message, details } = moment;
    let occurred_at = start.plus_micros(at);
    let mut tail = [0u8; 10];
    tail[..8].copy_from_slice(&random.next().to_be_bytes());
    tail[8..].copy_from_slice(&random.next().to_be_bytes()[..2]);
    let id =
        uuid::Builder::from_unix_timestamp_millis(occurred_at.millis().unsigned_abs(), &tail).into_uuid();
    let mut payload = details;
    for (name, value) in [
        ("occurred_at", occurred_at.iso()),
        ("severity", level.to_owned()),
        ("message", message.clone()),
        ("component", origin.component.to_owned()),
        ("service", origin.service.to_owned()),
        ("environment", origin.environment.to_owned()),
        ("system_id", system.clone()),
        ("event_type", event_type.to_owned()),
        ("source", origin.source.to_owned()),
    ] {
        payload.insert(name.to_owned(), Value::String(value));
    }
    let text = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
    NewEvent {
        id: Some(EventId(id)),
        occurred_at,
        severity: Severity::from_vocabulary(level).unwrap_or(Severity::Info),
        severity_text: level.to_owned(),
        severity_known: true,
        dated: true,
        component: text(origin.component),
        service: text(origin.service),
        environment: text(origin.environment),
        system_id: text(&system),
        event_type: text(event_type),
        source: text(origin.source),
        message,
        raw_payload: Value::Object(payload).to_string(),
    }
}

/// Fills `{name}` marks of a text and reports what was filled in.
pub(crate) fn fill(text: &str, random: &mut Random) -> (String, Map<String, Value>) {
    let mut out = String::with_capacity(text.len() + 32);
    let mut details = Map::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let value = value(name, random);
        out.push_str(before);
        match &value {
            Value::String(text) => out.push_str(text),
            other => out.push_str(&other.to_string()),
        }
        details.insert(name.to_owned(), value);
        rest = after;
    }
    out.push_str(rest);
    (out, details)
}

fn value(name: &str, r: &mut Random) -> Value {
    const USERS: [&str; 8] = ["ada", "mika", "vera", "jonas", "priya", "tomas", "lena", "deploy"];
    const PATHS: [&str; 8] = [
        "/",
        "/cart",
        "/checkout",
        "/api/v2/orders",
        "/api/v2/products/search",
        "/login",
        "/account/invoices",
        "/static/app.js",
    ];
    const SKUS: [&str; 5] = ["AX-100", "BR-220", "CT-315", "DL-470", "EM-058"];
    const REASONS: [&str; 4] = ["insufficient_funds", "card_expired", "do_not_honor", "cvc_mismatch"];
    const ACTIONS: [&str; 5] =
        ["DescribeInstances", "ListBuckets", "GetCallerIdentity", "DescribeSecurityGroups", "AssumeRole"];
    const TABLES: [&str; 4] = ["orders", "invoices", "sessions", "stock_levels"];
    match name {
        "ip" => format!("10.{}.{}.{}", r.below(8), r.below(255), r.between(1, 254)).into(),
        "client" => {
            format!("{}.{}.{}.{}", r.between(77, 95), r.below(256), r.below(256), r.between(1, 254)).into()
        }
        "port" => r.between(1024, 65_535).into(),
        "service_port" => [22, 23, 80, 443, 445, 1433, 3306, 3389, 5432, 8080][r.below(10) as usize].into(),
        "user" => r.pick(&USERS).into(),
        "path" => r.pick(&PATHS).into(),
        "sku" => r.pick(&SKUS).into(),
        "decline" => r.pick(&REASONS).into(),
        "action" => r.pick(&ACTIONS).into(),
        "table" => r.pick(&TABLES).into(),
        "ms" => r.between(3, 900).into(),
        "slow_ms" => r.between(3000, 30_000).into(),
        "bytes" => r.between(120, 90_000).into(),
        "pid" => r.between(700, 32_000).into(),
        "n" => r.between(1, 400).into(),
        "try" => r.between(1, 5).into(),
        "percent" => r.between(71, 96).into(),
        "amount" => format!("{}.{:02}", r.between(4, 900), r.below(100)).into(),
        "order" => r.between(100_000, 999_999).into(),
        "request" => format!("{:016x}", r.next()).into(),
        "worker" => r.between(1, 9).into(),
        "ok" => [200, 200, 200, 200, 200, 204, 301, 304, 404][r.below(9) as usize].into(),
        _ => Value::Null,
    }
}
