//! The one query language: read once, then run as SQL by `store` and in memory by [`Query::matches`].
//!
//! What a query means is decided here and nowhere else; the syntax for users is in `docs/QUERY.md`. Three readers must
//! agree on the tree of [`Expr`]: SQLite, PostgreSQL and this module. So it holds nothing that one of them lacks:
//! - two-valued logic: a field without a value makes a term false, and its negation true;
//! - text is compared byte by byte, words are those of [`text::words`];
//! - instants are absolute: `-15m` and a clock time of the reader are resolved while it is read;
//! - numbers are compared as `f64`, also where a database would compare integers exactly.

mod ast;
mod complete;
pub mod edit;
mod eval;
mod glob;
mod lex;
mod parse;
mod print;
mod schema;
pub mod text;
mod time;
mod value;

#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod testing;

pub use ast::{Expr, Order, Query, Target, Term, Test, TextMatch, Value};
pub use complete::{Completion, Context, Suggestion, complete};
pub use edit::{Selected, selected};
pub use eval::{Datum, Record};
pub use glob::{Atom, Pattern};
pub use parse::parse;
pub use schema::{CASES, DRIFTS, EVENTS, Field, GROUPS, Kind, NOBODY, Schema};
pub use time::Clock;

use std::ops::Range;

/// Longest query, in bytes of UTF-8.
pub const MAX_BYTES: usize = 4096;
/// Most terms of a query; each value of a list is one.
pub const MAX_TERMS: usize = 200;
/// Deepest nesting of parentheses and `NOT`.
pub const MAX_NESTING: usize = 50;

/// What is wrong with the text of a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the text, on character boundaries.
    pub at: Range<usize>,
    /// What is wrong and what to do.
    pub message: String,
    /// What could stand at `at` instead.
    pub suggestion: Option<String>,
}

impl Problem {
    pub(crate) fn new(at: Range<usize>, message: &[&str]) -> Self {
        Self { at, message: message.concat(), suggestion: None }
    }
    /// Where it begins in the text that was read, in characters from 1.
    pub fn place(&self, text: &str) -> usize {
        text.get(..self.at.start).unwrap_or_default().chars().count() + 1
    }
    /// With its place, for who sees the text elsewhere: `at character 3: no field ...`.
    pub fn placed(&self, text: &str) -> String {
        format!("at character {}: {}", self.place(text), self.message)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Problem {}

#[cfg(test)]
mod tests;
