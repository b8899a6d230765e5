//! Copying to the clipboard.

use leptos::prelude::*;

use crate::{Glyph, Icon, browser};

/// Copies `text`; hidden until the browser runs WASM, since it cannot work without. Says "Copied" for a moment.
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
    let ready = browser::ready();
    let (copied, set_copied) = signal(false);
    let label = label.unwrap_or_else(|| "Copy".to_owned());
    let name = label.clone();
    let copy = move |_| {
        browser::copy(&text);
        set_copied.set(true);
        set_timeout(
            move || {
                set_copied.try_set(false);
            },
            std::time::Duration::from_millis(1600),
        );
    };
    let words = move || if copied.get() { "Copied".to_owned() } else { label.clone() };
    view! {
        <button class="copy-button" class:wordy=wordy type="button" hidden=move || !ready.get() title=name on:click=copy>
            {move || if copied.get() { view! { <Icon glyph=Glyph::Check /> } } else { view! { <Icon glyph=Glyph::Copy /> } }}
            <span class:visually-hidden=!wordy aria-live="polite">{move || words()}</span>
        </button>
    }
    .into_any()
}
