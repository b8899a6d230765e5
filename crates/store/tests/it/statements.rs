//! Every statement of the store is prepared on both databases.
//!
//! The texts are found in the sources: each string given to `sql("…")` or `.sql("…")`, and each in a `Dialect::X => "…"`
//! arm for that database alone. A comment `SQLite only` or `PostgreSQL only` in the two lines above says that a text is for
//! one of them, `Grown below` that it is no whole statement. Other pieces are left out: a text that ends in a blank or has
//! unequal brackets (as one that is grown with `push` mostly has), and an arm
//! that does not begin with a verb. Those run in the tests of their modules.

use std::path::Path;

use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};
use store::Db;
use store::db::Dialect;

struct Statement {
    place: String,
    text: String,
    only: Option<Dialect>,
}

const VERBS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "LOCK"];

fn statements() -> Vec<Statement> {
    let mut found = Vec::new();
    read_folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    found
}

fn read_folder(folder: &Path, found: &mut Vec<Statement>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
            read_file(path.file_name().unwrap().to_str().unwrap(), code, found);
        }
    }
}

fn read_file(name: &str, code: &str, found: &mut Vec<Statement>) {
    const OPENINGS: [(&str, Option<Dialect>); 3] = [
        ("sql(", None),
        ("Dialect::Sqlite =>", Some(Dialect::Sqlite)),
        ("Dialect::Postgres =>", Some(Dialect::Postgres)),
    ];
    for (opening, dialect) in OPENINGS {
        for (at, _) in code.match_indices(opening) {
            let rest = code[at + opening.len()..].trim_start().trim_start_matches('{').trim_start();
            let Some(text) = rest.strip_prefix('"').and_then(literal) else { continue };
            let before = &code[..at];
            let line = before.matches('\n').count() + 1;
            let above: Vec<&str> = before.lines().rev().take(3).collect();
            if above.iter().any(|l| l.contains("Grown below")) {
                continue;
            }
            let only = dialect
                .or_else(|| above.iter().any(|l| l.contains("SQLite only")).then_some(Dialect::Sqlite))
                .or_else(|| above.iter().any(|l| l.contains("PostgreSQL only")).then_some(Dialect::Postgres));
            found.push(Statement { place: format!("{name}:{line}"), text, only });
        }
    }
}

/// The text up to the closing quote.
fn literal(rest: &str) -> Option<String> {
    let (mut out, mut chars) = (String::new(), rest.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                '\n' => chars = chars.as_str().trim_start().chars(),
                'n' => out.push('\n'),
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    None
}

fn is_whole(text: &str) -> bool {
    VERBS.iter().any(|verb| text.trim_start().starts_with(verb))
        && !text.ends_with(char::is_whitespace)
        && text.matches('(').count() == text.matches(')').count()
}

async fn prepare(db: &Db, text: &str) -> Result<(), sqlx::Error> {
    let text = AssertSqlSafe(text.to_owned()).into_sql_str();
    match db {
        Db::Sqlite { read, .. } => read.acquire().await?.prepare(text).await.map(drop),
        Db::Postgres { pool, .. } => pool.acquire().await?.prepare(text).await.map(drop),
    }
}

#[tokio::test]
async fn every_statement_is_prepared_on_both_databases() {
    let whole: Vec<_> = statements().into_iter().filter(|s| is_whole(&s.text)).collect();
    assert!(whole.len() > 60, "only {} statements were found", whole.len());
    let mut wrong = Vec::new();
    for t in [testkit::sqlite().await, testkit::postgres().await] {
        for statement in &whole {
            if statement.only.is_some_and(|d| d != t.db.dialect()) {
                continue;
            }
            if let Err(error) = prepare(&t.db, &statement.text).await {
                wrong.push(format!(
                    "{} on {:?}: {error}\n    {}",
                    statement.place,
                    t.db.dialect(),
                    statement.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn statements_are_found_in_every_form() {
    let code = r#"
        let q = sql("SELECT 1");
        let q = tx
            .sql(
                "SELECT \
                 2",
            );
        // SQLite only: rowid
        let q = sql("SELECT 3");
        match d { Dialect::Postgres => "SELECT 4", Dialect::Sqlite => { "SELECT 5" } }
    "#;
    let mut found = Vec::new();
    read_file("x.rs", code, &mut found);
    let found: Vec<_> = found.into_iter().map(|s| (s.text, s.only)).collect();
    let s = |text: &str| text.to_owned();
    assert_eq!(
        found,
        [
            (s("SELECT 1"), None),
            (s("SELECT 2"), None),
            (s("SELECT 3"), Some(Dialect::Sqlite)),
            (s("SELECT 5"), Some(Dialect::Sqlite)),
            (s("SELECT 4"), Some(Dialect::Postgres)),
        ]
    );
}
