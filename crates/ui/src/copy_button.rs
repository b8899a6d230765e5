//! Copying to the clipboard.

use leptos::prelude::*;

use crate::{Glyph, Icon};

/// Copies `text`; hidden until the browser runs WASM: where no script runs at all it does nothing. Says "Copied" for a moment. `scripts/keys.mjs` does it, so
/// it also works where the server printed it.
#[component]
pub fn CopyButton(
    #[prop(into)] text: String,
    /// Accessible name; "Copy" unless told.
    #[prop(optional, into)]
    label: Option<String>,
    /// Shows the label beside the picture.
    #[prop(optional)]
    wordy: bool,
) -> impl IntoView {
    let label = label.unwrap_or_else(|| "Copy".to_owned());
    let name = label.clone();
    view! {
        <button class="copy-button" class:wordy=wordy type="button" title=name data-copy=text>
            <Icon glyph=Glyph::Copy />
            <Icon glyph=Glyph::Check />
            <span class:visually-hidden=!wordy aria-live="polite">{label}</span>
        </button>
    }
    .into_any()
}
