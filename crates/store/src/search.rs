//! The index of words of messages: filling it, filling it again, and whether it is whole.
//!
//! Both databases are given the words of [`domain::query::text::words`] and split or fold nothing themselves; so they find what
//! a query finds in memory. SQLite: one row of `event_words` for each event under its `seq`, the words joined by blanks.
//! PostgreSQL: `events.words`, each word with its positions.

use domain::query::text;
use domain::{EventId, OrganizationId};

use crate::db::{Arg, Conn, CopyBuffer, Db, Dialect, Insert, Result, sql};
use crate::scope::{Scoped, SystemTx, WriteTx};

/// Rows that are filled in one go.
const ROWS: usize = 2000;

static WORDS: Insert = Insert { head: "INSERT INTO event_words (rowid, words) VALUES", columns: 2, tail: "" };

/// The words of a text, joined by blanks.
pub(crate) fn words(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text::words(text) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&word.text);
    }
    joined
}

/// SQLite only: the words of new rows.
pub(crate) async fn add(
    conn: &mut Conn,
    rows: usize,
    words: impl Iterator<Item = (i64, Arg)> + Send,
) -> Result<()> {
    conn.insert_many(&WORDS, rows, words.flat_map(|(seq, words)| [Arg::Int(seq), words])).await?;
    Ok(())
}

/// Fills in what a migration left empty. It goes on where it was interrupted; with nothing to do it is one look-up.
pub(crate) async fn backfill(db: &Db) -> Result<()> {
    let mut done = 0;
    loop {
        let mut tx = SystemTx::across_all_organizations(db).await?;
        let n = match tx.dialect() {
            Dialect::Sqlite => fill_sqlite(tx.conn()).await?,
            Dialect::Postgres => fill_postgres(tx.conn()).await?,
        };
        tx.commit_unaudited_bookkeeping().await?;
        done += n;
        if n > 0 && done % 100_000 < n {
            tracing::info!(events = done, "the words of stored messages are indexed");
        }
        if n < ROWS {
            return Ok(());
        }
    }
}

async fn fill_sqlite(conn: &mut Conn) -> Result<usize> {
    // Every event has a row in the index, also without a word, and they grow together.
    // SQLite only.
    let q = sql("SELECT seq, message FROM events
         WHERE seq > (SELECT COALESCE(max(id), 0) FROM event_words_docsize)
         ORDER BY seq
         LIMIT $1")
    .bind(ROWS as i64);
    let rows = conn.rows(q).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push((row.get("seq")?, Arg::Text(words(&row.get::<String>("message")?))));
    }
    let n = found.len();
    add(conn, n, found.into_iter()).await?;
    Ok(n)
}

const STAGE: &str = "CREATE TEMPORARY TABLE word_stage (organization_id UUID NOT NULL, id UUID NOT NULL, words TSVECTOR NOT NULL) ON COMMIT DROP";
const EMPTY_STAGE: &str = "TRUNCATE word_stage";
const COPY_STAGE: &str = "COPY word_stage (organization_id, id, words) FROM STDIN (FORMAT BINARY)";
const FROM_STAGE: &str = "UPDATE events
    SET words = s.words
    FROM word_stage s
    WHERE events.organization_id = s.organization_id AND events.id = s.id AND events.words IS DISTINCT FROM s.words";

async fn fill_postgres(conn: &mut Conn) -> Result<usize> {
    // PostgreSQL only.
    let q = sql("SELECT organization_id, id, message FROM events
         WHERE words IS NULL
         ORDER BY organization_id, occurred_at, id
         LIMIT $1")
    .bind(ROWS as i64);
    let rows = conn.rows(q).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut copy = CopyBuffer::with_capacity(rows.len() * 256);
    for row in &rows {
        let (organization, id): (OrganizationId, EventId) = (row.get("organization_id")?, row.get("id")?);
        copy.row(3).uuid(organization.0).uuid(id.0).words(&words(&row.get::<String>("message")?));
    }
    conn.exec(sql(STAGE)).await?;
    conn.copy_in(COPY_STAGE, copy).await?;
    conn.exec(sql(FROM_STAGE)).await?;
    Ok(rows.len())
}

/// Computes the words of the organization's events again.
pub(crate) async fn rebuild(tx: &mut WriteTx) -> Result<()> {
    let dialect = tx.conn().dialect();
    match dialect {
        Dialect::Sqlite => {
            // SQLite only.
            let q = tx.sql(
                "DELETE FROM event_words WHERE rowid IN (SELECT seq FROM events WHERE organization_id = $1)",
            );
            tx.conn().exec(q).await?;
        }
        Dialect::Postgres => {
            tx.conn().exec(sql(STAGE)).await?;
        }
    }
    let mut after = None;
    loop {
        let q = tx.sql(match dialect {
            Dialect::Sqlite => {
                "SELECT seq, occurred_at, id, message FROM events WHERE organization_id = $1"
            }
            Dialect::Postgres => {
                "SELECT CAST(0 AS BIGINT) AS seq, occurred_at, id, message FROM events WHERE organization_id = $1"
            }
        });
        let q = crate::event::keyed(q, crate::rollup::Span::default(), after, domain::page::Order::Oldest)
            .push(" ORDER BY occurred_at, id LIMIT ")
            .arg(ROWS as i64);
        let rows = tx.conn().rows(q).await?;
        let mut found = Vec::with_capacity(rows.len());
        let mut copy =
            CopyBuffer::with_capacity(if dialect == Dialect::Postgres { rows.len() * 256 } else { 0 });
        for row in &rows {
            let id: EventId = row.get("id")?;
            after = Some(crate::event::Position { at: row.get("occurred_at")?, id: id.0 });
            let words = words(&row.get::<String>("message")?);
            match dialect {
                Dialect::Sqlite => found.push((row.get("seq")?, Arg::Text(words))),
                Dialect::Postgres => {
                    copy.row(3).uuid(tx.organization().0).uuid(id.0).words(&words);
                }
            }
        }
        match dialect {
            Dialect::Sqlite => add(tx.conn(), found.len(), found.into_iter()).await?,
            Dialect::Postgres => {
                tx.conn().exec(sql(EMPTY_STAGE)).await?;
                tx.conn().copy_in(COPY_STAGE, copy).await?;
                tx.conn().exec(sql(FROM_STAGE)).await?;
            }
        }
        if rows.len() < ROWS {
            return Ok(());
        }
    }
}

/// Events without a row in the index.
pub(crate) async fn missing(tx: &mut impl Scoped) -> Result<i64> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(match dialect {
        Dialect::Sqlite => {
            "SELECT count(*) FROM events e
             WHERE organization_id = $1 AND NOT EXISTS (SELECT 1 FROM event_words_docsize d WHERE d.id = e.seq)"
        }
        Dialect::Postgres => "SELECT count(*) FROM events WHERE organization_id = $1 AND words IS NULL",
    });
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}
