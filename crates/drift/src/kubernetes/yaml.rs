//! YAML read with a budget: aliases (`*a`) let a short text stand for a huge document.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess as _, Visitor,
};
use serde_json::{Map, Number, Value};

/// What a value costs beside its text.
const NODE: usize = 8;
/// What every text may cost, however short.
const FREE: usize = 4 << 20;
/// Brackets of one document that may be open at once: with each the scanner looks at all before, and a text of nothing else would hold it for minutes.
/// Far above what nests (128), since brackets of comments and of words are not told apart.
const OPEN: usize = 5_000;

/// How much the documents of one text may grow, together.
pub(crate) struct Budget {
    left: usize,
    spent: bool,
}

impl Budget {
    /// Without aliases a value takes two bytes of text at least, so this is always enough for what is written out.
    pub(crate) fn of(text: &str) -> Self {
        Self { left: FREE + NODE * text.len(), spent: false }
    }
    pub(crate) fn read(&mut self, text: &str) -> Result<Value, yaml_serde::Error> {
        self.spent = false;
        if is_deep(text) {
            return Err(Error::custom("it nests too deep"));
        }
        Part(self).deserialize(yaml_serde::Deserializer::from_str(text))
    }
    /// Whether the last document was refused because it grows too much.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }
    fn take<E: Error>(&mut self, cost: usize) -> Result<(), E> {
        if let Some(left) = self.left.checked_sub(cost) {
            self.left = left;
            return Ok(());
        }
        self.spent = true;
        Err(E::custom("it grows too much"))
    }
}

fn is_deep(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > OPEN
    })
}

struct Part<'b>(&'b mut Budget);

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.0.take(NODE)?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }
    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.0.take(text.len())?;
        Ok(Value::String(text.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Part(self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.0.take(key.len())?;
            let value = entries.next_value_seed(Part(self.0))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
    /// A tag, which only templates of CloudFormation have: `!Ref x` is `{"Ref": "x"}`, `!Sub x` is `{"Fn::Sub": "x"}`.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (tag, value) = tagged.variant::<String>()?;
        self.0.take(tag.len())?;
        let value = value.newtype_variant_seed(Part(self.0))?;
        let tag = tag.trim_start_matches('!');
        let name = if matches!(tag, "Ref" | "Condition") { tag.to_owned() } else { format!("Fn::{tag}") };
        Ok(Value::Object(Map::from_iter([(name, value)])))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn aliases_are_followed_and_may_not_grow_without_end() {
        let text = "a: &a {x: 1, y: [1.5, yes, ~]}\nb: *a\n1: c\n";
        let same = json!({"x": 1, "y": [1.5, "yes", null]});
        assert_eq!(Budget::of(text).read(text).unwrap(), json!({"a": same, "b": same, "1": "c"}));
        let many = |what: &str, times| vec![what; times].join(", ");
        for text in [
            format!("a: &a [{}]\nb: [{}]\n", many("x", 20_000), many("*a", 20_000)),
            format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), many("*a", 20_000)),
        ] {
            let mut budget = Budget::of(&text);
            assert!(budget.read(&text).is_err() && budget.is_spent());
        }
        let plain = format!("[{}]", many("1", 2_000_000));
        assert!(Budget::of(&plain).read(&plain).is_ok());
    }
}
