//! How long events are kept: the policy, what holds events all the same, the runs, and the step that deletes.
//!
//! A step deletes some events of one hour and takes them out of everything that counts them, in one short transaction. Groups
//! stay: they go on counting what they ever had, and `retired_count` says how many of it are gone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::query::Query;
use domain::retention::Policy;
use domain::{GroupId, Severity, SourceId, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, Result, Row, Sql, from_row};
use crate::event;
use crate::rollup::{self, Grain, Row as RollupRow};
use crate::scope::{Scoped, Writing};

/// Something that keeps events whatever the policy says. One that was lifted stays as a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    pub id: Uuid,
    pub reason: String,
    /// Keeps what it finds; `None` keeps everything.
    pub query: Option<String>,
    pub placed_by: String,
    pub placed_at: Timestamp,
    pub until: Option<Timestamp>,
    pub lifted_by: Option<String>,
    pub lifted_at: Option<Timestamp>,
}
from_row!(Hold { id, reason, query, placed_by, placed_at, until, lifted_by, lifted_at });

impl Hold {
    pub fn stands(&self, now: Timestamp) -> bool {
        self.lifted_at.is_none() && self.until.is_none_or(|until| until > now)
    }
}

/// What one run deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: Uuid,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// In the order of [`Severity::ALL`].
    pub counts: [i64; 5],
    /// Events whose time was over and that a hold kept.
    pub held: i64,
}

const RUN: &str =
    "SELECT id, started_at, ended_at, info, low, medium, high, critical, held FROM retention_runs";

fn by_severity(row: &Row) -> Result<[i64; 5]> {
    let mut counts = [0; 5];
    for severity in Severity::ALL {
        counts[severity.rank()] = row.get(severity.as_str())?;
    }
    Ok(counts)
}

fn run(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.get("id")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        counts: by_severity(row)?,
        held: row.get("held")?,
    })
}

// ---- what is chosen ----

pub async fn policy(tx: &mut impl Scoped) -> Result<Option<Policy>> {
    let q = tx.sql(
        "SELECT info_days, low_days, medium_days, high_days, critical_days
         FROM retention_policies
         WHERE organization_id = $1",
    );
    let rows = tx.conn().rows(q).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let days = [
        row.get("info_days")?,
        row.get("low_days")?,
        row.get("medium_days")?,
        row.get("high_days")?,
        row.get("critical_days")?,
    ];
    Ok(Some(Policy { days }))
}

pub async fn set_policy(tx: &mut impl Writing, policy: &Policy, now: Timestamp) -> Result<()> {
    let mut q = tx.sql(
        "INSERT INTO retention_policies (organization_id, info_days, low_days, medium_days, high_days, critical_days, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organization_id) DO UPDATE
         SET info_days = excluded.info_days, low_days = excluded.low_days, medium_days = excluded.medium_days,
             high_days = excluded.high_days, critical_days = excluded.critical_days, updated_at = excluded.updated_at",
    );
    for days in policy.days {
        q = q.bind(days);
    }
    tx.conn().exec_one(q.bind(now)).await
}

/// All holds that ever were, the latest first.
pub async fn holds(tx: &mut impl Scoped) -> Result<Vec<Hold>> {
    let q = tx.sql(
        "SELECT id, reason, query, placed_by, placed_at, until, lifted_by, lifted_at
         FROM legal_holds
         WHERE organization_id = $1
         ORDER BY placed_at DESC, id DESC",
    );
    tx.conn().all(q).await
}

pub async fn place_hold(tx: &mut impl Writing, hold: &Hold) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO legal_holds (organization_id, id, reason, query, placed_by, placed_at, until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(hold.id)
        .bind(&hold.reason)
        .bind(hold.query.as_deref())
        .bind(&hold.placed_by)
        .bind(hold.placed_at)
        .bind(hold.until);
    tx.conn().exec_one(q).await
}

/// `false` when there is none that stands.
pub async fn lift_hold(tx: &mut impl Writing, id: Uuid, by: &str, now: Timestamp) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE legal_holds
             SET lifted_by = $3, lifted_at = $4
             WHERE organization_id = $1 AND id = $2 AND lifted_at IS NULL",
        )
        .bind(id)
        .bind(by)
        .bind(now);
    Ok(tx.conn().exec(q).await? == 1)
}

// ---- what is due ----

/// Before when the events of each severity go; `None`: they stay. Whole hours.
pub type Cutoffs = [Option<Timestamp>; 5];

