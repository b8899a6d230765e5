//! One JSON object straight to an event: borrowed fields, no tree, the text itself kept as the payload.

use std::borrow::Cow;
use std::fmt;

use domain::Timestamp;
use domain::event::{Cell, Mapping, NewEvent, Row, Target, describe_cloud_trail, sound};
use domain::invalid::FieldError;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{refuse, repeated};

/// Reads one NDJSON line or array element. Invalid UTF-8 becomes U+FFFD in fields and payload alike.
///
/// # Errors
/// Every field that is missing or wrong; or one error without a field when it is not a JSON object.
pub fn parse(line: &[u8], mapping: &Mapping, now: Timestamp) -> Result<NewEvent, Vec<FieldError>> {
    let text = String::from_utf8_lossy(line);
    let text = text.trim();
    if !text.starts_with('{') {
        return Err(refuse("not a JSON object; send one object with occurred_at, severity and message"));
    }
    let text = sound(text).map_err(refuse)?;
    let row = filled(&text, mapping)?;
    // Only what was read as JSON is taken apart.
    match repeated::without(&text) {
        Some(once) => finish(filled(&once, mapping)?, &once, mapping, now),
        None => finish(row, &text, mapping, now),
    }
}

fn finish<'t>(
    mut row: Row<'t>,
    text: &'t str,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<NewEvent, Vec<FieldError>> {
    match row.finish(mapping, text.to_owned(), now) {
        Err(problems) if mapping.is_lenient() && problems.iter().any(|p| p.field == "message") => {
            let Some(message) =
                serde_json::from_str(text).ok().and_then(|object| describe_cloud_trail(&object))
            else {
                return Err(problems);
            };
            // Whatever column was chosen for it.
            row.set(Target::Message, Cell::Text(message.into()));
            row.finish(mapping, text.to_owned(), now)
        }
        done => done,
    }
}

fn filled<'t>(text: &'t str, mapping: &Mapping) -> Result<Row<'t>, Vec<FieldError>> {
    let mut row = Row::new(mapping);
    fill(text, &mut row, &Keys { mapping, inside: None })?;
    Ok(row)
}

/// Which keys matter, and inside which object they are.
struct Keys<'m> {
    mapping: &'m Mapping,
    inside: Option<&'m str>,
}

fn fill<'t>(text: &'t str, row: &mut Row<'t>, keys: &Keys<'_>) -> Result<(), Vec<FieldError>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader
        .deserialize_map(Fill { row, keys })
        .and_then(|()| reader.end())
        .map_err(|e| refuse(format!("not valid JSON: {e}")))
}

struct Fill<'r, 't, 'k> {
    row: &'r mut Row<'t>,
    keys: &'k Keys<'k>,
}

impl<'t> Visitor<'t> for Fill<'_, 't, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        let mapping = self.keys.mapping;
        while let Some(Key(key)) = map.next_key()? {
            let name = match self.keys.inside {
                Some(outer) => Cow::Owned(format!("{outer}.{key}")),
                None => key,
            };
            let opened = self.keys.inside.is_none() && mapping.opens(&name);
            if !opened && !mapping.wants(&name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let raw: &'t RawValue = map.next_value()?;
            if opened && raw.get().starts_with('{') {
                let mut inner = serde_json::Deserializer::from_str(raw.get());
                let keys = Keys { mapping, inside: Some(&name) };
                inner
                    .deserialize_map(Fill { row: self.row, keys: &keys })
                    .map_err(serde::de::Error::custom)?;
            }
            self.row.put(mapping, &name, cell(raw.get()).map_err(serde::de::Error::custom)?);
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'t>(Cow<'t, str>);

impl<'t> serde::Deserialize<'t> for Key<'t> {
    fn deserialize<D: serde::Deserializer<'t>>(d: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'t> Visitor<'t> for Text {
            type Value = Cow<'t, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        d.deserialize_str(Text).map(Key)
    }
}

fn cell(raw: &str) -> Result<Cell<'_>, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') if !raw.contains('\\') => {
            Cell::Text(Cow::Borrowed(raw.get(1..raw.len() - 1).unwrap_or("")))
        }
        Some(b'"') => Cell::Text(Cow::Owned(serde_json::from_str(raw)?)),
        Some(b't') => Cell::Bool(true),
        Some(b'f') => Cell::Bool(false),
        Some(b'n') => Cell::Null,
        Some(b'{' | b'[') => Cell::Structure,
        _ => Cell::Number(Cow::Borrowed(raw)),
    })
}

