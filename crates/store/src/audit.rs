//! The audit chain: append under the head's lock, list, walk.

use domain::audit::{Action, AuditActor, AuditEntry, AuditFilter, AuditRecord, GENESIS, Link};
use domain::{OrganizationId, Timestamp, UserId};

use crate::db::{Conn, Dialect, Error, FromDb as _, Result, Row, Sql, canonical, from_row, sql};
use crate::group::contains;
use crate::scope::{Scoped, Stamp, SystemTx};

from_row!(AuditRecord {
    organization_id,
    id,
    seq,
    created_at,
    actor_id,
    actor,
    action,
    target_type,
    target_id,
    metadata,
    old_values,
    new_values,
    ip_address,
    user_agent,
    session_id,
    success,
    error_message,
    incident_id,
    prev_hash,
    hash,
});

from_row!(Link { seq, prev_hash, hash });

/// Appends one entry. The head row is locked (PostgreSQL) or the whole file is (SQLite) until the commit, so the chain
/// cannot fork; it is the transaction's last step, so the lock is short.
pub(crate) async fn append(
    conn: &mut Conn,
    organization: OrganizationId,
    actor: &AuditActor,
    stamp: Stamp,
    entry: AuditEntry,
) -> Result<()> {
    let (seq, prev_hash) = lock_head(conn, organization).await?;
    let mut record = AuditRecord {
        organization_id: organization,
        id: stamp.audit_id,
        seq: seq + 1,
        created_at: stamp.now,
        actor_id: actor.user_id,
        actor: clean(&actor.label),
        action: entry.action.0.to_owned(),
        target_type: entry.target_type.to_owned(),
        target_id: clean(&entry.target_id),
        metadata: canonical(entry.metadata),
        // JSON's null is not written: it would say the same as NULL, but not to a filter.
        old_values: entry.old_values.filter(|value| !value.is_null()).map(canonical),
        new_values: entry.new_values.filter(|value| !value.is_null()).map(canonical),
        ip_address: actor.ip_address.as_deref().map(clean),
        user_agent: actor.user_agent.as_deref().map(clean),
        session_id: actor.session_id.as_deref().map(clean),
        success: entry.success,
        error_message: entry.error_message.as_deref().map(clean),
        incident_id: None,
        prev_hash,
        hash: String::new(),
    };
    record.hash = record.compute_hash();
    conn.exec_one(
        sql("INSERT INTO audit_log (organization_id, id, seq, created_at, actor_id, actor, action, target_type, target_id, metadata,
                 old_values, new_values, ip_address, user_agent, session_id, success, error_message, incident_id, prev_hash, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")
        .bind(record.organization_id).bind(record.id).bind(record.seq).bind(record.created_at).bind(record.actor_id).bind(record.actor)
        .bind(record.action).bind(record.target_type).bind(record.target_id).bind(record.metadata).bind(record.old_values)
        .bind(record.new_values).bind(record.ip_address).bind(record.user_agent).bind(record.session_id).bind(record.success)
        .bind(record.error_message).bind(record.incident_id).bind(record.prev_hash).bind(&record.hash),
    )
    .await?;
    conn.exec_one(
        sql("UPDATE audit_heads SET seq = $2, hash = $3 WHERE organization_id = $1")
            .bind(organization)
            .bind(record.seq)
            .bind(record.hash),
    )
    .await
}

async fn lock_head(conn: &mut Conn, organization: OrganizationId) -> Result<(i64, String)> {
    conn.exec(
        sql("INSERT INTO audit_heads (organization_id, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (organization_id) DO NOTHING")
            .bind(organization)
            .bind(GENESIS),
    )
    .await?;
    let text = match conn.dialect() {
        Dialect::Sqlite => "SELECT seq, hash FROM audit_heads WHERE organization_id = $1",
        Dialect::Postgres => "SELECT seq, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE",
    };
    let rows = conn.rows(sql(text).bind(organization)).await?;
    match rows.first() {
        Some(row) => Ok((row.get("seq")?, row.get("hash")?)),
        None => Ok((0, GENESIS.to_owned())),
    }
}

fn clean(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// Newest first, entries before `before` (a sequence number).
pub async fn list(
    tx: &mut impl Scoped,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    let q = tx.sql(
        "SELECT organization_id, id, seq, created_at, actor_id, actor, action, target_type, target_id, metadata, old_values, new_values,
                ip_address, user_agent, session_id, success, error_message, incident_id, prev_hash, hash
         FROM audit_log WHERE organization_id = $1",
    );
    let mut q = narrow(q, tx.conn().dialect(), filter);
    if let Some(seq) = before {
        q = q.push(" AND seq < ").arg(seq);
    }
    q = q.push(" ORDER BY seq DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// Oldest first, entries after `after` up to and with `last`.
pub async fn ascending(
    tx: &mut impl Scoped,
    filter: &AuditFilter,
    after: i64,
    last: i64,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    let q = tx.sql(
        "SELECT organization_id, id, seq, created_at, actor_id, actor, action, target_type, target_id, metadata, old_values, new_values,
                ip_address, user_agent, session_id, success, error_message, incident_id, prev_hash, hash
         FROM audit_log WHERE organization_id = $1 AND seq > $2 AND seq <= $3",
    );
    let q = narrow(q.bind(after).bind(last), tx.conn().dialect(), filter);
    let q = q.push(" ORDER BY seq LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// The links after `after` up to and with `last`, oldest first.
pub async fn links(tx: &mut impl Scoped, after: i64, last: i64, limit: u32) -> Result<Vec<Link>> {
    let q = tx.sql(
        "SELECT seq, prev_hash, hash
         FROM audit_log
         WHERE organization_id = $1 AND seq > $2 AND seq <= $3
         ORDER BY seq
         LIMIT $4",
    );
    tx.conn().all(q.bind(after).bind(last).bind(limit)).await
}

/// The end of the organization's own chain.
pub async fn own_head(tx: &mut impl Scoped) -> Result<(i64, String)> {
    let q = tx.sql("SELECT seq, hash FROM audit_heads WHERE organization_id = $1");
    let rows = tx.conn().rows(q).await?;
    rows.first().map_or_else(|| Ok((0, GENESIS.to_owned())), |row| Ok((row.get("seq")?, row.get("hash")?)))
}

/// How many entries match.
pub async fn count(tx: &mut impl Scoped, filter: &AuditFilter) -> Result<i64> {
    let q = tx.sql("SELECT count(*) FROM audit_log WHERE organization_id = $1");
    let q = narrow(q, tx.conn().dialect(), filter);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// No index helps to find a part of a text: the list walks its key from the newest entry on and stops when the page is full.
fn narrow(mut q: Sql, dialect: Dialect, filter: &AuditFilter) -> Sql {
    if let Some(actor) = &filter.actor {
        q = contains(q, dialect, " AND actor", actor);
    }
    if let Some(action) = &filter.action {
        q = q.push(" AND action = ").arg(action);
    }
    if let Some(kind) = &filter.target_type {
        q = q.push(" AND target_type = ").arg(kind);
    }
    if let Some(id) = &filter.target_id {
        q = q.push(" AND target_id = ").arg(id);
    }
    if let Some(from) = filter.from {
        q = q.push(" AND created_at >= ").arg(from);
    }
    if let Some(to) = filter.to {
        q = q.push(" AND created_at < ").arg(to);
    }
    if let Some(text) = &filter.q {
        const COLUMNS: [&str; 8] = [
            " AND (actor",
            " OR action",
            " OR target_type",
            " OR target_id",
            " OR COALESCE(error_message, '')",
            " OR CAST(metadata AS TEXT)",
            " OR COALESCE(CAST(old_values AS TEXT), '')",
            " OR COALESCE(CAST(new_values AS TEXT), '')",
        ];
        for column in COLUMNS {
            q = contains(q, dialect, column, text);
        }
        q = q.push(")");
    }
    q
}

/// Whether `actor` did `action` here already in this session.
pub async fn has_entry_of_session(
    tx: &mut impl Scoped,
    actor: UserId,
    session: &str,
    action: Action,
) -> Result<bool> {
    let q = tx
        .sql(
            "SELECT seq
             FROM audit_log
             WHERE organization_id = $1 AND actor_id = $2 AND session_id = $3 AND action = $4
             LIMIT 1",
        )
        .bind(actor)
        .bind(session)
        .bind(action.0);
    let seq: Option<i64> = tx.conn().scalar(q).await?;
    Ok(seq.is_some())
}

/// An entry of the chain that did not come from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strange {
    pub seq: i64,
    /// After "was edited".
    pub reason: &'static str,
}

/// Entries after `after` in chain order, for verification.
pub async fn walk(
    tx: &mut SystemTx,
    organization: OrganizationId,
    after: i64,
    limit: u32,
) -> Result<Vec<std::result::Result<AuditRecord, Strange>>> {
    let rows = tx
        .conn()
        .rows(
            sql("SELECT organization_id, id, seq, created_at, actor_id, actor, action, target_type, target_id, metadata, old_values, new_values,
                        ip_address, user_agent, session_id, success, error_message, incident_id, prev_hash, hash
                 FROM audit_log WHERE organization_id = $1 AND seq > $2 ORDER BY seq LIMIT $3")
            .bind(organization)
            .bind(after)
            .bind(limit),
        )
        .await?;
    rows.iter()
        .map(|row| match AuditRecord::from_db(row) {
            // What says something else is told by its hash.
            Ok(record) if !record.is_as_hashed() || is_as_written(row, &record)? => Ok(Ok(record)),
            Ok(record) => {
                Ok(Err(Strange { seq: record.seq, reason: "it says the same in other characters" }))
            }
            Err(Error::Decode { .. }) => {
                Ok(Err(Strange { seq: row.get("seq")?, reason: "it cannot be read any more" }))
            }
            Err(error) => Err(error),
        })
        .collect()
}

/// Whether the characters in SQLite are those that were written. The hash is over what they mean, but filters compare the characters: an
/// instant in another zone would leave the window of time that somebody looks at, and of two equal keys of an object only the last is
/// hashed. PostgreSQL's types know one form only.
fn is_as_written(row: &Row, record: &AuditRecord) -> Result<bool> {
    if matches!(row, Row::Postgres(_)) {
        return Ok(true);
    }
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    let written = [
        ("organization_id", Some(record.organization_id.to_string())),
        ("id", Some(record.id.to_string())),
        ("created_at", Some(record.created_at.iso())),
        ("actor_id", record.actor_id.map(|id| id.to_string())),
        ("metadata", Some(record.metadata.to_string())),
        ("old_values", json(&record.old_values)),
        ("new_values", json(&record.new_values)),
        ("incident_id", record.incident_id.map(|id| id.to_string())),
    ];
    for (column, text) in written {
        if row.get::<Option<String>>(column)? != text {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Numbers below the first entry's, which this server gives to none: up to `limit`, the lowest first.
pub async fn below_first(tx: &mut SystemTx, organization: OrganizationId, limit: u32) -> Result<Vec<i64>> {
    let q = sql("SELECT seq FROM audit_log WHERE organization_id = $1 AND seq < 1 ORDER BY seq LIMIT $2");
    tx.conn().scalars(q.bind(organization).bind(limit)).await
}

/// Numbers that more than one entry has: up to `limit`, the lowest first.
pub async fn twice(tx: &mut SystemTx, organization: OrganizationId, limit: u32) -> Result<Vec<i64>> {
    let q = sql(
        "SELECT seq FROM audit_log WHERE organization_id = $1 GROUP BY seq HAVING count(*) > 1 ORDER BY seq LIMIT $2",
    );
    tx.conn().scalars(q.bind(organization).bind(limit)).await
}

/// Whose entries there are.
pub async fn organizations(tx: &mut SystemTx) -> Result<Vec<OrganizationId>> {
    tx.conn().scalars(sql("SELECT DISTINCT organization_id FROM audit_log ORDER BY organization_id")).await
}

/// Sequence and hash of the last entry; `None` when nothing was ever written.
pub async fn head(tx: &mut SystemTx, organization: OrganizationId) -> Result<Option<(i64, String)>> {
    let rows = tx
        .conn()
        .rows(sql("SELECT seq, hash FROM audit_heads WHERE organization_id = $1").bind(organization))
        .await?;
    rows.first().map(|row| Ok((row.get("seq")?, row.get("hash")?))).transpose()
}

/// When the organization last wrote; for tests and the page's footer.
pub async fn last_written(tx: &mut impl Scoped) -> Result<Option<Timestamp>> {
    let q = tx.sql("SELECT created_at FROM audit_log WHERE organization_id = $1 ORDER BY seq DESC LIMIT 1");
    tx.conn().scalar(q).await
}
