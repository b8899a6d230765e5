//! Many rows a statement: multi-row INSERT on both databases, and PostgreSQL's binary COPY.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain::Timestamp;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Arg, Conn, Dialect, Error, Result, Row, args};

/// `INSERT INTO … VALUES (…), (…) … tail` with `columns` arguments a row.
#[derive(Debug)]
pub struct Insert {
    /// Up to and with the word VALUES.
    pub head: &'static str,
    /// Arguments a row.
    pub columns: usize,
    /// `ON CONFLICT …`, `RETURNING …`, or nothing.
    pub tail: &'static str,
}

/// Rows a statement. Measured on SQLite with 16 columns: 32 to 128 are within 3 %, 8 cost 15 % more.
const ROWS: usize = 64;

impl Conn {
    /// Inserts `rows` rows whose arguments come row by row; says how many changed.
    pub async fn insert_many(
        &mut self,
        insert: &'static Insert,
        rows: usize,
        mut args: impl Iterator<Item = Arg> + Send,
    ) -> Result<u64> {
        let (mut changed, mut left) = (0, rows);
        while left > 0 {
            let (text, batch) = part(insert, &mut left, &mut args, self.dialect())?;
            changed += match self {
                Self::Sqlite(tx) => {
                    sqlx::query_with(AssertSqlSafe(text), args::sqlite(batch).map_err(encoding)?)
                        .execute(&mut **tx)
                        .await?
                        .rows_affected()
                }
                Self::Postgres(tx) => {
                    sqlx::query_with(AssertSqlSafe(text), args::postgres(batch).map_err(encoding)?)
                        .execute(&mut **tx)
                        .await?
                        .rows_affected()
                }
            };
        }
        Ok(changed)
    }

    /// As [`Conn::insert_many`], with what the statement's RETURNING says.
    pub async fn insert_many_returning(
        &mut self,
        insert: &'static Insert,
        rows: usize,
        mut args: impl Iterator<Item = Arg> + Send,
    ) -> Result<Vec<Row>> {
        let (mut found, mut left) = (Vec::with_capacity(rows), rows);
        while left > 0 {
            let (text, batch) = part(insert, &mut left, &mut args, self.dialect())?;
            match self {
                Self::Sqlite(tx) => found.extend(
                    sqlx::query_with(AssertSqlSafe(text), args::sqlite(batch).map_err(encoding)?)
                        .fetch_all(&mut **tx)
                        .await?
                        .into_iter()
                        .map(Row::Sqlite),
                ),
                Self::Postgres(tx) => found.extend(
                    sqlx::query_with(AssertSqlSafe(text), args::postgres(batch).map_err(encoding)?)
                        .fetch_all(&mut **tx)
                        .await?
                        .into_iter()
                        .map(Row::Postgres),
                ),
            }
        }
        Ok(found)
    }

    /// PostgreSQL's `COPY … FROM STDIN (FORMAT BINARY)`. Only for the bulk path, which asks the dialect first.
    pub async fn copy_in(&mut self, statement: &'static str, data: CopyBuffer) -> Result<u64> {
        match self {
            Self::Sqlite(_) => Err(Error::Check("COPY is PostgreSQL's".to_owned())),
            Self::Postgres(tx) => {
                let mut copy = tx.copy_in_raw(statement).await?;
                copy.send(data.finish()).await?;
                Ok(copy.finish().await?)
            }
        }
    }
}

/// The next statement's text and arguments. Powers of two, so that at most seven statements are prepared whatever the number
/// of rows.
fn part(
    insert: &'static Insert,
    left: &mut usize,
    args: &mut impl Iterator<Item = Arg>,
    dialect: Dialect,
) -> Result<(Arc<str>, Vec<Arg>)> {
    let rows = if *left >= ROWS { ROWS } else { 1 << left.ilog2() };
    *left -= rows;
    let wanted = rows * insert.columns;
    let mut batch = Vec::with_capacity(wanted);
    batch.extend(args.by_ref().take(wanted));
    if batch.len() != wanted {
        return Err(Error::Binds {
            placeholders: wanted,
            arguments: batch.len(),
            text: insert.head.to_owned(),
        });
    }
    Ok((text(insert, rows, dialect), batch))
}

