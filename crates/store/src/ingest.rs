//! The write path of events: rows, groups, roll-ups and sources in one transaction. Several hundred rows a statement on
//! SQLite; on PostgreSQL COPY into a temporary table and INSERT … SELECT from it (COPY is refused under row-level security).
//!
//! The order is fixed (idempotency keys, new sources, events, groups, roll-ups, sources) and each part is sorted, so two
//! transactions that write the same rows wait for each other instead of deadlocking.

mod batch;
mod lives;
mod splits;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::group::Life;
use domain::id::Id as _;
use domain::{GroupId, SourceId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

pub use batch::{Batch, GroupSeed, Prepared};

use crate::arrival::Arrived;
use crate::db::{Arg, CopyBuffer, Dialect, Insert, Kind, Result, ToArg as _, canonical, sql};
use crate::rollup;
use crate::scope::{Scoped, WriteTx, Writing};
use crate::search;
use batch::Tally;

/// Source ids by name.
type Names = HashMap<Arc<str>, SourceId>;

/// What one batch did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Positions in the batch of the rows whose id was stored already, or stands earlier in the batch. In ascending order.
    pub duplicates: Vec<usize>,
    /// The sources that were made.
    pub new_sources: Vec<(SourceId, String)>,
    /// What was really stored.
    pub arrived: Arrived,
}

/// Stores a batch with everything that is derived from it. `now` is when it arrived; `new_id` makes ids of new sources and of
/// what happens to groups.
pub async fn insert(
    tx: &mut impl Writing,
    batch: &Batch,
    now: Timestamp,
    new_id: &(dyn Fn() -> Uuid + Sync),
) -> Result<Outcome> {
    let batch = &*splits::apply(tx, batch, now).await?;
    let (sources, new_sources) = sources(tx, batch, now, new_id).await?;
    let before = newest_seq(tx).await?;
    let inserted = match tx.conn().dialect() {
        Dialect::Sqlite => insert_sqlite(tx, batch, now, &sources, before).await?,
        Dialect::Postgres => insert_postgres(tx, batch, now, &sources).await?,
    };
    let skipped = match inserted {
        Inserted::Count(n) if n == batch.order.len() as u64 => HashSet::new(),
        Inserted::Count(_) => missing(batch, inserted_since(tx, before).await?),
        Inserted::Ids(ids) => missing(batch, ids),
    };
    if tx.conn().dialect() == Dialect::Sqlite {
        index_sqlite(tx, batch, &skipped, before).await?;
    }
    let tally = Tally::of(batch, &skipped, &sources);
    upsert_groups(tx, &tally, now).await?;
    let watched = watched_groups(tx, &tally).await?;
    lives::arrive(tx, batch, &skipped, &watched, now, new_id).await?;
    rollup::add(tx, &tally.rollups).await?;
    count_sources(tx, batch, now, &tally, &sources).await?;
    let arrived = batch.arrived(&skipped);
    let mut duplicates: Vec<usize> =
        batch.repeated.iter().copied().chain(skipped).map(|i| i as usize).collect();
    duplicates.sort_unstable();
    Ok(Outcome { duplicates, new_sources, arrived })
}

enum Inserted {
    Count(u64),
    Ids(Vec<Uuid>),
}

fn missing(batch: &Batch, inserted: Vec<Uuid>) -> HashSet<u32> {
    let inserted: HashSet<Uuid> = inserted.into_iter().collect();
    batch.order.iter().copied().filter(|i| !inserted.contains(&batch.rows[*i as usize].id)).collect()
}

// ---- sources ----

static NEW_SOURCES: Insert = Insert {
    head: "INSERT INTO sources (organization_id, id, name, source_type, created_at, updated_at) VALUES",
    columns: 6,
    tail: "ON CONFLICT (organization_id, name) DO NOTHING",
};

