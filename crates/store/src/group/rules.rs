//! What people taught the grouping, and what follows from it. A merge rewrites no event: `groups.merged_into` says where a group
//! is read, and every list of groups, events and figures asks it. Which group a chain of merges ends at is pure
//! (`domain::group::rule::heads`).

use std::collections::HashMap;

use domain::group::rule::{Condition, Rule, heads};
use domain::{EventId, GroupActionId, GroupId, GroupRuleId, Timestamp};

use crate::db::{Dialect, Error, FromDb, Insert, Result, Row, ToArg as _};
use crate::scope::{Scoped, Writing};

impl FromDb for Rule {
    fn from_db(row: &Row) -> Result<Self> {
        let kind: String = row.get("kind")?;
        let (slot, value): (Option<i64>, Option<String>) = (row.get("slot")?, row.get("value")?);
        let split = match (kind.as_str(), slot.zip(value), row.get::<Option<String>>("query")?) {
            ("merge", ..) => None,
            (_, Some((slot, value)), _) => {
                Some(Condition::Slot { slot: usize::try_from(slot).unwrap_or(usize::MAX), value })
            }
            (_, None, Some(query)) => Some(Condition::Query { query }),
            (_, None, None) => {
                return Err(Error::Decode {
                    column: "kind".to_owned(),
                    reason: "a split of nothing".to_owned(),
                });
            }
        };
        Ok(Self {
            id: row.get("id")?,
            group_id: row.get("group_id")?,
            target_id: row.get("target_id")?,
            split,
            note: row.get("note")?,
            action_id: row.get("action_id")?,
            created_by: row.get("created_by")?,
            created_by_label: row.get("created_by_label")?,
            created_at: row.get("created_at")?,
            undone_by_label: row.get("undone_by_label")?,
            undone_at: row.get("undone_at")?,
            moved: row.get("moved")?,
            looked: row.get::<Option<Timestamp>>("looked_at")?.zip(row.get("looked_id")?),
        })
    }
}

const RULES: &str = "SELECT id, kind, group_id, target_id, slot, value, query, note, action_id, created_by, created_by_label, created_at,
            undone_by_label, undone_at, moved, looked_at, looked_id
     FROM grouping_rules
     WHERE organization_id = $1";

static INSERT: Insert = Insert {
    head: "INSERT INTO grouping_rules (organization_id, id, kind, group_id, target_id, slot, value, query, note, action_id, created_by,
                created_by_label, created_at, moved, looked_at, looked_id) VALUES",
    columns: 16,
    tail: "",
};

/// Whoever changes rules waits here for the others, so that what follows from all of them is written once and whole.
pub async fn lock(tx: &mut impl Writing) -> Result<()> {
    if tx.conn().dialect() == Dialect::Postgres {
        // PostgreSQL only.
        let q = tx
            .sql("SELECT CAST(pg_advisory_xact_lock(hashtextextended(CAST($1 AS UUID)::text, 10)) AS TEXT)");
        tx.conn().rows(q).await?;
    }
    Ok(())
}

/// Keeps new rules. What follows from them is written by [`follow`].
pub async fn insert(tx: &mut impl Writing, rules: &[Rule]) -> Result<()> {
    let organization = tx.organization();
    let args = rules.iter().flat_map(|rule| {
        let (kind, slot, value, query) = match &rule.split {
            None => ("merge", None, None, None),
            Some(Condition::Slot { slot, value }) => {
                ("split", i64::try_from(*slot).ok(), Some(value.as_str()), None)
            }
            Some(Condition::Query { query }) => ("split", None, None, Some(query.as_str())),
        };
        [
            organization.to_arg(),
            rule.id.to_arg(),
            kind.to_arg(),
            rule.group_id.to_arg(),
            rule.target_id.to_arg(),
            slot.to_arg(),
            value.to_arg(),
            query.to_arg(),
            rule.note.as_deref().to_arg(),
            rule.action_id.to_arg(),
            rule.created_by.to_arg(),
            rule.created_by_label.as_str().to_arg(),
            rule.created_at.to_arg(),
            rule.moved.to_arg(),
            rule.looked.map(|(at, _)| at).to_arg(),
            rule.looked.map(|(_, id)| id).to_arg(),
        ]
    });
    let args: Vec<_> = args.collect();
    tx.conn().insert_many(&INSERT, rules.len(), args.into_iter()).await?;
    Ok(())
}

/// Takes rules out of force; those that are out already stay as they are.
pub async fn undo(tx: &mut impl Writing, ids: &[GroupRuleId], by: &str, at: Timestamp) -> Result<()> {
    for ids in ids.chunks(500) {
        let q = tx
            .sql("UPDATE grouping_rules SET undone_at = $2, undone_by_label = $3 WHERE organization_id = $1 AND undone_at IS NULL AND id IN (")
            .bind(at)
            .bind(by)
            .list(ids.iter().copied())
            .push(")");
        tx.conn().exec(q).await?;
    }
    Ok(())
}

/// Writes what follows from the merges in force: where each group is read. Says how many groups are read elsewhere now.
pub async fn follow(tx: &mut impl Writing) -> Result<usize> {
    let q = tx.sql(
        "SELECT group_id, target_id FROM grouping_rules WHERE organization_id = $1 AND kind = 'merge' AND undone_at IS NULL",
    );
    let rows = tx.conn().rows(q).await?;
    let merges = rows.iter().map(|row| Ok((row.get("group_id")?, row.get("target_id")?)));
    let wanted = heads(&merges.collect::<Result<Vec<_>>>()?);
    let stored = merged(tx).await?;
    let gone = stored.keys().filter(|id| !wanted.contains_key(id)).map(|id| (*id, None));
    let new =
        wanted.iter().filter(|(id, head)| stored.get(id) != Some(head)).map(|(id, head)| (*id, Some(*head)));
    let mut changed: Vec<(GroupId, Option<GroupId>)> = gone.chain(new).collect();
    changed.sort_unstable();
    for (id, head) in &changed {
        let q = tx
            .sql("UPDATE groups SET merged_into = $3 WHERE organization_id = $1 AND id = $2")
            .bind(*id)
            .bind(*head);
        tx.conn().exec_one(q).await?;
    }
    Ok(changed.len())
}

