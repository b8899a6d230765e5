//! Cases. What moves one is decided in `domain::case`; here it is kept.

pub mod bulk;
pub mod entry;
pub mod evidence;
pub mod facet;
pub mod field;
pub mod history;
pub mod job;
pub mod link;
pub mod mention;
pub mod merge;
pub mod note;
pub mod observable;
pub mod over_time;
pub mod review;
pub mod similar;
pub mod task;
pub mod template;

use std::collections::{HashMap, HashSet};

use domain::case::merge::Merged;
use domain::case::{Case, CaseFilter, CaseSort, LinkKind, Status, tidy_tags};
use domain::group::Assignee;
use domain::{CaseId, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Dialect, FromDb, Result, Row, Sql};
use crate::query::words::{Index, Within};
use crate::query::{self, Column, Compile, Table};
use crate::scope::{Scoped, WriteTx, Writing};

impl FromDb for Case {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            number: row.get("number")?,
            title: row.get("title")?,
            description: row.get("description")?,
            status: row.get("status")?,
            resolution: row.get("resolution")?,
            priority: row.get("priority")?,
            severity: row.get("severity")?,
            tlp: row.get("tlp")?,
            pap: row.get("pap")?,
            created_by_id: row.get("created_by_id")?,
            assigned_to_id: row.get("assigned_to_id")?,
            assignee: row.get("assignee")?,
            due_at: row.get("due_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            resolved_at: row.get("resolved_at")?,
            version: row.get("version")?,
            tags: Vec::new(),
            merged_tags: Vec::new(),
            merged_into: row.get("merged_into")?,
            merged_number: row.get("merged_number")?,
            merged_count: 0,
            in_review: row.get("in_review")?,
            fields: domain::case::field::FieldValues::new(),
            link_count: row.get("link_count")?,
            note_count: row.get("note_count")?,
            task_count: row.get("task_count")?,
            tasks_done: row.get("tasks_done")?,
            observable_count: row.get("observable_count")?,
        })
    }
}

/// The last case of a page by its sort value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    Time(Timestamp, Uuid),
    Number(i64, Uuid),
}

const COLUMNS: &str =
    "SELECT c.id, c.number, c.title, c.description, c.status, c.resolution, c.priority, c.severity, c.tlp, c.pap,
            c.created_by_id, c.assigned_to_id, c.due_at, c.created_at, c.updated_at, c.resolved_at, c.version, c.merged_into,
            (SELECT h.number FROM cases h WHERE h.organization_id = $1 AND h.id = c.merged_into) AS merged_number,
            EXISTS (SELECT 1 FROM case_reviews r WHERE r.organization_id = $1 AND r.case_id = c.id AND r.state = 'requested') AS in_review,
            (SELECT COALESCE(u.display_name, u.username) FROM users u WHERE u.id = c.assigned_to_id) AS assignee,
            (SELECT count(*) FROM case_links l WHERE l.organization_id = $1 AND l.case_id = c.id) AS link_count,
            (SELECT count(*) FROM case_notes n WHERE n.organization_id = $1 AND n.case_id = c.id AND n.deleted_at IS NULL) AS note_count,
            (SELECT count(*) FROM case_tasks t WHERE t.organization_id = $1 AND t.case_id = c.id) AS task_count,
            (SELECT count(t.completed_at) FROM case_tasks t WHERE t.organization_id = $1 AND t.case_id = c.id) AS tasks_done,
            (SELECT count(*) FROM case_observables o WHERE o.organization_id = $1 AND o.case_id = c.id) AS observable_count
     FROM cases c
     WHERE c.organization_id = $1";

const BY_STATUS: &str =
    "SELECT c.status, count(*) AS n, count(CASE WHEN c.assigned_to_id = $2 THEN 1 END) AS mine,
            count(CASE WHEN c.assigned_to_id IS NULL THEN 1 END) AS nobody, count(CASE WHEN c.due_at < $3 THEN 1 END) AS overdue
     FROM cases c
     WHERE c.organization_id = $1";

