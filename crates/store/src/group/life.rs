//! The life of groups and its history. What moves a group is decided in `domain::group::life`; here it is kept. A group is
//! locked before its life is read to be changed, several in the order of their ids, as the ingest does.

use std::collections::HashMap;

use domain::group::Status;
use domain::group::life::{Change, Life, Mute, Rate, Window};
use domain::{GroupActionId, GroupChangeId, GroupId, Timestamp, UserId};
use serde_json::Value;

use crate::db::{Dialect, Error, FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, Writing};

/// A group's life, as it is to be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: GroupId,
    pub first_seen: Timestamp,
    pub life: Life,
    /// The newest row of its history.
    pub last_change: Option<GroupChangeId>,
    /// Where it is read.
    pub merged_into: Option<GroupId>,
}

impl FromDb for Kept {
    fn from_db(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            first_seen: row.get("first_seen")?,
            life: read(row)?,
            last_change: row.get("last_change")?,
            merged_into: row.get("merged_into")?,
        })
    }
}

/// The life among a group's columns.
pub(super) fn read(row: &Row) -> Result<Life> {
    let until: Option<Timestamp> = row.get("muted_until")?;
    let (count, seconds): (Option<i64>, Option<i64>) = (row.get("mute_count")?, row.get("mute_seconds")?);
    let query: Option<String> = row.get("mute_query")?;
    let mute = match (until, count.zip(seconds), query) {
        (Some(at), ..) => Some(Mute::Until { at }),
        (None, Some((events, seconds)), _) => Some(Mute::Count { events, seconds }),
        (None, None, query) => query.map(|query| Mute::Query { query }),
    };
    let start: Option<Timestamp> = row.get("mute_start")?;
    let hour: Option<i64> = row.get("rate_hour")?;
    Ok(Life {
        status: row.get("status")?,
        since: row.get("status_since")?,
        assigned_to: row.get("assigned_to")?,
        resolved_at: row.get("resolved_at")?,
        mute,
        window: start.zip(row.get("mute_seen")?).map(|(start, seen)| Window { start, seen }),
        rate: hour.zip(row.get("rate_usual")?).map(|(hour, usual)| Rate { hour, usual }),
    })
}

macro_rules! kept {
    ($by:literal) => {
        concat!(
            "SELECT id, first_seen, status, status_since, assigned_to, resolved_at, muted_until, mute_count, mute_seconds, mute_query,
            mute_start, mute_seen, rate_hour, rate_usual, last_change, merged_into
     FROM groups",
            $by,
            " WHERE organization_id = $1"
        )
    };
}
const KEPT: &str = kept!("");

/// Those of the ids that exist, by id, until the end of the transaction for nobody else to change.
pub async fn lock(tx: &mut impl Writing, ids: &[GroupId]) -> Result<Vec<Kept>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut kept = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let q = tx.sql(KEPT).push(" AND id IN (").list(ids.iter().copied()).push(") ORDER BY id");
        let q = match tx.conn().dialect() {
            Dialect::Sqlite => q,
            Dialect::Postgres => q.push(" FOR UPDATE"),
        };
        kept.extend(tx.conn().all::<Kept>(q).await?);
    }
    Ok(kept)
}

/// Groups that may have something to move on by themselves: the escalating ones, and those whose time has come.
/// `old`: what was first seen, or regressed, before it is no news.
pub async fn due(tx: &mut impl Scoped, old: Timestamp, now: Timestamp) -> Result<Vec<Kept>> {
    // As in `group::all`.
    let all = match tx.conn().dialect() {
        Dialect::Sqlite => kept!(" INDEXED BY groups_by_first_seen"),
        Dialect::Postgres => KEPT,
    };
    let q = tx
        .sql(all)
        .push(" AND merged_into IS NULL AND (status = 'escalating' OR (status = 'new' AND first_seen <= ")
        .arg(old)
        .push(") OR (status = 'regressed' AND status_since <= ")
        .arg(old)
        .push(") OR (status = 'muted' AND muted_until <= ")
        .arg(now)
        .push(")) ORDER BY id");
    tx.conn().all(q).await
}

