//! Webhooks: telling an organization's own addresses what changes, by the Standard Webhooks specification.
//!
//! What is told comes from the audit log, which is written in the transaction of each change, numbered without gaps, and seen in its order
//! (see [`crate::changes`]). Each webhook reads it from its own place: [`spread`] turns what it has not read yet into deliveries, and
//! moves the place in the same transaction. So nothing is lost, a change pays nothing for it, and one that cannot be told holds up
//! nobody else; while too many wait, its place simply stays where it is. [`deliver`] sends for one webhook at a time, in this process and,
//! by a lease on each delivery, across processes. A delivery may arrive twice (the receiver knows it by `webhook-id`), never not at all
//! before it is given up.

mod send;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{Action, AuditEntry, AuditFilter, AuditRecord};
use domain::permission::{SettingsRead, SettingsWrite};
use domain::webhook::{Delivery, KEPT, MOST, NewWebhook, OVERLAP, Webhook, kind_of};
use domain::{Invalid, OrganizationId, Timestamp, WebhookDeliveryId, WebhookId};
use serde_json::{Value, json};
use store::SystemTx;

pub use send::{deliver, deliver_all};

use crate::error::CHANGED;
use crate::outgoing::guard::Guard;
use crate::outgoing::{Outgoing, Trust};
use crate::secrets::random;
use crate::{Cx, Error, Result, Services};

/// Entries of the log that are looked at in one transaction.
const STEP: u32 = 500;
/// Deliveries of one webhook that may wait; above it, its place in the log waits.
const MOST_WAITING: i64 = 10_000;

/// How deliveries leave this process, and where they may lead.
#[derive(Clone)]
pub struct Way {
    pub client: Outgoing,
    pub guard: Guard,
}

impl Default for Way {
    /// By https to public addresses.
    fn default() -> Self {
        let guard = Guard::new(false, |_| false);
        Self { client: Outgoing::guarded(&Trust::default(), guard.clone()), guard }
    }
}

/// A webhook with how its last attempt went.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub webhook: Webhook,
    pub last: Option<Delivery>,
}

/// Webhooks that are being told something by this process.
#[derive(Default)]
pub(crate) struct Busy(Mutex<HashSet<WebhookId>>);

impl Busy {
    /// `None` while somebody else has it.
    fn enter(&self, id: WebhookId) -> Option<Turn<'_>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id).then_some(Turn { busy: self, id })
    }
}

struct Turn<'a> {
    busy: &'a Busy,
    id: WebhookId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.busy.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// By name.
pub async fn list(cx: &Cx<SettingsRead>) -> Result<Vec<Listed>> {
    let mut tx = cx.read().await?;
    let mut last = store::webhook::last_tried(&mut tx).await?;
    let all = store::webhook::list(&mut tx).await?.into_iter();
    Ok(all
        .map(|webhook| {
            let at = last.iter().position(|d| d.webhook_id == webhook.id);
            Listed { last: at.map(|at| last.swap_remove(at)), webhook }
        })
        .collect())
}

pub async fn get(cx: &Cx<SettingsRead>, id: WebhookId) -> Result<Webhook> {
    store::webhook::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Newest first, older than `before`.
pub async fn deliveries(
    cx: &Cx<SettingsRead>,
    id: WebhookId,
    before: Option<WebhookDeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut tx = cx.read().await?;
    store::webhook::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    Ok(store::webhook::deliveries(&mut tx, id, before, limit).await?)
}

/// It is told what changes from now on. Answers the secret that its messages are signed with, this once.
pub async fn create(cx: &Cx<SettingsWrite>, new: NewWebhook) -> Result<(Webhook, String)> {
    let new = checked(cx, new).await?;
    let now = cx.now();
    let webhook = Webhook {
        id: cx.services.clock.id(),
        name: new.name,
        url: new.url,
        kinds: new.kinds,
        enabled: new.enabled,
        failing_since: None,
        disabled_why: None,
        created_by: cx.actor.audit().label,
        created_at: now,
        updated_at: now,
    };
    let (secret, sealed) = made_secret(&cx.services, webhook.id)?;
    let mut tx = cx.write().await?;
    // Nobody makes another one meanwhile.
    store::organization::lock(&mut tx).await?;
    if store::webhook::count(&mut tx).await? >= MOST {
        return Err(Error::Conflict(format!(
            "an organization has at most {MOST} webhooks; delete one first"
        )));
    }
    let (head, _) = store::audit::own_head(&mut tx).await?;
    store::webhook::insert(&mut tx, &webhook, sealed, head).await.map_err(taken)?;
    let entry = AuditEntry::new(Action::WEBHOOK_CREATED, "webhook", webhook.id);
    tx.commit(entry.change(None, Some(said(&webhook)))).await?;
    Ok((webhook, secret))
}

/// Changes it, unless it was changed since it was `seen`. Switched on again it is told what changes from now on.
pub async fn update_seen(
    cx: &Cx<SettingsWrite>,
    id: WebhookId,
    seen: Timestamp,
    new: NewWebhook,
) -> Result<Webhook> {
    let unless_changed = |old: &Webhook, new: NewWebhook| {
        if old.updated_at == seen { Ok(new) } else { Err(Error::Conflict(CHANGED.to_owned())) }
    };
    update_with(cx, id, new, unless_changed).await
}

/// Takes it away, with its deliveries.
pub async fn delete(cx: &Cx<SettingsWrite>, id: WebhookId) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = store::webhook::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    store::webhook::delete(&mut tx, id).await?;
    tx.commit(AuditEntry::new(Action::WEBHOOK_DELETED, "webhook", id).change(Some(said(&old)), None)).await?;
    Ok(())
}

