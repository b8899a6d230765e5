//! Names and values.

use leptos::prelude::*;

/// A `<dl>` of `<Definition>`s in two columns (stacked where narrow).
#[component]
pub fn DefinitionList(
    /// Names in mono (fields of an event).
    #[prop(optional)]
    mono: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <dl class="definition-list" class:mono=mono>
            {children()}
        </dl>
    }
    .into_any()
}

/// One name with its value.
#[component]
pub fn Definition(#[prop(into)] term: String, children: Children) -> impl IntoView {
    view! {
        <div class="definition">
            <dt>{term}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}
