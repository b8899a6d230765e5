//! What has just arrived, read once for all who watch an organization. It works while somebody watches, and costs an ingest
//! nothing but a knock.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::event::Event;
use domain::{OrganizationId, Timestamp};
use store::arrival::{self, Arrival};
use store::{ReadTx, Scoped};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::ARRIVALS;
use crate::seats::Seats;
use crate::{Result, Services};

/// Looks at least this often: what another process stored does not knock.
const LOOK: Duration = Duration::from_secs(1);
/// Rest between two looks, so that small batches are read together.
const REST: Duration = Duration::from_millis(200);
/// Events read in one look; of more the newest.
const ROWS: usize = 2_000;
/// Events kept in memory; who is further behind reads for itself.
const REMEMBERED: usize = 6_000;

/// Tails of one person or key in one organization: browser tabs, and a program or two.
const PER_HOLDER: usize = 24;
const PER_ORGANIZATION: usize = 200;

/// All who watch, by organization.
pub struct Tails {
    hubs: Mutex<HashMap<OrganizationId, Weak<Hub>>>,
    pub(super) seats: Seats,
    pub(super) closing: watch::Sender<bool>,
}

impl Default for Tails {
    fn default() -> Self {
        let seats = Seats::allowing(PER_HOLDER, PER_ORGANIZATION);
        Self { hubs: Mutex::default(), seats, closing: watch::Sender::default() }
    }
}

impl Tails {
    /// Something arrived.
    pub(crate) fn knock(&self, organization: OrganizationId) {
        if let Some(hub) = self.hubs().get(&organization).and_then(Weak::upgrade) {
            hub.knock.notify_one();
        }
    }
    /// Ends every tail, and those to come.
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
        let ring = Mutex::new(Ring { from: head, chunks: VecDeque::new(), rows: 0 });
        let hub = Arc::new(Hub { knock: Notify::new(), newest: watch::Sender::new(head), ring });
        hubs.insert(organization, Arc::downgrade(&hub));
        tokio::spawn(run(Arc::downgrade(&hub), services.clone(), organization));
        hub
    }
    fn hubs(&self) -> MutexGuard<'_, HashMap<OrganizationId, Weak<Hub>>> {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Hub {
    knock: Notify,
    /// Everything up to here was read.
    pub(super) newest: watch::Sender<i64>,
    ring: Mutex<Ring>,
}

/// The latest chunks: all there are after `from`.
struct Ring {
    from: i64,
    chunks: VecDeque<Arc<Chunk>>,
    rows: usize,
}

/// One arrival with its events.
pub(super) struct Chunk {
    pub seq: i64,
    pub at: Timestamp,
    /// Each with its position in the arrival.
    pub events: Vec<(u32, Arc<Event>)>,
    /// Events that were too many to read.
    pub unread: u64,
}

impl Hub {
    /// The chunks after a number; `None` when they are no longer all here.
    pub(super) fn after(&self, seq: i64) -> Option<Vec<Arc<Chunk>>> {
        let ring = self.ring();
        (seq >= ring.from).then(|| ring.chunks.iter().filter(|chunk| chunk.seq > seq).cloned().collect())
    }
    pub(super) fn reaches_back_to(&self) -> i64 {
        self.ring().from
    }
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Reads what came after the newest; whether there is more.
    async fn look(&self, services: &Services, organization: OrganizationId) -> Result<bool> {
        let newest = *self.newest.borrow();
        let mut tx = ReadTx::begin(&services.db, organization).await?;
        let arrivals = arrival::after(&mut tx, newest, ARRIVALS).await?;
        let more = arrivals.len() as i64 == ARRIVALS;
        let Some(last) = arrivals.last().map(|arrival| arrival.seq) else { return Ok(false) };
        let chunks = read(&mut tx, arrivals, ROWS).await?;
        drop(tx);
        {
            let mut ring = self.ring();
            for chunk in chunks {
                ring.rows += chunk.events.len();
                ring.chunks.push_back(Arc::new(chunk));
            }
            while ring.rows > REMEMBERED || ring.chunks.len() > REMEMBERED {
                let Some(oldest) = ring.chunks.pop_front() else { break };
                ring.rows -= oldest.events.len();
                ring.from = oldest.seq;
            }
        }
        self.newest.send_replace(last);
        Ok(more)
    }
}

async fn run(hub: Weak<Hub>, services: Services, organization: OrganizationId) {
    let mut closing = services.memory.tails.closing.subscribe();
    loop {
        let Some(here) = hub.upgrade() else { return };
        let more = match here.look(&services, organization).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "what arrived could not be read for those who watch; it is tried again");
                false
            }
        };
        if !more {
            tokio::select! {
                _ = timeout(LOOK, here.knock.notified()) => {}
                _ = closing.changed() => return,
            }
        }
        // Who stops to watch meanwhile frees the hub.
        drop(here);
        sleep(REST).await;
    }
}

/// The events of arrivals; of more than `most` those of the newest arrivals.
pub(super) async fn read(tx: &mut impl Scoped, arrivals: Vec<Arrival>, most: usize) -> Result<Vec<Chunk>> {
    let mut room = most;
    let mut wanted: Vec<Uuid> = Vec::new();
    let mut first = arrivals.len();
    for (index, arrival) in arrivals.iter().enumerate().rev() {
        let Some(left) = room.checked_sub(arrival.events.ids.len()) else { break };
        wanted.extend(&arrival.events.ids);
        (room, first) = (left, index);
    }
    let rows = store::event::by_ids(tx, &wanted).await?;
    let rows: HashMap<Uuid, Arc<Event>> = rows.into_iter().map(|e| (e.id.0, Arc::new(e))).collect();
    let chunk = |(index, arrival): (usize, Arrival)| {
        let ids = if index < first { &[][..] } else { &arrival.events.ids };
        let found = (0..).zip(ids).filter_map(|(n, id)| Some((n, Arc::clone(rows.get(id)?))));
        Chunk {
            seq: arrival.seq,
            at: arrival.at,
            events: found.collect(),
            unread: u64::try_from(arrival.events.count).unwrap_or(0).saturating_sub(ids.len() as u64),
        }
    };
    Ok(arrivals.into_iter().enumerate().map(chunk).collect())
}
