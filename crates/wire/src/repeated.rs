//! Keys that an object has twice: the last one counts, at every depth.
//!
//! PostgreSQL's `jsonb` keeps the last one and SQLite's text both, of which its path finds the first. So the others are taken out
//! before anything is stored, and both databases keep, find and answer the same.

use std::borrow::Cow;
use std::collections::HashMap;

/// So many keys are compared one by one; above that they are looked up.
const FEW: usize = 16;

/// The JSON text without the members whose key comes again in their object; `None` where no key does. Nothing recurses, and the text
/// is read once. What is no JSON is none of this module's business: it must have been read before.
pub fn without(json: &str) -> Option<String> {
    let b = json.as_bytes();
    let mut open: Vec<Option<Object<'_>>> = Vec::new();
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    let mut key_next = false;
    let mut i = 0;
    while i < b.len() {
        match b[i] {
            b'"' => {
                let end = end_of_text(b, i);
                if key_next && let Some(Some(object)) = open.last_mut() {
                    cuts.extend(object.add(key(&json[i..end]), i));
                }
                key_next = false;
                i = end;
                continue;
            }
            b'{' => {
                open.push(Some(Object::default()));
                key_next = true;
            }
            b'[' => {
                open.push(None);
                key_next = false;
            }
            b'}' | b']' => {
                open.pop();
                key_next = false;
            }
            b',' => key_next = matches!(open.last(), Some(Some(_))),
            _ => {}
        }
        i += 1;
    }
    (!cuts.is_empty()).then(|| spliced(json, cuts))
}

/// The position behind the closing quote.
fn end_of_text(b: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while i < b.len() && b[i] != b'"' {
        i += if b[i] == b'\\' { 2 } else { 1 };
    }
    (i + 1).min(b.len())
}

/// A key without its quotes; `"\u0061"` is `a`.
fn key(quoted: &str) -> Cow<'_, str> {
    if quoted.contains('\\') {
        return Cow::Owned(serde_json::from_str(quoted).unwrap_or_else(|_| quoted.to_owned()));
    }
    Cow::Borrowed(quoted.trim_matches('"'))
}

/// The members of an object that was begun, in their order: key (`None` once it came again) and where it starts.
#[derive(Default)]
struct Object<'t> {
    members: Vec<(Option<Cow<'t, str>>, usize)>,
    /// Where among the members a key is, once they are many.
    places: HashMap<Cow<'t, str>, usize>,
}

impl<'t> Object<'t> {
    /// What is to be cut out because of this key: from the start of the earlier member to the start of the one behind it.
    fn add(&mut self, key: Cow<'t, str>, start: usize) -> Option<(usize, usize)> {
        let n = self.members.len();
        if n == FEW {
            let known = self.members.iter().enumerate();
            self.places = known.filter_map(|(i, (key, _))| Some((key.clone()?, i))).collect();
        }
        let earlier = if n < FEW {
            self.members.iter().position(|(known, _)| known.as_ref() == Some(&key))
        } else {
            self.places.insert(key.clone(), n)
        };
        self.members.push((Some(key), start));
        let earlier = earlier?;
        let from = self.members.get_mut(earlier)?;
        from.0 = None;
        let from = from.1;
        Some((from, self.members.get(earlier + 1)?.1))
    }
}

/// Without these parts, of which one may lie inside another.
fn spliced(json: &str, mut cuts: Vec<(usize, usize)>) -> String {
    cuts.sort_unstable();
    let mut out = String::with_capacity(json.len());
    let mut from = 0;
    for (start, end) in cuts {
        if start > from {
            out.push_str(&json[from..start]);
        }
        from = from.max(end);
    }
    out.push_str(&json[from..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_last_of_equal_keys_stays_at_every_depth() {
        for (text, once) in [
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"x":{"a":1,"b":0,"a":2}}"#, r#"{"x":{"b":0,"a":2}}"#),
            (r#"{"x":[{"a":1 , "a":2},{"a":3}]}"#, r#"{"x":[{"a":2},{"a":3}]}"#),
            (r#"{"a":1,"a":2,"a":3,"b":4}"#, r#"{"a":3,"b":4}"#),
            (r#"{"a":1,"b":2,"b":3,"a":4}"#, r#"{"b":3,"a":4}"#),
            (r#"{"x":{"a":1,"a":2},"x":3}"#, r#"{"x":3}"#),
            (r#"{"\u0061":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a\"":"a","a\"":[",\"a\":"]}"#, r#"{"a\"":[",\"a\":"]}"#),
            (r#"{"n":1.50,"n":123456789012345678901234567890}"#, r#"{"n":123456789012345678901234567890}"#),
        ] {
            assert_eq!(without(text).as_deref(), Some(once), "{text}");
        }
        for other in [r#"{"a":1,"b":{"a":2},"c":["a","a"]}"#, "{}", "[]", r#"{"a":"a","b":"a"}"#] {
            assert_eq!(without(other), None, "{other}");
        }
    }

    #[test]
    fn an_object_of_many_keys_is_no_slower_than_its_length() {
        let pairs: Vec<String> = (0..200_000).map(|n| format!("\"k{}\":{n}", n % 100_000)).collect();
        let text = format!("{{{}}}", pairs.join(","));
        let once: Value = serde_json::from_str(&without(&text).unwrap()).unwrap();
        assert_eq!((once.as_object().unwrap().len(), once["k7"].as_u64()), (100_000, Some(100_007)));
    }

    /// JSON with few different keys, so that many come again.
    fn tree() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![Just("1".to_owned()), Just("\"a\"".to_owned()), Just("null".to_owned())];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let member = (prop_oneof![Just("a"), Just("b"), Just("\\u0061"), Just("c d")], inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(" , "))),
                proptest::collection::vec(member, 0..30).prop_map(|all| {
                    let all: Vec<_> = all.iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
                    format!("{{ {} }}", all.join(", "))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_means_what_a_reader_of_json_makes_of_it(text in tree()) {
            let meant: Value = serde_json::from_str(&text).unwrap();
            let once = without(&text).unwrap_or(text);
            prop_assert_eq!(serde_json::from_str::<Value>(&once).unwrap(), meant);
            prop_assert_eq!(without(&once), None);
        }
        #[test]
        fn never_panics(text in "\\PC{0,80}") {
            let _ = without(&text);
        }
    }
}
