//! What a live tail tells the page: rows as the list prints them, and sentences.

use domain::event::Event;
use domain::query::Query;
use service::events::tail::Skipped;

use super::parts::number;
use super::read::{Column, row};
use crate::when::Zone;

/// JSON of the rows, as the list has them.
pub fn rows<'a>(
    events: impl Iterator<Item = &'a Event>,
    zone: Zone,
    query: Option<&Query>,
    columns: &[Column],
) -> String {
    let rows: Vec<_> = events.map(|event| row(event, zone, query, columns)).collect();
    serde_json::to_string(&rows).unwrap_or_default()
}

/// "Showing 200 of 1,430 a second".
pub fn skipped(skipped: &Skipped) -> String {
    let a_second = |n: u64| {
        let milliseconds = skipped.milliseconds.max(1);
        number(i64::try_from(n.saturating_mul(1_000).div_ceil(milliseconds)).unwrap_or(i64::MAX))
    };
    let shown = format!("Showing {} of {} a second", a_second(skipped.shown), a_second(skipped.matched));
    match skipped.unread {
        0 => shown,
        n if skipped.matched <= skipped.shown => {
            format!("{} more arrived too fast to look at", number(i64::try_from(n).unwrap_or(i64::MAX)))
        }
        n => format!(
            "{shown}; {} more arrived too fast to look at",
            number(i64::try_from(n).unwrap_or(i64::MAX))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_said_as_a_rate() {
        let numbers = Skipped { shown: 200, matched: 1_430, unread: 0, milliseconds: 1_000 };
        assert_eq!(skipped(&numbers), "Showing 200 of 1,430 a second");
        let slow = Skipped { shown: 300, matched: 3_000, unread: 7, milliseconds: 1_500 };
        assert_eq!(skipped(&slow), "Showing 200 of 2,000 a second; 7 more arrived too fast to look at");
        let unread = Skipped { shown: 0, matched: 0, unread: 8_000, milliseconds: 1_000 };
        assert_eq!(skipped(&unread), "8,000 more arrived too fast to look at");
    }
}
