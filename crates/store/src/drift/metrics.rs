//! Drift by the day: what the job reads and the rows it writes.

use domain::drift::metrics::{Decided, Figures, Place, Row as Told, Rows, Times, Walked, first_day};
use domain::{DriftId, Timestamp};
use serde_json::Value;

use super::CHUNK;
use crate::db::{FromDb, Insert, Result, Row, ToArg as _, from_row};
use crate::scope::{Scoped, Writing};

from_row!(Decided { environment_id, iac_repository_id, at, status });

impl FromDb for Walked {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            drift_id: row.get("drift_id")?,
            environment_id: row.get("environment_id")?,
            iac_repository_id: row.get("iac_repository_id")?,
            at: row.get("at")?,
            step: row.get("step")?,
            old: row.get("old")?,
            new: row.get("new")?,
            severity_score: row.get("severity_score")?,
            cause: row.get("cause")?,
        })
    }
}

impl FromDb for Told {
    fn from_db(row: &Row) -> Result<Self> {
        let seconds = row.get("resolution_seconds")?;
        let figures = Figures {
            came: row.get("total_drifts")?,
            resolved: row.get("resolved_drifts")?,
            times: Times::read(seconds, &row.get("resolution_times")?),
            causes: Figures::read_causes(&row.get("top_cause_categories")?),
            severities: Figures::read_severities(&row.get("severity_distribution")?),
            decided: row.get("recommendations_decided")?,
            implemented: row.get("recommendations_implemented")?,
        };
        Ok(Self {
            place: Place {
                date: row.get("date")?,
                environment_id: row.get("environment_id")?,
                iac_repository_id: row.get("iac_repository_id")?,
            },
            environment: row.get("environment")?,
            repository: row.get("repository")?,
            figures,
            computed_at: row.get("computed_at")?,
        })
    }
}

/// When the job looked last.
pub async fn last_run(tx: &mut impl Scoped) -> Result<Option<Timestamp>> {
    let q = tx.sql("SELECT ran_at FROM drift_metrics_runs WHERE organization_id = $1");
    tx.conn().scalar(q).await
}

/// The earliest day whose row what happened, or became known, at or after `since` has a part in. Nothing where nothing happened.
pub async fn first_changed(tx: &mut impl Scoped, since: Timestamp) -> Result<Option<Timestamp>> {
    let q = tx
        .sql("SELECT at, step, old FROM drift_history WHERE organization_id = $1 AND at >= $2 AND step <> 'assigned'")
        .bind(since);
    let mut first: Option<Timestamp> = None;
    for row in tx.conn().rows(q).await? {
        let old: Value = row.get("old")?;
        let day = first_day(row.get("at")?, row.get("step")?, &old);
        first = Some(first.map_or(day, |first| first.min(day)));
    }
    let q = tx
        .sql("SELECT min(decided_at) FROM recommendations WHERE organization_id = $1 AND decided_at >= $2")
        .bind(since);
    let decided: Option<Timestamp> = tx.conn().scalar::<Option<Timestamp>>(q).await?.flatten();
    let decided = decided.map(domain::drift::metrics::day);
    // A drift counts with its cause on each day that it came; another cause changes all of them.
    let q = tx
        .sql(
            "SELECT min(h.at)
             FROM drift_cause_analysis a
             JOIN drift_history h ON h.organization_id = a.organization_id AND h.drift_event_id = a.drift_event_id
             WHERE a.organization_id = $1 AND a.changed_at >= $2 AND h.step IN ('detected', 'returned')",
        )
        .bind(since);
    let judged: Option<Timestamp> = tx.conn().scalar::<Option<Timestamp>>(q).await?.flatten();
    let judged = judged.map(domain::drift::metrics::day);
    Ok([first, decided, judged].into_iter().flatten().min())
}

