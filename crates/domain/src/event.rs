//! Events: what a system said happened (Signaled's Event), and how a sender's object becomes one.
//!
//! Decisions, each tested:
//! - The whole original object is kept in `raw_payload`; nothing a sender wrote is dropped.
//! - U+0000 and lone surrogates become U+FFFD, in the fields and in the payload: PostgreSQL stores neither.
//! - Of duplicate keys the last counts, as in `jsonb`; so field and payload agree.
//! - Nesting deeper than [`MAX_DEPTH`] and numbers beyond `f64` are refused: no database stores them all.
//! - `occurred_at` may be up to [`MAX_AHEAD_SECONDS`] ahead of our clock and as old as 1970.
//! - A text field may be sent as a number or a boolean; it is kept as its JSON text.

mod mapping;
mod payload;
mod record;
mod row;
mod text;

pub use mapping::{Mapping, Target};
pub use payload::{Payload, members};
pub use row::{Cell, Row};
pub use text::{clean, sound};

use serde::{Deserialize, Serialize};

use crate::invalid::FieldError;
use crate::{EventId, GroupId, Severity, SourceId, Timestamp};

/// A stored event with every field of the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    pub occurred_at: Timestamp,
    pub ingested_at: Timestamp,
    pub severity: Severity,
    /// The severity as the sender wrote it.
    pub severity_text: String,
    pub component: Option<String>,
    pub service: Option<String>,
    pub environment: Option<String>,
    pub system_id: Option<String>,
    pub event_type: Option<String>,
    pub source_id: Option<SourceId>,
    /// Name of the source, joined.
    pub source: Option<String>,
    pub message: String,
    pub raw_payload: Payload,
    /// 32 hex digits over template, component and event type.
    pub fingerprint: String,
    pub group_id: GroupId,
}

/// An event as it was understood, before it is stored: produced by [`normalise`](crate::event::normalise) and by the demo.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The client's id, when it sent one.
    pub id: Option<EventId>,
    pub occurred_at: Timestamp,
    pub severity: Severity,
    pub severity_text: String,
    /// False when nobody knows the word in `severity_text` and the import's severity stands in for it.
    pub severity_known: bool,
    /// False when the row has no time and `occurred_at` is when it was received.
    pub dated: bool,
    pub component: Option<String>,
    pub service: Option<String>,
    pub environment: Option<String>,
    pub system_id: Option<String>,
    pub event_type: Option<String>,
    pub source: Option<String>,
    pub message: String,
    /// JSON text of the original event.
    pub raw_payload: String,
}

/// Longest message, in bytes of UTF-8.
pub const MAX_MESSAGE: usize = 1_048_576;
/// Longest value of any other field, in characters.
pub const MAX_FIELD: usize = 255;
/// Deepest nesting of arrays and objects; the event itself is 1.
pub const MAX_DEPTH: usize = 64;
/// How far `occurred_at` may be ahead of the server's clock.
pub const MAX_AHEAD_SECONDS: i64 = 86_400;

/// Reads an event out of a JSON object. `now` is the server's clock.
///
/// # Errors
/// Every field that is missing or wrong, with what to do about it.
pub fn normalise(
    object: &serde_json::Map<String, serde_json::Value>,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<NewEvent, Vec<FieldError>> {
    let text = serde_json::to_string(object).unwrap_or_default();
    let raw = sound(&text)
        .map_err(|reason| vec![FieldError { field: String::new(), reason: reason.to_owned() }])?;
    let mut row = Row::new(mapping);
    for (name, value) in object {
        row.put_value(mapping, name, value);
    }
    row.finish(mapping, raw.into_owned(), now).or_else(|problems| {
        let message = mapping.is_lenient().then(|| describe_cloud_trail(object)).flatten();
        match message {
            Some(message) if problems.iter().any(|p| p.field == "message") => {
                row.set(Target::Message, Cell::Text(message.into()));
                row.finish(mapping, text_of(object), now)
            }
            _ => Err(problems),
        }
    })
}

/// A sentence for an AWS CloudTrail record, which has no message of its own: actor, action, resource, from where.
pub fn describe_cloud_trail(object: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    use serde_json::Value;
    let text = |pointer: &[&str]| {
        let mut value = object.get(*pointer.first()?)?;
        for key in pointer.get(1..)? {
            value = value.get(*key)?;
        }
        value.as_str().filter(|t| !t.is_empty())
    };
    let action = text(&["eventName"])?;
    let service = text(&["eventSource"])?;
    let mut sentence = format!("{action} on {service}");
    let actor = text(&["userIdentity", "userName"])
        .or_else(|| text(&["userIdentity", "arn"]))
        .or_else(|| text(&["userIdentity", "invokedBy"]))
        .or_else(|| text(&["userIdentity", "type"]));
    let resource = text(&["requestParameters", "bucketName"])
        .or_else(|| text(&["requestParameters", "instanceId"]))
        .or_else(|| text(&["requestParameters", "groupId"]))
        .or_else(|| text(&["requestParameters", "roleName"]))
        .or_else(|| {
            object.get("resources").and_then(|r| r.get(0)).and_then(|r| r.get("ARN")).and_then(Value::as_str)
        });
    for (word, part) in [
        ("by", actor),
        ("from", text(&["sourceIPAddress"])),
        ("resource", resource),
        ("error", text(&["errorCode"])),
    ] {
        if let Some(part) = part {
            sentence.push(' ');
            sentence.push_str(word);
            sentence.push(' ');
            sentence.push_str(part);
        }
    }
    Some(sentence)
}

fn text_of(object: &serde_json::Map<String, serde_json::Value>) -> String {
    let text = serde_json::to_string(object).unwrap_or_default();
    sound(&text).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests;
