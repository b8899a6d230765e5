use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn read(value: Value, mapping: &Mapping) -> Result<NewEvent, Vec<FieldError>> {
    let Value::Object(object) = value else { panic!("an object") };
    normalise(&object, mapping, now())
}

fn minimal() -> Value {
    json!({"occurred_at": "2026-11-23T09:30:00Z", "severity": "high", "message": "disk full"})
}

fn with(key: &str, value: Value) -> Value {
    let mut event = minimal();
    event[key] = value;
    event
}

fn refusal(value: Value) -> String {
    let problems = read(value, &Mapping::contract()).expect_err("is refused");
    problems.iter().map(|p| format!("{}: {}", p.field, p.reason)).collect::<Vec<_>>().join(" | ")
}

#[test]
fn what_is_missing_is_told_in_words_that_fit_the_file() {
    let row = serde_json::json!({ "message": "x", "when": "2026-11-23T09:30:00Z" });
    let row = row.as_object().unwrap();
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let reason = |mapping: &Mapping| normalise(row, mapping, now).unwrap_err()[0].reason.clone();
    let imported = reason(&Mapping::import());
    assert!(imported.contains("call the key or column that holds it timestamp"), "{imported}");
    let columns = std::collections::BTreeMap::from([(Target::Message, vec!["message".to_owned()])]);
    let chosen = reason(&Mapping::custom(&columns));
    assert!(chosen.ends_with("or choose the column"), "{chosen}");
    let columns = std::collections::BTreeMap::from([
        (Target::Message, vec!["message".to_owned()]),
        (Target::OccurredAt, vec!["ended".to_owned()]),
    ]);
    let empty = reason(&Mapping::custom(&columns));
    assert!(empty.starts_with("its cell is empty; send a time"), "{empty}");
    assert!(reason(&Mapping::contract()).starts_with("missing; send a time"));
}

#[test]
fn the_contracts_fields_are_read_and_the_rest_is_kept() {
    let event = json!({
        "occurred_at": "2026-11-23T09:30:00Z", "severity": "WARNING", "message": "disk full", "component": "storage",
        "service": "db", "environment": "prod", "system_id": 7, "event_type": true, "source": "nagios",
        "id": "01939f6e-3b7a-7cc2-9f60-0d6c1a5b7e42", "disk": {"free": 0}, "tags": ["a"]
    });
    let read = read(event.clone(), &Mapping::contract()).unwrap();
    assert_eq!(read.severity, Severity::Medium);
    assert_eq!(read.severity_text, "WARNING");
    assert_eq!(read.system_id.as_deref(), Some("7"));
    assert_eq!(read.event_type.as_deref(), Some("true"));
    assert_eq!(read.source.as_deref(), Some("nagios"));
    assert_eq!(read.id.unwrap().to_string(), "01939f6e-3b7a-7cc2-9f60-0d6c1a5b7e42");
    assert_eq!(serde_json::from_str::<Value>(&read.raw_payload).unwrap(), event);
}

#[test]
fn every_problem_is_named_at_once() {
    assert_eq!(
        refusal(json!({"severity": "loud", "component": {}, "id": 7})),
        "occurred_at: missing; send a time in RFC 3339, for example 2026-11-23T09:30:00Z | \
         severity: 'loud' is not a severity; send info, low, medium, high, critical, or a syslog or Windows level | \
         message: missing; say in a text what happened | \
         component: must be a text, a number or true/false | \
         id: must be a UUID such as 01939f6e-3b7a-7cc2-9f60-0d6c1a5b7e42, or leave it out"
    );
}

#[test]
fn the_contract_knows_no_aliases() {
    assert!(
        refusal(json!({"@timestamp": "2026-11-23T09:30:00Z", "level": "info", "msg": "x"}))
            .contains("occurred_at: missing")
    );
}

#[test]
fn limits_are_refused_with_a_reason() {
    assert!(refusal(with("message", json!(" \n"))).contains("message: empty"));
    assert!(refusal(with("message", json!("x".repeat(MAX_MESSAGE + 1)))).contains("at most 1 MiB"));
    assert!(read(with("message", json!("x".repeat(MAX_MESSAGE))), &Mapping::contract()).is_ok());
    assert!(refusal(with("component", json!("é".repeat(256)))).contains("component: longer than 255"));
    assert!(read(with("component", json!("é".repeat(255))), &Mapping::contract()).is_ok());
    let deep = (0..70).fold(json!(1), |inner, _| json!([inner]));
    assert!(refusal(with("deep", deep)).contains("64 levels"));
}

#[test]
fn a_time_is_at_most_a_day_ahead() {
    assert!(read(with("occurred_at", json!("2026-11-25T05:59:59Z")), &Mapping::contract()).is_ok());
    assert!(
        refusal(with("occurred_at", json!("2026-11-25T06:00:01Z")))
            .contains("more than 24 hours in the future")
    );
    assert!(read(with("occurred_at", json!("1970-01-01T00:00:00Z")), &Mapping::contract()).is_ok());
    assert!(read(with("occurred_at", json!(1_795_426_200.25)), &Mapping::contract()).is_ok());
}

