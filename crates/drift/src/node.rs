//! A value whose secrets are sealed before anybody looks at it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::{Number, Value, json};

use crate::secret::{
    is_open_argument, is_secret_flag, is_secret_key, is_secret_name, looks_secret, masked_text,
};

/// What stands for a sealed value wherever one is printed.
pub const MASK: &str = "(sensitive)";
/// What stands for a value that is known after the next apply.
pub const UNKNOWN: &str = "(known after apply)";
/// Longest text that is kept of a value, in characters.
pub const MAX_TEXT: usize = 20_000;
/// Longest text that is looked into as JSON, in bytes.
const MAX_JSON_TEXT: usize = 1 << 20;

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
            Value::Array(items) => {
                let mut is_argument = false;
                let nodes = items.into_iter().enumerate().map(|(at, item)| {
                    // `["--db-password", "…"]`: the arguments of a command.
                    let hidden = is_argument && is_open_argument(&item);
                    is_argument = item.as_str().is_some_and(is_secret_flag);
                    if hidden {
                        return Self::Secret(Sealed(item));
                    }
                    Self::build(key, item, part(sensitive, at), part(unknown, at))
                });
                Self::List(nodes.collect())
            }
            Value::Object(map) => {
                // Told apart by secrets, it cannot be told in parts.
                if map.keys().any(|key| is_secret_key(key)) {
                    return Self::Secret(Sealed(Value::Object(map)));
                }
                // `{"name": "DB_PASSWORD", "value": "…"}`: what is secret is said beside it.
                let names: Vec<String> = if VALUES.iter().any(|key| map.contains_key(*key)) {
                    NAMED.iter().filter_map(|key| Some(map.get(*key)?.as_str()?.to_owned())).collect()
                } else {
                    Vec::new()
                };
                let named = names.iter().any(|name| is_secret_name(name));
                let is_registries = key == "auths";
                let nodes = map.into_iter().map(|(key, value)| {
                    let hidden = !names.is_empty()
                        && VALUES.contains(&key.as_str())
                        && !value.is_null()
                        && (named || names.iter().any(|name| looks_secret(name, &value)));
                    let (sensitive, unknown) = (field(sensitive, &key), field(unknown, &key));
                    let node = match value {
                        value if hidden => Self::Secret(Sealed(value)),
                        Value::Object(entry) if is_registries => Self::registry(entry, sensitive, unknown),
                        value => Self::build(&key, value, sensitive, unknown),
                    };
                    (key, node)
                });
                Self::Map(nodes.collect())
            }
        }
    }
    /// What a client of containers signs in to a registry with: `{"auths": {"registry": {"auth": "…"}}}`.
    fn registry(entry: serde_json::Map<String, Value>, sensitive: &Value, unknown: &Value) -> Self {
        let nodes = entry.into_iter().map(|(key, value)| {
            let hidden =
                value.is_string() && matches!(key.as_str(), "auth" | "identitytoken" | "registrytoken");
            let node = if hidden {
                Self::Secret(Sealed(value))
            } else {
                Self::build(&key, value, field(sensitive, &key), field(unknown, &key))
            };
            (key, node)
        });
        Self::Map(nodes.collect())
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
    /// Seals what is there; nothing and what is not known yet need no seal.
    fn seal(&mut self) {
        if !matches!(self, Self::Null | Self::Unknown | Self::Secret(_)) {
            *self = Self::Secret(Sealed(self.raw()));
        }
    }
    /// The value itself, for a seal only.
    fn raw(&self) -> Value {
        match self {
            Self::Null | Self::Unknown => Value::Null,
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::raw).collect(),
            Self::Map(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), v.raw())).collect()),
            Self::Secret(Sealed(value)) => value.clone(),
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
            // Masked first, then cut: half a JSON text can be read by people, and its secrets not be found any more.
            Self::Text(text) => Value::String(cut(masked(text).unwrap_or_else(|| text.clone()))),
            Self::List(items) => Value::Array(items.iter().map(Self::told).collect()),
            Self::Map(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), v.told())).collect()),
            Self::Secret(_) => Value::String(MASK.to_owned()),
            Self::Unknown => Value::String(UNKNOWN.to_owned()),
        }
    }
    /// null, false, "", [], {}, a map of nothing but these, or a list of nothing but null and "". A list with an element that may be
    /// empty (`ingress: [{}]` lets everybody in, `ingress: []` nobody) is not empty.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => {
                items.iter().all(|item| matches!(item, Self::Null) || item.text().is_some_and(str::is_empty))
            }
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
    /// Whether something of it is not told: a sealed value, or a text with a secret in it.
    pub(crate) fn hides(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Text(text) => masked(text).is_some(),
            Self::List(items) => items.iter().any(Self::hides),
            Self::Map(map) => map.values().any(Self::hides),
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
        if text.len() > MAX_JSON_TEXT || !trimmed.starts_with(['{', '[']) {
            return None;
        }
        Some(Self::new(serde_json::from_str(trimmed).ok()?, &Value::Null))
    }
}

