//! Groups of events with one fingerprint. They are written with the events (`ingest`).

pub mod life;

use domain::group::{Assignee, Group, GroupFilter, GroupSort, Status};
use domain::{GroupId, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Result, Row, Sql};
use crate::scope::Scoped;

impl FromDb for Group {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            fingerprint: row.get("fingerprint")?,
            template: row.get("template")?,
            component: row.get("component")?,
            event_type: row.get("event_type")?,
            example: row.get("example")?,
            severity: row.get("severity")?,
            event_count: row.get("event_count")?,
            first_seen: row.get("first_seen")?,
            last_seen: row.get("last_seen")?,
            life: life::read(row)?,
            assignee: row.get("assignee")?,
        })
    }
}

/// The last group of a page by its sort value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Time(Timestamp, Uuid),
    Count(i64, Uuid),
}

const COLUMNS: &str = "SELECT id, fingerprint, template, component, event_type, example, severity, event_count, first_seen, last_seen,
            status, status_since, assigned_to, resolved_at, muted_until, mute_count, mute_seconds, mute_query, mute_start, mute_seen,
            rate_hour, rate_usual, (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = groups.assigned_to) AS assignee
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
    let mut q = narrow(tx.sql(COLUMNS), filter, dialect);
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

/// How many groups there are of each status, and how many of them a member has. The filter's own status and assignee do not count.
pub async fn counts(
    tx: &mut impl Scoped,
    filter: &GroupFilter,
    mine: Option<UserId>,
) -> Result<Vec<(Status, i64, i64)>> {
    let dialect = tx.conn().dialect();
    let others = GroupFilter { status: Vec::new(), assigned_to: None, ..filter.clone() };
    // Grown below.
    let q = tx
        .sql("SELECT status, count(*) AS n, count(CASE WHEN assigned_to = $2 THEN 1 END) AS mine FROM groups WHERE organization_id = $1")
        .bind(mine);
    let q = narrow(q, &others, dialect).push(" GROUP BY status");
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("status")?, row.get("n")?, row.get("mine")?))).collect()
}

fn narrow(mut q: Sql, filter: &GroupFilter, dialect: Dialect) -> Sql {
    if !filter.status.is_empty() {
        q = q.push(" AND status IN (").list(filter.status.iter().map(|s| s.as_str())).push(")");
    }
    match filter.assigned_to {
        None => {}
        Some(Assignee::Nobody) => q = q.push(" AND assigned_to IS NULL"),
        Some(Assignee::User(user)) => q = q.push(" AND assigned_to = ").arg(user),
    }
    if let Some(text) = &filter.text {
        q = contains(q, dialect, " AND (template", text);
        q = contains(q, dialect, " OR example", text).push(")");
    }

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

/// When the groups of a time range were first seen, the earliest first, at most `limit` of them.
pub async fn first_seen(
    tx: &mut impl Scoped,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Timestamp>> {
    let mut q = tx.sql("SELECT first_seen FROM groups WHERE organization_id = $1");
    if let Some(from) = from {
        q = q.push(" AND first_seen >= ").arg(from);
    }
    if let Some(to) = to {
        q = q.push(" AND first_seen < ").arg(to);
    }
    tx.conn().scalars(q.push(" ORDER BY first_seen LIMIT ").arg(limit)).await
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
