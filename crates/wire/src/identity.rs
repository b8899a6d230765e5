//! Ids of imported rows: the same file imported twice gives the same ids, equal lines of one file different ones.

use std::collections::HashMap;

use domain::{EventId, Timestamp};
use sha2::{Digest, Sha256};

/// SHA-256 of source and row.
fn row_hash(source: &str, row: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_be_bytes());
    hash.update(source.as_bytes());
    hash.update(row);
    hash.finalize().into()
}

/// UUIDv8 (RFC 9562 section 5.8): 48 bits of milliseconds of `occurred_at`, so that keys arrive nearly in order; 16 bits of
/// `place`, so that rows of one time stay in the order of the file; then the hash of source, row and how many equal rows came
/// before in the file.
fn id_of(occurred_at: Timestamp, place: u16, row: &[u8; 32], occurrence: u64) -> EventId {
    let mut hash = Sha256::new();
    hash.update(row);
    hash.update(occurrence.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0u8; 16];
    bytes[..6].copy_from_slice(&occurred_at.millis().to_be_bytes()[2..]);
    bytes[8..].copy_from_slice(&digest[..8]);
    // Around the bits of version and variant: 12 bits, then 4.
    bytes[6..8].copy_from_slice(&(place >> 4).to_be_bytes());
    bytes[8] = ((place & 0xf) as u8 * 4) | (bytes[8] & 0b11);
    EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Counts equal rows, and those of one time, while a file is read. 64 bits of the hash tell rows apart, some 20 bytes of memory
/// a row; should two rows collide, their ids still differ and still repeat.
#[derive(Debug, Default)]
pub struct Identities {
    source: String,
    seen: HashMap<u64, u32>,
    /// The time of the row before, and how many followed each other with it; beyond 65,535 they share a place.
    run: Option<(Timestamp, u16)>,
}

impl Identities {
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), seen: HashMap::new(), run: None }
    }

    /// A row that was refused keeps its place, so that those behind it have the same ids once it is mended.
    pub fn refused(&mut self) {
        if let Some((_, place)) = &mut self.run {
            *place = place.saturating_add(1);
        }
    }

    /// The id of the next row of the file. `occurred_at`: none of a row without a time, whose place says nothing.
    pub fn next_id(&mut self, occurred_at: Option<Timestamp>, row: &[u8]) -> EventId {
        let hash = row_hash(&self.source, row);
        let mut short = [0u8; 8];
        short.copy_from_slice(&hash[..8]);
        let count = self.seen.entry(u64::from_be_bytes(short)).or_insert(0);
        let occurrence = u64::from(*count);
        *count += 1;
        let Some(at) = occurred_at else {
            // Their place says nothing: more of the hash stands there.
            let place = u16::from_be_bytes([hash[30], hash[31]]);
            return id_of(Timestamp::EPOCH, place, &hash, occurrence);
        };
        let place = match self.run {
            Some((before, place)) if before == at => place.saturating_add(1),
            _ => 0,
        };
        self.run = Some((at, place));
        id_of(at, place, &hash, occurrence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_differ_and_equal_files_agree() {
        let at: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        let ids = |source: &str| {
            let mut identities = Identities::new(source);
            [&b"a"[..], b"a", b"b"].map(|row| identities.next_id(Some(at), row))
        };
        let first = ids("fw");
        assert_eq!(first, ids("fw"));
        assert_ne!(first, ids("web"));
        assert!(first[0] != first[1] && first[1] != first[2]);
        assert_eq!(first[1], id_of(at, 1, &row_hash("fw", b"a"), 1));
        assert_eq!(first[0].0.as_u128() >> 80, u128::from(at.millis().unsigned_abs()));
        assert_eq!(first[0].0.get_version_num(), 8);
    }

    #[test]
    fn rows_of_one_time_stay_in_the_order_of_the_file() {
        let at =
            |second: i64| Some(Timestamp::from_micros(1_764_000_000_000_000 + second * 1_000_000).unwrap());
        let mut identities = Identities::new("fw");
        let mut ids: Vec<_> = (0..70_000_u32).map(|n| identities.next_id(at(0), &n.to_be_bytes())).collect();
        assert!(ids[..65_536].is_sorted());
        assert!(ids[65_536..].iter().all(|id| *id > ids[65_534]));
        // The next time begins anew: what stands before it does not change its ids.
        let next = identities.next_id(at(1), b"later");
        assert_eq!(next, Identities::new("fw").next_id(at(1), b"later"));
        ids.push(next);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 70_001);
    }

    #[test]
    fn a_refused_row_keeps_its_place() {
        let at: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        let (mut first, mut mended) = (Identities::new("fw"), Identities::new("fw"));
        first.next_id(Some(at), b"one");
        first.refused();
        mended.next_id(Some(at), b"one");
        mended.next_id(Some(at), b"two");
        assert_eq!(first.next_id(Some(at), b"three"), mended.next_id(Some(at), b"three"));
    }

    #[test]
    fn a_row_without_a_time_is_the_same_row_wherever_it_stands() {
        let mut identities = Identities::new("fw");
        identities.next_id(None, b"before");
        assert_eq!(identities.next_id(None, b"line"), Identities::new("fw").next_id(None, b"line"));
    }
}
