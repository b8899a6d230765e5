//! The whole of a database: what it holds, to be compared with a copy; and all of it moved from SQLite to PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use domain::OrganizationId;
use domain::audit::hex;
use sha2::{Digest as _, Sha256};

use crate::db::{Db, Dialect, Error, Result, sql};
use crate::scope::SystemTx;

/// What a database holds at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The highest migration that is applied; 0: none.
    pub schema: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// The end of each audit chain: sequence and hash.
    pub heads: BTreeMap<OrganizationId, (i64, String)>,
    /// Files of evidence: whose, SHA-256, bytes.
    pub files: Vec<(OrganizationId, String, i64)>,
}

impl Contents {
    /// Neither an account nor an organization: nobody uses it yet.
    pub fn is_unused(&self) -> bool {
        let rows = |table: &str| self.rows.get(table).copied().unwrap_or(0);
        // The platform's own row is there from the start.
        rows("users") == 0 && rows("organizations") <= 1 && rows("audit_log") == 0
    }
}

/// Reads it, also of a database that an older or newer build made.
pub async fn contents(tx: &mut SystemTx) -> Result<Contents> {
    let schema = schema(tx).await?;
    let mut rows = BTreeMap::new();
    for table in tx.conn().tables().await? {
        let n = tx.conn().count_of(&table).await?;
        rows.insert(table, n);
    }
    let mut heads = BTreeMap::new();
    if rows.contains_key("audit_heads") {
        for row in tx.conn().rows(sql("SELECT organization_id, seq, hash FROM audit_heads")).await? {
            heads.insert(row.get("organization_id")?, (row.get("seq")?, row.get("hash")?));
        }
    }
    let mut files = Vec::new();
    if rows.contains_key("evidence_files") {
        let q =
            sql("SELECT organization_id, sha256, size FROM evidence_files ORDER BY organization_id, sha256");
        for row in tx.conn().rows(q).await? {
            files.push((row.get("organization_id")?, row.get("sha256")?, row.get("size")?));
        }
    }
    Ok(Contents { schema, rows, heads, files })
}

/// A digest of each table's rows, to compare two databases of one kind by. What a database numbers or computes by itself does not count.
pub async fn digests(tx: &mut SystemTx) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    for table in tx.conn().tables().await? {
        let columns = tx.conn().columns_of(&table).await?;
        let rows = tx.conn().digests_of(&table, &columns).await?;
        digests.insert(table, format!("{} rows, {}", rows.len(), hex(&Sha256::digest(rows.concat()))));
    }
    Ok(digests)
}

