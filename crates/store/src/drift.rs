//! Drifts: what is told of them, and what people change in them. What a push writes is in `push`.

pub mod facet;
pub mod ignore;
pub mod metrics;
pub mod push;
pub mod repository;
pub mod resource;
pub mod rule;

use std::collections::HashMap;

use domain::drift::{Drift, DriftChange, DriftFilter, DriftSort, HistoryStep, State};
use domain::group::Assignee;
use domain::{DriftActionId, DriftId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Insert, Result, Row, Sql, ToArg as _, from_row};
use crate::query::words::{Index, Within};
use crate::query::{self, Column, Compile, Table};
use crate::scope::{Scoped, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

impl FromDb for State {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            status: row.get("status")?,
            resolution_type: row.get("resolution_type")?,
            resolved_at: row.get("resolved_at")?,
            assigned_to_id: row.get("assigned_to_id")?,
            absent_at: row.get("absent_at")?,
        })
    }
}

impl FromDb for Drift {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            environment_id: row.get("environment_id")?,
            iac_repository_id: row.get("iac_repository_id")?,
            iac_resource_id: row.get("iac_resource_id")?,
            environment: row.get("environment")?,
            repository: row.get("repository")?,
            tool: row.get("tool")?,
            resource_type: row.get("resource_type")?,
            resource_id: row.get("resource_id")?,
            drift_type: row.get("drift_type")?,
            detected_at: row.get("detected_at")?,
            last_seen_at: row.get("last_seen_at")?,
            seen_count: row.get("seen_count")?,
            is_stale: row.get("is_stale")?,
            state: State::from_db(row)?,
            assignee: row.get("assignee")?,
            case_id: row.get("case_id")?,
            case_number: row.get("case_number")?,
            severity_score: row.get("severity_score")?,
            confidence_score: row.get("confidence_score")?,
            risk_assessment: row.get("risk_assessment")?,
            tags: row.get("tags")?,
            metadata: row.get("metadata")?,
            version: row.get("version")?,
            change_count: row.get("change_count")?,
            critical_count: row.get("critical_count")?,
        })
    }
}

from_row!(DriftChange {
    id,
    property_path,
    change_type,
    declared_value,
    actual_value,
    is_security_critical,
    is_sensitive,
    is_relevant,
    owner,
    rules,
    ignored_by
});

from_row!(HistoryStep { id, drift_id, at, actor_id, actor, step, old, new, note, action_id, version });

/// The last drift of a page by its sort value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Score(f64, Uuid),
    Time(Timestamp, Uuid),
    Number(i64, Uuid),
}

/// What an action needs to know of a drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    pub id: DriftId,
    pub number: i64,
    pub version: i64,
    pub state: State,
}

impl FromDb for Kept {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            version: row.get("version")?,
            state: State::from_db(row)?,
        })
    }
}

const COLUMNS: &str =
    "SELECT d.id, d.number, d.environment_id, d.iac_repository_id, d.iac_resource_id, e.slug AS environment, p.name AS repository, p.tool,
            r.resource_type, r.resource_id, d.drift_type, d.detected_at, d.last_seen_at, d.seen_count,
            (d.status <> 'resolved' AND r.last_sync_at < p.last_sync_at) AS is_stale,
            d.status, d.resolution_type, d.resolved_at, d.assigned_to_id, d.absent_at,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = d.assigned_to_id) AS assignee,
            d.case_id, (SELECT c.number FROM cases c WHERE c.organization_id = $1 AND c.id = d.case_id) AS case_number,
            d.severity_score, d.confidence_score, d.risk_assessment, d.tags, d.metadata, d.version,
            (SELECT count(*) FROM drift_changes h WHERE h.organization_id = $1 AND h.drift_event_id = d.id AND h.ignored_by IS NULL) AS change_count,
            (SELECT count(*) FROM drift_changes h
             WHERE h.organization_id = $1 AND h.drift_event_id = d.id AND h.ignored_by IS NULL AND h.is_security_critical) AS critical_count";
