//! Where a property is: `ingress[0].cidr_blocks["10.0.0.0/8"]`. One spelling for one place, so that paths can be compared.

use std::fmt::Write as _;

/// Longest path that is kept, in characters (the seed's `property_path`).
pub const MAX_PATH: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Key(String),
    Index(usize),
    /// The element of a list whose field has this value: `[name="web"]`.
    Where(&'static str, String),
    /// The element of a set: `["10.0.0.0/8"]`.
    Element(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

impl Path {
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }
    /// The last key, through the places in lists.
    pub fn last_key(&self) -> &str {
        self.keys().last().unwrap_or_default()
    }
    /// The keys alone: what rules look at.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        })
    }
    /// As it is kept and shown. A longer path ends in a digest of its whole, so that it stays one of a kind.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if is_plain(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Key(key) => {
                    let _ = write!(text, "[{}]", quoted(key));
                }
                Step::Index(at) => {
                    let _ = write!(text, "[{at}]");
                }
                Step::Where(field, value) => {
                    let _ = write!(text, "[{field}={}]", quoted(value));
                }
                Step::Element(value) => {
                    let _ = write!(text, "[{}]", quoted(value));
                }
            }
        }
        if text.chars().count() > MAX_PATH {
            let digest = fnv(&text);
            text = text.chars().take(MAX_PATH - 18).collect();
            let _ = write!(text, "…#{digest:016x}");
        }
        text
    }
}

/// From a JSON pointer (RFC 6901), as CloudFormation writes them; numbers are places in lists.
pub fn from_pointer(pointer: &str) -> Path {
    let steps = pointer.split('/').filter(|part| !part.is_empty()).map(|part| {
        let part = part.replace("~1", "/").replace("~0", "~");
        part.parse().map_or(Step::Key(part), Step::Index)
    });
    Path(steps.collect())
}

/// From a path as it is written, where it has nothing but keys and places: that of a problem.
pub(crate) fn parse(text: &str) -> Option<Path> {
    let (mut path, mut rest) = (Path::default(), text);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            if inside.starts_with('"') {
                let mut values = serde_json::Deserializer::from_str(inside).into_iter::<String>();
                path.0.push(Step::Key(values.next()?.ok()?));
                rest = inside[values.byte_offset()..].strip_prefix(']')?;
            } else {
                let (at, after) = inside.split_once(']')?;
                path.0.push(Step::Index(at.parse().ok()?));
                rest = after;
            }
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            path.0.push(Step::Key(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    Some(path)
}

/// The keys of a path as it is written: what rules look at.
pub fn keys_of(text: &str) -> Vec<String> {
    let (mut keys, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let start = inside.find('"');
            let plain = inside.find(']').unwrap_or(inside.len());
            match start.filter(|at| *at < plain) {
                // `["key"]` may be a key or an element of a set; `[name="x"]` is a place in a list.
                Some(at) => {
                    let mut values = serde_json::Deserializer::from_str(&inside[at..]).into_iter::<String>();
                    let Some(Ok(word)) = values.next() else { break };
                    let end = at + values.byte_offset();
                    if at == 0 {
                        keys.push(word);
                    }
                    rest = inside[end..].strip_prefix(']').unwrap_or(&inside[end..]);
                }
                None => rest = inside.get(plain + 1..).unwrap_or_default(),
            }
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            // After `#` comes the number of a double.
            let end = rest.find(['.', '[', '#']).unwrap_or(rest.len());
            if end > 0 {
                keys.push(rest[..end].to_owned());
            } else if !rest.starts_with('[') {
                break;
            }
            rest = &rest[end..];
        }
    }
    keys
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | ':'))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// FNV-1a, 64 bits: only to tell long paths apart.
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        let path = Path::default().key("ingress").with(Step::Index(0)).key("cidr_blocks");
        assert_eq!(
            path.with(Step::Element("10.0.0.0/8".into())).text(),
            r#"ingress[0].cidr_blocks["10.0.0.0/8"]"#
        );
        assert_eq!(Path::default().key("tags").key("app.io/name").text(), r#"tags["app.io/name"]"#);
        assert_eq!(
            path.with(Step::Where("name", "a\"b".into())).key("x").text(),
            r#"ingress[0].cidr_blocks[name="a\"b"].x"#
        );
        let path = Path::default().key("a").with(Step::Index(3)).key("b.c").key("d");
        assert_eq!(parse(&path.text()), Some(path));
        assert_eq!(from_pointer("/Tags/0/a~1b").text(), r#"Tags[0]["a/b"]"#);
    }

    #[test]
    fn a_written_path_has_its_keys() {
        assert_eq!(
            keys_of(r#"ingress[0].cidr_blocks["0.0.0.0/0"]"#),
            ["ingress", "cidr_blocks", "0.0.0.0/0"]
        );
        assert_eq!(keys_of(r#"spec.containers[name="a]\"b"].image"#), ["spec", "containers", "image"]);
        assert_eq!(keys_of(r#"tags["a.b/c"].x"#), ["tags", "a.b/c", "x"]);
        assert_eq!(keys_of(r#"a.b["c"]#2"#), ["a", "b", "c"]);
        assert_eq!(keys_of("a.b#2"), ["a", "b"]);
        assert_eq!(keys_of(""), [""; 0]);
    }

    #[test]
    fn a_long_path_is_cut_and_stays_one_of_a_kind() {
        let long = |end: &str| Path::default().key(&"x".repeat(600)).key(end).text();
        assert_eq!(long("a").chars().count(), 500);
        assert_ne!(long("a"), long("b"));
    }
}
