//! One error enum; drivers' errors are sorted by kind, because SQLite reports no constraint names.

use sqlx::error::ErrorKind;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the row exists already")]
    Unique,
    #[error("it refers to something that does not exist")]
    ForeignKey,
    #[error("a value breaks a rule of the schema: {0}")]
    Check(String),
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    #[error("the disk is full")]
    Full,
    /// Nothing was written; the same transaction again will most likely pass.
    #[error("two transactions collided: {0}")]
    Collision(String),
    #[error("the statement has {placeholders} placeholders and {arguments} arguments: {text}")]
    Binds { placeholders: usize, arguments: usize, text: String },
    #[error("column {column}: {reason}")]
    Decode { column: String, reason: String },
    #[error("{expected} rows should have changed, {changed} did")]
    RowCount { expected: u64, changed: u64 },
    #[error("the database URL: {0}")]
    Url(String),
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database: {0}")]
    Other(sqlx::Error),
}

impl Error {
    /// Trying again later can help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full | Self::Collision(_))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
            | sqlx::Error::BeginFailed => Self::Unavailable(error.to_string()),
            sqlx::Error::Database(db) => match db.kind() {
                ErrorKind::UniqueViolation => Self::Unique,
                ErrorKind::ForeignKeyViolation => Self::ForeignKey,
                ErrorKind::CheckViolation | ErrorKind::NotNullViolation => {
                    Self::Check(db.message().to_owned())
                }
                _ => match db.code().as_deref() {
                    // SQLITE_FULL; SQLITE_IOERR_WRITE when the file system says ENOSPC; PostgreSQL disk_full.
                    Some("13" | "778" | "53100") => {
                        super::room::is_full();
                        Self::Full
                    }
                    // SQLITE_BUSY, SQLITE_LOCKED; PostgreSQL: connection failures, shutdown, too many connections.
                    Some(
                        "5" | "6" | "261" | "517" | "08000" | "08003" | "08006" | "57P01" | "57P02" | "57P03"
                        | "53300",
                    ) => Self::Unavailable(db.message().to_owned()),
                    // PostgreSQL: serialization failure, deadlock.
                    Some("40001" | "40P01") => Self::Collision(db.message().to_owned()),
                    _ => Self::Other(error),
                },
            },
            _ => Self::Other(error),
        }
    }
}
