//! Browser uploads and the rows they refused. The files themselves are in the data folder.

use domain::upload::{Choice, Rejection, Upload, UploadState};
use domain::{OrganizationId, UploadId};
use serde_json::Value;

use crate::db::{Arg, FromDb, Insert, Result, Row, ToArg as _, sql};
use crate::scope::{Scoped, SystemTx, Writing};

impl FromDb for Upload {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            file_name: row.get("file_name")?,
            format: row.get("format")?,
            mapping: serde_json::from_value::<Choice>(row.get::<Value>("mapping")?).unwrap_or_default(),
            state: row.get("state")?,
            bytes_total: row.get("bytes_total")?,
            bytes_done: row.get("bytes_done")?,
            accepted: row.get("accepted")?,
            rejected: row.get("rejected")?,
            unknown_severities: serde_json::from_value(row.get::<Value>("unknown_severities")?)
                .unwrap_or_default(),
            imported: serde_json::from_value(row.get::<Value>("imported")?).unwrap_or_default(),
            error_message: row.get("error_message")?,
            created_by: row.get("created_by")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

const COLUMNS: &str = "SELECT id, file_name, format, mapping, state, bytes_total, bytes_done, accepted, rejected, unknown_severities, imported,
        error_message, created_by, created_at, updated_at
     FROM uploads
     WHERE organization_id = $1";

pub async fn get(tx: &mut impl Scoped, id: UploadId) -> Result<Option<Upload>> {
    let q = tx.sql(COLUMNS).push(" AND id = ").arg(id);
    tx.conn().opt(q).await
}

/// The newest first.
pub async fn list(tx: &mut impl Scoped, limit: u32) -> Result<Vec<Upload>> {
    let q = tx.sql(COLUMNS).push(" ORDER BY id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

pub async fn insert(tx: &mut impl Writing, upload: &Upload) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO uploads (organization_id, id, file_name, format, mapping, state, bytes_total, bytes_done, accepted, rejected,
                 error_message, created_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(upload.id)
        .bind(&upload.file_name)
        .bind(upload.format)
        .bind(mapping(&upload.mapping))
        .bind(upload.state)
        .bind(upload.bytes_total)
        .bind(upload.bytes_done)
        .bind(upload.accepted)
        .bind(upload.rejected)
        .bind(upload.error_message.as_deref())
        .bind(upload.created_by)
        .bind(upload.created_at)
        .bind(upload.updated_at);
    tx.conn().exec_one(q).await
}

/// Everything but name, size, creator and birth.
pub async fn update(tx: &mut impl Writing, upload: &Upload) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE uploads
             SET format = $3, mapping = $4, state = $5, bytes_done = $6, accepted = $7, rejected = $8, error_message = $9, updated_at = $10,
                 unknown_severities = $11, imported = $12
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(upload.id)
        .bind(upload.format)
        .bind(mapping(&upload.mapping))
        .bind(upload.state)
        .bind(upload.bytes_done)
        .bind(upload.accepted)
        .bind(upload.rejected)
        .bind(upload.error_message.as_deref())
        .bind(upload.updated_at)
        .bind(serde_json::to_value(&upload.unknown_severities).unwrap_or_default())
        .bind(serde_json::to_value(&upload.imported).unwrap_or_default());
    tx.conn().exec_one(q).await
}

fn mapping(choice: &Choice) -> Value {
    serde_json::to_value(choice).unwrap_or_default()
}

/// Tries to take a mapped upload to work on it; `false` when somebody else did.
pub async fn claim(tx: &mut impl Writing, id: UploadId) -> Result<bool> {
    let q = tx
        .sql("UPDATE uploads SET state = $3 WHERE organization_id = $1 AND id = $2 AND state = $4")
        .bind(id)
        .bind(UploadState::Running)
        .bind(UploadState::Mapped);
    Ok(tx.conn().exec(q).await? == 1)
}

/// Deletes an upload that waits to be imported; `false` when it is none.
pub async fn delete_waiting(tx: &mut impl Writing, id: UploadId) -> Result<bool> {
    let q = tx
        .sql("DELETE FROM uploads WHERE organization_id = $1 AND id = $2 AND state = $3")
        .bind(id)
        .bind(UploadState::Mapped);
    Ok(tx.conn().exec(q).await? == 1)
}

static REJECTIONS: Insert = Insert {
    head: "INSERT INTO upload_rejections (organization_id, upload_id, row_index, field, reason, row_text) VALUES",
    columns: 6,
    // A resumed upload meets the refused rows of its last part again.
    tail: "ON CONFLICT (organization_id, upload_id, row_index, field) DO NOTHING",
};

/// Adds refused rows, each with the start of its text.
pub async fn add_rejections(
    tx: &mut impl Writing,
    id: UploadId,
    rejections: &[(Rejection, String)],
) -> Result<()> {
    let organization = tx.organization();
    let rows = rejections.iter().flat_map(|(rejection, text)| {
        [
            organization.to_arg(),
            id.to_arg(),
            Arg::Int(rejection.index as i64),
            rejection.field.as_str().to_arg(),
            rejection.reason.as_str().to_arg(),
            text.as_str().to_arg(),
        ]
    });
    tx.conn().insert_many(&REJECTIONS, rejections.len(), rows).await?;
    Ok(())
}

/// Refused rows in the order of their index and field, those behind `after`.
pub async fn rejections(
    tx: &mut impl Scoped,
    id: UploadId,
    after: Option<(u64, &str)>,
    limit: u32,
) -> Result<Vec<(Rejection, String)>> {
    let (row, field) = after.map_or((-1, ""), |(row, field)| (row as i64, field));
    let q = tx
        .sql(
            "SELECT row_index, field, reason, row_text FROM upload_rejections
             WHERE organization_id = $1 AND upload_id = $2 AND (row_index, field) > ($3, $4)
             ORDER BY row_index, field
             LIMIT $5",
        )
        .bind(id)
        .bind(row)
        .bind(field)
        .bind(limit);
    let rows = tx.conn().rows(q).await?;
    rows.iter()
        .map(|row| {
            let index = row.get::<i64>("row_index")? as u64;
            Ok((
                Rejection { index, field: row.get("field")?, reason: row.get("reason")? },
                row.get("row_text")?,
            ))
        })
        .collect()
}

/// Uploads that were being read when the server stopped.
pub async fn unfinished(tx: &mut SystemTx) -> Result<Vec<(OrganizationId, UploadId)>> {
    let q = sql("SELECT organization_id, id FROM uploads WHERE state = $1 ORDER BY organization_id, id")
        .bind(UploadState::Running);
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("organization_id")?, row.get("id")?))).collect()
}
