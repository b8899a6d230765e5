//! How many may watch at the same time: live tails, and pages that are followed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::OrganizationId;

use crate::{Actor, Who};

type Taken = Arc<Mutex<HashMap<(OrganizationId, String), usize>>>;

pub(crate) struct Seats {
    taken: Taken,
    /// Of one person or key in one organization.
    per_holder: usize,
    per_organization: usize,
}

/// One of them, free again when dropped.
pub(crate) struct Seat {
    taken: Taken,
    holder: (OrganizationId, String),
}

impl Seats {
    pub(crate) fn allowing(per_holder: usize, per_organization: usize) -> Self {
        Self { taken: Taken::default(), per_holder, per_organization }
    }
    pub(crate) fn take(&self, actor: &Actor) -> Option<Seat> {
        let who = match &actor.who {
            Who::User(user) => user.id.to_string(),
            Who::ApiKey { id, .. } => id.to_string(),
            Who::System(name) => (*name).to_owned(),
        };
        let holder = (actor.organization, who);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let here: usize =
            taken.iter().filter(|((organization, _), _)| *organization == holder.0).map(|(_, n)| n).sum();
        let mine = taken.entry(holder.clone()).or_default();
        if *mine >= self.per_holder || here >= self.per_organization {
            return None;
        }
        *mine += 1;
        Some(Seat { taken: Arc::clone(&self.taken), holder })
    }
    /// Of everybody, for the metrics.
    pub(crate) fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
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
