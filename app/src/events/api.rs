//! Server functions of events.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::EventQuery;
use super::shown::{Completed, EventList, EventShown, Summary};
use crate::Answer;

/// Bars of a histogram: not many more than this.
#[cfg(feature = "ssr")]
pub const BUCKETS: u32 = 72;

#[server(name = ListEvents, prefix = "/fn", endpoint = "events/list", input = GetUrl)]
pub async fn list_events(organization: String, #[server(default)] query: EventQuery) -> Answer<EventList> {
    let scope = crate::server::scope(&organization).await?;
    super::read::list(&scope, &query).await
}

/// Count, facets and histogram of the same filter, in one answer.
#[server(name = SummariseEvents, prefix = "/fn", endpoint = "events/summary", input = GetUrl)]
pub async fn summarise_events(organization: String, #[server(default)] query: EventQuery) -> Answer<Summary> {
    let scope = crate::server::scope(&organization).await?;
    super::read::summary(&scope, &query).await
}

/// What can stand at the cursor of a query: `at` in UTF-16 units, `from` and `to` the range whose values are offered.
#[server(name = CompleteQuery, prefix = "/fn", endpoint = "events/complete", input = GetUrl)]
pub async fn complete_query(
    organization: String,
    #[server(default)] q: String,
    #[server(default)] at: u32,
    #[server(default)] from: String,
    #[server(default)] to: String,
) -> Answer<Completed> {
    let scope = crate::server::scope(&organization).await?;
    super::complete::complete(&scope, &EventQuery { from, to, q, ..EventQuery::default() }, at).await
}

/// An event, and what is told of it beside the list of this query, or on its page (`whole`), or in the menu of one of the row's
/// cells (`cell`: its number, from 0).
#[server(name = GetEvent, prefix = "/fn", endpoint = "events/get", input = GetUrl)]
pub async fn get_event(
    organization: String,
    id: String,
    #[server(default)] query: EventQuery,
    #[server(default)] whole: bool,
    #[server(default)] cell: String,
) -> Answer<EventShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    match cell.parse() {
        Ok(cell) => super::cell_menu::cell(&scope, id, &query, cell).await,
        Err(_) => super::read::event(&scope, id, &query, whole).await,
    }
}
