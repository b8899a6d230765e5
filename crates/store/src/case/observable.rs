//! Observables, one in the organization, and the cases that have them.

use domain::case::observable::{Observable, ObservableKind};
use domain::{CaseId, ObservableId, UserId};

use super::merge::{among, family};
use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Observable { id, kind, value, ioc, added_by, added_at, other_cases });

// other_cases: those that are not in this one; a case and what was merged into it are one.
const COLUMNS: &str = "SELECT o.id, o.kind, o.value, co.ioc, co.added_at,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = co.added_by_id) AS added_by,
            (SELECT count(DISTINCT COALESCE(c.merged_into, c.id))
             FROM case_observables x
             JOIN cases c ON c.organization_id = x.organization_id AND c.id = x.case_id
             WHERE x.organization_id = $1 AND x.observable_id = o.id
               AND NOT EXISTS (SELECT 1 FROM case_family f
                               WHERE f.organization_id = $1 AND f.head_id = $2 AND f.member_id = x.case_id)) AS other_cases
     FROM case_observables co
     JOIN observables o ON o.organization_id = co.organization_id AND o.id = co.observable_id
     WHERE co.organization_id = $1";

/// Of a case and those in it, each once, by kind and value.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<Observable>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS).bind(case), " AND co.case_id IN (", &family);
    let all = tx.conn().all(q.push(" ORDER BY o.kind, o.value, o.id, co.added_at, co.case_id")).await?;
    Ok(each_once(all))
}

pub async fn get(tx: &mut impl Scoped, case: CaseId, id: ObservableId) -> Result<Option<Observable>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS).bind(case), " AND co.case_id IN (", &family).push(" AND o.id = ").arg(id);
    let all = tx.conn().all(q.push(" ORDER BY co.added_at, co.case_id")).await?;
    Ok(each_once(all).pop())
}

/// What several cases of a family have is an indicator where one of them says so.
fn each_once(all: Vec<Observable>) -> Vec<Observable> {
    let mut each: Vec<Observable> = Vec::with_capacity(all.len());
    for one in all {
        match each.last_mut().filter(|last| last.id == one.id) {
            Some(last) => last.ioc |= one.ioc,
            None => each.push(one),
        }
    }
    each
}

/// The id under which a value is known; `fresh` becomes it when it was not.
pub async fn ensure(
    tx: &mut WriteTx,
    fresh: ObservableId,
    kind: ObservableKind,
    value: &str,
) -> Result<ObservableId> {
    let now = tx.now();
    let q = tx
        .sql(
            "INSERT INTO observables (organization_id, id, kind, value, created_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization_id, kind, value) DO NOTHING",
        )
        .bind(fresh)
        .bind(kind.as_str())
        .bind(value)
        .bind(now);
    tx.conn().exec(q).await?;
    let q = tx
        .sql("SELECT id FROM observables WHERE organization_id = $1 AND kind = $2 AND value = $3")
        .bind(kind.as_str())
        .bind(value);
    Ok(tx.conn().scalar(q).await?.unwrap_or(fresh))
}

/// Whether the case did not have it.
pub async fn add(
    tx: &mut WriteTx,
    case: CaseId,
    id: ObservableId,
    ioc: bool,
    by: Option<UserId>,
) -> Result<bool> {
    let now = tx.now();
    let q = tx
        .sql(
            "INSERT INTO case_observables (organization_id, case_id, observable_id, ioc, added_by_id, added_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (organization_id, case_id, observable_id) DO NOTHING",
        )
        .bind(case)
        .bind(id)
        .bind(ioc)
        .bind(by)
        .bind(now);
    Ok(tx.conn().exec(q).await? == 1)
}

/// From the case and those in it.
pub async fn remove(tx: &mut WriteTx, case: CaseId, id: ObservableId) -> Result<()> {
    let family = family(tx, case).await?;
    let q = tx
        .sql(
            "DELETE FROM case_observables WHERE organization_id = $1 AND observable_id = $2 AND case_id IN (",
        )
        .bind(id)
        .list(family)
        .push(")");
    tx.conn().exec(q).await.map(drop)
}
