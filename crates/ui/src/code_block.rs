//! What machines wrote.

use leptos::prelude::*;

use crate::CopyButton;

/// Preformatted text, wrapped, with a copy button.
#[component]
pub fn CodeBlock(
    #[prop(into)] code: String,
    /// Accessible name.
    #[prop(into)]
    label: String,
    /// Lines scroll sideways instead of wrapping.
    #[prop(optional)]
    nowrap: bool,
) -> impl IntoView {
    view! {
        <figure class="code-block" class:nowrap=nowrap>
            <pre tabindex="0" role="region" aria-label=label>
                <code>{code.clone()}</code>
            </pre>
            <CopyButton text=code />
        </figure>
    }
    .into_any()
}
