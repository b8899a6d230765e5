//! Webhooks, and what they are to be told.

use domain::webhook::{Delivery, Webhook};
use domain::{OrganizationId, Timestamp, WebhookDeliveryId, WebhookId};

use crate::SystemTx;
use crate::db::{Dialect, Insert, Result, ToArg as _, from_row, sql};
use crate::scope::{Scoped, Writing};

from_row!(Webhook {
    id,
    name,
    url,
    kinds,
    enabled,
    failing_since,
    disabled_why,
    created_by,
    created_at,
    updated_at
});
from_row!(Delivery {
    id,
    webhook_id,
    seq,
    kind,
    action,
    attempts,
    next_at,
    tried_at,
    status,
    duration_ms,
    error,
    delivered_at,
    created_at
});

/// What signs, sealed.
pub struct Secrets {
    pub secret: Vec<u8>,
    /// The one before, and until when it signs too.
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<Timestamp>,
}
from_row!(Secrets { secret, previous_secret, previous_until });

/// One that reads the log, and how far it came.
pub struct Reader {
    pub kinds: Vec<String>,
    pub position: i64,
}
from_row!(Reader { kinds, position });

static DELIVERIES: Insert = Insert {
    head: "INSERT INTO webhook_deliveries (organization_id, id, webhook_id, seq, kind, action, next_at, created_at) VALUES",
    columns: 8,
    tail: "",
};

/// By name.
pub async fn list(tx: &mut impl Scoped) -> Result<Vec<Webhook>> {
    let q = tx.sql(
        "SELECT id, name, url, kinds, enabled, failing_since, disabled_why, created_by, created_at, updated_at
         FROM webhooks
         WHERE organization_id = $1
         ORDER BY name, id",
    );
    tx.conn().all(q).await
}