#[test]
fn nul_becomes_the_replacement_character() {
    let read = read(with("message", json!("a\0b")), &Mapping::contract()).unwrap();
    assert_eq!(read.message, "a\u{fffd}b");
    assert!(!read.raw_payload.contains("u0000"));
    assert!(serde_json::from_str::<Value>(&read.raw_payload).unwrap()["message"] == "a\u{fffd}b");
}

#[test]
fn sound_repairs_escapes_and_bounds_the_rest() {
    for (text, fixed) in [
        (r#"{"a":"\u0000"}"#, r#"{"a":"\ufffd"}"#),
        (r#"{"a":"\\u0000"}"#, r#"{"a":"\\u0000"}"#),
        (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
        (r#"{"a":"\ud83d x"}"#, r#"{"a":"\ufffd x"}"#),
        (r#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
        (r#"{"a":"\ude00"}"#, r#"{"a":"\ufffd"}"#),
        ("{\"a\":\"x\0\"}", "{\"a\":\"x\u{fffd}\"}"),
        ("\"\\", "\"\\"),
        ("\"\\u00", "\"\\u00"),
    ] {
        assert_eq!(sound(text).unwrap(), fixed);
    }
    assert!(sound(r#"{"n":1e999}"#).is_err());
    assert!(sound(r#"{"n":1e-20000}"#).is_err());
    assert!(sound(&format!("{{\"n\":{}}}", "9".repeat(400))).is_err());
    assert!(sound(r#"{"n":-1.5e10,"s":"1e999"}"#).is_ok());
    assert!(sound(&"[".repeat(100_000)).is_err());
}

#[test]
fn an_import_knows_the_usual_names() {
    let windows = json!({"TimeCreated": "2020-10-19 10:46:42.027", "EventID": 1102, "Level": 4, "Message": "The audit log was cleared.",
        "Hostname": "WORKSTATION5", "Channel": "Security", "SourceName": "Microsoft-Windows-Eventlog"});
    let event = read(windows, &Mapping::import().with_source("dc")).unwrap();
    assert_eq!(event.occurred_at.iso(), "2020-10-19T10:46:42.027000Z");
    assert_eq!((event.severity, event.severity_text.as_str()), (Severity::Info, "4"));
    assert_eq!(event.event_type.as_deref(), Some("1102"));
    assert_eq!(event.system_id.as_deref(), Some("WORKSTATION5"));
    assert_eq!(event.source.as_deref(), Some("dc"));

    let ecs = json!({"@timestamp": 1_795_426_200_000_i64, "log": {"level": "error"}, "host": {"name": "web-1"}, "message": "x"});
    let event = read(ecs, &Mapping::import()).unwrap();
    assert_eq!(event.severity, Severity::High);
    assert_eq!(event.system_id.as_deref(), Some("web-1"));

    let trail = json!({"eventTime": "2020-09-14T00:44:23Z", "eventName": "GetObject", "eventSource": "s3.amazonaws.com",
        "userIdentity": {"userName": "pedro"}, "sourceIPAddress": "1.2.3.4", "requestParameters": {"bucketName": "files"}});
    let event = read(trail, &Mapping::import()).unwrap();
    assert_eq!(event.message, "GetObject on s3.amazonaws.com by pedro from 1.2.3.4 resource files");
}

#[test]
fn an_import_keeps_a_severity_it_does_not_know_as_text() {
    let event =
        read(json!({"time": "2026-11-23", "level": "combo", "msg": "x", "id": 5}), &Mapping::import())
            .unwrap();
    assert_eq!((event.severity, event.severity_text.as_str()), (Severity::Info, "combo"));
    assert_eq!(event.id, None);
}

#[test]
fn columns_can_be_joined_and_chosen() {
    let row = json!({"Month": "Jun", "Date": "14", "Time": "15:16:01", "Level": "combo", "Content": "x"});
    assert_eq!(read(row, &Mapping::import()).unwrap().occurred_at.iso(), "2026-06-14T15:16:01.000000Z");
    let chosen = Mapping::custom(
        &[
            (Target::OccurredAt, vec!["Tag + Uhrzeit".to_owned()]),
            (Target::Message, vec!["Text".to_owned()]),
            (Target::Severity, vec!["Stufe".to_owned()]),
        ]
        .into(),
    );
    let row =
        json!({"Tag + Uhrzeit": "2026-11-23 09:30:00", "Text": "voll", "Stufe": "err", "component": "x"});
    let event = read(row, &chosen).unwrap();
    assert_eq!((event.severity, event.component), (Severity::High, None));
    let suggested = Mapping::suggest(&["Zeit", "msg", "Message", "Level"]);
    assert!(suggested.contains(&(Target::Message, Some("Message"))));
    assert!(suggested.contains(&(Target::OccurredAt, None)));
}
