//! Pieces of the shell: the mark, the rail's links, the skip link. The frame itself is classes (`style/layout/shell.css`).

use leptos::prelude::*;

use crate::{Glyph, Icon, Tone, button::classes};

/// The product's mark and name.
#[component]
pub fn Logo(#[prop(optional)] mark_only: bool) -> impl IntoView {
    view! {
        <span class="logo">
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
                <path d="M3 20h18M6 16.5a6 6 0 0 1 12 0M2.5 16.5a9.5 9.5 0 0 1 19 0"></path>
                <circle cx="12" cy="15.5" r="1.6"></circle>
            </svg>
            <span class:visually-hidden=mark_only>"Watchroom"</span>
        </span>
    }
}

/// Where a bar of links is wider than the page, its current one is in sight. Without WASM `scroll-initial-target` does it, in browsers
/// that know it.
pub fn keep_in_sight(link: NodeRef<leptos::html::A>, current: Signal<bool>) {
    Effect::new(move |_| {
        let Some(link) = link.get().filter(|_| current.get()) else { return };
        if let Some(bar) = link.parent_element() {
            bar.set_scroll_left(link.offset_left() - (bar.client_width() - link.offset_width()) / 2);
        }
    });
}

/// One area in the rail. `key` is the letter after `g` that leads there.
#[component]
pub fn RailLink(
    #[prop(into)] href: String,
    glyph: Glyph,
    #[prop(into)] label: String,
    #[prop(optional, into)] current: Signal<bool>,
    /// Formatted count; nothing when missing.
    #[prop(optional, into)]
    count: MaybeProp<String>,
    /// `Critical` where the count is hot.
    #[prop(optional)]
    tone: Tone,
    #[prop(optional, into)] key: Option<&'static str>,
) -> impl IntoView {
    let link = NodeRef::<leptos::html::A>::new();
    keep_in_sight(link, current);
    view! {
        <a class="rail-link" node_ref=link href=href data-go=key aria-current=move || current.get().then_some("page")>
            <Icon glyph />
            <span class="words">{label}</span>
            {move || count.get().map(|count| view! { <span class=classes(&["badge", tone.class()])>{count}</span> })}
        </a>
    }
    .into_any()
}

/// First thing the Tab key reaches: to the content.
#[component]
pub fn SkipLink(
    /// `id` of the main element: `main` unless told.
    #[prop(optional, into)]
    target: Option<String>,
) -> impl IntoView {
    view! {
        <a class="skip-link" rel="external" href=format!("#{}", target.unwrap_or_else(|| "main".to_owned()))>
            "Skip to content"
        </a>
    }
}