/// The rows from a day on, as history and recommendations say them. Reads a part of the drifts at a time, each whole.
pub async fn computed(tx: &mut impl Scoped, from: Timestamp) -> Result<Rows> {
    let mut rows = Rows::new();
    let mut after: Option<DriftId> = None;
    loop {
        // Grown below.
        let mut q = tx
            .sql("SELECT DISTINCT drift_event_id FROM drift_history WHERE organization_id = $1 AND at >= $2")
            .bind(from);
        if let Some(after) = after {
            q = q.push(" AND drift_event_id > ").arg(after);
        }
        let ids: Vec<DriftId> =
            tx.conn().scalars(q.push(" ORDER BY drift_event_id LIMIT ").arg(CHUNK as u32)).await?;
        let Some(last) = ids.last().copied() else { break };
        after = Some(last);
        let q = tx
            .sql(
                "SELECT h.drift_event_id AS drift_id, d.environment_id, d.iac_repository_id, h.at, h.step, h.old, h.new, d.severity_score,
                        COALESCE(a.labelled_category, a.cause_category) AS cause
                 FROM drift_history h
                 JOIN drift_events d ON d.organization_id = h.organization_id AND d.id = h.drift_event_id
                 LEFT JOIN drift_cause_analysis a ON a.organization_id = d.organization_id AND a.drift_event_id = d.id
                 WHERE h.organization_id = $1 AND h.drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY h.drift_event_id, h.at, h.version, h.id");
        let steps: Vec<Walked> = tx.conn().all(q).await?;
        domain::drift::metrics::tally(&mut rows, &steps, from);
        if ids.len() < CHUNK {
            break;
        }
    }
    let q = tx
        .sql(
            "SELECT d.environment_id, d.iac_repository_id, r.decided_at AS at, r.status
             FROM recommendations r
             JOIN drift_events d ON d.organization_id = r.organization_id AND d.id = r.drift_event_id
             WHERE r.organization_id = $1 AND r.decided_at >= $2 AND r.status IN ('implemented', 'dismissed', 'expired')",
        )
        .bind(from);
    let decided: Vec<Decided> = tx.conn().all(q).await?;
    domain::drift::metrics::tally_decided(&mut rows, &decided, from);
    Ok(rows)
}

static ROWS: Insert = Insert {
    head: "INSERT INTO drift_metrics_daily (organization_id, environment_id, iac_repository_id, date, total_drifts, resolved_drifts,
                                           avg_resolution_time, p90_resolution_time, resolution_seconds, resolution_times,
                                           top_cause_categories, severity_distribution, recommendations_decided,
                                           recommendations_implemented, recommendation_adoption_rate, created_at, computed_at) VALUES",
    columns: 17,
    tail: " ON CONFLICT (organization_id, environment_id, iac_repository_id, date) DO UPDATE
            SET total_drifts = excluded.total_drifts, resolved_drifts = excluded.resolved_drifts,
                avg_resolution_time = excluded.avg_resolution_time, p90_resolution_time = excluded.p90_resolution_time,
                resolution_seconds = excluded.resolution_seconds, resolution_times = excluded.resolution_times,
                top_cause_categories = excluded.top_cause_categories, severity_distribution = excluded.severity_distribution,
                recommendations_decided = excluded.recommendations_decided,
                recommendations_implemented = excluded.recommendations_implemented,
                recommendation_adoption_rate = excluded.recommendation_adoption_rate, computed_at = excluded.computed_at",
};

