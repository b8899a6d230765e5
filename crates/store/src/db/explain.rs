//! Query plans of the statements that really run, with their real arguments: for docs/SQL.md and for the curious.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Dialect, Row, Sql};

/// A statement and how the database ran it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub statement: String,
    /// `EXPLAIN QUERY PLAN` of SQLite, `EXPLAIN (ANALYZE, BUFFERS)` of PostgreSQL.
    pub lines: Vec<String>,
}

tokio::task_local! {
    static PLANS: Arc<Mutex<Vec<Plan>>>;
}

/// Runs `work` and collects the plan of every statement that it reads with.
pub async fn explain<T>(work: impl Future<Output = T>) -> (T, Vec<Plan>) {
    let plans = Arc::new(Mutex::new(Vec::new()));
    let done = PLANS.scope(Arc::clone(&plans), work).await;
    let plans = plans.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (done, plans)
}

/// The statement that explains `q`, when somebody asked.
pub(super) fn asked(q: &Sql, dialect: Dialect) -> Option<Sql> {
    PLANS.try_with(|_| ()).ok()?;
    // PostgreSQL runs what it analyses: nothing that writes.
    if !q.text.trim_start().starts_with("SELECT") {
        return None;
    }
    let head = match dialect {
        Dialect::Sqlite => "EXPLAIN QUERY PLAN ",
        Dialect::Postgres => "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ",
    };
    Some(Sql { text: format!("{head}{}", q.text), args: q.args.clone() })
}

pub(super) fn keep(q: &Sql, rows: &[Row]) {
    let line = |row: &Row| match row {
        Row::Sqlite(_) => row.get::<String>("detail"),
        Row::Postgres(_) => row.first::<String>(),
    };
    let lines = rows.iter().filter_map(|row| line(row).ok()).collect();
    let statement = q.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = PLANS.try_with(|plans| {
        plans.lock().unwrap_or_else(PoisonError::into_inner).push(Plan { statement, lines });
    });
}
