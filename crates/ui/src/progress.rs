//! How far something is.

use leptos::prelude::*;

use crate::{Tone, button::classes};

/// A labelled bar: `value` of `max` (100 unless told), or under way without a known end when `value` is missing.
#[component]
pub fn Progress(
    #[prop(into)] label: String,
    #[prop(optional, into)] value: MaybeProp<f64>,
    #[prop(optional)] max: Option<f64>,
    /// "34 %", shown at the right.
    #[prop(optional, into)]
    text: MaybeProp<String>,
    #[prop(optional)] tone: Tone,
) -> impl IntoView {
    view! {
        <label class=classes(&["progress", tone.class()])>
            <span class="label">{label}</span>
            <progress max=max.unwrap_or(100.0).to_string() value=move || value.get().map(|value| value.to_string())></progress>
            <span class="text">{move || text.get()}</span>
        </label>
    }
    .into_any()
}
