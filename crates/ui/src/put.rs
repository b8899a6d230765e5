//! A place for HTML that is printed elsewhere.

use leptos::html;
use leptos::prelude::*;

use crate::browser;

/// HTML of our own in its place; given anew, only what differs is changed.
#[component]
pub fn Put(#[prop(into)] html: String) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let printed = html.clone();
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            browser::put(&place, &html);
        }
    });
    // The browser puts it there itself.
    #[cfg(not(target_family = "wasm"))]
    return view! { <div class="printed" node_ref=place inner_html=printed></div> }.into_any();
    #[cfg(target_family = "wasm")]
    {
        drop(printed);
        view! { <div class="printed" node_ref=place></div> }.into_any()
    }
}
