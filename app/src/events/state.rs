//! What the parts of the event list share: where it is, what the URL says, and what was loaded for it.

use domain::query::Problem;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::{GetEvent, ListEvents, SummariseEvents};
use super::query::{EventQuery, Field};
use super::shown::{EventList, EventShown, FacetValue, Histogram, Summary};
use crate::fetch::{Fetched, fetch, fetch_if};
use crate::session::use_slug;

#[derive(Clone, Copy)]
pub struct Events {
    pub slug: Memo<String>,
    pub query: Memo<EventQuery>,
    /// What is wrong with the query, which then finds nothing.
    pub problem: Memo<Option<Problem>>,
    pub list: Fetched<EventList>,
    /// Read inside `Transition`.
    pub summary: Fetched<Summary>,
    /// The event that the URL opens. The page's and not the panel's, which is gone while its answer is still awaited.
    pub open: Fetched<Option<EventShown>>,
}

impl Events {
    pub fn load() -> Self {
        let slug = use_slug();
        let map = use_query_map();
        let query = Memo::new(move |_| map.with(EventQuery::read));
        Self {
            slug,
            query,
            problem: Memo::new(move |_| query.read().problem()),
            list: fetch(move || ListEvents { organization: slug.get(), query: query.read().list() }),
            summary: fetch(move || SummariseEvents {
                organization: slug.get(),
                query: query.read().filter(),
            }),
            open: fetch_if(move || {
                let id = query.read().event.clone();
                (!id.is_empty()).then(|| GetEvent { organization: slug.get(), id })
            }),
        }
    }

    /// Where a changed query leads.
    pub fn href(self, change: impl Fn(&EventQuery) -> EventQuery) -> String {
        self.query.with(|query| change(query).href(&self.slug.read()))
    }

    /// The values of a field, those that are on first to be missed appended. Read inside `Transition`.
    pub fn facet(self, field: Field) -> Vec<FacetValue> {
        let found = self.summary.get().and_then(Result::ok).unwrap_or_default();
        let mut values = found
            .facets
            .iter()
            .find(|facet| facet.field == field.word())
            .map(|facet| facet.values.clone())
            .unwrap_or_default();
        self.query.with(|query| {
            for value in query.values(field) {
                if values.iter().all(|known| known.value != *value) {
                    values.push(FacetValue { value: value.clone(), label: value.clone(), n: 0 });
                }
            }
        });
        values
    }

    /// Read inside `Transition`.
    pub fn histogram(self) -> Histogram {
        self.summary.get().and_then(Result::ok).unwrap_or_default().histogram.clone()
    }
}
