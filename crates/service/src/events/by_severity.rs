//! The list by severity. No index has the severity in front of the time, which would cost every ingest: the list is that of
//! one severity after the other, each newest first, which the roll-ups and the key by time serve as they serve any filter.

use domain::Severity;
use domain::event::Event;
use domain::filter::EventFilter;
use domain::page::{Order, Page};
use domain::permission::EventRead;

use super::{MAX_PAGE, check_filter, parse_cursor, write_cursor};
use crate::{Cx, Result};

/// Which severity comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BySeverity {
    Hottest,
    Mildest,
}

impl BySeverity {
    /// All there are, in this order.
    fn severities(self) -> [Severity; 5] {
        let mut all = Severity::ALL;
        if self == Self::Hottest {
            all.reverse();
        }
        all
    }
}

/// A page of the filtered list by severity, then newest first. As with [`super::list`] a page can be short though there is a next one.
///
/// # Errors
/// `Invalid` where the filter or the cursor is none.
pub async fn list_by_severity(
    cx: &Cx<EventRead>,
    filter: &EventFilter,
    order: BySeverity,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Event>> {
    check_filter(filter)?;
    let limit = limit.clamp(1, MAX_PAGE) as usize;
    let all = order.severities();
    let (mut at, mut after) = match cursor {
        None => (0, None),
        Some(cursor) => {
            let (rank, rest) = cursor.split_at_checked(1).unwrap_or(("", ""));
            let severity = rank.parse().ok().and_then(|rank: usize| Severity::ALL.get(rank));
            let at = severity.and_then(|severity| all.iter().position(|other| other == severity));
            // A rank that is none makes the rest none too.
            let after = if rest.is_empty() && at.is_some() { None } else { Some(parse_cursor(rest)?) };
            (at.unwrap_or_default(), after)
        }
    };
    let mut tx = cx.read().await?;
    let mut items = Vec::with_capacity(limit);
    while let Some(severity) = all.get(at) {
        let wanted = filter.severity.is_empty() || filter.severity.contains(severity);
        if wanted {
            let own = EventFilter { severity: vec![*severity], order: Order::Newest, ..filter.clone() };
            if items.len() == limit {
                // A next page is promised where there is one.
                let found = store::event::page(&mut tx, &own, None, 1).await?;
                if found.events.is_empty() && found.next.is_none() {
                    at += 1;
                    continue;
                }
                return Ok(Page { items, next_cursor: Some(severity.rank().to_string()) });
            }
            let found = store::event::page(&mut tx, &own, after, limit - items.len()).await?;
            items.extend(found.events);
            if let Some(next) = found.next {
                let next_cursor = Some([&severity.rank().to_string(), write_cursor(next).as_str()].concat());
                return Ok(Page { items, next_cursor });
            }
        }
        (at, after) = (at + 1, None);
    }
    Ok(Page { items, next_cursor: None })
}
