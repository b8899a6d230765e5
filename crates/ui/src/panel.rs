//! The right panel: one thing of the list, without leaving it.

use leptos::prelude::*;

use crate::{Glyph, IconButton};

/// A panel beside a list. Every control is a link; Escape follows the closing one, `[` and `]` the previous and next.
#[component]
pub fn Panel(
    /// Accessible name, and the title unless `title` is given.
    #[prop(into)]
    label: Signal<String>,
    /// Where closing leads (the list without the panel).
    #[prop(into)]
    close_href: Signal<String>,
    #[prop(optional, into)] previous_href: MaybeProp<String>,
    #[prop(optional, into)] next_href: MaybeProp<String>,
    /// The page of its own.
    #[prop(optional, into)]
    expand_href: MaybeProp<String>,
    /// Richer title (a severity mark and a time).
    #[prop(optional, into)]
    title: Option<ViewFn>,
    /// `<section>`s.
    children: Children,
) -> impl IntoView {
    let heading = match title {
        Some(title) => title.run(),
        None => view! { <span>{move || label.get()}</span> }.into_any(),
    };
    let link = move |glyph, label: &'static str, href: MaybeProp<String>, key| {
        let link =
            move || href.get().map(|href| view! { <IconButton glyph label=label href=href key=key /> });
        view! { {move || link()} }.into_any()
    };
    view! {
        <aside class="panel" aria-label=move || label.get()>
            <header>
                <h2>{heading}</h2>
                {link(Glyph::ChevronUp, "Previous", previous_href, "[")}
                {link(Glyph::ChevronDown, "Next", next_href, "]")}
                {move || expand_href.get().map(|href| view! { <IconButton glyph=Glyph::Expand label="Open as a page" href=href /> })}
                <IconButton glyph=Glyph::Close label="Close" href=close_href escape=true />
            </header>
            <div class="body">{children()}</div>
        </aside>
    }
    .into_any()
}