const SEVERITY: &str = "CASE c.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END";
const PRIORITY: &str =
    "CASE c.priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1 ELSE 0 END";

/// The latest, largest or most pressing first.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &CaseFilter,
    sort: CaseSort,
    after: Option<After>,
    limit: u32,
) -> Result<Vec<Case>> {
    let dialect = tx.conn().dialect();
    let mut q = narrow(tx.sql(COLUMNS), filter, dialect);
    let rising = sort == CaseSort::Due;
    let by = |q: Sql| match sort {
        CaseSort::Updated => q.push("c.updated_at"),
        CaseSort::Number => q.push("c.number"),
        CaseSort::Severity => q.push(SEVERITY),
        CaseSort::Priority => q.push(PRIORITY),
        CaseSort::Due => q.push("COALESCE(c.due_at, ").arg(Timestamp::far_future()).push(")"),
    };
    if let Some(after) = after {
        q = by(q.push(" AND (")).push(if rising { ", c.id) > (" } else { ", c.id) < (" });
        q = match after {
            After::Time(at, id) => q.arg(at).push(", ").arg(id),
            After::Number(n, id) => q.arg(n).push(", ").arg(id),
        };
        q = q.push(")");
    }
    q = by(q.push(" ORDER BY ")).push(if rising { ", c.id LIMIT " } else { " DESC, c.id DESC LIMIT " });
    let mut cases: Vec<Case> = tx.conn().all(q.arg(limit)).await?;
    tagged(tx, &mut cases).await?;
    Ok(cases)
}

/// Those that the filter leaves, at most `limit`, the latest first.
pub async fn ids(tx: &mut impl Scoped, filter: &CaseFilter, limit: u32) -> Result<Vec<CaseId>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql("SELECT c.id FROM cases c WHERE c.organization_id = $1");
    let q = narrow(q, filter, dialect).push(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ").arg(limit);
    tx.conn().scalars(q).await
}

/// How many cases there are of each status, how many of them a member has, nobody has, and are overdue. The filter's own status
/// and assignee do not count.
pub async fn counts(
    tx: &mut impl Scoped,
    filter: &CaseFilter,
    mine: Option<UserId>,
    now: Timestamp,
) -> Result<Vec<(Status, [i64; 4])>> {
    let dialect = tx.conn().dialect();
    let others = CaseFilter { status: Vec::new(), assigned_to: None, overdue_at: None, ..filter.clone() };
    let q = tx.sql(BY_STATUS).bind(mine).bind(now);
    let rows = tx.conn().rows(narrow(q, &others, dialect).push(" GROUP BY c.status")).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.get("status")?,
                [row.get("n")?, row.get("mine")?, row.get("nobody")?, row.get("overdue")?],
            ))
        })
        .collect()
}

pub async fn get(tx: &mut impl Scoped, id: CaseId) -> Result<Option<Case>> {
    let q = tx.sql(COLUMNS).push(" AND c.id = ").arg(id);
    with_tags(tx, q).await
}

/// Those that are there, in no order.
pub async fn by_ids(tx: &mut impl Scoped, ids: &[CaseId]) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let q = tx.sql(COLUMNS).push(" AND c.id IN (").list(ids.iter().copied()).push(")");
        cases.extend(tx.conn().all::<Case>(q).await?);
    }
    tagged(tx, &mut cases).await?;
    Ok(cases)
}

pub async fn by_number(tx: &mut impl Scoped, number: i64) -> Result<Option<Case>> {
    let q = tx.sql(COLUMNS).push(" AND c.number = ").arg(number);
    with_tags(tx, q).await
}

