//! Roll-ups, group figures and the index of words computed again from the events, to repair them or to prove them.

use super::{GROUP, Grain, SOURCE, TEXT_FIELDS, TOTAL};
use crate::db::{Dialect, Result, Sql, sql};
use crate::scope::{Scoped, WriteTx};
use crate::search;

/// Computes the organization's roll-ups, group figures, source counts and index of words again. Returns the number of roll-up rows.
pub async fn rebuild(tx: &mut WriteTx) -> Result<i64> {
    if tx.conn().dialect() == Dialect::Postgres {
        // PostgreSQL only. Ingests that have not added their counts yet wait here and add them to the new rows.
        // PostgreSQL only.
        tx.conn()
            .exec(sql("LOCK TABLE event_totals, event_rollups, groups, sources IN SHARE ROW EXCLUSIVE MODE"))
            .await?;
    }
    let q = tx.sql("DELETE FROM event_totals WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    let q = tx.sql("DELETE FROM event_rollups WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    for (grain, field) in kinds() {
        let q = tx.sql(if field == TOTAL {
            "INSERT INTO event_totals (organization_id, grain, start, info, low, medium, high, critical) "
        } else {
            "INSERT INTO event_rollups (organization_id, grain, start, field, value, info, low, medium, high, critical) "
        });
        let q = counted(q, grain, field, tx.conn().dialect());
        tx.conn().exec(q).await?;
    }
    let q = tx.sql("UPDATE groups SET event_count = retired_count WHERE organization_id = $1");
    tx.conn().exec(q).await?;
    let q = tx.sql(
        "UPDATE groups
         SET event_count = retired_count + e.n,
             first_seen = CASE WHEN retired_count > 0 AND first_seen < e.first THEN first_seen ELSE e.first END,
             last_seen = CASE WHEN retired_count > 0 AND last_seen > e.last THEN last_seen ELSE e.last END
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
                                     WHERE r.organization_id = sources.organization_id AND r.grain = 'day' AND r.field = 'source_id'
                                       AND r.value = CAST(sources.id AS TEXT)), 0)
         WHERE organization_id = $1",
    );
    tx.conn().exec(q).await?;
    search::rebuild(tx).await?;
    let q = tx.sql("SELECT count(*) FROM event_rollups WHERE organization_id = $1");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Compares roll-ups, group counts and the index of words with the events; one sentence for each thing that differs.
pub async fn check(tx: &mut impl Scoped) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for (grain, field) in kinds() {
        for stored_first in [false, true] {
            let q = tx.sql("SELECT count(*) FROM (");
            let dialect = tx.conn().dialect();
            let q = if stored_first {
                counted(stored(q, grain, field).push(" EXCEPT "), grain, field, dialect)
            } else {
                stored(counted(q, grain, field, dialect).push(" EXCEPT "), grain, field)
            };
            let n: i64 = tx.conn().scalar(q.push(") AS differing")).await?.unwrap_or(0);
            if n > 0 {
                let name = if field == TOTAL { "all events" } else { field };
                let what = if stored_first { "are not in the events" } else { "are missing or differ" };
                problems.push(format!("{n} {}s of {name} {what}", grain.as_str()));
            }
        }
    }
    let q = tx.sql(
        "SELECT count(*)
         FROM groups g
         LEFT JOIN (SELECT group_id, count(*) AS n FROM events WHERE organization_id = $1 GROUP BY group_id) AS e ON e.group_id = g.id
         WHERE g.organization_id = $1 AND g.event_count - g.retired_count <> COALESCE(e.n, 0)",
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
    let n = search::missing(tx).await?;
    if n > 0 {
        problems.push(format!("{n} events are not in the index of words"));
    }
    Ok(problems)
}

fn kinds() -> impl Iterator<Item = (Grain, &'static str)> {
    let fields = [TOTAL, SOURCE, GROUP].into_iter().chain(TEXT_FIELDS);
    let values = fields.flat_map(|field| [(Grain::Hour, field), (Grain::Day, field)]);
    values.chain([(Grain::Minute, TOTAL)])
}

fn stored(q: Sql, grain: Grain, field: &'static str) -> Sql {
    if field == TOTAL {
        return q
            .push("SELECT organization_id, grain, start, info, low, medium, high, critical FROM event_totals WHERE organization_id = $1 AND grain = ")
            .arg(grain);
    }
    q.push(
        "SELECT organization_id, grain, start, field, value, info, low, medium, high, critical
         FROM event_rollups WHERE organization_id = $1 AND grain = ",
    )
    .arg(grain)
    .push(" AND field = ")
    .arg(field)
}

/// The rows of one grain and field as they should be stored, from the events.
fn counted(q: Sql, grain: Grain, field: &'static str, dialect: Dialect) -> Sql {
    let column = match field {
        TOTAL => "''",
        SOURCE => "CAST(source_id AS TEXT)",
        GROUP => "CAST(group_id AS TEXT)",
        text => text,
    };
    let start = match (dialect, grain) {
        (Dialect::Sqlite, Grain::Minute) => "substr(occurred_at, 1, 16) || ':00.000000Z'",
        (Dialect::Sqlite, Grain::Hour) => "substr(occurred_at, 1, 13) || ':00:00.000000Z'",
        (Dialect::Sqlite, Grain::Day) => "substr(occurred_at, 1, 10) || 'T00:00:00.000000Z'",
        (Dialect::Postgres, Grain::Minute) => "date_trunc('minute', occurred_at, 'UTC')",
        (Dialect::Postgres, Grain::Hour) => "date_trunc('hour', occurred_at, 'UTC')",
        (Dialect::Postgres, Grain::Day) => "date_trunc('day', occurred_at, 'UTC')",
    };
    let q = q.push("SELECT organization_id, CAST(").arg(grain).push(" AS TEXT)");
    let q = if field == TOTAL {
        q.push(", start")
    } else {
        q.push(", start, CAST(").arg(field).push(" AS TEXT), value")
    };
    q.push(
        ", SUM(CASE severity WHEN 'info' THEN 1 ELSE 0 END), SUM(CASE severity WHEN 'low' THEN 1 ELSE 0 END),
                SUM(CASE severity WHEN 'medium' THEN 1 ELSE 0 END), SUM(CASE severity WHEN 'high' THEN 1 ELSE 0 END),
                SUM(CASE severity WHEN 'critical' THEN 1 ELSE 0 END)
         FROM (SELECT organization_id, severity, ",
    )
    .push(column)
    .push(" AS value, ")
    .push(start)
    .push(" AS start FROM events WHERE organization_id = $1) AS e WHERE value IS NOT NULL GROUP BY organization_id, value, start")
}
