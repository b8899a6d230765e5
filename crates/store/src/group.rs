//! Groups of events with one fingerprint. They are written with the events (`ingest`).

use domain::group::{Group, GroupFilter, GroupSort};
use domain::{GroupId, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, Result, Sql, from_row};
use crate::scope::Scoped;

from_row!(Group {
    id,
    fingerprint,
    template,
    component,
    event_type,
    example,
    severity,
    event_count,
    first_seen,
    last_seen
});

/// The last group of a page by its sort value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Time(Timestamp, Uuid),
    Count(i64, Uuid),
}

const COLUMNS: &str = "SELECT id, fingerprint, template, component, event_type, example, severity, event_count, first_seen, last_seen
     FROM groups
     WHERE organization_id = $1";

/// The largest or latest first.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &GroupFilter,
    after: Option<After>,
    limit: u32,
) -> Result<Vec<Group>> {
    let dialect = tx.conn().dialect();
    let mut q = narrow(tx.sql(COLUMNS), filter);
    if let Some(text) = &filter.text {
        q = contains(q, dialect, " AND (template", text);
        q = contains(q, dialect, " OR example", text).push(")");
    }
    if let Some(after) = after {
        q = q.push(match filter.sort {
            GroupSort::LastSeen => " AND (last_seen, id) < (",
            GroupSort::FirstSeen => " AND (first_seen, id) < (",
            GroupSort::Count => " AND (event_count, id) < (",
        });
        q = match after {
            After::Time(at, id) => q.arg(at).push(", ").arg(id),
            After::Count(n, id) => q.arg(n).push(", ").arg(id),
        };
        q = q.push(")");
    }
    q = q.push(match filter.sort {
        GroupSort::LastSeen => " ORDER BY last_seen DESC, id DESC LIMIT ",
        GroupSort::FirstSeen => " ORDER BY first_seen DESC, id DESC LIMIT ",
        GroupSort::Count => " ORDER BY event_count DESC, id DESC LIMIT ",
    });
    tx.conn().all(q.arg(limit)).await
}

fn narrow(mut q: Sql, filter: &GroupFilter) -> Sql {
    if !filter.severity.is_empty() {
        q = q.push(" AND severity IN (").list(filter.severity.iter().copied()).push(")");
    }
    if !filter.component.is_empty() {
        q = q.push(" AND component IN (").list(filter.component.iter()).push(")");
    }
    if let Some(from) = filter.from {
        q = q.push(" AND last_seen >= ").arg(from);
    }
    if let Some(to) = filter.to {
        q = q.push(" AND first_seen < ").arg(to);
    }
    q
}

/// Case-insensitive part of a text. `column` is ` AND <column>`; SQLite's LIKE ignores the case of ASCII letters.
pub(crate) fn contains(q: Sql, dialect: Dialect, column: &'static str, text: &str) -> Sql {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let like = match dialect {
        Dialect::Sqlite => " LIKE ",
        Dialect::Postgres => " ILIKE ",
    };
    q.push(column).push(like).arg(pattern).push(" ESCAPE '\\'")
}

pub async fn get(tx: &mut impl Scoped, id: GroupId) -> Result<Option<Group>> {
    let q = tx.sql(COLUMNS).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// Those of the ids that exist, in no order.
pub async fn get_many(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<Vec<Group>> {
    let q = tx.sql(COLUMNS).push(" AND id IN (").list(ids.iter().copied()).push(")");
    tx.conn().all(q).await
}
