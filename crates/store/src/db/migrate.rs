//! Embedded migrations, the same numbers and names for both databases.

use domain::audit::hex;
use sha2::{Digest as _, Sha256};
use sqlx::migrate::{MigrateError, Migrator};

use super::{Db, Error, Result};

static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Names the embedded PostgreSQL schema: 12 hex digits over every migration. Tests name their template database by it.
pub fn schema_name() -> String {
    let mut digest = Sha256::new();
    POSTGRES.iter().for_each(|migration| digest.update(&migration.checksum));
    hex(&digest.finalize())[..12].to_owned()
}

/// The highest migration that this build knows.
pub fn schema_version() -> i64 {
    SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
}

impl Db {
    /// The schema as an older build had it, for tests of moving forward.
    pub async fn migrate_to(&self, version: i64) -> Result<()> {
        match self {
            Self::Sqlite { write, .. } => SQLITE.run_to(version, write).await?,
            Self::Postgres { pool, .. } => POSTGRES.run_to(version, pool).await?,
        }
        Ok(())
    }

    /// Brings the schema up to date, and the index of words. Safe to run at every start and from several processes.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { write, .. } => SQLITE.run(write).await?,
            Self::Postgres { pool, .. } => {
                POSTGRES.run(pool).await?;
                // Before the first entry is written, whatever command writes it.
                sqlx::query("CALL prepare_audit_month((now() AT TIME ZONE 'UTC')::date)")
                    .execute(pool)
                    .await?;
            }
        }
        crate::search::backfill(self).await
    }

    /// `Ok(true)` when every embedded migration is applied; an error when the database does not answer.
    pub async fn is_migrated(&self) -> Result<bool> {
        const COUNT: &str = "SELECT count(*) FROM _sqlx_migrations WHERE success";
        let (done, wanted): (i64, usize) = match self {
            Self::Sqlite { read, .. } => {
                // Open connections go on in a file that was moved away or deleted.
                let file = read.connect_options().get_filename().to_owned();
                if !file.exists() {
                    return Err(Error::Unavailable(format!("{} is not there any more", file.display())));
                }
                (sqlx::query_scalar(COUNT).fetch_one(read).await?, SQLITE.iter().count())
            }
            Self::Postgres { pool, .. } => {
                (sqlx::query_scalar(COUNT).fetch_one(pool).await?, POSTGRES.iter().count())
            }
        };
        Ok(usize::try_from(done).is_ok_and(|n| n >= wanted))
    }

    /// The highest migration that the database has; `None` before the first.
    ///
    /// # Errors
    /// As [`Db::migrate`] where one broke off, or is not the one that this build knows; but for those of a newer build.
    pub async fn schema_version(&self) -> Result<Option<i64>> {
        const IS_THERE: [&str; 2] = [
            "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = '_sqlx_migrations'",
        ];
        const DONE: &str = "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";
        let (tables, ours): (i64, &Migrator) = match self {
            Self::Sqlite { read, .. } => (sqlx::query_scalar(IS_THERE[0]).fetch_one(read).await?, &SQLITE),
            Self::Postgres { pool, .. } => {
                (sqlx::query_scalar(IS_THERE[1]).fetch_one(pool).await?, &POSTGRES)
            }
        };
        if tables == 0 {
            return Ok(None);
        }
        let done: Vec<(i64, bool, Vec<u8>)> = match self {
            Self::Sqlite { read, .. } => sqlx::query_as(DONE).fetch_all(read).await?,
            Self::Postgres { pool, .. } => sqlx::query_as(DONE).fetch_all(pool).await?,
        };
        for (version, success, checksum) in &done {
            let known = ours.iter().find(|migration| migration.version == *version);
            match known {
                _ if !success => return Err(MigrateError::Dirty(*version).into()),
                Some(known) if *known.checksum != **checksum => {
                    return Err(MigrateError::VersionMismatch(*version).into());
                }
                None if *version <= schema_version() => {
                    return Err(MigrateError::VersionMissing(*version).into());
                }
                _ => {}
            }
        }
        Ok(done.last().map(|(version, ..)| *version))
    }

    /// Makes the audit partitions of the months that the next 31 days touch (PostgreSQL; nothing to do in SQLite): three, where one is
    /// February.
    pub async fn prepare_audit_months(&self, now: domain::Timestamp) -> Result<()> {
        let Self::Postgres { pool, .. } = self else { return Ok(()) };
        for at in [0, 16, 31].map(|days| now.plus_seconds(days * 86_400)) {
            sqlx::query("CALL prepare_audit_month($1)")
                .bind(at.utc().date_naive())
                .execute(pool)
                .await
                .map_err(Error::from)?;
        }
        Ok(())
    }
}
