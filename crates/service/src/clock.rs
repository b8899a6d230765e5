//! Time and ids, the only place that asks the system for either.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use domain::id::Id;
use uuid::{NoContext, Uuid};

/// Where time comes from. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// A clock that tests set; microseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Self::System => Timestamp::new(chrono::Utc::now()).unwrap_or(Timestamp::EPOCH),
            Self::Fixed(at) => Timestamp::from_micros(at.load(Ordering::Relaxed)).unwrap_or(Timestamp::EPOCH),
        }
    }
    /// Moves a fixed clock; nothing on the system's.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Self::Fixed(at) = self {
            at.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
        }
    }
    /// A fresh UUIDv7 of this instant.
    pub fn id<T: Id>(&self) -> T {
        id_at(self.now())
    }
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
