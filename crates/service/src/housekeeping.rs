//! What the server does by itself, at start and every hour: nothing here is a decision of a person, so nothing is audited.

use std::time::Duration;

use store::SystemTx;

use crate::auth::oidc;
use crate::events::tail;
use crate::{Result, Services, sessions, uploads, webhooks};

/// How many of each were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Cookie sessions whose time is over.
    pub sessions: u64,
    /// Signed-in devices whose time was over for 30 days.
    pub devices: u64,
    /// Counters of failed sign-ins, a day after the last failure.
    pub failures: u64,
    /// Answers kept for `Idempotency-Key`, after 24 hours.
    pub idempotency_keys: u64,
    /// Sign-ins that never came back from the provider.
    pub provider_attempts: u64,
    /// Deliveries of webhooks, 30 days after they were made.
    pub deliveries: u64,
    /// Invitations, 30 days after their time was over.
    pub invitations: u64,
    /// Recommendations that nobody answered in their time: they stay, and say so.
    pub recommendations: u64,
    /// Uploaded files that nobody will read.
    pub uploads: u64,
}

const DAY: i64 = 86_400;
/// How often the room is seen to.
const ROOM: Duration = Duration::from_secs(5);
/// How rarely at most while there is none.
const RARELY: Duration = Duration::from_mins(1);

/// Room on PostgreSQL's disk for everything but events: seen to every five seconds, and given as soon as a statement is told that the disk is
/// full. To look whether there is room again takes it for a moment, so it is done more and more rarely, up to once a minute. Goes on for ever.
pub async fn keep_room(services: &Services) {
    let (mut had, mut wait, mut failed) = (true, ROOM, String::new());
    loop {
        let kept = services.db.keep_room().await;
        let error = kept.as_ref().err().map(ToString::to_string).unwrap_or_default();
        if !error.is_empty() && error != failed {
            tracing::warn!(error, "room for everything but events could not be kept; it is tried again");
        }
        failed = error;
        let has = kept.unwrap_or(true);
        if has != had && has {
            tracing::info!("PostgreSQL's disk has room again: events are taken in");
        } else if has != had {
            tracing::error!("PostgreSQL's disk is full: events are refused until there is room for 32 MiB");
        }
        had = has;
        wait = if has { ROOM } else { (2 * wait).min(RARELY) };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = store::db::full(), if has => {
                if let Err(error) = services.db.spend_room().await {
                    tracing::warn!(%error, "the disk is full, and no room could be given");
                }
                tokio::time::sleep(ROOM).await;
            }
        }
    }
}

/// Deletes what time has ended and prepares the audit log's next months.
pub async fn run(services: &Services) -> Result<Swept> {
    let now = services.clock.now();
    services.db.prepare_audit_months(now).await?;
    let sessions = sessions::delete_expired(services).await?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let swept = Swept {
        sessions,
        devices: store::session::delete_devices(&mut tx, now.plus_seconds(-30 * DAY)).await?,
        failures: store::account::delete_failures(&mut tx, now.plus_seconds(-DAY)).await?,
        idempotency_keys: store::housekeeping::delete_idempotency_keys(&mut tx, now.plus_seconds(-DAY))
            .await?,
        provider_attempts: store::identity::delete_attempts(&mut tx, now.plus_seconds(-oidc::WAIT)).await?,
        deliveries: webhooks::sweep(&mut tx, now).await?,
        invitations: store::invitation::delete_old(
            &mut tx,
            now.plus_seconds(-domain::invitation::KEPT_DAYS * DAY),
        )
        .await?,
        recommendations: store::recommendation::expire(&mut tx, now).await?,
        uploads: 0,
    };
    store::draft::forget(&mut tx, now.plus_seconds(-DAY)).await?;
    // Who was there by a server that stopped without a word.
    store::presence::forget(&mut tx, now.plus_seconds(-DAY)).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(Swept { uploads: uploads::sweep(services).await?, ..swept })
}

/// Forgets arrivals that no live tail can go on from any more. Every minute: there may be thousands.
pub async fn forget_arrivals(services: &Services) -> Result<u64> {
    let before = services.clock.now().plus_seconds(-tail::KEPT_SECONDS);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let forgotten = store::arrival::forget(&mut tx, before).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(forgotten)
}
