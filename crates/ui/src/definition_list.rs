//! Names and values.

use crate::Erase as _;
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
    .erase()
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
    .erase()
}
