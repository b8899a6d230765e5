//! events

use leptos::prelude::*;

#[component]
pub fn EventsPage() -> impl IntoView {
    view! { <ui::PageHead title="EventsPage" /> }
}

#[component]
pub fn EventPage() -> impl IntoView {
    view! { <ui::PageHead title="EventPage" /> }
}
