//! A statement: static text and typed arguments. Dynamic SQL is static fragments plus binds, never `format!`.

use std::fmt::Write as _;

use super::{Arg, Error, Result, ToArg};

/// Built with [`sql`], then `.bind(x)` for each `$n` of the text, or `.push("…")` and `.arg(x)` to grow it.
#[derive(Clone, Debug)]
pub struct Sql {
    pub(super) text: String,
    pub(super) args: Vec<Arg>,
}

/// A statement whose text already numbers its placeholders `$1…$n`.
pub fn sql(text: &'static str) -> Sql {
    Sql { text: text.to_owned(), args: Vec::new() }
}

impl Sql {
    /// The next placeholder of the text.
    #[must_use]
    pub fn bind(mut self, value: impl ToArg) -> Self {
        self.args.push(value.to_arg());
        self
    }
    /// Appends a static fragment.
    #[must_use]
    pub fn push(mut self, fragment: &'static str) -> Self {
        self.text.push_str(fragment);
        self
    }
    /// Appends the next placeholder and binds it. Bind the numbered ones of the text first.
    #[must_use]
    pub fn arg(mut self, value: impl ToArg) -> Self {
        self.args.push(value.to_arg());
        let _ = write!(self.text, "${}", self.args.len());
        self
    }
    /// Appends `$n, $n+1, …`, one a value, for `IN (…)`. An empty list appends `NULL`, which matches nothing.
    #[must_use]
    pub fn list<T: ToArg>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        let before = self.args.len();
        for value in values {
            if self.args.len() > before {
                self.text.push_str(", ");
            }
            self = self.arg(value);
        }
        if self.args.len() == before {
            self.text.push_str("NULL");
        }
        self
    }
    pub fn text(&self) -> &str {
        &self.text
    }
    /// SQLite turns a missing bind into NULL silently, so the seam counts.
    pub(super) fn check(&self) -> Result<()> {
        let placeholders = highest_placeholder(&self.text);
        if placeholders == self.args.len() {
            return Ok(());
        }
        Err(Error::Binds { placeholders, arguments: self.args.len(), text: self.text.clone() })
    }
}

/// The highest `$n` outside quoted text.
fn highest_placeholder(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut i, mut highest, mut quoted) = (0, 0, false);
    while i < bytes.len() {
        match bytes[i] {
            b'\'' => quoted = !quoted,
            b'$' if !quoted => {
                let digits = bytes[i + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
                if let Ok(n) = text[i + 1..i + 1 + digits].parse::<usize>() {
                    highest = highest.max(n);
                }
                i += digits;
            }
            _ => {}
        }
        i += 1;
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_spare_argument_is_an_error() {
        assert!(sql("SELECT $1").check().is_err());
        assert!(sql("SELECT 1").bind(1_i64).check().is_err());
        assert!(sql("SELECT $1, $2").bind(1_i64).bind("x").check().is_ok());
        assert!(sql("SELECT '$9', $1").bind(1_i64).check().is_ok());
    }

    #[test]
    fn lists_number_their_placeholders() {
        let q = sql("SELECT 1 WHERE a = $1 AND b IN (").bind(1_i64).list(["x", "y"]).push(")");
        assert_eq!(q.text(), "SELECT 1 WHERE a = $1 AND b IN ($2, $3)");
        assert_eq!(sql("IN (").list(Vec::<i64>::new()).push(")").text(), "IN (NULL)");
    }
}
