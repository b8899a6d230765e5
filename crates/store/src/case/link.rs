//! What cases are linked to.

use std::collections::HashSet;

use domain::case::{CaseLink, LinkKind};
use domain::{CaseId, CaseJobId, CaseLinkId, DriftId, Timestamp, UserId};
use uuid::Uuid;

use super::merge::{among, family};
use crate::db::{Insert, Result, Sql, ToArg as _, from_row};
use crate::scope::{Scoped, WriteTx, Writing};

from_row!(CaseLink { id, kind, target_id, linked_by_id, linked_by, linked_at });

static LINKS: Insert = Insert {
    head: "INSERT INTO case_links (organization_id, id, case_id, kind, target_id, linked_by_id, linked_at, job_id) VALUES",
    columns: 8,
    tail: " ON CONFLICT (organization_id, case_id, kind, target_id) DO NOTHING",
};

/// Who links, when, and in which job if in one.
#[derive(Clone, Copy, Debug)]
pub struct Linking {
    pub by: Option<UserId>,
    pub at: Timestamp,
    pub job: Option<CaseJobId>,
}

/// How many were not linked before. `targets`: the ids of the new rows, and what they lead to.
pub async fn add(
    tx: &mut impl Writing,
    case: CaseId,
    kind: LinkKind,
    targets: &[(CaseLinkId, Uuid)],
    linking: Linking,
) -> Result<u64> {
    let organization = tx.organization();
    let args = targets.iter().flat_map(|(id, target)| {
        [
            organization.to_arg(),
            id.to_arg(),
            case.to_arg(),
            kind.as_str().to_arg(),
            target.to_arg(),
            linking.by.to_arg(),
            linking.at.to_arg(),
            linking.job.to_arg(),
        ]
    });
    tx.conn().insert_many(&LINKS, targets.len(), args).await
}

/// Takes them from the case and those in it; how many of these were linked.
pub async fn remove(tx: &mut WriteTx, case: CaseId, kind: LinkKind, targets: &[Uuid]) -> Result<u64> {
    let (mut removed, family) = (HashSet::new(), family(tx, case).await?);
    for targets in targets.chunks(500) {
        let q = tx
            .sql("DELETE FROM case_links WHERE organization_id = $1 AND kind = $2 AND target_id IN (")
            .bind(kind.as_str())
            .list(targets.iter().copied())
            .push(")");
        let q = among(q, " AND case_id IN (", &family).push(" RETURNING target_id");
        removed.extend(tx.conn().scalars::<Uuid>(q).await?);
    }
    Ok(removed.len() as u64)
}

/// Takes away what a job linked; how many links that were.
pub async fn remove_of_job(tx: &mut impl Writing, case: CaseId, job: CaseJobId) -> Result<u64> {
    let q = tx
        .sql("DELETE FROM case_links WHERE organization_id = $1 AND case_id = $2 AND job_id = $3")
        .bind(case)
        .bind(job);
    tx.conn().exec(q).await
}

const COLUMNS: &str = "SELECT l.id, l.kind, l.target_id, l.linked_by_id, l.linked_at,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = l.linked_by_id) AS linked_by
     FROM case_links l
     WHERE l.organization_id = $1";

/// Of a case and those in it, each once, the latest first.
pub async fn list(
    tx: &mut impl Scoped,
    case: CaseId,
    kind: LinkKind,
    after: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<CaseLink>> {
    let q = tx.sql(COLUMNS).push(" AND l.kind = ").arg(kind.as_str());
    page(tx, q, case, after, limit).await
}

/// [`list`], of every kind.
pub async fn list_all(
    tx: &mut impl Scoped,
    case: CaseId,
    after: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<CaseLink>> {
    let q = tx.sql(COLUMNS);
    page(tx, q, case, after, limit).await
}

/// A link of a case or of one in it.
pub async fn get(tx: &mut impl Scoped, case: CaseId, id: CaseLinkId) -> Result<Option<CaseLink>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND l.case_id IN (", &family).push(" AND l.id = ").arg(id);
    tx.conn().opt(q).await
}

async fn page(
    tx: &mut impl Scoped,
    q: Sql,
    case: CaseId,
    after: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<CaseLink>> {
    let family = family(tx, case).await?;
    let mut q = among(q, " AND l.case_id IN (", &family);
    if family.len() > 1 {
        // What several of them are linked to stands once: as the eldest has it.
        q = among(
            q.push(
                " AND NOT EXISTS (SELECT 1 FROM case_links o
                                  WHERE o.organization_id = $1 AND o.kind = l.kind AND o.target_id = l.target_id
                                    AND o.case_id < l.case_id",
            ),
            " AND o.case_id IN (",
            &family,
        )
        .push(")");
    }
    if let Some((at, id)) = after {
        q = q.push(" AND (l.linked_at, l.id) < (").arg(at).push(", ").arg(id).push(")");
    }
    tx.conn().all(q.push(" ORDER BY l.linked_at DESC, l.id DESC LIMIT ").arg(limit)).await
}

/// How many there are of a kind.
pub async fn count(tx: &mut impl Scoped, case: CaseId, kind: LinkKind) -> Result<i64> {
    let family = family(tx, case).await?;
    let q = tx
        .sql("SELECT count(DISTINCT target_id) FROM case_links WHERE organization_id = $1 AND kind = $2 AND case_id IN (")
        .bind(kind.as_str())
        .list(family)
        .push(")");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Those of the ids that exist as events.
pub async fn known_events(tx: &mut impl Scoped, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut known = Vec::new();
    for ids in ids.chunks(500) {
        let q = tx.sql("SELECT id FROM events WHERE organization_id = $1 AND id IN (");
        known.extend(tx.conn().scalars::<Uuid>(q.list(ids.iter().copied()).push(")")).await?);
    }
    Ok(known)
}

/// Those of the ids that exist as groups.
pub async fn known_groups(tx: &mut impl Scoped, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut known = Vec::new();
    for ids in ids.chunks(500) {
        let q = tx.sql("SELECT id FROM groups WHERE organization_id = $1 AND id IN (");
        known.extend(tx.conn().scalars::<Uuid>(q.list(ids.iter().copied()).push(")")).await?);
    }
    Ok(known)
}

/// Those of the ids that exist as drifts.
pub async fn known_drifts(tx: &mut impl Scoped, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut known = Vec::new();
    for ids in ids.chunks(500) {
        let q = tx.sql("SELECT id FROM drift_events WHERE organization_id = $1 AND id IN (");
        known.extend(tx.conn().scalars::<Uuid>(q.list(ids.iter().copied()).push(")")).await?);
    }
    Ok(known)
}

/// Numbers of the cases that a drift is in, the highest first. A case that went into another counts for that one.
pub async fn cases_of_drift(tx: &mut impl Scoped, drift: DriftId, limit: u32) -> Result<Vec<i64>> {
    let q = tx
        .sql(
            "SELECT DISTINCT c.number
             FROM case_links l
             JOIN case_family f ON f.organization_id = l.organization_id AND f.member_id = l.case_id
             JOIN cases c ON c.organization_id = f.organization_id AND c.id = f.head_id
             WHERE l.organization_id = $1 AND l.kind = $2 AND l.target_id = $3 AND c.merged_into IS NULL
             ORDER BY c.number DESC
             LIMIT $4",
        )
        .bind(LinkKind::Drift.as_str())
        .bind(drift)
        .bind(limit);
    tx.conn().scalars(q).await
}
