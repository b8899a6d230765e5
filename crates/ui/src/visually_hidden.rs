//! Words for assistive technology only.

use leptos::prelude::*;

/// Read aloud, not shown.
#[component]
pub fn VisuallyHidden(children: Children) -> impl IntoView {
    view! { <span class="visually-hidden">{children()}</span> }
}
