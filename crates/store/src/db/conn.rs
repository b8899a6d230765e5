//! A connection inside a transaction, of either database.

use domain::OrganizationId;
use futures::TryStreamExt as _;
use sqlx::postgres::Postgres;
use sqlx::sqlite::Sqlite;
use sqlx::{AssertSqlSafe, Transaction};

use super::{Column, Db, Dialect, Error, FromDb, Result, Row, Sql, args, explain};

/// An open transaction. Dropping it rolls back.
pub enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// A snapshot to read from. With an organization, PostgreSQL shows only its rows.
    pub(crate) async fn begin_read(&self, organization: Option<OrganizationId>) -> Result<Conn> {
        match self {
            Self::Sqlite { read, .. } => Ok(Conn::Sqlite(read.begin().await?)),
            Self::Postgres { pool, .. } => Ok(Conn::Postgres(
                pool.begin_with(scoped_begin(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    organization,
                ))
                .await?,
            )),
        }
    }
    /// SQLite begins IMMEDIATE: a deferred transaction that upgrades fails at once when another writes.
    pub(crate) async fn begin_write(&self, organization: Option<OrganizationId>) -> Result<Conn> {
        match self {
            Self::Sqlite { write, .. } => Ok(Conn::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres { pool, .. } => {
                Ok(Conn::Postgres(pool.begin_with(scoped_begin("BEGIN", organization)).await?))
            }
        }
    }
}

/// One round trip: begin, take the bound role, name the organization. A UUID's text needs no quoting.
fn scoped_begin(begin: &str, organization: Option<OrganizationId>) -> AssertSqlSafe<String> {
    AssertSqlSafe(match organization {
        None => begin.to_owned(),
        Some(id) => format!(
            "{begin}; SET LOCAL ROLE watchroom_app; SET LOCAL app.organization_id = '{}'",
            id.0.hyphenated()
        ),
    })
}

impl Conn {
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
    pub async fn all<T: FromDb>(&mut self, q: Sql) -> Result<Vec<T>> {
        self.rows(q).await?.iter().map(T::from_db).collect()
    }
    /// As [`all`](Self::all), one by one, up to and with the first row of which `enough` is true: what comes after it is not
    /// brought into memory.
    pub async fn all_until<T: FromDb>(
        &mut self,
        q: Sql,
        mut enough: impl FnMut(&T) -> bool,
    ) -> Result<Vec<T>> {
        q.check()?;
        if let Some(asked) = explain::asked(&q, self.dialect()) {
            explain::keep(&q, &self.fetch(asked).await?);
        }
        let mut found = Vec::new();
        let mut take = |row: Row| {
            let value = T::from_db(&row)?;
            let last = enough(&value);
            found.push(value);
            Ok::<_, Error>(last)
        };
        match self {
            Self::Sqlite(tx) => {
                let args = args::sqlite(q.args).map_err(encoding)?;
                let mut rows = sqlx::query_with(AssertSqlSafe(q.text), args).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await? {
                    if take(Row::Sqlite(row))? {
                        break;
                    }
                }
            }
            Self::Postgres(tx) => {
                let args = args::postgres(q.args).map_err(encoding)?;
                let mut rows = sqlx::query_with(AssertSqlSafe(q.text), args).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await? {
                    if take(Row::Postgres(row))? {
                        break;
                    }
                }
            }
        }
        Ok(found)
    }
    pub async fn opt<T: FromDb>(&mut self, q: Sql) -> Result<Option<T>> {
        self.row(q).await?.as_ref().map(T::from_db).transpose()
    }
    /// The first column of the first row.
    pub async fn scalar<T: Column>(&mut self, q: Sql) -> Result<Option<T>> {
        self.row(q).await?.as_ref().map(Row::first).transpose()
    }
    /// The first column of every row.
    pub async fn scalars<T: Column>(&mut self, q: Sql) -> Result<Vec<T>> {
        self.rows(q).await?.iter().map(Row::first).collect()
    }
    /// How many rows changed.
    pub async fn exec(&mut self, q: Sql) -> Result<u64> {
        q.check()?;
        Ok(match self {
            Self::Sqlite(tx) => {
                sqlx::query_with(AssertSqlSafe(q.text), args::sqlite(q.args).map_err(encoding)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected()
            }
            Self::Postgres(tx) => {
                sqlx::query_with(AssertSqlSafe(q.text), args::postgres(q.args).map_err(encoding)?)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected()
            }
        })
    }
    /// Like `exec`, but an error when not exactly one row changed.
    pub async fn exec_one(&mut self, q: Sql) -> Result<()> {
        match self.exec(q).await? {
            1 => Ok(()),
            changed => Err(Error::RowCount { expected: 1, changed }),
        }
    }
    pub async fn rows(&mut self, q: Sql) -> Result<Vec<Row>> {
        q.check()?;
        if let Some(asked) = explain::asked(&q, self.dialect()) {
            explain::keep(&q, &self.fetch(asked).await?);
        }
        self.fetch(q).await
    }
    async fn fetch(&mut self, q: Sql) -> Result<Vec<Row>> {
        Ok(match self {
            Self::Sqlite(tx) => {
                let rows = sqlx::query_with(AssertSqlSafe(q.text), args::sqlite(q.args).map_err(encoding)?)
                    .fetch_all(&mut **tx)
                    .await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(tx) => {
                let rows = sqlx::query_with(AssertSqlSafe(q.text), args::postgres(q.args).map_err(encoding)?)
                    .fetch_all(&mut **tx)
                    .await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }
    async fn row(&mut self, q: Sql) -> Result<Option<Row>> {
        q.check()?;
        if let Some(asked) = explain::asked(&q, self.dialect()) {
            explain::keep(&q, &self.fetch(asked).await?);
        }
        Ok(match self {
            Self::Sqlite(tx) => {
                sqlx::query_with(AssertSqlSafe(q.text), args::sqlite(q.args).map_err(encoding)?)
                    .fetch_optional(&mut **tx)
                    .await?
                    .map(Row::Sqlite)
            }
            Self::Postgres(tx) => {
                sqlx::query_with(AssertSqlSafe(q.text), args::postgres(q.args).map_err(encoding)?)
                    .fetch_optional(&mut **tx)
                    .await?
                    .map(Row::Postgres)
            }
        })
    }
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

fn encoding(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Other(sqlx::Error::Encode(error))
}
