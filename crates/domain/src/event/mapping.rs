//! Which columns of a sender's row feed which field.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::Severity;
use crate::member::words;

words! {
    /// A field of an event that a column can feed.
    Target {
        Id = "id", OccurredAt = "occurred_at", Severity = "severity", Message = "message", Component = "component",
        Service = "service", Environment = "environment", SystemId = "system_id", EventType = "event_type", Source = "source",
    }
    "not a field: id, occurred_at, severity, message, component, service, environment, system_id, event_type or source"
}

/// Columns by target, in order of preference: the first that has a value feeds the field. A column written as
/// `Date + Time` joins two or more columns with a blank.
#[derive(Clone, Debug)]
pub struct Mapping {
    index: HashMap<String, Vec<Use>>,
    /// How many columns each joined column has, its target and rank.
    pub(super) joined: Vec<(Target, u16, usize)>,
    /// Objects that are looked into: `host` when `host.name` is a column.
    opened: Vec<String>,
    lenient: bool,
    /// A person chose the columns.
    pub(super) chosen: bool,
    /// Used when a row says nothing; `None` makes severity required.
    pub severity: Option<Severity>,
    pub source: Option<String>,
    pub environment: Option<String>,
}

/// What one column is good for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    Whole { target: Target, rank: u16 },
    Part { joined: usize, position: usize },
}

impl Mapping {
    /// The names of the contract, nothing else: `POST /api/v1/events`. Severity is required and must be understood.
    pub fn contract() -> Self {
        let mut mapping = Self::empty(false);
        for target in Target::ALL {
            mapping.add(*target, 0, target.as_str());
        }
        mapping
    }

    /// The names that common tools use, for files. A row without an understood severity is `info`, keeps its text,
    /// and is counted (`NewEvent::severity_known`).
    pub fn import() -> Self {
        let mut mapping = Self::empty(true);
        for (target, columns) in ALIASES {
            for (rank, column) in columns.iter().enumerate() {
                for name in spellings(column) {
                    mapping.add(*target, rank as u16, &name);
                }
            }
        }
        mapping
    }

    /// The columns a person chose on the upload page; a field that is not listed stays empty.
    pub fn custom(columns: &BTreeMap<Target, Vec<String>>) -> Self {
        let mut mapping = Self { chosen: true, ..Self::empty(true) };
        for (target, names) in columns {
            for (rank, name) in names.iter().enumerate() {
                // As it stands in the file: a plus in it joins nothing.
                mapping.whole(*target, rank as u16, name);
            }
        }
        mapping
    }

    /// For each field the best of `headers`, as the upload page proposes it.
    pub fn suggest<'h>(headers: &[&'h str]) -> Vec<(Target, Option<&'h str>)> {
        let import = Self::import();
        let best = |target: Target| {
            let rank = |h: &str| {
                import.uses(h).iter().find_map(|u| match u {
                    Use::Whole { target: t, rank } if *t == target => Some(*rank),
                    _ => None,
                })
            };
            headers
                .iter()
                .copied()
                .filter_map(|h| Some((rank(h)?, h)))
                .min_by_key(|(r, _)| *r)
                .map(|(_, h)| h)
        };
        Target::ALL.iter().map(|t| (*t, best(*t))).collect()
    }

    /// The source of every row that names none.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether unknown severities and unusable optional values are passed over instead of refused.
    pub fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Whether a column feeds it.
    pub(super) fn has_column(&self, target: Target) -> bool {
        let of_target = |used: &Use| match used {
            Use::Whole { target: whole, .. } => *whole == target,
            Use::Part { joined, .. } => self.joined.get(*joined).is_some_and(|(whole, ..)| *whole == target),
        };
        self.index.values().flatten().any(of_target)
    }

    /// Whether any column is inside an object of this name.
    pub fn opens(&self, name: &str) -> bool {
        self.opened.iter().any(|o| o == name)
    }

    /// Whether a column of this name feeds anything.
    pub fn wants(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    pub(super) fn uses(&self, name: &str) -> &[Use] {
        self.index.get(name).map_or(&[], Vec::as_slice)
    }

    fn empty(lenient: bool) -> Self {
        Self {
            index: HashMap::new(),
            joined: Vec::new(),
            opened: Vec::new(),
            lenient,
            chosen: false,
            severity: lenient.then_some(Severity::Info),
            source: None,
            environment: None,
        }
    }

    fn whole(&mut self, target: Target, rank: u16, column: &str) {
        if let Some((outer, _)) = column.split_once('.') {
            self.opened.push(outer.to_owned());
        }
        self.index.entry(column.to_owned()).or_default().push(Use::Whole { target, rank });
    }

    fn add(&mut self, target: Target, rank: u16, column: &str) {
        let parts: Vec<&str> = column.split(" + ").map(str::trim).collect();
        if parts.len() == 1 {
            return self.whole(target, rank, column);
        }
        let joined = self.joined.len();
        self.joined.push((target, rank, parts.len()));
        for (position, part) in parts.into_iter().enumerate() {
            self.index.entry(part.to_owned()).or_default().push(Use::Part { joined, position });
        }
    }
}

