//! What a sender sent, as text: the digits of a number that no `f64` holds stay, and it is read as values only where a part of
//! it is asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The whole original event, JSON.
#[derive(Clone, Debug)]
pub struct Payload {
    raw: Box<RawValue>,
    value: OnceLock<Value>,
}

impl Payload {
    /// From JSON text; space between its tokens is dropped, so that it fits on a line.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub fn new(text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self { raw: RawValue::from_string(compact(text))?, value: OnceLock::new() })
    }
    pub fn text(&self) -> &str {
        self.raw.get()
    }
    /// As values, numbers as far as 64 bits hold them.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| serde_json::from_str(self.text()).unwrap_or_default())
    }
    /// The JSON text that a path of keys leads to.
    pub fn part(&self, path: &[String]) -> Option<&str> {
        path.iter().try_fold(&*self.raw, |at, key| members(at)?.remove(key)).map(RawValue::get)
    }
}

/// The members of an object, each as its text.
pub fn members(json: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json.get()).ok()
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self::new(&value.to_string()).unwrap_or_default()
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self { raw: RawValue::NULL.to_owned(), value: OnceLock::new() }
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { raw: Deserialize::deserialize(deserializer)?, value: OnceLock::new() })
    }
}

fn compact(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        let kept = quoted || !matches!(c, ' ' | '\n' | '\r' | '\t');
        quoted ^= *c == '"' && !escaped;
        escaped = quoted && *c == '\\' && !escaped;
        kept
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_digit_is_lost() {
        let sent = r#" { "id" : 123456789012345678901234567890, "at": { "ratio":0.1000000000000000055511151231257827 } } "#;
        let payload = Payload::new(sent).unwrap();
        let kept =
            r#"{"id":123456789012345678901234567890,"at":{"ratio":0.1000000000000000055511151231257827}}"#;
        assert_eq!(payload.text(), kept);
        assert_eq!(serde_json::to_string(&payload).unwrap(), kept);
        let path = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(payload.part(&path(&["at", "ratio"])), Some("0.1000000000000000055511151231257827"));
        assert_eq!(payload.part(&path(&["at", "ratio", "more"])), None);
        assert_eq!(payload.part(&path(&["nowhere"])), None);
        assert!(Payload::new("{").is_err());
    }

    proptest! {
        #[test]
        fn nothing_but_space_between_tokens_is_dropped(text in any::<String>(), key in any::<String>()) {
            let value = serde_json::json!({ key: [text, 1, null] });
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let payload = Payload::new(&pretty).unwrap();
            prop_assert_eq!(payload.text(), value.to_string());
            prop_assert_eq!(payload.value(), &value);
        }
    }
}