#[cfg(test)]
mod tests {
    use domain::Severity;
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T06:00:00Z".parse().unwrap()
    }
    fn read(line: &str) -> Result<NewEvent, Vec<FieldError>> {
        parse(line.as_bytes(), &Mapping::contract(), now())
    }
    const GOOD: &str = r#"{"occurred_at":"2026-11-23T09:30:00Z","severity":3,"message":"a \"b\"","component":1.50,"x":{"severity":"low"}}"#;

    #[test]
    fn the_line_itself_is_the_payload() {
        let event = read(GOOD).unwrap();
        assert_eq!(event.raw_payload, GOOD);
        assert_eq!((event.severity, event.message.as_str()), (Severity::High, "a \"b\""));
        assert_eq!(event.component.as_deref(), Some("1.50"));
    }

    #[test]
    fn the_last_of_duplicate_keys_counts() {
        let event = read(r#"{"occurred_at":1,"occurred_at":2,"severity":"high","severity":"low","message":"a","message":"b"}"#).unwrap();
        assert_eq!(
            (event.occurred_at.seconds(), event.severity, event.message.as_str()),
            (2, Severity::Low, "b")
        );
        assert!(read(r#"{"occurred_at":1,"severity":"high","severity":null,"message":"a"}"#).is_err());
        assert_eq!(event.raw_payload, r#"{"occurred_at":2,"severity":"low","message":"b"}"#);
        let deep =
            r#"{"occurred_at":1,"severity":"low","message":"a","x":{"n":1,"n":2.50},"x2":[{"y":1,"y":2}]}"#;
        assert_eq!(
            read(deep).unwrap().raw_payload,
            r#"{"occurred_at":1,"severity":"low","message":"a","x":{"n":2.50},"x2":[{"y":2}]}"#
        );
        // A member that is no JSON is not cut out of sight.
        assert!(read(r#"{"occurred_at":1,"severity":"low","message":"a","x":nope,"x":1}"#).is_err());
    }

    #[test]
    fn what_no_database_stores_is_repaired() {
        let event =
            read(r#"{"occurred_at":1,"severity":"info","message":"a\u0000\ud800b","k\u0000":"\udc00"}"#)
                .unwrap();
        assert_eq!(event.message, "a\u{fffd}\u{fffd}b");
        assert_eq!(
            event.raw_payload,
            r#"{"occurred_at":1,"severity":"info","message":"a\ufffd\ufffdb","k\ufffd":"\ufffd"}"#
        );
        let event = parse(
            b"{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"\xff\0x\"}",
            &Mapping::contract(),
            now(),
        )
        .unwrap();
        assert_eq!(event.message, "\u{fffd}\u{fffd}x");
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        for (line, part) in [
            ("[]", "not a JSON object"),
            ("{", "not valid JSON"),
            ("{} {}", "not valid JSON"),
            (r#"{"message": nope}"#, "not valid JSON"),
            ("{\"message\": \"a\tb\"}", "not valid JSON"),
        ] {
            let problems = read(line).expect_err(line);
            assert!(problems[0].reason.contains(part), "{line}: {problems:?}");
        }
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(read(&deep).expect_err("deep")[0].reason.contains("64 levels"));
    }

    #[test]
    fn the_line_and_the_object_agree() {
        let object: serde_json::Map<_, _> =
            serde_json::from_str(GOOD.replace("1.50", "15").as_str()).unwrap();
        let mut by_object = domain::event::normalise(&object, &Mapping::contract(), now()).unwrap();
        let by_line = read(&GOOD.replace("1.50", "15")).unwrap();
        by_object.raw_payload.clone_from(&by_line.raw_payload);
        assert_eq!(by_object, by_line);
    }

    proptest! {
        #[test]
        fn never_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&line, &Mapping::import(), now());
        }
        #[test]
        fn whatever_is_accepted_is_storable(text in "\\PC{1,60}", key in "\\PC{0,20}", unit in any::<u16>()) {
            let line = format!(r#"{{"occurred_at":1,"severity":"info","message":{},{}:"\u{unit:04x}"}}"#,
                serde_json::to_string(&text).unwrap(), serde_json::to_string(&key).unwrap());
            if let Ok(event) = read(&line) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&event.raw_payload).is_ok());
                prop_assert!(!event.raw_payload.contains("\\u0000"));
            }
        }
    }
}
