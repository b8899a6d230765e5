//! Templates of cases.

use domain::CaseTemplateId;
use domain::case::template::{CaseTemplate, NewTemplate};

use crate::db::{Error, FromDb, Result, Row};
use crate::scope::{Scoped, WriteTx};

impl FromDb for CaseTemplate {
    fn from_db(row: &Row) -> Result<Self> {
        let brings: serde_json::Value = row.get("brings")?;
        Ok(Self {
            id: row.get("id")?,
            brings: serde_json::from_value::<NewTemplate>(brings)
                .map_err(|e| Error::Decode { column: "brings".to_owned(), reason: e.to_string() })?,
            created_at: row.get("created_at")?,
            archived_at: row.get("archived_at")?,
            version: row.get("version")?,
        })
    }
}

const COLUMNS: &str = "SELECT t.id, t.brings, t.created_at, t.archived_at, t.version
     FROM case_templates t
     WHERE t.organization_id = $1";

/// All, archived ones too, by name.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<CaseTemplate>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY t.folded, t.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: CaseTemplateId) -> Result<Option<CaseTemplate>> {
    let q = tx.sql(COLUMNS).push(" AND t.id = ").arg(id);
    tx.conn().opt(q).await
}

/// A name that is taken violates a key.
pub async fn insert(tx: &mut WriteTx, template: &CaseTemplate) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_templates (organization_id, id, folded, brings, created_at, version)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(template.id)
        .bind(template.brings.name.to_lowercase())
        .bind(brings(template))
        .bind(template.created_at)
        .bind(template.version);
    tx.conn().exec_one(q).await
}

/// `false`: somebody was faster.
pub async fn update(tx: &mut WriteTx, template: &CaseTemplate) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE case_templates
             SET folded = $3, brings = $4, archived_at = $5, version = version + 1
             WHERE organization_id = $1 AND id = $2 AND version = $6",
        )
        .bind(template.id)
        .bind(template.brings.name.to_lowercase())
        .bind(brings(template))
        .bind(template.archived_at)
        .bind(template.version);
    Ok(tx.conn().exec(q).await? > 0)
}

fn brings(template: &CaseTemplate) -> serde_json::Value {
    serde_json::to_value(&template.brings).unwrap_or_default()
}