/// Another secret, told this once. The one before signs too for a day, so that a receiver can change over.
pub async fn rotate(cx: &Cx<SettingsWrite>, id: WebhookId) -> Result<String> {
    let (secret, sealed) = made_secret(&cx.services, id)?;
    let mut tx = cx.write().await?;
    store::webhook::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let now = tx.now();
    store::webhook::set_secret(&mut tx, id, sealed, now.plus_seconds(OVERLAP), now).await?;
    tx.commit(AuditEntry::new(Action::WEBHOOK_SECRET_CHANGED, "webhook", id)).await?;
    Ok(secret)
}

/// Sends it a message that says nothing, also while it is off.
pub async fn ping(cx: &Cx<SettingsWrite>, id: WebhookId) -> Result<Delivery> {
    let mut tx = cx.write().await?;
    store::webhook::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let now = tx.now();
    let ping = fresh(&cx.services, id, None, "ping", "PING", now);
    store::webhook::put(&mut tx, std::slice::from_ref(&ping)).await?;
    tx.commit(AuditEntry::new(Action::WEBHOOK_TESTED, "webhook", id)).await?;
    Ok(ping)
}

/// Sends it once more, whatever became of it, under the same id.
pub async fn redeliver(cx: &Cx<SettingsWrite>, id: WebhookId, delivery: WebhookDeliveryId) -> Result<()> {
    let mut tx = cx.write().await?;
    let found = store::webhook::delivery(&mut tx, delivery).await?.filter(|d| d.webhook_id == id);
    let found = found.ok_or(Error::NotFound)?;
    let now = tx.now();
    store::webhook::again(&mut tx, delivery, now).await?;
    let entry = AuditEntry::new(Action::WEBHOOK_REDELIVERED, "webhook", id)
        .metadata(json!({ "delivery": delivery, "seq": found.seq, "action": found.action }));
    Ok(tx.commit(entry).await?)
}

/// Turns what the webhooks have not read yet of their organizations' logs into deliveries; how many.
pub async fn spread(services: &Services) -> Result<u64> {
    let behind = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::webhook::behind(&mut tx).await?
    };
    let mut made = 0;
    for (organization, webhook) in behind {
        made += step(services, organization, webhook).await?;
    }
    Ok(made)
}

/// Webhooks with something to tell now.
pub async fn due(services: &Services) -> Result<Vec<(OrganizationId, WebhookId)>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    Ok(store::webhook::due(&mut tx, services.clock.now()).await?)
}

/// Deletes what was told, or given up, a month ago.
pub(crate) async fn sweep(tx: &mut SystemTx, now: Timestamp) -> Result<u64> {
    Ok(store::webhook::delete_old(tx, now.plus_seconds(-KEPT)).await?)
}

/// One transaction's worth of one webhook.
async fn step(services: &Services, organization: OrganizationId, webhook: WebhookId) -> Result<u64> {
    let now = services.clock.now();
    let mut system = SystemTx::across_all_organizations(&services.db).await?;
    let mut tx = system.within(organization);
    let Some(reader) = store::webhook::lock_reader(&mut tx, webhook).await? else { return Ok(0) };
    if store::webhook::count_waiting(&mut tx, webhook).await? >= MOST_WAITING {
        return Ok(0);
    }
    let (head, _) = store::audit::own_head(&mut tx).await?;
    let read = store::audit::ascending(&mut tx, &AuditFilter::default(), reader.position, head, STEP).await?;
    let reached = read.last().map_or(head, |record| record.seq);
    let all: Vec<Delivery> = told(&read)
        .into_iter()
        .filter(|record| reader.kinds.iter().any(|kind| kind == kind_of(&record.target_type)))
        .map(|record| fresh(services, webhook, Some(record.seq), &record.target_type, &record.action, now))
        .collect();
    if !all.is_empty() {
        store::webhook::put(&mut tx, &all).await?;
    }
    store::webhook::set_position(&mut tx, webhook, reached).await?;
    system.commit_unaudited_bookkeeping().await?;
    Ok(all.len() as u64)
}

