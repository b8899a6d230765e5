//! Jobs that link what a query finds to a case.

use domain::case::job::{CaseJob, JobState};
use domain::{CaseId, CaseJobId, OrganizationId, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Result, Row, sql};
use crate::scope::{Scoped, SystemTx, WriteTx, Writing};

impl FromDb for CaseJob {
    fn from_db(row: &Row) -> Result<Self> {
        let place_at: Option<Timestamp> = row.get("place_at")?;
        let place_id: Option<Uuid> = row.get("place_id")?;
        Ok(Self {
            id: row.get("id")?,
            case_id: row.get("case_id")?,
            query: row.get("query")?,
            from_at: row.get("from_at")?,
            until_at: row.get("until_at")?,
            state: row.get("state")?,
            expected: row.get("expected")?,
            exact: row.get("exact")?,
            found: row.get("found")?,
            added: row.get("added")?,
            place: place_at.zip(place_id),
            failure: row.get("failure")?,
            started_by_id: row.get("started_by_id")?,
            started_by: row.get("started_by")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
        })
    }
}

const COLUMNS: &str =
    "SELECT j.id, j.case_id, j.query, j.from_at, j.until_at, j.state, j.expected, j.exact, j.found, j.added, j.place_at, j.place_id,
            j.failure, j.started_by_id, j.started_by, j.started_at, j.ended_at
     FROM case_jobs j
     WHERE j.organization_id = $1";

/// Of a case and those in it, the latest first, at most `limit`.
pub async fn list(tx: &mut impl Scoped, case: CaseId, limit: u32) -> Result<Vec<CaseJob>> {
    let family = super::merge::family(tx, case).await?;
    let q = super::merge::among(tx.sql(COLUMNS), " AND j.case_id IN (", &family);
    tx.conn().all(q.push(" ORDER BY j.started_at DESC, j.id DESC LIMIT ").arg(limit)).await
}

pub async fn get(tx: &mut impl Scoped, id: CaseJobId) -> Result<Option<CaseJob>> {
    let q = tx.sql(COLUMNS).push(" AND j.id = ").arg(id);
    tx.conn().opt(q).await
}

/// Until the end of the transaction nobody else goes on with it or ends it. The case is locked before.
pub async fn lock(tx: &mut impl Writing, id: CaseJobId) -> Result<Option<CaseJob>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(COLUMNS).push(" AND j.id = ").arg(id);
    let q = if dialect == Dialect::Postgres { q.push(" FOR UPDATE") } else { q };
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut WriteTx, job: &CaseJob) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_jobs (organization_id, id, case_id, query, from_at, until_at, state, expected, exact,
                                    started_by_id, started_by, started_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(job.id)
        .bind(job.case_id)
        .bind(&job.query)
        .bind(job.from_at)
        .bind(job.until_at)
        .bind(job.state.as_str())
        .bind(job.expected)
        .bind(job.exact)
        .bind(job.started_by_id)
        .bind(&job.started_by)
        .bind(job.started_at);
    tx.conn().exec_one(q).await
}

/// A locked job came to so many more events, and is at `place`.
pub async fn went_on(
    tx: &mut impl Writing,
    id: CaseJobId,
    (found, added): (i64, i64),
    place: Option<(Timestamp, Uuid)>,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE case_jobs
             SET found = found + $3, added = added + $4, place_at = $5, place_id = $6, failures = 0
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(found)
        .bind(added)
        .bind(place.map(|(at, _)| at))
        .bind(place.map(|(_, id)| id));
    tx.conn().exec_one(q).await
}

/// A locked job is `state` from now on; the instant it ended first stays.
pub async fn end(
    tx: &mut impl Writing,
    id: CaseJobId,
    state: JobState,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE case_jobs
             SET state = $3, failure = COALESCE($4, failure), ended_at = COALESCE(ended_at, $5)
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(failure)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// A step of a job that runs failed; how often in a row now. Nothing where it has ended.
pub async fn failed(tx: &mut impl Writing, id: CaseJobId) -> Result<Option<i64>> {
    let q = tx
        .sql(
            "UPDATE case_jobs
             SET failures = failures + 1
             WHERE organization_id = $1 AND id = $2 AND state = 'running'
             RETURNING failures",
        )
        .bind(id);
    tx.conn().scalar(q).await
}

/// How many run in the organization.
pub async fn count_running(tx: &mut impl Scoped) -> Result<i64> {
    let q = tx.sql("SELECT count(*) FROM case_jobs WHERE organization_id = $1 AND state = 'running'");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Those that run, in the organizations that are active, the first that began first.
pub async fn running(tx: &mut SystemTx) -> Result<Vec<(OrganizationId, CaseJobId)>> {
    let q = sql("SELECT j.organization_id, j.id
         FROM case_jobs j
         JOIN organizations o ON o.id = j.organization_id
         WHERE j.state = 'running' AND o.is_active
         ORDER BY j.organization_id, j.id");
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("organization_id")?, row.get("id")?))).collect()
}
