//! Syslog with a priority: RFC 5424 and RFC 3164.

use chrono::{Datelike, Utc};
use domain::{Timestamp, instant};
use serde_json::{Map, Value, json};
use syslog_loose::{ProcId, Protocol, SyslogSeverity, Variant};

use crate::plain::Parts;

/// Understands a line that begins with `<priority>`. `None`: it has no time that could be read.
pub(crate) fn parse(line: &str, now: Timestamp) -> Option<Parts> {
    let year = move |(month, day, hour, minute, second): syslog_loose::IncompleteDate| {
        const NAMES: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let name = NAMES.get((month as usize).wrapping_sub(1)).unwrap_or(&"Jan");
        instant::parse(&format!("{name} {day} {hour}:{minute:02}:{second:02}"), now)
            .unwrap_or(now)
            .utc()
            .year()
    };
    let message = syslog_loose::parse_message_with_year_tz(line, year, Some(Utc), Variant::Either);
    // RFC 5424 section 6.2.3: a sender without a clock sends `-`. Then the time is when the line was received, as the year of
    // an RFC 3164 line is the one in which it was.
    let dated = !(matches!(message.protocol, Protocol::RFC5424(_)) && has_nil_time(line));
    let at = if dated { Timestamp::new(message.timestamp?.with_timezone(&Utc))? } else { now };
    let mut extra = Map::new();
    if let Some(facility) = message.facility {
        extra.insert("facility".to_owned(), json!(facility.as_str()));
    }
    if let Some(procid) = &message.procid {
        let id = match procid {
            ProcId::PID(pid) => pid.to_string(),
            ProcId::Name(name) => (*name).to_owned(),
        };
        extra.insert("procid".to_owned(), Value::String(id));
    }
    if !message.structured_data.is_empty() {
        let data: Map<String, Value> = message
            .structured_data
            .iter()
            .map(|e| {
                (
                    e.id.to_owned(),
                    e.params()
                        .map(|(k, v)| ((*k).to_owned(), Value::String(v)))
                        .collect::<Map<_, _>>()
                        .into(),
                )
            })
            .collect();
        extra.insert("structured_data".to_owned(), Value::Object(data));
    }
    let text = message.msg.trim_start_matches('\u{feff}').trim();
    Some(Parts {
        at,
        dated,
        level: message.severity.map_or("", name).to_owned(),
        component: message.appname.map(str::to_owned),
        system: message.hostname.map(str::to_owned),
        event_type: message.msgid.map(str::to_owned),
        // A message may be empty (RFC 5424 section 6.4); the line itself says what there is.
        message: if text.is_empty() { line.to_owned() } else { text.to_owned() },
        extra,
    })
}

/// The second word of the header, after priority and version.
fn has_nil_time(line: &str) -> bool {
    line.split(' ').nth(1) == Some("-")
}

fn name(severity: SyslogSeverity) -> &'static str {
    match severity {
        SyslogSeverity::SEV_EMERG => "emerg",
        SyslogSeverity::SEV_ALERT => "alert",
        SyslogSeverity::SEV_CRIT => "crit",
        SyslogSeverity::SEV_ERR => "err",
        SyslogSeverity::SEV_WARNING => "warning",
        SyslogSeverity::SEV_NOTICE => "notice",
        SyslogSeverity::SEV_INFO => "info",
        SyslogSeverity::SEV_DEBUG => "debug",
    }
}