/// The highest migration that is applied; 0: none.
pub async fn schema(tx: &mut SystemTx) -> Result<i64> {
    if !has_migrations(tx).await? {
        return Ok(0);
    }
    let q = sql("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Whether a build of ours made tables here.
async fn has_migrations(tx: &mut SystemTx) -> Result<bool> {
    let q = match tx.dialect() {
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = '_sqlx_migrations'"
        }
    };
    Ok(tx.conn().scalar::<i64>(sql(q)).await?.unwrap_or(0) > 0)
}

/// PostgreSQL: a name by which another session (`pg_dump --snapshot`) sees exactly what this transaction sees, while it lasts.
pub async fn export_snapshot(tx: &mut SystemTx) -> Result<String> {
    // PostgreSQL only.
    let q = sql("SELECT pg_export_snapshot()");
    tx.conn().scalar(q).await?.ok_or_else(|| Error::Check("no snapshot".to_owned()))
}

/// PostgreSQL: the server's version as it numbers it, 150018 being 15.18.
pub async fn server_version(tx: &mut SystemTx) -> Result<i64> {
    // PostgreSQL only.
    let q = sql("SELECT CAST(current_setting('server_version_num') AS BIGINT)");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// PostgreSQL: sessions of other Watchroom processes on this database. `ours`: the connections of this process's pool.
pub async fn other_sessions(tx: &mut SystemTx, ours: i64) -> Result<i64> {
    // PostgreSQL only.
    let q = sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watchroom'",
    );
    Ok((tx.conn().scalar::<i64>(q).await?.unwrap_or(0) - ours).max(0))
}

/// How far the move is: the table, its rows so far.
pub type Moving<'a> = &'a mut (dyn FnMut(&str, u64) + Send);

/// Copies every row of a SQLite database into a PostgreSQL database that nobody uses yet, in `into`, which the caller commits: all
/// of it is there or nothing. Answers what both hold; it is an error when they differ. The index of words is left to
/// [`Db::migrate`].
pub async fn move_all(from: &mut SystemTx, into: &mut SystemTx, told: Moving<'_>) -> Result<Contents> {
    let source = contents(from).await?;
    let before = contents(into).await?;
    if before.schema != source.schema {
        return Err(Error::Check(format!("schema {} here, {} there", source.schema, before.schema)));
    }
    if !before.is_unused() {
        return Err(Error::Unique);
    }
    let tables = in_order(before.rows.keys().cloned().collect(), &into.conn().references().await?)?;
    if tables.iter().collect::<BTreeSet<_>>() != source.rows.keys().collect::<BTreeSet<_>>() {
        return Err(Error::Check("the two databases do not have the same tables".to_owned()));
    }
    // What migrations wrote comes from the source, too.
    for table in tables.iter().rev().filter(|table| before.rows.get(*table).is_some_and(|n| *n > 0)) {
        into.conn().empty(table).await?;
    }
    for table in &tables {
        let columns = into.conn().columns_of(table).await?;
        if columns != from.conn().columns_of(table).await? {
            return Err(Error::Check(format!("{table} does not have the same columns in both")));
        }
        from.conn()
            .pour(into.conn(), table, &columns, |rows| told(table, rows))
            .await
            .map_err(|error| Error::Check(format!("{table}: {error}")))?;
    }
    let moved = contents(into).await?;
    if moved != source {
        let other = source.rows.iter().find(|(table, n)| moved.rows.get(*table) != Some(n));
        return Err(Error::Check(match other {
            Some((table, n)) => {
                format!("{table}: {n} rows here, {} there", moved.rows.get(table).copied().unwrap_or(0))
            }
            None => "the ends of the audit logs differ".to_owned(),
        }));
    }
    Ok(moved)
}

/// PostgreSQL: makes the partitions of the months that the source's audit log has. Not part of the move's transaction.
pub async fn prepare_months(from: &mut SystemTx, into: &Db) -> Result<()> {
    // SQLite only.
    let q = sql("SELECT DISTINCT substr(created_at, 1, 7) || '-01T00:00:00.000000Z' AS month FROM audit_log");
    let months: Vec<domain::Timestamp> = from.conn().scalars(q).await?;
    for month in months {
        into.prepare_audit_months(month).await?;
    }
    Ok(())
}

/// Tables after those that they refer to.
fn in_order(tables: BTreeSet<String>, references: &[(String, String)]) -> Result<Vec<String>> {
    let (mut left, mut ordered) = (tables, Vec::new());
    while !left.is_empty() {
        let free: Vec<String> = left
            .iter()
            .filter(|table| !references.iter().any(|(from, to)| from == *table && left.contains(to)))
            .cloned()
            .collect();
        if free.is_empty() {
            return Err(Error::Check("tables refer to each other in a circle".to_owned()));
        }
        for table in free {
            left.remove(&table);
            ordered.push(table);
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_after_those_it_refers_to() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let of = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
        };
        let ordered = in_order(set(&["a", "b", "c"]), &of(&[("a", "b"), ("b", "c")])).unwrap();
        assert_eq!(ordered, ["c", "b", "a"]);
        assert!(in_order(set(&["a", "b"]), &of(&[("a", "b"), ("b", "a")])).is_err());
    }
}