/// A text with a secret in it, without it.
fn masked(text: &str) -> Option<String> {
    masked_json(text).or_else(|| masked_text(text))
}

/// A text that is JSON with secrets in it (task definitions, environments of functions), masked inside, however often it is JSON in a
/// text in JSON again. One that is too large to be looked into is masked whole.
fn masked_json(text: &str) -> Option<String> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    if text.len() > MAX_JSON_TEXT {
        return Some(MASK.to_owned());
    }
    let value: Value = serde_json::from_str(trimmed).ok()?;
    let told = Node::new(value.clone(), &Value::Null).told();
    (told != value).then(|| told.to_string())
}

fn cut(text: String) -> String {
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return text.chars().take(MAX_TEXT).chain("… (cut)".chars()).collect();
    }
    text
}

/// What one side seals is sealed on the other too: a tool may mark a value on one side only, and the other may hold the same value.
pub fn seal_alike(a: &mut Node, b: &mut Node) {
    if !a.holds_secret() && !b.holds_secret() {
        return;
    }
    match (&mut *a, &mut *b) {
        (Node::Secret(_), other) | (other, Node::Secret(_)) => other.seal(),
        (Node::Map(x), Node::Map(y)) => {
            for (key, value) in x {
                if let Some(other) = y.get_mut(key) {
                    seal_alike(value, other);
                }
            }
        }
        (Node::List(x), Node::List(y)) => {
            // By name where they have one, else by place.
            let names = NAMES.iter().find_map(|field| Some((keyed(x, field)?, keyed(y, field)?)));
            if let Some((names, others)) = names {
                let places: HashMap<&str, usize> =
                    others.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
                let (mut left, mut taken) = (Vec::new(), vec![false; y.len()]);
                for (item, name) in x.iter_mut().zip(&names) {
                    if let Some(at) = places.get(name.as_str()) {
                        taken[*at] = true;
                        seal_alike(item, &mut y[*at]);
                    } else {
                        left.push(item);
                    }
                }
                // One may have been renamed: any of the one side may be any of the other.
                let mut right: Vec<&mut Node> =
                    y.iter_mut().zip(taken).filter(|(_, taken)| !taken).map(|(other, _)| other).collect();
                if left.len() * right.len() <= 10_000 {
                    for item in left {
                        for other in &mut right {
                            seal_alike(item, other);
                        }
                    }
                } else {
                    left.into_iter().chain(right).for_each(Node::seal);
                }
            } else {
                x.iter_mut().zip(y).for_each(|(item, other)| seal_alike(item, other));
            }
        }
        // One block or a list of one.
        (Node::List(list), other) | (other, Node::List(list)) if matches!(other, Node::Map(_)) => {
            for item in list {
                seal_alike(item, other);
            }
        }
        // JSON in a text beside what it holds.
        (Node::Text(_), _) => a.seal(),
        (_, Node::Text(_)) => b.seal(),
        _ => {}
    }
}

/// Fields by which blocks are told apart.
pub(crate) const NAMES: [&str; 13] = [
    "name",
    "Name",
    "key",
    "Key",
    "id",
    "Id",
    "Sid",
    "sid",
    "rule_id",
    "rule_no",
    "RuleNumber",
    "device_name",
    "path",
];

/// The field of each element, where every element is a map that has it as a plain value and no two have the same.
pub(crate) fn keyed(list: &[Node], field: &str) -> Option<Vec<String>> {
    let names: Vec<String> = list
        .iter()
        .map(|node| match node.get(field)? {
            // What hides something names nothing: a path would tell it.
            Node::Text(text)
                if text.len() <= 253 && !text.starts_with(['{', '[']) && masked_text(text).is_none() =>
            {
                Some(text.clone())
            }
            Node::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1]).then_some(names)
}

/// The key under which a mark goes for each element of a list, whatever its place.
const EACH: &str = "*";