/// Those of the ids that are new or ongoing.
pub async fn quiet(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<Vec<Kept>> {
    let calm = [Status::New, Status::Ongoing].map(Status::as_str);
    let mut kept = Vec::new();
    for ids in ids.chunks(500) {
        let q =
            tx.sql(KEPT).push(" AND merged_into IS NULL AND status IN (").list(calm).push(") AND id IN (");
        kept.extend(tx.conn().all::<Kept>(q.list(ids.iter().copied()).push(")")).await?);
    }
    Ok(kept)
}

/// Those of the ids that arriving events can move: resolved ones, and those with a mute.
pub(crate) async fn watched(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<Vec<GroupId>> {
    let mut found = Vec::new();
    for ids in ids.chunks(500) {
        let q = tx
            .sql("SELECT id FROM groups WHERE organization_id = $1 AND (status IN ('resolved', 'muted') OR mute_count IS NOT NULL) AND id IN (")
            .list(ids.iter().copied())
            .push(")");
        found.extend(tx.conn().scalars::<GroupId>(q).await?);
    }
    Ok(found)
}

/// Groups of somebody.
pub async fn of_member(tx: &mut impl Scoped, user: UserId) -> Result<Vec<GroupId>> {
    let q = tx.sql("SELECT id FROM groups WHERE organization_id = $1 AND assigned_to = $2").bind(user);
    tx.conn().scalars(q).await
}

/// Keeps figures that the history does not tell.
pub async fn set(tx: &mut impl Writing, id: GroupId, life: &Life) -> Result<()> {
    update(tx, id, life, None).await
}

static HISTORY: Insert = Insert {
    head: "INSERT INTO group_history (organization_id, group_id, id, at, actor_id, actor, step, old_state, new_state, note, action_id, undoes, other_id) VALUES",
    columns: 13,
    tail: "",
};

/// Moves groups on, with a row of history each. They are locked.
pub async fn change(tx: &mut impl Writing, changes: &[Change]) -> Result<()> {
    for change in changes {
        update(tx, change.group_id, &change.new, Some(change.id)).await?;
    }
    let organization = tx.organization();
    let mut args = Vec::with_capacity(changes.len() * HISTORY.columns);
    for change in changes {
        args.extend([
            organization.to_arg(),
            change.group_id.to_arg(),
            change.id.to_arg(),
            change.at.to_arg(),
            change.actor_id.to_arg(),
            change.actor.as_deref().to_arg(),
            change.step.as_str().to_arg(),
            json(&change.old)?.to_arg(),
            json(&change.new)?.to_arg(),
            change.note.as_deref().to_arg(),
            change.action_id.to_arg(),
            change.undoes.to_arg(),
            change.other.to_arg(),
        ]);
    }
    tx.conn().insert_many(&HISTORY, changes.len(), args.into_iter()).await?;
    Ok(())
}

async fn update(
    tx: &mut impl Writing,
    id: GroupId,
    life: &Life,
    change: Option<GroupChangeId>,
) -> Result<()> {
    let (until, count, seconds, query) = match &life.mute {
        None => (None, None, None, None),
        Some(Mute::Until { at }) => (Some(*at), None, None, None),
        Some(Mute::Count { events, seconds }) => (None, Some(*events), Some(*seconds), None),
        Some(Mute::Query { query }) => (None, None, None, Some(query.as_str())),
    };
    let q = tx
        .sql(
            "UPDATE groups
             SET status = $3, status_since = $4, assigned_to = $5, resolved_at = $6, muted_until = $7, mute_count = $8,
                 mute_seconds = $9, mute_query = $10, mute_start = $11, mute_seen = $12, rate_hour = $13, rate_usual = $14,
                 last_change = COALESCE($15, last_change)
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(life.status.as_str())
        .bind(life.since)
        .bind(life.assigned_to)
        .bind(life.resolved_at)
        .bind(until)
        .bind(count)
        .bind(seconds)
        .bind(query)
        .bind(life.window.map(|w| w.start))
        .bind(life.window.map(|w| w.seen))
        .bind(life.rate.map(|r| r.hour))
        .bind(life.rate.map(|r| r.usual))
        .bind(change);
    tx.conn().exec_one(q).await
}

fn json(life: &Life) -> Result<Value> {
    serde_json::to_value(life).map_err(|e| Error::Check(format!("a life that is no JSON: {e}")))
}

impl FromDb for Change {
    fn from_db(row: &Row) -> Result<Self> {
        let life = |column: &'static str| {
            serde_json::from_value(row.get::<Value>(column)?)
                .map_err(|e| Error::Decode { column: column.to_owned(), reason: e.to_string() })
        };
        Ok(Self {
            id: row.get("id")?,
            group_id: row.get("group_id")?,
            at: row.get("at")?,
            actor_id: row.get("actor_id")?,
            actor: row.get("actor")?,
            step: row.get("step")?,
            old: life("old_state")?,
            new: life("new_state")?,
            note: row.get("note")?,
            action_id: row.get("action_id")?,
            undoes: row.get("undoes")?,
            other: row.get("other_id")?,
        })
    }
}

const CHANGES: &str =
    "SELECT id, group_id, at, actor_id, actor, step, old_state, new_state, note, action_id, undoes, other_id
     FROM group_history
     WHERE organization_id = $1";

/// What happened to one group, the newest first; `before`: the last of the page before.
pub async fn history(
    tx: &mut impl Scoped,
    group: GroupId,
    before: Option<GroupChangeId>,
    limit: u32,
) -> Result<Vec<Change>> {
    let mut q = tx.sql(CHANGES).push(" AND group_id = ").arg(group);
    if let Some(before) = before {
        q = q.push(" AND id < ").arg(before);
    }
    tx.conn().all(q.push(" ORDER BY id DESC LIMIT ").arg(limit)).await
}

/// What one action changed, by group.
pub async fn of_action(tx: &mut impl Scoped, action: GroupActionId) -> Result<Vec<Change>> {
    let q = tx.sql(CHANGES).push(" AND action_id = ").arg(action).push(" ORDER BY group_id");
    tx.conn().all(q).await
}

/// Names of people, whether they still belong here or not.
pub async fn names(tx: &mut impl Scoped, people: &[UserId]) -> Result<HashMap<UserId, String>> {
    let q = tx
        .sql("SELECT u.id, COALESCE(u.display_name, u.username) AS name FROM organizations o JOIN users u ON 1 = 1 WHERE o.id = $1 AND u.id IN (")
        .list(people.iter().copied())
        .push(")");
    let rows = tx.conn().rows(q).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}