// Every drift has one of each. Joined so, a statement that asks for none of its columns leaves a table out.
const TABLES: &str = "
     FROM drift_events d
     LEFT JOIN iac_resources r ON r.organization_id = d.organization_id AND r.id = d.iac_resource_id
     LEFT JOIN iac_repositories p ON p.organization_id = d.organization_id AND p.id = d.iac_repository_id
     LEFT JOIN environments e ON e.organization_id = d.organization_id AND e.id = d.environment_id
     WHERE d.organization_id = $1";

/// The worst, latest or highest first.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &DriftFilter,
    sort: DriftSort,
    after: Option<After>,
    limit: u32,
) -> Result<Vec<Drift>> {
    let dialect = tx.conn().dialect();
    let mut q = narrow(tx.sql(COLUMNS).push(TABLES), filter, dialect);
    let column = match sort {
        DriftSort::Severity => "d.severity_score",
        DriftSort::Onset => "d.detected_at",
        DriftSort::Seen => "d.last_seen_at",
        DriftSort::Number => "d.number",
    };
    if let Some(after) = after {
        q = q.push(" AND (").push(column).push(", d.id) < (");
        q = match after {
            After::Score(score, id) => q.arg(score).push(", ").arg(id),
            After::Time(at, id) => q.arg(at).push(", ").arg(id),
            After::Number(n, id) => q.arg(n).push(", ").arg(id),
        };
        q = q.push(")");
    }
    q = q.push(" ORDER BY ").push(column).push(" DESC, d.id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// Those that the filter leaves, at most `limit`, the latest first.
pub async fn ids(tx: &mut impl Scoped, filter: &DriftFilter, limit: u32) -> Result<Vec<DriftId>> {
    let dialect = tx.conn().dialect();
    // Grown below.
    let q = narrow(tx.sql("SELECT d.id").push(TABLES), filter, dialect);
    tx.conn().scalars(q.push(" ORDER BY d.detected_at DESC, d.id DESC LIMIT ").arg(limit)).await
}

/// How many the filter leaves, counted up to `most` of each of its statuses.
pub async fn count(tx: &mut impl Scoped, filter: &DriftFilter, most: u32) -> Result<i64> {
    let dialect = tx.conn().dialect();
    let mut found = 0;
    for filter in each_status(filter) {
        // Grown below.
        let q = narrow(tx.sql("SELECT count(*) FROM (SELECT 1").push(TABLES), &filter, dialect);
        let n: Option<i64> = tx.conn().scalar(q.push(" LIMIT ").arg(most).push(") AS found")).await?;
        found += n.unwrap_or(0);
    }
    Ok(found)
}

/// The filter in parts of one status each, so that each is read in the order of an index.
fn each_status(filter: &DriftFilter) -> Vec<DriftFilter> {
    if filter.status.len() < 2 {
        return vec![filter.clone()];
    }
    filter.status.iter().map(|status| DriftFilter { status: vec![*status], ..filter.clone() }).collect()
}

pub async fn get(tx: &mut impl Scoped, id: DriftId) -> Result<Option<Drift>> {
    let q = tx.sql(COLUMNS).push(TABLES).push(" AND d.id = ").arg(id);
    tx.conn().opt(q).await
}

pub async fn by_number(tx: &mut impl Scoped, number: i64) -> Result<Option<Drift>> {
    let q = tx.sql(COLUMNS).push(TABLES).push(" AND d.number = ").arg(number);
    tx.conn().opt(q).await
}

/// Those that are there, in no order.
pub async fn by_ids(tx: &mut impl Scoped, ids: &[DriftId]) -> Result<Vec<Drift>> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let q = tx.sql(COLUMNS).push(TABLES).push(" AND d.id IN (").list(ids.iter().copied()).push(")");
        found.extend(tx.conn().all::<Drift>(q).await?);
    }
    Ok(found)
}

/// The ids that numbers stand for; a number that is none has no part in it.
pub async fn by_numbers(tx: &mut impl Scoped, numbers: &[i64]) -> Result<Vec<DriftId>> {
    let mut found = Vec::new();
    for numbers in numbers.chunks(CHUNK) {
        let q = tx
            .sql("SELECT id FROM drift_events WHERE organization_id = $1 AND number IN (")
            .list(numbers.iter().copied())
            .push(") ORDER BY number");
        found.extend(tx.conn().scalars::<DriftId>(q).await?);
    }
    Ok(found)
}