/// Until the end of the transaction nobody else changes it.
pub async fn lock(tx: &mut impl Writing, id: CaseId) -> Result<Option<Case>> {
    if tx.conn().dialect() == Dialect::Postgres {
        let q = tx
            .sql("SELECT id FROM cases WHERE organization_id = $1 AND id = $2")
            .bind(id)
            .push(" FOR UPDATE");
        tx.conn().rows(q).await?;
    }
    get(tx, id).await
}

async fn with_tags(tx: &mut impl Scoped, q: Sql) -> Result<Option<Case>> {
    let mut found: Vec<Case> = tx.conn().all(q).await?;
    tagged(tx, &mut found).await?;
    Ok(found.pop())
}

async fn tagged(tx: &mut impl Scoped, cases: &mut [Case]) -> Result<()> {
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let (mut tags, mut fields) = (tags_of(tx, &ids).await?, field::of_cases(tx, &ids).await?);
    for case in &mut *cases {
        case.fields = fields.remove(&case.id).unwrap_or_default();
        case.tags = tidy_tags(&tags.remove(&case.id).unwrap_or_default());
    }
    widen(tx, cases).await
}

/// What cases that others were merged into have of those: tags, and what is counted is counted in all, each thing once.
async fn widen(tx: &mut impl Scoped, cases: &mut [Case]) -> Result<()> {
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let members = merge::members(tx, &ids).await?;
    let in_them: Vec<CaseId> = members.values().flatten().copied().collect();
    let tags = tags_of(tx, &in_them).await?;
    for case in cases {
        let Some(others) = members.get(&case.id) else { continue };
        let theirs: Vec<String> = others.iter().filter_map(|id| tags.get(id)).flatten().cloned().collect();
        let own: HashSet<String> = case.tags.iter().map(|tag| domain::case::fold(tag)).collect();
        case.merged_tags = tidy_tags(&theirs);
        case.merged_tags.retain(|tag| !own.contains(&domain::case::fold(tag)));
        case.merged_count = others.len() as i64;
        let family: Vec<CaseId> = std::iter::once(case.id).chain(others.iter().copied()).collect();
        case.link_count = 0;
        for kind in LinkKind::ALL {
            case.link_count += link::count(tx, case.id, *kind).await?;
        }
        let q = tx.sql("SELECT count(*) FROM case_notes WHERE organization_id = $1 AND deleted_at IS NULL AND case_id IN (");
        case.note_count = tx.conn().scalar(q.list(family.iter().copied()).push(")")).await?.unwrap_or(0);
        let q = tx.sql("SELECT count(*) AS n, count(completed_at) AS done FROM case_tasks WHERE organization_id = $1 AND case_id IN (");
        for row in tx.conn().rows(q.list(family.iter().copied()).push(")")).await? {
            (case.task_count, case.tasks_done) = (row.get("n")?, row.get("done")?);
        }
        let q = tx
            .sql("SELECT count(DISTINCT observable_id) FROM case_observables WHERE organization_id = $1 AND case_id IN (");
        case.observable_count = tx.conn().scalar(q.list(family).push(")")).await?.unwrap_or(0);
    }
    Ok(())
}

