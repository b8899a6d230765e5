//! How a page reads what the server tells it: serde writes it, `shown!(Line: seq, at, actor);` below the struct reads it.
//!
//! serde's derived readers are exact about every way in which a text can be wrong, in 2 to 4 kB a struct: a quarter of
//! the browser's module. Both ends are built together here, so it is enough to know whether all of it fits.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A value that is read from JSON. What does not fit is replaced by something harmless, and `fits` becomes false.
pub trait Shown: Sized {
    fn read(value: Value, fits: &mut bool) -> Self;
}

/// All of a text, or nothing.
pub fn read<T: Shown>(text: &str) -> Option<T> {
    let value = serde_json::from_str(text).ok()?;
    let mut fits = true;
    let read = T::read(value, &mut fits);
    fits.then_some(read)
}

/// The members of an object, taken out by name. One that was left out reads as `null`.
pub struct Members(Map<String, Value>);

impl Members {
    pub fn of(value: Value, fits: &mut bool) -> Self {
        match value {
            Value::Object(members) => Self(members),
            _ => Self(misfit(fits)),
        }
    }
    pub fn take<T: Shown>(&mut self, name: &str, fits: &mut bool) -> T {
        T::read(self.0.remove(name).unwrap_or_default(), fits)
    }
}

/// Reads structs by the names of their members; enums by their words, the first of which stands for one not known.
macro_rules! shown {
    (words $type:ty: $first_word:literal = $first:ident $(, $word:literal = $value:ident)* $(,)?) => {
        impl $crate::shown::Shown for $type {
            fn read(value: serde_json::Value, fits: &mut bool) -> Self {
                match value.as_str() {
                    Some($first_word) => Self::$first,
                    $(Some($word) => Self::$value,)*
                    _ => {
                        *fits = false;
                        Self::$first
                    }
                }
            }
        }
    };
    (for $of:ident, $type:ty: $($member:ident),+ $(,)?) => {
        impl<$of: $crate::shown::Shown> $crate::shown::Shown for $type {
            fn read(value: serde_json::Value, fits: &mut bool) -> Self {
                let mut members = $crate::shown::Members::of(value, fits);
                Self { $($member: members.take(stringify!($member), fits)),+ }
            }
        }
    };
    ($type:ty: $($member:ident),+ $(,)?) => {
        impl $crate::shown::Shown for $type {
            fn read(value: serde_json::Value, fits: &mut bool) -> Self {
                let mut members = $crate::shown::Members::of(value, fits);
                Self { $($member: members.take(stringify!($member), fits)),+ }
            }
        }
    };
}
pub(crate) use shown;

fn misfit<T: Default>(fits: &mut bool) -> T {
    *fits = false;
    T::default()
}

/// The items of a list; one that was left out is empty.
pub fn items(value: Value, fits: &mut bool) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        _ => misfit(fits),
    }
}

impl Shown for Value {
    fn read(value: Value, _: &mut bool) -> Self {
        value
    }
}
impl Shown for String {
    fn read(value: Value, fits: &mut bool) -> Self {
        match value {
            Value::String(text) => text,
            _ => misfit(fits),
        }
    }
}
impl Shown for bool {
    fn read(value: Value, fits: &mut bool) -> Self {
        value.as_bool().unwrap_or_else(|| misfit(fits))
    }
}
impl Shown for i64 {
    fn read(value: Value, fits: &mut bool) -> Self {
        value.as_i64().unwrap_or_else(|| misfit(fits))
    }
}
impl Shown for u64 {
    fn read(value: Value, fits: &mut bool) -> Self {
        value.as_u64().unwrap_or_else(|| misfit(fits))
    }
}
impl Shown for u32 {
    fn read(value: Value, fits: &mut bool) -> Self {
        u64::read(value, fits).try_into().unwrap_or_else(|_| misfit(fits))
    }
}
impl<T: Shown> Shown for Option<T> {
    fn read(value: Value, fits: &mut bool) -> Self {
        if value.is_null() { None } else { Some(T::read(value, fits)) }
    }
}
impl<T: Shown> Shown for Vec<T> {
    fn read(value: Value, fits: &mut bool) -> Self {
        items(value, fits).into_iter().map(|item| T::read(item, fits)).collect()
    }
}
impl<T: Shown + Copy + Default, const N: usize> Shown for [T; N] {
    fn read(value: Value, fits: &mut bool) -> Self {
        Vec::read(value, fits).try_into().unwrap_or_else(|_| {
            *fits = false;
            [T::default(); N]
        })
    }
}
impl<A: Shown, B: Shown> Shown for (A, B) {
    fn read(value: Value, fits: &mut bool) -> Self {
        let mut items = items(value, fits).into_iter();
        let mut next = || items.next().unwrap_or_default();
        (A::read(next(), fits), B::read(next(), fits))
    }
}
impl<T: Shown> Shown for BTreeMap<String, T> {
    fn read(value: Value, fits: &mut bool) -> Self {
        let members = if value.is_null() { Map::new() } else { Members::of(value, fits).0 };
        members.into_iter().map(|(name, value)| (name, T::read(value, fits))).collect()
    }
}
/// As serde writes a result: `{"Ok": …}` or `{"Err": …}`.
impl<T: Shown, E: Shown> Shown for Result<T, E> {
    fn read(value: Value, fits: &mut bool) -> Self {
        let mut members = Members::of(value, fits);
        match members.0.remove("Ok") {
            Some(value) => Ok(T::read(value, fits)),
            None => Err(members.take("Err", fits)),
        }
    }
}

// ---- of the domain, shown as it is ----

shown!(words domain::Severity: "info" = Info, "low" = Low, "medium" = Medium, "high" = High, "critical" = Critical);
shown!(words domain::upload::UploadState: "failed" = Failed, "mapped" = Mapped, "running" = Running, "done" = Done);
shown!(domain::filter::Count: n, exact);
shown!(domain::invalid::FieldError: field, reason);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize)]
    struct Row {
        id: String,
        n: Option<i64>,
        severity: domain::Severity,
        parts: Vec<(String, u32)>,
        tried: Result<bool, String>,
    }
    shown!(Row: id, n, severity, parts, tried);

    fn row() -> Row {
        Row {
            id: "a".to_owned(),
            n: None,
            severity: domain::Severity::High,
            parts: vec![("x".to_owned(), 7)],
            tried: Err("no".to_owned()),
        }
    }

    #[test]
    fn what_serde_wrote_is_read_back() {
        let text = serde_json::to_string(&row()).unwrap();
        assert_eq!(read::<Row>(&text), Some(row()));
        assert_eq!(read::<Vec<Row>>(&format!("[{text}]")), Some(vec![row()]));
    }

    #[test]
    fn what_does_not_fit_is_nothing() {
        for text in ["", "null", "[]", r#"{"id":1}"#, r#"{"id":"a","severity":"loud","tried":{"Ok":true}}"#] {
            assert_eq!(read::<Row>(text), None, "{text}");
        }
        assert_eq!(read::<u32>("4294967296"), None);
        assert_eq!(read::<[i64; 2]>("[1]"), None);
    }
}
