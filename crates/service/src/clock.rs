//! Time and ids, the only place that asks the system for either.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::Timestamp;
use domain::id::Id;
use sha2::{Digest as _, Sha256};
use uuid::{NoContext, Uuid};

/// Where time comes from. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// A clock that tests set; microseconds since 1970.
    Fixed(Arc<AtomicI64>),
    /// A fixed one whose ids are the same each time: those of a story.
    Story(Arc<Story>),
}

/// Microseconds since 1970, and how many ids were made.
#[derive(Debug)]
pub struct Story {
    at: AtomicI64,
    ids: AtomicU64,
}

impl Clock {
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }
    pub fn story(at: Timestamp) -> Self {
        Self::Story(Arc::new(Story { at: AtomicI64::new(at.micros()), ids: AtomicU64::new(0) }))
    }
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Self::System => Timestamp::new(chrono::Utc::now()).unwrap_or(Timestamp::EPOCH),
            Self::Fixed(at) => told(at),
            Self::Story(story) => told(&story.at),
        }
    }
    /// Moves a fixed clock; nothing on the system's.
    pub fn advance_seconds(&self, seconds: i64) {
        let at = match self {
            Self::System => return,
            Self::Fixed(at) => at,
            Self::Story(story) => &story.at,
        };
        at.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
    /// A fresh UUIDv7 of this instant.
    pub fn id<T: Id>(&self) -> T {
        let Self::Story(story) = self else { return id_at(self.now()) };
        let hash = Sha256::digest(story.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let mut random = [0; 10];
        random.copy_from_slice(&hash[..10]);
        let millis = self.now().micros().div_euclid(1000).unsigned_abs();
        T::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

fn told(at: &AtomicI64) -> Timestamp {
    Timestamp::from_micros(at.load(Ordering::Relaxed)).unwrap_or(Timestamp::EPOCH)
}

/// A UUIDv7 whose time is `at`, with fresh random bits.
pub fn id_at<T: Id>(at: Timestamp) -> T {
    let micros = at.micros();
    let time = uuid::Timestamp::from_unix(
        NoContext,
        micros.div_euclid(1_000_000).unsigned_abs(),
        (micros.rem_euclid(1_000_000) * 1000) as u32,
    );
    T::from_uuid(Uuid::new_v7(time))
}
