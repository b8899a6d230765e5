//! How much of one kind of work one person or one key may have under way at a time, so that the others find room too.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Cheap to clone.
#[derive(Clone)]
pub struct Places<K> {
    each: usize,
    taken: Arc<Mutex<HashMap<K, Arc<Semaphore>>>>,
}

impl<K: Eq + Hash> Places<K> {
    pub fn new(each: usize) -> Self {
        Self { each, taken: Arc::default() }
    }

    /// A place, given back when dropped; none while all of theirs are taken.
    pub fn enter(&self, who: K) -> Option<OwnedSemaphorePermit> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // Who holds a place holds the semaphore.
        taken.retain(|_, places| Arc::strong_count(places) > 1);
        let places = taken.entry(who).or_insert_with(|| Arc::new(Semaphore::new(self.each)));
        places.clone().try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_more_places_than_their_own_and_the_others_have_theirs() {
        let places = Places::new(2);
        let first = places.enter("one").unwrap();
        let second = places.enter("one").unwrap();
        assert!(places.enter("one").is_none());
        assert!(places.enter("two").is_some());
        drop(first);
        assert!(places.enter("one").is_some());
        drop(second);
        assert!(places.enter("three").is_some());
        assert_eq!(places.taken.lock().unwrap().len(), 1, "who has none is forgotten");
    }
}