fn encoding(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Other(sqlx::Error::Encode(error))
}

/// The statement's text, made once. SQLite takes bare `?`: it looks numbered ones up by name, one after the other.
fn text(insert: &'static Insert, rows: usize, dialect: Dialect) -> Arc<str> {
    type Texts = HashMap<(&'static str, &'static str, usize, bool), Arc<str>>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let key = (insert.head, insert.tail, rows, dialect == Dialect::Sqlite);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(texts.entry(key).or_insert_with(|| {
        let mut out =
            String::with_capacity(insert.head.len() + rows * insert.columns * 6 + insert.tail.len());
        out.push_str(insert.head);
        for row in 0..rows {
            out.push_str(if row == 0 { " (" } else { ", (" });
            for column in 0..insert.columns {
                if column > 0 {
                    out.push_str(", ");
                }
                match dialect {
                    Dialect::Sqlite => out.push('?'),
                    Dialect::Postgres => {
                        let _ = write!(out, "${}", row * insert.columns + column + 1);
                    }
                }
            }
            out.push(')');
        }
        out.push(' ');
        out.push_str(insert.tail);
        Arc::from(out)
    }))
}

/// Rows in the binary form of COPY (PostgreSQL manual, "COPY", section "Binary Format").
pub struct CopyBuffer {
    bytes: Vec<u8>,
}

impl CopyBuffer {
    pub fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(bytes + 32);
        buffer.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        buffer.extend_from_slice(&[0; 8]);
        Self { bytes: buffer }
    }
    /// Begins a row of so many fields; then one call a field.
    pub fn row(&mut self, fields: i16) -> &mut Self {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }
    pub fn text_or_null(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }
    pub fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.field(value.as_bytes())
    }
    pub fn uuid_or_null(&mut self, value: Option<Uuid>) -> &mut Self {
        match value {
            Some(id) => self.uuid(id),
            None => self.null(),
        }
    }
    /// Microseconds since 2000, as PostgreSQL counts.
    pub fn time(&mut self, value: Timestamp) -> &mut Self {
        self.field(&(value.micros() - 946_684_800_000_000).to_be_bytes())
    }
    /// JSON text as JSONB, version 1.
    pub fn json(&mut self, value: &str) -> &mut Self {
        self.bytes.extend_from_slice(&(value.len() as i32 + 1).to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }
    /// Words joined by blanks as TSVECTOR: each word once with its positions, which count from 1 (`tsvectorrecv` in
    /// PostgreSQL's `tsvector.c`; it sorts the words itself). At most 255 positions a word, the last of them 16,383.
    pub fn words(&mut self, joined: &str) -> &mut Self {
        let mut places: Vec<(&str, u16)> =
            joined.split(' ').filter(|word| !word.is_empty()).zip(1..=16_383).collect();
        places.sort_unstable();
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 8]);
        let mut words: i32 = 0;
        for same in places.chunk_by(|a, b| a.0 == b.0) {
            let Some((word, _)) = same.first() else { continue };
            let same = same.get(..255).unwrap_or(same);
            words += 1;
            self.bytes.extend_from_slice(word.as_bytes());
            self.bytes.push(0);
            self.bytes.extend_from_slice(&(same.len() as u16).to_be_bytes());
            for (_, position) in same {
                self.bytes.extend_from_slice(&position.to_be_bytes());
            }
        }
        let length = (self.bytes.len() - at - 4) as i32;
        if let Some(head) = self.bytes.get_mut(at..at + 8) {
            head[..4].copy_from_slice(&length.to_be_bytes());
            head[4..].copy_from_slice(&words.to_be_bytes());
        }
        self
    }
    fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }
    fn field(&mut self, value: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(&(value.len() as i32).to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }
    fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        self.bytes
    }
}
