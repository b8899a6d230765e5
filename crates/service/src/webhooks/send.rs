//! Sending: signed, within a time limit, tried again later and later, and given up in the end.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{Action, AuditEntry, AuditFilter, AuditRecord};
use domain::webhook::{Delivery, GIVE_UP, Webhook, delay_after, event_type};
use domain::{OrganizationId, Timestamp, WebhookId};
use openidconnect::http::Request;
use ring::hmac;
use serde_json::json;
use store::{SystemTx, WriteTx};

use super::{due, place, spread};
use crate::outgoing::Unanswered;
use crate::secrets::random;
use crate::{Actor, Error, Result, Services};

/// Seconds after which an attempt that nobody ended is tried again: its process is gone.
const LEASE: i64 = 60;
/// Deliveries of one webhook before others have their turn.
const TURN: usize = 100;

/// What an attempt came to.
struct Outcome {
    status: Option<i64>,
    milliseconds: i64,
    /// `None`: it was taken.
    error: Option<String>,
    /// It wants no more messages, ever (410).
    gone: bool,
}

/// Reads the logs, then tells what is due and waits for it; how many were told.
pub async fn deliver_all(services: &Services) -> Result<u64> {
    spread(services).await?;
    let mut told = 0;
    for (organization, webhook) in due(services).await? {
        told += deliver(services, organization, webhook).await?;
    }
    Ok(told)
}

/// Tells one webhook what is due, one after the other, until it fails; how many were told. Nothing while this process does already.
pub async fn deliver(services: &Services, organization: OrganizationId, webhook: WebhookId) -> Result<u64> {
    let Some(_turn) = services.memory.webhooks.enter(webhook) else { return Ok(0) };
    let mut told = 0;
    for _ in 0..TURN {
        let Some((target, delivery, keys)) = claimed(services, organization, webhook).await? else { break };
        let body = body_of(services, organization, &delivery).await?;
        let outcome = attempt(services, &target, &delivery, &keys, body).await;
        let fine = outcome.error.is_none();
        record(services, organization, &target, delivery, outcome).await?;
        if !fine {
            break;
        }
        told += 1;
    }
    Ok(told)
}

/// The next one, for this process alone until [`LEASE`] is over, and what signs it.
async fn claimed(
    services: &Services,
    organization: OrganizationId,
    id: WebhookId,
) -> Result<Option<(Webhook, Delivery, Vec<Vec<u8>>)>> {
    let now = services.clock.now();
    let mut system = SystemTx::across_all_organizations(&services.db).await?;
    let mut tx = system.within(organization);
    let Some(webhook) = store::webhook::get(&mut tx, id).await? else { return Ok(None) };
    let Some(delivery) = store::webhook::next(&mut tx, id, now).await? else { return Ok(None) };
    let Some(seen) = delivery.next_at else { return Ok(None) };
    if !store::webhook::claim(&mut tx, delivery.id, seen, now.plus_seconds(LEASE)).await? {
        return Ok(None);
    }
    let sealed = store::webhook::secrets(&mut tx, id).await?.ok_or(Error::NotFound)?;
    system.commit_unaudited_bookkeeping().await?;
    let previous = sealed.previous_secret.filter(|_| sealed.previous_until.is_some_and(|until| now < until));
    let keys = [Some(sealed.secret), previous].into_iter().flatten();
    let keys = keys.map(|sealed| services.secrets.open(&place(id), &sealed)).collect::<Option<Vec<_>>>();
    let keys =
        keys.ok_or_else(|| Error::Internal("a webhook's secret was sealed with another key".to_owned()))?;
    Ok(Some((webhook, delivery, keys)))
}

/// The change, as the feed tells it. A test says nothing.
async fn body_of(services: &Services, organization: OrganizationId, delivery: &Delivery) -> Result<Vec<u8>> {
    let record = match delivery.seq {
        None => None,
        Some(seq) => {
            let mut system = SystemTx::read_across_all_organizations(&services.db).await?;
            let mut tx = system.within(organization);
            let found = store::audit::ascending(&mut tx, &AuditFilter::default(), seq - 1, seq, 1).await?;
            found.into_iter().next()
        }
    };
    let body = json!({
        "type": event_type(&delivery.action),
        "timestamp": record.as_ref().map_or(delivery.created_at, |record| record.created_at),
        "data": record.as_ref().map(change),
    });
    serde_json::to_vec(&body).map_err(|e| Error::Internal(format!("a webhook's message: {e}")))
}

fn change(record: &AuditRecord) -> serde_json::Value {
    json!({
        "seq": record.seq, "at": record.created_at, "action": record.action, "type": record.target_type,
        "id": record.target_id, "actor_id": record.actor_id, "actor": record.actor, "success": record.success,
        "old_values": record.old_values, "new_values": record.new_values, "metadata": record.metadata,
    })
}