/// Of these entries, those that others are told. Of ingests the latest of each sort, of however many: it is a knock, and what arrived is
/// asked for. Of views those that are shared, before or after: whoever keeps one for themselves tells nobody.
fn told(read: &[AuditRecord]) -> Vec<&AuditRecord> {
    let mut knocked: Vec<&str> = Vec::new();
    let mut told: Vec<&AuditRecord> = read
        .iter()
        .rev()
        .filter(|record| record.success)
        .filter(|record| match record.target_type.as_str() {
            "event" if knocked.contains(&record.action.as_str()) => false,
            "event" => {
                knocked.push(&record.action);
                true
            }
            "view" => [&record.old_values, &record.new_values]
                .into_iter()
                .flatten()
                .any(|values| values["shared"].as_bool() == Some(true)),
            _ => true,
        })
        .collect();
    told.reverse();
    told
}

/// Changes it to what `put` makes of the webhook as it is and of `new`: nobody changes it in between. The address that comes out is
/// one of theirs: where it leads is asked before.
pub async fn update_with(
    cx: &Cx<SettingsWrite>,
    id: WebhookId,
    new: NewWebhook,
    put: impl FnOnce(&Webhook, NewWebhook) -> Result<NewWebhook>,
) -> Result<Webhook> {
    // Not there is not there, whatever the address is.
    let present = store::webhook::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)?;
    // One that is only renamed or switched off is not looked up again.
    let new = if new.url.trim() == present.url { named(new)? } else { checked(cx, new).await? };
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::webhook::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let asked = new.url.clone();
    let new = named(put(&old, new)?)?;
    if new.url != old.url && new.url != asked {
        return Err(Error::Conflict(CHANGED.to_owned()));
    }
    // A version of its own, also within one instant.
    let now = tx.now().max(old.updated_at.plus_micros(1));
    let changed = Webhook {
        name: new.name,
        url: new.url,
        kinds: new.kinds,
        enabled: new.enabled,
        failing_since: None,
        disabled_why: None,
        updated_at: now,
        ..old.clone()
    };
    store::webhook::update(&mut tx, &changed, now).await.map_err(taken)?;
    if changed.enabled && !old.enabled {
        let (head, _) = store::audit::own_head(&mut tx).await?;
        store::webhook::set_position(&mut tx, id, head).await?;
    }
    let entry = AuditEntry::new(Action::WEBHOOK_UPDATED, "webhook", id);
    tx.commit(entry.change(Some(said(&old)), Some(said(&changed)))).await?;
    Ok(changed)
}

/// With the address as it will be used.
async fn checked(cx: &Cx<SettingsWrite>, new: NewWebhook) -> Result<NewWebhook> {
    let mut new = named(new)?;
    let url = cx.services.webhooks.guard.check(&new.url).await;
    new.url = url.map_err(|reason| Invalid::field("url", reason))?.into();
    Ok(new)
}

fn named(mut new: NewWebhook) -> Result<NewWebhook> {
    new.check()?;
    new.name = new.name.trim().to_owned();
    new.url = new.url.trim().to_owned();
    new.kinds.sort();
    new.kinds.dedup();
    Ok(new)
}

fn fresh(
    services: &Services,
    webhook: WebhookId,
    seq: Option<i64>,
    kind: &str,
    action: &str,
    now: Timestamp,
) -> Delivery {
    Delivery {
        id: services.clock.id(),
        webhook_id: webhook,
        seq,
        kind: kind.to_owned(),
        action: action.to_owned(),
        attempts: 0,
        next_at: Some(now),
        tried_at: None,
        status: None,
        duration_ms: None,
        error: None,
        delivered_at: None,
        created_at: now,
    }
}

/// As the specification writes it, and sealed.
fn made_secret(services: &Services, id: WebhookId) -> Result<(String, Vec<u8>)> {
    let secret: [u8; 32] = random()?;
    Ok((format!("whsec_{}", STANDARD.encode(secret)), services.secrets.seal(&place(id), &secret)?))
}

fn place(id: WebhookId) -> String {
    format!("webhooks/{id}")
}

/// What the audit log keeps: never the secret.
fn said(webhook: &Webhook) -> Value {
    json!({ "name": webhook.name, "url": webhook.url, "kinds": webhook.kinds, "enabled": webhook.enabled })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => Error::Conflict("there is a webhook of this name; choose another".to_owned()),
        other => other.into(),
    }
}
