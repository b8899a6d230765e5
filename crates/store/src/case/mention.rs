//! Who is named in notes of cases.

use domain::case::mention::{Mention, MentionFilter, Named};
use domain::{CaseId, CaseNoteId, Timestamp, UserId};

use super::merge::{among, family};
use crate::db::{Result, Sql, from_row};
use crate::scope::{Scoped, WriteTx};

from_row!(Named { note_id, user_id, written, name });
from_row!(Mention { note_id, user_id, case_id, number, title, author, content, mentioned_at, read_at });

/// In the notes of a case and those in it.
pub async fn of_case(tx: &mut impl Scoped, case: CaseId) -> Result<Vec<Named>> {
    let family = family(tx, case).await?;
    let q = tx.sql(
        "SELECT m.note_id, m.user_id, m.name AS written, COALESCE(u.display_name, u.username) AS name
         FROM case_mentions m
         JOIN case_notes n ON n.organization_id = m.organization_id AND n.id = m.note_id
         JOIN users u ON u.id = m.user_id
         WHERE m.organization_id = $1",
    );
    let q = among(q, " AND n.case_id IN (", &family).push(" ORDER BY m.note_id, m.name");
    tx.conn().all(q).await
}

/// A page of mentions, the latest first. What is in a case that was merged is told of the one it went into.
pub async fn list(
    tx: &mut impl Scoped,
    filter: &MentionFilter,
    after: Option<(Timestamp, CaseNoteId, UserId)>,
    limit: u32,
) -> Result<Vec<Mention>> {
    let q = tx.sql(
        "SELECT m.note_id, m.user_id, h.id AS case_id, h.number, h.title, n.author, COALESCE(r.content, '') AS content,
                m.mentioned_at, m.read_at
         FROM case_mentions m
         JOIN case_notes n ON n.organization_id = m.organization_id AND n.id = m.note_id
         LEFT JOIN case_note_revisions r ON r.organization_id = n.organization_id AND r.note_id = n.id AND r.revision = n.revision
         JOIN cases c ON c.organization_id = n.organization_id AND c.id = n.case_id
         JOIN cases h ON h.organization_id = c.organization_id AND h.id = COALESCE(c.merged_into, c.id)
         WHERE m.organization_id = $1",
    );
    let mut q = narrow(q, filter);
    if let Some((at, note, user)) = after {
        q = q.push(" AND (m.mentioned_at, m.note_id, m.user_id) < (").arg(at).push(", ").arg(note);
        q = q.push(", ").arg(user).push(")");
    }
    let q = q.push(" ORDER BY m.mentioned_at DESC, m.note_id DESC, m.user_id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// How many [`list`] finds on all pages.
pub async fn count(tx: &mut impl Scoped, filter: &MentionFilter) -> Result<i64> {
    let q = tx.sql("SELECT count(*) FROM case_mentions m WHERE m.organization_id = $1");
    Ok(tx.conn().scalar(narrow(q, filter)).await?.unwrap_or(0))
}

fn narrow(mut q: Sql, filter: &MentionFilter) -> Sql {
    if let Some(user) = filter.user {
        q = q.push(" AND m.user_id = ").arg(user);
    }
    if filter.unread { q.push(" AND m.read_at IS NULL") } else { q }
}

/// Those who are named in a note from now on, with how: who was named before keeps that and whether they read it, who is not
/// named any more is taken out. Answers who is new.
pub async fn put(tx: &mut WriteTx, note: CaseNoteId, named: &[(UserId, String)]) -> Result<Vec<UserId>> {
    let q =
        tx.sql("SELECT user_id FROM case_mentions WHERE organization_id = $1 AND note_id = $2").bind(note);
    let before: Vec<UserId> = tx.conn().scalars(q).await?;
    for user in before.iter().filter(|user| !named.iter().any(|(named, _)| named == *user)) {
        let q = tx
            .sql("DELETE FROM case_mentions WHERE organization_id = $1 AND note_id = $2 AND user_id = $3")
            .bind(note)
            .bind(*user);
        tx.conn().exec_one(q).await?;
    }
    let now = tx.now();
    let mut new = Vec::new();
    for (user, name) in named {
        if before.contains(user) {
            let q = tx
                .sql(
                    "UPDATE case_mentions
                     SET name = $4
                     WHERE organization_id = $1 AND note_id = $2 AND user_id = $3",
                )
                .bind(note)
                .bind(*user)
                .bind(name);
            tx.conn().exec_one(q).await?;
            continue;
        }
        let q = tx
            .sql(
                "INSERT INTO case_mentions (organization_id, note_id, user_id, name, mentioned_at)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(note)
            .bind(*user)
            .bind(name)
            .bind(now);
        tx.conn().exec_one(q).await?;
        new.push(*user);
    }
    Ok(new)
}

/// Of a note that is deleted.
pub async fn delete(tx: &mut WriteTx, note: CaseNoteId) -> Result<()> {
    let q = tx.sql("DELETE FROM case_mentions WHERE organization_id = $1 AND note_id = $2").bind(note);
    tx.conn().exec(q).await.map(drop)
}

/// When they read it, if they did; `None`: the note does not name them.
pub async fn read_at(
    tx: &mut impl Scoped,
    user: UserId,
    note: CaseNoteId,
) -> Result<Option<Option<Timestamp>>> {
    let q = tx
        .sql("SELECT read_at FROM case_mentions WHERE organization_id = $1 AND note_id = $2 AND user_id = $3")
        .bind(note)
        .bind(user);
    tx.conn().scalar(q).await
}

/// They read it.
pub async fn mark_read(tx: &mut WriteTx, user: UserId, note: CaseNoteId) -> Result<()> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE case_mentions
             SET read_at = $4
             WHERE organization_id = $1 AND note_id = $2 AND user_id = $3 AND read_at IS NULL",
        )
        .bind(note)
        .bind(user)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// They read all of them; says how many that were.
pub async fn mark_all_read(tx: &mut WriteTx, user: UserId) -> Result<u64> {
    let now = tx.now();
    let q = tx
        .sql(
            "UPDATE case_mentions
             SET read_at = $3
             WHERE organization_id = $1 AND user_id = $2 AND read_at IS NULL",
        )
        .bind(user)
        .bind(now);
    tx.conn().exec(q).await
}
