//! Evidence files of cases and their custody. The bytes lie elsewhere.

use domain::case::evidence::{CustodyEntry, Evidence};
use domain::{CaseId, EvidenceId, Timestamp};

use super::merge::{among, family};
use crate::db::{Dialect, Result, Row, from_row};
use crate::scope::{Scoped, WriteTx, Writing};

from_row!(Evidence {
    id,
    filename,
    size,
    sha256,
    content_type,
    declared_type,
    description,
    uploaded_by_id,
    uploaded_by,
    uploaded_at,
    removed_by_id,
    removed_by,
    removed_at,
    removed_reason,
    is_altered,
});

from_row!(CustodyEntry { evidence_id, seq, at, actor_id, actor, address, step, detail });

const COLUMNS: &str =
    "SELECT e.id, e.filename, e.size, e.sha256, e.content_type, e.declared_type, e.description, e.uploaded_by_id, e.uploaded_by,
            e.uploaded_at, e.removed_by_id, e.removed_by, e.removed_at, e.removed_reason,
            COALESCE((SELECT c.step
                      FROM evidence_custody c
                      WHERE c.organization_id = e.organization_id AND c.evidence_id = e.id AND c.step IN ('failed', 'verified', 'uploaded')
                      ORDER BY c.seq DESC
                      LIMIT 1), '') = 'failed' AS is_altered
     FROM case_evidence e
     WHERE e.organization_id = $1";

/// Of a case and those in it, the oldest first, removed ones too.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<Evidence>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND e.case_id IN (", &family).push(" ORDER BY e.uploaded_at, e.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, case: CaseId, id: EvidenceId) -> Result<Option<Evidence>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND e.case_id IN (", &family).push(" AND e.id = ").arg(id);
    tx.conn().opt(q).await
}

/// How many a case and those in it have, without removed ones.
pub async fn count(tx: &mut impl Scoped, case: CaseId) -> Result<i64> {
    let family = family(tx, case).await?;
    let q =
        tx.sql("SELECT count(*) FROM case_evidence WHERE organization_id = $1 AND removed_at IS NULL AND case_id IN (");
    let q = q.list(family).push(")");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// How many records the case alone has, of removed ones too.
pub async fn records(tx: &mut impl Scoped, case: CaseId) -> Result<i64> {
    let q =
        tx.sql("SELECT count(*) FROM case_evidence WHERE organization_id = $1 AND case_id = $2").bind(case);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

pub async fn insert(tx: &mut WriteTx, case: CaseId, evidence: &Evidence) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_evidence (organization_id, id, case_id, filename, size, sha256, content_type, declared_type, description,
                                        uploaded_by_id, uploaded_by, uploaded_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(evidence.id)
        .bind(case)
        .bind(&evidence.filename)
        .bind(evidence.size)
        .bind(&evidence.sha256)
        .bind(&evidence.content_type)
        .bind(&evidence.declared_type)
        .bind(&evidence.description)
        .bind(evidence.uploaded_by_id)
        .bind(&evidence.uploaded_by)
        .bind(evidence.uploaded_at);
    tx.conn().exec_one(q).await
}

/// The record stays.
pub async fn remove(tx: &mut WriteTx, evidence: &Evidence) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE case_evidence
             SET removed_by_id = $3, removed_by = $4, removed_at = $5, removed_reason = $6
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(evidence.id)
        .bind(evidence.removed_by_id)
        .bind(evidence.removed_by.as_deref())
        .bind(evidence.removed_at)
        .bind(evidence.removed_reason.as_deref());
    tx.conn().exec_one(q).await
}

/// The file of a hash is there from now on; until the end of the transaction nobody else puts it there or takes it away.
pub async fn keep_file(tx: &mut WriteTx, sha256: &str, size: i64) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "INSERT INTO evidence_files (organization_id, sha256, size, stored_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, sha256) DO UPDATE SET size = excluded.size",
        )
        .bind(sha256)
        .bind(size)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// As [`keep_file`], of a file that nobody has: `false` where somebody does. Waits for those who put it there.
pub async fn claim_file(tx: &mut impl Writing, sha256: &str, now: Timestamp) -> Result<bool> {
    let q = tx
        .sql(
            "INSERT INTO evidence_files (organization_id, sha256, size, stored_at)
             VALUES ($1, $2, 0, $3)
             ON CONFLICT (organization_id, sha256) DO NOTHING",
        )
        .bind(sha256)
        .bind(now);
    Ok(tx.conn().exec(q).await? == 1)
}

/// Hashes of files behind `after`, in their order.
pub async fn files(tx: &mut impl Scoped, after: &str, limit: u32) -> Result<Vec<String>> {
    let q = tx
        .sql(
            "SELECT sha256
             FROM evidence_files
             WHERE organization_id = $1 AND sha256 > $2
             ORDER BY sha256
             LIMIT $3",
        )
        .bind(after)
        .bind(limit);
    tx.conn().scalars(q).await
}

