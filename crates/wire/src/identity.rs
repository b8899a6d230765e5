//! Ids of imported rows: the same file imported twice gives the same ids, equal lines of one file different ones.

use std::collections::HashMap;

use domain::{EventId, Timestamp};
use sha2::{Digest, Sha256};

/// SHA-256 of source and row.
pub fn row_hash(source: &str, row: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((source.len() as u64).to_be_bytes());
    hash.update(source.as_bytes());
    hash.update(row);
    hash.finalize().into()
}

/// UUIDv8 (RFC 9562 section 5.8): 48 bits of milliseconds of `occurred_at`, so that keys arrive nearly in order, then
/// the hash of source, row and how many equal rows came before in the file.
pub fn import_id(occurred_at: Timestamp, source: &str, row: &[u8], occurrence: u64) -> EventId {
    id_of(occurred_at, &row_hash(source, row), occurrence)
}

fn id_of(occurred_at: Timestamp, row: &[u8; 32], occurrence: u64) -> EventId {
    let mut hash = Sha256::new();
    hash.update(row);
    hash.update(occurrence.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0u8; 16];
    bytes[..6].copy_from_slice(&occurred_at.millis().to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&digest[..10]);
    EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Counts equal rows while a file is read. 64 bits of the hash tell rows apart, some 20 bytes of memory a row; should two
/// rows collide, their ids still differ and still repeat.
#[derive(Debug, Default)]
pub struct Identities {
    source: String,
    seen: HashMap<u64, u32>,
}

impl Identities {
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), seen: HashMap::new() }
    }

    /// The id of the next row of the file.
    pub fn next_id(&mut self, occurred_at: Timestamp, row: &[u8]) -> EventId {
        let hash = row_hash(&self.source, row);
        let mut short = [0u8; 8];
        short.copy_from_slice(&hash[..8]);
        let count = self.seen.entry(u64::from_be_bytes(short)).or_insert(0);
        let id = id_of(occurred_at, &hash, u64::from(*count));
        *count += 1;
        id
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
            [&b"a"[..], b"a", b"b"].map(|row| identities.next_id(at, row))
        };
        let first = ids("fw");
        assert_eq!(first, ids("fw"));
        assert_ne!(first, ids("web"));
        assert!(first[0] != first[1] && first[1] != first[2]);
        assert_eq!(first[1], import_id(at, "fw", b"a", 1));
        assert_eq!(first[0].0.as_u128() >> 80, u128::from(at.millis().unsigned_abs()));
        assert_eq!(first[0].0.get_version_num(), 8);
    }
}