/// Ids of the batch's sources by name; makes those that are missing.
async fn sources(
    tx: &mut impl Writing,
    batch: &Batch,
    now: Timestamp,
    new_id: &(dyn Fn() -> Uuid + Sync),
) -> Result<(Names, Vec<(SourceId, String)>)> {
    let mut names: Vec<Arc<str>> = batch.source_names().collect();
    names.sort_unstable();
    let mut known = find_sources(tx, &names).await?;
    names.retain(|name| !known.contains_key(name));
    if names.is_empty() {
        return Ok((known, Vec::new()));
    }
    let organization = tx.organization();
    let ids: Vec<SourceId> = names.iter().map(|_| SourceId::from_uuid(new_id())).collect();
    let rows = names.iter().zip(&ids).flat_map(|(name, id)| {
        [
            organization.to_arg(),
            id.to_arg(),
            Arg::Shared(Arc::clone(name)),
            "other".to_arg(),
            now.to_arg(),
            now.to_arg(),
        ]
    });
    tx.conn().insert_many(&NEW_SOURCES, names.len(), rows.collect::<Vec<_>>().into_iter()).await?;
    // Another writer may have made one of them in the meantime: read what counts.
    known.extend(find_sources(tx, &names).await?);
    let mut made = Vec::with_capacity(names.len());
    for (name, id) in names.iter().zip(ids) {
        if known.get(name) == Some(&id) {
            made.push((id, name.to_string()));
        }
    }
    Ok((known, made))
}

async fn find_sources(tx: &mut impl Scoped, names: &[Arc<str>]) -> Result<Names> {
    let mut found = Names::new();
    for names in names.chunks(500) {
        let q = tx
            .sql("SELECT id, name FROM sources WHERE organization_id = $1 AND name IN (")
            .list(names.iter().map(|n| &**n))
            .push(")");
        for row in tx.conn().rows(q).await? {
            found.insert(Arc::from(row.get::<String>("name")?), row.get("id")?);
        }
    }
    Ok(found)
}

static COUNT_SOURCES: Insert = Insert {
    head: "INSERT INTO sources (organization_id, id, name, event_count, last_activity, created_at, updated_at) VALUES",
    columns: 7,
    tail: "ON CONFLICT (organization_id, id) DO UPDATE
           SET event_count = sources.event_count + excluded.event_count,
               last_activity = CASE WHEN sources.last_activity > excluded.last_activity THEN sources.last_activity ELSE excluded.last_activity END",
};

async fn count_sources(
    tx: &mut impl Writing,
    batch: &Batch,
    now: Timestamp,
    tally: &Tally,
    sources: &Names,
) -> Result<()> {
    let organization = tx.organization();
    let mut counts: Vec<(SourceId, Arc<str>, i64)> = tally
        .sources
        .iter()
        .filter_map(|(word, n)| {
            let name = &batch.words[*word as usize];
            Some((*sources.get(name)?, Arc::clone(name), *n))
        })
        .collect();
    counts.sort_unstable_by_key(|(id, ..)| *id);
    let rows: Vec<Arg> = counts
        .into_iter()
        .flat_map(|(id, name, n)| {
            [
                organization.to_arg(),
                id.to_arg(),
                Arg::Shared(name),
                n.to_arg(),
                now.to_arg(),
                now.to_arg(),
                now.to_arg(),
            ]
        })
        .collect();
    tx.conn().insert_many(&COUNT_SOURCES, rows.len() / COUNT_SOURCES.columns, rows.into_iter()).await?;
    Ok(())
}

// ---- events ----

static FRESH_EVENTS: Insert = Insert { head: EVENTS, columns: 17, tail: "" };
static CHOSEN_EVENTS: Insert = Insert { head: EVENTS, columns: 17, tail: "ON CONFLICT DO NOTHING" };
const EVENTS: &str = "INSERT INTO events (seq, organization_id, occurred_at, id, ingested_at, severity, severity_text, component, service,
        environment, system_id, event_type, source_id, message, raw_payload, fingerprint, group_id) VALUES";

