//! A value that can be chosen, removed, or marked with a colour.

use leptos::prelude::*;

use crate::{Glyph, IconButton, Tone, button::classes};

/// A small framed value; a link with `href`, lit when `on`, with a coloured dot when `tone` is set, removable with `remove_href`.
/// Classes `tlp-red tlp-amber tlp-amber-strict tlp-green tlp-clear` give the official colours of the Traffic Light Protocol.
#[component]
pub fn Chip(
    /// Makes the words a link.
    #[prop(optional, into)]
    href: MaybeProp<String>,
    /// Chosen (`aria-current="true"` on a link).
    #[prop(optional, into)]
    on: Signal<bool>,
    /// Coloured dot before the words.
    #[prop(optional, into)]
    tone: Option<Tone>,
    /// Link that takes the value away.
    #[prop(optional, into)]
    remove_href: MaybeProp<String>,
    /// What the removing link is called.
    #[prop(optional, into)]
    remove_label: Option<String>,
    /// A further class.
    #[prop(optional, into)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let class = classes(&["chip", class]);
    let dot =
        tone.map(|tone| view! { <span class=classes(&["dot", tone.class()]) aria-hidden="true"></span> });
    let words = children();
    if href.get_untracked().is_some() {
        return view! {
            <a class=class class:on=move || on.get() href=move || href.get() aria-current=move || on.get().then_some("true")>
                {dot}
                {words}
            </a>
        }
        .into_any();
    }
    let remove = remove_href.get_untracked().is_some().then(|| {
        let label = remove_label.unwrap_or_else(|| "Remove".to_owned());
        view! { <IconButton glyph=Glyph::Close label=label href=remove_href /> }
    });
    view! { <span class=class class:on=move || on.get()>{dot}<span>{words}</span>{remove}</span> }.into_any()
}
