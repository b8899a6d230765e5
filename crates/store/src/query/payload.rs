//! `payload.<path>`: a scalar of the JSON document, or one of an array of them; `payload:`: any scalar of it.
//!
//! SQLite finds the path as one text, `$."a"."b"`; PostgreSQL goes key by key with `->`. Neither finds a key of an array.

use domain::query::{Order, Test, Value};

use super::{sign, whole};
use crate::db::{Dialect, Sql};

pub(super) fn push(q: Sql, column: &'static str, path: &[String], test: &Test, dialect: Dialect) -> Sql {
    if path.is_empty() {
        return anywhere(q, column, test, dialect);
    }
    match dialect {
        Dialect::Sqlite => {
            let key = path.last().map(String::as_str).unwrap_or_default();
            let path = sqlite_path(path);
            if *test == Test::Present {
                let mut q = q;
                if is_written_plainly(key) {
                    // As below.
                    let quoted = ["\"", key, "\""].concat();
                    q = q.push("(instr(").push(column).push(", ").arg(quoted).push(") > 0 OR instr(");
                    q = q.push(column).push(", '\\u') > 0) AND ");
                }
                return q.push("json_type(").push(column).push(", ").arg(path).push(") <> 'null'");
            }
            let q = written(q, column, test, dialect);
            let q = q.push("json_type(").push(column).push(", ").arg(&path);
            let q = q.push(") <> 'object' AND EXISTS (SELECT 1 FROM json_each(").push(column).push(", ");
            brackets(q.arg(path).push(") j WHERE "), test, dialect).push(")")
        }
        Dialect::Postgres => {
            if *test == Test::Present {
                let q = postgres_path(q.push("jsonb_typeof("), column, path);
                return q.push(") <> 'null'");
            }
            let q = postgres_path(q.push("EXISTS (SELECT 1 FROM (SELECT "), column, path).push(
                " AS v) AS p,
                 LATERAL jsonb_array_elements(CASE jsonb_typeof(p.v) WHEN 'array' THEN p.v ELSE jsonb_build_array(p.v) END) AS j(v)
                 WHERE p.v IS NOT NULL AND jsonb_typeof(p.v) <> 'object' AND ",
            );
            brackets(q, test, dialect).push(")")
        }
    }
}

/// Any scalar of the document, however deep.
fn anywhere(q: Sql, column: &'static str, test: &Test, dialect: Dialect) -> Sql {
    let q = written(q, column, test, dialect);
    let (scalars, kind) = match dialect {
        Dialect::Sqlite => ("EXISTS (SELECT 1 FROM json_tree(", "j.type"),
        Dialect::Postgres => ("EXISTS (SELECT 1 FROM jsonb_path_query(", "jsonb_typeof(j.v)"),
    };
    let q = q.push(scalars).push(column).push(match dialect {
        Dialect::Sqlite => ") j WHERE ",
        Dialect::Postgres => ", 'strict $.**') AS j(v) WHERE ",
    });
    let q = q.push(kind);
    match test {
        Test::Present => q.push(" NOT IN ('object', 'array', 'null'))"),
        test => brackets(q.push(" NOT IN ('object', 'array') AND "), test, dialect).push(")"),
    }
}

/// First whether the word stands in the text of the document at all, which is ten times as quick as reading it.
fn written(q: Sql, column: &'static str, test: &Test, dialect: Dialect) -> Sql {
    let Test::Equal(Value::Word(word)) = test else { return q };
    if !is_written_plainly(word) {
        return q;
    }
    match dialect {
        // A letter can be written as an escape of JSON.
        Dialect::Sqlite => {
            let q = q.push("(instr(").push(column).push(", ").arg(word).push(") > 0 OR instr(");
            q.push(column).push(", '\\u') > 0) AND ")
        }
        Dialect::Postgres => q.push("strpos(").push(column).push("::text, ").arg(word).push(") > 0 AND "),
    }
}

