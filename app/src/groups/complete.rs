//! What is offered while a query of groups is typed: what the language knows, and the values that their events have. Server only.

use domain::filter::EventFilter;
use domain::permission::{EventRead, GroupRead};
use domain::query::{Context, EVENTS, GROUPS, edit};

use crate::Answer;
use crate::complete::{Cursor, events};
use crate::events::shown::Completed;
use crate::server::Scope;

/// `at`: UTF-16 units before the cursor.
pub async fn complete(scope: &Scope, q: &str, at: u32) -> Answer<Completed> {
    scope.admit::<GroupRead>()?;
    let cursor = Cursor::new(q, at, &GROUPS);
    let mut choices = cursor.known();
    // A group has those of its events.
    if let Context::Value { field, prefix } = &cursor.found.context
        && ["component", "event_type"].contains(&field.as_str())
        && let Ok(target) = edit::target(field, &EVENTS)
        && let Ok(cx) = scope.admit::<EventRead>()
    {
        let (values, all) = service::events::values(&cx, &EventFilter::default(), &target, prefix).await?;
        choices.extend(values.iter().map(|(value, n)| cursor.value(value, events(*n, all))));
    }
    Ok(cursor.done(choices))
}
