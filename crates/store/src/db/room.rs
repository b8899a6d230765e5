//! Room on the disk for everything but events, so that people can sign in and tidy up while it is full.
//!
//! SQLite's file system is asked. PostgreSQL's disk is another machine's: a table of the same size, the ballast, stands on it, and is
//! dropped when a statement was told that the disk is full (to drop a table needs no page of the disk). From then on events
//! are refused, until there is room for twice the ballast.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::Notify;

use super::{Db, Result};

/// Bytes of the disk that events leave free.
pub const RESERVE: u64 = 16 << 20;
/// PostgreSQL's pages, each full of one row of the ballast.
const PAGES: u64 = RESERVE / 8192;

/// A statement of this process was told that the disk is full.
static FULL: Notify = Notify::const_new();

pub(super) fn is_full() {
    FULL.notify_one();
}

/// Waits until a statement is told that the disk is full.
pub async fn full() {
    FULL.notified().await;
}

/// Whether the ballast of PostgreSQL is spent. Shared by the clones of a pool.
#[derive(Clone, Debug, Default)]
pub struct Room(Arc<AtomicBool>);

impl Room {
    fn spent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
    fn set_spent(&self, spent: bool) {
        self.0.store(spent, Ordering::Relaxed);
    }
}

impl Db {
    /// Whether there is room for more events.
    pub fn has_room(&self) -> bool {
        match self {
            Self::Sqlite { write, .. } => {
                let options = write.connect_options();
                let file = options.get_filename();
                let folder =
                    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                rustix::fs::statvfs(folder).map_or(true, |disk| disk.f_bavail * disk.f_frsize >= RESERVE)
            }
            Self::Postgres { room, .. } => !room.spent(),
        }
    }

    /// PostgreSQL: gives the ballast's room to everything but events. Nothing to do in SQLite.
    pub async fn spend_room(&self) -> Result<()> {
        let Self::Postgres { pool, room } = self else { return Ok(()) };
        // First: what waits to be stored must not take it.
        room.set_spent(true);
        drop_ballast(&mut *pool.acquire().await?).await?;
        Ok(())
    }

    /// PostgreSQL: whether the ballast stands, which it tries to bring about. Nothing to do in SQLite.
    pub async fn keep_room(&self) -> Result<bool> {
        let Self::Postgres { pool, room } = self else { return Ok(true) };
        let kept = keep(pool).await;
        // Where no ballast can be had for another reason, there is none to be spent.
        room.set_spent(matches!(kept, Ok(false)));
        if matches!(kept, Ok(true)) {
            // Told before it stood.
            let _ = FULL.notified().now_or_never();
        }
        kept
    }
}

async fn keep(pool: &PgPool) -> Result<bool> {
    Ok(stands(pool).await? || raise(&mut *pool.acquire().await?).await?)
}

/// After a crash PostgreSQL empties what is unlogged.
async fn stands(pool: &PgPool) -> Result<bool> {
    let size: Option<i64> =
        sqlx::query_scalar("SELECT pg_relation_size(to_regclass('ballast'))").fetch_one(pool).await?;
    Ok(size.is_some_and(|size| size.unsigned_abs() >= RESERVE))
}

async fn drop_ballast(conn: &mut PgConnection) -> sqlx::Result<()> {
    // Another server may be at it.
    conn.execute("SET lock_timeout = '2s'; DROP TABLE IF EXISTS ballast; RESET lock_timeout").await?;
    Ok(())
}

/// Whether the ballast could be put up. Takes twice as much first, and gives it back: with just enough for the ballast, the next
/// events would find the disk full again.
async fn raise(conn: &mut PgConnection) -> Result<bool> {
    drop_ballast(conn).await?;
    for (pages, keep) in [(2 * PAGES, false), (PAGES, true)] {
        let mut tx = conn.begin().await?;
        match fill(&mut tx, pages).await {
            Ok(()) if keep => tx.commit().await?,
            // What a transaction made that is rolled back is deleted from the disk.
            Ok(()) => tx.rollback().await?,
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("53100") => {
                tx.rollback().await?;
                return Ok(false);
            }
            // Another server was faster.
            Err(sqlx::Error::Database(error))
                if matches!(error.code().as_deref(), Some("42P07" | "23505")) =>
            {
                tx.rollback().await?;
                return Ok(true);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Unlogged: it is not worth the log, nor a place in a backup.
async fn fill(conn: &mut PgConnection, pages: u64) -> sqlx::Result<()> {
    conn.execute("CREATE UNLOGGED TABLE ballast (padding TEXT NOT NULL)").await?;
    // As it is: neither compressed nor put elsewhere.
    conn.execute("ALTER TABLE ballast ALTER COLUMN padding SET STORAGE PLAIN").await?;
    sqlx::query("INSERT INTO ballast SELECT repeat('x', 8000) FROM generate_series(1, $1)")
        .bind(pages.cast_signed())
        .execute(conn)
        .await?;
    Ok(())
}
