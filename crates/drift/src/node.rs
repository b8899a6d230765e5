//! A value whose secrets are sealed before anybody looks at it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Number, Value};

/// What stands for a sealed value wherever one is printed.
pub const MASK: &str = "(sensitive)";
/// What stands for a value that is known after the next apply.
pub const UNKNOWN: &str = "(known after apply)";
/// Longest text that is kept of a value, in characters.
pub const MAX_TEXT: usize = 20_000;

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
    Secret(Sealed),
    Unknown,
}

/// A value that is compared but never told: it has no `Serialize`, and its `Debug` is the mask.
#[derive(Clone, PartialEq)]
pub struct Sealed(Value);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Sealed {
    /// null, false, "", [] or {}: nothing is kept secret there.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        }
    }
    /// Whether an open value is the same.
    pub(crate) fn same_as(&self, other: &Node) -> bool {
        Node::plain(&self.0) == *other
    }
    /// For comparisons inside this crate only; the text never leaves `diff`.
    pub(crate) fn write_canon(&self, text: &mut String) {
        text.push_str("secret:");
        text.push_str(&self.0.to_string());
    }
    pub fn same(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.is_empty() && other.is_empty())
    }
}

impl Node {
    /// With what the tool calls sensitive (`true`, or the same shape with `true` where it is) and what looks like a secret sealed.
    pub fn new(value: Value, sensitive: &Value) -> Self {
        Self::build("", value, sensitive, &Value::Null)
    }
    /// As [`Node::new`]; `unknown` has the same shape, with `true` where a value is not known yet.
    pub fn with_unknown(value: Value, sensitive: &Value, unknown: &Value) -> Self {
        Self::build("", value, sensitive, unknown)
    }
    fn build(key: &str, value: Value, sensitive: &Value, unknown: &Value) -> Self {
        if sensitive == &Value::Bool(true) {
            return Self::Secret(Sealed(value));
        }
        if unknown == &Value::Bool(true) {
            return Self::Unknown;
        }
        if looks_secret(key, &value) {
            return Self::Secret(Sealed(value));
        }
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(yes),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| Self::build(key, item, part(sensitive, at), part(unknown, at)))
                    .collect(),
            ),
            Value::Object(map) => {
                // `{"name": "DB_PASSWORD", "value": "…"}`: what is secret is said beside it.
                let named = map
                    .get("name")
                    .or_else(|| map.get("Name"))
                    .or_else(|| map.get("key"))
                    .and_then(Value::as_str)
                    .is_some_and(is_secret_name);
                let nodes = map.into_iter().map(|(key, value)| {
                    let hidden = named && matches!(key.as_str(), "value" | "Value") && !value.is_null();
                    let node = if hidden {
                        Self::Secret(Sealed(value))
                    } else {
                        Self::build(&key, value, field(sensitive, &key), field(unknown, &key))
                    };
                    (key, node)
                });
                Self::Map(nodes.collect())
            }
        }
    }
    /// Without any seal: to compare with a sealed value, never to keep.
    fn plain(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::plain).collect()),
            Value::Object(map) => Self::Map(map.iter().map(|(k, v)| (k.clone(), Self::plain(v))).collect()),
        }
    }
    /// Seals the whole.
    pub fn sealed(value: Value) -> Self {
        Self::Secret(Sealed(value))
    }
    /// To keep and to show: secrets masked, long texts cut.
    pub fn told(&self) -> Value {
        match self {
            Self::Null | Self::Secret(Sealed(Value::Null)) => Value::Null,
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT => {
                Value::String(text.chars().take(MAX_TEXT).chain("… (cut)".chars()).collect())
            }
            Self::Text(text) => Value::String(masked_json(text).unwrap_or_else(|| text.clone())),
            Self::List(items) => Value::Array(items.iter().map(Self::told).collect()),
            Self::Map(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), v.told())).collect()),
            Self::Secret(_) => Value::String(MASK.to_owned()),
            Self::Unknown => Value::String(UNKNOWN.to_owned()),
        }
    }
    /// null, false, "", [], {} or a map and list of nothing but these.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.iter().all(Self::is_empty),
            Self::Map(map) => map.values().all(Self::is_empty),
            Self::Secret(sealed) => sealed.is_empty(),
            Self::Bool(true) | Self::Number(_) | Self::Unknown => false,
        }
    }
    pub fn holds_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::holds_secret),
            Self::Map(map) => map.values().any(Self::holds_secret),
            _ => false,
        }
    }
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// What a text holds when it is a JSON object or array, its secrets sealed.
    pub fn from_json_text(text: &str) -> Option<Self> {
        let trimmed = text.trim_start();
        if text.len() > 1 << 20 || !trimmed.starts_with(['{', '[']) {
            return None;
        }
        Some(Self::new(serde_json::from_str(trimmed).ok()?, &Value::Null))
    }
}