/// The tags of cases; one without has no entry.
async fn tags_of(tx: &mut impl Scoped, ids: &[CaseId]) -> Result<HashMap<CaseId, Vec<String>>> {
    let mut tags: HashMap<CaseId, Vec<String>> = HashMap::new();
    for ids in ids.chunks(500) {
        let q = tx
            .sql(
                "SELECT ct.case_id, t.name
                 FROM case_tags ct
                 JOIN tags t ON t.organization_id = ct.organization_id AND t.id = ct.tag_id
                 WHERE ct.organization_id = $1 AND ct.case_id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        for row in tx.conn().rows(q).await? {
            tags.entry(row.get("case_id")?).or_default().push(row.get("name")?);
        }
    }
    Ok(tags)
}

/// The next number of the organization.
pub async fn next_number(tx: &mut WriteTx) -> Result<i64> {
    let q = tx.sql(
        "INSERT INTO numbers (organization_id, noun, last)
         VALUES ($1, 'case', 1)
         ON CONFLICT (organization_id, noun) DO UPDATE SET last = numbers.last + 1
         RETURNING last",
    );
    Ok(tx.conn().scalar(q).await?.unwrap_or(1))
}

/// The row; its tags are written by [`crate::tag::put`].
pub async fn insert(tx: &mut WriteTx, case: &Case) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO cases (organization_id, id, number, title, description, words, status, resolution, priority, severity, tlp, pap,
                                created_by_id, assigned_to_id, due_at, created_at, updated_at, resolved_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .bind(case.id)
        .bind(case.number)
        .bind(&case.title)
        .bind(&case.description)
        .bind(words(case))
        .bind(case.status.as_str())
        .bind(case.resolution.map(domain::case::Resolution::as_str))
        .bind(case.priority.as_str())
        .bind(case.severity)
        .bind(case.tlp.as_str())
        .bind(case.pap.as_str())
        .bind(case.created_by_id)
        .bind(case.assigned_to_id)
        .bind(case.due_at)
        .bind(case.created_at)
        .bind(case.updated_at)
        .bind(case.resolved_at)
        .bind(case.version);
    tx.conn().exec_one(q).await?;
    merge::begin(tx, case.id).await
}

/// Everything that changes, of a case that is locked.
pub async fn update(tx: &mut WriteTx, case: &Case) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE cases
             SET title = $3, description = $4, words = $5, status = $6, resolution = $7, priority = $8, severity = $9, tlp = $10,
                 pap = $11, assigned_to_id = $12, due_at = $13, updated_at = $14, resolved_at = $15, version = $16
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(case.id)
        .bind(&case.title)
        .bind(&case.description)
        .bind(words(case))
        .bind(case.status.as_str())
        .bind(case.resolution.map(domain::case::Resolution::as_str))
        .bind(case.priority.as_str())
        .bind(case.severity)
        .bind(case.tlp.as_str())
        .bind(case.pap.as_str())
        .bind(case.assigned_to_id)
        .bind(case.due_at)
        .bind(case.updated_at)
        .bind(case.resolved_at)
        .bind(case.version);
    tx.conn().exec_one(q).await
}

/// Something in it changed, not the case itself.
pub async fn touch(tx: &mut WriteTx, id: CaseId) -> Result<()> {
    let q = tx.sql("UPDATE cases SET updated_at = $3 WHERE organization_id = $1 AND id = $2");
    let now = tx.now();
    tx.conn().exec_one(q.bind(id).bind(now)).await
}

/// Open cases of a member, who leaves.
pub async fn of_member(tx: &mut impl Scoped, user: UserId) -> Result<Vec<CaseId>> {
    let q = tx.sql(
        "SELECT id FROM cases WHERE organization_id = $1 AND assigned_to_id = $2 AND status <> 'resolved' ORDER BY id",
    );
    tx.conn().scalars(q.bind(user)).await
}

fn words(case: &Case) -> String {
    let mut words = String::from(" ");
    for text in [&case.title, &case.description] {
        words.push_str(&crate::search::words(text));
        words.push(' ');
    }
    words
}