async fn insert_sqlite(
    tx: &mut impl Writing,
    batch: &Batch,
    now: Timestamp,
    sources: &Names,
    newest: i64,
) -> Result<Inserted> {
    let organization: Arc<str> = tx.organization().to_string().into();
    let now: Arc<str> = now.iso().into();
    let source_ids = batch.by_word(|word| sources.get(word).map(|id| Arc::from(id.to_string())));
    let groups: Vec<(Arc<str>, Arc<str>)> =
        batch.groups.iter().map(|g| (g.of_events().into(), g.id.to_string().into())).collect();
    let word = |index: Option<u32>| {
        index.map_or(Arg::Null(Kind::Text), |i| Arg::Shared(Arc::clone(&batch.words[i as usize])))
    };
    let rows = batch.order.iter().zip(newest + 1..).flat_map(|(i, seq)| {
        let row = &batch.rows[*i as usize];
        let [component, service, environment, system_id, event_type] = row.fields.map(word);
        let (fingerprint, group) = &groups[row.group as usize];
        [
            Arg::Int(seq),
            Arg::Shared(Arc::clone(&organization)),
            Arg::Time(row.at),
            Arg::Uuid(row.id),
            Arg::Shared(Arc::clone(&now)),
            row.severity.to_arg(),
            Arg::Shared(Arc::clone(&batch.words[row.severity_text as usize])),
            component,
            service,
            environment,
            system_id,
            event_type,
            row.source
                .and_then(|s| source_ids.get(&s).cloned().flatten())
                .map_or(Arg::Null(Kind::Text), Arg::Shared),
            Arg::Shared(Arc::clone(&row.message)),
            Arg::Shared(Arc::clone(&row.raw_payload)),
            Arg::Shared(Arc::clone(fingerprint)),
            Arg::Shared(Arc::clone(group)),
        ]
    });
    let insert = if batch.chosen { &CHOSEN_EVENTS } else { &FRESH_EVENTS };
    Ok(Inserted::Count(tx.conn().insert_many(insert, batch.order.len(), rows).await?))
}

/// The words of the rows that were inserted.
async fn index_sqlite(
    tx: &mut impl Writing,
    batch: &Batch,
    skipped: &HashSet<u32>,
    newest: i64,
) -> Result<()> {
    let rows = batch.order.iter().zip(newest + 1..).filter(|(i, _)| !skipped.contains(i));
    let words = rows.map(|(i, seq)| (seq, Arg::Shared(Arc::clone(&batch.rows[*i as usize].words))));
    search::add(tx.conn(), batch.order.len() - skipped.len(), words).await
}

/// SQLite's events are numbered as they come; there is one writer at a time. Those of this transaction are the ones above.
async fn newest_seq(tx: &mut impl Scoped) -> Result<i64> {
    if tx.conn().dialect() == Dialect::Postgres {
        return Ok(0);
    }
    // SQLite only.
    let q = sql("SELECT max(seq) FROM events");
    Ok(tx.conn().scalar::<Option<i64>>(q).await?.flatten().unwrap_or(0))
}

async fn inserted_since(tx: &mut impl Scoped, seq: i64) -> Result<Vec<Uuid>> {
    // SQLite only.
    let q = tx.sql("SELECT id FROM events WHERE organization_id = $1 AND seq > $2").bind(seq);
    tx.conn().scalars(q).await
}

const STAGE: &str = "CREATE TEMPORARY TABLE event_stage (
        occurred_at TIMESTAMPTZ NOT NULL, id UUID NOT NULL, severity TEXT NOT NULL, severity_text TEXT NOT NULL, component TEXT,
        service TEXT, environment TEXT, system_id TEXT, event_type TEXT, source_id UUID, message TEXT NOT NULL, raw_payload JSONB NOT NULL,
        fingerprint TEXT NOT NULL, group_id UUID NOT NULL, words TSVECTOR NOT NULL
    ) ON COMMIT DELETE ROWS";
const STAGE_HOLDS: &str = "SELECT EXISTS (SELECT 1 FROM event_stage)";
const EMPTY_STAGE: &str = "TRUNCATE event_stage";
const STAGE_COLUMNS: i16 = 15;
const COPY_STAGE: &str = "COPY event_stage (occurred_at, id, severity, severity_text, component, service, environment, system_id, event_type,
        source_id, message, raw_payload, fingerprint, group_id, words) FROM STDIN (FORMAT BINARY)";
const FROM_STAGE: &str = "INSERT INTO events (organization_id, occurred_at, id, ingested_at, severity, severity_text, component, service,
        environment, system_id, event_type, source_id, message, raw_payload, fingerprint, group_id, words)
    SELECT $1, occurred_at, id, $2, severity::severity, severity_text, component, service, environment, system_id, event_type,
           source_id, message, raw_payload, fingerprint, group_id, words
    FROM event_stage";

