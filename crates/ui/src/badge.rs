//! A count or a short state beside a word.

use leptos::prelude::*;

use crate::{Tone, button::classes};

/// A small rounded label: counts and states. `tone` fills it where it must be seen.
#[component]
pub fn Badge(#[prop(optional)] tone: Tone, children: Children) -> impl IntoView {
    view! { <span class=classes(&["badge", tone.class()])>{children()}</span> }
}
