//! Keys, shown beside what they trigger.

use leptos::prelude::*;

/// One or more keys, parted by spaces (`"Ctrl K"`).
#[component]
pub fn Kbd(#[prop(into)] keys: String) -> impl IntoView {
    view! {
        <span class="keys" aria-hidden="true">
            {keys.split(' ').map(|key| view! { <kbd class="kbd">{key.to_owned()}</kbd> }).collect_view()}
        </span>
    }
}
