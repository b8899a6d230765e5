//! From an event to a row: id, template, fingerprint, group. Pure but for the random bits of fresh ids.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use domain::event::NewEvent;
use domain::template::{fingerprint, template};
use domain::{EventId, GroupId, OrganizationId};
use store::ingest::GroupSeed;

use crate::clock;

/// An event that is ready to be stored.
pub type PreparedEvent = store::ingest::Prepared;

/// Prepares the events of one request; remembers the groups it has seen, so that each is hashed once.
pub struct Preparer {
    organization: OrganizationId,
    hasher: RandomState,
    seen: HashMap<u64, Arc<GroupSeed>>,
}

/// Groups a preparer remembers.
const REMEMBERED: usize = 20_000;

impl Preparer {
    pub fn new(organization: OrganizationId) -> Self {
        Self { organization, hasher: RandomState::new(), seen: HashMap::new() }
    }

    pub fn prepare(&mut self, event: NewEvent) -> PreparedEvent {
        let group =
            self.group(template(&event.message), event.component.as_deref(), event.event_type.as_deref());
        // A fresh id carries the time of the event, so that keys arrive nearly in order, and then when it came in.
        let id: EventId = event.id.unwrap_or_else(|| clock::id_of_arrival(event.occurred_at));
        PreparedEvent { id, named: event.id.is_some(), event, group }
    }

    fn group(
        &mut self,
        template: String,
        component: Option<&str>,
        event_type: Option<&str>,
    ) -> Arc<GroupSeed> {
        let key = self.hasher.hash_one((&template, component, event_type));
        if let Some(seed) = self.seen.get(&key)
            && seed.template == template
            && seed.component.as_deref() == component
            && seed.event_type.as_deref() == event_type
        {
            return Arc::clone(seed);
        }
        let fingerprint = fingerprint(&template, component, event_type);
        let seed = Arc::new(GroupSeed {
            id: GroupId::derive(self.organization, &fingerprint),
            fingerprint,
            template,
            component: component.map(str::to_owned),
            event_type: event_type.map(str::to_owned),
            events_fingerprint: None,
        });
        if self.seen.len() < REMEMBERED {
            self.seen.insert(key, Arc::clone(&seed));
        }
        seed
    }
}

/// Prepares one event. For many use a [`Preparer`].
pub fn prepare(event: NewEvent, organization: OrganizationId) -> PreparedEvent {
    Preparer::new(organization).prepare(event)
}
