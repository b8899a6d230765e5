//! Pages of a list, by cursor: previous and next.

use leptos::prelude::*;

use crate::{Glyph, Icon};

/// Previous and next as links; a missing end is shown, not pressable.
#[component]
pub fn Pager(
    /// "Pages of events".
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] previous: MaybeProp<String>,
    #[prop(optional, into)] next: MaybeProp<String>,
    /// "1 to 50 of 48,213".
    #[prop(optional, into)]
    summary: MaybeProp<String>,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label=label.unwrap_or_else(|| "Pages".to_owned())>
            <span class="summary muted">{move || summary.get()}</span>
            <a
                class="button secondary"
                rel="prev"
                role=move || previous.get().is_none().then_some("link")
                href=move || previous.get()
                aria-disabled=move || previous.get().is_none().then_some("true")
            >
                <Icon glyph=Glyph::ChevronLeft />
                <span class="words">"Previous"</span>
            </a>
            <a class="button secondary" rel="next" role=move || next.get().is_none().then_some("link") href=move || next.get() aria-disabled=move || next.get().is_none().then_some("true")>
                <span class="words">"Next"</span>
                <Icon glyph=Glyph::ChevronRight />
            </a>
        </nav>
    }
    .into_any()
}
