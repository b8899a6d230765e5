//! Cases that were merged into others. `case_family` says whose parts are read in which case; each case is of its own family.

use std::collections::HashMap;

use domain::case::merge::Merge;
use domain::{CaseActionId, CaseId};

use crate::db::{Dialect, Insert, Result, Sql, ToArg as _, from_row};
use crate::scope::{Scoped, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

from_row!(Merge { case_id, action_id, into_id, note, merged_by_id, merged_by, merged_at });

const COLUMNS: &str =
    "SELECT m.case_id, m.action_id, m.into_id, m.note, m.merged_by_id, m.merged_by, m.merged_at
     FROM case_merges m
     WHERE m.organization_id = $1 AND m.unmerged_at IS NULL";

static FAMILY: Insert = Insert {
    head: "INSERT INTO case_family (organization_id, head_id, member_id) VALUES",
    columns: 3,
    tail: "",
};

static MERGES: Insert = Insert {
    head: "INSERT INTO case_merges (organization_id, case_id, action_id, into_id, note, merged_by_id, merged_by, merged_at) VALUES",
    columns: 8,
    tail: "",
};

/// The case itself first, then those that are in it. Of a case that there is not: itself alone, which then has nothing.
pub async fn family(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<CaseId>> {
    let q = tx
        .sql("SELECT member_id FROM case_family WHERE organization_id = $1 AND head_id = $2 AND member_id <> $2 ORDER BY member_id");
    let members: Vec<CaseId> = tx.conn().scalars(q.bind(case)).await?;
    Ok(std::iter::once(case).chain(members).collect())
}

/// Adds the condition that `column`, written as far as ` IN (`, is of the family.
pub(super) fn among(q: Sql, column: &'static str, family: &[CaseId]) -> Sql {
    q.push(column).list(family.iter().copied()).push(")")
}

/// The members of those of the cases that have any besides themselves.
pub(super) async fn members(tx: &mut impl Scoped, heads: &[CaseId]) -> Result<HashMap<CaseId, Vec<CaseId>>> {
    let mut found: HashMap<CaseId, Vec<CaseId>> = HashMap::new();
    for heads in heads.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT head_id, member_id
                 FROM case_family
                 WHERE organization_id = $1 AND member_id <> head_id AND head_id IN (",
            )
            .list(heads.iter().copied())
            .push(") ORDER BY head_id, member_id");
        for row in tx.conn().rows(q).await? {
            found.entry(row.get("head_id")?).or_default().push(row.get("member_id")?);
        }
    }
    Ok(found)
}

/// The merges in force of the cases that are in `head`, the latest first.
pub async fn of_family(tx: &mut impl Scoped, head: CaseId) -> Result<Vec<Merge>> {
    let q = tx.sql(COLUMNS).push(
        " AND m.case_id IN (SELECT f.member_id FROM case_family f WHERE f.organization_id = $1 AND f.head_id = ",
    );
    let q = q.arg(head).push(" AND f.member_id <> f.head_id) ORDER BY m.merged_at DESC, m.case_id DESC");
    tx.conn().all(q).await
}

/// The merge of a case that is in force.
pub async fn of_case(tx: &mut impl Scoped, case: CaseId) -> Result<Option<Merge>> {
    let q = tx.sql(COLUMNS).push(" AND m.case_id = ").arg(case);
    tx.conn().opt(q).await
}

/// What is still in force of what an action merged, in the order of the cases.
pub async fn of_action(tx: &mut impl Scoped, action: CaseActionId) -> Result<Vec<Merge>> {
    let q = tx.sql(COLUMNS).push(" AND m.action_id = ").arg(action).push(" ORDER BY m.case_id");
    tx.conn().all(q).await
}

/// Until the end of the transaction nobody else changes them, in the order of their keys, whatever the order here.
pub async fn lock(tx: &mut WriteTx, cases: &[CaseId]) -> Result<()> {
    if tx.conn().dialect() == Dialect::Postgres {
        let mut cases = cases.to_vec();
        cases.sort_unstable();
        for cases in cases.chunks(CHUNK) {
            let q = tx
                .sql("SELECT id FROM cases WHERE organization_id = $1 AND id IN (")
                .list(cases.iter().copied())
                .push(") ORDER BY id FOR UPDATE");
            tx.conn().rows(q).await?;
        }
    }
    Ok(())
}

/// Those of the cases that a job still links events to.
pub async fn with_jobs(tx: &mut impl Scoped, cases: &[CaseId]) -> Result<Vec<CaseId>> {
    let q = tx
        .sql("SELECT DISTINCT case_id FROM case_jobs WHERE organization_id = $1 AND state = 'running' AND case_id IN (")
        .list(cases.iter().copied())
        .push(")");
    tx.conn().scalars(q).await
}

/// Merges locked cases, with what is in them, into one that is in no other.
pub async fn merge(tx: &mut WriteTx, merges: &[Merge]) -> Result<()> {
    let organization = tx.organization();
    let args = merges.iter().flat_map(|merge| {
        [
            organization.to_arg(),
            merge.case_id.to_arg(),
            merge.action_id.to_arg(),
            merge.into_id.to_arg(),
            merge.note.as_deref().to_arg(),
            merge.merged_by_id.to_arg(),
            merge.merged_by.as_str().to_arg(),
            merge.merged_at.to_arg(),
        ]
    });
    tx.conn().insert_many(&MERGES, merges.len(), args).await?;
    for merge in merges {
        let members = family(tx, merge.case_id).await?;
        let args = members
            .iter()
            .flat_map(|member| [organization.to_arg(), merge.into_id.to_arg(), member.to_arg()]);
        tx.conn().insert_many(&FAMILY, members.len(), args).await?;
        let q = tx.sql("UPDATE cases SET merged_into = $2 WHERE organization_id = $1 AND id IN (");
        tx.conn().exec(q.bind(merge.into_id).list(members).push(")")).await?;
        renew(tx, merge.case_id).await?;
    }
    Ok(())
}

/// Takes a locked case, with what is in it, out of every case it is in.
pub async fn unmerge(tx: &mut WriteTx, merge: &Merge, by: &str) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE case_merges
             SET unmerged_by = $4, unmerged_at = $5
             WHERE organization_id = $1 AND case_id = $2 AND action_id = $3 AND unmerged_at IS NULL",
        )
        .bind(merge.case_id)
        .bind(merge.action_id)
        .bind(by)
        .bind(now);
    tx.conn().exec_one(q).await?;
    let q = tx.sql(
        "SELECT head_id FROM case_family WHERE organization_id = $1 AND member_id = $2 AND head_id <> $2",
    );
    let heads: Vec<CaseId> = tx.conn().scalars(q.bind(merge.case_id)).await?;
    let members = family(tx, merge.case_id).await?;
    for head in heads {
        let q = tx
            .sql("DELETE FROM case_family WHERE organization_id = $1 AND head_id = $2 AND member_id IN (")
            .bind(head)
            .list(members.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    // What is in it is in nothing beyond it any more.
    let q = tx
        .sql("UPDATE cases SET merged_into = $2 WHERE organization_id = $1 AND id <> $2 AND id IN (")
        .bind(merge.case_id)
        .list(members)
        .push(")");
    tx.conn().exec(q).await?;
    let q = tx.sql("UPDATE cases SET merged_into = NULL WHERE organization_id = $1 AND id = $2");
    tx.conn().exec_one(q.bind(merge.case_id)).await?;
    renew(tx, merge.case_id).await
}

/// A case of itself, when it is opened.
pub(super) async fn begin(tx: &mut WriteTx, case: CaseId) -> Result<()> {
    let q = tx.sql("INSERT INTO case_family (organization_id, head_id, member_id) VALUES ($1, $2, $2)");
    tx.conn().exec_one(q.bind(case)).await
}

/// It is another version, so that what was made from the one before is seen to be late.
pub async fn renew(tx: &mut WriteTx, case: CaseId) -> Result<()> {
    let now = tx.now();
    let q = tx.sql(
        "UPDATE cases SET version = version + 1, updated_at = $3 WHERE organization_id = $1 AND id = $2",
    );
    tx.conn().exec_one(q.bind(case).bind(now)).await
}