/// How many events are past their time, by severity: exact, of whole hours.
pub async fn overdue(tx: &mut impl Scoped, cutoffs: &Cutoffs) -> Result<[i64; 5]> {
    let mut q = tx.sql("SELECT 0");
    for (severity, cutoff) in Severity::ALL.into_iter().zip(cutoffs) {
        q = match cutoff {
            Some(cutoff) => {
                q.push(SUM_BEFORE[severity.rank()].0).arg(*cutoff).push(SUM_BEFORE[severity.rank()].1)
            }
            None => q.push(", 0 AS ").push(severity.as_str()),
        };
    }
    let q = q.push(" FROM event_totals WHERE organization_id = $1 AND grain = 'hour'");
    let rows = tx.conn().rows(q).await?;
    rows.first().map_or(Ok([0; 5]), by_severity)
}

const SUM_BEFORE: [(&str, &str); 5] = [
    (", CAST(COALESCE(SUM(CASE WHEN start < ", " THEN info ELSE 0 END), 0) AS BIGINT) AS info"),
    (", CAST(COALESCE(SUM(CASE WHEN start < ", " THEN low ELSE 0 END), 0) AS BIGINT) AS low"),
    (", CAST(COALESCE(SUM(CASE WHEN start < ", " THEN medium ELSE 0 END), 0) AS BIGINT) AS medium"),
    (", CAST(COALESCE(SUM(CASE WHEN start < ", " THEN high ELSE 0 END), 0) AS BIGINT) AS high"),
    (", CAST(COALESCE(SUM(CASE WHEN start < ", " THEN critical ELSE 0 END), 0) AS BIGINT) AS critical"),
];

