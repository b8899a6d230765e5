//! Nothing here, and what to do about it.

use leptos::prelude::*;

use crate::{Glyph, Icon};

/// An empty state that teaches the next step; children are its actions.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
    #[prop(optional, into)] icon: Option<Glyph>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon.map(|glyph| view! { <Icon glyph /> })}
            <p class="title">{title}</p>
            {text.map(|text| view! { <p class="text">{text}</p> })}
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
    .into_any()
}
