//! When the cases of a list were opened.

use domain::case::CaseFilter;
use domain::{Severity, Timestamp};

use super::narrow;
use crate::db::{Dialect, Result};
use crate::scope::Scoped;

/// How many cases were opened by hour and severity, the earliest hour first; hours without any are left out.
pub async fn opened(tx: &mut impl Scoped, filter: &CaseFilter) -> Result<Vec<(Timestamp, Severity, i64)>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql("SELECT ").push(match dialect {
        Dialect::Sqlite => "substr(c.created_at, 1, 13) || ':00:00.000000Z'",
        Dialect::Postgres => "date_trunc('hour', c.created_at, 'UTC')",
    });
    let q = q.push(" AS start, c.severity, count(*) AS n FROM cases c WHERE c.organization_id = $1");
    let q = narrow(q, filter, dialect).push(" GROUP BY 1, 2 ORDER BY 1");
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("start")?, row.get("severity")?, row.get("n")?))).collect()
}
