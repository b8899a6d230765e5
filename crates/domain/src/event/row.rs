//! One row on its way to an event: cells by field, then checked all at once.

use std::borrow::Cow;

use serde_json::Value;

use super::mapping::{Mapping, Target, Use};
use super::{MAX_AHEAD_SECONDS, MAX_FIELD, MAX_MESSAGE, NewEvent, clean};
use crate::invalid::FieldError;
use crate::{EventId, Severity, Timestamp, instant};

/// One value as it was sent. Numbers stay text, so that nothing is rounded.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(Cow<'a, str>),
    Bool(bool),
    /// An array or object where a text belongs.
    Structure,
}

const FIELDS: usize = Target::ALL.len();

/// The cells that matter, each the best column's so far.
#[derive(Debug)]
pub struct Row<'a> {
    cells: [Option<(u16, Cell<'a>)>; FIELDS],
    joined: Vec<Vec<String>>,
    /// A column that only Windows events have was seen: bare level numbers are Windows levels.
    windows: bool,
    /// A column that holds severities was seen, without a text or a number in it.
    blank_severity: bool,
}

impl<'a> Row<'a> {
    pub fn new(mapping: &Mapping) -> Self {
        Self {
            cells: [const { None }; FIELDS],
            joined: mapping.joined.iter().map(|(_, _, parts)| vec![String::new(); *parts]).collect(),
            windows: false,
            blank_severity: false,
        }
    }

    /// Takes the value of one column. Of two equally good columns, or one name twice, the last counts.
    pub fn put(&mut self, mapping: &Mapping, name: &str, cell: Cell<'a>) {
        self.windows |=
            mapping.is_lenient() && matches!(name, "EventID" | "ProviderName" | "LevelDisplayName");
        for used in mapping.uses(name) {
            match *used {
                Use::Whole { target, rank } => {
                    let slot = &mut self.cells[target as usize];
                    let better = slot.as_ref().is_none_or(|(old, _)| rank <= *old);
                    let same = slot.as_ref().is_some_and(|(old, _)| rank == *old);
                    if target == Target::Severity && mapping.is_lenient() && says_nothing(&cell) {
                        self.blank_severity = true;
                    }
                    match &cell {
                        Cell::Null if same => *slot = None,
                        Cell::Null => {}
                        // An import tries the next column where this one cannot be used.
                        cell if mapping.is_lenient() && says_nothing(cell) => {}
                        _ if better => *slot = Some((rank, cell.clone())),
                        _ => {}
                    }
                }
                Use::Part { joined, position } => {
                    if let (Cell::Text(t) | Cell::Number(t), Some(part)) =
                        (&cell, self.joined.get_mut(joined).and_then(|j| j.get_mut(position)))
                    {
                        t.trim().clone_into(part);
                    }
                }
            }
        }
    }

    /// Sets a field directly, for formats that have fields and no columns.
    pub fn set(&mut self, target: Target, cell: Cell<'a>) {
        self.cells[target as usize] = Some((0, cell));
    }

    /// As [`Row::put`], looking one level into objects that the mapping names (`host.name`).
    pub fn put_value(&mut self, mapping: &Mapping, name: &str, value: &'a Value) {
        if let Value::Object(inner) = value
            && mapping.opens(name)
        {
            for (key, value) in inner {
                self.put(mapping, &format!("{name}.{key}"), cell(value));
            }
        }
        self.put(mapping, name, cell(value));
    }

    /// Checks everything and reports every problem at once. `raw_payload` must be sound JSON text
    /// (see [`super::sound`]).
    ///
    /// # Errors
    /// One [`FieldError`] a field.
    pub fn finish(
        &self,
        mapping: &Mapping,
        raw_payload: String,
        now: Timestamp,
    ) -> Result<NewEvent, Vec<FieldError>> {
        let mut problems = Vec::new();
        let occurred_at = self.occurred_at(mapping, now).map_err(|e| problems.push(e)).ok();
        let severity = self.severity(mapping).map_err(|e| problems.push(e)).ok();
        let message = self.message(mapping).map_err(|e| problems.push(e)).ok();
        let mut field = |target| self.field(target).map_err(|e| problems.push(e)).ok().flatten();
        let [component, service, environment, system_id, event_type, source] = [
            Target::Component,
            Target::Service,
            Target::Environment,
            Target::SystemId,
            Target::EventType,
            Target::Source,
        ]
        .map(&mut field);
        let id = self.id(mapping).map_err(|e| problems.push(e)).ok().flatten();
        match (occurred_at, severity, message) {
            (Some(occurred_at), Some(Graded { severity, text, known }), Some(message))
                if problems.is_empty() =>
            {
                Ok(NewEvent {
                    id,
                    occurred_at,
                    severity,
                    severity_text: text,
                    severity_known: known,
                    dated: true,
                    component,
                    service,
                    environment: environment.or_else(|| mapping.environment.clone()),
                    system_id,
                    event_type,
                    source: source.or_else(|| mapping.source.clone()),
                    message,
                    raw_payload,
                })
            }
            _ => Err(problems),
        }
    }

    fn cell(&self, target: Target) -> Option<&Cell<'a>> {
        self.cells[target as usize].as_ref().map(|(_, cell)| cell)
    }

    fn occurred_at(&self, mapping: &Mapping, now: Timestamp) -> Result<Timestamp, FieldError> {
        let target = Target::OccurredAt;
        let rank = self.cells[target as usize].as_ref().map_or(u16::MAX, |(rank, _)| *rank);
        let joined =
            mapping.joined.iter().zip(&self.joined).filter(|((t, r, _), parts)| {
                *t == target && *r < rank && parts.iter().all(|p| !p.is_empty())
            });
        let at = if let Some((_, parts)) = joined.min_by_key(|((_, r, _), _)| *r) {
            instant::parse(&parts.join(" "), now)
        } else {
            match self.cell(target) {
                Some(Cell::Text(text)) => instant::parse(text, now),
                Some(Cell::Number(text)) => instant::from_decimal(text),
                Some(_) => Err(instant::NOT_A_TIME),
                None => {
                    return Err(problem(
                        target,
                        missing(
                            mapping,
                            target,
                            "timestamp",
                            "send a time in RFC 3339, for example 2026-11-23T09:30:00Z",
                        ),
                    ));
                }
            }
        };
        let at = at.map_err(|reason| problem(target, reason.to_owned()))?;
        if at > now.plus_seconds(MAX_AHEAD_SECONDS) {
            return Err(problem(
                target,
                format!("{at} is more than 24 hours in the future; check the sender's clock"),
            ));
        }
        Ok(at)
    }

    fn severity(&self, mapping: &Mapping) -> Result<Graded, FieldError> {
        let words = "info, low, medium, high, critical, or a syslog or Windows level";
        let text: Cow<'_, str> = match self.cell(Target::Severity) {
            Some(Cell::Text(text)) => clean(text.trim()),
            Some(Cell::Number(text)) => Cow::Borrowed(text),
            // An import loses no row over its severity.
            Some(Cell::Bool(yes)) if mapping.is_lenient() => {
                Cow::Borrowed(if *yes { "true" } else { "false" })
            }
            None if mapping.severity.is_some() => Cow::Borrowed(""),
            None => {
                return Err(problem(
                    Target::Severity,
                    missing(mapping, Target::Severity, "severity", &format!("send one of {words}")),
                ));
            }
            Some(_) => return Err(problem(Target::Severity, format!("must be a text or a number: {words}"))),
        };
        let known = match text.parse::<i64>() {
            Ok(level) if self.windows => Severity::from_windows_level(level),
            _ => Severity::from_vocabulary(&text),
        };
        if let Some(severity) = known.or(mapping.severity) {
            // A row without such a column has no word that was not understood.
            let known = known.is_some() || (text.is_empty() && !self.blank_severity);
            return Ok(Graded { severity, text: text.chars().take(MAX_FIELD).collect(), known });
        }
        let shown: String = text.chars().take(40).collect();
        Err(problem(Target::Severity, format!("'{shown}' is not a severity; send {words}")))
    }

    fn message(&self, mapping: &Mapping) -> Result<String, FieldError> {
        let target = Target::Message;
        let text: Cow<'_, str> = match self.cell(target) {
            Some(Cell::Text(text)) => clean(text),
            Some(Cell::Number(text)) => Cow::Borrowed(text),
            Some(Cell::Bool(yes)) => Cow::Borrowed(if *yes { "true" } else { "false" }),
            Some(Cell::Structure) => {
                return Err(problem(target, "must be a text, not an object or array".to_owned()));
            }
            None | Some(Cell::Null) => {
                return Err(problem(
                    target,
                    missing(mapping, target, "message", "say in a text what happened"),
                ));
            }
        };
        if text.trim().is_empty() {
            return Err(problem(target, "empty; say what happened".to_owned()));
        }
        if text.len() > MAX_MESSAGE {
            return Err(problem(
                target,
                format!("{} bytes long; at most 1 MiB is kept, shorten it", text.len()),
            ));
        }
        Ok(text.into_owned())
    }

    fn field(&self, target: Target) -> Result<Option<String>, FieldError> {
        let text: Cow<'_, str> = match self.cell(target) {
            Some(Cell::Text(text)) => clean(text.trim()),
            Some(Cell::Number(text)) => Cow::Borrowed(text),
            Some(Cell::Bool(yes)) => Cow::Borrowed(if *yes { "true" } else { "false" }),
            Some(Cell::Structure) => {
                return Err(problem(target, "must be a text, a number or true/false".to_owned()));
            }
            None | Some(Cell::Null) => return Ok(None),
        };
        if text.len() > MAX_FIELD && text.chars().count() > MAX_FIELD {
            return Err(problem(
                target,
                format!("longer than {MAX_FIELD} characters; shorten it or put it in another key"),
            ));
        }
        Ok(if text.is_empty() { None } else { Some(text.into_owned()) })
    }

    /// An import keeps a foreign `id` in the payload only.
    fn id(&self, mapping: &Mapping) -> Result<Option<EventId>, FieldError> {
        match self.cell(Target::Id) {
            None | Some(Cell::Null) => Ok(None),
            Some(Cell::Text(text)) if text.trim().parse::<EventId>().is_ok_and(|id| !id.0.is_nil()) => {
                Ok(text.trim().parse().ok())
            }
            Some(_) if mapping.is_lenient() => Ok(None),
            Some(_) => Err(problem(
                Target::Id,
                "must be a UUID such as 01939f6e-3b7a-7cc2-9f60-0d6c1a5b7e42, or leave it out".to_owned(),
            )),
        }
    }
}

/// A severity, the word it came from, and whether that was understood.
struct Graded {
    severity: Severity,
    text: String,
    known: bool,
}

fn says_nothing(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Null | Cell::Structure => true,
        Cell::Text(text) => text.trim().is_empty(),
        Cell::Number(_) | Cell::Bool(_) => false,
    }
}

fn problem(target: Target, reason: String) -> FieldError {
    FieldError { field: target.as_str().to_owned(), reason }
}

/// `name`: one that files call it, for whoever cannot choose what holds it.
fn missing(mapping: &Mapping, target: Target, name: &str, advice: &str) -> String {
    if mapping.chosen && mapping.has_column(target) {
        format!("its cell is empty; {advice}")
    } else if mapping.chosen {
        format!("no column holds it; {advice}, or choose the column")
    } else if mapping.is_lenient() {
        format!("missing; call the key or column that holds it {name}, and {advice}")
    } else {
        format!("missing; {advice}")
    }
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(yes) => Cell::Bool(*yes),
        Value::Number(n) => Cell::Number(Cow::Owned(n.to_string())),
        Value::String(text) => Cell::Text(Cow::Borrowed(text)),
        Value::Array(_) | Value::Object(_) => Cell::Structure,
    }
}
