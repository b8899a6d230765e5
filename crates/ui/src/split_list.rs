//! Facets, list and panel on one screen.

use leptos::prelude::*;

use crate::{Glyph, Icon};

/// Three columns: facets (a sheet behind "Filters" where narrow), the list (children), the panel when `panel_open`.
#[component]
pub fn SplitList(
    /// `<Facet>`s; no column when left out.
    #[prop(optional, into)]
    facets: Option<ViewFn>,
    /// The `<Panel>`; drawn only while `panel_open`.
    #[prop(optional, into)]
    panel: Option<ViewFn>,
    #[prop(optional, into)] panel_open: Signal<bool>,
    /// How many filters are on, for the folded title; 0 hides it.
    #[prop(optional, into)]
    filters_on: Signal<usize>,
    children: Children,
) -> impl IntoView {
    let has_facets = facets.is_some();
    let facets = facets.map(|facets| {
        view! {
            <button class="button secondary facets-button" type="button" popovertarget="facets">
                <Icon glyph=Glyph::Filter />
                <span class="words">"Filters"</span>
                {move || (filters_on.get() > 0).then(|| view! { <span class="badge accent">{filters_on.get()}</span> })}
            </button>
            <nav class="facets" id="facets" popover aria-label="Filters">
                {facets.run()}
            </nav>
        }
    });
    let panel = move || panel.as_ref().filter(|_| panel_open.get()).map(ViewFn::run);
    view! {
        <div class="split-list" class:with-facets=has_facets class:with-panel=move || panel_open.get()>
            {facets}
            <div class="list">{children()}</div>
            {move || panel()}
        </div>
    }
    .into_any()
}