/// What the code declares and what is there, secrets masked.
pub async fn states(tx: &mut impl Scoped, id: DriftId) -> Result<Option<(Option<Value>, Option<Value>)>> {
    let q = tx
        .sql("SELECT declared_state, actual_state FROM drift_events WHERE organization_id = $1 AND id = $2")
        .bind(id);
    let rows = tx.conn().rows(q).await?;
    rows.first().map(|row| Ok((row.get("declared_state")?, row.get("actual_state")?))).transpose()
}

/// By path.
pub async fn changes(tx: &mut impl Scoped, id: DriftId) -> Result<Vec<DriftChange>> {
    let q = tx
        .sql(
            "SELECT id, property_path, change_type, declared_value, actual_value, is_security_critical, is_sensitive, is_relevant, owner,
                    rules, ignored_by
             FROM drift_changes
             WHERE organization_id = $1 AND drift_event_id = $2
             ORDER BY property_path, id",
        )
        .bind(id);
    let mut found: Vec<DriftChange> = tx.conn().all(q).await?;
    // The databases order texts in their own ways.
    found.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    Ok(found)
}

/// Paths of drifts that nobody ignores; one without any has no entry.
pub async fn paths(tx: &mut impl Scoped, ids: &[DriftId]) -> Result<HashMap<DriftId, Vec<String>>> {
    let mut found: HashMap<DriftId, Vec<String>> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT drift_event_id, property_path
                 FROM drift_changes
                 WHERE organization_id = $1 AND ignored_by IS NULL AND drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY drift_event_id, id");
        for row in tx.conn().rows(q).await? {
            found.entry(row.get("drift_event_id")?).or_default().push(row.get("property_path")?);
        }
    }
    Ok(found)
}

/// A change that nobody ignores, as far as a drift is weighed by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub property_path: String,
    /// Ids of the rules that it meets.
    pub rules: Value,
}

/// What nobody ignores of drifts; one without any has no entry.
pub async fn left(tx: &mut impl Scoped, ids: &[DriftId]) -> Result<HashMap<DriftId, Vec<Left>>> {
    let mut found: HashMap<DriftId, Vec<Left>> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT drift_event_id, property_path, rules
                 FROM drift_changes
                 WHERE organization_id = $1 AND ignored_by IS NULL AND drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY drift_event_id, id");
        for row in tx.conn().rows(q).await? {
            let left = Left { property_path: row.get("property_path")?, rules: row.get("rules")? };
            found.entry(row.get("drift_event_id")?).or_default().push(left);
        }
    }
    Ok(found)
}

/// How bad a drift is by what is left of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    pub severity_score: f64,
    pub confidence_score: f64,
    pub risk_assessment: Value,
    /// With the reasons of both.
    pub metadata: Value,
}

pub async fn weigh(tx: &mut WriteTx, id: DriftId, weight: &Weight) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE drift_events
             SET severity_score = $3, confidence_score = $4, risk_assessment = $5, metadata = $6
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(weight.severity_score)
        .bind(weight.confidence_score)
        .bind(&weight.risk_assessment)
        .bind(&weight.metadata);
    tx.conn().exec_one(q).await
}

/// What each drift was accepted with the last time, where an action did that.
pub async fn accepted_with(tx: &mut impl Scoped, ids: &[DriftId]) -> Result<Vec<DriftActionId>> {
    let mut found: HashMap<DriftId, DriftActionId> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT drift_event_id, action_id, old, new
                 FROM drift_history
                 WHERE organization_id = $1 AND action_id IS NOT NULL AND step IN ('resolved', 'ignored') AND drift_event_id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY drift_event_id, version");
        for row in tx.conn().rows(q).await? {
            let (old, new): (Value, Value) = (row.get("old")?, row.get("new")?);
            if old["status"] != "resolved" && new["resolution_type"] == "accepted" {
                found.insert(row.get("drift_event_id")?, row.get("action_id")?);
            }
        }
    }
    let mut found: Vec<DriftActionId> = found.into_values().collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// When a push had found the resource in order, before the drift came: nothing where none had.
