//! What changed in an organization, read once for all who follow its pages. It works while somebody does.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::OrganizationId;
use domain::live::{Note, is_followed};
use store::ReadTx;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::people::People;
use crate::seats::Seats;
use crate::{Result, Services};

/// Looks at least this often: what another process wrote, or who is there by it, does not knock.
const LOOK: Duration = Duration::from_millis(500);
/// Rest between two looks, so that several changes are read together.
const REST: Duration = Duration::from_millis(100);
/// Changes read in one look.
const ROWS: u32 = 500;
/// Changes kept in memory; who is further behind reads for itself.
const REMEMBERED: usize = 1_000;
/// Pages of one person in one organization; those in hidden tabs are not followed.
const PER_HOLDER: usize = 64;
const PER_ORGANIZATION: usize = 5_000;

/// All who follow pages, by organization.
pub struct Live {
    hubs: Mutex<HashMap<OrganizationId, Weak<Hub>>>,
    pub(super) seats: Seats,
    pub(super) closing: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        let seats = Seats::allowing(PER_HOLDER, PER_ORGANIZATION);
        Self { hubs: Mutex::default(), seats, closing: watch::Sender::default() }
    }
}

impl Live {
    /// Whom a write of the organization wakes; nobody while nobody follows.
    pub(crate) fn knock(&self, organization: OrganizationId) -> Option<Arc<Notify>> {
        let hub = self.hubs().get(&organization).and_then(Weak::upgrade)?;
        Some(Arc::clone(&hub.knock))
    }
    /// Ends every stream, and those to come.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }
    /// How many there are.
    pub(crate) fn open(&self) -> usize {
        self.seats.taken()
    }
    /// The hub of an organization; one that is made now reads on from `head`.
    pub(super) fn hub(&self, services: &Services, organization: OrganizationId, head: i64) -> Arc<Hub> {
        let mut hubs = self.hubs();
        if let Some(hub) = hubs.get(&organization).and_then(Weak::upgrade) {
            return hub;
        }
        hubs.retain(|_, hub| hub.strong_count() > 0);
        // Of this hub, not of the process: one that ends a moment later takes away what it told itself, and nothing of this one.
        let server: Uuid = services.clock.id();
        let knock = Arc::new(Notify::new());
        let hub = Arc::new(Hub {
            people: Arc::new(People::of(server, organization, Arc::clone(&knock))),
            knock,
            newest: watch::Sender::new(head),
            ring: Mutex::new(Ring { from: head, notes: VecDeque::new() }),
        });
        hubs.insert(organization, Arc::downgrade(&hub));
        tokio::spawn(run(Arc::downgrade(&hub), Arc::clone(&hub.people), services.clone(), organization));
        hub
    }
    fn hubs(&self) -> MutexGuard<'_, HashMap<OrganizationId, Weak<Hub>>> {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Hub {
    pub(super) knock: Arc<Notify>,
    /// Everything up to here was read.
    pub(super) newest: watch::Sender<i64>,
    pub(super) people: Arc<People>,
    ring: Mutex<Ring>,
}

/// The latest changes: all there are after `from`.
struct Ring {
    from: i64,
    notes: VecDeque<Arc<Note>>,
}

impl Hub {
    /// The changes after a number; `None` when they are no longer all here.
    pub(super) fn after(&self, seq: i64) -> Option<Vec<Arc<Note>>> {
        let ring = self.ring();
        let first = ring.notes.partition_point(|note| note.seq <= seq);
        (seq >= ring.from).then(|| ring.notes.range(first..).cloned().collect())
    }
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Reads what came after the newest; whether there is more.
    async fn look(&self, services: &Services, organization: OrganizationId) -> Result<bool> {
        let newest = *self.newest.borrow();
        let mut tx = ReadTx::begin(&services.db, organization).await?;
        let (head, _) = store::audit::own_head(&mut tx).await?;
        if head == newest {
            return Ok(false);
        }
        let found = store::live::after(&mut tx, newest, ROWS).await?;
        drop(tx);
        let more = found.len() == ROWS as usize;
        let last = found.last().map_or(head, |note| if more { note.seq } else { head.max(note.seq) });
        let followed = found.into_iter().filter(|note| is_followed(&note.kind));
        {
            let mut ring = self.ring();
            ring.notes.extend(followed.map(Arc::new));
            while ring.notes.len() > REMEMBERED {
                let Some(oldest) = ring.notes.pop_front() else { break };
                ring.from = oldest.seq;
            }
        }
        self.newest.send_replace(last);
        Ok(more)
    }
}

async fn run(hub: Weak<Hub>, people: Arc<People>, services: Services, organization: OrganizationId) {
    let mut closing = services.memory.live.closing.subscribe();
    loop {
        let Some(here) = hub.upgrade() else { break };
        let more = match here.look(&services, organization).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "what changed could not be read for the pages that follow; it is tried again");
                false
            }
        };
        people.meet(&services).await;
        if !more {
            tokio::select! {
                _ = timeout(LOOK, here.knock.notified()) => {}
                _ = closing.changed() => break,
            }
        }
        // Who stops to follow meanwhile frees the hub.
        drop(here);
        sleep(REST).await;
    }
    people.leave(&services).await;
}
