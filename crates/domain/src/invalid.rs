//! What is wrong with an input, field by field, in words a person can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field as the sender named it, e.g. `occurred_at`.
    pub field: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// One or more field errors. Build with [`Invalid::check`] or collect with [`Problems`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.into(), reason: reason.into() }])
    }
}
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, e) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", e.field, e.reason)?;
        }
        Ok(())
    }
}
impl std::error::Error for Invalid {}

/// Collects every problem before refusing, so that a form is corrected once.
#[derive(Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// Records `reason` for `field` unless `ok`.
    pub fn require(&mut self, ok: bool, field: &str, reason: &str) {
        if !ok {
            self.0.push(FieldError { field: field.to_owned(), reason: reason.to_owned() });
        }
    }
    /// A name is shown beside others: not blank, not too long, nothing in it that hides or turns the text around it.
    pub fn name(&mut self, name: &str, field: &str, most: usize) {
        let fits = !name.trim().is_empty() && name.chars().count() <= most;
        self.require(fits, field, &format!("give a name of at most {most} characters"));
        self.require(
            !name.chars().any(misleads),
            field,
            "use no line breaks, control characters or marks of writing direction",
        );
    }
    pub fn done(self) -> Result<(), Invalid> {
        if self.0.is_empty() { Ok(()) } else { Err(Invalid(self.0)) }
    }
}

/// Controls, and the marks that change the direction of the text around them (Unicode TR9 section 2).
fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_blank_nor_long_nor_misleading() {
        let refused = |name: &str| {
            let mut problems = Problems::default();
            problems.name(name, "name", 5);
            problems.done().is_err()
        };
        for name in ["a", " a ", "שלום", "日本"] {
            assert!(!refused(name), "{name:?}");
        }
        for name in ["", "  ", "abcdef", "a\0", "a\nb", "a\u{202e}b", "\u{2066}a"] {
            assert!(refused(name), "{name:?}");
        }
    }
}