pub async fn in_order_at(tx: &mut impl Scoped, id: DriftId) -> Result<Option<Timestamp>> {
    let q = tx.sql("SELECT in_order_at FROM drift_events WHERE organization_id = $1 AND id = $2").bind(id);
    let rows = tx.conn().rows(q).await?;
    Ok(rows.first().map(|row| row.get("in_order_at")).transpose()?.flatten())
}

/// The latest first.
pub async fn history(tx: &mut impl Scoped, id: DriftId, limit: u32) -> Result<Vec<HistoryStep>> {
    let q = tx
        .sql(
            "SELECT id, drift_event_id AS drift_id, at, actor_id, actor, step, old, new, note, action_id, version
             FROM drift_history
             WHERE organization_id = $1 AND drift_event_id = $2
             ORDER BY at DESC, version DESC, id DESC
             LIMIT $3",
        )
        .bind(id)
        .bind(limit);
    tx.conn().all(q).await
}

/// What one action did, a step each drift.
pub async fn of_action(tx: &mut impl Scoped, action: DriftActionId) -> Result<Vec<HistoryStep>> {
    let q = tx
        .sql(
            "SELECT id, drift_event_id AS drift_id, at, actor_id, actor, step, old, new, note, action_id, version
             FROM drift_history
             WHERE organization_id = $1 AND action_id = $2
             ORDER BY id",
        )
        .bind(action);
    tx.conn().all(q).await
}

/// Until the end of the transaction nobody else changes them. Those that are there, in the order of their key.
pub async fn lock(tx: &mut WriteTx, ids: &[DriftId]) -> Result<Vec<Kept>> {
    let dialect = tx.conn().dialect();
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut found = Vec::with_capacity(sorted.len());
    for ids in sorted.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT id, number, version, status, resolution_type, resolved_at, assigned_to_id, absent_at
                 FROM drift_events
                 WHERE organization_id = $1 AND id IN (",
            )
            .list(ids.iter().copied())
            .push(") ORDER BY id");
        let q = if dialect == Dialect::Postgres { q.push(" FOR UPDATE") } else { q };
        found.extend(tx.conn().all::<Kept>(q).await?);
    }
    Ok(found)
}

/// The new state of drifts that are locked; those that become the same in one statement.
pub async fn change(tx: &mut WriteTx, states: &[(DriftId, State)]) -> Result<()> {
    let mut left: Vec<(DriftId, State)> = states.to_vec();
    while let Some((_, state)) = left.first().copied() {
        let (same, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, other)| *other == state);
        left = others;
        for part in same.chunks(CHUNK) {
            // Grown below.
            let q = tx
                .sql(
                    "UPDATE drift_events
                     SET status = $2, resolution_type = $3, resolved_at = $4, assigned_to_id = $5, absent_at = $6, version = version + 1
                     WHERE organization_id = $1 AND id IN (",
                )
                .bind(state.status.as_str())
                .bind(state.resolution_type.map(domain::drift::Resolution::as_str))
                .bind(state.resolved_at)
                .bind(state.assigned_to_id)
                .bind(state.absent_at)
                .list(part.iter().map(|(id, _)| *id))
                .push(")");
            tx.conn().exec(q).await?;
        }
    }
    Ok(())
}