pub async fn get(tx: &mut impl Scoped, id: WebhookId) -> Result<Option<Webhook>> {
    let q = tx
        .sql(
            "SELECT id, name, url, kinds, enabled, failing_since, disabled_why, created_by, created_at, updated_at
             FROM webhooks
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

pub async fn count(tx: &mut impl Scoped) -> Result<i64> {
    let q = tx.sql("SELECT count(*) FROM webhooks WHERE organization_id = $1");
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// It reads the log from `position` on.
pub async fn insert(tx: &mut impl Writing, one: &Webhook, secret: Vec<u8>, position: i64) -> Result<()> {
    let q = tx
        .sql(
            "INSERT INTO webhooks (organization_id, id, name, url, kinds, secret, enabled, position, created_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        )
        .bind(one.id)
        .bind(&one.name)
        .bind(&one.url)
        .bind(serde_json::json!(one.kinds))
        .bind(secret)
        .bind(one.enabled)
        .bind(position)
        .bind(&one.created_by)
        .bind(one.created_at);
    tx.conn().exec_one(q).await
}

/// What a person changes. A failure is behind it.
pub async fn update(tx: &mut impl Writing, one: &Webhook, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE webhooks
             SET name = $3, url = $4, kinds = $5, enabled = $6, failing_since = NULL, disabled_why = NULL, updated_at = $7
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(one.id)
        .bind(&one.name)
        .bind(&one.url)
        .bind(serde_json::json!(one.kinds))
        .bind(one.enabled)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// From where it reads on.
pub async fn set_position(tx: &mut impl Writing, id: WebhookId, position: i64) -> Result<()> {
    let q = tx
        .sql("UPDATE webhooks SET position = $3 WHERE organization_id = $1 AND id = $2")
        .bind(id)
        .bind(position);
    tx.conn().exec_one(q).await
}

pub async fn delete(tx: &mut impl Writing, id: WebhookId) -> Result<()> {
    let q = tx.sql("DELETE FROM webhook_deliveries WHERE organization_id = $1 AND webhook_id = $2").bind(id);
    tx.conn().exec(q).await?;
    let q = tx.sql("DELETE FROM webhooks WHERE organization_id = $1 AND id = $2").bind(id);
    tx.conn().exec_one(q).await
}

pub async fn secrets(tx: &mut impl Scoped, id: WebhookId) -> Result<Option<Secrets>> {
    let q = tx
        .sql(
            "SELECT secret, previous_secret, previous_until
             FROM webhooks
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

/// Another secret; the present one signs too until `until`.
pub async fn set_secret(
    tx: &mut impl Writing,
    id: WebhookId,
    secret: Vec<u8>,
    until: Timestamp,
    now: Timestamp,
) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE webhooks
             SET previous_secret = secret, previous_until = $4, secret = $3, updated_at = $5
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(secret)
        .bind(until)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// Newest first, older than `before`.
pub async fn deliveries(
    tx: &mut impl Scoped,
    webhook: WebhookId,
    before: Option<WebhookDeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut q = tx
        .sql(
            "SELECT id, webhook_id, seq, kind, action, attempts, next_at, tried_at, status, duration_ms, error, delivered_at, created_at
             FROM webhook_deliveries
             WHERE organization_id = $1 AND webhook_id = $2",
        )
        .bind(webhook);
    if let Some(before) = before {
        q = q.push(" AND id < ").arg(before);
    }
    let q = q.push(" ORDER BY id DESC LIMIT ").arg(limit);
    tx.conn().all(q).await
}

/// The last one that was tried, of each webhook.
pub async fn last_tried(tx: &mut impl Scoped) -> Result<Vec<Delivery>> {
    let q = tx.sql(
        "SELECT d.id, d.webhook_id, d.seq, d.kind, d.action, d.attempts, d.next_at, d.tried_at, d.status, d.duration_ms, d.error, d.delivered_at,
                d.created_at
         FROM webhooks w
         JOIN webhook_deliveries d ON d.organization_id = w.organization_id AND d.id =
             (SELECT l.id
              FROM webhook_deliveries l
              WHERE l.organization_id = w.organization_id AND l.webhook_id = w.id AND l.tried_at IS NOT NULL
              ORDER BY l.tried_at DESC, l.id DESC
              LIMIT 1)
         WHERE w.organization_id = $1",
    );
    tx.conn().all(q).await
}

pub async fn delivery(tx: &mut impl Scoped, id: WebhookDeliveryId) -> Result<Option<Delivery>> {
    let q = tx
        .sql(
            "SELECT id, webhook_id, seq, kind, action, attempts, next_at, tried_at, status, duration_ms, error, delivered_at, created_at
             FROM webhook_deliveries
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id);
    tx.conn().opt(q).await
}

/// They wait from their first moment.
pub async fn put(tx: &mut impl Writing, all: &[Delivery]) -> Result<()> {
    let organization = tx.organization();
    let args = all.iter().flat_map(|d| {
        [
            organization.to_arg(),
            d.id.to_arg(),
            d.webhook_id.to_arg(),
            d.seq.to_arg(),
            d.kind.as_str().to_arg(),
            d.action.as_str().to_arg(),
            d.next_at.to_arg(),
            d.created_at.to_arg(),
        ]
    });
    tx.conn().insert_many(&DELIVERIES, all.len(), args).await?;
    Ok(())
}

/// As if it had never been tried.
pub async fn again(tx: &mut impl Writing, id: WebhookDeliveryId, now: Timestamp) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE webhook_deliveries
             SET attempts = 0, next_at = $3, delivered_at = NULL
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(id)
        .bind(now);
    tx.conn().exec_one(q).await
}

/// Those whose organization's log is longer than what they have read, in active organizations.
pub async fn behind(tx: &mut SystemTx) -> Result<Vec<(OrganizationId, WebhookId)>> {
    let q = sql("SELECT w.organization_id, w.id
                 FROM webhooks w
                 JOIN organizations o ON o.id = w.organization_id
                 JOIN audit_heads h ON h.organization_id = w.organization_id
                 WHERE w.enabled = $1 AND o.is_active = $1 AND w.position < h.seq
                 ORDER BY w.organization_id, w.id");
    tx.conn()
        .rows(q.bind(true))
        .await?
        .iter()
        .map(|row| Ok((row.get("organization_id")?, row.get("id")?)))
        .collect()
}

/// Locks one that reads the log; `None` while another process has it, and when it is off or gone.
pub async fn lock_reader(tx: &mut impl Writing, id: WebhookId) -> Result<Option<Reader>> {
    let text = match tx.conn().dialect() {
        Dialect::Sqlite => {
            "SELECT kinds, position FROM webhooks WHERE organization_id = $1 AND id = $2 AND enabled = $3"
        }
        Dialect::Postgres => {
            "SELECT kinds, position FROM webhooks WHERE organization_id = $1 AND id = $2 AND enabled = $3 FOR UPDATE SKIP LOCKED"
        }
    };
    let q = tx.sql(text).bind(id).bind(true);
    tx.conn().opt(q).await
}

/// How many wait.
pub async fn count_waiting(tx: &mut impl Scoped, webhook: WebhookId) -> Result<i64> {
    let q = tx
        .sql(
            "SELECT count(*)
             FROM webhook_deliveries
             WHERE organization_id = $1 AND webhook_id = $2 AND next_at IS NOT NULL",
        )
        .bind(webhook);
    Ok(tx.conn().scalar(q).await?.unwrap_or(0))
}

/// Webhooks with something to tell now: one that is off, only a test.
pub async fn due(tx: &mut SystemTx, now: Timestamp) -> Result<Vec<(OrganizationId, WebhookId)>> {
    let q = sql("SELECT w.organization_id, w.id
                 FROM webhooks w
                 JOIN organizations o ON o.id = w.organization_id
                 WHERE o.is_active = $2
                   AND EXISTS (SELECT 1
                               FROM webhook_deliveries d
                               WHERE d.organization_id = w.organization_id AND d.webhook_id = w.id AND d.next_at <= $1
                                 AND (w.enabled = $2 OR d.seq IS NULL))
                 ORDER BY w.organization_id, w.id");
    tx.conn()
        .rows(q.bind(now).bind(true))
        .await?
        .iter()
        .map(|row| Ok((row.get("organization_id")?, row.get("id")?)))
        .collect()
}

/// What is told next: to one that is off, only a test.
pub async fn next(tx: &mut impl Scoped, webhook: WebhookId, now: Timestamp) -> Result<Option<Delivery>> {
    let q = tx
        .sql(
            "SELECT d.id, d.webhook_id, d.seq, d.kind, d.action, d.attempts, d.next_at, d.tried_at, d.status, d.duration_ms, d.error,
                    d.delivered_at, d.created_at
             FROM webhook_deliveries d
             JOIN webhooks w ON w.organization_id = d.organization_id AND w.id = d.webhook_id
             WHERE d.organization_id = $1 AND d.webhook_id = $2 AND d.next_at <= $3 AND (w.enabled = $4 OR d.seq IS NULL)
             ORDER BY d.next_at, d.seq, d.id
             LIMIT 1",
        )
        .bind(webhook)
        .bind(now)
        .bind(true);
    tx.conn().opt(q).await
}

/// Takes it for an attempt that has to end before `until`; `false` when somebody else did.
pub async fn claim(
    tx: &mut impl Writing,
    id: WebhookDeliveryId,
    seen: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE webhook_deliveries
             SET next_at = $4
             WHERE organization_id = $1 AND id = $2 AND next_at = $3",
        )
        .bind(id)
        .bind(seen)
        .bind(until);
    Ok(tx.conn().exec(q).await? == 1)
}

/// How the attempt ended; `false` when the delivery is gone.
pub async fn tried(tx: &mut impl Writing, one: &Delivery) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE webhook_deliveries
             SET attempts = $3, next_at = $4, tried_at = $5, status = $6, duration_ms = $7, error = $8, delivered_at = $9
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(one.id)
        .bind(one.attempts)
        .bind(one.next_at)
        .bind(one.tried_at)
        .bind(one.status)
        .bind(one.duration_ms)
        .bind(one.error.as_deref())
        .bind(one.delivered_at);
    Ok(tx.conn().exec(q).await? == 1)
}

/// It answered as it should.
pub async fn healthy(tx: &mut impl Writing, id: WebhookId) -> Result<()> {
    let q = tx
        .sql(
            "UPDATE webhooks
             SET failing_since = NULL
             WHERE organization_id = $1 AND id = $2 AND failing_since IS NOT NULL",
        )
        .bind(id);
    tx.conn().exec(q).await?;
    Ok(())
}

/// It did not; since when.
pub async fn failing(tx: &mut impl Writing, id: WebhookId, now: Timestamp) -> Result<Option<Timestamp>> {
    let q = tx
        .sql(
            "UPDATE webhooks
             SET failing_since = COALESCE(failing_since, $3)
             WHERE organization_id = $1 AND id = $2
             RETURNING failing_since",
        )
        .bind(id)
        .bind(now);
    Ok(tx.conn().scalar::<Option<Timestamp>>(q).await?.flatten())
}

/// Switched off by the server; `false` when it was off already.
pub async fn give_up(tx: &mut impl Writing, id: WebhookId, why: &str, now: Timestamp) -> Result<bool> {
    let q = tx
        .sql(
            "UPDATE webhooks
             SET enabled = $5, disabled_why = $3, updated_at = $4
             WHERE organization_id = $1 AND id = $2 AND enabled <> $5",
        )
        .bind(id)
        .bind(why)
        .bind(now)
        .bind(false);
    Ok(tx.conn().exec(q).await? == 1)
}

/// What was told, or given up, before `before`.
pub async fn delete_old(tx: &mut SystemTx, before: Timestamp) -> Result<u64> {
    tx.conn()
        .exec(sql("DELETE FROM webhook_deliveries WHERE next_at IS NULL AND created_at < $1").bind(before))
        .await
}
