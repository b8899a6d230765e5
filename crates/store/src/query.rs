//! A query as a condition of SQL, for either database, with the meaning that `domain::query` gives it in memory.
//!
//! A list is made searchable by a [`Table`]: what holds each field of its schema. Conditions are whole: false or NULL where they do
//! not hold, never an error, whatever stands in a row; `NOT` makes true of both.

pub(crate) mod payload;
pub(crate) mod words;

use domain::Severity;
use domain::query::{Atom, Expr, Field, Order, Pattern, Target, Test, TextMatch, Value};

use crate::db::{Dialect, Sql};

/// What holds the fields of a schema. The names of columns are as a statement of the list writes them.
pub(crate) struct Table {
    pub fields: &'static [(&'static str, Column)],
    /// The column of the JSON document.
    pub payload: Option<&'static str>,
}

/// What holds a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// A text; of the kinds `Word` and `Choice`.
    Word(&'static str),
    /// A text in another table: what is before and after the condition on it.
    Elsewhere {
        before: &'static str,
        column: &'static str,
        after: &'static str,
    },
    /// An id that another table may lead to: what is before, between and after the id, given twice.
    Merged {
        before: &'static str,
        or: &'static str,
        after: &'static str,
    },
    Severity(&'static str),
    /// A severity as a text.
    SeverityWord(&'static str),
    Id(&'static str),
    Time(&'static str),
    Number(&'static str),
    /// A text with an index of its words.
    Text {
        column: &'static str,
        index: words::Index,
    },
    /// A text that is searched by its parts: what appends the condition for one, which is there always.
    Part(fn(Sql, &TextMatch, Dialect) -> Sql),
}

/// What a statement is compiled for.
#[derive(Clone, Copy)]
pub(crate) struct Compile<'a> {
    pub dialect: Dialect,
    pub table: &'a Table,
    pub within: words::Within,
}

/// Appends the condition, for a place between AND.
pub(crate) fn push(q: Sql, expr: &Expr, c: Compile<'_>) -> Sql {
    match expr {
        Expr::All(all) => joined(q, all, " AND ", "TRUE", |q, e| push(q, e, c)),
        Expr::Any(any) => joined(q, any, " OR ", "FALSE", |q, e| push(q, e, c)),
        Expr::Not(inner) => push(q.push("(("), inner, c).push(") IS NOT TRUE)"),
        Expr::Term(term) => match &term.target {
            Target::Field(field) => of_field(q, field, &term.test, c),
            Target::Free => {
                let texts: Vec<Column> = c
                    .table
                    .fields
                    .iter()
                    .map(|f| f.1)
                    .filter(|f| matches!(f, Column::Text { .. } | Column::Part(_)))
                    .collect();
                joined(q, &texts, " OR ", "FALSE", |q, column| of_column(q, *column, &term.test, c))
            }
            Target::Payload(path) => match c.table.payload {
                Some(column) => payload::push(q, column, path, &term.test, c.dialect),
                None => q.push("FALSE"),
            },
        },
    }
}

fn joined<T>(
    q: Sql,
    of: &[T],
    between: &'static str,
    none: &'static str,
    one: impl Fn(Sql, &T) -> Sql,
) -> Sql {
    match of {
        [] => q.push(none),
        [first] => one(q, first),
        [first, rest @ ..] => {
            let mut q = one(q.push("("), first);
            for next in rest {
                q = one(q.push(between), next);
            }
            q.push(")")
        }
    }
}

fn of_field(q: Sql, field: &Field, test: &Test, c: Compile<'_>) -> Sql {
    match c.table.fields.iter().find(|f| f.0 == field.name) {
        Some((_, column)) => of_column(q, *column, test, c),
        None => q.push("FALSE"),
    }
}

fn of_column(q: Sql, column: Column, test: &Test, c: Compile<'_>) -> Sql {
    match (column, test) {
        (Column::Elsewhere { before, column, after }, test) => {
            of_text(q.push(before), column, test, c.dialect).push(after)
        }
        (Column::Merged { before, or, after }, Test::Equal(Value::Id(id))) => {
            q.push(before).arg(*id).push(or).arg(*id).push(after)
        }
        (Column::Merged { .. } | Column::Part(_), Test::Present) => q.push("TRUE"),
        (Column::Severity(column), test) => {
            let wanted: Vec<Severity> = Severity::ALL.into_iter().filter(|s| fits(*s, test)).collect();
            match wanted.len() {
                0 => q.push("FALSE"),
                5 => q.push(column).push(" IS NOT NULL"),
                _ => q.push(column).push(" IN (").list(wanted).push(")"),
            }
        }
        (Column::SeverityWord(column), test) => {
            let wanted = Severity::ALL.into_iter().filter(|s| fits(*s, test)).map(Severity::as_str);
            match wanted.clone().count() {
                0 => q.push("FALSE"),
                _ => q.push(column).push(" IN (").list(wanted).push(")"),
            }
        }
        (Column::Part(push), Test::Text(text)) => push(q, text, c.dialect),
        (Column::Text { column, index }, Test::Text(text)) => match text {
            TextMatch::Words { words, prefix } => words::push(q, index, words, *prefix, c),
            TextMatch::Glob(pattern) => part(q, column, pattern, c.dialect),
            // SQLite's `lower` knows ASCII only.
            TextMatch::Substring(part) => match c.dialect {
                Dialect::Sqlite => q.push("instr(lower(").push(column).push("), "),
                Dialect::Postgres => q.push("strpos(lower(").push(column).push(" COLLATE \"C\"), "),
            }
            .arg(part.to_ascii_lowercase())
            .push(") > 0"),
        },
        (Column::Word(column) | Column::Text { column, .. }, test) => of_text(q, column, test, c.dialect),
        (Column::Id(column) | Column::Time(column) | Column::Number(column), Test::Present) => {
            q.push(column).push(" IS NOT NULL")
        }
        (Column::Id(column), Test::Equal(Value::Id(id))) => q.push(column).push(" = ").arg(*id),
        (Column::Time(column), Test::Equal(Value::Time(at))) => q.push(column).push(" = ").arg(*at),
        (Column::Time(column), Test::Compare(order, Value::Time(at))) => {
            q.push(column).push(sign(*order)).arg(*at)
        }
        (Column::Time(column), Test::Between(Value::Time(from), Value::Time(to))) => {
            q.push(column).push(" BETWEEN ").arg(*from).push(" AND ").arg(*to)
        }
        (Column::Number(column), Test::Equal(Value::Number { value, .. })) => {
            q.push(column).push(" = ").arg(*value)
        }
        (Column::Number(column), Test::Compare(order, Value::Number { value, .. })) => {
            q.push(column).push(sign(*order)).arg(*value)
        }
        (
            Column::Number(column),
            Test::Between(Value::Number { value: from, .. }, Value::Number { value: to, .. }),
        ) => q.push(column).push(" BETWEEN ").arg(*from).push(" AND ").arg(*to),
        (
            Column::Merged { .. } | Column::Part(_) | Column::Id(_) | Column::Time(_) | Column::Number(_),
            _,
        ) => q.push("FALSE"),
    }
}

/// A whole text, byte by byte.
fn of_text(q: Sql, column: &'static str, test: &Test, dialect: Dialect) -> Sql {
    let bytes = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => " COLLATE \"C\"",
    };
    match test {
        Test::Present => q.push(column).push(" IS NOT NULL"),
        Test::Equal(Value::Word(word)) => q.push(column).push(" = ").arg(word),
        Test::Compare(order, Value::Word(word)) => q.push(column).push(bytes).push(sign(*order)).arg(word),
        Test::Between(Value::Word(from), Value::Word(to)) => {
            q.push(column).push(bytes).push(" BETWEEN ").arg(from).push(" AND ").arg(to)
        }
        Test::Pattern(pattern) => whole(q.push(column), pattern, dialect),
        _ => q.push("FALSE"),
    }
}

/// Whether the pattern fits a part of the text, A to Z like a to z.
pub(crate) fn part(q: Sql, column: &'static str, pattern: &Pattern, dialect: Dialect) -> Sql {
    match dialect {
        Dialect::Sqlite => q.push(column).push(" LIKE "),
        Dialect::Postgres => q.push("lower(").push(column).push(" COLLATE \"C\") LIKE "),
    }
    .arg(like(pattern, true))
    .push(" ESCAPE '\\'")
}

/// ` GLOB $n` or ` LIKE $n`: a pattern for the whole text before it, with the case of the letters.
fn whole(q: Sql, pattern: &Pattern, dialect: Dialect) -> Sql {
    match dialect {
        // SQLite's LIKE ignores case.
        Dialect::Sqlite => q.push(" GLOB ").arg(glob(pattern)),
        Dialect::Postgres => q.push(" COLLATE \"C\" LIKE ").arg(like(pattern, false)).push(" ESCAPE '\\'"),
    }
}

fn glob(pattern: &Pattern) -> String {
    let mut out = String::new();
    for atom in &pattern.0 {
        match atom {
            Atom::Any => out.push('*'),
            Atom::One => out.push('?'),
            Atom::Char(c @ ('*' | '?' | '[')) => out.extend(['[', *c, ']']),
            Atom::Char(c) => out.push(*c),
        }
    }
    out
}

/// A pattern for LIKE with `\` before what stands for itself: of the whole text, or of a part of it in lower-case ASCII.
fn like(pattern: &Pattern, part: bool) -> String {
    let mut out = String::new();
    if part {
        out.push('%');
    }
    for atom in &pattern.0 {
        match atom {
            Atom::Any => out.push('%'),
            Atom::One => out.push('_'),
            Atom::Char(c @ ('%' | '_' | '\\')) => out.extend(['\\', *c]),
            Atom::Char(c) => out.push(if part { c.to_ascii_lowercase() } else { *c }),
        }
    }
    if part {
        out.push('%');
    }
    out
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Less => " < ",
        Order::AtMost => " <= ",
        Order::Greater => " > ",
        Order::AtLeast => " >= ",
    }
}

/// Whether a severity passes a test.
pub(crate) fn fits(severity: Severity, test: &Test) -> bool {
    match test {
        Test::Present => true,
        Test::Equal(Value::Severity(wanted)) => severity == *wanted,
        Test::Compare(order, Value::Severity(than)) => match order {
            Order::Less => severity < *than,
            Order::AtMost => severity <= *than,
            Order::Greater => severity > *than,
            Order::AtLeast => severity >= *than,
        },
        Test::Between(Value::Severity(from), Value::Severity(to)) => (*from..=*to).contains(&severity),
        _ => false,
    }
}
