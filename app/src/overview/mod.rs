//! overview

use leptos::prelude::*;

#[component]
pub fn OverviewPage() -> impl IntoView {
    view! { <ui::PageHead title="OverviewPage" /> }
}