async fn insert_postgres(
    tx: &mut impl Writing,
    batch: &Batch,
    now: Timestamp,
    sources: &Names,
) -> Result<Inserted> {
    let word = |index: Option<u32>| index.map(|i| &*batch.words[i as usize]);
    let mut copy = CopyBuffer::with_capacity(batch.bytes + batch.order.len() * 256);
    for i in &batch.order {
        let row = &batch.rows[*i as usize];
        let group = &batch.groups[row.group as usize];
        copy.row(STAGE_COLUMNS)
            .time(row.at)
            .uuid(row.id)
            .text(row.severity.as_str())
            .text(&batch.words[row.severity_text as usize]);
        for field in row.fields {
            copy.text_or_null(word(field));
        }
        copy.uuid_or_null(word(row.source).and_then(|name| sources.get(name)).map(|id| id.uuid()))
            .text(&row.message)
            .json(&row.raw_payload)
            .text(group.of_events())
            .uuid(group.id.uuid())
            .words(&row.words);
    }
    let conn = tx.conn();
    // One table a connection, emptied at each commit. A transaction of the whole system makes it as the owner, so it is
    // shared; and it can store several batches, so it empties the table itself.
    // PostgreSQL only.
    let exists = sql("SELECT to_regclass('pg_temp.event_stage') IS NOT NULL");
    if conn.scalar::<bool>(exists).await? != Some(true) {
        conn.exec(sql(STAGE)).await?;
        // PostgreSQL only.
        conn.exec(sql("GRANT ALL ON event_stage TO watchroom_app")).await?;
    } else if conn.scalar::<bool>(sql(STAGE_HOLDS)).await? == Some(true) {
        conn.exec(sql(EMPTY_STAGE)).await?;
    }
    conn.copy_in(COPY_STAGE, copy).await?;
    let q = tx.sql(FROM_STAGE).bind(now);
    if batch.chosen {
        Ok(Inserted::Ids(tx.conn().scalars(q.push(" ON CONFLICT DO NOTHING RETURNING id")).await?))
    } else {
        Ok(Inserted::Count(tx.conn().exec(q).await?))
    }
}

// ---- groups ----

static GROUPS: Insert = Insert {
    head: "INSERT INTO groups (organization_id, id, fingerprint, template, component, event_type, example, severity, event_count,
                first_seen, last_seen, status, status_since) VALUES",
    columns: 13,
    tail: "ON CONFLICT (organization_id, id) DO UPDATE
           SET event_count = groups.event_count + excluded.event_count,
               first_seen = CASE WHEN excluded.first_seen < groups.first_seen THEN excluded.first_seen ELSE groups.first_seen END,
               last_seen = CASE WHEN excluded.last_seen > groups.last_seen THEN excluded.last_seen ELSE groups.last_seen END,
               severity = CASE WHEN 'critical' IN (groups.severity, excluded.severity) THEN 'critical'
                               WHEN 'high' IN (groups.severity, excluded.severity) THEN 'high'
                               WHEN 'medium' IN (groups.severity, excluded.severity) THEN 'medium'
                               WHEN 'low' IN (groups.severity, excluded.severity) THEN 'low'
                               ELSE groups.severity END",
};

async fn upsert_groups(tx: &mut impl Writing, tally: &Tally, now: Timestamp) -> Result<()> {
    let organization = tx.organization();
    let rows = tally.groups.iter().flat_map(|g| {
        let born = Life::born(g.first_seen, now);
        [
            organization.to_arg(),
            g.seed.id.to_arg(),
            g.seed.fingerprint.as_str().to_arg(),
            g.seed.template.as_str().to_arg(),
            g.seed.component.as_deref().to_arg(),
            g.seed.event_type.as_deref().to_arg(),
            g.example.as_str().to_arg(),
            g.severity.to_arg(),
            g.count.to_arg(),
            g.first_seen.to_arg(),
            g.last_seen.to_arg(),
            born.status.as_str().to_arg(),
            born.since.to_arg(),
        ]
    });
    tx.conn().insert_many(&GROUPS, tally.groups.len(), rows).await.map(drop)
}

