//! What an entry says in a line of the list: why it failed, what changed, and the first of what it tells besides. Server only.

use std::collections::BTreeSet;

use domain::audit::AuditRecord;
use serde_json::{Map, Value};

/// Facts that stand in the line; the entry has all.
const FACTS: usize = 4;
/// Characters of each.
const LENGTH: usize = 60;
/// What things are called stands first.
const NAMES: [&str; 6] = ["file_name", "name", "title", "slug", "email", "number"];

/// `disk.csv · accepted 2 · rejected 1`; empty where the entry says no more than its action.
pub fn of(record: &AuditRecord) -> String {
    let mut facts: Vec<String> = record.error_message.iter().map(|why| cut(why)).collect();
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (object(record.old_values.as_ref()), object(record.new_values.as_ref()));
    if old.is_empty() || new.is_empty() {
        facts.extend(told(if new.is_empty() { &old } else { &new }));
    } else {
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = |key: &&&String| is_changed(key) && old.get(**key) != new.get(**key);
        let changed: Vec<String> = keys.iter().filter(differs).map(|key| words(key)).collect();
        facts.extend((!changed.is_empty()).then(|| format!("changed: {}", cut(&changed.join(", ")))));
    }
    facts.extend(told(&object(Some(&record.metadata))));
    facts.truncate(FACTS);
    facts.join(" · ")
}

/// Names without their key, then what else can be said in a word.
fn told(values: &Map<String, Value>) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(cut(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        _ => None,
    };
    let names = NAMES.iter().filter_map(|key| match values.get(*key)? {
        Value::Number(number) if *key == "number" => Some(format!("no. {number}")),
        value => text(value),
    });
    let others = values.iter().filter(|(key, _)| is_said(key) && !NAMES.contains(&key.as_str()));
    names.chain(others.filter_map(|(key, value)| Some(format!("{} {}", words(key), text(value)?)))).collect()
}

/// Ids and times mean nothing in a line.
fn is_said(key: &str) -> bool {
    let hidden = ["id", "version", "hash", "digest", "sha256"];
    !hidden.contains(&key) && !["_id", "_at", "_ids", "_hash"].iter().any(|end| key.ends_with(end))
}

/// That another one is meant does, but for what changes with everything.
fn is_changed(key: &str) -> bool {
    !["updated_at", "version"].contains(&key)
}

fn words(key: &str) -> String {
    key.trim_end_matches("_id").replace('_', " ")
}

fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(LENGTH).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use domain::{AuditId, OrganizationId, Timestamp};
    use serde_json::json;

    use super::*;

    fn record(metadata: Value, old: Option<Value>, new: Option<Value>) -> AuditRecord {
        AuditRecord {
            organization_id: OrganizationId(uuid::Uuid::nil()),
            id: AuditId(uuid::Uuid::nil()),
            seq: 1,
            created_at: Timestamp::EPOCH,
            actor_id: None,
            actor: "ada@acme.example".to_owned(),
            action: "X".to_owned(),
            target_type: "x".to_owned(),
            target_id: String::new(),
            metadata,
            old_values: old,
            new_values: new,
            ip_address: None,
            user_agent: None,
            session_id: None,
            success: true,
            error_message: None,
            incident_id: None,
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn a_line_says_what_was_done_to_what() {
        let note = json!({ "number": 2, "revision": 1, "sha256": "3894" });
        assert_eq!(of(&record(note, None, None)), "no. 2 · revision 1");
        let upload = json!({ "accepted": 2, "file_name": "disk.csv", "source_id": "x", "rejected": 1 });
        assert_eq!(of(&record(upload, None, None)), "disk.csv · accepted 2 · rejected 1");
        let (old, new) =
            (json!({ "name": "a", "ip": "::1" }), json!({ "name": "b", "ip": "::1", "created_at": "" }));
        assert_eq!(of(&record(json!({}), Some(old), Some(new.clone()))), "changed: created at, name");
        let (old, new_one) =
            (json!({ "assigned_to_id": "a", "version": 1 }), json!({ "assigned_to_id": null, "version": 2 }));
        assert_eq!(of(&record(json!({}), Some(old), Some(new_one))), "changed: assigned to");
        assert_eq!(of(&record(json!(null), None, Some(new))), "b · ip ::1");
        let failed = AuditRecord {
            error_message: Some("wrong\n password".to_owned()),
            ..record(json!({}), None, None)
        };
        assert_eq!(of(&failed), "wrong password");
    }
}
