//! All organizations as the platform sees them: what they hold, and deleting one in small steps. The platform's own row is never
//! answered.
//!
//! A deleted organization's audit log stays, since nothing may delete from it, and its row stays for the log, under another name.

use std::collections::HashMap;

use domain::organization::{Health, Overseen, QUIET_HOURS, UNPUSHED_DAYS};
use domain::{OrganizationId, PLATFORM, Timestamp};

use crate::db::{Dialect, Result, Row, Sql, from_row, sql};
use crate::scope::SystemTx;

struct Known {
    id: OrganizationId,
    slug: String,
    name: String,
    is_active: bool,
    delete_after: Option<Timestamp>,
    created_at: Timestamp,
}
from_row!(Known { id, slug, name, is_active, delete_after, created_at });

/// Every organization that was not deleted, by name. Recent events are those since the whole hour a day ago.
pub async fn list(tx: &mut SystemTx, now: Timestamp) -> Result<Vec<Overseen>> {
    let since = now.plus_seconds(-86_400).hour();
    let q = sql("SELECT id, slug, name, is_active, delete_after, created_at
                 FROM organizations
                 WHERE id <> $1 AND deleted_at IS NULL
                 ORDER BY name, id");
    let known: Vec<Known> = tx.conn().all(q.bind(PLATFORM)).await?;
    let members =
        counts(tx, sql("SELECT organization_id, count(*) AS n FROM memberships GROUP BY organization_id"))
            .await?;
    let sources =
        counts(tx, sql("SELECT organization_id, count(*) AS n FROM sources GROUP BY organization_id"))
            .await?;
    let q = sql(
        "SELECT organization_id, count(*) AS n FROM cases WHERE status <> 'resolved' AND merged_into IS NULL GROUP BY organization_id",
    );
    let cases = counts(tx, q).await?;
    let q = sql("SELECT organization_id, CAST(SUM(info + low + medium + high + critical) AS BIGINT) AS n
                 FROM event_totals
                 WHERE grain = 'day'
                 GROUP BY organization_id");
    let events = counts(tx, q).await?;
    let q = sql("SELECT organization_id, CAST(SUM(info + low + medium + high + critical) AS BIGINT) AS n
                 FROM event_totals
                 WHERE grain = 'hour' AND start >= $1
                 GROUP BY organization_id");
    let recent = counts(tx, q.bind(since)).await?;
    let q = sql("SELECT organization_id, MAX(last_seen) AS last_seen FROM groups GROUP BY organization_id");
    let mut last: HashMap<OrganizationId, Timestamp> = HashMap::new();
    for row in tx.conn().rows(q).await? {
        if let Some(at) = row.get("last_seen")? {
            last.insert(row.get("organization_id")?, at);
        }
    }
    let healths = healths(tx, now).await?;
    let of = |counts: &HashMap<OrganizationId, i64>, id| counts.get(&id).copied().unwrap_or(0);
    Ok(known
        .into_iter()
        .map(|k| Overseen {
            members: of(&members, k.id),
            sources: of(&sources, k.id),
            open_cases: of(&cases, k.id),
            events: of(&events, k.id),
            events_recent: of(&recent, k.id),
            last_event_at: last.get(&k.id).copied(),
            health: healths.get(&k.id).copied().unwrap_or_default(),
            id: k.id,
            slug: k.slug,
            name: k.name,
            is_active: k.is_active,
            delete_after: k.delete_after,
            created_at: k.created_at,
        })
        .collect())
}

/// One statement for each kind of concern: of all organizations few rows are in one.
async fn healths(tx: &mut SystemTx, now: Timestamp) -> Result<HashMap<OrganizationId, Health>> {
    let q = sql(
        "SELECT organization_id, count(*) AS n FROM sources WHERE status = 'error' GROUP BY organization_id",
    );
    let failed = counts(tx, q).await?;
    let q = sql("SELECT organization_id, count(*) AS n
                 FROM sources
                 WHERE status = 'active' AND last_activity < $1
                 GROUP BY organization_id");
    let quiet = counts(tx, q.bind(now.plus_seconds(-QUIET_HOURS * 3_600))).await?;
    let q = sql("SELECT organization_id, count(*) AS n
                 FROM webhooks
                 WHERE disabled_why IS NOT NULL OR (enabled AND failing_since IS NOT NULL)
                 GROUP BY organization_id");
    let webhooks = counts(tx, q).await?;
    let q = sql("SELECT organization_id, count(*) AS n
                 FROM iac_repositories
                 WHERE last_sync_at < $1
                 GROUP BY organization_id");
    let unpushed = counts(tx, q.bind(now.plus_seconds(-UNPUSHED_DAYS * 86_400))).await?;
    let q = sql("SELECT organization_id, count(*) AS n
                 FROM cases
                 WHERE due_at < $1 AND status <> 'resolved' AND merged_into IS NULL
                 GROUP BY organization_id");
    let overdue = counts(tx, q.bind(now)).await?;
    let mut healths: HashMap<OrganizationId, Health> = HashMap::new();
    for (counted, put) in [
        (failed, (|health, n| health.failed_sources = n) as fn(&mut Health, i64)),
        (quiet, |health, n| health.quiet_sources = n),
        (webhooks, |health, n| health.failing_webhooks = n),
        (unpushed, |health, n| health.unpushed_repositories = n),
        (overdue, |health, n| health.overdue_cases = n),
    ] {
        for (id, n) in counted {
            put(healths.entry(id).or_default(), n);
        }
    }
    Ok(healths)
}

async fn counts(tx: &mut SystemTx, q: Sql) -> Result<HashMap<OrganizationId, i64>> {
    let pair = |row: &Row| Ok((row.get("organization_id")?, row.get("n")?));
    tx.conn().rows(q).await?.iter().map(pair).collect()
}

/// When it is to be deleted; `None` takes that back. Suspends it, too: what goes is not worked in.
pub async fn mark(
    tx: &mut SystemTx,
    id: OrganizationId,
    delete_after: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    let q = sql("UPDATE organizations
                 SET delete_after = $2, is_active = $3, updated_at = $4
                 WHERE id = $1 AND id <> $5 AND deleted_at IS NULL");
    tx.conn().exec_one(q.bind(id).bind(delete_after).bind(false).bind(now).bind(PLATFORM)).await
}

/// When it is marked to be deleted.
pub async fn delete_after(tx: &mut SystemTx, id: OrganizationId) -> Result<Option<Timestamp>> {
    let q = sql("SELECT delete_after FROM organizations WHERE id = $1 AND deleted_at IS NULL");
    let found: Option<Option<Timestamp>> = tx.conn().scalar(q.bind(id)).await?;
    Ok(found.flatten())
}

/// Takes the organization for one step of deleting; `false` when its grace is not over, it was taken back, or another server is
/// at it: two that delete the same rows would each take the other's for an empty table.
pub async fn lock_due(tx: &mut SystemTx, id: OrganizationId, now: Timestamp) -> Result<bool> {
    let q = sql("SELECT id FROM organizations WHERE id = $1 AND delete_after <= $2 AND deleted_at IS NULL")
        .bind(id)
        .bind(now);
    let q = match tx.conn().dialect() {
        Dialect::Postgres => q.push(" FOR NO KEY UPDATE SKIP LOCKED"),
        Dialect::Sqlite => q,
    };
    let found: Option<OrganizationId> = tx.conn().scalar(q).await?;
    Ok(found.is_some())
}

/// Those whose grace is over at `now`.
pub async fn due(tx: &mut SystemTx, now: Timestamp) -> Result<Vec<OrganizationId>> {
    let q = sql("SELECT id FROM organizations WHERE delete_after <= $1 AND deleted_at IS NULL ORDER BY id");
    tx.conn().scalars(q.bind(now)).await
}

/// Tables that can be large: `$2` rows at a time.
const LARGE: [&str; 5] = [
    "DELETE FROM events
     WHERE organization_id = $1
       AND (occurred_at, id) IN (SELECT e.occurred_at, e.id FROM events e WHERE e.organization_id = $1 ORDER BY e.occurred_at, e.id LIMIT $2)",
    "DELETE FROM event_rollups
     WHERE organization_id = $1
       AND (grain, start, field, value) IN (SELECT r.grain, r.start, r.field, r.value FROM event_rollups r WHERE r.organization_id = $1 LIMIT $2)",
    "DELETE FROM group_history
     WHERE organization_id = $1 AND id IN (SELECT h.id FROM group_history h WHERE h.organization_id = $1 LIMIT $2)",
    "DELETE FROM case_links
     WHERE organization_id = $1 AND id IN (SELECT l.id FROM case_links l WHERE l.organization_id = $1 LIMIT $2)",
    "DELETE FROM case_history
     WHERE organization_id = $1
       AND (case_id, seq) IN (SELECT h.case_id, h.seq FROM case_history h WHERE h.organization_id = $1 LIMIT $2)",
];

/// The rest, what refers before what is referred to.
const REST: [&str; 66] = [
    "DELETE FROM drift_metrics_runs WHERE organization_id = $1",
    "DELETE FROM drafts WHERE organization_id = $1",
    "DELETE FROM presences WHERE organization_id = $1",
    "DELETE FROM drift_rules WHERE organization_id = $1",
    "DELETE FROM drift_metrics_daily WHERE organization_id = $1",
    "DELETE FROM recommendations WHERE organization_id = $1",
    "DELETE FROM cause_queue WHERE organization_id = $1",
    "DELETE FROM correlation_events WHERE organization_id = $1",
    "DELETE FROM operational_context WHERE organization_id = $1",
    "DELETE FROM drift_cause_analysis WHERE organization_id = $1",
    "DELETE FROM ml_predictions WHERE organization_id = $1",
    "DELETE FROM ml_performance_metrics WHERE organization_id = $1",
    "DELETE FROM ml_artifacts WHERE organization_id = $1",
    "DELETE FROM ml_models WHERE organization_id = $1",
    "DELETE FROM ml_trainings WHERE organization_id = $1",
    "DELETE FROM external_events WHERE organization_id = $1",
    "DELETE FROM drift_history WHERE organization_id = $1",
    "DELETE FROM drift_changes WHERE organization_id = $1",
    "DELETE FROM drift_events WHERE organization_id = $1",
    "DELETE FROM drift_ignores WHERE organization_id = $1",
    "DELETE FROM iac_resources WHERE organization_id = $1",
    "DELETE FROM drift_pushes WHERE organization_id = $1",
    "DELETE FROM iac_repositories WHERE organization_id = $1",
    "DELETE FROM event_totals WHERE organization_id = $1",
    "DELETE FROM event_arrivals WHERE organization_id = $1",
    "DELETE FROM idempotency_keys WHERE organization_id = $1",
    "DELETE FROM upload_rejections WHERE organization_id = $1",
    "DELETE FROM uploads WHERE organization_id = $1",
    "DELETE FROM case_field_values WHERE organization_id = $1",
    "DELETE FROM case_fields WHERE organization_id = $1",
    "DELETE FROM case_templates WHERE organization_id = $1",
    "DELETE FROM case_reviews WHERE organization_id = $1",
    "DELETE FROM case_merges WHERE organization_id = $1",
    "DELETE FROM case_family WHERE organization_id = $1",
    "DELETE FROM case_jobs WHERE organization_id = $1",
    "DELETE FROM case_tags WHERE organization_id = $1",
    "DELETE FROM tags WHERE organization_id = $1",
    "DELETE FROM case_mentions WHERE organization_id = $1",
    "DELETE FROM case_note_revisions WHERE organization_id = $1",
    "DELETE FROM case_notes WHERE organization_id = $1",
    "DELETE FROM case_tasks WHERE organization_id = $1",
    "DELETE FROM case_entries WHERE organization_id = $1",
    "DELETE FROM evidence_custody WHERE organization_id = $1",
    "DELETE FROM case_evidence WHERE organization_id = $1",
    "DELETE FROM evidence_files WHERE organization_id = $1",
    "DELETE FROM case_observables WHERE organization_id = $1",
    "DELETE FROM observables WHERE organization_id = $1",
    "DELETE FROM cases WHERE organization_id = $1",
    "DELETE FROM numbers WHERE organization_id = $1",
    "DELETE FROM grouping_rules WHERE organization_id = $1",
    "DELETE FROM groups WHERE organization_id = $1",
    "DELETE FROM starts WHERE organization_id = $1",
    "DELETE FROM view_defaults WHERE organization_id = $1",
    "DELETE FROM views WHERE organization_id = $1",
    "DELETE FROM retention_runs WHERE organization_id = $1",
    "DELETE FROM retention_policies WHERE organization_id = $1",
    "DELETE FROM legal_holds WHERE organization_id = $1",
    "DELETE FROM api_keys WHERE organization_id = $1",
    "DELETE FROM sources WHERE organization_id = $1",
    "DELETE FROM environments WHERE organization_id = $1",
    "DELETE FROM invitations WHERE organization_id = $1",
    "DELETE FROM webhook_deliveries WHERE organization_id = $1",
    "DELETE FROM webhooks WHERE organization_id = $1",
    "DELETE FROM provider_roles WHERE organization_id = $1",
    "DELETE FROM settings WHERE organization_id = $1",
    "DELETE FROM memberships WHERE organization_id = $1",
];

/// Every table that is emptied.
pub fn tables() -> impl Iterator<Item = &'static str> {
    LARGE.iter().chain(&REST).filter_map(|text| text.split_whitespace().nth(2))
}

/// One step of deleting what an organization has: at most `limit` rows of a large table, or at the end all of the small ones.
/// `true`: nothing was left but small tables, and they are empty now.
pub async fn erase(tx: &mut SystemTx, id: OrganizationId, limit: i64) -> Result<bool> {
    for text in LARGE {
        if tx.conn().exec(sql(text).bind(id).bind(limit)).await? > 0 {
            return Ok(false);
        }
    }
    for text in REST {
        tx.conn().exec(sql(text).bind(id)).await?;
    }
    Ok(true)
}

/// Slug and name are free for others from now on.
pub async fn finish(tx: &mut SystemTx, id: OrganizationId, now: Timestamp) -> Result<()> {
    let named = format!("deleted-{id}");
    let q = sql("UPDATE organizations
                 SET slug = $2, name = $2, description = NULL, contact_email = NULL, deleted_at = $3, updated_at = $3
                 WHERE id = $1 AND deleted_at IS NULL");
    tx.conn().exec_one(q.bind(id).bind(named).bind(now)).await
}
