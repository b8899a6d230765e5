mod complete;
mod edit;
mod meaning;
mod parts;
mod syntax;

use super::*;
use crate::Timestamp;

/// 2026-11-23T09:30:00Z.
fn now() -> Timestamp {
    Timestamp::from_micros(1_795_426_200_000_000).unwrap()
}

fn read(text: &str) -> Query {
    parse(text, &EVENTS, now()).unwrap_or_else(|p| panic!("{text}: {p} at {:?}", p.at))
}
