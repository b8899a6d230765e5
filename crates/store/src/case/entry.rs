//! What people put into the timelines of cases.

use domain::case::entry::CaseEntry;
use domain::{CaseEntryId, CaseId};

use super::merge::{among, family};
use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(CaseEntry { id, at, content, system, author_id, author, created_at, deleted_at });

const COLUMNS: &str =
    "SELECT n.id, n.at, n.content, n.system, n.author_id, n.author, n.created_at, n.deleted_at
     FROM case_entries n
     WHERE n.organization_id = $1";

/// Of a case and those in it, by the time they tell of.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<CaseEntry>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND n.case_id IN (", &family).push(" ORDER BY n.at, n.id");
    tx.conn().all(q).await
}

/// How many there ever were of the case alone.
pub async fn count(tx: &mut impl Scoped, case: CaseId) -> Result<i64> {
    let q =
        tx.sql("SELECT count(*) FROM case_entries WHERE organization_id = $1 AND case_id = $2").bind(case);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

pub async fn get(tx: &mut impl Scoped, case: CaseId, id: CaseEntryId) -> Result<Option<CaseEntry>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND n.case_id IN (", &family).push(" AND n.id = ").arg(id);
    tx.conn().opt(q).await
}

pub async fn insert(tx: &mut WriteTx, case: CaseId, entry: &CaseEntry) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_entries (organization_id, id, case_id, at, content, system, author_id, author, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(entry.id)
        .bind(case)
        .bind(entry.at)
        .bind(&entry.content)
        .bind(entry.system.as_deref())
        .bind(entry.author_id)
        .bind(&entry.author)
        .bind(entry.created_at);
    tx.conn().exec_one(q).await
}

/// The text goes, the place stays.
pub async fn delete(tx: &mut WriteTx, id: CaseEntryId) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql("UPDATE case_entries SET content = '', deleted_at = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(now);
    tx.conn().exec_one(q).await
}
