//! Server functions of events.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::EventQuery;
use super::shown::{EventList, EventShown, Summary};
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

#[server(name = GetEvent, prefix = "/fn", endpoint = "events/get", input = GetUrl)]
pub async fn get_event(organization: String, id: String) -> Answer<EventShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    Ok(super::read::event(service::events::get(&scope.admit()?, id).await?, scope.zone))
}
