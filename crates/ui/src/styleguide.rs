//! Every component in every state. Mounted by the app at `/styleguide` in debug builds.

use leptos::prelude::*;

/// All of it on one page.
#[component]
pub fn Styleguide() -> impl IntoView {
    view! { <div class="styleguide"></div> }
}