/// Every merged group and where it is read. Mostly empty, and then one look at an empty index.
pub async fn merged(tx: &mut impl Scoped) -> Result<HashMap<GroupId, GroupId>> {
    let q =
        tx.sql("SELECT id, merged_into FROM groups WHERE organization_id = $1 AND merged_into IS NOT NULL");
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("id")?, row.get("merged_into")?))).collect()
}

/// The groups that take the events of each of these: itself first, then those that are merged into it.
pub async fn with_members(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<Vec<Vec<GroupId>>> {
    let mut members: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
    for ids in ids.chunks(500) {
        let q = tx
            .sql("SELECT id, merged_into FROM groups WHERE organization_id = $1 AND merged_into IN (")
            .list(ids.iter().copied())
            // Without an order: for it SQLite went through all groups.
            .push(")");
        for row in tx.conn().rows(q).await? {
            members.entry(row.get("merged_into")?).or_default().push(row.get("id")?);
        }
    }
    for members in members.values_mut() {
        members.sort_unstable();
    }
    Ok(ids
        .iter()
        .map(|id| std::iter::once(*id).chain(members.get(id).into_iter().flatten().copied()).collect())
        .collect())
}

/// When the first event of what is merged into each of these groups occurred, where something is.
pub async fn first_seen(tx: &mut impl Scoped, ids: &[GroupId]) -> Result<HashMap<GroupId, Timestamp>> {
    let mut found = HashMap::new();
    for ids in ids.chunks(500) {
        let q = tx
            .sql("SELECT merged_into, MIN(first_seen) AS first FROM groups WHERE organization_id = $1 AND merged_into IN (")
            .list(ids.iter().copied())
            .push(") GROUP BY merged_into");
        for row in tx.conn().rows(q).await? {
            found.insert(row.get("merged_into")?, row.get("first")?);
        }
    }
    Ok(found)
}

/// The groups whose events carry one of these fingerprints: their own, and those that were split off.
pub(crate) async fn of_fingerprints(tx: &mut impl Scoped, fingerprints: &[String]) -> Result<Vec<GroupId>> {
    let organization = tx.organization();
    let mut found: Vec<GroupId> = fingerprints.iter().map(|f| GroupId::derive(organization, f)).collect();
    let q = tx
        .sql("SELECT id FROM groups WHERE organization_id = $1 AND events_fingerprint IS NOT NULL AND events_fingerprint IN (")
        .list(fingerprints.iter())
        .push(")");
    found.extend(tx.conn().scalars::<GroupId>(q).await?);
    Ok(found)
}

/// Rules that name a group, in force or not, the newest first; `before`: the last of the page before.
pub async fn of_group(
    tx: &mut impl Scoped,
    group: GroupId,
    before: Option<GroupRuleId>,
    limit: u32,
) -> Result<Vec<Rule>> {
    let mut q =
        tx.sql(RULES).push(" AND (group_id = ").arg(group).push(" OR target_id = ").arg(group).push(")");
    if let Some(before) = before {
        q = q.push(" AND id < ").arg(before);
    }
    tx.conn().all(q.push(" ORDER BY id DESC LIMIT ").arg(limit)).await
}

/// Rules that one action made.
pub async fn of_action(tx: &mut impl Scoped, action: GroupActionId) -> Result<Vec<Rule>> {
    let q = tx.sql(RULES).push(" AND action_id = ").arg(action).push(" ORDER BY id");
    tx.conn().all(q).await
}

/// The merges in force of these groups.
pub async fn merges_of(tx: &mut impl Scoped, groups: &[GroupId]) -> Result<Vec<Rule>> {
    let mut found = Vec::new();
    for groups in groups.chunks(500) {
        let q = tx
            .sql(RULES)
            .push(" AND kind = 'merge' AND undone_at IS NULL AND group_id IN (")
            .list(groups.iter().copied())
            .push(")");
        found.extend(tx.conn().all::<Rule>(q).await?);
    }
    Ok(found)
}

/// A split in force that is still looking at the events that are there; the one that began first.
pub async fn moving(tx: &mut impl Scoped) -> Result<Option<Rule>> {
    let q = tx
        .sql(RULES)
        .push(" AND kind = 'split' AND undone_at IS NULL AND looked_at IS NOT NULL ORDER BY id LIMIT 1");
    tx.conn().opt(q).await
}

/// A split moved so many more events, and has come to `looked`; `None`: it has seen all.
pub async fn went_on(
    tx: &mut impl Writing,
    id: GroupRuleId,
    moved: i64,
    looked: Option<(Timestamp, EventId)>,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE grouping_rules
             SET moved = moved + $3, looked_at = $4, looked_id = $5
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(moved)
        .bind(looked.map(|(at, _)| at))
        .bind(looked.map(|(_, id)| id));
    tx.conn().exec_one(q).await
}

/// The splits in force, the oldest first.
pub async fn splits(tx: &mut impl Scoped) -> Result<Vec<Rule>> {
    let q = tx.sql(RULES).push(" AND kind = 'split' AND undone_at IS NULL ORDER BY id");
    tx.conn().all(q).await
}
