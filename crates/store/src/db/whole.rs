//! A database as a whole: its tables by the catalog, a copy of SQLite's file, and the way of a table from SQLite to PostgreSQL.
//!
//! The one place whose statements name tables that come from the catalog and not from our sources: a table that a migration
//! adds is copied and counted without a line here.

use std::path::Path;
use std::time::Duration;

use domain::audit::hex;
use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteLockingMode, SqliteRow, SqliteValueRef};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

use super::{Conn, Db, Dialect, Error, Result, sql};

/// Columns of one database alone: the index of words is another in each, and is filled anew.
const ALONE: &[(&str, &str)] = &[("events", "seq"), ("events", "words")];
/// Bytes that go into a COPY at once.
const STEP: usize = 256 * 1024;

impl Db {
    /// SQLite: writes the whole database, as it is at this moment, into a file that is not there yet and that only its
    /// owner reads. Others go on writing.
    pub async fn copy_into(&self, file: &str) -> Result<()> {
        let Self::Sqlite { read, .. } = self else {
            return Err(Error::Check("only a database of SQLite is a file".to_owned()));
        };
        // VACUUM INTO would make it readable for others; an empty file that is there it takes.
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(file).map_err(|e| Error::Check(format!("{file}: {e}")))?;
        }
        sqlx::query("VACUUM INTO $1").bind(file).execute(read).await?;
        Ok(())
    }

    /// SQLite: puts what waits in the write-ahead log into the file and gives the log up, so that the file alone is the
    /// database. Fails with [`Error::Unavailable`] while another process has it open.
    pub async fn settle_file(&self) -> Result<()> {
        let Self::Sqlite { read, write, .. } = self else {
            return Err(Error::Check("only a database of SQLite is a file".to_owned()));
        };
        read.close().await;
        let mut conn = write.acquire().await?;
        sqlx::query("PRAGMA busy_timeout = 1000").execute(&mut *conn).await?;
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE").fetch_one(&mut *conn).await?;
        if mode == "delete" {
            Ok(())
        } else {
            Err(Error::Unavailable("another process has the database open".to_owned()))
        }
    }

    /// SQLite: whether somebody else has the file open, asked by a lock alone, for which the file need not be whole. Of a file
    /// that is no database any more it is known only while its write-ahead log is not empty; else the answer is `false`.
    pub async fn is_open_elsewhere(file: &Path) -> Result<bool> {
        // In this mode the first lock is one that no other connection, not even an idle one, lets through.
        let options = SqliteConnectOptions::new()
            .filename(file)
            .locking_mode(SqliteLockingMode::Exclusive)
            .busy_timeout(Duration::from_secs(1));
        let mut conn = SqliteConnection::connect_with(&options).await?;
        let locked = sqlx::query("BEGIN EXCLUSIVE").execute(&mut conn).await;
        if locked.is_ok() {
            sqlx::query("ROLLBACK").execute(&mut conn).await?;
        }
        // Of a damaged database what waits in its log may not come into the file; it stays beside it.
        let _ = conn.close().await;
        match locked {
            Ok(_) => Ok(false),
            Err(sqlx::Error::Database(error)) if is_damage(error.code().as_deref()) => Ok(false),
            Err(error) => match Error::from(error) {
                Error::Unavailable(_) => Ok(true),
                other => Err(other),
            },
        }
    }
}

/// SQLITE_CORRUPT and SQLITE_NOTADB with all their kinds; SQLITE_IOERR_READ, a page that the disk does not give.
fn is_damage(code: Option<&str>) -> bool {
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code == 266 || [11, 26].contains(&(code & 0xff)))
}

