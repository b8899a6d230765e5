//! What cases share. Each statement looks at a bounded number of rows, however many cases have the same. CROSS JOIN: SQLite then
//! begins with what the case has (0.7 ms at 100,000 cases) and not with what all have (600 ms), and looks up the cases of the pairs instead of
//! the pairs of all cases (50 ms).

use domain::CaseId;
use domain::case::LinkKind;

use super::merge::among;
use crate::db::{Result, Sql};
use crate::scope::Scoped;

/// Pairs that are looked at: what thousands of cases have says little of any.
const PAIRS: u32 = 5_000;
const CASES: u32 = 50;

/// Cases that share observables with a family, with how many; those with most first. What was merged counts for where it is.
pub async fn by_observables(tx: &mut impl Scoped, family: &[CaseId]) -> Result<Vec<(CaseId, i64)>> {
    let q = tx.sql(
        "SELECT COALESCE(c.merged_into, c.id) AS case_id, count(DISTINCT pairs.shared) AS n
         FROM (SELECT other.case_id, other.observable_id AS shared
               FROM case_observables own
               CROSS JOIN case_observables other
               WHERE other.organization_id = own.organization_id AND other.observable_id = own.observable_id
                 AND other.case_id <> own.case_id AND own.organization_id = $1",
    );
    counted(tx, among(q, " AND own.case_id IN (", family), family).await
}

/// As [`by_observables`], of what they are linked to of a kind.
pub async fn by_links(tx: &mut impl Scoped, family: &[CaseId], kind: LinkKind) -> Result<Vec<(CaseId, i64)>> {
    let q = tx
        .sql(
            "SELECT COALESCE(c.merged_into, c.id) AS case_id, count(DISTINCT pairs.shared) AS n
             FROM (SELECT other.case_id, other.target_id AS shared
                   FROM case_links own
                   CROSS JOIN case_links other
                   WHERE other.organization_id = own.organization_id AND other.kind = own.kind
                     AND other.target_id = own.target_id AND other.case_id <> own.case_id AND own.organization_id = $1
                     AND own.kind = $2",
        )
        .bind(kind.as_str());
    counted(tx, among(q, " AND own.case_id IN (", family), family).await
}

async fn counted(tx: &mut impl Scoped, q: Sql, family: &[CaseId]) -> Result<Vec<(CaseId, i64)>> {
    let q = q.push(" LIMIT ").arg(PAIRS).push(
        ") pairs
         CROSS JOIN cases c
         WHERE c.organization_id = $1 AND c.id = pairs.case_id AND COALESCE(c.merged_into, c.id) NOT IN (",
    );
    let q = q.list(family.iter().copied()).push(
        ") GROUP BY COALESCE(c.merged_into, c.id)
         ORDER BY n DESC, case_id DESC
         LIMIT ",
    );
    let rows = tx.conn().rows(q.arg(CASES)).await?;
    rows.iter().map(|row| Ok((row.get("case_id")?, row.get("n")?))).collect()
}

/// The beginning of the words of a case.
pub async fn words(tx: &mut impl Scoped, case: CaseId) -> Result<String> {
    let q =
        tx.sql("SELECT substr(words, 1, 600) FROM cases WHERE organization_id = $1 AND id = $2").bind(case);
    Ok(tx.conn().scalar(q).await?.unwrap_or_default())
}

/// The beginnings of the words of the cases that were changed last, without those that are in others.
pub async fn recent_words(tx: &mut impl Scoped, limit: u32) -> Result<Vec<(CaseId, String)>> {
    let q = tx
        .sql(
            "SELECT id, substr(words, 1, 600) AS words
             FROM cases
             WHERE organization_id = $1 AND merged_into IS NULL
             ORDER BY updated_at DESC, id DESC
             LIMIT $2",
        )
        .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("words")?))).collect()
}