/// Both sides' marks in one. Where the marks of two lists differ, nobody knows which element is which: each gets all of them.
pub(crate) fn both_marks(a: &Value, b: &Value) -> Value {
    match (a, b) {
        _ if a == b => a.clone(),
        (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
        (Value::Array(list), other) | (other, Value::Array(list)) => {
            let others: Vec<&Value> = match other {
                Value::Array(others) => others.iter().collect(),
                Value::Object(map) => map.get(EACH).into_iter().collect(),
                _ => Vec::new(),
            };
            let each = list.iter().chain(others).fold(Value::Null, |marks, mark| both_marks(&marks, mark));
            json!({ EACH: each })
        }
        (Value::Object(map), other) | (other, Value::Object(map)) => {
            let keys = map.keys().chain(other.as_object().into_iter().flat_map(|other| other.keys()));
            keys.map(|key| (key.clone(), both_marks(field(a, key), field(b, key))))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        _ => Value::Null,
    }
}

/// The marks, and what the providers' schemas call sensitive though no name tells: old states do not list it.
pub(crate) fn marks_of(marks: &Value, resource_type: &str, attributes: &Value) -> Value {
    let names: &[&str] = match resource_type {
        "random_password" => &["result", "bcrypt_hash"],
        "random_bytes" => &["base64", "hex"],
        "aws_ssm_parameter" => {
            let open = attributes.get("type").and_then(Value::as_str);
            if matches!(open, Some("String" | "StringList")) { &[] } else { &["value", "value_wo"] }
        }
        "aws_api_gateway_api_key" | "azuread_application_password" | "azuread_service_principal_password" => {
            &["value"]
        }
        "aws_appsync_api_key" => &["key"],
        "kubernetes_secret" | "kubernetes_secret_v1" => &["data", "binary_data", "data_wo", "string_data"],
        "local_sensitive_file" => &["content", "content_base64"],
        "helm_release" => &["set_sensitive"],
        "vault_generic_secret" | "vault_kv_secret" | "vault_kv_secret_v2" => &["data", "data_json"],
        other if other.ends_with("_key_vault_secret") => &["value"],
        other if other.ends_with("_secret_version") => {
            &["secret_string", "secret_binary", "secret_data", "payload"]
        }
        other if other.starts_with("github_") && other.ends_with("_secret") => {
            &["plaintext_value", "encrypted_value"]
        }
        _ => &[],
    };
    if names.is_empty() || *marks == Value::Bool(true) {
        return marks.clone();
    }
    let mut all = marks.as_object().cloned().unwrap_or_default();
    all.extend(names.iter().map(|name| ((*name).to_owned(), Value::Bool(true))));
    Value::Object(all)
}

/// Where the name of a value is said beside it, and where the value then is.
const NAMED: [&str; 12] = [
    "name",
    "Name",
    "key",
    "Key",
    "OptionName",
    "ParameterKey",
    "ParameterName",
    "parameter_name",
    "HeaderName",
    "header_name",
    "header",
    "Header",
];
const VALUES: [&str; 6] =
    ["value", "Value", "ParameterValue", "parameter_value", "HeaderValue", "header_value"];

/// `true` goes for all that is inside.
fn field<'a>(marks: &'a Value, key: &str) -> &'a Value {
    marks.get(key).unwrap_or(&Value::Null)
}

fn part(marks: &Value, at: usize) -> &Value {
    marks.get(at).or_else(|| marks.get(EACH)).unwrap_or(&Value::Null)
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
                "command": ["run", "--db-password", "x2", "--token-file", "/run/t", "--api-key", "$KEY", "--passwd", "--mode"],
                "args": ["--db-password", 1234, "--secret", "arn:aws:x", "login", "--password-stdin", "ghcr.io"],
            }),
            &Value::Null,
        );
        assert_eq!(
            node.told(),
            json!({
                "password": MASK, "secret_arn": "arn:aws:x", "password_length": 20, "smtp-password": "",
                "env": [{"name": "DB_PASSWORD", "value": MASK}, {"name": "MODE", "value": "fast"}],
                "key": MASK, "id": MASK, "doc": format!("{{\"environment\":{{\"API_KEY\":\"{MASK}\"}}}}"),
                "command": ["run", "--db-password", MASK, "--token-file", "/run/t", "--api-key", "$KEY", "--passwd", "--mode"],
                "args": ["--db-password", MASK, "--secret", "arn:aws:x", "login", "--password-stdin", "ghcr.io"],
            })
        );
    }
}