/// How many records have a file now.
pub async fn count_of_file(tx: &mut impl Scoped, sha256: &str) -> Result<i64> {
    let q = tx
        .sql("SELECT count(*) FROM case_evidence WHERE organization_id = $1 AND sha256 = $2 AND removed_at IS NULL")
        .bind(sha256);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Records that have a file now, with their cases, unless it failed when it was looked at last.
pub async fn not_failed(tx: &mut impl Scoped, sha256: &str) -> Result<Vec<(CaseId, EvidenceId)>> {
    let q = tx
        .sql(
            "SELECT e.case_id, e.id
             FROM case_evidence e
             WHERE e.organization_id = $1 AND e.sha256 = $2 AND e.removed_at IS NULL
               AND COALESCE((SELECT c.step
                             FROM evidence_custody c
                             WHERE c.organization_id = $1 AND c.evidence_id = e.id AND c.step IN ('failed', 'verified', 'uploaded')
                             ORDER BY c.seq DESC
                             LIMIT 1), '') <> 'failed'
             ORDER BY e.id",
        )
        .bind(sha256);
    let pair = |row: &Row| Ok((row.get("case_id")?, row.get("id")?));
    tx.conn().rows(q).await?.iter().map(pair).collect()
}

/// Whether the file of a hash is of no evidence any more: then its row is gone and its bytes may go before the commit. Waits
/// for those who put it there.
pub async fn forget_file(tx: &mut impl Writing, sha256: &str) -> Result<bool> {
    if tx.conn().dialect() == Dialect::Postgres {
        let q = tx
            .sql("SELECT sha256 FROM evidence_files WHERE organization_id = $1 AND sha256 = $2")
            .bind(sha256)
            .push(" FOR UPDATE");
        tx.conn().rows(q).await?;
    }
    let q = tx
        .sql(
            "DELETE FROM evidence_files
             WHERE organization_id = $1 AND sha256 = $2
               AND NOT EXISTS (SELECT 1 FROM case_evidence e
                               WHERE e.organization_id = $1 AND e.sha256 = $2 AND e.removed_at IS NULL)",
        )
        .bind(sha256);
    Ok(tx.conn().exec(q).await? > 0)
}

/// Hashes whose evidence is all removed and whose bytes may still lie there.
pub async fn orphans(tx: &mut impl Scoped, limit: u32) -> Result<Vec<String>> {
    let q = tx
        .sql(
            "SELECT f.sha256
             FROM evidence_files f
             WHERE f.organization_id = $1
               AND NOT EXISTS (SELECT 1 FROM case_evidence e
                               WHERE e.organization_id = $1 AND e.sha256 = f.sha256 AND e.removed_at IS NULL)
             ORDER BY f.sha256
             LIMIT $2",
        )
        .bind(limit);
    tx.conn().scalars(q).await
}

/// The next line of a file's custody log. `entry.seq` is given here.
pub async fn add_custody(tx: &mut WriteTx, entry: &CustodyEntry) -> Result<()> {
    // Two may have it in hand through two cases, where one is in the other.
    if tx.conn().dialect() == Dialect::Postgres {
        let q = tx
            .sql("SELECT id FROM case_evidence WHERE organization_id = $1 AND id = $2")
            .bind(entry.evidence_id)
            .push(" FOR UPDATE");
        tx.conn().rows(q).await?;
    }
    let q = tx
        .sql(
            "INSERT INTO evidence_custody (organization_id, evidence_id, at, actor_id, actor, address, step, detail, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
                     (SELECT COALESCE(max(c.seq), 0) + 1 FROM evidence_custody c WHERE c.organization_id = $1 AND c.evidence_id = $2))",
        )
        .bind(entry.evidence_id)
        .bind(entry.at)
        .bind(entry.actor_id)
        .bind(&entry.actor)
        .bind(entry.address.as_deref())
        .bind(entry.step.as_str())
        .bind(entry.detail.as_deref());
    tx.conn().exec_one(q).await
}

/// Of all files of a case and those in it, the latest first, at most `limit`.
pub async fn custody(tx: &mut impl Scoped, case: CaseId, limit: u32) -> Result<Vec<CustodyEntry>> {
    let family = family(tx, case).await?;
    let q = tx.sql(
        "SELECT c.evidence_id, c.seq, c.at, c.actor_id, c.actor, c.address, c.step, c.detail
         FROM evidence_custody c
         JOIN case_evidence e ON e.organization_id = c.organization_id AND e.id = c.evidence_id
         WHERE c.organization_id = $1",
    );
    let q = among(q, " AND e.case_id IN (", &family);
    let q = q.push(" ORDER BY c.at DESC, c.evidence_id DESC, c.seq DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}