/// A text that is JSON with secrets in it (task definitions, environments of functions), masked inside.
fn masked_json(text: &str) -> Option<String> {
    let node = Node::from_json_text(text)?;
    node.holds_secret().then(|| node.told().to_string())
}

/// `true` goes for all that is inside.
fn field<'a>(marks: &'a Value, key: &str) -> &'a Value {
    marks.get(key).unwrap_or(&Value::Null)
}

fn part(marks: &Value, at: usize) -> &Value {
    marks.get(at).unwrap_or(&Value::Null)
}

/// By its name, or by what it looks like: providers do not mark everything.
fn looks_secret(key: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => (is_secret_name(key) && !is_reference(key, text)) || is_secret_text(text),
        Value::Number(_) => is_secret_name(key) && !key.ends_with("_length"),
        _ => false,
    }
}

/// Words that make a name one of a secret, in any case and however they are joined.
fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    const WORDS: [&str; 14] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "privatekey",
        "apikey",
        "accesstoken",
        "authtoken",
        "secretkey",
        "clientsecret",
        "connectionstring",
        "credentials",
        "bearertoken",
        "authorizationheader",
    ];
    WORDS.iter().any(|word| plain.contains(word))
        || plain == "token"
        || plain.ends_with("token") && plain != "nexttoken"
}

/// Where a secret is kept is no secret: `secret_arn`, `password_policy`, `secretName`.
fn is_reference(key: &str, text: &str) -> bool {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    text.is_empty()
        || [
            "arn", "name", "id", "policy", "version", "type", "ref", "path", "enabled", "wo", "key_id",
            "length", "tokens",
        ]
        .iter()
        .any(|end| plain.ends_with(end))
        || text.starts_with("arn:")
        || matches!(text, "true" | "false")
}

/// Private keys, cloud access keys, tokens of well-known services, JSON web tokens.
fn is_secret_text(text: &str) -> bool {
    if text.len() < 16 {
        return false;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return true;
    }
    let head = text.trim_start();
    let word = |prefix: &str, rest: usize| {
        head.strip_prefix(prefix).is_some_and(|tail| {
            tail.len() >= rest && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
    };
    word("AKIA", 16)
        || word("ASIA", 16)
        || word("ghp_", 30)
        || word("github_pat_", 30)
        || word("glpat-", 16)
        || word("xoxb-", 16)
        || word("xoxp-", 16)
        || word("sk_live_", 16)
        || word("AIza", 30)
        || (word("eyJ", 40) && head.matches('.').count() == 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_tool_calls_sensitive_is_never_told() {
        let node = Node::new(
            json!({"a": {"b": "s3cret"}, "c": ["x", "y"]}),
            &json!({"a": {"b": true}, "c": [false, true]}),
        );
        assert_eq!(node.told(), json!({"a": {"b": MASK}, "c": ["x", MASK]}));
        assert!(!format!("{node:?}").contains("s3cret"));
    }

    #[test]
    fn what_looks_like_a_secret_is_sealed() {
        let node = Node::new(
            json!({
                "password": "hunter2", "secret_arn": "arn:aws:x", "password_length": 20, "smtp-password": "",
                "env": [{"name": "DB_PASSWORD", "value": "x1"}, {"name": "MODE", "value": "fast"}],
                "key": "-----BEGIN RSA PRIVATE KEY-----\nabc", "id": "AKIAIOSFODNN7EXAMPLE",
                "doc": "{\"environment\":{\"API_KEY\":\"zzz-zzz\"}}",
            }),
            &Value::Null,
        );
        assert_eq!(
            node.told(),
            json!({
                "password": MASK, "secret_arn": "arn:aws:x", "password_length": 20, "smtp-password": "",
                "env": [{"name": "DB_PASSWORD", "value": MASK}, {"name": "MODE", "value": "fast"}],
                "key": MASK, "id": MASK, "doc": format!("{{\"environment\":{{\"API_KEY\":\"{MASK}\"}}}}"),
            })
        );
    }
}
