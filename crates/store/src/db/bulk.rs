//! Many rows a statement: multi-row INSERT on SQLite, INSERT from an array a column on PostgreSQL, and its binary COPY.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::Poll;

use domain::Timestamp;
use futures::poll;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Arg, Conn, Dialect, Error, Result, args};

/// `INSERT INTO … VALUES (…), (…) … tail` with `columns` arguments a row; PostgreSQL gets
/// `INSERT INTO … SELECT * FROM unnest($1, $2, …) tail` with an array a column.
#[derive(Debug)]
pub struct Insert {
    /// Up to and with the word VALUES.
    pub head: &'static str,
    /// Arguments a row.
    pub columns: usize,
    /// `ON CONFLICT …`, or nothing.
    pub tail: &'static str,
}

/// Rows a statement on SQLite. Each statement is a message to SQLite's thread and one back: ingest stores 37,000 events a second
/// with 64, 45,000 with 256, as many with 512 and 1,024, which take more memory.
const ROWS: usize = 256;
/// Rows a statement on PostgreSQL: a bound for the memory of the arrays.
const ARRAY_ROWS: usize = 4096;

impl Conn {
    /// Inserts `rows` rows whose arguments come row by row; says how many changed. The next statement is made while the database
    /// works on the one before.
    pub async fn insert_many(
        &mut self,
        insert: &'static Insert,
        rows: usize,
        mut args: impl Iterator<Item = Arg> + Send,
    ) -> Result<u64> {
        let (mut changed, mut left) = (0, rows);
        match self {
            Self::Sqlite(tx) => {
                let mut make = || -> Result<_> {
                    let Some(part) = part(insert, &mut left, &mut args, Dialect::Sqlite)? else {
                        return Ok(None);
                    };
                    let text = values(insert, part.len() / insert.columns);
                    Ok(Some((text, args::sqlite(part).map_err(encoding)?)))
                };
                let mut next = make()?;
                while let Some((text, args)) = next {
                    let running = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut **tx);
                    let (done, made) = meanwhile(running, &mut make).await;
                    changed += done?.rows_affected();
                    next = made?;
                }
            }
            Self::Postgres(tx) => {
                let mut make = || -> Result<_> {
                    let Some(part) = part(insert, &mut left, &mut args, Dialect::Postgres)? else {
                        return Ok(None);
                    };
                    let text = arrays(insert, &part);
                    Ok(Some((text, args::postgres_columns(&part, insert.columns).map_err(encoding)?)))
                };
                let mut next = make()?;
                while let Some((text, args)) = next {
                    let running = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut **tx);
                    let (done, made) = meanwhile(running, &mut make).await;
                    changed += done?.rows_affected();
                    next = made?;
                }
            }
        }
        Ok(changed)
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

/// Begins something, works while it goes on, and waits for it.
async fn meanwhile<F: Future, T>(running: F, work: impl FnOnce() -> T) -> (F::Output, T) {
    let mut running = pin!(running);
    let begun = poll!(running.as_mut());
    let made = work();
    let done = match begun {
        Poll::Ready(done) => done,
        Poll::Pending => running.await,
    };
    (done, made)
}

/// The arguments of the next statement, while there are rows left. Powers of two of rows on SQLite, so that at most nine
/// statements are prepared whatever the number of rows.
fn part(
    insert: &'static Insert,
    left: &mut usize,
    args: &mut impl Iterator<Item = Arg>,
    dialect: Dialect,
) -> Result<Option<Vec<Arg>>> {
    let rows = match dialect {
        _ if *left == 0 => return Ok(None),
        Dialect::Sqlite if *left >= ROWS => ROWS,
        Dialect::Sqlite => 1 << left.ilog2(),
        Dialect::Postgres => (*left).min(ARRAY_ROWS),
    };
    *left -= rows;
    let wanted = rows * insert.columns;
    let mut part = Vec::with_capacity(wanted);
    part.extend(args.by_ref().take(wanted));
    if part.len() != wanted {
        return Err(Error::Binds {
            placeholders: wanted,
            arguments: part.len(),
            text: insert.head.to_owned(),
        });
    }
    Ok(Some(part))
}

fn encoding(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Other(sqlx::Error::Encode(error))
}

/// The statement of SQLite, made once. It takes bare `?`: SQLite looks numbered ones up by name, one after the other.
fn values(insert: &'static Insert, rows: usize) -> Arc<str> {
    once(insert, rows, || {
        let row = format!("({})", vec!["?"; insert.columns].join(", "));
        format!("{} {} {}", insert.head, vec![row; rows].join(", "), insert.tail)
    })
}

/// The statement of PostgreSQL, made once; the types of the arrays are those of the first row.
fn arrays(insert: &'static Insert, batch: &[Arg]) -> Arc<str> {
    once(insert, 0, || {
        let head = insert.head.strip_suffix("VALUES").unwrap_or(insert.head);
        let mut out = format!("{head}SELECT * FROM unnest(");
        for (column, arg) in batch.iter().take(insert.columns).enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(out, "{comma}${}{}", column + 1, args::array_cast(arg.kind()));
        }
        out + ") " + insert.tail
    })
}

fn once(insert: &'static Insert, rows: usize, text: impl FnOnce() -> String) -> Arc<str> {
    type Texts = HashMap<(&'static str, &'static str, usize), Arc<str>>;
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(texts.entry((insert.head, insert.tail, rows)).or_insert_with(|| Arc::from(text())))
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
