//! What the parts of the event list share: where it is, what the URL says, and what was loaded for it.

use domain::query::Problem;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::api::{GetEvent, ListEvents, SummariseEvents};
use super::query::EventQuery;
use super::shown::{EventList, EventShown, FacetShown, Histogram, Summary};
use crate::fetch::{Fetched, fetch, fetch_if};
use crate::session::use_slug;

#[derive(Clone, Copy)]
pub struct Events {
    pub slug: Memo<String>,
    pub query: Memo<EventQuery>,
    /// The same without the panel. What many links are made of, so that they stay when a panel opens.
    pub closed: Memo<EventQuery>,
    /// The URL has no query at all.
    pub bare: Memo<bool>,
    /// What is wrong with the query, which then finds nothing.
    pub problem: Memo<Option<Problem>>,
    pub list: Fetched<EventList>,
    /// Read inside `Transition`.
    pub summary: Fetched<Summary>,
    /// The event that the URL opens. The page's and not the panel's, which is gone while its answer is still awaited.
    pub open: Fetched<Option<EventShown>>,
    /// Where the rows before and after the one that the URL names lead: from the row asked for last, not from the one whose answer
    /// is still shown, so that keys pressed quickly count. Read inside `Transition`.
    pub previous: Signal<Option<String>>,
    pub next: Signal<Option<String>>,
}

impl Events {
    pub fn load() -> Self {
        let slug = use_slug();
        let map = use_query_map();
        let query = Memo::new(move |_| map.with(EventQuery::of_page));
        let list = fetch(move || ListEvents { organization: slug.get(), query: query.read().list() });
        Self {
            slug,
            query,
            closed: Memo::new(move |_| query.read().closed()),
            bare: Memo::new(move |_| *map.read() == ParamsMap::new()),
            problem: Memo::new(move |_| query.read().problem()),
            list,
            summary: fetch(move || SummariseEvents {
                organization: slug.get(),
                query: query.read().filter(),
            }),
            open: fetch_if(move || {
                let id = query.read().event.clone();
                (!id.is_empty()).then(|| GetEvent {
                    organization: slug.get(),
                    id,
                    query: query.read().list(),
                    whole: false,
                    cell: String::new(),
                })
            }),
            previous: Signal::derive(move || beside(slug, query, list, -1)),
            next: Signal::derive(move || beside(slug, query, list, 1)),
        }
    }

    /// Where a changed query leads.
    pub fn href(self, change: impl Fn(&EventQuery) -> EventQuery) -> String {
        self.query.with(|query| change(query).href(&self.slug.read()))
    }

    /// A facet and the query it changes. Read inside `Transition`.
    pub fn facet(self, field: &str) -> Option<(FacetShown, String)> {
        let found = self.summary.get()?.ok()?;
        let facet = found.facets.iter().find(|facet| facet.field == field)?;
        Some((facet.clone(), found.q.clone()))
    }

    /// Read inside `Transition`.
    pub fn histogram(self) -> Histogram {
        self.summary.get().and_then(Result::ok).unwrap_or_default().histogram.clone()
    }
}

/// The list with the panel of the row that many rows on.
fn beside(
    slug: Memo<String>,
    query: Memo<EventQuery>,
    list: Fetched<EventList>,
    rows: isize,
) -> Option<String> {
    let (query, list) = (query.read(), list.get()?.ok()?);
    let at = list.rows.iter().position(|row| row.id == query.event)?;
    let row = list.rows.get(at.checked_add_signed(rows)?)?;
    Some(query.open(&row.id).href(&slug.read()))
}
