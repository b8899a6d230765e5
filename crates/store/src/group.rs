//! Groups of events with one fingerprint. They are written with the events (`ingest`).

pub mod facet;
pub mod life;
pub mod rules;
mod search;
pub mod split;

use domain::group::{Assignee, Group, GroupFilter, GroupSort, Status};
use domain::{GroupId, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Result, Row, Sql};
use crate::query::words::Within;
use crate::query::{self, Compile};
use crate::rollup::{self, Clause, Span};
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
            merged_into: row.get("merged_into")?,
            members: row.get("members")?,
            split_from: row.get("split_from")?,
        })
    }
}

/// The last group of a page by its sort value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Time(Timestamp, Uuid),
    Count(i64, Uuid),
}

/// Groups with the figures of those that are merged into them. A merged one has its own figures, and `merged_into`.
macro_rules! read {
    ($by:literal) => {
        concat!(
            " FROM (SELECT g.organization_id, g.id, g.fingerprint, g.template, g.component, g.event_type, g.example,
                 CASE WHEN m.rank IS NULL THEN g.severity
                      WHEN m.rank = 4 OR g.severity = 'critical' THEN 'critical'
                      WHEN m.rank = 3 OR g.severity = 'high' THEN 'high'
                      WHEN m.rank = 2 OR g.severity = 'medium' THEN 'medium'
                      WHEN m.rank = 1 OR g.severity = 'low' THEN 'low'
                      ELSE g.severity END AS severity,
                 g.event_count + COALESCE(m.n, 0) AS event_count,
                 CASE WHEN m.first < g.first_seen THEN m.first ELSE g.first_seen END AS first_seen,
                 CASE WHEN m.last > g.last_seen THEN m.last ELSE g.last_seen END AS last_seen,
                 g.status, g.status_since, g.assigned_to, g.resolved_at, g.muted_until, g.mute_count, g.mute_seconds, g.mute_query,
                 g.mute_start, g.mute_seen, g.rate_hour, g.rate_usual, g.merged_into, g.split_from, COALESCE(m.members, 0) AS members
          FROM groups g",
            $by,
            "
          LEFT JOIN (SELECT merged_into, CAST(SUM(event_count) AS BIGINT) AS n, MIN(first_seen) AS first, MAX(last_seen) AS last,
                            count(*) AS members,
                            MAX(CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END) AS rank
                     FROM groups
                     WHERE organization_id = $1 AND merged_into IS NOT NULL
                     GROUP BY merged_into) AS m ON m.merged_into = g.id
          WHERE g.organization_id = $1) AS groups
     WHERE organization_id = $1"
        )
    };
}

const BY_ID: &str = read!("");

/// All of them. SQLite goes through them as they were first seen, which is about as they lie; by another index it read a page for each.
fn all(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => read!(" INDEXED BY groups_by_first_seen"),
        Dialect::Postgres => BY_ID,
    }
}

const COLUMNS: &str =
    "SELECT id, fingerprint, template, component, event_type, example, severity, event_count, first_seen, last_seen,
            status, status_since, assigned_to, resolved_at, muted_until, mute_count, mute_seconds, mute_query, mute_start, mute_seen,
            rate_hour, rate_usual, (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = groups.assigned_to) AS assignee,
            merged_into, members, split_from";

/// The largest or latest first.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &GroupFilter,
    after: Option<After>,
    limit: u32,
) -> Result<Vec<Group>> {
    let dialect = tx.conn().dialect();
    let mut q = narrow(tx.sql(COLUMNS).push(all(dialect)), filter, dialect);
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

/// The groups that the filter leaves, at most `limit` of them, in no order.
pub async fn ids(tx: &mut impl Scoped, filter: &GroupFilter, limit: u32) -> Result<Vec<GroupId>> {
    let dialect = tx.conn().dialect();
    // Grown below.
    let q = narrow(tx.sql("SELECT id").push(all(dialect)), filter, dialect).push(" LIMIT ").arg(limit);
    tx.conn().scalars(q).await
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
        .sql("SELECT status, count(*) AS n, count(CASE WHEN assigned_to = $2 THEN 1 END) AS mine")
        .bind(mine)
        .push(all(dialect));
    let q = narrow(q, &others, dialect).push(" GROUP BY status");
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("status")?, row.get("n")?, row.get("mine")?))).collect()
}

/// Groups that stand for themselves, as the filter asks for them.
fn narrow(q: Sql, filter: &GroupFilter, dialect: Dialect) -> Sql {
    let mut q = q.push(" AND merged_into IS NULL");
    if !filter.status.is_empty() {
        q = q.push(" AND status IN (").list(filter.status.iter().map(|s| s.as_str())).push(")");
    }
    match filter.assigned_to {
        None => {}
        Some(Assignee::Nobody) => q = q.push(" AND assigned_to IS NULL"),
        Some(Assignee::User(user)) => q = q.push(" AND assigned_to = ").arg(user),
    }
    if let Some(query) = &filter.query {
        let compile = Compile { dialect, table: &search::TABLE, within: Within::Everything };
        q = query::push(q.push(" AND "), &query.expr, compile);
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
    let dialect = tx.conn().dialect();
    // Grown below.
    let mut q = tx.sql("SELECT first_seen").push(all(dialect)).push(" AND merged_into IS NULL");
    if let Some(from) = from {
        q = q.push(" AND first_seen >= ").arg(from);
    }
    if let Some(to) = to {
        q = q.push(" AND first_seen < ").arg(to);
    }
    tx.conn().scalars(q.push(" ORDER BY first_seen LIMIT ").arg(limit)).await
}

/// How many groups were first seen before an instant, and first or last seen from another one on.
pub async fn count_seen(tx: &mut impl Scoped, which: Seen, from: Timestamp, to: Timestamp) -> Result<i64> {
    let dialect = tx.conn().dialect();
    // Grown below.
    let q = tx
        .sql("SELECT count(*)")
        .push(all(dialect))
        .push(" AND merged_into IS NULL AND first_seen < ")
        .arg(to);
    let q = q.push(match which {
        Seen::First => " AND first_seen >= ",
        Seen::Last => " AND last_seen >= ",
    });
    Ok(tx.conn().scalar(q.arg(from)).await?.unwrap_or(0))
}

/// What [`count_seen`] asks for.
#[derive(Clone, Copy, Debug)]
pub enum Seen {
    First,
    Last,
}

/// Events of each group, with those that are merged into it, in the hours of a time range; of at most 100 groups.
pub async fn counts_between(
    tx: &mut impl Scoped,
    ids: &[GroupId],
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<i64>> {
    let together = rules::with_members(tx, ids).await?;
    let clause = |ids: &Vec<GroupId>| Clause {
        field: rollup::GROUP,
        values: ids.iter().map(ToString::to_string).collect(),
    };
    let clauses: Vec<Clause> = together.iter().map(clause).collect();
    rollup::totals(tx, &clauses, &[], Span { from, to }).await
}

pub async fn get(tx: &mut impl Scoped, id: GroupId) -> Result<Option<Group>> {
    let q = tx.sql(COLUMNS).push(BY_ID).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// Those of the ids that exist, in no order.
pub async fn get_many(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<Vec<Group>> {
    let q = tx.sql(COLUMNS).push(BY_ID).push(" AND id IN (").list(ids.iter().copied()).push(")");
    tx.conn().all(q).await
}