fn narrow(mut q: Sql, filter: &CaseFilter, dialect: Dialect) -> Sql {
    q = match filter.merged {
        Merged::Hide => q.push(" AND c.merged_into IS NULL"),
        Merged::Include => q,
        Merged::Only => q.push(" AND c.merged_into IS NOT NULL"),
    };
    if let Some(query) = &filter.query {
        let compile = Compile { dialect, table: &TABLE, within: Within::Everything };
        q = query::push(q.push(" AND "), &query.expr, compile);
    }
    if !filter.status.is_empty() {
        q = q.push(" AND c.status IN (").list(filter.status.iter().map(|s| s.as_str())).push(")");
    }
    match filter.assigned_to {
        None => {}
        Some(Assignee::Nobody) => q = q.push(" AND c.assigned_to_id IS NULL"),
        Some(Assignee::User(user)) => q = q.push(" AND c.assigned_to_id = ").arg(user),
    }
    if let Some(now) = filter.overdue_at {
        q = q.push(" AND c.status <> 'resolved' AND c.due_at < ").arg(now);
    }
    let (from, to) = filter.opened;
    if let Some(from) = from {
        q = q.push(" AND c.created_at >= ").arg(from);
    }
    if let Some(to) = to {
        q = q.push(" AND c.created_at < ").arg(to);
    }
    if let Some((kind, target)) = filter.linked {
        q = q
            .push(
                " AND c.id IN (SELECT f.head_id FROM case_links l JOIN case_family f ON f.organization_id = l.organization_id
                  AND f.member_id = l.case_id WHERE l.organization_id = $1 AND l.kind = ",
            )
            .arg(kind.as_str())
            .push(" AND l.target_id = ")
            .arg(target)
            .push(")");
    }
    if let Some(since) = filter.updated_since {
        q = q.push(" AND c.updated_at >= ").arg(since);
    }
    q
}

/// An e-mail of the account that a column names.
macro_rules! account {
    ($column:literal) => {
        Column::Elsewhere {
            before: concat!($column, " IN (SELECT u.id FROM users u WHERE "),
            column: "u.email",
            after: ")",
        }
    };
}

/// CROSS JOIN: SQLite then begins with the tag, the observable or the field, and not with the 100,000 cases (80 ms).
/// What is in a case that was merged is found by the case it went into, and by the case itself, where the list shows those.
static TABLE: Table = Table {
    fields: &[
        ("number", Column::Number("c.number")),
        ("text", Column::Text { column: "c.title", index: Index::Spaced("c.words") }),
        ("status", Column::Word("c.status")),
        ("resolution", Column::Word("c.resolution")),
        ("priority", Column::Word("c.priority")),
        ("severity", Column::Severity("c.severity")),
        ("tlp", Column::Word("c.tlp")),
        ("pap", Column::Word("c.pap")),
        ("assignee", account!("c.assigned_to_id")),
        ("created_by", account!("c.created_by_id")),
        (
            "tag",
            Column::Elsewhere {
                before: "c.id IN (SELECT f.head_id FROM tags t CROSS JOIN case_tags ct CROSS JOIN case_family f
                         WHERE ct.organization_id = t.organization_id AND ct.tag_id = t.id AND f.organization_id = ct.organization_id
                         AND f.member_id = ct.case_id AND t.organization_id = $1 AND ",
                column: "t.folded",
                after: ")",
            },
        ),
        (
            "observable",
            Column::Elsewhere {
                before: "c.id IN (SELECT f.head_id FROM observables o CROSS JOIN case_observables co CROSS JOIN case_family f
                         WHERE co.organization_id = o.organization_id AND co.observable_id = o.id
                         AND f.organization_id = co.organization_id AND f.member_id = co.case_id AND o.organization_id = $1 AND ",
                column: "o.value",
                after: ")",
            },
        ),
        (
            "field",
            Column::Elsewhere {
                before: "c.id IN (SELECT f.head_id FROM case_field_values fv CROSS JOIN case_family f
                         WHERE f.organization_id = fv.organization_id AND f.member_id = fv.case_id AND fv.organization_id = $1 AND ",
                column: "fv.searched",
                after: ")",
            },
        ),
        (
            "review",
            Column::Elsewhere {
                before: "c.id IN (SELECT cr.case_id FROM case_reviews cr WHERE cr.organization_id = $1 AND ",
                column: "cr.state",
                after: ")",
            },
        ),
        ("id", Column::Id("c.id")),
        ("created_at", Column::Time("c.created_at")),
        ("updated_at", Column::Time("c.updated_at")),
        ("due_at", Column::Time("c.due_at")),
        ("resolved_at", Column::Time("c.resolved_at")),
    ],
    payload: None,
};