async fn attempt(
    services: &Services,
    webhook: &Webhook,
    delivery: &Delivery,
    keys: &[Vec<u8>],
    body: Vec<u8>,
) -> Outcome {
    // How long an answer took, not when it came: the clock of the service may be set.
    let began = Instant::now();
    let sent = async {
        // What the operator allows may have changed since it was saved.
        let url = services.webhooks.guard.check(&webhook.url).await?;
        let id = format!("msg_{}", delivery.id.0.simple());
        let timestamp = services.clock.now().seconds();
        let request = Request::post(url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(keys, &id, timestamp, &body))
            .body(body)
            .map_err(|error| error.to_string())?;
        services.webhooks.client.status_of(request).await.map_err(|error| in_words(&error))
    };
    let answered = sent.await;
    let milliseconds = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    match answered {
        Ok(status) => {
            let error = match status {
                200..=299 => None,
                300..=399 => Some(format!("it answered {status}, and redirects are not followed")),
                410 => Some("it answered 410: it wants no more messages".to_owned()),
                status => Some(format!("it answered {status}")),
            };
            Outcome { status: Some(status.into()), milliseconds, error, gone: status == 410 }
        }
        Err(error) => Outcome { status: None, milliseconds, error: Some(error), gone: false },
    }
}

/// One for each secret, by the specification: base64 of HMAC-SHA-256 over id, time and body.
pub(super) fn signatures(keys: &[Vec<u8>], id: &str, timestamp: i64, body: &[u8]) -> String {
    let text = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    let sign = |key: &Vec<u8>| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &text);
        format!("v1,{}", STANDARD.encode(tag))
    };
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

fn in_words(error: &Unanswered) -> String {
    match error {
        Unanswered::Failed(ureq::Error::Timeout(_)) => "it did not answer within 10 seconds".to_owned(),
        Unanswered::Failed(ureq::Error::HostNotFound) => "the name of the host is not found".to_owned(),
        Unanswered::Failed(ureq::Error::Rustls(_) | ureq::Error::Tls(_)) => {
            "no secure connection: its certificate is not trusted".to_owned()
        }
        Unanswered::Failed(ureq::Error::Other(other)) => other.to_string(),
        Unanswered::Failed(ureq::Error::Io(io)) => format!("no connection: {}", io.kind()),
        Unanswered::Failed(_) | Unanswered::Ended(_) => {
            "it answered with something that is not HTTP".to_owned()
        }
    }
}

async fn record(
    services: &Services,
    organization: OrganizationId,
    webhook: &Webhook,
    delivery: Delivery,
    outcome: Outcome,
) -> Result<()> {
    let now = services.clock.now();
    let attempts = delivery.attempts + 1;
    let fine = outcome.error.is_none();
    let next_at = if fine || outcome.gone { None } else { later(now, attempts)? };
    let tried = Delivery {
        attempts,
        next_at,
        tried_at: Some(now),
        status: outcome.status,
        duration_ms: Some(outcome.milliseconds),
        error: outcome.error.clone(),
        delivered_at: fine.then_some(now),
        ..delivery
    };
    let mut system = SystemTx::across_all_organizations(&services.db).await?;
    let mut tx = system.within(organization);
    if !store::webhook::tried(&mut tx, &tried).await? {
        return Ok(());
    }
    let since = if fine {
        store::webhook::healthy(&mut tx, webhook.id).await?;
        None
    } else {
        store::webhook::failing(&mut tx, webhook.id, now).await?
    };
    system.commit_unaudited_bookkeeping().await?;
    let why = match (outcome.gone, since) {
        (true, _) => "It answered 410: it wants no more messages.",
        (false, Some(since)) if now >= since.plus_seconds(GIVE_UP) => {
            "Nothing could be delivered for five days."
        }
        _ => return Ok(()),
    };
    give_up(services, organization, webhook, why).await
}

/// Switched off, with an entry in the organization's log.
async fn give_up(
    services: &Services,
    organization: OrganizationId,
    webhook: &Webhook,
    why: &str,
) -> Result<()> {
    let actor = Actor::system("webhooks", organization).audit();
    let mut tx = WriteTx::begin(&services.db, organization, actor, services.stamp()).await?;
    let now = tx.now();
    if !store::webhook::give_up(&mut tx, webhook.id, why, now).await? {
        return Ok(());
    }
    let entry = AuditEntry::new(Action::WEBHOOK_DISABLED, "webhook", webhook.id)
        .metadata(json!({ "name": webhook.name, "reason": why }));
    Ok(tx.commit(entry).await?)
}

/// When it is tried next, if it is.
fn later(now: Timestamp, attempts: i64) -> Result<Option<Timestamp>> {
    let [byte]: [u8; 1] = random()?;
    Ok(delay_after(attempts, f64::from(byte) / 255.0).map(|seconds| now.plus_seconds(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_specifications_own_example() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = signatures(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
