//! Time and ids, the only place that asks the system for either.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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

/// What an arrival is numbered in: nearly 2 µs.
const ARRIVALS_A_MILLI: u64 = 512;
/// 2020, in milliseconds since 1970.
const FIRST_ARRIVAL: u64 = 1_577_836_800_000;

/// A UUIDv7 whose time is `at`; then, in 50 bits, when it arrived (units of 2 µs since 2020, each once in this process), and 24
/// that this process drew at its start. So what happened at the same time stands in the order in which it came in.
pub fn id_of_arrival<T: Id>(at: Timestamp) -> T {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let micros = Clock::System.now().micros().unsigned_abs();
    let now = micros.saturating_sub(FIRST_ARRIVAL * 1000) * ARRIVALS_A_MILLI / 1000;
    let step = |last: u64| Some(now.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or(now);
    let arrival = now.max(last + 1);
    // The bits around version and variant: 12, then 38.
    static PROCESS: OnceLock<u128> = OnceLock::new();
    let process = PROCESS.get_or_init(|| id_at::<T>(at).uuid().as_u128() & 0xff_ffff);
    let millis = u128::from(at.micros().div_euclid(1000).unsigned_abs());
    let version_and_variant = (7 << 76) | (0b10 << 62);
    let (upper, lower) = (u128::from((arrival >> 38) & 0xfff), u128::from(arrival & 0x3f_ffff_ffff));
    T::from_uuid(Uuid::from_u128(
        (millis << 80) | version_and_variant | (upper << 64) | (lower << 24) | process,
    ))
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

#[cfg(test)]
mod tests {
    use domain::EventId;

    use super::*;

    #[test]
    fn ids_of_one_time_follow_the_order_of_arrival() {
        let at: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        let ids: Vec<Uuid> = (0..50_000).map(|_| id_of_arrival::<EventId>(at).0).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
        assert!(ids.iter().all(|id| id.as_u128() >> 80 == u128::from(at.millis().unsigned_abs())));
        let earlier = id_of_arrival::<EventId>(at.plus_seconds(-1)).0;
        assert!(earlier < ids[0]);
    }
}
