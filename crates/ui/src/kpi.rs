//! One number that matters, with what it was before.

use leptos::prelude::*;

use crate::{Tone, button::classes};

/// A tile: label, number, change. Stands in `<div class="kpis">`, parted by hairlines.
#[component]
pub fn Kpi(
    #[prop(into)] label: String,
    /// Formatted number.
    #[prop(into)]
    value: Signal<String>,
    /// "+18 %".
    #[prop(optional, into)]
    delta: MaybeProp<String>,
    /// Colour of the change.
    #[prop(optional)]
    tone: Tone,
    /// "1.09 M before".
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// The list behind the number.
    #[prop(optional, into)]
    href: Option<String>,
    /// A sparkline or anything else beside the number.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let number = view! { <b class="value">{move || value.get()}</b> };
    let number = match href {
        Some(href) => {
            view! { <a href=href aria-label=format!("{label}: {}", value.get_untracked())>{number}</a> }
                .into_any()
        }
        None => number.into_any(),
    };
    view! {
        <div class="kpi">
            <span class="label">{label}</span>
            {number}
            <span class="change">
                <span class=classes(&["delta", tone.class()])>{move || delta.get()}</span>
                " "
                <span class="note">{move || note.get()}</span>
            </span>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
