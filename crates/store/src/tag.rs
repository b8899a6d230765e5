//! Tags of the organization, and which cases have them.

use domain::case::{Tag, fold};
use domain::{CaseId, TagId};
use uuid::Uuid;

use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Tag { id, name, created_at, case_count, version });

const COLUMNS: &str = "SELECT t.id, t.name, t.created_at,
            (SELECT count(*) FROM case_tags ct WHERE ct.organization_id = $1 AND ct.tag_id = t.id) AS case_count, t.version
     FROM tags t
     WHERE t.organization_id = $1";

/// By name.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Tag>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY t.folded");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: TagId) -> Result<Option<Tag>> {
    let q = tx.sql(COLUMNS).push(" AND t.id = ").arg(id);
    tx.conn().opt(q).await
}

/// The cases that have it.
pub async fn cases(tx: &mut impl Scoped, id: TagId) -> Result<Vec<CaseId>> {
    let q = tx
        .sql("SELECT case_id FROM case_tags WHERE organization_id = $1 AND tag_id = $2 ORDER BY case_id")
        .bind(id);
    tx.conn().scalars(q).await
}

/// Gives a case exactly these tags; `fresh` makes the ids of new rows.
pub async fn put(
    tx: &mut WriteTx,
    case: CaseId,
    names: &[String],
    mut fresh: impl FnMut() -> Uuid,
) -> Result<()> {
    let q = tx.sql("DELETE FROM case_tags WHERE organization_id = $1 AND case_id = $2").bind(case);
    tx.conn().exec(q).await?;
    let now = tx.now();
    for name in names {
        let q = tx
            .sql(
                "INSERT INTO tags (organization_id, id, name, folded, created_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (organization_id, folded) DO NOTHING",
            )
            .bind(fresh())
            .bind(name)
            .bind(fold(name))
            .bind(now);
        tx.conn().exec(q).await?;
        let q = tx
            .sql(
                "INSERT INTO case_tags (organization_id, id, case_id, tag_id, created_at)
                 SELECT organization_id, $2, $3, id, $4 FROM tags WHERE organization_id = $1 AND folded = $5",
            )
            .bind(fresh())
            .bind(case)
            .bind(now)
            .bind(fold(name));
        tx.conn().exec_one(q).await?;
    }
    Ok(())
}

/// A tag that no case has yet. `Unique` when one is called that.
pub async fn insert(tx: &mut WriteTx, id: TagId, name: &str) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql("INSERT INTO tags (organization_id, id, name, folded, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(name)
        .bind(fold(name))
        .bind(now);
    tx.conn().exec_one(q).await
}

/// How many cases have both.
pub async fn in_common(tx: &mut impl Scoped, one: TagId, other: TagId) -> Result<i64> {
    let q = tx
        .sql(
            "SELECT count(*)
             FROM case_tags a
             JOIN case_tags b ON b.organization_id = a.organization_id AND b.case_id = a.case_id
             WHERE a.organization_id = $1 AND a.tag_id = $2 AND b.tag_id = $3",
        )
        .bind(one)
        .bind(other);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Another way of writing it. `Unique` when another tag is called that.
pub async fn rename(tx: &mut WriteTx, id: TagId, name: &str) -> Result<()> {
    let q = tx
        .sql("UPDATE tags SET name = $3, folded = $4, version = version + 1 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(name)
        .bind(fold(name));
    tx.conn().exec_one(q).await
}

/// Cases that had `from` have `into`; `from` is gone. How many cases it was.
pub async fn merge(tx: &mut WriteTx, from: TagId, into: TagId) -> Result<u64> {
    let q = tx
        .sql(
            "UPDATE case_tags
             SET tag_id = $3
             WHERE organization_id = $1 AND tag_id = $2
               AND case_id NOT IN (SELECT has.case_id FROM case_tags has WHERE has.organization_id = $1 AND has.tag_id = $3)",
        )
        .bind(from)
        .bind(into);
    let moved = tx.conn().exec(q).await?;
    let left = delete(tx, from).await?;
    Ok(moved + left)
}

/// No case has it any more. How many had.
pub async fn delete(tx: &mut WriteTx, id: TagId) -> Result<u64> {
    let q = tx.sql("DELETE FROM case_tags WHERE organization_id = $1 AND tag_id = $2").bind(id);
    let had = tx.conn().exec(q).await?;
    let q = tx.sql("DELETE FROM tags WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await?;
    Ok(had)
}
