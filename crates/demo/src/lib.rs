//! The demo: two organizations, their people, and thirty days of events in which an attack builds up. Pure and
//! deterministic: the same `end` gives the same bytes, and another `end` shifts every time and changes nothing else.
//!
//! This crate must never read a clock, draw a real random number or write anything. To add a line of background noise:
//! a row in `background`; a step of the attack: a function in `attack`; an organization: an entry of
//! [`ORGANIZATIONS`] with its lines.
//!
//! Times are told relative to the end; the end counts as 14:00 of the office day, so day and night have their shape
//! whenever the demo is filled.

mod attack;
mod background;
pub mod drift;
mod organizations;
mod random;
mod write;

pub use organizations::{ORGANIZATIONS, Organization, PASSWORD, PEOPLE, Person, Place, Sender, organization};

use domain::Timestamp;
use domain::event::NewEvent;

/// How long the story is.
pub const DAYS: i64 = 30;
const HOUR: i64 = 3_600_000_000;

/// The events of one organization from 30 days before `end` to `end`, oldest first. About 120,000 for `acme`, 20,000 for
/// `globex`. One hour is held in memory at a time.
pub fn story(organization: &'static Organization, end: Timestamp) -> impl Iterator<Item = NewEvent> {
    (0..DAYS * 24).flat_map(move |hour| hour_of(organization, end, hour))
}

/// The events of the hour that begins `hour` hours after the start. Hours are independent, so they can be made in any
/// order.
fn hour_of(organization: &Organization, end: Timestamp, hour: i64) -> Vec<NewEvent> {
    let mut moments = background::hour(organization, hour);
    if organization.slug == "acme" {
        moments.extend(attack::hour(hour));
    }
    // A stable sort by time keeps what happened in one microsecond in the order it was written.
    moments.sort_by_key(|m| m.at);
    let start = end.plus_micros(-DAYS * 24 * HOUR);
    let mut random = random::Random::new(organization.seed ^ 0x1d ^ ((hour as u64) << 20));
    moments.into_iter().map(|m| write::event(start, m, &mut random)).collect()
}

#[cfg(test)]
mod tests;
