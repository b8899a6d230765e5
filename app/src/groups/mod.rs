//! groups

use leptos::prelude::*;

#[component]
pub fn GroupsPage() -> impl IntoView {
    view! { <ui::PageHead title="GroupsPage" /> }
}

#[component]
pub fn GroupPage() -> impl IntoView {
    view! { <ui::PageHead title="GroupPage" /> }
}
