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
    pub fn done(self) -> Result<(), Invalid> {
        if self.0.is_empty() { Ok(()) } else { Err(Invalid(self.0)) }
    }
}