/// Puts the rows from a day on in place: those that are there keep when they were made, those that nothing speaks for any more go.
pub async fn put(tx: &mut impl Writing, from: Timestamp, rows: &Rows, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    let args = rows.iter().flat_map(move |(place, figures)| {
        [
            organization.to_arg(),
            place.environment_id.to_arg(),
            place.iac_repository_id.to_arg(),
            place.date.to_arg(),
            figures.came.to_arg(),
            figures.resolved.to_arg(),
            figures.times.mean().to_arg(),
            figures.times.percentile(0.9).to_arg(),
            figures.times.seconds.to_arg(),
            figures.times.told().to_arg(),
            figures.causes_told().to_arg(),
            figures.severity_told().to_arg(),
            figures.decided.to_arg(),
            figures.implemented.to_arg(),
            figures.adoption().to_arg(),
            now.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&ROWS, rows.len(), args).await?;
    let q = tx
        .sql("DELETE FROM drift_metrics_daily WHERE organization_id = $1 AND date >= $2 AND computed_at < $3")
        .bind(from)
        .bind(now);
    tx.conn().exec(q).await?;
    let q = tx.sql(
        "INSERT INTO drift_metrics_runs (organization_id, ran_at) VALUES ($1, $2)
         ON CONFLICT (organization_id) DO UPDATE SET ran_at = excluded.ran_at",
    );
    tx.conn().exec(q.bind(now)).await?;
    Ok(())
}

const COLUMNS: &str = "SELECT m.environment_id, m.iac_repository_id, m.date, m.total_drifts, m.resolved_drifts, m.resolution_seconds,
            m.resolution_times, m.top_cause_categories, m.severity_distribution, m.recommendations_decided,
            m.recommendations_implemented, m.computed_at, e.slug AS environment, p.name AS repository
     FROM drift_metrics_daily m
     JOIN environments e ON e.organization_id = m.organization_id AND e.id = m.environment_id
     JOIN iac_repositories p ON p.organization_id = m.organization_id AND p.id = m.iac_repository_id
     WHERE m.organization_id = $1";

/// The rows of some days, by day.
pub async fn list(
    tx: &mut impl Scoped,
    (from, to): (Timestamp, Timestamp),
    environment: Option<&str>,
    repository: Option<&str>,
) -> Result<Vec<Told>> {
    // Grown below.
    let mut q = tx.sql(COLUMNS).push(" AND m.date >= ").arg(from).push(" AND m.date < ").arg(to);
    if let Some(slug) = environment {
        q = q.push(" AND e.slug = ").arg(slug);
    }
    if let Some(name) = repository {
        q = q.push(" AND p.name = ").arg(name);
    }
    tx.conn().all(q.push(" ORDER BY m.date, e.slug, p.name, m.iac_repository_id")).await
}

/// How many drifts nobody resolved, and how many of these are high or critical.
pub async fn open(tx: &mut impl Scoped) -> Result<(i64, i64)> {
    let q = tx.sql(
        "SELECT count(*) AS n, count(CASE WHEN severity_score >= 0.65 THEN 1 END) AS severe
         FROM drift_events
         WHERE organization_id = $1 AND status IN ('open', 'acknowledged')",
    );
    let rows = tx.conn().rows(q).await?;
    rows.first().map_or(Ok((0, 0)), |row| Ok((row.get("n")?, row.get("severe")?)))
}

/// One sentence for each row that differs from history and recommendations.
/// Days from `until` on are left out: they wait to be computed.
pub async fn check(tx: &mut impl Scoped, until: Option<Timestamp>) -> Result<Vec<String>> {
    let raw = computed(tx, Timestamp::EPOCH).await?;
    let kept = list(tx, (Timestamp::EPOCH, Timestamp::far_future()), None, None).await?;
    let kept: Rows = kept.into_iter().map(|row| (row.place, row.figures)).collect();
    let mut places: Vec<&Place> = raw.keys().chain(kept.keys()).collect();
    places.sort_unstable();
    places.dedup();
    let none = Figures::default();
    Ok(places
        .into_iter()
        .filter(|place| until.is_none_or(|until| place.date < until))
        .filter(|place| raw.get(place).unwrap_or(&none) != kept.get(place).unwrap_or(&none))
        .map(|place| {
            format!(
                "drift_metrics_daily of {} differs from the history (repository {})",
                &place.date.iso()[..10],
                place.iac_repository_id
            )
        })
        .collect())
}