/// A lower-case single word is also tried capitalised and in capitals (`message`, `Message`, `MESSAGE`).
fn spellings(column: &str) -> Vec<String> {
    let mut names = vec![column.to_owned()];
    if column.bytes().all(|c| c.is_ascii_lowercase() || c == b'_') {
        let mut capital = column.to_owned();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        names.push(capital);
        names.push(column.to_ascii_uppercase());
    }
    names
}

/// Elastic Common Schema, Logstash, Windows (Winlogbeat, NXLog, event viewer), AWS CloudTrail, journald, loghub,
/// Python, Go and Node loggers, GELF, Splunk.
const ALIASES: &[(Target, &[&str])] = &[
    (Target::Id, &["id"]),
    (
        Target::OccurredAt,
        &[
            "occurred_at",
            "@timestamp",
            "timestamp",
            "TimeCreated",
            "EventTime",
            "eventTime",
            "time_created",
            "TimeGenerated",
            "event_time",
            "datetime",
            "created_at",
            "UtcTime",
            "_time",
            "ts",
            "Month + Date + Time",
            "Date + Day + Time",
            "Date + Time",
            "date + time",
            "time",
            "date",
            "__REALTIME_TIMESTAMP",
        ],
    ),
    (
        Target::Severity,
        &[
            "severity",
            "level",
            "LevelDisplayName",
            "EntryType",
            "levelname",
            "log.level",
            "log_level",
            "loglevel",
            "severity_text",
            "severityText",
            "priority",
            "lvl",
            "syslog.severity.name",
        ],
    ),
    (
        Target::Message,
        &[
            "message",
            "msg",
            "@message",
            "content",
            "log",
            "text",
            "body",
            "short_message",
            "event.original",
            "description",
            "_raw",
        ],
    ),
    (
        Target::Component,
        &[
            "component",
            "logger",
            "logger_name",
            "log.logger",
            "SourceName",
            "ProviderName",
            "program",
            "process.name",
            "appname",
            "app",
            "module",
            "eventSource",
            "SYSLOG_IDENTIFIER",
            "process",
            "name",
        ],
    ),
    (Target::Service, &["service", "service.name", "service_name", "serviceName", "application", "Channel"]),
    (
        Target::Environment,
        &["environment", "env", "service.environment", "deployment.environment", "deployment_environment"],
    ),
    (
        Target::SystemId,
        &[
            "system_id",
            "hostname",
            "host.name",
            "Computer",
            "ComputerName",
            "MachineName",
            "agent.hostname",
            "host",
            "server",
            "node",
            "instance",
            "_HOSTNAME",
            "recipientAccountId",
        ],
    ),
    (
        Target::EventType,
        &[
            "event_type",
            "EventID",
            "event.action",
            "event.code",
            "eventName",
            "eventType",
            "event_id",
            "EventId",
            "event",
        ],
    ),
    (Target::Source, &["source", "log_source"]),
];
