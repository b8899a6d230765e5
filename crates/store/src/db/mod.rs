//! The seam over two native drivers: an enum, typed arguments, one row type. 250 to 400 lines, on purpose.
//!
//! Chosen over a trait with one implementation per database (two files that drift apart), `sqlx::Any` (no uuid, time or
//! JSON) and an ORM, because `$1…$n` binds in both drivers.

mod args;
mod bulk;
mod conn;
mod error;
mod explain;
mod migrate;
mod rights;
mod room;
mod row;
mod sql;
mod whole;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

pub use args::{Arg, Kind, ToArg, as_doubles, canonical};
pub use bulk::{CopyBuffer, Insert};
pub use conn::Conn;
pub use error::{Error, Result};
pub use explain::{Plan, explain};
pub use migrate::{schema_name, schema_version};
pub use room::{Room, full};
pub(crate) use row::from_row;
pub use row::{Column, FromDb, Row};
pub use sql::{Sql, sql};

/// Which SQL to write where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

#[derive(Clone, Debug)]
pub struct Options {
    /// Connections that read at the same time (PostgreSQL: the whole pool).
    pub connections: u32,
    pub acquire_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 8, acquire_timeout: Duration::from_secs(5) }
    }
}

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Db {
    /// One writer (a second would only wait for the lock) and several readers on a WAL file.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        /// Reads that still run are given up.
        ending: Arc<AtomicBool>,
    },
    Postgres {
        pool: PgPool,
        room: Room,
    },
}

impl Db {
    /// Connects to `sqlite://path` or `postgres://…`, creating the SQLite file and its folder when absent. Does not migrate.
    pub async fn connect(url: &str, options: &Options) -> Result<Self> {
        if let Some(file) = sqlite_file(url) {
            return Self::connect_sqlite(file, options).await;
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::Url("the database URL starts with sqlite:// or postgres://".to_owned()));
        }
        let connect: PgConnectOptions = url.parse().map_err(|e: sqlx::Error| Error::Url(e.to_string()))?;
        // What PostgreSQL only notices (a table that was there already) is no news.
        let session = [("timezone", "UTC"), ("search_path", "public"), ("client_min_messages", "warning")];
        let connect = connect.application_name("watchroom").options(session);
        let pool = PgPoolOptions::new()
            .after_connect(|conn, _| {
                Box::pin(async move {
                    // What is acknowledged is on the disk, whatever the cluster's default; more than that stays as it is.
                    let durable = "SELECT set_config('synchronous_commit', 'on', false) \
                                   WHERE current_setting('synchronous_commit') = 'off'";
                    sqlx::query(durable).execute(conn).await.map(drop)
                })
            })
            .max_connections(options.connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(true)
            .connect_with(connect.clone());
        let pool = match pool.await {
            // A pool says only that its time was over; one connection says why.
            Err(sqlx::Error::PoolTimedOut) => {
                let one = tokio::time::timeout(options.acquire_timeout, PgConnection::connect_with(&connect));
                return Err(one
                    .await
                    .map_or(sqlx::Error::PoolTimedOut, |one| match one {
                        Ok(_) => sqlx::Error::PoolTimedOut,
                        Err(why) => why,
                    })
                    .into());
            }
            pool => pool?,
        };
        Ok(Self::Postgres { pool, room: Room::default() })
    }

    async fn connect_sqlite(file: &Path, options: &Options) -> Result<Self> {
        if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| Error::Url(format!("cannot make {}: {e}", folder.display())))?;
        }
        let connect = SqliteConnectOptions::new()
            .filename(file)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            // An acknowledged batch is on the disk. In batches this costs about 15 % (docs/PERFORMANCE.md).
            .synchronous(SqliteSynchronous::Full)
            .pragma("temp_store", "memory")
            .statement_cache_capacity(256);
        // Made once: a connection that is opened again after the file was moved away would begin an empty one.
        SqliteConnection::connect_with(&connect.clone().create_if_missing(true)).await?.close().await?;
        // Rarer checkpoints double the bulk rate; the WAL stays bounded by the size limit. A cache of 64 MB instead of 16
        // is worth an eighth of the rate (docs/PERFORMANCE.md): the index of words is written all over.
        let writer = connect
            .clone()
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", "4000")
            .pragma("journal_size_limit", "67108864");
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.acquire_timeout.max(Duration::from_secs(30)))
            .after_release(|conn, _| Box::pin(at_rest(conn)))
            .connect_with(writer)
            .await?;
        // Small on purpose. The system's page cache keeps the file; with 8 MB a connection scans are a quarter slower, and mapped
        // pages would count as the server's memory.
        let ending = Arc::new(AtomicBool::new(false));
        let goes_on = Arc::clone(&ending);
        let read = SqlitePoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.acquire_timeout)
            .after_connect(move |conn, _| {
                let ending = Arc::clone(&goes_on);
                Box::pin(async move {
                    // A statement that nobody waits for any more would keep the process from ending.
                    let goes_on = move || !ending.load(Ordering::Relaxed);
                    conn.lock_handle().await?.set_progress_handler(100_000, goes_on);
                    Ok(())
                })
            })
            .connect_with(connect.pragma("cache_size", "-2000"))
            .await?;
        Ok(Self::Sqlite { read, write, ending })
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Open and idle connections, for the metrics.
    pub fn pool_state(&self) -> (u32, usize) {
        match self {
            Self::Sqlite { read, write, .. } => {
                (read.size() + write.size(), read.num_idle() + write.num_idle())
            }
            Self::Postgres { pool, .. } => (pool.size(), pool.num_idle()),
        }
    }

    /// Waits for what is being written and closes; SQLite's reads that still run are given up.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, ending } => {
                ending.store(true, Ordering::Relaxed);
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// The file of a `sqlite:` URL.
pub fn sqlite_file(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(Path::new(path.split('?').next().unwrap_or(path)))
}

/// Whether a connection that comes back is outside of a transaction.
///
/// SQLite ends a transaction by itself on some errors (a full disk); the ROLLBACK after it fails, and the driver still counts
/// the transaction as open: every later BEGIN on the connection would be refused. Such a connection is closed.
async fn at_rest(conn: &mut SqliteConnection) -> sqlx::Result<bool> {
    if conn.is_in_transaction() {
        // The ROLLBACK of a dropped transaction may still be on its way.
        conn.ping().await?;
    }
    Ok(!conn.is_in_transaction())
}

/// Runs one statement outside a transaction on a PostgreSQL server (`CREATE DATABASE` for tests). Never user input.
pub async fn admin(server: &str, statement: &str) -> Result<()> {
    use sqlx::{Connection as _, Executor as _};
    let mut conn = sqlx::PgConnection::connect(server).await?;
    conn.execute(sqlx::AssertSqlSafe(statement.to_owned())).await?;
    conn.close().await?;
    Ok(())
}
