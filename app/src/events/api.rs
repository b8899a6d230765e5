//! Server functions of events.

use domain::filter::Count;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::EventQuery;
use super::shown::{EventList, EventShown, FacetShown, Histogram};
use crate::Answer;

/// Bars of a histogram: not many more than this.
pub const BUCKETS: u32 = 72;

#[server(name = ListEvents, prefix = "/fn", endpoint = "events/list", input = GetUrl)]
pub async fn list_events(organization: String, #[server(default)] query: EventQuery) -> Answer<EventList> {
    let scope = crate::server::scope(&organization).await?;
    super::read::list(&scope, &query).await
}

#[server(name = CountEvents, prefix = "/fn", endpoint = "events/count", input = GetUrl)]
pub async fn count_events(organization: String, #[server(default)] query: EventQuery) -> Answer<Count> {
    let scope = crate::server::scope(&organization).await?;
    Ok(service::events::count(&scope.admit()?, &super::read::filter(&scope, &query)?).await?)
}

#[server(name = EventFacets, prefix = "/fn", endpoint = "events/facets", input = GetUrl)]
pub async fn event_facets(
    organization: String,
    #[server(default)] query: EventQuery,
) -> Answer<Vec<FacetShown>> {
    let scope = crate::server::scope(&organization).await?;
    super::read::facets(&scope, &query).await
}

#[server(name = EventHistogram, prefix = "/fn", endpoint = "events/histogram", input = GetUrl)]
pub async fn event_histogram(
    organization: String,
    #[server(default)] query: EventQuery,
) -> Answer<Histogram> {
    let scope = crate::server::scope(&organization).await?;
    let filter = super::read::filter(&scope, &query)?;
    let buckets = service::events::histogram(&scope.admit()?, &filter, BUCKETS).await?;
    Ok(super::read::histogram(&buckets, &filter, scope.services.clock.now(), scope.zone))
}

#[server(name = GetEvent, prefix = "/fn", endpoint = "events/get", input = GetUrl)]
pub async fn get_event(organization: String, id: String) -> Answer<EventShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::AppError::not_found())?;
    Ok(super::read::event(service::events::get(&scope.admit()?, id).await?, scope.zone))
}
