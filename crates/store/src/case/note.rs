//! Notes of cases with their revisions.

use domain::case::{CaseNote, NoteRevision};
use domain::{CaseId, CaseNoteId, UserId};

use super::merge::{among, family};
use crate::db::{Result, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(CaseNote {
    id,
    author_id,
    author_key_id,
    author,
    content,
    created_at,
    edited_at,
    deleted_at,
    revision
});
from_row!(NoteRevision { note_id, revision, content, author_id, author, created_at });

/// Of a deleted note no content: that is read in its revisions.
const COLUMNS: &str = "SELECT n.id, n.author_id, n.author_key_id, n.author, n.created_at, n.edited_at, n.deleted_at, n.revision,
            CASE WHEN n.deleted_at IS NULL THEN COALESCE(r.content, '') ELSE '' END AS content
     FROM case_notes n
     LEFT JOIN case_note_revisions r ON r.organization_id = n.organization_id AND r.note_id = n.id AND r.revision = n.revision
     WHERE n.organization_id = $1";

/// Of a case and those in it, the oldest first.
pub async fn list(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<CaseNote>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND n.case_id IN (", &family).push(" ORDER BY n.created_at, n.id");
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, case: CaseId, id: CaseNoteId) -> Result<Option<CaseNote>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(COLUMNS), " AND n.case_id IN (", &family).push(" AND n.id = ").arg(id);
    tx.conn().opt(q).await
}

const REVISIONS: &str = "SELECT r.note_id, r.revision, r.content, r.author_id, r.author, r.created_at
     FROM case_note_revisions r
     JOIN case_notes n ON n.organization_id = r.organization_id AND n.id = r.note_id
     WHERE r.organization_id = $1";

/// All that the notes of a case and those in it ever said, note by note, the oldest first.
pub async fn revisions(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<NoteRevision>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(REVISIONS), " AND n.case_id IN (", &family);
    tx.conn().all(q.push(" ORDER BY n.created_at, n.id, r.revision")).await
}

/// [`revisions`], of notes that were edited or deleted.
pub async fn changed_revisions(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<NoteRevision>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(REVISIONS), " AND n.case_id IN (", &family);
    let q =
        q.push(" AND (n.revision > 1 OR n.deleted_at IS NOT NULL) ORDER BY n.created_at, n.id, r.revision");
    tx.conn().all(q).await
}

/// All that one note ever said, the oldest first.
pub async fn revisions_of(tx: &mut impl Scoped, case: CaseId, id: CaseNoteId) -> Result<Vec<NoteRevision>> {
    let family = family(tx, case).await?;
    let q = among(tx.sql(REVISIONS), " AND n.case_id IN (", &family);
    tx.conn().all(q.push(" AND n.id = ").arg(id).push(" ORDER BY r.revision")).await
}

/// What a note said.
pub async fn revision(tx: &mut impl Scoped, id: CaseNoteId, revision: i64) -> Result<Option<String>> {
    let q = tx
        .sql("SELECT content FROM case_note_revisions WHERE organization_id = $1 AND note_id = $2 AND revision = $3")
        .bind(id)
        .bind(revision);
    tx.conn().scalar(q).await
}

pub async fn insert(tx: &mut WriteTx, case: CaseId, note: &CaseNote) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO case_notes (organization_id, id, case_id, author_id, author_key_id, author, revision, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(note.id)
        .bind(case)
        .bind(note.author_id)
        .bind(note.author_key_id)
        .bind(&note.author)
        .bind(note.revision)
        .bind(note.created_at);
    tx.conn().exec_one(q).await?;
    revise(tx, note.id, note.revision, &note.content, note.author_id, &note.author).await
}

/// Another revision; whether the one before still was the newest.
pub async fn edit(
    tx: &mut WriteTx,
    id: CaseNoteId,
    revision: i64,
    content: &str,
    author_id: Option<UserId>,
    author: &str,
) -> Result<bool> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE case_notes
             SET revision = $3, edited_at = $4
             WHERE organization_id = $1 AND id = $2 AND revision = $3 - 1 AND deleted_at IS NULL",
        )
        .bind(id)
        .bind(revision)
        .bind(now);
    if tx.conn().exec(q).await? == 0 {
        return Ok(false);
    }
    revise(tx, id, revision, content, author_id, author).await?;
    Ok(true)
}

/// Its place stays, and what it said stays with its revisions.
pub async fn delete(tx: &mut WriteTx, id: CaseNoteId) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql("UPDATE case_notes SET deleted_at = $3 WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL")
        .bind(id)
        .bind(now);
    tx.conn().exec_one(q).await
}

async fn revise(
    tx: &mut WriteTx,
    id: CaseNoteId,
    revision: i64,
    content: &str,
    author_id: Option<UserId>,
    author: &str,
) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "INSERT INTO case_note_revisions (organization_id, note_id, revision, content, author_id, author, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(revision)
        .bind(content)
        .bind(author_id)
        .bind(author)
        .bind(now);
    tx.conn().exec_one(q).await
}