/// The case that a drift is escalated to.
pub async fn escalated_to(tx: &mut WriteTx, id: DriftId, case: domain::CaseId) -> Result<()> {
    let q = tx
        .sql("UPDATE drift_events SET case_id = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(case);
    tx.conn().exec_one(q).await
}

static HISTORY: Insert = Insert {
    head: "INSERT INTO drift_history (organization_id, id, drift_event_id, at, actor_id, actor, step, old, new, note, action_id, version) VALUES",
    columns: 12,
    tail: "",
};

pub async fn add_history(tx: &mut WriteTx, steps: &[HistoryStep]) -> Result<()> {
    let organization = tx.organization();
    let args = steps.iter().flat_map(move |step| {
        [
            organization.to_arg(),
            step.id.to_arg(),
            step.drift_id.to_arg(),
            step.at.to_arg(),
            step.actor_id.to_arg(),
            step.actor.as_str().to_arg(),
            step.step.as_str().to_arg(),
            (&step.old).to_arg(),
            (&step.new).to_arg(),
            step.note.as_deref().to_arg(),
            step.action_id.to_arg(),
            step.version.to_arg(),
        ]
    });
    tx.conn().insert_many(&HISTORY, steps.len(), args).await?;
    Ok(())
}

fn narrow(mut q: Sql, filter: &DriftFilter, dialect: Dialect) -> Sql {
    if let Some(query) = &filter.query {
        let compile = Compile { dialect, table: &TABLE, within: Within::Everything };
        q = query::push(q.push(" AND "), &query.expr, compile);
    }
    if !filter.status.is_empty() {
        q = q.push(" AND d.status IN (").list(filter.status.iter().map(|s| s.as_str())).push(")");
    }
    match filter.assigned_to {
        None => {}
        Some(Assignee::Nobody) => q = q.push(" AND d.assigned_to_id IS NULL"),
        Some(Assignee::User(user)) => q = q.push(" AND d.assigned_to_id = ").arg(user),
    }
    if let Some(slug) = &filter.environment {
        q = q.push(" AND e.slug = ").arg(slug);
    }
    if let Some(repository) = filter.repository_id {
        q = q.push(" AND d.iac_repository_id = ").arg(repository);
    }
    if let Some(resource) = filter.resource_id {
        q = q.push(" AND d.iac_resource_id = ").arg(resource);
    }
    if let Some(kind) = &filter.resource_type {
        q = q.push(" AND r.resource_type = ").arg(kind);
    }
    if let Some(kind) = filter.drift_type {
        q = q.push(" AND d.drift_type = ").arg(kind.as_str());
    }
    if let Some(since) = filter.updated_since {
        q = q.push(" AND (d.last_seen_at >= ").arg(since);
        q = q.push(" OR d.id IN (SELECT h.drift_event_id FROM drift_history h WHERE h.organization_id = $1 AND h.at >= ");
        q = q.arg(since).push("))");
    }
    q
}

static TABLE: Table = Table {
    fields: &[
        ("number", Column::Number("d.number")),
        ("text", Column::Text { column: "r.resource_id", index: Index::Spaced("d.words") }),
        ("status", Column::Word("d.status")),
        ("resolution", Column::Word("d.resolution_type")),
        ("kind", Column::Word("d.drift_type")),
        ("score", Column::Number("d.severity_score")),
        ("confidence", Column::Number("d.confidence_score")),
        (
            "severity",
            Column::SeverityWord(
                "(CASE WHEN d.severity_score >= 0.85 THEN 'critical' WHEN d.severity_score >= 0.65 THEN 'high' \
                       WHEN d.severity_score >= 0.4 THEN 'medium' WHEN d.severity_score >= 0.15 THEN 'low' ELSE 'info' END)",
            ),
        ),
        (
            "cause",
            Column::Word(
                "COALESCE((SELECT COALESCE(a.labelled_category, a.cause_category) FROM drift_cause_analysis a \
                           WHERE a.organization_id = d.organization_id AND a.drift_event_id = d.id), 'unknown')",
            ),
        ),
        ("environment", Column::Word("e.slug")),
        ("repository", Column::Word("p.name")),
        ("resource", Column::Word("r.resource_id")),
        ("type", Column::Word("r.resource_type")),
        (
            "path",
            Column::Elsewhere {
                before: "EXISTS (SELECT 1 FROM drift_changes h
                                 WHERE h.organization_id = $1 AND h.drift_event_id = d.id AND h.ignored_by IS NULL AND ",
                column: "h.property_path",
                after: ")",
            },
        ),
        (
            "assignee",
            Column::Elsewhere {
                before: "d.assigned_to_id IN (SELECT u.id FROM users u WHERE ",
                column: "u.email",
                after: ")",
            },
        ),
        ("id", Column::Id("d.id")),
        ("detected_at", Column::Time("d.detected_at")),
        ("last_seen_at", Column::Time("d.last_seen_at")),
        ("resolved_at", Column::Time("d.resolved_at")),
    ],
    payload: None,
};
