//! Many cases at a time: what `domain::case::bulk` decides of each is written with a statement for all that become the same.

use std::collections::HashMap;

use domain::case::bulk::State;
use domain::case::{Resolution, fold, tidy_tags};
use domain::{CaseId, Timestamp};
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

/// What an action needs to know of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: CaseId,
    pub number: i64,
    pub version: i64,
    pub state: State,
    pub merged_into: Option<CaseId>,
    /// By name.
    pub tags: Vec<String>,
}

impl FromDb for Kept {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            version: row.get("version")?,
            state: State {
                status: row.get("status")?,
                resolution: row.get("resolution")?,
                resolved_at: row.get("resolved_at")?,
                priority: row.get("priority")?,
                severity: row.get("severity")?,
                assigned_to_id: row.get("assigned_to_id")?,
            },
            merged_into: row.get("merged_into")?,
            tags: Vec::new(),
        })
    }
}

static TAGGED: Insert = Insert {
    head: "INSERT INTO case_tags (organization_id, id, case_id, tag_id, created_at) VALUES",
    columns: 5,
    tail: " ON CONFLICT (organization_id, case_id, tag_id) DO NOTHING",
};

/// Until the end of the transaction nobody else changes them. Those that are there, in the order of their key.
pub async fn lock(tx: &mut WriteTx, ids: &[CaseId]) -> Result<Vec<Kept>> {
    let dialect = tx.conn().dialect();
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut found: Vec<Kept> = Vec::with_capacity(sorted.len());
    for ids in sorted.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT id, number, version, status, resolution, resolved_at, priority, severity, assigned_to_id, merged_into
                 FROM cases
                 WHERE organization_id = $1 AND id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY id");
        let q = if dialect == Dialect::Postgres { q.push(" FOR UPDATE") } else { q };
        found.extend(tx.conn().all::<Kept>(q).await?);
    }
    let ids: Vec<CaseId> = found.iter().map(|kept| kept.id).collect();
    let mut tags = super::tags_of(tx, &ids).await?;
    for kept in &mut found {
        kept.tags = tidy_tags(&tags.remove(&kept.id).unwrap_or_default());
    }
    Ok(found)
}

/// The ids that numbers stand for, in their order; a number that is none has no part in it.
pub async fn by_numbers(tx: &mut impl Scoped, numbers: &[i64]) -> Result<Vec<CaseId>> {
    let mut ids: HashMap<i64, CaseId> = HashMap::new();
    for numbers in numbers.chunks(CHUNK) {
        let q = tx
            .sql("SELECT id, number FROM cases WHERE organization_id = $1 AND number IN (")
            .list(numbers.iter().copied())
            .push(")");
        for row in tx.conn().rows(q).await? {
            ids.insert(row.get("number")?, row.get("id")?);
        }
    }
    Ok(numbers.iter().filter_map(|number| ids.get(number).copied()).collect())
}

/// Gives locked cases their new state; each is one version newer.
pub async fn change(tx: &mut WriteTx, changes: &[(CaseId, State)]) -> Result<()> {
    let now = tx.now();
    let mut same: HashMap<&State, Vec<CaseId>> = HashMap::new();
    for (id, state) in changes {
        same.entry(state).or_default().push(*id);
    }
    for (state, ids) in same {
        for ids in ids.chunks(CHUNK) {
            let q = tx
                .sql(
                    "UPDATE cases
                     SET status = $2, resolution = $3, resolved_at = $4, priority = $5, severity = $6, assigned_to_id = $7,
                         updated_at = $8, version = version + 1
                     WHERE organization_id = $1 AND id IN (",
                )
                .bind(state.status.as_str())
                .bind(state.resolution.map(Resolution::as_str))
                .bind(state.resolved_at)
                .bind(state.priority.as_str())
                .bind(state.severity)
                .bind(state.assigned_to_id)
                .bind(now)
                .list(ids.iter().copied())
                .push(")");
            tx.conn().exec(q).await?;
        }
    }
    Ok(())
}

/// Gives cases a tag, which is made if there is none; `fresh` makes the ids of new rows.
pub async fn tag(
    tx: &mut WriteTx,
    name: &str,
    cases: &[CaseId],
    mut fresh: impl FnMut() -> Uuid + Send,
) -> Result<()> {
    let now: Timestamp = tx.now();
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
    let q = tx.sql("SELECT id FROM tags WHERE organization_id = $1 AND folded = $2").bind(fold(name));
    let Some(tag) = tx.conn().scalar::<Uuid>(q).await? else { return Ok(()) };
    let organization = tx.organization();
    let args = cases.iter().flat_map(|case| {
        [organization.to_arg(), fresh().to_arg(), case.to_arg(), tag.to_arg(), now.to_arg()]
    });
    tx.conn().insert_many(&TAGGED, cases.len(), args).await?;
    Ok(())
}

/// Takes a tag from cases.
pub async fn untag(tx: &mut WriteTx, name: &str, cases: &[CaseId]) -> Result<()> {
    for cases in cases.chunks(CHUNK) {
        let q = tx
            .sql(
                "DELETE FROM case_tags
                 WHERE organization_id = $1
                   AND tag_id IN (SELECT t.id FROM tags t WHERE t.organization_id = $1 AND t.folded = $2) AND case_id IN (",
            )
            .bind(fold(name))
            .list(cases.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}