/// The JSON at the path; NULL where there is none.
pub(crate) fn value(q: Sql, column: &'static str, path: &[String], dialect: Dialect) -> Sql {
    match dialect {
        Dialect::Sqlite => q.push(column).push(" -> ").arg(sqlite_path(path)),
        Dialect::Postgres => postgres_path(q, column, path),
    }
}

/// JSON writes it as it is, unless by `\u`.
fn is_written_plainly(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\' | '/'))
}

/// Keys are quoted as in JSON, which SQLite reads in a path too.
fn sqlite_path(path: &[String]) -> String {
    let mut out = "$".to_owned();
    for key in path {
        out.push('.');
        out.push_str(&serde_json::Value::from(key.as_str()).to_string());
    }
    out
}

fn postgres_path(q: Sql, column: &'static str, path: &[String]) -> Sql {
    path.iter().fold(q.push(column), |q, key| q.push(" -> ").arg(key).push("::text"))
}

fn brackets(q: Sql, test: &Test, dialect: Dialect) -> Sql {
    scalar(q.push("("), test, dialect).push(")")
}

/// The test of one scalar `j`.
fn scalar(q: Sql, test: &Test, dialect: Dialect) -> Sql {
    match test {
        Test::Equal(Value::Word(word)) => text(q, dialect).push(" = ").arg(word),
        Test::Equal(Value::Number { text: written, value }) => {
            let q = text(q, dialect).push(" = ").arg(written).push(" OR ");
            number(q, dialect).push(" = ").arg(*value)
        }
        Test::Equal(Value::Bool(value)) => {
            let word = if *value { "true" } else { "false" };
            let q = text(q, dialect).push(" = ").arg(word).push(" OR ");
            match dialect {
                Dialect::Sqlite => q.push("j.type = ").arg(word),
                Dialect::Postgres => q.push("j.v = ").arg(word).push("::text::jsonb"),
            }
        }
        Test::Equal(Value::Null) => {
            let q = text(q, dialect).push(" = 'null' OR ");
            q.push(match dialect {
                Dialect::Sqlite => "j.type = 'null'",
                Dialect::Postgres => "jsonb_typeof(j.v) = 'null'",
            })
        }
        Test::Compare(order, value) => compared(q, *order, value, dialect),
        Test::Between(from, to) => {
            let q = compared(q, Order::AtLeast, from, dialect).push(" AND ");
            compared(q, Order::AtMost, to, dialect)
        }
        Test::Pattern(pattern) => whole(text(q, dialect), pattern, dialect),
        Test::Equal(_) | Test::Present | Test::Text(_) => q.push("FALSE"),
    }
}

/// Numbers with numbers, texts with strings.
fn compared(q: Sql, order: Order, value: &Value, dialect: Dialect) -> Sql {
    match value {
        Value::Word(word) => {
            let q = text(q, dialect).push(match dialect {
                Dialect::Sqlite => "",
                Dialect::Postgres => " COLLATE \"C\"",
            });
            q.push(sign(order)).arg(word)
        }
        Value::Number { value, .. } => number(q, dialect).push(sign(order)).arg(*value),
        _ => q.push("FALSE"),
    }
}

/// The string, or NULL.
fn text(q: Sql, dialect: Dialect) -> Sql {
    q.push(match dialect {
        Dialect::Sqlite => "CASE j.type WHEN 'text' THEN j.atom END",
        Dialect::Postgres => "CASE jsonb_typeof(j.v) WHEN 'string' THEN j.v #>> '{}' END",
    })
}

/// The number as a double, or NULL. What is nearer to 0 than any double is 0, of which PostgreSQL would make an error.
fn number(q: Sql, dialect: Dialect) -> Sql {
    q.push(match dialect {
        Dialect::Sqlite => "CASE WHEN j.type IN ('integer', 'real') THEN CAST(j.atom AS REAL) END",
        Dialect::Postgres => {
            "CASE jsonb_typeof(j.v)
                  WHEN 'number' THEN CASE WHEN abs(j.v::numeric) < 2.4703282292062328e-324 THEN 0 ELSE j.v::double precision END
             END"
        }
    })
}
