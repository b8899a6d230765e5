//! sources

use leptos::prelude::*;

#[component]
pub fn SourcesPage() -> impl IntoView {
    view! { <ui::PageHead title="SourcesPage" /> }
}
