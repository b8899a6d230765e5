//! Fields that the organization gives its cases, and their values.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::case::field::{CaseField, FieldValues};
use domain::{CaseFieldId, CaseId, UserId};

use crate::db::{FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, WriteTx};

/// Values of one statement.
const CHUNK: usize = 500;

impl FromDb for CaseField {
    fn from_db(row: &Row) -> Result<Self> {
        let choices: serde_json::Value = row.get("choices")?;
        Ok(Self {
            id: row.get("id")?,
            key: row.get("key")?,
            name: row.get("name")?,
            kind: row.get("kind")?,
            choices: serde_json::from_value(choices).unwrap_or_default(),
            required: row.get("required")?,
            position: row.get("position")?,
            created_at: row.get("created_at")?,
            archived_at: row.get("archived_at")?,
            version: row.get("version")?,
        })
    }
}

const COLUMNS: &str =
    "SELECT f.id, f.key, f.name, f.kind, f.choices, f.required, f.position, f.created_at, f.archived_at, f.version
     FROM case_fields f
     WHERE f.organization_id = $1";

static VALUES: Insert = Insert {
    head: "INSERT INTO case_field_values (organization_id, case_id, field_id, value, searched) VALUES",
    columns: 5,
    tail: "",
};

/// All, archived ones too, in their order.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<CaseField>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY f.position, f.id");
    tx.conn().all(q).await
}

pub async fn insert(tx: &mut WriteTx, field: &CaseField) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_fields (organization_id, id, key, name, kind, choices, required, position, created_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(field.id)
        .bind(&field.key)
        .bind(&field.name)
        .bind(field.kind.as_str())
        .bind(serde_json::json!(field.choices))
        .bind(field.required)
        .bind(field.position)
        .bind(field.created_at)
        .bind(field.version);
    tx.conn().exec_one(q).await
}

/// What changes of it. `false`: somebody was faster.
pub async fn update(tx: &mut WriteTx, field: &CaseField) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE case_fields
             SET name = $3, choices = $4, required = $5, position = $6, archived_at = $7, version = version + 1
             WHERE organization_id = $1 AND id = $2 AND version = $8",
        )
        .bind(field.id)
        .bind(&field.name)
        .bind(serde_json::json!(field.choices))
        .bind(field.required)
        .bind(field.position)
        .bind(field.archived_at)
        .bind(field.version);
    Ok(tx.conn().exec(q).await? > 0)
}

/// The values of cases; one without has no entry.
pub(super) async fn of_cases(tx: &mut impl Scoped, ids: &[CaseId]) -> Result<HashMap<CaseId, FieldValues>> {
    let mut values: HashMap<CaseId, FieldValues> = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT v.case_id, f.key, v.value
                 FROM case_field_values v
                 JOIN case_fields f ON f.organization_id = v.organization_id AND f.id = v.field_id
                 WHERE v.organization_id = $1 AND v.case_id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        for row in tx.conn().rows(q).await? {
            values.entry(row.get("case_id")?).or_default().insert(row.get("key")?, row.get("value")?);
        }
    }
    Ok(values)
}

/// A locked case has these values and no others. `searched`: as a query finds each, by its field.
pub async fn put(
    tx: &mut WriteTx,
    case: CaseId,
    values: &BTreeMap<CaseFieldId, (String, String)>,
) -> Result<()> {
    let organization = tx.organization();
    let q = tx.sql("DELETE FROM case_field_values WHERE organization_id = $1 AND case_id = $2").bind(case);
    tx.conn().exec(q).await?;
    let args = values.iter().flat_map(|(field, (value, searched))| {
        [
            organization.to_arg(),
            case.to_arg(),
            field.to_arg(),
            value.as_str().to_arg(),
            searched.as_str().to_arg(),
        ]
    });
    tx.conn().insert_many(&VALUES, values.len(), args).await?;
    Ok(())
}

/// Those of the cases that lack a value of a field that is wanted.
pub async fn incomplete(tx: &mut impl Scoped, ids: &[CaseId]) -> Result<HashSet<CaseId>> {
    let mut found = HashSet::new();
    for ids in ids.chunks(CHUNK) {
        let q = tx
            .sql(
                "SELECT DISTINCT c.id
                 FROM cases c
                 JOIN case_fields f ON f.organization_id = c.organization_id AND f.required AND f.archived_at IS NULL
                 LEFT JOIN case_field_values v
                   ON v.organization_id = c.organization_id AND v.case_id = c.id AND v.field_id = f.id
                 WHERE c.organization_id = $1 AND v.case_id IS NULL AND c.id IN (",
            )
            .list(ids.iter().copied())
            .push(")");
        found.extend(tx.conn().scalars::<CaseId>(q).await?);
    }
    Ok(found)
}

/// How many cases have a value of each field.
pub async fn counts(tx: &mut impl Scoped) -> Result<HashMap<CaseFieldId, i64>> {
    let q = tx.sql(
        "SELECT field_id, count(*) AS n
         FROM case_field_values
         WHERE organization_id = $1
         GROUP BY field_id",
    );
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("field_id")?, row.get("n")?))).collect()
}

/// Of a member.
pub async fn email_of(tx: &mut impl Scoped, user: UserId) -> Result<Option<String>> {
    let q = tx
        .sql(
            "SELECT u.email
             FROM memberships m
             JOIN users u ON u.id = m.user_id
             WHERE m.organization_id = $1 AND m.user_id = $2",
        )
        .bind(user);
    tx.conn().scalar(q).await
}

/// Locks the definitions, so that two that are made or moved at once do not take the same place, and tells them.
pub async fn lock(tx: &mut WriteTx) -> Result<Vec<CaseField>> {
    let q = tx.sql(
        "INSERT INTO numbers (organization_id, noun, last)
         VALUES ($1, 'case_field', 1)
         ON CONFLICT (organization_id, noun) DO UPDATE SET last = numbers.last + 1",
    );
    tx.conn().exec(q).await?;
    list(tx).await
}
