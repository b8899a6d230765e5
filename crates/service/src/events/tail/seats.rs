//! How many may watch at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::OrganizationId;

use crate::{Actor, Who};

/// Tails of one person or key in one organization: browser tabs, and a program or two.
const PER_HOLDER: usize = 24;
const PER_ORGANIZATION: usize = 200;

type Taken = Arc<Mutex<HashMap<(OrganizationId, String), usize>>>;

#[derive(Default)]
pub(super) struct Seats(Taken);

/// One of them, free again when dropped.
pub(super) struct Seat {
    taken: Taken,
    holder: (OrganizationId, String),
}

impl Seats {
    pub(super) fn take(&self, actor: &Actor) -> Option<Seat> {
        let who = match &actor.who {
            Who::User(user) => user.id.to_string(),
            Who::ApiKey { id, .. } => id.to_string(),
            Who::System(name) => (*name).to_owned(),
        };
        let holder = (actor.organization, who);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here: usize =
            taken.iter().filter(|((organization, _), _)| *organization == holder.0).map(|(_, n)| n).sum();
        let mine = taken.entry(holder.clone()).or_default();
        if *mine >= PER_HOLDER || here >= PER_ORGANIZATION {
            return None;
        }
        *mine += 1;
        Some(Seat { taken: Arc::clone(&self.0), holder })
    }
    /// Of everybody, for the metrics.
    pub(super) fn taken(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = taken.get_mut(&self.holder) {
            *n -= 1;
            if *n == 0 {
                taken.remove(&self.holder);
            }
        }
    }
}
