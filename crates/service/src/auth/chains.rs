//! What happens to an account is in the platform's chain, and then in that of each organization it belongs to, so that
//! an organization's admins see who signed in, from where, and who tried.
//!
//! One transaction an organization, after the platform's: a sign-in never holds the heads of several chains, so it stops
//! no ingest. An organization that cannot be written keeps nobody out; one whose chain is being written to makes who signs in wait.

use std::sync::Arc;

use domain::audit::{AuditActor, AuditEntry};
use domain::{Timestamp, UserId};
use store::{Stamp, SystemTx, WriteTx};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::{Result, Services};

/// What is written behind an answer. Each piece holds the lock for reading; who waits for all takes it for writing.
#[derive(Default)]
pub(crate) struct Behind(Arc<RwLock<()>>);

impl Behind {
    /// To be held until it is written.
    pub(crate) async fn open(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0).read_owned().await
    }
}

/// Appends the entry to the chain of each organization the account belongs to. The platform has it already, so an error is
/// told to the server's log, not to the person.
pub(crate) async fn tell(
    services: &Services,
    user: UserId,
    actor: &AuditActor,
    now: Timestamp,
    entry: &AuditEntry,
) {
    if let Err(error) = Box::pin(append(services, user, actor, now, entry)).await {
        tracing::error!(%error, action = entry.action.0, "an entry of the platform's audit log is missing in an organization's");
    }
}

/// [`tell`] behind the answer: how long the answer takes must not say whether there is such an account, nor in how many
/// organizations it is.
pub(crate) async fn tell_behind(
    services: &Services,
    user: UserId,
    actor: AuditActor,
    now: Timestamp,
    entry: AuditEntry,
) {
    let open = services.memory.behind.open().await;
    let services = services.clone();
    tokio::spawn(async move {
        tell(&services, user, &actor, now, &entry).await;
        drop(open);
    });
}

/// Waits until all that is done behind an answer is written: before the server stops, and before a test reads it.
pub async fn settled(services: &Services) {
    drop(services.memory.behind.0.write().await);
}

async fn append(
    services: &Services,
    user: UserId,
    actor: &AuditActor,
    now: Timestamp,
    entry: &AuditEntry,
) -> Result<()> {
    let (organizations, of_actor) = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        let of_actor = match actor.user_id {
            Some(other) if other != user => Some(store::account::organizations(&mut tx, other).await?),
            _ => None,
        };
        (store::account::organizations(&mut tx, user).await?, of_actor)
    };
    // Who acted is told where they are known: an administrator's address and device are not for other organizations.
    let elsewhere = AuditActor {
        user_id: None,
        label: "an administrator elsewhere".to_owned(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    };
    let mut first_error = Ok(());
    for organization in organizations {
        let stamp = Stamp { now, audit_id: services.clock.id() };
        let written = async {
            let known = of_actor.as_ref().is_none_or(|of_actor| of_actor.contains(&organization));
            let actor = if known { actor } else { &elsewhere };
            WriteTx::begin(&services.db, organization, actor.clone(), stamp)
                .await?
                .commit(entry.clone())
                .await
        };
        first_error = first_error.and(written.await);
    }
    Ok(first_error?)
}