/// The first hour after `after` that has events past their time, and of which severities.
pub async fn next_hour(
    tx: &mut impl Scoped,
    cutoffs: &Cutoffs,
    after: Option<Timestamp>,
) -> Result<Option<(Timestamp, Vec<Severity>)>> {
    let mut q = tx.sql(
        "SELECT start, info, low, medium, high, critical
         FROM event_totals
         WHERE organization_id = $1 AND grain = 'hour' AND (FALSE",
    );
    for (severity, cutoff) in Severity::ALL.into_iter().zip(cutoffs) {
        if let Some(cutoff) = cutoff {
            q = q.push(" OR (").push(severity.as_str()).push(" > 0 AND start < ").arg(*cutoff).push(")");
        }
    }
    q = q.push(")");
    if let Some(after) = after {
        q = q.push(" AND start > ").arg(after);
    }
    let rows = tx.conn().rows(q.push(" ORDER BY start LIMIT 1")).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (start, counts): (Timestamp, [i64; 5]) = (row.get("start")?, by_severity(row)?);
    let is_due =
        |s: &Severity| counts[s.rank()] > 0 && cutoffs[s.rank()].is_some_and(|cutoff| start < cutoff);
    Ok(Some((start, Severity::ALL.into_iter().filter(is_due).collect())))
}

// ---- the step ----

/// Deletes up to `limit` events of an hour, of these severities, that nothing holds. Says how many of each.
pub async fn step(
    tx: &mut impl Writing,
    hour: Timestamp,
    severities: &[Severity],
    holds: &[Query],
    limit: i64,
) -> Result<[i64; 5]> {
    let dialect = tx.conn().dialect();
    let end = hour.plus_seconds(3_600);
    let q = tx.sql(match dialect {
        Dialect::Sqlite => "DELETE FROM events WHERE seq IN (SELECT e.seq ",
        // Materialized: a condition IN would lock and count the rows again for each that it looks at.
        Dialect::Postgres => "WITH gone AS MATERIALIZED (SELECT e.occurred_at AS gone_at, e.id AS gone_id ",
    });
    let q = q.push("FROM events e WHERE e.organization_id = $1 AND e.occurred_at >= ").arg(hour);
    let q = q.push(" AND e.occurred_at < ").arg(end).push(" AND e.severity IN (");
    let q = not_held(q.list(severities.iter().copied()).push(")"), holds, dialect);
    let q = q.push(" ORDER BY e.occurred_at, e.id LIMIT ").arg(limit).push(match dialect {
        Dialect::Sqlite => ")",
        // Two servers may do this at the same time.
        Dialect::Postgres => {
            " FOR UPDATE SKIP LOCKED) DELETE FROM events USING gone WHERE organization_id = $1 AND occurred_at = gone_at AND id = gone_id"
        }
    });
    let q = q.push(
        " RETURNING occurred_at, severity, component, service, environment, system_id, event_type, source_id, group_id",
    );
    let rows = tx.conn().rows(q).await?;
    let gone = Gone::of(&rows)?;
    if rows.is_empty() {
        return Ok(gone.counts);
    }
    retire_in_groups(tx, &gone.groups).await?;
    rollup::add(tx, &gone.rollups(hour)).await?;
    forget_empty(tx, hour).await?;
    for (source, n) in &gone.sources {
        let q = tx
            .sql("UPDATE sources SET event_count = event_count - $3 WHERE organization_id = $1 AND id = $2");
        tx.conn().exec(q.bind(*source).bind(*n)).await?;
    }
    Ok(gone.counts)
}

/// Events of a severity from before an instant that cases are about, without those that these holds find.
pub async fn linked(
    tx: &mut impl Scoped,
    severity: Severity,
    before: Timestamp,
    holds: &[Query],
) -> Result<i64> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(
        "SELECT count(*)
         FROM events e
         WHERE e.organization_id = $1
           AND e.id IN (SELECT l.target_id FROM case_links l WHERE l.organization_id = $1 AND l.kind = 'event')
           AND e.severity = $2 AND e.occurred_at < $3",
    );
    let q = outside(q.bind(severity).bind(before), holds, dialect);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// What must not go: what a case is about, and what is held. Other things that refer to events join in here.
fn not_held(q: Sql, holds: &[Query], dialect: Dialect) -> Sql {
    let q = q.push(
        " AND NOT EXISTS (SELECT 1 FROM case_links l WHERE l.organization_id = $1 AND l.kind = 'event' AND l.target_id = e.id)",
    );
    outside(q, holds, dialect)
}

/// What no hold finds.
fn outside(q: Sql, holds: &[Query], dialect: Dialect) -> Sql {
    holds.iter().fold(q, |q, hold| event::matches(q.push(" AND (("), hold, dialect).push(") IS NOT TRUE)"))
}

/// What the deleted rows counted for.
#[derive(Default)]
struct Gone {
    counts: [i64; 5],
    cells: BTreeMap<(&'static str, String), [i64; 5]>,
    minutes: BTreeMap<Timestamp, [i64; 5]>,
    groups: BTreeMap<GroupId, i64>,
    sources: BTreeMap<SourceId, i64>,
}

impl Gone {
    fn of(rows: &[Row]) -> Result<Self> {
        let mut gone = Self::default();
        for row in rows {
            let rank = row.get::<Severity>("severity")?.rank();
            gone.counts[rank] += 1;
            let minute = Grain::Minute.start(row.get("occurred_at")?);
            gone.minutes.entry(minute).or_default()[rank] -= 1;
            let mut take =
                |field: &'static str, value: String| gone.cells.entry((field, value)).or_default()[rank] -= 1;
            take(rollup::TOTAL, String::new());
            for field in rollup::TEXT_FIELDS {
                if let Some(value) = row.get::<Option<String>>(field)? {
                    take(field, value);
                }
            }
            let group: GroupId = row.get("group_id")?;
            take(rollup::GROUP, group.to_string());
            *gone.groups.entry(group).or_default() += 1;
            if let Some(source) = row.get::<Option<SourceId>>("source_id")? {
                take(rollup::SOURCE, source.to_string());
                *gone.sources.entry(source).or_default() += 1;
            }
        }
        Ok(gone)
    }
    /// What is added to the roll-ups: less than nothing.
    fn rollups(&self, hour: Timestamp) -> Vec<RollupRow> {
        let grains = [(Grain::Hour, hour), (Grain::Day, Grain::Day.start(hour))];
        let row = |(grain, start)| {
            self.cells.iter().map(move |((field, value), counts)| RollupRow {
                grain,
                start,
                field,
                value: Arc::from(value.as_str()),
                counts: *counts,
            })
        };
        let minutes = self.minutes.iter().map(|(start, counts)| RollupRow {
            grain: Grain::Minute,
            start: *start,
            field: rollup::TOTAL,
            value: "".into(),
            counts: *counts,
        });
        minutes.chain(grains.into_iter().flat_map(row)).collect()
    }
}

async fn retire_in_groups(tx: &mut impl Writing, groups: &BTreeMap<GroupId, i64>) -> Result<()> {
    if tx.conn().dialect() == Dialect::Postgres {
        // In the order of the key, as an ingest does.
        let q = tx.sql("SELECT id FROM groups WHERE organization_id = $1 AND id IN (");
        let q = q.list(groups.keys().copied()).push(") ORDER BY id FOR UPDATE");
        tx.conn().rows(q).await?;
    }
    let mut by_count: HashMap<i64, Vec<GroupId>> = HashMap::new();
    for (group, n) in groups {
        by_count.entry(*n).or_default().push(*group);
    }
    for (n, groups) in by_count {
        let q = tx.sql("UPDATE groups SET retired_count = retired_count + ").arg(n);
        let q = q.push(" WHERE organization_id = $1 AND id IN (").list(groups).push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// Roll-ups of the hour, its minutes and its day that count nothing any more.
async fn forget_empty(tx: &mut impl Writing, hour: Timestamp) -> Result<()> {
    let q = tx.sql(
        "DELETE FROM event_totals
         WHERE organization_id = $1 AND grain = 'minute' AND start >= $2 AND start < $3
           AND info = 0 AND low = 0 AND medium = 0 AND high = 0 AND critical = 0",
    );
    tx.conn().exec(q.bind(hour).bind(hour.plus_seconds(3600))).await?;
    for (grain, start) in [(Grain::Hour, hour), (Grain::Day, Grain::Day.start(hour))] {
        for text in [
            "DELETE FROM event_rollups
             WHERE organization_id = $1 AND grain = $2 AND start = $3 AND info = 0 AND low = 0 AND medium = 0 AND high = 0 AND critical = 0",
            "DELETE FROM event_totals
             WHERE organization_id = $1 AND grain = $2 AND start = $3 AND info = 0 AND low = 0 AND medium = 0 AND high = 0 AND critical = 0",
        ] {
            let q = tx.sql(text).bind(grain).bind(start);
            tx.conn().exec(q).await?;
        }
    }
    Ok(())
}

/// Events of a group that are gone.
pub async fn retired(tx: &mut impl Scoped, group: GroupId) -> Result<i64> {
    let q = tx.sql("SELECT retired_count FROM groups WHERE organization_id = $1 AND id = $2").bind(group);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

// ---- runs ----

/// The latest runs, newest first.
pub async fn runs(tx: &mut impl Scoped, limit: i64) -> Result<Vec<Run>> {
    let q = tx.sql(RUN).push(" WHERE organization_id = $1 ORDER BY started_at DESC, id DESC LIMIT ");
    tx.conn().rows(q.arg(limit)).await?.iter().map(run).collect()
}

/// Runs that were not ended, the oldest first: the server stopped meanwhile.
pub async fn open_runs(tx: &mut impl Scoped) -> Result<Vec<Run>> {
    let q = tx.sql(RUN).push(" WHERE organization_id = $1 AND ended_at IS NULL ORDER BY id");
    tx.conn().rows(q).await?.iter().map(run).collect()
}

/// Counts what a step deleted; the first makes the run. `false`: another server ended it meanwhile, so that nothing was counted.
pub async fn count_in_run(
    tx: &mut impl Writing,
    id: Uuid,
    started_at: Timestamp,
    counts: [i64; 5],
) -> Result<bool> {
    let mut q = tx
        .sql(
            "INSERT INTO retention_runs (organization_id, id, started_at, info, low, medium, high, critical)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (organization_id, id) DO UPDATE
             SET info = retention_runs.info + excluded.info,
                 low = retention_runs.low + excluded.low,
                 medium = retention_runs.medium + excluded.medium,
                 high = retention_runs.high + excluded.high,
                 critical = retention_runs.critical + excluded.critical
             WHERE retention_runs.ended_at IS NULL",
        )
        .bind(id)
        .bind(started_at);
    for n in counts {
        q = q.bind(n);
    }
    Ok(tx.conn().exec(q).await? > 0)
}

/// Ends a run, which then says what it deleted; `None` when another server ended it.
pub async fn end_run(tx: &mut impl Writing, id: Uuid, held: i64, now: Timestamp) -> Result<Option<Run>> {
    let q = tx.sql(
        "UPDATE retention_runs
         SET ended_at = $3, held = $4
         WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL",
    );
    if tx.conn().exec(q.bind(id).bind(now).bind(held)).await? == 0 {
        return Ok(None);
    }
    let q = tx.sql(RUN).push(" WHERE organization_id = $1 AND id = ").arg(id);
    tx.conn().rows(q).await?.first().map(run).transpose()
}