impl Conn {
    /// Our tables by name, without the migrations' own and the parts of an index of words.
    pub(crate) async fn tables(&mut self) -> Result<Vec<String>> {
        // Whole names: PostgreSQL's partitions belong to their table, SQLite's virtual tables are made of others. The ballast
        // is room, nothing to keep.
        let q = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT name FROM pragma_table_list
                 WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'
                 ORDER BY name"
            }
            Dialect::Postgres => {
                "SELECT CAST(relname AS TEXT) AS name FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                       AND relname NOT IN ('_sqlx_migrations', 'ballast')
                 ORDER BY relname"
            }
        };
        self.scalars(sql(q)).await
    }

    pub(crate) async fn count_of(&mut self, table: &str) -> Result<i64> {
        let text = AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(table)));
        Ok(match self {
            Self::Sqlite(tx) => sqlx::query_scalar(text).fetch_one(&mut **tx).await?,
            Self::Postgres(tx) => sqlx::query_scalar(text).fetch_one(&mut **tx).await?,
        })
    }

    /// Every row of a table, as a digest of each, sorted: two tables with the same rows have the same.
    pub(crate) async fn digests_of(&mut self, table: &str, columns: &[String]) -> Result<Vec<[u8; 32]>> {
        let names = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let mut found: Vec<[u8; 32]> = Vec::new();
        match self {
            Self::Sqlite(tx) => {
                let text = AssertSqlSafe(format!("SELECT {names} FROM {}", quoted(table)));
                let mut rows = sqlx::query(text).fetch(&mut **tx);
                let mut buffer = Vec::new();
                while let Some(row) = rows.try_next().await? {
                    buffer.clear();
                    line(&mut buffer, &row, columns.len())?;
                    found.push(Sha256::digest(&buffer).into());
                }
            }
            Self::Postgres(tx) => {
                // A table in parts is read by a query.
                let text = format!("COPY (SELECT {names} FROM public.{}) TO STDOUT", quoted(table));
                let mut parts = tx.copy_out_raw(&text).await?;
                let mut buffer: Vec<u8> = Vec::new();
                while let Some(part) = parts.try_next().await? {
                    buffer.extend_from_slice(&part);
                    while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = buffer.drain(..=end).collect();
                        found.push(Sha256::digest(&line).into());
                    }
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Deletes every row: what migrations put into a table, before the rows of another database come in.
    pub(crate) async fn empty(&mut self, table: &str) -> Result<()> {
        let text = AssertSqlSafe(format!("DELETE FROM {}", quoted(table)));
        match self {
            Self::Sqlite(tx) => sqlx::query(text).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => sqlx::query(text).execute(&mut **tx).await?.rows_affected(),
        };
        Ok(())
    }

    /// The columns that are moved; what a database computes by itself is not.
    pub(crate) async fn columns_of(&mut self, table: &str) -> Result<Vec<String>> {
        let q = match self.dialect() {
            Dialect::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY name",
            Dialect::Postgres => {
                "SELECT CAST(attname AS TEXT) AS name FROM pg_attribute
                 WHERE attrelid = CAST('public.' || quote_ident($1) AS regclass) AND attnum > 0 AND NOT attisdropped
                 ORDER BY CAST(attname AS TEXT) COLLATE \"C\""
            }
        };
        let mut columns: Vec<String> = self.scalars(sql(q).bind(table)).await?;
        columns.retain(|column| !ALONE.contains(&(table, column)));
        Ok(columns)
    }

    /// PostgreSQL: which table refers to which other one.
    pub(crate) async fn references(&mut self) -> Result<Vec<(String, String)>> {
        // PostgreSQL only.
        let q = sql("SELECT DISTINCT CAST(r.relname AS TEXT) AS t, CAST(f.relname AS TEXT) AS f
             FROM pg_constraint x
             JOIN pg_class r ON r.oid = x.conrelid AND NOT r.relispartition
             JOIN pg_class f ON f.oid = x.confrelid AND f.oid <> r.oid
             WHERE x.contype = 'f' AND r.relnamespace = 'public'::regnamespace");
        let rows = self.rows(q).await?;
        rows.iter().map(|row| Ok((row.get("t")?, row.get("f")?))).collect()
    }

    /// Copies a table's rows from SQLite to PostgreSQL, read and sent bit by bit; `told` hears how many rows are on their way.
    pub(crate) async fn pour(
        &mut self,
        into: &mut Self,
        table: &str,
        columns: &[String],
        mut told: impl FnMut(u64) + Send,
    ) -> Result<u64> {
        let (Self::Sqlite(from), Self::Postgres(into)) = (self, into) else {
            return Err(Error::Check("rows are moved from SQLite to PostgreSQL".to_owned()));
        };
        let names = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        let mut rows =
            sqlx::query(AssertSqlSafe(format!("SELECT {names} FROM {}", quoted(table)))).fetch(&mut **from);
        let mut copy =
            into.copy_in_raw(&format!("COPY public.{} ({names}) FROM STDIN", quoted(table))).await?;
        let (mut buffer, mut n) = (Vec::with_capacity(STEP + STEP / 4), 0);
        while let Some(row) = rows.try_next().await? {
            line(&mut buffer, &row, columns.len())?;
            n += 1;
            if buffer.len() >= STEP {
                copy.send(buffer.as_slice()).await?;
                buffer.clear();
                told(n);
            }
        }
        copy.send(buffer.as_slice()).await?;
        let taken = copy.finish().await?;
        if taken != n {
            return Err(Error::RowCount { expected: n, changed: taken });
        }
        told(n);
        Ok(n)
    }
}

/// One row in the text form of COPY (PostgreSQL manual, "COPY", section "Text Format"): the input functions of the columns'
/// types read the same texts that SQLite holds.
fn line(out: &mut Vec<u8>, row: &SqliteRow, columns: usize) -> Result<()> {
    for column in 0..columns {
        if column > 0 {
            out.push(b'\t');
        }
        value(out, row.try_get_raw(column)?).map_err(|error| Error::Decode {
            column: format!("number {column}"),
            reason: error.to_string(),
        })?;
    }
    out.push(b'\n');
    Ok(())
}

fn value(
    out: &mut Vec<u8>,
    value: SqliteValueRef<'_>,
) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if value.is_null() {
        out.extend_from_slice(b"\\N");
        return Ok(());
    }
    let kind = value.type_info().name().to_owned();
    match kind.as_str() {
        "INTEGER" => {
            let n = <i64 as sqlx::Decode<'_, Sqlite>>::decode(value)?;
            out.extend_from_slice(n.to_string().as_bytes());
        }
        "REAL" => {
            let n = <f64 as sqlx::Decode<'_, Sqlite>>::decode(value)?;
            // The shortest text that reads back as the same number.
            out.extend_from_slice(format!("{n:?}").as_bytes());
        }
        "BLOB" => {
            out.extend_from_slice(b"\\\\x");
            out.extend_from_slice(hex(<&[u8] as sqlx::Decode<'_, Sqlite>>::decode(value)?).as_bytes());
        }
        "TEXT" => {
            for byte in <&str as sqlx::Decode<'_, Sqlite>>::decode(value)?.bytes() {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    b'\n' => out.extend_from_slice(b"\\n"),
                    b'\r' => out.extend_from_slice(b"\\r"),
                    b'\t' => out.extend_from_slice(b"\\t"),
                    other => out.push(other),
                }
            }
        }
        other => return Err(format!("a value of type {other}").into()),
    }
    Ok(())
}

/// A name of the catalog as it stands in a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
