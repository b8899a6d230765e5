//! Roll-ups and group figures computed again from the events, to repair them or to prove them.

use super::{GROUP, SOURCE, TEXT_FIELDS, TOTAL};
use crate::db::{Dialect, Result, Sql, sql};
use crate::scope::{Scoped, WriteTx};

/// Computes the organization's roll-ups, group figures and source counts again. Returns the number of roll-up rows.
pub async fn rebuild(tx: &mut WriteTx) -> Result<i64> {
    if tx.conn().dialect() == Dialect::Postgres {
        // PostgreSQL only. Ingests that have not added their counts yet wait here and add them to the new rows.
        // PostgreSQL only.
        tx.conn().exec(sql("LOCK TABLE event_rollups, groups, sources IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    let q = tx.sql("DELETE FROM event_rollups WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    for field in fields() {
        let q = tx.sql("INSERT INTO event_rollups (organization_id, field, value, hour, info, low, medium, high, critical) ");
        let q = counted(q, field, tx.conn().dialect());
        tx.conn().exec(q).await?;
    }
    let q = tx.sql("UPDATE groups SET event_count = 0 WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    let q = tx.sql(
        "UPDATE groups
         SET event_count = e.n, first_seen = e.first, last_seen = e.last
         FROM (SELECT group_id, count(*) AS n, min(occurred_at) AS first, max(occurred_at) AS last
               FROM events
               WHERE organization_id = $1
               GROUP BY group_id) AS e
         WHERE groups.organization_id = $1 AND groups.id = e.group_id",
    );
    tx.conn().exec(q).await?;
    let q = tx.sql(
        "UPDATE sources
         SET event_count = COALESCE((SELECT CAST(SUM(info + low + medium + high + critical) AS BIGINT) FROM event_rollups r
                                     WHERE r.organization_id = sources.organization_id AND r.field = 'source_id'
                                       AND r.value = CAST(sources.id AS TEXT)), 0)
         WHERE organization_id = $1",
    );
    tx.conn().exec(q).await?;
    let q = tx.sql("SELECT count(*) FROM event_rollups WHERE organization_id = $1");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Compares roll-ups and group counts with the events; one sentence for each thing that differs.
pub async fn check(tx: &mut impl Scoped) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for field in fields() {
        for stored_first in [false, true] {
            let q = tx.sql("SELECT count(*) FROM (");
            let dialect = tx.conn().dialect();
            let q = if stored_first {
                counted(stored(q, field).push(" EXCEPT "), field, dialect)
            } else {
                stored(counted(q, field, dialect).push(" EXCEPT "), field)
            };
            let n: i64 = tx.conn().scalar(q.push(") AS differing")).await?.unwrap_or(0);
            if n > 0 {
                let name = if field == TOTAL { "all events" } else { field };
                let what = if stored_first { "are not in the events" } else { "are missing or differ" };
                problems.push(format!("{n} hours of {name} {what}"));
            }
        }
    }
    let q = tx.sql(
        "SELECT count(*)
         FROM groups g
         LEFT JOIN (SELECT group_id, count(*) AS n FROM events WHERE organization_id = $1 GROUP BY group_id) AS e ON e.group_id = g.id
         WHERE g.organization_id = $1 AND g.event_count <> COALESCE(e.n, 0)",
    );
    let n: i64 = tx.conn().scalar(q).await?.unwrap_or(0);
    if n > 0 {
        problems.push(format!("{n} groups have another number of events than they say"));
    }
    let q = tx.sql(
        "SELECT count(*) FROM (SELECT DISTINCT group_id FROM events WHERE organization_id = $1
                               EXCEPT SELECT id FROM groups WHERE organization_id = $1) AS lost",
    );
    let n: i64 = tx.conn().scalar(q).await?.unwrap_or(0);
    if n > 0 {
        problems.push(format!("{n} groups are missing"));
    }
    Ok(problems)
}

fn fields() -> impl Iterator<Item = &'static str> {
    [TOTAL, SOURCE, GROUP].into_iter().chain(TEXT_FIELDS)
}

fn stored(q: Sql, field: &'static str) -> Sql {
    q.push(
        "SELECT organization_id, field, value, hour, info, low, medium, high, critical
         FROM event_rollups WHERE organization_id = $1 AND field = ",
    )
    .arg(field)
}

/// `SELECT organization_id, field, value, hour, info … critical` from the events.
fn counted(q: Sql, field: &'static str, dialect: Dialect) -> Sql {
    let column = match field {
        TOTAL => "''",
        SOURCE => "CAST(source_id AS TEXT)",
        GROUP => "CAST(group_id AS TEXT)",
        text => text,
    };
    let hour = match dialect {
        Dialect::Sqlite => "substr(occurred_at, 1, 13) || ':00:00.000000Z'",
        Dialect::Postgres => "date_trunc('hour', occurred_at)",
    };
    q.push("SELECT organization_id, CAST(")
        .arg(field)
        .push(" AS TEXT), value, hour, SUM(CASE severity WHEN 'info' THEN 1 ELSE 0 END), SUM(CASE severity WHEN 'low' THEN 1 ELSE 0 END),
                SUM(CASE severity WHEN 'medium' THEN 1 ELSE 0 END), SUM(CASE severity WHEN 'high' THEN 1 ELSE 0 END),
                SUM(CASE severity WHEN 'critical' THEN 1 ELSE 0 END)
         FROM (SELECT organization_id, severity, ")
        .push(column)
        .push(" AS value, ")
        .push(hour)
        .push(" AS hour FROM events WHERE organization_id = $1) AS e WHERE value IS NOT NULL GROUP BY organization_id, value, hour")
}
