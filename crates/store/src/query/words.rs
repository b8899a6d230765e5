//! Words and the index of them: FTS5 in SQLite, `tsvector` in PostgreSQL.

use std::fmt::Write as _;

use domain::query::{Expr, Test, TextMatch};

use super::Compile;
use crate::db::{Dialect, Sql};

/// How a condition asks the index of a text. The words to be found stand between the two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Index {
    /// SQLite: `row IN (SELECT rowid FROM index WHERE index MATCH ` up to the argument, and ` AND rowid = row)`.
    Rows { any: &'static str, this: &'static str },
    /// PostgreSQL: the column of words.
    Column(&'static str),
    /// No index: a column of words, each with a blank before and behind.
    Spaced(&'static str),
}

/// SQLite: which rows a statement looks at, so that the index is not asked for all that hold a common word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Within {
    Everything,
    /// None but those of these numbers.
    Numbers(i64, i64),
    /// So few that each is looked up.
    Each,
}

/// Appends the test for words in sequence.
pub(super) fn push(
    q: Sql,
    index: Index,
    words: &[String],
    prefix: bool,
    Compile { within, dialect, .. }: Compile<'_>,
) -> Sql {
    let mut wanted = String::new();
    match index {
        Index::Rows { any, this } => {
            phrase(&mut wanted, words, prefix, Dialect::Sqlite);
            let q = q.push(any).arg(wanted);
            match within {
                Within::Numbers(first, last) => {
                    q.push(" AND rowid BETWEEN ").arg(first).push(" AND ").arg(last).push(")")
                }
                Within::Each => q.push(this),
                Within::Everything => q.push(")"),
            }
        }
        Index::Spaced(column) => {
            let wanted = format!(" {}{}", words.join(" "), if prefix { "" } else { " " });
            match dialect {
                Dialect::Sqlite => q.push("instr(").push(column).push(", "),
                Dialect::Postgres => q.push("strpos(").push(column).push(", "),
            }
            .arg(wanted)
            .push(") > 0")
        }
        Index::Column(column) => {
            phrase(&mut wanted, words, prefix, Dialect::Postgres);
            q.push(column).push(" @@ ").arg(wanted).push("::text::tsquery")
        }
    }
}

/// Words are alphanumeric (domain::query::text), so none of them ends the quotes it stands in.
fn phrase(out: &mut String, words: &[String], prefix: bool, dialect: Dialect) {
    match dialect {
        Dialect::Sqlite => {
            let _ = write!(out, "\"{}\"{}", words.join(" "), if prefix { " *" } else { "" });
        }
        Dialect::Postgres => {
            out.push('(');
            for (i, word) in words.iter().enumerate() {
                let _ = write!(out, "{}'{word}'", if i == 0 { "" } else { " <-> " });
            }
            out.push_str(if prefix { ":*)" } else { ")" });
        }
    }
}

/// What the index can be asked for so that every match of the query is among what it finds; `None` where a match need not hold any
/// word. It is for the single text field of the table.
pub(crate) fn implied(expr: &Expr, dialect: Dialect) -> Option<String> {
    let mut out = String::new();
    imply(expr, dialect, &mut out).then_some(out)
}

fn imply(expr: &Expr, dialect: Dialect, out: &mut String) -> bool {
    let (of, any) = match expr {
        Expr::Term(term) => {
            let Test::Text(TextMatch::Words { words, prefix }) = &term.test else { return false };
            phrase(out, words, *prefix, dialect);
            return true;
        }
        Expr::Not(_) => return false,
        Expr::All(all) => (all, false),
        Expr::Any(any) => (any, true),
    };
    let parts: Vec<String> = of.iter().filter_map(|e| implied(e, dialect)).collect();
    if parts.is_empty() || (any && parts.len() < of.len()) {
        return false;
    }
    let between = match (dialect, any) {
        (Dialect::Sqlite, true) => " OR ",
        (Dialect::Sqlite, false) => " AND ",
        (Dialect::Postgres, true) => " | ",
        (Dialect::Postgres, false) => " & ",
    };
    let _ = write!(out, "({})", parts.join(between));
    true
}