/// Which groups are resolved, have a mute, or are merged, each with the group that it is read with. The upsert's RETURNING would
/// say it of all of them, and for each row that a statement returns SQLite's thread wakes its caller: 12 % of ingest's time.
async fn watched_groups(tx: &mut impl Scoped, tally: &Tally) -> Result<Vec<(GroupId, GroupId)>> {
    let mut watched = Vec::new();
    for groups in tally.groups.chunks(500) {
        let q = tx
            .sql(
                "SELECT id, merged_into
                 FROM groups
                 WHERE organization_id = $1 AND (status IN ('resolved', 'muted') OR mute_count IS NOT NULL OR merged_into IS NOT NULL) AND id IN (",
            )
            .list(groups.iter().map(|group| group.seed.id))
            .push(")");
        for row in tx.conn().rows(q).await? {
            let id: GroupId = row.get("id")?;
            watched.push((id, row.get::<Option<GroupId>>("merged_into")?.unwrap_or(id)));
        }
    }
    Ok(watched)
}

// ---- Idempotency-Key ----

/// An answer that is kept under the client's key.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub request_hash: String,
    pub status: i64,
    pub response: Value,
}

pub async fn answer(tx: &mut impl Scoped, key: &str) -> Result<Option<Answer>> {
    let q = tx.sql("SELECT request_hash, status, response FROM idempotency_keys WHERE organization_id = $1 AND key = $2").bind(key);
    let rows = tx.conn().rows(q).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Answer {
        request_hash: row.get("request_hash")?,
        status: row.get("status")?,
        response: row.get("response")?,
    }))
}

/// Of the rows at these positions those that are not what is stored under their id: other events that claim it. Payloads are
/// compared, which hold all that was sent; `1e2` and `100` are one number.
pub async fn conflicts(tx: &mut impl Scoped, batch: &Batch, positions: &[usize]) -> Result<Vec<usize>> {
    let named = |i: &usize| batch.rows.get(*i).is_some_and(|row| row.named);
    let positions: Vec<usize> = positions.iter().copied().filter(named).collect();
    let mut stored: HashMap<Uuid, Value> = HashMap::with_capacity(positions.len());
    for positions in positions.chunks(500) {
        let ids = positions.iter().filter_map(|i| batch.rows.get(*i)).map(|row| row.id);
        let q = tx
            .sql("SELECT id, raw_payload FROM events WHERE organization_id = $1 AND id IN (")
            .list(ids)
            .push(")");
        for row in tx.conn().rows(q).await? {
            stored.insert(row.get("id")?, canonical(row.get("raw_payload")?));
        }
    }
    let differs = |i: &usize| {
        batch.rows.get(*i).is_some_and(|row| {
            let sent = serde_json::from_str(&row.raw_payload).map(canonical).ok();
            stored.get(&row.id).is_some_and(|stored| !sent.is_some_and(|sent| same(&sent, stored)))
        })
    };
    Ok(positions.into_iter().filter(differs).collect())
}

/// Numbers are doubles: what PostgreSQL gives back of `1.7e18` is written as an integer.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// Keeps an answer; `false` when there is one under this key already.
pub async fn keep_answer(tx: &mut WriteTx, key: &str, answer: &Answer) -> Result<bool> {
    let at = tx.now();
    let q = tx
        .sql(
            "INSERT INTO idempotency_keys (organization_id, key, request_hash, status, response, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (organization_id, key) DO NOTHING",
        )
        .bind(key)
        .bind(&answer.request_hash)
        .bind(answer.status)
        .bind(&answer.response)
        .bind(at);
    Ok(tx.conn().exec(q).await? == 1)
}

/// Puts what storing showed into an answer kept by this transaction.
pub async fn amend_answer(tx: &mut WriteTx, key: &str, response: &Value) -> Result<()> {
    let q = tx
        .sql("UPDATE idempotency_keys SET response = $3 WHERE organization_id = $1 AND key = $2")
        .bind(key)
        .bind(response);
    tx.conn().exec_one(q).await
}

/// Instants of the oldest and newest event; `None` without events.
pub async fn span(tx: &mut impl Scoped) -> Result<Option<(Timestamp, Timestamp)>> {
    let q = tx.sql(
        "SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM events WHERE organization_id = $1",
    );
    let rows = tx.conn().rows(q).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.get::<Option<Timestamp>>("first")?.zip(row.get("last")?))
}
